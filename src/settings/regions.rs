//! AWS regions, and which of them have Timestream for LiveAnalytics.
//!
//! Source: the AWS general reference's endpoint tables, read in November 2026. A region missing here is only warned about,
//! since AWS opens new ones.

use serde::Serialize;

use crate::error::{Error, Result};

/// Where Timestream for LiveAnalytics exists.
pub const TIMESTREAM_REGIONS: &[&str] = &[
    "us-east-1",
    "us-east-2",
    "us-west-2",
    "eu-west-1",
    "eu-central-1",
    "ap-south-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "us-gov-west-1",
];

/// Regions that AWS has opened.
pub const AWS_REGIONS: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// A region, as the configuration page lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Region {
    /// Its code, such as `eu-west-2`.
    pub name: &'static str,
    /// Whether Timestream for LiveAnalytics exists there.
    pub timestream: bool,
}

/// Every known region.
#[must_use]
pub fn regions() -> Vec<Region> {
    AWS_REGIONS.iter().map(|name| Region { name, timestream: TIMESTREAM_REGIONS.contains(name) }).collect()
}

/// Refuses text that cannot be a region's code; the code goes into host names.
pub(super) fn check_name(setting: &str, region: &str) -> Result<()> {
    let plausible = (4..=32).contains(&region.len())
        && region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && region.contains('-')
        && !region.starts_with('-')
        && !region.ends_with('-');
    if plausible {
        Ok(())
    } else {
        Err(Error::bad_settings(format!(
            "Setting {setting} must be an AWS region such as eu-west-2, not '{}'.",
            super::section::shorten(region)
        )))
    }
}

/// Refuses a region known to lack Timestream; a region nobody has heard of comes back as a warning.
pub(super) fn check_timestream(setting: &str, region: &str) -> Result<Option<String>> {
    if TIMESTREAM_REGIONS.contains(&region) {
        return Ok(None);
    }
    if AWS_REGIONS.contains(&region) {
        return Err(Error::bad_settings(format!(
            "Setting {setting}: Timestream for LiveAnalytics does not exist in {region}. It exists in {}. The nearest to London is eu-west-1.",
            TIMESTREAM_REGIONS.join(", ")
        )));
    }
    Ok(Some(format!(
        "Setting {setting}: region {region} is not known to have Timestream for LiveAnalytics; it is known in {}.",
        TIMESTREAM_REGIONS.join(", ")
    )))
}
