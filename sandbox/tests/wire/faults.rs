//! Every fault, seen from the client, and the counts that prove what a client did.

use std::time::{Duration, Instant};

use sandbox::wire::Options;
use serde_json::json;

use crate::client::{Call, Client, start, start_with};

#[tokio::test]
async fn the_next_calls_fail_as_ordered() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    client.fault(json!({"operation": "Query", "kind": "error", "times": 2, "code": "InternalServerException", "status": 500, "message": "out of order"})).await;
    for _ in 0..2 {
        let expected = (500, "InternalServerException".to_owned(), "out of order".to_owned());
        assert_eq!(client.query("SELECT ROWS 1").await.error(), expected);
    }
    client.query("SELECT ROWS 1").await.ok();
    client.fault(json!({"operation": "ListWorkGroups", "kind": "error"})).await;
    let (status, code, message) = client.athena("ListWorkGroups", json!({})).await.error();
    assert_eq!((status, code.as_str(), message.as_str()), (400, "ThrottlingException", "Rate exceeded"));
    client.fault(json!({"service": "sts", "kind": "error"})).await;
    let answer = client.send(Call::form("eu-west-2", "Action=GetCallerIdentity")).await;
    assert_eq!((answer.status, answer.element("Code")), (400, Some("Throttling")));
}

#[tokio::test]
async fn a_delay_only_delays() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    client.fault(json!({"kind": "delay", "millis": 300})).await;
    let began = Instant::now();
    client.query("SELECT ROWS 1").await.ok();
    assert!(began.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_reset_drops_the_connection_within_the_body() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let whole = client.query("SELECT ROWS 100").await;
    assert!(whole.complete);
    client.fault(json!({"kind": "reset", "operation": "Query"})).await;
    let cut = client.query("SELECT ROWS 100").await;
    assert_eq!(cut.status, 200);
    assert!(!cut.complete && !cut.body.is_empty() && cut.body.len() < whole.body.len());
}

#[tokio::test]
async fn bodies_come_back_broken() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    client.fault(json!({"kind": "truncate", "operation": "Query"})).await;
    let cut = client.query("SELECT ROWS 100").await;
    assert!(cut.status == 200 && cut.complete && serde_json::from_slice::<serde_json::Value>(&cut.body).is_err());
    client.fault(json!({"kind": "html", "operation": "GetQueryExecution"})).await;
    let page = client.athena("GetQueryExecution", json!({"QueryExecutionId": "any"})).await;
    assert_eq!((page.status, page.headers["content-type"].as_str()), (500, "text/html"));
}

#[tokio::test]
async fn credentials_count_as_expired() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    client.fault(json!({"kind": "expired_token", "operation": "Query"})).await;
    assert_eq!(client.query("SELECT ROWS 1").await.error().1, "ExpiredTokenException");
    client.query("SELECT ROWS 1").await.ok();
}

#[tokio::test]
async fn empty_pages_lead_to_the_same_rows() {
    let sandbox = start_with(Options { timestream_page_bytes: 100, ..Options::default() });
    let client = Client::of(&sandbox);
    client.fault(json!({"kind": "empty_pages", "operation": "Query", "times": 2})).await;
    client.fault(json!({"kind": "empty_pages", "operation": "Query", "after": 1, "bare": true})).await;
    let (mut sizes, mut columns, mut token) = (Vec::new(), Vec::new(), json!(null));
    while sizes.len() < 6 {
        let page = client.timestream("Query", json!({"QueryString": "SELECT ROWS 3", "NextToken": token})).await.ok();
        sizes.push(page["Rows"].as_array().unwrap().len());
        columns.push(page["ColumnInfo"].as_array().unwrap().len());
        match page.get("NextToken") {
            Some(next) => token = next.clone(),
            None => break,
        }
    }
    assert_eq!(sizes, [0, 0, 1, 0, 1, 1]);
    assert_eq!(columns, [2, 2, 2, 0, 2, 2]);
}

#[tokio::test]
async fn empty_pages_of_athena_have_tokens_too() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let id = client.execute("SELECT ROWS 2").await["QueryExecutionId"].clone();
    client.fault(json!({"kind": "empty_pages", "operation": "GetQueryResults"})).await;
    let empty = client.results(id.as_str().unwrap()).await.ok();
    assert_eq!(empty["ResultSet"]["Rows"], json!([]));
    let next = json!({"QueryExecutionId": id, "NextToken": empty["NextToken"]});
    let page = client.athena("GetQueryResults", next).await.ok();
    assert_eq!(page["ResultSet"]["Rows"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn page_tokens_count_as_expired() {
    let sandbox = start_with(Options { timestream_page_bytes: 100, ..Options::default() });
    let client = Client::of(&sandbox);
    client.fault(json!({"kind": "expired_page_token"})).await;
    let token = client.query("SELECT ROWS 3").await.ok()["NextToken"].clone();
    let next = json!({"QueryString": "SELECT ROWS 3", "NextToken": token});
    let (_, code, message) = client.timestream("Query", next.clone()).await.error();
    assert_eq!((code.as_str(), message.as_str()), ("ValidationException", "The NextToken has expired."));
    client.timestream("Query", next).await.ok();
}

#[tokio::test]
async fn executions_fail_as_ordered() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    client.fault(json!({"kind": "fail_execution", "category": 1, "error_type": 200, "retryable": true, "message": "INTERNAL: lost a node"})).await;
    let status = client.execute("SELECT ROWS 1").await["Status"].clone();
    assert_eq!((&status["State"], &status["StateChangeReason"]), (&json!("FAILED"), &json!("INTERNAL: lost a node")));
    let error =
        json!({"ErrorCategory": 1, "ErrorType": 200, "Retryable": true, "ErrorMessage": "INTERNAL: lost a node"});
    assert_eq!(status["AthenaError"], error);
    client.fault(json!({"kind": "fail_execution", "bare": true})).await;
    let status = client.execute("SELECT ROWS 1").await["Status"].clone();
    assert_eq!(status["State"], "FAILED");
    assert!(status.get("StateChangeReason").is_none() && status.get("AthenaError").is_none());
    assert_eq!(client.execute("SELECT ROWS 1").await["Status"]["State"], "SUCCEEDED");
}

#[tokio::test]
async fn executions_are_slowed() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    client.fault(json!({"kind": "slow_execution", "millis": 300, "sql_contains": "ROWS 2"})).await;
    let millis =
        async |sql: &str| client.execute(sql).await["Statistics"]["EngineExecutionTimeInMillis"].as_u64().unwrap();
    assert!(millis("SELECT ROWS 1").await < 300);
    assert!(millis("SELECT ROWS 2").await >= 300);
}

#[tokio::test]
async fn objects_are_denied() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let location =
        client.execute("SELECT ROWS 1").await["ResultConfiguration"]["OutputLocation"].as_str().unwrap().to_owned();
    let path = location.replacen("s3:/", "", 1);
    client.fault(json!({"kind": "deny_s3", "times": 0})).await;
    let denied = client.send(Call::object("GET", &path, &[])).await;
    assert_eq!((denied.status, denied.element("Code")), (403, Some("AccessDenied")));
    assert!(denied.text().contains("s3:GetObject"), "{}", denied.text());
    assert_eq!(client.send(Call::object("HEAD", &path, &[])).await.status, 403);
    client.admin("DELETE", "faults", "").await.ok();
    assert_eq!(client.send(Call::object("GET", &path, &[])).await.status, 200);
}

#[tokio::test]
async fn faults_are_listed_and_wrong_orders_refused() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    client.fault(json!({"kind": "error", "operation": "Query", "times": 3})).await;
    client.query("SELECT ROWS 1").await.error();
    let listed = client.admin("GET", "faults", "").await.ok();
    assert_eq!((&listed[0]["kind"], &listed[0]["times"], &listed[0]["met"]), (&json!("error"), &json!(3), &json!(1)));
    for order in ["", "{}", "{\"kind\": \"explode\"}", "{\"kind\": \"deny_s3\", \"operation\": \"Query\"}"] {
        let answer = client.admin("POST", "faults", order).await;
        assert_eq!(answer.status, 400, "{order}");
        assert!(answer.json()["error"].is_string());
    }
    assert_eq!(client.admin("GET", "nothing", "").await.status, 404);
}

#[tokio::test]
async fn calls_are_counted_where_they_were_made() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let stop = Call::json("athena", "StopQueryExecution", &json!({"QueryExecutionId": "none"}));
    client.send(stop.clone()).await.error();
    client.send(Call { region: "eu-west-1".to_owned(), ..stop }).await.error();
    let report = client.admin("GET", "calls", "").await.ok();
    let regions: Vec<_> = report["operations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (entry["operation"].as_str().unwrap(), entry["region"].as_str().unwrap(), entry["errors"].as_u64())
        })
        .collect();
    assert_eq!(regions, [("StopQueryExecution", "eu-west-1", Some(1)), ("StopQueryExecution", "eu-west-2", Some(1))]);
    assert_eq!(report["recent"][1]["error"], "InvalidSignatureException");
    client.admin("DELETE", "calls", "").await.ok();
    assert_eq!(client.admin("GET", "calls", "").await.ok()["operations"], json!([]));
}

#[tokio::test]
async fn rates_are_enforced_when_asked() {
    let sandbox = start_with(Options { enforce_rates: true, ..Options::default() });
    let client = Client::of(&sandbox);
    let mut throttled = 0;
    for _ in 0..40 {
        let answer = client.athena("ListQueryExecutions", json!({})).await;
        throttled += u32::from(answer.status != 200 && answer.error().1 == "ThrottlingException");
    }
    assert!(throttled > 0);
}

#[tokio::test]
async fn the_admin_routes_are_unsigned_and_for_loopback_names_only() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let health = client.admin("GET", "health", "").await.ok();
    assert_eq!(health["regions"]["timestream"], "eu-west-1");
    let host = |name: &str| [("host".to_owned(), name.to_owned())];
    let status = async |name: &str| client.exchange("GET", "/_sandbox/health", &host(name), b"").await.status;
    assert_eq!(status("localhost:4566").await, 200);
    assert_eq!(status("rebound.example:4566").await, 403);
}

#[tokio::test]
async fn facts_are_told_by_kind_and_range() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let range = "from=1970-01-01T00:00:00.001Z&to=1970-01-01T00:00:01Z";
    let facts = client.admin("GET", &format!("facts?kind=range&{range}"), "").await.ok();
    assert_eq!(facts, json!([1, 1000]));
    assert_eq!(client.admin("GET", &format!("facts?kind=none&{range}"), "").await.status, 404);
    assert_eq!(client.admin("GET", "facts?kind=range&from=yesterday", "").await.status, 400);
}
