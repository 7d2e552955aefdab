//! The macros of the historical leg: those of Grafana's official Athena data source.
//!
//! Times are UTC timestamps of whole seconds, or of milliseconds where the range has them: the start rounds down and the
//! end up, so that no row of the range is lost; both ends are included, as there.

use chrono::{DateTime, Datelike, Utc};

use crate::{
    sql::{
        excerpt, literal,
        macros::{
            definition::{Call, Kind, Macro, chosen},
            names, pattern,
        },
        token::{self, TokenKind},
    },
    time,
};

pub(super) const MACROS: &[Macro] = &[
    Macro {
        name: "timeFilter",
        parameters: "[(column[, format])]",
        example: "WHERE $__timeFilter(started_at)",
        arguments: 0..=2,
        kind: Kind::Expression,
        expand: |call| Ok(time_filter(call)?),
    },
    Macro {
        name: "dateFilter",
        parameters: "(column)",
        example: "WHERE $__dateFilter(day)",
        arguments: 1..=1,
        kind: Kind::Expression,
        expand: |call| Ok(date_filter(call)?),
    },
    Macro {
        name: "unixEpochFilter",
        parameters: "(column)",
        example: "WHERE $__unixEpochFilter(epoch_seconds)",
        arguments: 1..=1,
        kind: Kind::Expression,
        expand: |call| Ok(unix_epoch_filter(call)?),
    },
    Macro {
        name: "timeGroup",
        parameters: "(column, interval[, format])",
        example: "GROUP BY $__timeGroup(started_at, '5m')",
        arguments: 2..=3,
        kind: Kind::Expression,
        expand: |call| {
            let column = timestamp(call.required(0)?, call.argument(2));
            Ok(group(&format!("TO_UNIXTIME({column})"), call.required(1)?)?)
        },
    },
    Macro {
        name: "unixEpochGroup",
        parameters: "(column, interval)",
        example: "GROUP BY $__unixEpochGroup(epoch_seconds, '5m')",
        arguments: 2..=2,
        kind: Kind::Expression,
        expand: |call| Ok(group(&literal::operand(call.required(0)?), call.required(1)?)?),
    },
    Macro {
        name: "parseTime",
        parameters: "(column[, format])",
        example: "SELECT $__parseTime(started_at, 'yyyy-MM-dd''T''HH:mm:ssZ')",
        arguments: 1..=2,
        kind: Kind::Expression,
        expand: |call| Ok(timestamp(call.required(0)?, Some(call.argument(1).unwrap_or(DEFAULT_FORMAT)))),
    },
    Macro {
        name: "timeFrom",
        parameters: "()",
        example: "WHERE started_at >= $__timeFrom()",
        arguments: 0..=0,
        kind: Kind::Expression,
        expand: |call| Ok(range(call)?.0),
    },
    Macro {
        name: "timeTo",
        parameters: "()",
        example: "WHERE started_at <= $__timeTo()",
        arguments: 0..=0,
        kind: Kind::Expression,
        expand: |call| Ok(range(call)?.1),
    },
    Macro {
        name: "rawTimeFrom",
        parameters: "[(format)]",
        example: "WHERE datehour >= $__rawTimeFrom('yyyy/MM/dd/HH')",
        arguments: 0..=1,
        kind: Kind::Expression,
        expand: |call| Ok(raw_time(call, call.context.range.from)?),
    },
    Macro {
        name: "rawTimeTo",
        parameters: "[(format)]",
        example: "WHERE datehour <= $__rawTimeTo('yyyy/MM/dd/HH')",
        arguments: 0..=1,
        kind: Kind::Expression,
        expand: |call| Ok(raw_time(call, call.context.range.to)?),
    },
    Macro {
        name: "interval",
        parameters: "",
        example: "GROUP BY $__timeGroup(started_at, '$__interval')",
        arguments: 0..=0,
        kind: Kind::Value,
        expand: |call| Ok(time::format_interval(call.context.interval)),
    },
    Macro {
        name: "interval_ms",
        parameters: "",
        example: "SELECT count(*) * 1000.0 / $__interval_ms",
        arguments: 0..=0,
        kind: Kind::Value,
        expand: |call| Ok(call.interval_millis().to_string()),
    },
    Macro {
        name: "database",
        parameters: "",
        example: "FROM $__database.$__table",
        arguments: 0..=0,
        kind: Kind::Name,
        expand: |call| {
            chosen(
                call.context.database,
                "has no value: choose a database in the query, or set historical.database in the data source",
            )
        },
    },
    Macro {
        name: "table",
        parameters: "",
        example: "FROM $__table",
        arguments: 0..=0,
        kind: Kind::Name,
        expand: |call| chosen(call.context.table, "has no value: choose a table in the query"),
    },
    Macro {
        name: "column",
        parameters: "",
        example: "WHERE $__timeFilter($__column)",
        arguments: 0..=0,
        kind: Kind::Name,
        expand: |call| chosen(call.context.column, "has no value: choose a column in the query"),
    },
];

/// The format that the official data source calls its default, as it stands in SQL.
const DEFAULT_FORMAT: &str = "'yyyy-MM-dd HH:mm:ss'";

/// `column` as a timestamp: as it is, or read by `format`.
///
/// For the default format the official data source writes `TIMESTAMP column`, which Trino takes for a literal only; a
/// cast says the same and runs for columns too.
fn timestamp(column: &str, format: Option<&str>) -> String {
    match format {
        None => column.to_owned(),
        Some(DEFAULT_FORMAT) if string_literal(column).is_some() => format!("TIMESTAMP {column}"),
        Some(DEFAULT_FORMAT) => format!("CAST({column} AS TIMESTAMP)"),
        Some(format) => format!("parse_datetime({column},{format})"),
    }
}

/// What `text` says, if it is one string literal.
fn string_literal(text: &str) -> Option<String> {
    match token::tokenize(text).ok()?.as_slice() {
        [only] if only.kind == TokenKind::String => Some(names::bare(only.text)),
        _ => None,
    }
}

/// Both ends of the range as timestamp literals.
fn range(call: &Call<'_>) -> Result<(String, String), String> {
    let range = call.context.range;
    let literal = |millis: i64| {
        let at = DateTime::from_timestamp_millis(millis)
            .filter(|at| (1..=9999).contains(&at.year()))
            .ok_or("cannot write a time outside the years 1 to 9999, which the panel's time range reaches")?;
        let format = if at.timestamp_subsec_millis() == 0 { "%Y-%m-%d %H:%M:%S" } else { "%Y-%m-%d %H:%M:%S%.3f" };
        Ok::<_, String>(format!("TIMESTAMP '{}'", at.format(format)))
    };
    Ok((literal(range.from_millis())?, literal(range.to_millis())?))
}

/// Bare, it filters the query's column, else `time`.
fn time_filter(call: &Call<'_>) -> Result<String, String> {
    let column = match (call.argument(0), chosen(call.context.column, "")) {
        (Some(argument), _) => argument.to_owned(),
        (None, Ok(chosen)) => names::identifier(&chosen, call.context.leg, '"'),
        (None, Err(_)) => "time".to_owned(),
    };
    let (from, to) = range(call)?;
    Ok(format!("{} BETWEEN {from} AND {to}", timestamp(&column, call.argument(1))))
}

/// Whole UTC days, those of both ends included.
fn date_filter(call: &Call<'_>) -> Result<String, String> {
    let range = call.context.range;
    let day = |at: DateTime<Utc>| at.format("%Y-%m-%d").to_string();
    Ok(format!("{} BETWEEN date '{}' AND date '{}'", call.required(0)?, day(range.from), day(range.to)))
}

/// Whole seconds: the start rounds down and the end up.
fn unix_epoch_filter(call: &Call<'_>) -> Result<String, String> {
    let range = call.context.range;
    Ok(format!("{} BETWEEN {} AND {}", call.required(0)?, range.from_seconds(), range.to_seconds()))
}

/// The start of the bucket that `seconds`, an expression in seconds since the epoch, falls into.
fn group(seconds: &str, interval: &str) -> Result<String, String> {
    // Panels write '5m', and 5m where Grafana has replaced $__interval.
    let text = string_literal(interval).unwrap_or_else(|| names::bare(interval));
    let interval = time::parse_interval(&text).map_err(|error| format!("cannot use its interval: {error}"))?;
    let millis = interval.as_millis();
    Ok(if millis.is_multiple_of(1_000) {
        let width = millis / 1_000;
        format!("FROM_UNIXTIME(FLOOR({seconds}/{width})*{width})")
    } else {
        // Rounded to whole milliseconds first: 0.1 s has no exact double, and may else fall into the bucket before.
        format!("FROM_UNIXTIME(FLOOR(ROUND({seconds}*1000)/{millis})*{millis}/1e3)")
    })
}

/// An end of the range as a quoted text. What the format does not name is cut off at both ends.
fn raw_time(call: &Call<'_>, at: DateTime<Utc>) -> Result<String, String> {
    let format = call.argument(0).unwrap_or(DEFAULT_FORMAT);
    let Some(format) = string_literal(format) else {
        return Err(format!("needs its format as one text in single quotes, not {}", excerpt(format)));
    };
    Ok(format!("'{}'", pattern::format(at, &format)?.replace('\'', "''")))
}
