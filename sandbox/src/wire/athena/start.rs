//! StartQueryExecution: what is asked for is checked, queued, run, and its result written where it belongs.

use std::{sync::Arc, time::Duration};

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    executions::{Asked, Execution, Failure, Progress, State as ExecutionState},
    file, invalid,
    results::ResultSet,
    statement::{self, StatementType},
    workgroups,
};
use crate::{
    engine::{QueryContext, QueryError, Service},
    wire::{
        aws_error::AwsError,
        dispatch::Incoming,
        faults::{Fault, Kind},
        s3,
        state::State,
    },
};

const MAX_STATEMENT_BYTES: usize = 262_144;
const MAX_REUSE_MINUTES: i64 = 10_080;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    #[serde(default)]
    query_string: String,
    client_request_token: Option<String>,
    #[serde(default)]
    query_execution_context: Context,
    #[serde(default)]
    result_configuration: ResultConfiguration,
    work_group: Option<String>,
    #[serde(default)]
    result_reuse_configuration: Reuse,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Context {
    catalog: Option<String>,
    database: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ResultConfiguration {
    output_location: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Reuse {
    result_reuse_by_age_configuration: ReuseByAge,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ReuseByAge {
    enabled: bool,
    max_age_in_minutes: Option<i64>,
}

/// Starts an execution, or finds the one that the same call started before.
///
/// # Errors
///
/// As Athena does, before anything runs.
pub(super) fn start(incoming: Incoming<'_>) -> Result<(Value, Option<String>), AwsError> {
    let state = incoming.state;
    let input: Input = incoming.input()?;
    let token = input.client_request_token.clone().unwrap_or_else(|| Uuid::new_v4().to_string());
    let asked = check(input)?;
    let execution = match state.athena.same_call(&token, &asked)? {
        Some(execution) => execution,
        None => begin(incoming, asked, token)?,
    };
    let id = execution.id.clone();
    Ok((json!({"QueryExecutionId": id}), Some(id)))
}

fn check(input: Input) -> Result<Asked, AwsError> {
    let length = input.query_string.len();
    if length == 0 || length > MAX_STATEMENT_BYTES {
        return Err(invalid(format!("QueryString has {length} bytes; it must have 1 to {MAX_STATEMENT_BYTES}.")));
    }
    if input.client_request_token.is_some_and(|token| !(32..=128).contains(&token.len())) {
        return Err(invalid("ClientRequestToken must have 32 to 128 characters."));
    }
    let by_age = input.result_reuse_configuration.result_reuse_by_age_configuration;
    let reuse_minutes = by_age.enabled.then(|| by_age.max_age_in_minutes.unwrap_or(60));
    if reuse_minutes.is_some_and(|minutes| !(0..=MAX_REUSE_MINUTES).contains(&minutes)) {
        return Err(invalid(format!("MaxAgeInMinutes must lie between 0 and {MAX_REUSE_MINUTES}.")));
    }
    Ok(Asked {
        sql: input.query_string,
        catalog: input.query_execution_context.catalog,
        database: input.query_execution_context.database,
        workgroup: workgroups::find(input.work_group.as_deref().unwrap_or("primary"))?,
        output_location: input.result_configuration.output_location.filter(|location| !location.is_empty()),
        reuse_minutes,
    })
}

/// Where the result goes: the workgroup's place where it insists, else the client's, else the workgroup's; nowhere
/// when Athena keeps it.
fn output_file(asked: &Asked, id: &str) -> Result<Option<String>, AwsError> {
    let workgroup = asked.workgroup;
    if workgroup.managed {
        return Ok(None);
    }
    let client = asked.output_location.as_deref().filter(|_| !workgroup.enforced);
    let location = client.or(workgroup.output_location).ok_or_else(|| {
        invalid("No output location provided. An output location is required either through the Workgroup result configuration setting or as an API input.")
    })?;
    let bucket = location.strip_prefix("s3://").and_then(|path| path.split('/').next()).unwrap_or_default();
    if bucket.is_empty() {
        return Err(invalid(format!("outputLocation is not a valid S3 path: {location}")));
    }
    if bucket.contains("missing") {
        return Err(invalid(format!("Unable to verify/create output bucket {bucket}")));
    }
    let file = format!("{id}.{}", StatementType::of(&asked.sql).extension());
    Ok(Some(format!("{}/{file}", location.trim_end_matches('/'))))
}

fn begin(incoming: Incoming<'_>, asked: Asked, token: String) -> Result<Arc<Execution>, AwsError> {
    let state = incoming.state;
    if state.options.athena_active_executions.is_some_and(|most| state.athena.active() >= most) {
        let message = "You have exceeded the limit for the number of queries you can run concurrently. Please reduce the number of concurrent queries submitted by this account.";
        return Err(AwsError::bad_request("TooManyRequestsException", message)
            .with("Reason", "CONCURRENT_QUERY_LIMIT_EXCEEDED"));
    }
    let id = Uuid::new_v4().to_string();
    let output = output_file(&asked, &id)?;
    if state.canned.find(Service::Athena, &asked.sql).is_none() {
        state
            .backend
            .parses(&asked.sql)
            .map_err(|error| invalid(error.to_string()).with("AthenaErrorCode", "MALFORMED_QUERY"))?;
    }
    let execution = Arc::new(Execution::new(id, asked, state.now(), output));
    let kept = state.athena.add(Arc::clone(&execution), token)?;
    if Arc::ptr_eq(&kept, &execution) {
        let fault = incoming.fault.filter(|fault| matches!(fault.kind, Kind::FailExecution | Kind::SlowExecution));
        let task = tokio::spawn(run(Arc::clone(state), execution, fault.cloned()));
        kept.runs_on(task.abort_handle());
    }
    Ok(kept)
}

/// Takes an execution through its states.
async fn run(state: Arc<State>, execution: Arc<Execution>, fault: Option<Fault>) {
    tokio::time::sleep(state.options.queue_delay).await;
    execution.begin(state.now());
    let may_reuse = fault.is_none() && reuse_is_allowed(&execution.asked);
    if let Some(earlier) = may_reuse.then(|| state.athena.reusable(&execution.asked, state.now())).flatten() {
        execution.end(ExecutionState::Succeeded, state.now(), |progress| {
            progress.result = earlier.result;
            progress.output = earlier.output;
            progress.reused = true;
        });
        return;
    }
    let slower = match &fault {
        Some(fault) if fault.kind == Kind::SlowExecution => Duration::from_millis(fault.millis),
        _ => Duration::ZERO,
    };
    let (result, ()) =
        tokio::join!(result(&state, &execution.asked), tokio::time::sleep(state.options.run_delay + slower));
    let failure = match &fault {
        Some(fault) if fault.kind == Kind::FailExecution => Some(ordered_failure(fault)),
        _ => None,
    };
    match (failure, result) {
        (Some(failure), _) => fail(&state, &execution, failure),
        (None, Err(error)) => fail(&state, &execution, failure_of(&error)),
        (None, Ok((result, bytes_scanned))) => succeed(state, execution, result, bytes_scanned).await,
    }
}

/// Athena does not look for earlier results when the client chose where the result goes.
fn reuse_is_allowed(asked: &Asked) -> bool {
    let overridden = asked.output_location.is_some() && !asked.workgroup.enforced;
    asked.reuse_minutes.is_some() && !overridden && !asked.workgroup.managed && statement::is_repeatable(&asked.sql)
}

async fn result(state: &State, asked: &Asked) -> Result<(ResultSet, u64), QueryError> {
    if let Some(canned) = state.canned.find(Service::Athena, &asked.sql) {
        let bytes_scanned = canned.bytes_scanned;
        return Ok((ResultSet::canned(&asked.sql, canned), bytes_scanned));
    }
    let context = QueryContext { catalog: asked.catalog.clone(), database: asked.database.clone() };
    let output = state.backend.query(Service::Athena, &asked.sql, &context).await?;
    let bytes_scanned = output.bytes_scanned;
    Ok((ResultSet::generated(&asked.sql, output), bytes_scanned))
}

fn fail(state: &State, execution: &Execution, failure: Failure) {
    execution.end(ExecutionState::Failed, state.now(), |progress| progress.failure = failure);
}

/// Writes the file, then ends the execution: who sees SUCCEEDED finds the file.
async fn succeed(state: Arc<State>, execution: Arc<Execution>, result: ResultSet, bytes_scanned: u64) {
    let statement_type = StatementType::of(&execution.asked.sql);
    let output = execution.progress().output.clone();
    let result = Arc::new(result);
    let file = if output.is_some() {
        let result = Arc::clone(&result);
        tokio::task::spawn_blocking(move || file::write(&result, statement_type)).await.ok()
    } else {
        None
    };
    let bytes_held = result.memory() + file.as_ref().map_or(0, Vec::len);
    if let (Some(url), Some(file)) = (&output, file) {
        let content_type = if statement_type == StatementType::Dml { s3::CSV } else { s3::TEXT };
        state.objects.put(url, file.into(), content_type, state.now());
    }
    let ended = execution.end(ExecutionState::Succeeded, state.now(), |progress: &mut Progress| {
        progress.result = Some(result);
        progress.bytes_scanned = bytes_scanned;
        progress.bytes_held = bytes_held;
    });
    if ended {
        state.athena.hold(bytes_held, &state.objects);
    } else if let Some(url) = output {
        state.objects.remove(&url);
    }
}

/// Errors of the statement are the user's, in Trino's words.
fn failure_of(error: &QueryError) -> Failure {
    const USER: i32 = 2;
    let (reason, error_type) = match error {
        QueryError::Syntax { .. } => (format!("SYNTAX_ERROR: {error}"), 1000),
        QueryError::Semantic(message) if message.contains(": ") && starts_with_code(message) => (message.clone(), 1006),
        QueryError::Semantic(message) => (format!("SYNTAX_ERROR: {message}"), 1006),
        QueryError::Execution(message) if starts_with_code(message) => (message.clone(), 1100),
        QueryError::Execution(message) => (format!("GENERIC_USER_ERROR: {message}"), 1100),
    };
    let error = json!({"ErrorCategory": USER, "ErrorType": error_type, "Retryable": false, "ErrorMessage": reason});
    Failure { reason: Some(reason), error: Some(error) }
}

/// Whether a message already opens with a code like `COLUMN_NOT_FOUND:`.
fn starts_with_code(message: &str) -> bool {
    message
        .split_once(':')
        .is_some_and(|(code, _)| code.contains('_') && code.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
}

fn ordered_failure(fault: &Fault) -> Failure {
    if fault.bare {
        return Failure::default();
    }
    let reason = fault.message.clone().unwrap_or_else(|| "GENERIC_INTERNAL_ERROR: ordered to fail".to_owned());
    let error = json!({
        "ErrorCategory": fault.category.unwrap_or(1),
        "ErrorType": fault.error_type.unwrap_or(233),
        "Retryable": fault.retryable,
        "ErrorMessage": reason,
    });
    Failure { reason: Some(reason), error: Some(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(workgroup: &str, output_location: Option<&str>) -> Asked {
        Asked {
            sql: "SELECT 1".to_owned(),
            catalog: None,
            database: None,
            workgroup: workgroups::find(workgroup).unwrap(),
            output_location: output_location.map(str::to_owned),
            reuse_minutes: Some(60),
        }
    }

    #[test]
    fn the_result_goes_where_workgroup_and_client_say() {
        for (workgroup, client, expected) in [
            ("primary", Some("s3://mine/a/"), Ok(Some("s3://mine/a/id.csv"))),
            ("primary", Some("s3://mine"), Ok(Some("s3://mine/id.csv"))),
            ("primary", None, Err("No output location provided")),
            ("primary", Some("/tmp"), Err("outputLocation is not a valid S3 path: /tmp")),
            ("primary", Some("s3://missing-bucket/"), Err("Unable to verify/create output bucket missing-bucket")),
            ("connect", Some("s3://mine/a/"), Ok(Some("s3://sandbox-athena-results/connect/id.csv"))),
            ("managed", Some("s3://mine/a/"), Ok(None)),
        ] {
            let file = output_file(&asked(workgroup, client), "id");
            match expected {
                Ok(expected) => assert_eq!(file.unwrap().as_deref(), expected),
                Err(message) => assert!(file.unwrap_err().message.starts_with(message)),
            }
        }
    }

    #[test]
    fn reuse_needs_the_workgroup_s_own_location() {
        assert!(reuse_is_allowed(&asked("connect", None)));
        assert!(reuse_is_allowed(&asked("connect", Some("s3://ignored/"))));
        assert!(!reuse_is_allowed(&asked("primary", Some("s3://mine/"))));
        assert!(!reuse_is_allowed(&asked("managed", None)));
    }

    #[test]
    fn a_failure_opens_with_a_code() {
        let reason = |error: QueryError| failure_of(&error).reason.unwrap();
        let syntax = QueryError::Syntax { line: 1, column: 8, message: "mismatched input".to_owned() };
        assert_eq!(reason(syntax), "SYNTAX_ERROR: line 1:8: mismatched input");
        let coded = "COLUMN_NOT_FOUND: line 1:8: no such column";
        assert_eq!(reason(QueryError::Semantic(coded.to_owned())), coded);
        assert_eq!(
            reason(QueryError::Execution("division by zero".to_owned())),
            "GENERIC_USER_ERROR: division by zero"
        );
    }
}
