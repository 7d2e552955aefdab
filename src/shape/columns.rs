//! What part each column of a long batch plays: it names the series, or it is drawn.

use arrow::{
    array::{ArrayRef, RecordBatch},
    datatypes::{DataType, Field, FieldRef, Fields},
};

use crate::{
    engine::{ROLE, ROLE_LABEL},
    error::{Error, Result},
    notice::Notice,
};

/// A column with its schema.
#[derive(Clone)]
pub(super) struct Column {
    pub(super) field: FieldRef,
    pub(super) array: ArrayRef,
}

/// The columns of a long batch beside its time column.
pub(super) struct Columns {
    /// Columns that name the series.
    pub(super) labels: Vec<Column>,
    /// Numbers to draw.
    pub(super) values: Vec<Column>,
}

impl Columns {
    /// Sorts the columns of `batch` by their part. What can be neither is left out, with a notice.
    pub(super) fn split(batch: &RecordBatch, time: usize, notices: &mut Vec<Notice>) -> Result<Self> {
        let (mut labels, mut values, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
        for (position, (field, array)) in batch.schema_ref().fields().iter().zip(batch.columns()).enumerate() {
            if position == time {
                continue;
            }
            let column = Column { field: field.clone(), array: array.clone() };
            if is_label(field) || is_text(field.data_type()) || field.data_type() == &DataType::Boolean {
                labels.push(column);
            } else if field.data_type().is_numeric() {
                values.push(column);
            } else {
                left_out.push(format!("`{}` ({})", field.name(), word(field.data_type())));
            }
        }
        if values.is_empty() {
            return Err(no_value(batch, time));
        }
        if !left_out.is_empty() {
            notices.push(Notice::info(format!(
                "Not drawn, since a time series has one time column and numbers: {}. Convert to a number to draw it, to \
                 text to name the series by it.",
                left_out.join(", ")
            )));
        }
        Ok(Self { labels, values })
    }
}

fn no_value(batch: &RecordBatch, time: usize) -> Error {
    let fields = batch.schema_ref().fields();
    let others: Fields =
        fields.iter().enumerate().filter(|(position, _)| *position != time).map(|(_, f)| f.clone()).collect();
    let have = if others.is_empty() { "nothing".to_owned() } else { describe(&others) };
    Error::bad_query(format!(
        "A time series needs a number to draw and the answer has none; beside the time column `{}` it has: {have}. Add a \
         number such as `count(*) AS value`, convert with `CAST(x AS double)`, or choose the table format.",
        fields.get(time).map_or("", |field| field.name())
    ))
}

/// Whether the engine marked the column as one that names the series.
pub(super) fn is_label(field: &Field) -> bool {
    field.metadata().get(ROLE).is_some_and(|role| role == ROLE_LABEL)
}

pub(super) fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// The columns with their types, for an error.
pub(super) fn describe(fields: &Fields) -> String {
    if fields.is_empty() {
        return "none".to_owned();
    }
    let columns: Vec<_> = fields.iter().map(|f| format!("`{}` ({})", f.name(), word(f.data_type()))).collect();
    columns.join(", ")
}

fn word(data_type: &DataType) -> String {
    match data_type {
        DataType::Boolean => "boolean".to_owned(),
        DataType::Timestamp(..) => "timestamp".to_owned(),
        t if is_text(t) => "text".to_owned(),
        t if t.is_numeric() => "number".to_owned(),
        t => t.to_string(),
    }
}
