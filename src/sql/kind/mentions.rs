//! What a statement's text mentions, whether it parses or not: datasets, and the first bucket.

use std::time::Duration;

use crate::{
    sql::{
        bucket::Bucket,
        token::{Token, TokenKind},
    },
    time::Step,
};

/// How many buckets are tried; each may be as long as the text.
const MAX_TRIED: usize = 8;

/// What a text mentions.
#[derive(Debug, Default)]
pub(super) struct Mentions {
    /// Names in `$__dataset(...)`, each once.
    pub datasets: Vec<String>,
    /// How often `$__dataset` is written.
    pub references: usize,
    /// The first bucket that can be read.
    pub step: Option<Step>,
}

impl Mentions {
    pub fn of(tokens: &[Token<'_>], interval: Duration) -> Self {
        let tokens: Vec<Token<'_>> = tokens.iter().filter(|token| !token.is_trivia()).copied().collect();
        let mut mentions = Self::default();
        let mut tried = 0;
        for (at, token) in tokens.iter().enumerate() {
            let behind = tokens.get(at + 1..).unwrap_or_default();
            if is_macro(token, "dataset") {
                mentions.references += 1;
                if let Some(name) = dataset(behind)
                    && !mentions.datasets.contains(&name)
                {
                    mentions.datasets.push(name);
                }
            } else if mentions.step.is_none()
                && tried < MAX_TRIED
                && ["timeGroup", "day"].iter().any(|name| is_macro(token, name))
            {
                tried += 1;
                mentions.step = step(is_macro(token, "day"), behind, interval);
            }
        }
        mentions
    }
}

fn is_macro(token: &Token<'_>, name: &str) -> bool {
    let of = |prefix, suffix| token.text.strip_prefix(prefix)?.strip_suffix(suffix);
    token.kind == TokenKind::Macro && (of("$__", "") == Some(name) || of("${__", "}") == Some(name))
}

/// The name in the parentheses that begin `tokens`.
fn dataset(tokens: &[Token<'_>]) -> Option<String> {
    let [open, name, close, ..] = tokens else { return None };
    if !open.is_punctuation("(") || !close.is_punctuation(")") {
        return None;
    }
    match (name.kind, name.quote().zip(name.quoted_text())) {
        (_, Some((quote, inside))) => Some(inside.replace(&format!("{quote}{quote}"), &quote.to_string())),
        (TokenKind::Word, None) => Some(name.text.to_owned()),
        _ => None,
    }
}

/// The width of the bucket whose arguments begin `tokens`.
fn step(is_day: bool, tokens: &[Token<'_>], interval: Duration) -> Option<Step> {
    let arguments = arguments(tokens);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let bucket = if is_day { Bucket::of_day(&arguments) } else { Bucket::of_time_group(&arguments, interval) };
    Some(bucket.ok()?.step).filter(|step| *step != Step::Fixed(Duration::ZERO))
}

/// The arguments in the parentheses that begin `tokens`; none if they do not close.
fn arguments(tokens: &[Token<'_>]) -> Vec<String> {
    let mut arguments = vec![String::new()];
    let mut depth = 0_usize;
    for token in tokens {
        let opens = ["(", "["].iter().any(|open| token.is_punctuation(open));
        let closes = [")", "]"].iter().any(|close| token.is_punctuation(close));
        if depth == 0 && !token.is_punctuation("(") {
            break;
        }
        if depth == 1 && closes {
            return if arguments == [""] { Vec::new() } else { arguments };
        }
        if depth == 1 && token.is_punctuation(",") {
            arguments.push(String::new());
        } else if depth > 0
            && let Some(last) = arguments.last_mut()
        {
            // A blank between words keeps them apart; anywhere else it means nothing.
            if token.kind == TokenKind::Word && last.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                last.push(' ');
            }
            last.push_str(token.text);
        }
        if opens {
            depth += 1;
        } else if closes {
            depth -= 1;
        }
    }
    Vec::new()
}
