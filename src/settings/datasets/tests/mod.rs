mod faults;

use std::{collections::HashMap, path::Path};

use super::*;
use crate::{
    dataset::{Column, ColumnType, Dedupe, PartitionStyle, PartitionValues, Partitions, templates},
    settings::{Gates, Settings, from_provisioning},
};

fn read_settings(json_data: &Value) -> Result<Settings> {
    Settings::from_grafana(json_data.to_string().as_bytes(), &HashMap::new(), &Gates::default())
}

/// Settings with a database for both legs and these datasets.
fn with(datasets: &Value) -> Value {
    json!({"realtime": {"database": "live"}, "historical": {"database": "lake"}, "datasets": datasets})
}

fn datasets(datasets: &Value) -> Vec<Dataset> {
    let settings = read_settings(&with(datasets)).unwrap_or_else(|error| panic!("{datasets} -> {error}"));
    assert_eq!(settings.warnings, Vec::<String>::new());
    settings.datasets
}

fn dataset(entry: &Value) -> Dataset {
    datasets(&json!([entry])).swap_remove(0)
}

/// A dataset of its own on both legs, with something laid over it.
fn own(over: &Value) -> Value {
    let mut entry = json!({
        "name": "waits",
        "realtime": {"table": "live_waits"},
        "historical": {"table": "waits", "timeColumn": "at"},
        "columns": [{"name": "wait", "type": "double"}],
    });
    for (key, value) in over.as_object().unwrap() {
        let known = entry.get_mut(key).and_then(Value::as_object_mut);
        match (known, value.as_object()) {
            (Some(known), Some(given)) => known.extend(given.clone()),
            _ => entry[key] = value.clone(),
        }
    }
    entry
}

fn partitions(layout: &Value) -> Partitions {
    let read = dataset(&own(&json!({"historical": {"partitions": layout}})));
    read.historical.unwrap().partitions.unwrap()
}

#[test]
fn a_dataset_of_ones_own_is_read_with_its_defaults() {
    let read = dataset(&own(&json!({})));
    assert_eq!((read.name.as_str(), read.description), ("waits", None));
    let realtime = read.realtime.unwrap();
    assert_eq!(
        (realtime.database.as_str(), realtime.table.as_str(), realtime.time.as_str()),
        ("live", "live_waits", "time")
    );
    assert_eq!((realtime.measure_name, realtime.filter, realtime.dedupe, realtime.retention), (None, None, None, None));
    let historical = read.historical.unwrap();
    assert_eq!(
        (historical.database.as_str(), historical.table.as_str(), historical.time.as_str()),
        ("lake", "waits", "at")
    );
    assert_eq!((historical.catalog, historical.filter, historical.dedupe, historical.lag), (None, None, None, None));
    assert_eq!(historical.partitions, None);
    assert_eq!(
        read.columns,
        [Column {
            name: "wait".to_owned(),
            data_type: ColumnType::Double,
            realtime: Some("wait".to_owned()),
            historical: Some("wait".to_owned()),
            unit: None,
            description: None,
        }]
    );
}

#[test]
fn everything_said_of_a_dataset_is_read() {
    let read = dataset(&json!({
        "name": "waits", "description": "Waits",
        "realtime": {"database": "db", "table": "my.table", "timeColumn": "coalesce(at, time)", "measureName": "wait",
            "where": "kind = 'x, y'", "retention": "12h", "dedupe": {"key": "id", "order": "version"}},
        "historical": {"catalog": "other", "database": "db2", "table": "waits", "timeColumn": "from_iso8601_timestamp(at)",
            "where": " a = 1 OR b = 2 ", "lag": "2h", "dedupe": {"key": ["id", "lower(kind)"]}},
        "columns": [
            {"name": "wait", "type": "bigint", "realtime": "measure_value::bigint", "historical": "details.wait", "unit": "s",
             "description": "Time in the queue"},
            {"name": "live_only", "type": "STRING", "historical": false},
            {"name": "old_only", "type": "bool", "realtime": " ", "historical": "CASE WHEN a THEN b ELSE c END"},
        ],
    }));
    let realtime = read.realtime.clone().unwrap();
    assert_eq!((realtime.table.as_str(), realtime.time.as_str()), ("my.table", "coalesce(at, time)"));
    assert_eq!((realtime.measure_name.as_deref(), realtime.filter.as_deref()), (Some("wait"), Some("kind = 'x, y'")));
    assert_eq!(realtime.retention, Some(Duration::from_hours(12)));
    assert_eq!(realtime.dedupe, Some(Dedupe { key: vec!["id".to_owned()], order: "version".to_owned() }));
    let historical = read.historical.clone().unwrap();
    assert_eq!((historical.catalog.as_deref(), historical.filter.as_deref()), (Some("other"), Some("a = 1 OR b = 2")));
    assert_eq!(historical.lag, Some(Duration::from_hours(2)));
    let keys = vec!["id".to_owned(), "lower(kind)".to_owned()];
    assert_eq!(
        historical.dedupe,
        Some(Dedupe { key: keys, order: "id".to_owned() }),
        "without an order any row may stay"
    );
    let wait = read.column("wait").unwrap();
    assert_eq!((wait.data_type, wait.unit.as_deref()), (ColumnType::Integer, Some("s")));
    assert_eq!(wait.historical.as_deref(), Some("details.wait"));
    let live = read.column("live_only").unwrap();
    assert_eq!(
        (live.data_type, live.realtime.as_deref(), live.historical.as_deref()),
        (ColumnType::Text, Some("live_only"), None)
    );
    assert_eq!(read.column("old_only").unwrap().realtime, None);
}

#[test]
fn the_layouts_of_partitions_are_read() {
    let columns = |names: &[&str], values| PartitionStyle::Columns {
        columns: names.iter().map(|name| (*name).to_owned()).collect(),
        values,
        zone: chrono_tz::UTC,
    };
    let read = partitions(&json!({"style": "columns", "columns": ["year", "month", "day", "hour"]}));
    assert_eq!(read.style, columns(&["year", "month", "day", "hour"], PartitionValues::PaddedText));
    assert_eq!((read.arrival_lag_before, read.arrival_lag_after), (Duration::from_mins(15), Duration::from_hours(24)));
    let read = partitions(
        &json!({"style": "columns", "columns": ["y", "m"], "padded": false, "arrivalLagBefore": 0, "arrivalLagAfter": "0h"}),
    );
    assert_eq!(read.style, columns(&["y", "m"], PartitionValues::Text));
    assert_eq!((read.arrival_lag_before, read.arrival_lag_after), (Duration::ZERO, Duration::ZERO));
    for padded in [json!(null), json!(false)] {
        let read = partitions(&json!({"style": "columns", "columns": ["y"], "type": "int", "padded": padded}));
        assert_eq!(read.style, columns(&["y"], PartitionValues::Integer));
    }
    let read = partitions(
        &json!({"style": "projection", "column": "dt", "format": "yyyy-MM-dd", "timezone": "Europe/London", "arrivalLagAfter": "2d"}),
    );
    let zone = chrono_tz::Europe::London;
    assert_eq!(
        read.style,
        PartitionStyle::Projection { column: "dt".to_owned(), format: "yyyy-MM-dd".to_owned(), zone }
    );
    assert_eq!(read.arrival_lag_after, Duration::from_hours(48));
    for format in ["yyyy", "yyyyMMddHH", "yyyy/MM/dd/HH", "/yyyy_MM.dd HH:"] {
        partitions(&json!({"style": "projection", "column": "dt", "format": format}));
    }
}

#[test]
fn templates_are_read_as_names_as_objects_and_as_copies() {
    let by_name = datasets(&json!(TEMPLATES));
    let by_object: Vec<_> = TEMPLATES.iter().map(|name| json!({"template": name})).collect();
    assert_eq!(datasets(&json!(by_object)), by_name);
    assert_eq!(datasets(&templates()), by_name);
    assert_eq!(by_name.iter().map(|dataset| dataset.name.as_str()).collect::<Vec<_>>(), TEMPLATES);
    for dataset in &by_name {
        assert!(
            dataset.realtime.is_some() && dataset.historical.as_ref().unwrap().dedupe.is_some(),
            "{}",
            dataset.name
        );
        assert!(dataset.columns.iter().all(|column| column.realtime.is_some() && column.historical.is_some()));
    }
    assert_eq!(template("calls"), None);
}

#[test]
fn a_template_is_overridden_key_by_key() {
    let plain = dataset(&json!("contacts"));
    let read = dataset(&json!({
        "template": "contacts", "name": "voice", "description": null,
        "realtime": {"where": "channel = 'VOICE'"},
        "historical": {"table": "ctr", "lag": "", "partitions": {"arrivalLagAfter": "7d"}, "dedupe": {"order": "revision"}},
        "columns": [
            {"name": "queue", "historical": "queue.arn"},
            {"name": "instance", "remove": true},
            {"name": "survey", "type": "text", "realtime": false, "historical": "attributes['survey_score']"},
        ],
    }));
    assert_eq!((read.name.as_str(), &read.description), ("voice", &plain.description));
    let realtime = read.realtime.as_ref().unwrap();
    assert_eq!(
        (realtime.filter.as_deref(), realtime.measure_name.as_deref()),
        (Some("channel = 'VOICE'"), Some("contact"))
    );
    let historical = read.historical.as_ref().unwrap();
    assert_eq!(
        (historical.table.as_str(), historical.time.as_str(), historical.lag),
        ("ctr", "initiationtimestamp", None)
    );
    let layout = historical.partitions.as_ref().unwrap();
    assert_eq!(layout.style, plain.historical.as_ref().unwrap().partitions.as_ref().unwrap().style);
    assert_eq!(layout.arrival_lag_after, Duration::from_hours(7 * 24));
    assert_eq!(historical.dedupe, Some(Dedupe { key: vec!["contactid".to_owned()], order: "revision".to_owned() }));
    let queue = read.column("queue").unwrap();
    assert_eq!((queue.realtime.as_deref(), queue.historical.as_deref()), (Some("queue"), Some("queue.arn")));
    assert_eq!(read.column("instance"), None);
    assert_eq!(read.column("survey").unwrap().realtime, None);
    assert_eq!(read.columns.len(), plain.columns.len());
}

#[test]
fn a_template_on_one_leg_or_in_another_layout_keeps_nothing_of_what_it_was() {
    let read = dataset(&json!({"template": "contacts", "realtime": false,
        "historical": {"partitions": {"style": "projection", "column": "datehour", "format": "yyyy/MM/dd/HH"}, "dedupe": false}}));
    assert_eq!(read.realtime, None);
    assert!(read.columns.iter().all(|column| column.realtime.is_none() && column.historical.is_some()));
    let historical = read.historical.unwrap();
    assert_eq!(historical.dedupe, None);
    assert!(matches!(historical.partitions.unwrap().style, PartitionStyle::Projection { .. }));
    let read = dataset(&json!({"template": "contact_events", "historical": {"partitions": false}}));
    assert_eq!(read.historical.unwrap().partitions, None);
}

#[test]
fn without_datasets_the_templates_are_where_a_database_is() {
    let legs = |json_data: &Value| {
        let settings = read_settings(json_data).unwrap();
        let legs: Vec<_> =
            settings.datasets.iter().map(|d| (d.name.clone(), d.realtime.is_some(), d.historical.is_some())).collect();
        (legs, settings.warnings.len())
    };
    let all = |realtime, historical| TEMPLATES.map(|name| (name.to_owned(), realtime, historical)).to_vec();
    let both = json!({"realtime": {"database": "a"}, "historical": {"database": "b"}});
    assert_eq!(legs(&both), (all(true, true), 0));
    assert_eq!(legs(&json!({"historical": {"database": "b"}})), (all(false, true), 0));
    assert_eq!(legs(&json!({"realtime": {"database": "a"}})), (all(true, false), 0));
    assert_eq!(legs(&json!({})), (vec![], 0));
    assert_eq!(legs(&json!({"realtime": {"database": "a"}, "datasets": []})), (vec![], 0));
    let off = json!({"realtime": {"database": "a", "enabled": false}, "historical": {"database": "b"}});
    assert_eq!(legs(&off), (all(false, true), 0));
    // Contact records are hours late, so that nothing is on both legs: left out, since nobody asked for them.
    let short = json!({"realtime": {"database": "a", "retention": "6h"}, "historical": {"database": "b"}});
    assert_eq!(legs(&short), (all(true, true).split_off(1), 1));
}

#[test]
fn a_leg_that_is_switched_off_has_no_tables() {
    let entry =
        own(&json!({"columns": [{"name": "a", "type": "text"}, {"name": "b", "type": "text", "historical": false}]}));
    let live = own(&json!({"name": "live", "historical": false}));
    let settings = read_settings(
        &json!({"realtime": {"enabled": false}, "historical": {"database": "lake"}, "datasets": [entry, live, "contacts"]}),
    )
    .unwrap();
    let names: Vec<_> = settings.datasets.iter().map(|dataset| dataset.name.as_str()).collect();
    assert_eq!(names, ["waits", "contacts"]);
    assert!(settings.datasets.iter().all(|dataset| dataset.realtime.is_none()));
    assert_eq!(settings.datasets[0].columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["a"]);
    assert!(settings.warnings.iter().any(|warning| warning.contains("live")), "{:?}", settings.warnings);
}

#[test]
fn lag_and_margin_are_read() {
    let settings = read_settings(&json!({})).unwrap();
    assert_eq!((settings.historical.lag, settings.realtime.margin), (Duration::from_hours(1), Duration::from_mins(15)));
    let settings =
        read_settings(&json!({"historical": {"lag": "0s"}, "realtime": {"margin": "1h", "retention": "7d"}})).unwrap();
    assert_eq!((settings.historical.lag, settings.realtime.margin), (Duration::ZERO, Duration::from_hours(1)));
    // With one leg alone there is no seam.
    assert!(read_settings(&json!({"historical": {"lag": "30d", "enabled": false}})).is_ok());
    assert!(read_settings(&with(&json!([own(&json!({"realtime": false, "historical": {"lag": "30d"}}))]))).is_ok());
    // Short of the retention by a millisecond is enough.
    assert!(
        read_settings(&json!({"historical": {"lag": "45m"}, "realtime": {"margin": "14m59.999s", "retention": "1h"}}))
            .is_ok()
    );
}

#[test]
fn every_provisioning_file_is_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("provisioning/datasources");
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let yaml = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let environment = |name: &str| {
            Some(
                if name == "SWITCHBOARD_ROLE_ARN" {
                    "arn:aws:iam::123456789012:role/x"
                } else {
                    "http://127.0.0.1:4566"
                }
                .to_owned(),
            )
        };
        let provisioned = from_provisioning(&yaml, None, environment).unwrap();
        let json_data = provisioned.json_data.to_string();
        let settings = Settings::from_grafana(json_data.as_bytes(), &provisioned.secure, &Gates::default()).unwrap();
        assert!(settings.datasets.len() >= 3, "{}", provisioned.name);
        assert_eq!(settings.warnings, Vec::<String>::new(), "{}", provisioned.name);
        read += 1;
    }
    assert!(read >= 2);
}

#[test]
fn the_guide_names_every_column_of_the_templates() {
    let guide = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/datasets.md")).unwrap();
    for dataset in datasets(&json!(TEMPLATES)) {
        for column in &dataset.columns {
            assert!(guide.contains(&format!("`{}`", column.name)), "{}: {}", dataset.name, column.name);
        }
    }
}
