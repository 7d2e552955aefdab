//! How a table's columns are made of generated rows: a name, a type, and what to read of a row.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, MapBuilder, MapFieldNames, StringArray,
    StringBuilder, StructArray, TimestampMillisecondArray, TimestampNanosecondArray,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{Field, Fields};

use super::{SqlType, types};
use crate::data::Millis;

/// Makes a column's values of rows.
type Build<R> = Box<dyn Fn(&[R]) -> ArrayRef + Send + Sync>;

/// A column of a table whose rows are generated as `R`.
pub struct GeneratedColumn<R> {
    /// Its name.
    pub name: &'static str,
    /// Its SQL type.
    pub sql_type: SqlType,
    build: Build<R>,
}

impl<R> GeneratedColumn<R> {
    fn new(name: &'static str, sql_type: SqlType, build: impl Fn(&[R]) -> ArrayRef + Send + Sync + 'static) -> Self {
        Self { name, sql_type, build: Box::new(build) }
    }

    /// The column's field.
    pub fn field(&self) -> Field {
        types::field(self.name, &self.sql_type)
    }

    /// The column's values of these rows.
    pub fn values(&self, rows: &[R]) -> ArrayRef {
        (self.build)(rows)
    }
}

/// A varchar column of text that the row refers to.
pub fn text<R>(name: &'static str, get: impl Fn(&R) -> Option<&str> + Send + Sync + 'static) -> GeneratedColumn<R> {
    GeneratedColumn::new(name, SqlType::Varchar, move |rows| Arc::new(rows.iter().map(&get).collect::<StringArray>()))
}

/// A varchar column of text made for the row.
pub fn written<R>(
    name: &'static str,
    get: impl Fn(&R) -> Option<String> + Send + Sync + 'static,
) -> GeneratedColumn<R> {
    GeneratedColumn::new(name, SqlType::Varchar, move |rows| Arc::new(rows.iter().map(&get).collect::<StringArray>()))
}

/// An integer column.
pub fn integer<R>(name: &'static str, get: impl Fn(&R) -> Option<i64> + Send + Sync + 'static) -> GeneratedColumn<R> {
    GeneratedColumn::new(name, SqlType::Integer, move |rows| {
        Arc::new(rows.iter().map(|row| get(row).and_then(|value| i32::try_from(value).ok())).collect::<Int32Array>())
    })
}

/// A bigint column.
pub fn bigint<R>(name: &'static str, get: impl Fn(&R) -> Option<i64> + Send + Sync + 'static) -> GeneratedColumn<R> {
    GeneratedColumn::new(name, SqlType::Bigint, move |rows| Arc::new(rows.iter().map(&get).collect::<Int64Array>()))
}

/// A double column.
pub fn double<R>(name: &'static str, get: impl Fn(&R) -> Option<f64> + Send + Sync + 'static) -> GeneratedColumn<R> {
    GeneratedColumn::new(name, SqlType::Double, move |rows| Arc::new(rows.iter().map(&get).collect::<Float64Array>()))
}

/// A boolean column.
pub fn boolean<R>(name: &'static str, get: impl Fn(&R) -> Option<bool> + Send + Sync + 'static) -> GeneratedColumn<R> {
    GeneratedColumn::new(name, SqlType::Boolean, move |rows| Arc::new(rows.iter().map(&get).collect::<BooleanArray>()))
}

/// A timestamp(3) column, as Athena has them.
pub fn timestamp_millis<R>(
    name: &'static str,
    get: impl Fn(&R) -> Option<Millis> + Send + Sync + 'static,
) -> GeneratedColumn<R> {
    GeneratedColumn::new(name, SqlType::Timestamp { precision: 3 }, move |rows| {
        Arc::new(rows.iter().map(&get).collect::<TimestampMillisecondArray>())
    })
}

/// A timestamp(9) column, as Timestream has them.
pub fn timestamp_nanos<R>(
    name: &'static str,
    get: impl Fn(&R) -> Option<Millis> + Send + Sync + 'static,
) -> GeneratedColumn<R> {
    GeneratedColumn::new(name, SqlType::Timestamp { precision: 9 }, move |rows| {
        Arc::new(rows.iter().map(|row| get(row).map(|millis| millis * 1_000_000)).collect::<TimestampNanosecondArray>())
    })
}

/// A column of rows with named fields, null where `is_present` says so.
pub fn row<R: 'static>(
    name: &'static str,
    is_present: impl Fn(&R) -> bool + Send + Sync + 'static,
    fields: Vec<GeneratedColumn<R>>,
) -> GeneratedColumn<R> {
    let sql_type =
        SqlType::Row(fields.iter().map(|field| (Some(field.name.to_owned()), field.sql_type.clone())).collect());
    let arrow_fields: Fields = fields.iter().map(GeneratedColumn::field).collect();
    GeneratedColumn::new(name, sql_type, move |rows| {
        let nulls: NullBuffer = rows.iter().map(&is_present).collect();
        let values = fields.iter().map(|field| field.values(rows)).collect();
        Arc::new(StructArray::new(arrow_fields.clone(), values, Some(nulls)))
    })
}

/// A column of maps from varchar to varchar.
pub fn text_map<R>(
    name: &'static str,
    get: impl Fn(&R) -> Vec<(&'static str, String)> + Send + Sync + 'static,
) -> GeneratedColumn<R> {
    let sql_type = SqlType::Map(Box::new(SqlType::Varchar), Box::new(SqlType::Varchar));
    GeneratedColumn::new(name, sql_type, move |rows| {
        let names = MapFieldNames { entry: "entries".into(), key: "key".into(), value: "value".into() };
        let mut maps = MapBuilder::new(Some(names), StringBuilder::new(), StringBuilder::new());
        for row in rows {
            for (key, value) in get(row) {
                maps.keys().append_value(key);
                maps.values().append_value(value);
            }
            // Keys and values were appended in pairs, which is all that it checks.
            let _ = maps.append(true);
        }
        Arc::new(maps.finish())
    })
}
