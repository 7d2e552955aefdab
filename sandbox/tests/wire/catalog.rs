//! Workgroups and the data catalog, page by page.

use sandbox::wire::Options;
use serde_json::{Value, json};

use crate::client::{Client, start, start_with};

/// Every entry of a list, and how many pages it took.
async fn list(client: &Client, operation: &str, input: Value, name: &str) -> (Vec<Value>, usize) {
    let (mut entries, mut pages, mut token) = (Vec::new(), 0, None);
    loop {
        let mut input = input.clone();
        if let Some(token) = &token {
            input["NextToken"] = json!(token);
        }
        let page = client.athena(operation, input).await.ok();
        entries.extend(page[name].as_array().unwrap().clone());
        pages += 1;
        token = page.get("NextToken").and_then(Value::as_str).map(str::to_owned);
        if token.is_none() {
            return (entries, pages);
        }
    }
}

#[tokio::test]
async fn lists_are_paged_to_their_end() {
    let sandbox = start_with(Options { catalog_page_size: 2, ..Options::default() });
    let client = Client::of(&sandbox);
    let connect = json!({"CatalogName": "AwsDataCatalog", "DatabaseName": "connect", "MaxResults": 1});
    for (operation, input, name, key, expected, expected_pages) in [
        ("ListWorkGroups", json!({}), "WorkGroups", "Name", vec!["primary", "connect", "managed"], 2),
        ("ListDataCatalogs", json!({}), "DataCatalogsSummary", "CatalogName", vec!["AwsDataCatalog"], 1),
        (
            "ListDatabases",
            json!({"CatalogName": "AwsDataCatalog"}),
            "DatabaseList",
            "Name",
            vec!["archive", "connect", "default"],
            2,
        ),
        ("ListTableMetadata", connect, "TableMetadataList", "Name", vec!["agent_events", "contacts"], 2),
    ] {
        let (entries, pages) = list(&client, operation, input, name).await;
        let names: Vec<_> = entries.iter().map(|entry| entry[key].as_str().unwrap()).collect();
        assert_eq!((names, pages), (expected, expected_pages), "{operation}");
    }
}

#[tokio::test]
async fn workgroups_tell_where_results_go() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    for (name, enforced, location, managed) in [
        ("primary", false, Value::Null, false),
        ("connect", true, json!("s3://sandbox-athena-results/connect/"), false),
        ("managed", true, Value::Null, true),
    ] {
        let workgroup = client.athena("GetWorkGroup", json!({"WorkGroup": name})).await.ok();
        let configuration = &workgroup["WorkGroup"]["Configuration"];
        assert_eq!(configuration["EnforceWorkGroupConfiguration"], enforced);
        assert_eq!(configuration["ResultConfiguration"]["OutputLocation"], location);
        assert_eq!(configuration["ManagedQueryResultsConfiguration"]["Enabled"], managed);
        assert_eq!(configuration["EngineVersion"]["EffectiveEngineVersion"], "Athena engine version 3");
    }
}

#[tokio::test]
async fn a_table_has_columns_and_partition_keys() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let input = json!({"CatalogName": "AwsDataCatalog", "DatabaseName": "connect", "TableName": "contacts"});
    let table = client.athena("GetTableMetadata", input).await.ok();
    let table = &table["TableMetadata"];
    assert_eq!(table["Columns"], json!([{"Name": "queue", "Type": "string"}, {"Name": "handled", "Type": "int"}]));
    assert_eq!(table["PartitionKeys"], json!([{"Name": "year", "Type": "string"}]));
    let input = json!({"CatalogName": "AwsDataCatalog", "DatabaseName": "connect", "Expression": "cont.*"});
    let (tables, _) = list(&client, "ListTableMetadata", input, "TableMetadataList").await;
    assert_eq!(tables.len(), 1);
    let catalog = client.athena("GetDataCatalog", json!({"Name": "AwsDataCatalog"})).await.ok();
    assert_eq!(catalog["DataCatalog"]["Type"], "GLUE");
    let input = json!({"CatalogName": "AwsDataCatalog", "DatabaseName": "connect"});
    assert_eq!(client.athena("GetDatabase", input).await.ok()["Database"]["Name"], "connect");
}

#[tokio::test]
async fn executions_are_listed_youngest_first() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let mut ids = Vec::new();
    for sql in ["SELECT ROWS 1", "SELECT ROWS 2"] {
        ids.insert(0, client.execute(sql).await["QueryExecutionId"].clone());
    }
    let listed = client.athena("ListQueryExecutions", json!({"WorkGroup": "connect"})).await.ok();
    assert_eq!(listed["QueryExecutionIds"], json!(ids));
    let other = client.athena("ListQueryExecutions", json!({})).await.ok();
    assert_eq!(other["QueryExecutionIds"], json!([]));
}

#[tokio::test]
async fn what_is_not_there_is_said_so() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let catalog = "AwsDataCatalog";
    for (operation, input, code, message) in [
        ("GetWorkGroup", json!({"WorkGroup": "none"}), "InvalidRequestException", "WorkGroup none is not found."),
        ("GetWorkGroup", json!({}), "InvalidRequestException", "WorkGroup is required."),
        ("GetDataCatalog", json!({"Name": "none"}), "InvalidRequestException", "none"),
        ("ListDatabases", json!({"CatalogName": "none"}), "InvalidRequestException", "none"),
        (
            "ListTableMetadata",
            json!({"CatalogName": catalog, "DatabaseName": "none"}),
            "MetadataException",
            "Database none not found",
        ),
        (
            "GetTableMetadata",
            json!({"CatalogName": catalog, "DatabaseName": "connect", "TableName": "none"}),
            "MetadataException",
            "Table none not found",
        ),
        ("ListWorkGroups", json!({"NextToken": "made up"}), "InvalidRequestException", "token"),
        ("ListWorkGroups", json!({"MaxResults": 0}), "InvalidRequestException", "MaxResults"),
    ] {
        let (status, actual, text) = client.athena(operation, input).await.error();
        assert_eq!((status, actual.as_str()), (400, code), "{operation}: {text}");
        assert!(text.contains(message), "{text}");
    }
}
