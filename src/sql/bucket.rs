//! What `$__timeGroup` and `$__day` say: which column is cut into buckets, and how wide. Read alike by the macros, which write
//! SQL, and by the analysis, which cuts the range.

use std::time::Duration;

use chrono_tz::Tz;

use crate::{
    sql::token::{self, TokenKind},
    time::{CalendarUnit, Step, parse_interval},
};

/// A time bucket, as a macro names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// SQL of the instants that are cut into buckets; `None` is the dataset's event time.
    pub column: Option<String>,
    /// How wide the buckets are.
    pub step: Step,
}

impl Bucket {
    /// Reads the arguments of `$__timeGroup`: `(interval)`, `(interval, zone)`, `(column, interval)` or `(column, interval,
    /// zone)`. `interval` is Grafana's, which `auto` and `$__interval` stand for.
    ///
    /// # Errors
    ///
    /// What is wrong, as the rest of a sentence that the macro's name begins.
    pub fn of_time_group(arguments: &[&str], interval: Duration) -> Result<Self, String> {
        let (column, width, zone) = match *arguments {
            [width] => (None, width, None),
            [first, second] => match zone(second) {
                Some(zone) => (None, first, Some(zone)),
                None => (Some(first), second, None),
            },
            [column, width, last] => (Some(column), width, Some(read_zone(last)?)),
            _ => return Err("takes an interval, a column and an interval, or either with a time zone".to_owned()),
        };
        Ok(Self { column: column.map(str::to_owned), step: step(width, zone, interval)? })
    }

    /// Reads the arguments of `$__day`: none, `(zone)`, `(column)` or `(column, zone)`.
    ///
    /// # Errors
    ///
    /// As [`Bucket::of_time_group`].
    pub fn of_day(arguments: &[&str]) -> Result<Self, String> {
        let (column, zone) = match *arguments {
            [] => (None, None),
            [only] => match zone(only) {
                Some(zone) => (None, Some(zone)),
                None => (Some(only), None),
            },
            [column, last] => (Some(column), Some(read_zone(last)?)),
            _ => return Err("takes at most a column and a time zone".to_owned()),
        };
        let zone = zone.unwrap_or(Tz::UTC);
        Ok(Self { column: column.map(str::to_owned), step: Step::Calendar { unit: CalendarUnit::Day, zone } })
    }
}

/// The width that `text` names.
fn step(text: &str, zone: Option<Tz>, interval: Duration) -> Result<Step, String> {
    let bare = unquoted(text);
    let unit = CalendarUnit::parse(bare).or(match bare {
        "1M" => Some(CalendarUnit::Month),
        "1y" => Some(CalendarUnit::Year),
        _ => None,
    });
    if let Some(unit) = unit {
        return Ok(Step::Calendar { unit, zone: zone.unwrap_or(Tz::UTC) });
    }
    if zone.is_some() {
        return Err(format!(
            "takes a time zone only with a unit of the calendar (day, week, month, quarter, year), not with {}",
            super::excerpt(bare)
        ));
    }
    let grafanas = bare.eq_ignore_ascii_case("auto")
        || ["$__interval", "${__interval}", "$__interval_ms", "${__interval_ms}"].contains(&bare);
    let width = if grafanas {
        Duration::from_millis(u64::try_from(interval.as_millis()).unwrap_or(u64::MAX).max(1))
    } else {
        parse_interval(bare).map_err(|error| format!("cannot use its interval: {error}"))?
    };
    Ok(Step::Fixed(width))
}

/// The time zone that `text`, a string literal, names.
///
/// # Errors
///
/// What is wrong, as the rest of a sentence that the macro's name begins.
pub fn read_zone(text: &str) -> Result<Tz, String> {
    zone(text).ok_or_else(|| {
        format!("does not know the time zone {}: write one such as 'Europe/London' or 'UTC'", super::excerpt(text))
    })
}

fn zone(text: &str) -> Option<Tz> {
    match token::tokenize(text.trim()).ok()?.as_slice() {
        [only] if only.kind == TokenKind::String => only.quoted_text()?.parse().ok(),
        _ => None,
    }
}

/// `text` without the quotes around it.
fn unquoted(text: &str) -> &str {
    let text = text.trim();
    ['\'', '"'].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote)).unwrap_or(text).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(30);

    #[test]
    fn time_groups_are_read() {
        let fixed = |minutes| Step::Fixed(Duration::from_mins(minutes));
        let calendar = |unit, zone| Step::Calendar { unit, zone };
        for (arguments, column, step) in [
            (&["5m"][..], None, fixed(5)),
            (&["'5m'"], None, fixed(5)),
            (&["auto"], None, Step::Fixed(INTERVAL)),
            (&["$__interval"], None, Step::Fixed(INTERVAL)),
            (&["day"], None, calendar(CalendarUnit::Day, Tz::UTC)),
            (&["'Month'", "'Europe/London'"], None, calendar(CalendarUnit::Month, Tz::Europe__London)),
            (&["1M"], None, calendar(CalendarUnit::Month, Tz::UTC)),
            (&["enqueued_at", "1h"], Some("enqueued_at"), fixed(60)),
            (&["day", "1h"], Some("day"), fixed(60)),
            (&["t", "week", "'UTC'"], Some("t"), calendar(CalendarUnit::Week, Tz::UTC)),
        ] {
            let bucket = Bucket::of_time_group(arguments, INTERVAL);
            assert_eq!(bucket, Ok(Bucket { column: column.map(str::to_owned), step }), "{arguments:?}");
        }
        for (arguments, says) in [
            (&["soon"][..], "not an interval"),
            (&["5m", "'Europe/London'"], "only with a unit"),
            (&["t", "day", "'Europe/Londn'"], "does not know the time zone"),
            (&["t", "day", "UTC"], "does not know the time zone"),
            (&[], "takes an interval"),
        ] {
            let error = Bucket::of_time_group(arguments, INTERVAL).unwrap_err();
            assert!(error.contains(says), "{arguments:?}: {error}");
        }
    }

    #[test]
    fn days_are_read() {
        for (arguments, column, zone) in [
            (&[][..], None, Tz::UTC),
            (&["'Europe/London'"], None, Tz::Europe__London),
            (&["t"], Some("t"), Tz::UTC),
            (&["t", "'Asia/Kolkata'"], Some("t"), Tz::Asia__Kolkata),
        ] {
            let step = Step::Calendar { unit: CalendarUnit::Day, zone };
            assert_eq!(Bucket::of_day(arguments), Ok(Bucket { column: column.map(str::to_owned), step }));
        }
    }
}
