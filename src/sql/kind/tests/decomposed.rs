//! What slices are asked, and how the answers merge.

use super::{Kind, analyse, analysed};
use crate::{
    dataset::{Column, ColumnType, Dataset},
    stitch::{Arithmetic, Output, Partial, SortKey, Totals, Value},
};

fn column(index: usize) -> Value {
    Value::Column(index)
}

fn binary(operator: Arithmetic, left: Value, right: Value) -> Value {
    Value::Binary(operator, Box::new(left), Box::new(right))
}

/// The answer's columns without order and limit.
fn totals<const N: usize>(keys: usize, partials: &[Partial], outputs: [(&str, Value); N]) -> Totals {
    let outputs = outputs.into_iter().map(|(name, value)| Output { name: name.to_owned(), value }).collect();
    Totals { keys, partials: partials.to_vec(), outputs, order: Vec::new(), limit: None }
}

fn check(sql: &str, sliced: &str, totals: &Totals) {
    let analysis = analysed(sql);
    let decomposed = analysis.decomposed.unwrap_or_else(|| panic!("{sql}: {}", analysis.reason));
    assert_eq!(decomposed.sql, sliced);
    assert_eq!(&decomposed.totals, totals, "{sql}");
}

#[test]
fn one_row() {
    check(
        "SELECT count(*), sum(wait) AS \"Total \"\"wait\"\"\", count(*) + 1 FROM $__dataset(contacts) WHERE $__timeFilter AND wait > 5m",
        "SELECT count(*) AS p0, sum(wait) AS p1 FROM $__dataset(contacts) WHERE $__timeFilter AND wait > 5m",
        &totals(
            0,
            &[Partial::Count, Partial::Sum],
            [
                ("_col0", column(0)),
                ("Total \"wait\"", column(1)),
                ("_col2", binary(Arithmetic::Add, column(0), Value::Integer(1))),
            ],
        ),
    );
}

#[test]
fn averages_are_sums_and_counts() {
    check(
        "SELECT queue, avg(wait) FILTER (WHERE x) AS w, count(wait) FILTER (WHERE x), avg(measure_value::double) FROM $__dataset(contacts) c GROUP BY c.queue",
        "SELECT c.queue AS k0, sum(CAST(wait AS DOUBLE)) FILTER (WHERE x) AS p0, count(wait) FILTER (WHERE x) AS p1, \
         sum(CAST(measure_value::double AS DOUBLE)) AS p2, count(measure_value::double) AS p3 \
         FROM $__dataset(contacts) c GROUP BY 1",
        &totals(
            1,
            &[Partial::Sum, Partial::Count, Partial::Sum, Partial::Count],
            [
                ("queue", column(0)),
                ("w", Value::Average { sum: 1, count: 2 }),
                ("_col2", column(2)),
                ("_col3", Value::Average { sum: 3, count: 4 }),
            ],
        ),
    );
}

#[test]
fn service_level_of_the_ten_busiest_queues() {
    let sql = "SELECT Queue, round(100.0 * count_if(wait <= 20) / nullif(count(*), 0), 1) AS sl \
               FROM $__dataset(contacts) GROUP BY 1 ORDER BY count(*) DESC";
    assert_eq!(analysed(sql).kind, Kind::Opaque, "ordered by what is not put out");
    let share = binary(
        Arithmetic::Divide,
        binary(Arithmetic::Multiply, Value::Double(100.0), column(2)),
        Value::NullIf(Box::new(column(1)), Box::new(Value::Integer(0))),
    );
    let mut expected = totals(
        1,
        &[Partial::Count, Partial::Count],
        [("Queue", column(0)), ("n", column(1)), ("sl", Value::Round(Box::new(share), 1))],
    );
    expected.limit = Some(10);
    expected.order = vec![
        SortKey { column: 1, descending: true, nulls_first: false },
        SortKey { column: 0, descending: false, nulls_first: true },
    ];
    check(
        "SELECT Queue, count(*) AS n, round(100.0 * count_if(wait <= 20) / nullif(count(*), 0), 1) AS sl \
         FROM $__dataset(contacts) GROUP BY 1 ORDER BY n DESC, queue NULLS FIRST LIMIT 10",
        "SELECT Queue AS k0, count(*) AS p0, count_if(wait <= 20) AS p1 FROM $__dataset(contacts) GROUP BY 1",
        &expected,
    );
}

#[test]
fn keys_need_not_be_put_out() {
    check(
        "SELECT max(x) AS m FROM $__dataset(contacts) GROUP BY queue, $__hourOfDay(time, 'Europe/London'), QUEUE",
        "SELECT queue AS k0, $__hourOfDay(time, 'Europe/London') AS k1, max(x) AS p0 FROM $__dataset(contacts) GROUP BY 1, 2",
        &totals(2, &[Partial::Max], [("m", column(2))]),
    );
}

#[test]
fn distinct_rows_are_keys() {
    check(
        "SELECT DISTINCT upper(queue), agent.name, upper(queue) AS again FROM ${__dataset}(contacts)",
        "SELECT upper(queue) AS k0, agent.name AS k1 FROM ${__dataset}(contacts) GROUP BY 1, 2",
        &totals(2, &[], [("_col0", column(0)), ("name", column(1)), ("again", column(0))]),
    );
}

#[test]
fn calculations() {
    let boxed = |value| Box::new(value);
    for (calculation, value) in [
        ("-count(*)", Value::Negative(boxed(column(0)))),
        ("+(count(*))", column(0)),
        (
            "count(*) % 7 - 2",
            binary(Arithmetic::Subtract, binary(Arithmetic::Modulo, column(0), Value::Integer(7)), Value::Integer(2)),
        ),
        (
            "2 - count(*) * 1.5e1",
            binary(
                Arithmetic::Subtract,
                Value::Integer(2),
                binary(Arithmetic::Multiply, column(0), Value::Double(15.0)),
            ),
        ),
        ("CAST(count(*) AS DOUBLE)", Value::ToDouble(boxed(column(0)))),
        ("CAST(count(*) AS bigint)", Value::ToInteger(boxed(column(0)))),
        ("coalesce(count(*), NULL, 0)", Value::Coalesce(vec![column(0), Value::Null, Value::Integer(0)])),
        ("round(count(*))", Value::Round(boxed(column(0)), 0)),
        ("round(count(*), -2)", Value::Round(boxed(column(0)), -2)),
        ("nullif(count(*), 0)", Value::NullIf(boxed(column(0)), boxed(Value::Integer(0)))),
        ("count()", column(0)),
    ] {
        check(
            &format!("SELECT {calculation} AS c FROM $__dataset(contacts)"),
            "SELECT count(*) AS p0 FROM $__dataset(contacts)",
            &totals(0, &[Partial::Count], [("c", value)]),
        );
    }
}

#[test]
fn every_aggregate_merges_its_own_way() {
    for (aggregate, sliced, partial) in [
        ("count(x)", "count(x)", Partial::Count),
        ("COUNT_IF(x > 1)", "count_if(x > 1)", Partial::Count),
        ("min(DISTINCT x)", "min(x)", Partial::Min),
        ("max(time)", "max(time)", Partial::Max),
        ("sum($__if(a, 1, 0))", "sum($__if(a, 1, 0))", Partial::Sum),
        ("bool_and(x)", "bool_and(x)", Partial::And),
        ("every(x)", "every(x)", Partial::And),
        ("bool_or(x) FILTER (WHERE y)", "bool_or(x) FILTER (WHERE y)", Partial::Or),
        ("count(*) FILTER (WHERE y)", "count(*) FILTER (WHERE y)", Partial::Count),
    ] {
        check(
            &format!("SELECT {aggregate} AS a FROM $__dataset(contacts)"),
            &format!("SELECT {sliced} AS p0 FROM $__dataset(contacts)"),
            &totals(0, &[partial], [("a", column(0))]),
        );
    }
}

#[test]
fn buckets_may_straddle_where_everything_decomposes() {
    let mut expected =
        totals(2, &[Partial::Count], [("time", column(0)), ("queue", column(1)), ("contacts", column(2))]);
    expected.order = vec![SortKey { column: 0, descending: false, nulls_first: false }];
    check(
        "SELECT $__timeGroup(5m) AS time, queue, count(*) AS contacts FROM $__dataset(contacts) GROUP BY 1, 2 ORDER BY 1",
        "SELECT $__timeGroup(5m) AS k0, queue AS k1, count(*) AS p0 FROM $__dataset(contacts) GROUP BY 1, 2",
        &expected,
    );
    for sql in [
        "SELECT $__timeGroup(5m), $__percentile(x, 95) FROM $__dataset(contacts) GROUP BY 1",
        "SELECT $__timeGroup(5m), count(*) FROM $__dataset(contacts) GROUP BY 1 HAVING count(*) > 1",
        "SELECT $__timeGroup(5m), count(*) FROM $__dataset(contacts) GROUP BY 1 ORDER BY 1, sum(x)",
        "SELECT DISTINCT $__timeGroup(5m), count(*) FROM $__dataset(contacts) GROUP BY 1, queue",
    ] {
        let analysis = analysed(sql);
        assert_eq!((analysis.kind, analysis.decomposed), (Kind::Buckets, None), "{sql}");
    }
}

#[test]
fn what_slices_are_asked_is_as_typed() {
    for (typed, sliced) in [
        ("x = 'it''s' AND y <> 'a -- b'", "x = 'it''s' AND y <> 'a -- b'"),
        ("x > bin(time, 5m) AND y < 100ms", "x > bin(time, 5m) AND y < 100ms"),
        ("(a OR b) AND NOT c", "(a OR b) AND NOT c"),
        (
            "time AT TIME ZONE 'UTC' > DATE '2026-01-01' + INTERVAL '1' DAY",
            "time AT TIME ZONE 'UTC' > DATE '2026-01-01' + INTERVAL '1' DAY",
        ),
        ("\"Odd \"\"name\"\"\" IS NOT NULL", "\"Odd \"\"name\"\"\" IS NOT NULL"),
        ("any_match(tags, t -> t = 'x')", "any_match(tags, t -> t = 'x')"),
        ("x IN (1, 2.5, -3) /* why */ AND y LIKE 'a%'", "x IN (1, 2.5, -3) AND y LIKE 'a%'"),
        ("attributes['k'] = 'v' AND agent.name = 'n'", "attributes['k'] = 'v' AND agent.name = 'n'"),
        ("CAST(x AS timestamp(3)) < $__to() AND ${__from} < y", "CAST(x AS timestamp(3)) < $__to() AND ${__from} < y"),
    ] {
        let analysis = analysed(&format!("SELECT count(*) FROM $__dataset(contacts) WHERE {typed}"));
        let sql = analysis.decomposed.unwrap_or_else(|| panic!("{typed}: {}", analysis.reason)).sql;
        let lower = sql.to_lowercase();
        let expected = format!("SELECT count(*) AS p0 FROM $__dataset(contacts) WHERE {sliced}").to_lowercase();
        assert_eq!(lower, expected, "{sql}");
    }
}

#[test]
fn what_holds_no_numbers_is_not_calculated_with() {
    let column = |name: &str, data_type| Column {
        name: name.to_owned(),
        data_type,
        realtime: None,
        historical: None,
        unit: None,
        description: None,
    };
    let contacts = Dataset {
        name: "contacts".to_owned(),
        description: None,
        realtime: None,
        historical: None,
        columns: vec![
            column("enqueued_at", ColumnType::Timestamp),
            column("handled", ColumnType::Boolean),
            column("wait", ColumnType::Integer),
        ],
    };
    let kind = |select: &str| {
        let sql = format!("SELECT {select} FROM $__dataset(Contacts) c");
        analyse(&sql, super::INTERVAL, std::slice::from_ref(&contacts)).unwrap().kind
    };
    for select in ["max(wait) - min(wait)", "avg(c.wait)", "min(enqueued_at)", "max(handled)", "count_if(handled)"] {
        assert_eq!(kind(select), Kind::Totals, "{select}");
    }
    for select in
        ["max(enqueued_at) - min(c.enqueued_at)", "avg(handled)", "sum(\"enqueued_at\")", "round(max(handled))"]
    {
        assert_eq!(kind(select), Kind::Opaque, "{select}");
    }
    // The engines write a time's text with three digits and with nine, and name types differently.
    for select in ["CAST(time AS varchar)", "CAST(c.enqueued_at AS varchar)", "to_iso8601(enqueued_at)", "typeof(wait)"]
    {
        assert_eq!(kind(select), Kind::Opaque, "{select}");
    }
    assert_eq!(kind("CAST(wait AS varchar), date_trunc('hour', enqueued_at)"), Kind::Rows);
}
