//! Timestream Query: pages, tokens, types, cancelling, refusals.

use std::time::Duration;

use sandbox::wire::Options;
use serde_json::{Value, json};

use crate::client::{Client, start, start_with};

/// Pages of about three rows of the fake engine.
fn small_pages() -> Options {
    Options { timestream_page_bytes: 200, ..Options::default() }
}

/// Every page of a statement.
async fn pages(client: &Client, first: Value) -> Vec<Value> {
    let mut pages = vec![client.timestream("Query", first.clone()).await.ok()];
    while let Some(token) = pages.last().unwrap().get("NextToken").cloned() {
        let mut next = first.clone();
        next["NextToken"] = token;
        pages.push(client.timestream("Query", next).await.ok());
    }
    pages
}

fn numbers(pages: &[Value]) -> Vec<i64> {
    let rows = pages.iter().flat_map(|page| page["Rows"].as_array().unwrap());
    rows.map(|row| row["Data"][0]["ScalarValue"].as_str().unwrap().parse().unwrap()).collect()
}

#[tokio::test]
async fn endpoints_are_described() {
    let sandbox = start();
    let answer = Client::of(&sandbox).timestream("DescribeEndpoints", json!({})).await.ok();
    assert_eq!(answer["Endpoints"][0]["Address"], sandbox.address.to_string());
}

#[tokio::test]
async fn pages_hold_every_row_once_and_one_query() {
    let sandbox = start_with(small_pages());
    let client = Client::of(&sandbox);
    let pages = pages(&client, json!({"QueryString": "SELECT ROWS 1500"})).await;
    assert!(pages.len() > 100, "{}", pages.len());
    assert_eq!(numbers(&pages), (0..1500).collect::<Vec<_>>());
    assert!(pages.iter().all(|page| page["QueryId"] == pages[0]["QueryId"]));
    assert!(pages.iter().all(|page| page["Rows"].as_array().is_some_and(|rows| !rows.is_empty())));
    let scanned: Vec<_> = pages.iter().map(|page| page["QueryStatus"]["CumulativeBytesScanned"].as_u64()).collect();
    assert!(scanned.is_sorted());
    assert_eq!(
        pages.last().unwrap()["QueryStatus"],
        json!({
            "ProgressPercentage": 100.0, "CumulativeBytesScanned": 1_000_000, "CumulativeBytesMetered": 10_000_000,
        })
    );
}

#[tokio::test]
async fn a_page_holds_about_a_megabyte() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let first = client.query("SELECT ROWS 30000").await;
    assert!((900_000..1_100_000).contains(&first.body.len()), "{}", first.body.len());
    assert!(first.ok().get("NextToken").is_some());
}

#[tokio::test]
async fn an_empty_result_has_columns_and_no_token() {
    let sandbox = start();
    let page = Client::of(&sandbox).query("SELECT ROWS 0").await.ok();
    assert_eq!((page["Rows"].clone(), page.get("NextToken")), (json!([]), None));
    assert_eq!(page["ColumnInfo"][0], json!({"Name": "n", "Type": {"ScalarType": "BIGINT"}}));
}

#[tokio::test]
async fn max_rows_may_leave_only_a_token_on_the_first_page() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let pages = pages(&client, json!({"QueryString": "SELECT ROWS 10", "MaxRows": 4})).await;
    let sizes: Vec<_> = pages.iter().map(|page| page["Rows"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [0, 4, 4, 2]);
    let fitting = client.timestream("Query", json!({"QueryString": "SELECT ROWS 3", "MaxRows": 4})).await.ok();
    assert_eq!((fitting["Rows"].as_array().unwrap().len(), fitting.get("NextToken")), (3, None));
}

#[tokio::test]
async fn every_type_has_its_datum() {
    let sandbox = start();
    let page = Client::of(&sandbox).query("SELECT TYPES").await.ok();
    let scalar = |text: &str| json!({"ScalarValue": text});
    let scalar_type = |name: &str| json!({"ScalarType": name});
    let null = json!({"NullValue": true});
    let expected = [
        ("unknown", scalar_type("UNKNOWN"), null.clone()),
        ("boolean", scalar_type("BOOLEAN"), scalar("true")),
        ("integer", scalar_type("INTEGER"), scalar("-5")),
        ("bigint", scalar_type("BIGINT"), scalar("9223372036854775807")),
        ("real", scalar_type("DOUBLE"), scalar("0.1")),
        ("double", scalar_type("DOUBLE"), scalar("1.0E10")),
        ("decimal", scalar_type("DOUBLE"), scalar("123.45")),
        ("varchar", scalar_type("VARCHAR"), scalar("")),
        ("varbinary", scalar_type("VARCHAR"), scalar("00 ff")),
        ("dictionary", scalar_type("VARCHAR"), scalar("sales")),
        ("date", scalar_type("DATE"), scalar("2026-01-01")),
        ("time", scalar_type("TIME"), scalar("01:02:03.004000000")),
        ("timestamp", scalar_type("TIMESTAMP"), scalar("2026-01-01 00:00:00.123456789")),
        ("zoned", scalar_type("TIMESTAMP"), scalar("2026-01-01 00:00:00.000000000")),
        ("day_interval", scalar_type("INTERVAL_DAY_TO_SECOND"), scalar("1 00:05:00.000000000")),
        ("month_interval", scalar_type("INTERVAL_YEAR_TO_MONTH"), scalar("1-2")),
        (
            "array",
            json!({"ArrayColumnInfo": {"Type": scalar_type("INTEGER")}}),
            json!({"ArrayValue": [scalar("1"), {"NullValue": true}]}),
        ),
        (
            "row",
            json!({"RowColumnInfo": [{"Name": "a", "Type": scalar_type("INTEGER")}, {"Type": scalar_type("VARCHAR")}]}),
            json!({"RowValue": {"Data": [scalar("1"), scalar("x")]}}),
        ),
        ("map", scalar_type("VARCHAR"), scalar("{k=7}")),
        (
            "series",
            json!({"TimeSeriesMeasureValueColumnInfo": {"Type": scalar_type("DOUBLE")}}),
            json!({"TimeSeriesValue": [
                {"Time": "2026-01-01 00:00:00.123456789", "Value": scalar("1.5")},
                {"Time": "2026-01-01 00:00:01.123456789", "Value": {"NullValue": true}},
            ]}),
        ),
    ];
    for (index, (name, column_type, datum)) in expected.iter().enumerate() {
        assert_eq!(page["ColumnInfo"][index], json!({"Name": name, "Type": column_type}));
        assert_eq!(page["Rows"][0]["Data"][index], *datum, "{name}");
        assert_eq!(page["Rows"][1]["Data"][index], null, "{name}");
    }
    assert_eq!(page["ColumnInfo"].as_array().unwrap().len(), expected.len());
}

#[tokio::test]
async fn a_token_is_for_its_statement_and_wears_out() {
    let sandbox = start_with(small_pages());
    let client = Client::of(&sandbox);
    let token = client.query("SELECT ROWS 100").await.ok()["NextToken"].clone();
    let resume = async |sql: &str, token: &Value| {
        client.timestream("Query", json!({"QueryString": sql, "NextToken": token})).await
    };
    for (sql, token) in [("SELECT ROWS 101", &token), ("SELECT ROWS 100", &json!("made up"))] {
        assert_eq!(resume(sql, token).await.error().1, "ValidationException");
    }
    let first = resume("SELECT ROWS 100", &token).await.ok();
    for _ in 1..5 {
        assert_eq!(resume("SELECT ROWS 100", &token).await.ok()["Rows"], first["Rows"]);
    }
    let (status, code, message) = resume("SELECT ROWS 100", &token).await.error();
    assert_eq!((status, code.as_str(), message.as_str()), (400, "ValidationException", "The NextToken has expired."));
}

#[tokio::test]
async fn a_token_expires() {
    let sandbox = start_with(Options { page_token_lifetime: Duration::from_millis(50), ..small_pages() });
    let client = Client::of(&sandbox);
    let token = client.query("SELECT ROWS 100").await.ok()["NextToken"].clone();
    tokio::time::sleep(Duration::from_millis(60)).await;
    let answer = client.timestream("Query", json!({"QueryString": "SELECT ROWS 100", "NextToken": token})).await;
    assert_eq!(answer.error().2, "The NextToken has expired.");
}

#[tokio::test]
async fn a_client_token_stands_for_one_query() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let token = "a".repeat(32);
    let query = async |sql: &str| client.timestream("Query", json!({"QueryString": sql, "ClientToken": token})).await;
    let first = query("SELECT ROWS 1").await.ok();
    assert_eq!(query("SELECT ROWS 1").await.ok()["QueryId"], first["QueryId"]);
    assert_eq!(query("SELECT ROWS 2").await.error().1, "ValidationException");
    assert_ne!(client.query("SELECT ROWS 1").await.ok()["QueryId"], first["QueryId"]);
}

#[tokio::test]
async fn a_cancelled_query_has_no_further_pages() {
    let sandbox = start_with(small_pages());
    let client = Client::of(&sandbox);
    let first = client.query("SELECT ROWS 100").await.ok();
    for message in ["Query cancelled successfully", "Query has already been cancelled"] {
        let answer = client.timestream("CancelQuery", json!({"QueryId": first["QueryId"]})).await.ok();
        assert_eq!(answer["CancellationMessage"], message);
    }
    let next = json!({"QueryString": "SELECT ROWS 100", "NextToken": first["NextToken"]});
    assert_eq!(client.timestream("Query", next).await.error().1, "ConflictException");
    let report = client.admin("GET", "queries", "").await.ok();
    assert_eq!((&report[0]["id"], &report[0]["cancelled"]), (&first["QueryId"], &json!(true)));
}

#[tokio::test]
async fn a_query_that_has_ended_cannot_be_cancelled() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let id = client.query("SELECT ROWS 1").await.ok()["QueryId"].clone();
    let answer = client.timestream("CancelQuery", json!({"QueryId": id})).await.ok();
    assert_eq!(answer["CancellationMessage"], "Query has already completed");
    assert_eq!(client.timestream("CancelQuery", json!({"QueryId": "none"})).await.error().1, "ValidationException");
}

#[tokio::test]
async fn what_cannot_run_says_why() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    for (input, code, message) in [
        (json!({"QueryString": "SELEC 1"}), "ValidationException", "line 1:1: mismatched input 'SELEC'"),
        (json!({"QueryString": "SELECT nothing"}), "ValidationException", "cannot be resolved"),
        (json!({"QueryString": "SELECT 1/0"}), "QueryExecutionException", "Division by zero"),
        (json!({"QueryString": ""}), "ValidationException", "'queryString'"),
        (json!({"QueryString": "x".repeat(262_145)}), "ValidationException", "'queryString'"),
        (json!({}), "ValidationException", "'queryString'"),
        (json!({"QueryString": "SELECT ROWS 1", "ClientToken": "short"}), "ValidationException", "'clientToken'"),
        (json!({"QueryString": "SELECT ROWS 1", "MaxRows": 0}), "ValidationException", "'maxRows'"),
        (json!({"QueryString": "SELECT ROWS 1", "MaxRows": 1001}), "ValidationException", "'maxRows'"),
        (json!({"QueryString": "SELECT ROWS 1", "NextToken": "x".repeat(2049)}), "ValidationException", "'nextToken'"),
        (json!({"QueryString": 1}), "SerializationException", ""),
        (json!([]), "SerializationException", ""),
    ] {
        let (status, actual, text) = client.timestream("Query", input.clone()).await.error();
        assert_eq!((status, actual.as_str()), (400, code), "{text}");
        assert!(text.contains(message), "{text}");
    }
    let (status, code, _) = client.timestream("PrepareQuery", json!({})).await.error();
    assert_eq!((status, code.as_str()), (404, "UnknownOperationException"));
}

#[tokio::test]
async fn queries_over_the_limit_are_throttled() {
    let sandbox = start_with(Options { timestream_concurrency: Some(1), ..Options::default() });
    let client = Client::of(&sandbox);
    let slow = tokio::spawn({
        let client = client.clone();
        async move { client.query("SELECT SLOW").await }
    });
    let mut answer = client.query("SELECT ROWS 1").await;
    for _ in 0..100 {
        if answer.status != 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        answer = client.query("SELECT ROWS 1").await;
    }
    assert_eq!(answer.error().1, "ThrottlingException");
    slow.abort();
}

#[tokio::test]
async fn a_canned_result_is_answered_to_its_statement_alone() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    client
        .can(json!({
            "service": "timestream",
            "sql": "SELECT odd",
            "columns": [{"Name": "odd", "Type": {"NewType": {}}}],
            "rows": [{"Data": [{"NewValue": 1}]}],
            "bytes_scanned": 42,
        }))
        .await;
    let page = client.query("SELECT odd").await.ok();
    assert_eq!(page["Rows"], json!([{"Data": [{"NewValue": 1}]}]));
    assert_eq!(page["ColumnInfo"], json!([{"Name": "odd", "Type": {"NewType": {}}}]));
    assert_eq!(page["QueryStatus"]["CumulativeBytesScanned"], 42);
    assert_ne!(client.query("SELECT odd ").await.status, 200);
    assert_eq!(client.admin("GET", "canned", "").await.ok(), json!([{"service": "timestream", "sql": "SELECT odd"}]));
    client.admin("DELETE", "canned", "").await.ok();
    assert_ne!(client.query("SELECT odd").await.status, 200);
}

#[tokio::test]
async fn canned_pages_are_sent_as_given() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let column = json!([{"name": "a", "type": "bigint"}]);
    let row = json!({"Data": [{"ScalarValue": "1"}]});
    client.can(json!({"service": "timestream", "sql": "PAGES", "columns": column, "pages": [{}, {"Rows": [row]}, {"Rows": [], "ColumnInfo": []}]})).await;
    let pages = pages(&client, json!({"QueryString": "PAGES"})).await;
    let rows: Vec<_> = pages.iter().map(|page| page["Rows"].as_array().unwrap().len()).collect();
    assert_eq!(rows, [0, 1, 0]);
    assert_eq!(pages[2]["ColumnInfo"], json!([]));
    client.can(json!({"service": "timestream", "sql": "BROKEN", "pages": ["{\"Rows\": [{]}"]})).await;
    let broken = client.query("BROKEN").await;
    assert_eq!((broken.status, broken.text()), (200, "{\"Rows\": [{]}"));
}
