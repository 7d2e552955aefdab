//! S3 as far as query results need it: HEAD and GET of objects by path-style address, whole or by range.

use std::{collections::HashMap, sync::Mutex};

use axum::{
    body::Bytes,
    http::{Method, StatusCode},
};
use chrono::{DateTime, Utc};

use super::{
    aws_error::AwsError,
    dispatch::{Answer, Incoming, UNKNOWN_OPERATION},
    request::{Reply, Request, percent_decode},
    sigv4::{Caller, sha256},
    state::lock,
};

/// A stored object.
#[derive(Debug, Clone)]
struct Object {
    body: Bytes,
    content_type: &'static str,
    etag: String,
    modified: DateTime<Utc>,
}

/// Every bucket's objects, by bucket and key. Buckets exist as soon as they are named.
#[derive(Debug, Default)]
pub(super) struct ObjectStore {
    objects: Mutex<HashMap<(String, String), Object>>,
}

/// Bucket and key of `s3://bucket/key`.
pub(super) fn split_url(url: &str) -> Option<(&str, &str)> {
    let (bucket, key) = url.strip_prefix("s3://")?.split_once('/')?;
    (!bucket.is_empty()).then_some((bucket, key))
}

impl ObjectStore {
    /// Stores an object under an `s3://` URL; any other URL is no place to store things.
    pub(super) fn put(&self, url: &str, body: Bytes, content_type: &'static str, modified: DateTime<Utc>) {
        if let Some((bucket, key)) = split_url(url) {
            let etag = sha256(&body).chars().take(32).collect();
            let object = Object { body, content_type, etag, modified };
            lock(&self.objects).insert((bucket.to_owned(), key.to_owned()), object);
        }
    }

    /// Removes an object.
    pub(super) fn remove(&self, url: &str) {
        if let Some((bucket, key)) = split_url(url) {
            lock(&self.objects).remove(&(bucket.to_owned(), key.to_owned()));
        }
    }

    fn get(&self, bucket: &str, key: &str) -> Option<Object> {
        lock(&self.objects).get(&(bucket.to_owned(), key.to_owned())).cloned()
    }
}

/// The operation that a method and path stand for.
pub(super) fn operation(request: &Request) -> &'static str {
    let (_, key) = address(request);
    match request.method {
        Method::GET if !key.is_empty() => "GetObject",
        Method::HEAD if !key.is_empty() => "HeadObject",
        _ => UNKNOWN_OPERATION,
    }
}

/// Bucket and key of a path-style address.
fn address(request: &Request) -> (String, String) {
    let path = request.path.strip_prefix('/').unwrap_or(&request.path);
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    let decode = |text| String::from_utf8_lossy(&percent_decode(text)).into_owned();
    (decode(bucket), decode(key))
}

/// What a role without `s3:GetObject` is told.
pub(super) fn denied(caller: &Caller, request: &Request) -> AwsError {
    let (bucket, key) = address(request);
    AwsError::forbidden(
        "AccessDenied",
        format!(
            "User: {} is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::{bucket}/{key}\" because no identity-based policy allows the s3:GetObject action",
            caller.arn
        ),
    )
}

/// Answers a call.
///
/// # Errors
///
/// As S3 does.
pub(super) fn answer(incoming: Incoming<'_>) -> Result<Answer, AwsError> {
    let request = incoming.request;
    let (bucket, key) = address(request);
    let object = incoming.state.objects.get(&bucket, &key).ok_or_else(|| {
        AwsError::not_found("NoSuchKey", "The specified key does not exist.").with("Key", key.clone())
    })?;
    let total = object.body.len();
    if request.header("if-match").is_some_and(|etag| etag.trim_matches('"') != object.etag) {
        return Err(AwsError::new(
            StatusCode::PRECONDITION_FAILED,
            "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold",
        ));
    }
    let mut reply = Reply::ok(object.content_type, object.body.clone());
    reply.headers = vec![
        ("etag", format!("\"{}\"", object.etag)),
        ("last-modified", object.modified.format("%a, %d %b %Y %H:%M:%S GMT").to_string()),
        ("accept-ranges", "bytes".to_owned()),
    ];
    match request.header("range").and_then(parse_range) {
        None => {}
        Some(range) => {
            let (first, end) = range.within(total).ok_or_else(|| {
                AwsError::new(
                    StatusCode::RANGE_NOT_SATISFIABLE,
                    "InvalidRange",
                    "The requested range is not satisfiable",
                )
                .with("ActualObjectSize", total.to_string())
            })?;
            reply.status = StatusCode::PARTIAL_CONTENT;
            reply.body = object.body.slice(first..end);
            reply.headers.push(("content-range", format!("bytes {first}-{}/{total}", end - 1)));
        }
    }
    // For HEAD the server sends the length of this body and leaves the body out.
    Ok(Answer { reply, subject: Some(format!("s3://{bucket}/{key}")) })
}

/// The content types of result files.
pub(super) const CSV: &str = "text/csv";
/// The content type of SHOW's and DESCRIBE's files.
pub(super) const TEXT: &str = "text/plain";

/// A byte range as RFC 9110 writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Range {
    From(usize, Option<usize>),
    Last(usize),
}

/// A range that is not understood is no range: the whole object is sent, as S3 does.
fn parse_range(header: &str) -> Option<Range> {
    let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
    if first.is_empty() {
        return Some(Range::Last(last.parse().ok()?));
    }
    let first: usize = first.parse().ok()?;
    let last: Option<usize> = if last.is_empty() { None } else { Some(last.parse().ok()?) };
    (last.is_none_or(|last| last >= first)).then_some(Range::From(first, last))
}

impl Range {
    /// First byte and the one after the last, within an object of `total` bytes; `None` when it holds none of them.
    fn within(self, total: usize) -> Option<(usize, usize)> {
        let (first, end) = match self {
            Self::From(first, last) => (first, last.map_or(total, |last| last.saturating_add(1).min(total))),
            Self::Last(count) => (total.saturating_sub(count), total),
        };
        (first < end).then_some((first, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_to_the_object() {
        for (header, expected) in [
            ("bytes=0-3", Some((0, 4))),
            ("bytes=4-", Some((4, 10))),
            ("bytes=4-99", Some((4, 10))),
            ("bytes=-3", Some((7, 10))),
            ("bytes=-99", Some((0, 10))),
            ("bytes=9-9", Some((9, 10))),
            ("bytes=10-", None),
            ("bytes=-0", None),
        ] {
            assert_eq!(parse_range(header).unwrap().within(10), expected, "{header}");
        }
    }

    #[test]
    fn what_is_no_range_is_ignored() {
        for header in ["", "bytes", "bytes=a-b", "bytes=3-1", "rows=0-3", "bytes=1,2"] {
            assert_eq!(parse_range(header), None, "{header}");
        }
    }

    #[test]
    fn urls_have_a_bucket_and_a_key() {
        assert_eq!(split_url("s3://bucket/a/b.csv"), Some(("bucket", "a/b.csv")));
        for broken in ["", "s3://", "s3://bucket", "s3:///key", "https://bucket/key"] {
            assert_eq!(split_url(broken), None, "{broken}");
        }
    }
}
