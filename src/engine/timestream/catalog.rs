//! What there is to query: databases, tables, measures and columns, as `SHOW` and `DESCRIBE` tell them.

use arrow::array::{Array, AsArray, RecordBatch};

use crate::{
    engine::Column,
    error::{Error, ErrorKind, Result},
};

/// `SHOW DATABASES`
pub(super) fn show_databases() -> String {
    "SHOW DATABASES".to_owned()
}

/// `SHOW TABLES FROM "database"`
pub(super) fn show_tables(database: &str) -> String {
    format!("SHOW TABLES FROM {}", quoted(database))
}

/// `SHOW MEASURES FROM "database"."table"`
pub(super) fn show_measures(database: &str, table: &str) -> String {
    format!("SHOW MEASURES FROM {}.{}", quoted(database), quoted(table))
}

/// `DESCRIBE "database"."table"`
pub(super) fn describe(database: &str, table: &str) -> String {
    format!("DESCRIBE {}.{}", quoted(database), quoted(table))
}

/// An identifier that may be anything.
pub(super) fn quoted(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

/// The first column of an answer to `SHOW`: the names.
pub(super) fn names(batch: &RecordBatch) -> Result<Vec<String>> {
    if batch.num_columns() == 0 {
        return Ok(Vec::new());
    }
    Ok(texts(batch, 0)?.into_iter().flatten().map(str::to_owned).collect())
}

/// An answer to `DESCRIBE`: name, type and the attribute that says what part a column plays.
pub(super) fn columns(batch: &RecordBatch) -> Result<Vec<Column>> {
    if batch.num_columns() == 0 {
        return Ok(Vec::new());
    }
    let (names, types, attributes) = (texts(batch, 0)?, texts(batch, 1)?, texts(batch, 2)?);
    let rows = names.into_iter().zip(types).zip(attributes);
    Ok(rows
        .filter_map(|((name, data_type), attribute)| {
            let role = role(attribute.unwrap_or_default());
            Some(Column { name: name?.to_owned(), data_type: data_type.unwrap_or("unknown").to_owned(), role })
        })
        .collect())
}

fn role(attribute: &str) -> &'static str {
    match attribute.to_ascii_uppercase().as_str() {
        "DIMENSION" => "dimension",
        "MEASURE_VALUE" | "MULTI" => "measure",
        "TIMESTAMP" => "timestamp",
        _ => "column",
    }
}

fn texts(batch: &RecordBatch, column: usize) -> Result<Vec<Option<&str>>> {
    let array = batch.columns().get(column).and_then(|array| array.as_string_opt::<i32>());
    let array = array.ok_or_else(|| {
        Error::new(
            ErrorKind::Unavailable,
            format!("Timestream's list has no text in column {}: it cannot be read.", column + 1),
        )
    })?;
    Ok((0..array.len()).map(|row| array.is_valid(row).then(|| array.value(row))).collect())
}
