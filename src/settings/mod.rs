//! The data source's settings: `jsonData` and `secureJsonData` as Grafana stores and provisions them, checked once.
//!
//! A setting misspelt or out of range is an error that names the key and what is allowed, never a silent default.

mod datasets;
mod gates;
mod provisioning;
mod read;
mod regions;
mod section;

use std::{fmt, time::Duration};

use crate::dataset::Dataset;

pub use self::{
    datasets::read_one as read_dataset,
    gates::Gates,
    provisioning::{Provisioned, from_provisioning},
    regions::{AWS_REGIONS, Region, TIMESTREAM_REGIONS, regions},
};

/// A value that must not be shown: its `Debug` and `Display` never print it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Secret(String);

impl Secret {
    /// Takes a value into keeping.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Everything that is configured for one data source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How to get AWS credentials.
    pub auth: Auth,
    /// The real-time leg.
    pub realtime: Realtime,
    /// The historical leg.
    pub historical: Historical,
    /// What one query may use up.
    pub limits: Limits,
    /// Logical tables that statements may read by `$__dataset(name)`; names are unique.
    pub datasets: Vec<Dataset>,
    /// Whether the datasets are the built-in ones, since the settings list none: their tables need not be there.
    pub datasets_implied: bool,
    /// Whether `EXECUTE` of a prepared statement may run; what it does is not in its text.
    pub allow_execute: bool,
    /// Things that are allowed but look wrong; shown by the health check.
    pub warnings: Vec<String>,
}

/// How to get AWS credentials, by the conventions of Grafana's AWS data sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth {
    /// Where the base credentials come from.
    pub provider: AuthProvider,
    /// A role to assume with them, for both legs unless a leg names its own.
    pub assume_role: Option<AssumeRole>,
    /// Where to ask STS; `None` is the region's own endpoint. Never taken from a leg's endpoint.
    pub sts_endpoint: Option<String>,
    /// How long an assumed role's session lasts.
    pub session_duration: Duration,
}

/// Where base credentials come from (`authType`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthProvider {
    /// `default`: the AWS SDK's chain: environment, profile, container, instance role.
    Default,
    /// `keys`: given in the settings.
    Keys {
        /// Access key id.
        access_key: Secret,
        /// Secret access key.
        secret_key: Secret,
        /// Session token of temporary keys.
        session_token: Option<Secret>,
    },
    /// `credentials`: a profile of the shared credentials file.
    Profile {
        /// The profile's name; `None` is the default profile.
        name: Option<String>,
    },
    /// `ec2_iam_role`: the instance's role only.
    InstanceRole,
}

/// A role to assume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumeRole {
    /// The role's ARN.
    pub arn: String,
    /// The external id that its trust policy asks for.
    pub external_id: Option<String>,
}

/// The real-time leg: Timestream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Realtime {
    /// Whether the leg is in use; a data source may have only the other.
    pub enabled: bool,
    /// AWS region; `eu-west-1` unless set.
    pub region: String,
    /// A custom endpoint; switches endpoint discovery off.
    pub endpoint: Option<String>,
    /// What `$__database` means when a query does not say.
    pub database: Option<String>,
    /// What `$__table` means when a query does not say.
    pub table: Option<String>,
    /// What `$__measure` means when a query does not say.
    pub measure: Option<String>,
    /// How far back the tables reach.
    pub retention: Duration,
    /// How much of the retention's oldest end is not relied on: rows there are about to be dropped.
    pub margin: Duration,
    /// A role for this leg alone.
    pub assume_role: Option<AssumeRole>,
}

/// The historical leg: Athena.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Historical {
    /// Whether the leg is in use; a data source may have only the other.
    pub enabled: bool,
    /// AWS region; `eu-west-2` unless set.
    pub region: String,
    /// A custom Athena endpoint.
    pub endpoint: Option<String>,
    /// A custom S3 endpoint, addressed by path.
    pub s3_endpoint: Option<String>,
    /// How late the tables are complete: what is older than this will not change any more.
    pub lag: Duration,
    /// Catalog of unqualified names; `AwsDataCatalog` unless set.
    pub catalog: String,
    /// Database of unqualified names.
    pub database: Option<String>,
    /// Workgroup that runs and pays; `primary` unless set.
    pub workgroup: String,
    /// `s3://bucket/prefix/` for results, where the workgroup names none.
    pub output_location: Option<String>,
    /// Accept an earlier result up to this old. `None` switches reuse off.
    pub result_reuse: Option<Duration>,
    /// A role for this leg alone.
    pub assume_role: Option<AssumeRole>,
}

/// What one query may use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Rows kept of an answer.
    pub max_rows: usize,
    /// Time until a query is given up and stopped.
    pub timeout: Duration,
    /// Executions at once on each leg; more wait their turn.
    pub max_concurrent: usize,
}
