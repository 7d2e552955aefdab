//! Values written as text, as a cast to varchar writes them.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Float32Type, Float64Type, Int32Type, Int64Type, IntervalUnit};
use chrono::NaiveDateTime;
use datafusion::common::{Result, exec_err};

use super::instant::Instants;

/// The value of a row as text; `None` if it is null.
///
/// # Errors
///
/// A type that has no text.
pub fn write_value(array: &ArrayRef, row: usize) -> Result<Option<String>> {
    if array.is_null(row) {
        return Ok(None);
    }
    let one = array.slice(row, 1);
    Ok(Some(match one.data_type() {
        DataType::Null => return Ok(None),
        DataType::Boolean => one.as_boolean().value(0).to_string(),
        DataType::Float64 => write_double(one.as_primitive::<Float64Type>().value(0)),
        DataType::Float32 => write_real(one.as_primitive::<Float32Type>().value(0)),
        DataType::Decimal128(..) => one.as_primitive::<Decimal128Type>().value_as_string(0),
        DataType::Timestamp(..) => {
            let times = Instants::new(&one)?;
            let Some(clock) = times.clock(0) else { return Ok(None) };
            let text = write_clock(clock, times.per_second);
            match one.data_type() {
                DataType::Timestamp(_, Some(_)) => format!("{text} {}", times.zone.name()),
                _ => text,
            }
        }
        DataType::Duration(_) => {
            let nanos = cast(&one, &DataType::Duration(arrow::datatypes::TimeUnit::Nanosecond))?;
            write_day_interval(cast(&nanos, &DataType::Int64)?.as_primitive::<Int64Type>().value(0))
        }
        DataType::Interval(IntervalUnit::YearMonth) => {
            let months = one.as_primitive::<arrow::datatypes::IntervalYearMonthType>().value(0);
            write_year_interval(months)
        }
        DataType::Date32 => {
            let days = one.as_primitive::<arrow::datatypes::Date32Type>().value(0);
            let clock = super::instant::clock_of(i64::from(days) * 86_400, 1);
            clock.map(|clock| clock.format("%Y-%m-%d").to_string()).unwrap_or_default()
        }
        DataType::Int8 | DataType::Int16 | DataType::Int32 => {
            cast(&one, &DataType::Int32)?.as_primitive::<Int32Type>().value(0).to_string()
        }
        DataType::List(_) | DataType::Struct(_) | DataType::Map(..) => {
            return exec_err!("TYPE_MISMATCH: Cannot cast {} to varchar", one.data_type());
        }
        _ => match cast(&one, &DataType::Utf8)?.as_string_opt::<i32>() {
            Some(text) if text.is_valid(0) => text.value(0).to_owned(),
            _ => return Ok(None),
        },
    }))
}

/// A date and time with as many digits of a second as the unit has.
pub fn write_clock(clock: NaiveDateTime, per_second: i64) -> String {
    let format = match per_second {
        1 => "%Y-%m-%d %H:%M:%S",
        1_000 => "%Y-%m-%d %H:%M:%S%.3f",
        1_000_000 => "%Y-%m-%d %H:%M:%S%.6f",
        _ => "%Y-%m-%d %H:%M:%S%.9f",
    };
    clock.format(format).to_string()
}

/// A double as Trino writes it: `1.0`, `1.5E10`, `NaN`, `Infinity`.
pub fn write_double(value: f64) -> String {
    scientific(value, &format!("{value:?}"), &format!("{value:e}"))
}

/// A real as Trino writes it.
pub fn write_real(value: f32) -> String {
    scientific(f64::from(value), &format!("{value:?}"), &format!("{value:e}"))
}

fn scientific(value: f64, plain: &str, exponent: &str) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    if value == 0.0 || (1e-3..1e7).contains(&value.abs()) {
        return plain.to_owned();
    }
    let (mantissa, power) = exponent.split_once('e').unwrap_or((exponent, "0"));
    let point = if mantissa.contains('.') { "" } else { ".0" };
    format!("{mantissa}{point}E{power}")
}

/// Days and time of day, to the millisecond, or to the nanosecond where there are any.
fn write_day_interval(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let nanos = nanos.unsigned_abs();
    let seconds = nanos / 1_000_000_000;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let fraction = nanos % 1_000_000_000;
    let fraction = if fraction.is_multiple_of(1_000_000) {
        format!("{:03}", fraction / 1_000_000)
    } else {
        format!("{fraction:09}")
    };
    format!("{sign}{days} {:02}:{:02}:{:02}.{fraction}", rest / 3_600, rest % 3_600 / 60, rest % 60)
}

fn write_year_interval(months: i32) -> String {
    let sign = if months < 0 { "-" } else { "" };
    let months = months.unsigned_abs();
    format!("{sign}{}-{}", months / 12, months % 12)
}
