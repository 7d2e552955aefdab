//! What goes wrong: faults on the wire, denials, deadlines, a service that dies.

use std::{sync::Arc, time::Duration};

use ::sandbox::wire::Options;
use serde_json::{Value, json};
use switchboard::{engine::Engine, error::ErrorKind};
use tokio::time::Instant;

use crate::sandbox::{Running, run, run_within};

async fn with_seven(sandbox: &Running) {
    sandbox.can("SELECT 7", &[("n", "integer")], json!([["7"]])).await;
}

#[tokio::test]
async fn faults_that_pass_do_no_harm() {
    for (case, fault) in [
        (
            "throttled start",
            json!({ "kind": "error", "operation": "StartQueryExecution", "code": "TooManyRequestsException", "times": 4 }),
        ),
        ("throttled looks", json!({ "kind": "error", "operation": "BatchGetQueryExecution", "times": 2 })),
        (
            "throttled results",
            json!({ "kind": "error", "operation": "GetQueryResults", "code": "TooManyRequestsException", "times": 4 }),
        ),
        ("no batches", json!({ "kind": "html", "operation": "BatchGetQueryExecution", "times": 0 })),
        (
            "denied batches",
            json!({ "kind": "error", "operation": "BatchGetQueryExecution", "code": "AccessDeniedException", "times": 0 }),
        ),
        ("expired credentials", json!({ "kind": "expired_token", "operation": "StartQueryExecution" })),
        ("expired while it runs", json!({ "kind": "expired_token", "operation": "BatchGetQueryExecution" })),
        ("a cut connection at the start", json!({ "kind": "reset", "operation": "StartQueryExecution" })),
        (
            "a cut connection while it runs",
            json!({ "kind": "reset", "operation": "BatchGetQueryExecution", "times": 2 }),
        ),
        ("a cut connection while reading", json!({ "kind": "reset", "operation": "GetQueryResults" })),
        (
            "an unknown workgroup's facts",
            json!({ "kind": "error", "operation": "GetWorkGroup", "code": "AccessDeniedException", "times": 0 }),
        ),
        ("a slow look", json!({ "kind": "delay", "operation": "BatchGetQueryExecution", "millis": 700 })),
    ] {
        let sandbox = Running::fast();
        with_seven(&sandbox).await;
        sandbox.fault(fault).await;
        let answer = run(&sandbox.athena(json!({})).await, "SELECT 7").await;
        assert_eq!(answer.unwrap_or_else(|error| panic!("{case}: {error}")).batch.num_rows(), 1, "{case}");
        assert_eq!(sandbox.executions().await.len(), 1, "{case}: one execution, however often it was started");
    }
}

#[tokio::test]
async fn faults_that_stay_are_clear_errors() {
    let start = |code: &str, message: &str| json!({ "kind": "error", "operation": "StartQueryExecution", "code": code, "message": message, "times": 0 });
    for (fault, kind, said) in [
        (start("TooManyRequestsException", "Rate exceeded"), ErrorKind::Throttled, "Rate exceeded"),
        (start("InvalidRequestException", "line 1:8: mismatched input"), ErrorKind::Rejected, "mismatched input"),
        (
            start(
                "AccessDeniedException",
                "User: arn:aws:iam::1:user/x is not authorized to perform: athena:StartQueryExecution on resource: arn:aws:athena:w",
            ),
            ErrorKind::AccessDenied,
            "arn:aws:athena:w in eu-west-2",
        ),
        (json!({ "kind": "expired_token", "times": 0 }), ErrorKind::Unauthenticated, "expired"),
        (json!({ "kind": "html", "operation": "StartQueryExecution", "times": 0 }), ErrorKind::Unavailable, "500"),
        (json!({ "kind": "empty_pages", "times": 0 }), ErrorKind::Unavailable, "without a row"),
        (
            json!({ "kind": "fail_execution", "category": 1, "message": "GENERIC_INTERNAL_ERROR: boom" }),
            ErrorKind::Unavailable,
            "boom",
        ),
        (json!({ "kind": "fail_execution", "category": 2, "message": "TYPE_MISMATCH: no" }), ErrorKind::Rejected, "no"),
        (json!({ "kind": "fail_execution", "bare": true }), ErrorKind::Unavailable, "gives no reason"),
    ] {
        let sandbox = Running::fast();
        with_seven(&sandbox).await;
        sandbox.fault(fault.clone()).await;
        let error = run_within(&sandbox.athena(json!({})).await, "SELECT 7", Duration::from_secs(4)).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{fault}: {error}");
        assert!(error.message().contains(said), "{fault}: {error}");
    }
}

#[tokio::test]
async fn an_answer_cut_short_is_no_answer() {
    for kind in ["truncate", "reset", "html"] {
        let sandbox = Running::fast();
        with_seven(&sandbox).await;
        sandbox.fault(json!({ "kind": kind, "operation": "GetQueryResults", "times": 0 })).await;
        let error = run_within(&sandbox.athena(json!({})).await, "SELECT 7", Duration::from_secs(8)).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout), "{kind}: {error}");
    }
}

fn slow(run_delay: Duration) -> Running {
    Running::start(Options { run_delay, ..Options::default().fast() }, None)
}

#[tokio::test]
async fn what_nobody_waits_for_is_stopped_in_its_region() {
    let sandbox = slow(Duration::from_mins(1));
    with_seven(&sandbox).await;
    let athena = Arc::new(sandbox.athena(json!({})).await);
    let query = tokio::spawn({
        let athena = Arc::clone(&athena);
        async move { run(&athena, "SELECT 7").await }
    });
    sandbox.wait_for_state("RUNNING").await;
    query.abort();
    sandbox.wait_for_state("CANCELLED").await;
    let calls = sandbox.calls("StopQueryExecution").await;
    assert_eq!((calls.count, calls.errors, calls.regions), (1, 0, vec!["eu-west-2".to_owned()]));
}

#[tokio::test]
async fn at_its_time_limit_a_query_is_stopped() {
    let sandbox = slow(Duration::from_mins(1));
    with_seven(&sandbox).await;
    let athena = sandbox.athena(json!({})).await;
    let error = run_within(&athena, "SELECT 7", Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.message().contains("limits.timeoutSeconds"), "{error}");
    sandbox.wait_for_state("CANCELLED").await;
}

#[tokio::test]
async fn a_query_stopped_in_aws_says_so() {
    let sandbox = slow(Duration::from_mins(1));
    with_seven(&sandbox).await;
    let athena = sandbox.athena(json!({})).await;
    let console = async {
        sandbox.wait_for_state("RUNNING").await;
        let id = sandbox.executions().await[0]["id"].as_str().unwrap().to_owned();
        sandbox.client().await.stop_query_execution().query_execution_id(&id).send().await.unwrap();
        id
    };
    let (id, answer) = tokio::join!(console, run(&athena, "SELECT 7"));
    let error = answer.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(error.message().contains(&id), "{error}");
    assert_eq!(sandbox.calls("StopQueryExecution").await.count, 1, "what is stopped is not stopped again");
}

#[tokio::test]
async fn a_service_that_dies_in_the_middle_is_a_clear_error_in_time() {
    let sandbox = slow(Duration::from_mins(1));
    with_seven(&sandbox).await;
    let athena = Arc::new(sandbox.athena(json!({})).await);
    let started = Instant::now();
    let query = tokio::spawn({
        let athena = Arc::clone(&athena);
        async move { run_within(&athena, "SELECT 7", Duration::from_secs(40)).await }
    });
    sandbox.wait_for_state("RUNNING").await;
    sandbox.kill().await;
    let error = query.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.message().contains("127.0.0.1"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
}

async fn health(sandbox: &Running, changed: Value) -> switchboard::engine::Health {
    sandbox.athena(changed).await.health().await
}

#[tokio::test]
async fn health_runs_a_query_to_its_end() {
    let sandbox = Running::fast();
    sandbox.can("SELECT 1", &[("_col0", "integer")], json!([["1"]])).await;
    let health = health(&sandbox, json!({})).await;
    assert_eq!(health.outcome, Ok(()));
    assert_eq!(health.version.as_deref(), Some("Athena engine version 3"));
    assert_eq!(health.region, "eu-west-2");
    assert_eq!(sandbox.calls("GetQueryResults").await.count, 1);
}

#[tokio::test]
async fn health_names_the_setting_that_is_wrong() {
    let sandbox = Running::fast();
    for (changed, kind, said) in [
        (json!({ "workgroup": "nobody" }), ErrorKind::NotFound, "historical.workgroup"),
        (json!({ "workgroup": "primary" }), ErrorKind::BadSettings, "historical.outputLocation"),
        (
            json!({ "workgroup": "primary", "outputLocation": "s3://missing/" }),
            ErrorKind::BadSettings,
            "s3:GetBucketLocation",
        ),
        (json!({ "region": "eu-west-1" }), ErrorKind::Unauthenticated, "eu-west-1"),
        (json!({ "endpoint": "http://127.0.0.1:1" }), ErrorKind::Unavailable, "refuses connections"),
    ] {
        let health = health(&sandbox, changed.clone()).await;
        let error = health.outcome.unwrap_err();
        assert_eq!(error.kind(), kind, "{changed}: {error}");
        assert!(error.message().contains(said), "{changed}: {error}");
    }
}

#[tokio::test]
async fn health_knows_a_wrong_clock() {
    let sandbox = Running::start(Options { clock_ahead_seconds: 3600, ..Options::default().fast() }, None);
    with_seven(&sandbox).await;
    let error = health(&sandbox, json!({})).await.outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(error.message().contains("clock"), "{error}");
}
