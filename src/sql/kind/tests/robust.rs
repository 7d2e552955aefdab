//! Texts of any sort and size: analysed in bounded time and space, and never changed by marks.

use std::{
    thread,
    time::{Duration, Instant},
};

use proptest::prelude::*;

use super::{INTERVAL, Kind, analyse, analysed};
use crate::sql::{
    MAX_LENGTH,
    kind::mark::{mark, unmark},
    token::{Token, TokenKind, tokenize},
};

/// The kind of `sql`, found on a stack as small as a worker's.
fn kind_on_small_stack(sql: String) -> Kind {
    let started = Instant::now();
    let small = thread::Builder::new().stack_size(2 << 20);
    let kind = small.spawn(move || analysed(&sql).kind).unwrap().join().unwrap();
    assert!(started.elapsed() < Duration::from_secs(20));
    kind
}

#[test]
fn depth_and_size_are_bounded() {
    let of = |inside: String| format!("SELECT {inside} FROM $__dataset(contacts)");
    for inside in [
        vec!["a"; 100_000].join("+"),
        vec!["a"; 50_000].join(" OR "),
        format!("{}a{}", "(".repeat(100_000), ")".repeat(100_000)),
        format!("{}a{}", "f(".repeat(60_000), ")".repeat(60_000)),
        format!("{}a{}", "floor(".repeat(30_000), ")".repeat(30_000)),
        format!("{}a{}", "ARRAY[".repeat(30_000), "]".repeat(30_000)),
        format!("a{}", "[1]".repeat(60_000)),
        format!("a{}", " IS NULL".repeat(20_000)),
        format!("a{}", " AT TIME ZONE 'UTC'".repeat(10_000)),
        format!("{}a", "NOT ".repeat(60_000)),
        format!("{}a", "- ".repeat(100_000)),
        format!("{}a", "x -> ".repeat(50_000)),
        format!("{}'1' DAY", "INTERVAL ".repeat(20_000)),
        format!("CAST(a AS {}bigint{})", "ARRAY<".repeat(20_000), ">".repeat(20_000)),
        format!("CAST(a AS bigint{})", "[]".repeat(50_000)),
        format!("{}1{}", "CASE WHEN a THEN ".repeat(8_000), " END".repeat(8_000)),
        "(".repeat(MAX_LENGTH - 100),
    ] {
        let sql = of(inside);
        assert!(sql.len() <= MAX_LENGTH);
        let start: String = sql.chars().take(40).collect();
        assert_eq!(kind_on_small_stack(sql), Kind::Opaque, "{start}");
    }
}

#[test]
fn what_is_just_not_too_deep_is_analysed() {
    let terms = vec!["a"; 450].join(" + ");
    assert_eq!(kind_on_small_stack(format!("SELECT {terms} FROM $__dataset(contacts)")), Kind::Rows);
    let conditions = vec!["queue = 'x'"; 200].join(" OR ");
    let sql = format!("SELECT count(*) FROM $__dataset(contacts) WHERE {conditions}");
    assert_eq!(kind_on_small_stack(sql), Kind::Totals);
    let parentheses = format!("{}a{}", "(".repeat(20), ")".repeat(20));
    assert_eq!(kind_on_small_stack(format!("SELECT {parentheses} FROM $__dataset(contacts)")), Kind::Rows);
}

#[test]
fn wide_statements_are_analysed() {
    let values = vec!["'some queue'"; 15_000].join(", ");
    let sql = format!("SELECT count(*) FROM $__dataset(contacts) WHERE queue IN ({values})");
    assert_eq!(kind_on_small_stack(sql), Kind::Totals);
    let columns = vec!["a"; 100_000].join(",");
    assert_eq!(kind_on_small_stack(format!("SELECT {columns} FROM $__dataset(contacts)")), Kind::Opaque);
    let buckets = "$__timeGroup(".repeat(15_000);
    assert_eq!(kind_on_small_stack(buckets), Kind::Opaque);
}

#[test]
fn what_the_parser_reads_twice_does_not_take_forever() {
    let long = vec!["a"; 30_000].join(", ");
    for opening in [
        "floor(",
        "CAST(",
        "substring(",
        "extract(",
        "position(",
        "overlay(",
        "convert(",
        "trim(",
        "array(",
        "ARRAY[",
        "map(",
        "row(",
        "NOT (",
        "CASE (",
        "CASE WHEN (",
        "x IN (",
        "current_time(",
        "interval (",
        "interval f(",
        "-interval ",
        "(x) -> ",
        "(x, y) -> f(",
        "date(",
        "f(",
        "(",
    ] {
        let close = match opening.chars().next_back() {
            Some('(') => ")",
            Some('[') => "]",
            _ => "",
        };
        for (count, inside) in [(4, long.as_str()), (8, "a"), (20, "a"), (40, "a")] {
            let sql = format!(
                "SELECT {}{inside} ! b{} FROM $__dataset(contacts)",
                opening.repeat(count),
                close.repeat(count)
            );
            assert_eq!(kind_on_small_stack(sql), Kind::Opaque, "{opening}");
        }
    }
}

/// What of `tokens` means something.
fn solid<'a>(tokens: &[Token<'a>]) -> Vec<(TokenKind, &'a str)> {
    tokens.iter().filter(|token| !token.is_trivia()).map(|token| (token.kind, token.text)).collect()
}

#[test]
fn marks_come_off() {
    for sql in [
        "$__timeGroup(5m) ${__interval} 100ms measure_value::double MEASURE_VALUE::bigint c.measure_value::varchar",
        "'it''s' \"a\"\"b\" 1.5e-3 x->1 a<>b",
    ] {
        let marked = mark(&tokenize(sql).unwrap()).unwrap();
        assert_eq!(unmark(&marked).unwrap(), sql);
    }
}

const PIECES: [&str; 96] = [
    "SELECT",
    "FROM",
    "$__dataset(contacts)",
    "$__dataset(contacts)",
    "WHERE",
    "GROUP BY",
    "ORDER BY",
    "HAVING",
    "LIMIT",
    "1",
    "2",
    "3",
    ",",
    ",",
    ",",
    "(",
    ")",
    "(",
    ")",
    "*",
    "+",
    "-",
    "/",
    "%",
    "=",
    "<",
    ">",
    "<>",
    "AND",
    "OR",
    "NOT",
    "IS NULL",
    "IN",
    "BETWEEN",
    "LIKE",
    "'x'",
    "'it''s'",
    "\"q\"",
    "\"a\"\"b\"",
    "time",
    "queue",
    "wait",
    "c",
    "c.",
    "AS",
    "$__timeGroup(5m)",
    "$__timeGroup(",
    "$__day",
    "$__timeFilter",
    "$__interval",
    "${__from}",
    "${__from:date}",
    "5m",
    "100ms",
    "1.5",
    "1e3",
    "measure_value::double",
    "count(*)",
    "count(",
    "sum(",
    "avg(",
    "min(x)",
    "DISTINCT",
    "FILTER (",
    "OVER (",
    "PARTITION BY",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "CAST(",
    "AS double)",
    "coalesce(",
    "nullif(",
    "round(",
    "floor(",
    "INTERVAL",
    "DAY",
    "x ->",
    "ARRAY[",
    "]",
    "[",
    "DESC",
    "NULLS FIRST",
    "FETCH FIRST",
    "ROWS ONLY",
    "OFFSET",
    "ALL",
    "UNION",
    "WITH",
    "-- c\n",
    "/* c */",
    ";",
    "::",
    "é",
];

/// Pieces in any order, mostly with blanks between them.
fn soup() -> impl Strategy<Value = String> {
    let piece = (prop::sample::select(PIECES.to_vec()), prop::bool::weighted(0.9));
    prop::collection::vec(piece, 0..40).prop_map(|pieces| {
        pieces.into_iter().map(|(piece, blank)| if blank { format!("{piece} ") } else { piece.to_owned() }).collect()
    })
}

/// Statements that have the right form, filled with soup.
fn statement() -> impl Strategy<Value = String> {
    let short =
        || prop::collection::vec(prop::sample::select(PIECES.to_vec()), 1..6).prop_map(|pieces| pieces.join(" "));
    (short(), short(), short(), short()).prop_map(|(items, filter, keys, order)| {
        format!("SELECT {items} FROM $__dataset(contacts) c WHERE {filter} GROUP BY {keys} ORDER BY {order}")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_under_marks(sql in soup()) {
        if let Ok(tokens) = tokenize(&sql) && let Ok(marked) = mark(&tokens) {
            let back = unmark(&marked).unwrap();
            prop_assert_eq!(solid(&tokenize(&back).unwrap()), solid(&tokens), "{}", marked);
        }
    }

    #[test]
    fn any_soup_is_analysed(sql in prop_oneof![soup(), statement()]) {
        if let Ok(analysis) = analyse(&sql, INTERVAL) {
            prop_assert!(!analysis.reason.is_empty());
            prop_assert_eq!(analysis.decomposed.is_some() || analysis.kind != Kind::Totals, true);
            if let Some(decomposed) = analysis.decomposed {
                // What slices are asked is of a kind that can be cut, too.
                let again = analyse(&decomposed.sql, INTERVAL).unwrap();
                prop_assert!(matches!(again.kind, Kind::Totals | Kind::Buckets), "{}: {}", decomposed.sql, again.reason);
            }
        }
    }

    #[test]
    fn any_text_is_analysed(sql in r#"([-/*'"`$_{}a-zé0-9.;:()\[\] \n]|\PC){0,60}"#) {
        if let Ok(analysis) = analyse(&sql, INTERVAL) {
            prop_assert_eq!(analysis.kind, Kind::Opaque);
        }
    }
}
