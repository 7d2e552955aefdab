//! Queries as Switchboard and the two official data sources save them, and what is wrong with others.

use serde_json::json;

use super::*;
use crate::error::ErrorKind;

fn read(value: &Value) -> Result<Query> {
    Query::from_json(value.to_string().as_bytes())
}

#[test]
fn switchboards_own_query() {
    let query = read(&json!({
        "refId": "A", "route": "realtime", "sql": "SELECT 1", "format": "time_series", "layout": "multi", "step": "5m",
        "fill": {"mode": "value", "value": 7}, "database": "d", "table": "t", "measure": "m",
        "resultReuse": {"enabled": false}, "somethingOfGrafanas": [1],
    }))
    .unwrap();
    assert_eq!(
        (query.route, query.format, query.layout),
        (Route::Only(Leg::Realtime), Format::TimeSeries, Layout::Multi)
    );
    assert_eq!((query.fill, query.step), (Fill::Value(7.0), Some(Duration::from_mins(5))));
    assert_eq!(
        (query.database.as_deref(), query.table.as_deref(), query.measure.as_deref()),
        (Some("d"), Some("t"), Some("m"))
    );
    assert_eq!(query.reuse, Reuse::Never);
}

#[test]
fn routes_preferences_and_filters() {
    let plain = read(&json!({"sql": "SELECT 1"})).unwrap();
    assert_eq!((plain.route, plain.freshness, plain.allow_partial), (Route::Auto, Freshness::Fastest, false));
    let query = read(&json!({
        "sql": "SELECT 1", "route": "auto", "freshness": "complete", "allowPartial": true,
        "adhocFilters": [{"key": "queue", "operator": "=", "value": "Billing"}],
    }))
    .unwrap();
    assert_eq!((query.route, query.freshness, query.allow_partial), (Route::Auto, Freshness::Complete, true));
    assert_eq!((query.filters.len(), query.filters[0].column.as_str()), (1, "queue"));
}

#[test]
fn a_variable_asks_for_the_values_of_a_column() {
    let query = read(&json!({"kind": "values", "dataset": "contacts", "column": "Queue"})).unwrap();
    assert_eq!((query.kind, query.format), (QueryKind::Values, Format::Values));
    assert_eq!((query.dataset.as_deref(), query.column.as_deref()), (Some("contacts"), Some("Queue")));
    assert!(query.sql.starts_with("SELECT \"queue\" AS value FROM $__dataset(contacts) WHERE"), "{}", query.sql);
    for (json, says) in [
        (json!({"kind": "values", "column": "queue"}), "dataset must be the name"),
        (json!({"kind": "values", "dataset": "contacts", "column": "a\" FROM x --"}), "column must be the name"),
        (json!({"kind": "names", "sql": "SELECT 1"}), "kind must be sql, values, activity or boundary"),
    ] {
        assert!(read(&json).unwrap_err().message().contains(says), "{json}");
    }
}

#[test]
fn a_query_saved_by_the_athena_data_source() {
    let saved = json!({
        "rawSQL": "SELECT 1", "format": 0, "table": "contacts", "column": "started",
        "connectionArgs": {"region": "__default", "catalog": "cat", "database": "__default",
            "resultReuseEnabled": true, "resultReuseMaxAgeInMinutes": 15},
        "fillMode": {"mode": 2, "value": 3},
    });
    let query = read(&saved).unwrap();
    assert_eq!(
        (query.route, query.format, query.fill),
        (Route::Only(Leg::Historical), Format::TimeSeries, Fill::Value(3.0))
    );
    assert_eq!((query.region, query.database), (None, None));
    assert_eq!((query.catalog.as_deref(), query.column.as_deref()), (Some("cat"), Some("started")));
    assert_eq!(query.reuse, Reuse::UpTo(Duration::from_mins(15)));
    for (number, format) in [(1, Format::Table), (2, Format::Logs)] {
        assert_eq!(read(&json!({"rawSql": "SELECT 1", "format": number})).unwrap().format, format);
    }
    for (number, fill) in [(0, Fill::Previous), (1, Fill::Null)] {
        assert_eq!(read(&json!({"rawSql": "SELECT 1", "fillMode": {"mode": number}})).unwrap().fill, fill);
    }
}

#[test]
fn a_query_saved_by_the_timestream_data_source() {
    let query = read(&json!({
        "rawQuery": "SELECT 1", "database": "\"connect\"", "table": "${t}", "measure": "wait",
        "waitForResult": true, "nextToken": "abc", "format": 1,
    }))
    .unwrap();
    assert_eq!((query.route, query.format), (Route::Only(Leg::Realtime), Format::TimeSeries));
    assert_eq!(
        (query.database.as_deref(), query.table, query.measure.as_deref()),
        (Some("\"connect\""), None, Some("wait"))
    );
    assert_eq!(read(&json!({"rawQuery": "SELECT 1"})).unwrap().format, Format::Table);
}

#[test]
fn an_explicit_route_wins_over_the_shape() {
    assert_eq!(
        read(&json!({"rawQuery": "SELECT 1", "route": "historical"})).unwrap().route,
        Route::Only(Leg::Historical)
    );
}

#[test]
fn a_wrong_field_is_named_with_what_is_allowed() {
    let cases = [
        (json!([1]), "must be a JSON object"),
        (json!({}), "has no SQL"),
        (json!({"sql": "  ", "rawSql": ""}), "has no SQL"),
        (json!({"sql": 5}), "sql must be a text"),
        (json!({"sql": "SELECT 1", "route": "both"}), "route must be auto, realtime or historical"),
        (json!({"sql": "SELECT 1", "route": 1}), "route must be a text"),
        (json!({"rawSql": "x", "format": 9}), "format must be table, time_series, logs"),
        (json!({"rawSql": "x", "format": -1}), "format must be"),
        (json!({"rawSql": "x", "format": "pie"}), "format must be"),
        (json!({"rawSql": "x", "format": {}}), "format must be"),
        (json!({"rawQuery": "x", "format": 2}), "format must be"),
        (json!({"sql": "x", "route": "realtime", "format": 1}), "format must be"),
        (json!({"rawSql": "x", "layout": "tall"}), "layout must be wide or multi"),
        (json!({"rawSql": "x", "fill": "null"}), "fill must be an object"),
        (json!({"rawSql": "x", "fill": {"mode": "zero"}}), "fill.mode must be none, null, previous or value"),
        (json!({"rawSql": "x", "fill": {"mode": "value", "value": "0"}}), "fill.value must be a number"),
        (json!({"rawSql": "x", "fillMode": {"mode": 3}}), "fillMode.mode must be 0 (previous)"),
        (json!({"rawSql": "x", "step": "5M"}), "step must be a width"),
        (json!({"rawSql": "x", "step": "0s"}), "step must be a width"),
        (json!({"rawSql": "x", "table": 1}), "table must be a text"),
        (json!({"rawSql": "x", "connectionArgs": "eu"}), "connectionArgs must be an object"),
        (json!({"rawSql": "x", "connectionArgs": {"database": 1}}), "connectionArgs.database must be a text"),
        (
            json!({"rawSql": "x", "connectionArgs": {"resultReuseEnabled": 1}}),
            "resultReuseEnabled must be true or false",
        ),
        (json!({"rawSql": "x", "resultReuse": {"maxAgeMinutes": 99_999}}), "resultReuse.maxAgeMinutes must be"),
    ];
    for (json, says) in cases {
        let error = read(&json).expect_err(&json.to_string());
        assert_eq!(error.kind(), ErrorKind::BadQuery);
        assert!(error.message().contains(says), "{json} -> {error}");
    }
    assert!(Query::from_json(b"{").unwrap_err().message().contains("line 1, column 1"));
}
