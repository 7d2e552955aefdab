//! What outputs are calculated to.

use arrow::datatypes::DataType;

use super::*;

use Value::{Coalesce, Column, Double, Integer, Null, NullIf, Round, ToDouble, ToInteger};

/// The merged columns by place: an Int64 of 7, a double of 2.5, a null Int64, text, a real of 0.5, a boolean, a null text.
const SEVEN: Value = Column(0);
const HALVES: Value = Column(1);
const NO_INTEGER: Value = Column(2);
const TEXT: Value = Column(3);
const REAL: Value = Column(4);
const YES: Value = Column(5);
const NO_TEXT: Value = Column(6);

/// `value` over one group of the columns above.
fn evaluate(value: Value) -> Result<(String, DataType), Error> {
    let part = batch(&[
        ("seven", integers([Some(7)])),
        ("halves", doubles([Some(2.5)])),
        ("no_integer", integers([None])),
        ("text", texts([Some("t")])),
        ("real", Arc::new(Float32Array::from(vec![0.5]))),
        ("yes", booleans([Some(true)])),
        ("no_text", texts([None])),
    ]);
    let merge = Totals { outputs: vec![output("x", value)], ..plain(0, &[Partial::Max; 7]) };
    let answer = totals(&[part], &merge)?;
    Ok((lines(&answer).remove(0), answer.column(0).data_type().clone()))
}

fn binary(arithmetic: Arithmetic, one: Value, other: Value) -> Value {
    Value::Binary(arithmetic, Box::new(one), Box::new(other))
}

fn negative(value: Value) -> Value {
    Value::Negative(Box::new(value))
}

fn null_if(one: Value, other: Value) -> Value {
    NullIf(Box::new(one), Box::new(other))
}

fn to_integer(value: Value) -> Value {
    ToInteger(Box::new(value))
}

fn round(value: Value, digits: i32) -> Value {
    Round(Box::new(value), digits)
}

#[test]
fn values_are_calculated_as_in_trino() {
    use Arithmetic::{Add, Divide, Modulo, Multiply, Subtract};
    let (bigint, double, real) = (DataType::Int64, DataType::Float64, DataType::Float32);
    let whole: Vec<(Value, &str)> = vec![
        (Integer(3), "3"),
        (binary(Add, SEVEN, Integer(i64::MAX - 7)), "9223372036854775807"),
        (binary(Subtract, SEVEN, Integer(9)), "-2"),
        (binary(Multiply, SEVEN, Integer(-2)), "-14"),
        (binary(Divide, SEVEN, Integer(2)), "3"),
        (binary(Divide, SEVEN, Integer(-2)), "-3"),
        (binary(Modulo, SEVEN, Integer(-4)), "3"),
        (binary(Modulo, Integer(-7), Integer(4)), "-3"),
        (binary(Modulo, Integer(i64::MIN), Integer(-1)), "0"),
        (binary(Divide, NO_INTEGER, Integer(0)), "."),
        (binary(Add, SEVEN, Null), "."),
        (negative(SEVEN), "-7"),
        (to_integer(HALVES), "3"),
        (to_integer(negative(HALVES)), "-3"),
        (to_integer(Double(0.499_999_999_999_999_94)), "0"),
        (to_integer(Double(-9_223_372_036_854_775_808.0)), "-9223372036854775808"),
        (to_integer(SEVEN), "7"),
        (to_integer(Null), "."),
        (round(SEVEN, 0), "7"),
        (round(SEVEN, 3), "7"),
        (round(SEVEN, -1), "10"),
        (round(Integer(-15), -1), "-20"),
        (round(Integer(14), -1), "10"),
        (round(Integer(i64::MIN), -18), "-9000000000000000000"),
        (Coalesce(vec![NO_INTEGER, SEVEN, Integer(0)]), "7"),
        (Coalesce(vec![Null, NO_TEXT, SEVEN]), "7"),
        (null_if(SEVEN, Integer(7)), "."),
        (null_if(SEVEN, Integer(8)), "7"),
        (null_if(SEVEN, Double(7.0)), "."),
        (null_if(SEVEN, Null), "7"),
        (null_if(NO_INTEGER, SEVEN), "."),
        (null_if(Integer((1 << 53) + 1), Integer(1 << 53)), "9007199254740993"),
    ];
    let floating: Vec<(Value, &str)> = vec![
        (Null, "."),
        (Double(1.5), "1.5"),
        (binary(Add, SEVEN, HALVES), "9.5"),
        (binary(Divide, SEVEN, Double(2.0)), "3.5"),
        (binary(Divide, HALVES, Integer(0)), "inf"),
        (binary(Divide, negative(HALVES), Integer(0)), "-inf"),
        (binary(Divide, Double(0.0), Double(0.0)), "NaN"),
        (binary(Modulo, negative(HALVES), Integer(2)), "-0.5"),
        (binary(Modulo, HALVES, Integer(0)), "NaN"),
        (binary(Add, REAL, HALVES), "3.0"),
        (binary(Add, REAL, Double(0.1)), "0.6"),
        (binary(Multiply, HALVES, NO_INTEGER), "."),
        (binary(Multiply, HALVES, Null), "."),
        (binary(Multiply, NO_TEXT, Null), "."),
        (negative(Null), "."),
        (ToDouble(Box::new(SEVEN)), "7.0"),
        (ToDouble(Box::new(REAL)), "0.5"),
        (ToDouble(Box::new(Null)), "."),
        (round(HALVES, 0), "3.0"),
        (round(negative(HALVES), 0), "-3.0"),
        (round(Double(2.345), 2), "2.35"),
        (round(Double(1234.0), -2), "1200.0"),
        (round(Double(0.499_999_999_999_999_94), 0), "0.0"),
        (round(Double(1e300), 2), "1e300"),
        (round(Double(1e300), i32::MAX), "1e300"),
        (round(Double(5.0), i32::MIN), "0.0"),
        (round(Double(f64::INFINITY), i32::MIN), "inf"),
        (round(Double(f64::NAN), 1), "NaN"),
        (round(Null, 1), "."),
        (Coalesce(vec![NO_INTEGER, HALVES, Integer(0)]), "2.5"),
        (Coalesce(vec![NO_INTEGER, Integer(1), HALVES]), "1.0"),
        (Coalesce(vec![Null, Null]), "."),
        (Coalesce(vec![]), "."),
        (null_if(HALVES, Double(2.5)), "."),
        (null_if(Double(f64::NAN), Double(f64::NAN)), "NaN"),
        (null_if(Double(0.0), Double(-0.0)), "."),
        (Value::Average { sum: 1, count: 0 }, "0.35714285714285715"),
        (Value::Average { sum: 2, count: 0 }, "."),
        (Value::Average { sum: 1, count: 2 }, "."),
    ];
    let single = vec![
        (binary(Add, REAL, REAL), "1.0"),
        (binary(Divide, REAL, Integer(3)), "0.16666667"),
        (binary(Add, Integer(16_777_217), REAL), "16777216.0"),
        (negative(REAL), "-0.5"),
        (round(REAL, 0), "1.0"),
    ];
    let other = vec![
        (TEXT, "t", DataType::Utf8),
        (null_if(TEXT, TEXT), ".", DataType::Utf8),
        (null_if(TEXT, NO_TEXT), "t", DataType::Utf8),
        (Coalesce(vec![NO_TEXT, TEXT]), "t", DataType::Utf8),
        (Coalesce(vec![YES, Null]), "true", DataType::Boolean),
        (null_if(YES, YES), ".", DataType::Boolean),
    ];
    let typed = |cases: Vec<(Value, &'static str)>, data_type: DataType| {
        cases.into_iter().map(move |(value, shown)| (value, shown, data_type.clone()))
    };
    for (value, shown, data_type) in
        typed(whole, bigint).chain(typed(floating, double)).chain(typed(single, real)).chain(other)
    {
        assert_eq!(evaluate(value.clone()), Ok((shown.to_owned(), data_type)), "{value:?}");
    }
}

#[test]
fn what_fails_in_the_engine_fails_here() {
    use Arithmetic::{Add, Divide, Modulo, Multiply, Subtract};
    let least = || Integer(i64::MIN);
    for (value, said) in [
        (binary(Add, SEVEN, Integer(i64::MAX)), "bigint addition overflow: 7 + 9223372036854775807"),
        (binary(Subtract, least(), SEVEN), "bigint subtraction overflow"),
        (binary(Multiply, least(), SEVEN), "bigint multiplication overflow"),
        (binary(Divide, least(), Integer(-1)), "bigint division overflow"),
        (binary(Divide, SEVEN, Integer(0)), "Division by zero"),
        (binary(Modulo, SEVEN, Integer(0)), "Division by zero"),
        (negative(least()), "bigint negation overflow"),
        (to_integer(Double(f64::NAN)), "Unable to cast NaN"),
        (to_integer(Double(f64::INFINITY)), "Unable to cast inf"),
        (to_integer(Double(9_223_372_036_854_775_808.0)), "Unable to cast"),
        (round(Integer(i64::MAX), -1), "numerical overflow"),
        (round(SEVEN, -19), "numerical overflow"),
        (round(SEVEN, i32::MIN), "numerical overflow"),
    ] {
        assert_error(evaluate(value), ErrorKind::Rejected, &[said, "`x`"]);
    }
}

#[test]
fn types_that_do_not_go_together_are_refused() {
    for value in [
        binary(Arithmetic::Add, TEXT, SEVEN),
        negative(YES),
        to_integer(TEXT),
        round(TEXT, 0),
        Coalesce(vec![TEXT, SEVEN]),
        null_if(TEXT, SEVEN),
    ] {
        assert_error(evaluate(value), ErrorKind::BadQuery, &["`x`", "CAST"]);
    }
    let deep = (0..100_000).fold(SEVEN, |value, _| negative(value));
    let refused = evaluate_by_reference(&deep);
    assert_error(refused, ErrorKind::BadQuery, &["too deeply"]);
    dismantle(deep);
}

/// As [`super::super::value::check`] sees it: a test's own value may be too deep to be cloned.
fn evaluate_by_reference(value: &Value) -> Result<(), Error> {
    super::super::value::check(value, 7)
}

fn dismantle(mut value: Value) {
    while let Value::Negative(inner) = value {
        value = *inner;
    }
}
