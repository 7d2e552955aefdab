//! Values as the two services print them: Athena as Trino casts to varchar, Timestream the same with nine digits of
//! seconds and without zones.

use std::fmt::Write as _;

use arrow::array::{Array, StructArray};
use chrono::{DateTime, FixedOffset, TimeZone, Utc};

use super::{
    cell::Cell,
    number::{java_double, java_float},
};
use crate::engine::{Service, SqlType};

/// Appends `cell`, a value of `sql_type`, to `out`.
pub(super) fn write(cell: &Cell<'_>, sql_type: &SqlType, service: Service, out: &mut String) {
    match cell {
        Cell::Null => out.push_str("null"),
        Cell::Boolean(value) => push(out, value),
        Cell::Integer(value) => push(out, value),
        Cell::Real(value) => out.push_str(&java_float(*value)),
        #[expect(clippy::cast_possible_truncation, reason = "a REAL has 32 bits")]
        Cell::Double(value) if *sql_type == SqlType::Real => out.push_str(&java_float(*value as f32)),
        Cell::Double(value) => out.push_str(&java_double(*value)),
        Cell::Decimal(text) => out.push_str(text),
        Cell::Text(text) => out.push_str(text),
        Cell::Bytes(bytes) => write_bytes(bytes, out),
        Cell::Instant { at, zone } => write_instant(*at, *zone, sql_type, service, out),
        Cell::Time(nanos) => write_clock(i128::from(*nanos), fraction_digits(sql_type, service), out),
        Cell::Interval { months, nanos } => write_interval(*months, *nanos, sql_type, service, out),
        Cell::List(items) => write_list(items.as_ref(), sql_type, service, out),
        Cell::Row(row, index) => write_row(row, *index, sql_type, service, out),
        Cell::Map(entries) => write_map(entries, sql_type, service, out),
        Cell::Unsupported(data_type) => push(out, data_type),
    }
}

fn push(out: &mut String, value: impl std::fmt::Display) {
    // Writing to a String cannot fail.
    let _ = write!(out, "{value}");
}

/// Pairs of hexadecimal digits, apart from each other.
fn write_bytes(bytes: &[u8], out: &mut String) {
    for (index, byte) in bytes.iter().enumerate() {
        push(out, format_args!("{}{byte:02x}", if index == 0 { "" } else { " " }));
    }
}

fn fraction_digits(sql_type: &SqlType, service: Service) -> usize {
    match (service, sql_type) {
        (Service::Timestream, _) => 9,
        (_, SqlType::Timestamp { precision } | SqlType::TimestampWithTimeZone { precision }) => {
            usize::from(*precision).min(9)
        }
        _ => 3,
    }
}

fn write_instant(at: DateTime<Utc>, zone: Option<&str>, sql_type: &SqlType, service: Service, out: &mut String) {
    if *sql_type == SqlType::Date {
        return push(out, at.format("%Y-%m-%d"));
    }
    let zoned = service == Service::Athena && matches!(sql_type, SqlType::TimestampWithTimeZone { .. });
    let (local, name) = match zone {
        Some(zone) if zoned => in_zone(at, zone),
        _ => (at.naive_utc(), "UTC"),
    };
    let digits = fraction_digits(sql_type, service);
    push(out, local.format("%Y-%m-%d %H:%M:%S"));
    write_fraction(i128::from(at.timestamp_subsec_nanos()), digits, out);
    if zoned {
        push(out, format_args!(" {name}"));
    }
}

/// The local time in a zone, and the zone's name as Trino prints it.
fn in_zone(at: DateTime<Utc>, zone: &str) -> (chrono::NaiveDateTime, &str) {
    if let Ok(zone) = zone.parse::<chrono_tz::Tz>() {
        let name = if zone.name() == "Etc/UTC" { "UTC" } else { zone.name() };
        return (zone.from_utc_datetime(&at.naive_utc()).naive_local(), name);
    }
    match zone.parse::<FixedOffset>() {
        Ok(offset) if offset.local_minus_utc() != 0 => (at.with_timezone(&offset).naive_local(), zone),
        _ => (at.naive_utc(), "UTC"),
    }
}

fn write_fraction(nanos: i128, digits: usize, out: &mut String) {
    if let Some(fraction) = format!("{nanos:09}").get(..digits).filter(|fraction| !fraction.is_empty()) {
        push(out, format_args!(".{fraction}"));
    }
}

/// `HH:MM:SS.fff` of non-negative nanoseconds; more than a day stays in the hours.
fn write_clock(nanos: i128, digits: usize, out: &mut String) {
    let seconds = nanos / 1_000_000_000;
    push(out, format_args!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60));
    write_fraction(nanos % 1_000_000_000, digits, out);
}

fn write_interval(months: i32, nanos: i128, sql_type: &SqlType, service: Service, out: &mut String) {
    const DAY: i128 = 86_400_000_000_000;
    if *sql_type == SqlType::IntervalYearToMonth || (months != 0 && nanos == 0) {
        let sign = if months < 0 { "-" } else { "" };
        return push(out, format_args!("{sign}{}-{}", months.abs() / 12, months.abs() % 12));
    }
    push(out, format_args!("{}{} ", if nanos < 0 { "-" } else { "" }, nanos.abs() / DAY));
    write_clock(nanos.abs() % DAY, fraction_digits(sql_type, service), out);
}

fn write_list(items: &dyn Array, sql_type: &SqlType, service: Service, out: &mut String) {
    let item_type = match sql_type {
        SqlType::Array(item) => (**item).clone(),
        SqlType::TimeSeries(value) => time_series_point(value),
        _ => SqlType::Unknown,
    };
    out.push('[');
    for row in 0..items.len() {
        out.push_str(if row == 0 { "" } else { ", " });
        write(&Cell::read(items, row), &item_type, service, out);
    }
    out.push(']');
}

/// A TIMESERIES is a list of these.
pub(super) fn time_series_point(value: &SqlType) -> SqlType {
    SqlType::Row(vec![
        (Some("time".to_owned()), SqlType::Timestamp { precision: 9 }),
        (Some("value".to_owned()), value.clone()),
    ])
}

fn write_row(row: &StructArray, index: usize, sql_type: &SqlType, service: Service, out: &mut String) {
    let fields = match sql_type {
        SqlType::Row(fields) => fields.as_slice(),
        _ => &[],
    };
    out.push('{');
    for (position, (column, name)) in row.columns().iter().zip(row.column_names()).enumerate() {
        let (declared, field_type) = match fields.get(position) {
            Some((name, field_type)) => (name.as_deref(), field_type),
            None => (Some(name), &SqlType::Unknown),
        };
        out.push_str(if position == 0 { "" } else { ", " });
        match declared {
            Some(name) => push(out, format_args!("{name}=")),
            None => push(out, format_args!("field{position}=")),
        }
        write(&Cell::read(column.as_ref(), index), field_type, service, out);
    }
    out.push('}');
}

fn write_map(entries: &StructArray, sql_type: &SqlType, service: Service, out: &mut String) {
    let (key_type, value_type) = match sql_type {
        SqlType::Map(key, value) => (&**key, &**value),
        _ => (&SqlType::Unknown, &SqlType::Unknown),
    };
    out.push('{');
    if let [keys, values] = entries.columns() {
        for row in 0..entries.len() {
            out.push_str(if row == 0 { "" } else { ", " });
            write(&Cell::read(keys.as_ref(), row), key_type, service, out);
            out.push('=');
            write(&Cell::read(values.as_ref(), row), value_type, service, out);
        }
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(cell: &Cell<'_>, sql_type: &SqlType, service: Service) -> String {
        let mut text = String::new();
        write(cell, sql_type, service, &mut text);
        text
    }

    #[test]
    fn instants_print_by_precision_and_zone() {
        let zoned = SqlType::TimestampWithTimeZone { precision: 3 };
        let plain = |precision| SqlType::Timestamp { precision };
        for (zone, sql_type, athena, timestream) in [
            (None, plain(3), "2026-07-01 12:00:00.123", "2026-07-01 12:00:00.123456789"),
            (None, plain(0), "2026-07-01 12:00:00", "2026-07-01 12:00:00.123456789"),
            (None, plain(6), "2026-07-01 12:00:00.123456", "2026-07-01 12:00:00.123456789"),
            (Some("UTC"), zoned.clone(), "2026-07-01 12:00:00.123 UTC", "2026-07-01 12:00:00.123456789"),
            (Some("+00:00"), zoned.clone(), "2026-07-01 12:00:00.123 UTC", "2026-07-01 12:00:00.123456789"),
            (
                Some("Europe/London"),
                zoned.clone(),
                "2026-07-01 13:00:00.123 Europe/London",
                "2026-07-01 12:00:00.123456789",
            ),
            (Some("-05:30"), zoned, "2026-07-01 06:30:00.123 -05:30", "2026-07-01 12:00:00.123456789"),
            (None, SqlType::Date, "2026-07-01", "2026-07-01"),
        ] {
            let at = DateTime::from_timestamp_nanos(1_782_907_200_123_456_789);
            let cell = Cell::Instant { at, zone };
            assert_eq!(print(&cell, &sql_type, Service::Athena), athena);
            assert_eq!(print(&cell, &sql_type, Service::Timestream), timestream);
        }
    }

    #[test]
    fn intervals_print_with_their_sign() {
        let day = SqlType::IntervalDayToSecond;
        let month = SqlType::IntervalYearToMonth;
        for (months, nanos, sql_type, expected) in [
            (0, 90_061_001_000_000, &day, "1 01:01:01.001"),
            (0, -1_500_000_000, &day, "-0 00:00:01.500"),
            (0, 0, &day, "0 00:00:00.000"),
            (14, 0, &month, "1-2"),
            (-1, 0, &month, "-0-1"),
            (0, 0, &month, "0-0"),
        ] {
            assert_eq!(print(&Cell::Interval { months, nanos }, sql_type, Service::Athena), expected);
        }
    }

    #[test]
    fn a_real_of_a_double_array_keeps_its_own_digits() {
        assert_eq!(print(&Cell::Double(f64::from(0.1_f32)), &SqlType::Real, Service::Athena), "0.1");
        assert_eq!(print(&Cell::Bytes(&[0x00, 0xab]), &SqlType::Varbinary, Service::Athena), "00 ab");
        assert_eq!(print(&Cell::Null, &SqlType::Varchar, Service::Athena), "null");
    }
}
