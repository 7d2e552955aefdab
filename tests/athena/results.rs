//! What is read: every type over the wire, pages, lists, costs.

use std::{sync::Arc, time::Duration};

use ::sandbox::{
    engine::{Column, Output, QueryContext, QueryError, Service, SqlType},
    wire::{Backend, Options},
};
use arrow::{
    array::{Array, ArrayRef, Int32Array, RecordBatch, StringArray},
    util::display::{ArrayFormatter, FormatOptions},
};
use async_trait::async_trait;
use serde_json::{Value, json};
use switchboard::{
    engine::{Answer, Budget, Engine, Statement},
    error::ErrorKind,
    notice::Severity,
};
use tokio::time::Instant;

use crate::sandbox::{LIMIT, Running, run, statement};

fn show(answer: &Answer) -> Vec<Vec<String>> {
    let options = FormatOptions::new().with_null("NULL");
    let batch = &answer.batch;
    let columns: Vec<_> =
        batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
    (0..batch.num_rows()).map(|row| columns.iter().map(|column| column.value(row).to_string()).collect()).collect()
}

#[tokio::test]
async fn every_type_crosses_the_wire() {
    let sandbox = Running::fast();
    let columns = [
        ("yes", "boolean", "true", "true"),
        ("small", "tinyint", "-7", "-7"),
        ("medium", "integer", "2147483647", "2147483647"),
        ("big", "bigint", "9007199254740993", "9007199254740993"),
        ("real", "float", "1.1", "1.1"),
        ("nan", "double", "NaN", "NaN"),
        ("price", "decimal", "12.50", "12.5"),
        ("day", "date", "2026-01-31", "2026-01-31T00:00:00"),
        ("at", "time", "09:30:15.123", "1970-01-01T09:30:15.123"),
        ("moment", "timestamp", "2026-01-31 09:30:15.123456", "2026-01-31T09:30:15.123456"),
        ("there", "timestamp with time zone", "2026-07-31 09:30:15.123 Europe/London", "2026-07-31T08:30:15.123"),
        ("empty", "varchar", "", ""),
        ("bytes", "varbinary", "00 ff", "00 ff"),
        ("id", "uuid", "12151fd2-7586-11e9-8f9e-2a86e4085a59", "12151fd2-7586-11e9-8f9e-2a86e4085a59"),
        ("list", "array", "[1, 2]", "[1, 2]"),
        ("odd", "a type of next year", "x", "x"),
    ];
    let types: Vec<_> = columns.iter().map(|(name, kind, ..)| (*name, *kind)).collect();
    let texts: Vec<_> = columns.iter().map(|(_, _, text, _)| json!(text)).collect();
    let nulls = vec![Value::Null; columns.len()];
    sandbox.can("SELECT everything", &types, json!([texts, nulls])).await;

    let answer = run(&sandbox.athena(json!({})).await, "SELECT everything").await.unwrap();

    let meanings: Vec<_> = columns.iter().map(|(.., meaning)| (*meaning).to_owned()).collect();
    assert_eq!(show(&answer), [meanings, vec!["NULL".to_owned(); columns.len()]]);
    assert_eq!(answer.notices, []);
}

#[tokio::test]
async fn all_pages_are_read_and_empty_ones_passed_over() {
    let sandbox = Running::fast();
    let rows: Vec<_> = (0..2500).map(|n| json!([n.to_string()])).collect();
    sandbox.can("SELECT n", &[("n", "integer")], json!(rows)).await;
    sandbox.fault(json!({ "kind": "empty_pages", "times": 3, "after": 1 })).await;
    let answer = run(&sandbox.athena(json!({})).await, "SELECT n").await.unwrap();

    let numbers = answer.batch.column(0).as_any().downcast_ref::<Int32Array>().unwrap();
    assert_eq!(numbers.values().to_vec(), (0..2500).collect::<Vec<_>>());
    assert_eq!((answer.cost.rows, answer.cost.pages), (2500, 6));
    assert_eq!((answer.cost.bytes_scanned, answer.cost.bytes_metered), (12_345_678, 13_000_000));
    let calls = sandbox.calls("GetQueryResults").await;
    assert_eq!((calls.count, calls.regions), (6, vec!["eu-west-2".to_owned()]));
}

#[tokio::test]
async fn a_limit_cuts_and_says_so() {
    let sandbox = Running::fast();
    let rows: Vec<_> = (0..2500).map(|n| json!([n.to_string()])).collect();
    sandbox.can("SELECT n", &[("n", "integer")], json!(rows)).await;
    let athena = sandbox.athena(json!({})).await;
    for (max_rows, pages, cut) in [(10, 1, true), (999, 2, true), (2499, 3, true), (2500, 3, false)] {
        let budget = Budget { max_rows, deadline: Instant::now() + LIMIT };
        let answer = athena.run(&statement("SELECT n"), &budget).await.unwrap();
        assert_eq!((answer.batch.num_rows(), answer.cost.pages), (max_rows, pages));
        let warned = answer.notices.iter().any(|notice| notice.severity == Severity::Warning);
        assert_eq!(warned, cut, "{max_rows}: {:?}", answer.notices);
    }
}

#[tokio::test]
async fn a_row_like_the_header_is_data() {
    let sandbox = Running::fast();
    sandbox.can("SELECT name", &[("name", "varchar")], json!([["name"], ["name"], ["x"]])).await;
    let answer = run(&sandbox.athena(json!({})).await, "SELECT name").await.unwrap();
    assert_eq!(show(&answer), [["name"], ["name"], ["x"]]);
}

#[tokio::test]
async fn show_has_no_header_to_take_off() {
    let sandbox = Running::fast();
    sandbox.can("SHOW TABLES", &[("tab_name", "string")], json!([["tab_name"], ["contacts"]])).await;
    let answer = run(&sandbox.athena(json!({})).await, "SHOW TABLES").await.unwrap();
    assert_eq!(show(&answer), [["tab_name"], ["contacts"]]);
    assert_eq!(answer.cost.bytes_metered, 0, "listing is free");
}

#[tokio::test]
async fn a_reused_result_is_told_and_free() {
    let sandbox = Running::fast();
    sandbox.can("SELECT 7", &[("n", "integer")], json!([["7"]])).await;
    let athena = sandbox.athena(json!({})).await;
    let reusable = Statement { reuse: Some(Duration::from_hours(1)), ..statement("SELECT 7") };
    for (statement, reused) in [(&reusable, false), (&reusable, true), (&statement("SELECT 7"), false)] {
        let budget = Budget { max_rows: 10, deadline: Instant::now() + LIMIT };
        let answer = athena.run(statement, &budget).await.unwrap();
        assert_eq!((answer.cost.reused, answer.cost.bytes_metered == 0), (reused, reused), "{statement:?}");
        assert_eq!(show(&answer), [["7"]]);
    }
}

/// One database of many tables, and a table to describe.
#[derive(Debug)]
struct Tables;

#[async_trait]
impl Backend for Tables {
    async fn query(&self, _: Service, sql: &str, _: &QueryContext) -> Result<Output, QueryError> {
        let column = |name: &str| Column { name: Some(name.to_owned()), sql_type: SqlType::Varchar, partition: false };
        let texts = |texts: [&str; 2]| Arc::new(StringArray::from_iter_values(texts)) as ArrayRef;
        match sql {
            "DESCRIBE contacts" => Ok(Output {
                columns: ["col_name", "data_type", "comment"].map(column).to_vec(),
                batches: vec![
                    RecordBatch::try_from_iter([
                        ("a", texts(["queue", "year"])),
                        ("b", texts(["string", "int"])),
                        ("c", texts(["", "partition"])),
                    ])
                    .unwrap(),
                ],
                bytes_scanned: 0,
            }),
            _ => Err(QueryError::Syntax { line: 1, column: 8, message: "mismatched input 'FORM'".to_owned() }),
        }
    }

    fn databases(&self, _: Service) -> Vec<String> {
        vec!["connect".to_owned()]
    }

    fn tables(&self, _: Service, _: &str) -> Vec<String> {
        (0..7).map(|number| format!("table_{number}")).collect()
    }

    fn columns(&self, _: Service, _: &str, table: &str) -> Option<Vec<Column>> {
        let column = |name: &str, sql_type, partition| Column { name: Some(name.to_owned()), sql_type, partition };
        (table != "nowhere")
            .then(|| vec![column("queue", SqlType::Varchar, false), column("year", SqlType::Integer, true)])
    }
}

fn tables() -> Running {
    Running::start(Options { catalog_page_size: 3, ..Options::default().fast() }, Some(Arc::new(Tables)))
}

#[tokio::test]
async fn describe_fills_its_columns() {
    let sandbox = tables();
    let answer = run(&sandbox.athena(json!({})).await, "DESCRIBE contacts").await.unwrap();
    assert_eq!(show(&answer), [["queue", "string", ""], ["year", "int", "partition"]]);
}

#[tokio::test]
async fn a_statement_that_does_not_parse_is_the_statements_fault() {
    let sandbox = tables();
    let error = run(&sandbox.athena(json!({})).await, "SELECT 1 FORM t").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert!(error.message().contains("mismatched input 'FORM'"), "{error}");
}

#[tokio::test]
async fn lists_are_whole() {
    let sandbox = tables();
    let athena = sandbox.athena(json!({})).await;
    assert_eq!(athena.catalogs().await.unwrap(), ["AwsDataCatalog"]);
    assert_eq!(athena.databases(None).await.unwrap(), ["connect"]);
    assert_eq!(athena.tables(None, None).await.unwrap().len(), 7);
    assert_eq!(athena.tables(None, None).await.unwrap().len(), 7);
    assert_eq!(sandbox.calls("ListTableMetadata").await.count, 3, "three pages, once");
    let columns = athena.columns(None, None, "contacts").await.unwrap();
    let columns: Vec<_> = columns.iter().map(|c| (c.name.as_str(), c.data_type.as_str(), c.role)).collect();
    assert_eq!(columns, [("queue", "string", "column"), ("year", "int", "partition")]);
    assert!(athena.workgroups().await.unwrap().contains(&"primary".to_owned()));
    let error = athena.columns(None, None, "nowhere").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

#[tokio::test]
async fn each_workgroup_is_used_as_it_wants() {
    let sandbox = Running::fast();
    sandbox.can("SELECT 7", &[("n", "integer")], json!([["7"]])).await;
    for (workgroup, output, location) in [
        ("connect", None, Some("s3://sandbox-athena-results/connect/")),
        ("connect", Some("s3://mine/"), Some("s3://sandbox-athena-results/connect/")),
        ("primary", Some("s3://mine/"), Some("s3://mine/")),
        ("managed", Some("s3://mine/"), None),
    ] {
        let athena = sandbox.athena(json!({ "workgroup": workgroup, "outputLocation": output })).await;
        let answer = run(&athena, "SELECT 7").await.unwrap();
        let id = answer.cost.execution_ids.first().unwrap();
        let executions = sandbox.executions().await;
        let execution = executions.iter().find(|execution| execution["id"] == json!(id)).unwrap();
        let written = execution["outputLocation"].as_str();
        match location {
            Some(location) => {
                assert!(written.is_some_and(|written| written.starts_with(location)), "{workgroup}: {written:?}");
            }
            None => assert_eq!(written, None, "{workgroup}"),
        }
    }
}
