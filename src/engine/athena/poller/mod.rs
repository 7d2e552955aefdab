//! One task that watches all executions of a data source, so that a hundred panels cost two calls and not a hundred.
//!
//! It sleeps while nothing runs, and ends when the engine is dropped. Where BatchGetQueryExecution is denied or unknown it
//! looks one by one.

mod schedule;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use aws_sdk_athena::types::{QueryExecution, QueryExecutionState};
use futures::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until, timeout},
};
use tracing::debug;

use self::schedule::{Look, Schedule};
use crate::error::{Error, ErrorKind, Result};

/// How long one call may take before it counts as failed.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// The two calls that tell how executions are. They are not retried below: the poller does that itself.
#[async_trait]
pub(super) trait StatusSource: fmt::Debug + Send + Sync + 'static {
    /// BatchGetQueryExecution, of at most 50 ids. An id without an answer is left out.
    async fn batch(&self, ids: &[String]) -> Result<Vec<QueryExecution>>;

    /// GetQueryExecution.
    async fn single(&self, id: &str) -> Result<QueryExecution>;
}

/// How far an execution has come.
#[derive(Debug, Clone)]
pub(super) enum Progress {
    /// Nothing is known yet, or Athena has put it in its queue.
    Queued,
    /// Athena works on it.
    Running,
    /// It succeeded, failed or was cancelled; or it cannot be told.
    Ended(Result<Box<QueryExecution>>),
}

/// The handle to the task.
#[derive(Debug)]
pub(super) struct Poller {
    source: Arc<dyn StatusSource>,
    /// Started by the first execution, because only then is there surely a runtime.
    task: OnceLock<mpsc::UnboundedSender<Enrolment>>,
}

struct Enrolment {
    id: String,
    progress: watch::Sender<Progress>,
}

impl Poller {
    /// A poller that asks `source`; calls nothing yet.
    pub(super) fn new(source: Arc<dyn StatusSource>) -> Self {
        Self { source, task: OnceLock::new() }
    }

    /// Follows an execution that has just been started. It is followed until the receiver is dropped.
    pub(super) fn watch(&self, id: &str) -> watch::Receiver<Progress> {
        let task = self.task.get_or_init(|| {
            let (sender, receiver) = mpsc::unbounded_channel();
            tokio::spawn(Task::new(Arc::clone(&self.source)).run(receiver));
            sender
        });
        let (progress, receiver) = watch::channel(Progress::Queued);
        if task.send(Enrolment { id: id.to_owned(), progress }).is_err() {
            debug!(id, "the poller has ended");
        }
        receiver
    }
}

/// Waits until an execution has ended.
///
/// # Errors
///
/// When it cannot be told how the execution is.
pub(super) async fn ended(progress: &mut watch::Receiver<Progress>) -> Result<Box<QueryExecution>> {
    let ended = progress.wait_for(|progress| matches!(progress, Progress::Ended(_))).await;
    match ended.as_deref() {
        Ok(Progress::Ended(outcome)) => outcome.clone(),
        _ => Err(Error::internal("The task that watches Athena's executions has ended. Run the panel again.")),
    }
}

struct Task {
    source: Arc<dyn StatusSource>,
    schedule: Schedule,
    watched: HashMap<String, watch::Sender<Progress>>,
    looks: FuturesUnordered<BoxFuture<'static, (Look, Finding)>>,
}

/// What a look found.
enum Finding {
    Executions(Vec<QueryExecution>),
    /// The batch failed with `error`, a look at its first execution alone did not.
    BatchFailed {
        error: Error,
        first: Box<QueryExecution>,
    },
    Failed(Error),
}

impl Task {
    fn new(source: Arc<dyn StatusSource>) -> Self {
        Self {
            source,
            schedule: Schedule::new(Instant::now(), rand::random()),
            watched: HashMap::new(),
            looks: FuturesUnordered::new(),
        }
    }

    async fn run(mut self, mut enrolments: mpsc::UnboundedReceiver<Enrolment>) {
        loop {
            let wake = self.schedule.wake();
            tokio::select! {
                enrolment = enrolments.recv() => match enrolment {
                    Some(Enrolment { id, progress }) => {
                        self.schedule.add(id.clone(), Instant::now());
                        self.watched.insert(id, progress);
                    }
                    // The engine is gone, and with it everyone who waited.
                    None => return,
                },
                Some((look, finding)) = self.looks.next() => self.take_in(&look, finding),
                () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => self.make_looks(),
            }
        }
    }

    fn make_looks(&mut self) {
        self.watched.retain(|id, progress| {
            let wanted = !progress.is_closed();
            if !wanted {
                self.schedule.remove(id);
            }
            wanted
        });
        while let Some(look) = self.schedule.next(Instant::now()) {
            let source = Arc::clone(&self.source);
            self.looks.push(Box::pin(async move {
                let finding = self::look(source.as_ref(), &look).await;
                (look, finding)
            }));
        }
    }

    fn take_in(&mut self, look: &Look, finding: Finding) {
        let now = Instant::now();
        match finding {
            Finding::Executions(executions) => {
                self.schedule.answered(look);
                let mut unanswered: Vec<&String> = look.ids().iter().collect();
                for execution in executions {
                    unanswered.retain(|id| Some(id.as_str()) != execution.query_execution_id());
                    self.report(execution, now);
                }
                for id in unanswered {
                    self.schedule.passed_over(id, now);
                }
            }
            Finding::BatchFailed { error, first } => {
                debug!(%error, "executions cannot be looked at in batches");
                self.report(*first, now);
                let for_good = !may_pass(error.kind());
                self.schedule.batch_failed(look, for_good, now);
            }
            Finding::Failed(error) if error.kind() == ErrorKind::Throttled => self.schedule.throttled(look, now),
            Finding::Failed(error) if may_pass(error.kind()) => {
                for id in self.schedule.failed(look, now) {
                    self.end(&id, Err(error.clone()));
                }
            }
            Finding::Failed(error) => {
                // An unknown id is one execution's trouble, credentials are everyone's.
                let everyone = matches!(error.kind(), ErrorKind::AccessDenied | ErrorKind::Unauthenticated);
                let affected = if everyone { look.ids().len() } else { 1 };
                for (index, id) in look.ids().iter().enumerate() {
                    if index < affected {
                        self.end(id, Err(error.clone()));
                    } else {
                        self.schedule.seen(id, now);
                    }
                }
            }
        }
    }

    fn report(&mut self, execution: QueryExecution, now: Instant) {
        let Some(id) = execution.query_execution_id().map(str::to_owned) else { return };
        let state = execution.status().and_then(|status| status.state());
        match state {
            Some(QueryExecutionState::Succeeded | QueryExecutionState::Failed | QueryExecutionState::Cancelled) => {
                self.end(&id, Ok(Box::new(execution)));
            }
            state => {
                if state == Some(&QueryExecutionState::Running)
                    && let Some(progress) = self.watched.get(&id)
                {
                    progress.send_replace(Progress::Running);
                }
                self.schedule.seen(&id, now);
            }
        }
    }

    fn end(&mut self, id: &str, outcome: Result<Box<QueryExecution>>) {
        self.schedule.remove(id);
        if let Some(progress) = self.watched.remove(id) {
            progress.send_replace(Progress::Ended(outcome));
        }
    }
}

/// Makes one call. Where a batch fails, its first execution is looked at alone, to tell a batch that AWS does not grant from
/// an AWS that cannot be reached.
async fn look(source: &dyn StatusSource, look: &Look) -> Finding {
    match look {
        Look::Single(id) => match bounded(source.single(id)).await {
            Ok(execution) => Finding::Executions(vec![named(execution, id)]),
            Err(error) => Finding::Failed(error),
        },
        Look::Batch(ids) => match (bounded(source.batch(ids)).await, ids.first()) {
            (Ok(executions), _) => Finding::Executions(executions),
            (Err(error), Some(first)) if error.kind() != ErrorKind::Throttled => {
                match bounded(source.single(first)).await {
                    Ok(execution) => Finding::BatchFailed { error, first: Box::new(named(execution, first)) },
                    Err(error) => Finding::Failed(error),
                }
            }
            (Err(error), _) => Finding::Failed(error),
        },
    }
}

/// An answer about one execution is about that one, whether or not it repeats the id.
fn named(mut execution: QueryExecution, id: &str) -> QueryExecution {
    execution.query_execution_id = Some(id.to_owned());
    execution
}

async fn bounded<T>(call: impl Future<Output = Result<T>>) -> Result<T> {
    timeout(CALL_TIMEOUT, call).await.unwrap_or_else(|_| {
        Err(Error::new(
            ErrorKind::Timeout,
            format!(
                "Athena did not say within {} s how the query is. Check the network between Grafana and AWS, and run the panel again.",
                CALL_TIMEOUT.as_secs()
            ),
        ))
    })
}

/// Whether the next call may well be answered.
const fn may_pass(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Throttled | ErrorKind::Timeout | ErrorKind::Unavailable | ErrorKind::Internal)
}

#[cfg(test)]
mod tests;
