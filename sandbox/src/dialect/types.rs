//! The names of SQL types: reading them as `CAST` and literals write them, and writing them as the services do.

use std::fmt::Write;

use crate::engine::SqlType;

/// Reads a type as Trino and Timestream write it, such as `array(row(x bigint, y decimal(10,2)))`.
///
/// # Errors
///
/// The name that is not a type's.
pub fn parse(text: &str) -> Result<SqlType, String> {
    let text = text.trim();
    let (name, arguments) = match text.find('(') {
        Some(open) => {
            let close = text.rfind(')').filter(|close| *close > open).ok_or_else(|| text.to_owned())?;
            let name = format!("{}{}", text[..open].trim(), &text[close + 1..]);
            (name, split(&text[open + 1..close]))
        }
        None => (text.to_owned(), Vec::new()),
    };
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let number = |position: usize, default: u8| match arguments.get(position) {
        Some(digits) => digits.trim().parse::<u8>().map_err(|_| text.to_owned()),
        None => Ok(default),
    };
    let nested = |position: usize| match arguments.get(position) {
        Some(of) => parse(of).map(Box::new),
        None => Err(text.to_owned()),
    };
    Ok(match name.as_str() {
        "unknown" => SqlType::Unknown,
        "boolean" => SqlType::Boolean,
        "tinyint" => SqlType::Tinyint,
        "smallint" => SqlType::Smallint,
        "integer" | "int" => SqlType::Integer,
        "bigint" => SqlType::Bigint,
        "real" | "float" => SqlType::Real,
        "double" | "double precision" => SqlType::Double,
        "decimal" | "numeric" => SqlType::Decimal {
            precision: number(0, 38)?,
            scale: i8::try_from(number(1, 0)?).map_err(|_| text.to_owned())?,
        },
        "varchar" | "string" => SqlType::Varchar,
        "char" => SqlType::Char,
        "varbinary" => SqlType::Varbinary,
        "json" => SqlType::Json,
        "uuid" => SqlType::Uuid,
        "ipaddress" => SqlType::IpAddress,
        "date" => SqlType::Date,
        "time" => SqlType::Time,
        "timestamp" => SqlType::Timestamp { precision: number(0, 3)? },
        "timestamp with time zone" => SqlType::TimestampWithTimeZone { precision: number(0, 3)? },
        "interval day to second" => SqlType::IntervalDayToSecond,
        "interval year to month" => SqlType::IntervalYearToMonth,
        "array" => SqlType::Array(nested(0)?),
        "timeseries" => SqlType::TimeSeries(nested(0)?),
        "map" => SqlType::Map(nested(0)?, nested(1)?),
        "row" => SqlType::Row(arguments.iter().map(|field| parse_field(field)).collect::<Result<_, _>>()?),
        _ => return Err(text.to_owned()),
    })
}

/// A row's field: a name and a type, or a type alone.
fn parse_field(text: &str) -> Result<(Option<String>, SqlType), String> {
    let text = text.trim();
    if let Some((name, rest)) = text.split_once(char::is_whitespace)
        && let Ok(sql_type) = parse(rest)
    {
        return Ok((Some(name.trim_matches('"').to_lowercase()), sql_type));
    }
    Ok((None, parse(text)?))
}

/// Splits at the commas that are not in parentheses.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (position, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..position]);
                start = position + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// The type as Trino's `typeof` and `DESCRIBE` write it.
#[must_use]
pub fn name(sql_type: &SqlType) -> String {
    match sql_type {
        SqlType::Unknown => "unknown".to_owned(),
        SqlType::Boolean => "boolean".to_owned(),
        SqlType::Tinyint => "tinyint".to_owned(),
        SqlType::Smallint => "smallint".to_owned(),
        SqlType::Integer => "integer".to_owned(),
        SqlType::Bigint => "bigint".to_owned(),
        SqlType::Real => "real".to_owned(),
        SqlType::Double => "double".to_owned(),
        SqlType::Decimal { precision, scale } => format!("decimal({precision},{scale})"),
        SqlType::Char => "char".to_owned(),
        SqlType::Varchar => "varchar".to_owned(),
        SqlType::Varbinary => "varbinary".to_owned(),
        SqlType::Json => "json".to_owned(),
        SqlType::Uuid => "uuid".to_owned(),
        SqlType::IpAddress => "ipaddress".to_owned(),
        SqlType::Date => "date".to_owned(),
        SqlType::Time => "time".to_owned(),
        SqlType::Timestamp { precision } => format!("timestamp({precision})"),
        SqlType::TimestampWithTimeZone { precision } => format!("timestamp({precision}) with time zone"),
        SqlType::IntervalDayToSecond => "interval day to second".to_owned(),
        SqlType::IntervalYearToMonth => "interval year to month".to_owned(),
        SqlType::Array(of) => format!("array({})", name(of)),
        SqlType::TimeSeries(of) => format!("timeseries({})", name(of)),
        SqlType::Map(key, value) => format!("map({}, {})", name(key), name(value)),
        SqlType::Row(fields) => {
            let mut text = "row(".to_owned();
            for (position, (field, of)) in fields.iter().enumerate() {
                let separator = if position == 0 { "" } else { ", " };
                let field = field.as_ref().map_or_else(String::new, |field| format!("{field} "));
                // Writing to a string cannot fail.
                let _ = write!(text, "{separator}{field}{}", name(of));
            }
            text.push(')');
            text
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_written_as_it_is_read() {
        for text in [
            "bigint",
            "decimal(10,2)",
            "timestamp(3) with time zone",
            "array(row(x bigint, y array(varchar)))",
            "map(varchar, row(double, a timestamp(9)))",
            "interval day to second",
            "timeseries(double)",
        ] {
            assert_eq!(parse(text).map(|parsed| name(&parsed)), Ok(text.to_owned()));
        }
    }

    #[test]
    fn other_spellings_mean_the_same() {
        for (text, meaning) in [
            ("INT", "integer"),
            ("varchar(10)", "varchar"),
            ("TIMESTAMP WITH TIME ZONE", "timestamp(3) with time zone"),
            ("timestamp ( 6 )", "timestamp(6)"),
            ("ROW( \"A\" INTEGER )", "row(a integer)"),
        ] {
            assert_eq!(parse(text).map(|parsed| name(&parsed)), Ok(meaning.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_type_is_an_error() {
        for text in ["strin", "array", "array(", "decimal(x)", "map(varchar)", ""] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
