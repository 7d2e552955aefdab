//! The answer to "Save & test": each leg checked, and told leg by leg, as a sentence and as JSON.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use grafana_plugin_sdk::pluginv2::{CheckHealthResponse, check_health_response::HealthStatus};
use serde_json::{Map, Value, json};

use super::{instance::Instances, wire::CheckHealthRequest};
use crate::{
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
        Ok(legs) => report(&legs),
        Err(error) => {
            let details = json!({"verboseMessage": advice(error.kind()), "kind": error.kind().name(), "legs": {}});
            respond(HealthStatus::Error, error.message(), &details)
        }
    }
}

/// What each leg said, put together: well only if every leg is.
fn report(legs: &[Health]) -> CheckHealthResponse {
    let well = !legs.is_empty() && legs.iter().all(|leg| leg.outcome.is_ok());
    let message = if legs.is_empty() {
        "Both legs are switched off.".to_owned()
    } else {
        legs.iter().map(sentence).collect::<Vec<_>>().join(" ")
    };
    let mut details: Map<String, Value> = Map::from_iter([(
        "legs".to_owned(),
        legs.iter().map(|leg| (leg.leg.name().to_owned(), leg_details(leg))).collect(),
    )]);
    let troubles: Vec<String> = legs.iter().filter_map(trouble).collect();
    if !troubles.is_empty() {
        // Grafana shows this one below the message.
        details.insert("verboseMessage".to_owned(), troubles.join("\n").into());
    }
    respond(if well { HealthStatus::Ok } else { HealthStatus::Error }, &message, &Value::Object(details))
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
            assert_eq!(report(&legs).status(), status, "{legs:?}");
        }
    }

    #[test]
    fn each_leg_is_told_apart() {
        let mut realtime = health(Leg::Realtime, Ok(()));
        realtime.version = Some("LiveAnalytics".to_owned());
        realtime.warnings.push("The retention is shorter than the lag.".to_owned());
        let error = Error::new(ErrorKind::AccessDenied, "The role lacks athena:StartQueryExecution.");
        let response = report(&[realtime, health(Leg::Historical, Err(error))]);
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
        assert_eq!(historical["status"], "error");
        assert_eq!(historical["kind"], "access_denied");
        assert_eq!(historical["error"], "The role lacks athena:StartQueryExecution.");
        let verbose = details["verboseMessage"].as_str().unwrap();
        assert!(verbose.contains("realtime: The retention") && verbose.contains("historical: Ask"), "{verbose}");
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
