//! An error as AWS words it, written in each API's own error body.

use std::borrow::Cow;

use axum::http::StatusCode;
use serde_json::json;

use super::{api::Api, request::Reply};

/// What an API answers instead of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AwsError {
    /// HTTP status.
    pub(super) status: StatusCode,
    /// The code that SDKs match on.
    pub(super) code: Cow<'static, str>,
    /// The sentence that people read.
    pub(super) message: String,
    /// Further elements of the body: names and texts.
    pub(super) details: Vec<(&'static str, String)>,
}

impl AwsError {
    /// An error with any status.
    pub(super) fn new(status: StatusCode, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), details: Vec::new() }
    }

    /// 400: the caller's fault.
    pub(super) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 403: the caller may not.
    pub(super) fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    /// 404: S3's and the routers' not found.
    pub(super) fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// Adds an element to the body.
    pub(super) fn with(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.details.push((name, text.into()));
        self
    }

    /// The answer in `api`'s own format.
    pub(super) fn reply(&self, api: Api, request_id: &str) -> Reply {
        let body = match api {
            Api::Timestream | Api::Athena => self.json(api),
            Api::S3 => self.s3_xml(request_id),
            Api::Sts => self.sts_xml(request_id),
        };
        Reply { status: self.status, content_type: api.content_type().into(), headers: Vec::new(), body: body.into() }
    }

    /// Timestream capitalises `Message`; what AWS's front door says about signatures is namespaced, as is Athena's own
    /// reason code `INVALID_INPUT`.
    fn json(&self, api: Api) -> String {
        let mut body = match api {
            Api::Timestream => {
                json!({"__type": format!("com.amazonaws.timestream.v20181101#{}", self.code), "Message": self.message})
            }
            _ => json!({"__type": self.code, "message": self.message}),
        };
        if let Some(object) = body.as_object_mut() {
            if api == Api::Athena && self.code == "InvalidRequestException" {
                object.insert("AthenaErrorCode".to_owned(), json!("INVALID_INPUT"));
            }
            for (name, text) in &self.details {
                object.insert((*name).to_owned(), json!(text));
            }
        }
        body.to_string()
    }

    fn s3_xml(&self, request_id: &str) -> String {
        let mut details = String::new();
        for (name, text) in &self.details {
            details.extend(["<", name, ">", &xml_text(text), "</", name, ">"]);
        }
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message>{details}<RequestId>{request_id}</RequestId><HostId>sandbox</HostId></Error>",
            xml_text(&self.code),
            xml_text(&self.message)
        )
    }

    fn sts_xml(&self, request_id: &str) -> String {
        let fault = if self.status.is_server_error() { "Receiver" } else { "Sender" };
        format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>{fault}</Type><Code>{}</Code><Message>{}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>",
            xml_text(&self.code),
            xml_text(&self.message)
        )
    }
}

/// Text between XML tags.
pub(super) fn xml_text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(error: &AwsError, api: Api) -> String {
        String::from_utf8(error.reply(api, "id").body.to_vec()).unwrap()
    }

    #[test]
    fn each_api_has_its_own_error_body() {
        let error = AwsError::bad_request("InvalidRequestException", "no <such> thing");
        assert_eq!(
            body(&error, Api::Timestream),
            r#"{"__type":"com.amazonaws.timestream.v20181101#InvalidRequestException","Message":"no <such> thing"}"#
        );
        assert_eq!(
            body(&error, Api::Athena),
            r#"{"__type":"InvalidRequestException","message":"no <such> thing","AthenaErrorCode":"INVALID_INPUT"}"#
        );
        assert!(body(&error, Api::S3).contains("<Message>no &lt;such&gt; thing</Message>"));
        assert!(body(&error, Api::Sts).contains("<Type>Sender</Type><Code>InvalidRequestException</Code>"));
    }
}
