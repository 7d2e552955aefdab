//! Whether two expressions are the same, and which are the event time and its buckets.

use std::time::Duration;

use sqlparser::ast::{Expr, Ident, Value};

use crate::{
    dataset::TIME,
    sql::{
        bucket::Bucket,
        kind::{
            mark,
            walk::{self, Call},
        },
        token::{self, TokenKind},
    },
    time::Step,
};

/// What names mean in a statement.
#[derive(Debug)]
pub(super) struct Scope {
    /// What the statement calls its dataset.
    pub alias: Option<String>,
    /// Grafana's interval.
    pub interval: Duration,
    /// The dataset's columns that hold no numbers, in lower case.
    pub not_numbers: Vec<String>,
}

/// What a bucket is cut from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BucketColumn {
    EventTime(Step),
    Other,
}

/// `expression` without parentheses around it.
pub(super) fn bare(mut expression: &Expr) -> &Expr {
    while let Expr::Nested(inner) = expression {
        expression = inner;
    }
    expression
}

/// A text that is the same for two expressions only if they say the same: names in one case, blanks and the dataset's own
/// name gone.
pub(super) fn canonical(expression: &Expr, scope: &Scope) -> String {
    if let Some(BucketColumn::EventTime(step)) = bucket_column(expression, scope) {
        return format!("$bucket {step:?}");
    }
    let text = bare(expression).to_string();
    let Ok(tokens) = token::tokenize(&text) else { return text };
    let words: Vec<String> = tokens
        .iter()
        .filter(|token| !token.is_trivia())
        .map(|token| match token.kind {
            TokenKind::Word => token.text.to_lowercase(),
            TokenKind::QuotedIdentifier => {
                let lower = token.text.to_lowercase();
                let inside = lower.trim_matches('"');
                let plain = !inside.is_empty() && inside.chars().all(|c| c.is_alphanumeric() || c == '_');
                if plain { inside.to_owned() } else { lower }
            }
            _ => token.text.to_owned(),
        })
        .collect();
    let alias = scope.alias.as_ref().map(|alias| alias.to_lowercase());
    let is_dot = |at: Option<usize>| at.and_then(|at| words.get(at)).is_some_and(|word| word == ".");
    let mut out: Vec<&str> = Vec::with_capacity(words.len());
    let mut at = 0;
    while let Some(word) = words.get(at) {
        if alias.as_ref() == Some(word) && is_dot(Some(at + 1)) && !is_dot(at.checked_sub(1)) {
            at += 2;
            continue;
        }
        out.push(word);
        at += 1;
    }
    out.join(" ")
}

/// Whether `expression` is the dataset's event time.
pub(super) fn is_event_time(expression: &Expr, scope: &Scope) -> bool {
    match bare(expression) {
        Expr::Identifier(name) => is_time(name),
        Expr::CompoundIdentifier(path) => matches!(path.as_slice(), [of, name] if is_alias(of, scope) && is_time(name)),
        _ => false,
    }
}

/// Whether `expression` is a column of the dataset that holds no numbers.
pub(super) fn is_no_number(expression: &Expr, scope: &Scope) -> bool {
    let listed = |name: &Ident| scope.not_numbers.contains(&name.value.to_lowercase());
    match bare(expression) {
        Expr::Identifier(name) => listed(name),
        Expr::CompoundIdentifier(path) => matches!(path.as_slice(), [of, name] if is_alias(of, scope) && listed(name)),
        _ => false,
    }
}

fn is_time(name: &Ident) -> bool {
    name.value.eq_ignore_ascii_case(TIME)
}

/// Whether `name` is what the statement calls its dataset.
pub(super) fn is_alias(name: &Ident, scope: &Scope) -> bool {
    scope.alias.as_ref().is_some_and(|alias| alias.to_lowercase() == name.value.to_lowercase())
}

/// What the bucket `expression` is cut from; `None` if it is none, or cannot be read.
pub(super) fn bucket_column(expression: &Expr, scope: &Scope) -> Option<BucketColumn> {
    let (name, arguments) = macro_call(expression)?;
    let texts: Vec<String> =
        arguments.iter().map(|argument| mark::unmark(&argument.to_string())).collect::<Option<_>>()?;
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let bucket = match name.as_str() {
        "timeGroup" => Bucket::of_time_group(&texts, scope.interval).ok()?,
        "day" => Bucket::of_day(&texts).ok()?,
        _ => return None,
    };
    if bucket.step == Step::Fixed(Duration::ZERO) {
        return None;
    }
    let of_event_time = match bucket.column {
        None => true,
        Some(_) => arguments.first().is_some_and(|column| is_event_time(column, scope)),
    };
    Some(if of_event_time { BucketColumn::EventTime(bucket.step) } else { BucketColumn::Other })
}

/// Whether the `$__timeFilter` that `expression` is lets through what the panel's range does.
pub(super) fn filters_event_time(expression: &Expr, scope: &Scope) -> bool {
    macro_call(expression).is_some_and(|(_, arguments)| match arguments.as_slice() {
        [] => true,
        [column] => is_event_time(column, scope),
        _ => false,
    })
}

/// The name and the arguments of the macro that `expression` is.
fn macro_call(expression: &Expr) -> Option<(String, Vec<&Expr>)> {
    match bare(expression) {
        Expr::Identifier(name) if name.quote_style.is_none() => {
            Some((mark::macro_of(&name.value)?.to_owned(), Vec::new()))
        }
        Expr::Function(function) => match walk::call(function).ok()? {
            Call { name, is_macro: true, arguments, is_star: false, is_distinct: false, filter: None, .. } => {
                Some((name, arguments))
            }
            _ => None,
        },
        _ => None,
    }
}

/// The names that `expression`, which was checked, reads columns by, in lower case: those that an output column of the
/// same name may hide.
pub(super) fn columns(expression: &Expr, scope: &Scope) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting = vec![expression];
    while let Some(expression) = waiting.pop() {
        match expression {
            Expr::Identifier(name) => found.push(name.value.to_lowercase()),
            Expr::CompoundIdentifier(path) => {
                found
                    .extend(path.first().filter(|first| !is_alias(first, scope)).map(|name| name.value.to_lowercase()));
            }
            _ => {}
        }
        // These read the event time without naming it.
        if macro_call(expression).is_some_and(|(name, _)| matches!(name.as_str(), "timeGroup" | "day" | "timeFilter")) {
            found.push(TIME.to_owned());
        }
        waiting.extend(walk::children(expression).unwrap_or_default());
    }
    found
}

/// The whole number that `expression` is, written without parentheses: an ordinal, where columns are named.
pub(super) fn ordinal(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Value(value) => match &value.value {
            Value::Number(digits, false) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(digits),
            _ => None,
        },
        _ => None,
    }
}
