//! Signature Version 4, as each API checks it.

use std::time::{Duration, SystemTime};

use sandbox::wire::Options;
use serde_json::json;

use crate::client::{Call, Client, start, start_with};

fn calls() -> [Call; 4] {
    [
        Call::json("timestream", "DescribeEndpoints", &json!({})),
        Call::json("athena", "ListWorkGroups", &json!({})),
        Call::object("GET", "/bucket/a%20key/with%2Bsigns%3D~", &[]),
        Call::form("eu-west-3", "Action=GetCallerIdentity&Version=2011-06-15"),
    ]
}

/// Sends each API's call, changed by `change`, and compares status and code.
async fn expect(client: &Client, change: impl Fn(&mut Call), expected: [(u16, &str); 4]) {
    for (mut call, (status, code)) in calls().into_iter().zip(expected) {
        change(&mut call);
        let answer = client.send(call.clone()).await;
        assert_eq!(answer.status, status, "{} {}", call.service, answer.text());
        assert!(answer.text().contains(code), "{} {}", call.service, answer.text());
    }
}

#[tokio::test]
async fn a_good_signature_is_accepted_by_every_api() {
    let sandbox = start();
    expect(
        &Client::of(&sandbox),
        |_| {},
        [(200, "Endpoints"), (200, "primary"), (404, "NoSuchKey"), (200, ":user/sandbox")],
    )
    .await;
}

#[tokio::test]
async fn an_unsigned_request_is_refused() {
    let sandbox = start();
    expect(
        &Client::of(&sandbox),
        |call| call.unsigned = true,
        [
            (403, "MissingAuthenticationTokenException"),
            (403, "MissingAuthenticationTokenException"),
            (403, "AccessDenied"),
            (403, "MissingAuthenticationToken"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_wrong_secret_is_refused() {
    let sandbox = start();
    let client = Client { secret_key: "wrong".to_owned(), ..Client::of(&sandbox) };
    expect(
        &client,
        |_| {},
        [
            (403, "InvalidSignatureException"),
            (403, "InvalidSignatureException"),
            (403, "SignatureDoesNotMatch"),
            (403, "SignatureDoesNotMatch"),
        ],
    )
    .await;
}

#[tokio::test]
async fn an_unknown_key_is_refused() {
    let sandbox = start();
    let client = Client { access_key: "AKIANOBODY".to_owned(), ..Client::of(&sandbox) };
    expect(
        &client,
        |_| {},
        [
            (403, "UnrecognizedClientException"),
            (403, "UnrecognizedClientException"),
            (403, "InvalidAccessKeyId"),
            (403, "InvalidClientTokenId"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_tampered_body_is_refused() {
    let sandbox = start();
    expect(
        &Client::of(&sandbox),
        |call| call.sent_body = Some(b"Action=AssumeRole".to_vec()),
        [
            (403, "InvalidSignatureException"),
            (403, "InvalidSignatureException"),
            (400, "XAmzContentSHA256Mismatch"),
            (403, "SignatureDoesNotMatch"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_signature_for_another_region_names_the_region() {
    let sandbox = start();
    expect(
        &Client::of(&sandbox),
        |call| call.region = "us-east-1".to_owned(),
        [
            (403, "Credential should be scoped to a valid region, not 'us-east-1'"),
            (403, "Credential should be scoped to a valid region, not 'us-east-1'"),
            (400, "the region 'us-east-1' is wrong; expecting 'eu-west-2'"),
            (200, ":user/sandbox"),
        ],
    )
    .await;
}

#[tokio::test]
async fn each_engine_is_refused_in_the_other_s_region() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    for (service, operation, region) in
        [("timestream", "DescribeEndpoints", "eu-west-2"), ("athena", "ListWorkGroups", "eu-west-1")]
    {
        let call = Call { region: region.to_owned(), ..Call::json(service, operation, &json!({})) };
        let (status, code, message) = client.send(call).await.error();
        assert_eq!((status, code.as_str()), (403, "InvalidSignatureException"));
        assert!(message.contains(region), "{message}");
    }
}

#[tokio::test]
async fn a_signature_for_another_service_is_refused() {
    let sandbox = start();
    expect(
        &Client::of(&sandbox),
        |call| call.service = "glue",
        [
            (403, "Credential should be scoped to correct service: 'timestream'"),
            (403, "Credential should be scoped to correct service: 'athena'"),
            // Signed as anything but S3, the request has no payload hash; the scope is looked at first.
            (400, "AuthorizationHeaderMalformed"),
            (403, "SignatureDoesNotMatch"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_clock_that_is_off_is_refused() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let (past, future) = (SystemTime::now() - Duration::from_mins(16), SystemTime::now() + Duration::from_mins(16));
    expect(
        &client,
        |call| call.signed_at = past,
        [
            (403, "Signature expired"),
            (403, "Signature expired"),
            (403, "RequestTimeTooSkewed"),
            (403, "Signature expired"),
        ],
    )
    .await;
    expect(
        &client,
        |call| call.signed_at = future,
        [
            (403, "Signature not yet current"),
            (403, "Signature not yet current"),
            (403, "RequestTimeTooSkewed"),
            (403, "Signature not yet current"),
        ],
    )
    .await;
    let nearly = SystemTime::now() - Duration::from_mins(14);
    expect(&client, |call| call.signed_at = nearly, [(200, ""), (200, ""), (404, "NoSuchKey"), (200, "")]).await;
}

#[tokio::test]
async fn the_sandbox_s_clock_can_be_set_apart() {
    let sandbox = start_with(Options { clock_ahead_seconds: 3600, ..Options::default() });
    let (status, code, message) = Client::of(&sandbox).query("SELECT ROWS 1").await.error();
    assert_eq!((status, code.as_str()), (403, "InvalidSignatureException"));
    assert!(message.starts_with("Signature expired"), "{message}");
}

#[tokio::test]
async fn static_keys_come_without_a_token() {
    let sandbox = start();
    let client = Client { token: Some("made up".to_owned()), ..Client::of(&sandbox) };
    assert_eq!(client.query("SELECT ROWS 1").await.error().1, "UnrecognizedClientException");
}

#[tokio::test]
async fn s3_takes_unsigned_payloads_and_others_do_not() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let unsigned_payload = |call: Call| Call { unsigned_payload: true, ..call };
    let object = unsigned_payload(Call::object("GET", "/bucket/key", &[]));
    assert_eq!(client.send(object).await.element("Code"), Some("NoSuchKey"));
    let list = unsigned_payload(Call::json("athena", "ListWorkGroups", &json!({})));
    assert_eq!(client.send(list).await.error().1, "InvalidSignatureException");
}

#[tokio::test]
async fn query_strings_are_covered() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let path = "/bucket/key?versionId=a%2Fb&empty&x=1%202";
    assert_eq!(client.send(Call::object("GET", path, &[])).await.element("Code"), Some("NoSuchKey"));
}

#[tokio::test]
async fn own_keys_can_be_set() {
    let options = Options { access_key: "AKIAOWN".to_owned(), secret_key: "own".to_owned(), ..Options::default() };
    let sandbox = start_with(options);
    let client = Client::of(&sandbox);
    assert_eq!(client.query("SELECT ROWS 1").await.error().1, "UnrecognizedClientException");
    let own = Client { access_key: "AKIAOWN".to_owned(), secret_key: "own".to_owned(), ..client };
    own.query("SELECT ROWS 1").await.ok();
}

#[tokio::test]
async fn malformed_headers_are_refused() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    for header in
        ["", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=zz", "Bearer x"]
    {
        let mut call = Call::json("athena", "ListWorkGroups", &json!({}));
        call.unsigned = true;
        call.headers.push(("authorization".to_owned(), header.to_owned()));
        let (status, code, _) = client.send(call).await.error();
        assert_eq!((status, code.as_str()), (403, "IncompleteSignatureException"), "{header}");
    }
}
