//! The world: the history, a clock, and an engine for each service on threads of its own.

use std::sync::Arc;
use std::thread;

use chrono::NaiveDate;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::execute::Engine;
use super::tables::{CATALOG, DATABASE, VIEWS};
use super::{Column, Output, QueryContext, QueryError, Service, WorldOptions};
use crate::data::{Centre, Clock, DAY, HOUR, History, MINUTE, Snapshot, facts};

/// Planning recurses deeply, and unoptimised frames are large.
const QUERY_STACK_BYTES: usize = 16 * 1024 * 1024;

/// The generated data behind both services.
#[derive(Debug)]
pub struct World {
    history: Arc<History>,
    timestream: Arc<Engine>,
    athena: Arc<Engine>,
    /// Statements run on threads of their own, so that a heavy one does not hold up the wire.
    runtime: Option<Runtime>,
}

impl World {
    /// Generates the history and starts the clock. `progress` gets a line now and then.
    ///
    /// # Panics
    ///
    /// If the machine gives no threads.
    pub async fn generate(options: WorldOptions, progress: impl Fn(&str) + Send) -> Arc<Self> {
        Self::generate_with_clock(options, Clock::Wall, progress).await
    }

    /// The same with a clock of one's choice.
    ///
    /// # Panics
    ///
    /// If the machine gives no threads.
    pub async fn generate_with_clock(options: WorldOptions, clock: Clock, progress: impl Fn(&str) + Send) -> Arc<Self> {
        let now = clock.now();
        let start = (now - DAY * i64::from(options.days)).div_euclid(DAY) * DAY;
        let centre = Arc::new(Centre::new(options.seed, options.agents));
        let retention = HOUR * i64::from(options.retention_hours);
        let lag = MINUTE * i64::from(options.lag_minutes);
        let history = Arc::new(History::new(centre, clock, start, retention, lag));
        generate_days(&history, history.dates_until(now), progress).await;
        Arc::new(Self {
            timestream: Arc::new(Engine::new(Service::Timestream)),
            athena: Arc::new(Engine::new(Service::Athena)),
            history,
            runtime: Some(query_runtime()),
        })
    }

    /// Runs one statement as `service` would.
    ///
    /// Dropping the future stops the statement.
    ///
    /// # Errors
    ///
    /// In the service's manner.
    pub async fn query(&self, service: Service, sql: &str, context: &QueryContext) -> Result<Output, QueryError> {
        let snapshot = self.history.snapshot();
        let engine = Arc::clone(self.engine(service));
        let (sql, context) = (sql.to_owned(), context.clone());
        let Some(runtime) = &self.runtime else {
            return Err(QueryError::Execution("The sandbox is shutting down".to_owned()));
        };
        // A set of tasks aborts them when it is dropped.
        let mut tasks = JoinSet::new();
        tasks.spawn_on(async move { engine.run(&sql, &context, snapshot).await }, runtime.handle());
        match tasks.join_next().await {
            Some(Ok(result)) => result,
            _ => Err(QueryError::Execution("GENERIC_INTERNAL_ERROR: The statement's task ended early".to_owned())),
        }
    }

    /// The demonstration's figures for `[from, to)` in milliseconds, computed without SQL; `None` for a kind that there is
    /// not. See [`facts`].
    #[must_use]
    pub fn facts(&self, kind: &str, from: i64, to: i64, now: i64) -> Option<serde_json::Value> {
        facts::facts(&Snapshot { history: Arc::clone(&self.history), now }, kind, from, to)
    }

    /// The clock's present instant in milliseconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.history.clock.now()
    }

    /// What the services show now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.history.snapshot()
    }

    /// Athena's catalogs.
    #[must_use]
    pub fn catalogs(&self) -> Vec<String> {
        vec![CATALOG.to_owned()]
    }

    /// Databases of a service.
    #[must_use]
    pub fn databases(&self, _service: Service) -> Vec<String> {
        vec![DATABASE.to_owned()]
    }

    /// Tables of a database, views included.
    #[must_use]
    pub fn tables(&self, service: Service, database: &str) -> Vec<String> {
        if !database.eq_ignore_ascii_case(DATABASE) {
            return Vec::new();
        }
        self.engine(service).table_names().into_iter().map(str::to_owned).collect()
    }

    /// Whether a table is a view.
    #[must_use]
    pub fn is_view(&self, service: Service, table: &str) -> bool {
        service == Service::Athena && VIEWS.iter().any(|view| view.name.eq_ignore_ascii_case(table))
    }

    /// Columns of a table, partition columns last.
    #[must_use]
    pub fn columns(&self, service: Service, database: &str, table: &str) -> Option<Vec<Column>> {
        if !database.eq_ignore_ascii_case(DATABASE) {
            return None;
        }
        self.engine(service).columns(table)
    }

    fn engine(&self, service: Service) -> &Arc<Engine> {
        match service {
            Service::Timestream => &self.timestream,
            Service::Athena => &self.athena,
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // A runtime must not be waited for where the world may be dropped, which is on another runtime.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[expect(clippy::expect_used, reason = "a sandbox without threads cannot start; nothing could go on")]
fn query_runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .thread_name("query")
        .thread_stack_size(QUERY_STACK_BYTES)
        .enable_time()
        .build()
        .expect("the machine gives threads to run statements on")
}

/// Generates the shift days on all cores.
async fn generate_days(history: &Arc<History>, dates: Vec<NaiveDate>, progress: impl Fn(&str) + Send) {
    let (sender, mut finished) = mpsc::unbounded_channel();
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let total = dates.len();
    for worker in 0..workers {
        let share: Vec<_> = dates.iter().skip(worker).step_by(workers).copied().collect();
        let (history, sender) = (Arc::clone(history), sender.clone());
        thread::spawn(move || {
            for date in share {
                let contacts = history.day(date).contacts.len();
                if sender.send(contacts).is_err() {
                    return;
                }
            }
        });
    }
    drop(sender);
    let (mut days, mut contacts) = (0, 0);
    while let Some(count) = finished.recv().await {
        days += 1;
        contacts += count;
        if days % 10 == 0 || days == total {
            progress(&format!("Generated {days} of {total} days, {contacts} contacts"));
        }
    }
}
