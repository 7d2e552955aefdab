//! How long it takes to lay out a large answer and to encode it: a million rows of a thousand series.
//!
//! What is asked for: wide well under a second.

#![expect(clippy::expect_used, reason = "a measurement of rows made here")]

use std::{hint::black_box, sync::Arc};

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampNanosecondArray};
use chrono::DateTime;
use criterion::{Criterion, criterion_group, criterion_main};
use switchboard::{
    grafana::frame::{FrameMeta, encode},
    shape::{Fill, Format, FrameKind, Layout, Options, shape},
    time::TimeRange,
};

const SERIES: i64 = 1_000;
const TIMES: i64 = 1_000;
const START: i64 = 1_769_860_800_000_000_000;
const STEP: i64 = 60_000_000_000;

/// Rows in the order `ORDER BY time` answers in, with two label columns.
fn long() -> RecordBatch {
    let rows = || (0..TIMES).flat_map(|time| (0..SERIES).map(move |series| (time, series)));
    let columns: [(&str, ArrayRef); 4] = [
        ("time", Arc::new(TimestampNanosecondArray::from_iter_values(rows().map(|(time, _)| START + time * STEP)))),
        (
            "queue",
            Arc::new(rows().map(|(_, series)| Some(format!("queue-{:03}", series / 10))).collect::<StringArray>()),
        ),
        (
            "channel",
            Arc::new(rows().map(|(_, series)| Some(format!("channel-{}", series % 10))).collect::<StringArray>()),
        ),
        ("contacts", Arc::new(Int64Array::from_iter_values(rows().map(|(time, series)| time * series)))),
    ];
    RecordBatch::try_from_iter(columns).expect("columns of one length")
}

fn options(layout: Layout) -> Options {
    let range = TimeRange {
        from: DateTime::from_timestamp_nanos(START),
        to: DateTime::from_timestamp_nanos(START + TIMES * STEP),
    };
    Options { format: Format::TimeSeries, layout, fill: Fill::None, step: None, range }
}

fn shaping(criterion: &mut Criterion) {
    let rows = long();
    let mut group = criterion.benchmark_group("shape 1,000,000 rows of 1,000 series");
    group.sample_size(20);
    for (name, layout) in [("wide", Layout::Wide), ("multi", Layout::Multi)] {
        let options = options(layout);
        group.bench_function(name, |bencher| bencher.iter(|| shape(black_box(&rows), &options)));
    }
    group.finish();
}

fn encoding(criterion: &mut Criterion) {
    let rows = long();
    let values: ArrayRef = Arc::new(Float64Array::from_iter_values((0..1_000_000_u32).map(|n| f64::from(n) / 8.0)));
    let columns = [("time", rows.column(0).clone()), ("contacts", rows.column(3).clone()), ("seconds", values)];
    let table = RecordBatch::try_from_iter(columns).expect("columns of one length");
    let wide = shape(&rows, &options(Layout::Wide)).expect("a time series").frames.remove(0);
    let mut group = criterion.benchmark_group("encode");
    group.sample_size(20);
    for (name, frame, kind) in [
        ("1,000,000 rows of 3 columns", table, FrameKind::Table),
        ("1,000 rows of 1,000 series", wide, FrameKind::TimeSeriesWide),
    ] {
        let meta = FrameMeta::new(kind);
        group.bench_function(name, |bencher| bencher.iter(|| encode(black_box(&frame), "", "A", &meta)));
    }
    group.finish();
}

criterion_group!(benches, shaping, encoding);
criterion_main!(benches);
