//! The answer to "Save & test": each leg checked, and told leg by leg, as a sentence and as JSON.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use grafana_plugin_sdk::pluginv2::{CheckHealthResponse, check_health_response::HealthStatus};
use serde_json::{Map, Value, json};

use super::{instance::Instances, wire::CheckHealthRequest};
use crate::{
    datasource::{DatasetHealth, Report},
    engine::Health,
    error::{Error, ErrorKind},
    leg::Leg,
};

/// Checks the data source that the request is about. Wrong settings are an answer, not a failed call.
pub async fn check(instances: &Instances, request: &CheckHealthRequest) -> CheckHealthResponse {
    let context = request.plugin_context.clone().unwrap_or_default();
    if context.data_source.is_none() {
        let message =
            concat!("Switchboard ", env!("CARGO_PKG_VERSION"), " is running. Test a data source to check its legs.");
        return respond(HealthStatus::Unknown, message, &json!({}));
    }
    let checked = async { Ok(instances.get(&context).await?.health().await) };
    let panicked = || Err(Error::internal("Switchboard panicked over this check; Grafana's log says where."));
    match AssertUnwindSafe(checked).catch_unwind().await.unwrap_or_else(|_| panicked()) {
        Ok(report) => told(&report),
        Err(error) => {
            let details = json!({"verboseMessage": advice(error.kind()), "kind": error.kind().name(), "legs": {}});
            respond(HealthStatus::Error, error.message(), &details)
        }
    }
}

/// What each leg said and what is wrong with datasets, put together: well only if all of it is.
fn told(Report { legs, datasets, warnings }: &Report) -> CheckHealthResponse {
    let failing: Vec<&DatasetHealth> = datasets.iter().filter(|dataset| dataset.outcome.is_err()).collect();
    let well = !legs.is_empty() && legs.iter().all(|leg| leg.outcome.is_ok()) && failing.is_empty();
    let mut sentences: Vec<String> = legs.iter().map(sentence).collect();
    if legs.is_empty() {
        sentences.push("Both legs are switched off.".to_owned());
    }
    sentences.extend(summary(datasets, &failing));
    let mut details: Map<String, Value> = Map::from_iter([
        ("legs".to_owned(), legs.iter().map(|leg| (leg.leg.name().to_owned(), leg_details(leg))).collect()),
        ("datasets".to_owned(), datasets.iter().map(dataset_details).collect()),
        ("warnings".to_owned(), json!(warnings)),
    ]);
    let mut troubles: Vec<String> = legs.iter().filter_map(trouble).collect();
    troubles.extend(failing.iter().filter_map(|dataset| Some(dataset.outcome.as_ref().err()?.message().to_owned())));
    troubles.extend(warnings.iter().cloned());
    if !troubles.is_empty() {
        // Grafana shows this one below the message.
        details.insert("verboseMessage".to_owned(), troubles.join("\n").into());
    }
    respond(if well { HealthStatus::Ok } else { HealthStatus::Error }, &sentences.join(" "), &Value::Object(details))
}

/// How the datasets are, in a sentence; none where there are none.
fn summary(datasets: &[DatasetHealth], failing: &[&DatasetHealth]) -> Option<String> {
    match (datasets, failing) {
        ([], _) => None,
        (_, []) => {
            // What was checked on one leg alone, since the other is off or fails, is said so.
            let mut names: Vec<String> = Vec::new();
            for dataset in datasets {
                let legs: Vec<Leg> =
                    datasets.iter().filter(|other| other.name == dataset.name).map(|other| other.leg).collect();
                let name = match legs.as_slice() {
                    [only] => format!("{} ({only})", dataset.name),
                    _ => dataset.name.clone(),
                };
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            Some(format!("Datasets: {} OK.", names.join(", ")))
        }
        (_, [first, rest @ ..]) => {
            let more =
                if rest.is_empty() { String::new() } else { format!(" And {} more of the datasets fail.", rest.len()) };
            Some(format!("{}{more}", first.outcome.as_ref().err().map_or("", Error::message)))
        }
    }
}

fn dataset_details(dataset: &DatasetHealth) -> Value {
    let mut details = json!({"name": dataset.name, "leg": dataset.leg, "status": "ok"});
    if let Err(error) = &dataset.outcome {
        details["status"] = json!("error");
        details["error"] = json!(error.message());
        details["kind"] = json!(error.kind().name());
        details["advice"] = json!(advice(error.kind()));
    }
    details
}

fn sentence(health: &Health) -> String {
    let leg = match health.leg {
        Leg::Realtime => "Real-time",
        Leg::Historical => "Historical",
    };
    let whereabouts = format!("{leg} leg ({} in {})", health.leg.service(), health.region);
    match &health.outcome {
        Ok(()) => format!("{whereabouts}: OK in {} ms.", health.latency.as_millis()),
        Err(error) => format!("{whereabouts}: {}", error.message()),
    }
}

fn trouble(health: &Health) -> Option<String> {
    let error = health.outcome.as_ref().err().map(|error| advice(error.kind()).to_owned());
    let lines: Vec<String> = error.into_iter().chain(health.warnings.iter().cloned()).collect();
    (!lines.is_empty()).then(|| format!("{}: {}", health.leg, lines.join(" ")))
}

fn leg_details(health: &Health) -> Value {
    let mut details = json!({
        "status": if health.outcome.is_ok() { "ok" } else { "error" },
        "service": health.leg.service(),
        "region": health.region,
        "endpoint": health.endpoint,
        "latencyMs": u64::try_from(health.latency.as_millis()).unwrap_or(u64::MAX),
        "warnings": health.warnings,
    });
    if let Some(version) = &health.version {
        details["version"] = json!(version);
    }
    if let Some(results) = &health.results {
        details["results"] = json!(results);
    }
    if let Err(error) = &health.outcome {
        details["error"] = json!(error.message());
        details["kind"] = json!(error.kind().name());
        details["advice"] = json!(advice(error.kind()));
    }
    details
}

/// Where to look, beyond what the error itself says.
const fn advice(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::BadSettings => "Correct the setting that the message names, then save and test again.",
        ErrorKind::Unauthenticated => {
            "Check authType and what belongs to it (keys, profile, role), that the credentials have not expired, and \
             that the clock of the machine that runs Grafana is right."
        }
        ErrorKind::AccessDenied => {
            "Ask whoever manages the AWS account to allow the action that the message names; the README lists all \
             that each leg needs."
        }
        ErrorKind::NotFound => "Check the names in the settings against the account, and the region that was asked.",
        ErrorKind::Throttled => "Too many calls are being made with this account: wait a minute and test again.",
        ErrorKind::Timeout => "The engine is slow or cannot be reached: check the network between Grafana and AWS.",
        ErrorKind::Unavailable => {
            "Check the endpoint in the settings, and that the machine that runs Grafana may reach it: proxy, firewall, DNS."
        }
        ErrorKind::BadQuery | ErrorKind::Rejected => "The engine refused the check's own query: see the message.",
        ErrorKind::Cancelled => "The check was stopped before it ended: test again.",
        ErrorKind::Internal => {
            "This is a fault in Switchboard: report it with the lines that Grafana's log has for it."
        }
    }
}

fn respond(status: HealthStatus, message: &str, details: &Value) -> CheckHealthResponse {
    CheckHealthResponse {
        status: status.into(),
        message: message.to_owned(),
        json_details: details.to_string().into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn health(leg: Leg, outcome: Result<(), Error>) -> Health {
        Health {
            leg,
            region: "eu-west-1".to_owned(),
            endpoint: "https://example.com".to_owned(),
            version: None,
            latency: Duration::from_millis(120),
            outcome,
            results: Some("page by page: S3 denies it".to_owned()),
            warnings: Vec::new(),
        }
    }

    fn details(response: &CheckHealthResponse) -> Value {
        serde_json::from_slice(&response.json_details).unwrap()
    }

    #[test]
    fn well_is_said_only_when_every_leg_is_well() {
        let denied = || Err(Error::new(ErrorKind::AccessDenied, "The role lacks athena:StartQueryExecution."));
        for (legs, status) in [
            (vec![health(Leg::Realtime, Ok(())), health(Leg::Historical, Ok(()))], HealthStatus::Ok),
            (vec![health(Leg::Historical, Ok(()))], HealthStatus::Ok),
            (vec![health(Leg::Realtime, Ok(())), health(Leg::Historical, denied())], HealthStatus::Error),
            (vec![], HealthStatus::Error),
        ] {
            let report = Report { legs, datasets: Vec::new(), warnings: Vec::new() };
            assert_eq!(told(&report).status(), status, "{report:?}");
        }
    }

    #[test]
    fn each_leg_is_told_apart() {
        let mut realtime = health(Leg::Realtime, Ok(()));
        realtime.version = Some("LiveAnalytics".to_owned());
        realtime.warnings.push("The retention is shorter than the lag.".to_owned());
        let error = Error::new(ErrorKind::AccessDenied, "The role lacks athena:StartQueryExecution.");
        let legs = vec![realtime, health(Leg::Historical, Err(error))];
        let response = told(&Report { legs, datasets: Vec::new(), warnings: Vec::new() });
        assert_eq!(
            response.message,
            "Real-time leg (Timestream in eu-west-1): OK in 120 ms. \
             Historical leg (Athena in eu-west-1): The role lacks athena:StartQueryExecution."
        );
        let details = details(&response);
        let (realtime, historical) = (&details["legs"]["realtime"], &details["legs"]["historical"]);
        assert_eq!(
            (&realtime["status"], &realtime["latencyMs"], &realtime["version"]),
            (&json!("ok"), &json!(120), &json!("LiveAnalytics"))
        );
        assert_eq!(realtime.get("error"), None);
        assert_eq!(historical["results"], "page by page: S3 denies it");
        assert_eq!(historical["status"], "error");
        assert_eq!(historical["kind"], "access_denied");
        assert_eq!(historical["error"], "The role lacks athena:StartQueryExecution.");
        let verbose = details["verboseMessage"].as_str().unwrap();
        assert!(verbose.contains("realtime: The retention") && verbose.contains("historical: Ask"), "{verbose}");
    }

    #[test]
    fn a_dataset_that_fails_is_named() {
        let dataset = |name: &str, leg, outcome| DatasetHealth { name: name.to_owned(), leg, outcome };
        let missing = Error::new(ErrorKind::NotFound, "Dataset calls on the historical leg: there is no table calls.");
        let legs = || vec![health(Leg::Realtime, Ok(())), health(Leg::Historical, Ok(()))];
        let well = vec![dataset("contacts", Leg::Realtime, Ok(())), dataset("contacts", Leg::Historical, Ok(()))];
        let response = told(&Report { legs: legs(), datasets: well, warnings: Vec::new() });
        assert_eq!(response.status(), HealthStatus::Ok);
        assert!(response.message.ends_with("Datasets: contacts OK."), "{}", response.message);

        let datasets =
            vec![dataset("contacts", Leg::Realtime, Ok(())), dataset("calls", Leg::Historical, Err(missing))];
        let response = told(&Report { legs: legs(), datasets, warnings: vec!["Dataset x is left out.".to_owned()] });
        assert_eq!(response.status(), HealthStatus::Error);
        assert!(response.message.contains("there is no table calls"), "{}", response.message);
        let details = details(&response);
        assert_eq!(
            (&details["datasets"][0]["status"], &details["warnings"][0]),
            (&json!("ok"), &json!("Dataset x is left out."))
        );
        assert_eq!(
            (&details["datasets"][1]["kind"], &details["datasets"][1]["leg"]),
            (&json!("not_found"), &json!("historical"))
        );
    }

    #[tokio::test]
    async fn wrong_settings_are_an_answer() {
        let instances = Instances::new(std::sync::Arc::default());
        let request = CheckHealthRequest {
            plugin_context: Some(super::super::wire::PluginContext {
                data_source: Some(super::super::wire::DataSourceInstanceSettings {
                    json_data: b"{\"authTyp\":\"keys\"}".to_vec(),
                    ..Default::default()
                }),
                ..Default::default()
            }),
        };
        let response = check(&instances, &request).await;
        assert_eq!(response.status(), HealthStatus::Error);
        assert!(response.message.contains("authTyp"), "{}", response.message);
        assert_eq!(details(&response)["kind"], "bad_settings");
    }

    #[tokio::test]
    async fn the_plugin_itself_answers_without_a_data_source() {
        let response = check(&Instances::new(std::sync::Arc::default()), &CheckHealthRequest::default()).await;
        assert_eq!(response.status(), HealthStatus::Unknown);
        assert!(response.message.contains(env!("CARGO_PKG_VERSION")));
    }
}
