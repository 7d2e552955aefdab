//! Intervals as Grafana writes them (`5m`, `1h30m`), to and from durations. Exact, or an error: nothing is rounded.

use std::{fmt::Write as _, time::Duration};

use crate::{
    error::{Error, Result},
    time::shown,
};

/// Why a text is not an interval that can be used; the sentence says what can be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum IntervalError {
    /// Not an interval at all.
    #[error("\"{0}\" is not an interval. Write a number with a unit (ms, s, m, h, d, w), such as 30s, 5m or 1h30m.")]
    Malformed(String),
    /// Months and years.
    #[error(
        "\"{0}\" counts in months or years, which are not of one fixed length, so buckets of that width cannot be cut. \
         Use ms, s, m, h, d or w, such as 30d."
    )]
    Calendar(String),
    /// Finer than a millisecond.
    #[error("\"{0}\" is not a whole number of milliseconds. The shortest interval is 1ms.")]
    TooFine(String),
    /// Zero.
    #[error("\"{0}\" is no time at all. The shortest interval is 1ms.")]
    Zero(String),
    /// Longer than 64 bits of nanoseconds.
    #[error("\"{0}\" is too long. The longest interval is 292 years.")]
    TooLong(String),
}

impl From<IntervalError> for Error {
    fn from(error: IntervalError) -> Self {
        Self::bad_query(error.to_string())
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

fn interval(text: &str) -> Result<Duration, IntervalError> {
    let malformed = || IntervalError::Malformed(shown(text));
    let too_long = || IntervalError::TooLong(shown(text));
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
            return Err(IntervalError::Calendar(shown(text)));
        }
        let (_, millis) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(malformed)?;
        let part = scaled(number, *millis).map_err(|problem| match problem {
            Scale::Malformed => malformed(),
            Scale::TooFine => IntervalError::TooFine(shown(text)),
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
        return Err(IntervalError::Zero(shown(text)));
    }
    Ok(Duration::from_millis(total))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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

    proptest! {
        #[test]
        fn written_intervals_read_back(millis in 1_u64..9_000_000_000_000) {
            let interval = Duration::from_millis(millis);
            prop_assert_eq!(parse_interval(&format_interval(interval)), Ok(interval));
        }

        #[test]
        fn nothing_panics(text in "([0-9]{0,22}[.]?[0-9]{0,22}([mshdwMy]|ms|é| )?){0,4}") {
            let _ = parse_interval(&text);
        }
    }
}
