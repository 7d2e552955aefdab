//! Dates, times and timestamps as Athena prints them, to nanoseconds since the Unix epoch in UTC.
//!
//! Athena prints Trino's text forms: `2026-01-31`, `09:30:00.123`, `2026-01-31 09:30:00.123456`, the latter two also with a
//! zone: ` UTC`, ` Europe/London`, ` +01:00`. Years of more than four digits carry a sign. Fractions have up to twelve
//! digits.

use std::str::FromStr;

use chrono::{LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;

/// What a text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// An instant that 64-bit nanoseconds can hold.
    At {
        /// Nanoseconds since the Unix epoch, UTC; digits beyond them are cut.
        nanoseconds: i64,
        /// Whether digits other than zero were cut.
        cut: bool,
        /// Whether the local time occurred twice, when clocks went back; the first is taken.
        ambiguous: bool,
    },
    /// A valid instant before 1677-09-21 or after 2262-04-11.
    OutOfRange,
}

/// A `date`: its midnight.
pub(super) fn date(text: &str) -> Option<Moment> {
    let mut cursor = Cursor::new(text);
    let date = cursor.date()?;
    cursor.end()?;
    Some(match date {
        Date::Near(date) => at(date.and_time(NaiveTime::MIN), Fraction::default(), Zone::Offset(0))?,
        Date::Far => Moment::OutOfRange,
    })
}

/// A `time`, with or without an offset: that time on 1970-01-01.
pub(super) fn time(text: &str) -> Option<Moment> {
    let mut cursor = Cursor::new(text);
    let (time, fraction) = cursor.time()?;
    let zone = cursor.zone()?;
    at(NaiveDate::default().and_time(time), fraction, zone)
}

/// A `timestamp`, with or without a zone; without one it is UTC.
pub(super) fn timestamp(text: &str) -> Option<Moment> {
    let mut cursor = Cursor::new(text);
    let date = cursor.date()?;
    cursor.take(b' ').or_else(|| cursor.take(b'T'))?;
    let (time, fraction) = cursor.time()?;
    let zone = cursor.zone()?;
    match date {
        Date::Near(date) => at(date.and_time(time), fraction, zone),
        Date::Far => Some(Moment::OutOfRange),
    }
}

fn at(local: NaiveDateTime, fraction: Fraction, zone: Zone) -> Option<Moment> {
    let (utc, ambiguous) = match zone {
        Zone::Offset(seconds) => (local.checked_sub_signed(TimeDelta::seconds(seconds.into()))?, false),
        Zone::Named(zone) => match zone.from_local_datetime(&local) {
            LocalResult::Single(instant) => (instant.naive_utc(), false),
            LocalResult::Ambiguous(first, _) => (first.naive_utc(), true),
            LocalResult::None => return None,
        },
    };
    // Counted from the whole second below, which may itself be out of range while the instant is not.
    let nanoseconds = i128::from(utc.and_utc().timestamp()) * 1_000_000_000 + i128::from(fraction.nanoseconds);
    Some(match i64::try_from(nanoseconds) {
        Ok(nanoseconds) => Moment::At { nanoseconds, cut: fraction.cut, ambiguous },
        Err(_) => Moment::OutOfRange,
    })
}

enum Date {
    Near(NaiveDate),
    /// So far off that nanoseconds since 1970 cannot hold it, whatever its time of day and zone.
    Far,
}

#[derive(Clone, Copy, Default)]
struct Fraction {
    nanoseconds: u32,
    cut: bool,
}

#[derive(Clone, Copy)]
enum Zone {
    /// Seconds east of Greenwich.
    Offset(i32),
    Named(Tz),
}

struct Cursor<'a> {
    text: &'a str,
}

impl<'a> Cursor<'a> {
    fn new(text: &'a str) -> Self {
        Self { text: text.trim() }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().first().copied()
    }

    fn take(&mut self, wanted: u8) -> Option<()> {
        self.text = self.text.strip_prefix(char::from(wanted))?;
        Some(())
    }

    fn end(&self) -> Option<()> {
        self.text.is_empty().then_some(())
    }

    /// The digits that come next, however many.
    fn digits(&mut self) -> &'a str {
        let length = self.text.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.text.split_at(length);
        self.text = rest;
        digits
    }

    fn two_digits(&mut self) -> Option<u32> {
        let (digits, rest) = self.text.split_at_checked(2)?;
        let [tens, ones] = digits.as_bytes() else { return None };
        if !tens.is_ascii_digit() || !ones.is_ascii_digit() {
            return None;
        }
        self.text = rest;
        Some(u32::from(tens - b'0') * 10 + u32::from(ones - b'0'))
    }

    fn date(&mut self) -> Option<Date> {
        const NEAR: std::ops::RangeInclusive<i64> = 1600..=2300;
        let sign = match self.peek()? {
            b'-' => -1,
            b'+' => 1,
            _ => 0,
        };
        if sign != 0 {
            self.text = self.text.get(1..)?;
        }
        let digits = self.digits();
        if digits.len() < 4 || (digits.len() > 4 && sign == 0) {
            return None;
        }
        let year = digits.parse::<i64>().ok()? * if sign < 0 { -1 } else { 1 };
        self.take(b'-')?;
        let month = self.two_digits()?;
        self.take(b'-')?;
        let day = self.two_digits()?;
        if NEAR.contains(&year) {
            return NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day).map(Date::Near);
        }
        // The calendar repeats every 400 years, so the day exists in that year if it exists in its like.
        let like = i32::try_from(year.rem_euclid(400)).ok()? + 2000;
        NaiveDate::from_ymd_opt(like, month, day).map(|_| Date::Far)
    }

    fn time(&mut self) -> Option<(NaiveTime, Fraction)> {
        let hour = self.two_digits()?;
        self.take(b':')?;
        let minute = self.two_digits()?;
        let mut second = 0;
        let mut fraction = Fraction::default();
        if self.take(b':').is_some() {
            second = self.two_digits()?;
            if self.take(b'.').is_some() {
                fraction = self.fraction()?;
            }
        }
        Some((NaiveTime::from_hms_opt(hour, minute, second)?, fraction))
    }

    fn fraction(&mut self) -> Option<Fraction> {
        let digits = self.digits();
        if digits.is_empty() || digits.len() > 12 {
            return None;
        }
        let (kept, beyond) = digits.split_at(digits.len().min(9));
        let scale = 10_u32.pow(u32::try_from(9 - kept.len()).ok()?);
        Some(Fraction {
            nanoseconds: kept.parse::<u32>().ok()? * scale,
            cut: beyond.bytes().any(|digit| digit != b'0'),
        })
    }

    /// The zone, to the end of the text; UTC where there is none.
    fn zone(&mut self) -> Option<Zone> {
        let name = self.text.trim_start();
        match name.as_bytes().first() {
            None => Some(Zone::Offset(0)),
            Some(b'+' | b'-') => offset(name).map(Zone::Offset),
            Some(_) if matches!(name, "Z" | "UTC") => Some(Zone::Offset(0)),
            Some(_) => Tz::from_str(name).ok().map(Zone::Named),
        }
    }
}

/// `+01:00`, `-0530`, `+01`, `+01:00:30`: seconds east of Greenwich.
fn offset(text: &str) -> Option<i32> {
    const MOST_HOURS: u32 = 18;
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let mut cursor = Cursor { text: text.get(1..)? };
    let hours = cursor.two_digits()?;
    let mut rest = [0, 0];
    for part in &mut rest {
        if cursor.text.is_empty() {
            break;
        }
        // The colon is optional.
        let _ = cursor.take(b':');
        *part = cursor.two_digits().filter(|part| *part < 60)?;
    }
    cursor.end()?;
    let [minutes, seconds] = rest;
    let magnitude = i32::try_from(hours * 3600 + minutes * 60 + seconds).ok()?;
    (hours <= MOST_HOURS).then_some(sign * magnitude)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    /// The moment in RFC 3339, with what was lost on the way.
    fn show(moment: Option<Moment>) -> String {
        match moment {
            None => "not understood".to_owned(),
            Some(Moment::OutOfRange) => "out of range".to_owned(),
            Some(Moment::At { nanoseconds, cut, ambiguous }) => {
                let text = DateTime::from_timestamp_nanos(nanoseconds).to_rfc3339();
                let text = text.trim_end_matches("+00:00");
                format!("{text}{}{}", if cut { " cut" } else { "" }, if ambiguous { " ambiguous" } else { "" })
            }
        }
    }

    #[test]
    fn timestamps() {
        for (text, meaning) in [
            // Precisions 0 to 12.
            ("2026-01-31 09:30:15", "2026-01-31T09:30:15"),
            ("2026-01-31 09:30:15.1", "2026-01-31T09:30:15.100"),
            ("2026-01-31 09:30:15.12", "2026-01-31T09:30:15.120"),
            ("2026-01-31 09:30:15.123", "2026-01-31T09:30:15.123"),
            ("2026-01-31 09:30:15.123456", "2026-01-31T09:30:15.123456"),
            ("2026-01-31 09:30:15.123456789", "2026-01-31T09:30:15.123456789"),
            ("2026-01-31 09:30:15.123456789000", "2026-01-31T09:30:15.123456789"),
            ("2026-01-31 09:30:15.123456789012", "2026-01-31T09:30:15.123456789 cut"),
            ("2026-01-31 09:30:15.1234567890123", "not understood"),
            ("2026-01-31 09:30", "2026-01-31T09:30:00"),
            ("2026-01-31T09:30:15Z", "2026-01-31T09:30:15"),
            // Zones.
            ("2026-01-31 09:30:15.000 UTC", "2026-01-31T09:30:15"),
            ("2026-07-31 09:30:15.000 Europe/London", "2026-07-31T08:30:15"),
            ("2026-01-31 09:30:15.000 Europe/London", "2026-01-31T09:30:15"),
            ("2026-01-31 09:30:15.000 America/Argentina/Buenos_Aires", "2026-01-31T12:30:15"),
            ("2026-01-31 09:30:15.000 +01:00", "2026-01-31T08:30:15"),
            ("2026-01-31 09:30:15.000 -05:30", "2026-01-31T15:00:15"),
            ("2026-01-31 09:30:15.000+0100", "2026-01-31T08:30:15"),
            ("2026-01-31 23:59:59.999999999 -00:30", "2026-02-01T00:29:59.999999999"),
            ("2026-10-25 01:30:00.000 Europe/London", "2026-10-25T00:30:00 ambiguous"),
            ("2026-03-29 01:30:00.000 Europe/London", "not understood"),
            ("2026-01-31 09:30:15.000 Europe/Atlantis", "not understood"),
            ("2026-01-31 09:30:15.000 +19:00", "not understood"),
            ("2026-01-31 09:30:15.000 +01:60", "not understood"),
            // The edges of 64-bit nanoseconds.
            ("1677-09-21 00:12:43.145224192", "1677-09-21T00:12:43.145224192"),
            ("1677-09-21 00:12:43.145224191", "out of range"),
            ("2262-04-11 23:47:16.854775807", "2262-04-11T23:47:16.854775807"),
            ("2262-04-11 23:47:16.854775808", "out of range"),
            ("1969-12-31 23:59:59.999", "1969-12-31T23:59:59.999"),
            ("0001-01-01 00:00:00.000", "out of range"),
            ("9999-12-31 23:59:59.999", "out of range"),
            ("+10000-01-01 00:00:00.000", "out of range"),
            ("-0044-03-15 00:00:00.000", "out of range"),
            ("+99999999999999999999-01-01 00:00:00", "not understood"),
            // Not timestamps.
            ("2026-02-29 00:00:00", "not understood"),
            ("9999-02-29 00:00:00", "not understood"),
            ("2026-13-01 00:00:00", "not understood"),
            ("2026-01-31 24:00:00", "not understood"),
            ("2026-01-31 00:60:00", "not understood"),
            ("2026-01-31", "not understood"),
            ("20260131 00:00:00", "not understood"),
            ("10000-01-01 00:00:00", "not understood"),
            ("2026-01-31 00:00:00.", "not understood"),
            ("2026-01-31 0é:00:00", "not understood"),
            ("", "not understood"),
            ("now", "not understood"),
        ] {
            assert_eq!(show(timestamp(text)), meaning, "{text}");
        }
    }

    #[test]
    fn dates_are_their_midnight() {
        for (text, meaning) in [
            ("2026-01-31", "2026-01-31T00:00:00"),
            ("2024-02-29", "2024-02-29T00:00:00"),
            ("1969-12-31", "1969-12-31T00:00:00"),
            ("9999-12-31", "out of range"),
            ("1600-01-01", "out of range"),
            ("2026-02-30", "not understood"),
            ("2026-01-31 00:00:00", "not understood"),
            ("31/01/2026", "not understood"),
            ("", "not understood"),
        ] {
            assert_eq!(show(date(text)), meaning, "{text}");
        }
    }

    #[test]
    fn times_are_on_the_first_day_of_1970() {
        for (text, meaning) in [
            ("09:30:15.123", "1970-01-01T09:30:15.123"),
            ("09:30", "1970-01-01T09:30:00"),
            ("00:00:00.000000000001", "1970-01-01T00:00:00 cut"),
            ("09:30:15.123+01:00", "1970-01-01T08:30:15.123"),
            ("00:30:00.000+01:00", "1969-12-31T23:30:00"),
            ("9:30:15", "not understood"),
            ("25:00:00", "not understood"),
            ("", "not understood"),
        ] {
            assert_eq!(show(time(text)), meaning, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            let _ = (date(&text), time(&text), timestamp(&text));
        }

        #[test]
        fn every_instant_is_read_back(nanoseconds: i64) {
            let text = DateTime::from_timestamp_nanos(nanoseconds).format("%Y-%m-%d %H:%M:%S%.9f").to_string();
            prop_assert_eq!(timestamp(&text), Some(Moment::At { nanoseconds, cut: false, ambiguous: false }));
        }
    }
}
