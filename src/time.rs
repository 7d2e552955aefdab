//! Time as the whole crate counts it: nanoseconds since the Unix epoch, half-open ranges, Grafana's intervals.

use chrono::{DateTime, Utc};

/// A half-open range `[from, to)` of event time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimeRange {
    /// First instant inside.
    pub from: DateTime<Utc>,
    /// First instant after.
    pub to: DateTime<Utc>,
}

/// A width in Grafana's units.
///
/// # Errors
/// temporary
pub fn parse_interval(_text: &str) -> crate::error::Result<std::time::Duration> {
    unimplemented!()
}
/// instant
/// # Errors
/// temporary
pub fn parse_instant(_text: &str, _now: DateTime<Utc>) -> crate::error::Result<DateTime<Utc>> {
    unimplemented!()
}
