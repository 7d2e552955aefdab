//! Log lines.

use arrow::datatypes::{DataType, TimeUnit};

use super::*;

const LOGS: Options = Options { format: Format::Logs, ..WIDE };

/// The frame's rows with the labels as JSON text.
fn log_lines(rows: &RecordBatch) -> Vec<String> {
    let shaped = shape(rows, &LOGS).unwrap();
    let frame = &shaped.frames[0];
    let last = frame.num_columns() - 1;
    let labels = arrow::compute::cast(frame.column(last), &DataType::Utf8).unwrap();
    let columns: Vec<_> =
        (0..last).map(|n| (frame.schema().field(n).name().clone(), frame.column(n).clone())).collect();
    lines(&RecordBatch::try_from_iter(columns.into_iter().chain([("labels".to_owned(), labels)])).unwrap())
}

#[test]
fn columns_find_their_place_by_name() {
    let one = || integers([7]);
    let cases: &[(&str, RecordBatch, [&str; 2])] = &[
        (
            "all there, in any case and order",
            batch(&[
                ("ID", texts(["x1"])),
                ("Level", texts(["warn"])),
                ("queue", texts(["sales"])),
                ("Message", texts(["hello"])),
                ("At", minutes([0])),
            ]),
            ["timestamp body severity id labels", r#"12:00 hello warn x1 {"queue":"sales"}"#],
        ),
        (
            "the first text column is the body; a number is a label as text",
            batch(&[("n", one()), ("what", texts(["hello"])), ("time", minutes([0])), ("b", texts(["y"]))]),
            ["timestamp body labels", r#"12:00 hello {"b":"y","n":"7"}"#],
        ),
        (
            "body before message",
            batch(&[("message", texts(["m"])), ("body", texts(["b"])), ("time", minutes([0]))]),
            ["timestamp body labels", r#"12:00 b {"message":"m"}"#],
        ),
        (
            "a number named id or level",
            batch(&[("time", minutes([0])), ("id", one()), ("level", one()), ("line", texts(["hello"]))]),
            ["timestamp body severity id labels", "12:00 hello 7 7 {}"],
        ),
        (
            "a second timestamp is a label",
            batch(&[("time", minutes([0])), ("line", texts(["hello"])), ("until", minutes([5]))]),
            ["timestamp body labels", r#"12:00 hello {"until":"2026-01-31T12:05:00"}"#],
        ),
    ];
    for (what, rows, expected) in cases {
        assert_eq!(log_lines(rows), expected, "{what}");
    }
}

#[test]
fn lines_are_newest_first_and_those_of_one_instant_stay_as_they_came() {
    let rows = batch(&[("time", minutes([0, 5, 0, 10])), ("line", texts(["a", "b", "c", "d"]))]);
    assert_eq!(log_lines(&rows)[1..], ["12:10 d {}", "12:05 b {}", "12:00 a {}", "12:00 c {}"]);
}

#[test]
fn nulls_are_an_empty_body_and_labels_left_out() {
    let null_then = |text: &str| Arc::new(StringArray::from(vec![None, Some(text)])) as ArrayRef;
    let rows = batch(&[
        ("time", minutes([5, 0])),
        ("line", null_then("hello")),
        ("level", null_then("info")),
        ("q\"", null_then("a\\b")),
    ]);
    assert_eq!(log_lines(&rows)[1..], ["12:05  . {}", r#"12:00 hello info {"q\"":"a\\b"}"#]);
}

#[test]
fn the_frame_has_the_types_of_the_contract() {
    let rows =
        batch(&[("t", minutes([])), ("line", texts([])), ("level", texts([])), ("id", texts([])), ("x", integers([]))]);
    let shaped = shape(&rows, &LOGS).unwrap();
    assert_eq!(shaped.kind.name(), "log-lines");
    let schema = shaped.frames[0].schema();
    let types: Vec<_> =
        schema.fields().iter().map(|f| (f.name().as_str(), f.data_type().clone(), f.is_nullable())).collect();
    assert_eq!(
        types,
        [
            ("timestamp", DataType::Timestamp(TimeUnit::Nanosecond, None), false),
            ("body", DataType::Utf8, false),
            ("severity", DataType::Utf8, true),
            ("id", DataType::Utf8, true),
            ("labels", DataType::Binary, false),
        ]
    );
}

#[test]
fn a_line_needs_a_time_and_a_text() {
    let cases = [
        (batch(&[("line", texts(["a"]))]), ["needs a time column", "`line` (text)"]),
        (batch(&[("time", minutes([0])), ("n", integers([1]))]), ["need a text column", "`n` (number)"]),
        (batch(&[("time", minutes([0])), ("level", texts(["info"]))]), ["need a text column", "`body`"]),
    ];
    for (rows, parts) in cases {
        assert_bad_query(shape(&rows, &LOGS), &parts);
    }
}

#[test]
fn lines_without_a_time_are_left_out_with_a_notice() {
    let time: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![None, Some(NOON)]));
    let rows = batch(&[("time", time), ("line", texts(["a", "b"]))]);
    let shaped = shape(&rows, &LOGS).unwrap();
    assert_eq!(shaped.frames[0].num_rows(), 1);
    assert_notice(&shaped, Severity::Warning, &["1 of 2 rows"]);
}
