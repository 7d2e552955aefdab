//! SQL types and the Arrow types that carry them, in both directions.
//!
//! Where one Arrow type carries several SQL types (text: varchar and json; a list of structs: an array of rows and a time
//! series) the field's metadata says which it is.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Fields, IntervalUnit, TimeUnit};

use super::SqlType;

/// The metadata key under which a field names its SQL type, where the Arrow type leaves it open.
const SQL_TYPE_KEY: &str = "sql_type";
const JSON: &str = "json";
const TIME_SERIES: &str = "timeseries";
const UUID: &str = "uuid";
const CHAR: &str = "char";

/// Name of the first field of a time series' points.
pub const POINT_TIME: &str = "time";
/// Name of the second field of a time series' points.
pub const POINT_VALUE: &str = "value";

/// The name that stands for the absent name of a row's field.
#[must_use]
pub fn anonymous_field(position: usize) -> String {
    format!("field{position}")
}

/// The field that carries a column of this SQL type.
#[must_use]
pub fn field(name: &str, sql_type: &SqlType) -> Field {
    let metadata = match sql_type {
        SqlType::Json => Some(JSON),
        SqlType::TimeSeries(_) => Some(TIME_SERIES),
        SqlType::Uuid => Some(UUID),
        SqlType::Char => Some(CHAR),
        _ => None,
    };
    let field = Field::new(name, arrow_type(sql_type), true);
    match metadata {
        Some(value) => field.with_metadata(HashMap::from([(SQL_TYPE_KEY.to_owned(), value.to_owned())])),
        None => field,
    }
}

/// The Arrow type that carries an SQL type.
#[must_use]
pub fn arrow_type(sql_type: &SqlType) -> DataType {
    let item = |name: &str, of: &SqlType| Arc::new(field(name, of));
    match sql_type {
        SqlType::Unknown => DataType::Null,
        SqlType::Boolean => DataType::Boolean,
        SqlType::Tinyint => DataType::Int8,
        SqlType::Smallint => DataType::Int16,
        SqlType::Integer => DataType::Int32,
        SqlType::Bigint => DataType::Int64,
        SqlType::Real => DataType::Float32,
        SqlType::Double => DataType::Float64,
        SqlType::Decimal { precision, scale } => DataType::Decimal128(*precision, *scale),
        SqlType::Char | SqlType::Varchar | SqlType::Json | SqlType::Uuid | SqlType::IpAddress => DataType::Utf8,
        SqlType::Varbinary => DataType::Binary,
        SqlType::Date => DataType::Date32,
        SqlType::Time => DataType::Time64(TimeUnit::Nanosecond),
        SqlType::Timestamp { precision } => DataType::Timestamp(time_unit(*precision), None),
        SqlType::TimestampWithTimeZone { precision } => DataType::Timestamp(time_unit(*precision), Some("UTC".into())),
        SqlType::IntervalDayToSecond => DataType::Duration(TimeUnit::Nanosecond),
        SqlType::IntervalYearToMonth => DataType::Interval(IntervalUnit::YearMonth),
        SqlType::Array(of) => DataType::List(item("item", of)),
        SqlType::Map(key, value) => {
            let key = Arc::new(field("key", key).with_nullable(false));
            let entries = Fields::from(vec![key, item("value", value)]);
            DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entries), false)), false)
        }
        SqlType::Row(fields) => DataType::Struct(
            fields
                .iter()
                .enumerate()
                .map(|(position, (name, of))| item(name.as_deref().unwrap_or(&anonymous_field(position)), of))
                .collect(),
        ),
        SqlType::TimeSeries(of) => {
            let time = SqlType::Timestamp { precision: 9 };
            let point = Fields::from(vec![item(POINT_TIME, &time), item(POINT_VALUE, of)]);
            DataType::List(Arc::new(Field::new("item", DataType::Struct(point), true)))
        }
    }
}

/// The coarsest unit that holds so many digits of a second.
#[must_use]
pub fn time_unit(precision: u8) -> TimeUnit {
    match precision {
        0 => TimeUnit::Second,
        1..=3 => TimeUnit::Millisecond,
        4..=6 => TimeUnit::Microsecond,
        _ => TimeUnit::Nanosecond,
    }
}

fn precision(unit: TimeUnit) -> u8 {
    match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 3,
        TimeUnit::Microsecond => 6,
        TimeUnit::Nanosecond => 9,
    }
}

/// The SQL type that a field carries.
#[must_use]
pub fn sql_type(field: &Field) -> SqlType {
    match (field.metadata().get(SQL_TYPE_KEY).map(String::as_str), field.data_type()) {
        (Some(JSON), _) => SqlType::Json,
        (Some(UUID), _) => SqlType::Uuid,
        (Some(CHAR), _) => SqlType::Char,
        (Some(TIME_SERIES), DataType::List(item)) => match item.data_type() {
            DataType::Struct(fields) if fields.len() == 2 => SqlType::TimeSeries(Box::new(sql_type(&fields[1]))),
            _ => plain_sql_type(field.data_type()),
        },
        (_, data_type) => plain_sql_type(data_type),
    }
}

fn plain_sql_type(data_type: &DataType) -> SqlType {
    let nested = |field: &FieldRef| Box::new(sql_type(field));
    match data_type {
        DataType::Boolean => SqlType::Boolean,
        DataType::Int8 => SqlType::Tinyint,
        DataType::Int16 | DataType::UInt8 => SqlType::Smallint,
        DataType::Int32 | DataType::UInt16 => SqlType::Integer,
        DataType::Int64 | DataType::UInt32 | DataType::UInt64 => SqlType::Bigint,
        DataType::Float16 | DataType::Float32 => SqlType::Real,
        DataType::Float64 => SqlType::Double,
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale) => SqlType::Decimal { precision: *precision, scale: *scale },
        DataType::Decimal256(precision, scale) => SqlType::Decimal { precision: (*precision).min(38), scale: *scale },
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => SqlType::Varchar,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            SqlType::Varbinary
        }
        DataType::Date32 | DataType::Date64 => SqlType::Date,
        DataType::Time32(_) | DataType::Time64(_) => SqlType::Time,
        DataType::Timestamp(unit, None) => SqlType::Timestamp { precision: precision(*unit) },
        DataType::Timestamp(unit, Some(_)) => SqlType::TimestampWithTimeZone { precision: precision(*unit) },
        DataType::Duration(_) | DataType::Interval(IntervalUnit::DayTime | IntervalUnit::MonthDayNano) => {
            SqlType::IntervalDayToSecond
        }
        DataType::Interval(IntervalUnit::YearMonth) => SqlType::IntervalYearToMonth,
        DataType::List(of)
        | DataType::LargeList(of)
        | DataType::FixedSizeList(of, _)
        | DataType::ListView(of)
        | DataType::LargeListView(of) => SqlType::Array(nested(of)),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(fields) if fields.len() == 2 => SqlType::Map(nested(&fields[0]), nested(&fields[1])),
            _ => SqlType::Unknown,
        },
        DataType::Struct(fields) => SqlType::Row(
            fields
                .iter()
                .enumerate()
                .map(|(position, field)| {
                    let name = Some(field.name().clone()).filter(|name| *name != anonymous_field(position));
                    (name, sql_type(field))
                })
                .collect(),
        ),
        DataType::Dictionary(_, value) => plain_sql_type(value),
        DataType::RunEndEncoded(_, value) => sql_type(value),
        DataType::Null | DataType::Union(_, _) => SqlType::Unknown,
    }
}

/// The Arrow type in which a result leaves the engine: without views, dictionaries, unsigned or large types.
#[must_use]
pub fn plain_arrow_type(field: &Field) -> DataType {
    match field.data_type() {
        DataType::Duration(_) => DataType::Duration(TimeUnit::Nanosecond),
        DataType::Timestamp(..) | DataType::Interval(IntervalUnit::MonthDayNano) | DataType::Null => {
            field.data_type().clone()
        }
        _ => match sql_type(field) {
            SqlType::Array(_) | SqlType::Row(_) | SqlType::Map(..) | SqlType::TimeSeries(_) => nested_plain_type(field),
            plain => arrow_type(&plain),
        },
    }
}

fn nested_plain_type(field: &Field) -> DataType {
    let plain = |field: &FieldRef| Arc::new(field.as_ref().clone().with_data_type(plain_arrow_type(field)));
    match field.data_type() {
        DataType::List(of) | DataType::LargeList(of) | DataType::FixedSizeList(of, _) => DataType::List(plain(of)),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(plain).collect()),
        DataType::Map(entries, sorted) => DataType::Map(plain(entries), *sorted),
        other => other.clone(),
    }
}
