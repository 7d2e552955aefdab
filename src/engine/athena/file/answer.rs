//! What S3 answers to a ranged GET: a part of an object with its place in it, or a refusal in XML.

use std::{error::Error as StdError, fmt};

use aws_smithy_runtime_api::client::{
    interceptors::context::{Error as ErasedError, Output},
    orchestrator::{HttpResponse, OrchestratorError},
    ser_de::DeserializeResponse,
};
use aws_smithy_types::{
    config_bag::ConfigBag,
    error::metadata::{ErrorMetadata, ProvideErrorMetadata},
};
use bytes::Bytes;

use super::objects::Part;
use crate::error::{Error, ErrorKind};

/// A part of more bytes than are ever asked for is not read.
const MOST_PART_BYTES: u64 = super::PART_BYTES;
/// Nor is a refusal of so many.
const MOST_REFUSAL_BYTES: u64 = 1 << 20;

/// An answer that is no part.
#[derive(Debug)]
pub(super) struct Refused {
    meta: ErrorMetadata,
    /// What it means, where S3's own words do not say.
    meaning: Option<Error>,
}

impl Refused {
    /// An answer that nothing can be made of.
    pub(super) fn odd(what: &str) -> Self {
        let meaning = Error::new(ErrorKind::Unavailable, format!("S3 answered {what}."));
        Self { meta: ErrorMetadata::builder().code("UnexpectedAnswer").build(), meaning: Some(meaning) }
    }

    /// What it means.
    pub(super) fn error(self) -> Error {
        let message = self.to_string();
        self.meaning.unwrap_or_else(|| Error::new(ErrorKind::Unavailable, message))
    }

    fn read(response: &HttpResponse) -> Self {
        let body = String::from_utf8_lossy(response.body().bytes().unwrap_or_default());
        let builder = ErrorMetadata::builder();
        let builder = match element(&body, "Code") {
            Some(code) => builder.code(code).message(element(&body, "Message").unwrap_or_default()),
            None => builder,
        };
        let meta = builder.build();
        let status = response.status().as_u16();
        let home = response.headers().get("x-amz-bucket-region").or_else(|| element(&body, "Region"));
        let is_elsewhere = matches!(status, 301 | 302 | 307 | 308)
            || matches!(meta.code(), Some("PermanentRedirect" | "TemporaryRedirect" | "AuthorizationHeaderMalformed"));
        let meaning = is_elsewhere.then(|| {
            let home = home.filter(|home| is_region(home)).map_or_else(String::new, |home| format!(" ({home})"));
            Error::new(
                ErrorKind::BadSettings,
                format!("The bucket of Athena's results lies in another region{home} than the leg asks in."),
            )
        });
        Self { meta, meaning }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S3 refused: {}", self.meta)
    }
}

impl StdError for Refused {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.meaning.as_ref().map(|meaning| meaning as _)
    }
}

impl ProvideErrorMetadata for Refused {
    fn meta(&self) -> &ErrorMetadata {
        &self.meta
    }
}

/// Reads answers. What is longer than it should be is refused before it is read.
#[derive(Debug)]
pub(super) struct PartReader;

impl DeserializeResponse for PartReader {
    fn deserialize_streaming_with_config(
        &self,
        response: &mut HttpResponse,
        _: &ConfigBag,
    ) -> Option<Result<Output, OrchestratorError<ErasedError>>> {
        let length: Option<u64> = response.headers().get("content-length").and_then(|length| length.parse().ok());
        let odd = match (response.status().as_u16(), length) {
            (206, Some(length)) if length <= MOST_PART_BYTES => return None,
            (206, Some(_)) => "more bytes than it was asked for",
            (206, None) => "a part without saying how long it is",
            (200..=299, _) => "the object without heed to the range that was asked for",
            (_, Some(length)) if length > MOST_REFUSAL_BYTES => "a refusal of many megabytes",
            _ => return None,
        };
        Some(Err(refuse(Refused::odd(odd))))
    }

    fn deserialize_nonstreaming_with_config(
        &self,
        response: &HttpResponse,
        _: &ConfigBag,
    ) -> Result<Output, OrchestratorError<ErasedError>> {
        if response.status().as_u16() != 206 {
            return Err(refuse(Refused::read(response)));
        }
        let headers = response.headers();
        let range = headers.get("content-range").and_then(content_range);
        let (Some((start, end, total)), Some(etag)) = (range, headers.get("etag")) else {
            return Err(refuse(Refused::odd("a part without saying which of what")));
        };
        let bytes = Bytes::copy_from_slice(response.body().bytes().unwrap_or_default());
        if bytes.len() as u64 != end - start {
            // An answer cut on its way is asked for again.
            return Err(OrchestratorError::response("the part is cut short".into()));
        }
        Ok(Output::erase(Part { bytes, start, total, etag: etag.to_owned() }))
    }
}

fn refuse(refused: Refused) -> OrchestratorError<ErasedError> {
    OrchestratorError::operation(ErasedError::erase(refused))
}

/// First byte, the one after the last, and the object's length, of `bytes 0-9/100`.
fn content_range(header: &str) -> Option<(u64, u64, u64)> {
    let (range, total) = header.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, end, total) = (first.parse().ok()?, last.parse::<u64>().ok()?.checked_add(1)?, total.parse().ok()?);
    (first < end && end <= total).then_some((first, end, total))
}

/// The text of the first element of this name, where it is plain.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once('<').map(|(text, _)| text)
}

fn is_region(name: &str) -> bool {
    name.len() <= 32 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;

    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &'static str) -> HttpResponse {
        let status = StatusCode::try_from(status).expect("a status");
        let mut response = HttpResponse::new(status, SdkBody::from(body));
        for (name, value) in headers {
            response.headers_mut().insert(*name, *value);
        }
        response
    }

    fn read(mut response: HttpResponse) -> Result<Part, String> {
        let bag = ConfigBag::base();
        let output = match PartReader.deserialize_streaming_with_config(&mut response, &bag) {
            Some(answer) => answer,
            None => PartReader.deserialize_nonstreaming_with_config(&response, &bag),
        };
        match output {
            Ok(output) => Ok(output.downcast().expect("a part")),
            Err(error) => Err(match error.as_operation_error().and_then(|error| error.downcast_ref::<Refused>()) {
                Some(Refused { meaning: Some(meaning), .. }) => meaning.to_string(),
                Some(refused) => refused.to_string(),
                None => "cut".to_owned(),
            }),
        }
    }

    #[test]
    fn a_part_says_where_it_lies() {
        let headers = [("content-length", "3"), ("content-range", "bytes 5-7/10"), ("etag", "\"tag\"")];
        let part = read(answer(206, &headers, "abc")).expect("a part");
        assert_eq!((&part.bytes[..], part.start, part.total, part.etag.as_str()), (&b"abc"[..], 5, 10, "\"tag\""));
    }

    #[test]
    fn what_is_not_quite_a_part_is_none() {
        let long = (MOST_PART_BYTES + 1).to_string().leak() as &'static str;
        let fine = ("content-range", "bytes 5-7/10");
        let (length, tag) = (("content-length", "3"), ("etag", "\"tag\""));
        for (case, response, said) in [
            ("the whole object", answer(200, &[length, tag], "abc"), "without heed"),
            ("no length", answer(206, &[fine, tag], "abc"), "how long"),
            ("far too long", answer(206, &[("content-length", long), fine, tag], "abc"), "more bytes"),
            ("cut short", answer(206, &[length, fine, tag], "ab"), "cut"),
            ("no range", answer(206, &[length, tag], "abc"), "which of what"),
            ("no tag", answer(206, &[length, fine], "abc"), "which of what"),
            ("an absurd range", answer(206, &[length, ("content-range", "bytes 7-5/10"), tag], "abc"), "which of what"),
            ("beyond its end", answer(206, &[length, ("content-range", "bytes 5-7/6"), tag], "abc"), "which of what"),
            (
                "no end",
                answer(206, &[length, ("content-range", "bytes 5-18446744073709551615/6"), tag], "abc"),
                "which of what",
            ),
            (
                "elsewhere",
                answer(301, &[("x-amz-bucket-region", "us-east-1")], "<Error><Code>PermanentRedirect</Code></Error>"),
                "another region (us-east-1)",
            ),
            ("elsewhere, without saying where", answer(307, &[], ""), "another region than"),
            (
                "denied",
                answer(403, &[], "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"),
                "AccessDenied",
            ),
        ] {
            let error = read(response).expect_err(case);
            assert!(error.contains(said), "{case}: {error}");
        }
    }
}
