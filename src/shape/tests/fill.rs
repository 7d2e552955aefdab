//! What stands where no row is.

use super::*;
use crate::time::CalendarUnit;

/// Two series with holes: `a` at 12:05 and 12:20, `b` at 12:05 with a null and at 12:10.
fn holes() -> RecordBatch {
    batch(&[
        ("time", minutes([5, 20, 5, 10])),
        ("q", texts(["a", "a", "b", "b"])),
        ("n", floats([Some(1.0), Some(2.0), None, Some(3.0)])),
    ])
}

#[test]
fn empty_buckets_are_filled_over_the_range() {
    let head = r#"time n{"q":"a"} n{"q":"b"}"#;
    let cases: &[(Fill, &[&str])] = &[
        (Fill::None, &["12:05 1.0 .", "12:10 . 3.0", "12:20 2.0 ."]),
        (Fill::Null, &["12:00 . .", "12:05 1.0 .", "12:10 . 3.0", "12:15 . .", "12:20 2.0 .", "12:25 . ."]),
        (
            Fill::Previous,
            &["12:00 . .", "12:05 1.0 .", "12:10 1.0 3.0", "12:15 1.0 3.0", "12:20 2.0 3.0", "12:25 2.0 3.0"],
        ),
        (
            Fill::Value(0.5),
            &["12:00 0.5 0.5", "12:05 1.0 .", "12:10 0.5 3.0", "12:15 0.5 0.5", "12:20 2.0 0.5", "12:25 0.5 0.5"],
        ),
    ];
    for (fill, expected) in cases {
        let options = filled(*fill, 5, 0, 30);
        let wide = shape(&holes(), &options).unwrap();
        assert_eq!(only_frame(&wide), [&[head], *expected].concat(), "{fill:?}");
        assert!(wide.notices.is_empty(), "{fill:?}: {:?}", wide.notices);
        if *fill == Fill::None {
            continue;
        }
        let multi = shape(&holes(), &Options { layout: Layout::Multi, ..options }).unwrap();
        let lines_of = |wanted: usize| -> Vec<String> {
            let of = |line: &&str| {
                let words: Vec<&str> = line.split(' ').collect();
                format!("{} {}", words[0], words[wanted])
            };
            [head].iter().chain(expected.iter()).map(of).collect()
        };
        assert_eq!(multi.frames.iter().map(lines).collect::<Vec<_>>(), [lines_of(1), lines_of(2)], "{fill:?}");
        assert_eq!(multi.kind.name(), "timeseries-multi");
    }
}

#[test]
fn buckets_are_in_step_with_the_rows_and_cover_the_range() {
    type Case = (&'static str, &'static [i64], (i64, i64), &'static [i64]);
    let cases: &[Case] = &[
        ("the bucket that the range begins in belongs to it", &[10], (3, 20), &[0, 5, 10, 15]),
        ("a range that begins with a bucket", &[10], (5, 16), &[5, 10, 15]),
        ("the range's end is outside", &[0], (0, 10), &[0, 5]),
        ("another phase than the epoch's", &[7, 22], (0, 30), &[-3, 2, 7, 12, 17, 22, 27]),
        ("rows outside the range stay, and are joined up", &[-10, 20], (0, 10), &[-10, -5, 0, 5, 10, 15, 20]),
        ("nothing to add", &[0, 5], (0, 10), &[0, 5]),
        ("an empty range", &[0, 10], (30, 30), &[0, 5, 10, 15, 20, 25]),
        ("a range that ends before it begins", &[0, 10], (30, 0), &[0, 5, 10]),
    ];
    for (what, rows, (from, to), expected) in cases {
        let of = |minutes: &[i64]| -> Vec<i64> { minutes.iter().map(|minute| NOON + minute * MINUTE).collect() };
        let values = Int64Array::from(vec![1; rows.len()]);
        let rows = batch(&[("time", Arc::new(TimestampNanosecondArray::from(of(rows)))), ("n", Arc::new(values))]);
        let shaped = shape(&rows, &filled(Fill::Null, 5, *from, *to)).unwrap();
        let times: TimestampNanosecondArray = shaped.frames[0].column(0).to_data().into();
        assert_eq!(times.values(), &of(expected)[..], "{what}");
        assert_eq!(
            shaped.frames[0].column(1).len() - shaped.frames[0].column(1).null_count(),
            rows.num_rows(),
            "{what}"
        );
    }
}

#[test]
fn times_out_of_step_are_filled_where_a_bucket_fits_and_the_reader_is_told() {
    let rows = batch(&[("time", minutes([0, 7, 24])), ("n", integers([1, 2, 3]))]);
    let shaped = shape(&rows, &filled(Fill::Value(0.0), 5, 0, 26)).unwrap();
    assert_eq!(only_frame(&shaped), ["time n", "12:00 1", "12:07 2", "12:12 0", "12:17 0", "12:24 3"]);
    assert_notice(&shaped, Severity::Info, &["not whole steps", "$__timeGroup"]);
}

#[test]
fn without_a_step_only_the_times_that_some_series_has_are_filled() {
    for step in [None, Some(Step::Fixed(Duration::ZERO))] {
        let shaped = shape(&holes(), &Options { step, ..filled(Fill::Previous, 5, 0, 30) }).unwrap();
        assert_eq!(only_frame(&shaped)[1..], ["12:05 1.0 .", "12:10 1.0 3.0", "12:20 2.0 3.0"]);
        assert_notice(&shaped, Severity::Info, &["no step"]);
    }
}

#[test]
fn a_value_that_whole_numbers_cannot_hold_makes_floats_of_them() {
    let rows = batch(&[("time", minutes([0, 10])), ("n", integers([1, 2]))]);
    let cases = [
        (0.0, ["1", "0", "2"]),
        (-1.0, ["1", "-1", "2"]),
        (0.5, ["1.0", "0.5", "2.0"]),
        (1e30, ["1.0", "1e30", "2.0"]),
    ];
    for (value, expected) in cases {
        let shaped = shape(&rows, &filled(Fill::Value(value), 5, 0, 15)).unwrap();
        let values: Vec<String> =
            only_frame(&shaped)[1..].iter().map(|line| line.split(' ').nth(1).unwrap().to_owned()).collect();
        assert_eq!(values, expected, "{value}");
    }
}

#[test]
fn a_fill_without_bounds_is_refused() {
    let rows = batch(&[("time", minutes([0])), ("n", integers([1]))]);
    let nanosecond = Options { step: Some(Step::Fixed(Duration::from_nanos(1))), ..filled(Fill::Null, 5, 0, 60) };
    assert_bad_query(shape(&rows, &nanosecond), &["would add 3599999999999 values", "larger step"]);

    // Not every time in reach of the types is in reach of the clock.
    let far: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![i64::MIN, i64::MAX]));
    let rows = batch(&[("time", far), ("n", integers([1, 2]))]);
    let widest = TimeRange { from: DateTime::<chrono::Utc>::MIN_UTC, to: DateTime::<chrono::Utc>::MAX_UTC };
    assert_bad_query(shape(&rows, &Options { range: widest, ..nanosecond }), &["larger step"]);
    let longest = Options { range: widest, step: Some(Step::Fixed(Duration::MAX)), ..nanosecond };
    assert_eq!(shape(&rows, &longest).unwrap().frames[0].num_rows(), 2);
}

fn instant(text: &str) -> i64 {
    DateTime::parse_from_rfc3339(text).unwrap().timestamp_nanos_opt().unwrap()
}

/// The times of an axis with rows at `rows`, filled by `unit` of London.
fn london(unit: CalendarUnit, rows: &[&str], from: &str, to: &str) -> Shaped {
    let at = |text| DateTime::from_timestamp_nanos(instant(text));
    let times: ArrayRef = Arc::new(TimestampNanosecondArray::from_iter_values(rows.iter().map(|row| instant(row))));
    let values: ArrayRef = Arc::new(Int64Array::from(vec![1; rows.len()]));
    let step = Some(Step::Calendar { unit, zone: chrono_tz::Europe::London });
    let options = Options { fill: Fill::Value(0.0), step, range: TimeRange { from: at(from), to: at(to) }, ..WIDE };
    shape(&batch(&[("time", times), ("n", values)]), &options).unwrap()
}

fn times_of(shaped: &Shaped) -> Vec<i64> {
    let times: TimestampNanosecondArray = shaped.frames[0].column(0).to_data().into();
    times.values().to_vec()
}

#[test]
fn calendar_buckets_are_filled_as_the_wall_has_them() {
    use CalendarUnit::{Day, Month};
    type Case = (&'static str, CalendarUnit, &'static [&'static str], [&'static str; 2], &'static [&'static str]);
    let cases: &[Case] = &[
        (
            "the day on which the clocks go forward has 23 hours",
            Day,
            &["2026-03-28T00:00:00Z", "2026-03-31T23:00:00Z"],
            ["2026-03-28T00:00:00Z", "2026-04-01T23:00:00Z"],
            &[
                "2026-03-28T00:00:00Z",
                "2026-03-29T00:00:00Z",
                "2026-03-29T23:00:00Z",
                "2026-03-30T23:00:00Z",
                "2026-03-31T23:00:00Z",
            ],
        ),
        (
            "the day on which they go back has 25, and the range is covered to both sides",
            Day,
            &["2026-10-26T00:00:00Z"],
            ["2026-10-24T12:00:00Z", "2026-10-28T00:00:01Z"],
            &[
                "2026-10-23T23:00:00Z",
                "2026-10-24T23:00:00Z",
                "2026-10-26T00:00:00Z",
                "2026-10-27T00:00:00Z",
                "2026-10-28T00:00:00Z",
            ],
        ),
        (
            "the range's end is outside",
            Day,
            &["2026-10-24T23:00:00Z"],
            ["2026-10-24T23:00:00Z", "2026-10-27T00:00:00Z"],
            &["2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z"],
        ),
        (
            "months, and rows outside the range that are joined up",
            Month,
            &["2026-01-01T00:00:00Z", "2026-05-31T23:00:00Z"],
            ["2026-03-10T00:00:00Z", "2026-04-10T00:00:00Z"],
            &[
                "2026-01-01T00:00:00Z",
                "2026-02-01T00:00:00Z",
                "2026-03-01T00:00:00Z",
                "2026-03-31T23:00:00Z",
                "2026-04-30T23:00:00Z",
                "2026-05-31T23:00:00Z",
            ],
        ),
    ];
    for (what, unit, rows, [from, to], expected) in cases {
        let shaped = london(*unit, rows, from, to);
        assert_eq!(times_of(&shaped), expected.iter().map(|text| instant(text)).collect::<Vec<_>>(), "{what}");
        assert!(shaped.notices.is_empty(), "{what}: {:?}", shaped.notices);
    }
}

#[test]
fn rows_between_the_buckets_of_a_calendar_stay_and_the_reader_is_told() {
    // Days of UTC in a summer whose London days begin at 23:00.
    let rows = ["2026-06-01T00:00:00Z", "2026-06-03T00:00:00Z"];
    let shaped = london(CalendarUnit::Day, &rows, "2026-06-01T00:00:00Z", "2026-06-03T12:00:00Z");
    let expected = ["2026-06-01T00:00:00Z", "2026-06-01T23:00:00Z", "2026-06-03T00:00:00Z"].map(instant);
    assert_eq!(times_of(&shaped), expected);
    assert_notice(&shaped, Severity::Info, &["not whole steps", "a day in Europe/London"]);
}

#[test]
fn a_calendar_without_bounds_is_covered_as_far_as_times_reach() {
    let rows = batch(&[("time", minutes([0])), ("n", integers([1]))]);
    let widest = TimeRange { from: DateTime::<chrono::Utc>::MIN_UTC, to: DateTime::<chrono::Utc>::MAX_UTC };
    let step = Some(Step::Calendar { unit: CalendarUnit::Year, zone: chrono_tz::UTC });
    let options = Options { range: widest, step, ..filled(Fill::Null, 5, 0, 60) };
    // The starts of 1678 to 2262, and the row.
    assert_eq!(shape(&rows, &options).unwrap().frames[0].num_rows(), 2262 - 1677);
}
