//! One configured data source: both legs connected, one panel query in, frames' rows out, whoever asks.
//!
//! A query passes through here in order: what kind of statement it is, the plan that cuts its range into slices, the
//! statement of each slice (macros, the read-only guard), the engines side by side (shared with identical statements in
//! flight, and waiting their turn where a leg is busy), the stitch, the shape that the panel wants.
//!
//! `prepare` writes the slices' statements, `answer` runs them, `explain` tells of them without running; `lists` answers editors,
//! `activity` tells what ran lately.

mod activity;
mod answer;
mod boundary;
mod connected;
mod explain;
mod health;
mod lists;
mod memory;
mod prepare;

use std::{sync::Arc, time::Duration};

use arrow::array::RecordBatch;
use chrono::{DateTime, Utc};

use crate::{
    aws,
    dataset::Dataset,
    engine::{Cost, athena::Athena, cached::Cached, timestream::Timestream},
    error::{Error, Result},
    leg::Leg,
    metrics::Metrics,
    notice::Notice,
    plan::Slice,
    query::{self, Query, QueryKind},
    settings::Settings,
    shape::{Format, FrameKind},
    time::TimeRange,
};

use self::{activity::Activity, connected::Connected, memory::Memory};

pub use self::{
    explain::Explanation,
    health::{DatasetHealth, Report},
    lists::RESOURCES,
};

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// The dashboard's uid; empty where none asks.
    pub dashboard: String,
    /// The panel's id within it.
    pub panel: String,
    /// The query's name within the panel.
    pub ref_id: String,
    /// Whether an alert rule asks: it never gets a part for the whole.
    pub alert: bool,
}

/// What the panel knows beside the query itself.
#[derive(Debug, Clone)]
pub struct PanelContext {
    /// The time range on screen.
    pub range: TimeRange,
    /// Grafana's suggestion for the bucket width.
    pub interval: Duration,
    /// How many points the panel can draw.
    pub max_data_points: u32,
    /// The instant the request arrived; frozen for all it does.
    pub now: DateTime<Utc>,
    /// Who asks.
    pub origin: Arc<Origin>,
}

/// The answer to one panel query.
#[derive(Debug, Clone)]
pub struct PanelAnswer {
    /// Frames; field metadata `labels` (JSON object) names the series.
    pub frames: Vec<RecordBatch>,
    /// What kind of frames they are.
    pub kind: FrameKind,
    /// What ran: one entry a slice, in the order of time.
    pub runs: Vec<Run>,
    /// Why these slices, as JSON for the query inspector.
    pub plan: serde_json::Value,
    /// What the reader should know.
    pub notices: Vec<Notice>,
}

impl PanelAnswer {
    /// Cuts a list of values, says so, and answers whether it did.
    fn list_no_more_than(&mut self, most: usize) -> bool {
        let mut cut = false;
        for frame in &mut self.frames {
            if frame.num_rows() > most {
                *frame = frame.slice(0, most);
                cut = true;
                self.notices.push(Notice::warning(format!(
                    "There are more than {most} values, of which the first {most} are listed: take a shorter time range, or list \
                     fewer by a statement with WHERE."
                )));
            }
        }
        cut
    }
}

/// One statement that ran for a panel.
#[derive(Debug, Clone)]
pub struct Run {
    /// On which leg, over which part of the range.
    pub slice: Slice,
    /// The SQL as the engine saw it.
    pub sql: String,
    /// What it cost.
    pub cost: Cost,
    /// Whether the execution was shared with an identical statement already in flight.
    pub shared: bool,
}

/// One configured data source.
pub struct DataSource {
    settings: Settings,
    metrics: Arc<Metrics>,
    realtime: Option<Connected<Timestream>>,
    historical: Option<Connected<Athena>>,
    memory: Memory,
    activity: Activity,
    values: Cached<lists::ValuesKey, Arc<lists::Values>>,
}

impl DataSource {
    /// Prepares the legs that are switched on; reaches AWS only when asked something.
    ///
    /// # Errors
    ///
    /// When credentials or endpoints cannot be set up as configured.
    pub async fn connect(settings: Settings, metrics: Arc<Metrics>) -> Result<Self> {
        let realtime = if settings.realtime.enabled {
            let config = aws::configure(&settings, Leg::Realtime).await?;
            Some(Connected::new(Timestream::new(&config, &settings), &settings))
        } else {
            None
        };
        let historical = if settings.historical.enabled {
            let config = aws::configure(&settings, Leg::Historical).await?;
            Some(Connected::new(Athena::new(&config, &settings), &settings))
        } else {
            None
        };
        let values = Cached::new(lists::VALUES_LIFETIME);
        Ok(Self {
            settings,
            metrics,
            realtime,
            historical,
            memory: Memory::default(),
            activity: Activity::default(),
            values,
        })
    }

    /// The settings it was made from.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Answers one panel query. Dropping the future cancels what runs in AWS, unless somebody else waits for it too.
    ///
    /// # Errors
    ///
    /// The query's own faults, and whatever an engine answers: where a leg fails the query fails, unless it allows a
    /// partial answer and another leg's part is there.
    pub async fn query(&self, query: &Query, panel: &PanelContext) -> Result<PanelAnswer> {
        match query.kind {
            QueryKind::Statement => self.statement(query, panel).await,
            QueryKind::Values => {
                let mut answer = self.statement(query, panel).await?;
                answer.list_no_more_than(query::VALUES_LISTED);
                Ok(answer)
            }
            QueryKind::Activity if query.format == Format::TimeSeries => {
                let step = query.step.unwrap_or(panel.interval);
                let figure = query.column.as_deref().unwrap_or("statements");
                answer::of_rows(&self.activity.series(panel.range, step, figure)?, query, panel)
            }
            QueryKind::Activity => answer::of_rows(&self.activity.rows(panel.range)?, query, panel),
            QueryKind::Boundary => answer::of_rows(&self.boundary(query, panel)?, query, panel),
        }
    }

    async fn statement(&self, query: &Query, panel: &PanelContext) -> Result<PanelAnswer> {
        let prepared = self.prepare(query, panel)?;
        // Boxed, since it holds all that is stitched and shaped.
        Box::pin(self.answer(query, panel, prepared)).await
    }

    fn realtime(&self) -> Result<&Connected<Timestream>> {
        self.realtime.as_ref().ok_or_else(|| switched_off(Leg::Realtime))
    }

    fn historical(&self) -> Result<&Connected<Athena>> {
        self.historical.as_ref().ok_or_else(|| switched_off(Leg::Historical))
    }

    fn is_on(&self, leg: Leg) -> bool {
        match leg {
            Leg::Realtime => self.realtime.is_some(),
            Leg::Historical => self.historical.is_some(),
        }
    }

    /// The dataset of this name.
    fn dataset(&self, name: &str) -> Result<&Dataset> {
        let datasets = &self.settings.datasets;
        datasets.iter().find(|dataset| dataset.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
            let names: Vec<&str> = datasets.iter().map(|dataset| dataset.name.as_str()).collect();
            let shown: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
            Error::bad_query(format!(
                "There is no dataset {shown}. {}",
                if names.is_empty() {
                    "This data source has none: list them under datasets in its settings.".to_owned()
                } else {
                    format!("There are: {}.", names.join(", "))
                }
            ))
        })
    }
}

fn switched_off(leg: Leg) -> Error {
    Error::bad_query(format!(
        "The {leg} leg of this data source is switched off: set {leg}.enabled to true, or choose the other leg."
    ))
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Int64Array};

    use super::*;

    #[test]
    fn a_list_is_cut_only_where_there_are_more_values() {
        for (rows, most, left, says) in [(0, 3, 0, false), (3, 3, 3, false), (4, 3, 3, true)] {
            let values: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows));
            let mut answer = PanelAnswer {
                frames: vec![RecordBatch::try_from_iter([("value", values)]).unwrap()],
                kind: FrameKind::Table,
                runs: Vec::new(),
                plan: serde_json::Value::Null,
                notices: Vec::new(),
            };
            assert_eq!(answer.list_no_more_than(most), says, "{rows}");
            assert_eq!((answer.frames[0].num_rows(), answer.notices.len()), (left, usize::from(says)), "{rows}");
        }
    }
}
