//! What a person reads for each way that a call can fail.

use super::*;

const CALL: Call<'_> = Call {
    service: "Timestream",
    action: "timestream:Select",
    region: "eu-west-1",
    endpoint: "https://query-cell1.timestream.eu-west-1.amazonaws.com",
    resource: None,
};

#[test]
fn a_refusal_has_a_kind_and_says_what_to_do() {
    let denied = "User: arn:aws:sts::123456789012:assumed-role/grafana/switchboard is not authorized to perform: \
                  timestream:Select on resource: arn:aws:timestream:eu-west-1:123456789012:database/connect/table/events \
                  because no identity-based policy allows the timestream:Select action";
    #[rustfmt::skip]
    let cases: &[(&str, &str, u16, ErrorKind, &[&str])] = &[
        ("AccessDeniedException", denied, 400, ErrorKind::AccessDenied,
            &["assumed-role/grafana/switchboard may not timestream:Select on arn:aws:timestream:eu-west-1:123456789012:database/connect/table/events in eu-west-1", "Add timestream:Select to its policy"]),
        ("AccessDenied", "User: arn:aws:iam::1:user/u is not authorized to perform: athena:Get* with an explicit deny in an identity-based policy", 403,
            ErrorKind::AccessDenied, &["may not athena:Get*", "denies it explicitly"]),
        ("AccessDeniedException", "", 400, ErrorKind::AccessDenied, &["The AWS identity may not timestream:Select in eu-west-1"]),
        ("AccessDeniedException", "no", 400, ErrorKind::AccessDenied, &["may not timestream:Select", "Timestream says: no."]),
        ("AccessDeniedException", "Only existing Timestream for LiveAnalytics customers can access the service.", 400,
            ErrorKind::AccessDenied, &["closed to new customers", "20 June 2025"]),
        ("UnrecognizedClientException", "The security token included in the request is invalid.", 400, ErrorKind::Unauthenticated, &["access key id", "eu-west-1"]),
        ("InvalidClientTokenId", "", 403, ErrorKind::Unauthenticated, &["does not know the AWS credentials"]),
        ("InvalidSignatureException", "The request signature we calculated does not match", 403, ErrorKind::Unauthenticated, &["secret access key does not fit"]),
        ("SignatureDoesNotMatch", "Credential should be scoped to a valid region.", 403, ErrorKind::Unauthenticated, &["another region or service", "(eu-west-1)"]),
        ("InvalidSignatureException", "Signature expired: 20261124T000000Z is now earlier than 20261124T010000Z", 403, ErrorKind::Unauthenticated, &["clock"]),
        ("InvalidSignatureException", "Signature not yet current: later", 403, ErrorKind::Unauthenticated, &["clock"]),
        ("RequestTimeTooSkewed", "", 403, ErrorKind::Unauthenticated, &["clock", "5 minutes"]),
        ("ExpiredTokenException", "The security token included in the request is expired", 403, ErrorKind::Unauthenticated, &["expired", "Renew"]),
        ("ThrottlingException", "Rate exceeded", 400, ErrorKind::Throttled, &["Rate exceeded", "fewer panels"]),
        ("ValidationException", "MaxQueryTCU exceeded", 400, ErrorKind::Throttled, &["raise its MaxQueryTCU"]),
        ("TooManyRequestsException", "", 400, ErrorKind::Throttled, &["quota"]),
        ("ValidationException", "line 1:8: mismatched input", 400, ErrorKind::Rejected, &["Timestream in eu-west-1 rejected the request: line 1:8: mismatched input."]),
        ("QueryExecutionException", "Division by zero", 400, ErrorKind::Rejected, &["Division by zero"]),
        ("ConflictException", "Query was cancelled", 400, ErrorKind::Cancelled, &["stopped the query"]),
        ("ResourceNotFoundException", "No such table", 400, ErrorKind::NotFound, &["No such table"]),
        ("UnknownOperationException", "", 404, ErrorKind::Unavailable, &["query-cell1.timestream.eu-west-1.amazonaws.com does not answer Timestream", "Check the endpoint"]),
        ("InternalServerException", "oops", 500, ErrorKind::Unavailable, &["failed: oops."]),
        ("SomethingNew", "", 503, ErrorKind::Unavailable, &["SomethingNew"]),
        ("SomethingNew", "no", 429, ErrorKind::Throttled, &["no"]),
        ("SomethingNew", "no", 403, ErrorKind::AccessDenied, &["no"]),
        ("SomethingNew", "no", 418, ErrorKind::Rejected, &["no"]),
        ("", "", 500, ErrorKind::Unavailable, &["HTTP status 500", "cannot be read", "proxy"]),
        ("", "", 403, ErrorKind::AccessDenied, &["HTTP status 403"]),
    ];
    for (code, message, status, kind, phrases) in cases {
        let error = refused(&CALL, Some(code), Some(message), *status);
        assert_eq!(error.kind(), *kind, "{code} {message}: {error}");
        for phrase in *phrases {
            assert!(error.message().contains(phrase), "{code} {message}: {phrase:?} is not in {error}");
        }
        assert!(error.message().ends_with(['.', '…']), "{error}");
    }
}

#[test]
fn what_repeats_a_secret_is_not_repeated() {
    let token = "IQoJb3JpZ2luX2VjEJr".repeat(20);
    let canonical = format!(
        "The Canonical String for this request should have been 'POST\n/\n\nx-amz-security-token:{token}\n' \
         Credential=AKIAIOSFODNN7EXAMPLE/20261124/eu-west-1 wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    );
    for code in ["SignatureDoesNotMatch", "InvalidSignatureException", "AccessDenied", "ValidationException", "New", ""]
    {
        let message = refused(&CALL, Some(code), Some(&canonical), 403).message().to_owned();
        for secret in ["IQoJb3JpZ2luX2VjEJr", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI"] {
            assert!(!message.contains(secret), "{code}: {message}");
        }
    }
}

#[test]
fn hostile_text_stays_short_and_on_one_line() {
    let hostile = format!(
        "User: {} is not authorized to perform: \u{7}\n{} on resource: \u{202e}",
        "x".repeat(99_999),
        "y".repeat(9999)
    );
    for code in ["AccessDeniedException", "ValidationException", "ThrottlingException", "\u{0}", ""] {
        let message = refused(&CALL, Some(code), Some(&hostile), 400).message().to_owned();
        assert!(message.chars().count() < 2000, "{}", message.chars().count());
        assert!(!message.chars().any(char::is_control), "{message}");
    }
}

#[test]
fn what_cannot_be_reached_is_named() {
    let cases = [
        (
            "dispatch failure: io error: client error (Connect): dns error: failed to lookup address information",
            "does not resolve",
        ),
        ("client error (Connect): tcp connect error: Connection refused (os error 111)", "refuses connections"),
        ("invalid peer certificate: UnknownIssuer", "certificate"),
        ("connection closed before message completed: IncompleteMessage; connection reset by peer", "was cut"),
        ("something else", "cannot be reached"),
    ];
    for (cause, phrase) in cases {
        let error = unreachable_endpoint(&CALL, cause);
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.message().contains(phrase), "{error}");
        assert!(error.message().contains("query-cell1.timestream.eu-west-1.amazonaws.com"), "{error}");
    }
    let nowhere = Call { region: "eu-west-2", endpoint: "https://query.timestream.eu-west-2.amazonaws.com", ..CALL };
    assert!(unreachable_endpoint(&nowhere, "dns error").message().contains("eu-west-1"));
}

#[test]
fn denials_are_parsed_or_left_alone() {
    let cases = [
        ("", Denial::default()),
        ("User: ", Denial::default()),
        (
            "not authorized to perform: athena:Start, on resource: arn:x.",
            Denial { action: Some("athena:Start"), resource: Some("arn:x"), ..Denial::default() },
        ),
        (
            "User: u is not authorized to perform: a:B",
            Denial { principal: Some("u"), action: Some("a:B"), ..Denial::default() },
        ),
        ("... with an explicit deny", Denial { explicit: true, ..Denial::default() }),
    ];
    for (message, wanted) in cases {
        assert_eq!(Denial::parse(message), wanted, "{message}");
    }
}
