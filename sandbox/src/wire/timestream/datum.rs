//! Columns and values in Timestream's JSON: `ColumnInfo` and `Datum`.

use arrow::array::{Array, StructArray};
use serde_json::{Map, Value, json};

use crate::{
    engine::{Column, Service, SqlType},
    wire::{cell::Cell, text},
};

/// The `ColumnInfo` list of a result; columns without a name are called by their place.
pub(super) fn column_info(columns: &[Column]) -> Vec<Value> {
    columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let name = column.name.clone().unwrap_or_else(|| format!("_col{index}"));
            json!({"Name": name, "Type": type_info(&column.sql_type)})
        })
        .collect()
}

/// Timestream has fewer types than SQL; what it lacks is sent as the nearest it has.
fn type_info(sql_type: &SqlType) -> Value {
    let scalar = match sql_type {
        SqlType::Array(item) => return json!({"ArrayColumnInfo": {"Type": type_info(item)}}),
        SqlType::TimeSeries(value) => return json!({"TimeSeriesMeasureValueColumnInfo": {"Type": type_info(value)}}),
        SqlType::Row(fields) => {
            let fields: Vec<Value> = fields
                .iter()
                .map(|(name, field)| {
                    let mut info = Map::new();
                    if let Some(name) = name {
                        info.insert("Name".to_owned(), json!(name));
                    }
                    info.insert("Type".to_owned(), type_info(field));
                    Value::Object(info)
                })
                .collect();
            return json!({"RowColumnInfo": fields});
        }
        SqlType::Unknown => "UNKNOWN",
        SqlType::Boolean => "BOOLEAN",
        SqlType::Tinyint | SqlType::Smallint | SqlType::Integer => "INTEGER",
        SqlType::Bigint => "BIGINT",
        SqlType::Real | SqlType::Double | SqlType::Decimal { .. } => "DOUBLE",
        SqlType::Date => "DATE",
        SqlType::Time => "TIME",
        SqlType::Timestamp { .. } | SqlType::TimestampWithTimeZone { .. } => "TIMESTAMP",
        SqlType::IntervalDayToSecond => "INTERVAL_DAY_TO_SECOND",
        SqlType::IntervalYearToMonth => "INTERVAL_YEAR_TO_MONTH",
        SqlType::Char
        | SqlType::Varchar
        | SqlType::Varbinary
        | SqlType::Json
        | SqlType::Uuid
        | SqlType::IpAddress
        | SqlType::Map(..) => "VARCHAR",
    };
    json!({"ScalarType": scalar})
}

/// Appends the `Data` list of one row.
pub(super) fn write_row<'a>(values: impl Iterator<Item = (&'a dyn Array, &'a SqlType)>, row: usize, out: &mut Vec<u8>) {
    out.push(b'[');
    for (index, (array, sql_type)) in values.enumerate() {
        separate(index, out);
        write_datum(&Cell::read(array, row), sql_type, out);
    }
    out.push(b']');
}

fn separate(index: usize, out: &mut Vec<u8>) {
    if index > 0 {
        out.push(b',');
    }
}

fn write_datum(cell: &Cell<'_>, sql_type: &SqlType, out: &mut Vec<u8>) {
    match (cell, sql_type) {
        (Cell::Null, _) => out.extend_from_slice(br#"{"NullValue":true}"#),
        (Cell::List(items), SqlType::TimeSeries(value)) => write_time_series(items.as_ref(), value, out),
        (Cell::List(items), _) => {
            let item_type = match sql_type {
                SqlType::Array(item) => &**item,
                _ => &SqlType::Unknown,
            };
            out.extend_from_slice(br#"{"ArrayValue":["#);
            for row in 0..items.len() {
                separate(row, out);
                write_datum(&Cell::read(items.as_ref(), row), item_type, out);
            }
            out.extend_from_slice(b"]}");
        }
        (Cell::Row(fields, index), _) => {
            out.extend_from_slice(br#"{"RowValue":{"Data":"#);
            write_row(field_values(fields, sql_type), *index, out);
            out.extend_from_slice(b"}}");
        }
        _ => {
            out.extend_from_slice(br#"{"ScalarValue":"#);
            write_text(cell, sql_type, out);
            out.push(b'}');
        }
    }
}

fn field_values<'a>(
    fields: &'a StructArray,
    sql_type: &'a SqlType,
) -> impl Iterator<Item = (&'a dyn Array, &'a SqlType)> {
    let types = match sql_type {
        SqlType::Row(types) => types.as_slice(),
        _ => &[],
    };
    fields
        .columns()
        .iter()
        .enumerate()
        .map(|(index, column)| (column.as_ref(), types.get(index).map_or(&SqlType::Unknown, |(_, field)| field)))
}

/// A list of structs of time and value becomes `TimeSeriesDataPoint`s.
fn write_time_series(points: &dyn Array, value_type: &SqlType, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"TimeSeriesValue":["#);
    for row in 0..points.len() {
        separate(row, out);
        match Cell::read(points, row) {
            Cell::Row(point, index) if point.num_columns() == 2 => {
                out.extend_from_slice(br#"{"Time":"#);
                let time = Cell::read(point.column(0).as_ref(), index);
                write_text(&time, &SqlType::Timestamp { precision: 9 }, out);
                out.extend_from_slice(br#","Value":"#);
                write_datum(&Cell::read(point.column(1).as_ref(), index), value_type, out);
                out.push(b'}');
            }
            other => write_datum(&other, &SqlType::Unknown, out),
        }
    }
    out.extend_from_slice(b"]}");
}

/// A value's text as a JSON string.
fn write_text(cell: &Cell<'_>, sql_type: &SqlType, out: &mut Vec<u8>) {
    let mut printed = String::new();
    text::write(cell, sql_type, Service::Timestream, &mut printed);
    out.extend_from_slice(Value::from(printed).to_string().as_bytes());
}
