//! Larger results: out of their files in S3, and in pages where those cannot be had.

use std::{sync::Arc, time::Duration};

use ::sandbox::{
    engine::{Column, Output, QueryContext, QueryError, Service, SqlType},
    wire::{Backend, Options},
};
use arrow::array::{ArrayRef, Int32Array, RecordBatch, StringArray};
use async_trait::async_trait;
use serde_json::json;
use switchboard::{
    engine::{Answer, Budget, Delivery, Engine, Statement, athena::Athena},
    error::ErrorKind,
    notice::Severity,
};
use tokio::time::Instant;

use crate::sandbox::{LIMIT, Running, run, run_within, statement};

/// Two parts of four megabytes, or three pages.
const ROWS: usize = 2500;

/// Rows of 2 kB on average: numbers, NULL, the empty text, quotes and line feeds.
#[derive(Debug)]
struct Many;

#[async_trait]
impl Backend for Many {
    async fn query(&self, _: Service, _: &str, _: &QueryContext) -> Result<Output, QueryError> {
        let column = |name: &str, sql_type| Column { name: Some(name.to_owned()), sql_type, partition: false };
        let numbers = 0..i32::try_from(ROWS).unwrap();
        let text = |n: i32| match n % 4 {
            0 => None,
            1 => Some(String::new()),
            _ => Some(format!("{n}: \"so\",\nsaid ü€𝄞 {}", "x".repeat(4000))),
        };
        let texts: StringArray = numbers.clone().map(text).collect();
        let numbers = Int32Array::from_iter_values(numbers);
        let batch = RecordBatch::try_from_iter_with_nullable([
            ("n", Arc::new(numbers) as ArrayRef, true),
            ("text", Arc::new(texts) as ArrayRef, true),
        ]);
        let columns = vec![column("n", SqlType::Integer), column("text", SqlType::Varchar)];
        Ok(Output { columns, batches: vec![batch.unwrap()], bytes_scanned: 12_345_678 })
    }

    fn databases(&self, _: Service) -> Vec<String> {
        vec!["connect".to_owned()]
    }

    fn tables(&self, _: Service, _: &str) -> Vec<String> {
        Vec::new()
    }

    fn columns(&self, _: Service, _: &str, _: &str) -> Option<Vec<Column>> {
        None
    }
}

fn sandbox() -> Running {
    Running::start(Options::default().fast(), Some(Arc::new(Many)))
}

async fn athena(sandbox: &Running) -> Athena {
    sandbox.athena(json!({ "s3Endpoint": sandbox.endpoint() })).await
}

async fn by_pages(sandbox: &Running) -> RecordBatch {
    let answer = run(&sandbox.athena(json!({})).await, "SELECT n").await.unwrap();
    assert_eq!((answer.cost.pages, answer.cost.delivery.file_bytes), (3, 0));
    answer.batch
}

fn why(answer: &Answer) -> &str {
    assert_eq!(answer.cost.delivery.file_bytes, 0);
    answer.cost.delivery.why_pages.as_deref().unwrap()
}

#[tokio::test]
async fn a_larger_result_comes_from_s3_and_is_the_same() {
    let sandbox = sandbox();
    let answer = run(&athena(&sandbox).await, "SELECT n").await.unwrap();
    assert_eq!((answer.cost.rows, answer.cost.pages), (ROWS as u64, 1));
    let delivery = &answer.cost.delivery;
    assert!(delivery.file_bytes > 4 << 20 && delivery.why_pages.is_none(), "{delivery:?}");
    assert_eq!(sandbox.calls("GetQueryResults").await.count, 1);
    let gets = sandbox.calls("GetObject").await;
    assert_eq!((gets.count, gets.errors, gets.regions), (2, 0, vec!["eu-west-2".to_owned()]));
    assert_eq!(answer.batch, by_pages(&sandbox).await);
}

#[tokio::test]
async fn a_small_result_needs_no_file() {
    let sandbox = Running::fast();
    sandbox.can("SELECT 7", &[("n", "integer")], json!([["7"]])).await;
    let answer = run(&athena(&sandbox).await, "SELECT 7").await.unwrap();
    assert_eq!((answer.cost.pages, answer.cost.delivery), (1, Delivery::default()));
    assert_eq!(sandbox.calls("GetObject").await.count, 0);
}

#[tokio::test]
async fn faults_that_pass_do_no_harm() {
    for (case, fault) in [
        ("slow down", json!({ "kind": "error", "operation": "GetObject", "times": 2 })),
        ("slow down later", json!({ "kind": "error", "operation": "GetObject", "after": 1 })),
        ("a cut connection", json!({ "kind": "reset", "operation": "GetObject", "after": 1 })),
        ("a cut body", json!({ "kind": "truncate", "operation": "GetObject", "after": 1 })),
        ("a proxy's page", json!({ "kind": "html", "operation": "GetObject", "after": 1 })),
        ("expired credentials", json!({ "kind": "expired_token", "operation": "GetObject", "after": 1 })),
    ] {
        let sandbox = sandbox();
        sandbox.fault(fault).await;
        let answer = run(&athena(&sandbox).await, "SELECT n").await.unwrap();
        assert_eq!((answer.cost.pages, answer.batch.num_rows()), (1, ROWS), "{case}: {:?}", answer.cost.delivery);
        assert_eq!(sandbox.calls("GetQueryResults").await.count, 1, "{case}");
    }
}

#[tokio::test]
async fn faults_that_stay_lead_to_pages_and_never_to_a_part() {
    let error =
        |code: &str, status: u16| json!({ "kind": "error", "operation": "GetObject", "code": code, "status": status });
    for (mut fault, after, said, remembered) in [
        (json!({ "kind": "deny_s3" }), 0, "s3:GetObject", true),
        (json!({ "kind": "deny_s3" }), 1, "s3:GetObject", true),
        (error("PermanentRedirect", 301), 0, "another region", true),
        (error("NoSuchKey", 404), 0, "S3 in eu-west-2", false),
        (error("PreconditionFailed", 412), 1, "S3 in eu-west-2", false),
        (error("SlowDown", 503), 1, "throttled", false),
        (json!({ "kind": "truncate", "operation": "GetObject" }), 1, "cannot be read", false),
    ] {
        let sandbox = sandbox();
        fault["times"] = json!(0);
        fault["after"] = json!(after);
        sandbox.fault(fault.clone()).await;
        let athena = athena(&sandbox).await;
        let answer = run(&athena, "SELECT n").await.unwrap();
        assert!(why(&answer).contains(said), "{fault}: {}", why(&answer));
        assert_eq!((answer.cost.pages, answer.batch.num_rows(), answer.cost.rows), (3, ROWS, ROWS as u64));
        let asked = sandbox.calls("GetObject").await.count;
        let again = run(&athena, "SELECT n").await.unwrap();
        assert_eq!(why(&again), why(&answer), "{fault}");
        assert_eq!(sandbox.calls("GetObject").await.count == asked, remembered, "{fault}: remembered?");
        assert_eq!(again.batch, answer.batch, "{fault}");
    }
}

#[tokio::test]
async fn a_file_that_is_not_the_results_is_not_believed() {
    let sandbox = Running::fast();
    let page = |first: usize, header: bool| {
        let rows = header.then(|| json!({ "Data": [{ "VarCharValue": "n" }] })).into_iter();
        let rows = rows.chain((first..first + 5).map(|n| json!({ "Data": [{ "VarCharValue": n.to_string() }] })));
        let column = json!({ "Name": "n", "Type": "integer" });
        json!({ "ResultSet": { "Rows": rows.collect::<Vec<_>>(), "ResultSetMetadata": { "ColumnInfo": [column] } } })
    };
    let order = json!({ "service": "athena", "sql": "SELECT n", "columns": [{ "name": "n", "type": "integer" }],
        "rows": [["0"], ["1"], ["99"]], "pages": [page(0, true), page(5, false)] });
    sandbox.order(&order).await;
    let answer = run(&athena(&sandbox).await, "SELECT n").await.unwrap();
    assert!(why(&answer).contains("first page"), "{}", why(&answer));
    assert_eq!((answer.batch.num_rows(), answer.cost.pages), (10, 2));
}

#[tokio::test]
async fn managed_results_come_in_pages() {
    let sandbox = sandbox();
    let changed = json!({ "s3Endpoint": sandbox.endpoint(), "workgroup": "managed" });
    let answer = run(&sandbox.athena(changed).await, "SELECT n").await.unwrap();
    assert!(why(&answer).contains("managed"), "{}", why(&answer));
    assert_eq!(answer.batch, by_pages(&sandbox).await);
    assert_eq!(sandbox.calls("GetObject").await.count, 0);
}

#[tokio::test]
async fn an_earlier_result_is_read_from_its_own_file() {
    let sandbox = sandbox();
    let athena = athena(&sandbox).await;
    let reusable = Statement { reuse: Some(Duration::from_hours(1)), ..statement("SELECT n") };
    for reused in [false, true] {
        let budget = Budget { max_rows: 100_000, deadline: Instant::now() + LIMIT };
        let answer = athena.run(&reusable, &budget).await.unwrap();
        assert_eq!((answer.cost.reused, answer.cost.pages, answer.batch.num_rows()), (reused, 1, ROWS));
    }
}

#[tokio::test]
async fn a_limit_cuts_and_says_so() {
    let sandbox = sandbox();
    let athena = athena(&sandbox).await;
    for (max_rows, cut) in [(999, true), (1000, true), (ROWS - 1, true), (ROWS, false)] {
        let budget = Budget { max_rows, deadline: Instant::now() + LIMIT };
        let answer = athena.run(&statement("SELECT n"), &budget).await.unwrap();
        assert_eq!(answer.batch.num_rows(), max_rows);
        assert!(answer.cost.delivery.file_bytes > 0, "{:?}", answer.cost.delivery);
        let warned = answer.notices.iter().any(|notice| notice.severity == Severity::Warning);
        assert_eq!((warned, answer.cost.rows > max_rows as u64), (cut, cut), "{max_rows}: {:?}", answer.notices);
    }
}

#[tokio::test]
async fn a_role_signs_with_its_session() {
    let sandbox = sandbox();
    let changed = json!({ "s3Endpoint": sandbox.endpoint(), "assumeRoleArn": "arn:aws:iam::123456789012:role/panels" });
    let answer = run(&sandbox.athena(changed).await, "SELECT n").await.unwrap();
    assert_eq!(answer.cost.pages, 1, "{:?}", answer.cost.delivery);
    assert!(sandbox.calls("AssumeRole").await.count >= 1);
}

#[tokio::test]
async fn at_its_time_limit_reading_ends() {
    let sandbox = sandbox();
    sandbox.fault(json!({ "kind": "delay", "operation": "GetObject", "millis": 8_000, "times": 0 })).await;
    let started = Instant::now();
    let error = run_within(&athena(&sandbox).await, "SELECT n", Duration::from_secs(2)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[tokio::test]
async fn health_says_which_way_results_come() {
    let sandbox = Running::start(Options::default().fast(), None);
    sandbox.can("SELECT 1", &[("_col0", "integer")], json!([["1"]])).await;
    let s3 = |workgroup: &str| json!({ "s3Endpoint": sandbox.endpoint(), "workgroup": workgroup });
    let health = sandbox.athena(s3("connect")).await.health().await;
    assert!(health.results.as_deref().unwrap().contains(&sandbox.endpoint()), "{health:?}");
    assert_eq!(health.warnings, Vec::<String>::new());
    let health = sandbox.athena(s3("managed")).await.health().await;
    assert!(health.results.as_deref().unwrap().contains("managed"), "{health:?}");
    assert_eq!(health.warnings, Vec::<String>::new(), "as it was chosen to be");
    sandbox.fault(json!({ "kind": "deny_s3", "times": 0 })).await;
    let health = sandbox.athena(s3("connect")).await.health().await;
    assert_eq!(health.outcome, Ok(()), "panels work");
    assert!(health.warnings.iter().any(|text| text.contains("s3:GetObject")), "{health:?}");
}
