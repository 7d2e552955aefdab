//! The built binary as Grafana's host sees it: handshake, health, queries that are wrong in every way, the end.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod aws;
mod host;
mod lifecycle;
mod malformed;
mod manifest;
mod secrets;

use std::collections::HashMap;

use grafana_plugin_sdk::pluginv2;
use serde_json::Value;
use switchboard::grafana::wire;

use host::Host;

/// Full name of the method that answers panel queries.
const QUERY_DATA: &str = "/pluginv2.Data/QueryData";
/// Full name of the method that answers "Save & test".
const CHECK_HEALTH: &str = "/pluginv2.Diagnostics/CheckHealth";
/// Full name of the method that answers resources.
const CALL_RESOURCE: &str = "/pluginv2.Resource/CallResource";

/// A data source with these settings.
fn context(json_data: impl Into<Vec<u8>>, secure: &[(&str, &str)]) -> wire::PluginContext {
    wire::PluginContext {
        org_id: 1,
        data_source: Some(wire::DataSourceInstanceSettings {
            id: 1,
            uid: "switchboard".to_owned(),
            json_data: json_data.into(),
            decrypted_secure_json_data: secure.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            last_updated_ms: 1_700_000_000_000,
            ..wire::DataSourceInstanceSettings::default()
        }),
        ..wire::PluginContext::default()
    }
}

/// Keys that AWS would accept, as far as anybody can tell.
const KEYS: [(&str, &str); 2] = [("accessKey", "AKIAIOSFODNN7EXAMPLE"), ("secretKey", "correct-horse-battery")];

/// Settings whose legs ask `endpoint`, by keys.
fn settings(endpoint: &str) -> Value {
    serde_json::json!({
        "authType": "keys",
        "realtime": {"endpoint": endpoint},
        "historical": {"endpoint": endpoint, "outputLocation": "s3://results/"},
        "limits": {"timeoutSeconds": 20},
    })
}

/// One panel query over an hour.
fn query(ref_id: &str, json: impl Into<Vec<u8>>) -> pluginv2::DataQuery {
    pluginv2::DataQuery {
        ref_id: ref_id.to_owned(),
        max_data_points: 1_000,
        interval_ms: 30_000,
        time_range: Some(pluginv2::TimeRange { from_epoch_ms: 1_700_000_000_000, to_epoch_ms: 1_700_003_600_000 }),
        json: json.into(),
        query_type: String::new(),
    }
}

/// Asks panel queries and returns their answers by refId.
async fn ask(
    host: &Host,
    context: wire::PluginContext,
    queries: Vec<pluginv2::DataQuery>,
) -> Result<HashMap<String, wire::DataResponse>, tonic::Status> {
    let request = wire::QueryDataRequest { plugin_context: Some(context), headers: HashMap::new(), queries };
    let response: wire::QueryDataResponse = host.call(QUERY_DATA, request).await?;
    Ok(response.responses)
}
