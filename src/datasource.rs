//! One configured data source: both legs connected, one panel query in, frames' rows out, whoever asks.

use std::{sync::Arc, time::Duration};

use arrow::array::RecordBatch;
use chrono::{DateTime, Utc};

use crate::{
    engine::{Cost, Health},
    error::Result,
    leg::Leg,
    metrics::Metrics,
    notice::Notice,
    query::Query,
    settings::Settings,
    shape::FrameKind,
    time::TimeRange,
};

/// What the panel knows beside the query itself.
#[derive(Debug, Clone, Copy)]
pub struct PanelContext {
    /// The time range on screen.
    pub range: TimeRange,
    /// Grafana's suggestion for the bucket width.
    pub interval: Duration,
    /// How many points the panel can draw.
    pub max_data_points: u32,
    /// The instant the request arrived; frozen for all it does.
    pub now: DateTime<Utc>,
}

/// The answer to one panel query.
#[derive(Debug, Clone)]
pub struct PanelAnswer {
    /// Frames; field metadata `labels` (JSON object) names the series.
    pub frames: Vec<RecordBatch>,
    /// What kind of frames they are.
    pub kind: FrameKind,
    /// What ran: one entry a leg that was asked.
    pub runs: Vec<Run>,
    /// What the reader should know.
    pub notices: Vec<Notice>,
}

/// One statement that ran for a panel.
#[derive(Debug, Clone)]
pub struct Run {
    /// On which leg.
    pub leg: Leg,
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
}

impl DataSource {
    /// Prepares both legs; reaches AWS only when asked something.
    ///
    /// # Errors
    ///
    /// When credentials or endpoints cannot be set up as configured.
    pub async fn connect(settings: Settings, metrics: Arc<Metrics>) -> Result<Self> {
        Ok(Self { settings, metrics })
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
    /// The query's own faults, and whatever the engine answers.
    pub async fn query(&self, _query: &Query, _panel: &PanelContext) -> Result<PanelAnswer> {
        unimplemented!()
    }

    /// Checks both legs, each by a query that runs to its end.
    pub async fn health(&self) -> Vec<Health> {
        unimplemented!()
    }

    /// Answers a resource path such as `realtime/tables` with JSON.
    ///
    /// # Errors
    ///
    /// An unknown path, a missing parameter, or whatever AWS answers.
    pub async fn resource(&self, _path: &str, _parameters: &[(String, String)]) -> Result<serde_json::Value> {
        unimplemented!()
    }
}
