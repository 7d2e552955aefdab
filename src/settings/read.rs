//! `jsonData` and `secureJsonData` -> [`Settings`].
//!
//! Keys, defaults and ranges are listed in the README; the AWS keys follow Grafana's conventions for AWS data sources.

use std::{collections::HashMap, ops::RangeInclusive, time::Duration};

use serde_json::Value;

use super::{
    AssumeRole, Auth, AuthProvider, Gates, Historical, Limits, Realtime, Secret, Settings, datasets, regions,
    section::{Section, shorten},
};
use crate::error::{Error, Result};

/// Keys that Grafana or its AWS connection editor writes into `jsonData` and that mean nothing here.
const FOREIGN: &[&str] = &["keepCookies", "manageAlerts", "oauthPassThru", "pdcInjected"];

/// Seven days, Athena's limit for the age of a reused result.
const LONGEST_REUSE_MINUTES: u64 = 10_080;

/// How far back Timestream's tables may reach: ten years is longer than it keeps anything.
pub(super) const RETENTIONS: RangeInclusive<Duration> = Duration::from_hours(1)..=Duration::from_hours(3_653 * 24);

/// How late Athena's tables may be.
pub(super) const LAGS: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_hours(30 * 24);

impl Settings {
    /// Reads what Grafana sends.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadSettings`](crate::error::ErrorKind::BadSettings): names the key, and what is allowed.
    pub fn from_grafana(json_data: &[u8], secure: &HashMap<String, String>, gates: &Gates) -> Result<Self> {
        let value = if json_data.iter().all(u8::is_ascii_whitespace) {
            Value::Null
        } else {
            // The parser's own message could quote the text, so only the place is passed on.
            serde_json::from_slice(json_data).map_err(|error| {
                Error::bad_settings(format!(
                    "jsonData is not JSON: see line {}, column {}.",
                    error.line(),
                    error.column()
                ))
            })?
        };
        read(&value, secure, gates)
    }
}

fn read(json_data: &Value, secure: &HashMap<String, String>, gates: &Gates) -> Result<Settings> {
    let mut root = Section::root(json_data)?;
    for key in ["accessKey", "secretKey", "sessionToken"] {
        if json_data.get(key).is_some() {
            return Err(Error::bad_settings(format!(
                "Setting {key} is a secret: put it into secureJsonData, not jsonData."
            )));
        }
    }
    refuse_what_has_no_meaning(&mut root)?;

    let mut warnings = Vec::new();
    let auth = read_auth(&mut root, secure, gates)?;
    let default_region = root.text("defaultRegion")?;
    if let Some(region) = &default_region {
        regions::check_name("defaultRegion", region)?;
    }
    let realtime = read_realtime(root.section("realtime")?, gates, &mut warnings)?;
    let historical = read_historical(root.section("historical")?, gates, default_region, &mut warnings)?;
    let limits = read_limits(root.section("limits")?)?;
    let allow_execute = root.boolean("allowExecute", false)?;
    let datasets = root.list("datasets")?;
    root.finish(FOREIGN)?;
    if !realtime.enabled && !historical.enabled {
        return Err(Error::bad_settings(
            "Settings realtime.enabled and historical.enabled are both false: switch at least one leg on.",
        ));
    }
    if realtime.enabled && historical.enabled {
        datasets::check_seam(
            ("historical.lag", historical.lag),
            realtime.margin,
            ("realtime.retention", realtime.retention),
        )?;
    }
    let datasets_implied = datasets.is_none();
    let datasets = datasets::read(datasets, &realtime, &historical, &mut warnings)?;
    Ok(Settings { auth, realtime, historical, limits, datasets, datasets_implied, allow_execute, warnings })
}

/// Keys that the AWS connection editor can write and that would be ignored silently if they were let through.
fn refuse_what_has_no_meaning(root: &mut Section<'_>) -> Result<()> {
    if root.text("endpoint")?.is_some() {
        return Err(Error::bad_settings(
            "Setting endpoint does not say which service it is for: use realtime.endpoint, historical.endpoint or historical.s3Endpoint.",
        ));
    }
    if root.boolean("enableSecureSocksProxy", false)? {
        return Err(Error::bad_settings(
            "Setting enableSecureSocksProxy is not supported: Switchboard reaches AWS directly. Set it to false.",
        ));
    }
    Ok(())
}

fn read_auth(root: &mut Section<'_>, secure: &HashMap<String, String>, gates: &Gates) -> Result<Auth> {
    let named = root.text("authType")?.unwrap_or_else(|| "default".to_owned());
    let profile = root.text("profile")?;
    // `sharedCreds` and `arn` are what older settings of Grafana's AWS data sources hold.
    let (provider_name, provider) = match named.as_str() {
        "default" | "arn" => ("default", AuthProvider::Default),
        "keys" => ("keys", read_keys(secure)?),
        "credentials" | "sharedCreds" => ("credentials", AuthProvider::Profile { name: profile }),
        "ec2_iam_role" => ("ec2_iam_role", AuthProvider::InstanceRole),
        other => {
            return Err(Error::bad_settings(format!(
                "Setting authType must be default, keys, credentials or ec2_iam_role, not '{}'.",
                shorten(other)
            )));
        }
    };
    if !gates.allows(provider_name) {
        return Err(Error::bad_settings(format!(
            "Setting authType: Grafana does not allow {provider_name} here; it allows {}. An administrator can add it to \
             allowed_auth_providers in the [aws] section of Grafana's configuration.",
            if gates.allowed_providers.is_empty() { "none".to_owned() } else { gates.allowed_providers.join(", ") }
        )));
    }
    Ok(Auth {
        provider,
        assume_role: read_role(root, gates)?,
        sts_endpoint: read_endpoint(root, "stsEndpoint")?,
        session_duration: gates.session_duration,
    })
}

fn read_keys(secure: &HashMap<String, String>) -> Result<AuthProvider> {
    let secret =
        |key: &str| secure.get(key).map(|value| value.trim()).filter(|value| !value.is_empty()).map(Secret::new);
    match (secret("accessKey"), secret("secretKey")) {
        (Some(access_key), Some(secret_key)) => {
            Ok(AuthProvider::Keys { access_key, secret_key, session_token: secret("sessionToken") })
        }
        (access_key, _) => Err(Error::bad_settings(format!(
            "Setting authType is keys, but secureJsonData has no {}.",
            if access_key.is_none() { "accessKey" } else { "secretKey" }
        ))),
    }
}

fn read_role(section: &mut Section<'_>, gates: &Gates) -> Result<Option<AssumeRole>> {
    let arn = section.text("assumeRoleArn")?;
    let external_id = section.text("externalId")?;
    let Some(arn) = arn else { return Ok(None) };
    let setting = section.name("assumeRoleArn");
    if !gates.assume_role {
        return Err(Error::bad_settings(format!(
            "Setting {setting}: Grafana does not allow data sources to assume a role. An administrator can set \
             assume_role_enabled in the [aws] section of Grafana's configuration.",
        )));
    }
    let mut parts = arn.splitn(6, ':');
    let shaped = parts.next() == Some("arn")
        && parts.next().is_some_and(|partition| partition.starts_with("aws"))
        && parts.next() == Some("iam")
        && parts.next() == Some("")
        && parts.next().is_some_and(|account| account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()))
        && parts.next().is_some_and(|resource| resource.len() > 5 && resource.starts_with("role/"));
    if !shaped {
        return Err(Error::bad_settings(format!(
            "Setting {setting} must be a role's ARN such as arn:aws:iam::123456789012:role/grafana, not '{}'.",
            shorten(&arn)
        )));
    }
    Ok(Some(AssumeRole { arn, external_id: external_id.or_else(|| gates.external_id.clone()) }))
}

fn read_endpoint(section: &mut Section<'_>, key: &'static str) -> Result<Option<String>> {
    let Some(endpoint) = section.text(key)? else { return Ok(None) };
    let authority = endpoint.strip_prefix("https://").or_else(|| endpoint.strip_prefix("http://"));
    let shaped = authority.is_some_and(|authority| {
        let host = authority.strip_suffix('/').unwrap_or(authority);
        !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ', '\\']) && host.is_ascii()
    });
    if shaped {
        return Ok(Some(endpoint.trim_end_matches('/').to_owned()));
    }
    Err(Error::bad_settings(format!(
        "Setting {} must be a URL without a path, such as https://vpce-1.athena.eu-west-2.vpce.amazonaws.com, not '{}'.",
        section.name(key),
        shorten(&endpoint)
    )))
}

fn read_realtime(mut section: Section<'_>, gates: &Gates, warnings: &mut Vec<String>) -> Result<Realtime> {
    let enabled = section.boolean("enabled", true)?;
    let region = section.text("region")?.unwrap_or_else(|| "eu-west-1".to_owned());
    let setting = section.name("region");
    regions::check_name(&setting, &region)?;
    if enabled {
        warnings.extend(regions::check_timestream(&setting, &region)?);
    }
    let retention = section.duration("retention", &RETENTIONS)?.unwrap_or(Duration::from_hours(24));
    let realtime = Realtime {
        enabled,
        region,
        endpoint: read_endpoint(&mut section, "endpoint")?,
        database: section.text("database")?,
        table: section.text("table")?,
        measure: section.text("measure")?,
        retention,
        margin: section.duration("margin", &LAGS)?.unwrap_or(Duration::from_mins(15)),
        assume_role: read_role(&mut section, gates)?,
    };
    section.finish(&[])?;
    Ok(realtime)
}

fn read_historical(
    mut section: Section<'_>,
    gates: &Gates,
    default_region: Option<String>,
    warnings: &mut Vec<String>,
) -> Result<Historical> {
    let enabled = section.boolean("enabled", true)?;
    let region = section.text("region")?.or(default_region).unwrap_or_else(|| "eu-west-2".to_owned());
    let setting = section.name("region");
    regions::check_name(&setting, &region)?;
    if !super::AWS_REGIONS.contains(&region.as_str()) {
        warnings.push(format!("Setting {setting}: region {region} is not a known AWS region."));
    }
    let workgroup = section.text("workgroup")?.unwrap_or_else(|| "primary".to_owned());
    // Athena's own pattern for workgroup names.
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if workgroup.len() > 128 || !workgroup.bytes().all(allowed) {
        return Err(Error::bad_settings(format!(
            "Setting {} must be 1 to 128 letters, digits, dots, underscores or hyphens, not '{}'.",
            section.name("workgroup"),
            shorten(&workgroup)
        )));
    }
    let output_location = section.text("outputLocation")?;
    if let Some(location) = &output_location
        && location.strip_prefix("s3://").is_none_or(|rest| rest.find('/').unwrap_or(rest.len()) < 3)
    {
        return Err(Error::bad_settings(format!(
            "Setting {} must be s3://bucket/prefix/, not '{}'.",
            section.name("outputLocation"),
            shorten(location)
        )));
    }
    let historical = Historical {
        enabled,
        region,
        endpoint: read_endpoint(&mut section, "endpoint")?,
        s3_endpoint: read_endpoint(&mut section, "s3Endpoint")?,
        lag: section.duration("lag", &LAGS)?.unwrap_or(Duration::from_hours(1)),
        catalog: section.text("catalog")?.unwrap_or_else(|| "AwsDataCatalog".to_owned()),
        database: section.text("database")?,
        workgroup,
        output_location,
        result_reuse: read_reuse(section.section("resultReuse")?)?,
        assume_role: read_role(&mut section, gates)?,
    };
    section.finish(&[])?;
    Ok(historical)
}

fn read_reuse(mut section: Section<'_>) -> Result<Option<Duration>> {
    let enabled = section.boolean("enabled", true)?;
    let minutes = section.integer("maxAgeMinutes", 60, 0..=LONGEST_REUSE_MINUTES)?;
    section.finish(&[])?;
    Ok((enabled && minutes > 0).then(|| Duration::from_mins(minutes)))
}

fn read_limits(mut section: Section<'_>) -> Result<Limits> {
    let max_rows = section.integer("maxRows", 1_000_000, 1..=10_000_000)?;
    let timeout = section.integer("timeoutSeconds", 120, 1..=1_800)?;
    let max_concurrent = section.integer("maxConcurrent", 20, 1..=200)?;
    section.finish(&[])?;
    Ok(Limits {
        max_rows: usize::try_from(max_rows).unwrap_or(usize::MAX),
        timeout: Duration::from_secs(timeout),
        max_concurrent: usize::try_from(max_concurrent).unwrap_or(usize::MAX),
    })
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
