//! Lists for editors: `GET .../resources/realtime/tables?database=connect` and its siblings, answered with JSON.
//!
//! An error is JSON too: `message` and `error` (the same sentence, under the names that Grafana's two HTTP clients look for),
//! `kind` and `status`.

use std::{borrow::Cow, collections::HashMap, panic::AssertUnwindSafe};

use futures::FutureExt;
use grafana_plugin_sdk::pluginv2::{CallResourceResponse, StringList};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::{instance::Instances, wire::CallResourceRequest};
use crate::{
    datasource::RESOURCES,
    error::{Error, ErrorKind, Result},
    settings,
};

/// The one resource that needs no data source, so that a settings page can offer regions while they are still wrong.
const REGIONS: &str = "regions";

/// Answers one resource request.
pub async fn call(instances: &Instances, request: &CallResourceRequest) -> CallResourceResponse {
    if !request.method.is_empty() && !request.method.eq_ignore_ascii_case("GET") {
        let message = "Resources can only be read: use GET.";
        let mut response = failure(405, message, "method_not_allowed");
        response.headers.insert("Allow".to_owned(), StringList { values: vec!["GET".to_owned()] });
        return response;
    }
    let answered = AssertUnwindSafe(answer(instances, request)).catch_unwind().await;
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
    instances.get(&context).await?.resource(&path, &parameters(&request.url)).await
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
