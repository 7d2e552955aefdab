//! The way to the file, over an S3 in memory below the SDK's own machinery.

use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use aws_config::{BehaviorVersion, Region, retry::RetryConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_athena::types::{Datum, ResultConfiguration, StatementType};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
        orchestrator::{HttpRequest, HttpResponse},
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;

use super::*;
use crate::engine::athena::stub;

const TAG: &str = "\"0123456789abcdef\"";

/// What S3 does with one request.
#[derive(Debug, Clone)]
enum Act {
    Serve,
    Fail(u16, &'static str),
    /// The body ends early.
    Cut,
    /// Another object of the same name is there now.
    Replaced,
    /// The whole object, whatever was asked for.
    Whole,
}

/// URL and headers.
type Request = (String, Vec<(String, String)>);

/// An S3 with one object.
struct S3 {
    object: Vec<u8>,
    acts: Mutex<VecDeque<Act>>,
    then: Act,
    requests: Mutex<Vec<Request>>,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl fmt::Debug for S3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("S3")
    }
}

impl S3 {
    fn new(object: Vec<u8>, acts: &[Act], then: Act) -> Arc<Self> {
        Arc::new(Self {
            object,
            acts: Mutex::new(acts.iter().cloned().collect()),
            then,
            requests: Mutex::default(),
            at_once: AtomicUsize::new(0),
            most_at_once: AtomicUsize::new(0),
        })
    }

    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let headers = request.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        self.requests.lock().expect("not poisoned").push((request.uri().to_owned(), headers));
        let act = self.acts.lock().expect("not poisoned").pop_front().unwrap_or_else(|| self.then.clone());
        let range = request.headers().get("range").expect("a range").trim_start_matches("bytes=");
        let (first, last) = range.split_once('-').expect("two ends");
        let first: usize = first.parse().expect("a number");
        let end = self.object.len().min(last.parse::<usize>().expect("a number") + 1);
        let (status, bytes, tag) = match act {
            Act::Serve => (206, self.object[first..end].to_vec(), TAG),
            Act::Cut => (206, self.object[first..end - 1].to_vec(), TAG),
            Act::Whole => (200, self.object.clone(), TAG),
            Act::Replaced => (206, self.object[first..end].to_vec(), "\"another\""),
            Act::Fail(status, code) => {
                (status, format!("<Error><Code>{code}</Code><Message>No.</Message></Error>").into_bytes(), "")
            }
        };
        let mut response =
            HttpResponse::new(StatusCode::try_from(status).expect("a status"), SdkBody::from(bytes.clone()));
        let headers = response.headers_mut();
        headers.insert("content-length", bytes.len().to_string());
        headers.insert("etag", tag);
        headers.insert("content-range", format!("bytes {first}-{}/{}", end - 1, self.object.len()));
        headers.insert("location", "https://elsewhere.example/");
        response
    }

    fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("not poisoned").clone()
    }

    fn files(self: &Arc<Self>, part_bytes: u64, s3_endpoint: Option<&str>) -> Files {
        let connector = Connector(Arc::clone(self));
        let credentials = Credentials::new("AKIAEXAMPLE", "secret", Some("the-token".to_owned()), None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-2"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(http_client_fn(move |_, _| SharedHttpConnector::new(connector.clone())))
            .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .build();
        let (config, credentials) = CredentialCache::attach(&config);
        let settings = Historical { s3_endpoint: s3_endpoint.map(str::to_owned), ..stub::settings().historical };
        Files { part_bytes, ..Files::new(&config, credentials, &settings) }
    }
}

#[derive(Debug, Clone)]
struct Connector(Arc<S3>);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let s3 = Arc::clone(&self.0);
        HttpConnectorFuture::new(async move {
            let at_once = s3.at_once.fetch_add(1, Ordering::Relaxed) + 1;
            s3.most_at_once.fetch_max(at_once, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(2)).await;
            s3.at_once.fetch_sub(1, Ordering::Relaxed);
            Ok(s3.answer(&request))
        })
    }
}

fn file(rows: usize) -> Vec<u8> {
    let lines = (0..rows).map(|row| format!("\"{row}\"\n"));
    std::iter::once("\"n\"\n".to_owned()).chain(lines).flat_map(String::into_bytes).collect()
}

fn execution(location: Option<&str>) -> QueryExecution {
    let results = location.map(|location| ResultConfiguration::builder().output_location(location).build());
    QueryExecution::builder().statement_type(StatementType::Dml).set_result_configuration(results).build()
}

async fn read_at(files: &Files, location: Option<&str>, most_rows: usize) -> Outcome {
    let columns = [ColumnInfo::builder().name("n").r#type("integer").build().expect("name and type")];
    let row = |text: &str| Row::builder().data(Datum::builder().var_char_value(text).build()).build();
    let finished = execution(location);
    let rows = vec![row("n"), row("0"), row("1")];
    let page = FirstPage { columns: &columns, rows, layout: Layout::of(&finished), has_header: true };
    files.read(&finished, page, most_rows).await.expect("an outcome")
}

async fn read(files: &Files) -> Outcome {
    read_at(files, Some("s3://results/a/one.csv"), usize::MAX).await
}

fn rows(outcome: Outcome) -> u64 {
    outcome.unwrap_or_else(|why| panic!("{why}")).table.rows_seen()
}

#[tokio::test]
async fn a_file_is_read_in_parts_of_one_object() {
    let object = file(500);
    let size = object.len();
    let s3 = S3::new(object, &[], Act::Serve);
    assert_eq!(rows(read(&s3.files(100, None)).await), 500);
    let requests = s3.requests();
    assert_eq!(requests.len(), size.div_ceil(100));
    for (index, (url, headers)) in requests.iter().enumerate() {
        let header = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        assert_eq!(url, "https://results.s3.eu-west-2.amazonaws.com/a/one.csv");
        assert_eq!(header("if-match"), (index > 0).then_some(TAG), "the object of the first part");
        assert_eq!(header("x-amz-security-token"), Some("the-token"));
        let signed = header("authorization").expect("signed");
        assert!(signed.contains("/eu-west-2/s3/aws4_request"), "{signed}");
        for name in ["host", "range", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token"] {
            assert!(signed.contains(name), "{name} is not signed: {signed}");
        }
        assert!(!format!("{headers:?}").contains("secret"));
    }
    let most = s3.most_at_once.load(Ordering::Relaxed);
    assert!((2..=PARTS_AT_ONCE).contains(&most), "{most} at once");
}

#[tokio::test]
async fn every_size_of_part_gives_the_same_rows() {
    let object = file(40);
    for size in 1..=object.len() as u64 + 1 {
        let s3 = S3::new(object.clone(), &[], Act::Serve);
        assert_eq!(rows(read(&s3.files(size, None)).await), 40, "{size}");
    }
}

#[tokio::test]
async fn an_endpoint_of_the_settings_is_asked_by_path() {
    let s3 = S3::new(file(5), &[], Act::Serve);
    let files = s3.files(PART_BYTES, Some("https://bucket.vpce-1.s3.eu-west-2.vpce.amazonaws.com"));
    assert_eq!(rows(read(&files).await), 5);
    let [(url, _)] = s3.requests().try_into().expect("one request");
    assert_eq!(url, "https://bucket.vpce-1.s3.eu-west-2.vpce.amazonaws.com/results/a/one.csv");
}

#[tokio::test]
async fn what_passes_is_asked_for_again() {
    for act in [Act::Fail(503, "SlowDown"), Act::Fail(500, "InternalError"), Act::Cut] {
        for place in [0, 3] {
            let mut acts = vec![Act::Serve; place];
            acts.extend([act.clone(), act.clone()]);
            let s3 = S3::new(file(500), &acts, Act::Serve);
            assert_eq!(rows(read(&s3.files(100, None)).await), 500, "{act:?} at {place}");
        }
    }
}

#[tokio::test]
async fn what_stays_is_no_file_and_never_a_part_of_one() {
    for (act, said, lasting) in [
        (Act::Fail(403, "AccessDenied"), "s3:GetObject", true),
        (Act::Fail(301, "PermanentRedirect"), "another region", true),
        (Act::Fail(307, "TemporaryRedirect"), "another region", true),
        (Act::Fail(404, "NoSuchBucket"), "No.", true),
        (Act::Fail(404, "NoSuchKey"), "No.", false),
        (Act::Fail(412, "PreconditionFailed"), "No.", false),
        (Act::Fail(503, "SlowDown"), "throttled", false),
        (Act::Cut, "body that cannot be read", false),
        (Act::Whole, "without heed", false),
    ] {
        for place in [0, 3] {
            let s3 = S3::new(file(500), &vec![Act::Serve; place], act.clone());
            let files = s3.files(100, None);
            let why = read(&files).await.err().unwrap_or_else(|| panic!("{act:?}"));
            assert!(why.contains(said), "{act:?} at {place}: {why}");
            assert!(
                s3.requests().iter().all(|(url, _)| url.starts_with("https://results.s3.eu-west-2.amazonaws.com/"))
            );
            let asked = s3.requests().len();
            assert_eq!(read(&files).await.err(), Some(why), "{act:?} at {place}, a second time");
            assert_eq!(s3.requests().len() == asked, lasting, "{act:?} at {place}: remembered?");
        }
    }
}

#[tokio::test]
async fn parts_of_two_objects_make_none() {
    let s3 = S3::new(file(500), &[Act::Serve, Act::Replaced], Act::Serve);
    let why = read(&s3.files(100, None)).await.err().expect("replaced while it was read");
    assert!(why.contains("other bytes"), "{why}");
}

#[tokio::test]
async fn rows_beyond_the_limit_are_not_fetched() {
    let s3 = S3::new(file(5000), &[], Act::Serve);
    let whole = read_at(&s3.files(100, None), Some("s3://results/a/one.csv"), 30).await.expect("a file");
    assert_eq!((whole.table.rows_seen(), whole.table.is_cut()), (31, true));
    assert!(s3.requests().len() <= 3 + PARTS_AT_ONCE, "{} requests", s3.requests().len());
}

#[tokio::test]
async fn where_there_is_no_file_s3_is_not_asked() {
    let s3 = S3::new(file(50), &[], Act::Serve);
    let files = s3.files(100, None);
    for (location, said) in [
        (None, "managed results"),
        (Some(""), "managed results"),
        (Some("s3://results/a/one.txt"), "not CSV"),
        (Some("s3://evil.example#/one.csv"), "could not hold"),
        (Some("https://evil.example/one.csv"), "could not hold"),
    ] {
        let why = read_at(&files, location, 10).await.err().expect(said);
        assert!(why.contains(said), "{location:?}: {why}");
    }
    assert_eq!(s3.requests(), []);
}

#[tokio::test]
async fn a_stand_in_for_athena_is_not_mixed_with_aws() {
    let s3 = S3::new(file(50), &[], Act::Serve);
    let (config, credentials) = CredentialCache::attach(&SdkConfig::builder().build());
    let settings = Historical { endpoint: Some("http://127.0.0.1:4566".to_owned()), ..stub::settings().historical };
    let files = Files { never: Files::new(&config, credentials, &settings).never, ..s3.files(100, None) };
    assert!(read(&files).await.err().expect("not asked").contains("s3Endpoint"));
    assert_eq!(s3.requests(), []);
}

#[tokio::test]
async fn a_probe_asks_for_a_byte_and_mends_what_was_remembered() {
    let s3 = S3::new(file(50), &[Act::Fail(403, "AccessDenied")], Act::Serve);
    let files = s3.files(100, None);
    let finished = execution(Some("s3://results/a/one.csv"));
    let (why, may_be_mended) = files.probe(&finished).await.expect_err("denied");
    assert!(may_be_mended && why.contains("s3:GetObject"), "{why}");
    assert_eq!(read(&files).await.err(), Some(why));
    assert_eq!(files.probe(&finished).await, Ok(()), "allowed meanwhile");
    assert_eq!(rows(read(&files).await), 50);
    let (_, may_be_mended) = files.probe(&execution(None)).await.expect_err("managed");
    assert!(!may_be_mended);
}

#[tokio::test]
async fn many_files_share_the_memory_there_is() {
    let s3 = S3::new(file(2000), &[], Act::Serve);
    let files = s3.files(100, None);
    let outcomes = futures::future::join_all((0..12).map(|_| read(&files))).await;
    assert!(outcomes.into_iter().all(|outcome| rows(outcome) == 2000));
    let most = s3.most_at_once.load(Ordering::Relaxed);
    assert!((PARTS_AT_ONCE + 1..=PARTS_IN_MEMORY).contains(&most), "{most} at once");
    assert_eq!(files.permits.available_permits(), PARTS_IN_MEMORY);
}
