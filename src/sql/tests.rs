//! The whole way of a query through this module: what is malformed is refused with a sentence that helps.

use std::time::Duration;

use chrono::DateTime;
use serde::Deserialize;

use super::{guard, macros};
use crate::{
    error::{ErrorKind, Result},
    leg::Leg,
    time::TimeRange,
};

/// SQL that must be refused, and a part of what the refusal says.
#[derive(Deserialize)]
struct Malformed {
    leg: Leg,
    sql: String,
    says: String,
}

fn prepare(sql: &str, leg: Leg) -> Result<String> {
    let now = DateTime::from_timestamp_millis(1_795_535_233_250).unwrap();
    let context = macros::Context {
        leg,
        range: TimeRange { from: now - Duration::from_hours(3), to: now },
        now,
        interval: Duration::from_secs(30),
        database: None,
        table: None,
        column: None,
        measure: None,
        slice: TimeRange { from: now - Duration::from_hours(3), to: now },
        datasets: &[],
        filters: &[],
    };
    let sql = macros::expand(sql, &context)?;
    guard::check(&sql, guard::Policy::default())?;
    Ok(sql)
}

#[test]
fn malformed_sql_is_refused_with_a_sentence_that_helps() {
    let corpus: Vec<Malformed> = serde_json::from_str(include_str!("../../tests/malformed/sql.json")).unwrap();
    assert!(corpus.len() >= 100, "{} entries", corpus.len());
    for Malformed { leg, sql, says } in &corpus {
        let error = prepare(sql, *leg).expect_err(sql);
        assert_eq!(error.kind(), ErrorKind::BadQuery, "{sql}");
        let message = error.message();
        assert!(message.contains(says), "{sql}\n  says:   {message}\n  not:    {says}");
        assert!(message.ends_with('.') || message.contains("for example:"), "{sql}: {message}");
        assert!(message.len() < 900, "{sql}: {message}");
    }
    let distinct: std::collections::HashSet<_> = corpus.iter().map(|entry| (entry.leg, &entry.sql)).collect();
    assert_eq!(distinct.len(), corpus.len());
}

#[test]
fn length_is_limited_before_and_after_expansion() {
    let long = format!("SELECT '{}'", "x".repeat(super::MAX_LENGTH));
    assert!(prepare(&long, Leg::Realtime).unwrap_err().message().contains("at most 262144"));
    let grows = format!("SELECT 1 WHERE {}", vec!["$__timeFilter"; 15_000].join(" OR "));
    assert!(grows.len() < super::MAX_LENGTH);
    assert!(prepare(&grows, Leg::Realtime).unwrap_err().message().contains("at most 262144"));
}

#[test]
fn size_and_depth_take_no_time() {
    let depth = 14_000;
    let nested = format!("{}SELECT 1{}", "WITH a AS(".repeat(depth), ")TABLE a".repeat(depth - 1) + ") TABLE a");
    let parentheses = format!("{}SELECT 1{}", "(".repeat(100_000), ")".repeat(100_000));
    let openings = format!("SELECT '{0}', {0}", "${__".repeat(32_000));
    let started = std::time::Instant::now();
    assert!(guard::check(&nested, guard::Policy::default()).is_ok());
    assert!(guard::check(&parentheses, guard::Policy::default()).is_ok());
    assert!(prepare(&openings, Leg::Realtime).is_ok());
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}
