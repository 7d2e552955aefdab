//! Holds what the engines answer about the generated data against plain loops over it: key figures, visibility, bytes.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{Float64Type, Int64Type};
use chrono::{DateTime, Datelike, TimeZone, Timelike};
use chrono_tz::Europe::London;
use sandbox::data::{By, Clock, DAY, HOUR, InitiationMethod, MINUTE, facts};
use sandbox::dialect::write_value;
use sandbox::engine::{QueryContext, QueryError, Service, World, WorldOptions};

/// 2026-11-24 12:00:00 UTC, a Tuesday.
const NOW: i64 = 1_795_521_600_000;
const RETENTION: i64 = 24 * HOUR;
const LAG: i64 = 15 * MINUTE;

struct Fixture {
    world: Arc<World>,
    clock: Arc<AtomicI64>,
}

async fn fixture() -> Fixture {
    fixture_at(NOW, 3).await
}

async fn fixture_at(now: i64, days: u32) -> Fixture {
    let clock = Arc::new(AtomicI64::new(now));
    let options = WorldOptions { agents: 30, days, ..WorldOptions::default() };
    let world = World::generate_with_clock(options, Clock::Manual(Arc::clone(&clock)), |_| {}).await;
    Fixture { world, clock }
}

impl Fixture {
    async fn batch(&self, service: Service, sql: &str) -> RecordBatch {
        let output = self
            .world
            .query(service, sql, &QueryContext::default())
            .await
            .unwrap_or_else(|error| panic!("{error}: {sql}"));
        let schema = output.batches.first().unwrap_or_else(|| panic!("no rows: {sql}")).schema();
        concat_batches(&schema, &output.batches).unwrap()
    }

    /// Every row as text, cells parted by a bar.
    async fn rows(&self, service: Service, sql: &str) -> Vec<String> {
        let batch = self.batch(service, sql).await;
        let cell =
            |column: usize, row| write_value(batch.column(column), row).unwrap().unwrap_or_else(|| "NULL".into());
        (0..batch.num_rows())
            .map(|row| (0..batch.num_columns()).map(|column| cell(column, row)).collect::<Vec<_>>().join("|"))
            .collect()
    }

    async fn number(&self, service: Service, sql: &str) -> i64 {
        self.batch(service, sql).await.column(0).as_primitive::<Int64Type>().value(0)
    }

    async fn bytes(&self, sql: &str) -> u64 {
        self.world.query(Service::Athena, sql, &QueryContext::default()).await.unwrap().bytes_scanned
    }
}

/// A time as Timestream writes it.
fn nanos(time: DateTime<chrono::Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S%.9f").to_string()
}

#[tokio::test]
async fn contacts_by_queue_every_five_minutes() {
    let fixture = fixture().await;
    let sql = "SELECT bin(time, 5m) AS time, queue, count(*) AS contacts FROM connect.contact_events
               WHERE time > ago(3h) AND event_type = 'QUEUED' GROUP BY 1, 2 ORDER BY 1, 2";
    let expected: Vec<_> = facts::contacts_by_queue(&fixture.world.snapshot(), NOW - 3 * HOUR + 1, NOW + 1)
        .into_iter()
        .map(|row| format!("{}|{}|{}", nanos(row.time), row.queue, row.contacts))
        .collect();
    assert!(expected.len() > 100, "{} rows", expected.len());
    assert_eq!(fixture.rows(Service::Timestream, sql).await, expected);
}

#[tokio::test]
async fn agents_by_state_now() {
    let fixture = fixture().await;
    let expected: Vec<_> = facts::agents_by_state(&fixture.world.snapshot(), NOW - 16 * HOUR, NOW + 1)
        .into_iter()
        .map(|row| format!("{}|{}|{}", row.state, row.agents, nanos(row.last_event)))
        .collect();
    assert!(expected.len() >= 3, "{expected:?}");
    for last in [
        "SELECT agent, max_by(activity, time) AS state, max(time) AS seen FROM connect.agent_events
         WHERE time >= ago(16h) GROUP BY agent",
        "SELECT agent, activity AS state, time AS seen FROM (SELECT agent, activity, time,
         row_number() OVER (PARTITION BY agent ORDER BY time DESC) AS rn FROM connect.agent_events
         WHERE time >= ago(16h)) WHERE rn = 1",
    ] {
        let sql = format!(
            "WITH latest AS ({last}) SELECT state, count(*), max(seen) FROM latest GROUP BY state ORDER BY state"
        );
        assert_eq!(fixture.rows(Service::Timestream, &sql).await, expected);
    }
}

#[tokio::test]
async fn service_level_and_handle_time_every_day() {
    let fixture = fixture().await;
    let figures = facts::days(&fixture.world.snapshot(), 0, NOW);
    assert!(figures.len() >= 3);
    let select = "date_trunc('day', initiationtimestamp) AS time, count(*), count(queue.name), count(agent.username),
        count_if(queue.name IS NOT NULL AND agent.username IS NULL AND initiationmethod <> 'CALLBACK'),
        count_if(agent.username IS NOT NULL AND queue.duration <= 20),
        100e0 * count_if(agent.username IS NOT NULL AND queue.duration <= 20) / count(queue.name),
        avg(agent.agentinteractionduration + agent.customerholdduration + agent.aftercontactworkduration),
        avg(queue.duration) FILTER (WHERE agent.username IS NOT NULL)";
    let view = "contact_latest";
    let by_hand =
        "(SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY contactid ORDER BY lastupdatetimestamp DESC) AS rn
        FROM contact_records) WHERE rn = 1)";
    for source in [view, by_hand] {
        let batch =
            fixture.batch(Service::Athena, &format!("SELECT {select} FROM {source} GROUP BY 1 ORDER BY 1")).await;
        assert_eq!(batch.num_rows(), figures.len());
        for (row, day) in figures.iter().enumerate() {
            let count =
                |column: usize| u64::try_from(batch.column(column).as_primitive::<Int64Type>().value(row)).unwrap();
            let mean = |column: usize| batch.column(column).as_primitive::<Float64Type>().value(row);
            assert_eq!(
                [count(1), count(2), count(3), count(4), count(5)],
                [day.contacts, day.offered, day.handled, day.abandoned, day.answered_in_20_s]
            );
            let close = |found: f64, expected: Option<f64>| (found - expected.unwrap()).abs() < 1e-9;
            assert!(close(mean(6), day.service_level_percent), "{day:?}");
            assert!(close(mean(7), day.average_handle_seconds), "{day:?}");
            assert!(close(mean(8), day.average_answer_seconds), "{day:?}");
        }
    }
}

#[tokio::test]
async fn the_last_twenty_contacts() {
    let fixture = fixture().await;
    let sql = "SELECT time, contact_id, queue, channel, agent, queue_duration, interaction_duration + hold_duration,
               disconnect_reason FROM connect.contact_records WHERE time > ago(6h) ORDER BY time DESC, contact_id LIMIT 20";
    let listed = facts::last_contacts(&fixture.world.snapshot(), NOW - 6 * HOUR, NOW);
    let text = |value: Option<String>| value.unwrap_or_else(|| "NULL".to_owned());
    let expected: Vec<_> = listed
        .into_iter()
        .map(|row| {
            let waited = text(row.queue_duration.map(|seconds| seconds.to_string()));
            let talked = text(row.talked.map(|seconds| seconds.to_string()));
            let (queue, agent) = (text(row.queue), text(row.agent));
            format!(
                "{}|{}|{queue}|{}|{agent}|{waited}|{talked}|{}",
                nanos(row.time),
                row.contact_id,
                row.channel,
                row.disconnect_reason
            )
        })
        .collect();
    assert_eq!(expected.len(), 20);
    assert_eq!(fixture.rows(Service::Timestream, sql).await, expected);
}

#[tokio::test]
async fn contacts_by_hour_and_weekday_in_london() {
    // Over the end of summer time, so that one weekday has both offsets.
    let fixture = fixture_at(1_793_016_000_000, 4).await;
    let snapshot = fixture.world.snapshot();
    let (start, end) = snapshot.historical_range();
    let mut expected: BTreeMap<(i64, i64), i64> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for delivered in snapshot.contacts_arrived(start, end) {
        let contact = delivered.contact();
        if let Some(enqueued) = contact.enqueued.filter(|_| seen.insert(contact.id)) {
            let local = London.timestamp_millis_opt(enqueued).unwrap();
            let cell = (i64::from(local.weekday().number_from_monday()), i64::from(local.hour()));
            *expected.entry(cell).or_default() += 1;
        }
    }
    let sql = "SELECT day_of_week(at), hour(at), count(*) FROM (SELECT queue.enqueuetimestamp AT TIME ZONE 'Europe/London' AS at
               FROM contact_latest WHERE queue.enqueuetimestamp IS NOT NULL) GROUP BY 1, 2 ORDER BY 1, 2";
    let expected: Vec<_> = expected.into_iter().map(|((day, hour), count)| format!("{day}|{hour}|{count}")).collect();
    assert_eq!(fixture.rows(Service::Athena, sql).await, expected);
}

#[tokio::test]
async fn transfers_join_the_contacts_they_continue() {
    let fixture = fixture().await;
    let snapshot = fixture.world.snapshot();
    let (start, end) = snapshot.historical_range();
    let contacts: HashMap<_, _> = snapshot
        .contacts_arrived(start, end)
        .into_iter()
        .map(|delivered| (delivered.contact().id, delivered))
        .collect();
    let mut expected: BTreeMap<String, i64> = BTreeMap::new();
    for delivered in contacts.values() {
        let contact = delivered.contact();
        if let (InitiationMethod::Transfer, Some(source)) = (contact.method, contacts.get(&contact.previous)) {
            let queue = source
                .contact()
                .queue
                .map_or("NULL".to_owned(), |queue| snapshot.history.centre.queues[usize::from(queue)].name.clone());
            *expected.entry(queue).or_default() += 1;
        }
    }
    let sql = "SELECT source.queue.name, count(*) FROM contact_latest AS t JOIN contact_latest AS source
               ON t.previouscontactid = source.contactid WHERE t.initiationmethod = 'TRANSFER' GROUP BY 1 ORDER BY 1 NULLS FIRST";
    let mut found = fixture.rows(Service::Athena, sql).await;
    found.sort();
    assert_eq!(found, expected.into_iter().map(|(queue, count)| format!("{queue}|{count}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn contacts_in_queue_by_events_and_by_the_minute() {
    let fixture = fixture().await;
    let at = NOW - HOUR;
    let snapshot = fixture.world.snapshot();
    let mut waiting: BTreeMap<String, i64> = BTreeMap::new();
    for (day, event) in snapshot.contact_events(By::Event, NOW - 6 * HOUR, NOW) {
        let contact = &day.contacts[event.contact as usize];
        if let (Some(queue), Some(since), Some(until)) = (contact.queue, contact.enqueued, contact.dequeued)
            && event.at == since
            && event.event_type == sandbox::data::ContactEventType::Queued
            && since <= at
            && at < until
        {
            *waiting.entry(snapshot.history.centre.queues[usize::from(queue)].name.clone()).or_default() += 1;
        }
    }
    let expected: Vec<_> = waiting.into_iter().map(|(queue, count)| format!("{queue}|{count}")).collect();
    assert!(!expected.is_empty());
    let by_minute =
        "SELECT queue, measure_value::bigint FROM connect.queue_metrics WHERE measure_name = 'contacts_in_queue'
        AND time = from_milliseconds(1795518000000) AND measure_value::bigint > 0 ORDER BY queue";
    assert_eq!(fixture.rows(Service::Timestream, by_minute).await, expected);
    let by_events = "SELECT queue, count(*) FROM (SELECT contact_id, max_by(event_type, time) AS last, max(queue) AS queue
        FROM connect.contact_events WHERE time <= from_milliseconds(1795518000000) AND time > ago(7h) GROUP BY contact_id)
        WHERE last = 'QUEUED' GROUP BY queue ORDER BY queue";
    assert_eq!(fixture.rows(Service::Timestream, by_events).await, expected);
}

#[tokio::test]
async fn a_redelivered_record_is_one_row_in_timestream_and_several_in_athena() {
    let fixture = fixture().await;
    let timestream = "SELECT count(*) - count(DISTINCT contact_id) FROM connect.contact_records";
    assert_eq!(fixture.number(Service::Timestream, timestream).await, 0);
    let athena = "SELECT count(*) - count(DISTINCT contactid) FROM contact_records";
    assert!(fixture.number(Service::Athena, athena).await > 0);
    let latest = "SELECT count(*) - count(DISTINCT contactid) FROM contact_latest";
    assert_eq!(fixture.number(Service::Athena, latest).await, 0);
    let updated = "SELECT count(*) FROM contact_latest WHERE element_at(attributes, 'survey_score') IS NOT NULL";
    assert!(fixture.number(Service::Athena, updated).await > 0);
}

#[tokio::test]
async fn timestream_keeps_its_retention_and_athena_its_lag() {
    let fixture = fixture().await;
    let timestream = "SELECT to_milliseconds(min(time)), to_milliseconds(max(time)) FROM connect.agent_events";
    let batch = fixture.batch(Service::Timestream, timestream).await;
    let time = |column: usize| batch.column(column).as_primitive::<Int64Type>().value(0);
    assert!((NOW - RETENTION..NOW - RETENTION + 10 * MINUTE).contains(&time(0)));
    assert!((NOW - MINUTE..=NOW).contains(&time(1)));
    let athena = "SELECT CAST(to_unixtime(max(lastupdatetimestamp)) * 1000 AS bigint) FROM contact_records";
    let last = fixture.number(Service::Athena, athena).await;
    assert!((NOW - LAG - 10 * MINUTE..NOW - LAG).contains(&last));
}

#[tokio::test]
async fn events_arrive_as_time_passes_and_are_the_same_for_everyone() {
    let early = fixture().await;
    let late = fixture_at(NOW + 2 * DAY, 5).await;
    let sql = "SELECT count(*) FROM contact_events WHERE eventtimestamp BETWEEN TIMESTAMP '2026-11-25 09:00:00' AND
               TIMESTAMP '2026-11-25 11:00:00'";
    assert_eq!(early.number(Service::Athena, sql).await, 0);
    early.clock.store(NOW + 2 * DAY, Ordering::Relaxed);
    let count = early.number(Service::Athena, sql).await;
    assert!(count > 500, "{count} events");
    assert_eq!(late.number(Service::Athena, sql).await, count);
    let rows =
        "SELECT contactid, initiationtimestamp, lastupdatetimestamp, queue.name, agent.username FROM contact_records
                WHERE year = '2026' AND month = '11' AND day = '25' AND hour = '10' ORDER BY 1, 3";
    assert_eq!(early.rows(Service::Athena, rows).await, late.rows(Service::Athena, rows).await);
}

#[tokio::test]
async fn only_the_partitions_asked_for_are_scanned() {
    let fixture = fixture().await;
    let of = |predicate: &str| format!("SELECT count(*), count(queue.name) FROM contact_records WHERE {predicate}");
    let all = fixture.bytes(&of("true")).await;
    let mut sum = 0;
    for day in ["21", "22", "23", "24"] {
        sum += fixture.bytes(&of(&format!("year = '2026' AND month = '11' AND day = '{day}'"))).await;
    }
    assert_eq!(sum, all);
    let hours = "(year = '2026' AND month = '11' AND day = '22' AND hour BETWEEN '22' AND '23')
                 OR (year = '2026' AND month = '11' AND day = '23' AND hour BETWEEN '00' AND '01')";
    let mut sum = 0;
    for (day, hour) in [("22", "22"), ("22", "23"), ("23", "00"), ("23", "01")] {
        sum += fixture.bytes(&of(&format!("day = '{day}' AND hour = '{hour}' AND month = '11'"))).await;
    }
    assert!(sum > 0);
    assert_eq!(fixture.bytes(&of(hours)).await, sum);
    let joined = of("concat(year, '-', month, '-', day) = '2026-11-22'");
    assert_eq!(fixture.bytes(&joined).await, fixture.bytes(&of("day = '22'")).await);
    assert_eq!(fixture.bytes(&of("year = '2025'")).await, 0);
    // A predicate on event time alone prunes nothing.
    assert_eq!(fixture.bytes(&of("initiationtimestamp > TIMESTAMP '2026-11-24 00:00:00'")).await, all);
    let records = fixture.number(Service::Athena, "SELECT count(*) FROM contact_records").await;
    assert_eq!(all, u64::try_from(records).unwrap() * 4_096);
}

#[tokio::test]
async fn rows_are_in_the_partition_of_their_arrival() {
    let fixture = fixture().await;
    let sql = "SELECT count(*) FROM contact_records WHERE lastupdatetimestamp NOT BETWEEN
        date_parse(concat(year, month, day, hour), '%Y%m%d%H') - INTERVAL '1' MINUTE
        AND date_parse(concat(year, month, day, hour), '%Y%m%d%H') + INTERVAL '1' HOUR";
    assert_eq!(fixture.number(Service::Athena, sql).await, 0);
}

#[tokio::test]
async fn timestream_scans_what_its_time_range_holds() {
    let fixture = fixture().await;
    let scan = |sql: &'static str| {
        let world = Arc::clone(&fixture.world);
        async move { world.query(Service::Timestream, sql, &QueryContext::default()).await.unwrap().bytes_scanned }
    };
    let all = scan("SELECT count(*) FROM connect.agent_events").await;
    let hour = scan("SELECT count(*) FROM connect.agent_events WHERE time BETWEEN ago(1h) AND now()").await;
    let one_agent = scan("SELECT count(*) FROM connect.agent_events WHERE time >= ago(1h) AND agent LIKE 'a%'").await;
    assert!(hour > 0 && hour * 4 < all, "{hour} of {all}");
    assert_eq!(one_agent, hour);
}

#[tokio::test]
async fn names_are_looked_up_in_the_contexts_database() {
    let fixture = fixture().await;
    let query = |sql: &'static str, database: &str, catalog: Option<&str>| {
        let context = QueryContext { catalog: catalog.map(str::to_owned), database: Some(database.to_owned()) };
        let world = Arc::clone(&fixture.world);
        async move { world.query(Service::Athena, sql, &context).await }
    };
    assert!(query("SELECT 1 FROM contact_records LIMIT 1", "connect", Some("AwsDataCatalog")).await.is_ok());
    assert!(query("SELECT 1 FROM AwsDataCatalog.connect.Contact_Records LIMIT 1", "default", None).await.is_ok());
    assert!(
        query("SELECT 1 FROM \"awsdatacatalog\".\"connect\".\"contact_records\" LIMIT 1", "connect", None)
            .await
            .is_ok()
    );
    let unknown = query("SELECT 1 FROM contact_records", "elsewhere", None).await;
    assert!(
        matches!(&unknown, Err(QueryError::Semantic(message)) if message.contains("elsewhere.contact_records")),
        "{unknown:?}"
    );
    let no_catalog = query("SELECT 1", "connect", Some("nowhere")).await;
    assert!(matches!(no_catalog, Err(QueryError::Semantic(_))));
}

#[tokio::test]
async fn a_statement_stops_when_nobody_waits_for_it() {
    let fixture = fixture().await;
    let endless =
        "SELECT count(*) FROM agent_events a, agent_events b, agent_events c WHERE a.eventid < b.eventid || c.eventid";
    let context = QueryContext::default();
    let outcome =
        tokio::time::timeout(Duration::from_millis(500), fixture.world.query(Service::Athena, endless, &context));
    assert!(outcome.await.is_err());
    let next = tokio::time::timeout(
        Duration::from_secs(20),
        fixture.number(Service::Athena, "SELECT count(*) FROM contact_records"),
    );
    assert!(next.await.unwrap() > 0);
}

#[tokio::test]
async fn the_catalog_names_what_statements_can_read() {
    let fixture = fixture().await;
    for service in [Service::Athena, Service::Timestream] {
        for database in fixture.world.databases(service) {
            for table in fixture.world.tables(service, &database) {
                let columns = fixture.world.columns(service, &database, &table).unwrap();
                let sql = format!("SELECT * FROM {database}.{table} LIMIT 1");
                let output = fixture.world.query(service, &sql, &QueryContext::default()).await.unwrap();
                let described: Vec<_> = columns.iter().map(|column| (&column.name, &column.sql_type)).collect();
                let read: Vec<_> = output.columns.iter().map(|column| (&column.name, &column.sql_type)).collect();
                assert_eq!(read, described, "{table}");
            }
        }
    }
}
