//! A sandbox under test: started on a free port, told what to answer and how to fail, asked what it saw.

use std::{sync::Arc, time::Duration};

use ::sandbox::wire::{Backend, DEFAULT_ACCESS_KEY, DEFAULT_SECRET_KEY, Options, RunningSandbox, Sandbox};
use serde_json::{Value, json};
use switchboard::{
    aws,
    engine::{Answer, Budget, Engine, Statement, athena::Athena},
    error::Result,
    leg::Leg,
    settings::{Gates, Settings},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep},
};

/// More than any test takes.
pub const LIMIT: Duration = Duration::from_secs(30);

/// A running sandbox.
pub struct Running {
    sandbox: RunningSandbox,
}

impl Running {
    /// A sandbox that hardly waits.
    pub fn fast() -> Self {
        Self::start(Options::default().fast(), None)
    }

    /// A sandbox as asked for.
    pub fn start(options: Options, backend: Option<Arc<dyn Backend>>) -> Self {
        let builder = Sandbox::builder().options(options);
        let builder = match backend {
            Some(backend) => builder.backend(backend),
            None => builder,
        };
        Self { sandbox: builder.start().unwrap() }
    }

    /// Stops it as a killed process would stop.
    pub async fn kill(self) {
        self.sandbox.stop().await;
    }

    /// The URL of all its services.
    pub fn endpoint(&self) -> String {
        self.sandbox.endpoint()
    }

    /// The leg on it, with the historical settings `changed`.
    pub async fn athena(&self, changed: Value) -> Athena {
        let settings = self.settings(&changed);
        Athena::new(&aws::configure(&settings, Leg::Historical).await.unwrap(), &settings)
    }

    /// A client of its own, as AWS's console would be.
    pub async fn client(&self) -> aws_sdk_athena::Client {
        let config = aws::configure(&self.settings(&json!({})), Leg::Historical).await.unwrap();
        aws_sdk_athena::Client::new(&config.into_builder().endpoint_url(self.sandbox.endpoint()).build())
    }

    fn settings(&self, changed: &Value) -> Settings {
        let mut historical = json!({
            "region": "eu-west-2",
            "endpoint": self.sandbox.endpoint(),
            "database": "connect",
            "workgroup": "connect",
            "resultReuse": { "enabled": false },
        });
        historical.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
        let settings = json!({ "authType": "keys", "historical": historical, "limits": { "timeoutSeconds": 10 },
            "stsEndpoint": self.sandbox.endpoint() });
        let keys = [("accessKey", DEFAULT_ACCESS_KEY), ("secretKey", DEFAULT_SECRET_KEY)];
        let keys = keys.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        Settings::from_grafana(settings.to_string().as_bytes(), &keys, &Gates::default()).unwrap()
    }

    /// Gives `sql` a result: columns as `(name, type)`, rows of texts and nulls.
    pub async fn can(&self, sql: &str, columns: &[(&str, &str)], rows: Value) {
        let columns: Vec<_> = columns.iter().map(|(name, kind)| json!({ "name": name, "type": kind })).collect();
        let order =
            json!({ "service": "athena", "sql": sql, "columns": columns, "rows": rows, "bytes_scanned": 12_345_678 });
        self.post("canned", &order).await;
    }

    /// Gives a statement a result as the sandbox takes it.
    pub async fn order(&self, canned: &Value) {
        self.post("canned", canned).await;
    }

    /// Orders a fault.
    pub async fn fault(&self, fault: Value) {
        self.post("faults", &fault).await;
    }

    /// How often `operation` was called, in which regions, and how many of the calls failed.
    pub async fn calls(&self, operation: &str) -> Calls {
        let report = self.get("calls").await;
        let mut calls = Calls::default();
        for entry in report["operations"].as_array().unwrap().iter().filter(|entry| entry["operation"] == operation) {
            calls.count += entry["count"].as_u64().unwrap();
            calls.errors += entry["errors"].as_u64().unwrap();
            calls.busiest_second = calls.busiest_second.max(entry["maxPerSecond"].as_u64().unwrap());
            calls.regions.push(entry["region"].as_str().unwrap().to_owned());
        }
        calls
    }

    /// Calls one by one, as the sandbox remembers them.
    pub async fn recent_calls(&self) -> Vec<Value> {
        self.get("calls").await["recent"].as_array().unwrap().clone()
    }

    /// The executions so far.
    pub async fn executions(&self) -> Vec<Value> {
        self.get("executions").await.as_array().unwrap().clone()
    }

    /// Waits until the first execution is in `state`.
    pub async fn wait_for_state(&self, state: &str) {
        for _ in 0..500 {
            if self.executions().await.first().is_some_and(|execution| execution["state"] == state) {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("no execution became {state}: {:?}", self.executions().await);
    }

    async fn get(&self, route: &str) -> Value {
        self.request("GET", route, "").await
    }

    async fn post(&self, route: &str, body: &Value) {
        let answer = self.request("POST", route, &body.to_string()).await;
        assert_eq!(answer, json!({ "ok": true }));
    }

    async fn request(&self, method: &str, route: &str, body: &str) -> Value {
        let address = self.sandbox.address;
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!(
            "{method} /_sandbox/{route} HTTP/1.0\r\nhost: {address}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }
}

/// Calls of one operation.
#[derive(Debug, Default)]
pub struct Calls {
    pub count: u64,
    pub errors: u64,
    pub busiest_second: u64,
    pub regions: Vec<String>,
}

/// A statement in the settings' catalog.
pub fn statement(sql: &str) -> Statement {
    Statement {
        sql: sql.to_owned(),
        catalog: Some("AwsDataCatalog".to_owned()),
        database: Some("connect".to_owned()),
        reuse: None,
    }
}

/// Runs `sql` within `limit`.
pub async fn run_within(athena: &Athena, sql: &str, limit: Duration) -> Result<Answer> {
    athena.run(&statement(sql), &Budget { max_rows: 100_000, deadline: Instant::now() + limit }).await
}

/// Runs `sql`.
pub async fn run(athena: &Athena, sql: &str) -> Result<Answer> {
    run_within(athena, sql, LIMIT).await
}
