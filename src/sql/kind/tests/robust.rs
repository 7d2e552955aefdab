//! Texts of any size: analysed in bounded time and space.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{Kind, analysed};
use crate::sql::MAX_LENGTH;

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
    let long = vec!["a"; 3_000].join(", ");
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
