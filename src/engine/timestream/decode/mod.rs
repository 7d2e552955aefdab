//! Result pages to one Arrow batch.
//!
//! A result without a TIMESERIES column is taken as it is: one row a row. A TIMESERIES column holds a whole series in each
//! of its values, which no panel can draw, so such a result is made long: each row becomes one row a point, with
//! - `time`, the point's time, first (a column of the result that has this name becomes `time_2`);
//! - each TIMESERIES column's value at that time under the column's name, null where it has no point: several such columns
//!   of one row are joined on time, the second of two points at one time with the second of the other column;
//! - the row's other columns, repeated and marked as labels.
//!
//! A row whose series have no points gives no rows, and a notice counts such rows.

mod moments;
mod shape;
#[cfg(test)]
mod tests;
mod time;
mod value;

use std::{collections::HashMap, sync::Arc};

use arrow::{
    array::{RecordBatch, RecordBatchOptions},
    datatypes::{Field, Schema},
};
use aws_sdk_timestreamquery::types::{ColumnInfo, Row};

use self::{
    moments::Moments,
    shape::Shape,
    value::{Builder, Cell, Fault, Tally},
};
use crate::{
    aws,
    engine::{ROLE, ROLE_LABEL},
    error::{Error, ErrorKind, Result},
    notice::Notice,
};

/// The column of a long result that holds the points' times.
const TIME: &str = "time";

/// Builds one batch from the pages of a result.
#[derive(Debug)]
pub struct Decoder {
    max_rows: usize,
    table: Option<Table>,
    rows_read: u64,
    rows_kept: usize,
    rows_without_points: u64,
    cut: bool,
    tally: Tally,
}

/// A result, decoded.
#[derive(Debug)]
pub struct Decoded {
    /// The rows.
    pub batch: RecordBatch,
    /// Rows that the service sent, before series were made long and before any cut.
    pub rows_read: u64,
    /// What the reader should know.
    pub notices: Vec<Notice>,
}

/// The columns of the result and those of the batch.
#[derive(Debug)]
struct Table {
    info: Vec<ColumnInfo>,
    columns: Vec<Column>,
    /// Times of points, where the result is made long.
    times: Option<Builder>,
}

#[derive(Debug)]
struct Column {
    name: String,
    shape: Shape,
    builder: Builder,
}

impl Decoder {
    /// A decoder that keeps at most `max_rows` rows of the batch.
    #[must_use]
    pub fn new(max_rows: usize) -> Self {
        Self {
            max_rows,
            table: None,
            rows_read: 0,
            rows_kept: 0,
            rows_without_points: 0,
            cut: false,
            tally: Tally::default(),
        }
    }

    /// Adds a page. Once the decoder [is cut](Self::is_cut), rows are counted but not kept.
    ///
    /// # Errors
    ///
    /// When the columns differ from the earlier pages', or a value is not what its column says.
    pub fn push(&mut self, info: &[ColumnInfo], rows: &[Row]) -> Result<()> {
        // A page without rows may leave its columns out.
        if self.table.is_none() && !info.is_empty() {
            self.table = Some(Table::new(info)?);
        }
        self.rows_read += rows.len() as u64;
        let Some(table) = &mut self.table else {
            return if rows.is_empty() { Ok(()) } else { Err(malformed("rows, but no columns")) };
        };
        if !info.is_empty() && info != table.info {
            return Err(malformed("columns that change from one page of the result to the next"));
        }
        for row in rows {
            if self.cut {
                break;
            }
            if row.data.len() != table.columns.len() {
                let (found, wanted) = (row.data.len(), table.columns.len());
                return Err(malformed(&format!("a row of {found} values for {wanted} columns")));
            }
            let room = self.max_rows - self.rows_kept;
            let (kept, all) = if table.times.is_some() {
                let (kept, points) = table.push_long(row, room, &mut self.tally)?;
                self.rows_without_points += u64::from(points == 0);
                (kept, kept == points)
            } else if room == 0 {
                (0, false)
            } else {
                table.push(row, &mut self.tally)?;
                (1, true)
            };
            self.rows_kept += kept;
            self.cut = !all;
        }
        Ok(())
    }

    /// Whether there was a row more than may be kept.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.cut
    }

    /// The batch, and what there is to say about it.
    ///
    /// # Errors
    ///
    /// Never for rows that [`Self::push`] took, unless Arrow refuses the columns.
    pub fn finish(self) -> Result<Decoded> {
        let mut notices = Vec::new();
        if self.cut {
            notices.push(Notice::warning(format!(
                "Only the first {} rows are shown: the answer has more than the row limit. Narrow the time range, aggregate, \
                 or raise limits.maxRows.",
                self.rows_kept
            )));
        }
        if self.tally.times_out_of_range > 0 {
            notices.push(Notice::warning(format!(
                "{} times lie outside 1677-09-21 to 2262-04-11, which is all that a panel can show, and are left empty.",
                self.tally.times_out_of_range
            )));
        }
        if self.rows_without_points > 0 {
            notices.push(Notice::info(format!(
                "{} rows of the result hold time series without a point and are not shown.",
                self.rows_without_points
            )));
        }
        let batch = match self.table {
            Some(table) => table.finish(self.rows_kept)?,
            None => RecordBatch::new_empty(Arc::new(Schema::empty())),
        };
        Ok(Decoded { batch, rows_read: self.rows_read, notices })
    }
}

impl Table {
    fn new(info: &[ColumnInfo]) -> Result<Self> {
        let shapes = shape::shapes(info)
            .map_err(|column| malformed(&format!("a type that nests too deep in column {}", shown(&column))))?;
        let long = shapes.iter().any(|shape| matches!(shape, Shape::Series(_)));
        let reserved: &[&str] = if long { &[TIME] } else { &[] };
        let columns = shape::names(info, "_col", reserved)
            .into_iter()
            .zip(shapes)
            .map(|(name, shape)| {
                let builder = Builder::new(if let Shape::Series(value) = &shape { value } else { &shape });
                Column { name, shape, builder }
            })
            .collect();
        Ok(Self { info: info.to_vec(), columns, times: long.then(|| Builder::new(&Shape::Timestamp)) })
    }

    /// Adds a row as it is.
    fn push(&mut self, row: &Row, tally: &mut Tally) -> Result<()> {
        for (column, datum) in self.columns.iter_mut().zip(&row.data) {
            Cell::read(datum, &column.shape, tally)
                .and_then(|cell| column.builder.push(&cell, tally))
                .map_err(|fault| column.blame(fault))?;
        }
        Ok(())
    }

    /// Adds a row's points, at most `room` of them. Answers how many were added, and how many there are.
    fn push_long(&mut self, row: &Row, room: usize, tally: &mut Tally) -> Result<(usize, usize)> {
        let moments = self.moments(row)?;
        let kept = moments.len().min(room);
        if let Some(times) = &mut self.times {
            let mut added = moments.times().take(kept).map(|time| times.push(&Cell::Time(time), tally));
            added.try_for_each(|added| added).map_err(|fault| blame(TIME, fault))?;
        }
        let mut series = 0;
        for (column, datum) in self.columns.iter_mut().zip(&row.data) {
            let added = match &column.shape {
                Shape::Series(value_shape) => {
                    series += 1;
                    moments.points(series - 1).take(kept).try_for_each(|point| {
                        let cell = match point {
                            Some(point) => Cell::read(value::point_value(point)?, value_shape, tally)?,
                            None => Cell::Null,
                        };
                        column.builder.push(&cell, tally)
                    })
                }
                shape => Cell::read(datum, shape, tally)
                    .and_then(|cell| (0..kept).try_for_each(|_| column.builder.push(&cell, tally))),
            };
            added.map_err(|fault| column.blame(fault))?;
        }
        Ok((kept, moments.len()))
    }

    /// The points of a row's series, joined on time.
    fn moments<'a>(&self, row: &'a Row) -> Result<Moments<'a>> {
        let mut all_points = Vec::new();
        for (column, datum) in self.columns.iter().zip(&row.data) {
            if matches!(column.shape, Shape::Series(_)) {
                let points = value::series_points(datum, &column.shape)
                    .and_then(|points| points.iter().map(|point| Ok((value::point_time(point)?, point))).collect())
                    .map_err(|fault| column.blame(fault))?;
                all_points.push(points);
            }
        }
        Ok(Moments::join(all_points))
    }

    fn finish(mut self, rows: usize) -> Result<RecordBatch> {
        let long = self.times.is_some();
        let mut fields = Vec::with_capacity(self.columns.len() + 1);
        let mut arrays = Vec::with_capacity(self.columns.len() + 1);
        if let Some(times) = &mut self.times {
            fields.push(Field::new(TIME, times.data_type(), true));
            arrays.push(times.finish());
        }
        for column in &mut self.columns {
            let mut field = Field::new(&column.name, column.builder.data_type(), true);
            if long && !matches!(column.shape, Shape::Series(_)) {
                field.set_metadata(HashMap::from([(ROLE.to_owned(), ROLE_LABEL.to_owned())]));
            }
            fields.push(field);
            arrays.push(column.builder.finish());
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
            .map_err(|error| Error::internal(format!("Timestream's rows do not make a table: {error}.")))
    }
}

impl Column {
    fn blame(&self, fault: Fault) -> Error {
        blame(&self.name, fault)
    }
}

fn blame(column: &str, fault: Fault) -> Error {
    match fault {
        Fault::Malformed(found) => malformed(&format!("in column {}: {found}", shown(column))),
        Fault::TooMuchText => Error::bad_query(
            "The answer holds more than 1 GiB of text. Select fewer columns, narrow the time range, or aggregate.",
        ),
    }
}

/// A result that is not as the service documents it.
fn malformed(found: &str) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        format!("Timestream's answer cannot be read: {found}. Run the query again; if it stays so, report it."),
    )
}

fn shown(column: &str) -> String {
    aws::presentable(column)
}
