//! One value of an Arrow array, whatever the array's layout: what the text formats print from.

use arrow::{
    array::{Array, ArrayRef, AsArray, StructArray, downcast_dictionary_array},
    datatypes::{
        ArrowNativeType, ArrowTimestampType, DataType, Date32Type, Date64Type, Decimal128Type, Decimal256Type,
        DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType, DurationSecondType, Float16Type,
        Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, IntervalDayTimeType,
        IntervalMonthDayNanoType, IntervalYearMonthType, Time32MillisecondType, Time32SecondType,
        Time64MicrosecondType, Time64NanosecondType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
        TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
    },
};
use chrono::{DateTime, Utc};

const NANOS_PER_SECOND: i128 = 1_000_000_000;
const NANOS_PER_DAY: i128 = 86_400 * NANOS_PER_SECOND;

/// A value, borrowed where it can be.
#[derive(Debug)]
pub(super) enum Cell<'a> {
    Null,
    Boolean(bool),
    Integer(i128),
    Real(f32),
    Double(f64),
    /// Its exact text.
    Decimal(String),
    Text(&'a str),
    Bytes(&'a [u8]),
    /// A date is midnight of its day, in UTC.
    Instant {
        at: DateTime<Utc>,
        zone: Option<&'a str>,
    },
    /// Nanoseconds since midnight.
    Time(i64),
    Interval {
        months: i32,
        nanos: i128,
    },
    List(ArrayRef),
    Row(&'a StructArray, usize),
    /// Structs of key and value.
    Map(StructArray),
    /// A layout that no engine result has.
    Unsupported(&'a DataType),
}

impl<'a> Cell<'a> {
    /// The value of `row`, which must lie within the array.
    pub(super) fn read(array: &'a dyn Array, row: usize) -> Self {
        if array.is_null(row) {
            return Self::Null;
        }
        match array.data_type() {
            DataType::Null => Self::Null,
            DataType::Boolean => Self::Boolean(array.as_boolean().value(row)),
            DataType::Float16 => Self::Real(array.as_primitive::<Float16Type>().value(row).to_f32()),
            DataType::Float32 => Self::Real(array.as_primitive::<Float32Type>().value(row)),
            DataType::Float64 => Self::Double(array.as_primitive::<Float64Type>().value(row)),
            DataType::Decimal128(..) => Self::Decimal(array.as_primitive::<Decimal128Type>().value_as_string(row)),
            DataType::Decimal256(..) => Self::Decimal(array.as_primitive::<Decimal256Type>().value_as_string(row)),
            DataType::Utf8 => Self::Text(array.as_string::<i32>().value(row)),
            DataType::LargeUtf8 => Self::Text(array.as_string::<i64>().value(row)),
            DataType::Utf8View => Self::Text(array.as_string_view().value(row)),
            DataType::Binary => Self::Bytes(array.as_binary::<i32>().value(row)),
            DataType::LargeBinary => Self::Bytes(array.as_binary::<i64>().value(row)),
            DataType::BinaryView => Self::Bytes(array.as_binary_view().value(row)),
            DataType::FixedSizeBinary(_) => Self::Bytes(array.as_fixed_size_binary().value(row)),
            DataType::List(_) => Self::List(array.as_list::<i32>().value(row)),
            DataType::LargeList(_) => Self::List(array.as_list::<i64>().value(row)),
            DataType::ListView(_) => Self::List(array.as_list_view::<i32>().value(row)),
            DataType::LargeListView(_) => Self::List(array.as_list_view::<i64>().value(row)),
            DataType::FixedSizeList(..) => Self::List(array.as_fixed_size_list().value(row)),
            DataType::Struct(_) => Self::Row(array.as_struct(), row),
            DataType::Map(..) => Self::Map(array.as_map().value(row)),
            DataType::Dictionary(..) => downcast_dictionary_array!(
                array => Self::read(array.values().as_ref(), array.keys().value(row).as_usize()),
                other => Self::Unsupported(other)
            ),
            other => integer(array, row, other)
                .or_else(|| moment(array, row, other))
                .or_else(|| span(array, row, other))
                .unwrap_or(Self::Unsupported(other)),
        }
    }
}

fn integer<'a>(array: &'a dyn Array, row: usize, data_type: &DataType) -> Option<Cell<'a>> {
    let value = match data_type {
        DataType::Int8 => array.as_primitive::<Int8Type>().value(row).into(),
        DataType::Int16 => array.as_primitive::<Int16Type>().value(row).into(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).into(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).into(),
        DataType::UInt8 => array.as_primitive::<UInt8Type>().value(row).into(),
        DataType::UInt16 => array.as_primitive::<UInt16Type>().value(row).into(),
        DataType::UInt32 => array.as_primitive::<UInt32Type>().value(row).into(),
        DataType::UInt64 => array.as_primitive::<UInt64Type>().value(row).into(),
        _ => return None,
    };
    Some(Cell::Integer(value))
}

fn moment<'a>(array: &'a dyn Array, row: usize, data_type: &'a DataType) -> Option<Cell<'a>> {
    fn value<T: ArrowTimestampType>(array: &dyn Array, row: usize) -> i64 {
        array.as_primitive::<T>().value(row)
    }
    let at = match data_type {
        DataType::Timestamp(TimeUnit::Second, _) => {
            DateTime::from_timestamp(value::<TimestampSecondType>(array, row), 0)?
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            DateTime::from_timestamp_millis(value::<TimestampMillisecondType>(array, row))?
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            DateTime::from_timestamp_micros(value::<TimestampMicrosecondType>(array, row))?
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            DateTime::from_timestamp_nanos(value::<TimestampNanosecondType>(array, row))
        }
        DataType::Date32 => {
            DateTime::from_timestamp(i64::from(array.as_primitive::<Date32Type>().value(row)) * 86_400, 0)?
        }
        DataType::Date64 => DateTime::from_timestamp_millis(array.as_primitive::<Date64Type>().value(row))?,
        _ => return None,
    };
    let zone = match data_type {
        DataType::Timestamp(_, zone) => zone.as_deref(),
        _ => None,
    };
    Some(Cell::Instant { at, zone })
}

fn span<'a>(array: &'a dyn Array, row: usize, data_type: &DataType) -> Option<Cell<'a>> {
    let nanos = |count: i64, per_second: i128| Cell::Interval {
        months: 0,
        nanos: i128::from(count) * (NANOS_PER_SECOND / per_second),
    };
    Some(match data_type {
        DataType::Time32(TimeUnit::Second) => {
            Cell::Time(i64::from(array.as_primitive::<Time32SecondType>().value(row)) * 1_000_000_000)
        }
        DataType::Time32(_) => {
            Cell::Time(i64::from(array.as_primitive::<Time32MillisecondType>().value(row)) * 1_000_000)
        }
        DataType::Time64(TimeUnit::Microsecond) => {
            Cell::Time(array.as_primitive::<Time64MicrosecondType>().value(row) * 1000)
        }
        DataType::Time64(_) => Cell::Time(array.as_primitive::<Time64NanosecondType>().value(row)),
        DataType::Duration(TimeUnit::Second) => nanos(array.as_primitive::<DurationSecondType>().value(row), 1),
        DataType::Duration(TimeUnit::Millisecond) => {
            nanos(array.as_primitive::<DurationMillisecondType>().value(row), 1000)
        }
        DataType::Duration(TimeUnit::Microsecond) => {
            nanos(array.as_primitive::<DurationMicrosecondType>().value(row), 1_000_000)
        }
        DataType::Duration(TimeUnit::Nanosecond) => {
            nanos(array.as_primitive::<DurationNanosecondType>().value(row), NANOS_PER_SECOND)
        }
        DataType::Interval(arrow::datatypes::IntervalUnit::YearMonth) => {
            Cell::Interval { months: array.as_primitive::<IntervalYearMonthType>().value(row), nanos: 0 }
        }
        DataType::Interval(arrow::datatypes::IntervalUnit::DayTime) => {
            let interval = array.as_primitive::<IntervalDayTimeType>().value(row);
            let nanos = i128::from(interval.days) * NANOS_PER_DAY + i128::from(interval.milliseconds) * 1_000_000;
            Cell::Interval { months: 0, nanos }
        }
        DataType::Interval(arrow::datatypes::IntervalUnit::MonthDayNano) => {
            let interval = array.as_primitive::<IntervalMonthDayNanoType>().value(row);
            let nanos = i128::from(interval.days) * NANOS_PER_DAY + i128::from(interval.nanoseconds);
            Cell::Interval { months: interval.months, nanos }
        }
        _ => return None,
    })
}
