//! Makes a statement parsable: what no parser of SQL knows (macros, `5m`, `measure_value::double`) becomes identifiers and
//! strings that carry a mark, and comes back as typed from whatever is rendered of the parsed statement.

use std::fmt::Write as _;

use crate::sql::{
    excerpt,
    token::{self, Token, TokenKind},
};

/// What `$__name` begins with instead. A text that holds it already is not marked.
pub(super) const MACRO: &str = "__sb_";
/// What `${__name}` begins with instead.
pub(super) const BRACED_MACRO: &str = "__sbb_";
/// What begins every mark, which therefore must not be typed.
const MARK: &str = "__sb";
/// What begins a string or a quoted identifier that stands for other text.
const QUOTED_MARK: &str = "__sb:";

/// `tokens` with marks. Comments become blanks.
///
/// # Errors
///
/// Why it would not come back as typed, as a sentence.
pub(super) fn mark(tokens: &[Token<'_>]) -> Result<String, String> {
    let mut out = String::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let rest = tokens.get(at..).unwrap_or_default();
        let (marked, length) = one(token, rest)?;
        if let Some(marked) = marked {
            let before = at.checked_sub(1).and_then(|before| tokens.get(before));
            if [before, rest.get(length)].into_iter().flatten().any(joins) {
                return Err(format!("Its {} is joined to what stands beside it.", excerpt(token.text)));
            }
            out.push_str(&marked);
        } else if token.kind == TokenKind::Comment {
            out.push(' ');
        } else {
            out.push_str(token.text);
        }
        at += length;
    }
    Ok(out)
}

/// The mark that stands for the beginning of `rest`, whose first token is `token`, if one must; and how many tokens it
/// stands for.
fn one(token: &Token<'_>, rest: &[Token<'_>]) -> Result<(Option<String>, usize), String> {
    let not_understood = || Err(format!("It holds {}, which is not understood.", excerpt(token.text)));
    if token.kind != TokenKind::Comment && token.text.to_ascii_lowercase().contains(MARK) {
        return not_understood();
    }
    Ok(match token.kind {
        TokenKind::Macro => match macro_name(token.text) {
            Some((name, braced)) => (Some(format!("{}{name}", if braced { BRACED_MACRO } else { MACRO })), 1),
            None => return not_understood(),
        },
        TokenKind::Number if is_duration(token.text) => (Some(format!("'{QUOTED_MARK}{}'", token.text)), 1),
        TokenKind::Number if !is_plain_number(token.text) => return not_understood(),
        TokenKind::Word if token.is_keyword("measure_value") => match rest {
            [_, first, second, kind, ..]
                if first.is_punctuation(":") && second.is_punctuation(":") && kind.kind == TokenKind::Word =>
            {
                (Some(format!("\"{QUOTED_MARK}{}::{}\"", token.text, kind.text)), 4)
            }
            _ => (None, 1),
        },
        TokenKind::BackquotedIdentifier => return not_understood(),
        // Macros are expanded in quotes too, to names that are not known here.
        TokenKind::QuotedIdentifier if token.text.contains("$__") || token.text.contains("${__") => {
            return not_understood();
        }
        TokenKind::Punctuation if matches!(token.text, "$" | "?" | "{" | "}" | "@" | "#" | "\\") => {
            return not_understood();
        }
        _ => (None, 1),
    })
}

/// The name in `$__name` or `${__name}`, and whether it is in braces; `None` where it carries a format.
fn macro_name(text: &str) -> Option<(&str, bool)> {
    let braced = text.strip_prefix("${__").and_then(|name| name.strip_suffix('}'));
    let name = braced.or_else(|| text.strip_prefix("$__"))?;
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    plain.then_some((name, braced.is_some()))
}

/// A number with a unit: `5m`, `100ms`.
fn is_duration(text: &str) -> bool {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    number.matches('.').count() <= 1 && !unit.is_empty() && unit.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// `1`, `1.5`, `1.5e-3`.
fn is_plain_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'))
        && text.parse::<f64>().is_ok()
}

/// Whether a mark right beside `token` would become one with it, or stand for a part of a name.
fn joins(token: &Token<'_>) -> bool {
    !matches!(token.kind, TokenKind::Whitespace | TokenKind::Comment | TokenKind::Punctuation)
}

/// `text`, rendered from what was parsed of a marked text, as it was typed. `None` where it cannot be cut into tokens.
pub(super) fn unmark(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    for token in token::tokenize(text).ok()? {
        let quoted = token.quoted_text().and_then(|inside| inside.strip_prefix(QUOTED_MARK));
        if let Some(typed) = quoted {
            out.push_str(typed);
        } else if token.kind != TokenKind::Word {
            out.push_str(token.text);
        } else if let Some(name) = token.text.strip_prefix(MACRO) {
            let _infallible = write!(out, "$__{name}");
        } else if let Some(name) = token.text.strip_prefix(BRACED_MACRO) {
            let _infallible = write!(out, "${{__{name}}}");
        } else {
            out.push_str(token.text);
        }
    }
    Some(out)
}

/// The macro that the identifier `name` stands for, without `$__`.
pub(super) fn macro_of(name: &str) -> Option<&str> {
    name.strip_prefix(MACRO).or_else(|| name.strip_prefix(BRACED_MACRO))
}

/// What the quoted text `inside` stands for, if it is a mark.
pub(super) fn typed(inside: &str) -> Option<&str> {
    inside.strip_prefix(QUOTED_MARK)
}
