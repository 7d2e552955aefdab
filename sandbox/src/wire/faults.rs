//! Failures on demand: the next calls of an operation fail, wait, lose their connection or come back broken.

use std::sync::Mutex;

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{api::Api, aws_error::AwsError, state::lock};

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// It is answered with `code`, `status` and `message`.
    Error,
    /// It waits `millis`, then goes on.
    Delay,
    /// The connection is dropped in the middle of the answer.
    Reset,
    /// The answer's body ends in the middle, as if that were all.
    Truncate,
    /// It is answered with a status of 500 and a page of HTML that never closes its tags.
    Html,
    /// Its credentials count as expired.
    ExpiredToken,
    /// A page comes back empty, with a token for the same place.
    EmptyPages,
    /// The page token it carries counts as expired.
    ExpiredPageToken,
    /// The execution that it starts ends FAILED.
    FailExecution,
    /// The execution that it starts runs `millis` longer.
    SlowExecution,
    /// The object is denied.
    DenyS3,
}

impl Kind {
    /// Operations that it is for, where only some make sense.
    const fn operations(self) -> Option<&'static [&'static str]> {
        match self {
            Self::EmptyPages | Self::ExpiredPageToken => Some(&["Query", "GetQueryResults"]),
            Self::FailExecution | Self::SlowExecution => Some(&["StartQueryExecution"]),
            Self::DenyS3 => Some(&["GetObject", "HeadObject"]),
            _ => None,
        }
    }
}

/// A fault as it is ordered, and as the admin route lists it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fault {
    pub(super) kind: Kind,
    /// The operation it is for; without one, every operation that the kind makes sense for.
    #[serde(default)]
    operation: Option<String>,
    /// The API it is for: `timestream`, `athena`, `s3` or `sts`; without one, all.
    #[serde(default)]
    service: Option<String>,
    /// How many calls it meets; 0 is every call until it is cleared.
    #[serde(default = "once")]
    times: u32,
    /// How many calls pass before it begins.
    #[serde(default)]
    after: u32,
    /// Only calls whose statement contains this.
    #[serde(default)]
    sql_contains: Option<String>,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    status: Option<u16>,
    #[serde(default)]
    pub(super) message: Option<String>,
    #[serde(default)]
    pub(super) millis: u64,
    /// `AthenaError.ErrorCategory`.
    #[serde(default)]
    pub(super) category: Option<i32>,
    /// `AthenaError.ErrorType`.
    #[serde(default)]
    pub(super) error_type: Option<i32>,
    /// `AthenaError.Retryable`.
    #[serde(default)]
    pub(super) retryable: bool,
    /// Leaves out what AWS may leave out: AthenaError and the reason of a failed execution, the columns of an empty page.
    #[serde(default)]
    pub(super) bare: bool,
    /// How many calls it has met.
    #[serde(default, skip_deserializing)]
    met: u32,
}

const fn once() -> u32 {
    1
}

impl Fault {
    /// Whether the order makes sense.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong with it.
    fn check(&self) -> Result<(), String> {
        if let (Some(operation), Some(possible)) = (&self.operation, self.kind.operations())
            && !possible.contains(&operation.as_str())
        {
            return Err(format!("This kind of fault is for {}, not for {operation}.", possible.join(" and ")));
        }
        if let Some(service) = &self.service
            && !["timestream", "athena", "s3", "sts"].contains(&service.as_str())
        {
            return Err(format!("The service is timestream, athena, s3 or sts, not {service}."));
        }
        match self.status {
            Some(status) if !(300..600).contains(&status) => Err("The status of an error is 300 to 599.".to_owned()),
            _ => Ok(()),
        }
    }

    /// The error that it answers with.
    pub(super) fn error(&self, api: Api) -> AwsError {
        let (code, status) = match api {
            Api::S3 => ("SlowDown", StatusCode::SERVICE_UNAVAILABLE),
            Api::Sts => ("Throttling", StatusCode::BAD_REQUEST),
            _ => ("ThrottlingException", StatusCode::BAD_REQUEST),
        };
        let code = self.code.clone().unwrap_or_else(|| code.to_owned());
        let status = match self.status.and_then(|status| StatusCode::from_u16(status).ok()) {
            Some(status) => status,
            None if code.contains("Internal") => StatusCode::INTERNAL_SERVER_ERROR,
            None if code.contains("AccessDenied") => StatusCode::FORBIDDEN,
            None => status,
        };
        AwsError::new(status, code, self.message.clone().unwrap_or_else(|| "Rate exceeded".to_owned()))
    }

    fn meets(&self, target: &Target<'_>) -> bool {
        let operation = match (&self.operation, self.kind.operations()) {
            (Some(operation), _) => operation == target.operation,
            (None, Some(possible)) => possible.contains(&target.operation),
            (None, None) => true,
        };
        operation
            && self.service.as_ref().is_none_or(|service| service == target.api.name())
            && self.sql_contains.as_ref().is_none_or(|part| target.sql.is_some_and(|sql| sql.contains(part)))
            && (self.kind != Kind::ExpiredPageToken || target.has_page_token)
    }
}

/// The call that a fault may meet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) api: Api,
    pub(super) operation: &'a str,
    pub(super) sql: Option<&'a str>,
    pub(super) has_page_token: bool,
}

/// The faults in waiting, in the order in which they were ordered.
#[derive(Debug, Default)]
pub(super) struct Faults {
    waiting: Mutex<Vec<Fault>>,
}

impl Faults {
    /// Orders a fault.
    ///
    /// # Errors
    ///
    /// When the order makes no sense.
    pub(super) fn add(&self, fault: Fault) -> Result<(), String> {
        fault.check()?;
        lock(&self.waiting).push(fault);
        Ok(())
    }

    /// The first fault that meets the call, used up by one.
    pub(super) fn take(&self, target: &Target<'_>) -> Option<Fault> {
        let mut waiting = lock(&self.waiting);
        for index in 0..waiting.len() {
            let Some(fault) = waiting.get_mut(index).filter(|fault| fault.meets(target)) else { continue };
            if fault.after > 0 {
                fault.after -= 1;
                continue;
            }
            fault.met += 1;
            let taken = fault.clone();
            if fault.times > 0 && fault.met >= fault.times {
                waiting.remove(index);
            }
            return Some(taken);
        }
        None
    }

    pub(super) fn list(&self) -> Vec<Fault> {
        lock(&self.waiting).clone()
    }

    pub(super) fn clear(&self) {
        lock(&self.waiting).clear();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn order(fault: Value) -> Fault {
        serde_json::from_value(fault).unwrap()
    }

    fn query(sql: &str, has_page_token: bool) -> Target<'_> {
        Target { api: Api::Timestream, operation: "Query", sql: Some(sql), has_page_token }
    }

    #[test]
    fn a_fault_meets_as_many_calls_as_ordered_after_those_that_pass() {
        let faults = Faults::default();
        faults.add(order(json!({"kind": "error", "operation": "Query", "times": 2, "after": 1}))).unwrap();
        let met: Vec<_> = (0..5).map(|_| faults.take(&query("SELECT 1", false)).is_some()).collect();
        assert_eq!(met, [false, true, true, false, false]);
    }

    #[test]
    fn a_fault_meets_only_what_it_is_for() {
        for (fault, sql, token, expected) in [
            (json!({"kind": "html"}), "SELECT 1", false, true),
            (json!({"kind": "html", "service": "athena"}), "SELECT 1", false, false),
            (json!({"kind": "html", "operation": "CancelQuery"}), "SELECT 1", false, false),
            (json!({"kind": "html", "sql_contains": "marked"}), "SELECT 1", false, false),
            (json!({"kind": "html", "sql_contains": "marked"}), "SELECT 'marked'", false, true),
            (json!({"kind": "deny_s3"}), "SELECT 1", false, false),
            (json!({"kind": "expired_page_token"}), "SELECT 1", false, false),
            (json!({"kind": "expired_page_token"}), "SELECT 1", true, true),
        ] {
            let faults = Faults::default();
            faults.add(order(fault.clone())).unwrap();
            assert_eq!(faults.take(&query(sql, token)).is_some(), expected, "{fault}");
        }
    }

    #[test]
    fn an_endless_fault_lasts_until_it_is_cleared() {
        let faults = Faults::default();
        faults.add(order(json!({"kind": "reset", "times": 0}))).unwrap();
        assert!((0..100).all(|_| faults.take(&query("SELECT 1", false)).is_some()));
        faults.clear();
        assert!(faults.take(&query("SELECT 1", false)).is_none());
    }

    #[test]
    fn orders_that_make_no_sense_are_refused() {
        for fault in [
            json!({"kind": "deny_s3", "operation": "Query"}),
            json!({"kind": "error", "service": "glue"}),
            json!({"kind": "error", "status": 200}),
        ] {
            assert!(Faults::default().add(order(fault.clone())).is_err(), "{fault}");
        }
        assert!(serde_json::from_value::<Fault>(json!({"kind": "error", "tiems": 2})).is_err());
    }
}
