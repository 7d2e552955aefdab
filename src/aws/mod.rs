//! What both legs need of AWS: credentials, regions, timeouts, retries, and errors that say what to do.
//!
//! Nothing but credentials comes from the process's surroundings. In particular the `AWS_ENDPOINT_URL` variables do not
//! redirect a leg: a configured endpoint wins, else the region's own is asked, and the health check names the variables
//! that were passed over ([`endpoint_warnings`]). Proxy variables (`HTTPS_PROXY`, `NO_PROXY`) are honoured.

mod credentials;
mod failure;
#[cfg(test)]
pub(crate) mod test_server;
#[cfg(test)]
mod tests;
mod text;

use std::time::Duration;

use aws_config::{
    AppName, BehaviorVersion, Region, SdkConfig, retry::RetryConfig,
    stalled_stream_protection::StalledStreamProtectionConfig, timeout::TimeoutConfig,
};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::{rt::sleep::TokioSleep, time::SystemTimeSource};

pub use self::{
    credentials::CredentialCache,
    failure::{Call, is_expired_credentials, translate},
    text::presentable,
};
use crate::{
    error::{Error, Result},
    leg::Leg,
    settings::{AssumeRole, Settings},
};

/// How long a TCP and TLS connection may take to come up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Calls in all, the first included.
const MAX_ATTEMPTS: u32 = 3;
/// The SDK draws each wait at random between nothing and this, doubled with every attempt.
const INITIAL_BACKOFF: Duration = Duration::from_millis(250);
/// The longest of those waits.
const MAX_BACKOFF: Duration = Duration::from_secs(5);
/// How long a response may stand still between two bytes.
const STALL_GRACE: Duration = Duration::from_secs(10);

/// The SDK configuration for one leg: its region, its credentials (base provider, then the role to assume), explicit
/// timeouts, bounded retries. Endpoints are set by the legs themselves, so that STS keeps its own.
///
/// Reaches nothing yet: credentials are loaded by the first call, and failures to do so are told by [`translate`].
///
/// # Errors
///
/// When the credentials cannot be set up as configured.
pub async fn configure(settings: &Settings, leg: Leg) -> Result<SdkConfig> {
    let (region, assume_role) = match leg {
        Leg::Realtime => (&settings.realtime.region, settings.realtime.assume_role.as_ref()),
        Leg::Historical => (&settings.historical.region, settings.historical.assume_role.as_ref()),
    };
    let region = Region::new(region.clone());
    let base = credentials::base(&settings.auth.provider, &region);
    let provider = match assume_role.or(settings.auth.assume_role.as_ref()) {
        Some(role) => assumed(settings, role, &region, base).await?,
        None => base,
    };
    sdk_config(region, provider, call_timeouts(leg, settings.limits.timeout))
}

/// What the health check says about a leg's endpoint that works but looks wrong: environment variables that redirect
/// other AWS programs and were passed over (`AWS_ENDPOINT_URL`, and `variable`, the service's own), and data that would
/// cross a network unencrypted.
#[must_use]
pub fn endpoint_warnings(endpoint: Option<&str>, variable: &str) -> Vec<String> {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let mut warnings: Vec<String> = ["AWS_ENDPOINT_URL", variable]
        .into_iter()
        .filter(|name| is_set(name))
        .map(|name| {
            format!("The environment variable {name} is set but not used: set the leg's endpoint in the data source instead.")
        })
        .collect();
    if let Some(host) = endpoint.and_then(|url| url.strip_prefix("http://"))
        && !is_loopback(host)
    {
        warnings.push(format!("The endpoint http://{host} is not encrypted: queries and rows can be read on the way."));
    }
    warnings
}

/// Whether a URL is of this machine.
#[must_use]
pub fn is_loopback_url(url: &str) -> bool {
    url.split_once("://").is_some_and(|(_, host)| is_loopback(host))
}

/// Whether `host`, a URL's part after the scheme, is this machine.
fn is_loopback(host: &str) -> bool {
    let host = host.split('/').next().unwrap_or(host);
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.split(':').next().unwrap_or(host),
    };
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

async fn assumed(
    settings: &Settings,
    role: &AssumeRole,
    region: &Region,
    base: SharedCredentialsProvider,
) -> Result<SharedCredentialsProvider> {
    let mut config = sdk_config(region.clone(), base, sts_timeouts())?.into_builder();
    config.set_endpoint_url(settings.auth.sts_endpoint.clone());
    Ok(credentials::assume(role, settings.auth.session_duration, &config.build()).await)
}

fn sdk_config(region: Region, provider: SharedCredentialsProvider, timeouts: TimeoutConfig) -> Result<SdkConfig> {
    let app_name = AppName::new(concat!("switchboard-", env!("CARGO_PKG_VERSION")))
        .map_err(|error| Error::internal(format!("The application's name is not one AWS accepts: {error}.")))?;
    let retries = RetryConfig::standard()
        .with_max_attempts(MAX_ATTEMPTS)
        .with_initial_backoff(INITIAL_BACKOFF)
        .with_max_backoff(MAX_BACKOFF);
    Ok(SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(region)
        .credentials_provider(provider)
        .timeout_config(timeouts)
        .retry_config(retries)
        .sleep_impl(TokioSleep::new())
        .time_source(SystemTimeSource::new())
        .stalled_stream_protection(StalledStreamProtectionConfig::enabled().grace_period(STALL_GRACE).build())
        .app_name(app_name)
        .build())
}

/// Timestream holds a call open until its first page is ready, up to a minute; Athena's calls only look things up.
fn call_timeouts(leg: Leg, limit: Duration) -> TimeoutConfig {
    let attempt = match leg {
        Leg::Realtime => Duration::from_secs(65),
        Leg::Historical => Duration::from_secs(30),
    };
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(attempt)
        .operation_attempt_timeout(attempt)
        .operation_timeout(limit.max(attempt))
        .build()
}

fn sts_timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(Duration::from_secs(5))
        .operation_attempt_timeout(Duration::from_secs(5))
        .operation_timeout(Duration::from_secs(14))
        .build()
}
