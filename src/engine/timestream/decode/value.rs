//! One value of a result: from the service's `Datum` to what an Arrow column holds.

use std::{borrow::Cow, sync::Arc};

use arrow::{
    array::{
        ArrayRef, BooleanBuilder, Float64Builder, Int32Builder, Int64Builder, StringBuilder, TimestampNanosecondBuilder,
    },
    datatypes::{DataType, TimeUnit},
};
use aws_sdk_timestreamquery::types::{Datum, Row, TimeSeriesDataPoint};
use serde_json::{Map, Value, json};

use super::{
    shape::{MAX_DEPTH, Shape},
    time,
};
use crate::aws;

/// Text kept of one answer, all columns together; also what keeps Arrow's 32-bit offsets from overflowing.
const MAX_TEXT_BYTES: usize = 1 << 30;

/// Why a value cannot be kept; the column is added by whoever knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is not what its column's type says.
    Malformed(String),
    /// The answer as a whole is too large.
    TooMuchText,
}

/// What reading values has come upon so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Bytes of text kept.
    pub(super) text_bytes: usize,
    /// Times that do not fit 64 bits of nanoseconds, and became null.
    pub(super) times_out_of_range: u64,
}

/// What a datum holds.
#[derive(Clone, Copy)]
enum Content<'a> {
    Null,
    Scalar(&'a str),
    Series(&'a [TimeSeriesDataPoint]),
    Array(&'a [Datum]),
    Row(&'a Row),
}

impl<'a> Content<'a> {
    /// A datum holds exactly one thing.
    fn of(datum: &'a Datum) -> Result<Self, Fault> {
        let Datum { scalar_value, time_series_value, array_value, row_value, null_value, .. } = datum;
        let null = null_value.unwrap_or(false);
        match (scalar_value, time_series_value, array_value, row_value, null) {
            (Some(text), None, None, None, false) => Ok(Self::Scalar(text)),
            (None, None, None, None, true) => Ok(Self::Null),
            (None, Some(points), None, None, false) => Ok(Self::Series(points)),
            (None, None, Some(elements), None, false) => Ok(Self::Array(elements)),
            (None, None, None, Some(row), false) => Ok(Self::Row(row)),
            (None, None, None, None, false) => Err(Fault::Malformed("a value that is empty, not even NULL".to_owned())),
            _ => Err(Fault::Malformed("a value of two kinds at once".to_owned())),
        }
    }

    fn mismatch(&self, shape: &Shape) -> Fault {
        let (found, text) = match self {
            Self::Null => ("NULL", ""),
            Self::Scalar(text) => ("the scalar ", *text),
            Self::Series(_) => ("a time series", ""),
            Self::Array(_) => ("an array", ""),
            Self::Row(_) => ("a row", ""),
        };
        let quoted = if text.is_empty() { String::new() } else { quote(text) };
        Fault::Malformed(format!("{found}{quoted} where {} was announced", shape.name()))
    }
}

/// A value, read.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'a> {
    Null,
    Boolean(bool),
    Integer(i32),
    Bigint(i64),
    Double(f64),
    /// Nanoseconds since the epoch.
    Time(i64),
    Text(Cow<'a, str>),
}

impl<'a> Cell<'a> {
    /// Reads a value of a column that is not expanded; arrays, rows and nested series become JSON.
    pub(super) fn read(datum: &'a Datum, shape: &Shape, tally: &mut Tally) -> Result<Self, Fault> {
        match (Content::of(datum)?, shape) {
            (Content::Null, _) => Ok(Self::Null),
            (Content::Scalar(text), Shape::Text | Shape::Untyped) => Ok(Self::Text(Cow::Borrowed(text))),
            (Content::Scalar(text), Shape::Boolean) => parse_boolean(text).map(Self::Boolean),
            (Content::Scalar(text), Shape::Integer) => parse(text, shape).map(Self::Integer),
            (Content::Scalar(text), Shape::Bigint) => parse(text, shape).map(Self::Bigint),
            (Content::Scalar(text), Shape::Double) => parse_double(text).map(Self::Double),
            (Content::Scalar(text), Shape::Timestamp) => Self::time(time::timestamp(text), text, shape, tally),
            (Content::Scalar(text), Shape::Date) => Self::time(time::date(text), text, shape, tally),
            (Content::Scalar(text), Shape::Time) => Self::time(time::time(text), text, shape, tally),
            (_, Shape::Array(_) | Shape::Row(_) | Shape::Series(_) | Shape::Untyped) => {
                to_json(datum, shape, 0).map(|value| Self::Text(Cow::Owned(value.to_string())))
            }
            (content, _) => Err(content.mismatch(shape)),
        }
    }

    /// A time out of range is null and counted, never another time.
    fn time(
        read: Result<Option<i64>, time::Malformed>,
        text: &str,
        shape: &Shape,
        tally: &mut Tally,
    ) -> Result<Self, Fault> {
        match read {
            Ok(Some(nanoseconds)) => Ok(Self::Time(nanoseconds)),
            Ok(None) => {
                tally.times_out_of_range += 1;
                Ok(Self::Null)
            }
            Err(time::Malformed) => Err(unparsable(text, shape)),
        }
    }
}

/// The points of a value of a TIMESERIES column; a null series has none.
pub(super) fn series_points<'a>(datum: &'a Datum, shape: &Shape) -> Result<&'a [TimeSeriesDataPoint], Fault> {
    match Content::of(datum)? {
        Content::Series(points) => Ok(points),
        Content::Null => Ok(&[]),
        content => Err(content.mismatch(shape)),
    }
}

/// The time of a point; unlike a time elsewhere it cannot be null.
pub(super) fn point_time(point: &TimeSeriesDataPoint) -> Result<i64, Fault> {
    match time::timestamp(&point.time) {
        Ok(Some(nanoseconds)) => Ok(nanoseconds),
        Ok(None) => Err(Fault::Malformed(format!("a point at {}, which is out of range", quote(&point.time)))),
        Err(time::Malformed) => Err(Fault::Malformed(format!("a point whose time is {}", quote(&point.time)))),
    }
}

fn parse<T: std::str::FromStr>(text: &str, shape: &Shape) -> Result<T, Fault> {
    text.parse().map_err(|_| unparsable(text, shape))
}

fn parse_boolean(text: &str) -> Result<bool, Fault> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(unparsable(text, &Shape::Boolean)),
    }
}

/// `NaN`, `Infinity` and `-Infinity` are values; a number too large for a double is not infinity.
fn parse_double(text: &str) -> Result<f64, Fault> {
    let number: f64 = parse(text, &Shape::Double)?;
    if number.is_infinite() && text.bytes().any(|byte| byte.is_ascii_digit()) {
        return Err(unparsable(text, &Shape::Double));
    }
    Ok(number)
}

fn unparsable(text: &str, shape: &Shape) -> Fault {
    Fault::Malformed(format!("{}, which is not {}", quote(text), shape.name()))
}

fn quote(text: &str) -> String {
    let shown = aws::presentable(text);
    match shown.char_indices().nth(60) {
        Some((end, _)) => format!("'{}…'", shown.get(..end).unwrap_or_default()),
        None => format!("'{shown}'"),
    }
}

/// A value as JSON. Numbers stay numbers, but `NaN` and the infinities, which JSON lacks, are text; times are as the
/// service writes them; a series is a list of `{"time", "value"}`.
fn to_json(datum: &Datum, shape: &Shape, depth: usize) -> Result<Value, Fault> {
    if depth > MAX_DEPTH {
        return Err(Fault::Malformed(format!("values nested more than {MAX_DEPTH} deep")));
    }
    match (Content::of(datum)?, shape) {
        (Content::Null, _) => Ok(Value::Null),
        (Content::Array(elements), Shape::Array(element)) => {
            elements.iter().map(|datum| to_json(datum, element, depth + 1)).collect()
        }
        (Content::Array(elements), Shape::Untyped) => {
            elements.iter().map(|datum| to_json(datum, shape, depth + 1)).collect()
        }
        (Content::Row(row), Shape::Untyped) => row.data.iter().map(|datum| to_json(datum, shape, depth + 1)).collect(),
        (Content::Row(row), Shape::Row(fields)) => {
            if row.data.len() != fields.len() {
                let (found, wanted) = (row.data.len(), fields.len());
                return Err(Fault::Malformed(format!("a row of {found} fields where {wanted} were announced")));
            }
            let pairs = fields.iter().zip(&row.data);
            let fields = pairs.map(|((name, shape), datum)| Ok((name.clone(), to_json(datum, shape, depth + 1)?)));
            Ok(Value::Object(fields.collect::<Result<Map<_, _>, Fault>>()?))
        }
        (Content::Series(points), Shape::Series(_) | Shape::Untyped) => {
            let value_shape = if let Shape::Series(value) = shape { value } else { shape };
            points.iter().map(|point| point_to_json(point, value_shape, depth)).collect()
        }
        (Content::Scalar(text), _) => scalar_to_json(datum, text, shape),
        (content, _) => Err(content.mismatch(shape)),
    }
}

fn point_to_json(point: &TimeSeriesDataPoint, shape: &Shape, depth: usize) -> Result<Value, Fault> {
    point_time(point)?;
    let value = to_json(point_value(point)?, shape, depth + 1)?;
    Ok(json!({"time": point.time, "value": value}))
}

/// The value of a point, which may be NULL but not missing.
pub(super) fn point_value(point: &TimeSeriesDataPoint) -> Result<&Datum, Fault> {
    point.value.as_ref().ok_or_else(|| Fault::Malformed("a point without a value".to_owned()))
}

fn scalar_to_json(datum: &Datum, text: &str, shape: &Shape) -> Result<Value, Fault> {
    if matches!(shape, Shape::Array(_) | Shape::Row(_) | Shape::Series(_)) {
        return Err(Content::Scalar(text).mismatch(shape));
    }
    // Inside JSON a time stays text, so one out of range is no loss.
    Ok(match Cell::read(datum, shape, &mut Tally::default())? {
        Cell::Boolean(value) => Value::Bool(value),
        Cell::Integer(value) => Value::from(value),
        Cell::Bigint(value) => Value::from(value),
        Cell::Double(value) if value.is_finite() => Value::from(value),
        _ => Value::from(text),
    })
}

/// A column under construction.
#[derive(Debug)]
pub(super) enum Builder {
    Boolean(BooleanBuilder),
    Integer(Int32Builder),
    Bigint(Int64Builder),
    Double(Float64Builder),
    Time(TimestampNanosecondBuilder),
    Text(StringBuilder),
}

impl Builder {
    /// For values of `shape`.
    pub(super) fn new(shape: &Shape) -> Self {
        match shape {
            Shape::Boolean => Self::Boolean(BooleanBuilder::new()),
            Shape::Integer => Self::Integer(Int32Builder::new()),
            Shape::Bigint => Self::Bigint(Int64Builder::new()),
            Shape::Double => Self::Double(Float64Builder::new()),
            Shape::Timestamp | Shape::Date | Shape::Time => Self::Time(TimestampNanosecondBuilder::new()),
            Shape::Text | Shape::Untyped | Shape::Array(_) | Shape::Row(_) | Shape::Series(_) => {
                Self::Text(StringBuilder::new())
            }
        }
    }

    /// What Arrow calls it.
    pub(super) const fn data_type(&self) -> DataType {
        match self {
            Self::Boolean(_) => DataType::Boolean,
            Self::Integer(_) => DataType::Int32,
            Self::Bigint(_) => DataType::Int64,
            Self::Double(_) => DataType::Float64,
            Self::Time(_) => DataType::Timestamp(TimeUnit::Nanosecond, None),
            Self::Text(_) => DataType::Utf8,
        }
    }

    /// Adds a value.
    pub(super) fn push(&mut self, cell: &Cell<'_>, tally: &mut Tally) -> Result<(), Fault> {
        match (self, cell) {
            (Self::Boolean(builder), Cell::Boolean(value)) => builder.append_value(*value),
            (Self::Integer(builder), Cell::Integer(value)) => builder.append_value(*value),
            (Self::Bigint(builder), Cell::Bigint(value)) => builder.append_value(*value),
            (Self::Double(builder), Cell::Double(value)) => builder.append_value(*value),
            (Self::Time(builder), Cell::Time(value)) => builder.append_value(*value),
            (Self::Text(builder), Cell::Text(value)) => {
                tally.text_bytes = tally.text_bytes.saturating_add(value.len());
                if tally.text_bytes > MAX_TEXT_BYTES {
                    return Err(Fault::TooMuchText);
                }
                builder.append_value(value);
            }
            (builder, Cell::Null) => builder.push_null(),
            (builder, cell) => {
                return Err(Fault::Malformed(format!("{cell:?} in a column of {}", builder.data_type())));
            }
        }
        Ok(())
    }

    fn push_null(&mut self) {
        match self {
            Self::Boolean(builder) => builder.append_null(),
            Self::Integer(builder) => builder.append_null(),
            Self::Bigint(builder) => builder.append_null(),
            Self::Double(builder) => builder.append_null(),
            Self::Time(builder) => builder.append_null(),
            Self::Text(builder) => builder.append_null(),
        }
    }

    /// The finished column.
    pub(super) fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Boolean(builder) => Arc::new(builder.finish()),
            Self::Integer(builder) => Arc::new(builder.finish()),
            Self::Bigint(builder) => Arc::new(builder.finish()),
            Self::Double(builder) => Arc::new(builder.finish()),
            Self::Time(builder) => Arc::new(builder.finish()),
            Self::Text(builder) => Arc::new(builder.finish()),
        }
    }
}
