//! Texts of any sort: analysed without harm, never changed by marks, and cut into parts that are statements themselves.

use std::collections::HashMap;

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

use super::{INTERVAL, Kind, analyse, analysed};
use crate::{
    sql::{
        kind::{
            Decomposed,
            mark::{mark, unmark},
        },
        token::{Token, TokenKind, tokenize},
    },
    stitch::Value,
};

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

/// Expressions, mostly of the sorts that dashboards have.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "queue",
        "wait",
        "c.wait",
        "time",
        "\"Odd\"",
        "1",
        "1.5",
        "NULL",
        "'it''s'",
        "5m",
        "$__from()",
        "measure_value::double",
        "$__timeGroup(5m)",
        "$__day(time, 'Europe/London')",
        "count(*)",
        "random()",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), prop::sample::select(vec!["+", "-", "*", "/", "%"]), inner.clone())
                .prop_map(|(left, operator, right)| format!("{left} {operator} {right}")),
            (
                prop::sample::select(vec![
                    "sum", "min", "max", "avg", "count", "count_if", "every", "round", "upper", "-"
                ]),
                inner.clone()
            )
                .prop_map(|(name, argument)| format!("{name}({argument})")),
            inner.clone().prop_map(|argument| format!("sum({argument}) FILTER (WHERE wait > 1)")),
            inner.clone().prop_map(|argument| format!("CAST({argument} AS double)")),
            (inner.clone(), inner).prop_map(|(first, second)| format!("nullif({first}, {second})")),
        ]
    })
}

/// Statements grouped as they should be, with all sorts of aggregates.
fn grouped() -> impl Strategy<Value = String> {
    let keys = prop::sample::subsequence(vec!["$__timeGroup(5m)", "queue", "upper(queue)", "wait"], 0..4);
    let aggregate = (prop::sample::select(vec!["sum", "min", "max", "avg", "count", "max_by"]), expression())
        .prop_map(|(name, argument)| format!("{name}({argument})"));
    let aggregates = prop::collection::vec(aggregate, 1..3);
    (keys, aggregates, 0..4_usize, prop::sample::select(vec!["", "", " HAVING count(*) > 1"])).prop_map(
        |(keys, aggregates, ordinal, having)| {
            let group_by = if keys.is_empty() { String::new() } else { format!(" GROUP BY {}", keys.join(", ")) };
            let order_by = if ordinal == 0 { String::new() } else { format!(" ORDER BY {ordinal} DESC LIMIT 9") };
            let items: Vec<&str> = keys.into_iter().chain(aggregates.iter().map(String::as_str)).collect();
            format!("SELECT {} FROM $__dataset(contacts) c{group_by}{having}{order_by}", items.join(", "))
        },
    )
}

/// Statements over a dataset, grouped somehow.
fn any_statement() -> impl Strategy<Value = String> {
    let item = (expression(), prop::sample::select(vec!["", "", " AS a", " AS time", " AS queue", " AS wait"]))
        .prop_map(|(expression, alias)| format!("{expression}{alias}"));
    let list = |items: Vec<String>| items.join(", ");
    let key = prop_oneof![
        4 => prop::sample::select(vec!["1", "2", "queue", "$__timeGroup(5m)", "upper(queue)"]).prop_map(str::to_owned),
        1 => expression(),
    ];
    let clause = |word: &'static str, key: BoxedStrategy<String>| {
        prop::collection::vec(key, 0..3)
            .prop_map(move |keys| if keys.is_empty() { String::new() } else { format!(" {word} {}", list(keys)) })
    };
    let key = key.boxed();
    (
        prop::bool::weighted(0.1),
        prop::collection::vec(item, 1..4),
        clause("GROUP BY", key.clone()),
        clause("ORDER BY", key),
        prop::sample::select(vec!["", "", " LIMIT 3"]),
    )
        .prop_map(move |(distinct, items, group_by, order_by, limit)| {
            let distinct = if distinct { "DISTINCT " } else { "" };
            format!("SELECT {distinct}{} FROM $__dataset(contacts) c{group_by}{order_by}{limit}", list(items))
        })
}

fn statement() -> impl Strategy<Value = String> {
    prop_oneof![grouped(), any_statement()]
}

#[test]
fn generated_statements_are_of_every_kind() {
    let mut runner = TestRunner::deterministic();
    let mut kinds = HashMap::new();
    for _ in 0..2_000 {
        let sql = statement().new_tree(&mut runner).unwrap().current();
        *kinds.entry(analysed(&sql).kind).or_insert(0) += 1;
    }
    for kind in [Kind::Buckets, Kind::Rows, Kind::Totals, Kind::Opaque] {
        assert!(kinds.get(&kind).is_some_and(|count| *count > 20), "{kinds:?}");
    }
}

/// Whether `value` is over columns of a batch of `width` columns.
fn is_within(value: &Value, width: usize) -> bool {
    match value {
        Value::Column(column) => *column < width,
        Value::Integer(_) | Value::Double(_) | Value::Null => true,
        Value::Binary(_, left, right) | Value::NullIf(left, right) => is_within(left, width) && is_within(right, width),
        Value::Negative(inner) | Value::ToDouble(inner) | Value::ToInteger(inner) | Value::Round(inner, _) => {
            is_within(inner, width)
        }
        Value::Coalesce(values) => values.iter().all(|value| is_within(value, width)),
        Value::Average { sum, count } => *sum < width && *count < width,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_under_marks(sql in soup()) {
        if let Ok(tokens) = tokenize(&sql) && let Ok(marked) = mark(&tokens) {
            let back = unmark(&marked).unwrap();
            prop_assert_eq!(solid(&tokenize(&back).unwrap()), solid(&tokens), "{}", marked);
        }
    }

    #[test]
    fn any_soup_is_analysed(sql in soup()) {
        if let Ok(analysis) = analyse(&sql, INTERVAL, &[]) {
            prop_assert!(analysis.reason.ends_with('.'), "{}", analysis.reason);
        }
    }

    #[test]
    fn what_slices_are_asked_can_be_cut_too(sql in statement()) {
        let analysis = analysed(&sql);
        prop_assert!(!sql.contains("random") || analysis.kind == Kind::Opaque);
        prop_assert!(analysis.kind != Kind::Totals || analysis.decomposed.is_some());
        if let Some(Decomposed { sql: sliced, totals }) = analysis.decomposed {
            let again = analysed(&sliced);
            let bucket = ["$__timeGroup(5m)", "$__day(time, 'Europe/London')"]
                .iter()
                .any(|bucket| ["SELECT ", ", "].iter().any(|before| sliced.contains(&format!("{before}{bucket} AS k"))));
            prop_assert_eq!(again.kind == Kind::Buckets, bucket, "{}", sliced);
            let parts = again.decomposed.ok_or_else(|| TestCaseError::fail(format!("{sliced}: {}", again.reason)))?;
            prop_assert_eq!(&parts.sql, &sliced);
            prop_assert_eq!(&parts.totals.partials, &totals.partials);
            let width = totals.keys + totals.partials.len();
            prop_assert!(totals.outputs.iter().all(|output| is_within(&output.value, width)));
            prop_assert!(totals.order.iter().all(|key| key.column < totals.outputs.len()));
        }
    }

    #[test]
    fn any_text_is_analysed(sql in r#"([-/*'"`$_{}a-zé0-9.;:()\[\] \n]|\PC){0,60}"#) {
        if let Ok(analysis) = analyse(&sql, INTERVAL, &[]) {
            prop_assert_eq!(analysis.kind, Kind::Opaque);
        }
    }
}
