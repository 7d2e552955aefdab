//! Rows to what a panel draws: long to wide or multi, fill, logs. Arrow in, arrow out.

use std::time::Duration;

use arrow::array::RecordBatch;
use serde::{Deserialize, Serialize};

use crate::{error::Result, notice::Notice, time::TimeRange};

/// How a panel wants its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Rows as they come.
    #[default]
    Table,
    /// One series a set of labels.
    TimeSeries,
    /// Log lines.
    Logs,
}

/// How time series are laid out in frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// One frame, one column a series, one time column.
    #[default]
    Wide,
    /// One frame a series.
    Multi,
}

/// What stands in a bucket of a series that has no row.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Fill {
    /// No bucket is added.
    #[default]
    None,
    /// Null.
    Null,
    /// The series' previous value.
    Previous,
    /// This value.
    Value(f64),
}

/// The kind of a frame, Grafana's `meta.type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    /// `table`
    Table,
    /// `timeseries-wide`
    TimeSeriesWide,
    /// `timeseries-multi`
    TimeSeriesMulti,
    /// `log-lines`
    LogLines,
}

/// What to make of the rows.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The format asked for.
    pub format: Format,
    /// How time series are laid out.
    pub layout: Layout,
    /// What fills an empty bucket.
    pub fill: Fill,
    /// Bucket width to fill by; `None` where the statement has none.
    pub step: Option<Duration>,
    /// The range to fill.
    pub range: TimeRange,
}

/// Rows, shaped.
#[derive(Debug, Clone)]
pub struct Shaped {
    /// Frames: field metadata `labels` (a JSON object of strings) names a series.
    pub frames: Vec<RecordBatch>,
    /// What kind they are.
    pub kind: FrameKind,
    /// What the reader should know.
    pub notices: Vec<Notice>,
}

/// Shapes one batch.
///
/// # Errors
///
/// When the columns do not make the format: the error says which are missing.
pub fn shape(_batch: &RecordBatch, _options: &Options) -> Result<Shaped> {
    unimplemented!()
}
