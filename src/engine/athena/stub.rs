//! An Athena in memory, below the real SDK: requests arrive as JSON, answers are what the test scripts.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, future},
};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
        orchestrator::{HttpRequest, HttpResponse},
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use super::Athena;
use crate::settings::{Auth, AuthProvider, Historical, Limits, Realtime, Settings};

/// Settings of a plain data source.
pub(super) fn settings() -> Settings {
    Settings {
        datasets: Vec::new(),
        datasets_implied: false,
        auth: Auth {
            provider: AuthProvider::Default,
            assume_role: None,
            sts_endpoint: None,
            session_duration: Duration::from_mins(15),
        },
        realtime: Realtime {
            enabled: false,
            region: "eu-west-1".to_owned(),
            endpoint: None,
            database: None,
            table: None,
            measure: None,
            margin: Duration::from_mins(15),
            retention: Duration::from_hours(24),
            assume_role: None,
        },
        historical: Historical {
            lag: Duration::from_hours(1),
            enabled: true,
            region: "eu-west-2".to_owned(),
            endpoint: Some("http://athena.invalid".to_owned()),
            s3_endpoint: None,
            catalog: "AwsDataCatalog".to_owned(),
            database: Some("connect".to_owned()),
            workgroup: "analytics".to_owned(),
            output_location: None,
            result_reuse: None,
            assume_role: None,
        },
        limits: Limits { max_rows: 1_000_000, timeout: Duration::from_secs(10), max_concurrent: 100 },
        allow_execute: false,
        warnings: Vec::new(),
    }
}

/// One scripted answer.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    status: u16,
    body: String,
    after: Duration,
}

impl Reply {
    /// Success.
    pub(super) fn ok(body: &Value) -> Self {
        Self { status: 200, body: body.to_string(), after: Duration::ZERO }
    }

    /// An AWS error.
    pub(super) fn error(status: u16, code: &str, message: &str) -> Self {
        Self { status, body: json!({ "__type": code, "Message": message }).to_string(), after: Duration::ZERO }
    }

    /// What a service that does not know the call may answer.
    pub(super) fn html() -> Self {
        Self { status: 500, body: "<html>Internal Server Error</html>".to_owned(), after: Duration::ZERO }
    }

    /// The same, later.
    pub(super) fn after(self, delay: Duration) -> Self {
        Self { after: delay, ..self }
    }
}

/// The service, and what it was asked.
pub(super) struct Stub {
    calls: Mutex<Vec<(String, Value)>>,
    /// Answers that come before the usual ones, by operation; the last one stays if the flag says so.
    scripted: Mutex<HashMap<&'static str, (VecDeque<Reply>, bool)>>,
    /// Looks until an execution has ended.
    looks: AtomicUsize,
    /// The execution once it has ended.
    execution: Mutex<Value>,
    pages: Mutex<Vec<Value>>,
    credentials_loaded: AtomicUsize,
}

/// A page of text columns `names`.
pub(super) fn page(names: &[&str], rows: &[&[&str]]) -> Value {
    let columns: Vec<_> = names
        .iter()
        .map(|name| json!({ "Name": name, "Label": name, "Type": "varchar", "Precision": 0, "Scale": 0, "CaseSensitive": true }))
        .collect();
    let rows: Vec<_> = rows
        .iter()
        .map(|row| json!({ "Data": row.iter().map(|cell| json!({ "VarCharValue": cell })).collect::<Vec<_>>() }))
        .collect();
    json!({ "Rows": rows, "ResultSetMetadata": { "ColumnInfo": columns } })
}

impl Stub {
    /// A service whose every statement succeeds at the first look and answers one row.
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            calls: Mutex::default(),
            scripted: Mutex::default(),
            looks: AtomicUsize::new(0),
            execution: Mutex::new(json!({
                "StatementType": "DML",
                "SubstatementType": "SELECT",
                "Status": { "State": "SUCCEEDED" },
                "Statistics": { "DataScannedInBytes": 25_500_000, "EngineExecutionTimeInMillis": 900, "QueryQueueTimeInMillis": 50 },
            })),
            pages: Mutex::new(vec![page(&["n"], &[&["n"], &["1"]])]),
            credentials_loaded: AtomicUsize::new(0),
        })
    }

    /// Answers the next calls of `operation` so, before the usual answer.
    pub(super) fn next(&self, operation: &'static str, replies: impl IntoIterator<Item = Reply>) {
        lock(&self.scripted).insert(operation, (replies.into_iter().collect(), false));
    }

    /// Answers all calls of `operation` so.
    pub(super) fn always(&self, operation: &'static str, reply: Reply) {
        lock(&self.scripted).insert(operation, (VecDeque::from([reply]), true));
    }

    /// Executions end so.
    pub(super) fn ends(&self, execution: Value) {
        *lock(&self.execution) = execution;
    }

    /// Executions end at no look.
    pub(super) fn never_ends(&self) {
        self.looks.store(usize::MAX, Ordering::Relaxed);
    }

    /// Results have these pages.
    pub(super) fn pages(&self, pages: Vec<Value>) {
        *lock(&self.pages) = pages;
    }

    /// Bodies of the calls of `operation` so far.
    pub(super) fn asked(&self, operation: &str) -> Vec<Value> {
        lock(&self.calls).iter().filter(|(called, _)| called == operation).map(|(_, body)| body.clone()).collect()
    }

    /// How often credentials were loaded.
    pub(super) fn credentials_loaded(&self) -> usize {
        self.credentials_loaded.load(Ordering::Relaxed)
    }

    /// The leg on top of it.
    pub(super) fn athena(self: &Arc<Self>, settings: &Settings) -> Athena {
        let connector = Connector(Arc::clone(self));
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-2"))
            .credentials_provider(SharedCredentialsProvider::new(Keys(Arc::clone(self))))
            .http_client(http_client_fn(move |_, _| SharedHttpConnector::new(connector.clone())))
            .retry_config(RetryConfig::disabled())
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .build();
        Athena::new(&config, settings)
    }

    fn answer(&self, operation: &str, body: &Value) -> Reply {
        lock(&self.calls).push((operation.to_owned(), body.clone()));
        if let Some((replies, stays)) = lock(&self.scripted).get_mut(operation)
            && let Some(reply) = if *stays { replies.front().cloned() } else { replies.pop_front() }
        {
            return reply;
        }
        match operation {
            "GetWorkGroup" => {
                Reply::ok(&json!({ "WorkGroup": { "Name": body["WorkGroup"], "State": "ENABLED", "Configuration": {
                    "EngineVersion": { "EffectiveEngineVersion": "Athena engine version 3" },
                    "ResultConfiguration": { "OutputLocation": "s3://results/" },
                }}}))
            }
            "StartQueryExecution" => {
                let number = self.asked("StartQueryExecution").len();
                Reply::ok(&json!({ "QueryExecutionId": format!("execution-{number}") }))
            }
            "BatchGetQueryExecution" => {
                let ids = body["QueryExecutionIds"].as_array().expect("ids");
                Reply::ok(&json!({ "QueryExecutions": ids.iter().map(|id| self.look(id)).collect::<Vec<_>>() }))
            }
            "GetQueryExecution" => Reply::ok(&json!({ "QueryExecution": self.look(&body["QueryExecutionId"]) })),
            "GetQueryResults" => {
                let pages = lock(&self.pages);
                let number: usize = body["NextToken"].as_str().map_or(0, |token| token.parse().expect("our own token"));
                let next = (number + 1 < pages.len()).then(|| (number + 1).to_string());
                Reply::ok(&json!({ "ResultSet": pages[number], "NextToken": next }))
            }
            "StopQueryExecution" => Reply::ok(&json!({})),
            _ => Reply::error(400, "UnknownOperationException", "not scripted"),
        }
    }

    fn look(&self, id: &Value) -> Value {
        let left = self.looks.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            Some(left.saturating_sub(usize::from(left != usize::MAX)))
        });
        let mut execution =
            if left == Ok(0) { lock(&self.execution).clone() } else { json!({ "Status": { "State": "RUNNING" } }) };
        execution["QueryExecutionId"] = id.clone();
        execution
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no test panics while it scripts")
}

impl fmt::Debug for Stub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stub")
    }
}

#[derive(Debug, Clone)]
struct Connector(Arc<Stub>);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").expect("every call has a target");
        let operation = target.rsplit('.').next().expect("a last part").to_owned();
        let body = serde_json::from_slice(request.body().bytes().expect("a body in memory")).expect("a JSON body");
        let reply = self.0.answer(&operation, &body);
        HttpConnectorFuture::new(async move {
            tokio::time::sleep(reply.after).await;
            let status = StatusCode::try_from(reply.status).expect("a status");
            Ok(HttpResponse::new(status, SdkBody::from(reply.body)))
        })
    }
}

#[derive(Debug)]
struct Keys(Arc<Stub>);

impl ProvideCredentials for Keys {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        self.0.credentials_loaded.fetch_add(1, Ordering::Relaxed);
        future::ProvideCredentials::ready(Ok(Credentials::new("key", "secret", None, None, "test")))
    }
}
