//! Macros: what `$__timeFilter(time)` and its like mean, per leg.

use std::time::Duration;

use crate::{error::Result, leg::Leg, time::TimeRange};

/// What macros expand from.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Whose dialect.
    pub leg: Leg,
    /// The panel's time range.
    pub range: TimeRange,
    /// Grafana's suggestion for the bucket width.
    pub interval: Duration,
    /// The query's database, else the data source's default.
    pub database: Option<&'a str>,
    /// The query's table, else the data source's default.
    pub table: Option<&'a str>,
    /// The query's column (Athena).
    pub column: Option<&'a str>,
    /// The query's measure, else the data source's default (Timestream).
    pub measure: Option<&'a str>,
}

/// Replaces every macro of `sql` that stands outside comments, strings and quoted identifiers.
///
/// # Errors
///
/// A macro that does not exist on this leg, or is misused: the error shows its signature and an example.
pub fn expand(_sql: &str, _context: &Context<'_>) -> Result<String> {
    unimplemented!()
}
