//! Rows a second from the SDK's result types to an Arrow batch: a plain result and one of time series.

#![expect(clippy::expect_used, reason = "a measurement of pages made here")]

use std::{hint::black_box, time::Duration};

use aws_sdk_timestreamquery::types::{ColumnInfo, Datum, Row, ScalarType, TimeSeriesDataPoint, Type};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use switchboard::engine::timestream::decode::Decoder;

/// As many rows of three columns as a page of 1 MB holds.
const ROWS_A_PAGE: u64 = 8_500;
const PAGES: u64 = 10;
const ROWS: u64 = ROWS_A_PAGE * PAGES;

fn scalar_type(name: &str) -> Type {
    Type::builder().scalar_type(ScalarType::from(name)).build()
}

fn column(name: &str, r#type: Type) -> ColumnInfo {
    ColumnInfo::builder().name(name).r#type(r#type).build()
}

fn scalar(text: impl Into<String>) -> Datum {
    Datum::builder().scalar_value(text).build()
}

fn row(data: Vec<Datum>) -> Row {
    Row::builder().set_data(Some(data)).build().expect("a row has data")
}

fn time(second: u64) -> String {
    format!("2026-01-01 {:02}:{:02}:{:02}.000000000", second / 3600 % 24, second / 60 % 60, second % 60)
}

fn plain_page() -> (Vec<ColumnInfo>, Vec<Row>) {
    let columns = vec![
        column("time", scalar_type("TIMESTAMP")),
        column("queue", scalar_type("VARCHAR")),
        column("n", scalar_type("DOUBLE")),
    ];
    let rows = (0..ROWS_A_PAGE)
        .map(|n| row(vec![scalar(time(n)), scalar(format!("Queue {}", n % 40)), scalar(format!("{n}.25"))]))
        .collect();
    (columns, rows)
}

/// The same points as forty series.
fn series_page() -> (Vec<ColumnInfo>, Vec<Row>) {
    const SERIES: u64 = 40;
    let series = Type::builder().time_series_measure_value_column_info(column("", scalar_type("DOUBLE"))).build();
    let columns = vec![column("queue", scalar_type("VARCHAR")), column("n", series)];
    let rows = (0..SERIES)
        .map(|queue| {
            let first = ROWS_A_PAGE * queue / SERIES;
            let after = ROWS_A_PAGE * (queue + 1) / SERIES;
            let points = (first..after).map(|n| {
                let point = TimeSeriesDataPoint::builder().time(time(n)).value(scalar(format!("{n}.25")));
                point.build().expect("a point has a time")
            });
            let points = Datum::builder().set_time_series_value(Some(points.collect())).build();
            row(vec![scalar(format!("Queue {queue}")), points])
        })
        .collect();
    (columns, rows)
}

fn decode(columns: &[ColumnInfo], rows: &[Row]) -> usize {
    let mut decoder = Decoder::new(1_000_000);
    for _ in 0..PAGES {
        decoder.push(columns, rows).expect("the page decodes");
    }
    decoder.finish().expect("the batch is built").batch.num_rows()
}

fn benchmark(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode_timestream");
    group.throughput(Throughput::Elements(ROWS)).measurement_time(Duration::from_secs(4)).sample_size(20);
    for (name, (columns, rows)) in [("plain", plain_page()), ("series", series_page())] {
        assert_eq!(decode(&columns, &rows) as u64, ROWS);
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(decode(&columns, &rows)));
        });
    }
    group.finish();
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
