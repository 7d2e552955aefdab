//! How long it takes to make one answer of two slices: a million rows, and a hundred thousand groups.
//!
//! What is asked for: rows in a few milliseconds, groups in a tenth of a second. Rows in any order are copied once, 37 MB in
//! 5 ms; where the allocator gives each answer new pages, touching these first takes four times as long as the copy.

#![expect(clippy::expect_used, reason = "a measurement of rows made here")]

use std::{hint::black_box, sync::Arc};

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampNanosecondArray};
use criterion::{Criterion, criterion_group, criterion_main};
use switchboard::stitch::{Concat, Merge, Order, Output, Partial, SortKey, Totals, Value, stitch};

const ROWS: i64 = 500_000;
const GROUPS: i64 = 100_000;
const START: i64 = 1_769_860_800_000_000_000;

/// The rows of a slice, in order of time and of `n`.
fn rows(slice: i64) -> RecordBatch {
    let numbers = || slice * ROWS..(slice + 1) * ROWS;
    let columns: [(&str, ArrayRef); 4] = [
        ("time", Arc::new(TimestampNanosecondArray::from_iter_values(numbers().map(|n| START + n * 1_000_000_000)))),
        ("queue", Arc::new(numbers().map(|n| Some(format!("queue-{:03}", n % 500))).collect::<StringArray>())),
        ("n", Arc::new(Int64Array::from_iter_values(numbers().map(|n| n % ROWS)))),
        (
            "seconds",
            Arc::new(
                numbers().map(|n| Some(f64::from(u16::try_from(n % 3_600).ok()?) / 8.0)).collect::<Float64Array>(),
            ),
        ),
    ];
    RecordBatch::try_from_iter(columns).expect("columns of one length")
}

/// The groups of a slice: half of them are those of the other slice too.
fn groups(slice: i64) -> RecordBatch {
    let numbers = || slice * GROUPS / 2..slice * GROUPS / 2 + GROUPS;
    let columns: [(&str, ArrayRef); 4] = [
        ("queue", Arc::new(numbers().map(|n| Some(format!("queue-{n}"))).collect::<StringArray>())),
        (
            "channel",
            Arc::new(numbers().map(|n| Some(["VOICE", "CHAT"][usize::from(n % 2 == 0)])).collect::<StringArray>()),
        ),
        ("count", Arc::new(Int64Array::from_iter_values(numbers()))),
        ("sum", Arc::new(Float64Array::from_iter_values((0..GROUPS).map(|_| 0.5)))),
    ];
    RecordBatch::try_from_iter(columns).expect("columns of one length")
}

fn concatenating(criterion: &mut Criterion) {
    let parts = [rows(0), rows(1)];
    let mut group = criterion.benchmark_group("stitch 2 x 500,000 rows of 4 columns");
    group.sample_size(20);
    let key = |column| SortKey { column, descending: false, nulls_first: false };
    for (name, order) in [
        ("in any order", Order::Any),
        ("by a number, slices sorted", Order::Columns(vec![key(2)])),
        ("by text and time, slices not sorted", Order::Columns(vec![key(1), key(0)])),
    ] {
        let merge = Merge::Concat(Concat { order, limit: None });
        group.bench_function(name, |bencher| bencher.iter(|| stitch(black_box(parts.to_vec()), &merge)));
    }
    group.finish();
}

fn totalling(criterion: &mut Criterion) {
    let parts = [groups(0), groups(1)];
    let output = |name: &str, value| Output { name: name.to_owned(), value };
    let merge = Merge::Totals(Totals {
        keys: 2,
        partials: vec![Partial::Count, Partial::Sum],
        outputs: vec![
            output("queue", Value::Column(0)),
            output("channel", Value::Column(1)),
            output("contacts", Value::Column(2)),
            output("average", Value::Average { sum: 3, count: 2 }),
        ],
        order: vec![SortKey { column: 2, descending: true, nulls_first: false }],
        limit: Some(1_000),
    });
    let mut group = criterion.benchmark_group("stitch 2 x 100,000 groups of 2 keys");
    group.sample_size(20);
    group.bench_function("count and average, ordered", |bencher| {
        bencher.iter(|| stitch(black_box(parts.to_vec()), &merge));
    });
    group.finish();
}

criterion_group!(benches, concatenating, totalling);
criterion_main!(benches);
