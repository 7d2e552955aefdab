//! Datasets as editors are told of them: names, types, units and which leg has what; no SQL of the tables behind.

use serde_json::{Value, json};

use super::{ColumnType, Dataset, TIME};
use crate::leg::Leg;

/// A list with, for each dataset, `name`, `description` (or null), `realtime` and `historical` (whether that leg has it),
/// and `columns`: each `name`, `type`, `unit` and `description` (or null), `realtime` and `historical`. The event time
/// comes first of them.
#[must_use]
pub fn describe(datasets: &[Dataset]) -> Value {
    datasets.iter().map(describe_one).collect()
}

fn describe_one(dataset: &Dataset) -> Value {
    let time = json!({
        "name": TIME,
        "type": ColumnType::Timestamp,
        "unit": null,
        "description": "The time of the event",
        "realtime": dataset.is_on(Leg::Realtime),
        "historical": dataset.is_on(Leg::Historical),
    });
    let columns = dataset.columns.iter().map(|column| {
        json!({
            "name": column.name,
            "type": column.data_type,
            "unit": column.unit,
            "description": column.description,
            "realtime": column.expression(Leg::Realtime).is_some(),
            "historical": column.expression(Leg::Historical).is_some(),
        })
    });
    json!({
        "name": dataset.name,
        "description": dataset.description,
        "realtime": dataset.is_on(Leg::Realtime),
        "historical": dataset.is_on(Leg::Historical),
        "columns": std::iter::once(time).chain(columns).collect::<Value>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Column, RealtimeTable};

    #[test]
    fn editors_are_told_names_types_and_legs_but_no_tables() {
        let dataset = Dataset {
            name: "waits".to_owned(),
            description: None,
            realtime: Some(RealtimeTable {
                database: "hidden_database".to_owned(),
                table: "hidden_table".to_owned(),
                time: "time".to_owned(),
                measure_name: None,
                filter: None,
                dedupe: None,
                retention: None,
            }),
            historical: None,
            columns: vec![Column {
                name: "wait".to_owned(),
                data_type: ColumnType::Double,
                realtime: Some("hidden_expression".to_owned()),
                historical: None,
                unit: Some("s".to_owned()),
                description: Some("Time in the queue".to_owned()),
            }],
        };
        let described = describe(&[dataset]);
        assert_eq!(
            described,
            json!([{
                "name": "waits", "description": null, "realtime": true, "historical": false,
                "columns": [
                    {"name": "time", "type": "timestamp", "unit": null, "description": "The time of the event",
                     "realtime": true, "historical": false},
                    {"name": "wait", "type": "double", "unit": "s", "description": "Time in the queue",
                     "realtime": true, "historical": false},
                ],
            }])
        );
        assert_eq!(describe(&[]), json!([]));
    }
}
