//! Rows in the order that a statement asks for, as Trino compares: text by code point, zeros of either sign equal, NaN greatest.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, AsArray, RecordBatch, UInt32Array},
    compute::{SortOptions, take_record_batch},
    datatypes::{DataType, Float32Type, Float64Type},
    row::{RowConverter, Rows, SortField},
};

use super::{SortKey, kernel_failed, mistake};
use crate::error::Result;

/// The first `limit` rows of `batch` by `keys`; rows that compare equal stay in their order.
pub(super) fn sorted(batch: &RecordBatch, keys: &[SortKey], limit: Option<usize>) -> Result<RecordBatch> {
    if keys.is_empty() || batch.num_rows() < 2 {
        return Ok(head(batch, limit));
    }
    let mut columns = Vec::with_capacity(keys.len());
    for key in keys {
        let Some(column) = batch.columns().get(key.column) else {
            return Err(mistake(&format!("there is no column {} to sort by", key.column)));
        };
        columns.push((column, SortOptions { descending: key.descending, nulls_first: key.nulls_first }));
    }
    let rows = comparable(columns)?;
    let mut order: Vec<u32> = (0..super::concat::row_number(batch.num_rows())?).collect();
    // Slices come in the asked order, so that there are few runs to merge: this sort finds them.
    order.sort_by(|&one, &other| rows.row(one as usize).cmp(&rows.row(other as usize)));
    if order.is_sorted() {
        return Ok(head(batch, limit));
    }
    order.truncate(limit.unwrap_or(usize::MAX));
    take_record_batch(batch, &UInt32Array::from(order)).map_err(kernel_failed)
}

/// The first `limit` rows of `batch`.
pub(super) fn head(batch: &RecordBatch, limit: Option<usize>) -> RecordBatch {
    match limit {
        Some(limit) if limit < batch.num_rows() => batch.slice(0, limit),
        _ => batch.clone(),
    }
}

/// Bytes that compare as the rows of `columns` do, and are equal where these are not distinct.
pub(super) fn comparable<'a>(columns: impl IntoIterator<Item = (&'a ArrayRef, SortOptions)>) -> Result<Rows> {
    let (columns, fields): (Vec<ArrayRef>, Vec<SortField>) = columns
        .into_iter()
        .map(|(column, options)| {
            (one_zero_one_nan(column), SortField::new_with_options(column.data_type().clone(), options))
        })
        .unzip();
    RowConverter::new(fields).and_then(|converter| converter.convert_columns(&columns)).map_err(kernel_failed)
}

/// `column` with one kind of zero and one of NaN; others are told apart by their bits.
fn one_zero_one_nan(column: &ArrayRef) -> ArrayRef {
    match column.data_type() {
        DataType::Float32 => {
            let one = |value: f32| if value.is_nan() { f32::NAN } else { value + 0.0 };
            Arc::new(column.as_primitive::<Float32Type>().unary::<_, Float32Type>(one))
        }
        DataType::Float64 => {
            let one = |value: f64| if value.is_nan() { f64::NAN } else { value + 0.0 };
            Arc::new(column.as_primitive::<Float64Type>().unary::<_, Float64Type>(one))
        }
        _ => column.clone(),
    }
}
