//! Faults of `datasets` and the sentences that name them.

use super::*;
use crate::error::ErrorKind;

/// Asserts that each entry of `datasets` is refused by a sentence with all of these pieces in it.
fn assert_refused(cases: &[(Value, &[&str])]) {
    for (entry, pieces) in cases {
        let error = read_settings(&with(&json!([entry]))).expect_err(&entry.to_string());
        assert_eq!(error.kind(), ErrorKind::BadSettings, "{entry}");
        for piece in *pieces {
            assert!(error.message().contains(piece), "{entry} -> {error}, without {piece}");
        }
    }
}

#[test]
fn faults_of_a_dataset_are_named() {
    let many: Vec<_> = (0..301).map(|i| json!({"name": format!("c{i}"), "type": "text"})).collect();
    assert_refused(&[
        (
            json!(7),
            &["datasets[0] must be an object, or the name of a template: contacts, contact_events, agent_events"],
        ),
        (json!("contact"), &["datasets[0] must be contacts, contact_events or agent_events", "Did you mean contacts?"]),
        (json!("calls"), &["datasets[0]", "not 'calls'"]),
        (json!({"template": "agentevents"}), &["datasets[agentevents].template", "Did you mean agent_events?"]),
        (json!({"template": 1}), &["datasets[0].template must be a template's name"]),
        (json!({"template": "contacts", "columns": "queue"}), &["datasets[contacts].columns must be a list"]),
        (
            json!({"template": "contacts", "columns": [{"name": "que", "remove": true}]}),
            &["columns[que].remove", "no column"],
        ),
        (
            json!({"template": "contacts", "columns": [{"name": "queue", "remove": 1}]}),
            &["columns[queue].remove must be true or false"],
        ),
        (json!({"template": "contacts", "columns": ["queue"]}), &["datasets[contacts].columns[21] must be an object"]),
        (
            json!({"template": "contacts", "realtime": true}),
            &["datasets[contacts].realtime must be an object or false"],
        ),
        (
            json!({"template": "contacts", "realtime": {"tabel": "x"}}),
            &["Did you mean datasets[contacts].realtime.table?"],
        ),
        (json!({"template": "contacts", "realtime": false, "historical": false}), &["datasets[contacts] is on no leg"]),
        (
            json!({"template": "contacts", "realtime": false, "columns": [{"name": "queue", "realtime": "q"}]}),
            &["datasets[contacts].columns[queue].realtime", "has no table there"],
        ),
        (json!({}), &["datasets[0].name is missing"]),
        (own(&json!({"name": ""})), &["datasets[0].name is missing"]),
        (own(&json!({"name": 5})), &["datasets[0].name must be a text, not a number"]),
        (own(&json!({"name": "Waits"})), &["datasets[Waits].name must be lower-case", "not 'Waits'"]),
        (own(&json!({"name": "1st"})), &["datasets[1st].name must be lower-case"]),
        (own(&json!({"name": "a-b"})), &["datasets[a-b].name must be lower-case"]),
        (own(&json!({"name": "a".repeat(129)})), &["at most 128"]),
        (
            own(&json!({"realtme": {}})),
            &["Setting datasets[waits].realtme does not exist", "Did you mean datasets[waits].realtime?"],
        ),
        (json!({"name": "waits", "columns": [{"name": "a", "type": "text"}]}), &["datasets[waits] is on no leg"]),
        (own(&json!({"realtime": "live_waits"})), &["datasets[waits].realtime must be an object or false, not a text"]),
        (
            own(&json!({"historical": true})),
            &["datasets[waits].historical must be an object or false, not a yes or no"],
        ),
        (own(&json!({"columns": null})), &["datasets[waits].columns is missing"]),
        (own(&json!({"columns": []})), &["datasets[waits].columns is missing"]),
        (own(&json!({"columns": "wait"})), &["datasets[waits].columns must be a list, not a text"]),
        (own(&json!({"columns": many})), &["datasets[waits].columns holds 301 columns; at most 300"]),
    ]);
}

#[test]
fn faults_of_a_table_are_named() {
    let realtime = |over: Value| own(&json!({"realtime": over}));
    let historical = |over: Value| own(&json!({"historical": over}));
    let long = "x".repeat(257);
    assert_refused(&[
        (realtime(json!({"table": null})), &["datasets[waits].realtime.table is missing"]),
        (realtime(json!({"table": "a\"b"})), &["datasets[waits].realtime.table must be the table's bare name"]),
        (realtime(json!({"table": long})), &["datasets[waits].realtime.table", "at most 256"]),
        (realtime(json!({"database": "a;b"})), &["datasets[waits].realtime.database must be the database's bare name"]),
        (realtime(json!({"measureName": "a\nb"})), &["datasets[waits].realtime.measureName must be at most"]),
        (realtime(json!({"partitions": {}})), &["datasets[waits].realtime.partitions does not exist"]),
        (realtime(json!({"lag": "1h"})), &["datasets[waits].realtime.lag does not exist"]),
        (realtime(json!({"retention": "30m"})), &["datasets[waits].realtime.retention must be from 1h to 3653d"]),
        (realtime(json!({"retention": 24})), &["datasets[waits].realtime.retention must be a text such as"]),
        (
            realtime(json!({"retention": "1h"})),
            &["Setting historical.lag (1h)", "datasets[waits].realtime.retention (1h)"],
        ),
        (
            realtime(json!({"timeColumn": "a; b"})),
            &["datasets[waits].realtime.timeColumn must be one expression, without a semicolon"],
        ),
        (realtime(json!({"where": "a = 1 -- b"})), &["datasets[waits].realtime.where must not hold a comment"]),
        (historical(json!({"table": null})), &["datasets[waits].historical.table is missing"]),
        (
            historical(json!({"table": "lake.waits"})),
            &["datasets[waits].historical.table must be a single name without dots"],
        ),
        (
            historical(json!({"catalog": "a'b"})),
            &["datasets[waits].historical.catalog must be the catalog's bare name"],
        ),
        (historical(json!({"timeColumn": null})), &["datasets[waits].historical.timeColumn is missing"]),
        (historical(json!({"measureName": "x"})), &["datasets[waits].historical.measureName does not exist"]),
        (historical(json!({"retention": "7d"})), &["datasets[waits].historical.retention does not exist"]),
        (historical(json!({"lag": "31d"})), &["datasets[waits].historical.lag must be from 0s to 30d"]),
        (historical(json!({"lag": "soon"})), &["datasets[waits].historical.lag must be a duration"]),
        (
            historical(json!({"lag": "24h"})),
            &["Setting datasets[waits].historical.lag (1d)", "realtime.retention (1d)"],
        ),
        (historical(json!({"dedupe": "id"})), &["datasets[waits].historical.dedupe must be an object or false"]),
        (historical(json!({"dedupe": {}})), &["datasets[waits].historical.dedupe.key must be what names a row"]),
        (
            historical(json!({"dedupe": {"key": []}})),
            &["datasets[waits].historical.dedupe.key must be what names a row"],
        ),
        (historical(json!({"dedupe": {"key": [1]}})), &["datasets[waits].historical.dedupe.key[0] must be a text"]),
        (
            historical(json!({"dedupe": {"key": "a, b"}})),
            &["datasets[waits].historical.dedupe.key must be one expression"],
        ),
        (
            historical(json!({"dedupe": {"key": [""]}})),
            &["datasets[waits].historical.dedupe.key[0] must be an expression; it is empty"],
        ),
        (historical(json!({"dedupe": {"keys": ["a"]}})), &["Did you mean datasets[waits].historical.dedupe.key?"]),
        (
            historical(json!({"dedupe": {"key": "a", "order": "b DESC"}})),
            &["datasets[waits].historical.dedupe.order must be without DESC"],
        ),
        (
            historical(json!({"dedupe": {"key": "a", "order": "\"AT\""}})),
            &["datasets[waits].historical.dedupe.order must not be timeColumn", "keeps its event time"],
        ),
        (
            realtime(json!({"dedupe": {"key": "a", "order": "time"}})),
            &["datasets[waits].realtime.dedupe.order must not be timeColumn"],
        ),
    ]);
}

#[test]
fn faults_of_partitions_are_named() {
    let columns = |over: Value| {
        let mut layout = json!({"style": "columns", "columns": ["year", "month"]});
        layout.as_object_mut().unwrap().extend(over.as_object().unwrap().clone());
        own(&json!({"historical": {"partitions": layout}}))
    };
    let format = |format: &str| {
        own(&json!({"historical": {"partitions": {"style": "projection", "column": "dt", "format": format}}}))
    };
    let layout = |layout: Value| own(&json!({"historical": {"partitions": layout}}));
    let path = "datasets[waits].historical.partitions";
    assert_refused(&[
        (layout(json!("columns")), &[path, "must be an object or false"]),
        (layout(json!({"columns": ["year"]})), &[path, ".style is missing"]),
        (columns(json!({"style": "colums"})), &[path, ".style must be columns or projection", "Did you mean columns?"]),
        (columns(json!({"columns": []})), &[path, ".columns must list 1 to 4"]),
        (columns(json!({"columns": ["a", "b", "c", "d", "e"]})), &[path, ".columns must list 1 to 4"]),
        (columns(json!({"columns": "year"})), &[path, ".columns must be a list"]),
        (columns(json!({"columns": ["year", 2]})), &[path, ".columns[1] must be a text"]),
        (columns(json!({"columns": ["year", "Year"]})), &[path, ".columns[1] names Year a second time"]),
        (columns(json!({"columns": ["a = 1 OR b"]})), &[path, ".columns[0] must be a partition column's bare name"]),
        (columns(json!({"columns": [""]})), &[path, ".columns[0] must be a partition column's bare name"]),
        (columns(json!({"type": "date"})), &[path, ".type must be string or int, not 'date'"]),
        (columns(json!({"padded": "yes"})), &[path, ".padded must be true or false"]),
        (columns(json!({"type": "int", "padded": true})), &[path, ".padded must not be true where type is int"]),
        (columns(json!({"timezone": "London"})), &[path, ".timezone must be a time zone's name", "Europe/London"]),
        (columns(json!({"arrivalLagBefore": "40d"})), &[path, ".arrivalLagBefore must be from 0s to 30d"]),
        (columns(json!({"arrivalLagAfter": 5})), &[path, ".arrivalLagAfter must be a text such as"]),
        (columns(json!({"format": "yyyy"})), &[path, ".format does not exist"]),
        (layout(json!({"style": "projection", "format": "yyyy"})), &[path, ".column is missing"]),
        (layout(json!({"style": "projection", "column": "dt"})), &[path, ".format is missing"]),
        (
            layout(json!({"style": "projection", "column": "d'", "format": "yyyy"})),
            &[path, ".column must be a partition column's bare name"],
        ),
        (
            layout(json!({"style": "projection", "column": "dt", "format": "yyyy", "padded": true})),
            &[path, ".padded does not exist"],
        ),
        (format("dd/MM/yyyy"), &[path, ".format must go from coarse to fine"]),
        (format("yyyy/dd"), &[path, ".format must go from coarse to fine"]),
        (format("yyyy/MM/dd/HH/HH"), &[path, ".format must go from coarse to fine"]),
        (format("yyyy/M/d"), &[path, ".format must be made of yyyy, MM, dd and HH"]),
        (format("yyyy-MM-dd hh"), &[path, ".format must be made of"]),
        (format("YYYY"), &[path, ".format must be made of"]),
        (format("yyyy-MM-dd'T'HH"), &[path, ".format must have only"]),
        (format("//"), &[path, ".format must hold at least yyyy"]),
        (format(&"/".repeat(65)), &[path, ".format must be at most 64"]),
    ]);
}

#[test]
fn faults_of_a_column_are_named() {
    let column = |column: Value| own(&json!({"columns": [column]}));
    let sql = |sql: &str| own(&json!({"columns": [{"name": "a", "type": "text", "historical": sql}]}));
    let path = "datasets[waits].columns[a]";
    let long = "a".repeat(4_097);
    assert_refused(&[
        (column(json!("a")), &["datasets[waits].columns[0] must be an object"]),
        (column(json!({"type": "text"})), &["datasets[waits].columns[0].name is missing"]),
        (column(json!({"name": "Queue", "type": "text"})), &["datasets[waits].columns[Queue].name must be lower-case"]),
        (
            column(json!({"name": "time", "type": "timestamp"})),
            &["datasets[waits].columns[time].name must not be time"],
        ),
        (column(json!({"name": "a"})), &[path, ".type is missing"]),
        (column(json!({"name": "a", "type": "tex"})), &[path, ".type must be text, integer", "Did you mean text?"]),
        (column(json!({"name": "a", "type": "decimal(3,2)"})), &[path, ".type must be text, integer"]),
        (
            column(json!({"name": "a", "type": "text", "units": "s"})),
            &["Did you mean datasets[waits].columns[a].unit?"],
        ),
        (
            column(json!({"name": "a", "type": "text", "realtime": true})),
            &[path, ".realtime must be an expression, or false"],
        ),
        (
            column(json!({"name": "a", "type": "text", "realtime": false, "historical": ""})),
            &[path, " is on none of the dataset's legs"],
        ),
        (
            own(&json!({"historical": false, "columns": [{"name": "a", "type": "text", "historical": "b"}]})),
            &[path, ".historical", "has no table there"],
        ),
        (
            own(&json!({"columns": [{"name": "a", "type": "text"}, {"name": "a", "type": "text"}]})),
            &["datasets[waits].columns has two columns called a"],
        ),
        (sql("lower(a"), &[path, ".historical lacks a )"]),
        (sql("a[1"), &[path, ".historical lacks a ]"]),
        (sql("a) OR (b"), &[path, ".historical has a ) too many"]),
        (sql("(a[1)]"), &[path, ".historical has a ) too many, or at the wrong place"]),
        (sql("'a"), &[path, ".historical is not SQL", "not closed"]),
        (sql("a; b"), &[path, ".historical must be one expression, without a semicolon"]),
        (sql("a /* b */"), &[path, ".historical must not hold a comment"]),
        (sql("$__timeFilter(a)"), &[path, ".historical must not use $__timeFilter"]),
        (sql("${__from}"), &[path, ".historical must not use ${__from}"]),
        (sql("$region"), &[path, ".historical must not use a dashboard's variable"]),
        (sql("a, b"), &[path, ".historical must be one expression, without a comma"]),
        (sql("a AS b"), &[path, ".historical must be one expression: AS"]),
        (sql("a FROM b WHERE c"), &[path, ".historical must be one expression: FROM"]),
        (sql(&long), &[path, ".historical is 4097 bytes of SQL; at most 4096"]),
    ]);
}

#[test]
fn faults_of_the_whole_are_named() {
    let many: Vec<_> = (0..101).map(|i| own(&json!({"name": format!("d{i}")}))).collect();
    let cases = [
        (with(&json!("contacts")), "datasets must be a list, not a text"),
        (with(&json!({"contacts": {}})), "datasets must be a list, not an object"),
        (with(&json!(many)), "datasets holds 101 datasets; at most 100"),
        (
            with(&json!(["contacts", {"template": "contacts"}])),
            "datasets[contacts].name: there are two datasets called contacts",
        ),
        (json!({"dataset": []}), "Did you mean datasets?"),
        (
            json!({"datasets": ["contacts"]}),
            "datasets[contacts].realtime.database is missing, and so is realtime.database",
        ),
        (
            json!({"realtime": {"database": "a"}, "datasets": ["contacts"]}),
            "datasets[contacts].historical.database is missing, and so is historical.database",
        ),
        (
            json!({"realtime": {"enabled": false}, "datasets": [own(&json!({}))]}),
            "datasets[waits].historical.database is missing",
        ),
        (json!({"historical": {"lag": "-1h"}}), "historical.lag must be a duration such as 1h"),
        (json!({"historical": {"lag": "31d"}}), "historical.lag must be from 0s to 30d, not '31d'"),
        (json!({"historical": {"lag": 3600}}), "historical.lag must be a text such as 1h or 7d, not a number"),
        (json!({"realtime": {"margin": "1M"}}), "realtime.margin must be a duration"),
        (json!({"realtime": {"margin": false}}), "realtime.margin must be a text"),
        (
            json!({"historical": {"lag": "23h45m"}}),
            "Setting historical.lag (1425m) and realtime.margin (15m) together must be shorter than realtime.retention (1d)",
        ),
        (json!({"realtime": {"retention": "1h"}}), "raise realtime.retention"),
        (
            json!({"realtime": {"database": "a", "retention": "6h"}, "historical": {"database": "b"}, "datasets": ["contacts"]}),
            "Setting datasets[contacts].historical.lag (6h)",
        ),
    ];
    for (json_data, says) in cases {
        let error = read_settings(&json_data).expect_err(&json_data.to_string());
        assert_eq!(error.kind(), ErrorKind::BadSettings, "{json_data}");
        assert!(error.message().contains(says), "{json_data} -> {error}");
    }
}

#[test]
fn what_is_typed_wrongly_is_not_repeated_at_length() {
    let error = read_settings(&with(&json!([{"name": "x".repeat(100_000)}]))).unwrap_err();
    assert!(error.message().len() < 1_000);
    let mut deep = json!("x");
    for _ in 0..100 {
        deep = json!({"partitions": deep});
    }
    assert!(read_settings(&with(&json!([{"template": "contacts", "historical": deep}]))).is_err());
}
