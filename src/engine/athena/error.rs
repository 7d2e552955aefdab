//! What Athena says when a query fails, as a sentence that says what to do.
//!
//! A failed execution carries `AthenaError{ErrorCategory 1 system, 2 user, 3 other}` and a reason in words; both may be
//! absent, and the words tell apart what the category does not: throttled S3, denied data, a workgroup's own limit.

use aws_sdk_athena::types::{AthenaError, QueryExecution, QueryExecutionState};

use crate::{
    aws::presentable,
    error::{Error, ErrorKind},
};

const SYSTEM: i32 = 1;
const USER: i32 = 2;

/// Why an execution that has ended has no result; `None` if it succeeded.
pub(super) fn of_execution(execution: &QueryExecution, region: &str) -> Option<Error> {
    let status = execution.status();
    let state = status.and_then(|status| status.state());
    if state == Some(&QueryExecutionState::Succeeded) {
        return None;
    }
    let athena = status.and_then(|status| status.athena_error());
    let reason = status
        .and_then(|status| status.state_change_reason())
        .or_else(|| athena.and_then(|error| error.error_message()))
        .map(presentable)
        .unwrap_or_default();
    let (kind, advice) = if state == Some(&QueryExecutionState::Cancelled) {
        cancelled(&reason)
    } else {
        failed(athena.and_then(AthenaError::error_category), &reason)
    };
    let ended = if state == Some(&QueryExecutionState::Cancelled) { "cancelled" } else { "failed" };
    let reason = match reason.trim_end_matches('.') {
        "" => "Athena gives no reason".to_owned(),
        reason => reason.to_owned(),
    };
    let id = execution.query_execution_id().unwrap_or("of unknown id");
    Some(Error::new(kind, format!("The query {ended} in Athena ({region}): {reason}. {advice} (Execution {id}.)")))
}

fn cancelled(reason: &str) -> (ErrorKind, &'static str) {
    if mentions(reason, &["bytes scanned limit"]) {
        (
            ErrorKind::Rejected,
            "The workgroup limits how much a query may scan: narrow the time range, filter on partition columns, or raise the \
             workgroup's limit.",
        )
    } else {
        (ErrorKind::Cancelled, "Somebody or something stopped it in AWS; run the panel again.")
    }
}

fn failed(category: Option<i32>, reason: &str) -> (ErrorKind, &'static str) {
    if mentions(reason, &["slow down", "slowdown", "slow_down", "reduce your request rate", "throttl"]) {
        return (
            ErrorKind::Throttled,
            "S3 or Glue throttled Athena: let fewer panels refresh at once, or make fewer and larger files.",
        );
    }
    if mentions(
        reason,
        &["access denied", "accessdenied", "not authorized", "insufficient permissions", "insufficient lake"],
    ) {
        return (
            ErrorKind::AccessDenied,
            "The role may run the query but not read its data: allow s3:GetObject and s3:ListBucket on the data's bucket, Glue's \
             Get* actions on the table, kms:Decrypt on the keys, and Lake Formation grants where it is in use.",
        );
    }
    if mentions(reason, &["query timeout", "query_timeout", "exceeded the maximum execution time"]) {
        return (ErrorKind::Timeout, "Narrow the time range, or filter on partition columns.");
    }
    if mentions(reason, &["exhausted resources", "exceeded_memory_limit", "insufficient_resources"]) {
        return (
            ErrorKind::Rejected,
            "It needs more memory than Athena has for it: narrow the time range, or group by fewer columns.",
        );
    }
    let at_fault = match category {
        Some(SYSTEM) => ErrorKind::Unavailable,
        Some(USER) => ErrorKind::Rejected,
        _ if blames_the_statement(reason) => ErrorKind::Rejected,
        _ => ErrorKind::Unavailable,
    };
    let advice = match at_fault {
        ErrorKind::Rejected => "Change the query.",
        _ => "Run the panel again; if it stays so, look the execution up in the Athena console.",
    };
    (at_fault, advice)
}

/// Trino's names for errors that lie in the statement or its data, where no category says so.
fn blames_the_statement(reason: &str) -> bool {
    mentions(
        reason,
        &[
            "syntax_error",
            "not_found",
            "type_mismatch",
            "mismatched input",
            "semanticexception",
            "parseexception",
            "division_by_zero",
            "ambiguous_name",
            "missing_column",
            "not_supported",
            "numeric_value_out_of_range",
            "expression_not_",
            "duplicate_column",
            "hive_bad_data",
            "invalid_",
            "line 1:",
        ],
    )
}

/// Says more than "rejected" where Athena's message names a setting of the data source.
pub(super) fn refine(error: Error, resource: Option<&str>, region: &str) -> Error {
    if error.kind() != ErrorKind::Rejected {
        return error;
    }
    let message = error.message();
    let resource = resource.unwrap_or("of the settings");
    if mentions(message, &["workgroup"]) && mentions(message, &["not found", "does not exist"]) {
        return Error::new(
            ErrorKind::NotFound,
            format!("Workgroup {resource} does not exist in {region}. Choose one that does in historical.workgroup."),
        );
    }
    if mentions(message, &["entitynotfound"]) {
        return Error::new(ErrorKind::NotFound, message);
    }
    if mentions(message, &["no output location", "outputlocation is not", "output location is required"]) {
        return Error::bad_settings(format!(
            "Athena has nowhere to put results: workgroup {resource} in {region} names no output location. Name one in the \
             workgroup, or set historical.outputLocation to s3://bucket/prefix/."
        ));
    }
    if mentions(message, &["verify/create output bucket", "output bucket", "output location"]) {
        return Error::bad_settings(format!(
            "{message} Check that the output location's bucket exists in {region} and that the role has s3:GetBucketLocation, \
             s3:ListBucket and s3:PutObject on it."
        ));
    }
    error
}

fn mentions(text: &str, any: &[&str]) -> bool {
    let text = text.to_ascii_lowercase();
    any.iter().any(|needle| text.contains(needle))
}

#[cfg(test)]
mod tests {
    use aws_sdk_athena::types::QueryExecutionStatus;

    use super::*;

    fn execution(state: QueryExecutionState, category: Option<i32>, reason: Option<&str>) -> QueryExecution {
        let error = category.map(|category| AthenaError::builder().error_category(category).build());
        let status = QueryExecutionStatus::builder()
            .state(state)
            .set_athena_error(error)
            .set_state_change_reason(reason.map(str::to_owned))
            .build();
        QueryExecution::builder().query_execution_id("1234").status(status).build()
    }

    #[test]
    fn the_category_and_the_reason_decide_who_is_at_fault() {
        use ErrorKind::{AccessDenied, Cancelled, Rejected, Throttled, Timeout, Unavailable};
        use QueryExecutionState as State;
        for (state, category, reason, kind) in [
            (State::Failed, Some(USER), Some("SYNTAX_ERROR: line 1:8: Column 'x' cannot be resolved"), Rejected),
            (State::Failed, Some(USER), None, Rejected),
            (State::Failed, Some(SYSTEM), Some("GENERIC_INTERNAL_ERROR: boom"), Unavailable),
            (State::Failed, Some(3), None, Unavailable),
            (State::Failed, None, None, Unavailable),
            (State::Failed, None, Some("TABLE_NOT_FOUND: line 1:15: Table 'a.b.c' does not exist"), Rejected),
            (State::Failed, None, Some("FAILED: SemanticException table is not partitioned"), Rejected),
            (State::Failed, Some(SYSTEM), Some("Query exhausted resources at this scale factor"), Rejected),
            (State::Failed, Some(USER), Some("Amazon S3: Please reduce your request rate. SlowDown"), Throttled),
            (State::Failed, Some(USER), Some("PERMISSION_DENIED: Access Denied (Service: Amazon S3)"), AccessDenied),
            (State::Failed, Some(USER), Some("Query timeout"), Timeout),
            (State::Cancelled, None, Some("Bytes scanned limit was exceeded"), Rejected),
            (State::Cancelled, None, None, Cancelled),
            (State::Cancelled, None, Some("Query cancelled by user"), Cancelled),
        ] {
            let error = of_execution(&execution(state, category, reason), "eu-west-2").expect("it did not succeed");
            assert_eq!(error.kind(), kind, "{reason:?}");
            for part in [reason.unwrap_or("no reason"), "eu-west-2", "Execution 1234"] {
                assert!(error.message().contains(part), "{error}");
            }
        }
        assert_eq!(of_execution(&execution(QueryExecutionState::Succeeded, None, None), "eu-west-2"), None);
    }

    #[test]
    fn a_refusal_that_names_a_setting_says_which() {
        for (message, kind, said) in [
            ("WorkGroup analytics is not found.", ErrorKind::NotFound, "historical.workgroup"),
            (
                "No output location provided. An output location is required either through the Workgroup",
                ErrorKind::BadSettings,
                "historical.outputLocation",
            ),
            ("EntityNotFoundException: Table contacts not found.", ErrorKind::NotFound, "Table contacts"),
            ("Unable to verify/create output bucket results", ErrorKind::BadSettings, "s3:GetBucketLocation"),
            ("line 1:8: mismatched input 'FORM'", ErrorKind::Rejected, "mismatched input"),
        ] {
            let error = refine(Error::new(ErrorKind::Rejected, message), Some("analytics"), "eu-west-2");
            assert_eq!(error.kind(), kind, "{message}");
            assert!(error.message().contains(said), "{error}");
        }
        let other = Error::new(ErrorKind::Unavailable, "WorkGroup not found");
        assert_eq!(refine(other.clone(), None, "eu-west-2"), other, "only a rejection is about the settings");
    }
}
