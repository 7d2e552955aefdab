//! Verifies AWS Signature Version 4, from the specification and independently of the SDKs that sign.
//!
//! The checks come in the order in which AWS makes them: is there a signature, is its scope this API and region, is its
//! clock right, is the key known, does the signature match, has the session ended.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::{
    api::Api,
    aws_error::AwsError,
    credentials::{Credentials, Identity},
    request::{Request, hex_digit, pairs, percent_decode},
};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const DATE_FORMAT: &str = "%Y%m%dT%H%M%SZ";
/// How far the caller's clock may be off.
const SKEW: TimeDelta = TimeDelta::minutes(15);

/// Who called.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) arn: String,
    pub(super) access_key: String,
}

/// What the Authorization header holds.
#[derive(Debug, PartialEq, Eq)]
struct Authorization<'a> {
    access_key: &'a str,
    date: &'a str,
    region: &'a str,
    service: &'a str,
    signed_headers: Vec<&'a str>,
    signature: &'a str,
}

/// The region a request claims to be signed for, verified or not: so that refused calls are counted where they belong.
pub(super) fn claimed_region(request: &Request) -> Option<String> {
    request.header("authorization").and_then(parse).map(|authorization| authorization.region.to_owned())
}

/// Verifies `request` as `api` would at `now`.
///
/// # Errors
///
/// In the API's own words.
pub(super) fn verify(
    request: &Request,
    api: Api,
    credentials: &Credentials,
    now: DateTime<Utc>,
) -> Result<Caller, AwsError> {
    let header = request.header("authorization").ok_or_else(|| missing(api))?;
    let authorization = parse(header).ok_or_else(|| incomplete(api))?;
    check_scope(&authorization, api)?;
    let signed_at = check_date(request, &authorization, api, now)?;
    check_headers(request, &authorization, api)?;
    let identity = credentials.find(authorization.access_key).ok_or_else(|| unknown_key(api))?;
    check_token(request, &identity, api)?;
    check_signature(request, &authorization, &identity, api, &signed_at)?;
    if identity.session.as_ref().is_some_and(|session| session.expires <= now) {
        return Err(expired(api));
    }
    Ok(Caller { arn: identity.arn, access_key: authorization.access_key.to_owned() })
}

fn parse(header: &str) -> Option<Authorization<'_>> {
    let (mut credential, mut signed_headers, mut signature) = (None, None, None);
    for part in header.strip_prefix(ALGORITHM)?.split(',') {
        let (name, value) = part.trim().split_once('=')?;
        match name {
            "Credential" => credential = Some(value),
            "SignedHeaders" => signed_headers = Some(value),
            "Signature" => signature = Some(value),
            _ => return None,
        }
    }
    let scope: Vec<&str> = credential?.rsplitn(5, '/').collect();
    let ["aws4_request", service, region, date, access_key] = scope.as_slice() else { return None };
    Some(Authorization {
        access_key,
        date,
        region,
        service,
        signed_headers: signed_headers?.split(';').collect(),
        signature: signature?,
    })
}

fn check_scope(authorization: &Authorization<'_>, api: Api) -> Result<(), AwsError> {
    if authorization.service != api.name() {
        let message = format!("Credential should be scoped to correct service: '{}'. ", api.name());
        return Err(match api {
            Api::S3 => AwsError::bad_request(
                "AuthorizationHeaderMalformed",
                format!(
                    "The authorization header is malformed; incorrect service \"{}\". This endpoint belongs to \"s3\".",
                    authorization.service
                ),
            ),
            Api::Sts => AwsError::forbidden("SignatureDoesNotMatch", message),
            _ => AwsError::forbidden("InvalidSignatureException", message),
        });
    }
    match api.region() {
        Some(home) if home != authorization.region => Err(match api {
            Api::S3 => AwsError::bad_request(
                "AuthorizationHeaderMalformed",
                format!(
                    "The authorization header is malformed; the region '{}' is wrong; expecting '{home}'",
                    authorization.region
                ),
            )
            .with("Region", home),
            _ => AwsError::forbidden(
                "InvalidSignatureException",
                format!("Credential should be scoped to a valid region, not '{}'. ", authorization.region),
            ),
        }),
        _ => Ok(()),
    }
}

fn check_date(
    request: &Request,
    authorization: &Authorization<'_>,
    api: Api,
    now: DateTime<Utc>,
) -> Result<String, AwsError> {
    let text = request.header("x-amz-date").ok_or_else(|| incomplete(api))?;
    let signed_at = NaiveDateTime::parse_from_str(text, DATE_FORMAT).map_err(|_| incomplete(api))?.and_utc();
    if text.get(..8) != Some(authorization.date) {
        return Err(mismatch(
            api,
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.",
        ));
    }
    if (now - signed_at).abs() <= SKEW {
        return Ok(text.to_owned());
    }
    if api == Api::S3 {
        let error = "The difference between the request time and the current time is too large.";
        return Err(AwsError::forbidden("RequestTimeTooSkewed", error).with("RequestTime", text));
    }
    let (early, late) = (now - SKEW, now + SKEW);
    Err(mismatch(
        api,
        &if signed_at < now {
            format!(
                "Signature expired: {text} is now earlier than {} ({} - 15 min.)",
                early.format(DATE_FORMAT),
                now.format(DATE_FORMAT)
            )
        } else {
            format!(
                "Signature not yet current: {text} is still later than {} ({} + 15 min.)",
                late.format(DATE_FORMAT),
                now.format(DATE_FORMAT)
            )
        },
    ))
}

/// The host and every `x-amz-` header that AWS reads must be covered by the signature.
fn check_headers(request: &Request, authorization: &Authorization<'_>, api: Api) -> Result<(), AwsError> {
    let signed = |name: &str| authorization.signed_headers.contains(&name);
    let unsigned = ["x-amz-date", "x-amz-security-token", "x-amz-target", "x-amz-content-sha256"]
        .into_iter()
        .find(|name| request.headers.contains_key(*name) && !signed(name));
    if let Some(name) = unsigned {
        let message = "There were headers present in the request which were not signed";
        return Err(match api {
            Api::S3 => AwsError::forbidden("AccessDenied", message).with("HeadersNotSigned", name),
            _ => mismatch(api, &format!("{message}: {name}")),
        });
    }
    if !signed("host") {
        return Err(mismatch(api, "'Host' must be a 'SignedHeader' in the AWS Authorization."));
    }
    Ok(())
}

/// Temporary credentials come with their own token, static ones with none.
fn check_token(request: &Request, identity: &Identity, api: Api) -> Result<(), AwsError> {
    let sent = request.header("x-amz-security-token");
    let expected = identity.session.as_ref().map(|session| session.token.as_str());
    if sent == expected { Ok(()) } else { Err(unknown_key(api)) }
}

fn check_signature(
    request: &Request,
    authorization: &Authorization<'_>,
    identity: &Identity,
    api: Api,
    signed_at: &str,
) -> Result<(), AwsError> {
    let canonical = canonical_request(request, authorization, api)?;
    let Authorization { date, region, service, .. } = authorization;
    let to_sign =
        format!("{ALGORITHM}\n{signed_at}\n{date}/{region}/{service}/aws4_request\n{}", sha256(canonical.as_bytes()));
    let verified = |signature: Vec<u8>| {
        let mut key = format!("AWS4{}", identity.secret_key).into_bytes();
        for part in [*date, *region, *service, "aws4_request"] {
            key = hmac(&key, part.as_bytes())?.finalize().into_bytes().to_vec();
        }
        hmac(&key, to_sign.as_bytes())?.verify_slice(&signature).ok()
    };
    unhex(authorization.signature).and_then(verified).ok_or_else(|| mismatch(
        api,
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    ))
}

fn canonical_request(request: &Request, authorization: &Authorization<'_>, api: Api) -> Result<String, AwsError> {
    let path = match api {
        // S3 signs the path as it is encoded; the others encode it once more.
        Api::S3 => {
            let segments: Vec<_> =
                request.path.split('/').map(|segment| encode(&percent_decode(segment), false)).collect();
            segments.join("/")
        }
        _ => encode(request.path.as_bytes(), true),
    };
    let mut query: Vec<_> =
        pairs(&request.query, false).iter().map(|(name, value)| (encode(name, false), encode(value, false))).collect();
    query.sort();
    let query: Vec<_> = query.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut canonical = format!("{}\n{path}\n{}\n", request.method, query.join("&"));
    for name in &authorization.signed_headers {
        let values: Vec<String> = request
            .headers
            .get_all(*name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        canonical.extend([*name, ":", &values.join(","), "\n"]);
    }
    let payload = payload_hash(request, api)?;
    Ok(format!("{canonical}\n{}\n{payload}", authorization.signed_headers.join(";")))
}

/// The hash that was signed, once the body is known to have it.
fn payload_hash(request: &Request, api: Api) -> Result<String, AwsError> {
    let actual = sha256(&request.body);
    match request.header("x-amz-content-sha256") {
        None if api == Api::S3 => Err(AwsError::bad_request(
            "InvalidRequest",
            "Missing required header for this request: x-amz-content-sha256",
        )),
        Some("UNSIGNED-PAYLOAD") if api == Api::S3 => Ok("UNSIGNED-PAYLOAD".to_owned()),
        Some(claimed) if claimed == actual => Ok(actual),
        Some(_) if api == Api::S3 => Err(AwsError::bad_request(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        )),
        // Elsewhere the header is optional; a claim about another body cannot match the signature.
        _ => Ok(actual),
    }
}

fn missing(api: Api) -> AwsError {
    match api {
        Api::S3 => AwsError::forbidden("AccessDenied", "Access Denied"),
        Api::Sts => AwsError::forbidden("MissingAuthenticationToken", "Request is missing Authentication Token"),
        _ => AwsError::forbidden("MissingAuthenticationTokenException", "Missing Authentication Token"),
    }
}

fn incomplete(api: Api) -> AwsError {
    let message = "Authorization header requires 'Credential', 'Signature' and 'SignedHeaders' parameters and an 'X-Amz-Date' header.";
    match api {
        Api::S3 => AwsError::bad_request("AuthorizationHeaderMalformed", message),
        Api::Sts => AwsError::bad_request("IncompleteSignature", message),
        _ => AwsError::forbidden("IncompleteSignatureException", message),
    }
}

fn mismatch(api: Api, message: &str) -> AwsError {
    match api {
        Api::S3 | Api::Sts => AwsError::forbidden("SignatureDoesNotMatch", message),
        _ => AwsError::forbidden("InvalidSignatureException", message),
    }
}

fn unknown_key(api: Api) -> AwsError {
    let message = "The security token included in the request is invalid.";
    match api {
        Api::S3 => AwsError::forbidden(
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
        ),
        Api::Sts => AwsError::forbidden("InvalidClientTokenId", message),
        _ => AwsError::forbidden("UnrecognizedClientException", message),
    }
}

/// Temporary credentials past their end; the `expired_token` fault says the same.
pub(super) fn expired(api: Api) -> AwsError {
    let message = "The security token included in the request is expired";
    match api {
        Api::S3 => AwsError::bad_request("ExpiredToken", "The provided token has expired."),
        Api::Sts => AwsError::forbidden("ExpiredToken", message),
        _ => AwsError::forbidden("ExpiredTokenException", message),
    }
}

/// Everything but unreserved characters becomes `%XX`; slashes stay in paths.
fn encode(bytes: &[u8], keep_slash: bool) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => text.push(char::from(byte)),
            b'/' if keep_slash => text.push('/'),
            _ => {
                text.push('%');
                push_hex(byte, b"0123456789ABCDEF", &mut text);
            }
        }
    }
    text
}

fn hmac(key: &[u8], text: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(text);
    Some(mac)
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        push_hex(byte, b"0123456789abcdef", &mut text);
    }
    text
}

fn push_hex(byte: u8, digits: &[u8; 16], text: &mut String) {
    text.push(char::from(digits[usize::from(byte >> 4)]));
    text.push(char::from(digits[usize::from(byte & 15)]));
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(hex_digit(*high)? * 16 + hex_digit(*low)?),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authorization_header_is_taken_apart() {
        let header = "AWS4-HMAC-SHA256 Credential=AKIA/20261101/eu-west-1/timestream/aws4_request, SignedHeaders=host;x-amz-date, Signature=00ff";
        let expected = Authorization {
            access_key: "AKIA",
            date: "20261101",
            region: "eu-west-1",
            service: "timestream",
            signed_headers: vec!["host", "x-amz-date"],
            signature: "00ff",
        };
        assert_eq!(parse(header), Some(expected));
        for broken in [
            "",
            "Basic abc",
            "AWS4-HMAC-SHA256",
            "AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=00",
            "AWS4-HMAC-SHA256 Credential=a/20261101/r/s/aws4_request, Signature=00",
        ] {
            assert_eq!(parse(broken), None, "{broken}");
        }
    }

    #[test]
    fn reserved_characters_are_encoded() {
        assert_eq!(encode("/a b/ü=~".as_bytes(), true), "/a%20b/%C3%BC%3D~");
        assert_eq!(encode(b"/", false), "%2F");
    }
}
