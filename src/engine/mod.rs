//! An engine runs one SQL text and answers with one batch. Timestream and Athena differ in everything else, and all of
//! that stays below this trait.
//!
//! Dropping the future of [`Engine::run`] cancels the execution in AWS.

pub mod athena;
pub mod cached;
pub mod flight;
pub mod timestream;

use std::time::Duration;

use arrow::array::RecordBatch;
use async_trait::async_trait;
use tokio::time::Instant;

use crate::{error::Result, leg::Leg, notice::Notice};

/// SQL as the engine will see it, with the context that changes what it means. Equal statements have equal answers, so
/// statements in flight are shared by equality.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Statement {
    /// One statement, macros expanded, already past the read-only guard.
    pub sql: String,
    /// Athena: the catalog in which unqualified names are looked up. Timestream has none.
    pub catalog: Option<String>,
    /// Athena: the database in which unqualified names are looked up. Timestream names its database in the SQL.
    pub database: Option<String>,
    /// Athena: accept an earlier result of the same statement up to this old. `None` switches reuse off.
    pub reuse: Option<Duration>,
}

/// What a run may use up.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Rows kept; an answer with more is cut to this many and says so in a notice.
    pub max_rows: usize,
    /// When to give up and stop the execution.
    pub deadline: Instant,
}

/// Rows, and what they cost.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Rows x columns. Only the types that Grafana reads: boolean, int8-64, float32/64, utf8, timestamp(ns, no zone).
    /// Field metadata [`ROLE`] = [`ROLE_LABEL`] marks a column that names a series whatever its type.
    pub batch: RecordBatch,
    /// What it cost.
    pub cost: Cost,
    /// What the reader should know: rows cut, a restart, precision lost.
    pub notices: Vec<Notice>,
}

/// Field metadata key that says what part a column plays in a series.
pub const ROLE: &str = "switchboard.role";
/// The column names the series.
pub const ROLE_LABEL: &str = "label";

/// What one run cost, as the engine reports it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cost {
    /// Bytes the engine read.
    pub bytes_scanned: u64,
    /// Bytes the engine bills for, where it says so (Timestream's metered bytes; Athena's 10 MB minimum applied).
    pub bytes_metered: u64,
    /// Time the engine worked; `None` where it does not say (Timestream).
    pub engine_time: Option<Duration>,
    /// Time the statement waited for the engine; `None` where it does not say.
    pub queue_time: Option<Duration>,
    /// Time from the first call to the last row, as seen here.
    pub elapsed: Duration,
    /// Result pages read.
    pub pages: u64,
    /// Rows read, before any cut.
    pub rows: u64,
    /// The engine handed back an earlier result and scanned nothing.
    pub reused: bool,
    /// Ids to find the run by in AWS: Athena execution ids, Timestream query ids.
    pub execution_ids: Vec<String>,
    /// Which way the rows came. Timestream has one way only, and leaves this as it is.
    pub delivery: Delivery,
}

/// Which way the rows of a larger Athena result came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Bytes read of the result's file in S3; 0 where every row came in a page.
    pub file_bytes: u64,
    /// Why the rows beyond the first page came in pages too, if any did.
    pub why_pages: Option<String>,
}

/// Athena's list price: 5 dollars a terabyte.
const DOLLARS_PER_BYTE: f64 = 5.0 / 1e12;
/// What Athena bills a statement for at least.
const LEAST_BYTES: f64 = 10e6;

impl Cost {
    /// Dollars at list price for on-demand scanning: 5 a TB for Athena with the 10 MB minimum; Timestream is billed by
    /// compute time, so it has no price by bytes and answers `None`.
    #[must_use]
    pub fn dollars(&self, leg: Leg) -> Option<f64> {
        match leg {
            Leg::Historical if self.reused => Some(0.0),
            #[expect(clippy::cast_precision_loss, reason = "a price, not an amount of bytes")]
            Leg::Historical => Some(self.bytes_metered as f64 * DOLLARS_PER_BYTE),
            Leg::Realtime => None,
        }
    }

    /// Dollars at list price for a statement that will scan about so many bytes; see [`Cost::dollars`].
    #[must_use]
    pub fn dollars_for(leg: Leg, bytes_scanned: f64) -> Option<f64> {
        match leg {
            Leg::Historical => Some(bytes_scanned.max(LEAST_BYTES) * DOLLARS_PER_BYTE),
            Leg::Realtime => None,
        }
    }
}

/// One leg's query engine.
#[async_trait]
pub trait Engine: Send + Sync {
    /// Which leg this is.
    fn leg(&self) -> Leg;

    /// Runs `statement` to its last page.
    ///
    /// # Errors
    ///
    /// Whatever AWS answers, translated to an [`Error`](crate::error::Error) that says what to do;
    /// [`ErrorKind::Timeout`](crate::error::ErrorKind::Timeout) when the deadline passes.
    async fn run(&self, statement: &Statement, budget: &Budget) -> Result<Answer>;

    /// Asks the engine a question that touches every permission a panel needs, and waits for the answer.
    async fn health(&self) -> Health;
}

/// How one leg is, as the health check tells it.
#[derive(Debug, Clone)]
pub struct Health {
    /// Which leg.
    pub leg: Leg,
    /// The AWS region it was asked in.
    pub region: String,
    /// The endpoint that was asked.
    pub endpoint: String,
    /// The engine's version, where it says so.
    pub version: Option<String>,
    /// From the first call to the last row.
    pub latency: Duration,
    /// Whether it works; if not, why and what to do.
    pub outcome: Result<()>,
    /// Which way larger results come, where there are several.
    pub results: Option<String>,
    /// Things that work but look wrong.
    pub warnings: Vec<String>,
}

/// A column, as editors list it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, in the engine's words.
    #[serde(rename = "type")]
    pub data_type: String,
    /// What part it plays: `dimension`, `measure`, `timestamp`, `partition` or `column`.
    pub role: &'static str,
}
