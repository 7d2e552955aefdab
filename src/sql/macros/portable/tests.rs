//! What every portable macro expands to on each leg, exactly.

use std::time::Duration;

use chrono::DateTime;

use crate::{
    leg::Leg,
    sql::{
        guard,
        macros::{Context, expand, is_portable},
        samples,
    },
    time::TimeRange,
};

fn range(from: &str, to: &str) -> TimeRange {
    let at = |text| DateTime::parse_from_rfc3339(text).unwrap().to_utc();
    TimeRange { from: at(from), to: at(to) }
}

fn context(leg: Leg) -> Context<'static> {
    let panel = range("2026-06-01T00:00:00Z", "2026-06-03T00:00:00Z");
    Context {
        leg,
        range: panel,
        now: panel.to,
        interval: Duration::from_secs(90),
        database: None,
        table: None,
        column: None,
        measure: None,
        slice: range("2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z"),
        datasets: &[],
        filters: &[],
    }
}

/// What `sql` becomes in a statement that reads a dataset.
fn portable(sql: &str, leg: Leg) -> Result<String, String> {
    let datasets = [samples::contacts()];
    let context = Context { datasets: &datasets, ..context(leg) };
    let expanded = expand(&format!("SELECT {sql} FROM $__dataset(contacts)"), &context);
    let expanded = expanded.map_err(|error| error.message().to_owned())?;
    guard::check(&expanded, guard::Policy::default()).unwrap();
    let (before, _) = expanded.split_once(" FROM (SELECT").unwrap();
    Ok(before.strip_prefix("SELECT ").unwrap().to_owned())
}

#[test]
fn portable_macros() {
    let hour = "CAST(floor(date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00.000', time)";
    let athena_90s =
        format!("date_add('millisecond', {hour} / 90000.0E0) AS bigint) * 90000, TIMESTAMP '1970-01-01 00:00:00.000')");
    for (sql, realtime, historical) in [
        ("$__timeGroup(5m)", "bin(time, 5m)", athena_90s.replace("90000", "300000").as_str()),
        ("$__timeGroup(auto)", "bin(time, 90s)", &athena_90s),
        ("$__timeGroup($__interval)", "bin(time, 90s)", &athena_90s),
        ("$__timeGroup('$__interval_ms')", "bin(time, 90s)", &athena_90s),
        ("$__timeGroup('1h')", "bin(time, 1h)", "date_trunc('hour', time)"),
        ("$__timeGroup(t.enqueued_at, 1d)", "bin(t.enqueued_at, 1d)", "date_trunc('day', t.enqueued_at)"),
        ("$__timeGroup(day)", "date_trunc('day', time)", "date_trunc('day', time)"),
        (
            "$__timeGroup(week, 'Europe/London')",
            "date_add('second', -3600, date_trunc('week', date_add('second', 3600, time)))",
            "date_add('second', -3600, date_trunc('week', date_add('second', 3600, time)))",
        ),
        ("$__timeGroup(enqueued_at, month)", "date_trunc('month', enqueued_at)", "date_trunc('month', enqueued_at)"),
        ("$__day", "date_trunc('day', time)", "date_trunc('day', time)"),
        (
            "$__day(time, 'Asia/Kolkata')",
            "date_add('second', -19800, date_trunc('day', date_add('second', 19800, time)))",
            "date_add('second', -19800, date_trunc('day', date_add('second', 19800, time)))",
        ),
        ("$__hourOfDay(enqueued_at)", "hour(enqueued_at)", "hour(enqueued_at)"),
        (
            "$__dayOfWeek(time, 'Asia/Kolkata')",
            "day_of_week(date_add('second', 19800, time))",
            "day_of_week(date_add('second', 19800, time))",
        ),
        (
            "$__timeFilter()",
            "(time >= from_milliseconds(1780272000000) AND time < from_milliseconds(1780358400000))",
            "(time >= TIMESTAMP '2026-06-01 00:00:00.000' AND time < TIMESTAMP '2026-06-02 00:00:00.000')",
        ),
        (
            "$__timeFilter(enqueued_at)",
            "(enqueued_at >= from_milliseconds(1780272000000) AND enqueued_at < from_milliseconds(1780444800000))",
            "(enqueued_at >= TIMESTAMP '2026-06-01 00:00:00.000' AND enqueued_at < TIMESTAMP '2026-06-03 00:00:00.000')",
        ),
        ("$__from()", "from_milliseconds(1780272000000)", "TIMESTAMP '2026-06-01 00:00:00.000'"),
        ("$__to()", "from_milliseconds(1780444800000)", "TIMESTAMP '2026-06-03 00:00:00.000'"),
        ("1000.0 / $__interval_ms", "1000.0 / 90000", "1000.0E0 / 90000"),
        (
            "$__secondsBetween(enqueued_at, time)",
            "(date_diff('millisecond', enqueued_at, time) / 1e3)",
            "(date_diff('millisecond', enqueued_at, time) / 1000.0E0)",
        ),
        (
            "$__percentile(queue_seconds, 0.95)",
            "approx_percentile(queue_seconds, 0.95)",
            "approx_percentile(queue_seconds, 0.95E0)",
        ),
        ("$__percentile(x, 1)", "approx_percentile(x, 1.0)", "approx_percentile(x, 1.0E0)"),
        ("$__distinct(queue)", "count(DISTINCT queue)", "count(DISTINCT queue)"),
        ("$__if(a > 1, 2, 3)", "CASE WHEN a > 1 THEN 2 ELSE 3 END", "CASE WHEN a > 1 THEN 2 ELSE 3 END"),
        ("$__regex(queue, '^a.*')", "regexp_like(queue, '^a.*')", "regexp_like(queue, '^a.*')"),
    ] {
        assert_eq!(portable(sql, Leg::Realtime).as_deref(), Ok(realtime), "{sql}");
        assert_eq!(portable(sql, Leg::Historical).as_deref(), Ok(historical), "{sql}");
    }
}

#[test]
fn numbers_mean_the_same_on_both_legs() {
    for (sql, historical) in [
        ("100.0 * x / 3", "100.0E0 * x / 3"),
        (".5 + 1. + 7", ".5E0 + 1.E0 + 7"),
        ("1.5e3 + 1.5E3", "1.5e3 + 1.5E3"),
        ("'100.0' || \"100.0\" -- 100.0\n", "'100.0' || \"100.0\" -- 100.0\n"),
        ("a[1].b", "a[1].b"),
        ("$__if(x > 0.5, 1.0, 0)", "CASE WHEN x > 0.5E0 THEN 1.0E0 ELSE 0 END"),
    ] {
        assert!(portable(sql, Leg::Realtime).is_ok(), "{sql}");
        assert_eq!(portable(sql, Leg::Historical).as_deref(), Ok(historical), "{sql}");
    }
    // A statement of one leg is that leg's.
    assert_eq!(expand("SELECT 100.0", &context(Leg::Historical)).as_deref(), Ok("SELECT 100.0"));
}

#[test]
fn the_legs_own_macros_come_first_without_a_dataset() {
    for (leg, sql, expected) in [
        (Leg::Realtime, "$__timeGroup(time, 5m)", "bin(time, 5m)"),
        (Leg::Realtime, "$__interval", "90000ms"),
        (Leg::Realtime, "$__percentile(x, 0.5)", "approx_percentile(x, 0.5)"),
        (Leg::Historical, "$__timeGroup(ts, 5m)", "FROM_UNIXTIME(FLOOR(TO_UNIXTIME(ts)/300)*300)"),
        (Leg::Historical, "$__day(ts)", "date_trunc('day', ts)"),
        (
            Leg::Historical,
            "$__timeFilter(ts)",
            "ts BETWEEN TIMESTAMP '2026-06-01 00:00:00' AND TIMESTAMP '2026-06-03 00:00:00'",
        ),
    ] {
        assert_eq!(expand(sql, &context(leg)).as_deref(), Ok(expected), "{sql}");
    }
    for leg in Leg::ALL {
        // In dashboards these are numbers that Grafana puts there; they must not mean something else in alert rules.
        assert!(expand("$__from", &context(leg)).unwrap_err().message().contains("Grafana replaces"));
    }
}

#[test]
fn the_legs_own_macros_remain_beside_a_dataset() {
    assert_eq!(
        portable("$__dateFilter(d)", Leg::Historical).as_deref(),
        Ok("d BETWEEN date '2026-06-01' AND date '2026-06-03'")
    );
    assert_eq!(portable("$__interval_raw_ms", Leg::Realtime).as_deref(), Ok("90000"));
    let error = portable("$__dateFilter(d)", Leg::Realtime).unwrap_err();
    assert!(
        error.contains("belongs to the historical leg") && error.contains("$__secondsBetween(earlier, later)"),
        "{error}"
    );
}

#[test]
fn misuse_is_explained() {
    for (sql, says) in [
        ("$__timeGroup(soon)", "is not an interval"),
        ("$__timeGroup(5m, 'Europe/London')", "only with a unit of the calendar"),
        ("$__day(time, 'Europe/Londn')", "does not know the time zone"),
        ("$__percentile(x, 95)", "between 0 and 1"),
        ("$__if(a)", "takes 3 arguments"),
    ] {
        let error = portable(sql, Leg::Historical).unwrap_err();
        assert!(error.contains(says) && error.contains("for example:"), "{sql}: {error}");
    }
}

#[test]
fn nesting_does_not_grow_without_end() {
    let zone = "'Europe/London'";
    let nested = |depth: usize| format!("{}time{}", "$__day(".repeat(depth), format!(", {zone})").repeat(depth));
    assert!(portable(&nested(2), Leg::Historical).is_ok());
    let started = std::time::Instant::now();
    let error = portable(&nested(15), Leg::Historical).unwrap_err();
    assert!(error.contains("262144") || error.contains("more text"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn statements_that_read_a_dataset_are_known() {
    for (sql, portable) in [
        ("SELECT 1 FROM $__dataset(contacts)", true),
        ("SELECT 1 FROM ${__dataset}(contacts)", true),
        ("SELECT '$__dataset(contacts)' /* $__dataset(contacts) */", false),
        ("SELECT $__datasets(contacts)", false),
        ("SELECT ' $__dataset(contacts)", false),
    ] {
        assert_eq!(is_portable(sql), portable, "{sql}");
    }
}
