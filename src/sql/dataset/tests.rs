//! What `$__dataset` expands to, exactly, and which columns it takes along.

use std::time::Duration;

use chrono::DateTime;
use serde_json::json;

use super::*;
use crate::sql::{
    guard,
    macros::{self, Context},
    samples, token,
};

fn range(from: &str, to: &str) -> TimeRange {
    let at = |text| DateTime::parse_from_rfc3339(text).unwrap().to_utc();
    TimeRange { from: at(from), to: at(to) }
}

fn expanded(sql: &str, leg: Leg, filters: &serde_json::Value) -> Result<String> {
    let slice = range("2026-02-27T22:00:00Z", "2026-02-28T06:00:00.0005Z");
    let datasets = [samples::contacts(), samples::archive()];
    let filters = Filter::from_json(filters)?;
    let context = Context {
        leg,
        range: slice,
        now: slice.to,
        interval: Duration::from_mins(1),
        database: None,
        table: None,
        column: Some("queue"),
        measure: None,
        slice,
        datasets: &datasets,
        filters: &filters,
    };
    let expanded = macros::expand(sql, &context)?;
    guard::check(&expanded, guard::Policy::default())?;
    Ok(expanded)
}

#[test]
fn the_subquery_has_what_the_statement_uses() {
    let sql = "SELECT queue, count(*) FROM $__dataset(contacts) GROUP BY 1";
    let filters = json!([{"key": "queue_seconds", "operator": ">", "value": "5"}]);
    assert_eq!(
        expanded(sql, Leg::Realtime, &filters).as_deref(),
        Ok("SELECT queue, count(*) FROM (SELECT time AS \"time\", queue AS \"queue\" \
            FROM \"connect\".\"contact_records\" \
            WHERE time >= from_milliseconds(1772229600000) AND time < from_milliseconds(1772258400001) \
            AND measure_name = 'contact' AND queue_duration > 5) GROUP BY 1")
    );
    assert_eq!(
        expanded(sql, Leg::Historical, &filters).as_deref(),
        Ok("SELECT queue, count(*) FROM (SELECT initiationtimestamp AS \"time\", queue.name AS \"queue\" \
            FROM (SELECT *, row_number() OVER (PARTITION BY contactid ORDER BY lastupdatetimestamp DESC) \
            AS \"__switchboard_rank\" FROM \"connect\".\"contact_records\" \
            WHERE initiationtimestamp >= TIMESTAMP '2026-02-27 22:00:00.000' \
            AND initiationtimestamp < TIMESTAMP '2026-02-28 06:00:00.001' \
            AND (((\"year\" = '2026' AND \"month\" = '02' AND \"day\" = '27' AND \"hour\" BETWEEN '21' AND '23') \
            OR (\"year\" = '2026' AND \"month\" = '02' AND \"day\" = '28') \
            OR (\"year\" = '2026' AND \"month\" = '03' AND \"day\" = '01' AND \"hour\" BETWEEN '00' AND '06')) \
            AND \"year\" = '2026' AND \"month\" IN ('02', '03') AND \"day\" IN ('01', '27', '28'))) \
            WHERE \"__switchboard_rank\" = 1 AND (initiationmethod <> 'API' OR channel = 'TASK') \
            AND queue.duration > 5) GROUP BY 1")
    );
    assert_eq!(
        expanded("SELECT time FROM $__dataset('archive')", Leg::Historical, &json!([])).as_deref(),
        Ok("SELECT time FROM (SELECT from_iso8601_timestamp(at) AS \"time\" \
            FROM \"old\"\"data\".\"connect\".\"archive\" \
            WHERE from_iso8601_timestamp(at) >= TIMESTAMP '2026-02-27 22:00:00.000' \
            AND from_iso8601_timestamp(at) < TIMESTAMP '2026-02-28 06:00:00.001')")
    );
}

#[test]
fn numbers_are_of_the_declared_type_on_either_leg() {
    let all = |leg| expanded("SELECT * FROM $__dataset(contacts)", leg, &json!([])).unwrap();
    let (realtime, historical) = (all(Leg::Realtime), all(Leg::Historical));
    for (text, part) in [
        (&realtime, "CAST(queue_duration AS bigint) AS \"queue_seconds\""),
        (&realtime, "CAST(interaction_duration * 1e0 / 3600 AS double) AS \"talk_share\""),
        (&realtime, ", transferred AS \"transferred\", enqueued_at AS \"enqueued_at\""),
        (&historical, "CAST(queue.duration AS bigint) AS \"queue_seconds\""),
        (&historical, "queue.name AS \"queue\""),
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}

/// The columns that the subquery of the sample's contacts projects.
fn projected(sql: &str) -> Vec<String> {
    let text = expanded(sql, Leg::Realtime, &json!([])).unwrap();
    let (_, subquery) = text.split_once("(SELECT time AS \"time\"").unwrap();
    let (projection, _) = subquery.split_once(" FROM ").unwrap();
    projection.split(" AS \"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[test]
fn columns_are_taken_along_where_they_may_be_used() {
    let all = ["contact_id", "queue", "queue_seconds", "talk_share", "transferred", "enqueued_at"];
    for (sql, expected) in [
        ("SELECT count(*) FROM $__dataset(contacts)", &[][..]),
        ("SELECT count( * ), 2 * 3 FROM $__dataset(\"contacts\")", &[]),
        ("SELECT * FROM $__dataset(contacts)", &all),
        ("SELECT c.* FROM $__dataset(contacts) c", &all),
        ("SELECT 1, * FROM ${__dataset}(contacts)", &all),
        ("SELECT DISTINCT * FROM $__dataset(contacts)", &all),
        ("SELECT max(QUEUE), c.\"transferred\" FROM $__dataset(contacts) c", &["queue", "transferred"]),
        ("SELECT sum(queue_seconds * 2) FROM $__dataset(contacts) WHERE queue='*'", &["queue", "queue_seconds"]),
        ("SELECT $__day(enqueued_at) FROM $__dataset(contacts)", &["enqueued_at"]),
        ("SELECT 'queue' /* transferred */ FROM $__dataset(contacts)", &[]),
        ("SELECT queue(1) FROM $__dataset(contacts)", &[]),
        ("SELECT $__hourOfDay(time) * 2 FROM $__dataset(contacts)", &[]),
    ] {
        assert_eq!(projected(sql), expected, "{sql}");
    }
}

#[test]
fn a_column_of_the_other_leg_is_refused_where_it_is_meant() {
    let error = |sql, leg| expanded(sql, leg, &json!([])).unwrap_err().message().to_owned();
    let says = error("SELECT attributes FROM $__dataset(contacts)", Leg::Realtime);
    assert!(says.contains("attributes") && says.contains("contacts") && says.contains("realtime leg"), "{says}");
    let says = error("SELECT avg(talk_share) FROM $__dataset(contacts)", Leg::Historical);
    assert!(says.contains("talk_share") && says.contains("historical leg"), "{says}");
    for (sql, leg) in [
        // A name of the statement's own.
        ("SELECT count(*) AS attributes FROM $__dataset(contacts) ORDER BY attributes", Leg::Realtime),
        ("SELECT * FROM $__dataset(contacts)", Leg::Realtime),
    ] {
        assert!(expanded(sql, leg, &json!([])).is_ok(), "{sql}");
    }
}

#[test]
fn datasets_that_are_not_there_are_explained() {
    for (sql, leg, says) in [
        (
            "SELECT 1 FROM $__dataset(contactz)",
            Leg::Realtime,
            "no dataset contactz. The datasets are contacts, archive.",
        ),
        ("SELECT 1 FROM $__dataset(archive)", Leg::Realtime, "only on the historical leg (Athena)"),
        ("SELECT 1 FROM $__dataset", Leg::Realtime, "takes one argument"),
    ] {
        let error = expanded(sql, leg, &json!([])).unwrap_err();
        assert!(error.message().contains(says), "{sql}: {error}");
    }
}

#[test]
fn filters_cannot_make_a_statement_too_long_to_hold() {
    let values: Vec<String> = (0..1_000).map(|index| format!("{index}{}", "'".repeat(2_000))).collect();
    let filters = json!([{"key": "queue", "operator": "=|", "value": "a", "values": values}]);
    let sql = format!("SELECT 1 FROM {}", vec!["$__dataset(contacts)"; 5_000].join(", "));
    let error = expanded(&sql, Leg::Realtime, &filters).unwrap_err();
    assert!(error.message().contains("at most 262144"), "{error}");
}

#[test]
fn a_probe_names_everything_and_reads_nothing() {
    let contacts = samples::contacts();
    assert_eq!(
        probe(&contacts, Leg::Realtime).as_deref(),
        Some(
            "SELECT time AS \"time\", contact_id AS \"contact_id\", queue AS \"queue\", \
             queue_duration AS \"queue_seconds\", interaction_duration * 1e0 / 3600 AS \"talk_share\", \
             transferred AS \"transferred\", enqueued_at AS \"enqueued_at\" FROM \"connect\".\"contact_records\" \
             WHERE time >= from_milliseconds(0) AND time < from_milliseconds(0) AND measure_name = 'contact'"
        )
    );
    let historical = probe(&contacts, Leg::Historical).unwrap();
    assert!(historical.ends_with(" LIMIT 0"), "{historical}");
    for named in
        ["\"year\" = '19", "contactid", "lastupdatetimestamp", "json_format", "initiationmethod", "< TIMESTAMP '1970"]
    {
        assert!(historical.contains(named), "{historical}");
    }
    assert!(guard::check(&historical, guard::Policy::default()).is_ok());
    assert_eq!(probe(&samples::archive(), Leg::Realtime), None);
}

#[test]
fn names_of_settings_stay_identifiers() {
    let mut contacts = samples::contacts();
    let table = contacts.realtime.as_mut().unwrap();
    table.table = "a\" WHERE 1=1 --".to_owned();
    table.measure_name = Some("it's".to_owned());
    let probe = probe(&contacts, Leg::Realtime).unwrap();
    assert!(probe.contains("FROM \"connect\".\"a\"\" WHERE 1=1 --\" WHERE time"), "{probe}");
    assert!(probe.contains("measure_name = 'it''s'"), "{probe}");
    assert!(token::tokenize(&probe).is_ok());
}
