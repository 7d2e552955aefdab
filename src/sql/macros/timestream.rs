//! The macros of the real-time leg: those of Grafana's official Timestream data source.
//!
//! Times are milliseconds since the epoch, the start rounded down and the end rounded up, so that no row of the range is
//! lost; both ends are included, as there.

use crate::sql::macros::definition::{Call, Kind, Macro, chosen};

pub(super) const MACROS: &[Macro] = &[
    Macro {
        name: "timeFilter",
        parameters: "[(column)]",
        example: "WHERE $__timeFilter",
        arguments: 0..=1,
        kind: Kind::Expression,
        expand: |call| Ok(time_filter(call)),
    },
    Macro {
        name: "timeFrom",
        parameters: "",
        example: "WHERE time >= from_milliseconds($__timeFrom)",
        arguments: 0..=0,
        kind: Kind::Value,
        expand: |call| Ok(call.context.range.from_millis().to_string()),
    },
    Macro {
        name: "timeTo",
        parameters: "",
        example: "WHERE time < from_milliseconds($__timeTo)",
        arguments: 0..=0,
        kind: Kind::Value,
        expand: |call| Ok(call.context.range.to_millis().to_string()),
    },
    Macro {
        name: "now_ms",
        parameters: "",
        example: "WHERE time < from_milliseconds($__now_ms)",
        arguments: 0..=0,
        kind: Kind::Value,
        expand: |call| Ok(call.context.now.timestamp_millis().to_string()),
    },
    Macro {
        name: "interval",
        parameters: "",
        example: "GROUP BY bin(time, $__interval)",
        arguments: 0..=0,
        kind: Kind::Value,
        expand: |call| Ok(duration(call)),
    },
    Macro {
        name: "interval_ms",
        parameters: "",
        example: "GROUP BY bin(time, $__interval_ms)",
        arguments: 0..=0,
        kind: Kind::Value,
        expand: |call| Ok(duration(call)),
    },
    Macro {
        name: "interval_raw_ms",
        parameters: "",
        example: "SELECT sum(calls) * 1000.0 / $__interval_raw_ms",
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
                "has no value: choose a database in the query, or set realtime.database in the data source",
            )
        },
    },
    Macro {
        name: "table",
        parameters: "",
        example: "FROM $__database.$__table",
        arguments: 0..=0,
        kind: Kind::Name,
        expand: |call| {
            chosen(
                call.context.table,
                "has no value: choose a table in the query, or set realtime.table in the data source",
            )
        },
    },
    Macro {
        name: "measure",
        parameters: "",
        example: "WHERE measure_name = '$__measure'",
        arguments: 0..=0,
        kind: Kind::Name,
        expand: |call| {
            chosen(
                call.context.measure,
                "has no value: choose a measure in the query, or set realtime.measure in the data source",
            )
        },
    },
];

/// The column of a table's time is always `time`, unless the query names another.
fn time_filter(call: &Call<'_>) -> String {
    let column = call.argument(0).unwrap_or("time");
    let (from, to) = (call.context.range.from_millis(), call.context.range.to_millis());
    format!("{column} BETWEEN from_milliseconds({from}) AND from_milliseconds({to})")
}

/// A duration literal of Timestream's.
fn duration(call: &Call<'_>) -> String {
    format!("{}ms", call.interval_millis())
}
