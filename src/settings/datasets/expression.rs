//! SQL that an operator types into settings: one expression that stays within the place it is put into.

use crate::{
    error::{Error, Result},
    settings::section::shorten,
    sql::token::{self, Token, TokenKind},
};

/// The longest expression, in bytes.
const LONGEST: usize = 4_096;

/// Reserved words that begin a clause or end an expression; none can stand in an expression outside parentheses.
const CLAUSES: [&str; 11] =
    ["AS", "EXCEPT", "FROM", "GROUP", "HAVING", "INTERSECT", "ORDER", "SELECT", "UNION", "WHERE", "WITH"];

/// Refuses `sql` unless it is one expression: not empty, tokens whole, brackets balanced, no comment, semicolon, macro,
/// variable or clause, and no comma outside brackets. What it means is the engine's to judge.
pub(super) fn check(setting: &str, sql: &str) -> Result<()> {
    let fault = |fault: String| Err(Error::bad_settings(format!("Setting {setting} {fault}")));
    if sql.len() > LONGEST {
        return fault(format!("is {} bytes of SQL; at most {LONGEST}.", sql.len()));
    }
    let tokens = match token::tokenize(sql) {
        Ok(tokens) => tokens,
        Err(error) => return fault(format!("is not SQL: {error}")),
    };
    let mut closers: Vec<&str> = Vec::new();
    let mut before: Option<&Token<'_>> = None;
    for token in &tokens {
        match (token.kind, token.text) {
            (TokenKind::Whitespace, _) => continue,
            (TokenKind::Comment, _) => return fault("must not hold a comment: use description.".to_owned()),
            (TokenKind::Macro, text) => {
                return fault(format!("must not use {}: macros belong into statements.", shorten(text)));
            }
            (TokenKind::Punctuation, ";") => return fault("must be one expression, without a semicolon.".to_owned()),
            (TokenKind::Punctuation, "$") => {
                return fault("must not use a dashboard's variable: it is the same for all dashboards.".to_owned());
            }
            (TokenKind::Punctuation, "(") => closers.push(")"),
            (TokenKind::Punctuation, "[") => closers.push("]"),
            (TokenKind::Punctuation, closer @ (")" | "]")) => {
                let awaited = closers.pop();
                if awaited != Some(closer) {
                    return fault(format!("has a {closer} too many, or at the wrong place."));
                }
            }
            (TokenKind::Punctuation, ",") if closers.is_empty() => {
                return fault("must be one expression, without a comma outside parentheses.".to_owned());
            }
            (TokenKind::Word, word) if closers.is_empty() && is_clause(token, before) => {
                return fault(format!("must be one expression: {word} cannot stand in it outside parentheses."));
            }
            _ => {}
        }
        before = Some(token);
    }
    match closers.last() {
        Some(closer) => fault(format!("lacks a {closer}.")),
        None if before.is_none() => fault("must be an expression; it is empty.".to_owned()),
        None => Ok(()),
    }
}

/// `FROM` may stand after `DISTINCT`: `a IS DISTINCT FROM b`.
fn is_clause(token: &Token<'_>, before: Option<&Token<'_>>) -> bool {
    CLAUSES.iter().any(|word| token.is_keyword(word))
        && !(token.is_keyword("FROM") && before.is_some_and(|before| before.is_keyword("DISTINCT")))
}

/// Whether two expressions are the same but for blanks, case and quotes around names. What is not SQL is the same as nothing.
pub(super) fn same(one: &str, other: &str) -> bool {
    let meaning = |sql: &str| -> Option<Vec<String>> {
        let tokens = token::tokenize(sql).ok()?;
        let significant = tokens.iter().filter(|token| !token.is_trivia());
        Some(
            significant
                .map(|token| match token.kind {
                    TokenKind::String => token.text.to_owned(),
                    _ => token.quoted_text().unwrap_or(token.text).to_lowercase(),
                })
                .collect(),
        )
    };
    meaning(one).is_some_and(|one| Some(one) == meaning(other))
}

/// The direction that an order must not end in: the greatest wins, always.
pub(super) fn direction(sql: &str) -> Option<&str> {
    let tokens = token::tokenize(sql).ok()?;
    let mut backwards = tokens.iter().rev().filter(|token| !token.is_trivia());
    let last = backwards.next()?;
    let is_direction = last.is_keyword("ASC") || last.is_keyword("DESC");
    // A column may be called so; then it stands alone or after a dot.
    let follows_operand = backwards.next().is_some_and(|before| !before.is_punctuation("."));
    (is_direction && follows_operand).then_some(last.text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn expressions_of_both_engines_pass() {
        for sql in [
            "time",
            "\"order\".\"when, then\"",
            "queue.name",
            "measure_value::double",
            "from_iso8601_timestamp(detail.time)",
            "CASE WHEN a > 1 THEN 'x;y -- z' ELSE ',' END",
            "a IS NOT DISTINCT FROM b",
            "tags['$__interval, ${x}']",
            "EXISTS (SELECT 1 FROM t WHERE t.a = b)",
            "CAST(a AS double) / 2",
            "filter(array[1, 2], x -> x > 1)[1]",
            "a = 'it''s' OR b IN (1, 2)",
        ] {
            assert_eq!(check("s", sql), Ok(()), "{sql}");
        }
    }

    #[test]
    fn same_expressions_are_known_as_such() {
        for (one, other, expected) in [
            ("Time", "\"time\"", true),
            ("coalesce( a ,b)", "COALESCE(a, b)", true),
            ("'A'", "'a'", false),
            ("a", "b", false),
            ("'", "'", false),
        ] {
            assert_eq!(same(one, other), expected, "{one} {other}");
        }
        for (sql, expected) in
            [("a DESC", Some("DESC")), ("f(a) asc ", Some("asc")), ("desc", None), ("t.desc", None), ("a", None)]
        {
            assert_eq!(direction(sql), expected, "{sql}");
        }
    }

    proptest! {
        /// What passes, put between parentheses, is closed by the parenthesis after it and by no other.
        #[test]
        fn what_passes_stays_in_its_place(sql in r#"([-/*'"`$_{}a,;()\[\] \n]|AS|WHERE|\PC){0,24}"#) {
            if check("s", &sql).is_ok() {
                let whole = format!("({sql})");
                let mut depth = 0_usize;
                let tokens = token::tokenize(&whole).unwrap();
                for (index, token) in tokens.iter().enumerate() {
                    if token.is_punctuation("(") {
                        depth += 1;
                    } else if token.is_punctuation(")") {
                        depth -= 1;
                    }
                    prop_assert_eq!(depth == 0, index + 1 == tokens.len(), "{}", whole);
                    prop_assert!(depth != 1 || !token.is_punctuation(","), "{}", whole);
                }
            }
        }
    }
}
