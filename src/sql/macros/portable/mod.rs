//! The macros that mean the same on both legs: each becomes what its leg's engine calls it. Ranges are half-open, and
//! buckets begin at the same instants on both.

mod time;

#[cfg(test)]
mod tests;

use crate::{
    leg::Leg,
    sql::{
        dataset,
        macros::{
            definition::{Call, Kind, Macro, Wrong},
            names,
        },
    },
    time::format_interval,
};

pub(super) const MACROS: &[Macro] = &[
    Macro {
        name: "dataset",
        parameters: "(name)",
        example: "FROM $__dataset(contacts)",
        arguments: 1..=1,
        kind: Kind::Expression,
        expand: |call| {
            let scope = dataset::Scope {
                leg: call.context.leg,
                slice: call.context.slice,
                datasets: call.context.datasets,
                filters: call.context.filters,
                used: call.used,
            };
            Ok(dataset::expand(&names::bare(call.required(0)?), &scope)?)
        },
    },
    Macro {
        name: "timeFilter",
        parameters: "[(column)]",
        example: "WHERE $__timeFilter(enqueued_at)",
        arguments: 0..=1,
        kind: Kind::Expression,
        expand: |call| Ok(time::filter(call)?),
    },
    Macro {
        name: "timeGroup",
        parameters: "([column, ]interval[, zone])",
        example: "GROUP BY $__timeGroup(day, 'Europe/London')",
        arguments: 1..=3,
        kind: Kind::Expression,
        expand: |call| Ok(time::group(call)?),
    },
    Macro {
        name: "day",
        parameters: "[([column][, zone])]",
        example: "GROUP BY $__day('Europe/London')",
        arguments: 0..=2,
        kind: Kind::Expression,
        expand: |call| Ok(time::day(call)?),
    },
    Macro {
        name: "hourOfDay",
        parameters: "[([column][, zone])]",
        example: "GROUP BY $__hourOfDay(time, 'Europe/London')",
        arguments: 0..=2,
        kind: Kind::Expression,
        expand: |call| Ok(time::part(call, "hour")?),
    },
    Macro {
        name: "dayOfWeek",
        parameters: "[([column][, zone])]",
        example: "GROUP BY $__dayOfWeek(time, 'Europe/London')",
        arguments: 0..=2,
        kind: Kind::Expression,
        expand: |call| Ok(time::part(call, "day_of_week")?),
    },
    Macro {
        name: "from",
        parameters: "()",
        example: "WHERE enqueued_at >= $__from()",
        arguments: 0..=0,
        kind: Kind::Expression,
        expand: |call| Ok(time::literal(call, call.context.range.from)?),
    },
    Macro {
        name: "to",
        parameters: "()",
        example: "WHERE enqueued_at < $__to()",
        arguments: 0..=0,
        kind: Kind::Expression,
        expand: |call| Ok(time::literal(call, call.context.range.to)?),
    },
    Macro {
        name: "interval",
        parameters: "",
        example: "GROUP BY $__timeGroup($__interval)",
        arguments: 0..=0,
        kind: Kind::Value,
        expand: |call| Ok(format_interval(call.context.interval)),
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
        name: "secondsBetween",
        parameters: "(earlier, later)",
        example: "SELECT avg($__secondsBetween(enqueued_at, connected_at))",
        arguments: 2..=2,
        kind: Kind::Expression,
        expand: |call| Ok(time::seconds_between(call)?),
    },
    Macro {
        name: "percentile",
        parameters: "(expression, fraction)",
        example: "SELECT $__percentile(queue_seconds, 0.95)",
        arguments: 2..=2,
        kind: Kind::Expression,
        expand: percentile,
    },
    Macro {
        name: "distinct",
        parameters: "(expression)",
        example: "SELECT $__distinct(agent)",
        arguments: 1..=1,
        kind: Kind::Expression,
        expand: |call| Ok(format!("count(DISTINCT {})", call.required(0)?)),
    },
    Macro {
        name: "if",
        parameters: "(condition, then, else)",
        example: "SELECT sum($__if(queue_seconds < 20, 1, 0))",
        arguments: 3..=3,
        kind: Kind::Expression,
        expand: |call| {
            let (condition, then, otherwise) = (call.required(0)?, call.required(1)?, call.required(2)?);
            Ok(format!("CASE WHEN {condition} THEN {then} ELSE {otherwise} END"))
        },
    },
    Macro {
        name: "regex",
        parameters: "(expression, pattern)",
        example: "WHERE $__regex(queue, '^Sales')",
        arguments: 2..=2,
        kind: Kind::Expression,
        expand: |call| Ok(format!("regexp_like({}, {})", call.required(0)?, call.required(1)?)),
    },
];

/// Both engines approximate.
fn percentile(call: &Call<'_>) -> Result<String, Wrong> {
    let (expression, fraction) = (call.required(0)?, call.required(1)?);
    if fraction.parse().is_ok_and(|fraction: f64| !(0.0..=1.0).contains(&fraction)) {
        return Err(Wrong::Use(format!("takes a fraction between 0 and 1, not {fraction}")));
    }
    // An integer between 0 and 1 is a fraction as well, but not of the type that Timestream's function takes.
    let fraction = match (fraction, call.context.leg) {
        ("0" | "1", Leg::Historical) => format!("{fraction}.0E0"),
        ("0" | "1", Leg::Realtime) => format!("{fraction}.0"),
        _ => fraction.to_owned(),
    };
    Ok(format!("approx_percentile({expression}, {fraction})"))
}
