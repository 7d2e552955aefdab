//! Every type of Athena, as a table: its texts, and what a panel gets.

use arrow::{
    datatypes::{DataType, TimeUnit},
    util::display::{ArrayFormatter, FormatOptions},
};
use proptest::prelude::*;

use super::*;
use crate::{error::ErrorKind, notice::Severity};

const TIMESTAMP: DataType = DataType::Timestamp(TimeUnit::Nanosecond, None);

/// Athena's text, and the value it is.
type Texts<'a> = &'a [(&'a str, &'a str)];

fn decode(type_name: &str, cells: &[Option<&str>]) -> Result<(Field, ArrayRef, Vec<Notice>)> {
    let mut column = ColumnDecoder::new("c", type_name);
    for cell in cells {
        column.append(*cell)?;
    }
    Ok(column.finish())
}

fn show(array: &ArrayRef) -> Vec<String> {
    let options = FormatOptions::new().with_null("NULL");
    let formatter = ArrayFormatter::try_new(array.as_ref(), &options).expect("a type that can be shown");
    (0..array.len()).map(|row| formatter.value(row).to_string()).collect()
}

#[test]
fn every_type_has_its_like() {
    let cases: &[(&str, DataType, Texts)] = &[
        ("boolean", DataType::Boolean, &[("true", "true"), ("false", "false")]),
        ("tinyint", DataType::Int8, &[("-128", "-128"), ("127", "127")]),
        ("smallint", DataType::Int16, &[("-32768", "-32768"), ("32767", "32767")]),
        ("integer", DataType::Int32, &[("-2147483648", "-2147483648"), ("2147483647", "2147483647")]),
        ("int", DataType::Int32, &[("0", "0")]),
        (
            "bigint",
            DataType::Int64,
            &[("-9223372036854775808", "-9223372036854775808"), ("9007199254740993", "9007199254740993")],
        ),
        (
            "double",
            DataType::Float64,
            &[
                ("1.0E10", "10000000000.0"),
                ("-0.0", "-0.0"),
                ("1.7976931348623157E308", "1.7976931348623157e308"),
                ("NaN", "NaN"),
                ("Infinity", "inf"),
                ("-Infinity", "-inf"),
            ],
        ),
        ("float", DataType::Float64, &[("1.1", "1.1")]),
        ("real", DataType::Float64, &[("1.1", "1.1")]),
        (
            "decimal",
            DataType::Float64,
            &[("1.10", "1.1"), ("-0.05", "-0.05"), (".5", "0.5"), ("123456789012.345", "123456789012.345")],
        ),
        ("decimal(38,2)", DataType::Float64, &[("0.00", "0.0")]),
        ("date", TIMESTAMP, &[("2026-01-31", "2026-01-31T00:00:00")]),
        ("time", TIMESTAMP, &[("09:30:15.123", "1970-01-01T09:30:15.123")]),
        ("time(6)", TIMESTAMP, &[("09:30:15.123456", "1970-01-01T09:30:15.123456")]),
        ("time with time zone", TIMESTAMP, &[("09:30:15.123+01:00", "1970-01-01T08:30:15.123")]),
        ("timestamp", TIMESTAMP, &[("2026-01-31 09:30:15.123", "2026-01-31T09:30:15.123")]),
        ("timestamp(0)", TIMESTAMP, &[("2026-01-31 09:30:15", "2026-01-31T09:30:15")]),
        ("timestamp(12)", TIMESTAMP, &[("2026-01-31 09:30:15.123456789000", "2026-01-31T09:30:15.123456789")]),
        (
            "timestamp with time zone",
            TIMESTAMP,
            &[
                ("2026-07-31 09:30:15.123 UTC", "2026-07-31T09:30:15.123"),
                ("2026-07-31 09:30:15.123 Europe/London", "2026-07-31T08:30:15.123"),
            ],
        ),
        ("timestamp(3) with time zone", TIMESTAMP, &[("2026-01-31 09:30:15.123 -05:00", "2026-01-31T14:30:15.123")]),
        ("varchar", DataType::Utf8, &[("Ångström", "Ångström"), ("", ""), ("NULL", "NULL")]),
        ("varchar(10)", DataType::Utf8, &[("a", "a")]),
        ("char", DataType::Utf8, &[("a  ", "a  ")]),
        ("string", DataType::Utf8, &[("a", "a")]),
        ("varbinary", DataType::Utf8, &[("00 ff 10", "00 ff 10")]),
        ("json", DataType::Utf8, &[("{\"a\":1}", "{\"a\":1}")]),
        ("uuid", DataType::Utf8, &[("12151fd2-7586-11e9-8f9e-2a86e4085a59", "12151fd2-7586-11e9-8f9e-2a86e4085a59")]),
        ("ipaddress", DataType::Utf8, &[("2001:db8::1", "2001:db8::1")]),
        ("interval day to second", DataType::Utf8, &[("2 00:00:00.000", "2 00:00:00.000")]),
        ("interval year to month", DataType::Utf8, &[("1-6", "1-6")]),
        ("array", DataType::Utf8, &[("[1, null]", "[1, null]")]),
        ("array(varchar)", DataType::Utf8, &[("[a, b]", "[a, b]")]),
        ("map", DataType::Utf8, &[("{a=1}", "{a=1}")]),
        ("row", DataType::Utf8, &[("{name=a, n=1}", "{name=a, n=1}")]),
        ("row(at timestamp(3))", DataType::Utf8, &[("{at=2026-01-31 09:30:15.123}", "{at=2026-01-31 09:30:15.123}")]),
        ("unknown", DataType::Utf8, &[]),
        ("hyperloglog", DataType::Utf8, &[("02 0c", "02 0c")]),
        ("a type of next year", DataType::Utf8, &[("x", "x")]),
    ];
    for (type_name, data_type, values) in cases {
        let cells: Vec<_> = values.iter().map(|(text, _)| Some(*text)).chain([None]).collect();
        let (field, array, notices) = decode(type_name, &cells).expect(type_name);
        assert_eq!(field, Field::new("c", data_type.clone(), true), "{type_name}");
        let expected: Vec<_> = values.iter().map(|(_, meaning)| *meaning).chain(["NULL"]).collect();
        assert_eq!(show(&array), expected, "{type_name}");
        assert_eq!(array.null_count(), 1, "{type_name}: NULL, and nothing else, is null");
        assert_eq!(notices, [], "{type_name}");
    }
}

#[test]
fn a_value_that_its_type_does_not_explain_is_an_error_that_names_it() {
    for (type_name, text) in [
        ("boolean", "TRUE"),
        ("boolean", "1"),
        ("tinyint", "128"),
        ("smallint", "1e3"),
        ("integer", "2147483648"),
        ("integer", ""),
        ("integer", " 1"),
        ("bigint", "9223372036854775808"),
        ("bigint", "1.0"),
        ("double", "one"),
        ("double", ""),
        ("decimal", "NaN"),
        ("decimal", "1e5"),
        ("decimal", "."),
        ("decimal", "1,5"),
        ("date", "tomorrow"),
        ("time", "noon"),
        ("timestamp", "2026-02-30 00:00:00.000"),
        ("timestamp with time zone", "2026-01-31 09:30:15.123 Nowhere/Here"),
    ] {
        let error = decode(type_name, &[Some(text)]).expect_err(type_name);
        assert_eq!(error.kind(), ErrorKind::Internal, "{type_name}");
        for part in [&format!("\"{text}\""), "\"c\"", type_name, "CAST"] {
            assert!(error.message().contains(part), "{type_name}: {error}");
        }
    }
}

#[test]
fn a_long_value_is_shortened_in_the_error() {
    let error = decode("integer", &[Some(&"é".repeat(10_000))]).expect_err("not a number");
    assert!(error.message().len() < 500, "{error}");
}

#[test]
fn what_is_lost_is_said() {
    for (type_name, text, shown, severity, said) in [
        ("timestamp", "9999-12-31 00:00:00.000", "NULL", Severity::Warning, "outside the years 1677 to 2262"),
        ("date", "0001-01-01", "NULL", Severity::Warning, "outside the years 1677 to 2262"),
        ("decimal", "12345678901234567.89", "1.2345678901234568e16", Severity::Info, "rounded"),
        ("decimal", "0.1234567890123456789", "0.12345678901234568", Severity::Info, "rounded"),
        ("timestamp(12)", "2026-01-31 00:00:00.000000000001", "2026-01-31T00:00:00", Severity::Info, "nanosecond"),
        (
            "timestamp with time zone",
            "2026-10-25 01:30:00.000 Europe/London",
            "2026-10-25T00:30:00",
            Severity::Info,
            "occurred twice",
        ),
    ] {
        let (_, array, notices) = decode(type_name, &[Some(text), Some(text)]).expect(type_name);
        assert_eq!(show(&array), [shown, shown], "{type_name} {text}");
        let [notice] = notices.as_slice() else { panic!("{type_name} {text}: {notices:?}") };
        assert_eq!(notice.severity, severity, "{notice:?}");
        assert!(notice.text.starts_with("Column \"c\": 2 ") && notice.text.contains(said), "{notice:?}");
    }
}

#[test]
fn a_long_decimal_that_a_float_holds_exactly_is_not_called_rounded() {
    for text in ["1000000000000000000000", "00000000000000000000001.5", "2251799813685248.5", "0.000000000000000000"] {
        assert_eq!(decimal(text).map(|(_, exact)| exact), Some(true), "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(type_name in "[a-z() ]{0,20}", text in "\\PC{0,40}") {
        for type_name in [type_name.as_str(), "boolean", "tinyint", "bigint", "double", "decimal", "time", "timestamp"] {
            let _ = decode(type_name, &[Some(&text)]);
        }
    }

    #[test]
    fn every_double_is_read_back(value: f64) {
        let (_, array, _) = decode("double", &[Some(&format!("{value:E}"))]).expect("a double");
        let values = array.as_any().downcast_ref::<arrow::array::Float64Array>().expect("doubles");
        prop_assert_eq!(values.value(0).to_bits(), value.to_bits());
    }
}
