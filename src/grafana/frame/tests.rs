//! Frames read back by arrow's own reader.

use std::io::Cursor;

use arrow::{
    array::{
        BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, DurationSecondArray, Float32Array,
        Float64Array, Int8Array, Int64Array, LargeStringArray, NullArray, StringArray, StringViewArray,
        TimestampNanosecondArray, TimestampSecondArray, UInt16Array,
    },
    datatypes::Int8Type,
    ipc::reader::FileReader,
    util::pretty::pretty_format_columns,
};
use serde_json::{Value, json};

use super::*;
use crate::error::ErrorKind;

/// 2026-01-31 12:00:00, in seconds.
const NOON: i64 = 1_769_860_800;

fn encode_columns(columns: Vec<(&str, ArrayRef)>) -> Result<Vec<u8>> {
    let columns = columns.into_iter().map(|(name, array)| (name, array, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    encode(&batch, "contacts", "A", &FrameMeta::new(FrameKind::Table))
}

fn decode(file: &[u8]) -> (Schema, Vec<RecordBatch>) {
    assert!(file.starts_with(b"ARROW1"), "a file, not a stream");
    let reader = FileReader::try_new(Cursor::new(file), None).unwrap();
    let schema = reader.schema().as_ref().clone();
    (schema, reader.map(Result::unwrap).collect())
}

#[test]
fn columns_become_types_that_grafana_reads() {
    let nanoseconds = DataType::Timestamp(TimeUnit::Nanosecond, None);
    let noon = "2026-01-31T12:00:00";
    let zoned = TimestampSecondArray::from(vec![NOON]).with_timezone("+02:00");
    let dictionary: DictionaryArray<Int8Type> = vec!["a"].into_iter().collect();
    let decimal = Decimal128Array::from(vec![12_345]).with_precision_and_scale(10, 2).unwrap();
    let cases: Vec<(ArrayRef, DataType, &str, &str)> = vec![
        (Arc::new(BooleanArray::from(vec![true])), DataType::Boolean, "boolean", "true"),
        (Arc::new(Int8Array::from(vec![-8])), DataType::Int8, "number", "-8"),
        (Arc::new(Int64Array::from(vec![i64::MIN])), DataType::Int64, "number", "-9223372036854775808"),
        (Arc::new(UInt16Array::from(vec![16])), DataType::UInt16, "number", "16"),
        (Arc::new(Float32Array::from(vec![0.5])), DataType::Float32, "number", "0.5"),
        (Arc::new(Float64Array::from(vec![0.1])), DataType::Float64, "number", "0.1"),
        (Arc::new(StringArray::from(vec!["ü"])), DataType::Utf8, "string", "ü"),
        (Arc::new(BinaryArray::from(vec![&b"{}"[..]])), DataType::Binary, "other", "7b7d"),
        (Arc::new(TimestampNanosecondArray::from(vec![NOON * 1_000_000_000])), nanoseconds.clone(), "time", noon),
        (Arc::new(TimestampSecondArray::from(vec![NOON])), nanoseconds.clone(), "time", noon),
        (Arc::new(zoned), nanoseconds.clone(), "time", noon),
        (Arc::new(Date32Array::from(vec![20_484])), nanoseconds, "time", "2026-01-31T00:00:00"),
        (Arc::new(decimal), DataType::Float64, "number", "123.45"),
        (Arc::new(LargeStringArray::from(vec!["a"])), DataType::Utf8, "string", "a"),
        (Arc::new(StringViewArray::from(vec!["a"])), DataType::Utf8, "string", "a"),
        (Arc::new(dictionary), DataType::Utf8, "string", "a"),
        (Arc::new(NullArray::new(1)), DataType::Utf8, "string", ""),
    ];
    for (array, expected, typescript, text) in cases {
        let what = array.data_type().to_string();
        let (schema, batches) = decode(&encode_columns(vec![("x", array)]).unwrap());
        assert_eq!(schema.field(0).data_type(), &expected, "{what}");
        assert_eq!(schema.field(0).metadata()["tstype"], typescript, "{what}");
        assert_eq!(schema.field(0).metadata()["name"], "x", "{what}");
        let shown = pretty_format_columns("x", batches[0].columns()).unwrap().to_string();
        assert_eq!(shown.lines().nth(3).unwrap().trim_matches(['|', ' ']), text, "{what}");
    }
}

#[test]
fn what_grafana_cannot_read_is_an_internal_error_that_names_the_column() {
    let cases: Vec<(ArrayRef, &str)> = vec![
        (Arc::new(DurationSecondArray::from(vec![1])), "Grafana reads no Duration"),
        (Arc::new(TimestampSecondArray::from(vec![i64::MAX])), "verflow"),
    ];
    for (array, part) in cases {
        let error = encode_columns(vec![("spent", array)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert!(error.message().contains("`spent`") && error.message().contains(part), "{error}");
    }
}

#[test]
fn labels_and_config_are_passed_on_together_and_nothing_else_is() {
    let config = FieldConfig {
        display_name_from_ds: Some("Sales".to_owned()),
        unit: Some("s".to_owned()),
        custom: serde_json::from_value(json!({"cellOptions": {"type": "json-view"}})).unwrap(),
    };
    let metadata = [(LABELS, r#"{"queue":"sales"}"#), ("switchboard.role", "label")];
    let field = Field::new("n", DataType::Int64, true)
        .with_metadata(metadata.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
    let field = config.attach(field).unwrap();
    let batch =
        RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![Arc::new(Int64Array::from(vec![1]))]).unwrap();
    let (schema, _) = decode(&encode(&batch, "", "A", &FrameMeta::new(FrameKind::TimeSeriesWide)).unwrap());

    let mut metadata = schema.field(0).metadata().clone();
    let config: Value = serde_json::from_str(&metadata.remove(CONFIG).unwrap()).unwrap();
    let custom = json!({"cellOptions": {"type": "json-view"}});
    assert_eq!(config, json!({"displayNameFromDS": "Sales", "unit": "s", "custom": custom}));
    let expected = [("name", "n"), ("labels", r#"{"queue":"sales"}"#), ("tstype", "number")];
    assert_eq!(metadata, expected.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
}

#[test]
fn metadata_that_are_not_json_are_an_internal_error() {
    for (key, value) in [(LABELS, "queue=sales"), (LABELS, r#"{"n":1}"#), (CONFIG, "[]")] {
        let metadata = HashMap::from([(key.to_owned(), value.to_owned())]);
        let field = Field::new("n", DataType::Int64, true).with_metadata(metadata);
        let batch = RecordBatch::new_empty(Arc::new(Schema::new(vec![field])));
        let error = encode(&batch, "", "A", &FrameMeta::new(FrameKind::Table)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert!(error.message().contains(key) && error.message().contains("`n`"), "{error}");
    }
}

#[test]
fn the_meta_are_written_as_grafana_names_them() {
    let mut meta = FrameMeta::new(FrameKind::LogLines);
    meta.executed_query_string = Some("SELECT 1".to_owned());
    meta.notices.push(Notice::warning("The answer is cut."));
    meta.stats.push(Stat { display_name: "Bytes scanned".to_owned(), unit: Some("decbytes".to_owned()), value: 1.5e6 });
    meta.custom = Some(json!({"executionIds": ["a"]}));
    let batch = RecordBatch::new_empty(Arc::new(Schema::empty()));
    let (schema, _) = decode(&encode(&batch, "logs", "B", &meta).unwrap());

    assert_eq!((schema.metadata()["name"].as_str(), schema.metadata()["refId"].as_str()), ("logs", "B"));
    let written: Value = serde_json::from_str(&schema.metadata()["meta"]).unwrap();
    let expected = json!({
        "type": "log-lines",
        "typeVersion": [0, 1],
        "executedQueryString": "SELECT 1",
        "notices": [{"severity": "warning", "text": "The answer is cut."}],
        "stats": [{"displayName": "Bytes scanned", "unit": "decbytes", "value": 1.5e6}],
        "custom": {"executionIds": ["a"]},
        "preferredVisualisationType": "logs",
    });
    assert_eq!(written, expected);

    let bare: Value = serde_json::to_value(FrameMeta::new(FrameKind::TimeSeriesMulti)).unwrap();
    assert_eq!(bare, json!({"type": "timeseries-multi", "typeVersion": [0, 1], "preferredVisualisationType": "graph"}));
}

#[test]
fn no_rows_and_no_columns_are_frames_too() {
    let columns = vec![("time", Arc::new(TimestampNanosecondArray::from(Vec::<i64>::new())) as ArrayRef)];
    let (schema, batches) = decode(&encode_columns(columns).unwrap());
    assert_eq!((schema.fields().len(), batches.len()), (1, 0));

    let nothing = RecordBatch::new_empty(Arc::new(Schema::empty()));
    let (schema, batches) = decode(&encode(&nothing, "", "A", &FrameMeta::new(FrameKind::Table)).unwrap());
    assert_eq!((schema.fields().len(), batches.len()), (0, 0));
}

#[test]
fn a_slice_is_written_without_the_rows_around_it() {
    let rows: ArrayRef = Arc::new((0..100_000).map(|n| (n % 3 != 0).then_some(n)).collect::<Int64Array>());
    let texts: ArrayRef = Arc::new((0..100_000).map(|n| Some(n.to_string())).collect::<StringArray>());
    let columns = vec![("n", rows.slice(50_001, 3)), ("text", texts.slice(50_001, 3))];
    let file = encode_columns(columns.clone()).unwrap();
    assert!(file.len() < 4_096, "{} bytes", file.len());
    let (_, batches) = decode(&file);
    for (column, (_, expected)) in batches[0].columns().iter().zip(&columns) {
        assert_eq!(column, expected);
    }
}
