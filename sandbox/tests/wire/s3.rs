//! Result files over HTTP: whole, by range, and what is not there.

use crate::client::{Answer, Call, Client, start};

async fn result_file(client: &Client) -> String {
    let execution = client.execute("SELECT ROWS 2").await;
    let location = execution["ResultConfiguration"]["OutputLocation"].as_str().unwrap();
    location.replacen("s3:/", "", 1)
}

async fn get(client: &Client, path: &str, headers: &[(&str, &str)]) -> Answer {
    client.send(Call::object("GET", path, headers)).await
}

const CSV: &str = "\"n\",\"text\"\n\"0\",\"row \"\"0\"\"\"\n\"1\",\"row \"\"1\"\"\"\n";

#[tokio::test]
async fn a_result_is_written_where_the_execution_says() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let path = result_file(&client).await;
    let answer = get(&client, &path, &[]).await;
    assert_eq!((answer.status, answer.text()), (200, CSV));
    assert_eq!(answer.headers["content-type"], "text/csv");
    let head = client.send(Call::object("HEAD", &path, &[])).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.headers["content-length"], CSV.len().to_string());
    assert_eq!(head.headers["etag"], answer.headers["etag"]);
}

#[tokio::test]
async fn ranges_come_as_partial_content() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let path = result_file(&client).await;
    let total = CSV.len();
    for (range, text, content_range) in [
        ("bytes=0-2", &CSV[..3], format!("bytes 0-2/{total}")),
        ("bytes=10-", &CSV[10..], format!("bytes 10-{}/{total}", total - 1)),
        ("bytes=-4", &CSV[total - 4..], format!("bytes {}-{}/{total}", total - 4, total - 1)),
        ("bytes=0-9999", CSV, format!("bytes 0-{}/{total}", total - 1)),
    ] {
        let answer = get(&client, &path, &[("range", range)]).await;
        assert_eq!((answer.status, answer.text()), (206, text), "{range}");
        assert_eq!(answer.headers["content-range"], content_range);
    }
    let beyond = get(&client, &path, &[("range", "bytes=9999-")]).await;
    assert_eq!((beyond.status, beyond.element("Code")), (416, Some("InvalidRange")));
    assert_eq!(get(&client, &path, &[("range", "lines=1-2")]).await.status, 200);
}

#[tokio::test]
async fn a_changed_object_is_told_by_its_tag() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let path = result_file(&client).await;
    let etag = get(&client, &path, &[]).await.headers["etag"].clone();
    assert_eq!(get(&client, &path, &[("if-match", &etag)]).await.status, 200);
    assert_eq!(get(&client, &path, &[("if-match", "\"other\"")]).await.status, 412);
}

#[tokio::test]
async fn what_is_not_there_is_said_so() {
    let sandbox = start();
    let client = Client::of(&sandbox);
    let answer = get(&client, "/bucket/none.csv", &[]).await;
    assert_eq!(
        (answer.status, answer.element("Code"), answer.element("Key")),
        (404, Some("NoSuchKey"), Some("none.csv"))
    );
    for call in [Call::object("PUT", "/bucket/key", &[]), Call::object("GET", "/", &[])] {
        let answer = client.send(call).await;
        assert_eq!((answer.status, answer.element("Code")), (405, Some("MethodNotAllowed")));
    }
}
