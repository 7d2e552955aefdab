//! Credentials, signatures and retries, against a server that checks them.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use aws_sdk_timestreamquery::{
    Client,
    config::{Builder, http::HttpResponse},
    error::SdkError,
    operation::query::{QueryError, QueryOutput},
};
use futures::future::join_all;
use serde_json::{Value, json};

use super::{
    test_server::{Reply, Request, TestServer},
    *,
};
use crate::{
    error::ErrorKind,
    settings::{AuthProvider, Gates},
};

const ROLE: &str = "arn:aws:iam::123456789012:role/grafana";

fn settings(json_data: &Value) -> Settings {
    let secure =
        HashMap::from([("accessKey".to_owned(), "AKIDBASE".to_owned()), ("secretKey".to_owned(), "secret".to_owned())]);
    Settings::from_grafana(json_data.to_string().as_bytes(), &secure, &Gates::default()).unwrap()
}

/// A client of one leg at `url`, and its cache of credentials.
async fn client(settings: &Settings, leg: Leg, url: &str) -> (Client, CredentialCache) {
    let (config, credentials) = CredentialCache::attach(&configure(settings, leg).await.unwrap());
    (Client::from_conf(Builder::from(&config).endpoint_url(url).build()), credentials)
}

async fn query(
    client: &Client,
    credentials: &CredentialCache,
) -> Result<QueryOutput, SdkError<QueryError, HttpResponse>> {
    credentials.retry_expired(|| client.query().query_string("SELECT 1").send()).await
}

fn failure(url: &str, error: &SdkError<QueryError, HttpResponse>) -> Error {
    let call =
        Call { service: "Timestream", action: "timestream:Select", region: "eu-west-1", endpoint: url, resource: None };
    translate(&call, error)
}

/// STS's answer: the session's access key id is `ASIA` and the number of the session.
fn session(number: usize) -> Reply {
    Reply::new(
        200,
        format!(
            "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA{number}</AccessKeyId>\
             <SecretAccessKey>s</SecretAccessKey><SessionToken>t{number}</SessionToken>\
             <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
        ),
    )
}

fn empty_result() -> Reply {
    Reply::json(&json!({"QueryId": "q", "Rows": [], "ColumnInfo": []}))
}

/// Answers sessions, and lets queries pass from the session `good` on.
fn sts_and_queries(good: usize) -> impl Fn(&Request) -> Reply + Send + Sync {
    let sessions = AtomicUsize::new(0);
    move |request| match request.operation.as_str() {
        "AssumeRole" => session(sessions.fetch_add(1, Ordering::SeqCst) + 1),
        _ if (good..9).any(|n| request.authorization.contains(&format!("Credential=ASIA{n}/"))) => empty_result(),
        _ => Reply::error(403, "ExpiredTokenException", "The security token included in the request is expired"),
    }
}

fn role_settings(sts: &str) -> Settings {
    settings(&json!({"authType": "keys", "assumeRoleArn": ROLE, "externalId": "ex&id", "stsEndpoint": sts}))
}

#[tokio::test]
async fn a_role_is_assumed_at_sts_and_signs_for_the_region_of_the_leg() {
    let sts = TestServer::start(sts_and_queries(1)).await;
    let service = TestServer::start(|_| empty_result()).await;
    for (leg, scope) in
        [(Leg::Realtime, "/eu-west-1/timestream/aws4_request"), (Leg::Historical, "/eu-west-2/timestream/")]
    {
        let (client, credentials) = client(&role_settings(&sts.url), leg, &service.url).await;
        query(&client, &credentials).await.unwrap();
        assert!(service.requests().last().unwrap().authorization.contains(scope), "{leg}");
    }
    let asked = sts.requests();
    assert_eq!(sts.operations(), ["AssumeRole", "AssumeRole"], "STS has its own endpoint, and is asked once a leg");
    assert_eq!(service.operations(), ["Query", "Query"]);
    assert!(
        asked[0].authorization.contains("Credential=AKIDBASE/") && asked[0].authorization.contains("/eu-west-1/sts/")
    );
    for part in ["ExternalId=ex%26id", "RoleSessionName=switchboard", "DurationSeconds="] {
        assert!(asked[0].body.contains(part), "{part} is not in {}", asked[0].body);
    }
}

#[tokio::test]
async fn expired_credentials_are_loaded_anew_once_for_all_calls_that_met_them() {
    let server = TestServer::start(sts_and_queries(2)).await;
    let (client, credentials) = client(&role_settings(&server.url), Leg::Realtime, &server.url).await;
    let answers = join_all((0..20).map(|_| query(&client, &credentials))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let sessions = server.operations().iter().filter(|operation| *operation == "AssumeRole").count();
    assert_eq!(sessions, 2);
}

#[tokio::test]
async fn credentials_that_stay_expired_are_an_error_after_one_renewal() {
    let server = TestServer::start(sts_and_queries(99)).await;
    let (client, credentials) = client(&role_settings(&server.url), Leg::Realtime, &server.url).await;
    let error = query(&client, &credentials).await.unwrap_err();
    assert_eq!(failure(&server.url, &error).kind(), ErrorKind::Unauthenticated);
    assert_eq!(server.operations(), ["AssumeRole", "Query", "AssumeRole", "Query"]);
}

#[tokio::test]
async fn a_role_that_may_not_be_assumed_is_named() {
    let refusal = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>User: arn:aws:iam::123456789012:user/grafana is not \
                   authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/grafana</Message></Error></ErrorResponse>";
    let server = TestServer::start(move |_| Reply::new(403, refusal)).await;
    let (client, credentials) = client(&role_settings(&server.url), Leg::Realtime, &server.url).await;
    let error = failure(&server.url, &query(&client, &credentials).await.unwrap_err());
    assert_eq!(error.kind(), ErrorKind::AccessDenied, "{error}");
    for part in ["user/grafana may not sts:AssumeRole", ROLE, "trust policy", "eu-west-1"] {
        assert!(error.message().contains(part), "{part} is not in {error}");
    }
}

#[tokio::test]
async fn answers_that_are_no_answers_become_errors() {
    let cases: [(Reply, ErrorKind, &str); 4] = [
        (Reply::new(500, "<html>500</html>"), ErrorKind::Unavailable, "HTTP status 500"),
        (Reply::new(200, "<html>login</html>"), ErrorKind::Unavailable, "cannot be read"),
        (Reply::new(400, "{"), ErrorKind::Unavailable, "HTTP status 400"),
        (Reply::cut(), ErrorKind::Unavailable, "was cut"),
    ];
    for (reply, kind, phrase) in cases {
        let server = TestServer::start(move |_| reply.clone()).await;
        let (client, credentials) = client(&settings(&json!({"authType": "keys"})), Leg::Realtime, &server.url).await;
        let error = failure(&server.url, &query(&client, &credentials).await.unwrap_err());
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(phrase), "{phrase} is not in {error}");
    }
}

#[tokio::test]
async fn nobody_listening_is_told_with_host_and_port() {
    let url = {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let (client, credentials) = client(&settings(&json!({"authType": "keys"})), Leg::Realtime, &url).await;
    let error = failure(&url, &query(&client, &credentials).await.unwrap_err());
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.message().contains(&format!("{} refuses connections", &url[7..])), "{error}");
}

#[tokio::test]
async fn a_throttled_call_is_made_three_times() {
    let server = TestServer::start(|_| Reply::error(400, "ThrottlingException", "Rate exceeded")).await;
    let (client, credentials) = client(&settings(&json!({"authType": "keys"})), Leg::Realtime, &server.url).await;
    let error = failure(&server.url, &query(&client, &credentials).await.unwrap_err());
    assert_eq!((error.kind(), server.requests().len()), (ErrorKind::Throttled, 3));
}

#[tokio::test]
async fn a_profile_that_does_not_exist_is_told_and_does_not_hang() {
    let settings = settings(&json!({"authType": "credentials", "profile": "no-such-profile"}));
    let (client, credentials) = client(&settings, Leg::Realtime, "http://127.0.0.1:9").await;
    let started = Instant::now();
    let error = failure("http://127.0.0.1:9", &query(&client, &credentials).await.unwrap_err());
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
    assert!(error.message().contains("no-such-profile"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(15));
}

#[tokio::test]
async fn an_instance_role_where_there_is_no_instance_does_not_hang() {
    let mut settings = settings(&json!({"authType": "keys"}));
    settings.auth.provider = AuthProvider::InstanceRole;
    let (client, credentials) = client(&settings, Leg::Realtime, "http://127.0.0.1:9").await;
    let started = Instant::now();
    let error = failure("http://127.0.0.1:9", &query(&client, &credentials).await.unwrap_err());
    // On an instance that has a role, the closed port is what fails.
    assert!(matches!(error.kind(), ErrorKind::Unauthenticated | ErrorKind::Unavailable), "{error}");
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
}

#[test]
fn endpoints_that_look_wrong_are_warned_about() {
    let cases = [
        (None, 0),
        (Some("https://vpce.example"), 0),
        (Some("http://127.0.0.1:4566"), 0),
        (Some("http://[::1]:4566"), 0),
        (Some("http://localhost"), 0),
        (Some("http://sandbox:4566"), 1),
        (Some("http://127.0.0.1.example:80"), 1),
    ];
    for (endpoint, wanted) in cases {
        assert_eq!(endpoint_warnings(endpoint, "SWITCHBOARD_TEST_NOT_SET").len(), wanted, "{endpoint:?}");
    }
}
