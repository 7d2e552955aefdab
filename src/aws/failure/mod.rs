//! From the SDK's failures to sentences that say what to do.
//!
//! AWS's services agree on few things here: status codes vary, so the error code decides, then the status. Its messages
//! are quoted where they help and only through [`presentable`]; the messages about signatures are never quoted, because
//! they repeat the session token.

#[cfg(test)]
mod tests;

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::text::presentable;
use crate::{
    error::{Error, ErrorKind},
    settings::TIMESTREAM_REGIONS,
};

/// What was asked of AWS when it failed.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The service as people call it: `Timestream`, `Athena`, `STS`.
    pub service: &'a str,
    /// The IAM action that the call needs, such as `timestream:Select`.
    pub action: &'a str,
    /// The region it was asked in.
    pub region: &'a str,
    /// The endpoint that was asked.
    pub endpoint: &'a str,
    /// What the action was to be done to, where the caller knows.
    pub resource: Option<&'a str>,
}

/// Whether AWS refused a call because the credentials have expired, so that loading them anew may help.
#[must_use]
pub fn is_expired_credentials(error: &impl ProvideErrorMetadata) -> bool {
    matches!(error.code(), Some("ExpiredToken" | "ExpiredTokenException"))
        || error.message().is_some_and(|message| message.contains("security token included in the request is expired"))
}

/// Says what a failed call means and what to do about it.
#[must_use]
pub fn translate<E>(call: &Call<'_>, error: &SdkError<E, HttpResponse>) -> Error
where
    E: StdError + ProvideErrorMetadata + 'static,
{
    if let Some(known) = find_cause::<Error>(error) {
        return known.clone();
    }
    if let Some(credentials) = find_cause::<CredentialsError>(error) {
        return no_credentials(call, credentials);
    }
    match error {
        SdkError::ServiceError(failure) => {
            let answer = failure.err();
            refused(call, answer.code(), answer.message(), failure.raw().status().as_u16())
        }
        SdkError::ResponseError(failure) => unreadable(call, failure.raw().status().as_u16()),
        SdkError::TimeoutError(_) => timed_out(call),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => timed_out(call),
        SdkError::DispatchFailure(_) => unreachable_endpoint(call, &causes(error)),
        other => Error::internal(format!(
            "The request to {} could not be made: {}.",
            call.service,
            presentable(&causes(other))
        )),
    }
}

/// The first error of type `T` among `error` and its causes.
pub(super) fn find_cause<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut current = Some(error);
    while let Some(error) = current {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        current = error.source();
    }
    None
}

/// An error and what caused it, in one line; without the `Debug` texts, which repeat whole requests.
fn causes(error: &dyn StdError) -> String {
    let mut line = error.to_string();
    let mut current = error.source();
    while let Some(cause) = current {
        line = format!("{line}: {cause}");
        current = cause.source();
    }
    line
}

/// What an answer with an error means, by its code, then by its status.
fn refused(call: &Call<'_>, code: Option<&str>, message: Option<&str>, status: u16) -> Error {
    let message = message.unwrap_or_default();
    let code = code.unwrap_or_default();
    if message.contains("MaxQueryTCU") {
        return throttled(call, message);
    }
    match code {
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "NotAuthorizedException" => {
            denied(call, message)
        }
        "ExpiredToken"
        | "ExpiredTokenException"
        | "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "RequestTimeTooSkewed"
        | "RequestExpired"
        | "RequestInTheFuture" => unauthenticated(call, code, message),
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "SlowDown"
        | "LimitExceededException" => throttled(call, message),
        "ValidationException"
        | "InvalidRequestException"
        | "QueryExecutionException"
        | "MetadataException"
        | "ValidationError" => Error::new(ErrorKind::Rejected, said(call, "rejected the request", message)),
        "ConflictException" => Error::new(ErrorKind::Cancelled, said(call, "stopped the query", message)),
        "ResourceNotFoundException" | "EntityNotFoundException" => {
            Error::new(ErrorKind::NotFound, said(call, "does not find what was asked for", message))
        }
        "UnknownOperationException" => Error::new(
            ErrorKind::Unavailable,
            format!(
                "{} does not answer {} requests. Check the endpoint in the data source's settings.",
                host(call.endpoint),
                call.service
            ),
        ),
        _ => by_status(call, code, message, status),
    }
}

fn by_status(call: &Call<'_>, code: &str, message: &str, status: u16) -> Error {
    if code.is_empty() && message.is_empty() {
        return unreadable(call, status);
    }
    let message = if message.is_empty() { code } else { message };
    let kind = match status {
        401 => return unauthenticated(call, code, message),
        403 => return denied(call, message),
        429 => return throttled(call, message),
        408 | 504 => ErrorKind::Timeout,
        404 => ErrorKind::NotFound,
        400..=499 => ErrorKind::Rejected,
        _ => ErrorKind::Unavailable,
    };
    let what = if kind == ErrorKind::Unavailable { "failed" } else { "refused the request" };
    Error::new(kind, said(call, what, message))
}

/// `Athena in eu-west-2 rejected the request: line 1:8: ...`
fn said(call: &Call<'_>, what: &str, message: &str) -> String {
    let place = format!("{} in {} {what}", call.service, call.region);
    match presentable(message) {
        message if message.is_empty() => format!("{place} and gave no reason."),
        message => sentence(&format!("{place}: {message}")),
    }
}

fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?', '…']) { text.to_owned() } else { format!("{text}.") }
}

fn denied(call: &Call<'_>, message: &str) -> Error {
    if message.contains("existing Timestream") {
        return Error::new(
            ErrorKind::AccessDenied,
            format!(
                "This AWS account cannot use Timestream for LiveAnalytics in {}: it has been closed to new customers since \
                 20 June 2025. Use an account that used it before, or the historical leg alone.",
                call.region
            ),
        );
    }
    let denial = Denial::parse(message);
    let who = denial.principal.map_or_else(|| "The AWS identity".to_owned(), presentable);
    let action = denial.action.map_or_else(|| call.action.to_owned(), presentable);
    let resource = denial.resource.map(presentable).or_else(|| call.resource.map(presentable));
    let on = resource.map_or_else(String::new, |resource| format!(" on {resource}"));
    let remedy = match (call.service, denial.explicit) {
        (_, true) => "A policy denies it explicitly: ask whoever administers the account".to_owned(),
        ("STS", _) => format!(
            "Allow {action} in the policy of the calling identity, and name that identity in the role's trust policy \
             (with the external id, if it asks for one)"
        ),
        _ => format!("Add {action} to its policy"),
    };
    let mut text = format!("{who} may not {action}{on} in {}. {remedy}.", call.region);
    if denial.action.is_none() && !message.is_empty() {
        text = format!("{text} {} says: {}", call.service, sentence(&presentable(message)));
    }
    Error::new(ErrorKind::AccessDenied, text)
}

/// What AWS's own words say about a denial: `User: P is not authorized to perform: A on resource: R because ...`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Denial<'a> {
    principal: Option<&'a str>,
    action: Option<&'a str>,
    resource: Option<&'a str>,
    /// Whether a policy forbids it, rather than none allowing it.
    explicit: bool,
}

impl<'a> Denial<'a> {
    fn parse(message: &'a str) -> Self {
        Self {
            principal: word_after(message, "User: "),
            action: word_after(message, "not authorized to perform: "),
            resource: word_after(message, "on resource: "),
            explicit: message.contains("explicit deny"),
        }
    }
}

fn word_after<'a>(text: &'a str, marker: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(marker)?;
    let word = rest.split_whitespace().next()?.trim_matches(|c: char| matches!(c, ',' | ';' | '"' | '\''));
    let word = word.strip_suffix('.').unwrap_or(word);
    (!word.is_empty()).then_some(word)
}

fn unauthenticated(call: &Call<'_>, code: &str, message: &str) -> Error {
    let place = format!("{} in {}", call.service, call.region);
    let text = if message.contains("Credential should be scoped to") {
        format!(
            "{place} refused the signature because it was made for another region or service. Check that the leg's region \
             ({}) is the one that its endpoint ({}) serves.",
            call.region,
            host(call.endpoint)
        )
    } else if is_clock_skew(code, message) {
        format!(
            "{place} refused the signature's time: the clock of the machine that runs Grafana is wrong. Set it (AWS allows \
             5 minutes), for example with chrony or systemd-timesyncd."
        )
    } else if code.starts_with("ExpiredToken") {
        format!(
            "{place} says that the AWS credentials have expired, and loading them anew gave no fresh ones. Renew them \
             where they come from (session token in the settings, profile, or `aws sso login`)."
        )
    } else if code.contains("Signature") {
        format!(
            "{place} refused the signature: the secret access key does not fit the access key id. Enter both again."
        )
    } else {
        format!(
            "{place} does not know the AWS credentials ({}). Check the access key id, whether the key is active, and for \
             temporary keys the session token.",
            if code.is_empty() { "no reason given" } else { code }
        )
    };
    Error::new(ErrorKind::Unauthenticated, presentable(&text))
}

fn is_clock_skew(code: &str, message: &str) -> bool {
    matches!(code, "RequestTimeTooSkewed" | "RequestExpired" | "RequestInTheFuture")
        || message.contains("Signature expired")
        || message.contains("Signature not yet current")
}

fn throttled(call: &Call<'_>, message: &str) -> Error {
    let remedy = if message.contains("MaxQueryTCU") {
        "All the compute units that the account allows for queries are busy: raise its MaxQueryTCU, or let fewer panels \
         refresh at once"
    } else {
        "Let fewer panels refresh at once, or ask AWS for a higher quota"
    };
    let said = said(call, "throttled the request, and retrying did not help", message);
    Error::new(ErrorKind::Throttled, format!("{said} {remedy}."))
}

fn no_credentials(call: &Call<'_>, error: &CredentialsError) -> Error {
    let place = format!("{} in {}", call.service, call.region);
    let cause = presentable(&causes(error));
    let text = match error {
        CredentialsError::CredentialsNotLoaded(_) => format!(
            "No AWS credentials for {place}. Give the data source keys, a profile or a role, or Grafana's process an \
             identity (environment, container or instance role). Looked for and not found: {cause}"
        ),
        CredentialsError::ProviderTimedOut(_) => format!(
            "AWS credentials for {place} did not arrive in time. Check that their source (instance metadata, container \
             endpoint, STS) can be reached. {cause}"
        ),
        CredentialsError::InvalidConfiguration(_) => format!(
            "AWS credentials for {place} are not configured correctly. Check the profile and the files it refers to: {cause}"
        ),
        _ => format!("AWS credentials for {place} could not be loaded: {cause}"),
    };
    Error::new(ErrorKind::Unauthenticated, sentence(&text))
}

fn timed_out(call: &Call<'_>) -> Error {
    Error::new(
        ErrorKind::Timeout,
        format!(
            "{} in {} did not answer in time at {}. Try again; if it stays so, check the network between Grafana and AWS.",
            call.service,
            call.region,
            host(call.endpoint)
        ),
    )
}

/// A response that is not in the service's format: a proxy's page, a load balancer's, half a body.
fn unreadable(call: &Call<'_>, status: u16) -> Error {
    let kind = match status {
        403 => ErrorKind::AccessDenied,
        429 => ErrorKind::Throttled,
        504 => ErrorKind::Timeout,
        _ => ErrorKind::Unavailable,
    };
    Error::new(
        kind,
        format!(
            "{} in {} answered with HTTP status {status} and a body that cannot be read. Check that {} is the service and \
             not a proxy, and try again.",
            call.service,
            call.region,
            host(call.endpoint)
        ),
    )
}

fn unreachable_endpoint(call: &Call<'_>, cause: &str) -> Error {
    let host = host(call.endpoint);
    let lower = cause.to_ascii_lowercase();
    let what = if lower.contains("identity resolver timed out") {
        return Error::new(
            ErrorKind::Unauthenticated,
            format!(
                "AWS credentials for {} in {} did not arrive in time. Check that their source (instance metadata, container \
                 endpoint, STS) can be reached.",
                call.service, call.region
            ),
        );
    } else if lower.contains("dns error") || lower.contains("lookup address") {
        format!("the name {host} does not resolve. {}", name_hint(call))
    } else if lower.contains("connection refused") {
        format!("{host} refuses connections. Check the endpoint in the data source's settings and that it is running.")
    } else if lower.contains("certificate") {
        format!("the TLS certificate of {host} is not trusted. Check for a proxy that breaks TLS open.")
    } else if lower.contains("reset") || lower.contains("broken pipe") || lower.contains("connection closed") {
        format!("the connection to {host} was cut. Try again.")
    } else {
        format!("{host} cannot be reached. Check the network. The cause: {}", sentence(&presentable(cause)))
    };
    Error::new(ErrorKind::Unavailable, format!("No answer from {} in {}: {what}", call.service, call.region))
}

fn name_hint(call: &Call<'_>) -> String {
    if call.service == "Timestream" && !TIMESTREAM_REGIONS.contains(&call.region) {
        format!("Timestream is known in {}: check the leg's region.", TIMESTREAM_REGIONS.join(", "))
    } else {
        "Check the leg's region and endpoint, and name resolution where Grafana runs.".to_owned()
    }
}

/// The host and port of an endpoint, for people.
fn host(endpoint: &str) -> String {
    let rest = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    presentable(rest.split(['/', '?', '#']).next().unwrap_or(rest))
}
