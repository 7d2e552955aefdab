//! Time as the whole crate counts it: UTC instants, half-open ranges, and Grafana's way of writing both intervals (`5m`)
//! and instants (`now-1d/d`). Nothing here overflows: what does not fit is an error that says so.

use std::{fmt::Write as _, time::Duration};

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use crate::error::{Error, Result};

/// Why a text is not a time that can be used; the sentence says what can be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum TimeError {
    /// Not an interval at all.
    #[error("\"{0}\" is not an interval. Write a number with a unit (ms, s, m, h, d, w), such as 30s, 5m or 1h30m.")]
    Interval(String),
    /// Months and years.
    #[error(
        "\"{0}\" counts in months or years, which are not of one fixed length, so buckets of that width cannot be cut. \
         Use ms, s, m, h, d or w, such as 30d."
    )]
    CalendarInterval(String),
    /// Finer than a millisecond.
    #[error("\"{0}\" is not a whole number of milliseconds. The shortest interval is 1ms.")]
    IntervalTooFine(String),
    /// Zero.
    #[error("\"{0}\" is no time at all. The shortest interval is 1ms.")]
    ZeroInterval(String),
    /// Longer than 64 bits of nanoseconds.
    #[error("\"{0}\" is too long. The longest interval is 292 years.")]
    IntervalTooLong(String),
    /// Not an instant at all.
    #[error(
        "\"{0}\" is not an instant. Write now, now-6h, now-1d/d, an RFC 3339 time such as 2026-01-31T08:00:00Z, \
         or milliseconds since 1970."
    )]
    Instant(String),
    /// An instant that the calendar does not reach.
    #[error("\"{0}\" is beyond the calendar. Use an instant between the years 1 and 9999.")]
    InstantOutOfRange(String),
    /// A range that ends before it starts.
    #[error("The time range is empty: its end, {to}, is not after its start, {from}. Choose a later end.")]
    EmptyRange {
        /// The start as written.
        from: String,
        /// The end as written.
        to: String,
    },
}

impl From<TimeError> for Error {
    fn from(error: TimeError) -> Self {
        Self::bad_query(error.to_string())
    }
}

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
            return Err(TimeError::EmptyRange { from: shown(from), to: shown(to) }.into());
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

/// Units of fixed length, largest first: text and milliseconds. Weeks are read and never written, as in Grafana.
const UNITS: [(&str, u64); 6] =
    [("w", 7 * 86_400_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Reads an interval in Grafana's units: `500ms`, `30s`, `5m`, `1h`, `1d`, `2w`; compound (`1h30m`) and with a decimal
/// fraction (`1.5h`) as its Go and browser halves also accept.
///
/// # Errors
///
/// Months (`M`) and years (`y`) are refused: they have no fixed length. So is what is zero, finer than a millisecond, or
/// longer than 64 bits of nanoseconds.
pub fn parse_interval(text: &str) -> Result<Duration> {
    Ok(interval(text.trim())?)
}

fn interval(text: &str) -> Result<Duration, TimeError> {
    let malformed = || TimeError::Interval(shown(text));
    let too_long = || TimeError::IntervalTooLong(shown(text));
    if text.is_empty() {
        return Err(malformed());
    }
    let mut rest = text;
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(malformed)?;
        let (number, tail) = rest.split_at(number_end);
        let unit_end = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        if matches!(unit, "M" | "y") && !number.is_empty() {
            return Err(TimeError::CalendarInterval(shown(text)));
        }
        let (_, millis) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(malformed)?;
        let part = scaled(number, *millis).map_err(|problem| match problem {
            Scale::Malformed => malformed(),
            Scale::TooFine => TimeError::IntervalTooFine(shown(text)),
            Scale::TooLong => too_long(),
        })?;
        total = total.checked_add(part).ok_or_else(too_long)?;
        rest = tail;
    }
    // The rest of the crate adds intervals to signed nanoseconds.
    if total > i64::MAX.unsigned_abs() / 1_000_000 {
        return Err(too_long());
    }
    if total == 0 {
        return Err(TimeError::ZeroInterval(shown(text)));
    }
    Ok(Duration::from_millis(total))
}

/// What an error shows of a text, which may be anything of any length.
fn shown(text: &str) -> String {
    text.trim().chars().take(40).collect()
}

/// Why a decimal number times a unit is not a number of milliseconds.
enum Scale {
    Malformed,
    TooFine,
    TooLong,
}

/// `number`, decimal digits with at most one point, times `unit`, exactly.
fn scaled(number: &str, unit: u64) -> Result<u64, Scale> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.contains('.') || (fraction.is_empty() && number.ends_with('.')) {
        return Err(Scale::Malformed);
    }
    let whole: u64 = whole.parse().map_err(|_| Scale::TooLong)?;
    let mut total = u128::from(whole) * u128::from(unit);
    let fraction = fraction.trim_end_matches('0');
    if !fraction.is_empty() {
        // No unit here has more than nine factors of ten, so a longer fraction is never whole.
        let digits = u32::try_from(fraction.len()).ok().filter(|digits| *digits <= 12).ok_or(Scale::TooFine)?;
        let numerator = u128::from(fraction.parse::<u64>().map_err(|_| Scale::Malformed)?) * u128::from(unit);
        let denominator = 10_u128.pow(digits);
        if !numerator.is_multiple_of(denominator) {
            return Err(Scale::TooFine);
        }
        total += numerator / denominator;
    }
    u64::try_from(total).map_err(|_| Scale::TooLong)
}

/// Writes an interval as Grafana does, in the largest of d, h, m, s, ms that is exact: `5m`, `90s`, `30d`. Fractions of
/// a millisecond are dropped; what is shorter than one is written `1ms`.
#[must_use]
pub fn format_interval(interval: Duration) -> String {
    let millis = interval.as_millis().max(1);
    let mut text = String::new();
    for (name, unit) in &UNITS[1..] {
        if millis.is_multiple_of(u128::from(*unit)) {
            let _infallible = write!(text, "{}{name}", millis / u128::from(*unit));
            break;
        }
    }
    text
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
enum Edge {
    Start,
    /// The first instant after the unit, as a half-open range wants it.
    End,
}

fn instant(text: &str, now: DateTime<Utc>, edge: Edge) -> Result<DateTime<Utc>, TimeError> {
    let text = text.trim();
    let out_of_range = || TimeError::InstantOutOfRange(shown(text));
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
        return Err(TimeError::Instant(shown(text)));
    };
    if (1..=9999).contains(&found.year()) { Ok(found) } else { Err(out_of_range()) }
}

/// Applies `-6h`, `+1d` and `/d`, in the order written.
fn date_math(text: &str, math: &str, now: DateTime<Utc>, edge: Edge) -> Result<DateTime<Utc>, TimeError> {
    let malformed = || TimeError::Instant(shown(text));
    let out_of_range = || TimeError::InstantOutOfRange(shown(text));
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
    let by_days = |days: u64| if back { at.checked_sub_days(Days::new(days)) } else { at.checked_add_days(Days::new(days)) };
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
    let by_seconds = |seconds: i64| DateTime::from_timestamp(at.timestamp().div_euclid(seconds).checked_mul(seconds)?, 0);
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

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn intervals_are_read_in_grafanas_units() {
        for (text, millis) in [
            ("500ms", 500),
            ("1s", 1_000),
            ("5m", 300_000),
            (" 1h ", 3_600_000),
            ("1d", 86_400_000),
            ("2w", 1_209_600_000),
            ("1h30m", 5_400_000),
            ("1d2h3m4s5ms", 93_784_005),
            ("1.5h", 5_400_000),
            ("0.25s", 250),
            ("30d", 2_592_000_000),
            ("15250w", 9_223_200_000_000),
        ] {
            assert_eq!(parse_interval(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn intervals_that_are_none_say_why() {
        for (text, says) in [
            ("", "not an interval"),
            ("5", "not an interval"),
            ("m", "not an interval"),
            ("-5m", "not an interval"),
            ("5 m", "not an interval"),
            ("5.m", "not an interval"),
            ("1.2.3s", "not an interval"),
            (".5s", "not an interval"),
            ("5min", "not an interval"),
            ("5µs", "not an interval"),
            ("5H", "not an interval"),
            ("auto", "not an interval"),
            ("1M", "not of one fixed length"),
            ("2y", "not of one fixed length"),
            ("1d1M", "not of one fixed length"),
            ("0s", "no time at all"),
            ("0.5ms", "whole number of milliseconds"),
            ("0.0000000000000000001w", "whole number of milliseconds"),
            ("15251w", "too long"),
            ("99999999999999999999999s", "too long"),
            ("18446744073709551615w", "too long"),
        ] {
            let error = parse_interval(text).expect_err(text).to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn intervals_are_written_in_the_largest_exact_unit() {
        for (millis, text) in [
            (0, "1ms"),
            (1, "1ms"),
            (1_500, "1500ms"),
            (90_000, "90s"),
            (300_000, "5m"),
            (5_400_000, "90m"),
            (86_400_000, "1d"),
            (604_800_000, "7d"),
            (31_536_000_000, "365d"),
        ] {
            assert_eq!(format_interval(Duration::from_millis(millis)), text);
        }
        assert_eq!(format_interval(Duration::from_nanos(1)), "1ms");
        assert_eq!(format_interval(Duration::MAX), "18446744073709551615999ms");
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

    proptest! {
        #[test]
        fn written_intervals_read_back(millis in 1_u64..9_000_000_000_000) {
            let interval = Duration::from_millis(millis);
            prop_assert_eq!(parse_interval(&format_interval(interval)), Ok(interval));
        }

        #[test]
        fn nothing_panics(text in "(now)?([-+/]?[0-9]{0,22}[a-zA-Z.é]?){0,4}", millis in any::<i64>()) {
            let _ = parse_interval(&text);
            if let Some(now) = DateTime::from_timestamp_millis(millis) {
                let _ = parse_instant(&text, now);
                let _ = TimeRange::parse(&text, "now", now);
            }
        }
    }
}
