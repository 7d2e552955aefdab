//! Which column says when, and how it is read.

use arrow::array::Int32Array;

use super::*;

#[test]
fn the_time_column_is_found_by_type_and_name() {
    let cases: &[(&str, RecordBatch, &str)] = &[
        ("the first timestamp", batch(&[("a", minutes([0])), ("b", minutes([5])), ("n", integers([1]))]), "a n"),
        ("one named time", batch(&[("a", minutes([0])), ("Time", minutes([5])), ("n", integers([1]))]), "Time n"),
        ("an epoch named time", batch(&[("a", minutes([0])), ("time", integers([5])), ("n", integers([1]))]), "time n"),
        (
            "a timestamp before a text named time, which is a label then",
            batch(&[("time", texts(["x"])), ("a", minutes([0])), ("n", integers([1]))]),
            r#"a n{"time":"x"}"#,
        ),
        (
            "not one that is marked as a label",
            with_label_role(&batch(&[("time", minutes([0])), ("a", minutes([0])), ("n", integers([1]))]), "time"),
            r#"a n{"time":"2026-01-31T12:00:00"}"#,
        ),
    ];
    for (what, rows, head) in cases {
        let shaped = shape(rows, &WIDE).unwrap();
        assert_eq!(only_frame(&shaped)[0], *head, "{what}");
    }
}

#[test]
fn a_second_timestamp_is_left_out_with_a_notice() {
    let rows = batch(&[("time", minutes([0])), ("last_seen", minutes([5])), ("n", integers([1]))]);
    let shaped = shape(&rows, &WIDE).unwrap();
    assert_eq!(only_frame(&shaped), ["time n", "12:00 1"]);
    assert_notice(&shaped, Severity::Info, &["`last_seen` (timestamp)"]);
}

#[test]
fn epochs_and_text_named_time_are_read_as_instants() {
    let seconds = NOON / 1_000_000_000;
    let fraction = |unit: f64| -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a date of today")]
        let seconds = seconds as f64;
        (seconds + 0.25) * unit
    };
    let quarter = NOON + 250_000_000;
    let cases: &[(&str, ArrayRef, i64)] = &[
        ("seconds", integers([seconds]), NOON),
        ("32-bit seconds", Arc::new(Int32Array::from(vec![i32::try_from(seconds).unwrap()])), NOON),
        ("milliseconds", integers([NOON / 1_000_000]), NOON),
        ("microseconds", integers([NOON / 1_000]), NOON),
        ("nanoseconds", integers([NOON]), NOON),
        ("seconds with a fraction", floats([Some(fraction(1.0))]), quarter),
        ("milliseconds as floats", floats([Some(fraction(1e3))]), quarter),
        ("text", texts(["2026-01-31 12:00:00.250"]), quarter),
        ("text with an offset", texts(["2026-01-31T13:00:00+01:00"]), NOON),
        ("a date", texts(["2026-01-31"]), NOON - 12 * 60 * MINUTE),
    ];
    for (what, time, expected) in cases {
        let shaped = shape(&batch(&[("time", time.clone()), ("n", integers([1]))]), &WIDE).unwrap();
        let times: TimestampNanosecondArray = shaped.frames[0].column(0).to_data().into();
        assert_eq!(times.values(), &[*expected], "{what}");
        assert!(shaped.notices.is_empty(), "{what}: {:?}", shaped.notices);
    }
}

#[test]
fn text_that_is_no_time_is_refused_with_the_text() {
    let rows = batch(&[("time", texts(["2026-01-31 12:00:00", "noon"])), ("n", integers([1, 2]))]);
    assert_bad_query(shape(&rows, &WIDE), &["`time` is text", "`noon`", "another name"]);
}

#[test]
fn rows_without_a_time_are_left_out_with_a_notice() {
    let none = Arc::new(TimestampNanosecondArray::from(vec![None, Some(NOON), None]));
    let not_finite = floats([Some(f64::NAN), Some(1_769_860_800.0), Some(f64::INFINITY)]);
    for time in [none as ArrayRef, not_finite] {
        let rows = batch(&[("time", time), ("q", texts(["a", "b", "c"])), ("n", integers([1, 2, 3]))]);
        let shaped = shape(&rows, &WIDE).unwrap();
        assert_eq!(only_frame(&shaped), [r#"time n{"q":"b"}"#, "12:00 2"]);
        assert_notice(&shaped, Severity::Warning, &["2 of 3 rows", "`time`"]);
    }
}

#[test]
fn rows_that_all_lack_a_time_make_an_empty_frame() {
    let none: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![None, None]));
    let rows = batch(&[("time", none), ("q", texts(["a", "b"])), ("n", integers([1, 2]))]);
    let shaped = shape(&rows, &filled(Fill::Null, 5, 0, 60)).unwrap();
    assert_eq!(only_frame(&shaped), ["time n"]);
    assert_notice(&shaped, Severity::Warning, &["2 of 2 rows"]);
}
