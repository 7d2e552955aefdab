//! Groups of several slices merged, and what the answer makes of them.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, RecordBatch, RecordBatchOptions},
    datatypes::{Field, Schema},
};

use super::{
    Partial, Totals, Value,
    concat::join,
    groups::Groups,
    kernel_failed, mistake,
    partial::Column,
    sort::sorted,
    unify::goes_together,
    value::{Merged, check, mentions},
};
use crate::error::{Error, Result};

/// One row for each group of `parts`, which have one schema.
pub(super) fn totals(parts: Vec<RecordBatch>, totals: &Totals) -> Result<RecordBatch> {
    let rows = join(parts, None)?;
    let expected = totals.keys.saturating_add(totals.partials.len());
    if rows.num_columns() != expected {
        return Err(mistake(&format!("{expected} columns were to be merged, and there are {}", rows.num_columns())));
    }
    for output in &totals.outputs {
        check(&output.value, expected)?;
    }

    let merged = merge(&rows, totals)?;
    let mut fields = Vec::with_capacity(totals.outputs.len());
    let mut columns = Vec::with_capacity(totals.outputs.len());
    for output in &totals.outputs {
        let column = merged.evaluate(&output.name, &output.value)?;
        let mut field = Field::new(&output.name, column.data_type().clone(), true);
        if let Value::Column(index) = output.value {
            field = field.with_metadata(rows.schema_ref().field(index).metadata().clone());
        }
        fields.push(field);
        columns.push(column);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(merged.rows));
    let answer = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options);
    sorted(&answer.map_err(kernel_failed)?, &totals.order, totals.limit)
}

/// What the reader calls a column of the parts, which has a name of ours there: the output that it is, else the first that is
/// made of it, else its place among what is grouped by.
pub(super) fn shown(totals: &Totals, column: usize) -> String {
    let outputs = || totals.outputs.iter();
    outputs()
        .find(|output| output.value == Value::Column(column))
        .or_else(|| outputs().find(|output| mentions(&output.value, column)))
        .map_or_else(|| format!("GROUP BY {}", column.saturating_add(1)), |output| output.name.clone())
}

/// Whether extremes go together in all parts: as text, 7 is more than 1,000.
pub(super) fn check_types(parts: &[RecordBatch], totals: &Totals) -> Result<()> {
    for (place, partial) in totals.partials.iter().enumerate() {
        let index = totals.keys.saturating_add(place);
        if !matches!(partial, Partial::Min | Partial::Max) {
            continue;
        }
        let arrays: Vec<&ArrayRef> = parts.iter().filter_map(|part| part.columns().get(index)).collect();
        if goes_together(&arrays) {
            continue;
        }
        return Err(Error::bad_query(format!(
            "The column `{}` is of different types in the two engines, which have no least and no greatest value together. \
             Correct the column's expression in the dataset's settings, or CAST it to one type in the SQL.",
            shown(totals, index)
        )));
    }
    Ok(())
}

fn merge(rows: &RecordBatch, totals: &Totals) -> Result<Merged> {
    let (keys, partials) = rows.columns().split_at(totals.keys);
    let groups = Groups::new(keys, rows.num_rows())?;
    let mut columns: Vec<ArrayRef> = keys.iter().map(|key| groups.key(key)).collect::<Result<_>>()?;
    for ((index, values), partial) in (totals.keys..).zip(partials).zip(&totals.partials) {
        columns.push(Column { name: &shown(totals, index), values, groups: &groups }.merge(*partial)?);
    }
    Ok(Merged { columns, rows: groups.count })
}
