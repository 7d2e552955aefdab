//! A leg that is switched on: its engine, the statements in flight, and the turns that bound how many run at once.

use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};

use crate::{
    engine::{Answer, Budget, Engine, Statement, flight::Flights},
    error::{Error, ErrorKind, Result},
    settings::{Limits, Settings},
};

/// An engine and who waits for it.
pub(super) struct Connected<E> {
    pub engine: Arc<E>,
    flights: Flights<Statement, Result<Arc<Answer>>>,
    turns: Arc<Semaphore>,
}

impl<E: Engine + 'static> Connected<E> {
    pub fn new(engine: E, settings: &Settings) -> Self {
        Self {
            engine: Arc::new(engine),
            flights: Flights::default(),
            turns: Arc::new(Semaphore::new(settings.limits.max_concurrent)),
        }
    }

    /// Runs a statement, or joins one that is running: the flag says which. The time limit counts from here, waiting for a
    /// turn included.
    pub fn run<'a>(&'a self, statement: &'a Statement, limits: Limits) -> BoxFuture<'a, (Result<Arc<Answer>>, bool)> {
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
