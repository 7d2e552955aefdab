//! Walks the tokens of a statement and puts expansions where macros stand; it knows no macro by name.

use crate::{
    error::{Error, Result},
    leg::Leg,
    sql::{
        MAX_LENGTH,
        dataset::Used,
        macros::{
            Context,
            definition::{self, Call, Kind, Macro, Wrong},
            is_dataset, names, number,
        },
        token::{self, Token, TokenError, TokenKind},
    },
};

/// Macros within arguments of macros, at most; text is untrusted and the stack is not endless.
const MAX_DEPTH: usize = 16;

pub(super) struct Expander<'a> {
    context: &'a Context<'a>,
    /// Whether the statement reads a dataset, and so means the same on both legs.
    portable: bool,
    used: Used,
}

/// Whether tokens are read as the statement itself or as an argument of a macro.
#[derive(Clone, Copy)]
enum Place {
    Statement,
    /// How many macros enclose it.
    Argument(usize),
}

impl<'a> Expander<'a> {
    /// An expander of the statement that `tokens` make.
    pub fn new(context: &'a Context<'a>, tokens: &[Token<'_>]) -> Self {
        let portable = tokens.iter().any(is_dataset);
        let stands = |name: &str| tokens.iter().any(|token| macro_name(token.text) == name);
        let further = [("column", context.column), ("measure", context.measure)]
            .into_iter()
            .filter_map(|(name, value)| value.filter(|_| stands(name)).map(names::bare));
        let used = if portable { Used::new(tokens, further) } else { Used::default() };
        Self { context, portable, used }
    }

    /// The statement that `tokens` make, macros expanded.
    pub fn sql(&self, tokens: &[Token<'_>]) -> Result<String> {
        // Athena hands SHOW and DESCRIBE to Hive, which quotes names with backquotes.
        let hive = self.context.leg == Leg::Historical
            && tokens
                .iter()
                .find(|token| !token.is_trivia())
                .is_some_and(|first| ["SHOW", "DESCRIBE", "DESC"].iter().any(|keyword| first.is_keyword(keyword)));
        self.text(tokens, Place::Statement, if hive { '`' } else { '"' })
    }

    fn text(&self, tokens: &[Token<'_>], place: Place, identifier_quote: char) -> Result<String> {
        let mut out = String::new();
        let mut rest = tokens;
        let mut before = None;
        while let Some((token, tail)) = rest.split_first() {
            rest = tail;
            match (token.kind, place) {
                (TokenKind::Macro, _) => rest = self.call(token, tail, place, identifier_quote, &mut out)?,
                // An argument is put into the middle of a line, where a comment would swallow what follows it.
                (TokenKind::Comment, Place::Argument(_)) => out.push(' '),
                (TokenKind::Number, _) if self.portable && self.context.leg == Leg::Historical => {
                    out.push_str(&number::double(token.text, before));
                }
                _ => match token.quote() {
                    Some(quote) => self.quoted(token.text, quote, &mut out)?,
                    None => out.push_str(token.text),
                },
            }
            // Macros within macros could otherwise grow without end.
            if out.len() > MAX_LENGTH {
                return Err(TokenError::TooLong { length: out.len() }.into());
            }
            before = Some(token);
        }
        Ok(out)
    }

    /// Expands the macro `token`, which `tail` follows; answers what follows its arguments.
    fn call<'t, 's>(
        &self,
        token: &Token<'_>,
        tail: &'t [Token<'s>],
        place: Place,
        identifier_quote: char,
        out: &mut String,
    ) -> Result<&'t [Token<'s>]> {
        let leg = self.context.leg;
        let name = macro_name(token.text);
        let definition =
            definition::find(leg, self.portable, name).ok_or_else(|| definition::unknown(leg, self.portable, name))?;
        let (pieces, rest) = split_arguments(definition, tail)?;
        let depth = match place {
            Place::Statement => 1,
            Place::Argument(depth) => depth + 1,
        };
        if depth > MAX_DEPTH {
            return Err(Error::bad_query(format!(
                "Macros are nested more than {MAX_DEPTH} deep, at $__{name}. Write the inner ones out."
            )));
        }
        let mut arguments = Vec::with_capacity(pieces.len());
        for (index, piece) in pieces.into_iter().enumerate() {
            let argument = self.text(piece, Place::Argument(depth), identifier_quote)?;
            let argument = argument.trim();
            if argument.is_empty() {
                return Err(definition.misused(&format!("has an empty argument {}", index + 1)));
            }
            arguments.push(argument.to_owned());
        }
        let expansion = self.evaluate(definition, arguments)?;
        match definition.kind {
            // A negative number right after a minus would begin a comment.
            Kind::Value if expansion.starts_with('-') => out.extend(["(", &expansion, ")"]),
            Kind::Name => out.push_str(&names::identifier(&expansion, leg, identifier_quote)),
            Kind::Value | Kind::Expression => out.push_str(&expansion),
        }
        Ok(rest)
    }

    fn evaluate(&self, definition: &Macro, arguments: Vec<String>) -> Result<String> {
        if let Some(reason) = definition.wrong_count(arguments.len()) {
            return Err(definition.misused(&reason));
        }
        let call = Call { context: self.context, used: &self.used, arguments };
        (definition.expand)(&call).map_err(|wrong| match wrong {
            Wrong::Use(reason) => definition.misused(&reason),
            Wrong::Other(error) => error,
        })
    }

    /// Copies a quoted `text`, expanding the macros in it that stand for a plain value.
    fn quoted(&self, text: &str, quote: char, out: &mut String) -> Result<()> {
        let mut rest = text;
        while let Some(start) = rest.find('$') {
            let (before, candidate) = rest.split_at(start);
            out.push_str(before);
            let length = token::macro_length(candidate).unwrap_or(1);
            let (candidate, tail) = candidate.split_at(length);
            rest = tail;
            let definition = definition::find(self.context.leg, self.portable, macro_name(candidate))
                .filter(|definition| definition.kind != Kind::Expression);
            match definition {
                Some(definition) => {
                    let value = self.evaluate(definition, Vec::new())?;
                    let value = if definition.kind == Kind::Name { names::bare(&value) } else { value };
                    let doubled = format!("{quote}{quote}");
                    out.push_str(&value.replace(quote, &doubled));
                }
                None => out.push_str(candidate),
            }
        }
        out.push_str(rest);
        Ok(())
    }
}

/// The name in `$__name` or `${__name}`; anything else is no macro's name.
pub(super) fn macro_name(text: &str) -> &str {
    match text.strip_prefix("${__") {
        Some(braced) => braced.strip_suffix('}').unwrap_or(braced),
        None => text.strip_prefix("$__").unwrap_or_default(),
    }
}

/// Cuts the arguments off `tail`, which follows the macro's name: the arguments, and what follows them.
fn split_arguments<'t, 's>(
    definition: &Macro,
    tail: &'t [Token<'s>],
) -> Result<(Vec<&'t [Token<'s>]>, &'t [Token<'s>])> {
    // A macro without parameters takes only parentheses right behind it: what comes later belongs to the statement.
    let blanks = if definition.parameters.is_empty() { 0 } else { tail.iter().take_while(|t| t.is_trivia()).count() };
    let Some((open, inside)) = tail.get(blanks..).and_then(<[_]>::split_first) else {
        return Ok((Vec::new(), tail));
    };
    if !open.is_punctuation("(") {
        return Ok((Vec::new(), tail));
    }
    let mut arguments = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    for (index, token) in inside.iter().enumerate() {
        if token.kind != TokenKind::Punctuation {
            continue;
        }
        let ends = depth == 0 && matches!(token.text, ")" | ",");
        if ends {
            arguments.push(inside.get(start..index).unwrap_or_default());
            start = index + 1;
        }
        match token.text {
            "(" | "[" => depth += 1,
            ")" if depth == 0 => {
                if let [only] = arguments.as_slice()
                    && only.iter().all(Token::is_trivia)
                {
                    arguments.clear();
                }
                return Ok((arguments, inside.get(start..).unwrap_or_default()));
            }
            ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Err(definition.misused("has no closing parenthesis"))
}
