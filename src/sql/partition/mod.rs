//! Which partitions hold what arrived around a time range: the least that an Athena statement has to read.
//!
//! `year BETWEEN .. AND month BETWEEN ..` is wrong across the ends of months. What is right is a level cover: the hours at
//! both ends of the range, the whole days, months and years in between, each a term of its own; at most seven.

mod cover;

#[cfg(test)]
mod tests;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;

pub use self::cover::{Cover, Level, Term};

use crate::{
    dataset::{PartitionStyle, PartitionValues, Partitions},
    sql::{literal, macros::pattern, zone},
    time::TimeRange,
};

/// What no row satisfies.
const NOTHING: &str = "1 = 0";

/// The condition on the partition columns that every row with an event time in `range` satisfies: exact to the finest
/// column, but for an hour at most where clocks change. Without a partition that could hold one, a condition that nothing
/// satisfies.
#[must_use]
pub fn predicate(partitions: &Partitions, range: TimeRange) -> String {
    let zone = match partitions.style {
        PartitionStyle::Columns { zone, .. } | PartitionStyle::Projection { zone, .. } => zone,
    };
    let Some((first, last)) = arrival(partitions, range, zone) else {
        return NOTHING.to_owned();
    };
    match &partitions.style {
        PartitionStyle::Columns { columns, values, .. } => {
            let cover = Cover::new(first, last, columns.len());
            written(&cover, columns, *values)
        }
        PartitionStyle::Projection { column, format, .. } => projected(column, format, first, last),
    }
}

/// The first and the last wall time at which a row of `range` may have arrived, both included.
fn arrival(partitions: &Partitions, range: TimeRange, zone: Tz) -> Option<(NaiveDateTime, NaiveDateTime)> {
    if range.from >= range.to {
        return None;
    }
    let lag = |lag| TimeDelta::from_std(lag).unwrap_or(TimeDelta::MAX);
    let from = range.from.checked_sub_signed(lag(partitions.arrival_lag_before)).unwrap_or(DateTime::<Utc>::MIN_UTC);
    let to = range.to.checked_add_signed(lag(partitions.arrival_lag_after)).unwrap_or(DateTime::<Utc>::MAX_UTC);
    let last = to.checked_sub_signed(TimeDelta::nanoseconds(1))?;
    let (first, last) = zone::wall_hull(zone, from, last);
    let (begin, end) = cover::bounds();
    (first <= end && last >= begin).then(|| (first.max(begin), last.min(end)))
}

/// One column of text that sorts as time does.
fn projected(column: &str, format: &str, first: NaiveDateTime, last: NaiveDateTime) -> String {
    let column = literal::identifier(column);
    let text = |at: NaiveDateTime| pattern::format(at.and_utc(), format).map(|text| literal::text(&text));
    match (text(first), text(last)) {
        (Ok(first), Ok(last)) if first == last => format!("{column} = {first}"),
        (Ok(first), Ok(last)) => format!("{column} BETWEEN {first} AND {last}"),
        // Settings refuse such a format; without it, reading everything is slow and right.
        _ => "1 = 1".to_owned(),
    }
}

/// The cover over these columns; and where it has several terms, each column's values once more by themselves, for engines
/// that prune column by column.
fn written(cover: &Cover, columns: &[String], values: PartitionValues) -> String {
    let column = |level: Level, of: &[u32]| {
        let name = columns.get(level.index()).map(String::as_str).unwrap_or_default();
        one_of(&literal::identifier(name), level, of, values)
    };
    let term = |term: &Term| {
        let prefix = term.prefix.iter().zip(Level::ALL).map(|(value, level)| column(level, &[*value]));
        let last = term.last.map(|(level, from, to)| column(level, &(from..=to).collect::<Vec<_>>()));
        prefix.chain(last).collect::<Vec<_>>().join(" AND ")
    };
    match cover.terms.as_slice() {
        [only] => term(only),
        terms => {
            let alternatives: Vec<String> = terms.iter().map(|one| format!("({})", term(one))).collect();
            let mut conditions = vec![format!("({})", alternatives.join(" OR "))];
            for (_, level) in columns.iter().zip(Level::ALL) {
                if let Some(values) = cover.values(level) {
                    conditions.push(column(level, &values));
                }
            }
            conditions.join(" AND ")
        }
    }
}

/// `column` is one of `of`, which ascend.
fn one_of(column: &str, level: Level, of: &[u32], values: PartitionValues) -> String {
    let width = if level == Level::Year { 4 } else { 2 };
    let value = |value: u32| match values {
        PartitionValues::PaddedText => format!("'{value:0width$}'"),
        PartitionValues::Text => format!("'{value}'"),
        PartitionValues::Integer => value.to_string(),
    };
    // Text without padding does not sort as numbers do, but for years, which all have four digits.
    let sorts = values != PartitionValues::Text || level == Level::Year;
    let run = of.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    match of {
        [only] => format!("{column} = {}", value(*only)),
        [first, _, .., last] if sorts && run => format!("{column} BETWEEN {} AND {}", value(*first), value(*last)),
        _ => format!("{column} IN ({})", of.iter().map(|one| value(*one)).collect::<Vec<_>>().join(", ")),
    }
}
