//! What shaping promises, as tables of rows in and frames out.

mod fill;
mod logs;
mod properties;
mod series;
mod time_column;

use std::{collections::HashMap, sync::Arc, time::Duration};

use arrow::{
    array::{
        Array, ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampNanosecondArray,
    },
    datatypes::{Field, Schema},
    util::display::{ArrayFormatter, FormatOptions},
};
use chrono::DateTime;

use super::{Fill, Format, LABELS, Layout, Options, Shaped, shape};
use crate::{
    engine::{ROLE, ROLE_LABEL},
    error::{Error, ErrorKind},
    notice::Severity,
    time::{Step, TimeRange},
};

/// 2026-01-31 12:00:00, in nanoseconds.
const NOON: i64 = 1_769_860_800_000_000_000;
const MINUTE: i64 = 60_000_000_000;

/// Columns by name, in order.
fn batch(columns: &[(&str, ArrayRef)]) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.iter().map(|(name, array)| (*name, array.clone(), true))).unwrap()
}

/// Minutes after noon.
fn minutes<const N: usize>(minutes: [i64; N]) -> ArrayRef {
    Arc::new(TimestampNanosecondArray::from_iter_values(minutes.map(|minute| NOON + minute * MINUTE)))
}

fn texts<const N: usize>(values: [&str; N]) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn integers<const N: usize>(values: [i64; N]) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(values))
}

fn floats<const N: usize>(values: [Option<f64>; N]) -> ArrayRef {
    Arc::new(Float64Array::from_iter(values))
}

fn booleans<const N: usize>(values: [Option<bool>; N]) -> ArrayRef {
    Arc::new(BooleanArray::from_iter(values))
}

/// `batch` with `column` marked as a label.
fn with_label_role(batch: &RecordBatch, column: &str) -> RecordBatch {
    let role = HashMap::from([(ROLE.to_owned(), ROLE_LABEL.to_owned())]);
    let fields: Vec<Field> = batch
        .schema_ref()
        .fields()
        .iter()
        .map(|field| {
            let field = field.as_ref().clone();
            if field.name() == column { field.with_metadata(role.clone()) } else { field }
        })
        .collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), batch.columns().to_vec()).unwrap()
}

/// Wide time series without fill, over the hour after noon.
const WIDE: Options = Options {
    format: Format::TimeSeries,
    layout: Layout::Wide,
    fill: Fill::None,
    step: None,
    range: TimeRange {
        from: DateTime::from_timestamp_nanos(NOON),
        to: DateTime::from_timestamp_nanos(NOON + 60 * MINUTE),
    },
};
const MULTI: Options = Options { layout: Layout::Multi, ..WIDE };

fn filled(fill: Fill, step_minutes: u64, from: i64, to: i64) -> Options {
    let range = TimeRange {
        from: DateTime::from_timestamp_nanos(NOON + from * MINUTE),
        to: DateTime::from_timestamp_nanos(NOON + to * MINUTE),
    };
    Options { fill, step: Some(Step::Fixed(Duration::from_mins(step_minutes))), range, ..WIDE }
}

/// A frame as text: a line of names and labels, then a line a row; `.` is null.
fn lines(frame: &RecordBatch) -> Vec<String> {
    let head = frame
        .schema_ref()
        .fields()
        .iter()
        .map(|field| format!("{}{}", field.name(), field.metadata().get(LABELS).map_or("", String::as_str)));
    let options = FormatOptions::new().with_null(".").with_timestamp_format(Some("%H:%M"));
    let columns: Vec<_> = frame.columns().iter().map(|c| ArrayFormatter::try_new(c, &options).unwrap()).collect();
    let row = |row| columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join(" ");
    let mut lines = vec![head.collect::<Vec<_>>().join(" ")];
    lines.extend((0..frame.num_rows()).map(row));
    lines
}

fn only_frame(shaped: &Shaped) -> Vec<String> {
    assert_eq!(shaped.frames.len(), 1, "one frame");
    lines(&shaped.frames[0])
}

#[track_caller]
fn assert_notice(shaped: &Shaped, severity: Severity, parts: &[&str]) {
    let told = shaped.notices.iter().any(|n| n.severity == severity && parts.iter().all(|part| n.text.contains(part)));
    assert!(told, "no {severity:?} notice with {parts:?} among {:#?}", shaped.notices);
}

#[track_caller]
fn assert_bad_query(result: Result<Shaped, Error>, parts: &[&str]) {
    let error = result.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::BadQuery);
    for part in parts {
        assert!(error.message().contains(part), "{part:?} is not in: {error}");
    }
}

#[test]
fn a_table_is_the_rows_as_they_come() {
    let rows = batch(&[("queue", texts(["b", "a"])), ("time", minutes([5, 0])), ("n", integers([1, 2]))]);
    let shaped = shape(&rows, &Options { format: Format::Table, ..WIDE }).unwrap();
    assert_eq!(shaped.frames, [rows]);
    assert_eq!(shaped.kind.name(), "table");
    assert!(shaped.notices.is_empty());
}
