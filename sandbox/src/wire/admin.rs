//! The sandbox's own routes under `/_sandbox/`: faults, canned results, counts. Unsigned, JSON, loopback only.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Query, Request, State as Extracted, rejection::QueryRejection},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    api::{ATHENA_REGION, TIMESTREAM_REGION},
    canned::Order,
    faults::Fault,
    state::State,
};

type Shared = Extracted<Arc<State>>;

/// The routes.
pub(super) fn routes() -> Router<Arc<State>> {
    Router::new()
        .route("/health", get(health))
        .route("/faults", get(list_faults).post(add_fault).delete(clear_faults))
        .route("/canned", get(list_canned).post(add_canned).delete(clear_canned))
        .route("/calls", get(calls).delete(reset_calls))
        .route("/executions", get(executions))
        .route("/queries", get(queries))
        .route("/facts", get(facts))
        .fallback(unknown)
        .layer(middleware::from_fn(loopback_host))
}

/// A page in a browser can reach a loopback port under a name of its own; it is refused by that name.
async fn loopback_host(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if ["127.0.0.1", "localhost"].contains(&name) {
        return next.run(request).await;
    }
    refused(StatusCode::FORBIDDEN, "The sandbox is administered as 127.0.0.1 or localhost only.")
}

fn refused(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({"error": error}))).into_response()
}

async fn unknown() -> Response {
    refused(
        StatusCode::NOT_FOUND,
        "There is no such route. There are health, faults, canned, calls, executions, queries and facts.",
    )
}

async fn health(Extracted(state): Shared) -> Json<Value> {
    Json(json!({
        "ready": true,
        "endpoint": format!("http://{}", state.address),
        "regions": {"timestream": TIMESTREAM_REGION, "athena": ATHENA_REGION, "s3": ATHENA_REGION},
        "now": state.now().to_rfc3339(),
    }))
}

/// Reads an order whatever its content type says, so that a bare `curl -d` works.
fn order<T: serde::de::DeserializeOwned>(body: &str) -> Result<T, String> {
    serde_json::from_str(body).map_err(|error| format!("The order cannot be read: {error}."))
}

fn accepted(outcome: Result<(), String>) -> Response {
    match outcome {
        Ok(()) => Json(json!({"ok": true})).into_response(),
        Err(error) => refused(StatusCode::BAD_REQUEST, &error),
    }
}

async fn list_faults(Extracted(state): Shared) -> Json<Vec<Fault>> {
    Json(state.faults.list())
}

async fn add_fault(Extracted(state): Shared, body: String) -> Response {
    accepted(order(&body).and_then(|fault| state.faults.add(fault)))
}

async fn clear_faults(Extracted(state): Shared) -> Response {
    state.faults.clear();
    accepted(Ok(()))
}

async fn list_canned(Extracted(state): Shared) -> Json<Vec<Value>> {
    let statements = state.canned.list();
    Json(statements.into_iter().map(|(service, sql)| json!({"service": service, "sql": sql})).collect())
}

async fn add_canned(Extracted(state): Shared, body: String) -> Response {
    accepted(order::<Order>(&body).and_then(|result| state.canned.add(result)))
}

async fn clear_canned(Extracted(state): Shared) -> Response {
    state.canned.clear();
    accepted(Ok(()))
}

async fn calls(Extracted(state): Shared) -> Json<Value> {
    Json(state.calls.report())
}

async fn reset_calls(Extracted(state): Shared) -> Response {
    state.calls.reset();
    accepted(Ok(()))
}

async fn executions(Extracted(state): Shared) -> Json<Value> {
    Json(state.athena.report())
}

async fn queries(Extracted(state): Shared) -> Json<Value> {
    Json(state.timestream.report())
}

#[derive(Debug, Deserialize)]
struct Range {
    #[serde(default)]
    kind: String,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

/// Figures to check answers against, from the generator and not by SQL.
async fn facts(Extracted(state): Shared, range: Result<Query<Range>, QueryRejection>) -> Response {
    let Query(range) = match range {
        Ok(range) => range,
        Err(rejection) => return refused(StatusCode::BAD_REQUEST, &rejection.body_text()),
    };
    match state.backend.facts(&range.kind, range.from.timestamp_millis(), range.to.timestamp_millis()) {
        Some(facts) => Json(facts).into_response(),
        None => refused(StatusCode::NOT_FOUND, &format!("The sandbox has no facts of the kind \"{}\".", range.kind)),
    }
}
