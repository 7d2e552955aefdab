//! Brings the batches of two engines to one schema, so that everything after can put their columns end to end.

use std::{collections::HashMap, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, new_null_array},
    compute::cast,
    datatypes::{DataType, Field, Int64Type, Schema, TimeUnit},
};

use super::{kernel_failed, mistake};
use crate::{
    error::{Error, Result},
    notice::Notice,
};

/// The batches with one schema, the first's names and nothing that is not nullable. Notices speak of a column by what `shown`
/// says the reader calls it, else by its name.
pub(super) fn unify(
    parts: Vec<RecordBatch>,
    shown: impl Fn(usize) -> Option<String>,
    notices: &mut Vec<Notice>,
) -> Result<Vec<RecordBatch>> {
    let Some(first) = parts.first() else {
        return Err(mistake("there is no part"));
    };
    for part in &parts {
        same_columns(first, part)?;
    }
    let mut fields = Vec::with_capacity(first.num_columns());
    let mut columns = vec![Vec::with_capacity(first.num_columns()); parts.len()];
    for (index, field) in first.schema_ref().fields().iter().enumerate() {
        let arrays: Vec<&ArrayRef> = parts.iter().map(|part| part.column(index)).collect();
        let name = shown(index).unwrap_or_else(|| field.name().clone());
        let column = Column { name: &name, data_type: common_type(&arrays, &name, notices) };
        for (converted, array) in columns.iter_mut().zip(arrays) {
            converted.push(column.convert(array, notices)?);
        }
        // The first part to say something of a column is heard.
        let mut metadata = HashMap::new();
        for part in parts.iter().rev() {
            metadata.extend(part.schema_ref().field(index).metadata().clone());
        }
        fields.push(Field::new(field.name(), column.data_type, true).with_metadata(metadata));
    }
    let schema = Arc::new(Schema::new_with_metadata(fields, first.schema_ref().metadata().clone()));
    parts
        .into_iter()
        .zip(columns)
        .map(|(part, columns)| {
            let options = RecordBatchOptions::new().with_row_count(Some(part.num_rows()));
            RecordBatch::try_new_with_options(schema.clone(), columns, &options).map_err(kernel_failed)
        })
        .collect()
}

/// Whether the columns of both have the same names, in any case: Athena answers in small letters.
fn same_columns(one: &RecordBatch, other: &RecordBatch) -> Result<()> {
    let names = |batch: &RecordBatch| -> Vec<String> {
        batch.schema_ref().fields().iter().map(|field| field.name().clone()).collect()
    };
    let (one, other) = (names(one), names(other));
    let differs = |(one, other): (&String, &String)| one.to_lowercase() != other.to_lowercase();
    if one.len() == other.len() && !one.iter().zip(&other).any(differs) {
        return Ok(());
    }
    Err(Error::bad_query(format!(
        "The parts of the answer have different columns: {} in one, {} in another. Name the columns in the SELECT instead of `*`, \
         and give each calculated one an alias.",
        listed(&one),
        listed(&other)
    )))
}

fn listed(names: &[String]) -> String {
    const MOST: usize = 20;
    if names.is_empty() {
        return "none".to_owned();
    }
    let text = names.iter().take(MOST).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST) {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

/// Whether there is a type other than text for what `arrays` hold, or all hold text.
pub(super) fn goes_together(arrays: &[&ArrayRef]) -> bool {
    let has_values = |array: &&&ArrayRef| array.logical_null_count() < array.len();
    let mut held = arrays.iter().filter(has_values).map(|array| canonical(array.data_type()));
    let Some(first) = held.next() else { return true };
    held.try_fold(first, |so_far, next| widen(&so_far, &next)).is_some()
}

/// The type that holds what any of `arrays` holds.
fn common_type(arrays: &[&ArrayRef], name: &str, notices: &mut Vec<Notice>) -> DataType {
    let has_values = |array: &&&ArrayRef| array.logical_null_count() < array.len();
    let types = |arrays: &mut dyn Iterator<Item = &&ArrayRef>| -> Vec<DataType> {
        arrays.map(|array| canonical(array.data_type())).collect()
    };
    let held = types(&mut arrays.iter().filter(has_values));
    let Some((first, rest)) = held.split_first() else {
        // Without values any type will do. Text is what an engine answers where it does not know the type itself.
        let mut known = types(&mut arrays.iter());
        known.retain(|data_type| !matches!(data_type, DataType::Null | DataType::Utf8));
        let all = |known: &[DataType]| {
            let (first, rest) = known.split_first()?;
            rest.iter().try_fold(first.clone(), |so_far, next| widen(&so_far, next))
        };
        return all(&known).unwrap_or(DataType::Utf8);
    };
    if let Some(common) = rest.iter().try_fold(first.clone(), |so_far, next| widen(&so_far, next)) {
        return common;
    }
    let mut words: Vec<&str> = held.iter().map(type_name).collect();
    words.sort_unstable();
    words.dedup();
    notices.push(Notice::warning(format!(
        "The column `{name}` is of different types in the two engines ({}), so it is shown as text. CAST it to one type in the SQL.",
        words.join(", ")
    )));
    DataType::Utf8
}

/// The type that stands for `data_type`: there is one for text and one for timestamps.
fn canonical(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Timestamp(..) => DataType::Timestamp(TimeUnit::Nanosecond, None),
        DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        other => other.clone(),
    }
}

fn type_name(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Boolean => "boolean",
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => "whole number",
        DataType::Float32 | DataType::Float64 => "floating-point number",
        DataType::Timestamp(..) => "time",
        DataType::Utf8 => "text",
        _ => "another type",
    }
}

/// The type that holds the values of both; `None` when only text does. It makes no difference which comes first.
pub(super) fn widen(one: &DataType, other: &DataType) -> Option<DataType> {
    let integer_width = |data_type: &DataType| match data_type {
        DataType::Int8 => Some(8),
        DataType::Int16 => Some(16),
        DataType::Int32 => Some(32),
        DataType::Int64 => Some(64),
        _ => None,
    };
    let is_number = |data_type: &DataType| {
        integer_width(data_type).is_some() || matches!(data_type, DataType::Float32 | DataType::Float64)
    };
    match (one, other) {
        (one, other) if one == other => Some(one.clone()),
        (DataType::Null, known) | (known, DataType::Null) => Some(known.clone()),
        (one, other) => match (integer_width(one), integer_width(other)) {
            (Some(width), Some(other_width)) => Some(if width > other_width { one.clone() } else { other.clone() }),
            _ => (is_number(one) && is_number(other)).then_some(DataType::Float64),
        },
    }
}

/// A column of the one schema.
struct Column<'a> {
    name: &'a str,
    data_type: DataType,
}

impl Column<'_> {
    fn convert(&self, array: &ArrayRef, notices: &mut Vec<Notice>) -> Result<ArrayRef> {
        if *array.data_type() == self.data_type {
            return Ok(array.clone());
        }
        let nulls = array.logical_null_count();
        if nulls == array.len() {
            return Ok(new_null_array(&self.data_type, array.len()));
        }
        // An instant is the same in any zone.
        let utc = match array.data_type() {
            DataType::Timestamp(unit, Some(_)) => DataType::Timestamp(*unit, None),
            other => other.clone(),
        };
        let converted = cast(array, &utc).and_then(|array| cast(&array, &self.data_type)).map_err(kernel_failed)?;
        if converted.logical_null_count() > nulls {
            notices.push(Notice::warning(format!(
                "Some values of the column `{}` are null here, since they do not fit its type: times go from the year 1677 to 2262.",
                self.name
            )));
        }
        if self.data_type == DataType::Float64 && loses_precision(array) {
            notices.push(Notice::warning(format!(
                "Whole numbers of the column `{}` are rounded: the other engine answers with floating-point numbers, which hold \
                 16 digits. CAST it to bigint in the SQL to keep all.",
                self.name
            )));
        }
        Ok(converted)
    }
}

/// Whether some whole number of `array` is not the same as a double.
fn loses_precision(array: &ArrayRef) -> bool {
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "the loss is what is asked for")]
    let inexact = |value: i64| value as f64 as i128 != i128::from(value);
    array.as_primitive_opt::<Int64Type>().is_some_and(|values| values.iter().flatten().any(inexact))
}
