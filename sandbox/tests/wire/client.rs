//! An HTTP client that hides nothing: what was sent is seen, and what was promised and never came is seen too.

use std::{
    collections::HashMap,
    net::SocketAddr,
    time::{Duration, SystemTime},
};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};
use sandbox::wire::{DEFAULT_ACCESS_KEY, DEFAULT_SECRET_KEY, Options, RunningSandbox, Sandbox};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::fake::Fake;

/// A sandbox over the fake engine with these options.
pub fn start_with(options: Options) -> RunningSandbox {
    Sandbox::builder().options(options).backend(std::sync::Arc::new(Fake)).start().unwrap()
}

/// A sandbox over the fake engine whose executions hardly wait.
pub fn start() -> RunningSandbox {
    start_with(Options::default().fast())
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
    /// Whether as many bytes came as were promised.
    pub complete: bool,
}

impl Answer {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The body of a 200.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        self.json()
    }

    /// Status, code and message of an error in JSON.
    #[track_caller]
    pub fn error(&self) -> (u16, String, String) {
        let body = self.json();
        let code = body["__type"].as_str().unwrap().rsplit('#').next().unwrap().to_owned();
        let message = body.get("message").or_else(|| body.get("Message")).and_then(Value::as_str).unwrap().to_owned();
        (self.status, code, message)
    }

    /// Text of an XML element.
    pub fn element(&self, name: &str) -> Option<&str> {
        let (_, rest) = self.text().split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
    }
}

/// One request, and how it is to be signed.
#[derive(Debug, Clone)]
pub struct Call {
    pub service: &'static str,
    pub region: String,
    pub method: &'static str,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Sent instead of the body that was signed.
    pub sent_body: Option<Vec<u8>>,
    pub signed_at: SystemTime,
    pub unsigned: bool,
    pub unsigned_payload: bool,
}

impl Call {
    pub fn json(service: &'static str, operation: &str, body: &Value) -> Self {
        let (region, version, target) = match service {
            "timestream" => ("eu-west-1", "1.0", "Timestream_20181101"),
            _ => ("eu-west-2", "1.1", "AmazonAthena"),
        };
        let headers = vec![
            ("content-type".to_owned(), format!("application/x-amz-json-{version}")),
            ("x-amz-target".to_owned(), format!("{target}.{operation}")),
        ];
        Self::new(service, region, "POST", "/", headers, body.to_string().into_bytes())
    }

    pub fn object(method: &'static str, path: &str, headers: &[(&str, &str)]) -> Self {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self::new("s3", "eu-west-2", method, path, headers, Vec::new())
    }

    pub fn form(region: &str, form: &str) -> Self {
        let headers = vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
        Self::new("sts", region, "POST", "/", headers, form.as_bytes().to_vec())
    }

    fn new(
        service: &'static str,
        region: &str,
        method: &'static str,
        path: &str,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    ) -> Self {
        Self {
            service,
            region: region.to_owned(),
            method,
            path: path.to_owned(),
            headers,
            body,
            sent_body: None,
            signed_at: SystemTime::now(),
            unsigned: false,
            unsigned_payload: false,
        }
    }
}

/// Who signs.
#[derive(Debug, Clone)]
pub struct Client {
    pub address: SocketAddr,
    pub access_key: String,
    pub secret_key: String,
    pub token: Option<String>,
}

impl Client {
    pub fn of(sandbox: &RunningSandbox) -> Self {
        Self {
            address: sandbox.address,
            access_key: DEFAULT_ACCESS_KEY.to_owned(),
            secret_key: DEFAULT_SECRET_KEY.to_owned(),
            token: None,
        }
    }

    pub async fn timestream(&self, operation: &str, body: Value) -> Answer {
        self.send(Call::json("timestream", operation, &body)).await
    }

    /// Timestream's Query of one statement.
    pub async fn query(&self, sql: &str) -> Answer {
        self.timestream("Query", json!({"QueryString": sql})).await
    }

    pub async fn athena(&self, operation: &str, body: Value) -> Answer {
        self.send(Call::json("athena", operation, &body)).await
    }

    /// Starts an execution in workgroup `connect` and waits until it has ended.
    pub async fn execute(&self, sql: &str) -> Value {
        let started =
            self.athena("StartQueryExecution", json!({"QueryString": sql, "WorkGroup": "connect"})).await.ok();
        self.ended(started["QueryExecutionId"].as_str().unwrap()).await
    }

    /// The execution, once it has ended.
    pub async fn ended(&self, id: &str) -> Value {
        for _ in 0..500 {
            let execution = self.athena("GetQueryExecution", json!({"QueryExecutionId": id})).await.ok();
            let execution = &execution["QueryExecution"];
            if !["QUEUED", "RUNNING"].contains(&execution["Status"]["State"].as_str().unwrap()) {
                return execution.clone();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{id} does not end");
    }

    pub async fn results(&self, id: &str) -> Answer {
        self.athena("GetQueryResults", json!({"QueryExecutionId": id})).await
    }

    pub async fn admin(&self, method: &str, path: &str, body: &str) -> Answer {
        let headers = [("host".to_owned(), self.address.to_string())];
        self.exchange(method, &format!("/_sandbox/{path}"), &headers, body.as_bytes()).await
    }

    pub async fn fault(&self, fault: Value) {
        self.admin("POST", "faults", &fault.to_string()).await.ok();
    }

    pub async fn can(&self, canned: Value) {
        self.admin("POST", "canned", &canned.to_string()).await.ok();
    }

    /// Signs and sends.
    pub async fn send(&self, call: Call) -> Answer {
        let mut headers = call.headers.clone();
        headers.push(("host".to_owned(), self.address.to_string()));
        if !call.unsigned {
            headers.extend(self.signature(&call, &headers));
        }
        self.exchange(call.method, &call.path, &headers, call.sent_body.as_ref().unwrap_or(&call.body)).await
    }

    fn signature(&self, call: &Call, headers: &[(String, String)]) -> Vec<(String, String)> {
        let credentials =
            Credentials::new(self.access_key.as_str(), self.secret_key.as_str(), self.token.clone(), None, "test");
        let identity = credentials.into();
        let mut settings = SigningSettings::default();
        if call.service == "s3" {
            settings.percent_encoding_mode = PercentEncodingMode::Single;
        }
        if call.service == "s3" || call.unsigned_payload {
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        let params = SigningParams::builder()
            .identity(&identity)
            .region(&call.region)
            .name(call.service)
            .time(call.signed_at)
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let uri = format!("http://{}{}", self.address, call.path);
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let body = if call.unsigned_payload { SignableBody::UnsignedPayload } else { SignableBody::Bytes(&call.body) };
        let request = SignableRequest::new(call.method, uri, headers, body).unwrap();
        let (instructions, _) = sign(request, &params).unwrap().into_parts();
        instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// One request on a connection of its own.
    pub async fn exchange(&self, method: &str, path: &str, headers: &[(String, String)], body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        let mut received = Vec::new();
        // A reset ends the answer as a close does; the length tells them apart.
        let _ = stream.read_to_end(&mut received).await;
        parse(&received, method)
    }
}

fn parse(received: &[u8], method: &str) -> Answer {
    let end = received.windows(4).position(|window| window == b"\r\n\r\n").expect("a complete head");
    let head = std::str::from_utf8(&received[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: HashMap<String, String> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let body = received[end + 4..].to_vec();
    let promised: usize = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let complete = method == "HEAD" || body.len() == promised;
    Answer { status, headers, body, complete }
}
