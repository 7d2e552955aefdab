//! The bucket width that a statement groups by, so that empty buckets can be filled on the same grid.

use std::time::Duration;

use crate::{
    sql::token::{Token, TokenKind, tokenize},
    time::parse_interval,
};

/// Macros whose second argument is a bucket width.
const GROUPING: [&str; 2] = ["timeGroup", "unixEpochGroup"];

/// The width that the first grouping macro of `sql` names; `interval` where it says `$__interval`. `None` if there is none, or
/// it is not understood: the expansion says what is wrong with it.
#[must_use]
pub fn bucket_width(sql: &str, interval: Duration) -> Option<Duration> {
    let tokens: Vec<Token<'_>> = tokenize(sql).ok()?.into_iter().filter(|token| !token.is_trivia()).collect();
    let at = tokens.iter().position(|token| GROUPING.into_iter().any(|name| is_macro(token, name)))?;
    let mut depth = 0_usize;
    let mut width = Vec::new();
    let mut argument = 0;
    for token in &tokens[at + 1..] {
        if token.is_punctuation("(") {
            depth += 1;
        } else if token.is_punctuation(")") {
            depth = depth.checked_sub(1)?;
        } else if token.is_punctuation(",") && depth == 1 {
            argument += 1;
            continue;
        }
        if depth == 0 {
            break;
        }
        if argument == 1 {
            width.push(*token);
        }
    }
    match width.as_slice() {
        [token] if is_macro(token, "interval") => Some(interval),
        tokens => {
            let text: String = tokens.iter().map(|token| token.quoted_text().unwrap_or(token.text)).collect();
            if text.starts_with('$') { Some(interval) } else { parse_interval(&text).ok() }
        }
    }
    .filter(|width| !width.is_zero())
}

fn is_macro(token: &Token<'_>, name: &str) -> bool {
    token.kind == TokenKind::Macro && token.text.trim_start_matches(['$', '{', '_']).trim_end_matches('}') == name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_grouping_macro_names_the_width() {
        let minutes = |minutes| Some(Duration::from_mins(minutes));
        let cases = [
            ("SELECT $__timeGroup(time, '5m') FROM t", minutes(5)),
            ("SELECT $__timeGroup(date_parse(a, '%Y,%m'), 10m, 'x') FROM t", minutes(10)),
            ("SELECT /* $__timeGroup(t, 1m) */ $__unixEpochGroup(t, \"1h\") FROM t", minutes(60)),
            ("SELECT $__timeGroup(time, $__interval) FROM t", minutes(2)),
            ("SELECT $__timeGroup(time, '${__interval}') FROM t", minutes(2)),
            ("SELECT '$__timeGroup(time, 5m)' FROM t", None),
            ("SELECT $__timeGroup(time) FROM t", None),
            ("SELECT $__timeGroup(time, soon) FROM t", None),
            ("SELECT $__timeGroup(time, '5m'", minutes(5)),
            ("SELECT $__timeGroup)", None),
            ("SELECT 'not closed", None),
        ];
        for (sql, width) in cases {
            assert_eq!(bucket_width(sql, Duration::from_mins(2)), width, "{sql}");
        }
    }
}
