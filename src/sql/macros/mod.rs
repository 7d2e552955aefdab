//! Macros: what `$__timeFilter(time)` and its like mean, per leg.
//!
//! Each leg has the macros of its official Grafana data source, so that a panel moved over keeps its meaning, with three
//! differences: times are UTC always, numbers are always whole, and text is never replaced where it is not SQL.
//!
//! - **Comments** are left as they are.
//! - **Strings and quoted identifiers** are left as they are too, but for macros that stand for a plain value: dashboards
//!   in the wild write `"$__database"."$__table"` and `measure_name = '$__measure'`. Such a value is put there with its
//!   quotes doubled, so it cannot end the text it stands in.
//! - **Arguments** may hold commas and parentheses in strings, calls and further macros.
//!
//! `$__name` and `${__name}` mean the same; the second form joins with what follows (`"${__table}_hourly"`).
//! A new macro is one more entry in the table of its leg, [`athena`] or [`timestream`].
//!
//! Beside these there are the [`portable`] ones, which mean the same on both legs. A statement that reads a `$__dataset`
//! knows a name as theirs first, any other as its leg's first.

mod athena;
mod definition;
mod expander;
pub(in crate::sql) mod names;
mod number;
pub(in crate::sql) mod pattern;
mod portable;
mod step;
mod timestream;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use self::step::bucket_width;

use chrono::{DateTime, Utc};

use crate::{
    dataset::Dataset,
    error::Result,
    leg::Leg,
    sql::{
        filter::Filter,
        macros::expander::{Expander, macro_name},
        token::{self, Token, TokenKind},
    },
    time::TimeRange,
};

/// What macros expand from.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Whose dialect.
    pub leg: Leg,
    /// The panel's time range.
    pub range: TimeRange,
    /// The instant the request arrived; Timestream's `$__now_ms`.
    pub now: DateTime<Utc>,
    /// Grafana's suggestion for the bucket width; taken in whole milliseconds, at least one.
    pub interval: Duration,
    /// The query's database, else the data source's default. An empty text counts as none, here and below.
    pub database: Option<&'a str>,
    /// The query's table, else the data source's default.
    pub table: Option<&'a str>,
    /// The query's column (Athena).
    pub column: Option<&'a str>,
    /// The query's measure, else the data source's default (Timestream).
    pub measure: Option<&'a str>,
    /// The part of the range that this text reads: what `$__dataset` and the portable `$__timeFilter` let through.
    pub slice: TimeRange,
    /// The datasets that `$__dataset` may name.
    pub datasets: &'a [Dataset],
    /// Ad-hoc filters, applied inside every `$__dataset`.
    pub filters: &'a [Filter],
}

/// Replaces the macros of `sql`; see the [module](self) for where. SQL without macros comes back unchanged.
///
/// # Errors
///
/// A macro that does not exist on this leg, or is misused: the error shows its signature and an example. A text whose
/// strings or comments are not closed.
pub fn expand(sql: &str, context: &Context<'_>) -> Result<String> {
    let tokens = token::tokenize(sql)?;
    Expander::new(context, &tokens).sql(&tokens)
}

/// Whether `sql` reads a dataset, and so means the same on both legs. What cannot be cut into tokens reads none.
#[must_use]
pub fn is_portable(sql: &str) -> bool {
    token::tokenize(sql).is_ok_and(|tokens| tokens.iter().any(is_dataset))
}

/// The macro `$__dataset`.
fn is_dataset(token: &Token<'_>) -> bool {
    token.kind == TokenKind::Macro && macro_name(token.text) == "dataset"
}

/// Every macro as JSON, for editors: `[{name, signature, example, portable, legs}]`; `legs` are those of whose own dialect it is, both
/// for a portable one.
#[must_use]
pub fn catalogue() -> serde_json::Value {
    let entry = |definition: &definition::Macro, portable: bool, legs: &[Leg]| {
        serde_json::json!({
            "name": format!("$__{}", definition.name),
            "signature": format!("$__{}{}", definition.name, definition.parameters),
            "example": definition.example,
            "portable": portable,
            "legs": legs,
        })
    };
    let portable = portable::MACROS.iter().map(|definition| entry(definition, true, &Leg::ALL));
    let own = Leg::ALL
        .into_iter()
        .flat_map(|leg| definition::native(leg).iter().map(move |definition| entry(definition, false, &[leg])));
    portable.chain(own).collect()
}
