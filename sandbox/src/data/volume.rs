//! When people call and who is at work to answer: the daily and weekly shape, in London time.

use chrono::{Datelike, NaiveDate, NaiveTime, TimeZone, Timelike, Weekday};
use chrono_tz::{Europe::London, Tz};

use super::{HOUR, Millis};

/// The time zone in which the centre works.
pub const BUSINESS_ZONE: Tz = London;

/// How busy each London hour of the day is, relative to the average hour of a shift.
const HOURLY_LOAD: [f64; 24] = [
    0.45, 0.40, 0.35, 0.35, 0.40, 0.50, 0.65, 0.85, 1.10, 1.30, 1.35, 1.25, 1.10, 1.05, 1.15, 1.20, 1.15, 1.05, 0.90,
    0.80, 0.70, 0.60, 0.55, 0.50,
];

/// How busy each weekday is, Monday first.
const DAILY_LOAD: [f64; 7] = [1.20, 1.05, 1.00, 1.00, 1.05, 0.80, 0.70];

/// The time at which a shift starts, and how many of twenty agents start then.
const SHIFT_STARTS: [(u32, u32, u32); 9] =
    [(6, 0, 1), (7, 0, 2), (8, 0, 4), (8, 30, 3), (9, 0, 4), (10, 0, 2), (12, 0, 2), (14, 0, 1), (22, 0, 1)];

/// Starts of the core crew's shifts: between them they cover the whole day, every day, so that no centre falls silent.
const CORE_STARTS: [(u32, u32); 4] = [(9, 0), (14, 0), (22, 0), (6, 0)];

/// How busy the centre is at an instant: 1 is an ordinary hour of an ordinary day.
#[must_use]
pub fn load_at(instant: Millis) -> f64 {
    BUSINESS_ZONE.timestamp_millis_opt(instant).single().map_or(1.0, |local| {
        HOURLY_LOAD[local.hour() as usize % 24] * DAILY_LOAD[local.weekday().num_days_from_monday() as usize % 7]
    })
}

/// The London date of an instant.
#[must_use]
pub fn business_date(instant: Millis) -> NaiveDate {
    BUSINESS_ZONE.timestamp_millis_opt(instant).single().map(|local| local.date_naive()).unwrap_or_default()
}

/// When the shift of the agent with this number starts on a London date; `None` on a day off.
#[must_use]
pub fn shift_start(agent: u32, date: NaiveDate) -> Option<Millis> {
    let (hour, minute) = if let Some(&start) = CORE_STARTS.get(agent as usize) {
        start
    } else {
        if is_day_off(agent, date.weekday()) {
            return None;
        }
        regular_start(agent)
    };
    let local = date.and_time(NaiveTime::from_hms_opt(hour, minute, 0)?);
    BUSINESS_ZONE.from_local_datetime(&local).earliest().map(|start| start.timestamp_millis())
}

/// A shift's length, breaks included.
pub const SHIFT_LENGTH: Millis = 8 * HOUR;

/// Two agents in three keep the weekend; the others have two weekdays off and work on Saturday and Sunday.
fn is_day_off(agent: u32, weekday: Weekday) -> bool {
    let day = weekday.num_days_from_monday();
    if agent.is_multiple_of(3) {
        let first = (agent / 3) % 5;
        day == first || day == (first + 1) % 5
    } else {
        day >= 5
    }
}

/// Spreads agents over the shift starts in proportion, whatever their number.
fn regular_start(agent: u32) -> (u32, u32) {
    // 7 and 20 share no factor, so twenty agents in a row take each of the twenty places once.
    let mut place = agent * 7 % SHIFT_STARTS.iter().map(|(_, _, share)| share).sum::<u32>();
    for (hour, minute, share) in SHIFT_STARTS {
        if place < share {
            return (hour, minute);
        }
        place -= share;
    }
    (9, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_core_crew_covers_every_hour_of_every_day() {
        let covered = |instant: Millis| {
            (0..4).any(|agent| {
                [business_date(instant), business_date(instant).pred_opt().unwrap()].iter().any(|&day| {
                    shift_start(agent, day).is_some_and(|start| (start..start + SHIFT_LENGTH).contains(&instant))
                })
            })
        };
        // A week without a clock change: 8 hour shifts cannot cover the longer day of one.
        let monday = BUSINESS_ZONE.with_ymd_and_hms(2026, 11, 16, 0, 0, 0).unwrap().timestamp_millis();
        for hour in 0..7 * 24 {
            assert!(covered(monday + hour * HOUR), "hour {hour} of the week has nobody at work");
        }
    }

    #[test]
    fn a_shift_follows_london_through_the_change_of_clocks() {
        let summer = shift_start(0, date("2026-07-01")).unwrap();
        let winter = shift_start(0, date("2026-12-01")).unwrap();
        assert_eq!((summer % (24 * HOUR), winter % (24 * HOUR)), (8 * HOUR, 9 * HOUR));
    }

    #[test]
    fn fewer_people_work_at_the_weekend() {
        let at_work = |day: &str| (0..300).filter(|&agent| shift_start(agent, date(day)).is_some()).count();
        assert!(at_work("2026-11-18") > 200);
        assert!((80..150).contains(&at_work("2026-11-21")));
    }
}
