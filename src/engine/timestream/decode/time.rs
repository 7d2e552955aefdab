//! Timestream's times, all UTC, to nanoseconds since the epoch: `2019-12-04 19:54:00.000000000`, `2020-08-08`,
//! `01:00:00.000000000`. Nothing but these forms is taken.

use chrono::{Datelike, NaiveDate};

const NANOSECONDS_A_SECOND: i64 = 1_000_000_000;
const NANOSECONDS_A_DAY: i128 = 86_400_000_000_000;
/// The number that chrono gives 1970-01-01, counting from 0001-01-01 as day 1.
const EPOCH_DAY: i64 = 719_163;

/// The text is not a time of the expected form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// Nanoseconds since the epoch, or `None` for a time that 64 bits of them do not reach: before 1677-09-21 or after
/// 2262-04-11.
type Nanoseconds = Result<Option<i64>, Malformed>;

/// Reads `2019-12-04 19:54:00.000000000`.
pub(super) fn timestamp(text: &str) -> Nanoseconds {
    let (date, time) = text.split_once(' ').ok_or(Malformed)?;
    Ok(join(days(date)?, time_of_day(time)?))
}

/// Reads `2020-08-08`: its first instant.
pub(super) fn date(text: &str) -> Nanoseconds {
    Ok(join(days(text)?, 0))
}

/// Reads `01:00:00.000000000`: that time on 1970-01-01.
pub(super) fn time(text: &str) -> Nanoseconds {
    time_of_day(text).map(Some)
}

fn join(days: Option<i64>, time_of_day: i64) -> Option<i64> {
    i64::try_from(i128::from(days?) * NANOSECONDS_A_DAY + i128::from(time_of_day)).ok()
}

/// Days since the epoch; `None` beyond the calendar's reach (some 262,000 years).
fn days(text: &str) -> Result<Option<i64>, Malformed> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut parts = unsigned.splitn(3, '-');
    let (Some(year), Some(month), Some(day)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(Malformed);
    };
    if !(4..=9).contains(&year.len()) {
        return Err(Malformed);
    }
    let (year, month, day) = (digits(year)?, two_digits(month)?, two_digits(day)?);
    // The calendar repeats every 400 years, so a year out of reach still tells whether month and day exist.
    let signed = if negative { -year } else { year };
    let date_in_reach = |year: i64| NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day);
    match date_in_reach(signed) {
        Some(date) => Ok(Some(i64::from(date.num_days_from_ce()) - EPOCH_DAY)),
        None => date_in_reach(signed.rem_euclid(400)).map(|_| None).filter(|_| year > 200_000).ok_or(Malformed),
    }
}

/// Nanoseconds since midnight.
fn time_of_day(text: &str) -> Result<i64, Malformed> {
    let (clock, fraction) = match text.split_once('.') {
        Some((clock, fraction)) => (clock, nanoseconds(fraction)?),
        None => (text, 0),
    };
    let mut parts = clock.splitn(3, ':');
    let (Some(hours), Some(minutes), Some(seconds)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(Malformed);
    };
    let (hours, minutes, seconds) = (two_digits(hours)?, two_digits(minutes)?, two_digits(seconds)?);
    if hours > 23 || minutes > 59 || seconds > 59 {
        return Err(Malformed);
    }
    Ok(i64::from((hours * 60 + minutes) * 60 + seconds) * NANOSECONDS_A_SECOND + fraction)
}

/// The digits after the decimal point, at most nine.
fn nanoseconds(fraction: &str) -> Result<i64, Malformed> {
    let missing = 9_u32.checked_sub(u32::try_from(fraction.len()).map_err(|_| Malformed)?).ok_or(Malformed)?;
    Ok(digits(fraction)? * 10_i64.pow(missing))
}

fn two_digits(text: &str) -> Result<u32, Malformed> {
    if text.len() == 2 {
        digits(text).and_then(|number| u32::try_from(number).map_err(|_| Malformed))
    } else {
        Err(Malformed)
    }
}

/// At most nine ASCII digits, at least one.
fn digits(text: &str) -> Result<i64, Malformed> {
    if !(1..=9).contains(&text.len()) {
        return Err(Malformed);
    }
    text.bytes().try_fold(0_i64, |number, byte| {
        if byte.is_ascii_digit() { Ok(number * 10 + i64::from(byte - b'0')) } else { Err(Malformed) }
    })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn timestamps() {
        let cases = [
            ("1970-01-01 00:00:00.000000000", Ok(Some(0))),
            ("2019-12-04 19:54:00.000000000", Ok(Some(1_575_489_240_000_000_000))),
            ("2019-12-04 19:54:00.123456789", Ok(Some(1_575_489_240_123_456_789))),
            ("2019-12-04 19:54:00.5", Ok(Some(1_575_489_240_500_000_000))),
            ("2019-12-04 19:54:00", Ok(Some(1_575_489_240_000_000_000))),
            ("1969-12-31 23:59:59.999999999", Ok(Some(-1))),
            ("2024-02-29 00:00:00.000000000", Ok(Some(1_709_164_800_000_000_000))),
            ("1677-09-21 00:12:43.145224192", Ok(Some(i64::MIN))),
            ("1677-09-21 00:12:43.145224191", Ok(None)),
            ("2262-04-11 23:47:16.854775807", Ok(Some(i64::MAX))),
            ("2262-04-11 23:47:16.854775808", Ok(None)),
            ("0001-01-01 00:00:00.000000000", Ok(None)),
            ("9999-12-31 23:59:59.999999999", Ok(None)),
            ("2023-02-29 00:00:00.000000000", Err(Malformed)),
            ("2019-12-04T19:54:00.000000000", Err(Malformed)),
            ("2019-12-04 19:54:00.0000000000", Err(Malformed)),
            ("2019-12-04 19:54:00.", Err(Malformed)),
            ("2019-12-04 24:00:00.000000000", Err(Malformed)),
            ("2019-12-04 19:54", Err(Malformed)),
            ("2019-12-04 19:54:00.000000000 UTC", Err(Malformed)),
            ("2019-12-04  19:54:00", Err(Malformed)),
            ("2019-1é-04 19:54:00", Err(Malformed)),
            ("2019-12-04 +9:54:00", Err(Malformed)),
            ("2019-12-04", Err(Malformed)),
            ("", Err(Malformed)),
        ];
        for (text, wanted) in cases {
            assert_eq!(timestamp(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn dates() {
        let cases = [
            ("1970-01-02", Ok(Some(86_400_000_000_000))),
            ("2020-08-08", Ok(Some(1_596_844_800_000_000_000))),
            ("9999-12-31", Ok(None)),
            ("+10000-01-01", Ok(None)),
            ("-0044-03-15", Ok(None)),
            ("999999999-02-28", Ok(None)),
            ("999999999-02-30", Err(Malformed)),
            ("9999999999-01-01", Err(Malformed)),
            ("2020-13-01", Err(Malformed)),
            ("2020-00-10", Err(Malformed)),
            ("2020-8-08", Err(Malformed)),
            ("20-08-08", Err(Malformed)),
            ("--2020-08-08", Err(Malformed)),
            ("2020-08-08 ", Err(Malformed)),
        ];
        for (text, wanted) in cases {
            assert_eq!(date(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn times_of_day() {
        let cases = [
            ("01:00:00.000000000", Ok(Some(3_600_000_000_000))),
            ("23:59:59.999999999", Ok(Some(86_399_999_999_999))),
            ("00:00:00", Ok(Some(0))),
            ("24:00:00.000000000", Err(Malformed)),
            ("1:00:00", Err(Malformed)),
            ("01:60:00", Err(Malformed)),
            ("01:00", Err(Malformed)),
            ("-1:00:00", Err(Malformed)),
        ];
        for (text, wanted) in cases {
            assert_eq!(time(text), wanted, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_chrono_prints_is_read_back(nanoseconds: i64) {
            let text = DateTime::from_timestamp_nanos(nanoseconds).format("%Y-%m-%d %H:%M:%S%.9f").to_string();
            prop_assert_eq!(timestamp(&text), Ok(Some(nanoseconds)));
        }

        #[test]
        fn any_text_is_answered(text in "[-+0-9:. éT]{0,32}") {
            let _ = (timestamp(&text), date(&text), time(&text));
        }
    }
}
