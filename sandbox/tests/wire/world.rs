//! The generated contact centre through the wire, read as a client reads it.

use std::sync::Arc;

use sandbox::{
    engine::{World, WorldOptions},
    wire::{Options, Sandbox},
};
use serde_json::{Value, json};

use crate::client::{Call, Client};

#[tokio::test]
async fn both_services_answer_over_one_contact_centre() {
    let options = WorldOptions { seed: 7, agents: 5, days: 2, retention_hours: 6, lag_minutes: 30 };
    let world = World::generate(options, |_| {}).await;
    let sandbox =
        Sandbox::builder().options(Options::default().fast()).backend(Arc::clone(&world) as _).start().unwrap();
    let client = Client::of(&sandbox);

    let tables = client.query("SHOW TABLES FROM connect").await.ok();
    assert!(!tables["Rows"].as_array().unwrap().is_empty());
    let count = client.query("SELECT count(*), ago(5m) FROM connect.contact_records").await.ok();
    assert_eq!(count["ColumnInfo"][0], json!({"Name": "_col0", "Type": {"ScalarType": "BIGINT"}}));
    assert_eq!(count["ColumnInfo"][1]["Type"], json!({"ScalarType": "TIMESTAMP"}));
    assert!(count["Rows"][0]["Data"][0]["ScalarValue"].as_str().unwrap().parse::<u32>().is_ok());

    let execution = client
        .execute("SELECT count(*) AS contacts, TIMESTAMP '2026-01-01 00:00:00' AS at FROM connect.contact_records")
        .await;
    assert_eq!(execution["Status"]["State"], "SUCCEEDED", "{execution}");
    let page = client.results(execution["QueryExecutionId"].as_str().unwrap()).await.ok();
    let row = &page["ResultSet"]["Rows"][1]["Data"];
    assert!(row[0]["VarCharValue"].as_str().unwrap().parse::<u32>().unwrap() > 0);
    // The literal's precision is 0, and so Trino prints no fraction.
    assert_eq!(row[1]["VarCharValue"], "2026-01-01 00:00:00");
    let location = execution["ResultConfiguration"]["OutputLocation"].as_str().unwrap().replacen("s3:/", "", 1);
    let file = client.send(Call::object("GET", &location, &[])).await;
    assert!(file.text().starts_with("\"contacts\",\"at\"\n\""), "{}", file.text());

    let malformed =
        client.athena("StartQueryExecution", json!({"QueryString": "SELEC 1", "WorkGroup": "connect"})).await;
    let (_, code, message) = malformed.error();
    assert_eq!(code, "InvalidRequestException");
    assert!(message.starts_with("line 1:"), "{message}");
    let unknown = client.execute("SELECT nothing FROM connect.contact_records").await;
    assert_eq!(
        (&unknown["Status"]["State"], &unknown["Status"]["AthenaError"]["ErrorCategory"]),
        (&json!("FAILED"), &json!(2))
    );

    for database in world.databases(sandbox::engine::Service::Athena) {
        let input = json!({"CatalogName": "AwsDataCatalog", "DatabaseName": database});
        let tables = client.athena("ListTableMetadata", input).await.ok();
        let of_type = |name: &str| {
            let tables = tables["TableMetadataList"].as_array().unwrap();
            tables.iter().filter(|table| table["TableType"] == name).count()
        };
        assert!(of_type("EXTERNAL_TABLE") > 0, "{tables}");
        let keys: Vec<_> = tables["TableMetadataList"][0]["PartitionKeys"].as_array().unwrap().iter().collect();
        assert!(keys.iter().all(|key| key["Name"].is_string()) && !keys.is_empty());
        assert_ne!(tables["TableMetadataList"][0]["Columns"], Value::Null);
    }
}
