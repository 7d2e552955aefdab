//! Ad-hoc filters, and what they mean for a row, in plain Rust.

use proptest::{collection::vec, prelude::*, sample::select};
use switchboard::sql::filter::{Filter, FilterOperator};

use crate::world::Row;

/// A filter and what it lets through.
#[derive(Debug, Clone)]
pub struct Picked {
    pub filter: Filter,
    pub keeps: fn(&Row) -> bool,
}

fn picked(column: &str, operator: FilterOperator, values: &[&str], keeps: fn(&Row) -> bool) -> Picked {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    Picked { filter: Filter { dataset: None, column: column.to_owned(), operator, values }, keeps }
}

/// Mostly none.
pub fn filters() -> impl Strategy<Value = Vec<Picked>> {
    use FilterOperator::{AtLeast, AtMost, Equal, Greater, Less, Matches, NotEqual, NotMatches, NotOneOf, OneOf};
    let one = select(vec![
        picked("queue", Equal, &["Sales"], |row| row.facts.queue == Some("Sales")),
        picked("queue", Equal, &["Billing's"], |row| row.facts.queue == Some("Billing's")),
        picked("queue", NotEqual, &["Sales"], |row| row.facts.queue != Some("Sales")),
        picked("queue", NotMatches, &["^S"], |row| !row.facts.queue.is_some_and(|queue| queue.starts_with('S'))),
        picked("channel", NotEqual, &["CHAT"], |row| row.facts.channel != "CHAT"),
        picked("channel", OneOf, &["CHAT", "TASK"], |row| ["CHAT", "TASK"].contains(&row.facts.channel)),
        picked("channel", NotOneOf, &["CHAT", "TASK"], |row| row.facts.channel == "VOICE"),
        picked("queue", Matches, &["^S"], |row| row.facts.queue.is_some_and(|queue| queue.starts_with('S'))),
        picked("channel", NotMatches, &["A"], |row| !row.facts.channel.contains('A')),
        picked("wait", Greater, &["20"], |row| row.facts.wait.is_some_and(|wait| wait > 20)),
        picked("wait", Less, &["20"], |row| row.facts.wait.is_some_and(|wait| wait < 20)),
        picked("wait", AtLeast, &["20"], |row| row.facts.wait.is_some_and(|wait| wait >= 20)),
        picked("wait", AtMost, &["20"], |row| row.facts.wait.is_some_and(|wait| wait <= 20)),
        picked("score", Greater, &["10.5"], |row| row.facts.score.is_some_and(|score| score > 10.5)),
        picked("flag", Equal, &["true"], |row| row.facts.flag == Some(true)),
    ]);
    prop_oneof![4 => Just(Vec::new()), 1 => vec(one, 1..3)]
}
