//! Time series: rows scattered over a grid of series and times (wide), or gathered series by series (multi).
//!
//! Both work on row numbers: the grid, or the order, is filled with them, and one `take` for each value column fetches
//! the values. No value is looked at on its own.

use std::{collections::HashMap, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, RecordBatch, UInt32Array},
    buffer::NullBuffer,
    compute::take,
    datatypes::{DataType, Field, FieldRef, Schema, TimeUnit},
};
use chrono::{DateTime, SecondsFormat};

use super::{
    Fill, FrameKind, LABELS, Layout, Options, Shaped,
    columns::{Column, Columns},
    fill, kernel_failed,
    labels::{Labels, MAX_SERIES, SeriesIndex, position, too_many},
    time_column::{time_array, timed},
};
use crate::{
    engine::ROLE,
    error::{Error, Result},
    notice::Notice,
};

/// In place of a row number: no row.
pub(super) const NO_ROW: u32 = u32::MAX;

/// A wide frame may be this many times larger than the rows that fill it ...
const MAX_SPARSITY: usize = 4;
/// ... or have this many cells, whichever is more.
const MAX_SPARSE_CELLS: usize = 1_000_000;

/// The distinct times of the rows, ascending, and which of them each row has.
pub(super) struct Axis {
    pub(super) times: Vec<i64>,
    pub(super) codes: Vec<u32>,
}

impl Axis {
    fn new(rows: &[i64]) -> Self {
        let (mut times, mut codes) = (Vec::new(), vec![0; rows.len()]);
        let mut push = |time: i64, row: usize| {
            if times.last() != Some(&time) {
                times.push(time);
            }
            if let Some(code) = codes.get_mut(row) {
                *code = position(times.len() - 1);
            }
        };
        if rows.is_sorted() {
            for (row, &time) in rows.iter().enumerate() {
                push(time, row);
            }
        } else {
            // The stable sort is quick with sorted runs, and answers ordered by label and time are made of those.
            let mut order: Vec<(i64, usize)> = rows.iter().copied().zip(0..).collect();
            order.sort_by_key(|&(time, _)| time);
            for (time, row) in order {
                push(time, row);
            }
        }
        Self { times, codes }
    }
}

/// A long batch, taken apart.
struct Long {
    time: FieldRef,
    times: Vec<i64>,
    columns: Columns,
    series: SeriesIndex,
}

/// Lays `batch` out as time series.
pub(super) fn shape(batch: &RecordBatch, options: &Options) -> Result<Shaped> {
    // The last code is spoken for, by `NO_ROW`, and the one before it by the row that holds the fill value.
    if batch.num_rows() >= NO_ROW as usize - 1 {
        return Err(Error::bad_query("The answer has too many rows for a panel: aggregate, or lower the row limit."));
    }
    let mut notices = Vec::new();
    let long = Long::new(batch, &mut notices)?;
    let filled = options.fill != Fill::None && !long.times.is_empty();
    if options.layout == Layout::Multi && !filled {
        return Ok(Shaped { frames: long.multi(&mut notices)?, kind: FrameKind::TimeSeriesMulti, notices });
    }
    let axis = Axis::new(&long.times);
    if !filled && long.is_sparse(&axis) {
        notices.push(Notice::info(format!(
            "The series share so few times that one wide frame would be mostly empty ({} series, {} times, {} rows), so each \
             series has a frame of its own. Group by $__timeGroup to bring them to common times.",
            long.series.labels.len(),
            axis.times.len(),
            long.times.len()
        )));
        return Ok(Shaped { frames: long.multi(&mut notices)?, kind: FrameKind::TimeSeriesMulti, notices });
    }
    let wide = long.wide(axis, filled.then_some(options), &mut notices)?;
    let (frames, kind) = match options.layout {
        Layout::Wide => (vec![wide], FrameKind::TimeSeriesWide),
        // Filled, every series has the same times, and so the same rows as its column of the wide frame.
        Layout::Multi => (apart(&wide)?, FrameKind::TimeSeriesMulti),
    };
    Ok(Shaped { frames, kind, notices })
}

impl Long {
    fn new(batch: &RecordBatch, notices: &mut Vec<Notice>) -> Result<Self> {
        let timed = timed(batch, "A time series", notices)?;
        let mut columns = Columns::split(&timed.batch, timed.column, notices)?;
        let series = SeriesIndex::new(&columns.labels, timed.batch.num_rows())?;
        if series.labels.len().saturating_mul(columns.values.len()) > MAX_SERIES {
            return Err(too_many(&columns.labels));
        }
        if !columns.labels.is_empty() {
            // Grafana orders labelled series by name, then by labels; a panel's colours depend on it.
            columns.values.sort_by(|a, b| a.field.name().cmp(b.field.name()));
        }
        let name = timed.batch.schema_ref().field(timed.column).name().clone();
        let time = Field::new(name, DataType::Timestamp(TimeUnit::Nanosecond, None), false);
        Ok(Self { time: Arc::new(time), times: timed.times.values().to_vec(), columns, series })
    }

    fn is_sparse(&self, axis: &Axis) -> bool {
        let cells = axis.times.len().saturating_mul(self.series.labels.len());
        cells > self.times.len().saturating_mul(MAX_SPARSITY)
            && cells.saturating_mul(self.columns.values.len()) > MAX_SPARSE_CELLS
    }

    /// One frame: the times, then for each value column each series.
    fn wide(&self, mut axis: Axis, options: Option<&Options>, notices: &mut Vec<Notice>) -> Result<RecordBatch> {
        if let Some(Options { range, step, .. }) = options {
            let values = self.columns.values.len();
            let columns = self.series.labels.len() * values;
            fill::complete(&mut axis, *range, *step, columns, self.times.len() * values, notices)?;
        }
        let length = axis.times.len();
        let mut cells = self.cells(&axis, notices);
        let indices = match options.map_or(Fill::None, |options| options.fill) {
            Fill::None | Fill::Null => row_indices(cells),
            Fill::Previous => {
                fill::carry_forward(&mut cells, length);
                row_indices(cells)
            }
            Fill::Value(_) => {
                let appended = position(self.times.len());
                cells.iter_mut().filter(|cell| **cell == NO_ROW).for_each(|cell| *cell = appended);
                UInt32Array::from(cells)
            }
        };

        let (mut fields, mut arrays) = (vec![self.time.clone()], vec![time_array(axis.times)]);
        for Column { field, array } in &self.columns.values {
            let grid = match options.map_or(Fill::None, |options| options.fill) {
                Fill::Value(value) => take(&fill::append(array, value)?, &indices, None),
                _ => take(array, &indices, None),
            };
            let grid = grid.map_err(kernel_failed)?;
            for (series, labels) in self.series.labels.iter().enumerate() {
                fields.push(value_field(field, grid.data_type(), labels)?);
                arrays.push(grid.slice(series * length, length));
            }
        }
        frame(fields, arrays)
    }

    /// The grid, series by series: which row stands at each time. Of rows that share a cell, the last stands.
    fn cells(&self, axis: &Axis, notices: &mut Vec<Notice>) -> Vec<u32> {
        let length = axis.times.len();
        let mut cells = vec![NO_ROW; length * self.series.labels.len()];
        let mut replaced = Replaced::default();
        for (row, (&series, &time)) in self.series.codes.iter().zip(&axis.codes).enumerate() {
            if let Some(cell) = cells.get_mut(series as usize * length + time as usize) {
                if *cell != NO_ROW {
                    replaced.count(series, self.times.get(row).copied());
                }
                *cell = position(row);
            }
        }
        replaced.tell(&self.series, notices);
        cells
    }

    /// One frame for each value column and series, holding the times that have a row.
    fn multi(&self, notices: &mut Vec<Notice>) -> Result<Vec<RecordBatch>> {
        let (order, ends) = self.gather(notices);
        let times = order.iter().filter_map(|&row| self.times.get(row as usize).copied()).collect();
        let (times, order) = (time_array(times), UInt32Array::from(order));

        let mut frames = Vec::with_capacity(ends.len() * self.columns.values.len());
        for Column { field, array } in &self.columns.values {
            let values = take(array, &order, None).map_err(kernel_failed)?;
            let mut start = 0;
            for (labels, &end) in self.series.labels.iter().zip(&ends) {
                let fields = vec![self.time.clone(), value_field(field, values.data_type(), labels)?];
                frames.push(frame(fields, vec![times.slice(start, end - start), values.slice(start, end - start)])?);
                start = end;
            }
        }
        Ok(frames)
    }

    /// The rows series by series, each ascending in time, and where each series ends. Of rows of one series that share a
    /// time, the last stands.
    fn gather(&self, notices: &mut Vec<Notice>) -> (Vec<u32>, Vec<usize>) {
        let time_of = |row: u32| self.times.get(row as usize).copied();
        let mut by_series: Vec<Vec<u32>> = vec![Vec::new(); self.series.labels.len()];
        for (row, &series) in self.series.codes.iter().enumerate() {
            if let Some(rows) = by_series.get_mut(series as usize) {
                rows.push(position(row));
            }
        }
        let mut order: Vec<u32> = Vec::with_capacity(self.times.len());
        let mut ends = Vec::with_capacity(by_series.len());
        let mut replaced = Replaced::default();
        for (series, mut rows) in (0..).zip(by_series) {
            if !rows.is_sorted_by_key(|&row| time_of(row)) {
                rows.sort_by_key(|&row| time_of(row));
            }
            let mut previous = None;
            for row in rows {
                let time = time_of(row);
                if previous == Some(time) {
                    replaced.count(series, time);
                    order.pop();
                }
                order.push(row);
                previous = Some(time);
            }
            ends.push(order.len());
        }
        replaced.tell(&self.series, notices);
        (order, ends)
    }
}

/// Row numbers as what `take` wants: null where there is no row.
fn row_indices(cells: Vec<u32>) -> UInt32Array {
    let nulls: NullBuffer = cells.iter().map(|&cell| cell != NO_ROW).collect();
    UInt32Array::new(cells.into(), (nulls.null_count() > 0).then_some(nulls))
}

/// Rows that another row of their series and time replaced.
#[derive(Default)]
struct Replaced {
    rows: usize,
    example: Option<(u32, i64)>,
}

impl Replaced {
    fn count(&mut self, series: u32, time: Option<i64>) {
        self.rows += 1;
        if self.example.is_none() {
            self.example = time.map(|time| (series, time));
        }
    }

    fn tell(&self, index: &SeriesIndex, notices: &mut Vec<Notice>) {
        let Some((series, time)) = self.example else { return };
        let time = DateTime::from_timestamp_nanos(time).to_rfc3339_opts(SecondsFormat::AutoSi, true);
        notices.push(Notice::warning(format!(
            "{} {} not drawn, since a later row has the same time and labels; the last one stands. For example {} at \
             {time}. Group by the time and the labels to say how such rows add up.",
            self.rows,
            if self.rows == 1 { "row is" } else { "rows are" },
            index.describe(series),
        )));
    }
}

/// The field of one series.
fn value_field(field: &Field, data_type: &DataType, labels: &Labels) -> Result<FieldRef> {
    let mut metadata: HashMap<String, String> = field.metadata().clone();
    metadata.remove(ROLE);
    if !labels.is_empty() {
        let json = serde_json::to_string(labels)
            .map_err(|error| Error::internal(format!("The labels of a series could not be written: {error}.")))?;
        metadata.insert(LABELS.to_owned(), json);
    }
    Ok(Arc::new(Field::new(field.name(), data_type.clone(), true).with_metadata(metadata)))
}

fn frame(fields: Vec<FieldRef>, arrays: Vec<ArrayRef>) -> Result<RecordBatch> {
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(kernel_failed)
}

/// A frame for each value column of a wide frame.
fn apart(wide: &RecordBatch) -> Result<Vec<RecordBatch>> {
    (1..wide.num_columns()).map(|column| wide.project(&[0, column]).map_err(kernel_failed)).collect()
}
