//! A request taken off the wire whole, and the answer to be put on it.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use futures::StreamExt as _;

/// No AWS request that the sandbox understands is longer: a statement has at most 262,144 bytes, tokens 2,048.
const MAX_BODY_BYTES: usize = 4 << 20;

/// Time for half an answer to leave before its connection is dropped.
const BEFORE_RESET: Duration = Duration::from_millis(20);

/// A request, read to its end: a signature covers every byte of it.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: Method,
    /// As sent, still percent-encoded.
    pub(super) path: String,
    /// As sent, without the question mark.
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Request {
    /// Reads the body; an error is a body too long or a connection lost.
    pub(super) async fn read(request: axum::extract::Request) -> Result<Self, axum::Error> {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, MAX_BODY_BYTES).await?;
        Ok(Self {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body,
        })
    }

    /// A header's text; `None` when it is absent or not text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// An answer, before it goes on the wire: faults can still cut it short.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) content_type: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Bytes,
}

impl Reply {
    /// 200 with this body.
    pub(super) fn ok(content_type: &str, body: impl Into<Bytes>) -> Self {
        Self { status: StatusCode::OK, content_type: content_type.to_owned(), headers: Vec::new(), body: body.into() }
    }

    /// The whole answer.
    pub(super) fn into_response(self, request_id: &str) -> Response {
        let body = Body::from(self.body.clone());
        self.respond(request_id, body)
    }

    /// Half of the body, then the connection is dropped: the client was promised more.
    pub(super) fn into_reset(self, request_id: &str) -> Response {
        let half = self.body.slice(..self.body.len() / 2);
        let promised = self.body.len().max(1);
        let dropped = async {
            // What was sent before an error is lost if it comes too soon after.
            tokio::time::sleep(BEFORE_RESET).await;
            Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
        };
        let pieces = futures::stream::once(async { Ok(half) }).chain(futures::stream::once(dropped));
        let mut response = self.respond(request_id, Body::from_stream(pieces));
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(promised));
        response
    }

    /// Half of the body as if it were all.
    pub(super) fn truncated(mut self) -> Self {
        self.body = self.body.slice(..self.body.len() / 2);
        self
    }

    fn respond(self, request_id: &str, body: Body) -> Response {
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::from_str(&self.content_type) {
            headers.insert(header::CONTENT_TYPE, value);
        }
        for name in ["x-amzn-requestid", "x-amz-request-id"] {
            if let Ok(value) = HeaderValue::from_str(request_id) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// Decodes `%41`; what is not a valid escape stays as it is.
pub(super) fn percent_decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&first, tail)) = rest.split_first() {
        let escape = match (first, tail) {
            (b'%', [high, low, ..]) => hex_digit(*high).zip(hex_digit(*low)).map(|(high, low)| high * 16 + low),
            _ => None,
        };
        decoded.push(escape.unwrap_or(first));
        rest = if escape.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    decoded
}

/// Pairs of a query string or form body, decoded; `plus` says whether `+` is a space, as it is in forms.
pub(super) fn pairs(text: &str, plus: bool) -> Vec<(Vec<u8>, Vec<u8>)> {
    let decode = |text: &str| percent_decode(&if plus { text.replace('+', " ") } else { text.to_owned() });
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

pub(super) fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_and_broken_ones_kept() {
        for (text, expected) in [("a%20b", "a b"), ("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("%C3%A9", "é")] {
            assert_eq!(percent_decode(text), expected.as_bytes(), "{text}");
        }
    }

    #[test]
    fn a_plus_is_a_space_in_forms_only() {
        assert_eq!(pairs("a=b+c&d", true), [(b"a".to_vec(), b"b c".to_vec()), (b"d".to_vec(), vec![])]);
        assert_eq!(pairs("a=b+c", false), [(b"a".to_vec(), b"b+c".to_vec())]);
    }
}
