//! Datasets for the tests of this module.

use std::time::Duration;

use chrono_tz::Tz;

use crate::dataset::{
    Column, ColumnType, Dataset, Dedupe, HistoricalTable, PartitionStyle, PartitionValues, Partitions, RealtimeTable,
};

fn column(name: &str, data_type: ColumnType, realtime: Option<&str>, historical: Option<&str>) -> Column {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    Column {
        name: name.to_owned(),
        data_type,
        realtime: owned(realtime),
        historical: owned(historical),
        unit: None,
        description: None,
    }
}

/// On both legs, as the sandbox has it.
pub(in crate::sql) fn contacts() -> Dataset {
    use ColumnType::{Boolean, Double, Integer, Text, Timestamp};
    Dataset {
        name: "contacts".to_owned(),
        description: None,
        realtime: Some(RealtimeTable {
            database: "connect".to_owned(),
            table: "contact_records".to_owned(),
            time: "time".to_owned(),
            measure_name: Some("contact".to_owned()),
            filter: None,
            dedupe: None,
            retention: None,
        }),
        historical: Some(HistoricalTable {
            catalog: None,
            database: "connect".to_owned(),
            table: "contact_records".to_owned(),
            time: "initiationtimestamp".to_owned(),
            partitions: Some(Partitions {
                style: PartitionStyle::Columns {
                    columns: ["year", "month", "day", "hour"].map(str::to_owned).to_vec(),
                    values: PartitionValues::PaddedText,
                    zone: Tz::UTC,
                },
                arrival_lag_before: Duration::from_mins(15),
                arrival_lag_after: Duration::from_hours(24),
            }),
            filter: Some("initiationmethod <> 'API' OR channel = 'TASK'".to_owned()),
            dedupe: Some(Dedupe { key: vec!["contactid".to_owned()], order: "lastupdatetimestamp".to_owned() }),
            lag: None,
        }),
        columns: vec![
            column("contact_id", Text, Some("contact_id"), Some("contactid")),
            column("queue", Text, Some("queue"), Some("queue.name")),
            column("queue_seconds", Integer, Some("queue_duration"), Some("queue.duration")),
            column("talk_share", Double, Some("interaction_duration * 1e0 / 3600"), None),
            column("transferred", Boolean, Some("transferred"), Some("transfercompletedtimestamp IS NOT NULL")),
            column("enqueued_at", Timestamp, Some("enqueued_at"), Some("queue.enqueuetimestamp")),
            column("attributes", Text, None, Some("json_format(CAST(attributes AS json))")),
        ],
    }
}

/// On the historical leg only, without partitions and duplicates.
pub(in crate::sql) fn archive() -> Dataset {
    Dataset {
        name: "archive".to_owned(),
        description: None,
        realtime: None,
        historical: Some(HistoricalTable {
            catalog: Some("old\"data".to_owned()),
            database: "connect".to_owned(),
            table: "archive".to_owned(),
            time: "from_iso8601_timestamp(at)".to_owned(),
            partitions: None,
            filter: None,
            dedupe: None,
            lag: None,
        }),
        columns: vec![column("attributes", ColumnType::Text, None, Some("attributes"))],
    }
}
