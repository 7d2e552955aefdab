//! Executions: what each is doing, and the calls that look at them or stop them.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use tokio::task::AbortHandle;

use super::{
    invalid, list_body, list_page, required,
    results::ResultSet,
    statement::{StatementType, first_word},
    workgroups::{self, WorkGroup},
};
use crate::wire::{
    aws_error::AwsError,
    dispatch::Incoming,
    s3::ObjectStore,
    state::{epoch_seconds, lock},
};

/// BatchGetQueryExecution takes this many ids.
const MAX_BATCH: usize = 50;
/// Finished executions over this number, or over [`MAX_BYTES`] of results, are forgotten, oldest first.
const MAX_EXECUTIONS: usize = 10_000;
const MAX_BYTES: usize = 1 << 30;

/// Where an execution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Queued,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

impl State {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
        }
    }

    const fn is_active(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

/// Why an execution failed. AWS may leave either part out.
#[derive(Debug, Clone, Default)]
pub(super) struct Failure {
    pub(super) reason: Option<String>,
    pub(super) error: Option<Value>,
}

/// What changes while an execution lives.
#[derive(Debug, Clone)]
pub(super) struct Progress {
    pub(super) state: State,
    pub(super) failure: Failure,
    pub(super) started: Option<DateTime<Utc>>,
    pub(super) completed: Option<DateTime<Utc>>,
    pub(super) result: Option<Arc<ResultSet>>,
    pub(super) bytes_scanned: u64,
    /// Where the result was written.
    pub(super) output: Option<String>,
    /// An earlier result was taken.
    pub(super) reused: bool,
    /// What the result takes up, in memory and as a file.
    pub(super) bytes_held: usize,
}

/// What a client asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    pub(super) sql: String,
    pub(super) catalog: Option<String>,
    pub(super) database: Option<String>,
    pub(super) workgroup: &'static WorkGroup,
    /// The location that the client named.
    pub(super) output_location: Option<String>,
    /// Most minutes of age of a result to reuse.
    pub(super) reuse_minutes: Option<i64>,
}

/// One execution.
#[derive(Debug)]
pub(super) struct Execution {
    pub(super) id: String,
    pub(super) asked: Asked,
    pub(super) submitted: DateTime<Utc>,
    progress: Mutex<Progress>,
    task: Mutex<Option<AbortHandle>>,
}

impl Execution {
    pub(super) fn new(id: String, asked: Asked, submitted: DateTime<Utc>, output: Option<String>) -> Self {
        let progress = Progress {
            state: State::Queued,
            failure: Failure::default(),
            started: None,
            completed: None,
            result: None,
            bytes_scanned: 0,
            output,
            reused: false,
            bytes_held: 0,
        };
        Self { id, asked, submitted, progress: Mutex::new(progress), task: Mutex::default() }
    }

    pub(super) fn progress(&self) -> MutexGuard<'_, Progress> {
        lock(&self.progress)
    }

    /// Remembers the task that runs it, for [`stop`].
    pub(super) fn runs_on(&self, task: AbortHandle) {
        *lock(&self.task) = Some(task);
    }

    pub(super) fn begin(&self, now: DateTime<Utc>) {
        let mut progress = self.progress();
        if progress.state == State::Queued {
            progress.state = State::Running;
            progress.started = Some(now);
        }
    }

    /// Ends it, unless it has ended; whether this call did.
    pub(super) fn end(&self, state: State, now: DateTime<Utc>, update: impl FnOnce(&mut Progress)) -> bool {
        let mut progress = self.progress();
        let active = progress.state.is_active();
        if active {
            progress.state = state;
            progress.completed = Some(now);
            update(&mut progress);
        }
        active
    }

    fn body(&self, now: DateTime<Utc>) -> Value {
        let progress = self.progress().clone();
        let statement_type = StatementType::of(&self.asked.sql);
        let mut context = Map::new();
        for (name, value) in [("Catalog", &self.asked.catalog), ("Database", &self.asked.database)] {
            if let Some(value) = value {
                context.insert(name.to_owned(), json!(value));
            }
        }
        let mut body = json!({
            "QueryExecutionId": self.id,
            "Query": self.asked.sql,
            "StatementType": statement_type.name(),
            "SubstatementType": first_word(&self.asked.sql),
            "QueryExecutionContext": context,
            "WorkGroup": self.asked.workgroup.name,
            "EngineVersion": workgroups::engine_version(),
            "Status": self.status(&progress),
            "Statistics": self.statistics(&progress, now),
            "ManagedQueryResultsConfiguration": {"Enabled": self.asked.workgroup.managed},
        });
        if let Some(object) = body.as_object_mut() {
            if let Some(output) = &progress.output {
                object.insert("ResultConfiguration".to_owned(), json!({"OutputLocation": output}));
            }
            if let Some(minutes) = self.asked.reuse_minutes {
                let by_age = json!({"Enabled": true, "MaxAgeInMinutes": minutes});
                object.insert("ResultReuseConfiguration".to_owned(), json!({"ResultReuseByAgeConfiguration": by_age}));
            }
        }
        body
    }

    fn status(&self, progress: &Progress) -> Value {
        let mut status = Map::new();
        status.insert("State".to_owned(), json!(progress.state.name()));
        status.insert("SubmissionDateTime".to_owned(), json!(epoch_seconds(self.submitted)));
        if let Some(completed) = progress.completed {
            status.insert("CompletionDateTime".to_owned(), json!(epoch_seconds(completed)));
        }
        if let Some(reason) = &progress.failure.reason {
            status.insert("StateChangeReason".to_owned(), json!(reason));
        }
        if let Some(error) = &progress.failure.error {
            status.insert("AthenaError".to_owned(), error.clone());
        }
        Value::Object(status)
    }

    fn statistics(&self, progress: &Progress, now: DateTime<Utc>) -> Value {
        let end = progress.completed.unwrap_or(now);
        let millis = |span: TimeDelta| span.num_milliseconds().max(0);
        let engine = progress.started.map_or(0, |started| millis(end - started));
        let queued = millis(progress.started.unwrap_or(end) - self.submitted);
        json!({
            "EngineExecutionTimeInMillis": engine,
            "DataScannedInBytes": progress.bytes_scanned,
            "TotalExecutionTimeInMillis": millis(end - self.submitted),
            "QueryQueueTimeInMillis": queued,
            "ServicePreProcessingTimeInMillis": 0,
            "QueryPlanningTimeInMillis": engine / 4,
            "ServiceProcessingTimeInMillis": 0,
            "ResultReuseInformation": {"ReusedPreviousResult": progress.reused},
        })
    }
}

#[derive(Debug, Default)]
struct Inner {
    executions: HashMap<String, Arc<Execution>>,
    /// Oldest first.
    order: VecDeque<Arc<Execution>>,
    by_token: HashMap<String, Arc<Execution>>,
    bytes_held: usize,
}

impl Inner {
    fn same_call(&self, token: &str, asked: &Asked) -> Result<Option<Arc<Execution>>, AwsError> {
        match self.by_token.get(token) {
            Some(execution) if execution.asked == *asked => Ok(Some(Arc::clone(execution))),
            Some(_) => Err(invalid("Idempotent parameters do not match")),
            None => Ok(None),
        }
    }
}

/// Every execution.
#[derive(Debug, Default)]
pub(in crate::wire) struct Athena {
    inner: Mutex<Inner>,
}

impl Athena {
    /// The execution of this id.
    pub(super) fn find(&self, id: &str) -> Result<Arc<Execution>, AwsError> {
        lock(&self.inner)
            .executions
            .get(id)
            .cloned()
            .ok_or_else(|| invalid(format!("QueryExecution {id} was not found")))
    }

    /// The execution that an earlier call with the same token started.
    pub(super) fn same_call(&self, token: &str, asked: &Asked) -> Result<Option<Arc<Execution>>, AwsError> {
        lock(&self.inner).same_call(token, asked)
    }

    /// How many are queued or running.
    pub(super) fn active(&self) -> usize {
        lock(&self.inner).order.iter().filter(|execution| execution.progress().state.is_active()).count()
    }

    /// Keeps a new execution, unless a call with the same token was faster: the one that is to be answered.
    pub(super) fn add(&self, execution: Arc<Execution>, token: String) -> Result<Arc<Execution>, AwsError> {
        let mut inner = lock(&self.inner);
        if let Some(earlier) = inner.same_call(&token, &execution.asked)? {
            return Ok(earlier);
        }
        inner.executions.insert(execution.id.clone(), Arc::clone(&execution));
        inner.order.push_back(Arc::clone(&execution));
        inner.by_token.insert(token, Arc::clone(&execution));
        Ok(execution)
    }

    /// The youngest result that can stand in for `asked`: the same workgroup, context and text, no older than allowed.
    pub(super) fn reusable(&self, asked: &Asked, now: DateTime<Utc>) -> Option<Progress> {
        let max_age = TimeDelta::minutes(asked.reuse_minutes?);
        let inner = lock(&self.inner);
        inner.order.iter().rev().find_map(|execution| {
            let earlier = &execution.asked;
            let same = earlier.sql == asked.sql
                && earlier.catalog == asked.catalog
                && earlier.database == asked.database
                && earlier.workgroup == asked.workgroup;
            let progress = execution.progress();
            let fresh = progress.completed.is_some_and(|completed| now - completed <= max_age);
            let usable = progress.state == State::Succeeded && progress.result.is_some() && !progress.reused;
            (same && fresh && usable).then(|| progress.clone())
        })
    }

    /// Counts what a result holds, and forgets the oldest results where that is too much.
    pub(super) fn hold(&self, bytes: usize, objects: &ObjectStore) {
        let mut inner = lock(&self.inner);
        inner.bytes_held += bytes;
        while inner.bytes_held > MAX_BYTES || inner.order.len() > MAX_EXECUTIONS {
            let Some(oldest) = inner.order.pop_front() else { break };
            let progress = oldest.progress().clone();
            if progress.state.is_active() {
                inner.order.push_front(oldest);
                break;
            }
            inner.bytes_held = inner.bytes_held.saturating_sub(progress.bytes_held);
            inner.executions.remove(&oldest.id);
            inner.by_token.retain(|_, execution| execution.id != oldest.id);
            if let (Some(output), false) = (&progress.output, progress.reused) {
                objects.remove(output);
            }
        }
    }

    /// Every execution, oldest first, for the admin route.
    pub(in crate::wire) fn report(&self) -> Value {
        let entry = |execution: &Arc<Execution>| {
            let progress = execution.progress();
            json!({
                "id": execution.id,
                "state": progress.state.name(),
                "sql": execution.asked.sql,
                "workgroup": execution.asked.workgroup.name,
                "submitted": execution.submitted.to_rfc3339(),
                "completed": progress.completed.map(|completed| completed.to_rfc3339()),
                "outputLocation": progress.output,
                "reused": progress.reused,
                "bytesScanned": progress.bytes_scanned,
            })
        };
        lock(&self.inner).order.iter().map(entry).collect()
    }
}

/// GetQueryExecution.
pub(super) fn get(incoming: Incoming<'_>) -> Result<(Value, Option<String>), AwsError> {
    let id: String = required(incoming, "QueryExecutionId")?;
    let body = incoming.state.athena.find(&id)?.body(incoming.state.now());
    Ok((json!({"QueryExecution": body}), Some(id)))
}

/// BatchGetQueryExecution.
pub(super) fn batch_get(incoming: Incoming<'_>) -> Result<Value, AwsError> {
    let ids: Vec<String> = required(incoming, "QueryExecutionIds")?;
    if ids.is_empty() || ids.len() > MAX_BATCH {
        return Err(invalid(format!("QueryExecutionIds holds 1 to {MAX_BATCH} ids, not {}.", ids.len())));
    }
    let (mut found, mut unprocessed) = (Vec::new(), Vec::new());
    for id in ids {
        match incoming.state.athena.find(&id) {
            Ok(execution) => found.push(execution.body(incoming.state.now())),
            Err(error) => unprocessed.push(json!({
                "QueryExecutionId": id,
                "ErrorCode": "INVALID_INPUT",
                "ErrorMessage": error.message,
            })),
        }
    }
    Ok(json!({"QueryExecutions": found, "UnprocessedQueryExecutionIds": unprocessed}))
}

/// StopQueryExecution: stopping what has ended changes nothing and is no error.
pub(super) fn stop(incoming: Incoming<'_>) -> Result<(Value, Option<String>), AwsError> {
    let id: String = required(incoming, "QueryExecutionId")?;
    let execution = incoming.state.athena.find(&id)?;
    execution.end(State::Cancelled, incoming.state.now(), |progress| {
        progress.failure.reason = Some("Query cancelled by user".to_owned());
    });
    if let Some(task) = lock(&execution.task).take() {
        task.abort();
    }
    Ok((json!({}), Some(id)))
}

/// ListQueryExecutions, youngest first.
pub(super) fn list(incoming: Incoming<'_>) -> Result<Value, AwsError> {
    let workgroup = incoming.input.get("WorkGroup").and_then(Value::as_str).unwrap_or("primary");
    let workgroup = workgroups::find(workgroup)?;
    let ids: Vec<Value> = lock(&incoming.state.athena.inner)
        .order
        .iter()
        .rev()
        .filter(|execution| execution.asked.workgroup == workgroup)
        .map(|execution| json!(execution.id))
        .collect();
    Ok(list_body("QueryExecutionIds", list_page(incoming, &ids)?))
}
