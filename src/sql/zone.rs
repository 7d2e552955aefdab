//! Wall time in SQL without an engine's time zones, which Timestream does not have: an instant is moved by the seconds that
//! its zone was off UTC, looked up here and written as a CASE on the few instants at which that changes.

use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use chrono::{DateTime, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use crate::{
    leg::Leg,
    sql::{MAX_LENGTH, literal},
    time::{CalendarUnit, Step, TimeRange},
};

/// Years within which zones change their offset, as far as anybody knows, in seconds since the epoch: 1900 to 2100.
const KNOWN: (i64, i64) = (-2_208_988_800, 4_102_444_800);

/// Years within which wall time can be counted, in seconds since the epoch: about 900 to 10100.
const COUNTED: (i64, i64) = (-33_765_897_600, 256_558_492_800);

/// Seconds to add to an instant: a number that changes at some instants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// Before the first change.
    first: i64,
    /// When it changes, ascending, and to what.
    changes: Vec<(DateTime<Utc>, i64)>,
}

impl Shift {
    /// From UTC to the wall time of `zone`, for instants in `range`.
    #[must_use]
    pub fn to_wall(zone: Tz, range: TimeRange) -> Self {
        let changes = changes(zone, range.from, range.to);
        let changes = changes.into_iter().map(|at| (at, offset(zone, at))).collect();
        Self::new(offset(zone, range.from), changes, range)
    }

    /// From the wall time at which the bucket of an instant in `range` begins to the instant at which it begins. A number
    /// for each instant in the bucket, not for its start, which SQL would have to work out first.
    #[must_use]
    pub fn from_bucket(unit: CalendarUnit, zone: Tz, range: TimeRange) -> Self {
        let step = Step::Calendar { unit, zone };
        let begin = |start: DateTime<Utc>| {
            let midnight = (start + TimeDelta::seconds(offset(zone, start))).date_naive().and_time(NaiveTime::MIN);
            (start, (start - midnight.and_utc()).num_seconds())
        };
        let Some((first, shift)) = step.floor(counted(range.from)).map(begin) else {
            return Self { first: 0, changes: Vec::new() };
        };
        let mut changes: Vec<_> = changes(zone, first - TimeDelta::seconds(1), range.to)
            .into_iter()
            .filter_map(|at| step.ceil(at))
            // The bucket that begins as clocks change, at a midnight that is skipped, may be alone with its number.
            .flat_map(|start| [Some(start), step.next(start)])
            .flatten()
            .map(begin)
            .collect();
        changes.sort_unstable();
        Self::new(shift, changes, range)
    }

    /// Without what is no change, or none within `range`.
    fn new(first: i64, changes: Vec<(DateTime<Utc>, i64)>, range: TimeRange) -> Self {
        let mut shift = Self { first, changes: Vec::new() };
        for (at, seconds) in changes {
            if at <= range.from {
                shift.first = seconds;
            } else if at < range.to && shift.at(at) != seconds {
                shift.changes.push((at, seconds));
            }
        }
        shift
    }

    /// The seconds to add to what belongs to `instant`.
    #[must_use]
    pub fn at(&self, instant: DateTime<Utc>) -> i64 {
        self.changes.iter().rfind(|(at, _)| *at <= instant).map_or(self.first, |(_, seconds)| *seconds)
    }

    /// SQL of `moved`, moved by the seconds that belong to `instant`. Both are SQL.
    ///
    /// # Errors
    ///
    /// More changes than a statement has room for, as the rest of a sentence.
    fn sql(&self, leg: Leg, instant: &str, moved: &str) -> Result<String, String> {
        if self.changes.is_empty() {
            return Ok(match self.first {
                0 => moved.to_owned(),
                seconds => format!("date_add('second', {seconds}, {moved})"),
            });
        }
        if self.changes.len().saturating_mul(instant.len()) > MAX_LENGTH {
            return Err("needs more text than a statement may have: shorten its column, or the time range".to_owned());
        }
        let instant = literal::operand(instant);
        let mut cases = String::new();
        let mut seconds = self.first;
        for (at, next) in &self.changes {
            let _infallible = write!(cases, "WHEN {instant} < {} THEN {seconds} ", literal::instant(leg, *at)?);
            seconds = *next;
        }
        Ok(format!("date_add('second', CASE {cases}ELSE {seconds} END, {moved})"))
    }
}

/// SQL of the wall time of `zone` at `instant`, SQL that lies in `range`.
///
/// # Errors
///
/// More changes of the clocks than a statement has room for, as the rest of a sentence.
pub fn wall(leg: Leg, zone: Tz, instant: &str, range: TimeRange) -> Result<String, String> {
    Shift::to_wall(zone, range).sql(leg, instant, instant)
}

/// SQL of the instant at which the bucket begins that `instant`, SQL that lies in `range`, falls into.
///
/// # Errors
///
/// As [`wall`].
pub fn bucket(leg: Leg, unit: CalendarUnit, zone: Tz, instant: &str, range: TimeRange) -> Result<String, String> {
    let begin = format!("date_trunc('{}', {})", unit.name(), wall(leg, zone, instant, range)?);
    Shift::from_bucket(unit, zone, range).sql(leg, instant, &begin)
}

/// The least and the greatest wall time of `zone` from `first` to `last`, both included, at the ends of countable time if
/// it is beyond.
#[must_use]
pub fn wall_hull(zone: Tz, first: DateTime<Utc>, last: DateTime<Utc>) -> (NaiveDateTime, NaiveDateTime) {
    let (first, last) = (counted(first), counted(last));
    let wall = |at: DateTime<Utc>, seconds: i64| (at + TimeDelta::seconds(seconds)).naive_utc();
    // Clocks are never set back by more than a day, so only changes that near an end reach beyond it.
    let day = TimeDelta::days(2);
    let low = changes(zone, first, last.min(first + day)).into_iter().map(|at| wall(at, offset(zone, at)));
    let high = changes(zone, first.max(last - day), last).into_iter().map(|at| {
        let before = at - TimeDelta::nanoseconds(1);
        wall(before, offset(zone, before))
    });
    let (first, last) = (wall(first, offset(zone, first)), wall(last, offset(zone, last)));
    (low.min().unwrap_or(first).min(first), high.max().unwrap_or(last).max(last))
}

/// Changes by zone, ascending.
type Found = HashMap<Tz, Arc<[DateTime<Utc>]>>;

/// The instants after `from` and until `to` at which the offset of `zone` changes.
fn changes(zone: Tz, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    /// Found once a zone: a statement may ask hundreds of times, over centuries.
    static FOUND: LazyLock<Mutex<Found>> = LazyLock::new(Mutex::default);
    if zone == Tz::UTC {
        return Vec::new();
    }
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    let all = found.entry(zone).or_insert_with(|| all_changes(zone).into());
    all.iter().copied().filter(|at| from < *at && *at <= to).collect()
}

/// The instants at which the offset of `zone` changes, over the years that its rules are known for.
fn all_changes(zone: Tz) -> Vec<DateTime<Utc>> {
    const DAY: i64 = 86_400;
    let (mut from, to) = KNOWN;
    let offset = |seconds: i64| DateTime::from_timestamp(seconds, 0).map_or(0, |at| offset(zone, at));
    let mut changes = Vec::new();
    while from < to {
        let next = to.min(from + DAY);
        let (mut before, mut after) = (from, next);
        // The first second with another offset than the second `before`.
        while offset(before) != offset(after) && after - before > 1 {
            let middle = before.midpoint(after);
            if offset(middle) == offset(before) { before = middle } else { after = middle }
        }
        if offset(before) != offset(after) {
            changes.extend(DateTime::from_timestamp(after, 0));
        }
        from = next;
    }
    changes
}

/// How many seconds `zone` is ahead of UTC.
fn offset(zone: Tz, at: DateTime<Utc>) -> i64 {
    i64::from(zone.offset_from_utc_datetime(&counted(at).naive_utc()).fix().local_minus_utc())
}

fn counted(at: DateTime<Utc>) -> DateTime<Utc> {
    let end = |seconds| DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    at.clamp(end(COUNTED.0), end(COUNTED.1))
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, Days, NaiveDate};
    use chrono_tz::{
        Africa::Casablanca, America::New_York, America::Santiago, Asia::Kolkata, Australia::Lord_Howe, Europe::London,
    };
    use proptest::prelude::*;

    use super::*;

    const ZONES: [Tz; 9] = [
        Tz::UTC,
        London,
        New_York,
        Kolkata,
        Santiago,
        Lord_Howe,
        Casablanca,
        Tz::America__Havana,
        Tz::America__Asuncion,
    ];
    const UNITS: [CalendarUnit; 5] =
        [CalendarUnit::Day, CalendarUnit::Week, CalendarUnit::Month, CalendarUnit::Quarter, CalendarUnit::Year];

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    fn range(from: &str, to: &str) -> TimeRange {
        TimeRange { from: at(from), to: at(to) }
    }

    /// What `date_trunc` answers.
    fn date_trunc(unit: CalendarUnit, wall: NaiveDateTime) -> NaiveDateTime {
        let date = wall.date();
        let first = match unit {
            CalendarUnit::Day => date,
            CalendarUnit::Week => date - Days::new(u64::from(date.weekday().num_days_from_monday())),
            CalendarUnit::Month => date.with_day(1).unwrap(),
            CalendarUnit::Quarter => NaiveDate::from_ymd_opt(date.year(), date.month0() / 3 * 3 + 1, 1).unwrap(),
            CalendarUnit::Year => NaiveDate::from_ymd_opt(date.year(), 1, 1).unwrap(),
        };
        first.and_time(NaiveTime::MIN)
    }

    #[test]
    fn sql_says_what_changes_and_no_more() {
        let changing = range("2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z");
        for (leg, zone, range, expected) in [
            (Leg::Historical, Tz::UTC, changing, "date_trunc('day', t)"),
            (
                Leg::Realtime,
                Kolkata,
                changing,
                "date_add('second', -19800, date_trunc('day', date_add('second', 19800, t)))",
            ),
            (Leg::Realtime, London, range("2026-01-05T00:00:00Z", "2026-02-01T00:00:00Z"), "date_trunc('day', t)"),
            (
                Leg::Historical,
                London,
                changing,
                "date_add('second', CASE WHEN t < TIMESTAMP '2026-03-29 23:00:00.000' THEN 0 ELSE -3600 END, \
                 date_trunc('day', date_add('second', \
                 CASE WHEN t < TIMESTAMP '2026-03-29 01:00:00.000' THEN 0 ELSE 3600 END, t)))",
            ),
            (
                Leg::Realtime,
                London,
                changing,
                "date_add('second', CASE WHEN t < from_milliseconds(1774825200000) THEN 0 ELSE -3600 END, \
                 date_trunc('day', date_add('second', \
                 CASE WHEN t < from_milliseconds(1774746000000) THEN 0 ELSE 3600 END, t)))",
            ),
        ] {
            assert_eq!(bucket(leg, CalendarUnit::Day, zone, "t", range).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn statements_stay_short() {
        let all = range("1800-01-01T00:00:00Z", "2200-01-01T00:00:00Z");
        let long = "x".repeat(100_000);
        assert!(bucket(Leg::Historical, CalendarUnit::Day, London, &long, all).is_err());
        assert!(bucket(Leg::Historical, CalendarUnit::Day, London, "t", all).unwrap().len() < MAX_LENGTH);
        let ever = TimeRange { from: DateTime::<Utc>::MIN_UTC, to: DateTime::<Utc>::MAX_UTC };
        for unit in UNITS {
            assert!(bucket(Leg::Realtime, unit, London, "t", ever).is_ok());
        }
    }

    #[test]
    fn walls_are_bounded_where_clocks_change() {
        // British clocks go back from 02:00 to 01:00 at 01:00 UTC.
        let wall = |text: &str| text.parse::<NaiveDateTime>().unwrap();
        let hull = |from, to| wall_hull(London, at(from), at(to));
        assert_eq!(hull("2026-10-25T00:50:00Z", "2026-10-25T01:20:00Z").0, wall("2026-10-25T01:00:00"));
        assert_eq!(hull("2026-10-25T00:50:00Z", "2026-10-25T01:20:00Z").1, wall("2026-10-25T01:59:59.999999999"));
        let ever = wall_hull(London, DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
        assert!(ever.0.year() <= 1000 && ever.1.year() >= 9999);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_500))]
        #[test]
        fn buckets_begin_where_the_calendar_says(
            zone in prop::sample::select(&ZONES[..]),
            unit in prop::sample::select(&UNITS[..]),
            from in 946_684_800_i64..2_000_000_000,
            days in 1_i64..900,
            parts in prop::collection::vec(0_i64..1_000, 20),
        ) {
            let end = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
            let range = TimeRange { from: end(from), to: end(from + days * 86_400) };
            let (to_wall, from_bucket) = (Shift::to_wall(zone, range), Shift::from_bucket(unit, zone, range));
            let mut instants: Vec<_> = parts
                .into_iter()
                .map(|part| range.from + TimeDelta::milliseconds(days * 86_400 * part + part))
                .collect();
            // Where clocks change, and where buckets do.
            for change in changes(zone, range.from, range.to) {
                for minutes in [-1_500, -61, -31, -1, 0, 1, 29, 59, 61, 1_500] {
                    instants.push(change + TimeDelta::minutes(minutes));
                }
            }
            for instant in instants.into_iter().filter(|at| range.from <= *at && *at < range.to) {
                let wall = (instant + TimeDelta::seconds(to_wall.at(instant))).naive_utc();
                prop_assert_eq!(wall, instant.with_timezone(&zone).naive_local());
                let start = date_trunc(unit, wall).and_utc() + TimeDelta::seconds(from_bucket.at(instant));
                prop_assert_eq!(Some(start), Step::Calendar { unit, zone }.floor(instant), "{} {}", instant, zone);
            }
        }
    }
}
