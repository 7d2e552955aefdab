//! The world's tables on three shelves: what Timestream holds, what Athena holds, and what is true; and the dataset that
//! tells the plugin of the first two. They name, type and lay out everything differently, as two pipelines do.

use std::{sync::Arc, time::Duration};

use arrow::{
    array::{
        ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, StringArray, StructArray,
        TimestampMillisecondArray, TimestampNanosecondArray,
    },
    datatypes::Fields,
};
use chrono_tz::Tz;
use sandbox::engine::{Column, Service, Shelf, SqlType, types};
use switchboard::dataset::{
    self, ColumnType, Dataset, Dedupe, HistoricalTable, PartitionStyle, PartitionValues, Partitions, RealtimeTable,
};

use crate::world::{Delivery, Event, Pipelines, Row, World, instant, newest};

/// The dataset's name.
pub const DATASET: &str = "events";

/// The engines, kept from case to case.
pub struct Shelves {
    pub timestream: Shelf,
    pub athena: Shelf,
    /// Speaks Athena's SQL.
    pub truth: Shelf,
}

impl Shelves {
    pub fn new() -> Self {
        Self {
            timestream: Shelf::new(Service::Timestream),
            athena: Shelf::new(Service::Athena),
            truth: Shelf::new(Service::Athena),
        }
    }

    /// Puts on the first two shelves what the legs hold.
    pub fn put_legs(&self, world: &World) {
        put(&self.timestream, "stream", timestream(world));
        put(&self.athena, "archive", athena(world));
    }
}

/// A table: each column's name, type, whether it is one of the partition, and values.
type Table = Vec<(&'static str, SqlType, bool, ArrayRef)>;

pub fn put(shelf: &Shelf, name: &str, table: Table) {
    let column = |(name, sql_type, partition, _): &(&str, SqlType, bool, ArrayRef)| Column {
        name: Some((*name).to_owned()),
        sql_type: sql_type.clone(),
        partition: *partition,
    };
    let columns: Vec<_> = table.iter().map(column).collect();
    shelf.put(name, &columns, table.into_iter().map(|(.., values)| values).collect()).unwrap();
}

const MILLIS: SqlType = SqlType::Timestamp { precision: 3 };
const NANOS: SqlType = SqlType::Timestamp { precision: 9 };

pub fn text<T: AsRef<str>>(values: impl Iterator<Item = Option<T>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

pub fn millis(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(values.collect::<TimestampMillisecondArray>())
}

fn nanos(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(values.map(|value| value.map(|millis| millis * 1_000_000)).collect::<TimestampNanosecondArray>())
}

/// Deliveries with their events; every seventh once more under another name, which must not count.
fn with_noise(rows: Vec<(&Event, Delivery)>) -> Vec<(&Event, Delivery, bool)> {
    let noise: Vec<_> = rows.iter().step_by(7).map(|&(event, delivery)| (event, delivery, true)).collect();
    rows.into_iter().map(|(event, delivery)| (event, delivery, false)).chain(noise).collect()
}

fn timestream(world: &World) -> Table {
    let pipelines = &world.pipelines;
    let mut rows = Vec::new();
    for event in &world.events {
        let is_there = |delivery: &Delivery| pipelines.is_in_timestream(event, delivery);
        if pipelines.upserts {
            rows.extend(newest(event, is_there).map(|delivery| (event, delivery)));
        } else {
            rows.extend(
                event.deliveries.iter().filter(|delivery| is_there(delivery)).map(|delivery| (event, *delivery)),
            );
        }
    }
    let rows = with_noise(rows);
    let facts = || rows.iter().map(|(_, delivery, _)| delivery.facts);
    vec![
        ("time", NANOS, false, nanos(rows.iter().map(|(event, ..)| Some(event.time)))),
        (
            "measure_name",
            SqlType::Varchar,
            false,
            text(rows.iter().map(|row| Some(if row.2 { "noise" } else { "event" }))),
        ),
        ("id", SqlType::Varchar, false, text(rows.iter().map(|(event, ..)| Some(&event.key)))),
        ("queue", SqlType::Varchar, false, text(facts().map(|facts| facts.queue))),
        ("channel", SqlType::Varchar, false, text(facts().map(|facts| Some(facts.channel)))),
        (
            "wait",
            SqlType::Bigint,
            false,
            Arc::new(facts().map(|facts| facts.wait.map(i64::from)).collect::<Int64Array>()),
        ),
        ("score", SqlType::Double, false, Arc::new(facts().map(|facts| facts.score).collect::<Float64Array>())),
        ("flag", SqlType::Boolean, false, Arc::new(facts().map(|facts| facts.flag).collect::<BooleanArray>())),
        ("answered", NANOS, false, nanos(facts().map(|facts| facts.answered))),
        ("version", SqlType::Bigint, false, Arc::new(rows.iter().map(|row| row.1.revision).collect::<Int64Array>())),
    ]
}

fn athena(world: &World) -> Table {
    let pipelines = &world.pipelines;
    let rows = world.events.iter().flat_map(|event| {
        let there = event.deliveries.iter().filter(|delivery| pipelines.is_in_athena(event, delivery));
        there.map(move |delivery| (event, *delivery))
    });
    let rows = with_noise(rows.collect());
    let facts = || rows.iter().map(|(_, delivery, _)| delivery.facts);
    let flag = |flag: bool| if flag { "yes" } else { "no" };
    let queue_type = SqlType::Row(vec![(Some("name".to_owned()), SqlType::Varchar)]);
    let queue_fields: Fields = vec![types::field("name", &SqlType::Varchar)].into();
    let queue = StructArray::new(
        queue_fields,
        vec![text(facts().map(|facts| facts.queue))],
        Some(facts().map(|facts| facts.queue.is_some()).collect()),
    );
    let mut table: Table = vec![
        ("at", MILLIS, false, millis(rows.iter().map(|(event, ..)| Some(event.time)))),
        ("kind", SqlType::Varchar, false, text(rows.iter().map(|row| Some(if row.2 { "noise" } else { "event" })))),
        ("contactid", SqlType::Varchar, false, text(rows.iter().map(|(event, ..)| Some(&event.key)))),
        ("queue", queue_type, false, Arc::new(queue)),
        ("channel", SqlType::Varchar, false, text(facts().map(|facts| Some(facts.channel)))),
        ("wait", SqlType::Integer, false, Arc::new(facts().map(|facts| facts.wait).collect::<Int32Array>())),
        ("score", SqlType::Double, false, Arc::new(facts().map(|facts| facts.score).collect::<Float64Array>())),
        ("flag", SqlType::Varchar, false, text(facts().map(|facts| facts.flag.map(flag)))),
        ("answered", MILLIS, false, millis(facts().map(|facts| facts.answered))),
        ("updated", MILLIS, false, millis(rows.iter().map(|row| Some(row.1.revision)))),
    ];
    let arrivals: Vec<_> = rows.iter().map(|row| row.1.arrival).collect();
    let layout = Layout::of(pipelines);
    let written = |format: &str, arrival: i64| instant(arrival).with_timezone(&layout.zone).format(format).to_string();
    for (name, format) in layout.columns {
        let values = arrivals.iter().map(|arrival| written(format, *arrival));
        let (sql_type, values): (_, ArrayRef) = match layout.values {
            PartitionValues::Integer => {
                (SqlType::Integer, Arc::new(values.map(|value| value.parse::<i32>().unwrap()).collect::<Int32Array>()))
            }
            _ => (SqlType::Varchar, text(values.map(Some))),
        };
        table.push((name, sql_type, true, values));
    }
    table
}

/// How Athena's files are partitioned: columns with the format of their values.
struct Layout {
    columns: &'static [(&'static str, &'static str)],
    values: PartitionValues,
    zone: Tz,
}

impl Layout {
    fn of(pipelines: &Pipelines) -> Self {
        const PADDED: &[(&str, &str)] = &[("year", "%Y"), ("month", "%m"), ("day", "%d"), ("hour", "%H")];
        const PLAIN: &[(&str, &str)] = &[("year", "%Y"), ("month", "%-m"), ("day", "%-d")];
        let (columns, values, zone) = match pipelines.layout {
            0 => (PADDED, PartitionValues::PaddedText, Tz::UTC),
            1 => (PADDED, PartitionValues::Integer, Tz::Europe__London),
            2 => (PLAIN, PartitionValues::Text, Tz::Asia__Kolkata),
            3 => (&[("dt", "%Y/%m/%d/%H")][..], PartitionValues::PaddedText, Tz::UTC),
            _ => (&[][..], PartitionValues::PaddedText, Tz::UTC),
        };
        Self { columns, values, zone }
    }

    fn style(&self) -> Option<PartitionStyle> {
        let names: Vec<_> = self.columns.iter().map(|(name, _)| (*name).to_owned()).collect();
        match names.as_slice() {
            [] => None,
            [only] => Some(PartitionStyle::Projection {
                column: only.clone(),
                format: "yyyy/MM/dd/HH".to_owned(),
                zone: self.zone,
            }),
            _ => Some(PartitionStyle::Columns { columns: names, values: self.values, zone: self.zone }),
        }
    }
}

fn duration(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap())
}

/// The dataset as settings would give it.
pub fn dataset(pipelines: &Pipelines) -> Dataset {
    let column = |name: &str, data_type, realtime: &str, historical: &str| dataset::Column {
        name: name.to_owned(),
        data_type,
        realtime: Some(realtime.to_owned()),
        historical: Some(historical.to_owned()),
        unit: None,
        description: None,
    };
    let dedupe = |key: &str, order: &str| Dedupe { key: vec![key.to_owned()], order: order.to_owned() };
    Dataset {
        name: DATASET.to_owned(),
        description: None,
        realtime: Some(RealtimeTable {
            database: "connect".to_owned(),
            table: "stream".to_owned(),
            time: "time".to_owned(),
            measure_name: Some("event".to_owned()),
            filter: None,
            dedupe: (!pipelines.upserts).then(|| dedupe("id", "version")),
            retention: None,
        }),
        historical: Some(HistoricalTable {
            catalog: Some("AwsDataCatalog".to_owned()),
            database: "connect".to_owned(),
            table: "archive".to_owned(),
            time: "at".to_owned(),
            partitions: Layout::of(pipelines).style().map(|style| Partitions {
                style,
                arrival_lag_before: duration(pipelines.arrival_before),
                arrival_lag_after: duration(pipelines.arrival_after),
            }),
            filter: Some("kind = 'event' OR kind IS NULL".to_owned()),
            dedupe: Some(Dedupe { key: vec!["contactid".to_owned(), "kind".to_owned()], order: "updated".to_owned() }),
            lag: None,
        }),
        columns: vec![
            column("contact", ColumnType::Text, "id", "contactid"),
            column("queue", ColumnType::Text, "queue", "queue.name"),
            column("channel", ColumnType::Text, "channel", "channel"),
            column("wait", ColumnType::Integer, "wait", "wait"),
            column("score", ColumnType::Double, "score", "score"),
            column("flag", ColumnType::Boolean, "flag", "flag = 'yes'"),
            column("answered", ColumnType::Timestamp, "answered", "answered"),
            // Whole numbers on both legs, and of different widths.
            column("level", ColumnType::Double, "wait", "wait"),
        ],
    }
}

/// The logical columns of true rows, by which the oracle knows them.
pub fn logical(rows: &[Row]) -> Table {
    let facts = || rows.iter().map(|row| row.facts);
    vec![
        ("time", MILLIS, false, millis(rows.iter().map(|row| Some(row.time)))),
        ("contact", SqlType::Varchar, false, text(rows.iter().map(|row| Some(&row.key)))),
        ("queue", SqlType::Varchar, false, text(facts().map(|facts| facts.queue))),
        ("channel", SqlType::Varchar, false, text(facts().map(|facts| Some(facts.channel)))),
        (
            "wait",
            SqlType::Bigint,
            false,
            Arc::new(facts().map(|facts| facts.wait.map(i64::from)).collect::<Int64Array>()),
        ),
        ("score", SqlType::Double, false, Arc::new(facts().map(|facts| facts.score).collect::<Float64Array>())),
        ("flag", SqlType::Boolean, false, Arc::new(facts().map(|facts| facts.flag).collect::<BooleanArray>())),
        ("answered", MILLIS, false, millis(facts().map(|facts| facts.answered))),
        (
            "level",
            SqlType::Double,
            false,
            Arc::new(facts().map(|facts| facts.wait.map(f64::from)).collect::<Float64Array>()),
        ),
    ]
}
