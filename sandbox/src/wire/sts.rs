//! STS: AssumeRole and GetCallerIdentity, form-encoded in, XML out.
//!
//! Every role may be assumed but one whose ARN contains `denied`.

use std::collections::HashMap;

use chrono::{SecondsFormat, TimeDelta};

use super::{
    api::{ACCOUNT, Api},
    aws_error::{AwsError, xml_text},
    dispatch::{Answer, Incoming},
    request::{Reply, pairs},
};

/// What is understood.
pub(super) const OPERATIONS: [&str; 2] = ["AssumeRole", "GetCallerIdentity"];

const DEFAULT_SECONDS: i64 = 3600;

/// Answers a call.
///
/// # Errors
///
/// As STS does.
pub(super) fn answer(incoming: Incoming<'_>) -> Result<Answer, AwsError> {
    let form: HashMap<String, String> = pairs(&String::from_utf8_lossy(&incoming.request.body), true)
        .into_iter()
        .map(|(name, value)| {
            (String::from_utf8_lossy(&name).into_owned(), String::from_utf8_lossy(&value).into_owned())
        })
        .collect();
    if incoming.operation == "GetCallerIdentity" {
        let arn = &incoming.caller.arn;
        let result = format!(
            "<Arn>{}</Arn><UserId>{}</UserId><Account>{ACCOUNT}</Account>",
            xml_text(arn),
            xml_text(&incoming.caller.access_key)
        );
        return Ok(respond("GetCallerIdentity", &result, arn.clone()));
    }
    assume_role(incoming, &form)
}

fn assume_role(incoming: Incoming<'_>, form: &HashMap<String, String>) -> Result<Answer, AwsError> {
    let state = incoming.state;
    let required = |name: &str| {
        form.get(name).filter(|value| !value.is_empty()).cloned().ok_or_else(|| {
            AwsError::bad_request(
                "ValidationError",
                format!("Value null at '{name}' failed to satisfy constraint: Member must not be null"),
            )
        })
    };
    let role = required("RoleArn")?;
    let session_name = required("RoleSessionName")?;
    if !role.starts_with("arn:") || !role.contains(":role/") {
        return Err(AwsError::bad_request("ValidationError", format!("{role} is invalid")));
    }
    let seconds = match form.get("DurationSeconds").map(|text| text.parse::<i64>()) {
        None => DEFAULT_SECONDS,
        Some(Ok(seconds)) if (900..=43_200).contains(&seconds) => seconds,
        Some(_) => {
            let message =
                "The requested DurationSeconds must lie between 900 and the MaxSessionDuration set for this role.";
            return Err(AwsError::bad_request("ValidationError", message));
        }
    };
    let wrong_external_id =
        state.options.external_id.as_ref().is_some_and(|expected| form.get("ExternalId") != Some(expected));
    if role.contains("denied") || wrong_external_id {
        let caller = &incoming.caller.arn;
        let message = format!("User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role}");
        return Err(AwsError::forbidden("AccessDenied", message));
    }
    let now = state.now();
    let lifetime = match state.options.session_lifetime {
        Some(lifetime) => TimeDelta::from_std(lifetime).unwrap_or(TimeDelta::seconds(seconds)),
        None => TimeDelta::seconds(seconds),
    };
    let issued = state.credentials.issue(&role, &session_name, now, now + lifetime);
    let result = format!(
        "<AssumedRoleUser><AssumedRoleId>AROASANDBOX:{session}</AssumedRoleId><Arn>{arn}</Arn></AssumedRoleUser><Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey><SessionToken>{token}</SessionToken><Expiration>{expires}</Expiration></Credentials>",
        session = xml_text(&session_name),
        arn = xml_text(&issued.identity.arn),
        key = issued.access_key,
        secret = issued.identity.secret_key,
        token = issued.session.token,
        expires = issued.session.expires.to_rfc3339_opts(SecondsFormat::Secs, true),
    );
    Ok(respond("AssumeRole", &result, role))
}

fn respond(operation: &str, result: &str, subject: String) -> Answer {
    let body = format!(
        "<{operation}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{operation}Result>{result}</{operation}Result><ResponseMetadata><RequestId>sandbox</RequestId></ResponseMetadata></{operation}Response>"
    );
    Answer { reply: Reply::ok(Api::Sts.content_type(), body), subject: Some(subject) }
}
