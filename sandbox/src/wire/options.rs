//! How one sandbox differs from another: keys, delays, page sizes, quotas.

use std::{net::IpAddr, net::Ipv4Addr, time::Duration};

/// The access key that is accepted unless another is set. It opens nothing but a sandbox.
pub const DEFAULT_ACCESS_KEY: &str = "AKIASANDBOXEXAMPLE01";
/// Its secret.
pub const DEFAULT_SECRET_KEY: &str = "sandbox/secret/that/opens/loopback/only";

/// What can be set on a sandbox. The defaults play AWS as a small account sees it, only faster.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen. Anything but 127.0.0.1 is refused: the sandbox holds no secret and guards nothing.
    pub host: IpAddr,
    /// The port; 0 takes a free one.
    pub port: u16,
    /// The static access key that is accepted.
    pub access_key: String,
    /// Its secret.
    pub secret_key: String,
    /// When set, AssumeRole wants this external id.
    pub external_id: Option<String>,
    /// When set, temporary credentials end after this, however long was asked for.
    pub session_lifetime: Option<Duration>,
    /// How far the sandbox's clock is ahead of the machine's, in seconds; negative is behind.
    pub clock_ahead_seconds: i64,
    /// Size of a Timestream page in bytes of JSON rows.
    pub timestream_page_bytes: usize,
    /// How long a Timestream page token lives.
    pub page_token_lifetime: Duration,
    /// How often a Timestream page token may be used.
    pub page_token_uses: u32,
    /// How many Timestream queries may run at once; one more is throttled. `None` is without limit.
    pub timestream_concurrency: Option<usize>,
    /// How long an Athena execution is QUEUED.
    pub queue_delay: Duration,
    /// How long an Athena execution is RUNNING at least.
    pub run_delay: Duration,
    /// How many Athena executions may be queued or running; one more is refused. `None` is without limit.
    pub athena_active_executions: Option<usize>,
    /// Most entries on one page of Athena's lists, whatever MaxResults says.
    pub catalog_page_size: usize,
    /// Whether calls over Athena's per-account rates are throttled.
    pub enforce_rates: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            access_key: DEFAULT_ACCESS_KEY.to_owned(),
            secret_key: DEFAULT_SECRET_KEY.to_owned(),
            external_id: None,
            session_lifetime: None,
            clock_ahead_seconds: 0,
            timestream_page_bytes: 1 << 20,
            page_token_lifetime: Duration::from_hours(1),
            page_token_uses: 5,
            timestream_concurrency: None,
            queue_delay: Duration::from_millis(100),
            run_delay: Duration::from_millis(200),
            athena_active_executions: None,
            catalog_page_size: 50,
            enforce_rates: false,
        }
    }
}

impl Options {
    /// The same with executions that hardly wait: for tests that are not about waiting.
    #[must_use]
    pub fn fast(self) -> Self {
        Self { queue_delay: Duration::from_millis(5), run_delay: Duration::from_millis(10), ..self }
    }
}
