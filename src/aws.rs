//! What both legs need of AWS: credentials, regions, endpoints, timeouts and retries.

use aws_config::SdkConfig;

use crate::{error::Result, leg::Leg, settings::Settings};

/// The SDK configuration for one leg: its region, its credentials (base provider, then the role to assume), explicit
/// timeouts, bounded retries. Endpoints are set by the legs themselves, so that STS keeps its own.
///
/// # Errors
///
/// When the credentials cannot be set up as configured.
pub async fn configure(_settings: &Settings, _leg: Leg) -> Result<SdkConfig> {
    unimplemented!()
}
