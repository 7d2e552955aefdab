//! Instants as a person writes them on a command line, Grafana's date math (`now-1d/d`) included.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use crate::{
    error::{Error, Result},
    time::shown,
};

/// Why a text is not an instant that can be used; the sentence says what can be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum InstantError {
    /// Not an instant at all.
    #[error(
        "\"{0}\" is not an instant. Write now, now-6h, now-1d/d, an RFC 3339 time such as 2026-01-31T08:00:00Z, \
         or milliseconds since 1970."
    )]
    Malformed(String),
    /// An instant that the calendar does not reach.
    #[error("\"{0}\" is beyond the calendar. Use an instant between the years 1 and 9999.")]
    OutOfRange(String),
}

impl From<InstantError> for Error {
    fn from(error: InstantError) -> Self {
        Self::bad_query(error.to_string())
    }
}

/// Reads an instant as a person writes it on the command line: `now`, `now-6h`, `now-1d/d` (Grafana's date math, rounding
/// down), an RFC 3339 time, a date or a date and time without zone (UTC), or milliseconds since the epoch.
///
/// Date math takes s, m, h, d, w, M, Q and y; months and years move by the calendar, weeks begin on Monday.
///
/// # Errors
///
/// None of these, or beyond the calendar.
pub fn parse_instant(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
    Ok(instant(text, now, Edge::Start)?)
}

/// Which end of a unit `/d` rounds to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// Its first instant.
    Start,
    /// The first instant after the unit, as a half-open range wants it.
    End,
}

/// Reads an instant, rounding to `edge`; see [`parse_instant`].
pub(super) fn instant(text: &str, now: DateTime<Utc>, edge: Edge) -> Result<DateTime<Utc>, InstantError> {
    let text = text.trim();
    let out_of_range = || InstantError::OutOfRange(shown(text));
    let found = if let Some(math) = text.strip_prefix("now") {
        date_math(text, math, now, edge)?
    } else if let Ok(millis) = text.parse::<i64>() {
        DateTime::from_timestamp_millis(millis).ok_or_else(out_of_range)?
    } else if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        time.to_utc()
    } else if let Ok(time) = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f") {
        time.and_utc()
    } else if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        date.and_time(NaiveTime::MIN).and_utc()
    } else {
        return Err(InstantError::Malformed(shown(text)));
    };
    if (1..=9999).contains(&found.year()) { Ok(found) } else { Err(out_of_range()) }
}

/// Applies `-6h`, `+1d` and `/d`, in the order written.
fn date_math(text: &str, math: &str, now: DateTime<Utc>, edge: Edge) -> Result<DateTime<Utc>, InstantError> {
    let malformed = || InstantError::Malformed(shown(text));
    let out_of_range = || InstantError::OutOfRange(shown(text));
    let mut at = now;
    let mut rest = math;
    while let Some(operator) = rest.chars().next() {
        let tail = rest.get(operator.len_utf8()..).unwrap_or_default();
        let digits_end = tail.find(|c: char| !c.is_ascii_digit()).ok_or_else(malformed)?;
        let (digits, tail) = tail.split_at(digits_end);
        let unit = tail.chars().next().ok_or_else(malformed)?;
        rest = tail.get(unit.len_utf8()..).unwrap_or_default();
        // `now-d` is one day, as in Grafana.
        let amount: u32 = if digits.is_empty() { 1 } else { digits.parse().map_err(|_| out_of_range())? };
        at = match operator {
            '+' | '-' => {
                if !"smhdwMQy".contains(unit) {
                    return Err(malformed());
                }
                shifted(at, operator == '-', amount, unit).ok_or_else(out_of_range)?
            }
            '/' if digits.is_empty() => {
                let start = floored(at, unit).ok_or_else(malformed)?;
                match edge {
                    Edge::Start => start,
                    Edge::End => shifted(start, false, 1, unit).ok_or_else(out_of_range)?,
                }
            }
            _ => return Err(malformed()),
        };
    }
    Ok(at)
}

/// `at` moved by `amount` units; `None` beyond the calendar or for an unknown unit.
fn shifted(at: DateTime<Utc>, back: bool, amount: u32, unit: char) -> Option<DateTime<Utc>> {
    let by_days =
        |days: u64| if back { at.checked_sub_days(Days::new(days)) } else { at.checked_add_days(Days::new(days)) };
    let by_months = |months: u32| {
        let months = Months::new(amount.checked_mul(months)?);
        if back { at.checked_sub_months(months) } else { at.checked_add_months(months) }
    };
    let by_seconds = |seconds: i64| {
        let delta = TimeDelta::try_seconds(i64::from(amount) * seconds)?;
        if back { at.checked_sub_signed(delta) } else { at.checked_add_signed(delta) }
    };
    match unit {
        's' => by_seconds(1),
        'm' => by_seconds(60),
        'h' => by_seconds(3_600),
        'd' => by_days(u64::from(amount)),
        'w' => by_days(u64::from(amount) * 7),
        'M' => by_months(1),
        'Q' => by_months(3),
        'y' => by_months(12),
        _ => None,
    }
}

/// The start of the unit that holds `at`; `None` for an unknown unit.
fn floored(at: DateTime<Utc>, unit: char) -> Option<DateTime<Utc>> {
    let date = at.date_naive();
    let by_seconds =
        |seconds: i64| DateTime::from_timestamp(at.timestamp().div_euclid(seconds).checked_mul(seconds)?, 0);
    let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN).and_utc();
    match unit {
        's' => by_seconds(1),
        'm' => by_seconds(60),
        'h' => by_seconds(3_600),
        'd' => Some(midnight(date)),
        'w' => date.checked_sub_days(Days::new(u64::from(date.weekday().num_days_from_monday()))).map(midnight),
        'M' => date.with_day(1).map(midnight),
        'Q' => NaiveDate::from_ymd_opt(date.year(), date.month0() / 3 * 3 + 1, 1).map(midnight),
        'y' => NaiveDate::from_ymd_opt(date.year(), 1, 1).map(midnight),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::TimeRange;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn instants_are_read() {
        let now = at("2026-11-24T15:47:13.250Z");
        for (text, expected) in [
            ("now", "2026-11-24T15:47:13.250Z"),
            ("now-6h", "2026-11-24T09:47:13.250Z"),
            ("now+90s", "2026-11-24T15:48:43.250Z"),
            ("now-d", "2026-11-23T15:47:13.250Z"),
            ("now/s", "2026-11-24T15:47:13Z"),
            ("now/m", "2026-11-24T15:47:00Z"),
            ("now/h", "2026-11-24T15:00:00Z"),
            ("now-1d/d", "2026-11-23T00:00:00Z"),
            ("now/d+6h", "2026-11-24T06:00:00Z"),
            ("now/w", "2026-11-23T00:00:00Z"),
            ("now-1M", "2026-10-24T15:47:13.250Z"),
            ("now-9M/M", "2026-02-01T00:00:00Z"),
            ("now/Q", "2026-10-01T00:00:00Z"),
            ("now-1y/y", "2025-01-01T00:00:00Z"),
            ("1795535233250", "2026-11-24T15:47:13.250Z"),
            ("-1", "1969-12-31T23:59:59.999Z"),
            ("2026-01-31T08:00:00Z", "2026-01-31T08:00:00Z"),
            ("2026-01-31T08:00:00+01:00", "2026-01-31T07:00:00Z"),
            ("2026-01-31 08:00:00", "2026-01-31T08:00:00Z"),
            ("2026-01-31", "2026-01-31T00:00:00Z"),
        ] {
            assert_eq!(parse_instant(text, now), Ok(at(expected)), "{text}");
        }
    }

    #[test]
    fn instants_that_are_none_say_what_is_allowed() {
        let now = at("2026-11-24T15:47:13Z");
        for (text, says) in [
            ("", "not an instant"),
            ("yesterday", "not an instant"),
            ("now-", "not an instant"),
            ("now-6", "not an instant"),
            ("now-6x", "not an instant"),
            ("now/2d", "not an instant"),
            ("now/x", "not an instant"),
            ("now*2d", "not an instant"),
            ("nowé", "not an instant"),
            ("now-6é", "not an instant"),
            ("2026-13-01", "not an instant"),
            ("now-4294967295y", "beyond the calendar"),
            ("now+4294967295w", "beyond the calendar"),
            ("now-99999999999999h", "beyond the calendar"),
            ("now-3000y", "beyond the calendar"),
            ("9223372036854775807", "beyond the calendar"),
        ] {
            let error = parse_instant(text, now).expect_err(text).to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "(now)?([-+/]?[0-9]{0,22}[a-zA-Z.é]?){0,4}", millis in any::<i64>()) {
            if let Some(now) = DateTime::from_timestamp_millis(millis) {
                let _ = parse_instant(&text, now);
                let _ = TimeRange::parse(&text, &text, now);
            }
        }
    }
}
