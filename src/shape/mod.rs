//! Rows to what a panel draws: long to wide or multi, fill, logs. Arrow in, arrow out.
//!
//! The layouts follow Grafana's data plane contract (<https://grafana.com/developers/dataplane/>); where the contract
//! leaves a choice, this follows what Grafana's own long-to-wide conversion does, so that a panel moved over from
//! another SQL data source keeps its series, their names and their order.

mod annotations;
mod columns;
mod fill;
mod labels;
mod logs;
mod series;
mod time_column;
mod values;

#[cfg(test)]
mod tests;

use arrow::{array::RecordBatch, error::ArrowError};
use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    notice::Notice,
    time::{Step, TimeRange},
};

/// Field metadata key under which a series' labels stand: a JSON object of strings, its keys sorted.
pub const LABELS: &str = "labels";

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
    /// Marks on time: an instant or a range with a text.
    Annotations,
    /// What a dashboard's variable offers.
    Values,
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

/// What stands in a bucket of a series that has no row. A row whose value is null is a row: its null stays.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Fill {
    /// No bucket is added.
    #[default]
    None,
    /// Null.
    Null,
    /// What the series' previous row holds; null before the first row.
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

impl FrameKind {
    /// The value of `meta.type`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::TimeSeriesWide => "timeseries-wide",
            Self::TimeSeriesMulti => "timeseries-multi",
            Self::LogLines => "log-lines",
        }
    }
}

/// What to make of the rows.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The format asked for.
    pub format: Format,
    /// How time series are laid out. A wide frame that would be mostly empty is laid out as multi, with a notice.
    pub layout: Layout,
    /// What fills an empty bucket.
    pub fill: Fill,
    /// Bucket width to fill by; `None` where the statement has none. Without it no bucket is added: only the times
    /// that some series has are filled in the series that lack them.
    pub step: Option<Step>,
    /// The range to fill. Rows outside it are kept.
    pub range: TimeRange,
}

/// Rows, shaped.
#[derive(Debug, Clone)]
pub struct Shaped {
    /// Frames: field metadata [`LABELS`] (a JSON object of strings) names a series.
    pub frames: Vec<RecordBatch>,
    /// What kind they are.
    pub kind: FrameKind,
    /// What the reader should know.
    pub notices: Vec<Notice>,
}

/// Shapes one batch.
///
/// - **Table**: the batch as it is.
/// - **Time series**: one time column, ascending and without nulls; one value column for every number column and set of
///   labels. See [`Options`] for layout and fill.
/// - **Logs**: `timestamp`, `body`, `severity`, `id` and `labels` (JSON), newest first.
/// - **Annotations**: `time`, `timeEnd`, `text`, `tags`, `id`, then the other columns.
/// - **Values**: `text` and `value`.
///
/// Time, for time series and logs, is the first of: a timestamp column named `time` (in any case); a number column
/// named `time`, read as an epoch; the first timestamp column; a text column named `time`. Further timestamp columns
/// are not drawn, with a notice. An epoch is in seconds, milliseconds, microseconds or nanoseconds, by the magnitude of
/// its largest value; for seconds and milliseconds after September 2001 that is how Grafana's SQL data sources read them.
///
/// Labels are the text and boolean columns, and whatever column [`ROLE`](crate::engine::ROLE) marks as one. A null label
/// is an empty one.
///
/// # Errors
///
/// When the columns do not make the format: the error says which are missing. When the rows make more series, or the
/// fill more cells, than a panel can take.
pub fn shape(batch: &RecordBatch, options: &Options) -> Result<Shaped> {
    match options.format {
        Format::Table => Ok(Shaped { frames: vec![batch.clone()], kind: FrameKind::Table, notices: Vec::new() }),
        Format::TimeSeries => series::shape(batch, options),
        Format::Logs => logs::shape(batch),
        Format::Annotations => annotations::shape(batch),
        Format::Values => values::shape(batch),
    }
}

/// A kernel refused what this module handed it: a mistake of ours, not of the query.
#[expect(clippy::needless_pass_by_value, reason = "taken by `map_err`")]
fn kernel_failed(error: ArrowError) -> Error {
    Error::internal(format!("The rows could not be laid out: {error}. Please report this with the SQL of the panel."))
}
