//! Which statement is of which kind, where it may be cut.

use std::time::Duration;

use chrono_tz::Tz;

use super::{Kind, all_are, analysed};
use crate::time::{CalendarUnit, Step};

#[test]
fn buckets() {
    all_are(
        Kind::Buckets,
        &[
            (
                "SELECT $__timeGroup(5m) AS time, queue, count(*) AS contacts FROM $__dataset(contacts) GROUP BY 1, 2 ORDER BY 1",
                "bucket of 5m",
            ),
            (
                "select $__timeGroup(5m) as time, count(*) from $__dataset(contacts) group by 1 order by 1",
                "bucket of 5m",
            ),
            ("SELECT $__timeGroup('5m') AS time, count(*) FROM $__dataset(contacts) GROUP BY 1", "bucket of 5m"),
            (
                "SELECT $__timeGroup(time, 1h) AS t, avg(x) FROM $__dataset(contacts) GROUP BY $__timeGroup(time, 1h)",
                "bucket of 1h",
            ),
            (
                "SELECT $__timeGroup(TIME, 1h) AS time, avg(x) FROM $__dataset(contacts) GROUP BY $__timeGroup(time, 1h)",
                "bucket of 1h",
            ),
            (
                "SELECT $__timeGroup(\"time\", 1h) AS t, avg(x) FROM $__dataset(contacts) GROUP BY $__timeGroup(1h)",
                "bucket of 1h",
            ),
            (
                "SELECT $__timeGroup(c.time, 1h) AS t, avg(c.x) FROM $__dataset(contacts) AS c GROUP BY 1",
                "bucket of 1h",
            ),
            ("SELECT $__timeGroup(c.time, 1h) AS t, avg(C.x) FROM $__dataset(contacts) c GROUP BY 1", "bucket of 1h"),
            ("SELECT ${__timeGroup}(1h) AS t, avg(x) FROM ${__dataset}(contacts) GROUP BY 1", "bucket of 1h"),
            (
                "SELECT ($__timeGroup(1h)) AS t, avg(x) FROM $__dataset(contacts) GROUP BY ($__timeGroup(1h))",
                "bucket of 1h",
            ),
            ("SELECT $__timeGroup(auto) AS t, count(*) FROM $__dataset(contacts) GROUP BY 1", "bucket of 30s"),
            ("SELECT $__timeGroup($__interval) AS t, count(*) FROM $__dataset(contacts) GROUP BY 1", "bucket of 30s"),
            (
                "SELECT $__timeGroup(time, '$__interval') AS t, count(*) FROM $__dataset(contacts) GROUP BY 1",
                "bucket of 30s",
            ),
            (
                "SELECT $__timeGroup(time, '${__interval}') AS t, count(*) FROM $__dataset(contacts) GROUP BY 1",
                "bucket of 30s",
            ),
            (
                "SELECT $__timeGroup(month, 'Europe/London') AS t, count(*) FROM $__dataset(contacts) GROUP BY 1",
                "one month in Europe/London",
            ),
            (
                "SELECT $__timeGroup(time, week, 'UTC') AS t, count(*) FROM $__dataset(contacts) GROUP BY 1",
                "one week in UTC",
            ),
            ("SELECT $__day AS d, count(*) FROM $__dataset(contacts) GROUP BY 1", "one day in UTC"),
            ("SELECT $__day() AS d, count(*) FROM $__dataset(contacts) GROUP BY $__day", "one day in UTC"),
            (
                "SELECT $__day(time, 'Asia/Kolkata') AS d, count(*) FROM $__dataset(contacts) GROUP BY 1",
                "one day in Asia/Kolkata",
            ),
            (
                "SELECT queue, $__day('Europe/London') AS d, count(*) FROM $__dataset(contacts) GROUP BY 2, 1",
                "one day in Europe/London",
            ),
        ],
    );
}

#[test]
fn buckets_take_any_aggregate() {
    all_are(
        Kind::Buckets,
        &[
            (
                "SELECT $__timeGroup(5m), $__percentile(wait, 95), $__distinct(agent) FROM $__dataset(contacts) GROUP BY 1",
                "bucket",
            ),
            ("SELECT $__timeGroup(5m), approx_percentile(wait, 0.95) FROM $__dataset(contacts) GROUP BY 1", "bucket"),
            ("SELECT $__timeGroup(5m), count(DISTINCT agent) FROM $__dataset(contacts) GROUP BY 1", "bucket"),
            ("SELECT $__timeGroup(5m), array_agg(agent ORDER BY time) FROM $__dataset(contacts) GROUP BY 1", "bucket"),
            (
                "SELECT $__timeGroup(5m), listagg(agent, ',') WITHIN GROUP (ORDER BY agent) FROM $__dataset(contacts) GROUP BY 1",
                "bucket",
            ),
            ("SELECT $__timeGroup(5m), max_by(agent, wait) FROM $__dataset(contacts) GROUP BY 1", "bucket"),
            ("SELECT $__timeGroup(5m), count(*) FROM $__dataset(contacts) GROUP BY 1 HAVING count(*) > 3", "bucket"),
            ("SELECT $__timeGroup(5m), if(count(*) > 0, 1, 0) FROM $__dataset(contacts) GROUP BY 1", "bucket"),
            (
                "SELECT $__timeGroup(5m), CASE WHEN count(*) > 0 THEN 'busy' ELSE 'idle' END FROM $__dataset(contacts) GROUP BY 1",
                "bucket",
            ),
            (
                "SELECT $__timeGroup(5m), date_diff('second', min(time), max(time)) FROM $__dataset(contacts) GROUP BY 1",
                "bucket",
            ),
            (
                "SELECT $__timeGroup(5m), count(*) * 1000.0 / $__interval_ms FROM $__dataset(contacts) GROUP BY 1",
                "bucket",
            ),
            ("SELECT DISTINCT $__timeGroup(5m), count(*) FROM $__dataset(contacts) GROUP BY 1, queue", "bucket"),
            ("SELECT $__timeGroup(5m) FROM $__dataset(contacts) GROUP BY 1", "bucket"),
            ("SELECT DISTINCT $__timeGroup(5m) AS t, queue FROM $__dataset(contacts)", "bucket"),
            (
                "SELECT $__timeGroup(5m) AS t, 100.0 * count_if(wait <= 20) / nullif(count(*), 0) AS sl FROM $__dataset(contacts) WHERE queue IN ('a', 'b') GROUP BY 1 ORDER BY 1;",
                "bucket",
            ),
            (
                "SELECT $__timeGroup(5m) AS t, $__timeGroup(1h) AS h, count(*) FROM $__dataset(contacts) GROUP BY 2, 1",
                "bucket of 1h",
            ),
            (
                "-- busy\nSELECT $__timeGroup(5m) /* bucket */ AS t, count(*) FROM $__dataset(contacts) -- all\nGROUP BY 1 ; -- done",
                "bucket",
            ),
            (
                "SELECT $__timeGroup(5m) AS t, queue AS queue, count(*) FROM $__dataset(contacts) GROUP BY 1, queue",
                "bucket",
            ),
            (
                "SELECT $__timeGroup(5m) AS t, count(*) FILTER (WHERE agent IS NOT NULL) FROM $__dataset(contacts) GROUP BY 1",
                "bucket",
            ),
            (
                "SELECT $__timeGroup(5m) AS t, cardinality(filter(array_agg(wait), x -> x > 20)) FROM $__dataset(contacts) GROUP BY 1",
                "bucket",
            ),
            (
                "SELECT $__timeGroup(5m) AS t, count(*) FROM $__dataset(contacts) WHERE $__timeFilter() AND $__timeFilter(time) AND $__timeFilter GROUP BY 1",
                "bucket",
            ),
            ("SELECT $__timeGroup(5m) AS t, count(*) FROM $__dataset(contacts) GROUP BY 1 LIMIT ALL", "bucket"),
        ],
    );
}

#[test]
fn rows() {
    all_are(
        Kind::Rows,
        &[
            ("SELECT time, queue, agent FROM $__dataset(contacts) ORDER BY time DESC LIMIT 50", "no aggregate"),
            ("SELECT * FROM $__dataset(contacts)", "no aggregate"),
            ("SELECT * FROM $__dataset(contacts) ORDER BY time DESC LIMIT 50", "no aggregate"),
            ("SELECT c.* FROM $__dataset(contacts) c ORDER BY c.time FETCH FIRST 5 ROWS ONLY", "no aggregate"),
            ("SELECT upper(queue), wait / 60 FROM $__dataset(contacts) WHERE wait > 10", "no aggregate"),
            ("SELECT $__timeGroup(5m) AS time, queue FROM $__dataset(contacts)", "no aggregate"),
            (
                "SELECT $__secondsBetween(enqueued, time) AS wait FROM $__dataset(contacts) WHERE $__regex(queue, '^s')",
                "no aggregate",
            ),
            ("SELECT json_extract_scalar(attributes, '$.reason') FROM $__dataset(contacts)", "no aggregate"),
            ("SELECT attributes['reason'], agent.name, element_at(tags, 1) FROM $__dataset(contacts)", "no aggregate"),
            ("SELECT transform(tags, x -> upper(x)), ARRAY[1, 2] FROM $__dataset(contacts)", "no aggregate"),
            (
                "SELECT CAST(wait AS double), TRY_CAST(x AS bigint), EXTRACT(HOUR FROM time) FROM $__dataset(contacts)",
                "no aggregate",
            ),
            (
                "SELECT time AT TIME ZONE 'Europe/London', time + INTERVAL '1' HOUR FROM $__dataset(contacts)",
                "no aggregate",
            ),
            (
                "SELECT substring(queue, 1, 3), trim(queue), position('a' IN queue), floor(wait), ceil(x) FROM $__dataset(contacts)",
                "no aggregate",
            ),
            ("SELECT CASE channel WHEN 'VOICE' THEN 1 ELSE 0 END FROM $__dataset(contacts)", "no aggregate"),
            ("SELECT bin(time, 5m), measure_value::double FROM $__dataset(contacts)", "no aggregate"),
            (
                "SELECT queue FROM $__dataset(contacts) WHERE time > TIMESTAMP '2026-11-01 00:00:00' AND queue LIKE 'a!_%' ESCAPE '!'",
                "no aggregate",
            ),
            (
                "SELECT queue FROM $__dataset(contacts) WHERE (a, b) IN ((1, 2)) AND x BETWEEN 1 AND 2 AND NOT y IS NULL AND z IS DISTINCT FROM 3",
                "no aggregate",
            ),
            ("SELECT queue FROM $__dataset(contacts) WHERE time >= $__from() AND time < $__to()", "no aggregate"),
            ("SELECT $__if(wait > 20, 'late', 'in time') FROM $__dataset(contacts)", "no aggregate"),
            ("SELECT ALL queue FROM $__dataset('contacts')", "no aggregate"),
            (
                "SELECT date_trunc('hour', time), 'it''s' FROM $__dataset(\"contacts\") WHERE queue <> 'x'",
                "no aggregate",
            ),
            ("SELECT \"time\", \"Queue\" FROM $__dataset(contacts) WHERE queue != 'x'", "no aggregate"),
        ],
    );
}

#[test]
fn totals() {
    all_are(
        Kind::Totals,
        &[
            ("SELECT count(*) FROM $__dataset(contacts)", "aggregates"),
            ("SELECT queue, count(*) AS n FROM $__dataset(contacts) GROUP BY 1 ORDER BY n DESC LIMIT 10", "aggregates"),
            (
                "SELECT queue, sum(wait), min(wait), max(wait), avg(wait) FROM $__dataset(contacts) GROUP BY queue",
                "aggregates",
            ),
            (
                "SELECT 100.0 * count_if(wait <= 20) / nullif(count(*), 0) AS service_level FROM $__dataset(contacts)",
                "aggregates",
            ),
            (
                "SELECT $__hourOfDay(time, 'Europe/London') AS h, $__dayOfWeek(time, 'Europe/London') AS d, count(*) FROM $__dataset(contacts) GROUP BY 1, 2 ORDER BY 2, 1",
                "aggregates",
            ),
            ("SELECT queue, count(*) FILTER (WHERE agent IS NULL) FROM $__dataset(contacts) GROUP BY 1", "aggregates"),
            ("SELECT DISTINCT queue, channel FROM $__dataset(contacts) ORDER BY 1", "distinct"),
            ("SELECT queue FROM $__dataset(contacts) GROUP BY queue", "distinct"),
            ("SELECT bin(time, 5m), count(*) FROM $__dataset(contacts) GROUP BY 1", "aggregates"),
            ("SELECT date_trunc('hour', time), count(*) FROM $__dataset(contacts) GROUP BY 1", "aggregates"),
            (
                "SELECT date_trunc('hour', $__timeGroup(5m)), count(*) FROM $__dataset(contacts) GROUP BY 1",
                "aggregates",
            ),
            ("SELECT count(*) FROM $__dataset(contacts) GROUP BY $__timeGroup(5m)", "aggregates"),
            ("SELECT $__timeGroup(enqueued_at, 1h), count(*) FROM $__dataset(contacts) GROUP BY 1", "aggregates"),
            ("SELECT $__timeGroup(x.time, 1h), count(*) FROM $__dataset(contacts) GROUP BY 1", "aggregates"),
            (
                "SELECT $__timeGroup(1h) AS t, count(*) AS n FROM $__dataset(contacts) GROUP BY 1 ORDER BY n DESC LIMIT 5",
                "aggregates",
            ),
            ("SELECT time, count(*) FROM $__dataset(contacts) GROUP BY time", "aggregates"),
            ("SELECT bool_and(x), every(y), bool_or(z) FROM $__dataset(contacts)", "aggregates"),
            (
                "SELECT max(wait) - min(wait), coalesce(max(wait), 0), round(avg(wait), 1), -sum(x) % 7 FROM $__dataset(contacts)",
                "aggregates",
            ),
            (
                "SELECT CAST(sum(wait) AS double) / count(*), CAST(avg(wait) AS bigint) FROM $__dataset(contacts)",
                "aggregates",
            ),
            ("SELECT min(DISTINCT wait), max(DISTINCT wait), count(ALL wait) FROM $__dataset(contacts)", "aggregates"),
            (
                "SELECT sum(CASE WHEN agent IS NULL THEN 1 ELSE 0 END), sum($__if(a > b, 1, 0)) FROM $__dataset(contacts)",
                "aggregates",
            ),
            ("SELECT upper(queue), count(*) FROM $__dataset(contacts) GROUP BY upper(QUEUE)", "aggregates"),
            (
                "SELECT c.queue, count(*) FROM $__dataset(contacts) c GROUP BY queue ORDER BY count(*) DESC, c.queue",
                "aggregates",
            ),
            ("SELECT max(time) AS latest, min(time) FROM $__dataset(contacts)", "aggregates"),
            (
                "SELECT avg($__secondsBetween(enqueued, connected)) FROM $__dataset(contacts) WHERE $__timeFilter()",
                "aggregates",
            ),
        ],
    );
}

#[test]
fn datasets_are_listed_even_where_nothing_parses() {
    for (sql, datasets) in [
        ("SELECT * FROM $__dataset(contacts)", &["contacts"][..]),
        (
            "SELECT * FROM $__dataset( 'contacts' ) a, ${__dataset} (\"agent_events\") b, $__dataset(contacts)",
            &["contacts", "agent_events"],
        ),
        ("nonsense $__dataset(a) ) ) $__dataset(/* x */ b", &["a"]),
        ("SELECT '$__dataset(a)' -- $__dataset(b)", &[]),
        ("$__dataset $__dataset() $__dataset(a, b) $__dataset(1)", &[]),
    ] {
        assert_eq!(analysed(sql).datasets, datasets, "{sql}");
    }
}

#[test]
fn the_step_is_that_of_the_buckets_or_the_first_in_the_text() {
    let minutes = |minutes| Some(Step::Fixed(Duration::from_mins(minutes)));
    for (sql, step) in [
        ("SELECT $__timeGroup(5m), count(*) FROM $__dataset(contacts) GROUP BY 1", minutes(5)),
        // Grouped by the second, though the first comes first.
        (
            "SELECT $__if($__timeGroup(1h) = x, 1, 2), $__timeGroup(5m), count(*) FROM $__dataset(contacts) GROUP BY 2, 1",
            minutes(5),
        ),
        ("WITH x AS (SELECT 1) SELECT $__timeGroup(time, '10m') FROM t", minutes(10)),
        ("SELECT $__timeGroup(soon), $__timeGroup(f(a, b)[1], 10m) FROM t", minutes(10)),
        ("SELECT $__day", Some(Step::Calendar { unit: CalendarUnit::Day, zone: Tz::UTC })),
        (
            "SELECT $__day('Asia/Kolkata') FROM (",
            Some(Step::Calendar { unit: CalendarUnit::Day, zone: Tz::Asia__Kolkata }),
        ),
        ("SELECT '$__timeGroup(5m)'", None),
        ("SELECT $__timeGroup(5m", None),
        ("SELECT count(*) FROM $__dataset(contacts)", None),
    ] {
        assert_eq!(analysed(sql).step, step, "{sql}");
    }
}
