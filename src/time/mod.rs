//! Time as the whole crate counts it: UTC instants, half-open ranges, and Grafana's way of writing both intervals (`5m`)
//! and instants (`now-1d/d`). Nothing here overflows: what does not fit is an error that says so.

mod instant;
mod interval;
mod step;

use chrono::{DateTime, Utc};

use crate::{
    error::{Error, Result},
    time::instant::{Edge, instant},
};

pub use self::{
    instant::parse_instant,
    interval::{format_interval, parse_interval},
    step::{CalendarUnit, Step},
};

/// A half-open range `[from, to)` of event time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimeRange {
    /// First instant inside.
    pub from: DateTime<Utc>,
    /// First instant after.
    pub to: DateTime<Utc>,
}

impl TimeRange {
    /// Reads a range as a person writes it; see [`parse_instant`]. As in Grafana, a rounded start is the beginning of
    /// its unit and a rounded end the end of it, so `now/d` to `now/d` is the whole of today.
    ///
    /// # Errors
    ///
    /// Either text is not an instant, or the range holds no time.
    pub fn parse(from: &str, to: &str, now: DateTime<Utc>) -> Result<Self> {
        let range = Self { from: instant(from, now, Edge::Start)?, to: instant(to, now, Edge::End)? };
        if range.from >= range.to {
            return Err(Error::bad_query(format!(
                "The time range is empty: its end, {}, is not after its start, {}. Choose a later end.",
                shown(to),
                shown(from)
            )));
        }
        Ok(range)
    }

    /// Start in milliseconds since the epoch, rounded down so that no row of the range is lost.
    #[must_use]
    pub fn from_millis(&self) -> i64 {
        self.from.timestamp_millis()
    }

    /// End in milliseconds since the epoch, rounded up so that no row of the range is lost.
    #[must_use]
    pub fn to_millis(&self) -> i64 {
        let millis = self.to.timestamp_millis();
        if self.to.timestamp_subsec_nanos().is_multiple_of(1_000_000) { millis } else { millis.saturating_add(1) }
    }

    /// Start in seconds since the epoch, rounded down.
    #[must_use]
    pub fn from_seconds(&self) -> i64 {
        self.from.timestamp()
    }

    /// End in seconds since the epoch, rounded up.
    #[must_use]
    pub fn to_seconds(&self) -> i64 {
        let seconds = self.to.timestamp();
        if self.to.timestamp_subsec_nanos() == 0 { seconds } else { seconds.saturating_add(1) }
    }

    /// Start in nanoseconds since the epoch; `None` outside the years 1677 to 2262.
    #[must_use]
    pub fn from_nanos(&self) -> Option<i64> {
        self.from.timestamp_nanos_opt()
    }

    /// End in nanoseconds since the epoch; `None` outside the years 1677 to 2262.
    #[must_use]
    pub fn to_nanos(&self) -> Option<i64> {
        self.to.timestamp_nanos_opt()
    }
}

/// What an error shows of a text, which may be anything of any length.
fn shown(text: &str) -> String {
    text.trim().chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn a_rounded_range_holds_whole_units() {
        let now = at("2026-11-24T15:47:13Z");
        let today = TimeRange { from: at("2026-11-24T00:00:00Z"), to: at("2026-11-25T00:00:00Z") };
        assert_eq!(TimeRange::parse("now/d", "now/d", now), Ok(today));
        let last_month = TimeRange { from: at("2026-10-01T00:00:00Z"), to: at("2026-11-01T00:00:00Z") };
        assert_eq!(TimeRange::parse("now-1M/M", "now-1M/M", now), Ok(last_month));
        let error = TimeRange::parse("now", "now-1h", now).unwrap_err().to_string();
        assert!(error.contains("not after its start"), "{error}");
    }

    #[test]
    fn ranges_round_outwards() {
        let range = TimeRange { from: at("1970-01-01T00:00:01.0005Z"), to: at("1970-01-01T00:00:02.0005Z") };
        assert_eq!((range.from_seconds(), range.to_seconds()), (1, 3));
        assert_eq!((range.from_millis(), range.to_millis()), (1_000, 2_001));
        assert_eq!((range.from_nanos(), range.to_nanos()), (Some(1_000_500_000), Some(2_000_500_000)));
        let before = TimeRange { from: at("1969-12-31T23:59:58.5Z"), to: at("1969-12-31T23:59:59.5Z") };
        assert_eq!((before.from_seconds(), before.to_seconds()), (-2, 0));
    }
}
