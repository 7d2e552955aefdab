//! Names of databases, tables, columns and measures, quoted where SQL needs it. People and the official data sources save
//! them bare or already quoted; both are understood.

use crate::{
    leg::Leg,
    sql::token::{self, Token, TokenKind},
};

/// Words that Trino does not take as a bare identifier.
const RESERVED: [&str; 74] = [
    "ALTER",
    "AND",
    "AS",
    "BETWEEN",
    "BY",
    "CASE",
    "CAST",
    "CONSTRAINT",
    "CREATE",
    "CROSS",
    "CUBE",
    "CURRENT_CATALOG",
    "CURRENT_DATE",
    "CURRENT_PATH",
    "CURRENT_ROLE",
    "CURRENT_SCHEMA",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "CURRENT_USER",
    "DEALLOCATE",
    "DELETE",
    "DESCRIBE",
    "DISTINCT",
    "DROP",
    "ELSE",
    "END",
    "ESCAPE",
    "EXCEPT",
    "EXECUTE",
    "EXISTS",
    "EXTRACT",
    "FALSE",
    "FOR",
    "FROM",
    "FULL",
    "GROUP",
    "GROUPING",
    "HAVING",
    "IN",
    "INNER",
    "INSERT",
    "INTERSECT",
    "INTO",
    "IS",
    "JOIN",
    "LEFT",
    "LIKE",
    "LISTAGG",
    "LOCALTIME",
    "LOCALTIMESTAMP",
    "NATURAL",
    "NORMALIZE",
    "NOT",
    "NULL",
    "ON",
    "OR",
    "ORDER",
    "OUTER",
    "PREPARE",
    "RECURSIVE",
    "RIGHT",
    "ROLLUP",
    "SELECT",
    "TABLE",
    "THEN",
    "TRUE",
    "UESCAPE",
    "UNION",
    "UNNEST",
    "USING",
    "VALUES",
    "WHEN",
    "WHERE",
    "WITH",
];

/// `name` as it stands in SQL: as it is when SQL takes it, else quoted by `quote`.
///
/// Already quoted names and, for measures, quoted strings stay. On Athena `database.table` is a path of two names; a
/// Timestream name may itself hold dots, so there it is one.
pub(super) fn identifier(name: &str, leg: Leg, quote: char) -> String {
    if let Ok(tokens) = token::tokenize(name) {
        let keep = match tokens.as_slice() {
            [only] => only.kind == TokenKind::String || is_identifier(only),
            path => is_path(path) && (leg == Leg::Historical || path.iter().all(|t| t.kind != TokenKind::Word)),
        };
        if keep {
            return name.to_owned();
        }
    }
    let doubled = format!("{quote}{quote}");
    format!("{quote}{}{quote}", name.replace(quote, &doubled))
}

/// `name` without quotes, for a place that has quotes of its own.
pub(in crate::sql) fn bare(name: &str) -> String {
    match token::tokenize(name).as_deref() {
        Ok([only]) => only.quote().zip(only.quoted_text()).map(|(quote, inside)| {
            let doubled = format!("{quote}{quote}");
            inside.replace(&doubled, &quote.to_string())
        }),
        _ => None,
    }
    .unwrap_or_else(|| name.to_owned())
}

/// Names joined by dots, without blanks.
fn is_path(tokens: &[Token<'_>]) -> bool {
    tokens.len() % 2 == 1
        && tokens.iter().enumerate().all(
            |(index, token)| {
                if index % 2 == 0 { is_identifier(token) } else { token.is_punctuation(".") }
            },
        )
}

/// A name that SQL takes as it is.
fn is_identifier(token: &Token<'_>) -> bool {
    match token.kind {
        TokenKind::QuotedIdentifier | TokenKind::BackquotedIdentifier => true,
        TokenKind::Word => token.text.is_ascii() && !RESERVED.iter().any(|word| token.is_keyword(word)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_where_sql_needs_it() {
        use Leg::{Historical, Realtime};
        for (name, leg, quote, expected) in [
            ("contacts", Realtime, '"', "contacts"),
            ("contactsDB_1", Realtime, '"', "contactsDB_1"),
            ("my-db", Realtime, '"', "\"my-db\""),
            ("my.table", Realtime, '"', "\"my.table\""),
            ("\"my-db\"", Realtime, '"', "\"my-db\""),
            ("\"db\".\"table\"", Realtime, '"', "\"db\".\"table\""),
            ("1st", Realtime, '"', "\"1st\""),
            ("Order", Historical, '"', "\"Order\""),
            ("db.contacts", Historical, '"', "db.contacts"),
            ("db.order", Historical, '"', "\"db.order\""),
            ("my-db", Historical, '`', "`my-db`"),
            ("`my-db`", Historical, '`', "`my-db`"),
            ("a\"b", Historical, '"', "\"a\"\"b\""),
            ("a; DROP TABLE b", Historical, '"', "\"a; DROP TABLE b\""),
            ("a -- b", Historical, '"', "\"a -- b\""),
            ("'cpu'", Realtime, '"', "'cpu'"),
            ("größe", Historical, '"', "\"größe\""),
            ("\"open", Historical, '"', "\"\"\"open\""),
        ] {
            assert_eq!(identifier(name, leg, quote), expected, "{name}");
        }
    }

    #[test]
    fn quotes_come_off_for_places_that_have_their_own() {
        for (name, expected) in [
            ("contacts", "contacts"),
            ("\"my-db\"", "my-db"),
            ("\"a\"\"b\"", "a\"b"),
            ("'it''s'", "it's"),
            ("`x`", "x"),
            ("\"a\".\"b\"", "\"a\".\"b\""),
            ("my-db", "my-db"),
        ] {
            assert_eq!(bare(name), expected, "{name}");
        }
    }
}
