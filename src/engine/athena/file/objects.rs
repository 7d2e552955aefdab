//! Parts of objects in S3, by ranged GETs on the SDK's own machinery: its HTTP client, credentials, signing, retries and timeouts,
//! without its S3 client, which is as large as everything else together for the one call that is needed.

use std::{fmt, ops::Range, time::Duration};

use aws_config::{BehaviorVersion, Region, SdkConfig, timeout::TimeoutConfig};
use aws_runtime::auth::{
    SigV4OperationSigningConfig, SigningOptions,
    sigv4::{SCHEME_ID, SigV4AuthScheme},
};
use aws_smithy_runtime::client::{
    orchestrator::operation::Operation,
    retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier},
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        auth::{AuthSchemeOptionResolverParams, static_resolver::StaticAuthSchemeOptionResolver},
        endpoint::{EndpointFuture, EndpointResolverParams, ResolveEndpoint},
        identity::SharedIdentityResolver,
        interceptors::{Intercept, context::BeforeSerializationInterceptorContextRef, dyn_dispatch_hint},
        orchestrator::{HttpRequest, HttpResponse},
        result::SdkError,
        runtime_components::{RuntimeComponents, RuntimeComponentsBuilder},
        runtime_plugin::StaticRuntimePlugin,
    },
};
use aws_smithy_types::{
    body::SdkBody,
    config_bag::{ConfigBag, Layer},
    endpoint::Endpoint,
    error::metadata::ProvideErrorMetadata,
};
use bytes::Bytes;
use futures::FutureExt;

use super::{
    answer::{PartReader, Refused},
    location::{Address, Location, regional_endpoint},
};
use crate::{
    aws::{Call, CredentialCache, translate},
    error::Error,
    settings::Historical,
};

/// How long a connection may take to come up: shorter than elsewhere, since there is another way to the rows.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long S3 may take to begin an answer, ...
const READ_TIMEOUT: Duration = Duration::from_secs(10);
/// ... and to end it: a part comes within that on ten megabits a second, four at once.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// One ranged GET.
#[derive(Debug, Clone)]
struct Get {
    address: Address,
    range: Range<u64>,
    etag: Option<String>,
}

/// A part of an object.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// Its bytes.
    pub(super) bytes: Bytes,
    /// Where they begin in the object.
    pub(super) start: u64,
    /// How many bytes the object has.
    pub(super) total: u64,
    /// Which object it is: another of the same name has another tag.
    pub(super) etag: String,
}

/// Why there is no part.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    /// In words.
    pub(super) why: Error,
    /// It would be so for every object of the bucket, and will be for a while.
    pub(super) lasting: bool,
}

/// S3 in one region, as one identity.
pub(super) struct Objects {
    get: Operation<Get, Part, Refused>,
    credentials: CredentialCache,
    region: String,
    endpoint: Option<String>,
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Objects")
            .field("region", &self.region)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

impl Objects {
    /// Prepares the calls: with the credentials of `config`, which `credentials` keeps. Calls nothing yet.
    pub(super) fn new(config: &SdkConfig, credentials: CredentialCache, settings: &Historical) -> Self {
        Self {
            get: operation(config, &settings.region),
            credentials,
            region: settings.region.clone(),
            endpoint: settings.s3_endpoint.clone(),
        }
    }

    /// The endpoint that is asked.
    pub(super) fn endpoint(&self) -> String {
        self.endpoint.clone().unwrap_or_else(|| regional_endpoint(&self.region))
    }

    /// The bytes of `range`, or as many of them as the object has; of the object of this `etag` alone, if one is given.
    ///
    /// # Errors
    ///
    /// When S3 does not hand out just that.
    pub(super) async fn get(
        &self,
        location: &Location,
        range: Range<u64>,
        etag: Option<&str>,
    ) -> Result<Part, Refusal> {
        let address = location.address(&self.region, self.endpoint.as_deref());
        let endpoint = address.endpoint.clone();
        let get = Get { address, range: range.clone(), etag: etag.map(str::to_owned) };
        // Boxed, because the SDK's futures are nested deeply.
        let answer = self.credentials.retry_expired(|| self.get.invoke(get.clone())).boxed().await;
        let part = answer.map_err(|error| {
            let resource = location.arn(&self.region);
            let call = Call {
                service: "S3",
                action: "s3:GetObject",
                region: &self.region,
                endpoint: &endpoint,
                resource: Some(&resource),
            };
            Refusal { why: translate(&call, &error), lasting: is_lasting(&error) }
        })?;
        let asked = range.start == part.start && part.bytes.len() as u64 == range.end.min(part.total) - range.start;
        if asked && etag.is_none_or(|etag| etag == part.etag) {
            Ok(part)
        } else {
            Err(Refusal { why: Refused::odd("other bytes than it was asked for").error(), lasting: false })
        }
    }
}

/// Whether another object of the bucket would fare the same: it is denied, elsewhere, or out of reach.
fn is_lasting(error: &SdkError<Refused, HttpResponse>) -> bool {
    match error {
        SdkError::ServiceError(answer) => {
            matches!(answer.raw().status().as_u16(), 301 | 302 | 307 | 308 | 400 | 401 | 403)
                || answer.err().code() == Some("NoSuchBucket")
        }
        SdkError::ResponseError(_) => false,
        _ => true,
    }
}

fn operation(config: &SdkConfig, region: &str) -> Operation<Get, Part, Refused> {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build();
    let mut builder = Operation::builder()
        .service_name("S3")
        .operation_name("GetObject")
        .behavior_version(config.behavior_version().unwrap_or_else(BehaviorVersion::latest))
        .timeout_config(timeouts)
        .standard_retry(&config.retry_config().cloned().unwrap_or_else(aws_config::retry::RetryConfig::standard))
        .retry_classifier(TransientErrorClassifier::<Refused>::new())
        .retry_classifier(HttpStatusCodeClassifier::default())
        .with_connection_poisoning()
        .interceptor(ToBucket)
        .runtime_plugin(signing(config, region));
    if let Some(protection) = config.stalled_stream_protection() {
        builder = builder.stalled_stream_protection(protection);
    }
    if let Some(client) = config.http_client() {
        builder = builder.http_client(client);
    }
    if let Some(sleep) = config.sleep_impl() {
        builder = builder.sleep_impl(sleep);
    }
    if let Some(time) = config.time_source() {
        builder = builder.time_source(time);
    }
    builder.serializer(request).deserializer_impl::<Part, Refused>(PartReader).build()
}

/// What the S3 client's own plugin would set up: signature version 4 by S3's rules, which encode a path once and sign the hash of
/// the body, with the leg's credentials; and the endpoint, which depends on the bucket.
fn signing(config: &SdkConfig, region: &str) -> StaticRuntimePlugin {
    let mut options = SigningOptions::default();
    options.double_uri_encode = false;
    options.content_sha256_header = true;
    options.normalize_uri_path = false;
    let mut layer = Layer::new("S3");
    layer.store_put(SigV4OperationSigningConfig {
        region: Some(Region::new(region.to_owned()).into()),
        name: Some("s3".into()),
        signing_options: options,
        ..SigV4OperationSigningConfig::default()
    });
    layer.store_put(AuthSchemeOptionResolverParams::new(()));
    layer.store_put(EndpointResolverParams::new(()));
    let mut components = RuntimeComponentsBuilder::new("S3")
        .with_auth_scheme(SigV4AuthScheme::new())
        .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID])))
        .with_endpoint_resolver(Some(ToBucket));
    if let Some(cache) = config.identity_cache() {
        components = components.with_identity_cache(Some(cache));
    }
    if let Some(provider) = config.credentials_provider() {
        components = components.with_identity_resolver(SCHEME_ID, SharedIdentityResolver::new(provider));
    }
    StaticRuntimePlugin::new().with_config(layer.freeze()).with_runtime_components(components)
}

fn request(get: Get) -> Result<HttpRequest, BoxError> {
    let mut request = HttpRequest::new(SdkBody::empty());
    request.set_method("GET")?;
    request.set_uri(get.address.path)?;
    let headers = request.headers_mut();
    let last = get.range.end.saturating_sub(1);
    headers.try_insert("range", format!("bytes={}-{last}", get.range.start))?;
    headers.try_insert("accept-encoding", "identity")?;
    headers.try_insert("user-agent", concat!("switchboard/", env!("CARGO_PKG_VERSION")))?;
    if let Some(etag) = get.etag {
        headers.try_insert("if-match", etag)?;
    }
    Ok(request)
}

/// Sends each request to the host of its bucket: the SDK asks for the endpoint before it looks at the request, so the address is
/// handed on beforehand.
#[derive(Debug)]
struct ToBucket;

#[dyn_dispatch_hint]
impl Intercept for ToBucket {
    fn name(&self) -> &'static str {
        "ToBucket"
    }

    fn read_before_serialization(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let get = context.input().downcast_ref::<Get>().ok_or("not a GET")?;
        cfg.interceptor_state().store_put(EndpointResolverParams::new(get.address.clone()));
        Ok(())
    }
}

impl ResolveEndpoint for ToBucket {
    fn resolve_endpoint<'a>(&'a self, params: &'a EndpointResolverParams) -> EndpointFuture<'a> {
        let endpoint = params.get::<Address>().map(|address| Endpoint::builder().url(address.endpoint.clone()).build());
        EndpointFuture::ready(endpoint.ok_or_else(|| "no address".into()))
    }
}
