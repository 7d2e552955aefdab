//! A result's columns: what each is called and what its values look like, from the service's `ColumnInfo`.

use std::collections::{HashMap, HashSet};

use aws_sdk_timestreamquery::types::{ColumnInfo, ScalarType, Type};

/// How deep types and values may nest. The SDK refuses values deeper than this, too.
pub(super) const MAX_DEPTH: usize = 128;

/// What a value looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    Boolean,
    Integer,
    Bigint,
    Double,
    /// VARCHAR, and what is shown as the service writes it: intervals and scalars yet unknown.
    Text,
    Timestamp,
    Date,
    Time,
    /// `SELECT NULL`, or a type that the service did not tell: nulls, else whatever comes, as text.
    Untyped,
    Array(Box<Shape>),
    Row(Vec<(String, Shape)>),
    Series(Box<Shape>),
}

impl Shape {
    /// The type in the service's words.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Boolean => "BOOLEAN",
            Self::Integer => "INTEGER",
            Self::Bigint => "BIGINT",
            Self::Double => "DOUBLE",
            Self::Text => "VARCHAR",
            Self::Timestamp => "TIMESTAMP",
            Self::Date => "DATE",
            Self::Time => "TIME",
            Self::Untyped => "UNKNOWN",
            Self::Array(_) => "ARRAY",
            Self::Row(_) => "ROW",
            Self::Series(_) => "TIMESERIES",
        }
    }

    /// The shape of values of `column`; `None` where it nests too deep.
    fn of(column: &ColumnInfo, depth: usize) -> Option<Self> {
        if depth > MAX_DEPTH {
            return None;
        }
        let Some(Type {
            scalar_type, array_column_info, time_series_measure_value_column_info, row_column_info, ..
        }) = column.r#type.as_deref()
        else {
            return Some(Self::Untyped);
        };
        if let Some(element) = array_column_info {
            return Some(Self::Array(Box::new(Self::of(element, depth + 1)?)));
        }
        if let Some(value) = time_series_measure_value_column_info {
            return Some(Self::Series(Box::new(Self::of(value, depth + 1)?)));
        }
        if let Some(fields) = row_column_info {
            let shapes = fields.iter().map(|field| Self::of(field, depth + 1)).collect::<Option<Vec<_>>>()?;
            return Some(Self::Row(names(fields, "_field", &[]).into_iter().zip(shapes).collect()));
        }
        Some(match scalar_type {
            Some(ScalarType::Boolean) => Self::Boolean,
            Some(ScalarType::Integer) => Self::Integer,
            Some(ScalarType::Bigint) => Self::Bigint,
            Some(ScalarType::Double) => Self::Double,
            Some(ScalarType::Timestamp) => Self::Timestamp,
            Some(ScalarType::Date) => Self::Date,
            Some(ScalarType::Time) => Self::Time,
            Some(ScalarType::UnknownValue) | None => Self::Untyped,
            Some(_) => Self::Text,
        })
    }
}

/// The shapes of a result's columns; `Err` names the column that nests too deep.
pub(super) fn shapes(columns: &[ColumnInfo]) -> Result<Vec<Shape>, String> {
    columns
        .iter()
        .enumerate()
        .map(|(index, column)| Shape::of(column, 0).ok_or_else(|| given_name(column, "_col", index)))
        .collect()
}

/// The columns' names, each unlike the others and unlike `reserved`: unnamed ones are `PREFIX` and their position, as the
/// service's own are `_colN`, and a name's second appearance is `name_2`.
pub(super) fn names(columns: &[ColumnInfo], prefix: &str, reserved: &[&str]) -> Vec<String> {
    let mut used: HashSet<String> = reserved.iter().map(|name| (*name).to_owned()).collect();
    let mut next: HashMap<String, usize> = HashMap::new();
    let mut names = Vec::with_capacity(columns.len());
    for (index, column) in columns.iter().enumerate() {
        let base = given_name(column, prefix, index);
        let mut name = base.clone();
        while used.contains(&name) {
            let number = next.entry(base.clone()).or_insert(2);
            name = format!("{base}_{number}");
            *number += 1;
        }
        used.insert(name.clone());
        names.push(name);
    }
    names
}

fn given_name(column: &ColumnInfo, prefix: &str, index: usize) -> String {
    match column.name.as_deref() {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => format!("{prefix}{index}"),
    }
}
