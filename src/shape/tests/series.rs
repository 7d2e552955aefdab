//! Long to wide and to multi.

use arrow::datatypes::DataType;

use super::*;
use crate::shape::labels::MAX_SERIES;

#[test]
fn each_set_of_labels_becomes_a_series() {
    let cases: &[(&str, RecordBatch, &[&str])] = &[
        (
            "text labels; a series lacks a time",
            batch(&[
                ("time", minutes([0, 0, 5])),
                ("queue", texts(["sales", "help", "sales"])),
                ("n", integers([1, 2, 3])),
            ]),
            &[r#"time n{"queue":"help"} n{"queue":"sales"}"#, "12:00 2 1", "12:05 . 3"],
        ),
        (
            "no label column: the columns as they are, times first, sorted",
            batch(&[("n", integers([3, 1])), ("time", minutes([5, 0])), ("a", floats([Some(0.5), None]))]),
            &["time n a", "12:00 1 .", "12:05 3 0.5"],
        ),
        (
            "boolean labels, and keys sorted within a set",
            batch(&[
                ("time", minutes([0, 0])),
                ("queue", texts(["a", "a"])),
                ("abandoned", booleans([Some(true), Some(false)])),
                ("n", integers([1, 2])),
            ]),
            &[r#"time n{"abandoned":"false","queue":"a"} n{"abandoned":"true","queue":"a"}"#, "12:00 2 1"],
        ),
        (
            "series in the order of their names, then of the label columns as selected",
            batch(&[
                ("time", minutes([0, 0, 0])),
                ("z", texts(["2", "1", "1"])),
                ("a", texts(["x", "y", "x"])),
                ("n", integers([1, 2, 3])),
                ("m", integers([4, 5, 6])),
            ]),
            &[
                r#"time m{"a":"x","z":"1"} m{"a":"y","z":"1"} m{"a":"x","z":"2"} n{"a":"x","z":"1"} n{"a":"y","z":"1"} n{"a":"x","z":"2"}"#,
                "12:00 6 5 4 3 2 1",
            ],
        ),
        (
            "a null label is an empty one",
            batch(&[
                ("time", minutes([0, 5, 0])),
                ("queue", Arc::new(StringArray::from(vec![None, Some(""), Some("a")]))),
                ("n", integers([1, 2, 3])),
            ]),
            &[r#"time n{"queue":""} n{"queue":"a"}"#, "12:00 1 3", "12:05 2 ."],
        ),
        (
            "a label that needs escaping",
            batch(&[("time", minutes([0])), ("queue", texts(["say \"hi\" \\ ü\n"])), ("n", integers([1]))]),
            &[r#"time n{"queue":"say \"hi\" \\ ü\n"}"#, "12:00 1"],
        ),
        (
            "a number that the engine marks as a label",
            with_label_role(
                &batch(&[("time", minutes([0, 0])), ("level", integers([2, 10])), ("n", integers([1, 3]))]),
                "level",
            ),
            &[r#"time n{"level":"10"} n{"level":"2"}"#, "12:00 3 1"],
        ),
        (
            "a null value is a row: it stays null",
            batch(&[("time", minutes([0, 5])), ("q", texts(["a", "a"])), ("n", floats([None, Some(1.0)]))]),
            &[r#"time n{"q":"a"}"#, "12:00 .", "12:05 1.0"],
        ),
    ];
    for (what, rows, expected) in cases {
        let shaped = shape(rows, &WIDE).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(only_frame(&shaped), *expected, "{what}");
        assert_eq!(shaped.kind.name(), "timeseries-wide", "{what}");
        assert!(shaped.notices.is_empty(), "{what}: {:?}", shaped.notices);
    }
}

#[test]
fn multi_has_a_frame_for_each_series_with_its_own_times() {
    let rows = batch(&[
        ("time", minutes([5, 0, 0])),
        ("queue", texts(["sales", "help", "sales"])),
        ("n", integers([1, 2, 3])),
        ("m", floats([None, Some(0.5), Some(1.5)])),
    ]);
    let shaped = shape(&rows, &MULTI).unwrap();
    let frames: Vec<_> = shaped.frames.iter().map(lines).collect();
    assert_eq!(
        frames,
        [
            vec![r#"time m{"queue":"help"}"#, "12:00 0.5"],
            vec![r#"time m{"queue":"sales"}"#, "12:00 1.5", "12:05 ."],
            vec![r#"time n{"queue":"help"}"#, "12:00 2"],
            vec![r#"time n{"queue":"sales"}"#, "12:00 3", "12:05 1"],
        ]
    );
    assert_eq!(shaped.kind.name(), "timeseries-multi");
}

#[test]
fn values_keep_their_type_and_the_time_is_never_null() {
    let rows =
        batch(&[("at", minutes([0])), ("q", texts(["a"])), ("n", integers([i64::MAX])), ("x", floats([Some(0.1)]))]);
    let shaped = shape(&rows, &WIDE).unwrap();
    let schema = shaped.frames[0].schema();
    let types: Vec<_> = schema.fields().iter().map(|f| (f.data_type().clone(), f.is_nullable())).collect();
    assert_eq!(types[1..], [(DataType::Int64, true), (DataType::Float64, true)]);
    assert!(!types[0].1, "the time is not nullable");
    assert_eq!(only_frame(&shaped)[1], "12:00 9223372036854775807 0.1");
}

#[test]
fn metadata_of_a_value_column_reach_its_series_and_the_role_does_not() {
    let schema = Schema::new(vec![
        batch(&[("time", minutes([0]))]).schema_ref().field(0).clone(),
        Field::new("n", DataType::Int64, true).with_metadata(
            [("config", r#"{"unit":"s"}"#), (ROLE, "value")].map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
        ),
    ]);
    let rows = RecordBatch::try_new(Arc::new(schema), vec![minutes([0]), integers([1])]).unwrap();
    let shaped = shape(&rows, &WIDE).unwrap();
    let metadata = shaped.frames[0].schema_ref().field(1).metadata().clone();
    assert_eq!(metadata, HashMap::from([("config".to_owned(), r#"{"unit":"s"}"#.to_owned())]));
}

#[test]
fn of_rows_with_one_time_and_one_set_of_labels_the_last_stands() {
    let rows = batch(&[
        ("time", minutes([5, 0, 5, 5])),
        ("queue", texts(["a", "a", "a", "b"])),
        ("n", integers([1, 2, 3, 4])),
    ]);
    let wide = shape(&rows, &WIDE).unwrap();
    assert_eq!(only_frame(&wide), [r#"time n{"queue":"a"} n{"queue":"b"}"#, "12:00 2 .", "12:05 3 4"]);
    let multi = shape(&rows, &MULTI).unwrap();
    assert_eq!(lines(&multi.frames[0]), [r#"time n{"queue":"a"}"#, "12:00 2", "12:05 3"]);
    for shaped in [&wide, &multi] {
        assert_notice(shaped, Severity::Warning, &["1 row", r#"{queue="a"}"#, "2026-01-31T12:05:00Z", "last"]);
    }
}

#[test]
fn no_rows_make_an_empty_frame_with_the_schema() {
    let rows = batch(&[("time", minutes([])), ("queue", texts([])), ("n", integers([])), ("m", floats([]))]);
    for fill in [Fill::None, Fill::Null, Fill::Value(0.0)] {
        let wide = shape(&rows, &Options { fill, step: Some(Step::Fixed(Duration::from_mins(1))), ..WIDE }).unwrap();
        assert_eq!(only_frame(&wide), ["time m n"], "{fill:?}");
        let multi = shape(&rows, &Options { fill, ..MULTI }).unwrap();
        let frames: Vec<_> = multi.frames.iter().map(lines).collect();
        assert_eq!(frames, [["time m"], ["time n"]], "{fill:?}");
    }
}

#[test]
fn a_batch_that_makes_no_series_says_what_is_missing() {
    let cases = [
        (
            batch(&[("queue", texts(["a"])), ("n", integers([1]))]),
            ["needs a time column", "`queue` (text), `n` (number)"],
        ),
        (batch(&[("time", minutes([0])), ("queue", texts(["a"]))]), ["needs a number", "`queue` (text)"]),
        (batch(&[("time", minutes([0])), ("up", booleans([Some(true)]))]), ["needs a number", "`up` (boolean)"]),
        (batch(&[("time", minutes([0]))]), ["needs a number", "it has: nothing"]),
        (batch(&[("time", minutes([0])), ("seen", minutes([0]))]), ["needs a number", "`seen` (timestamp)"]),
        (
            batch(&[("time", minutes([0])), ("q", texts(["a"])), ("q", texts(["b"])), ("n", integers([1]))]),
            ["both named `q`", "alias"],
        ),
        (RecordBatch::new_empty(Arc::new(Schema::empty())), ["needs a time column", "its columns are: none"]),
    ];
    for (rows, parts) in cases {
        assert_bad_query(shape(&rows, &WIDE), &parts);
        assert_bad_query(shape(&rows, &MULTI), &parts);
    }
}

#[test]
fn a_wide_frame_that_would_be_mostly_empty_is_laid_out_as_multi() {
    let rows = |count: i64| {
        let names: Vec<String> = (0..count).map(|n| n.to_string()).collect();
        batch(&[
            ("time", Arc::new((0..count).map(|n| Some(NOON + n)).collect::<TimestampNanosecondArray>())),
            ("queue", Arc::new(StringArray::from(names))),
            ("n", Arc::new((0..count).map(Some).collect::<Int64Array>())),
        ])
    };
    // Just as sparse, but small.
    assert_eq!(shape(&rows(1_000), &WIDE).unwrap().kind.name(), "timeseries-wide");
    let shaped = shape(&rows(1_001), &WIDE).unwrap();
    assert_eq!(shaped.kind.name(), "timeseries-multi");
    assert_eq!(shaped.frames.len(), 1_001);
    assert_notice(&shaped, Severity::Info, &["1001 series, 1001 times, 1001 rows", "$__timeGroup"]);
}

#[test]
fn more_series_than_a_panel_takes_are_refused() {
    let rows = |series: usize, values: usize| {
        let mut columns = vec![
            ("time".to_owned(), Arc::new(TimestampNanosecondArray::from(vec![NOON; series])) as ArrayRef),
            ("contact".to_owned(), Arc::new((0..series).map(|n| Some(n.to_string())).collect::<StringArray>())),
        ];
        let value: ArrayRef = Arc::new(Int64Array::from(vec![1; series]));
        columns.extend((0..values).map(|n| (format!("n{n}"), value.clone())));
        RecordBatch::try_from_iter(columns).unwrap()
    };
    assert!(shape(&rows(MAX_SERIES, 1), &WIDE).is_ok());
    assert_bad_query(shape(&rows(MAX_SERIES + 1, 1), &WIDE), &["more than 10000 series", "`contact`", "Aggregate"]);
    assert_bad_query(shape(&rows(MAX_SERIES / 2 + 1, 2), &MULTI), &["more than 10000 series"]);
}
