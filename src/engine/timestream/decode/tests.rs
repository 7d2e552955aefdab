//! The decoder as a specification: every type, every way of being null, everything malformed.

use arrow::{
    datatypes::{DataType, TimeUnit},
    util::pretty::pretty_format_batches,
};
use aws_sdk_timestreamquery::types::{Datum, ScalarType, TimeSeriesDataPoint, Type};
use proptest::prelude::*;

use super::*;

fn scalar_type(name: &str) -> Type {
    Type::builder().scalar_type(ScalarType::from(name)).build()
}

fn array_of(element: Type) -> Type {
    Type::builder().array_column_info(column(None, element)).build()
}

fn row_of(fields: Vec<ColumnInfo>) -> Type {
    Type::builder().set_row_column_info(Some(fields)).build()
}

fn series_of(value: Type) -> Type {
    Type::builder().time_series_measure_value_column_info(column(None, value)).build()
}

fn column(name: Option<&str>, r#type: Type) -> ColumnInfo {
    ColumnInfo::builder().set_name(name.map(str::to_owned)).r#type(r#type).build()
}

fn scalar(text: &str) -> Datum {
    Datum::builder().scalar_value(text).build()
}

fn null() -> Datum {
    Datum::builder().null_value(true).build()
}

fn array(elements: Vec<Datum>) -> Datum {
    Datum::builder().set_array_value(Some(elements)).build()
}

fn row_value(fields: Vec<Datum>) -> Datum {
    Datum::builder().row_value(row(fields)).build()
}

fn row(data: Vec<Datum>) -> Row {
    Row::builder().set_data(Some(data)).build().unwrap()
}

fn series(points: Vec<TimeSeriesDataPoint>) -> Datum {
    Datum::builder().set_time_series_value(Some(points)).build()
}

/// A point at a second of 2026-01-01.
fn point(second: u32, value: Datum) -> TimeSeriesDataPoint {
    let time = format!("2026-01-01 00:00:{second:02}.000000000");
    TimeSeriesDataPoint::builder().time(time).value(value).build().unwrap()
}

fn decode(columns: &[ColumnInfo], rows: &[Row], max_rows: usize) -> Result<Decoded> {
    let mut decoder = Decoder::new(max_rows);
    decoder.push(columns, rows)?;
    decoder.finish()
}

/// One value of one column, decoded: Arrow's type and what it prints.
fn one(r#type: Type, datum: Datum) -> Result<(DataType, String)> {
    let decoded = decode(&[column(Some("c"), r#type)], &[row(vec![datum])], 10)?;
    let array = decoded.batch.column(0);
    let text = if array.is_null(0) {
        "NULL".to_owned()
    } else {
        arrow::util::display::array_value_to_string(array, 0).unwrap()
    };
    Ok((array.data_type().clone(), text))
}

fn table(decoded: &Decoded) -> String {
    pretty_format_batches(std::slice::from_ref(&decoded.batch)).unwrap().to_string()
}

const TIME_TYPE: DataType = DataType::Timestamp(TimeUnit::Nanosecond, None);

#[test]
fn scalars() {
    let cases = [
        ("VARCHAR", "Grüße, \"x\"\n", DataType::Utf8, "Grüße, \"x\"\n"),
        ("VARCHAR", "", DataType::Utf8, ""),
        ("BOOLEAN", "true", DataType::Boolean, "true"),
        ("BOOLEAN", "false", DataType::Boolean, "false"),
        ("INTEGER", "-2147483648", DataType::Int32, "-2147483648"),
        ("BIGINT", "9223372036854775807", DataType::Int64, "9223372036854775807"),
        ("DOUBLE", "1.5", DataType::Float64, "1.5"),
        ("DOUBLE", "1.0E10", DataType::Float64, "10000000000.0"),
        ("DOUBLE", "NaN", DataType::Float64, "NaN"),
        ("DOUBLE", "Infinity", DataType::Float64, "inf"),
        ("DOUBLE", "-Infinity", DataType::Float64, "-inf"),
        ("TIMESTAMP", "2019-12-04 19:54:00.123456789", TIME_TYPE, "2019-12-04T19:54:00.123456789"),
        ("DATE", "2020-08-08", TIME_TYPE, "2020-08-08T00:00:00"),
        ("TIME", "01:02:03.000000004", TIME_TYPE, "1970-01-01T01:02:03.000000004"),
        ("INTERVAL_DAY_TO_SECOND", "1 02:03:04.000000000", DataType::Utf8, "1 02:03:04.000000000"),
        ("INTERVAL_YEAR_TO_MONTH", "1-2", DataType::Utf8, "1-2"),
        ("UNKNOWN", "whatever", DataType::Utf8, "whatever"),
        ("GEOMETRY_OF_TOMORROW", "POINT(1 2)", DataType::Utf8, "POINT(1 2)"),
    ];
    for (name, text, data_type, shown) in cases {
        assert_eq!(
            one(scalar_type(name), scalar(text)).unwrap(),
            (data_type.clone(), shown.to_owned()),
            "{name} {text}"
        );
        assert_eq!(one(scalar_type(name), null()).unwrap(), (data_type, "NULL".to_owned()), "{name} NULL");
    }
}

#[test]
fn nested_values_are_json() {
    let varchar = || scalar_type("VARCHAR");
    let point_type = row_of(vec![column(Some("x"), scalar_type("BIGINT")), column(None, scalar_type("DOUBLE"))]);
    let cases = [
        (array_of(scalar_type("BIGINT")), array(vec![scalar("1"), null(), scalar("-3")]), "[1,null,-3]"),
        (array_of(varchar()), array(vec![]), "[]"),
        (array_of(varchar()), array(vec![scalar("a\"b\n")]), r#"["a\"b\n"]"#),
        (array_of(array_of(scalar_type("BOOLEAN"))), array(vec![array(vec![scalar("true")]), null()]), "[[true],null]"),
        (point_type.clone(), row_value(vec![scalar("7"), scalar("0.5")]), r#"{"x":7,"_field1":0.5}"#),
        (point_type.clone(), row_value(vec![null(), scalar("NaN")]), r#"{"x":null,"_field1":"NaN"}"#),
        (array_of(point_type), array(vec![row_value(vec![scalar("1"), null()])]), r#"[{"x":1,"_field1":null}]"#),
        (
            row_of(vec![column(Some("a"), varchar()), column(Some("a"), varchar()), column(Some(""), varchar())]),
            row_value(vec![scalar("1"), scalar("2"), scalar("3")]),
            r#"{"a":"1","a_2":"2","_field2":"3"}"#,
        ),
        (
            array_of(series_of(scalar_type("DOUBLE"))),
            array(vec![series(vec![point(1, scalar("2.5")), point(2, null())])]),
            r#"[[{"time":"2026-01-01 00:00:01.000000000","value":2.5},{"time":"2026-01-01 00:00:02.000000000","value":null}]]"#,
        ),
        (array_of(scalar_type("DATE")), array(vec![scalar("9999-12-31")]), r#"["9999-12-31"]"#),
        (scalar_type("UNKNOWN"), array(vec![scalar("1"), row_value(vec![scalar("2")])]), r#"["1",["2"]]"#),
        (
            Type::builder().build(),
            series(vec![point(1, scalar("2"))]),
            r#"[{"time":"2026-01-01 00:00:01.000000000","value":"2"}]"#,
        ),
    ];
    for (r#type, datum, json) in cases {
        assert_eq!(one(r#type.clone(), datum).unwrap(), (DataType::Utf8, json.to_owned()));
        assert_eq!(one(r#type, null()).unwrap(), (DataType::Utf8, "NULL".to_owned()), "{json}");
    }
}

#[test]
fn what_is_malformed_names_the_column_and_the_value() {
    let empty = || Datum::builder().build();
    let both = Datum::builder().scalar_value("1").null_value(true).build();
    let pointless = TimeSeriesDataPoint::builder().time("2026-01-01 00:00:00").build().unwrap();
    let timeless = TimeSeriesDataPoint::builder().time("noon").value(scalar("1")).build().unwrap();
    let ancient = TimeSeriesDataPoint::builder().time("0001-01-01 00:00:00").value(scalar("1")).build().unwrap();
    let bigint = || scalar_type("BIGINT");
    let cases = [
        (bigint(), scalar("12.5"), "'12.5', which is not BIGINT"),
        (bigint(), scalar("9223372036854775808"), "'9223372036854775808', which is not BIGINT"),
        (bigint(), scalar(""), "'', which is not BIGINT"),
        (scalar_type("INTEGER"), scalar("2147483648"), "not INTEGER"),
        (scalar_type("BOOLEAN"), scalar("TRUE"), "not BOOLEAN"),
        (scalar_type("DOUBLE"), scalar("1e999"), "'1e999', which is not DOUBLE"),
        (scalar_type("DOUBLE"), scalar("one"), "not DOUBLE"),
        (scalar_type("TIMESTAMP"), scalar("yesterday"), "'yesterday', which is not TIMESTAMP"),
        (scalar_type("DATE"), scalar("2023-02-29"), "not DATE"),
        (scalar_type("TIME"), scalar("25:00:00"), "not TIME"),
        (scalar_type("VARCHAR"), array(vec![]), "an array where VARCHAR"),
        (bigint(), row_value(vec![]), "a row where BIGINT"),
        (bigint(), series(vec![]), "a time series where BIGINT"),
        (bigint(), empty(), "empty, not even NULL"),
        (bigint(), Datum::builder().null_value(false).build(), "empty, not even NULL"),
        (bigint(), both, "two kinds at once"),
        (array_of(bigint()), scalar("1"), "the scalar '1' where ARRAY"),
        (array_of(bigint()), array(vec![scalar("x")]), "'x', which is not BIGINT"),
        (array_of(bigint()), array(vec![empty()]), "empty, not even NULL"),
        (row_of(vec![column(None, bigint())]), row_value(vec![]), "a row of 0 fields where 1 were announced"),
        (row_of(vec![column(None, bigint())]), array(vec![]), "an array where ROW"),
        (series_of(bigint()), array(vec![]), "an array where TIMESERIES"),
        (series_of(bigint()), series(vec![pointless]), "a point without a value"),
        (series_of(bigint()), series(vec![timeless]), "a point whose time is 'noon'"),
        (series_of(bigint()), series(vec![ancient]), "out of range"),
        (series_of(bigint()), series(vec![point(0, scalar("x"))]), "'x', which is not BIGINT"),
        (array_of(series_of(bigint())), array(vec![scalar("1")]), "the scalar '1' where TIMESERIES"),
        (bigint(), scalar(&"9".repeat(10_000)), "9…', which is not BIGINT"),
        (bigint(), scalar("1\u{202e}\n2"), "'1 2', which"),
    ];
    for (r#type, datum, phrase) in cases {
        let error = one(r#type, datum).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.message().contains(phrase), "{phrase:?} is not in {error}");
        assert!(error.message().contains("in column c: "), "{error}");
        assert!(error.message().len() < 400, "{error}");
    }
}

#[test]
fn nesting_is_bounded() {
    let (mut r#type, mut datum) = (scalar_type("BIGINT"), scalar("1"));
    for _ in 0..200 {
        (r#type, datum) = (array_of(r#type), array(vec![datum]));
    }
    assert!(one(r#type, null()).unwrap_err().message().contains("nests too deep in column c"));
    assert!(one(scalar_type("UNKNOWN"), datum).unwrap_err().message().contains("nested more than 128 deep"));
}

#[test]
fn names_are_unique() {
    let named = |names: &[Option<&str>], r#type: &Type| {
        let columns: Vec<_> = names.iter().map(|name| column(*name, r#type.clone())).collect();
        let rows = [row(vec![null(); names.len()])];
        let schema = decode(&columns, &rows, 10).unwrap().batch.schema();
        schema.fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>()
    };
    let bigint = scalar_type("BIGINT");
    assert_eq!(named(&[None, Some(""), Some("x")], &bigint), ["_col0", "_col1", "x"]);
    assert_eq!(named(&[Some("a"), Some("a"), Some("a_2"), Some("a")], &bigint), ["a", "a_2", "a_2_2", "a_3"]);
    assert_eq!(named(&[Some("time"), Some("time")], &bigint), ["time", "time_2"]);
    assert_eq!(named(&[Some("time"), Some("time_2")], &series_of(bigint)), ["time", "time_2", "time_2_2"]);
    let many = vec![Some("same"); 20_000];
    assert_eq!(named(&many, &scalar_type("BIGINT")).len(), 20_000);
}

#[test]
fn times_out_of_range_are_empty_and_counted() {
    let columns = [column(Some("until"), scalar_type("DATE")), column(Some("at"), scalar_type("TIMESTAMP"))];
    let rows = vec![
        row(vec![scalar("9999-12-31"), scalar("2262-04-11 23:47:16.854775807")]),
        row(vec![scalar("2026-01-01"), scalar("2262-04-11 23:47:16.854775808")]),
    ];
    let decoded = decode(&columns, &rows, 10).unwrap();
    assert_eq!(decoded.batch.columns().iter().map(|array| array.null_count()).collect::<Vec<_>>(), [1, 1]);
    assert!(
        decoded.notices[0].text.starts_with("2 times lie outside 1677-09-21 to 2262-04-11"),
        "{:?}",
        decoded.notices
    );
}

#[test]
fn a_series_becomes_a_row_a_point_with_the_other_columns_as_labels() {
    let columns = [
        column(Some("queue"), scalar_type("VARCHAR")),
        column(Some("load"), series_of(scalar_type("DOUBLE"))),
        column(Some("site"), scalar_type("BIGINT")),
    ];
    let rows = vec![
        row(vec![
            scalar("sales"),
            series(vec![point(1, scalar("0.5")), point(0, null()), point(1, scalar("0.7"))]),
            scalar("3"),
        ]),
        row(vec![scalar("idle"), series(vec![]), scalar("4")]),
        row(vec![scalar("gone"), null(), null()]),
        row(vec![null(), series(vec![point(2, scalar("NaN"))]), null()]),
    ];
    let decoded = decode(&columns, &rows, 10).unwrap();
    let expected = "\
+---------------------+-------+------+------+
| time                | queue | load | site |
+---------------------+-------+------+------+
| 2026-01-01T00:00:01 | sales | 0.5  | 3    |
| 2026-01-01T00:00:00 | sales |      | 3    |
| 2026-01-01T00:00:01 | sales | 0.7  | 3    |
| 2026-01-01T00:00:02 |       | NaN  |      |
+---------------------+-------+------+------+";
    assert_eq!(table(&decoded), expected);
    assert_eq!(decoded.rows_read, 4);
    let schema = decoded.batch.schema();
    let labels: Vec<_> = schema.fields().iter().map(|field| field.metadata().get(ROLE).map(String::as_str)).collect();
    assert_eq!(labels, [None, Some(ROLE_LABEL), None, Some(ROLE_LABEL)]);
    assert_eq!(
        decoded.notices,
        [Notice::info("2 rows of the result hold time series without a point and are not shown.")]
    );
}

#[test]
fn several_series_of_a_row_are_joined_on_time() {
    let columns = [
        column(Some("offered"), series_of(scalar_type("BIGINT"))),
        column(Some("time"), scalar_type("VARCHAR")),
        column(Some("path"), series_of(array_of(scalar_type("BIGINT")))),
    ];
    let offered = series(vec![point(2, scalar("20")), point(0, scalar("0")), point(2, scalar("21"))]);
    let path = series(vec![point(1, array(vec![scalar("1")])), point(2, null())]);
    let rows = vec![row(vec![offered, scalar("t"), path]), row(vec![null(), null(), series(vec![point(5, null())])])];
    let expected = "\
+---------------------+---------+--------+------+
| time                | offered | time_2 | path |
+---------------------+---------+--------+------+
| 2026-01-01T00:00:00 | 0       | t      |      |
| 2026-01-01T00:00:01 |         | t      | [1]  |
| 2026-01-01T00:00:02 | 20      | t      |      |
| 2026-01-01T00:00:02 | 21      | t      |      |
| 2026-01-01T00:00:05 |         |        |      |
+---------------------+---------+--------+------+";
    let decoded = decode(&columns, &rows, 10).unwrap();
    assert_eq!(table(&decoded), expected);
    assert!(decoded.notices.is_empty());
}

#[test]
fn rows_beyond_the_limit_are_cut_with_a_warning() {
    let bigint = [column(Some("n"), scalar_type("BIGINT"))];
    let rows = |n: usize| vec![row(vec![scalar("1")]); n];
    for (given, limit, kept, cut) in [(3, 3, 3, false), (4, 3, 3, true), (0, 0, 0, false), (1, 0, 0, true)] {
        let decoded = decode(&bigint, &rows(given), limit).unwrap();
        assert_eq!((decoded.batch.num_rows(), decoded.notices.len()), (kept, usize::from(cut)), "{given} of {limit}");
        assert_eq!(decoded.rows_read, given as u64);
    }
    let long = [column(Some("s"), series_of(scalar_type("BIGINT")))];
    let points = |n: u32| vec![row(vec![series((0..n).map(|second| point(second, scalar("1"))).collect())])];
    for (given, limit, kept, cut) in [(3, 3, 3, false), (4, 3, 3, true), (2, 0, 0, true)] {
        let decoded = decode(&long, &points(given), limit).unwrap();
        assert_eq!(
            (decoded.batch.num_rows(), decoded.notices.len()),
            (kept, usize::from(cut)),
            "{given} points of {limit}"
        );
    }
    let notice = &decode(&bigint, &rows(2), 1).unwrap().notices[0];
    assert_eq!(notice.severity, crate::notice::Severity::Warning);
    assert!(notice.text.starts_with("Only the first 1 rows are shown"), "{}", notice.text);
}

#[test]
fn pages_add_up_and_must_agree() {
    let bigint = [column(Some("n"), scalar_type("BIGINT"))];
    let other = [column(Some("n"), scalar_type("DOUBLE"))];
    let one = vec![row(vec![scalar("1")])];
    let mut decoder = Decoder::new(10);
    for (columns, rows) in [(&[][..], &[][..]), (&bigint, &[]), (&bigint, &one), (&[], &one), (&[], &[])] {
        decoder.push(columns, rows).unwrap();
    }
    assert!(decoder.push(&other, &[]).unwrap_err().message().contains("columns that change"));
    assert!(decoder.push(&[], &[row(vec![])]).unwrap_err().message().contains("a row of 0 values for 1 columns"));
    assert_eq!(decoder.finish().unwrap().batch.num_rows(), 2);
    assert!(Decoder::new(1).push(&[], &one).unwrap_err().message().contains("rows, but no columns"));
    let nothing = Decoder::new(1).finish().unwrap().batch;
    assert_eq!((nothing.num_columns(), nothing.num_rows()), (0, 0));
}

fn any_type() -> impl Strategy<Value = Type> {
    const NAMES: &[&str] =
        &["VARCHAR", "BOOLEAN", "BIGINT", "DOUBLE", "TIMESTAMP", "DATE", "TIME", "INTEGER", "UNKNOWN", "X"];
    let leaf = prop_oneof![proptest::sample::select(NAMES).prop_map(scalar_type), Just(Type::builder().build()),];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(array_of),
            inner.clone().prop_map(series_of),
            proptest::collection::vec(inner.prop_map(|r#type| column(Some("f"), r#type)), 0..3).prop_map(row_of),
        ]
    })
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[-+0-9:. eENaInfity]{0,30}",
        Just("2026-01-01 00:00:00.000000000".to_owned()),
        Just("true".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<String>(),
    ]
}

fn any_datum() -> impl Strategy<Value = Datum> {
    let leaf = prop_oneof![
        3 => any_text().prop_map(|text| scalar(&text)),
        2 => Just(null()),
        1 => (any::<Option<bool>>(), any::<Option<String>>())
            .prop_map(|(null, text)| Datum::builder().set_null_value(null).set_scalar_value(text).build()),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        let point = (any_text(), proptest::option::of(inner.clone()))
            .prop_map(|(time, value)| TimeSeriesDataPoint::builder().time(time).set_value(value).build().unwrap());
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(array),
            proptest::collection::vec(inner, 0..3).prop_map(row_value),
            proptest::collection::vec(point, 0..4).prop_map(series),
        ]
    })
}

proptest! {
    #[test]
    fn arbitrary_values_in_arbitrary_columns_are_rows_or_an_error(
        types in proptest::collection::vec(any_type(), 0..4),
        rows in proptest::collection::vec(proptest::collection::vec(any_datum(), 0..4), 0..4),
        max_rows in 0_usize..5,
    ) {
        let columns: Vec<_> = types.into_iter().map(|r#type| column(Some("c"), r#type)).collect();
        if let Ok(decoded) = decode(&columns, &rows.into_iter().map(row).collect::<Vec<_>>(), max_rows) {
            prop_assert!(decoded.batch.num_rows() <= max_rows);
        }
    }

    #[test]
    fn scalars_that_are_read_are_read_exactly(numbers in proptest::collection::vec(any::<f64>(), 1..5)) {
        let rows: Vec<_> = numbers.iter().map(|number| row(vec![scalar(&number.to_string())])).collect();
        let decoded = decode(&[column(None, scalar_type("DOUBLE"))], &rows, 10);
        let decoded = decoded.unwrap();
        let array = decoded.batch.column(0).as_any().downcast_ref::<arrow::array::Float64Array>().unwrap();
        for (read, given) in array.values().iter().zip(&numbers) {
            prop_assert!(read.to_bits() == given.to_bits() || (read.is_nan() && given.is_nan()));
        }
    }
}
