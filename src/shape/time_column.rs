//! Finds the column that says when, and brings it to nanoseconds: timestamps as they are, epoch numbers and text
//! converted. Rows without a time are dropped here, so that all code after this one counts on a time in every row.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, TimestampNanosecondArray},
    compute::{cast, filter_record_batch, is_not_null},
    datatypes::{DataType, Float64Type, Int64Type, TimeUnit, TimestampNanosecondType},
};

use super::{
    columns::{describe, is_label, is_text},
    kernel_failed,
};
use crate::{
    error::{Error, Result},
    notice::Notice,
};

/// The name that makes a column the time column.
const TIME: &str = "time";

/// A batch whose every row has a time.
pub(super) struct Timed {
    /// The rows that have a time.
    pub(super) batch: RecordBatch,
    /// Which column was read as the time.
    pub(super) column: usize,
    /// The times, without nulls, a row each.
    pub(super) times: TimestampNanosecondArray,
}

/// Finds the time column, converts it, and drops the rows that have none.
///
/// `wanted_by` names the format in the error of a batch without a time column.
pub(super) fn timed(batch: &RecordBatch, wanted_by: &str, notices: &mut Vec<Notice>) -> Result<Timed> {
    let column = find(batch).ok_or_else(|| {
        Error::bad_query(format!(
            "{wanted_by} needs a time column and the answer has none; its columns are: {}. Select a timestamp, and alias \
             it as `time` where there are several, or choose the table format.",
            describe(batch.schema_ref().fields())
        ))
    })?;
    let times = to_nanoseconds(batch.schema_ref().field(column).name(), batch.column(column))?;
    if times.null_count() == 0 {
        return Ok(Timed { batch: batch.clone(), column, times });
    }
    notices.push(Notice::warning(format!(
        "{} of {} rows have no time in `{}` and are left out.",
        times.null_count(),
        times.len(),
        batch.schema_ref().field(column).name()
    )));
    let keep = is_not_null(&times).map_err(kernel_failed)?;
    let kept = arrow::compute::filter(&times, &keep).map_err(kernel_failed)?;
    let batch = filter_record_batch(batch, &keep).map_err(kernel_failed)?;
    Ok(Timed { batch, column, times: kept.as_primitive::<TimestampNanosecondType>().clone() })
}

/// Position of the time column; [`super::shape`] tells the order of preference.
fn find(batch: &RecordBatch) -> Option<usize> {
    let first = |wanted: &dyn Fn(&DataType) -> bool, named: bool| {
        batch.schema_ref().fields().iter().position(|field| {
            wanted(field.data_type()) && !is_label(field) && (!named || field.name().eq_ignore_ascii_case(TIME))
        })
    };
    let is_timestamp = |data_type: &DataType| matches!(data_type, DataType::Timestamp(..));
    first(&is_timestamp, true)
        .or_else(|| first(&DataType::is_numeric, true))
        .or_else(|| first(&is_timestamp, false))
        .or_else(|| first(&is_text, true))
}

/// `array`, called `name`, as nanoseconds since the epoch: timestamps as they are, epoch numbers and text converted.
pub(super) fn to_nanoseconds(name: &str, array: &ArrayRef) -> Result<TimestampNanosecondArray> {
    let nanoseconds = DataType::Timestamp(TimeUnit::Nanosecond, None);
    match array.data_type() {
        data_type if data_type.is_integer() => {
            let epochs = cast(array, &DataType::Int64).map_err(kernel_failed)?;
            Ok(from_integers(epochs.as_primitive::<Int64Type>()))
        }
        data_type if data_type.is_numeric() => {
            let epochs = cast(array, &DataType::Float64).map_err(kernel_failed)?;
            Ok(from_floats(epochs.as_primitive::<Float64Type>()))
        }
        data_type if is_text(data_type) => {
            let times = cast(array, &nanoseconds).map_err(kernel_failed)?;
            if let Some(row) = (0..array.len()).find(|&row| times.is_null(row) && array.is_valid(row)) {
                let text = cast(&array.slice(row, 1), &DataType::Utf8).map_err(kernel_failed)?;
                return Err(Error::bad_query(format!(
                    "The time column `{name}` is text, and `{}` does not read as a timestamp such as \
                     `2026-01-31 12:00:00`. Convert the column to a timestamp in the SQL, or give it another name.",
                    text.as_string::<i32>().value(0)
                )));
            }
            Ok(times.as_primitive::<TimestampNanosecondType>().clone())
        }
        _ => {
            let times = cast(array, &nanoseconds).map_err(kernel_failed)?;
            Ok(times.as_primitive::<TimestampNanosecondType>().clone())
        }
    }
}

/// The unit of a column of epochs, as units a second, by its largest magnitude: what lies between the years 1973 and 5138
/// is told apart.
fn units_a_second(magnitude: f64) -> i64 {
    match magnitude {
        m if m < 1e11 => 1,
        m if m < 1e14 => 1_000,
        m if m < 1e17 => 1_000_000,
        _ => 1_000_000_000,
    }
}

const NANOSECONDS: i64 = 1_000_000_000;

fn from_integers(epochs: &Int64Array) -> TimestampNanosecondArray {
    #[expect(clippy::cast_precision_loss, reason = "only the magnitude counts")]
    let magnitude = epochs.iter().flatten().map(|epoch| epoch.unsigned_abs() as f64).fold(0.0, f64::max);
    let factor = NANOSECONDS / units_a_second(magnitude);
    epochs.unary_opt(|epoch| epoch.checked_mul(factor))
}

/// Fractions count, to the microsecond: more digits than that are noise in a float of this size.
fn from_floats(epochs: &Float64Array) -> TimestampNanosecondArray {
    const MICROSECONDS: f64 = 1e6;
    const LIMIT: f64 = 9.2e15;
    let magnitude = epochs.iter().flatten().filter(|epoch| epoch.is_finite()).map(f64::abs).fold(0.0, f64::max);
    #[expect(clippy::cast_precision_loss, reason = "a power of ten")]
    let factor = MICROSECONDS / units_a_second(magnitude) as f64;
    epochs.unary_opt(|epoch| {
        let microseconds = (epoch * factor).round();
        #[expect(clippy::cast_possible_truncation, reason = "within the limit, and whole")]
        (microseconds.abs() < LIMIT).then(|| microseconds as i64 * 1_000)
    })
}

/// The instants as an array ready for a frame.
pub(super) fn time_array(times: Vec<i64>) -> ArrayRef {
    Arc::new(TimestampNanosecondArray::from(times))
}
