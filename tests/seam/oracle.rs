//! What is true, without any of the code under test: rows are deduplicated, cut to the range and filtered, and buckets, hours
//! and days worked out, in plain Rust; one engine that holds the rest answers.

use std::{fmt::Write, sync::Arc};

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use chrono::{Datelike, Timelike};
use chrono_tz::Tz;
use sandbox::engine::{QueryError, SqlType};
use switchboard::{
    leg::Leg,
    time::{CalendarUnit, Step, TimeRange},
};

use crate::{
    pipeline,
    sql::{ANSWER_DAY, BUCKET, DAY_OF_WEEK, HOUR_OF_DAY, SECONDS},
    statement::Statement,
    tables::{Shelves, logical, millis, put},
    world::{Row, World, instant},
};

/// The rows of `range` that are true, or that are true as far as one leg knows.
pub fn rows(world: &World, range: TimeRange, leg: Option<Leg>) -> Vec<Row> {
    let pipelines = &world.pipelines;
    let mut rows = match leg {
        None => world.truth(),
        Some(Leg::Realtime) => world.rows(|event, delivery| pipelines.is_in_timestream(event, delivery)),
        Some(Leg::Historical) => world.rows(|event, delivery| pipelines.is_in_athena(event, delivery)),
    };
    rows.retain(|row| range.from <= instant(row.time) && instant(row.time) < range.to);
    rows
}

/// The answer over `rows`; `range` is the one on screen.
pub async fn answer(
    shelves: &Shelves,
    statement: &Statement,
    rows: &[Row],
    range: TimeRange,
    now: i64,
) -> Result<RecordBatch, QueryError> {
    let floor = |step: Step, at: i64| step.floor(instant(at)).unwrap().timestamp_millis();
    let step = statement.step();
    let day = Step::Calendar { unit: CalendarUnit::Day, zone: Tz::America__New_York };
    let numbers = |of: &dyn Fn(&Row) -> u32| -> ArrayRef {
        Arc::new(rows.iter().map(|row| i64::from(of(row))).collect::<Int64Array>())
    };
    let hour = |row: &Row| instant(row.time).with_timezone(&Tz::Europe__London).hour();
    let weekday = |row: &Row| instant(row.time).with_timezone(&Tz::Asia__Kolkata).weekday().number_from_monday();
    #[expect(clippy::cast_precision_loss, reason = "answers come within minutes")]
    let seconds = |row: &Row| Some((row.facts.answered? - row.time) as f64 / 1e3);
    let mut table = logical(rows);
    let timestamp = SqlType::Timestamp { precision: 3 };
    table.extend([
        (BUCKET, timestamp.clone(), false, millis(rows.iter().map(|row| step.map(|step| floor(step, row.time))))),
        (HOUR_OF_DAY, SqlType::Bigint, false, numbers(&hour)),
        (DAY_OF_WEEK, SqlType::Bigint, false, numbers(&weekday)),
        (SECONDS, SqlType::Double, false, Arc::new(rows.iter().map(seconds).collect::<Float64Array>()) as ArrayRef),
        (ANSWER_DAY, timestamp, false, millis(rows.iter().map(|row| row.facts.answered.map(|at| floor(day, at))))),
    ]);
    put(&shelves.truth, "truth", table);
    let literal = |at: chrono::DateTime<chrono::Utc>| {
        let mut text = String::new();
        write!(text, "TIMESTAMP '{}'", at.format("%Y-%m-%d %H:%M:%S%.3f")).unwrap();
        text
    };
    pipeline::run(&shelves.truth, &statement.oracle(&literal(range.from), &literal(range.to)), now).await
}
