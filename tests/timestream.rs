//! The real-time leg against the sandbox: real signatures, real pages, and every fault that the sandbox knows.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::HashMap,
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};

use arrow::{array::AsArray, datatypes::Int64Type, util::pretty::pretty_format_batches};
use sandbox::{
    engine::{World, WorldOptions},
    wire::{DEFAULT_ACCESS_KEY, DEFAULT_SECRET_KEY, Options, RunningSandbox, Sandbox},
};
use serde_json::{Value, json};
use switchboard::{
    aws,
    engine::{Answer, Budget, Engine as _, ROLE, ROLE_LABEL, Statement, timestream::Timestream},
    error::{Error, ErrorKind},
    leg::Leg,
    settings::{Gates, Settings},
};
use tokio::time::Instant;

const SQL: &str = "SELECT n FROM canned";

fn start(options: Options) -> RunningSandbox {
    Sandbox::builder().options(options).start().unwrap()
}

/// Calls one of the sandbox's own routes.
fn admin(sandbox: &RunningSandbox, method: &str, route: &str, body: &Value) -> Value {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let mut stream = TcpStream::connect(sandbox.address).unwrap();
    write!(
        stream,
        "{method} /_sandbox/{route} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let start = body.find(['{', '[']).unwrap();
    serde_json::Deserializer::from_str(&body[start..]).into_iter().next().unwrap().unwrap()
}

fn fault(sandbox: &RunningSandbox, fault: &Value) {
    admin(sandbox, "POST", "faults", fault);
}

/// Gives `SQL` a result of the numbers below `rows`.
fn can_numbers(sandbox: &RunningSandbox, rows: usize) {
    let rows: Vec<Value> = (0..rows).map(|n| json!([n.to_string()])).collect();
    let columns = [json!({"name": "n", "type": "bigint"})];
    let order = json!({"service": "timestream", "sql": SQL, "columns": columns, "rows": rows, "bytes_scanned": 1234});
    admin(sandbox, "POST", "canned", &order);
}

/// Small pages: about forty numbers each.
fn small_pages() -> Options {
    Options { timestream_page_bytes: 1000, ..Options::default() }
}

async fn engine_with(json_data: &Value) -> Timestream {
    let secure = HashMap::from([
        ("accessKey".to_owned(), DEFAULT_ACCESS_KEY.to_owned()),
        ("secretKey".to_owned(), DEFAULT_SECRET_KEY.to_owned()),
    ]);
    let settings = Settings::from_grafana(json_data.to_string().as_bytes(), &secure, &Gates::default()).unwrap();
    Timestream::new(&aws::configure(&settings, Leg::Realtime).await.unwrap(), &settings)
}

async fn engine(sandbox: &RunningSandbox) -> Timestream {
    engine_with(&json!({"authType": "keys", "realtime": {"endpoint": sandbox.endpoint()}})).await
}

async fn run_sql(engine: &Timestream, sql: &str, max_rows: usize, seconds: u64) -> Result<Answer, Error> {
    let statement = Statement { sql: sql.to_owned(), catalog: None, database: None, reuse: None };
    engine.run(&statement, &Budget { max_rows, deadline: Instant::now() + Duration::from_secs(seconds) }).await
}

async fn run(engine: &Timestream) -> Result<Answer, Error> {
    run_sql(engine, SQL, 1_000_000, 20).await
}

fn is_counted_up(answer: &Answer, rows: usize) -> bool {
    let numbers = answer.batch.column(0).as_primitive::<Int64Type>().values();
    numbers.len() == rows && numbers.iter().zip(0..).all(|(number, wanted)| *number == wanted)
}

#[tokio::test]
async fn pages_are_read_to_the_end_through_empty_ones() {
    let sandbox = start(small_pages());
    can_numbers(&sandbox, 500);
    for bare in [false, true] {
        fault(&sandbox, &json!({"kind": "empty_pages", "times": 2, "bare": bare}));
        fault(&sandbox, &json!({"kind": "empty_pages", "times": 3, "after": 4, "bare": bare}));
        let answer = run(&engine(&sandbox).await).await.unwrap();
        assert!(is_counted_up(&answer, 500));
        assert!(answer.cost.pages > 15, "{:?}", answer.cost);
        assert_eq!((answer.cost.rows, answer.notices.len()), (500, 0));
        assert_eq!(answer.cost.bytes_scanned, 1234);
    }
}

#[tokio::test]
async fn faults_that_pass_are_not_seen() {
    let sandbox = start(small_pages());
    can_numbers(&sandbox, 200);
    let faults = [
        json!({"kind": "error", "operation": "Query", "times": 2}),
        json!({"kind": "error", "operation": "Query", "code": "InternalServerException", "after": 2}),
        json!({"kind": "reset", "operation": "Query", "after": 1}),
        json!({"kind": "html", "operation": "Query", "after": 1}),
        json!({"kind": "delay", "operation": "Query", "millis": 300}),
        json!({"kind": "expired_page_token"}),
    ];
    for order in faults {
        fault(&sandbox, &order);
        let answer = run(&engine(&sandbox).await).await.unwrap_or_else(|error| panic!("{order}: {error}"));
        assert!(is_counted_up(&answer, 200), "{order}");
        let restarted = order["kind"] == "expired_page_token";
        assert_eq!(answer.notices.len(), usize::from(restarted), "{order}: {:?}", answer.notices);
    }
}

#[tokio::test]
async fn faults_that_stay_are_errors_that_say_what_to_do() {
    let sandbox = start(small_pages());
    can_numbers(&sandbox, 200);
    let cases = [
        (
            json!({"kind": "error", "code": "AccessDeniedException", "message": "User: arn:aws:iam::1:user/u is not authorized to perform: timestream:Select on resource: arn:aws:timestream:eu-west-1:1:database/d/table/t"}),
            ErrorKind::AccessDenied,
            "timestream:Select on arn:aws:timestream:eu-west-1:1:database/d/table/t in eu-west-1",
        ),
        (json!({"kind": "error", "code": "ThrottlingException"}), ErrorKind::Throttled, "fewer panels"),
        (
            json!({"kind": "error", "code": "InternalServerException", "message": "oops", "after": 1}),
            ErrorKind::Unavailable,
            "oops",
        ),
        (
            json!({"kind": "error", "code": "QueryExecutionException", "message": "Division by zero"}),
            ErrorKind::Rejected,
            "Division by zero",
        ),
        (json!({"kind": "expired_token"}), ErrorKind::Unauthenticated, "expired"),
        (json!({"kind": "expired_page_token"}), ErrorKind::Rejected, "NextToken"),
        (json!({"kind": "html"}), ErrorKind::Unavailable, "HTTP status 500"),
        (json!({"kind": "truncate"}), ErrorKind::Unavailable, "cannot be read"),
        (json!({"kind": "reset"}), ErrorKind::Unavailable, "Timestream in eu-west-1"),
        (json!({"kind": "delay", "operation": "Query", "millis": 60_000}), ErrorKind::Timeout, "time limit of 6 s"),
    ];
    for (mut order, kind, phrase) in cases {
        order["times"] = json!(0);
        fault(&sandbox, &order);
        let error = run_sql(&engine(&sandbox).await, SQL, 1000, 6).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{order}: {error}");
        assert!(error.message().contains(phrase), "{order}: {phrase:?} is not in {error}");
        admin(&sandbox, "DELETE", "faults", &Value::Null);
    }
}

#[tokio::test]
async fn an_assumed_role_whose_session_expires_is_renewed() {
    let options = Options {
        external_id: Some("ours".to_owned()),
        session_lifetime: Some(Duration::from_hours(1)),
        ..small_pages()
    };
    let sandbox = start(options);
    can_numbers(&sandbox, 200);
    let mut json_data = json!({
        "authType": "keys", "assumeRoleArn": "arn:aws:iam::123456789012:role/grafana", "externalId": "ours",
        "stsEndpoint": sandbox.endpoint(), "realtime": {"endpoint": sandbox.endpoint()},
    });
    let engine = engine_with(&json_data).await;
    assert!(is_counted_up(&run(&engine).await.unwrap(), 200));
    fault(&sandbox, &json!({"kind": "expired_token", "operation": "Query", "after": 1}));
    assert!(is_counted_up(&run(&engine).await.unwrap(), 200), "renewed between two pages");

    json_data["externalId"] = json!("theirs");
    let error = run(&engine_with(&json_data).await).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AccessDenied);
    assert!(error.message().contains("sts:AssumeRole") && error.message().contains("role/grafana"), "{error}");
}

#[tokio::test]
async fn wrong_credentials_region_and_clock_are_told_apart() {
    let sandbox = start(Options::default());
    can_numbers(&sandbox, 1);
    let us = &json!({"authType": "keys", "realtime": {"region": "us-east-1", "endpoint": sandbox.endpoint()}});
    let error = run(&engine_with(us).await).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(error.message().contains("another region") && error.message().contains("us-east-1"), "{error}");

    let stranger = start(Options { access_key: "AKIASTRANGEREXAMPLE0".to_owned(), ..Options::default() });
    let error = run(&engine(&stranger).await).await.unwrap_err();
    assert!(error.message().contains("does not know the AWS credentials"), "{error}");

    let other_secret = start(Options { secret_key: "another".to_owned(), ..Options::default() });
    let error = run(&engine(&other_secret).await).await.unwrap_err();
    assert!(error.message().contains("secret access key does not fit"), "{error}");
}

/// Waits until the sandbox's list of queries satisfies `test`.
async fn queries_become(sandbox: &RunningSandbox, test: impl Fn(&Value) -> bool) -> bool {
    for _ in 0..100 {
        if test(&admin(sandbox, "GET", "queries", &Value::Null)) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

fn any_cancelled(queries: &Value) -> bool {
    queries.to_string().to_lowercase().contains("\"cancelled\":true")
}

#[tokio::test]
async fn a_query_that_nobody_waits_for_is_cancelled() {
    for (after, what) in [(0, "during the first page"), (3, "during the fourth page")] {
        let sandbox = start(small_pages());
        can_numbers(&sandbox, 500);
        let engine = engine(&sandbox).await;
        fault(&sandbox, &json!({"kind": "delay", "operation": "Query", "millis": 1500, "after": after}));
        let gone = tokio::time::timeout(Duration::from_millis(700), run(&engine)).await;
        assert!(gone.is_err(), "{what}");
        assert!(
            queries_become(&sandbox, any_cancelled).await,
            "{what}: {}",
            admin(&sandbox, "GET", "queries", &Value::Null)
        );
    }
}

#[tokio::test]
async fn the_row_limit_cuts_says_so_and_cancels() {
    let sandbox = start(small_pages());
    can_numbers(&sandbox, 500);
    let answer = run_sql(&engine(&sandbox).await, SQL, 100, 20).await.unwrap();
    assert!(is_counted_up(&answer, 100));
    assert!(answer.notices[0].text.contains("first 100 rows"), "{:?}", answer.notices);
    assert!(queries_become(&sandbox, any_cancelled).await);
    let whole = run_sql(&engine(&sandbox).await, SQL, 500, 20).await.unwrap();
    assert!(is_counted_up(&whole, 500) && whole.notices.is_empty(), "exactly the limit is not a cut");
}

#[tokio::test]
async fn a_sandbox_killed_midway_is_an_error_and_no_hang() {
    let sandbox = start(small_pages());
    can_numbers(&sandbox, 500);
    let engine = engine(&sandbox).await;
    fault(&sandbox, &json!({"kind": "delay", "operation": "Query", "millis": 60_000, "after": 2}));
    let asked = tokio::spawn(async move { run(&engine).await });
    tokio::time::sleep(Duration::from_millis(500)).await;
    sandbox.stop().await;
    let error = tokio::time::timeout(Duration::from_secs(15), asked).await.unwrap().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
}

#[tokio::test]
async fn every_type_survives_the_wire() {
    let sandbox = start(Options::default());
    let scalar = |name: &str| json!({"name": name.to_lowercase(), "type": name});
    let columns = [
        scalar("VARCHAR"),
        scalar("BOOLEAN"),
        scalar("BIGINT"),
        scalar("DOUBLE"),
        scalar("TIMESTAMP"),
        scalar("DATE"),
        scalar("TIME"),
        scalar("INTERVAL_DAY_TO_SECOND"),
        scalar("INTEGER"),
        scalar("UNKNOWN"),
        json!({"Type": {"ArrayColumnInfo": {"Type": {"ScalarType": "BIGINT"}}}}),
        json!({"Name": "row", "Type": {"RowColumnInfo": [{"Name": "x", "Type": {"ScalarType": "DOUBLE"}}]}}),
    ];
    let rows = [
        json!(["é\"", "true", "-1", "NaN", "2026-01-02 03:04:05.000000006", "2026-01-02", "03:04:05.000000000", "0 00:01:00.000000000", "7", null,
            {"ArrayValue": [{"ScalarValue": "1"}, {"NullValue": true}]}, {"RowValue": {"Data": [{"ScalarValue": "0.5"}]}}]),
        json!([null, null, null, null, null, null, null, null, null, null, null, null]),
    ];
    let sql = "SELECT everything";
    admin(&sandbox, "POST", "canned", &json!({"service": "timestream", "sql": sql, "columns": columns, "rows": rows}));
    let answer = run_sql(&engine(&sandbox).await, sql, 10, 10).await.unwrap();
    let printed = pretty_format_batches(&[answer.batch]).unwrap().to_string();
    let cells: Vec<&str> = printed.lines().nth(3).unwrap().split('|').map(str::trim).collect();
    let wanted = [
        "",
        "é\"",
        "true",
        "-1",
        "NaN",
        "2026-01-02T03:04:05.000000006",
        "2026-01-02T00:00:00",
        "1970-01-01T03:04:05",
        "0 00:01:00.000000000",
        "7",
        "",
        "[1,null]",
        "{\"x\":0.5}",
        "",
    ];
    assert_eq!(cells, wanted);
    assert!(printed.lines().nth(1).unwrap().contains("_col10"), "{printed}");
    assert!(printed.lines().nth(4).unwrap().chars().all(|c| matches!(c, '|' | ' ')), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_centre_is_listed_queried_and_healthy() {
    let options = WorldOptions { seed: 1, agents: 20, days: 1, retention_hours: 12, lag_minutes: 60 };
    let world = World::generate(options, |_| {}).await;
    let sandbox = Sandbox::builder().backend(world as Arc<World>).start().unwrap();
    let mut json_data = json!({"authType": "keys", "realtime": {"endpoint": sandbox.endpoint()}});
    let engine = engine_with(&json_data).await;
    let databases = engine.databases().await.unwrap();
    let database = databases.first().unwrap();
    let tables = engine.tables(Some(database)).await.unwrap();
    let table = tables.first().unwrap();
    assert!(!engine.measures(Some(database), Some(table)).await.unwrap().is_empty());
    let columns = engine.columns(Some(database), Some(table)).await.unwrap();
    assert!(columns.iter().any(|column| column.role == "timestamp" && column.name == "time"), "{columns:?}");
    assert!(columns.iter().any(|column| column.role == "dimension"), "{columns:?}");

    json_data["realtime"]["database"] = json!(database);
    json_data["realtime"]["table"] = json!(table);
    let engine = engine_with(&json_data).await;
    let health = engine.health().await;
    assert_eq!(health.outcome, Ok(()));
    assert_eq!((health.leg, health.region.as_str(), health.endpoint), (Leg::Realtime, "eu-west-1", sandbox.endpoint()));

    let from = format!("\"{database}\".\"{table}\"");
    let grouped = format!("SELECT bin(time, 1h) AS time, count(*) AS events FROM {from} GROUP BY 1 ORDER BY 1");
    let answer = run_sql(&engine, &grouped, 1000, 30).await.unwrap();
    assert!(answer.batch.num_rows() >= 2 && answer.cost.bytes_scanned > 0, "{:?}", answer.cost);
    let series = format!(
        "WITH binned AS ({grouped}) SELECT 'all' AS label, CREATE_TIME_SERIES(time, events) AS events FROM binned"
    );
    let long = run_sql(&engine, &series, 1000, 30).await.unwrap();
    assert_eq!(long.batch.num_rows(), answer.batch.num_rows());
    assert_eq!(long.batch.column(0), answer.batch.column(0), "the points' times are the rows'");
    assert_eq!(long.batch.schema().field(1).metadata().get(ROLE).map(String::as_str), Some(ROLE_LABEL));

    let error = run_sql(&engine, "SELECT nothing FROM nowhere", 10, 10).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected, "{error}");
}
