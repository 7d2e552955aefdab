//! Rows a second from the bytes of GetQueryResults pages, and from those of the result's file in S3, to one Arrow batch: the
//! SDK's parsing and our decoding, with a network that costs nothing.

#![expect(clippy::expect_used, reason = "a measurement of pages made here")]

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
        orchestrator::{HttpRequest, HttpResponse},
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::json;
use switchboard::{
    engine::{Budget, Engine, Statement, athena::Athena},
    settings::{Gates, Settings},
};

const PAGES: usize = 100;
const PAGE_ROWS: usize = 1_000;

/// An Athena whose every statement has the same result, read a while ago.
struct Service {
    page: [String; 2],
    /// The result's file, where it is to be read.
    file: Option<Vec<u8>>,
    first_page_asked: Mutex<Option<Instant>>,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Service")
    }
}

impl Service {
    fn part(&self, range: &str) -> HttpResponse {
        let file = self.file.as_deref().expect("a file");
        let (first, last) = range.trim_start_matches("bytes=").split_once('-').expect("two ends");
        let first: usize = first.parse().expect("a number");
        let end = file.len().min(last.parse::<usize>().expect("a number") + 1);
        let body = SdkBody::from(file[first..end].to_vec());
        let mut response = HttpResponse::new(StatusCode::try_from(206).expect("a status"), body);
        let headers = response.headers_mut();
        headers.insert("content-length", (end - first).to_string());
        headers.insert("content-range", format!("bytes {first}-{}/{}", end - 1, file.len()));
        headers.insert("etag", "\"tag\"");
        response
    }

    fn answer(&self, operation: &str, body: &[u8]) -> String {
        match operation {
            "GetWorkGroup" => json!({ "WorkGroup": { "Name": "primary" } }).to_string(),
            "StartQueryExecution" => json!({ "QueryExecutionId": "one" }).to_string(),
            "BatchGetQueryExecution" => {
                let location = self.file.is_some().then_some("s3://results/one.csv");
                json!({ "QueryExecutions": [{
                    "QueryExecutionId": "one",
                    "StatementType": "DML",
                    "Status": { "State": "SUCCEEDED" },
                    "ResultConfiguration": { "OutputLocation": location },
                }]})
                .to_string()
            }
            _ => {
                let request: serde_json::Value = serde_json::from_slice(body).expect("a request");
                let number: usize = request["NextToken"].as_str().map_or(0, |token| token.parse().expect("our token"));
                if number == 0 {
                    *self.first_page_asked.lock().expect("not poisoned") = Some(Instant::now());
                }
                if number + 1 == PAGES {
                    return self.page[1].clone();
                }
                self.page[0].replacen("\"next\"", &format!("\"{}\"", number + 1), 1)
            }
        }
    }
}

#[derive(Debug, Clone)]
struct Connector(Arc<Service>);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Some(target) = request.headers().get("x-amz-target") else {
            return HttpConnectorFuture::ready(Ok(self.0.part(request.headers().get("range").expect("a range"))));
        };
        let operation = target.rsplit('.').next().expect("a last part");
        let body = self.0.answer(operation, request.body().bytes().expect("a body in memory"));
        let status = StatusCode::try_from(200).expect("a status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
    }
}

const COLUMNS: [(&str, &str); 6] = [
    ("time", "timestamp"),
    ("queue", "varchar"),
    ("agent", "varchar"),
    ("handle", "double"),
    ("contacts", "bigint"),
    ("answered", "boolean"),
];

/// What a contact-centre panel selects: when, which queue, which agent, how long, how many.
fn row(index: usize) -> [String; 6] {
    [
        format!("2026-01-31 09:{:02}:{:02}.{:03}", index / 60 % 60, index % 60, index % 1000),
        format!("queue-{}", index % 40),
        format!("agent-{}", index % 997),
        format!("{}.25", index % 600),
        index.to_string(),
        (index.is_multiple_of(3)).to_string(),
    ]
}

fn page(next: Option<&str>, header: bool) -> String {
    let columns = COLUMNS.map(|(name, kind)| json!({ "Name": name, "Type": kind }));
    let header = header.then(|| COLUMNS.map(|(name, _)| name.to_owned()));
    let rows = header.into_iter().chain((0..).map(row)).take(PAGE_ROWS);
    let rows: Vec<_> = rows.map(|row| json!({ "Data": row.map(|text| json!({ "VarCharValue": text })) })).collect();
    let result = json!({ "Rows": rows, "ResultSetMetadata": { "ColumnInfo": columns } });
    match next {
        Some(next) => json!({ "NextToken": next, "ResultSet": result }).to_string(),
        None => json!({ "ResultSet": result }).to_string(),
    }
}

fn athena(service: &Arc<Service>) -> Athena {
    let connector = Connector(Arc::clone(service));
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-2"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("key", "secret", None, None, "bench")))
        .http_client(http_client_fn(move |_, _| SharedHttpConnector::new(connector.clone())))
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .build();
    let settings = json!({ "historical": { "endpoint": "http://athena.invalid" } }).to_string();
    let none = std::collections::HashMap::new();
    let settings = Settings::from_grafana(settings.as_bytes(), &none, &Gates::default()).expect("plain settings");
    Athena::new(&config, &settings)
}

fn file() -> Vec<u8> {
    let names = COLUMNS.map(|(name, _)| name.to_owned()).to_vec();
    sandbox::wire::result_file(names, (0..PAGES * PAGE_ROWS).map(|index| row(index).map(Some).to_vec()))
}

fn compare(criterion: &mut Criterion) {
    let pages = Service {
        page: [page(Some("next"), false), page(None, false)],
        file: None,
        first_page_asked: Mutex::default(),
    };
    measure(criterion, "pages to batch, 6 columns", pages, PAGES as u64);
    let first = page(Some("next"), true);
    let file = Service { page: [first.clone(), first], file: Some(file()), first_page_asked: Mutex::default() };
    println!("the file has {} bytes, the pages {}", file.file.as_ref().map_or(0, Vec::len), file.page[0].len() * PAGES);
    measure(criterion, "file to batch, 6 columns", file, 1);
}

fn measure(criterion: &mut Criterion, name: &str, service: Service, pages: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let service = Arc::new(service);
    let athena = athena(&service);
    let statement = Statement { sql: "SELECT 1".to_owned(), catalog: None, database: None, reuse: None };
    let read = || {
        let deadline = tokio::time::Instant::now() + Duration::from_mins(1);
        let budget = Budget { max_rows: usize::MAX, deadline };
        let answer = runtime.block_on(athena.run(&statement, &budget)).expect("an answer");
        assert_eq!(
            (answer.batch.num_rows(), answer.cost.pages),
            (PAGES * PAGE_ROWS, pages),
            "{:?}",
            answer.cost.delivery
        );
        // Counted from the first page on: starting and waiting are Athena's time, not ours.
        service.first_page_asked.lock().expect("not poisoned").expect("pages were read").elapsed()
    };
    let mut group = criterion.benchmark_group("athena");
    group.sample_size(10).throughput(Throughput::Elements((PAGES * PAGE_ROWS) as u64));
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|times| (0..times).map(|_| read()).sum());
    });
    group.finish();
}

criterion_group!(benches, compare);
criterion_main!(benches);
