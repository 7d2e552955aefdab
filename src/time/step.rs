//! The width of a bucket: a fixed length, aligned to the epoch as Grafana's are, or a unit of the calendar in a time zone.

use std::time::Duration;

use chrono::{
    DateTime, Datelike, Days, LocalResult, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc,
};
use chrono_tz::Tz;

/// The width of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Buckets of one length, in whole milliseconds, counted from the epoch. Never zero.
    Fixed(Duration),
    /// Buckets as the calendar on a wall has them; their lengths differ.
    Calendar {
        /// Which unit.
        unit: CalendarUnit,
        /// Where the wall is.
        zone: Tz,
    },
}

/// A unit of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CalendarUnit {
    /// From midnight.
    Day,
    /// From Monday.
    Week,
    /// From the first of the month.
    Month,
    /// From the first of January, April, July or October.
    Quarter,
    /// From the first of January.
    Year,
}

impl CalendarUnit {
    /// The unit of this name, in any case: `day`, `week`, `month`, `quarter`, `year`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Year]
            .into_iter()
            .find(|unit| unit.name().eq_ignore_ascii_case(text))
    }

    /// Its name, which is also what SQL's `date_trunc` calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// The first day of the unit that `date` is in.
    fn first_day(self, date: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => Some(date),
            Self::Week => date.checked_sub_days(Days::new(u64::from(date.weekday().num_days_from_monday()))),
            Self::Month => date.with_day(1),
            Self::Quarter => date.with_day(1)?.with_month(date.month0() / 3 * 3 + 1),
            Self::Year => NaiveDate::from_ymd_opt(date.year(), 1, 1),
        }
    }

    /// The first day of the unit after the one that starts at `first`.
    fn next_first_day(self, first: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => first.checked_add_days(Days::new(1)),
            Self::Week => first.checked_add_days(Days::new(7)),
            Self::Month => first.checked_add_months(Months::new(1)),
            Self::Quarter => first.checked_add_months(Months::new(3)),
            Self::Year => first.checked_add_months(Months::new(12)),
        }
    }
}

impl Step {
    /// The start of the bucket that `instant` falls into; `None` beyond the years that can be counted.
    #[must_use]
    pub fn floor(self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Fixed(width) => {
                let width = i64::try_from(width.as_millis()).ok().filter(|width| *width > 0)?;
                let millis = instant.timestamp_millis();
                DateTime::from_timestamp_millis(millis - millis.rem_euclid(width))
            }
            Self::Calendar { unit, zone } => {
                let date = instant.with_timezone(&zone).date_naive();
                midnight(unit.first_day(date)?, zone)
            }
        }
    }

    /// The start of the first bucket that begins at `instant` or later.
    #[must_use]
    pub fn ceil(self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let floor = self.floor(instant)?;
        if floor == instant { Some(floor) } else { self.next(floor) }
    }

    /// The start of the bucket after the one that starts at `start`.
    #[must_use]
    pub fn next(self, start: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Fixed(width) => start.checked_add_signed(TimeDelta::from_std(width).ok()?),
            Self::Calendar { unit, zone } => {
                let date = start.with_timezone(&zone).date_naive();
                midnight(unit.next_first_day(unit.first_day(date)?)?, zone)
            }
        }
    }
}

/// The first instant of `date` in `zone`: midnight, or what follows it where the clocks skip midnight.
fn midnight(date: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    let local = NaiveDateTime::new(date, NaiveTime::MIN);
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.to_utc()),
        // No zone skips more than a day; the clocks skip by quarters of an hour at the finest.
        LocalResult::None => (1..=96)
            .filter_map(|quarters| local.checked_add_signed(TimeDelta::minutes(15 * quarters)))
            .find_map(|later| zone.from_local_datetime(&later).earliest())
            .map(|at| at.to_utc()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    fn calendar(unit: CalendarUnit, zone: Tz) -> Step {
        Step::Calendar { unit, zone }
    }

    #[test]
    fn fixed_buckets_are_counted_from_the_epoch() {
        let step = Step::Fixed(Duration::from_mins(7));
        for millis in [-1, 0, 1, 420_000, 1_000_000_000_123] {
            let instant = DateTime::from_timestamp_millis(millis).unwrap();
            let start = step.floor(instant).unwrap();
            assert_eq!(start.timestamp_millis().rem_euclid(420_000), 0);
            assert!(start <= instant && instant < step.next(start).unwrap());
        }
        assert_eq!(step.ceil(at("1970-01-01T00:00:01Z")), Some(at("1970-01-01T00:07:00Z")));
        assert_eq!(step.ceil(at("1970-01-01T00:07:00Z")), Some(at("1970-01-01T00:07:00Z")));
    }

    #[test]
    fn calendar_buckets_follow_the_wall() {
        use CalendarUnit::{Day, Month, Quarter, Week, Year};
        use chrono_tz::Europe::London;
        for (unit, instant, start, next) in [
            // The day on which British clocks go forward has 23 hours.
            (Day, "2026-03-29T12:00:00Z", "2026-03-29T00:00:00Z", "2026-03-29T23:00:00Z"),
            (Day, "2026-10-25T12:00:00Z", "2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z"),
            (Week, "2026-11-26T09:00:00Z", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"),
            (Month, "2026-03-31T23:30:00Z", "2026-03-31T23:00:00Z", "2026-04-30T23:00:00Z"),
            (Quarter, "2026-05-05T00:00:00Z", "2026-03-31T23:00:00Z", "2026-06-30T23:00:00Z"),
            (Year, "2026-05-05T00:00:00Z", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ] {
            let step = calendar(unit, London);
            assert_eq!(step.floor(at(instant)), Some(at(start)), "{unit:?}");
            assert_eq!(step.next(at(start)), Some(at(next)), "{unit:?}");
        }
    }

    #[test]
    fn a_day_may_begin_after_midnight() {
        // In Santiago the clocks went from 00:00 to 01:00 on 2024-09-08.
        let step = calendar(CalendarUnit::Day, chrono_tz::America::Santiago);
        assert_eq!(step.floor(at("2024-09-08T12:00:00Z")), Some(at("2024-09-08T04:00:00Z")));
        assert_eq!(step.next(at("2024-09-07T04:00:00Z")), Some(at("2024-09-08T04:00:00Z")));
    }
}
