//! Which endpoint to ask, and with what client.
//!
//! Timestream's regional host answers DescribeEndpoints only; queries go to the cell that it names, for as long as it says.
//! Discovery is done here and not by the SDK, whose own never forgets an endpoint that has become invalid and panics on an
//! empty answer. It happens at the first call and again at the first call after its time is up, so nothing runs in the
//! background. A custom endpoint is asked directly.

use std::{fmt, future::Future, time::Duration};

use aws_config::SdkConfig;
use aws_sdk_timestreamquery::{
    Client, Config,
    config::{Builder, http::HttpResponse},
    error::{ProvideErrorMetadata, SdkError},
};
use tokio::{sync::Mutex, time::Instant};

use crate::{
    aws::{self, Call, CredentialCache},
    error::{Error, ErrorKind, Result},
};

/// How long an endpoint is used on when discovery fails but an earlier one is known.
const GRACE: Duration = Duration::from_mins(1);
/// Limits of what the service says about how long an endpoint is good for, in minutes.
const MIN_PERIOD: i64 = 1;
const MAX_PERIOD: i64 = 24 * 60;

/// A client and what it asks.
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// The client.
    pub(super) client: Client,
    /// The endpoint's URL.
    pub(super) url: String,
}

/// The endpoint to ask now.
pub(super) struct Endpoints {
    region: String,
    credentials: CredentialCache,
    regional: Target,
    discovery: Option<Discovery>,
}

struct Discovery {
    config: Config,
    /// How cells are spoken to: `https`, but plain in tests.
    scheme: &'static str,
    known: Mutex<Option<Known>>,
}

struct Known {
    target: Target,
    fresh_until: Instant,
}

impl fmt::Debug for Endpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoints").field("regional", &self.regional.url).finish_non_exhaustive()
    }
}

impl Endpoints {
    /// The custom endpoint, or the region's cells by discovery.
    pub(super) fn new(config: &SdkConfig, region: &str, custom: Option<&str>) -> Self {
        let (config, credentials) = CredentialCache::attach(config);
        let regional = match custom {
            Some(url) => Target {
                client: Client::from_conf(Builder::from(&config).endpoint_url(url).build()),
                url: url.to_owned(),
            },
            None => {
                Target { client: Client::new(&config), url: format!("https://query.timestream.{region}.amazonaws.com") }
            }
        };
        let discovery = custom.is_none().then(|| Discovery {
            config: Builder::from(&config).build(),
            scheme: "https",
            known: Mutex::new(None),
        });
        Self { region: region.to_owned(), credentials, regional, discovery }
    }

    /// Discovery at `regional` instead of the region's own host, with cells spoken to in plain HTTP.
    #[cfg(test)]
    pub(super) fn discovered_by(config: &SdkConfig, region: &str, regional: &str) -> Self {
        let mut endpoints = Self::new(config, region, Some(regional));
        let config = Builder::from(config).identity_cache(endpoints.credentials.clone()).build();
        endpoints.discovery = Some(Discovery { config, scheme: "http", known: Mutex::new(None) });
        endpoints
    }

    /// Where to send a query now.
    ///
    /// # Errors
    ///
    /// When discovery fails and no earlier endpoint is known.
    pub(super) async fn target(&self) -> Result<Target> {
        let Some(discovery) = &self.discovery else { return Ok(self.regional.clone()) };
        let mut known = discovery.known.lock().await;
        if let Some(known) = known.as_ref()
            && Instant::now() < known.fresh_until
        {
            return Ok(known.target.clone());
        }
        match (Box::pin(self.discover(discovery)).await, known.as_mut()) {
            (Ok(found), _) => Ok(known.insert(found).target.clone()),
            (Err(error), Some(known)) => {
                tracing::warn!(%error, endpoint = known.target.url, "endpoint discovery failed; using the earlier endpoint");
                known.fresh_until = Instant::now() + GRACE;
                Ok(known.target.clone())
            }
            (Err(error), None) => Err(error),
        }
    }

    /// Forgets the endpoint at `url`, because it said itself that it is the wrong one. Answers whether there is another way.
    pub(super) async fn forget(&self, url: &str) -> bool {
        let Some(discovery) = &self.discovery else { return false };
        let mut known = discovery.known.lock().await;
        if known.as_ref().is_some_and(|known| known.target.url == url) {
            *known = None;
        }
        true
    }

    /// The endpoint as far as it is known, for people.
    pub(super) async fn shown(&self) -> String {
        match &self.discovery {
            Some(discovery) => {
                let known = discovery.known.lock().await;
                known.as_ref().map_or_else(|| self.regional.url.clone(), |known| known.target.url.clone())
            }
            None => self.regional.url.clone(),
        }
    }

    /// Makes a call, once more with fresh credentials if AWS says that they have expired.
    pub(super) async fn call<T, E, F>(&self, call: impl FnMut() -> F) -> Result<T, SdkError<E, HttpResponse>>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata,
    {
        self.credentials.retry_expired(call).await
    }

    async fn discover(&self, discovery: &Discovery) -> Result<Known> {
        let asked = Instant::now();
        let answer = self.call(|| self.regional.client.describe_endpoints().send()).await.map_err(|error| {
            let call = Call {
                service: "Timestream",
                action: "timestream:DescribeEndpoints",
                region: &self.region,
                endpoint: &self.regional.url,
                resource: Some("*"),
            };
            aws::translate(&call, &error)
        })?;
        let endpoint = answer.endpoints.into_iter().find(|endpoint| is_host(&endpoint.address)).ok_or_else(|| {
            Error::new(
                ErrorKind::Unavailable,
                format!("Timestream in {} names no endpoint to query. Try again in a minute.", self.region),
            )
        })?;
        let url = format!("{}://{}", discovery.scheme, endpoint.address);
        let client = Client::from_conf(discovery.config.to_builder().endpoint_url(&url).build());
        let minutes = endpoint.cache_period_in_minutes.clamp(MIN_PERIOD, MAX_PERIOD).unsigned_abs();
        tracing::debug!(url, minutes, "discovered Timestream's endpoint");
        Ok(Known { target: Target { client, url }, fresh_until: asked + Duration::from_secs(minutes * 60) })
    }
}

/// Whether an address is a host and perhaps a port, and nothing that changes the meaning of a URL.
fn is_host(address: &str) -> bool {
    !address.is_empty()
        && address.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':'))
        && address.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::is_host;

    #[test]
    fn addresses_that_would_change_a_url_are_refused() {
        for good in ["query-cell1.timestream.eu-west-1.amazonaws.com", "127.0.0.1:4566"] {
            assert!(is_host(good), "{good}");
        }
        for bad in ["", "a/b", "user@host", "host?x", "host#x", ":80", "ho st", "höst", "-host"] {
            assert!(!is_host(bad), "{bad}");
        }
    }
}
