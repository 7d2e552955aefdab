//! Date and time functions.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Int64Type, TimeUnit};
use chrono::{Datelike, Months, NaiveDate, NaiveDateTime, Timelike};
use datafusion::common::{Result, exec_err, plan_err};
use datafusion::logical_expr::ReturnFieldArgs;

use super::instant::{Instants, Unit, Zone, per_second, units_of};
use super::{
    Arguments, Definition, argument_field, bigint, bigint_at, double, double_at, failure, fallible, function,
    literal_text, of, same_as_first, text_at, varchar,
};
use crate::dialect::formats::{DateFormat, Style};
use crate::engine::SqlType;

pub(super) const FUNCTIONS: &[Definition] = &[
    function("at_timezone", 2..=2, at_timezone_type, at_timezone),
    fallible("bin", "try_bin", 2..=3, same_as_first, bin),
    fallible("date_add", "try_date_add", 3..=3, third, date_add),
    function("date_diff", 3..=3, bigint, date_diff),
    fallible("date_format", "try_date_format", 2..=2, varchar, |call| format(call, Style::MySql)),
    fallible("date_parse", "try_date_parse", 2..=2, millis, |call| parse(call, Style::MySql)),
    fallible("date_trunc", "try_date_trunc", 2..=2, second, date_trunc),
    fallible("format_datetime", "try_format_datetime", 2..=2, varchar, |call| format(call, Style::Joda)),
    fallible("from_iso8601_date", "try_from_iso8601_date", 1..=1, date, from_iso8601_date),
    fallible("from_iso8601_timestamp", "try_from_iso8601_timestamp", 1..=1, millis_utc, |call| {
        from_iso8601(call, TimeUnit::Millisecond)
    }),
    fallible("from_iso8601_timestamp_nanos", "try_from_iso8601_timestamp_nanos", 1..=1, nanos_utc, |call| {
        from_iso8601(call, TimeUnit::Nanosecond)
    }),
    function("from_milliseconds", 1..=1, nanos, |call| from_count(call, 1_000_000)),
    function("from_nanoseconds", 1..=1, nanos, |call| from_count(call, 1)),
    function("from_unixtime", 1..=2, from_unixtime_type, from_unixtime),
    function("human_readable_seconds", 1..=1, varchar, human_readable_seconds),
    function("last_day_of_month", 1..=1, date, last_day_of_month),
    fallible("parse_datetime", "try_parse_datetime", 2..=2, millis_utc, |call| parse(call, Style::Joda)),
    fallible("parse_duration", "try_parse_duration", 1..=1, interval, parse_duration),
    function("to_iso8601", 1..=1, varchar, to_iso8601),
    function("to_milliseconds", 1..=1, bigint, |call| to_count(call, 1_000)),
    function("to_nanoseconds", 1..=1, bigint, |call| to_count(call, 1_000_000_000)),
    function("to_unixtime", 1..=1, double, to_unixtime),
    function("with_timezone", 2..=2, at_timezone_type, with_timezone),
    function("year", 1..=1, bigint, |call| part(call, |at| i64::from(at.year()))),
    function("quarter", 1..=1, bigint, |call| part(call, |at| i64::from(at.month0() / 3 + 1))),
    function("month", 1..=1, bigint, |call| part(call, |at| i64::from(at.month()))),
    function("week", 1..=1, bigint, |call| part(call, |at| i64::from(at.iso_week().week()))),
    function("year_of_week", 1..=1, bigint, |call| part(call, |at| i64::from(at.iso_week().year()))),
    function("day", 1..=1, bigint, |call| part(call, |at| i64::from(at.day()))),
    function("day_of_week", 1..=1, bigint, |call| part(call, |at| i64::from(at.weekday().number_from_monday()))),
    function("day_of_year", 1..=1, bigint, |call| part(call, |at| i64::from(at.ordinal()))),
    function("hour", 1..=1, bigint, |call| part(call, |at| i64::from(at.hour()))),
    function("minute", 1..=1, bigint, |call| part(call, |at| i64::from(at.minute()))),
    function("second", 1..=1, bigint, |call| part(call, |at| i64::from(at.second()))),
    function("millisecond", 1..=1, bigint, |call| part(call, |at| i64::from(at.nanosecond() / 1_000_000))),
    function("timezone_hour", 1..=1, bigint, |call| offset(call, 3_600)),
    function("timezone_minute", 1..=1, bigint, |call| offset(call, 60)),
];

fn date(_: &ReturnFieldArgs) -> Result<Field> {
    of(&SqlType::Date)
}

fn interval(_: &ReturnFieldArgs) -> Result<Field> {
    of(&SqlType::IntervalDayToSecond)
}

fn millis(_: &ReturnFieldArgs) -> Result<Field> {
    of(&SqlType::Timestamp { precision: 3 })
}

fn nanos(_: &ReturnFieldArgs) -> Result<Field> {
    of(&SqlType::Timestamp { precision: 9 })
}

fn millis_utc(_: &ReturnFieldArgs) -> Result<Field> {
    of(&SqlType::TimestampWithTimeZone { precision: 3 })
}

fn nanos_utc(_: &ReturnFieldArgs) -> Result<Field> {
    of(&SqlType::TimestampWithTimeZone { precision: 9 })
}

fn second(arguments: &ReturnFieldArgs) -> Result<Field> {
    instant_argument(arguments, 1)
}

fn third(arguments: &ReturnFieldArgs) -> Result<Field> {
    instant_argument(arguments, 2)
}

/// The type of an argument that is an instant; text counts as one of nanoseconds, as Timestream takes it.
fn instant_argument(arguments: &ReturnFieldArgs, position: usize) -> Result<Field> {
    let field = argument_field(arguments, position)?;
    match field.data_type() {
        DataType::Timestamp(..) | DataType::Date32 => Ok(field),
        DataType::Utf8 | DataType::Utf8View | DataType::Null => of(&SqlType::Timestamp { precision: 9 }),
        _ => plan_err!("TYPE_MISMATCH: A date or timestamp is expected"),
    }
}

fn at_timezone_type(arguments: &ReturnFieldArgs) -> Result<Field> {
    let unit = match argument_field(arguments, 0)?.data_type() {
        DataType::Timestamp(unit, _) => *unit,
        _ => TimeUnit::Millisecond,
    };
    let Some(zone) = literal_text(arguments, 1) else {
        return plan_err!("NOT_SUPPORTED: The time zone has to be a literal");
    };
    Ok(Field::new("value", DataType::Timestamp(unit, Some(Zone::parse(zone)?.name().into())), true))
}

fn from_unixtime_type(arguments: &ReturnFieldArgs) -> Result<Field> {
    let zone = literal_text(arguments, 1).map_or(Ok(Zone::Utc), Zone::parse)?;
    Ok(Field::new("value", DataType::Timestamp(TimeUnit::Millisecond, Some(zone.name().into())), true))
}

/// Counts of the result's unit as the result's type.
fn as_result(call: &Arguments, counts: &ArrayRef) -> Result<ArrayRef> {
    match call.result.data_type() {
        DataType::Date32 => Ok(cast(&cast(counts, &DataType::Timestamp(TimeUnit::Second, None))?, &DataType::Date32)?),
        other => Ok(cast(counts, other)?),
    }
}

fn instants(call: &Arguments, position: usize) -> Result<Instants> {
    Instants::new(call.array(position)?)
}

fn part(call: &Arguments, of: fn(&NaiveDateTime) -> i64) -> Result<ArrayRef> {
    if let DataType::Duration(_) = call.array(0)?.data_type() {
        return exec_err!("NOT_SUPPORTED: Parts of an interval are not supported");
    }
    let times = instants(call, 0)?;
    call.each_bigint(|row| Ok(times.clock(row).as_ref().map(of)))
}

fn offset(call: &Arguments, unit: i64) -> Result<ArrayRef> {
    let times = instants(call, 0)?;
    call.each_bigint(|row| {
        let difference = times.local(row).zip(times.utc(row)).map(|(local, utc)| (local - utc) / times.per_second);
        Ok(difference.map(|seconds| if unit == 60 { seconds % 3_600 / 60 } else { seconds / unit }))
    })
}

fn date_trunc(call: &Arguments) -> Result<ArrayRef> {
    let units = call.text(0)?;
    let times = instants(call, 1)?;
    let values = call.each_bigint(|row| {
        let (Some(unit), Some(local)) = (text_at(&units, row), times.local(row)) else { return Ok(None) };
        Unit::parse(unit)?.truncate(local, &times).map(|start| Some(times.to_utc(start)))
    })?;
    as_result(call, &values)
}

fn date_add(call: &Arguments) -> Result<ArrayRef> {
    let (units, counts) = (call.text(0)?, call.bigint(1)?);
    let times = instants(call, 2)?;
    let values = call.each_bigint(|row| {
        let (Some(unit), Some(count), Some(utc)) = (text_at(&units, row), bigint_at(&counts, row), times.utc(row))
        else {
            return Ok(None);
        };
        match Unit::parse(unit)? {
            // An hour later is an hour later, whatever the clocks do.
            unit @ Unit::Fixed(..86_400_000_000_000) => unit.add(utc, count, &times).map(Some),
            unit => unit.add(times.local(row).unwrap_or(utc), count, &times).map(|local| Some(times.to_utc(local))),
        }
    })?;
    as_result(call, &values)
}

fn date_diff(call: &Arguments) -> Result<ArrayRef> {
    let units = call.text(0)?;
    let (from, to) = (instants(call, 1)?, instants(call, 2)?);
    let nanos = |times: &Instants, units: i64| i128::from(units) * i128::from(1_000_000_000 / times.per_second);
    call.each_bigint(|row| {
        let Some(unit) = text_at(&units, row).map(Unit::parse).transpose()? else { return Ok(None) };
        let read = |times: &Instants| match unit {
            Unit::Fixed(..86_400_000_000_000) => times.utc(row).map(|utc| nanos(times, utc)),
            _ => times.local(row).map(|local| nanos(times, local)),
        };
        Ok(read(&from).zip(read(&to)).map(|(from, to)| unit.between(from, to)))
    })
}

/// Nanoseconds of an interval column, or milliseconds of a number column as the official data source writes them.
fn interval_nanos(array: &ArrayRef) -> Result<Int64Array> {
    let factor = match array.data_type() {
        DataType::Duration(TimeUnit::Second) => 1_000_000_000,
        DataType::Duration(TimeUnit::Millisecond) => 1_000_000,
        DataType::Duration(TimeUnit::Microsecond) => 1_000,
        DataType::Duration(TimeUnit::Nanosecond) => 1,
        other => return exec_err!("TYPE_MISMATCH: An interval is expected, not {other}"),
    };
    let counts = cast(array, &DataType::Int64)?;
    Ok(counts.as_primitive::<Int64Type>().unary(|count: i64| count.saturating_mul(factor)))
}

/// `bin(time, width [, offset])`: the beginning of the bucket that the time is in.
fn bin(call: &Arguments) -> Result<ArrayRef> {
    let times = instants(call, 0)?;
    let widths = interval_nanos(call.array(1)?)?;
    let offsets = if call.len() > 2 { Some(interval_nanos(call.array(2)?)?) } else { None };
    let unit = 1_000_000_000 / times.per_second;
    let values = call.each_bigint(|row| {
        let (Some(utc), Some(width)) = (times.utc(row), bigint_at(&widths, row)) else { return Ok(None) };
        let offset = offsets.as_ref().and_then(|offsets| bigint_at(offsets, row)).unwrap_or(0) / unit;
        match width / unit {
            width @ 1.. => Ok(Some(utc - (utc - offset).rem_euclid(width))),
            _ => failure("INVALID_FUNCTION_ARGUMENT", "The width of a bin must be positive"),
        }
    })?;
    as_result(call, &values)
}

fn from_count(call: &Arguments, nanos: i64) -> Result<ArrayRef> {
    let counts = call.bigint(0)?;
    let values = call.each_bigint(|row| Ok(bigint_at(&counts, row).map(|count| count.saturating_mul(nanos))))?;
    as_result(call, &values)
}

fn to_count(call: &Arguments, wanted: i64) -> Result<ArrayRef> {
    if matches!(call.array(0)?.data_type(), DataType::Duration(_)) {
        let nanos = interval_nanos(call.array(0)?)?;
        return call.each_bigint(|row| Ok(bigint_at(&nanos, row).map(|nanos| nanos / (1_000_000_000 / wanted))));
    }
    let times = instants(call, 0)?;
    call.each_bigint(|row| {
        let scaled = times.utc(row).map(|utc| i128::from(utc) * i128::from(wanted));
        Ok(scaled.and_then(|scaled| i64::try_from(scaled.div_euclid(i128::from(times.per_second))).ok()))
    })
}

#[expect(clippy::cast_precision_loss, reason = "SQL's own function answers a double")]
fn to_unixtime(call: &Arguments) -> Result<ArrayRef> {
    let times = instants(call, 0)?;
    call.each_double(|row| Ok(times.utc(row).map(|utc| utc as f64 / times.per_second as f64)))
}

#[expect(clippy::cast_possible_truncation, reason = "seconds of a double saturate")]
fn from_unixtime(call: &Arguments) -> Result<ArrayRef> {
    let seconds = call.double(0)?;
    let values =
        call.each_bigint(|row| Ok(double_at(&seconds, row).map(|seconds| (seconds * 1_000.0).round() as i64)))?;
    as_result(call, &values)
}

fn at_timezone(call: &Arguments) -> Result<ArrayRef> {
    // A timestamp without a zone is one of UTC; only the zone in which it is read changes.
    let times = instants(call, 0)?;
    let values = call.each_bigint(|row| Ok(times.utc(row)))?;
    let unit = match call.array(0)?.data_type() {
        DataType::Timestamp(unit, _) => *unit,
        _ => TimeUnit::Second,
    };
    let stamps = cast(&values, &DataType::Timestamp(unit, Some("UTC".into())))?;
    Ok(cast(&stamps, call.result.data_type())?)
}

fn with_timezone(call: &Arguments) -> Result<ArrayRef> {
    let mut times = instants(call, 0)?;
    if let DataType::Timestamp(_, Some(zone)) = call.result.data_type() {
        times.zone = Zone::parse(zone)?;
    }
    let values = call.each_bigint(|row| Ok(times.utc(row).map(|local| times.to_utc(local))))?;
    as_result(call, &values)
}

fn format(call: &Arguments, style: Style) -> Result<ArrayRef> {
    let times = instants(call, 0)?;
    let formats = call.text(1)?;
    let mut last: Option<(String, DateFormat)> = None;
    call.each_text(|row| {
        let (Some(clock), Some(format)) = (times.clock(row), text_at(&formats, row)) else { return Ok(None) };
        let format = remembered(&mut last, format, style)?;
        Ok(Some(format.write(clock, &times.zone.name())))
    })
}

fn parse(call: &Arguments, style: Style) -> Result<ArrayRef> {
    let (texts, formats) = (call.text(0)?, call.text(1)?);
    let mut last: Option<(String, DateFormat)> = None;
    let values = call.each_bigint(|row| {
        let (Some(text), Some(format)) = (text_at(&texts, row), text_at(&formats, row)) else { return Ok(None) };
        match remembered(&mut last, format, style)?.read(text) {
            Some(clock) => units_of(clock, 1_000).map(Some),
            None => failure("INVALID_FUNCTION_ARGUMENT", &format!("Invalid format: \"{text}\"")),
        }
    })?;
    as_result(call, &values)
}

/// The format, read only when it is another than that of the row before.
fn remembered<'a>(last: &'a mut Option<(String, DateFormat)>, text: &str, style: Style) -> Result<&'a DateFormat> {
    if last.as_ref().is_none_or(|(known, _)| known != text) {
        match DateFormat::parse(text, style) {
            Ok(format) => *last = Some((text.to_owned(), format)),
            Err(message) => return failure("INVALID_FUNCTION_ARGUMENT", &message),
        }
    }
    if let Some((_, format)) = last { Ok(format) } else { exec_err!("No format was read") }
}

fn from_iso8601(call: &Arguments, unit: TimeUnit) -> Result<ArrayRef> {
    let texts = call.text(0)?;
    let values = call.each_bigint(|row| {
        let Some(text) = text_at(&texts, row) else { return Ok(None) };
        let parsed = chrono::DateTime::parse_from_rfc3339(text).map(|instant| instant.naive_utc()).ok();
        let parsed = parsed.or_else(|| text.parse::<NaiveDateTime>().ok());
        let parsed = parsed.or_else(|| text.parse::<NaiveDate>().ok().and_then(|date| date.and_hms_opt(0, 0, 0)));
        match parsed {
            Some(clock) => units_of(clock, per_second(unit)).map(Some),
            None => failure("INVALID_FUNCTION_ARGUMENT", &format!("Invalid format: \"{text}\"")),
        }
    })?;
    as_result(call, &values)
}

fn from_iso8601_date(call: &Arguments) -> Result<ArrayRef> {
    let texts = call.text(0)?;
    let values = call.each_bigint(|row| {
        let Some(text) = text_at(&texts, row) else { return Ok(None) };
        match text.parse::<NaiveDate>() {
            Ok(date) => units_of(date.and_hms_opt(0, 0, 0).unwrap_or_default(), 1).map(Some),
            Err(_) => failure("INVALID_FUNCTION_ARGUMENT", &format!("Invalid format: \"{text}\"")),
        }
    })?;
    as_result(call, &values)
}

fn to_iso8601(call: &Arguments) -> Result<ArrayRef> {
    let times = instants(call, 0)?;
    let data_type = call.array(0)?.data_type().clone();
    call.each_text(|row| {
        let Some(clock) = times.clock(row) else { return Ok(None) };
        let fraction = match times.per_second {
            1 => "",
            1_000 => "%.3f",
            1_000_000 => "%.6f",
            _ => "%.9f",
        };
        let text = match &data_type {
            DataType::Date32 => return Ok(Some(clock.format("%Y-%m-%d").to_string())),
            _ => clock.format(&format!("%Y-%m-%dT%H:%M:%S{fraction}")).to_string(),
        };
        let DataType::Timestamp(_, Some(_)) = &data_type else { return Ok(Some(text)) };
        let seconds = times.local(row).zip(times.utc(row)).map_or(0, |(local, utc)| (local - utc) / times.per_second);
        let zone = if seconds == 0 {
            "Z".to_owned()
        } else {
            let sign = if seconds < 0 { '-' } else { '+' };
            format!("{sign}{:02}:{:02}", seconds.abs() / 3_600, seconds.abs() % 3_600 / 60)
        };
        Ok(Some(format!("{text}{zone}")))
    })
}

fn last_day_of_month(call: &Arguments) -> Result<ArrayRef> {
    let times = instants(call, 0)?;
    let values = call.each_bigint(|row| {
        let next = times.clock(row).and_then(|clock| clock.date().with_day(1)?.checked_add_months(Months::new(1)));
        next.and_then(|next| next.pred_opt()?.and_hms_opt(0, 0, 0)).map(|last| units_of(last, 1)).transpose()
    })?;
    as_result(call, &values)
}

/// `5m`, `1.5h`, `2 days`.
fn parse_duration(call: &Arguments) -> Result<ArrayRef> {
    let texts = call.text(0)?;
    let values = call.each_bigint(|row| {
        let Some(text) = text_at(&texts, row) else { return Ok(None) };
        let split = text.find(|character: char| character.is_alphabetic()).unwrap_or(text.len());
        let unit = Unit::parse(text[split..].trim().trim_end_matches("ays"));
        match (text[..split].trim().parse::<f64>(), unit) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a duration saturates")]
            (Ok(count), Ok(Unit::Fixed(nanos))) => Ok(Some((count * nanos as f64).round() as i64)),
            _ => failure("INVALID_FUNCTION_ARGUMENT", &format!("duration is not a valid data duration string: {text}")),
        }
    })?;
    Ok(Arc::new(values.as_primitive::<Int64Type>().reinterpret_cast::<arrow::datatypes::DurationNanosecondType>()))
}

fn human_readable_seconds(call: &Arguments) -> Result<ArrayRef> {
    let seconds = call.double(0)?;
    call.each_text(|row| {
        let Some(seconds) = double_at(&seconds, row) else { return Ok(None) };
        #[expect(clippy::cast_possible_truncation, reason = "seconds of a double saturate")]
        let mut rest = seconds.abs().round() as i64;
        let mut parts = Vec::new();
        for (name, size) in [("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)] {
            let count = rest / size;
            rest %= size;
            if count > 0 || (size == 1 && parts.is_empty()) {
                parts.push(format!("{count} {name}{}", if count == 1 { "" } else { "s" }));
            }
        }
        Ok(Some(parts.join(", ")))
    })
}
