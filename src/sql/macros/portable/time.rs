//! Time on both legs: buckets, ranges and parts of the wall's time.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::{
    dataset::TIME,
    leg::Leg,
    sql::{bucket::Bucket, literal, macros::definition::Call, zone},
    time::{CalendarUnit, Step, TimeRange, format_interval},
};

/// An end of a range.
pub(super) fn literal(call: &Call<'_>, at: DateTime<Utc>) -> Result<String, String> {
    literal::instant(call.context.leg, at)
}

/// The slice of event time; of any other column the panel's range, for where the slices are cut is no matter of theirs.
pub(super) fn filter(call: &Call<'_>) -> Result<String, String> {
    let column = call.argument(0).unwrap_or(TIME);
    let range = if is_event_time(column) { call.context.slice } else { call.context.range };
    let column = literal::operand(column);
    Ok(format!("({column} >= {} AND {column} < {})", literal(call, range.from)?, literal(call, range.to)?))
}

pub(super) fn group(call: &Call<'_>) -> Result<String, String> {
    // Grafana's interval as a number, as $__interval_ms stands for it.
    let millis = call.interval_millis().to_string();
    let is_interval = |argument: &str| argument.trim_matches(['\'', '"']) == millis;
    let arguments: Vec<&str> =
        call.arguments.iter().map(|argument| if is_interval(argument) { "auto" } else { argument }).collect();
    bucket(call, &Bucket::of_time_group(&arguments, call.context.interval)?)
}

pub(super) fn day(call: &Call<'_>) -> Result<String, String> {
    bucket(call, &day_arguments(call)?)
}

/// The start of the bucket.
fn bucket(call: &Call<'_>, bucket: &Bucket) -> Result<String, String> {
    let column = bucket.column.as_deref().unwrap_or(TIME);
    let leg = call.context.leg;
    match bucket.step {
        Step::Calendar { unit, zone } => zone::bucket(leg, unit, zone, column, reach(call, column)),
        Step::Fixed(width) => Ok(match leg {
            Leg::Realtime => format!("bin({column}, {})", format_interval(width)),
            Leg::Historical => fixed(column, width.as_millis()),
        }),
    }
}

/// Whole milliseconds since the epoch, rounded down to a whole number of widths. The quotient of doubles is exact enough:
/// for its floor to be wrong, the milliseconds would need sixteen digits.
fn fixed(column: &str, width: u128) -> String {
    const EPOCH: &str = "TIMESTAMP '1970-01-01 00:00:00.000'";
    match [(1_000, "second"), (60_000, "minute"), (3_600_000, "hour"), (86_400_000, "day")]
        .into_iter()
        .find(|(millis, _)| *millis == width)
    {
        Some((_, unit)) => format!("date_trunc('{unit}', {column})"),
        None => format!(
            "date_add('millisecond', CAST(floor(date_diff('millisecond', {EPOCH}, {column}) / {width}.0E0) AS bigint) * \
             {width}, {EPOCH})"
        ),
    }
}

/// A part of the time on the wall: `hour`, or `day_of_week`, which counts from Monday as 1.
pub(super) fn part(call: &Call<'_>, function: &str) -> Result<String, String> {
    let Bucket { column, step } = day_arguments(call)?;
    let column = column.as_deref().unwrap_or(TIME);
    let zone = match step {
        Step::Calendar { zone, .. } => zone,
        Step::Fixed(_) => Tz::UTC,
    };
    Ok(format!("{function}({})", zone::wall(call.context.leg, zone, column, reach(call, column))?))
}

/// A column and a zone, either of which may be absent.
fn day_arguments(call: &Call<'_>) -> Result<Bucket, String> {
    let arguments: Vec<&str> = call.arguments.iter().map(String::as_str).collect();
    let bucket = Bucket::of_day(&arguments)?;
    debug_assert!(matches!(bucket.step, Step::Calendar { unit: CalendarUnit::Day, .. }));
    Ok(bucket)
}

/// Seconds, as a double.
pub(super) fn seconds_between(call: &Call<'_>) -> Result<String, String> {
    let (earlier, later) = (call.required(0)?, call.required(1)?);
    let thousand = match call.context.leg {
        Leg::Realtime => "1e3",
        Leg::Historical => "1000.0E0",
    };
    Ok(format!("(date_diff('millisecond', {earlier}, {later}) / {thousand})"))
}

fn is_event_time(column: &str) -> bool {
    [TIME, "\"time\""].iter().any(|name| column.eq_ignore_ascii_case(name))
}

/// The instants that `column` may hold, for looking up the changes of clocks. Event time lies in the slice, or near it
/// where the statement moves it; any other column of the same row may lie further off.
fn reach(call: &Call<'_>, column: &str) -> TimeRange {
    let (before, after) = if is_event_time(column) { (40, 2) } else { (731, 731) };
    let TimeRange { from, to } = call.context.slice;
    TimeRange {
        from: from.checked_sub_signed(TimeDelta::days(before)).unwrap_or(from),
        to: to.checked_add_signed(TimeDelta::days(after)).unwrap_or(to),
    }
}
