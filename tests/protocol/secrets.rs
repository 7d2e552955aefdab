//! Secrets go into requests to AWS as signatures and headers, and nowhere else: not into a log line at any level, not
//! into an answer, however wrong the settings are.

use std::time::Duration;

use grafana_plugin_sdk::pluginv2;
use serde_json::json;
use switchboard::grafana::wire::{CallResourceRequest, CheckHealthRequest, PluginContext};

use crate::{CALL_RESOURCE, CHECK_HEALTH, ask, aws, context, host::Host, query, settings};

/// A piece that all the secrets of this test have in common and nothing else has.
const MARK: &str = "hunter2-MARK";

fn secrets() -> [(&'static str, &'static str); 5] {
    [
        ("accessKey", "AKIA-hunter2-MARK-access"),
        ("secretKey", "hunter2-MARK-secret"),
        ("sessionToken", "hunter2-MARK-token"),
        ("password", "hunter2-MARK-unknown"),
        ("", "hunter2-MARK-nameless"),
    ]
}

/// Settings that are right, and settings that are wrong beside, around and instead of a secret.
async fn all_settings() -> Vec<String> {
    let mut all = vec![
        settings(&aws::start(Some(Duration::ZERO)).await).to_string(),
        settings("http://127.0.0.1:1").to_string(),
        json!({"authType": "keys", "secretKey": MARK}).to_string(),
        json!({"authType": "keys", "password": MARK}).to_string(),
        json!({"authType": "keys", "secureJsonData": {"secretKey": MARK}}).to_string(),
        json!({"authType": "keys", "realtime": MARK}).to_string(),
        json!({"authType": "keys", "realtime": {"secretKey": MARK}}).to_string(),
        json!({"authType": "keys", "limits": {"maxRows": MARK}}).to_string(),
        json!({"authType": "keys", "realtime": {"region": "eu-west-2"}}).to_string(),
        json!([MARK]).to_string(),
    ];
    let malformed =
        ["{MARK", "{\"authType\":\"keys\",\"secretKey\":\"MARK", "\"MARK\"", "{\"secretKey\": MARK}", "MARK\u{0}"];
    all.extend(malformed.map(|text| text.replace("MARK", MARK)));
    all
}

#[tokio::test]
async fn no_secret_in_any_log_line_or_answer() {
    let host = Host::start(&[("RUST_LOG", "trace")]).await;
    let mut answers = Vec::new();
    for json_data in all_settings().await {
        let context = context(json_data, &secrets());
        let panels = ["realtime", "historical"]
            .map(|route| query(route, json!({"route": route, "sql": "SELECT 1"}).to_string()));
        let answer = ask(&host, context.clone(), panels.to_vec()).await;
        answers.push(format!("{answer:?}"));
        answers.push(health(&host, context.clone()).await);
        answers.push(tables(&host, context).await);
    }
    let answers = answers.join("\n");
    assert!(!answers.contains(MARK), "an answer shows a secret: {}", around(&answers));
    let logged = host.output();
    assert!(logged.contains(r#""@level":"DEBUG""#), "debug lines are on: {logged}");
    assert!(!logged.contains(MARK), "a log line shows a secret: {}", around(&logged));
    for line in logged.lines() {
        let read: serde_json::Value = serde_json::from_str(line).expect("a log line that Grafana reads");
        let own = read["target"].as_str().is_some_and(|target| target.starts_with("switchboard::"));
        let quiet = ["DEBUG", "TRACE"].iter().all(|level| read["@level"] != *level);
        assert!(own || quiet, "a library logs requests: {line}");
    }
}

async fn health(host: &Host, context: PluginContext) -> String {
    let request = CheckHealthRequest { plugin_context: Some(context) };
    let answer = host.call::<_, pluginv2::CheckHealthResponse>(CHECK_HEALTH, request).await;
    let details = answer.as_ref().map(|answer| String::from_utf8_lossy(&answer.json_details).into_owned());
    format!("{answer:?} {details:?}")
}

async fn tables(host: &Host, context: PluginContext) -> String {
    let path = "realtime/databases".to_owned();
    let request = CallResourceRequest { plugin_context: Some(context), url: path.clone(), path, ..Default::default() };
    let answer = host.call_stream::<_, pluginv2::CallResourceResponse>(CALL_RESOURCE, request).await;
    let body = answer.as_ref().map(|answer| String::from_utf8_lossy(&answer.body).into_owned());
    format!("{body:?}")
}

fn around(text: &str) -> &str {
    text.lines().find(|line| line.contains(MARK)).unwrap_or_default()
}
