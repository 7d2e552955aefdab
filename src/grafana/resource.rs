//! Lists for editors, and what a query would do: `GET .../resources/realtime/tables?database=connect` and its siblings, answered with JSON.
//!
//! An error is JSON too: `message` and `error` (the same sentence, under the names that Grafana's two HTTP clients look for),
//! `kind` and `status`.

use std::{borrow::Cow, collections::HashMap, panic::AssertUnwindSafe};

use chrono::Utc;
use futures::FutureExt;
use grafana_plugin_sdk::pluginv2::{CallResourceResponse, StringList};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::{data::panel_of, instance::Instances, wire::CallResourceRequest};
use crate::{
    datasource::{PanelContext, RESOURCES},
    error::{Error, ErrorKind, Result},
    leg::Leg,
    query::Query,
    settings,
};

/// The resource that a query is posted to, to be explained.
const EXPLAIN: &str = "explain";
/// The resource that an entry of the setting `datasets` is posted to, to see what it stands for.
const EXPAND: &str = "expand";

/// The one resource that needs no data source, so that a settings page can offer regions while they are still wrong.
const REGIONS: &str = "regions";

/// Answers one resource request.
pub async fn call(instances: &Instances, request: &CallResourceRequest) -> CallResourceResponse {
    // A query may be longer than an address, so what is told of it is posted; nothing is changed by it.
    let allowed = if [EXPLAIN, EXPAND].contains(&normalised(&request.path).as_str()) { "POST" } else { "GET" };
    let asked = if request.method.is_empty() { "GET" } else { &request.method };
    if !asked.eq_ignore_ascii_case(allowed) {
        let message = format!("This resource is not to be had by {}: use {allowed}.", method_shown(asked));
        let mut response = failure(405, &message, "method_not_allowed");
        response.headers.insert("Allow".to_owned(), StringList { values: vec![allowed.to_owned()] });
        return response;
    }
    let answered = Box::pin(AssertUnwindSafe(answer(instances, request)).catch_unwind()).await;
    let panicked = || Err(Error::internal("Switchboard panicked over this resource; Grafana's log says where."));
    match answered.unwrap_or_else(|_| panicked()) {
        Ok(value) => respond(200, &value),
        Err(error) => failure(error.kind().status(), error.message(), error.kind().name()),
    }
}

async fn answer(instances: &Instances, request: &CallResourceRequest) -> Result<Value> {
    let path = normalised(&request.path);
    if !RESOURCES.contains(&path.as_str()) {
        return Err(Error::new(
            ErrorKind::NotFound,
            format!("There is no such resource. There are: {}.", RESOURCES.join(", ")),
        ));
    }
    if path == REGIONS {
        return Ok(json!(settings::regions()));
    }
    let context = request.plugin_context.clone().unwrap_or_default();
    if path == EXPAND {
        let (entry, leg) = expanded(&request.body)?;
        return instances.get(&context).await?.expand(&entry, leg);
    }
    if path == EXPLAIN {
        let (query, panel) = explained(&request.body)?;
        let explanation = instances.get(&context).await?.explain(&query, &panel)?;
        return serde_json::to_value(&explanation)
            .map_err(|error| Error::internal(format!("The explanation could not be written: {error}.")));
    }
    instances.get(&context).await?.resource(&path, &parameters(&request.url)).await
}

/// What is to be explained: `{query, range: {from, to}, intervalMs, maxDataPoints}`, the range in milliseconds since the epoch.
fn explained(body: &[u8]) -> Result<(Query, PanelContext)> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        query: Value,
        range: Range,
        #[serde(default)]
        interval_ms: f64,
        #[serde(default)]
        max_data_points: f64,
    }
    #[derive(serde::Deserialize)]
    struct Range {
        from: i64,
        to: i64,
    }
    let body: Body = serde_json::from_slice(body).map_err(|error| {
        Error::bad_query(format!(
            "Post {{\"query\": {{...}}, \"range\": {{\"from\": ms, \"to\": ms}}, \"intervalMs\": 60000}} to be explained; see line {}, \
             column {} of what was posted.",
            error.line(),
            error.column()
        ))
    })?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "casts of floats saturate, and the panel refuses what makes no sense"
    )]
    let (interval, points) = (body.interval_ms as i64, body.max_data_points as i64);
    let query = Query::from_json(body.query.to_string().as_bytes())?;
    Ok((query, panel_of(body.range.from, body.range.to, interval, points, Utc::now())?))
}

/// What is to be expanded: `{dataset, leg}`, the dataset as an entry of the setting.
fn expanded(body: &[u8]) -> Result<(Value, Leg)> {
    #[derive(serde::Deserialize)]
    struct Body {
        dataset: Value,
        leg: Leg,
    }
    let Body { dataset, leg } = serde_json::from_slice(body).map_err(|_| {
        Error::bad_query(r#"Post {"dataset": an entry of the setting datasets, "leg": "realtime" or "historical"}."#)
    })?;
    Ok((dataset, leg))
}

/// A method as an error shows it: anybody may send anything.
fn method_shown(method: &str) -> String {
    method.chars().filter(char::is_ascii_alphanumeric).take(10).collect()
}

/// The path without its optional slashes, percent-encoding and query string.
fn normalised(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let segments: Vec<Cow<'_, str>> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy())
        .collect();
    segments.join("/")
}

fn parameters(url: &str) -> Vec<(String, String)> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let query = query.split('#').next().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn respond(code: u16, body: &Value) -> CallResourceResponse {
    let content_type = StringList { values: vec!["application/json".to_owned()] };
    CallResourceResponse {
        code: i32::from(code),
        headers: HashMap::from([("Content-Type".to_owned(), content_type)]),
        body: body.to_string().into(),
    }
}

fn failure(status: u16, message: &str, kind: &str) -> CallResourceResponse {
    respond(status, &json!({"error": message, "message": message, "kind": kind, "status": status}))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(method: &str, path: &str) -> (i32, Value) {
        let instances = Instances::new(std::sync::Arc::default());
        let request = CallResourceRequest {
            method: method.to_owned(),
            path: path.to_owned(),
            url: path.to_owned(),
            ..CallResourceRequest::default()
        };
        let response = call(&instances, &request).now_or_never().expect("answered without AWS");
        assert_eq!(response.headers["Content-Type"].values, ["application/json"]);
        (response.code, serde_json::from_slice(&response.body).unwrap())
    }

    #[test]
    fn regions_need_no_data_source() {
        for path in ["regions", "/regions", "regions/", "regions?x=1", "%72egions"] {
            let (code, body) = get("GET", path);
            assert_eq!(code, 200, "{path}: {body}");
            let regions = body.as_array().unwrap();
            assert!(regions.iter().any(|region| region["name"] == "eu-west-2" && region["timestream"] == false));
        }
    }

    #[test]
    fn an_unknown_path_lists_those_that_exist() {
        for path in
            ["", "/", "tables", "realtime", "realtime/../regions", "realtime/tables/x", "REGIONS", "%ff/%00", "région"]
        {
            let (code, body) = get("GET", path);
            assert_eq!((code, &body["kind"]), (404, &json!("not_found")), "{path}");
            assert!(body["message"].as_str().unwrap().contains("realtime/tables, "), "{body}");
            assert_eq!(body["status"], 404);
            assert_eq!(body["error"], body["message"]);
        }
    }

    #[test]
    fn resources_are_read_only() {
        for method in ["POST", "PUT", "DELETE", "PATCH", "HEAD", "x"] {
            assert_eq!(get(method, "regions").0, 405, "{method}");
        }
        assert_eq!(get("get", "regions").0, 200);
        assert_eq!(get("", "regions").0, 200);
    }

    #[test]
    fn a_query_is_posted_to_be_explained() {
        assert_eq!((get("GET", "explain").0, get("GET", "expand").0), (405, 405));
        let asked = json!({"dataset": {"template": "contacts"}, "leg": "historical"}).to_string();
        assert_eq!(expanded(asked.as_bytes()).unwrap().1, Leg::Historical);
        assert!(expanded(br#"{"dataset": 1, "leg": "third"}"#).unwrap_err().message().contains("Post"));
        let query = json!({"sql": "SELECT 1", "route": "realtime"});
        let asked = json!({"query": query, "range": {"from": 0, "to": 60_000}, "intervalMs": 1_500.5});
        let (query, panel) = explained(asked.to_string().as_bytes()).unwrap();
        assert_eq!((query.sql.as_str(), panel.range.to.timestamp()), ("SELECT 1", 60));
        assert_eq!(panel.interval.as_millis(), 1_500);
        for (body, says) in [
            ("", "to be explained"),
            ("{}", "to be explained"),
            (r#"{"query": {}, "range": {"from": 0, "to": 1}}"#, "no SQL"),
            (r#"{"query": {"sql": "SELECT 1"}, "range": {"from": 2, "to": 1}}"#, "ends before it begins"),
            (r#"{"query": {"sql": "SELECT 1"}, "range": {"from": "now-1h", "to": 1}}"#, "to be explained"),
        ] {
            let error = explained(body.as_bytes()).unwrap_err();
            assert!(error.message().contains(says), "{body}: {error}");
        }
    }

    #[test]
    fn a_resource_of_a_leg_needs_a_data_source() {
        let (code, body) = get("GET", "realtime/tables");
        assert_eq!((code, &body["kind"]), (400, &json!("bad_settings")));
    }

    #[test]
    fn parameters_are_decoded() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        for (url, expected) in [
            ("tables", vec![]),
            ("tables?", vec![]),
            ("tables?database=a+b%2Fc#x", vec![pair("database", "a b/c")]),
            ("tables?a=1&a=2&b", vec![pair("a", "1"), pair("a", "2"), pair("b", "")]),
            ("tables?a=%ff%zz", vec![pair("a", "\u{fffd}%zz")]),
        ] {
            assert_eq!(parameters(url), expected, "{url}");
        }
    }
}
