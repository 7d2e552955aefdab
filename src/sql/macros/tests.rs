//! What every macro expands to on its leg, exactly.

use std::time::Duration;

use chrono::DateTime;
use proptest::prelude::*;

use super::{
    definition::{known, native},
    *,
};

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn context(leg: Leg) -> Context<'static> {
    Context {
        leg,
        range: TimeRange { from: at("2021-06-23T00:00:00Z"), to: at("2021-06-23T01:00:00Z") },
        now: at("2021-06-23T01:00:00.250Z"),
        interval: Duration::from_mins(5),
        database: Some("connect"),
        table: Some("contacts"),
        column: Some("started_at"),
        measure: Some("duration"),
        slice: TimeRange { from: at("2021-06-23T00:00:00Z"), to: at("2021-06-23T01:00:00Z") },
        datasets: &[],
        filters: &[],
    }
}

/// Each text expands to the text beside it.
fn assert_expands(context: &Context<'_>, cases: &[(&str, &str)]) {
    for (sql, expected) in cases {
        assert_eq!(expand(sql, context).as_deref(), Ok(*expected), "{sql}");
    }
}

#[test]
fn timestream_macros() {
    assert_expands(
        &context(Leg::Realtime),
        &[
            ("$__timeFilter", "time BETWEEN from_milliseconds(1624406400000) AND from_milliseconds(1624410000000)"),
            ("$__timeFilter()", "time BETWEEN from_milliseconds(1624406400000) AND from_milliseconds(1624410000000)"),
            (
                "$__timeFilter(t.ended)",
                "t.ended BETWEEN from_milliseconds(1624406400000) AND from_milliseconds(1624410000000)",
            ),
            ("from_milliseconds($__timeFrom)", "from_milliseconds(1624406400000)"),
            ("from_milliseconds($__timeTo)", "from_milliseconds(1624410000000)"),
            ("$__timeFrom()", "1624406400000"),
            ("$__now_ms", "1624410000250"),
            ("bin(time, $__interval)", "bin(time, 300000ms)"),
            ("BIN(time, greatest($__interval_ms, 5m))", "BIN(time, greatest(300000ms, 5m))"),
            ("rate(x) * $__interval_raw_ms", "rate(x) * 300000"),
            ("FROM $__database.$__table", "FROM connect.contacts"),
            ("FROM \"$__database\".\"$__table\"", "FROM \"connect\".\"contacts\""),
            ("measure_name = '$__measure'", "measure_name = 'duration'"),
            ("AS $__measure", "AS duration"),
        ],
    );
}

#[test]
fn athena_macros() {
    assert_expands(
        &context(Leg::Historical),
        &[
            ("$__timeFilter(ts)", "ts BETWEEN TIMESTAMP '2021-06-23 00:00:00' AND TIMESTAMP '2021-06-23 01:00:00'"),
            (
                "$__timeFilter(ts, 'yyyy-MM-dd''T''HH:mm:ss,SSS''Z''')",
                "parse_datetime(ts,'yyyy-MM-dd''T''HH:mm:ss,SSS''Z''') \
             BETWEEN TIMESTAMP '2021-06-23 00:00:00' AND TIMESTAMP '2021-06-23 01:00:00'",
            ),
            (
                "$__timeFilter(ts,'yyyy-MM-dd HH:mm:ss')",
                "CAST(ts AS TIMESTAMP) BETWEEN TIMESTAMP '2021-06-23 00:00:00' AND TIMESTAMP '2021-06-23 01:00:00'",
            ),
            (
                "WHERE $__timeFilter AND x",
                "WHERE started_at BETWEEN TIMESTAMP '2021-06-23 00:00:00' AND TIMESTAMP '2021-06-23 01:00:00' AND x",
            ),
            ("$__dateFilter(day)", "day BETWEEN date '2021-06-23' AND date '2021-06-23'"),
            ("$__unixEpochFilter(epoch)", "epoch BETWEEN 1624406400 AND 1624410000"),
            ("$__timeFrom()", "TIMESTAMP '2021-06-23 00:00:00'"),
            ("ts <= $__timeTo", "ts <= TIMESTAMP '2021-06-23 01:00:00'"),
            ("$__rawTimeFrom", "'2021-06-23 00:00:00'"),
            ("$__rawTimeTo()", "'2021-06-23 01:00:00'"),
            ("$__rawTimeFrom('yyyy/MM/dd/HH')", "'2021/06/23/00'"),
            ("$__rawTimeTo('yyyy-MM-dd''T''HH''o''''clock''')", "'2021-06-23T01o''clock'"),
            ("$__timeGroup(ts,'1m')", "FROM_UNIXTIME(FLOOR(TO_UNIXTIME(ts)/60)*60)"),
            ("$__timeGroup(ts, 5m)", "FROM_UNIXTIME(FLOOR(TO_UNIXTIME(ts)/300)*300)"),
            ("$__timeGroup(ts, \"1h\")", "FROM_UNIXTIME(FLOOR(TO_UNIXTIME(ts)/3600)*3600)"),
            ("$__timeGroup(ts, $__interval)", "FROM_UNIXTIME(FLOOR(TO_UNIXTIME(ts)/300)*300)"),
            ("$__timeGroup(ts, '$__interval')", "FROM_UNIXTIME(FLOOR(TO_UNIXTIME(ts)/300)*300)"),
            ("$__timeGroup(ts, '${__interval}')", "FROM_UNIXTIME(FLOOR(TO_UNIXTIME(ts)/300)*300)"),
            // Whole numbers however long: the official data source prints 2.592e+06 here.
            ("$__timeGroup(ts,'30d')", "FROM_UNIXTIME(FLOOR(TO_UNIXTIME(ts)/2592000)*2592000)"),
            ("$__timeGroup(ts,'250ms')", "FROM_UNIXTIME(FLOOR(ROUND(TO_UNIXTIME(ts)*1000)/250)*250/1e3)"),
            (
                "$__timeGroup(ts,'1m','yyyy-MM-dd''T''HH:mm:ss')",
                "FROM_UNIXTIME(FLOOR(TO_UNIXTIME(parse_datetime(ts,'yyyy-MM-dd''T''HH:mm:ss'))/60)*60)",
            ),
            (
                "$__timeGroup(ts,'1m','yyyy-MM-dd HH:mm:ss')",
                "FROM_UNIXTIME(FLOOR(TO_UNIXTIME(CAST(ts AS TIMESTAMP))/60)*60)",
            ),
            ("$__unixEpochGroup(epoch,'5m')", "FROM_UNIXTIME(FLOOR(epoch/300)*300)"),
            ("$__unixEpochGroup(t.epoch[1],'5m')", "FROM_UNIXTIME(FLOOR(t.epoch[1]/300)*300)"),
            ("$__unixEpochGroup(a + b,'5m')", "FROM_UNIXTIME(FLOOR((a + b)/300)*300)"),
            ("$__unixEpochGroup(coalesce(a, b),'5m')", "FROM_UNIXTIME(FLOOR(coalesce(a, b)/300)*300)"),
            ("$__parseTime(ts)", "CAST(ts AS TIMESTAMP)"),
            ("$__parseTime('2021-06-23 00:00:00')", "TIMESTAMP '2021-06-23 00:00:00'"),
            ("$__parseTime(ts,'yyyy-MM-dd HH:mm:ss')", "CAST(ts AS TIMESTAMP)"),
            ("$__parseTime(ts,'dd/MM/yyyy')", "parse_datetime(ts,'dd/MM/yyyy')"),
            ("'$__interval' AS i", "'5m' AS i"),
            ("$__interval_ms / 1000", "300000 / 1000"),
            ("FROM $__database.$__table", "FROM connect.contacts"),
            ("$__column", "started_at"),
        ],
    );
}

#[test]
fn every_macro_of_the_tables_has_an_example_that_works() {
    let datasets = [crate::sql::samples::contacts()];
    for (leg, portable) in Leg::ALL.into_iter().flat_map(|leg| [(leg, false), (leg, true)]) {
        for definition in known(leg, portable) {
            let reads = if portable { "SELECT 1 FROM $__dataset(contacts) " } else { "" };
            let context = Context { datasets: &datasets, ..context(leg) };
            let example = expand(&format!("{reads}{}", definition.example), &context).unwrap();
            assert!(definition.example.contains(&format!("$__{}", definition.name)), "{}", definition.name);
            assert!(!example.contains("$__"), "{example}");
        }
    }
}

#[test]
fn only_what_is_sql_is_expanded() {
    let sql = "SELECT '$__timeFilter(x)', \"$__timeFilter\", '$__nonsense' -- $__timeFilter(\n\
               FROM t /* $__table $__nonsense( */ WHERE $region > 1";
    for leg in Leg::ALL {
        assert_eq!(expand(sql, &context(leg)).as_deref(), Ok(sql));
    }
}

#[test]
fn plain_values_expand_in_quotes_and_cannot_leave_them() {
    let hostile = Context {
        database: Some("my\"db"),
        table: Some("it's"),
        measure: Some("x' OR ''='"),
        ..context(Leg::Realtime)
    };
    assert_expands(
        &hostile,
        &[
            ("\"$__database\"", "\"my\"\"db\""),
            ("$__database", "\"my\"\"db\""),
            ("'$__table'", "'it''s'"),
            ("\"$__table\"", "\"it's\""),
            ("measure_name = '$__measure'", "measure_name = 'x'' OR ''''='''"),
        ],
    );
    let saved = Context { database: Some("\"my-db\""), table: Some("my-table"), ..context(Leg::Realtime) };
    assert_expands(
        &saved,
        &[
            ("$__database.$__table", "\"my-db\".\"my-table\""),
            ("\"$__database\".\"$__table\"", "\"my-db\".\"my-table\""),
            ("\"${__table}_hourly\"", "\"my-table_hourly\""),
            ("'$__database'", "'my-db'"),
        ],
    );
}

#[test]
fn hive_statements_get_backquotes() {
    let context = Context { table: Some("2021-contacts"), ..context(Leg::Historical) };
    assert_expands(
        &context,
        &[
            ("SELECT * FROM $__table", "SELECT * FROM \"2021-contacts\""),
            ("-- a\nshow PARTITIONS $__table", "-- a\nshow PARTITIONS `2021-contacts`"),
            ("DESCRIBE $__database.$__table", "DESCRIBE connect.`2021-contacts`"),
        ],
    );
}

#[test]
fn arguments_may_hold_anything() {
    let context = context(Leg::Historical);
    let range = "BETWEEN TIMESTAMP '2021-06-23 00:00:00' AND TIMESTAMP '2021-06-23 01:00:00'";
    for (sql, column) in [
        ("$__timeFilter(date_add('hour', 1, ts))", "date_add('hour', 1, ts)"),
        ("$__timeFilter( a[1, 2] )", "a[1, 2]"),
        ("$__timeFilter(concat(a, ')', b))", "concat(a, ')', b)"),
        ("$__timeFilter(\"odd, (name\")", "\"odd, (name\""),
        ("$__timeFilter($__column)", "started_at"),
        ("$__timeFilter(ts -- the start\n)", "ts"),
        ("$__timeFilter(ts /* , ) */)", "ts"),
        ("$__timeFilter (ts)", "ts"),
        ("$__timeFilter($__parseTime(ts, 'dd/MM/yyyy'))", "parse_datetime(ts,'dd/MM/yyyy')"),
        ("${__timeFilter}(ts)", "ts"),
    ] {
        assert_eq!(expand(sql, &context), Ok(format!("{column} {range}")), "{sql}");
    }
}

#[test]
fn ends_of_the_range_round_outwards() {
    let range = TimeRange { from: at("2021-06-23T00:00:00.0015Z"), to: at("2021-06-23T00:59:59.9991Z") };
    assert_expands(
        &Context { range, ..context(Leg::Historical) },
        &[
            ("$__timeFilter(ts)", "ts BETWEEN TIMESTAMP '2021-06-23 00:00:00.001' AND TIMESTAMP '2021-06-23 01:00:00'"),
            ("$__unixEpochFilter(c)", "c BETWEEN 1624406400 AND 1624410000"),
            ("$__rawTimeTo", "'2021-06-23 00:59:59'"),
        ],
    );
    assert_expands(
        &Context { range, ..context(Leg::Realtime) },
        &[("$__timeFilter", "time BETWEEN from_milliseconds(1624406400001) AND from_milliseconds(1624410000000)")],
    );
}

#[test]
fn instants_before_1970_begin_no_comment() {
    let range = TimeRange { from: at("1969-12-31T23:59:59Z"), to: at("1970-01-01T00:00:00Z") };
    assert_expands(
        &Context { range, ..context(Leg::Realtime) },
        &[("x-$__timeFrom", "x-(-1000)"), ("'$__timeFrom'", "'-1000'")],
    );
}

#[test]
fn intervals_are_never_shorter_than_a_millisecond() {
    let none = Context { interval: Duration::ZERO, ..context(Leg::Realtime) };
    assert_expands(&none, &[("$__interval", "1ms"), ("$__interval_raw_ms", "1")]);
    let long = Context { interval: Duration::MAX, ..context(Leg::Realtime) };
    assert_expands(&long, &[("$__interval_raw_ms", "18446744073709551615999")]);
}

#[test]
fn bare_time_filter_falls_back_to_time() {
    for column in [None, Some(""), Some("  ")] {
        let expanded = expand("$__timeFilter", &Context { column, ..context(Leg::Historical) }).unwrap();
        assert!(expanded.starts_with("time BETWEEN"), "{expanded}");
    }
    let expanded = expand("$__timeFilter", &Context { column: Some("a-b"), ..context(Leg::Historical) }).unwrap();
    assert!(expanded.starts_with("\"a-b\" BETWEEN"), "{expanded}");
}

#[test]
fn a_value_that_nobody_chose_is_asked_for() {
    for leg in Leg::ALL {
        let empty = Context { database: None, table: Some(""), column: None, measure: Some(" "), ..context(leg) };
        for definition in native(leg).iter().filter(|definition| definition.kind == definition::Kind::Name) {
            for sql in [format!("$__{}", definition.name), format!("'$__{}'", definition.name)] {
                let error = expand(&sql, &empty).unwrap_err();
                assert!(error.message().contains(&format!("choose a {} in the query", definition.name)), "{error}");
            }
        }
    }
}

#[test]
fn times_that_athena_cannot_write_are_refused() {
    let range = TimeRange { from: at("2021-06-23T00:00:00Z"), to: DateTime::<Utc>::MAX_UTC };
    let error = expand("$__timeTo()", &Context { range, ..context(Leg::Historical) }).unwrap_err();
    assert!(error.message().contains("outside the years 1 to 9999"), "{error}");
}

#[test]
fn nesting_ends_somewhere() {
    let nested = |depth: usize| format!("{}ts{}", "$__parseTime(".repeat(depth), ")".repeat(depth));
    assert!(expand(&nested(16), &context(Leg::Historical)).is_ok());
    for depth in [17, 10_000] {
        let error = expand(&nested(depth), &context(Leg::Historical)).unwrap_err();
        assert!(error.message().contains("nested more than 16 deep"), "{error}");
    }
}

proptest! {
    #[test]
    fn sql_without_macros_is_left_alone(sql in r#"(\$?[-/*'"`{}a-zé0-9.;,() \n]|\PC){0,60}"#) {
        for leg in Leg::ALL {
            if !sql.contains("$__") && !sql.contains("${__") && token::tokenize(&sql).is_ok() {
                prop_assert_eq!(expand(&sql, &context(leg)), Ok(sql.clone()));
            }
        }
    }

    #[test]
    fn nothing_panics(
        sql in r#"(\$__(timeFilter|timeGroup|rawTimeFrom|parseTime|interval|table|x)|['"(),;\[\]{}]|5m|-|c| |\PC){0,40}"#,
        value in any::<String>(),
        millis in any::<i64>(),
    ) {
        for leg in Leg::ALL {
            let mut context = Context { table: Some(&value), column: Some(&value), ..context(leg) };
            if let Some(from) = DateTime::from_timestamp_millis(millis) {
                context.range.from = from;
            }
            let _ = expand(&sql, &context);
        }
    }

    #[test]
    fn a_name_stays_one_token_wherever_it_stands(name in any::<String>()) {
        prop_assume!(!name.trim().is_empty());
        let context = Context { measure: Some(&name), ..context(Leg::Realtime) };
        for place in ["'$__measure'", "\"$__measure\"", "`$__measure`"] {
            let expanded = expand(place, &context).unwrap();
            if expanded.len() <= crate::sql::MAX_LENGTH {
                prop_assert_eq!(token::tokenize(&expanded).unwrap().len(), 1, "{}", expanded);
            }
        }
    }
}
