//! The leg on the real SDK, over an Athena in memory.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};

use super::{
    stub::{Reply, Stub, page, settings},
    *,
};
use crate::{
    engine::{Cost, Delivery},
    error::{ErrorKind, Result},
    notice::Severity,
};

const SOON: Duration = Duration::from_secs(5);

fn statement(sql: &str) -> Statement {
    Statement {
        sql: sql.to_owned(),
        catalog: Some("AwsDataCatalog".to_owned()),
        database: Some("connect".to_owned()),
        reuse: Some(Duration::from_hours(1)),
    }
}

fn budget(limit: Duration) -> Budget {
    Budget { max_rows: 1000, deadline: Instant::now() + limit }
}

async fn ask(athena: &Athena) -> Result<Answer> {
    athena.run(&statement("SELECT n FROM t"), &budget(SOON)).await
}

/// Waits until `operation` has been called, and answers what with.
async fn once_asked(stub: &Stub, operation: &str) -> Value {
    for _ in 0..500 {
        if let Some(call) = stub.asked(operation).into_iter().next() {
            return call;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("{operation} was never called");
}

fn denied(action: &str) -> Reply {
    let message = format!(
        "User: arn:aws:sts::123456789012:assumed-role/grafana/x is not authorized to perform: {action} on resource: \
         arn:aws:athena:eu-west-2:123456789012:workgroup/analytics because no identity-based policy allows the {action} action"
    );
    Reply::error(400, "AccessDeniedException", &message)
}

fn throttled() -> Reply {
    Reply::error(400, "TooManyRequestsException", "Rate exceeded")
}

#[tokio::test]
async fn a_select_is_read_to_its_last_row() {
    let stub = Stub::new();
    stub.pages(vec![
        page(&["n", "n"], &[]),
        page(&["n", "n"], &[&["n", "n"], &["1", "a"]]),
        page(&["n", "n"], &[]),
        page(&["n", "n"], &[&["n", "n"]]),
    ]);
    let answer = ask(&stub.athena(&settings())).await.expect("an answer");

    assert_eq!(answer.batch.num_rows(), 2, "the row like the header is data, on a later page");
    assert_eq!(answer.notices.len(), 1, "the column of the same name: {:?}", answer.notices);
    let cost = Cost { elapsed: Duration::ZERO, ..answer.cost };
    assert_eq!(
        cost,
        Cost {
            bytes_scanned: 25_500_000,
            bytes_metered: 26_000_000,
            engine_time: Some(Duration::from_millis(900)),
            queue_time: Some(Duration::from_millis(50)),
            elapsed: Duration::ZERO,
            pages: 4,
            rows: 2,
            reused: false,
            execution_ids: vec!["execution-1".to_owned()],
            delivery: Delivery {
                file_bytes: 0,
                why_pages: Some("Athena names no file of the result: the workgroup keeps managed results".to_owned()),
            },
        }
    );
    let [start] = stub.asked("StartQueryExecution").try_into().expect("one start");
    assert_eq!(start["QueryString"], "SELECT n FROM t");
    assert_eq!(start["QueryExecutionContext"], json!({ "Catalog": "AwsDataCatalog", "Database": "connect" }));
    assert_eq!(start["WorkGroup"], "analytics");
    assert_eq!(start["ResultConfiguration"], Value::Null, "the workgroup has its own");
    assert_eq!(
        start["ResultReuseConfiguration"],
        json!({ "ResultReuseByAgeConfiguration": { "Enabled": true, "MaxAgeInMinutes": 60 } })
    );
    assert_eq!(stub.asked("StopQueryExecution"), Vec::<Value>::new());
}

#[tokio::test]
async fn a_reused_result_costs_nothing() {
    let stub = Stub::new();
    stub.ends(json!({
        "Status": { "State": "SUCCEEDED" },
        "StatementType": "DML",
        "Statistics": { "DataScannedInBytes": 0, "ResultReuseInformation": { "ReusedPreviousResult": true } },
    }));
    let cost = ask(&stub.athena(&settings())).await.expect("an answer").cost;
    assert!(cost.reused);
    assert_eq!((cost.bytes_metered, cost.dollars(Leg::Historical)), (0, Some(0.0)));
}

#[tokio::test]
async fn rows_beyond_the_limit_are_not_fetched() {
    let stub = Stub::new();
    let rows: Vec<&[&str]> = vec![&["x"]; 100];
    stub.pages(vec![page(&["n"], &rows); 50]);
    let athena = stub.athena(&settings());
    let answer = athena
        .run(&statement("SELECT n FROM t"), &Budget { max_rows: 250, deadline: Instant::now() + SOON })
        .await
        .expect("an answer");
    assert_eq!((answer.batch.num_rows(), answer.cost.pages), (250, 3));
    let [notice] = answer.notices.as_slice() else { panic!("{:?}", answer.notices) };
    assert_eq!(notice.severity, Severity::Warning);
    assert!(notice.text.contains("250"), "{notice:?}");
}

#[tokio::test]
async fn pages_that_lead_nowhere_are_an_error() {
    let nothing = json!({ "Rows": [], "ResultSetMetadata": { "ColumnInfo": [] } });
    for (case, reply, said) in [
        ("for ever empty", json!({ "ResultSet": nothing, "NextToken": "a" }), "without a row"),
        (
            "for ever the same",
            json!({ "ResultSet": page(&["n"], &[&["n"], &["1"]]), "NextToken": "a" }),
            "the same page twice",
        ),
        (
            "no columns",
            json!({ "ResultSet": { "Rows": [{ "Data": [{ "VarCharValue": "1" }] }] } }),
            "what their columns are",
        ),
    ] {
        let stub = Stub::new();
        stub.always("GetQueryResults", Reply::ok(&reply));
        let error = ask(&stub.athena(&settings())).await.expect_err(case);
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{case}");
        assert!(error.message().contains(said), "{case}: {error}");
        assert!(stub.asked("GetQueryResults").len() < 200, "{case}");
    }
}

#[tokio::test]
async fn a_failed_execution_is_an_error_and_needs_no_stopping() {
    let stub = Stub::new();
    stub.ends(json!({ "Status": {
        "State": "FAILED",
        "StateChangeReason": "COLUMN_NOT_FOUND: line 1:8: Column 'n' cannot be resolved",
        "AthenaError": { "ErrorCategory": 2, "ErrorType": 1006 },
    }}));
    let error = ask(&stub.athena(&settings())).await.expect_err("it failed");
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert!(error.message().contains("Column 'n' cannot be resolved"), "{error}");
    sleep(Duration::from_millis(50)).await;
    assert_eq!(stub.asked("StopQueryExecution"), Vec::<Value>::new());
    assert_eq!(stub.asked("GetQueryResults"), Vec::<Value>::new());
}

#[tokio::test]
async fn at_the_deadline_the_execution_is_stopped() {
    let stub = Stub::new();
    stub.never_ends();
    let athena = stub.athena(&settings());
    let error =
        athena.run(&statement("SELECT 1"), &budget(Duration::from_millis(1400))).await.expect_err("it never ends");
    assert_eq!(error.kind(), ErrorKind::Timeout);
    for part in ["still running", "1 s", "limits.timeoutSeconds"] {
        assert!(error.message().contains(part), "{error}");
    }
    assert_eq!(once_asked(&stub, "StopQueryExecution").await["QueryExecutionId"], "execution-1");
}

#[tokio::test]
async fn an_execution_that_nobody_waits_for_is_stopped() {
    let stub = Stub::new();
    stub.never_ends();
    let athena = Arc::new(stub.athena(&settings()));
    let run = tokio::spawn({
        let athena = Arc::clone(&athena);
        async move { ask(&athena).await }
    });
    once_asked(&stub, "BatchGetQueryExecution").await;
    run.abort();
    assert_eq!(once_asked(&stub, "StopQueryExecution").await["QueryExecutionId"], "execution-1");
}

#[tokio::test]
async fn an_execution_abandoned_while_it_is_being_started_is_stopped_too() {
    let stub = Stub::new();
    let started = json!({ "QueryExecutionId": "late" });
    stub.next("StartQueryExecution", [Reply::ok(&started).after(Duration::from_millis(200))]);
    let athena = stub.athena(&settings());
    timeout(Duration::from_millis(100), ask(&athena)).await.expect_err("abandoned");
    assert_eq!(once_asked(&stub, "StopQueryExecution").await["QueryExecutionId"], "late");
}

#[tokio::test]
async fn a_throttled_start_is_repeated_under_the_same_token() {
    let stub = Stub::new();
    stub.next("StartQueryExecution", [throttled(), throttled()]);
    ask(&stub.athena(&settings())).await.expect("an answer in the end");
    let tokens: Vec<_> =
        stub.asked("StartQueryExecution").iter().map(|call| call["ClientRequestToken"].clone()).collect();
    assert_eq!(tokens.len(), 3);
    assert!(tokens.iter().all(|token| token == &tokens[0]), "{tokens:?}");
}

#[tokio::test]
async fn a_later_run_of_the_same_statement_has_a_token_of_its_own() {
    let stub = Stub::new();
    let athena = stub.athena(&settings());
    ask(&athena).await.expect("an answer");
    ask(&athena).await.expect("an answer");
    let [first, second] = stub.asked("StartQueryExecution").try_into().expect("two starts");
    assert_ne!(first["ClientRequestToken"], second["ClientRequestToken"]);
}

#[tokio::test]
async fn a_start_throttled_for_good_is_given_up_before_the_deadline() {
    let stub = Stub::new();
    stub.always("StartQueryExecution", throttled());
    let athena = stub.athena(&settings());
    let error = athena.run(&statement("SELECT 1"), &budget(Duration::from_millis(800))).await.expect_err("throttled");
    assert_eq!(error.kind(), ErrorKind::Throttled);
}

#[tokio::test]
async fn throttled_pages_are_read_all_the_same() {
    let stub = Stub::new();
    stub.next("GetQueryResults", [throttled()]);
    assert_eq!(ask(&stub.athena(&settings())).await.expect("an answer").batch.num_rows(), 1);
}

#[tokio::test]
async fn expired_credentials_are_loaded_anew_once() {
    let expired =
        || Reply::error(403, "ExpiredTokenException", "The security token included in the request is expired");
    let stub = Stub::new();
    stub.next("StartQueryExecution", [expired()]);
    ask(&stub.athena(&settings())).await.expect("an answer with fresh credentials");
    assert_eq!(stub.credentials_loaded(), 2);

    let stub = Stub::new();
    stub.always("StartQueryExecution", expired());
    let error = ask(&stub.athena(&settings())).await.expect_err("no fresh ones to be had");
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert_eq!(stub.asked("StartQueryExecution").len(), 2);
}

#[tokio::test]
async fn where_batches_are_refused_single_looks_do() {
    for reply in
        [denied("athena:BatchGetQueryExecution"), Reply::html(), Reply::error(400, "UnknownOperationException", "")]
    {
        let stub = Stub::new();
        stub.always("BatchGetQueryExecution", reply);
        ask(&stub.athena(&settings())).await.expect("an answer");
        assert!(!stub.asked("GetQueryExecution").is_empty());
    }
}

#[tokio::test]
async fn a_role_that_may_not_see_the_workgroup_may_still_query() {
    let stub = Stub::new();
    stub.always("GetWorkGroup", denied("athena:GetWorkGroup"));
    let mut settings = settings();
    settings.historical.output_location = Some("s3://mine/".to_owned());
    let refused = "Result reuse is not supported for managed query results";
    stub.next("StartQueryExecution", [Reply::error(400, "InvalidRequestException", refused)]);
    let athena = stub.athena(&settings);
    ask(&athena).await.expect("an answer");
    ask(&athena).await.expect("an answer");

    assert_eq!(stub.asked("GetWorkGroup").len(), 1, "the denial is remembered");
    let starts = stub.asked("StartQueryExecution");
    assert_eq!(starts[0]["ResultConfiguration"], json!({ "OutputLocation": "s3://mine/" }));
    assert_eq!(starts[1]["ResultReuseConfiguration"], Value::Null, "refused, so asked without");
    assert_ne!(starts[0]["ClientRequestToken"], starts[1]["ClientRequestToken"], "another request, another token");
}

#[tokio::test]
async fn a_denied_call_names_action_resource_and_region() {
    for operation in ["StartQueryExecution", "GetQueryResults"] {
        let stub = Stub::new();
        stub.always(operation, denied(&format!("athena:{operation}")));
        let error = ask(&stub.athena(&settings())).await.expect_err(operation);
        assert_eq!(error.kind(), ErrorKind::AccessDenied, "{error}");
        for part in [&format!("athena:{operation}"), "workgroup/analytics", "eu-west-2"] {
            assert!(error.message().contains(part), "{error}");
        }
    }
}

#[tokio::test]
async fn a_hundred_executions_share_their_looks() {
    let stub = Stub::new();
    let athena = stub.athena(&settings());
    let answers = futures::future::join_all((0..100).map(|_| ask(&athena))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 100);
    assert_eq!(stub.asked("StartQueryExecution").len(), 100);
    assert_eq!(stub.asked("GetWorkGroup").len(), 1);
    let looks = stub.asked("BatchGetQueryExecution").len();
    assert!(looks <= 10, "{looks} calls");
}

#[tokio::test]
async fn lists_are_read_to_the_last_page_and_kept() {
    let stub = Stub::new();
    let summary = |name: &str| json!({ "CatalogName": name, "Type": "GLUE" });
    stub.next(
        "ListDataCatalogs",
        [
            Reply::ok(&json!({ "DataCatalogsSummary": [summary("a")], "NextToken": "1" })),
            Reply::ok(&json!({ "DataCatalogsSummary": [], "NextToken": "2" })),
            Reply::ok(&json!({ "DataCatalogsSummary": [summary("b")] })),
        ],
    );
    stub.next("ListDatabases", [Reply::ok(&json!({ "DatabaseList": [{ "Name": "connect" }] }))]);
    stub.next("ListTableMetadata", [Reply::ok(&json!({ "TableMetadataList": [{ "Name": "contacts" }] }))]);
    stub.next("ListWorkGroups", [Reply::ok(&json!({ "WorkGroups": [{ "Name": "primary" }] }))]);
    stub.next(
        "GetTableMetadata",
        [Reply::ok(&json!({ "TableMetadata": {
            "Name": "contacts",
            "Columns": [{ "Name": "queue", "Type": "string" }],
            "PartitionKeys": [{ "Name": "year", "Type": "string" }],
        }}))],
    );
    let athena = stub.athena(&settings());
    for _ in 0..2 {
        assert_eq!(athena.catalogs().await, Ok(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(athena.databases(None).await, Ok(vec!["connect".to_owned()]));
        assert_eq!(athena.tables(None, None).await, Ok(vec!["contacts".to_owned()]));
        assert_eq!(athena.workgroups().await, Ok(vec!["primary".to_owned()]));
        let columns = athena.columns(None, None, "contacts").await.expect("columns");
        let columns: Vec<_> = columns.iter().map(|column| (column.name.as_str(), column.role)).collect();
        assert_eq!(columns, [("queue", "column"), ("year", "partition")]);
    }
    assert_eq!(stub.asked("ListDatabases"), [json!({ "CatalogName": "AwsDataCatalog" })]);
    let tokens: Vec<_> = stub.asked("ListDataCatalogs").iter().map(|call| call["NextToken"].clone()).collect();
    assert_eq!(tokens, [Value::Null, json!("1"), json!("2")]);
}

#[tokio::test]
async fn a_list_needs_a_database() {
    let mut settings = settings();
    settings.historical.database = None;
    let error = Stub::new().athena(&settings).tables(None, None).await.expect_err("no database");
    assert_eq!(error.kind(), ErrorKind::BadQuery);
}

#[tokio::test]
async fn a_healthy_leg_says_how_it_is() {
    let stub = Stub::new();
    let mut settings = settings();
    settings.historical.output_location = Some("s3://mine/".to_owned());
    let health = stub.athena(&settings).health().await;
    assert_eq!(health.outcome, Ok(()));
    assert_eq!(
        (health.leg, health.region.as_str(), health.endpoint.as_str(), health.version.as_deref()),
        (Leg::Historical, "eu-west-2", "http://athena.invalid", Some("Athena engine version 3"))
    );
    assert!(health.latency >= Duration::from_millis(100), "it waited for the query: {:?}", health.latency);
    assert_eq!(stub.asked("StartQueryExecution")[0]["QueryString"], "SELECT 1");
    assert_eq!(stub.asked("GetQueryResults").len(), 1, "the result is read");
    assert!(health.warnings.iter().any(|text| text.contains("outputLocation is not used")), "{:?}", health.warnings);
}

#[tokio::test]
async fn an_unhealthy_leg_says_why_and_what_to_do() {
    let workgroup = |configuration: Value| {
        Reply::ok(&json!({ "WorkGroup": { "Name": "analytics", "State": "ENABLED", "Configuration": configuration } }))
    };
    for (operation, reply, kind, said) in [
        (
            "GetWorkGroup",
            Reply::error(400, "InvalidRequestException", "WorkGroup analytics is not found."),
            ErrorKind::NotFound,
            "historical.workgroup",
        ),
        (
            "GetWorkGroup",
            Reply::ok(&json!({ "WorkGroup": { "Name": "analytics", "State": "DISABLED" } })),
            ErrorKind::BadSettings,
            "disabled",
        ),
        (
            "GetWorkGroup",
            workgroup(json!({ "EngineVersion": { "EffectiveEngineVersion": "PySpark engine version 3" } })),
            ErrorKind::BadSettings,
            "Spark",
        ),
        (
            "StartQueryExecution",
            Reply::error(400, "InvalidRequestException", "No output location provided."),
            ErrorKind::BadSettings,
            "historical.outputLocation",
        ),
        (
            "StartQueryExecution",
            denied("athena:StartQueryExecution"),
            ErrorKind::AccessDenied,
            "athena:StartQueryExecution",
        ),
        (
            "GetWorkGroup",
            Reply::error(403, "UnrecognizedClientException", "The security token included in the request is invalid."),
            ErrorKind::Unauthenticated,
            "access key",
        ),
        (
            "GetWorkGroup",
            Reply::error(403, "InvalidSignatureException", "Signature expired: 20261124T000000Z is now earlier than"),
            ErrorKind::Unauthenticated,
            "clock",
        ),
        (
            "GetWorkGroup",
            Reply::error(403, "InvalidSignatureException", "Credential should be scoped to a valid region."),
            ErrorKind::Unauthenticated,
            "region",
        ),
        (
            "GetQueryResults",
            Reply::ok(&json!({ "ResultSet": page(&["a", "b"], &[&["a", "b"]]) })),
            ErrorKind::Unavailable,
            "0 rows of 2 columns",
        ),
    ] {
        let stub = Stub::new();
        stub.always(operation, reply);
        let health = stub.athena(&settings()).health().await;
        let error = health.outcome.expect_err(said);
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(said), "{error}");
    }
}

#[tokio::test]
async fn a_health_check_ends() {
    let stub = Stub::new();
    stub.always("GetWorkGroup", Reply::ok(&json!({})).after(Duration::from_hours(1)));
    let mut settings = settings();
    settings.limits.timeout = Duration::from_millis(200);
    let health = timeout(SOON, stub.athena(&settings).health()).await.expect("bounded");
    assert_eq!(health.outcome.expect_err("no answer").kind(), ErrorKind::Timeout);
}
