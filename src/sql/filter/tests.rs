//! Filters from Grafana's JSON to conditions, and what a hostile viewer can make of them: a literal, or an error.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    error::Result,
    leg::Leg,
    sql::{
        samples,
        token::{TokenKind, tokenize},
    },
};

fn conditions_of(json: &serde_json::Value, leg: Leg) -> Result<Vec<String>> {
    conditions(&Filter::from_json(json)?, &samples::contacts(), leg)
}

fn one(key: &str, operator: &str, values: &[&str]) -> Result<String> {
    let filter = json!([{"key": key, "operator": operator, "value": values[0], "values": values}]);
    conditions_of(&filter, Leg::Historical).map(|mut conditions| conditions.pop().unwrap_or_default())
}

#[test]
fn filters_are_typed_by_their_column() {
    let enqueued = "queue.enqueuetimestamp";
    for (key, operator, values, expected) in [
        ("queue", "=", &["Sales"][..], "queue.name = 'Sales'"),
        ("queue", "=", &["it's"], "queue.name = 'it''s'"),
        ("queue", "=", &[""], "(queue.name = '' OR queue.name IS NULL)"),
        ("queue", "!=", &["Sales"], "(queue.name <> 'Sales' OR queue.name IS NULL)"),
        ("queue", "!=", &[""], "queue.name <> ''"),
        ("queue", "=|", &["a", "b"], "queue.name IN ('a', 'b')"),
        ("queue", "=|", &["a", ""], "(queue.name IN ('a', '') OR queue.name IS NULL)"),
        ("queue", "!=|", &["a", "b"], "(queue.name NOT IN ('a', 'b') OR queue.name IS NULL)"),
        ("queue", "!=|", &["a", ""], "queue.name NOT IN ('a', '')"),
        ("queue", "=~", &["^S.*'"], "regexp_like(queue.name, '^S.*''')"),
        ("queue", "!~", &["x"], "(NOT regexp_like(queue.name, 'x') OR queue.name IS NULL)"),
        ("queue", "<", &["M"], "queue.name < 'M'"),
        ("queue_seconds", "=", &["20"], "queue.duration = 20"),
        ("queue_seconds", ">", &["-5"], "queue.duration > -5"),
        ("queue_seconds", "<=", &["20"], "queue.duration <= 20"),
        ("queue_seconds", ">=", &["20"], "queue.duration >= 20"),
        ("queue_seconds", "=", &[""], "queue.duration IS NULL"),
        ("queue_seconds", "!=", &[""], "queue.duration IS NOT NULL"),
        ("queue_seconds", "=|", &["1", ""], "(queue.duration = 1 OR queue.duration IS NULL)"),
        ("queue_seconds", "=~", &["^2"], "regexp_like(CAST(queue.duration AS varchar), '^2')"),
        ("transferred", "=", &["true"], "(transfercompletedtimestamp IS NOT NULL) = true"),
        ("enqueued_at", ">", &["2026-01-02T03:04:05Z"], &format!("{enqueued} > TIMESTAMP '2026-01-02 03:04:05.000'")),
        ("enqueued_at", "<", &["2026-01-02 03:04:05"], &format!("{enqueued} < TIMESTAMP '2026-01-02 03:04:05.000'")),
        ("time", ">", &["2026-01-02T05:04:05+02:00"], "initiationtimestamp > TIMESTAMP '2026-01-02 03:04:05.000'"),
        ("contacts.queue", "=", &["a"], "queue.name = 'a'"),
        ("archive.queue", "=", &["a"], ""),
        ("no_such_column", "=", &["a"], ""),
        ("", "=", &["a"], ""),
    ] {
        assert_eq!(one(key, operator, values).as_deref(), Ok(expected), "{key} {operator} {values:?}");
    }
    let realtime = |json| conditions_of(&json, Leg::Realtime).unwrap();
    assert_eq!(
        realtime(
            json!([{"key": "talk_share", "operator": ">", "value": 0.25}, {"key": "queue", "operator": "=", "value": "a"}])
        ),
        ["(interaction_duration * 1e0 / 3600) > 2.5E-1", "queue = 'a'"]
    );
    assert_eq!(realtime(json!(null)), Vec::<String>::new());
}

#[test]
fn what_a_column_cannot_hold_is_refused() {
    let long = "x".repeat(1_001);
    for (key, operator, value, says) in [
        ("queue_seconds", "=", "20.5", "not a whole number"),
        ("queue_seconds", "=", "20 OR 1=1", "on queue_seconds compares with \"20 OR 1=1\""),
        ("queue_seconds", "<", "", "not a whole number"),
        ("transferred", "=", "yes", "true or false"),
        ("transferred", "<", "true", "use = or !="),
        ("enqueued_at", ">", "yesterday", "2026-01-31"),
        ("enqueued_at", "=", "2026-01-31T00:00:00.0001Z", "whole milliseconds"),
        ("queue", "=~", &long, "more than 1000 characters"),
        ("queue", "=~", "a\tb", "control characters"),
        ("queue", "=", "a\0b", "control characters"),
        ("queue", "LIKE", "a", "Use one of = !="),
        ("talk_share", "=", "1", "no such column on the historical leg"),
    ] {
        let error = one(key, operator, &[value]).expect_err(value);
        assert!(error.message().contains(says), "{key} {operator} {value}: {error}");
    }
    for number in ["inf", "NaN", "1e999", "0x10", " 1", "1;"] {
        let filter = json!([{"key": "talk_share", "operator": "=", "value": number}]);
        assert!(conditions_of(&filter, Leg::Realtime).is_err(), "{number}");
    }
}

#[test]
fn filters_have_limits() {
    let filter = |value: serde_json::Value| json!({"key": "queue", "operator": "=|", "value": "a", "values": value});
    let many = |count: usize| (0..count).map(|index| index.to_string()).collect::<Vec<_>>();
    assert!(Filter::from_json(&json!([filter(json!(many(1_000)))])).is_ok());
    for (filters, says) in [
        (json!({}), "not a list"),
        (json!([1]), "no key"),
        (json!([{"key": "queue", "operator": "="}]), "no value"),
        (json!([{"key": "queue", "operator": "=", "value": {}}]), "no value"),
        (json!(vec![filter(json!(["a"])); 101]), "at most 100"),
        (json!([filter(json!(many(600))), filter(json!(many(600)))]), "at most 1000"),
        (json!([filter(json!(["x".repeat(4_097)]))]), "4096 bytes"),
        (json!([{"key": "k".repeat(600), "operator": "=", "value": "a"}]), "no column's name"),
    ] {
        let error = Filter::from_json(&filters).unwrap_err();
        assert!(error.message().contains(says), "{error}");
        assert!(error.message().len() < 400, "{error}");
    }
}

proptest! {
    #[test]
    fn no_value_leaves_its_literal(
        value in r#"([-/*'"`$_{}\\;()=a0é]|\PC){0,40}"#,
        key in prop::sample::select(&["queue", "queue_seconds", "transferred", "enqueued_at", "time", "contact_id"][..]),
        operator in prop::sample::select(FilterOperator::ALL.to_vec()),
        leg in prop::sample::select(&Leg::ALL[..]),
    ) {
        let filter = |value: &str| json!([{"key": key, "operator": operator.0, "value": value}]);
        let Ok(written) = conditions_of(&filter(&value), leg) else {
            // Only a text takes any value.
            let text = ["queue", "contact_id"].contains(&key);
            prop_assert!(!text, "{}", value);
            return Ok(());
        };
        // The same filter on a harmless value has the same tokens, but for the literal; an empty value is its own case.
        let text = ["queue", "contact_id"].contains(&key) || matches!(operator.0, "=~" | "!~");
        if text && !value.is_empty() {
            let (written, harmless) = (&written[0], &conditions_of(&filter("a"), leg).unwrap()[0]);
            let (written, harmless) = (tokenize(written).unwrap(), tokenize(harmless).unwrap());
            prop_assert_eq!(written.len(), harmless.len());
            for (token, other) in written.iter().zip(&harmless) {
                prop_assert_eq!(token.kind, other.kind);
                if token.kind == TokenKind::String && other.text == "'a'" {
                    prop_assert_eq!(token.quoted_text().unwrap().replace("''", "'"), value.as_str());
                } else {
                    prop_assert_eq!(token.text, other.text);
                }
            }
        }
    }
}
