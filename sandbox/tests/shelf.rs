//! The shelf answers as the services do, over the tables that it was given, and meters what pruning leaves.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray, TimestampNanosecondArray,
};
use arrow::datatypes::Int64Type;
use sandbox::engine::{Column, Output, QueryError, ROW_BYTES, Service, Shelf, SqlType};

/// 2026-11-24 12:00:00 UTC.
const NOW: i64 = 1_795_521_600_000;
const HOUR: i64 = 3_600_000;

fn column(name: &str, sql_type: SqlType, partition: bool) -> Column {
    Column { name: Some(name.to_owned()), sql_type, partition }
}

fn waits() -> ArrayRef {
    Arc::new(Int64Array::from(vec![Some(1), None, Some(3), Some(4)]))
}

/// Rows at 9, 10, 11 and 12 o'clock.
fn times() -> Vec<i64> {
    (0..4).map(|hour| NOW + (hour - 3) * HOUR).collect()
}

fn timestream() -> Shelf {
    let shelf = Shelf::new(Service::Timestream);
    let columns = [column("time", SqlType::Timestamp { precision: 9 }, false), column("wait", SqlType::Bigint, false)];
    let nanos = times().into_iter().map(|millis| millis * 1_000_000);
    let times = Arc::new(TimestampNanosecondArray::from_iter_values(nanos));
    shelf.put("events", &columns, vec![times, waits()]).unwrap();
    shelf
}

fn athena() -> Shelf {
    let shelf = Shelf::new(Service::Athena);
    let columns = [
        column("at", SqlType::Timestamp { precision: 3 }, false),
        column("wait", SqlType::Bigint, false),
        column("day", SqlType::Varchar, true),
        column("hour", SqlType::Varchar, true),
    ];
    let values: Vec<ArrayRef> = vec![
        Arc::new(TimestampMillisecondArray::from(times())),
        waits(),
        Arc::new(StringArray::from(vec!["24"; 4])),
        Arc::new(StringArray::from(vec!["09", "10", "11", "12"])),
    ];
    shelf.put("events", &columns, values).unwrap();
    shelf
}

fn rows(output: &Output) -> usize {
    output.batches.iter().map(RecordBatch::num_rows).sum()
}

fn whole_numbers(output: &Output, column: usize) -> Vec<Option<i64>> {
    output.batches.iter().flat_map(|batch| batch.column(column).as_primitive::<Int64Type>()).collect()
}

#[tokio::test]
async fn each_service_speaks_its_own_sql() {
    let sql = "SELECT bin(time, 2h) AS time, count(*) AS n FROM \"connect\".\"events\"
               WHERE time >= ago(2h) GROUP BY 1 ORDER BY 1";
    let answer = timestream().query(sql, NOW).await.unwrap();
    assert_eq!(whole_numbers(&answer, 1), [Some(2), Some(1)]);
    let sql = "SELECT date_trunc('day', at) AS time, count(wait) AS n FROM \"AwsDataCatalog\".\"connect\".\"events\"
               WHERE at >= TIMESTAMP '2026-11-24 10:00:00.000' GROUP BY 1";
    let answer = athena().query(sql, NOW).await.unwrap();
    assert_eq!(whole_numbers(&answer, 1), [Some(2)]);
    let error = athena().query("SELECT bin(at, 5m) FROM connect.events", NOW).await.unwrap_err();
    assert!(matches!(error, QueryError::Syntax { .. } | QueryError::Semantic(_)), "{error}");
}

#[tokio::test]
async fn what_is_pruned_is_not_metered() {
    let shelf = athena();
    for (condition, read, kept) in [
        ("at >= TIMESTAMP '2026-11-24 11:00:00.000'", 4, 2),
        (
            "((day = '24' AND hour BETWEEN '11' AND '23') OR day > '24') AND at >= TIMESTAMP '2026-11-24 11:30:00.000'",
            2,
            1,
        ),
        ("day = '25'", 0, 0),
    ] {
        for sql in [
            format!("SELECT wait FROM connect.events WHERE {condition}"),
            format!("SELECT wait FROM (SELECT * FROM (SELECT wait, row_number() OVER (PARTITION BY at ORDER BY wait DESC) AS place
                     FROM connect.events WHERE {condition}) WHERE place = 1)"),
        ] {
            let answer = shelf.query(&sql, NOW).await.unwrap();
            assert_eq!((answer.bytes_scanned, rows(&answer)), (read * ROW_BYTES, kept), "{sql}");
        }
    }
    let shelf = timestream();
    let answer = shelf.query("SELECT wait FROM connect.events WHERE time >= ago(90m) AND wait > 3", NOW).await.unwrap();
    assert_eq!((answer.bytes_scanned, rows(&answer)), (2 * ROW_BYTES, 1));
}

#[tokio::test]
async fn a_table_takes_the_place_of_another() {
    let shelf = athena();
    let columns = [column("wait", SqlType::Bigint, false)];
    shelf.put("events", &columns, vec![Arc::new(Int64Array::from(vec![7]))]).unwrap();
    let answer = shelf.query("SELECT sum(wait) AS total FROM connect.events", NOW).await.unwrap();
    assert_eq!(whole_numbers(&answer, 0), [Some(7)]);
    assert!(shelf.put("events", &columns, vec![Arc::new(StringArray::from(vec!["7"]))]).is_err());
    assert!(shelf.query("SHOW TABLES", NOW).await.is_err());
}
