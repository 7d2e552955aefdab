//! Time buckets: how a panel writes them, and what they mean by [`Step`].

use std::time::Duration;

use chrono_tz::Tz;
use proptest::{prelude::*, sample::select};
use switchboard::time::{CalendarUnit, Step};

use crate::world::{DAY, HOUR, MINUTE, SECOND};

/// A bucket as a panel writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// The macro.
    pub sql: String,
    /// What it means.
    pub step: Step,
    /// Grafana's interval.
    pub interval: Duration,
}

fn millis(millis: i64) -> Duration {
    Duration::from_millis(millis.unsigned_abs())
}

/// Buckets of one length, or Grafana's interval.
pub fn fixed() -> impl Strategy<Value = Bucket> {
    let named = select(vec![
        ("1s", SECOND),
        ("30s", 30 * SECOND),
        ("1m", MINUTE),
        ("5m", 5 * MINUTE),
        ("7m", 7 * MINUTE),
        ("15m", 15 * MINUTE),
        ("1h", HOUR),
        ("90m", 90 * MINUTE),
        ("6h", 6 * HOUR),
        ("1d", DAY),
        ("3d", 3 * DAY),
        ("7d", 7 * DAY),
        ("1500ms", 1_500),
    ]);
    let auto = select(vec!["auto", "$__interval", "'$__interval'"]);
    let interval = select(vec![SECOND, 20 * SECOND, MINUTE, 10 * MINUTE, 2 * HOUR, DAY]);
    (named, auto, interval, 0..4_u8).prop_map(|((name, width), auto, interval, how)| {
        let (text, width) = if how == 3 { (auto, interval) } else { (name, width) };
        let sql = match how {
            0 => format!("$__timeGroup(time, '{text}')"),
            1 => format!("$__timeGroup(time, {text})"),
            _ => format!("$__timeGroup({text})"),
        };
        Bucket { sql, step: Step::Fixed(millis(width)), interval: millis(interval) }
    })
}

/// Buckets of the calendar.
pub fn calendar() -> impl Strategy<Value = Bucket> {
    let unit = select(vec![
        CalendarUnit::Day,
        CalendarUnit::Day,
        CalendarUnit::Week,
        CalendarUnit::Month,
        CalendarUnit::Quarter,
    ]);
    let zone = select(vec![Tz::Europe__London, Tz::America__New_York, Tz::Asia__Kolkata, Tz::UTC]);
    (unit, zone, 0..3_u8).prop_map(|(unit, zone, how)| {
        let (name, place) = (unit.name(), zone.name());
        let sql = match how {
            0 if unit == CalendarUnit::Day => format!("$__day('{place}')"),
            1 => format!("$__timeGroup(time, {name}, '{place}')"),
            _ => format!("$__timeGroup({name}, '{place}')"),
        };
        Bucket { sql, step: Step::Calendar { unit, zone }, interval: millis(MINUTE) }
    })
}
