//! Instants as functions see them: a count of some unit since the epoch, and the zone in which it is read.

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, TimeUnit};
use chrono::{
    DateTime, Datelike, Duration, FixedOffset, Months, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Timelike,
    Utc,
};
use chrono_tz::Tz;
use datafusion::common::{Result, exec_err};

use super::failure;

/// A time zone by name or by offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// UTC, and timestamps without a zone.
    Utc,
    /// A zone of the time zone database.
    Named(Tz),
    /// A fixed offset.
    Fixed(FixedOffset),
}

impl Zone {
    /// Reads a zone as `AT TIME ZONE` and Arrow write it.
    pub fn parse(name: &str) -> Result<Self> {
        if name.eq_ignore_ascii_case("utc") || matches!(name, "Z" | "+00:00") {
            return Ok(Self::Utc);
        }
        if let Ok(zone) = name.parse::<Tz>() {
            return Ok(Self::Named(zone));
        }
        match name.parse::<FixedOffset>() {
            Ok(offset) => Ok(Self::Fixed(offset)),
            Err(_) => failure("INVALID_FUNCTION_ARGUMENT", &format!("'{name}' is not a valid time zone")),
        }
    }

    /// Seconds by which local time is ahead of UTC at an instant.
    fn offset_at(self, utc: NaiveDateTime) -> i64 {
        match self {
            Self::Utc => 0,
            Self::Named(zone) => i64::from(zone.offset_from_utc_datetime(&utc).fix().local_minus_utc()),
            Self::Fixed(offset) => i64::from(offset.local_minus_utc()),
        }
    }

    /// Seconds by which this local time is ahead of UTC; of a time that there is twice, the earlier; of a time that there
    /// is not, as if the clock had not been changed.
    fn offset_of_local(self, local: NaiveDateTime) -> i64 {
        let Self::Named(zone) = self else { return self.offset_at(local) };
        match zone.offset_from_local_datetime(&local).earliest() {
            Some(offset) => i64::from(offset.fix().local_minus_utc()),
            None => self.offset_at(local - Duration::days(1)),
        }
    }

    /// As it is written behind a time.
    pub fn name(self) -> String {
        match self {
            Self::Utc => "UTC".to_owned(),
            Self::Named(zone) => zone.name().to_owned(),
            Self::Fixed(offset) => offset.to_string(),
        }
    }
}

/// A column of instants.
#[derive(Debug)]
pub struct Instants {
    values: Int64Array,
    /// Units in a second.
    pub per_second: i64,
    /// The zone in which they are read.
    pub zone: Zone,
}

impl Instants {
    /// Reads a column of timestamps or dates.
    pub fn new(array: &ArrayRef) -> Result<Self> {
        let (unit, zone) = match array.data_type() {
            DataType::Timestamp(unit, zone) => (*unit, zone.clone()),
            DataType::Date32 | DataType::Null => (TimeUnit::Second, None),
            DataType::Utf8 | DataType::Utf8View => (TimeUnit::Nanosecond, None),
            other => return exec_err!("TYPE_MISMATCH: A timestamp is expected, not {other}"),
        };
        let stamps = cast(array, &DataType::Timestamp(unit, zone.clone()))?;
        let values = cast(&stamps, &DataType::Int64)?.as_primitive::<Int64Type>().clone();
        let zone = zone.map_or(Ok(Zone::Utc), |zone| Zone::parse(&zone))?;
        Ok(Self { values, per_second: per_second(unit), zone })
    }

    /// The instant of a row in units of UTC.
    pub fn utc(&self, row: usize) -> Option<i64> {
        self.values.is_valid(row).then(|| self.values.value(row))
    }

    /// The instant of a row in units of local time.
    pub fn local(&self, row: usize) -> Option<i64> {
        self.utc(row).map(|utc| self.to_local(utc))
    }

    /// The local time of a row.
    pub fn clock(&self, row: usize) -> Option<NaiveDateTime> {
        self.local(row).and_then(|local| self.to_clock(local))
    }

    fn to_local(&self, utc: i64) -> i64 {
        if self.zone == Zone::Utc {
            return utc;
        }
        let offset = self.to_clock(utc).map_or(0, |clock| self.zone.offset_at(clock));
        utc.saturating_add(offset * self.per_second)
    }

    /// Local units to units of UTC.
    pub fn to_utc(&self, local: i64) -> i64 {
        if self.zone == Zone::Utc {
            return local;
        }
        let offset = self.to_clock(local).map_or(0, |clock| self.zone.offset_of_local(clock));
        local.saturating_sub(offset * self.per_second)
    }

    /// Units to a date and time.
    pub fn to_clock(&self, units: i64) -> Option<NaiveDateTime> {
        clock_of(units, self.per_second)
    }

    /// A date and time to units.
    pub fn to_units(&self, clock: NaiveDateTime) -> Result<i64> {
        units_of(clock, self.per_second)
    }
}

/// Units in a second.
pub fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}

/// Units since the epoch to a date and time.
pub fn clock_of(units: i64, per_second: i64) -> Option<NaiveDateTime> {
    let nanos = u32::try_from(units.rem_euclid(per_second) * (1_000_000_000 / per_second)).ok()?;
    DateTime::<Utc>::from_timestamp(units.div_euclid(per_second), nanos).map(|instant| instant.naive_utc())
}

/// A date and time to units since the epoch.
pub fn units_of(clock: NaiveDateTime, per_second: i64) -> Result<i64> {
    let instant = clock.and_utc();
    let fraction = i64::from(instant.timestamp_subsec_nanos()) / (1_000_000_000 / per_second);
    match instant.timestamp().checked_mul(per_second).and_then(|units| units.checked_add(fraction)) {
        Some(units) => Ok(units),
        None => failure("NUMERIC_VALUE_OUT_OF_RANGE", &format!("{clock} is out of range")),
    }
}

/// A unit of `date_trunc`, `date_add` and `date_diff`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A unit of fixed length in nanoseconds.
    Fixed(i64),
    /// Weeks, which begin on Monday.
    Week,
    /// Months, and how many of them.
    Months(i32),
}

impl Unit {
    /// Reads a unit's name.
    pub fn parse(name: &str) -> Result<Self> {
        Ok(match name.to_lowercase().as_str() {
            "nanosecond" | "ns" => Self::Fixed(1),
            "microsecond" | "us" => Self::Fixed(1_000),
            "millisecond" | "ms" => Self::Fixed(1_000_000),
            "second" | "s" => Self::Fixed(1_000_000_000),
            "minute" | "m" => Self::Fixed(60_000_000_000),
            "hour" | "h" => Self::Fixed(3_600_000_000_000),
            "day" | "d" => Self::Fixed(86_400_000_000_000),
            "week" | "w" => Self::Week,
            "month" | "mo" => Self::Months(1),
            "quarter" => Self::Months(3),
            "year" | "y" => Self::Months(12),
            _ => return failure("INVALID_FUNCTION_ARGUMENT", &format!("'{name}' is not a valid TIMESTAMP field")),
        })
    }

    /// The unit's length in units of a column, if it is fixed and not finer than they are.
    fn length(self, per_second: i64) -> Option<i64> {
        let nanos = match self {
            Self::Fixed(nanos) => nanos,
            Self::Week => 604_800_000_000_000,
            Self::Months(_) => return None,
        };
        Some((nanos / (1_000_000_000 / per_second)).max(1))
    }

    /// The beginning of the unit that local units are in.
    pub fn truncate(self, local: i64, instants: &Instants) -> Result<i64> {
        if let Some(length) = self.length(instants.per_second) {
            // The epoch was a Thursday; the Monday before it was three days earlier.
            let origin = if self == Self::Week { -3 * 86_400 * instants.per_second } else { 0 };
            return Ok(local - (local - origin).rem_euclid(length));
        }
        let Self::Months(months) = self else { return Ok(local) };
        let Some(clock) = instants.to_clock(local) else { return Ok(local) };
        let first = clock.month0() - clock.month0() % months.unsigned_abs();
        match NaiveDate::from_ymd_opt(clock.year(), first + 1, 1) {
            Some(date) => instants.to_units(date.and_time(NaiveTime::MIN)),
            None => Ok(local),
        }
    }

    /// Local units later or earlier by so many of the unit.
    pub fn add(self, local: i64, count: i64, instants: &Instants) -> Result<i64> {
        let moved = match self {
            Self::Months(months) => instants.to_clock(local).and_then(|clock| add_months(clock, count, months)),
            Self::Fixed(_) | Self::Week => {
                let length = self.length(instants.per_second).unwrap_or(1);
                return match count.checked_mul(length).and_then(|distance| local.checked_add(distance)) {
                    Some(moved) => Ok(moved),
                    None => failure("NUMERIC_VALUE_OUT_OF_RANGE", "The timestamp is out of range"),
                };
            }
        };
        match moved {
            Some(clock) => instants.to_units(clock),
            None => failure("NUMERIC_VALUE_OUT_OF_RANGE", "The timestamp is out of range"),
        }
    }

    /// Whole units from one instant to another, both in nanoseconds of local time.
    pub fn between(self, from: i128, to: i128) -> i64 {
        let whole = match self {
            Self::Fixed(nanos) => (to - from) / i128::from(nanos),
            Self::Week => (to - from) / 604_800_000_000_000,
            Self::Months(months) => i128::from(months_between(from, to) / i64::from(months)),
        };
        i64::try_from(whole).unwrap_or(i64::MAX)
    }
}

/// A date and time later by months, in a shorter month on its last day.
fn add_months(clock: NaiveDateTime, count: i64, months: i32) -> Option<NaiveDateTime> {
    let total = count.checked_mul(i64::from(months))?;
    let months = Months::new(u32::try_from(total.unsigned_abs()).ok()?);
    if total < 0 { clock.checked_sub_months(months) } else { clock.checked_add_months(months) }
}

fn months_between(from: i128, to: i128) -> i64 {
    let clock = |nanos: i128| {
        let seconds = i64::try_from(nanos.div_euclid(1_000_000_000)).unwrap_or(0);
        clock_of(seconds, 1)
            .map(|clock| clock + Duration::nanoseconds(i64::try_from(nanos.rem_euclid(1_000_000_000)).unwrap_or(0)))
    };
    let (Some(from), Some(to)) = (clock(from), clock(to)) else { return 0 };
    let months = |clock: NaiveDateTime| i64::from(clock.year()) * 12 + i64::from(clock.month0());
    let whole = months(to) - months(from);
    let within = |clock: NaiveDateTime| (clock.day(), clock.num_seconds_from_midnight(), clock.nanosecond());
    match whole {
        1.. if within(to) < within(from) => whole - 1,
        ..=-1 if within(to) > within(from) => whole + 1,
        _ => whole,
    }
}
