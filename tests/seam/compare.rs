//! Whether an answer is the oracle's: the same columns and rows, exact but for floating-point numbers, in an order that the
//! statement allows.

use std::cmp::Ordering;

use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch},
    compute::cast,
    datatypes::{DataType, Float64Type, Int64Type, TimeUnit, TimestampNanosecondType},
};

use crate::statement::{Shape, Sort};

/// One value. Integers and times of any width are alike.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    /// Nanoseconds since the epoch.
    Time(i64),
}

type Row = Vec<Cell>;

impl Cell {
    /// Equal, or as near as sums of floating-point numbers in another order may be.
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Float(a), Self::Float(b)) if a.is_finite() && b.is_finite() => {
                (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
            }
            (Self::Float(a), Self::Float(b)) => a.total_cmp(b).is_eq() || (a.is_nan() && b.is_nan()),
            (a, b) => a == b,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Boolean(_) => 1,
            Self::Integer(_) => 2,
            Self::Float(_) => 3,
            Self::Text(_) => 4,
            Self::Time(_) => 5,
        }
    }

    /// Some order, by which equal rows find each other.
    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Boolean(a), Self::Boolean(b)) => a.cmp(b),
            (Self::Integer(a), Self::Integer(b)) | (Self::Time(a), Self::Time(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }
}

fn cells(array: &ArrayRef) -> Vec<Cell> {
    let values: Vec<Cell> = match array.data_type() {
        DataType::Null => vec![Cell::Null; array.len()],
        DataType::Boolean => array.as_boolean().iter().map(|value| value.map_or(Cell::Null, Cell::Boolean)).collect(),
        DataType::Utf8 => {
            let text = array.as_string::<i32>().iter();
            text.map(|value| value.map_or(Cell::Null, |value| Cell::Text(value.to_owned()))).collect()
        }
        DataType::Timestamp(..) => {
            let nanos = cast(array, &DataType::Timestamp(TimeUnit::Nanosecond, None)).unwrap();
            let nanos = nanos.as_primitive::<TimestampNanosecondType>().iter();
            nanos.map(|value| value.map_or(Cell::Null, Cell::Time)).collect()
        }
        data_type if data_type.is_integer() => {
            let numbers = cast(array, &DataType::Int64).unwrap();
            numbers.as_primitive::<Int64Type>().iter().map(|value| value.map_or(Cell::Null, Cell::Integer)).collect()
        }
        data_type if data_type.is_floating() => {
            let numbers = cast(array, &DataType::Float64).unwrap();
            numbers.as_primitive::<Float64Type>().iter().map(|value| value.map_or(Cell::Null, Cell::Float)).collect()
        }
        other => panic!("an answer has a column of {other}"),
    };
    values
}

pub fn rows(batch: &RecordBatch) -> Vec<Row> {
    let columns: Vec<Vec<Cell>> = batch.columns().iter().map(cells).collect();
    (0..batch.num_rows()).map(|row| columns.iter().map(|column| column[row].clone()).collect()).collect()
}

fn is_row(a: &Row, b: &Row) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is(b))
}

fn names(batch: &RecordBatch) -> Vec<String> {
    batch.schema().fields().iter().map(|field| field.name().clone()).collect()
}

/// Holds `answer` against `oracle`, which has all the rows, in order, also where the statement limits them.
///
/// # Errors
///
/// What is different.
pub fn compare(answer: &RecordBatch, oracle: &RecordBatch, shape: &Shape) -> Result<(), String> {
    if names(answer) != names(oracle) {
        return Err(format!("columns are {:?}, not {:?}", names(answer), names(oracle)));
    }
    let (got, mut all) = (rows(answer), rows(oracle));
    let wanted = shape.limit.map_or(all.len(), |limit| limit.min(all.len()));
    if got.len() != wanted {
        return Err(format!("{} rows, not {wanted}: {got:?}, not {all:?}", got.len()));
    }
    let keys = |row: &Row| shape.order.iter().map(|Sort { column, .. }| row[*column].clone()).collect::<Row>();
    for (place, (got, expected)) in got.iter().zip(&all).enumerate() {
        if !is_row(&keys(got), &keys(expected)) {
            return Err(format!("row {place} is sorted by {:?}, not by {:?}", keys(got), keys(expected)));
        }
    }
    if shape.hidden.is_some() {
        let wrong = got.iter().zip(&all).position(|(got, expected)| !is_row(got, expected));
        return wrong.map_or(Ok(()), |place| Err(format!("row {place} is {:?}, not {:?}", got[place], all[place])));
    }
    let by_value = |a: &Row, b: &Row| {
        a.iter().zip(b).map(|(a, b)| a.order(b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    };
    let mut got = got;
    got.sort_by(by_value);
    all.sort_by(by_value);
    if got.len() == all.len() && got.iter().zip(&all).all(|(got, expected)| is_row(got, expected)) {
        return Ok(());
    }
    for row in got {
        match all.iter().position(|expected| is_row(&row, expected)) {
            Some(found) => drop(all.swap_remove(found)),
            None => return Err(format!("the row {row:?} is not among {all:?}")),
        }
    }
    Ok(())
}
