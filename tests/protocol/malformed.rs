//! `tests/malformed/requests.json`: requests that are wrong, each in one way, and what the answer must name.
//!
//! A case has `query` (an object, or a text that is sent as it is) or `settings` (likewise), and `says`: texts that the error
//! must contain. What a case leaves out is right.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{KEYS, ask, context, host::Host, query, settings};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(default)]
    query: Option<Value>,
    #[serde(default)]
    settings: Option<Value>,
    #[serde(default)]
    secure: Option<std::collections::HashMap<String, String>>,
    says: Vec<String>,
}

/// A text is sent as it is, so that a case can be something that is not JSON.
fn raw(value: &Value) -> Vec<u8> {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned).into_bytes()
}

#[tokio::test]
async fn every_malformed_request_gets_a_clear_error() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../malformed/requests.json")).unwrap();
    assert!(cases.len() >= 100, "only {} cases", cases.len());
    // Nothing listens there: a request that is let through fails with another status.
    let good_settings = settings("http://127.0.0.1:1");
    let good_query = json!({"route": "realtime", "sql": "SELECT 1"});
    let mut host = Host::start(&[]).await;
    let mut wrong = Vec::new();
    for case in &cases {
        let secure = case.secure.clone().unwrap_or_else(|| KEYS.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
        let secure: Vec<(&str, &str)> = secure.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let context = context(raw(case.settings.as_ref().unwrap_or(&good_settings)), &secure);
        let asked = vec![query("A", raw(case.query.as_ref().unwrap_or(&good_query)))];
        let answers = ask(&host, context, asked).await.unwrap();
        let answer = &answers["A"];
        let told = case.says.iter().all(|text| answer.error.contains(text));
        // A sentence, or one that begins with the name of what is wrong.
        let opening = answer.error.starts_with(|first: char| first.is_uppercase() || first == '$')
            || answer.error.starts_with("jsonData ");
        let sentence = opening && (20..1_000).contains(&answer.error.len());
        if !(answer.status == 400
            && answer.error_source == "downstream"
            && told
            && sentence
            && answer.frames.is_empty())
        {
            let shown = case.query.as_ref().or(case.settings.as_ref()).map(ToString::to_string);
            wrong.push(format!("{}\n  wants {:?}\n  gets {answer:?}", shown.unwrap_or_default(), case.says));
        }
    }
    assert!(host.is_running());
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(!host.output().contains("Panic"), "{}", host.output());
}
