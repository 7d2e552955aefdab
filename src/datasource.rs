//! One configured data source: both legs connected, one panel query in, frames' rows out, whoever asks.
//!
//! A query passes through here in order: macros, the read-only guard, the engine (shared with an identical statement in
//! flight, and waiting its turn where the leg is busy), the shape that the panel wants.

use std::{sync::Arc, time::Duration};

use arrow::array::RecordBatch;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};

use crate::{
    aws,
    engine::{
        Answer, Budget, Cost, Engine, Health, Statement, athena::Athena, flight::Flights, timestream::Timestream,
    },
    error::{Error, ErrorKind, Result},
    leg::Leg,
    metrics::Metrics,
    notice::Notice,
    query::{Query, Reuse},
    settings::{self, Limits, Settings},
    shape::{self, FrameKind, Shaped},
    sql::{self, guard, macros},
    time::TimeRange,
};

/// Batches of more rows than this are shaped off the async threads, so that other panels keep moving.
const ROWS_SHAPED_INLINE: usize = 20_000;

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
    realtime: Option<Connected<Timestream>>,
    historical: Option<Connected<Athena>>,
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
        Ok(Self { settings, metrics, realtime, historical })
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
    pub async fn query(&self, query: &Query, panel: &PanelContext) -> Result<PanelAnswer> {
        let statement = self.statement(query, panel)?;
        let run = match query.route {
            Leg::Realtime => self.realtime()?.run(&statement, self.settings.limits),
            Leg::Historical => self.historical()?.run(&statement, self.settings.limits),
        };
        let asked = self.metrics.start(query.route);
        let (answer, shared) = run.await;
        match &answer {
            Ok(answer) => asked.succeeded(&answer.cost, shared),
            Err(error) => asked.failed(error.kind()),
        }
        let answer = answer?;
        let panel_rows = shape_off_thread(&answer, query, panel).await?;
        let mut notices = answer.notices.clone();
        notices.extend(panel_rows.notices);
        if answer.cost.reused {
            notices.push(Notice::info(
                "Athena answered from an earlier result of the same statement and scanned nothing.",
            ));
        }
        let cost = answer.cost.clone();
        let run = Run { leg: query.route, sql: statement.sql, cost, shared };
        Ok(PanelAnswer { frames: panel_rows.frames, kind: panel_rows.kind, runs: vec![run], notices })
    }

    fn statement(&self, query: &Query, panel: &PanelContext) -> Result<Statement> {
        let Settings { realtime, historical, .. } = &self.settings;
        if query.route == Leg::Historical
            && let Some(region) = &query.region
            && *region != historical.region
        {
            return Err(Error::bad_query(format!(
                "The query asks for Athena in {region}, but the historical leg of this data source is in {}. Remove the \
                 query's region, or use a data source for that region.",
                historical.region
            )));
        }
        let (database, table, measure) = match query.route {
            Leg::Realtime => (&realtime.database, &realtime.table, &realtime.measure),
            Leg::Historical => (&historical.database, &None, &None),
        };
        let database = query.database.as_ref().or(database.as_ref());
        let context = macros::Context {
            leg: query.route,
            range: panel.range,
            now: panel.now,
            interval: panel.interval,
            database: database.map(String::as_str),
            table: query.table.as_deref().or(table.as_deref()),
            column: query.column.as_deref(),
            measure: query.measure.as_deref().or(measure.as_deref()),
            slice: panel.range,
            datasets: &[],
            filters: &[],
        };
        let sql = macros::expand(&query.sql, &context)?;
        guard::check(&sql, guard::Policy { allow_execute: self.settings.allow_execute })?;
        let sql = sql::without_semicolons(&sql)?;
        Ok(match query.route {
            Leg::Realtime => Statement { sql, catalog: None, database: None, reuse: None },
            Leg::Historical => Statement {
                sql,
                catalog: Some(query.catalog.clone().unwrap_or_else(|| historical.catalog.clone())),
                database: database.cloned(),
                reuse: match query.reuse {
                    Reuse::AsConfigured => historical.result_reuse,
                    Reuse::Never => None,
                    Reuse::UpTo(age) => Some(age).filter(|age| !age.is_zero()),
                },
            },
        })
    }

    fn realtime(&self) -> Result<&Connected<Timestream>> {
        self.realtime.as_ref().ok_or_else(|| switched_off(Leg::Realtime))
    }

    fn historical(&self) -> Result<&Connected<Athena>> {
        self.historical.as_ref().ok_or_else(|| switched_off(Leg::Historical))
    }

    /// Checks the legs that are switched on, side by side, each by a query that runs to its end.
    pub async fn health(&self) -> Vec<Health> {
        let realtime = async {
            match &self.realtime {
                Some(leg) => Some(leg.engine.health().await),
                None => None,
            }
        };
        let historical = async {
            match &self.historical {
                Some(leg) => Some(leg.engine.health().await),
                None => None,
            }
        };
        let (realtime, historical) = tokio::join!(realtime, historical);
        let mut report: Vec<Health> = [realtime, historical].into_iter().flatten().collect();
        for health in &mut report {
            let prefix = format!("Setting {}.", health.leg);
            health.warnings.extend(self.settings.warnings.iter().filter(|text| text.starts_with(&prefix)).cloned());
        }
        report
    }

    /// Answers a resource path such as `realtime/tables` with JSON: names as a list of texts, columns as a list of objects.
    ///
    /// # Errors
    ///
    /// An unknown path, a missing parameter, or whatever AWS answers.
    pub async fn resource(&self, path: &str, parameters: &[(String, String)]) -> Result<Value> {
        let given = |name: &str| {
            parameters
                .iter()
                .find(|(key, value)| key == name && !value.trim().is_empty())
                .map(|(_, value)| value.trim())
        };
        let (catalog, database, table) = (given("catalog"), given("database"), given("table"));
        Ok(match path {
            "regions" => json!(settings::regions()),
            "realtime/databases" => json!(self.realtime()?.engine.databases().await?),
            "realtime/tables" => json!(self.realtime()?.engine.tables(database).await?),
            "realtime/measures" => json!(self.realtime()?.engine.measures(database, table).await?),
            "realtime/columns" => json!(self.realtime()?.engine.columns(database, table).await?),
            "historical/catalogs" => json!(self.historical()?.engine.catalogs().await?),
            "historical/databases" => json!(self.historical()?.engine.databases(catalog).await?),
            "historical/tables" => json!(self.historical()?.engine.tables(catalog, database).await?),
            "historical/columns" => {
                let table = table.ok_or_else(|| {
                    Error::bad_query("Resource historical/columns needs the parameter table, as in historical/columns?table=contact_records.")
                })?;
                json!(self.historical()?.engine.columns(catalog, database, table).await?)
            }
            "historical/workgroups" => json!(self.historical()?.engine.workgroups().await?),
            _ => {
                return Err(Error::new(
                    ErrorKind::NotFound,
                    format!("There is no such resource. There are: {}.", RESOURCES.join(", ")),
                ));
            }
        })
    }
}

/// Every path that [`DataSource::resource`] answers.
pub const RESOURCES: &[&str] = &[
    "regions",
    "realtime/databases",
    "realtime/tables",
    "realtime/measures",
    "realtime/columns",
    "historical/catalogs",
    "historical/databases",
    "historical/tables",
    "historical/columns",
    "historical/workgroups",
];

fn switched_off(leg: Leg) -> Error {
    Error::bad_query(format!(
        "The {leg} leg of this data source is switched off: set {leg}.enabled to true, or choose the other leg."
    ))
}

/// A leg that is switched on: its engine, the statements in flight, and the turns that bound how many run at once.
struct Connected<E> {
    engine: Arc<E>,
    flights: Flights<Statement, Result<Arc<Answer>>>,
    turns: Arc<Semaphore>,
}

impl<E: Engine + 'static> Connected<E> {
    fn new(engine: E, settings: &Settings) -> Self {
        Self {
            engine: Arc::new(engine),
            flights: Flights::default(),
            turns: Arc::new(Semaphore::new(settings.limits.max_concurrent)),
        }
    }

    /// Runs a statement, or joins one that is running. The time limit counts from here, waiting for a turn included.
    fn run<'a>(
        &'a self,
        statement: &'a Statement,
        limits: Limits,
    ) -> futures::future::BoxFuture<'a, (Result<Arc<Answer>>, bool)> {
        Box::pin(self.flights.run(statement.clone(), move || {
            let (engine, turns, statement) = (Arc::clone(&self.engine), Arc::clone(&self.turns), statement.clone());
            async move {
                let budget = Budget { max_rows: limits.max_rows, deadline: Instant::now() + limits.timeout };
                let _turn = timeout_at(budget.deadline, turns.acquire_owned()).await.map_err(|_| {
                    Error::new(
                        ErrorKind::Throttled,
                        format!(
                            "The statement waited {} s for its turn: {} statements already run on the {} leg. Refresh less often, or \
                             raise limits.maxConcurrent.",
                            limits.timeout.as_secs(),
                            limits.max_concurrent,
                            engine.leg()
                        ),
                    )
                })?;
                engine.run(&statement, &budget).await.map(Arc::new)
            }
        }))
    }
}

async fn shape_off_thread(answer: &Arc<Answer>, query: &Query, panel: &PanelContext) -> Result<Shaped> {
    // The future is not empty but unknown: nothing is filled in there.
    let range = TimeRange { from: panel.range.from, to: panel.range.to.min(panel.now.max(panel.range.from)) };
    let options = shape::Options {
        format: query.format,
        layout: query.layout,
        fill: query.fill,
        step: query.step.or_else(|| macros::bucket_width(&query.sql, panel.interval)).map(crate::time::Step::Fixed),
        range,
    };
    if answer.batch.num_rows() <= ROWS_SHAPED_INLINE {
        return shape::shape(&answer.batch, &options);
    }
    let answer = Arc::clone(answer);
    tokio::task::spawn_blocking(move || shape::shape(&answer.batch, &options))
        .await
        .map_err(|error| Error::internal(format!("Shaping the answer failed: {error}.")))?
}
