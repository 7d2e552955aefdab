//! `CAST` with Trino's meaning: what rounds, what fails and with what words, zones, JSON and nested types.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Decimal128Array, Int64Array, ListArray, MapArray, StringArray, StructArray,
    new_null_array,
};
use arrow::compute::cast as arrow_cast;
use arrow::datatypes::{
    DataType, Decimal128Type, DurationNanosecondType, Field, Float64Type, Int64Type, IntervalYearMonthType, TimeUnit,
};
use datafusion::common::{DataFusionError, Result, exec_err, plan_err};
use datafusion::logical_expr::ReturnFieldArgs;

use super::instant::{Instants, per_second, units_of};
use super::json_values::{from_json, to_json};
use super::{
    Arguments, Definition, OnFailure, argument_field, failure, fallible, function, literal_text, of, text_at, varchar,
    write_value,
};
use crate::dialect::types as type_names;
use crate::engine::{SqlType, types};

pub(super) const FUNCTIONS: &[Definition] = &[
    fallible("trino_cast", "trino_try_cast", 2..=2, target_field, cast_call),
    function("cast_like", 2..=2, second_type, cast_call),
    function("decimal_like", 2..=2, decimal_second_type, cast_call),
    function("decimal_of_38_digits", 1..=1, widest_decimal_type, cast_call),
    function("typeof", 1..=1, varchar, type_of),
];

fn target_field(arguments: &ReturnFieldArgs) -> Result<Field> {
    let Some(target) = literal_text(arguments, 1).and_then(|name| type_names::parse(name).ok()) else {
        return plan_err!("A cast needs a type");
    };
    if let (SqlType::TimestampWithTimeZone { precision }, DataType::Timestamp(_, Some(zone))) =
        (&target, argument_field(arguments, 0)?.data_type())
    {
        return Ok(Field::new(
            "value",
            DataType::Timestamp(types::time_unit(*precision), Some(Arc::clone(zone))),
            true,
        ));
    }
    of(&target)
}

fn second_type(arguments: &ReturnFieldArgs) -> Result<Field> {
    argument_field(arguments, 1)
}

/// The second argument's type if it is a decimal's, else the first's.
fn decimal_second_type(arguments: &ReturnFieldArgs) -> Result<Field> {
    let second = argument_field(arguments, 1)?;
    let is_decimal = matches!(second.data_type(), DataType::Decimal128(..));
    if is_decimal { Ok(second) } else { argument_field(arguments, 0) }
}

/// A decimal of the same scale and the greatest precision; other types stay.
fn widest_decimal_type(arguments: &ReturnFieldArgs) -> Result<Field> {
    let field = argument_field(arguments, 0)?;
    match field.data_type() {
        DataType::Decimal128(_, scale) => of(&SqlType::Decimal { precision: 38, scale: *scale }),
        _ => Ok(field),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the table of functions asks for it")]
fn type_of(call: &Arguments) -> Result<ArrayRef> {
    let name = call.fields.first().map(|field| type_names::name(&types::sql_type(field))).unwrap_or_default();
    Ok(Arc::new(StringArray::from(vec![name; call.rows])))
}

fn cast_call(call: &Arguments) -> Result<ArrayRef> {
    let Some(from) = call.fields.first() else { return exec_err!("A cast needs a value") };
    cast(call.array(0)?, from, &call.result, call.on_failure)
}

/// Casts a column from one field's type to another's.
fn cast(array: &ArrayRef, from: &Field, to: &Field, on_failure: OnFailure) -> Result<ArrayRef> {
    let (source, target) = (types::sql_type(from), types::sql_type(to));
    if source == SqlType::Unknown || array.null_count() == array.len() {
        return Ok(new_null_array(to.data_type(), array.len()));
    }
    if from.data_type() == to.data_type() && source == target {
        return Ok(Arc::clone(array));
    }
    match (&source, &target) {
        (_, SqlType::Json) => {
            each(array, on_failure, |row| to_json(array, from, row).map(|json| json.map(|json| json.to_string())))
                .map(|texts| Arc::new(texts.into_iter().collect::<StringArray>()) as ArrayRef)
        }
        (SqlType::Json, _) => from_json(array.as_string::<i32>(), to, on_failure == OnFailure::Null),
        (SqlType::Row(_), SqlType::Row(_)) => cast_row(array, to, on_failure),
        (SqlType::Array(_) | SqlType::TimeSeries(_), SqlType::Array(_) | SqlType::TimeSeries(_)) => {
            cast_list(array, to, on_failure)
        }
        (SqlType::Map(..), SqlType::Map(..)) => cast_map(array, to, on_failure),
        (_, SqlType::Varchar | SqlType::Char) => {
            let texts = each(array, on_failure, |row| write_value(array, row))?;
            Ok(Arc::new(texts.into_iter().collect::<StringArray>()))
        }
        (SqlType::Varchar | SqlType::Char, _) => cast_text(array, to, &target, on_failure),
        (
            SqlType::Real | SqlType::Double | SqlType::Decimal { .. },
            SqlType::Tinyint | SqlType::Smallint | SqlType::Integer | SqlType::Bigint,
        ) => rounded(array, to, &target, on_failure),
        (SqlType::Timestamp { .. } | SqlType::TimestampWithTimeZone { .. } | SqlType::Date, _) => {
            cast_instant(array, to)
        }
        (_, SqlType::IntervalDayToSecond) => {
            let nanos = arrow_cast(array, &DataType::Int64)?;
            Ok(Arc::new(nanos.as_primitive::<Int64Type>().reinterpret_cast::<DurationNanosecondType>()))
        }
        (_, SqlType::IntervalYearToMonth) => {
            let months = arrow_cast(array, &DataType::Int32)?;
            let months = months.as_primitive::<arrow::datatypes::Int32Type>();
            Ok(Arc::new(months.reinterpret_cast::<IntervalYearMonthType>()))
        }
        _ => checked(array, to, &target, on_failure),
    }
}

/// One result a row, failures as the call wants them.
fn each<T>(
    array: &ArrayRef,
    on_failure: OnFailure,
    mut value: impl FnMut(usize) -> Result<Option<T>>,
) -> Result<Vec<Option<T>>> {
    (0..array.len())
        .map(|row| match (value(row), on_failure) {
            (Err(_), OnFailure::Null) => Ok(None),
            (result, _) => result,
        })
        .collect()
}

/// Arrow's own cast; a value that it turns to null does not fit.
fn checked(array: &ArrayRef, to: &Field, target: &SqlType, on_failure: OnFailure) -> Result<ArrayRef> {
    let cast = arrow_cast(array, to.data_type()).map_err(|_| {
        DataFusionError::Execution(format!("TYPE_MISMATCH: Cannot cast to {}", type_names::name(target)))
    })?;
    if on_failure == OnFailure::Fail
        && let Some(row) = (0..array.len()).find(|&row| array.is_valid(row) && cast.is_null(row))
    {
        let value = write_value(array, row)?.unwrap_or_default();
        let code = if array.data_type().is_numeric() { "NUMERIC_VALUE_OUT_OF_RANGE" } else { "INVALID_CAST_ARGUMENT" };
        return failure(code, &format!("Cannot cast '{value}' to {}", type_names::name(target).to_uppercase()));
    }
    Ok(cast)
}

/// Fractions round half away from zero where Arrow would cut them off.
fn rounded(array: &ArrayRef, to: &Field, target: &SqlType, on_failure: OnFailure) -> Result<ArrayRef> {
    let whole: ArrayRef = if let DataType::Decimal128(precision, scale) = array.data_type() {
        let divisor = 10_i128.pow(u32::try_from(*scale).unwrap_or(0));
        let values = array.as_primitive::<Decimal128Type>().unary::<_, Decimal128Type>(|value| {
            let half = divisor / 2 * value.signum();
            if divisor == 1 { value } else { (value + half) / divisor }
        });
        Arc::new(Decimal128Array::from(values.to_data()).with_precision_and_scale(*precision, 0)?)
    } else {
        let doubles = arrow_cast(array, &DataType::Float64)?;
        Arc::new(doubles.as_primitive::<Float64Type>().unary::<_, Float64Type>(f64::round))
    };
    checked(&whole, to, target, on_failure)
}

fn cast_text(array: &ArrayRef, to: &Field, target: &SqlType, on_failure: OnFailure) -> Result<ArrayRef> {
    let texts = arrow_cast(array, &DataType::Utf8)?;
    let texts = texts.as_string::<i32>();
    let unreadable = |text: &str| {
        let name = type_names::name(target);
        let is_time =
            matches!(target, SqlType::Timestamp { .. } | SqlType::Date | SqlType::TimestampWithTimeZone { .. });
        DataFusionError::Execution(if is_time {
            format!("INVALID_CAST_ARGUMENT: Value cannot be cast to {name}: {text}")
        } else {
            format!("INVALID_CAST_ARGUMENT: Cannot cast '{text}' to {}", name.to_uppercase())
        })
    };
    match to.data_type() {
        DataType::Timestamp(unit, _) => {
            let units = each(array, on_failure, |row| {
                let Some(text) = text_at(texts, row) else { return Ok(None) };
                match read_instant(text, *unit, matches!(target, SqlType::TimestampWithTimeZone { .. })) {
                    Some(units) => Ok(Some(units)),
                    None => Err(unreadable(text)),
                }
            })?;
            Ok(arrow_cast(&units.into_iter().collect::<Int64Array>(), to.data_type())?)
        }
        DataType::Boolean => {
            let values = each(array, on_failure, |row| match text_at(texts, row) {
                None => Ok(None),
                Some(text) => match text.to_lowercase().as_str() {
                    "true" | "t" | "1" => Ok(Some(true)),
                    "false" | "f" | "0" => Ok(Some(false)),
                    _ => Err(unreadable(text)),
                },
            })?;
            Ok(Arc::new(values.into_iter().collect::<arrow::array::BooleanArray>()))
        }
        _ => {
            let trimmed: ArrayRef = Arc::new(texts.iter().map(|text| text.map(str::trim)).collect::<StringArray>());
            let cast = arrow_cast(&trimmed, to.data_type())?;
            if on_failure == OnFailure::Fail
                && let Some(row) = (0..texts.len()).find(|&row| texts.is_valid(row) && cast.is_null(row))
            {
                return Err(unreadable(texts.value(row)));
            }
            Ok(cast)
        }
    }
}

/// A date with or without a time, with or without a zone, as units of UTC.
fn read_instant(text: &str, unit: TimeUnit, zone_allowed: bool) -> Option<i64> {
    let text = text.trim();
    let (date, rest) = text.split_once([' ', 'T']).unwrap_or((text, ""));
    let date = date.parse::<chrono::NaiveDate>().ok()?;
    let clock_end = rest.find(|character: char| !(character.is_ascii_digit() || matches!(character, ':' | '.')));
    let (clock, zone) = rest.split_at(clock_end.unwrap_or(rest.len()));
    let time = if clock.is_empty() { chrono::NaiveTime::MIN } else { read_time(clock)? };
    let local = date.and_time(time);
    let zone = zone.trim();
    if zone.is_empty() {
        return units_of(local, per_second(unit)).ok();
    }
    if !zone_allowed {
        return None;
    }
    let units = units_of(local, per_second(unit)).ok()?;
    let mut reader = Instants::new(&new_null_array(&DataType::Timestamp(unit, None), 0)).ok()?;
    reader.zone = super::instant::Zone::parse(zone).ok()?;
    Some(reader.to_utc(units))
}

fn read_time(text: &str) -> Option<chrono::NaiveTime> {
    ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|format| chrono::NaiveTime::parse_from_str(text, format).ok())
}

/// Dates and timestamps: to a date by the local day, to and from a zone by local time.
fn cast_instant(array: &ArrayRef, to: &Field) -> Result<ArrayRef> {
    let times = Instants::new(array)?;
    let local: Int64Array = (0..array.len()).map(|row| times.local(row)).collect();
    let unit = match array.data_type() {
        DataType::Timestamp(unit, _) => *unit,
        _ => TimeUnit::Second,
    };
    let local = arrow_cast(&local, &DataType::Timestamp(unit, None))?;
    Ok(match to.data_type() {
        DataType::Timestamp(_, Some(_)) if times.zone != super::instant::Zone::Utc => {
            arrow_cast(array, to.data_type())?
        }
        DataType::Timestamp(target, Some(_)) => {
            let utc = arrow_cast(&local, &DataType::Timestamp(*target, Some("UTC".into())))?;
            arrow_cast(&utc, to.data_type())?
        }
        other => arrow_cast(&local, other)?,
    })
}

fn cast_row(array: &ArrayRef, to: &Field, on_failure: OnFailure) -> Result<ArrayRef> {
    let DataType::Struct(fields) = to.data_type() else { return exec_err!("A row is expected") };
    let source = array.as_struct();
    if source.num_columns() != fields.len() {
        return failure("TYPE_MISMATCH", "Cannot cast a row to one with another number of fields");
    }
    let values = source
        .columns()
        .iter()
        .zip(source.fields())
        .zip(fields)
        .map(|((values, from), to)| cast(values, from, to, on_failure))
        .collect::<Result<_>>()?;
    Ok(Arc::new(StructArray::try_new(fields.clone(), values, source.nulls().cloned())?))
}

fn cast_list(array: &ArrayRef, to: &Field, on_failure: OnFailure) -> Result<ArrayRef> {
    let (DataType::List(from_item), DataType::List(item)) = (array.data_type(), to.data_type()) else {
        return exec_err!("An array is expected");
    };
    let source = array.as_list::<i32>();
    let values = cast(source.values(), from_item, item, on_failure)?;
    Ok(Arc::new(ListArray::try_new(Arc::clone(item), source.offsets().clone(), values, source.nulls().cloned())?))
}

fn cast_map(array: &ArrayRef, to: &Field, on_failure: OnFailure) -> Result<ArrayRef> {
    let DataType::Map(entries, sorted) = to.data_type() else { return exec_err!("A map is expected") };
    let source = array.as_map();
    let from = Field::new("entries", source.entries().data_type().clone(), false);
    let source_entries: ArrayRef = Arc::new(source.entries().clone());
    let cast_entries = cast_row(&source_entries, &from.with_data_type(entries.data_type().clone()), on_failure)?;
    let map = MapArray::try_new(
        Arc::clone(entries),
        source.offsets().clone(),
        cast_entries.as_struct().clone(),
        source.nulls().cloned(),
        *sorted,
    )?;
    Ok(Arc::new(map))
}
