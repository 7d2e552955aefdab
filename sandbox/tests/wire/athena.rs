//! Athena's executions: states, results, files, reuse, refusals.

use std::time::Duration;

use sandbox::wire::Options;
use serde_json::{Value, json};

use crate::client::{Call, Client, start, start_with};

async fn start_query(client: &Client, input: Value) -> String {
    client.athena("StartQueryExecution", input).await.ok()["QueryExecutionId"].as_str().unwrap().to_owned()
}

async fn state(client: &Client, id: &str) -> String {
    let execution = client.athena("GetQueryExecution", json!({"QueryExecutionId": id})).await.ok();
    execution["QueryExecution"]["Status"]["State"].as_str().unwrap().to_owned()
}

fn texts(row: &Value) -> Vec<Option<&str>> {
    row["Data"].as_array().unwrap().iter().map(|datum| datum.get("VarCharValue").and_then(Value::as_str)).collect()
}

#[tokio::test]
async fn an_execution_takes_its_time_through_its_states() {
    let options = Options {
        queue_delay: Duration::from_millis(400),
        run_delay: Duration::from_millis(400),
        ..Options::default()
    };
    let sandbox = start_with(options);
    let client = Client::of(&sandbox);
    let id = start_query(&client, json!({"QueryString": "SELECT ROWS 1", "WorkGroup": "connect"})).await;
    assert_eq!(state(&client, &id).await, "QUEUED");
    let (_, code, message) = client.results(&id).await.error();
    assert_eq!(code, "InvalidRequestException");
    assert_eq!(message, "Query has not yet finished. Current state: QUEUED");
    tokio::time::sleep(Duration::from_millis(550)).await;
    assert_eq!(state(&client, &id).await, "RUNNING");
    let execution = client.ended(&id).await;
    assert_eq!(execution["Status"]["State"], "SUCCEEDED");
    assert_eq!(execution["StatementType"], "DML");
    assert_eq!(execution["WorkGroup"], "connect");
    let statistics = &execution["Statistics"];
    assert_eq!(statistics["DataScannedInBytes"], 1_000_000);
    for name in ["QueryQueueTimeInMillis", "EngineExecutionTimeInMillis"] {
        assert!(statistics[name].as_u64().is_some_and(|millis| (390..3000).contains(&millis)), "{statistics}");
    }
    let times = ["SubmissionDateTime", "CompletionDateTime"].map(|name| execution["Status"][name].as_f64().unwrap());
    assert!(times[0] > 1e9 && times[1] - times[0] >= 0.79, "{times:?}");
}

#[tokio::test]
async fn results_come_in_pages_led_by_a_header() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let id = client.execute("SELECT ROWS 2500").await["QueryExecutionId"].as_str().unwrap().to_owned();
    let (mut sizes, mut numbers, mut token) = (Vec::new(), Vec::new(), Value::Null);
    loop {
        let page = client.athena("GetQueryResults", json!({"QueryExecutionId": id, "NextToken": token})).await.ok();
        let rows = page["ResultSet"]["Rows"].as_array().unwrap();
        sizes.push(rows.len());
        numbers.extend(rows.iter().map(|row| texts(row)[0].unwrap().to_owned()));
        match page.get("NextToken") {
            Some(next) => token = next.clone(),
            None => break,
        }
    }
    assert_eq!(sizes, [1000, 1000, 501]);
    let expected: Vec<_> = std::iter::once("n".to_owned()).chain((0..2500).map(|n| n.to_string())).collect();
    assert_eq!(numbers, expected);
    let one = client.athena("GetQueryResults", json!({"QueryExecutionId": id, "MaxResults": 1})).await.ok();
    assert_eq!(texts(&one["ResultSet"]["Rows"][0]), [Some("n"), Some("text")]);
    for (input, message) in [
        (json!({"QueryExecutionId": id, "MaxResults": 1001}), "MaxResults"),
        (json!({"QueryExecutionId": id, "NextToken": "made up"}), "NextToken"),
        (json!({"QueryExecutionId": "none"}), "QueryExecution none was not found"),
    ] {
        let (status, code, text) = client.athena("GetQueryResults", input).await.error();
        assert_eq!((status, code.as_str()), (400, "InvalidRequestException"));
        assert!(text.contains(message), "{text}");
    }
}

#[tokio::test]
async fn every_type_has_its_text_and_metadata() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let id = client.execute("SELECT TYPES").await["QueryExecutionId"].as_str().unwrap().to_owned();
    let page = client.results(&id).await.ok();
    let rows = &page["ResultSet"]["Rows"];
    let expected = [
        ("unknown", "unknown", 0, None),
        ("boolean", "boolean", 0, Some("true")),
        ("integer", "integer", 10, Some("-5")),
        ("bigint", "bigint", 19, Some("9223372036854775807")),
        ("real", "float", 17, Some("0.1")),
        ("double", "double", 17, Some("1.0E10")),
        ("decimal", "decimal", 10, Some("123.45")),
        ("varchar", "varchar", 2_147_483_647, Some("")),
        ("varbinary", "varbinary", 1_073_741_824, Some("00 ff")),
        ("dictionary", "varchar", 2_147_483_647, Some("sales")),
        ("date", "date", 0, Some("2026-01-01")),
        ("time", "time", 3, Some("01:02:03.004")),
        ("timestamp", "timestamp", 3, Some("2026-01-01 00:00:00.123")),
        ("zoned", "timestamp with time zone", 3, Some("2026-01-01 00:00:00.000 Europe/London")),
        ("day_interval", "interval day to second", 0, Some("1 00:05:00.000")),
        ("month_interval", "interval year to month", 0, Some("1-2")),
        ("array", "array", 0, Some("[1, null]")),
        ("row", "row", 0, Some("{a=1, field1=x}")),
        ("map", "map", 0, Some("{k=7}")),
        (
            "series",
            "array",
            0,
            Some("[{time=2026-01-01 00:00:00.123456789, value=1.5}, {time=2026-01-01 00:00:01.123456789, value=null}]"),
        ),
    ];
    let (header, values, nulls) = (texts(&rows[0]), texts(&rows[1]), texts(&rows[2]));
    for (index, (name, type_name, precision, text)) in expected.iter().enumerate() {
        let info = &page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"][index];
        assert_eq!(
            (&info["Name"], &info["Type"], &info["Precision"]),
            (&json!(name), &json!(type_name), &json!(precision))
        );
        assert_eq!(header[index], Some(*name));
        assert_eq!(values[index], *text, "{name}");
        assert_eq!(nulls[index], None, "{name}");
    }
}

#[tokio::test]
async fn show_and_describe_have_no_header_and_a_text_file() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    for (sql, columns, expected) in [
        ("SHOW TABLES", vec!["tab_name"], ["agent_events", "contacts"]),
        ("DESCRIBE contacts", vec!["col_name", "data_type", "comment"], ["queue\tstring\t", "year\tstring\t"]),
    ] {
        let execution = client.execute(sql).await;
        assert_eq!(execution["StatementType"], "UTILITY");
        let location = execution["ResultConfiguration"]["OutputLocation"].as_str().unwrap();
        assert!(location.rsplit('.').next() == Some("txt"), "{location}");
        let file = client.send(Call::object("GET", &location.replacen("s3:/", "", 1), &[])).await;
        assert_eq!(file.text(), expected.join("\n") + "\n");
        let page = client.results(execution["QueryExecutionId"].as_str().unwrap()).await.ok();
        let rows: Vec<_> = page["ResultSet"]["Rows"].as_array().unwrap().iter().map(texts).collect();
        assert_eq!(rows, expected.map(|line| vec![Some(line)]));
        let info = page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"].as_array().unwrap();
        let described: Vec<_> = info.iter().map(|column| column["Name"].as_str().unwrap()).collect();
        assert_eq!(described, columns);
        assert!(info.iter().all(|column| column["Type"] == "string"));
    }
}

#[tokio::test]
async fn a_failed_execution_says_whose_fault_it_is() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    for (sql, reason) in [
        ("SELECT nothing", "COLUMN_NOT_FOUND: line 1:8: Column 'nothing' cannot be resolved"),
        ("SELECT 1/0", "GENERIC_USER_ERROR: Division by zero"),
    ] {
        let execution = client.execute(sql).await;
        let status = &execution["Status"];
        assert_eq!((&status["State"], &status["StateChangeReason"]), (&json!("FAILED"), &json!(reason)));
        assert_eq!(
            (&status["AthenaError"]["ErrorCategory"], &status["AthenaError"]["ErrorMessage"]),
            (&json!(2), &json!(reason))
        );
        let (_, _, message) = client.results(execution["QueryExecutionId"].as_str().unwrap()).await.error();
        assert_eq!(message, "Query did not finish successfully. Final query state: FAILED");
    }
}

#[tokio::test]
async fn a_stopped_execution_is_cancelled_for_good() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let id = start_query(&client, json!({"QueryString": "SELECT SLOW", "WorkGroup": "connect"})).await;
    for _ in 0..2 {
        client.athena("StopQueryExecution", json!({"QueryExecutionId": id})).await.ok();
    }
    assert_eq!(client.ended(&id).await["Status"]["State"], "CANCELLED");
    let done = client.execute("SELECT ROWS 1").await["QueryExecutionId"].clone();
    client.athena("StopQueryExecution", json!({"QueryExecutionId": done})).await.ok();
    assert_eq!(state(&client, done.as_str().unwrap()).await, "SUCCEEDED");
    let report = client.admin("GET", "executions", "").await.ok();
    assert_eq!((&report[0]["id"], &report[0]["state"]), (&json!(id), &json!("CANCELLED")));
}

#[tokio::test]
async fn executions_are_looked_at_in_batches() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let id = client.execute("SELECT ROWS 1").await["QueryExecutionId"].clone();
    let batch = client.athena("BatchGetQueryExecution", json!({"QueryExecutionIds": [id, "none"]})).await.ok();
    assert_eq!(batch["QueryExecutions"][0]["QueryExecutionId"], id);
    assert_eq!(batch["QueryExecutions"].as_array().unwrap().len(), 1);
    assert_eq!(batch["UnprocessedQueryExecutionIds"][0]["QueryExecutionId"], "none");
    for count in [0, 51] {
        let ids = vec!["a"; count];
        let answer = client.athena("BatchGetQueryExecution", json!({"QueryExecutionIds": ids})).await;
        assert_eq!(answer.error().1, "InvalidRequestException");
    }
}

#[tokio::test]
async fn a_request_token_stands_for_one_execution() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let input = |sql: &str| json!({"QueryString": sql, "WorkGroup": "connect", "ClientRequestToken": "t".repeat(32)});
    let id = start_query(&client, input("SELECT ROWS 1")).await;
    assert_eq!(start_query(&client, input("SELECT ROWS 1")).await, id);
    let (_, code, message) = client.athena("StartQueryExecution", input("SELECT ROWS 2")).await.error();
    assert_eq!((code.as_str(), message.as_str()), ("InvalidRequestException", "Idempotent parameters do not match"));
}

#[tokio::test]
async fn context_reaches_the_engine() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let context = json!({"Catalog": "AwsDataCatalog", "Database": "connect"});
    let input = json!({"QueryString": "SELECT CONTEXT", "WorkGroup": "connect", "QueryExecutionContext": context});
    let id = start_query(&client, input).await;
    assert_eq!(client.ended(&id).await["QueryExecutionContext"], context);
    let page = client.results(&id).await.ok();
    assert_eq!(texts(&page["ResultSet"]["Rows"][1]), [Some("Some(\"AwsDataCatalog\") Some(\"connect\")")]);
}

#[tokio::test]
async fn managed_results_have_no_file() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let id = start_query(&client, json!({"QueryString": "SELECT ROWS 1", "WorkGroup": "managed"})).await;
    let execution = client.ended(&id).await;
    assert_eq!((&execution["Status"]["State"], execution.get("ResultConfiguration")), (&json!("SUCCEEDED"), None));
    assert_eq!(execution["ManagedQueryResultsConfiguration"]["Enabled"], true);
    assert_eq!(client.results(&id).await.ok()["ResultSet"]["Rows"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_earlier_result_is_reused() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let input = |sql: &str, workgroup: &str, minutes: i64| {
        json!({
            "QueryString": sql,
            "WorkGroup": workgroup,
            "ResultConfiguration": {"OutputLocation": "s3://mine/"},
            "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": true, "MaxAgeInMinutes": minutes}},
        })
    };
    let run = async |input: Value| {
        let execution = client.ended(&start_query(&client, input).await).await;
        let statistics = &execution["Statistics"];
        let reused = statistics["ResultReuseInformation"]["ReusedPreviousResult"].as_bool().unwrap();
        let rows = client.results(execution["QueryExecutionId"].as_str().unwrap()).await.ok();
        assert_eq!(rows["ResultSet"]["Rows"].as_array().unwrap().len(), 3);
        (reused, statistics["DataScannedInBytes"].as_u64().unwrap(), execution["ResultConfiguration"].clone())
    };
    let first = run(input("SELECT ROWS 2", "connect", 60)).await;
    assert_eq!((first.0, first.1), (false, 1_000_000));
    assert_eq!(run(input("SELECT ROWS 2", "connect", 60)).await, (true, 0, first.2));
    assert!(!run(input("SELECT  ROWS 2", "connect", 60)).await.0, "another text");
    for _ in 0..2 {
        assert!(!run(input("SELECT ROWS 2", "primary", 60)).await.0, "the client chose the location");
    }
}

#[tokio::test]
async fn what_cannot_start_says_why() {
    let sandbox = start_with(Options { athena_active_executions: Some(1), ..Options::default().fast() });
    let client = Client::of(&sandbox);
    for (input, message) in [
        (json!({"QueryString": "SELECT 1", "WorkGroup": "none"}), "WorkGroup none is not found."),
        (json!({"QueryString": "SELECT 1"}), "No output location provided."),
        (json!({"QueryString": "SELEC 1", "WorkGroup": "connect"}), "line 1:1: mismatched input 'SELEC'"),
        (json!({"QueryString": "", "WorkGroup": "connect"}), "QueryString"),
        (json!({"QueryString": "x".repeat(262_145), "WorkGroup": "connect"}), "QueryString"),
        (
            json!({"QueryString": "SELECT 1", "WorkGroup": "connect", "ClientRequestToken": "short"}),
            "ClientRequestToken",
        ),
        (
            json!({"QueryString": "SELECT 1", "WorkGroup": "connect", "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": true, "MaxAgeInMinutes": 10_081}}}),
            "MaxAgeInMinutes",
        ),
        (
            json!({"QueryString": "SELECT 1", "ResultConfiguration": {"OutputLocation": "s3://missing-bucket/"}}),
            "Unable to verify/create output bucket missing-bucket",
        ),
    ] {
        let (status, code, text) = client.athena("StartQueryExecution", input).await.error();
        assert_eq!((status, code.as_str()), (400, "InvalidRequestException"), "{text}");
        assert!(text.starts_with(message), "{text}");
    }
    start_query(&client, json!({"QueryString": "SELECT SLOW", "WorkGroup": "connect"})).await;
    let more =
        client.athena("StartQueryExecution", json!({"QueryString": "SELECT ROWS 1", "WorkGroup": "connect"})).await;
    assert_eq!(more.error().1, "TooManyRequestsException");
    let (status, code, _) = client.athena("DeleteWorkGroup", json!({})).await.error();
    assert_eq!((status, code.as_str()), (404, "UnknownOperationException"));
}

#[tokio::test]
async fn canned_results_reach_pages_and_file() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    client
        .can(json!({
            "service": "athena",
            "sql": "SELECT odd",
            "columns": [{"name": "a", "type": "hyperloglog"}, {"name": "b", "type": "uuid"}],
            "rows": [["x,\"y\"", null], ["", "\n"]],
        }))
        .await;
    let execution = client.execute("SELECT odd").await;
    let location = execution["ResultConfiguration"]["OutputLocation"].as_str().unwrap();
    let file = client.send(Call::object("GET", &location.replacen("s3:/", "", 1), &[])).await;
    assert_eq!(file.text(), "\"a\",\"b\"\n\"x,\"\"y\"\"\",\n\"\",\"\n\"\n");
    let page = client.results(execution["QueryExecutionId"].as_str().unwrap()).await.ok();
    assert_eq!(page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"][0]["Type"], "hyperloglog");
    assert_eq!(texts(&page["ResultSet"]["Rows"][1]), [Some("x,\"y\""), None]);
    client
        .can(json!({"service": "athena", "sql": "SELECT broken", "pages": [{"ResultSet": null}, "<not json>"]}))
        .await;
    let id = client.execute("SELECT broken").await["QueryExecutionId"].as_str().unwrap().to_owned();
    let first = client.results(&id).await.ok();
    assert_eq!(first["ResultSet"], Value::Null);
    let second =
        client.athena("GetQueryResults", json!({"QueryExecutionId": id, "NextToken": first["NextToken"]})).await;
    assert_eq!(second.text(), "<not json>");
}
