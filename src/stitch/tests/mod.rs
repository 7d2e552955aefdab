//! What stitching promises, as tables of parts in and rows out.

mod concat;
mod properties;
mod totals;
mod unify;
mod value;

use std::sync::Arc;

use arrow::{
    array::{
        ArrayRef, BooleanArray, Float32Array, Float64Array, Int8Array, Int32Array, Int64Array, NullArray, RecordBatch,
        StringArray, TimestampNanosecondArray,
    },
    util::display::{ArrayFormatter, FormatOptions},
};

use super::{
    Arithmetic, Concat, Merge, Order, Output, Partial, SortKey, Stitched, Totals, Value, concat as concat_module,
    kernel_failed, stitch,
};
use crate::{
    error::{Error, ErrorKind},
    notice::Severity,
};

/// Columns by name, in order.
fn batch(columns: &[(&str, ArrayRef)]) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.iter().map(|(name, array)| (*name, array.clone(), true))).unwrap()
}

fn integers<const N: usize>(values: [Option<i64>; N]) -> ArrayRef {
    Arc::new(Int64Array::from_iter(values))
}

fn doubles<const N: usize>(values: [Option<f64>; N]) -> ArrayRef {
    Arc::new(Float64Array::from_iter(values))
}

fn texts<const N: usize>(values: [Option<&str>; N]) -> ArrayRef {
    Arc::new(StringArray::from_iter(values))
}

fn booleans<const N: usize>(values: [Option<bool>; N]) -> ArrayRef {
    Arc::new(BooleanArray::from_iter(values))
}

fn times<const N: usize>(values: [Option<i64>; N]) -> ArrayRef {
    Arc::new(TimestampNanosecondArray::from_iter(values))
}

fn nulls(rows: usize) -> ArrayRef {
    Arc::new(NullArray::new(rows))
}

const fn by(column: usize) -> SortKey {
    SortKey { column, descending: false, nulls_first: false }
}

fn output(name: &str, value: Value) -> Output {
    Output { name: name.to_owned(), value }
}

/// Totals whose answer is the merged columns as they are: the keys, then the partials.
fn plain(keys: usize, partials: &[Partial]) -> Totals {
    let outputs = (0..keys + partials.len()).map(|index| output(&format!("o{index}"), Value::Column(index)));
    Totals { keys, partials: partials.to_vec(), outputs: outputs.collect(), order: Vec::new(), limit: None }
}

/// A line a row; `.` is null.
fn lines(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::new().with_null(".");
    let columns: Vec<_> = batch.columns().iter().map(|c| ArrayFormatter::try_new(c, &options).unwrap()).collect();
    let row = |row| columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join(" ");
    (0..batch.num_rows()).map(row).collect()
}

fn names(batch: &RecordBatch) -> Vec<&str> {
    batch.schema_ref().fields().iter().map(|field| field.name().as_str()).collect()
}

fn concat(parts: &[RecordBatch]) -> Stitched {
    stitch(parts.to_vec(), &Merge::Concat(Concat::default())).unwrap()
}

fn totals(parts: &[RecordBatch], totals: &Totals) -> Result<RecordBatch, Error> {
    stitch(parts.to_vec(), &Merge::Totals(totals.clone())).map(|stitched| stitched.batch)
}

#[track_caller]
fn assert_error<T: std::fmt::Debug>(result: Result<T, Error>, kind: ErrorKind, parts: &[&str]) {
    let error = result.expect_err("refused");
    assert_eq!(error.kind(), kind, "{error}");
    for part in parts {
        assert!(error.message().contains(part), "{part:?} is not in: {error}");
    }
}
