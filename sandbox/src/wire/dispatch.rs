//! From request to answer: which API and operation, is it signed, is it counted, does it meet a fault, what does it say.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::State as Extracted,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use uuid::Uuid;

use super::{
    api::Api,
    athena,
    aws_error::AwsError,
    calls::Call,
    faults::{Fault, Kind, Target},
    request::{Reply, Request, pairs},
    s3,
    sigv4::{self, Caller},
    state::State,
    sts, timestream,
};

/// Operations of the JSON APIs, by target prefix.
const JSON_APIS: [(&str, Api, &[&str]); 2] = [
    ("Timestream_20181101", Api::Timestream, &timestream::OPERATIONS),
    ("AmazonAthena", Api::Athena, &athena::OPERATIONS),
];

/// The name under which calls of no known operation are counted.
pub(super) const UNKNOWN_OPERATION: &str = "Unknown";

/// What an operation says, and what it was about.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) reply: Reply,
    /// The query, execution, object or role, for the list of calls.
    pub(super) subject: Option<String>,
}

impl Answer {
    /// An answer of one of the JSON APIs.
    pub(super) fn json(api: Api, body: impl Into<Bytes>, subject: Option<String>) -> Self {
        Self { reply: Reply::ok(api.content_type(), body), subject }
    }
}

/// A verified call on its way to its operation.
#[derive(Clone, Copy)]
pub(super) struct Incoming<'a> {
    pub(super) state: &'a Arc<State>,
    pub(super) request: &'a Request,
    pub(super) operation: &'static str,
    pub(super) caller: &'a Caller,
    /// The body of a JSON API's request.
    pub(super) input: &'a Value,
    /// The fault that the operation itself has to play.
    pub(super) fault: Option<&'a Fault>,
}

impl Incoming<'_> {
    /// The request's members as `T`.
    ///
    /// # Errors
    ///
    /// When a member has another type than AWS documents.
    pub(super) fn input<T: serde::de::DeserializeOwned>(&self) -> Result<T, AwsError> {
        serde_json::from_value(self.input.clone())
            .map_err(|error| AwsError::bad_request("SerializationException", error.to_string()))
    }

    /// Whether the operation has to play a fault of this kind.
    pub(super) fn meets(&self, kind: Kind) -> bool {
        self.fault.is_some_and(|fault| fault.kind == kind)
    }
}

/// Answers every request outside the admin routes.
pub(super) async fn handle(Extracted(state): Extracted<Arc<State>>, request: axum::extract::Request) -> Response {
    let request_id = Uuid::new_v4().to_string();
    let request = match Request::read(request).await {
        Ok(request) => request,
        Err(error) => return (StatusCode::PAYLOAD_TOO_LARGE, error.to_string()).into_response(),
    };
    let (api, operation) = route(&request);
    let mut fault = None;
    let answer = answer(&state, &request, api, operation, &mut fault).await;
    let error = answer.as_ref().err().map(|error| error.code.to_string());
    let (reply, subject) = match answer {
        Ok(answer) => (answer.reply, answer.subject),
        Err(error) => (error.reply(api, &request_id), None),
    };
    state.calls.finished(Call {
        at: state.now(),
        api,
        operation,
        region: sigv4::claimed_region(&request).unwrap_or_default(),
        status: reply.status.as_u16(),
        error,
        subject,
    });
    match fault.map(|fault: Fault| fault.kind) {
        Some(Kind::Reset) => reply.into_reset(&request_id),
        Some(Kind::Truncate) => reply.truncated().into_response(&request_id),
        _ => reply.into_response(&request_id),
    }
}

/// The API that a request is for and its operation, from what it looks like.
fn route(request: &Request) -> (Api, &'static str) {
    let one_of = |operations: &[&'static str], name: &str| {
        operations.iter().find(|operation| **operation == name).copied().unwrap_or(UNKNOWN_OPERATION)
    };
    if let Some(target) = request.header("x-amz-target") {
        let (prefix, name) = target.split_once('.').unwrap_or((target, ""));
        return match JSON_APIS.iter().find(|(known, ..)| *known == prefix) {
            Some((_, api, operations)) => (*api, one_of(operations, name)),
            None => (Api::Athena, UNKNOWN_OPERATION),
        };
    }
    let is_form = request
        .header("content-type")
        .is_some_and(|content_type| content_type.starts_with("application/x-www-form-urlencoded"));
    if request.method == Method::POST && is_form {
        let form = pairs(&String::from_utf8_lossy(&request.body), true);
        let action = form.iter().find(|(name, _)| name == b"Action").map(|(_, value)| String::from_utf8_lossy(value));
        return (Api::Sts, one_of(&sts::OPERATIONS, &action.unwrap_or_default()));
    }
    (Api::S3, s3::operation(request))
}

/// Verifies, counts, and lets the operation answer; `met` is set to the fault that the call met.
async fn answer(
    state: &Arc<State>,
    request: &Request,
    api: Api,
    operation: &'static str,
    met: &mut Option<Fault>,
) -> Result<Answer, AwsError> {
    let region = sigv4::claimed_region(request).unwrap_or_default();
    let within_rates = state.calls.arrived(api, operation, &region);
    let caller = sigv4::verify(request, api, &state.credentials, state.now())?;
    within_rates?;
    if operation == UNKNOWN_OPERATION {
        return Err(unknown_operation(api));
    }
    let input = input(api, request)?;
    let text = |name: &str| input.get(name).and_then(Value::as_str);
    let target = Target { api, operation, sql: text("QueryString"), has_page_token: text("NextToken").is_some() };
    *met = state.faults.take(&target);
    if let Some(fault) = met {
        match fault.kind {
            Kind::Error => return Err(fault.error(api)),
            Kind::ExpiredToken => return Err(sigv4::expired(api)),
            Kind::DenyS3 => return Err(s3::denied(&caller, request)),
            Kind::Html => return Ok(broken_page()),
            Kind::Delay => tokio::time::sleep(Duration::from_millis(fault.millis)).await,
            _ => {}
        }
    }
    let incoming = Incoming { state, request, operation, caller: &caller, input: &input, fault: met.as_ref() };
    match api {
        Api::Timestream => timestream::answer(incoming).await,
        Api::Athena => athena::answer(incoming),
        Api::S3 => s3::answer(incoming),
        Api::Sts => sts::answer(incoming),
    }
}

fn input(api: Api, request: &Request) -> Result<Value, AwsError> {
    match api {
        Api::Timestream | Api::Athena => match serde_json::from_slice(&request.body) {
            Ok(input @ Value::Object(_)) => Ok(input),
            _ => Err(AwsError::bad_request("SerializationException", "The request body is not a JSON object.")),
        },
        Api::S3 | Api::Sts => Ok(Value::Null),
    }
}

fn unknown_operation(api: Api) -> AwsError {
    match api {
        Api::Timestream | Api::Athena => {
            AwsError::not_found("UnknownOperationException", "The sandbox does not know this operation.")
        }
        Api::S3 => AwsError::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
        ),
        Api::Sts => AwsError::bad_request("InvalidAction", "Could not find operation for version 2011-06-15"),
    }
}

/// What a proxy in between answers when it is out of order.
fn broken_page() -> Answer {
    let body = "<html><head><title>500 Internal Server Error</title><body><h1>Internal Server Error";
    let mut reply = Reply::ok("text/html", body);
    reply.status = StatusCode::INTERNAL_SERVER_ERROR;
    Answer { reply, subject: None }
}
