//! The messages that Grafana sends and receives, where the SDK's generated ones are too old or print secrets.
//!
//! Format: Grafana's `pluginv2` protocol, package `pluginv2`. Fields that Switchboard does not read (users, app settings) are
//! left out, so they are skipped when a message is decoded and never held. Messages that carry settings or HTTP headers
//! have a `Debug` of their own that shows names, never values.

use std::{collections::HashMap, fmt};

use bytes::Bytes;
use grafana_plugin_sdk::pluginv2;

/// Who asks, on behalf of which data source.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PluginContext {
    /// The organisation in Grafana.
    #[prost(int64, tag = "1")]
    pub org_id: i64,
    /// The data source; `None` when Grafana asks about the plugin itself.
    #[prost(message, optional, tag = "5")]
    pub data_source: Option<DataSourceInstanceSettings>,
    /// What Grafana forwards of its own configuration, by name of environment variable.
    #[prost(map = "string, string", tag = "6")]
    pub grafana_config: HashMap<String, String>,
    /// Grafana's name and version.
    #[prost(string, tag = "8")]
    pub user_agent: String,
    /// The tenant of a Grafana that serves several.
    #[prost(string, tag = "10")]
    pub namespace: String,
}

/// A data source as Grafana stores it, with its secrets in the clear.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct DataSourceInstanceSettings {
    /// Number, unique in the Grafana.
    #[prost(int64, tag = "1")]
    pub id: i64,
    /// Name, as users see it.
    #[prost(string, tag = "2")]
    pub name: String,
    /// `jsonData`, as stored.
    #[prost(bytes = "vec", tag = "8")]
    pub json_data: Vec<u8>,
    /// `secureJsonData`, decrypted.
    #[prost(map = "string, string", tag = "9")]
    pub decrypted_secure_json_data: HashMap<String, String>,
    /// When it was last saved: milliseconds since the Unix epoch.
    #[prost(int64, tag = "10")]
    pub last_updated_ms: i64,
    /// Text id, unique in the organisation.
    #[prost(string, tag = "11")]
    pub uid: String,
}

impl fmt::Debug for DataSourceInstanceSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataSourceInstanceSettings")
            .field("id", &self.id)
            .field("uid", &self.uid)
            .field("last_updated_ms", &self.last_updated_ms)
            .finish_non_exhaustive()
    }
}

/// `Data/QueryData`: all panel queries of one request.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct QueryDataRequest {
    /// Who asks.
    #[prost(message, optional, tag = "1")]
    pub plugin_context: Option<PluginContext>,
    /// HTTP headers that Grafana passes on, some with credentials; and `FromAlert`.
    #[prost(map = "string, string", tag = "2")]
    pub headers: HashMap<String, String>,
    /// The queries.
    #[prost(message, repeated, tag = "3")]
    pub queries: Vec<pluginv2::DataQuery>,
}

impl fmt::Debug for QueryDataRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryDataRequest")
            .field("plugin_context", &self.plugin_context)
            .field("queries", &self.queries.len())
            .finish_non_exhaustive()
    }
}

/// The answer to [`QueryDataRequest`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct QueryDataResponse {
    /// One answer a refId.
    #[prost(map = "string, message", tag = "1")]
    pub responses: HashMap<String, DataResponse>,
}

/// The answer to one panel query.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DataResponse {
    /// Frames, each an Arrow IPC file.
    #[prost(bytes = "bytes", repeated, tag = "1")]
    pub frames: Vec<Bytes>,
    /// What went wrong; empty when nothing did.
    #[prost(string, tag = "2")]
    pub error: String,
    /// HTTP status.
    #[prost(int32, tag = "4")]
    pub status: i32,
    /// Whom to blame: `plugin` or `downstream`; empty when nothing went wrong.
    #[prost(string, tag = "5")]
    pub error_source: String,
}

/// `Resource/CallResource`: an HTTP request in disguise. Its headers are not read.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CallResourceRequest {
    /// Who asks.
    #[prost(message, optional, tag = "1")]
    pub plugin_context: Option<PluginContext>,
    /// The path below the data source's `resources/`.
    #[prost(string, tag = "2")]
    pub path: String,
    /// HTTP method.
    #[prost(string, tag = "3")]
    pub method: String,
    /// The path again, with the query string.
    #[prost(string, tag = "4")]
    pub url: String,
    /// The body of a POST.
    #[prost(bytes = "bytes", tag = "6")]
    pub body: Bytes,
}

/// `Diagnostics/CheckHealth`. Its headers are not read.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CheckHealthRequest {
    /// Who asks.
    #[prost(message, optional, tag = "1")]
    pub plugin_context: Option<PluginContext>,
}

/// A message without fields: requests and answers of calls that say all by being called.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct Empty {}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI";

    fn request() -> QueryDataRequest {
        QueryDataRequest {
            plugin_context: Some(PluginContext {
                org_id: 3,
                data_source: Some(DataSourceInstanceSettings {
                    uid: "abc".to_owned(),
                    json_data: format!(r#"{{"accessKey":"{SECRET}"}}"#).into_bytes(),
                    decrypted_secure_json_data: HashMap::from([("secretKey".to_owned(), SECRET.to_owned())]),
                    ..DataSourceInstanceSettings::default()
                }),
                ..PluginContext::default()
            }),
            headers: HashMap::from([("Authorization".to_owned(), SECRET.to_owned())]),
            queries: Vec::new(),
        }
    }

    #[test]
    fn debug_shows_no_settings_and_no_headers() {
        let shown = format!("{:?}", request());
        assert!(shown.contains("abc"), "{shown}");
        assert!(!shown.contains(SECRET), "{shown}");
    }

    #[test]
    fn messages_agree_with_the_sdk_on_the_fields_they_share() {
        let sdk = pluginv2::QueryDataRequest::decode(request().encode_to_vec().as_slice()).unwrap();
        assert_eq!(sdk.headers["Authorization"], SECRET);
        let context = sdk.plugin_context.unwrap();
        assert_eq!(context.org_id, 3);
        let settings = context.data_source_instance_settings.unwrap();
        assert_eq!(settings.uid, "abc");
        assert_eq!(settings.decrypted_secure_json_data["secretKey"], SECRET);

        let response = DataResponse {
            frames: vec![Bytes::from_static(b"ARROW1")],
            error: "No.".to_owned(),
            status: 400,
            error_source: "downstream".to_owned(),
        };
        let sdk = pluginv2::DataResponse::decode(response.encode_to_vec().as_slice()).unwrap();
        assert_eq!((sdk.frames, sdk.error, sdk.status), (vec![b"ARROW1".to_vec()], "No.".to_owned(), 400));
    }

    #[test]
    fn fields_younger_than_the_sdk_have_their_tags() {
        // Hand-encoded: tag << 3 | 2, length, bytes.
        let entry = [0x0a, 1, b'k', 0x12, 1, b'v'];
        let bytes = [&[6 << 3 | 2, 6][..], &entry, &[8 << 3 | 2, 1, b'u', 10 << 3 | 2, 1, b'n']].concat();
        let context = PluginContext::decode(bytes.as_slice()).unwrap();
        assert_eq!(context.grafana_config, HashMap::from([("k".to_owned(), "v".to_owned())]));
        assert_eq!((context.user_agent.as_str(), context.namespace.as_str()), ("u", "n"));

        let response = DataResponse { error_source: "plugin".to_owned(), ..DataResponse::default() };
        assert_eq!(response.encode_to_vec(), [&[5 << 3 | 2, 6][..], b"plugin"].concat());
    }

    #[test]
    fn unknown_fields_and_rubbish_do_not_panic() {
        let user = [3 << 3 | 2, 3, 0x0a, 1, b'x'];
        assert!(PluginContext::decode(user.as_slice()).is_ok());
        assert!(QueryDataRequest::decode([0xff_u8; 64].as_slice()).is_err());
    }
}
