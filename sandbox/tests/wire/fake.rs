//! An engine with three tables' worth of knowledge, so that the wire is tested without generating a contact centre.

use std::sync::Arc;

use arrow::{
    array::{
        ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Float64Array,
        Int32Array, Int32Builder, Int64Array, IntervalMonthDayNanoArray, IntervalYearMonthArray, ListArray, MapBuilder,
        NullArray, RecordBatch, StringArray, StringBuilder, StructArray, Time64NanosecondArray,
        TimestampMillisecondArray, TimestampNanosecondArray,
    },
    buffer::OffsetBuffer,
    datatypes::{DataType, Field, Fields, Int32Type, IntervalMonthDayNano, TimeUnit},
};
use async_trait::async_trait;
use sandbox::{
    engine::{Column, Output, QueryContext, QueryError, Service, SqlType},
    wire::Backend,
};

pub struct Fake;

pub fn column(name: &str, sql_type: SqlType) -> Column {
    Column { name: Some(name.to_owned()), sql_type, partition: false }
}

fn output(columns: Vec<(Column, ArrayRef)>) -> Output {
    let fields: Vec<(String, ArrayRef)> =
        columns.iter().enumerate().map(|(index, (_, array))| (format!("c{index}"), Arc::clone(array))).collect();
    let batch =
        RecordBatch::try_from_iter_with_nullable(fields.into_iter().map(|(name, array)| (name, array, true))).unwrap();
    Output {
        columns: columns.into_iter().map(|(column, _)| column).collect(),
        batches: vec![batch],
        bytes_scanned: 123_456,
    }
}

#[async_trait]
impl Backend for Fake {
    /// `ROWS n` has n rows in batches of 700; `TYPES` has one row of every type and one of nulls; the rest is in the text.
    async fn query(&self, _: Service, sql: &str, context: &QueryContext) -> Result<Output, QueryError> {
        let words: Vec<&str> = sql.split_whitespace().collect();
        Ok(match words.as_slice() {
            ["SELECT", "ROWS", count] => rows(count.parse().unwrap()),
            ["SELECT", "TYPES"] => types(),
            ["SELECT", "CONTEXT"] => {
                let text = format!("{:?} {:?}", context.catalog, context.database);
                output(vec![(column("context", SqlType::Varchar), Arc::new(StringArray::from(vec![text])))])
            }
            ["SELECT", "SLOW"] => {
                tokio::time::sleep(std::time::Duration::from_mins(1)).await;
                rows(1)
            }
            ["SHOW", ..] => output(vec![(
                column("tab_name", SqlType::Varchar),
                Arc::new(StringArray::from(vec!["agent_events", "contacts"])),
            )]),
            ["DESCRIBE", ..] => output(vec![(
                column("col_name", SqlType::Varchar),
                Arc::new(StringArray::from(vec!["queue\tstring\t", "year\tstring\t"])),
            )]),
            ["SELEC", ..] => return Err(malformed()),
            ["SELECT", "nothing"] => {
                return Err(QueryError::Semantic(
                    "COLUMN_NOT_FOUND: line 1:8: Column 'nothing' cannot be resolved".to_owned(),
                ));
            }
            _ => return Err(QueryError::Execution("Division by zero".to_owned())),
        })
    }

    fn parses(&self, sql: &str) -> Result<(), QueryError> {
        if sql.starts_with("SELEC ") { Err(malformed()) } else { Ok(()) }
    }

    fn facts(&self, kind: &str, from: i64, to: i64) -> Option<serde_json::Value> {
        (kind == "range").then(|| serde_json::json!([from, to]))
    }

    fn databases(&self, _: Service) -> Vec<String> {
        ["archive", "connect", "default"].map(str::to_owned).to_vec()
    }

    fn tables(&self, _: Service, database: &str) -> Vec<String> {
        if database == "connect" { ["agent_events", "contacts"].map(str::to_owned).to_vec() } else { Vec::new() }
    }

    fn columns(&self, _: Service, database: &str, table: &str) -> Option<Vec<Column>> {
        self.tables(Service::Athena, database).contains(&table.to_owned()).then(|| {
            vec![
                column("queue", SqlType::Varchar),
                column("handled", SqlType::Integer),
                Column { partition: true, ..column("year", SqlType::Varchar) },
            ]
        })
    }
}

fn malformed() -> QueryError {
    QueryError::Syntax { line: 1, column: 1, message: "mismatched input 'SELEC'".to_owned() }
}

fn rows(count: i64) -> Output {
    let columns = vec![column("n", SqlType::Bigint), column("text", SqlType::Varchar)];
    let batches = (0..count)
        .step_by(700)
        .map(|first| {
            let numbers: Vec<i64> = (first..count.min(first + 700)).collect();
            let texts: StringArray = numbers.iter().map(|n| Some(format!("row \"{n}\""))).collect();
            let numbers: ArrayRef = Arc::new(Int64Array::from(numbers));
            RecordBatch::try_from_iter([("n", numbers), ("text", Arc::new(texts) as ArrayRef)]).unwrap()
        })
        .collect();
    Output { columns, batches, bytes_scanned: 1_000_000 }
}

/// One value and one null of every type.
fn types() -> Output {
    const INSTANT: i64 = 1_767_225_600_123_456_789;
    let list = |values: ArrayRef| -> ArrayRef {
        let length = i32::try_from(values.len()).unwrap();
        let field = Arc::new(Field::new_list_field(values.data_type().clone(), true));
        let offsets = OffsetBuffer::new(vec![0, length, length].into());
        Arc::new(ListArray::new(field, offsets, values, Some(vec![true, false].into())))
    };
    let fields = Fields::from(vec![
        Field::new("time", DataType::Timestamp(TimeUnit::Nanosecond, None), true),
        Field::new("value", DataType::Float64, true),
    ]);
    let points: ArrayRef = Arc::new(StructArray::new(
        fields,
        vec![
            Arc::new(TimestampNanosecondArray::from(vec![INSTANT, INSTANT + 1_000_000_000])),
            Arc::new(Float64Array::from(vec![Some(1.5), None])),
        ],
        None,
    ));
    let row: ArrayRef = Arc::new(StructArray::new(
        Fields::from(vec![Field::new("a", DataType::Int32, true), Field::new("b", DataType::Utf8, true)]),
        vec![Arc::new(Int32Array::from(vec![1, 0])), Arc::new(StringArray::from(vec!["x", ""]))],
        Some(vec![true, false].into()),
    ));
    let mut map = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
    map.keys().append_value("k");
    map.values().append_value(7);
    map.append(true).unwrap();
    map.append(false).unwrap();
    let row_type = SqlType::Row(vec![(Some("a".to_owned()), SqlType::Integer), (None, SqlType::Varchar)]);
    let zoned = TimestampMillisecondArray::from(vec![Some(1_767_225_600_000), None]).with_timezone("Europe/London");
    let interval = IntervalMonthDayNano::new(0, 1, 300_000_000_000);
    output(vec![
        (column("unknown", SqlType::Unknown), Arc::new(NullArray::new(2))),
        (column("boolean", SqlType::Boolean), Arc::new(BooleanArray::from(vec![Some(true), None]))),
        (column("integer", SqlType::Integer), Arc::new(Int32Array::from(vec![Some(-5), None]))),
        (column("bigint", SqlType::Bigint), Arc::new(Int64Array::from(vec![Some(i64::MAX), None]))),
        (column("real", SqlType::Real), Arc::new(Float32Array::from(vec![Some(0.1), None]))),
        (column("double", SqlType::Double), Arc::new(Float64Array::from(vec![Some(1e10), None]))),
        (
            column("decimal", SqlType::Decimal { precision: 10, scale: 2 }),
            Arc::new(Decimal128Array::from(vec![Some(12_345), None]).with_precision_and_scale(10, 2).unwrap()),
        ),
        (column("varchar", SqlType::Varchar), Arc::new(StringArray::from(vec![Some(""), None]))),
        (column("varbinary", SqlType::Varbinary), Arc::new(BinaryArray::from_opt_vec(vec![Some(b"\x00\xff"), None]))),
        (
            column("dictionary", SqlType::Varchar),
            Arc::new(vec![Some("sales"), None].into_iter().collect::<DictionaryArray<Int32Type>>()),
        ),
        (column("date", SqlType::Date), Arc::new(Date32Array::from(vec![Some(20_454), None]))),
        (column("time", SqlType::Time), Arc::new(Time64NanosecondArray::from(vec![Some(3_723_004_000_000), None]))),
        (
            column("timestamp", SqlType::Timestamp { precision: 3 }),
            Arc::new(TimestampNanosecondArray::from(vec![Some(INSTANT), None])),
        ),
        (column("zoned", SqlType::TimestampWithTimeZone { precision: 3 }), Arc::new(zoned)),
        (
            column("day_interval", SqlType::IntervalDayToSecond),
            Arc::new(IntervalMonthDayNanoArray::from(vec![Some(interval), None])),
        ),
        (
            column("month_interval", SqlType::IntervalYearToMonth),
            Arc::new(IntervalYearMonthArray::from(vec![Some(14), None])),
        ),
        (
            column("array", SqlType::Array(Box::new(SqlType::Integer))),
            list(Arc::new(Int32Array::from(vec![Some(1), None]))),
        ),
        (column("row", row_type), row),
        (column("map", SqlType::Map(Box::new(SqlType::Varchar), Box::new(SqlType::Integer))), Arc::new(map.finish())),
        (column("series", SqlType::TimeSeries(Box::new(SqlType::Double))), list(points)),
    ])
}
