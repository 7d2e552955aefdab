//! The AWS SDKs themselves against the sandbox: what they sign is accepted, what is sent they read.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig, sts::AssumeRoleProvider};
use aws_sdk_athena::types::{QueryExecutionState, ResultConfiguration};
use aws_sdk_timestreamquery::{operation::query::QueryError, types::ScalarType};
use sandbox::wire::{DEFAULT_ACCESS_KEY, DEFAULT_SECRET_KEY, Options, RunningSandbox};
use serde_json::json;

use crate::client::{Client, start, start_with};

async fn config(sandbox: &RunningSandbox, region: &str) -> SdkConfig {
    let keys = aws_credential_types::Credentials::new(DEFAULT_ACCESS_KEY, DEFAULT_SECRET_KEY, None, None, "test");
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(keys)
        .endpoint_url(sandbox.endpoint())
        .load()
        .await
}

#[tokio::test]
async fn timestream_pages_are_read_by_an_assumed_role() {
    let sandbox = start_with(Options { timestream_page_bytes: 1000, ..Options::default() });
    let base = config(&sandbox, "eu-west-1").await;
    let role = AssumeRoleProvider::builder("arn:aws:iam::000000000000:role/grafana").configure(&base).build().await;
    let assumed = base
        .into_builder()
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(role))
        .build();
    let client = aws_sdk_timestreamquery::Client::new(&assumed);
    let (mut rows, mut pages, mut token) = (0, 0, None);
    loop {
        let page = client.query().query_string("SELECT ROWS 100").set_next_token(token).send().await.unwrap();
        let column = page.column_info()[0].r#type().unwrap();
        assert_eq!(column.scalar_type(), Some(&ScalarType::Bigint));
        rows += page.rows().len();
        pages += 1;
        match page.next_token() {
            Some(next) => token = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(rows, 100);
    assert!(pages > 3, "{pages}");
}

#[tokio::test]
async fn timestream_errors_have_the_sdk_s_own_types() {
    let sandbox = start();
    let client = aws_sdk_timestreamquery::Client::new(&config(&sandbox, "eu-west-1").await);
    let error = client.query().query_string("SELECT nothing").send().await.unwrap_err().into_service_error();
    assert!(matches!(error, QueryError::ValidationException(_)), "{error:?}");
    let away = aws_sdk_timestreamquery::Client::new(&config(&sandbox, "eu-west-2").await);
    let error = away.query().query_string("SELECT ROWS 1").send().await.unwrap_err().into_service_error();
    assert_eq!(error.meta().code(), Some("InvalidSignatureException"));
    assert!(error.meta().message().is_some_and(|message| message.contains("eu-west-2")), "{error:?}");
}

#[tokio::test]
async fn throttling_is_retried_by_the_sdk() {
    let sandbox = start();
    let raw = Client::of(&sandbox);
    raw.fault(json!({"kind": "error", "operation": "Query", "times": 2})).await;
    let client = aws_sdk_timestreamquery::Client::new(&config(&sandbox, "eu-west-1").await);
    client.query().query_string("SELECT ROWS 1").send().await.unwrap();
    assert_eq!(raw.admin("GET", "calls", "").await.ok()["operations"][0]["count"], 3);
}

#[tokio::test]
async fn an_athena_execution_is_followed_to_its_rows() {
    let sandbox = start();
    let client = aws_sdk_athena::Client::new(&config(&sandbox, "eu-west-2").await);
    let output = ResultConfiguration::builder().output_location("s3://mine/").build();
    let started =
        client.start_query_execution().query_string("SELECT TYPES").result_configuration(output).send().await.unwrap();
    let id = started.query_execution_id().unwrap();
    let execution = loop {
        let batch = client.batch_get_query_execution().query_execution_ids(id).send().await.unwrap();
        let execution = batch.query_executions()[0].clone();
        let state = execution.status().and_then(|status| status.state()).unwrap().clone();
        if !matches!(state, QueryExecutionState::Queued | QueryExecutionState::Running) {
            assert_eq!(state, QueryExecutionState::Succeeded);
            break execution;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert!(execution.status().unwrap().completion_date_time().is_some());
    assert_eq!(execution.statistics().unwrap().data_scanned_in_bytes(), Some(123_456));
    let results = client.get_query_results().query_execution_id(id).send().await.unwrap();
    let set = results.result_set().unwrap();
    assert_eq!(set.rows().len(), 3);
    assert_eq!(set.result_set_metadata().unwrap().column_info().len(), set.rows()[1].data().len());
    assert!(set.rows()[2].data().iter().all(|datum| datum.var_char_value().is_none()));
}

#[tokio::test]
async fn athena_s_catalog_and_workgroups_are_read() {
    let sandbox = start_with(Options { catalog_page_size: 1, ..Options::default() });
    let client = aws_sdk_athena::Client::new(&config(&sandbox, "eu-west-2").await);
    let tables = client
        .list_table_metadata()
        .catalog_name("AwsDataCatalog")
        .database_name("connect")
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .unwrap();
    let names: Vec<_> = tables.iter().map(aws_sdk_athena::types::TableMetadata::name).collect();
    assert_eq!(names, ["agent_events", "contacts"]);
    assert_eq!(tables[1].partition_keys()[0].name(), "year");
    let workgroup = client.get_work_group().work_group("managed").send().await.unwrap();
    let configuration = workgroup.work_group().and_then(|workgroup| workgroup.configuration()).unwrap();
    assert!(configuration.managed_query_results_configuration().unwrap().enabled());
    let error = client.get_work_group().work_group("none").send().await.unwrap_err().into_service_error();
    assert!(error.is_invalid_request_exception(), "{error:?}");
}
