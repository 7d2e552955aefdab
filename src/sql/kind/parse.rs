//! The parser: what may be parsed at all, and Trino's SQL as far as the parser knows it.
//!
//! A syntax tree is as deep as whoever wrote the text likes, and is walked, compared and dropped by functions that call
//! themselves. So depth is bounded on the tokens, before a tree is made.

use sqlparser::{
    ast::Query,
    dialect::Dialect,
    parser::{Parser, ParserOptions},
    tokenizer::Token as ParserToken,
};

use crate::sql::{
    excerpt,
    token::{Token, TokenKind},
};

/// The most tokens in a row that may lie on top of each other in the tree: all that stand before a place, since the last
/// comma, at each level of parentheses around it.
const MAX_DEPTH: usize = 1_000;

/// The most parentheses in each other that follow words which the parser tries to read in two ways, where the first does not
/// succeed: each doubles its work.
const MAX_TWICE_READ: usize = 4;

/// Words that the parser tries to read in two ways.
const TWICE_READ: [&str; 22] = [
    "array",
    "case",
    "cast",
    "ceil",
    "convert",
    "current_date",
    "current_time",
    "current_timestamp",
    "extract",
    "floor",
    "interval",
    "localtime",
    "localtimestamp",
    "map",
    "not",
    "overlay",
    "position",
    "safe_cast",
    "struct",
    "substr",
    "substring",
    "try_cast",
];

/// Keywords that Trino reserves, so that they are no names, and what they say of a statement.
const OPAQUE_KEYWORDS: [(&str, &str); 10] = [
    ("UNION", "It puts several queries together (UNION)."),
    ("INTERSECT", "It puts several queries together (INTERSECT)."),
    ("EXCEPT", "It puts several queries together (EXCEPT)."),
    ("JOIN", "It joins tables, whose rows may lie in different slices."),
    ("UNNEST", "It unnests arrays."),
    ("VALUES", "It lists rows by VALUES."),
    ("TABLE", "It reads by TABLE."),
    ("LATERAL", "It has a LATERAL subquery."),
    ("INTO", "It is not a query alone (INTO)."),
    ("EXISTS", "It has a subquery, which may read rows of other slices."),
];

/// Passes the tokens of a single SELECT that can be parsed in bounded time and space.
///
/// # Errors
///
/// What it is instead, as a sentence.
pub(super) fn screen(tokens: &[Token<'_>]) -> Result<(), String> {
    let first = tokens.first().ok_or("It is empty.")?;
    if first.is_keyword("WITH") {
        return Err("It has a WITH clause, whose queries may read rows of other slices.".to_owned());
    }
    if !first.is_keyword("SELECT") {
        return Err(format!("It does not begin with SELECT, but with {}.", excerpt(first.text)));
    }
    if tokens.iter().any(|token| token.is_punctuation(";")) {
        return Err("It is more than one statement.".to_owned());
    }
    if tokens.iter().filter(|token| token.is_keyword("SELECT")).count() > 1 {
        return Err("It has a subquery, which may read rows of other slices.".to_owned());
    }
    if let Some((_, reason)) =
        OPAQUE_KEYWORDS.iter().find(|(keyword, _)| tokens.iter().any(|token| token.is_keyword(keyword)))
    {
        return Err((*reason).to_owned());
    }
    screen_depth(tokens)
}

/// Passes tokens that lie on top of each other in bounds.
fn screen_depth(tokens: &[Token<'_>]) -> Result<(), String> {
    const UNMATCHED: &str = "Its parentheses do not match.";
    let mut depth = 0;
    let mut twice_read = 0;
    // For each open parenthesis: the tokens since the last comma before it, and whether what it belongs to is read twice.
    let mut open: Vec<(usize, bool)> = Vec::new();
    let mut since_comma = 0;
    let mut before: Option<&Token<'_>> = None;
    for token in tokens {
        since_comma += 1;
        depth += 1;
        if token.is_punctuation(",") {
            depth -= since_comma;
            since_comma = 0;
        } else if token.is_punctuation("(") || token.is_punctuation("[") {
            let twice = before.is_some_and(|word| TWICE_READ.iter().any(|name| word.is_keyword(name)));
            twice_read += usize::from(twice);
            open.push((since_comma, twice));
            since_comma = 0;
        } else if token.is_punctuation(")") || token.is_punctuation("]") {
            let (outer, twice) = open.pop().ok_or(UNMATCHED)?;
            twice_read -= usize::from(twice);
            depth -= since_comma;
            since_comma = outer;
        }
        if depth > MAX_DEPTH || twice_read > MAX_TWICE_READ {
            return Err(too_deep());
        }
        before = Some(token);
    }
    if open.is_empty() { screen_odd(tokens) } else { Err(UNMATCHED.to_owned()) }
}

/// Passes tokens without much of what is read by functions that do not count how deep they are, or in two ways without
/// parentheses: types in angle brackets, intervals of anything but a string, and functions of several parameters.
fn screen_odd(tokens: &[Token<'_>]) -> Result<(), String> {
    let pairs = || tokens.iter().zip(tokens.iter().skip(1));
    let is_type = |token: &Token<'_>| ["array", "map", "struct", "row"].iter().any(|name| token.is_keyword(name));
    let types = pairs().filter(|(first, second)| is_type(first) && second.is_punctuation("<")).count();
    let intervals =
        pairs().filter(|(first, second)| first.is_keyword("interval") && second.kind != TokenKind::String).count();
    let lambdas = tokens
        .windows(3)
        .filter(|three| {
            matches!(three, [close, dash, head]
                if close.is_punctuation(")") && dash.is_punctuation("-") && head.is_punctuation(">"))
        })
        .count();
    if types > 0 || intervals.max(lambdas) > MAX_TWICE_READ { Err(too_deep()) } else { Ok(()) }
}

fn too_deep() -> String {
    "It is nested too deep, or is one expression too long, to be looked into.".to_owned()
}

/// Trino's SQL, as far as the parser can be told.
#[derive(Debug)]
struct Trino;

impl Dialect for Trino {
    fn is_identifier_start(&self, c: char) -> bool {
        c.is_alphabetic() || c == '_'
    }

    fn is_identifier_part(&self, c: char) -> bool {
        c.is_alphanumeric() || c == '_'
    }

    fn is_delimited_identifier_start(&self, c: char) -> bool {
        c == '"'
    }

    fn identifier_quote_style(&self, _identifier: &str) -> Option<char> {
        Some('"')
    }

    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }

    fn supports_group_by_expr(&self) -> bool {
        true
    }

    fn supports_lambda_functions(&self) -> bool {
        true
    }

    fn supports_window_function_null_treatment_arg(&self) -> bool {
        true
    }

    fn supports_window_clause_named_window_reference(&self) -> bool {
        true
    }
}

/// The query that `marked`, a text with marks, says.
///
/// # Errors
///
/// It does not parse, or is rendered as something else than it is.
pub(super) fn query(marked: &str) -> Result<Box<Query>, String> {
    let query = read(marked).ok_or("It could not be parsed.")?;
    // What is cut from the statement is rendered from the tree, so the tree must say all of it.
    if read(&query.to_string()).as_ref() == Some(&query) {
        Ok(query)
    } else {
        Err("It has parts that cannot be told apart from others.".to_owned())
    }
}

fn read(text: &str) -> Option<Box<Query>> {
    let mut parser =
        Parser::new(&Trino).with_options(ParserOptions::new().with_unescape(false)).try_with_sql(text).ok()?;
    let query = parser.parse_query().ok()?;
    (parser.peek_token().token == ParserToken::EOF).then_some(query)
}
