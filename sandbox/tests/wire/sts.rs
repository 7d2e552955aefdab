//! AssumeRole, and what its credentials open.

use std::time::Duration;

use sandbox::wire::Options;
use serde_json::json;

use crate::client::{Answer, Call, Client, start, start_with};

const ROLE: &str = "arn%3Aaws%3Aiam%3A%3A000000000000%3Arole%2Fgrafana";

async fn assume(client: &Client, more: &str) -> Answer {
    let form = format!("Action=AssumeRole&Version=2011-06-15&RoleArn={ROLE}&RoleSessionName=panel{more}");
    client.send(Call::form("eu-west-2", &form)).await
}

fn with_session(client: &Client, answer: &Answer) -> Client {
    let element = |name: &str| answer.element(name).unwrap_or_else(|| panic!("{}", answer.text())).to_owned();
    Client {
        address: client.address,
        access_key: element("AccessKeyId"),
        secret_key: element("SecretAccessKey"),
        token: Some(element("SessionToken")),
    }
}

#[tokio::test]
async fn an_assumed_role_opens_every_api() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let answer = assume(&client, "").await;
    assert_eq!(answer.element("Arn"), Some("arn:aws:sts::000000000000:assumed-role/grafana/panel"));
    let session = with_session(&client, &answer);
    session.query("SELECT ROWS 1").await.ok();
    assert_eq!(session.execute("SELECT ROWS 1").await["Status"]["State"], "SUCCEEDED");
    let identity = session.send(Call::form("eu-west-1", "Action=GetCallerIdentity")).await;
    assert_eq!(identity.element("Arn"), answer.element("Arn"));
    let path = "/bucket/none";
    assert_eq!(session.send(Call::object("GET", path, &[])).await.element("Code"), Some("NoSuchKey"));
}

#[tokio::test]
async fn a_session_needs_its_own_token() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let session = with_session(&client, &assume(&client, "").await);
    for token in [None, Some("another".to_owned())] {
        let broken = Client { token, ..session.clone() };
        assert_eq!(broken.query("SELECT ROWS 1").await.error().1, "UnrecognizedClientException");
    }
}

#[tokio::test]
async fn a_session_ends() {
    let lifetime = Duration::from_millis(300);
    let sandbox = start_with(Options { session_lifetime: Some(lifetime), ..Options::default().fast() });
    let client = Client::of(&sandbox);
    let session = with_session(&client, &assume(&client, "").await);
    session.query("SELECT ROWS 1").await.ok();
    tokio::time::sleep(lifetime).await;
    let (status, code, _) = session.query("SELECT ROWS 1").await.error();
    assert_eq!((status, code.as_str()), (403, "ExpiredTokenException"));
    let (_, code, _) = session.athena("ListWorkGroups", json!({})).await.error();
    assert_eq!(code, "ExpiredTokenException");
    let object = session.send(Call::object("GET", "/bucket/key", &[])).await;
    assert_eq!((object.status, object.element("Code")), (400, Some("ExpiredToken")));
    let again = assume(&session, "").await;
    assert_eq!((again.status, again.element("Code")), (403, Some("ExpiredToken")));
}

#[tokio::test]
async fn the_external_id_is_checked() {
    let sandbox = start_with(Options { external_id: Some("shared secret".to_owned()), ..Options::default() });
    let client = Client::of(&sandbox);
    for (more, status) in [("", 403), ("&ExternalId=wrong", 403), ("&ExternalId=shared+secret", 200)] {
        assert_eq!(assume(&client, more).await.status, status, "{more}");
    }
}

#[tokio::test]
async fn what_cannot_be_assumed_says_why() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    for (form, status, code) in [
        ("Action=AssumeRole&RoleArn=arn:aws:iam::1:role/denied-role&RoleSessionName=a", 403, "AccessDenied"),
        ("Action=AssumeRole&RoleArn=grafana&RoleSessionName=a", 400, "ValidationError"),
        ("Action=AssumeRole&RoleSessionName=a", 400, "ValidationError"),
        ("Action=AssumeRole&RoleArn=arn:aws:iam::1:role/a", 400, "ValidationError"),
        (
            "Action=AssumeRole&RoleArn=arn:aws:iam::1:role/a&RoleSessionName=a&DurationSeconds=10",
            400,
            "ValidationError",
        ),
        ("Action=DeleteRole", 400, "InvalidAction"),
    ] {
        let answer = client.send(Call::form("eu-west-2", form)).await;
        assert_eq!((answer.status, answer.element("Code")), (status, Some(code)), "{form}");
    }
}
