//! The life of a query against a server that answers as told: pages, tokens, limits, cancelling, endpoints.

use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use arrow::array::AsArray;
use serde_json::{Value, json};

use super::*;
use crate::{
    aws::test_server::{Reply, Request, TestServer},
    engine::{Cost, Statement},
    settings::Gates,
};

fn settings(endpoint: &str) -> Settings {
    let json_data =
        json!({"authType": "keys", "realtime": {"endpoint": endpoint, "database": "connect", "table": "a\"b"}});
    let secure = HashMap::from([
        ("accessKey".to_owned(), "AKIDEXAMPLE".to_owned()),
        ("secretKey".to_owned(), "secret".to_owned()),
    ]);
    Settings::from_grafana(json_data.to_string().as_bytes(), &secure, &Gates::default()).unwrap()
}

async fn engine(endpoint: &str) -> Timestream {
    let settings = settings(endpoint);
    Timestream::new(&aws::configure(&settings, Leg::Realtime).await.unwrap(), &settings)
}

fn budget(max_rows: usize, seconds: u64) -> Budget {
    Budget { max_rows, deadline: Instant::now() + Duration::from_secs(seconds) }
}

async fn run(engine: &Timestream, budget: &Budget) -> Result<Answer> {
    let statement = Statement { sql: "SELECT n FROM t".to_owned(), catalog: None, database: None, reuse: None };
    engine.run(&statement, budget).await
}

/// A page of one BIGINT column, which tells that as many bytes were scanned as rows came so far.
fn page(rows: &[i64], token: Option<&str>, scanned: i64) -> Reply {
    let rows: Vec<Value> = rows.iter().map(|n| json!({"Data": [{"ScalarValue": n.to_string()}]})).collect();
    let mut body = json!({
        "QueryId": "query-1", "Rows": rows, "ColumnInfo": [{"Name": "n", "Type": {"ScalarType": "BIGINT"}}],
        "QueryStatus": {"ProgressPercentage": 50.0, "CumulativeBytesScanned": scanned, "CumulativeBytesMetered": scanned * 10},
    });
    if let Some(token) = token {
        body["NextToken"] = json!(token);
    }
    Reply::json(&body)
}

/// Answers queries by the token that they bring; `""` is the first page. Cancelling succeeds.
async fn paged(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> TestServer {
    TestServer::start(move |request| match request.operation.as_str() {
        "Query" => answer(request.json()["NextToken"].as_str().unwrap_or_default()),
        _ => Reply::json(&json!({})),
    })
    .await
}

fn numbers(answer: &Answer) -> Vec<i64> {
    answer.batch.column(0).as_primitive::<arrow::datatypes::Int64Type>().values().to_vec()
}

#[tokio::test]
async fn every_page_is_read_and_empty_ones_do_not_end_the_result() {
    let server = paged(|token| match token {
        "" => page(&[], Some("a"), 0),
        "a" => page(&[], Some("b"), 1),
        "b" => page(&[1, 2], Some("c"), 2),
        "c" => page(&[], Some("d"), 3),
        _ => page(&[3], None, 4),
    })
    .await;
    let answer = run(&engine(&server.url).await, &budget(3, 30)).await.unwrap();
    assert_eq!(numbers(&answer), [1, 2, 3]);
    assert_eq!(answer.notices, []);
    let Cost { bytes_scanned, bytes_metered, pages, rows, ref execution_ids, .. } = answer.cost;
    assert_eq!((bytes_scanned, bytes_metered, pages, rows), (4, 40, 5, 3), "bytes are those that the last page tells");
    assert_eq!(execution_ids, &["query-1"]);
    let bodies: Vec<Value> = server.requests().iter().map(Request::json).collect();
    assert!(bodies.iter().all(|body| body.get("MaxRows").is_none()));
    assert!(bodies[0]["ClientToken"].as_str().is_some_and(|token| (32..=128).contains(&token.len())));
    assert!(!server.operations().contains(&"CancelQuery".to_owned()));
}

#[tokio::test]
async fn a_call_repeated_carries_the_same_client_token() {
    let calls = AtomicUsize::new(0);
    let server = paged(move |_| match calls.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::error(500, "InternalServerException", "again"),
        1..4 => Reply::error(400, "ThrottlingException", "Rate exceeded"),
        _ => page(&[1], None, 1),
    })
    .await;
    assert_eq!(numbers(&run(&engine(&server.url).await, &budget(9, 30)).await.unwrap()), [1]);
    let tokens: Vec<Value> = server.requests().iter().map(|request| request.json()["ClientToken"].clone()).collect();
    assert_eq!(tokens.len(), 5);
    assert!(tokens.iter().all(|token| token == &tokens[0]));
}

#[tokio::test]
async fn throttling_that_lasts_is_an_error_before_the_deadline() {
    let server = paged(|_| Reply::error(400, "ValidationException", "MaxQueryTCU exceeded")).await;
    for (seconds, calls) in [(2, 1), (30, 5)] {
        let before = server.requests().len();
        let started = Instant::now();
        let error = run(&engine(&server.url).await, &budget(9, seconds)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Throttled, "{error}");
        assert!(started.elapsed() < Duration::from_secs(seconds));
        assert_eq!(server.requests().len() - before, calls, "within {seconds} s");
    }
}

#[tokio::test]
async fn an_expired_page_token_restarts_the_statement_once_and_says_so() {
    let expired = || Reply::error(400, "ValidationException", "The NextToken has expired.");
    let refusals = AtomicUsize::new(0);
    let server = paged(move |token| match token {
        "" => page(&[1], Some("a"), 5),
        _ if refusals.fetch_add(1, Ordering::SeqCst) == 0 => expired(),
        _ => page(&[2], None, 7),
    })
    .await;
    let answer = run(&engine(&server.url).await, &budget(9, 30)).await.unwrap();
    assert_eq!(numbers(&answer), [1, 2], "no row twice");
    assert_eq!((answer.cost.bytes_scanned, answer.cost.pages), (12, 3), "both runs were paid for");
    assert!(answer.notices[0].text.contains("run again from the start"));
    let first: Vec<Value> =
        server.requests().iter().map(Request::json).filter(|b| b.get("NextToken").is_none()).collect();
    assert_ne!(first[0]["ClientToken"], first[1]["ClientToken"], "the second run is another query");

    let always = paged(move |token| if token.is_empty() { page(&[1], Some("a"), 1) } else { expired() }).await;
    let error = run(&engine(&always.url).await, &budget(9, 30)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert_eq!(always.operations().iter().filter(|operation| *operation == "Query").count(), 4);
}

#[tokio::test]
async fn a_statement_that_is_refused_is_not_run_again() {
    let server = paged(|_| Reply::error(400, "ValidationException", "line 1:8: Column 'n' does not exist")).await;
    let error = run(&engine(&server.url).await, &budget(9, 30)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert!(error.message().contains("Column 'n' does not exist"));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn the_row_limit_cuts_with_a_notice_and_cancels_the_rest() {
    let server = paged(|token| match token {
        "" => page(&[1, 2], Some("a"), 1),
        _ => page(&[3], Some("b"), 2),
    })
    .await;
    let answer = run(&engine(&server.url).await, &budget(2, 30)).await.unwrap();
    assert_eq!(numbers(&answer), [1, 2]);
    assert!(answer.notices[0].text.starts_with("Only the first 2 rows are shown"));
    assert_eq!((answer.cost.rows, answer.cost.pages), (3, 2));
    assert!(server.asked_for("CancelQuery").await);
    assert_eq!(server.requests().last().unwrap().json()["QueryId"], "query-1");
}

#[tokio::test]
async fn the_deadline_stops_the_query_and_names_the_limit() {
    let server = paged(|token| match token {
        "" => page(&[1], Some("a"), 1),
        _ => page(&[2], None, 1).after(Duration::from_secs(30)),
    })
    .await;
    let error = run(&engine(&server.url).await, &budget(9, 1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(
        error.message().contains("time limit of 1 s") && error.message().contains("limits.timeoutSeconds"),
        "{error}"
    );
    assert!(server.asked_for("CancelQuery").await);
}

#[tokio::test]
async fn a_query_dropped_between_pages_is_cancelled() {
    let server = paged(|token| match token {
        "" => page(&[1], Some("a"), 1),
        _ => page(&[2], None, 1).after(Duration::from_secs(30)),
    })
    .await;
    let engine = engine(&server.url).await;
    let gone = tokio::time::timeout(Duration::from_millis(300), run(&engine, &budget(9, 30))).await;
    assert!(gone.is_err());
    assert!(server.asked_for("CancelQuery").await);
}

#[tokio::test]
async fn a_query_dropped_before_its_id_is_known_is_cancelled_as_soon_as_it_is() {
    let server = paged(|_| page(&[1], Some("a"), 1).after(Duration::from_millis(600))).await;
    let engine = engine(&server.url).await;
    let gone = tokio::time::timeout(Duration::from_millis(200), run(&engine, &budget(9, 30))).await;
    assert!(gone.is_err());
    assert!(server.asked_for("CancelQuery").await);
    assert_eq!(server.operations(), ["Query", "CancelQuery"], "nothing else was asked for meanwhile");
}

#[tokio::test]
async fn a_service_that_never_gets_anywhere_is_given_up() {
    tokio::time::timeout(Duration::from_secs(20), async {
        let server = paged(|_| page(&[], Some("again"), 0)).await;
        let error = run(&engine(&server.url).await, &budget(9, 2)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert!(server.requests().len() < 200, "empty pages are spaced out: {}", server.requests().len());
        assert!(server.asked_for("CancelQuery").await);
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_statement_too_long_never_leaves() {
    let server = paged(|_| page(&[1], None, 1)).await;
    let sql = format!("SELECT '{}'", "x".repeat(262_144));
    let statement = Statement { sql, catalog: None, database: None, reuse: None };
    let error = engine(&server.url).await.run(&statement, &budget(9, 30)).await.unwrap_err();
    assert_eq!((error.kind(), server.requests().len()), (ErrorKind::BadQuery, 0));
}

/// A regional host that names `cell`, and refuses the first `invalid` queries as being at the wrong endpoint.
async fn region(cell: Arc<OnceLock<String>>, invalid: usize) -> TestServer {
    let refusals = AtomicUsize::new(0);
    TestServer::start(move |request| match request.operation.as_str() {
        "DescribeEndpoints" => {
            let cell = cell.get().cloned().unwrap_or_default();
            Reply::json(&json!({"Endpoints": [{"Address": cell, "CachePeriodInMinutes": 1440}]}))
        }
        _ if refusals.fetch_add(1, Ordering::SeqCst) < invalid => {
            Reply::error(400, "InvalidEndpointException", "The requested endpoint is not valid.")
        }
        _ => page(&[1], None, 1),
    })
    .await
}

async fn discovering(regional: &TestServer) -> Timestream {
    let settings = settings(&regional.url);
    let config = aws::configure(&settings, Leg::Realtime).await.unwrap();
    Timestream::with_endpoints(Endpoints::discovered_by(&config, "eu-west-1", &regional.url), &settings)
}

#[tokio::test]
async fn the_endpoint_is_discovered_once_and_again_when_it_becomes_invalid() {
    let cell = Arc::new(OnceLock::new());
    let server = region(Arc::clone(&cell), 1).await;
    cell.set(server.url.trim_start_matches("http://").to_owned()).unwrap();
    let engine = discovering(&server).await;
    for _ in 0..2 {
        assert_eq!(numbers(&run(&engine, &budget(9, 30)).await.unwrap()), [1]);
    }
    assert_eq!(server.operations(), ["DescribeEndpoints", "Query", "DescribeEndpoints", "Query", "Query"]);
    for request in server.requests() {
        assert!(request.authorization.contains("/eu-west-1/timestream/aws4_request"), "{}", request.authorization);
    }
    assert_eq!(engine.health().await.endpoint, server.url, "health shows the endpoint that was found");
}

#[tokio::test]
async fn an_endpoint_that_stays_invalid_or_is_none_is_an_error() {
    let cell = Arc::new(OnceLock::new());
    let server = region(Arc::clone(&cell), usize::MAX).await;
    cell.set(server.url.trim_start_matches("http://").to_owned()).unwrap();
    assert!(run(&discovering(&server).await, &budget(9, 30)).await.is_err());
    assert_eq!(server.operations(), ["DescribeEndpoints", "Query", "DescribeEndpoints", "Query"]);

    for address in ["", "evil.example/path", "user@evil.example"] {
        let cell = Arc::new(OnceLock::from(address.to_owned()));
        let error = run(&discovering(&region(cell, 0).await).await, &budget(9, 30)).await.unwrap_err();
        assert!(error.message().contains("names no endpoint"), "{error}");
    }
}

#[tokio::test]
async fn a_discovery_denied_names_the_action() {
    let server = TestServer::start(|_| {
        Reply::error(
            400,
            "AccessDeniedException",
            "User: arn:aws:iam::1:user/u is not authorized to perform: timestream:DescribeEndpoints on resource: *",
        )
    })
    .await;
    let engine = discovering(&server).await;
    let error = run(&engine, &budget(9, 30)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AccessDenied);
    assert!(error.message().contains("timestream:DescribeEndpoints on * in eu-west-1"), "{error}");
    let health = engine.health().await;
    assert_eq!(health.outcome, Err(error));
    assert_eq!((health.region.as_str(), health.endpoint.as_str()), ("eu-west-1", server.url.as_str()));
}

/// Answers a list of one column of text by statement.
fn list(request: &Request) -> Reply {
    let body = request.json();
    let sql = body["QueryString"].as_str().unwrap_or_default();
    let text = |name: &str| json!({"Name": name, "Type": {"ScalarType": "VARCHAR"}});
    let row = |values: &[&str]| json!({"Data": values.iter().map(|v| json!({"ScalarValue": v})).collect::<Vec<_>>()});
    let (columns, rows) = match sql {
        "SHOW DATABASES" => (vec![text("Database")], vec![row(&["connect"]), row(&["other"])]),
        "SHOW TABLES FROM \"connect\"" => (vec![text("Table")], vec![row(&["events"])]),
        "SHOW MEASURES FROM \"o\"\"; x\".\"t\"" => {
            (vec![text("measure_name"), text("data_type")], vec![row(&["m", "double"])])
        }
        "DESCRIBE \"connect\".\"a\"\"b\"" => (
            vec![text("Column"), text("Type"), text("Timestream attribute type")],
            vec![
                row(&["queue", "varchar", "DIMENSION"]),
                row(&["measure_name", "varchar", "MEASURE_NAME"]),
                row(&["time", "timestamp", "TIMESTAMP"]),
                row(&["handle", "double", "MEASURE_VALUE"]),
            ],
        ),
        _ => return Reply::error(400, "ValidationException", &format!("unexpected: {sql}")),
    };
    Reply::json(&json!({"QueryId": "q", "Rows": rows, "ColumnInfo": columns}))
}

#[tokio::test]
async fn databases_tables_measures_and_columns_are_listed_and_kept() {
    let server = TestServer::start(list).await;
    let engine = engine(&server.url).await;
    for _ in 0..2 {
        assert_eq!(engine.databases().await.unwrap(), ["connect", "other"]);
        assert_eq!(engine.tables(None).await.unwrap(), ["events"]);
        assert_eq!(engine.measures(Some("o\"; x"), Some("t")).await.unwrap(), ["m"]);
        let columns = engine.columns(None, None).await.unwrap();
        let roles: Vec<_> = columns.iter().map(|c| (c.name.as_str(), c.data_type.as_str(), c.role)).collect();
        let wanted = [
            ("queue", "varchar", "dimension"),
            ("measure_name", "varchar", "column"),
            ("time", "timestamp", "timestamp"),
            ("handle", "double", "measure"),
        ];
        assert_eq!(roles, wanted);
    }
    assert_eq!(server.requests().len(), 4, "the second time is answered from memory");
    assert_eq!(engine.tables(Some("")).await.unwrap_err().kind(), ErrorKind::BadQuery);
    assert!(engine.tables(Some("gone")).await.unwrap_err().message().contains("unexpected"));
}

#[tokio::test]
async fn health_runs_a_query_on_the_service_and_one_on_the_table() {
    let server = TestServer::start(|request| {
        let first = request.json()["NextToken"].is_null();
        if first { page(&[], Some("a"), 0) } else { page(&[1], None, 1) }
    })
    .await;
    let health = engine(&server.url).await.health().await;
    assert_eq!(health.outcome, Ok(()), "an empty first page is not the end of a health check");
    assert_eq!(server.requests().len(), 4);
    assert!(server.requests()[2].body.contains(r#"FROM \"connect\".\"a\"\"b\""#), "{}", server.requests()[2].body);
    let missing = TestServer::start(|request| {
        if request.body.contains("FROM") {
            Reply::error(400, "ValidationException", "The table does not exist.")
        } else {
            page(&[1], None, 1)
        }
    })
    .await;
    let outcome = engine(&missing.url).await.health().await.outcome;
    assert!(outcome.unwrap_err().message().contains("The table does not exist."));
}
