//! Pieces of SQL on both sides: as a panel writes them, in logical columns and portable macros, and as the oracle is asked,
//! in Athena's SQL without any macro over columns that were worked out in Rust.

use proptest::{prelude::*, sample::select};

/// A piece of SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sql {
    pub panel: String,
    pub oracle: String,
}

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Panel,
    Oracle,
}

impl Sql {
    pub fn of(&self, side: Side) -> &str {
        match side {
            Side::Panel => &self.panel,
            Side::Oracle => &self.oracle,
        }
    }
}

/// The same on both sides.
pub fn same(sql: &str) -> Sql {
    both(sql, sql)
}

pub fn both(panel: &str, oracle: &str) -> Sql {
    Sql { panel: panel.to_owned(), oracle: oracle.to_owned() }
}

/// The start of the statement's bucket, worked out in Rust.
pub const BUCKET: &str = "bucket";
/// The hour of the event time in London.
pub const HOUR_OF_DAY: &str = "hour_of_day";
/// The day of the week of the event time in Kolkata.
pub const DAY_OF_WEEK: &str = "day_of_week_there";
/// Seconds from the event time to the answer.
pub const SECONDS: &str = "seconds_until_answer";
/// The day of the answer in New York.
pub const ANSWER_DAY: &str = "day_of_answer";

fn pick(pieces: Vec<Sql>) -> impl Strategy<Value = Sql> {
    select(pieces)
}

/// What decides about a row. `{from}` and `{to}` are the panel's range, `{interval}` is
/// Grafana's interval in milliseconds.
pub fn condition() -> impl Strategy<Value = Sql> {
    pick(vec![
        same("wait > 20"),
        same("wait BETWEEN 5 AND 60"),
        same("queue = 'Sales'"),
        same("queue <> 'Billing''s'"),
        same("queue IS NOT NULL"),
        same("channel IN ('VOICE', 'CHAT')"),
        same("queue LIKE '%p%' OR wait IS NULL"),
        same("NOT flag"),
        same("flag OR score > 10"),
        both("score > 12.5", "score > 12.5E0"),
        both("$__regex(queue, '^S')", "regexp_like(queue, '^S')"),
        both("$__timeFilter()", "true"),
        both("$__timeFilter(answered)", "(answered >= {from} AND answered < {to})"),
        both("time >= $__from() AND time < $__to()", "time >= {from} AND time < {to}"),
        both("$__hourOfDay(time, 'Europe/London') >= 9", &format!("{HOUR_OF_DAY} >= 9")),
        both("$__dayOfWeek(time, 'Asia/Kolkata') < 6", &format!("{DAY_OF_WEEK} < 6")),
        both("$__secondsBetween(time, answered) > 30", &format!("{SECONDS} > 30")),
    ])
}

/// What groups beside the time.
pub fn key() -> impl Strategy<Value = Sql> {
    pick(vec![
        same("queue"),
        same("queue"),
        same("channel"),
        same("flag"),
        same("upper(channel)"),
        same("wait % 7"),
        same("coalesce(queue, '-')"),
        same("CASE WHEN wait > 30 THEN 'long' WHEN wait > 5 THEN 'short' END"),
        both("$__if(wait > 30, 'long', 'short')", "CASE WHEN wait > 30 THEN 'long' ELSE 'short' END"),
        both("$__hourOfDay(time, 'Europe/London')", HOUR_OF_DAY),
        both("$__dayOfWeek(time, 'Asia/Kolkata')", DAY_OF_WEEK),
        both("$__day(answered, 'America/New_York')", ANSWER_DAY),
    ])
}

/// Aggregates that decompose, and sums with them.
pub fn aggregate() -> impl Strategy<Value = Sql> {
    let seconds = "$__secondsBetween(time, answered)";
    pick(vec![
        same("count(*)"),
        same("count(*)"),
        same("count(wait)"),
        same("count(queue)"),
        same("sum(wait)"),
        same("sum(score)"),
        same("min(wait)"),
        same("max(wait)"),
        same("min(score)"),
        same("max(score)"),
        same("min(queue)"),
        same("max(queue)"),
        same("min(time)"),
        same("max(answered)"),
        same("max(flag)"),
        same("avg(wait)"),
        same("avg(score)"),
        same("count_if(flag)"),
        same("count_if(wait > 20)"),
        same("bool_or(flag)"),
        same("bool_and(flag)"),
        same("every(flag)"),
        same("sum(wait) FILTER (WHERE flag)"),
        same("count(*) FILTER (WHERE channel = 'VOICE')"),
        same("avg(score) FILTER (WHERE wait > 10)"),
        same("sum(wait * 2 + 1)"),
        same("sum(wait) / nullif(count(wait), 0)"),
        same("coalesce(sum(wait), 0) - count(*)"),
        same("round(avg(score), 1)"),
        same("CAST(avg(wait) AS bigint)"),
        same("CAST(count(*) AS double) / 3"),
        same("-max(wait)"),
        same("sum(level / 7)"),
        same("max(level) / 7"),
        same("sum(wait * 100000000)"),
        same("count(*) % 3"),
        same("count(*) / count_if(flag)"),
        same("sum(wait) * 1e0 / count(*)"),
        same("sum(CASE WHEN flag THEN 1 ELSE 0 END)"),
        both("sum($__if(flag, 1, 0))", "sum(CASE WHEN flag THEN 1 ELSE 0 END)"),
        both("count(*) * 1000.0 / $__interval_ms", "count(*) * 1000.0E0 / {interval}"),
        both("100.0 * count_if(flag) / nullif(count(*), 0)", "100.0E0 * count_if(flag) / nullif(count(*), 0)"),
        both("round(100.0 * count(wait) / count(*), 2)", "round(100.0E0 * count(wait) / count(*), 2)"),
        both(&format!("avg({seconds})"), &format!("avg({SECONDS})")),
        both(&format!("max({seconds})"), &format!("max({SECONDS})")),
    ])
}

/// Aggregates that only whole groups have.
pub fn whole_aggregate() -> impl Strategy<Value = Sql> {
    pick(vec![
        both("$__distinct(queue)", "count(DISTINCT queue)"),
        same("count(DISTINCT channel)"),
        same("sum(DISTINCT wait)"),
        same("max_by(contact, contact)"),
        same("stddev_pop(score)"),
        same("cardinality(array_agg(wait))"),
    ])
}

/// What decides about a group.
pub fn having() -> impl Strategy<Value = Sql> {
    pick(vec![
        same("count(*) > 1"),
        same("sum(wait) > 50"),
        same("max(score) IS NOT NULL"),
        both("count_if(flag) > 0.5 * count(*)", "count_if(flag) > 0.5E0 * count(*)"),
    ])
}

/// What a row shows.
pub fn value() -> impl Strategy<Value = Sql> {
    pick(vec![
        same("time"),
        same("contact"),
        same("queue"),
        same("channel"),
        same("wait"),
        same("score"),
        same("flag"),
        same("answered"),
        same("wait * 2 - 1"),
        same("wait * 100000000"),
        same("level"),
        same("level / 7"),
        same("upper(queue)"),
        same("coalesce(queue, 'none')"),
        same("queue || '/' || channel"),
        same("'text'"),
        same("NULL"),
        both("score * 1.5", "score * 1.5E0"),
        both("$__if(flag, 'yes', 'no')", "CASE WHEN flag THEN 'yes' ELSE 'no' END"),
        both("$__secondsBetween(time, answered)", SECONDS),
        both("$__hourOfDay(time, 'Europe/London')", HOUR_OF_DAY),
        both("$__dayOfWeek(time, 'Asia/Kolkata')", DAY_OF_WEEK),
        both("$__day(answered, 'America/New_York')", ANSWER_DAY),
        both("$__from()", "{from}"),
    ])
}
