//! The logical columns of a dataset: `columns` of its settings.

use std::collections::HashSet;

use serde_json::Value;

use super::{check_identifier, expression, path_of};
use crate::{
    dataset::{Column, ColumnType, TIME},
    error::{Error, Result},
    settings::section::Section,
};

const MOST_COLUMNS: usize = 300;

/// Types by the names that settings may call them.
const TYPES: [(&str, ColumnType); 13] = [
    ("text", ColumnType::Text),
    ("integer", ColumnType::Integer),
    ("double", ColumnType::Double),
    ("boolean", ColumnType::Boolean),
    ("timestamp", ColumnType::Timestamp),
    ("string", ColumnType::Text),
    ("varchar", ColumnType::Text),
    ("bigint", ColumnType::Integer),
    ("int", ColumnType::Integer),
    ("long", ColumnType::Integer),
    ("float", ColumnType::Double),
    ("number", ColumnType::Double),
    ("bool", ColumnType::Boolean),
];

/// Reads the columns of the dataset `parent`, which is on the legs said.
pub(super) fn read(
    parent: &Section<'_>,
    columns: Option<&[Value]>,
    on_realtime: bool,
    on_historical: bool,
) -> Result<Vec<Column>> {
    let columns = columns.unwrap_or_default();
    if columns.is_empty() {
        return Err(parent.fault("columns", "is missing: list the dataset's columns, each with a name and a type."));
    }
    if columns.len() > MOST_COLUMNS {
        return Err(parent.fault("columns", &format!("holds {} columns; at most {MOST_COLUMNS}.", columns.len())));
    }
    let mut names = HashSet::new();
    let mut read = Vec::with_capacity(columns.len());
    for (index, value) in columns.iter().enumerate() {
        let path = path_of(&parent.name("columns"), index, value);
        let Value::Object(_) = value else {
            return Err(Error::bad_settings(format!("Setting {path} must be an object with a name and a type.")));
        };
        let column = read_column(Section::new(path, value)?, on_realtime, on_historical)?;
        if !names.insert(column.name.clone()) {
            return Err(parent.fault("columns", &format!("has two columns called {}.", column.name)));
        }
        read.push(column);
    }
    Ok(read)
}

fn read_column(mut section: Section<'_>, on_realtime: bool, on_historical: bool) -> Result<Column> {
    let name = section.text("name")?;
    let data_type = section.choice("type", &TYPES)?;
    let realtime = section.get("realtime");
    let historical = section.get("historical");
    let unit = section.text("unit")?;
    let description = section.text("description")?;
    section.finish(&[])?;

    let name = name.ok_or_else(|| section.fault("name", "is missing."))?;
    if name == TIME {
        return Err(section
            .fault("name", "must not be time: every dataset has its event time under that name, as timeColumn says."));
    }
    check_identifier(&section.name("name"), &name)?;
    let data_type = data_type
        .ok_or_else(|| section.fault("type", "is missing: say text, integer, double, boolean or timestamp."))?;
    let realtime = expression_of(&section, "realtime", realtime, &name, on_realtime)?;
    let historical = expression_of(&section, "historical", historical, &name, on_historical)?;
    if realtime.is_none() && historical.is_none() {
        return Err(Error::bad_settings(format!(
            "Setting {} is on none of the dataset's legs: give it an expression on one, or leave it out.",
            section.path()
        )));
    }
    Ok(Column { name, data_type, realtime, historical, unit, description })
}

/// SQL of a column on a leg: as given, else its name; nothing where settings say false or a blank.
fn expression_of(
    section: &Section<'_>,
    leg: &str,
    given: Option<&Value>,
    name: &str,
    is_on: bool,
) -> Result<Option<String>> {
    match given {
        None => Ok(is_on.then(|| name.to_owned())),
        Some(Value::Bool(false)) => Ok(None),
        Some(Value::String(sql)) if sql.trim().is_empty() => Ok(None),
        Some(Value::String(_)) if !is_on => Err(section
            .fault(leg, &format!("says what the column is on the {leg} leg, but the dataset has no table there."))),
        Some(Value::String(sql)) => {
            expression::check(&section.name(leg), sql.trim())?;
            Ok(Some(sql.trim().to_owned()))
        }
        Some(other) => Err(section.wrong(leg, "an expression, or false where the leg lacks the column", other)),
    }
}
