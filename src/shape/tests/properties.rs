//! What holds for any rows.

use std::collections::BTreeMap;

use arrow::{
    array::{AsArray, Int8Array, UInt32Array},
    compute::{cast, take_record_batch},
    datatypes::{DataType, Float64Type, TimestampNanosecondType},
};
use proptest::prelude::*;

use super::*;
use crate::time::CalendarUnit;

/// A point: its time, its labels, and the name of its column.
type Point = (i64, BTreeMap<String, String>, String);
/// The values of the points, nulls left out: a wide frame cannot tell them from points that are not there.
type Points = BTreeMap<Point, String>;

/// Rows with distinct times within each set of labels: label codes, a minute, and two values.
type Row = ((u8, Option<bool>), i64, Option<i32>, Option<i32>);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let key = ((0..5_u8, proptest::option::of(any::<bool>())), 0..20_i64);
    let values = (proptest::option::of(any::<i32>()), proptest::option::of(any::<i32>()));
    proptest::collection::btree_map(key, values, 0..80)
        .prop_map(|rows| rows.into_iter().map(|((labels, minute), (a, b))| (labels, minute, a, b)).collect::<Vec<_>>())
        .prop_shuffle()
}

fn long(rows: &[Row]) -> RecordBatch {
    let name = |code: u8| if code == 0 { String::new() } else { format!("queue \"{code}\"") };
    batch(&[
        ("queue", Arc::new(rows.iter().map(|row| Some(name(row.0.0))).collect::<StringArray>())),
        ("b", Arc::new(rows.iter().map(|row| row.3.map(i64::from)).collect::<Int64Array>())),
        ("time", Arc::new(rows.iter().map(|row| Some(NOON + row.1 * MINUTE)).collect::<TimestampNanosecondArray>())),
        ("abandoned", Arc::new(rows.iter().map(|row| row.0.1).collect::<BooleanArray>())),
        ("a", Arc::new(rows.iter().map(|row| row.2.map(f64::from)).collect::<Float64Array>())),
    ])
}

/// The points of the rows themselves.
fn expected(rows: &[Row]) -> Points {
    let mut points = Points::new();
    for &((code, abandoned), minute, a, b) in rows {
        let queue = if code == 0 { String::new() } else { format!("queue \"{code}\"") };
        let abandoned = abandoned.map_or_else(String::new, |abandoned| abandoned.to_string());
        let labels = BTreeMap::from([("queue".to_owned(), queue), ("abandoned".to_owned(), abandoned)]);
        for (column, value) in [("a", a), ("b", b)] {
            if let Some(value) = value {
                let time = NOON + minute * MINUTE;
                points.insert((time, labels.clone(), column.to_owned()), f64::from(value).to_string());
            }
        }
    }
    points
}

/// The points of frames: wide to long.
fn melt(frames: &[RecordBatch]) -> Points {
    let mut points = Points::new();
    for frame in frames {
        let times = frame.column(0).as_primitive::<TimestampNanosecondType>();
        assert!(times.values().is_sorted_by(|a, b| a < b), "times ascend and are distinct");
        for (field, values) in frame.schema().fields().iter().zip(frame.columns()).skip(1) {
            let labels: BTreeMap<String, String> = serde_json::from_str(&field.metadata()[LABELS]).unwrap();
            let values = cast(values, &DataType::Float64).unwrap();
            for (time, value) in times.values().iter().zip(values.as_primitive::<Float64Type>()) {
                if let Some(value) = value {
                    let point = (*time, labels.clone(), field.name().clone());
                    assert!(points.insert(point, value.to_string()).is_none(), "a point stands once");
                }
            }
        }
    }
    points
}

/// Columns of every type that an engine answers with, under names that mean something and with values at the extremes.
fn any_batch() -> impl Strategy<Value = RecordBatch> {
    (1..6_usize).prop_flat_map(|rows| proptest::collection::vec(any_column(rows), 0..6)).prop_map(|columns| {
        let columns: Vec<(&str, ArrayRef)> = columns;
        if columns.is_empty() { RecordBatch::new_empty(Arc::new(Schema::empty())) } else { batch(&columns) }
    })
}

fn many<T: std::fmt::Debug>(values: impl Strategy<Value = T>, rows: usize) -> impl Strategy<Value = Vec<Option<T>>> {
    proptest::collection::vec(proptest::option::of(values), rows)
}

fn any_column(rows: usize) -> impl Strategy<Value = (&'static str, ArrayRef)> {
    let name = proptest::sample::select(vec!["time", "body", "level", "id", "queue", "n", ""]);
    let integers = prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX), 0..3_i64];
    let array = prop_oneof![
        many(integers.clone(), rows).prop_map(|values| Arc::new(TimestampNanosecondArray::from(values)) as ArrayRef),
        many(integers, rows).prop_map(|values| Arc::new(Int64Array::from(values)) as ArrayRef),
        many(any::<i8>(), rows).prop_map(|values| Arc::new(Int8Array::from(values)) as ArrayRef),
        many(proptest::num::f64::ANY, rows).prop_map(|values| Arc::new(Float64Array::from(values)) as ArrayRef),
        many(any::<bool>(), rows).prop_map(|values| Arc::new(BooleanArray::from(values)) as ArrayRef),
        many("[a-c]{0,2}|20[0-9]{2}-01-01", rows).prop_map(|values| Arc::new(StringArray::from(values)) as ArrayRef),
    ];
    (name, array)
}

fn any_step() -> impl Strategy<Value = Step> {
    let units = vec![CalendarUnit::Week, CalendarUnit::Month, CalendarUnit::Quarter, CalendarUnit::Year];
    let zones = vec![chrono_tz::UTC, chrono_tz::Europe::London, chrono_tz::Pacific::Apia];
    prop_oneof![
        any::<u64>().prop_map(|nanoseconds| Step::Fixed(Duration::from_nanos(nanoseconds))),
        (proptest::sample::select(units), proptest::sample::select(zones))
            .prop_map(|(unit, zone)| Step::Calendar { unit, zone }),
    ]
}

proptest! {
    #[test]
    fn wide_and_multi_hold_the_points_of_the_rows(rows in rows()) {
        prop_assume!(!rows.is_empty());
        let (wide, multi) = (shape(&long(&rows), &WIDE).unwrap(), shape(&long(&rows), &MULTI).unwrap());
        let points = expected(&rows);
        prop_assert_eq!(&melt(&wide.frames), &points);
        prop_assert_eq!(&melt(&multi.frames), &points);
        prop_assert!(wide.notices.is_empty() && multi.notices.is_empty());
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter(
        (rows, shuffled) in rows().prop_flat_map(|rows| {
            let order: Vec<u32> = (0..u32::try_from(rows.len()).unwrap()).collect();
            (Just(rows), Just(order).prop_shuffle())
        }),
        fill in prop_oneof![Just(Fill::None), Just(Fill::Null), Just(Fill::Previous), Just(Fill::Value(0.5))],
        layout in prop_oneof![Just(Layout::Wide), Just(Layout::Multi)],
    ) {
        let batch = long(&rows);
        let shuffled = take_record_batch(&batch, &UInt32Array::from(shuffled)).unwrap();
        let options = Options { layout, ..filled(fill, 1, -2, 25) };
        let (one, other) = (shape(&batch, &options).unwrap(), shape(&shuffled, &options).unwrap());
        prop_assert_eq!(one.frames, other.frames);
        prop_assert_eq!(one.notices, other.notices);
    }

    #[test]
    fn a_fill_adds_points_and_changes_none(rows in rows(), value in -3.0..3.0_f64, step in 1..7_u64) {
        prop_assume!(!rows.is_empty());
        let points = expected(&rows);
        let null = shape(&long(&rows), &filled(Fill::Null, step, 3, 15)).unwrap();
        prop_assert_eq!(&melt(&null.frames), &points);
        for fill in [Fill::Previous, Fill::Value(value)] {
            let shaped = shape(&long(&rows), &filled(fill, step, 3, 15)).unwrap();
            let held = melt(&shaped.frames);
            prop_assert!(points.iter().all(|(point, value)| held.get(point) == Some(value)));
            let times = |shaped: &Shaped| shaped.frames[0].column(0).clone();
            prop_assert_eq!(&times(&shaped), &times(&null));
        }
    }

    #[test]
    fn any_rows_are_shaped_or_refused(
        batch in any_batch(),
        fill in prop_oneof![Just(Fill::None), Just(Fill::Null), Just(Fill::Previous), any::<f64>().prop_map(Fill::Value)],
        layout in prop_oneof![Just(Layout::Wide), Just(Layout::Multi)],
        format in prop_oneof![Just(Format::TimeSeries), Just(Format::Logs)],
        step in proptest::option::of(any_step()),
        (from, to) in any::<(i64, i64)>(),
    ) {
        let range = TimeRange { from: DateTime::from_timestamp_nanos(from), to: DateTime::from_timestamp_nanos(to) };
        let options = Options { format, layout, fill, step, range };
        match shape(&batch, &options) {
            Ok(shaped) => prop_assert!(!shaped.frames.is_empty()),
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::BadQuery, "{}", error),
        }
    }
}
