//! Arithmetic with Trino's meaning: overflow and division by zero fail, rounding keeps the type, intervals multiply.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use arrow::compute::cast;
use arrow::compute::kernels::numeric;
use arrow::datatypes::{DataType, Decimal128Type, Field, Float64Type, Int64Type, TimeUnit};
use arrow::error::ArrowError;
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::ReturnFieldArgs;

use super::{
    Arguments, Definition, argument_field, bigint_at, boolean, double_at, failure, fallible, function, of,
    same_as_first,
};
use crate::engine::SqlType;

pub(super) const FUNCTIONS: &[Definition] = &[
    fallible("checked_add", "try_checked_add", 2..=2, same_as_first, |call| {
        checked(call, "addition", "+", numeric::add)
    }),
    fallible("checked_subtract", "try_checked_subtract", 2..=2, same_as_first, |call| {
        checked(call, "subtraction", "-", numeric::sub)
    }),
    fallible("checked_multiply", "try_checked_multiply", 2..=2, same_as_first, |call| {
        checked(call, "multiplication", "*", numeric::mul)
    }),
    fallible("checked_divide", "try_checked_divide", 2..=2, same_as_first, |call| {
        checked(call, "division", "/", numeric::div)
    }),
    fallible("checked_modulo", "try_checked_modulo", 2..=2, same_as_first, |call| {
        checked(call, "modulus", "%", numeric::rem)
    }),
    function("multiply_interval", 2..=2, interval, multiply_interval),
    function("negate", 1..=1, same_as_first, negate),
    function("zero_to_null", 1..=1, same_as_first, zero_to_null),
    function("ceil", 1..=1, rounded_type, |call| rounded(call, f64::ceil)),
    function("floor", 1..=1, rounded_type, |call| rounded(call, f64::floor)),
    function("round", 1..=2, round_type, round),
    function("truncate", 1..=2, round_type, truncate),
    function("sign", 1..=1, same_as_first, sign),
    function("is_finite", 1..=1, boolean, |call| test(call, f64::is_finite)),
    function("is_infinite", 1..=1, boolean, |call| test(call, f64::is_infinite)),
    function("width_bucket", 4..=4, super::bigint, width_bucket),
    function("bitwise_and", 2..=2, super::bigint, |call| bitwise(call, |left, right| left & right)),
    function("bitwise_or", 2..=2, super::bigint, |call| bitwise(call, |left, right| left | right)),
    function("bitwise_xor", 2..=2, super::bigint, |call| bitwise(call, |left, right| left ^ right)),
];

type Kernel = fn(&dyn arrow::array::Datum, &dyn arrow::array::Datum) -> Result<ArrayRef, ArrowError>;

fn interval(_: &ReturnFieldArgs) -> Result<Field> {
    of(&SqlType::IntervalDayToSecond)
}

/// The planner has brought both operands to one type.
fn checked(call: &Arguments, operation: &str, sign: &str, kernel: Kernel) -> Result<ArrayRef> {
    let (left, right) = (call.array(0)?, call.array(1)?);
    match kernel(left, right) {
        Ok(values) if values.data_type() == call.result.data_type() => Ok(values),
        Ok(values) => Ok(cast(&values, call.result.data_type())?),
        Err(_) if call.on_failure == super::OnFailure::Null => {
            let rows = (0..call.rows)
                .map(|row| kernel(&left.slice(row, 1), &right.slice(row, 1)))
                .map(|value| value.unwrap_or_else(|_| arrow::array::new_null_array(left.data_type(), 1)))
                .collect::<Vec<_>>();
            let rows: Vec<&dyn Array> = rows.iter().map(AsRef::as_ref).collect();
            Ok(arrow::compute::concat(&rows)?)
        }
        Err(ArrowError::DivideByZero) => failure("DIVISION_BY_ZERO", "Division by zero"),
        Err(_) => {
            let row =
                (0..call.rows).find(|&row| kernel(&left.slice(row, 1), &right.slice(row, 1)).is_err()).unwrap_or(0);
            let value = |array: &ArrayRef| super::write_value(array, row).map(Option::unwrap_or_default);
            let name = crate::dialect::types::name(&crate::engine::types::sql_type(&call.result));
            failure(
                "NUMERIC_VALUE_OUT_OF_RANGE",
                &format!("{name} {operation} overflow: {} {sign} {}", value(left)?, value(right)?),
            )
        }
    }
}

/// Nanoseconds times or by a number.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "an interval saturates")]
fn multiply_interval(call: &Arguments) -> Result<ArrayRef> {
    let duration = cast(call.array(0)?, &DataType::Duration(TimeUnit::Nanosecond))?;
    let nanos = cast(&duration, &DataType::Int64)?;
    let nanos = nanos.as_primitive::<Int64Type>();
    let factors = call.double(1)?;
    let values = call.each_bigint(|row| {
        Ok(bigint_at(nanos, row)
            .zip(double_at(&factors, row))
            .map(|(nanos, factor)| (nanos as f64 * factor).round() as i64))
    })?;
    Ok(Arc::new(values.as_primitive::<Int64Type>().reinterpret_cast::<arrow::datatypes::DurationNanosecondType>()))
}

fn negate(call: &Arguments) -> Result<ArrayRef> {
    match call.array(0)?.data_type() {
        DataType::Duration(unit) => {
            let counts = cast(call.array(0)?, &DataType::Int64)?;
            let negated: ArrayRef =
                Arc::new(counts.as_primitive::<Int64Type>().unary::<_, Int64Type>(i64::wrapping_neg));
            Ok(cast(&negated, &DataType::Duration(*unit))?)
        }
        _ => match numeric::neg(call.array(0)?.as_ref()) {
            Ok(values) => Ok(values),
            Err(_) => failure("NUMERIC_VALUE_OUT_OF_RANGE", "The number has no opposite of its type"),
        },
    }
}

fn zero_to_null(call: &Arguments) -> Result<ArrayRef> {
    let values = call.double(0)?;
    let is_zero = values.iter().map(|value| value == Some(0.0)).collect::<Vec<_>>();
    Ok(arrow::compute::nullif(call.array(0)?, &is_zero.into())?)
}

/// Whole numbers keep their type, decimals lose their fraction, all else is a double.
fn rounded_type(arguments: &ReturnFieldArgs) -> Result<Field> {
    let field = argument_field(arguments, 0)?;
    match field.data_type() {
        DataType::Decimal128(precision, scale) => {
            let whole = i16::from(*precision) - i16::from(*scale) + i16::from(*scale > 0);
            of(&SqlType::Decimal { precision: u8::try_from(whole.clamp(1, 38)).unwrap_or(38), scale: 0 })
        }
        data_type if data_type.is_numeric() => Ok(field),
        DataType::Null => of(&SqlType::Double),
        _ => plan_err!("FUNCTION_NOT_FOUND: A number is expected"),
    }
}

/// With a number of digits, decimals keep their scale.
fn round_type(arguments: &ReturnFieldArgs) -> Result<Field> {
    if arguments.arg_fields.len() == 1 {
        return rounded_type(arguments);
    }
    let field = argument_field(arguments, 0)?;
    match field.data_type() {
        DataType::Decimal128(precision, scale) => {
            of(&SqlType::Decimal { precision: precision.saturating_add(1).min(38), scale: *scale })
        }
        _ => rounded_type(arguments),
    }
}

fn rounded(call: &Arguments, round: fn(f64) -> f64) -> Result<ArrayRef> {
    let array = call.array(0)?;
    if array.data_type().is_integer() {
        return Ok(Arc::clone(array));
    }
    let values = call.each_double({
        let values = call.double(0)?;
        move |row| Ok(double_at(&values, row).map(round))
    })?;
    Ok(cast(&values, call.result.data_type())?)
}

fn round(call: &Arguments) -> Result<ArrayRef> {
    to_digits(call, f64::round, |value, unit| (value + unit / 2 * value.signum()) / unit * unit)
}

fn truncate(call: &Arguments) -> Result<ArrayRef> {
    to_digits(call, f64::trunc, |value, unit| value / unit * unit)
}

/// Rounds to digits behind the point, or before it where their number is negative.
fn to_digits(call: &Arguments, double: fn(f64) -> f64, whole: fn(i128, i128) -> i128) -> Result<ArrayRef> {
    let array = call.array(0)?;
    let digits = if call.len() > 1 { Some(call.bigint(1)?) } else { None };
    let digits_at = |row| digits.as_ref().map_or(Some(0), |digits| bigint_at(digits, row));
    let scale = match array.data_type() {
        DataType::Decimal128(_, scale) => i64::from(*scale),
        data_type if data_type.is_integer() => 0,
        _ => {
            let values = call.double(0)?;
            let rounded = call.each_double(|row| {
                let (Some(value), Some(digits)) = (double_at(&values, row), digits_at(row)) else { return Ok(None) };
                let factor = 10_f64.powi(i32::try_from(digits).unwrap_or(0));
                let rounded = double(value * factor) / factor;
                Ok(Some(if rounded.is_finite() { rounded } else { value }))
            })?;
            return Ok(cast(&rounded, call.result.data_type())?);
        }
    };
    let decimals = cast(array, &DataType::Decimal128(38, i8::try_from(scale).unwrap_or(0)))?;
    let decimals = decimals.as_primitive::<Decimal128Type>();
    let values = call.each::<i128, arrow::array::Decimal128Array>(|row| {
        let Some(digits) = digits_at(row) else { return Ok(None) };
        let unit = 10_i128.checked_pow(u32::try_from((scale - digits).max(0)).unwrap_or(0)).unwrap_or(i128::MAX);
        Ok(decimals.is_valid(row).then(|| whole(decimals.value(row), unit)))
    })?;
    let scaled = values
        .as_primitive::<Decimal128Type>()
        .clone()
        .with_precision_and_scale(38, i8::try_from(scale).unwrap_or(0))?;
    Ok(cast(&scaled, call.result.data_type())?)
}

fn sign(call: &Arguments) -> Result<ArrayRef> {
    let values = call.double(0)?;
    let signs: Float64Array = values.unary::<_, Float64Type>(|value| if value == 0.0 { 0.0 } else { value.signum() });
    Ok(cast(&signs, call.result.data_type())?)
}

fn test(call: &Arguments, is: fn(f64) -> bool) -> Result<ArrayRef> {
    let values = call.double(0)?;
    call.each_boolean(|row| Ok(double_at(&values, row).map(is)))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "buckets are few")]
fn width_bucket(call: &Arguments) -> Result<ArrayRef> {
    let (values, lows, highs, counts) = (call.double(0)?, call.double(1)?, call.double(2)?, call.bigint(3)?);
    call.each_bigint(|row| {
        let numbers = (double_at(&values, row), double_at(&lows, row), double_at(&highs, row), bigint_at(&counts, row));
        let (Some(value), Some(low), Some(high), Some(count)) = numbers else { return Ok(None) };
        if count < 1 || low >= high {
            return failure(
                "INVALID_FUNCTION_ARGUMENT",
                "bucketCount must be greater than 0 and the bounds must differ",
            );
        }
        let place = ((value - low) / (high - low) * count as f64).floor() as i64 + 1;
        Ok(Some(place.clamp(0, count + 1)))
    })
}

fn bitwise(call: &Arguments, combine: fn(i64, i64) -> i64) -> Result<ArrayRef> {
    let (left, right) = (call.bigint(0)?, call.bigint(1)?);
    call.each_bigint(|row| {
        Ok(bigint_at(&left, row).zip(bigint_at(&right, row)).map(|(left, right)| combine(left, right)))
    })
}
