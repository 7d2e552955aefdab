//! The datasets of Amazon Connect that come with Switchboard, as settings that a user takes as they are, overrides, or copies.
//! Tables as the usual pipelines lay them out: multi-measure records in Timestream, Firehose's hours in Athena.

use serde_json::{Map, Value, json};

/// The names of the templates.
pub const TEMPLATES: [&str; 3] = ["contacts", "contact_events", "agent_events"];

/// Name, type, SQL on the real-time leg, SQL on the historical leg, Grafana's unit or nothing, description.
type ColumnRow = [&'static str; 6];

const CONTACTS: &[ColumnRow] = &[
    ["contact_id", "text", "contact_id", "contactid", "", "The contact's id"],
    ["instance", "text", "instance", "instancearn", "", "ARN of the Amazon Connect instance"],
    ["channel", "text", "channel", "channel", "", "VOICE, CHAT, TASK or EMAIL"],
    ["initiation_method", "text", "initiation_method", "initiationmethod", "", "INBOUND, TRANSFER, CALLBACK and so on"],
    ["queue", "text", "queue", "queue.name", "", "The queue's name, if the contact was queued"],
    ["agent", "text", "agent", "agent.username", "", "The agent's login name, if an agent took the contact"],
    ["enqueued_at", "timestamp", "enqueued_at", "queue.enqueuetimestamp", "", "When it entered the queue"],
    ["connected_at", "timestamp", "connected_at", "agent.connectedtoagenttimestamp", "", "When the agent answered"],
    ["disconnected_at", "timestamp", "disconnected_at", "disconnecttimestamp", "", "When it ended"],
    ["queue_duration", "integer", "queue_duration", "queue.duration", "s", "Time in the queue"],
    [
        "interaction_duration",
        "integer",
        "interaction_duration",
        "agent.agentinteractionduration",
        "s",
        "Time with the agent, holds apart",
    ],
    ["hold_duration", "integer", "hold_duration", "agent.customerholdduration", "s", "Time on hold"],
    ["acw_duration", "integer", "acw_duration", "agent.aftercontactworkduration", "s", "After-contact work"],
    [
        "handle_duration",
        "integer",
        "interaction_duration + coalesce(hold_duration, 0) + coalesce(acw_duration, 0)",
        "agent.agentinteractionduration + coalesce(agent.customerholdduration, 0) + coalesce(agent.aftercontactworkduration, 0)",
        "s",
        "Interaction, holds and after-contact work; its mean is the average handle time",
    ],
    ["holds", "integer", "number_of_holds", "agent.numberofholds", "", "How often the customer was put on hold"],
    ["disconnect_reason", "text", "disconnect_reason", "disconnectreason", "", "Why it ended"],
    [
        "transferred",
        "boolean",
        "coalesce(transferred, false)",
        "transfercompletedtimestamp IS NOT NULL",
        "",
        "Whether it was handed on to another agent or queue",
    ],
    ["offered", "boolean", "queue IS NOT NULL", "queue.name IS NOT NULL", "", "Whether it was queued"],
    [
        "handled",
        "boolean",
        "connected_at IS NOT NULL",
        "agent.connectedtoagenttimestamp IS NOT NULL",
        "",
        "Whether an agent answered",
    ],
    [
        "abandoned",
        "boolean",
        "queue IS NOT NULL AND connected_at IS NULL AND coalesce(initiation_method, '') <> 'CALLBACK' AND NOT coalesce(transferred, false)",
        "queue.name IS NOT NULL AND agent.connectedtoagenttimestamp IS NULL AND coalesce(initiationmethod, '') <> 'CALLBACK' AND transfercompletedtimestamp IS NULL",
        "",
        "Whether it left the queue without an agent, callbacks and transfers apart",
    ],
    ["last_update", "timestamp", "last_update", "lastupdatetimestamp", "", "When the record was last written"],
];

const CONTACT_EVENTS: &[ColumnRow] = &[
    ["contact_id", "text", "contact_id", "contactid", "", "The contact's id"],
    ["instance", "text", "instance", "instancearn", "", "ARN of the Amazon Connect instance"],
    [
        "event_type",
        "text",
        "event_type",
        "eventtype",
        "",
        "INITIATED, QUEUED, CONNECTED_TO_AGENT, DISCONNECTED and so on",
    ],
    ["channel", "text", "channel", "channel", "", "VOICE, CHAT, TASK or EMAIL"],
    ["initiation_method", "text", "initiation_method", "initiationmethod", "", "INBOUND, TRANSFER, CALLBACK and so on"],
    ["queue", "text", "queue", "queue", "", "The queue's name, once the contact is in it"],
    ["agent", "text", "agent", "agent", "", "The agent's login name, once an agent has answered"],
];

const AGENT_EVENTS: &[ColumnRow] = &[
    ["agent", "text", "agent", "username", "", "The agent's login name"],
    ["instance", "text", "instance", "instancearn", "", "ARN of the Amazon Connect instance"],
    ["routing_profile", "text", "routing_profile", "routingprofile", "", "The name of the agent's routing profile"],
    ["event_type", "text", "event_type", "eventtype", "", "LOGIN, LOGOUT, STATE_CHANGE or HEART_BEAT"],
    ["status", "text", "status", "status", "", "The status that the agent has chosen"],
    ["status_type", "text", "status_type", "statustype", "", "ROUTABLE, CUSTOM or OFFLINE"],
    ["activity", "text", "activity", "activity", "", "What the agent does, as one word of status and contact state"],
    ["contact_state", "text", "contact_state", "contactstate", "", "CONNECTING, CONNECTED, CONNECTED_ONHOLD and so on"],
    ["contact_id", "text", "contact_id", "contactid", "", "The contact in the agent's hands"],
    ["channel", "text", "channel", "channel", "", "That contact's channel"],
    ["queue", "text", "queue", "queue", "", "That contact's queue"],
];

/// The template of this name as an entry of `datasets` in settings; its databases are the legs' own.
#[must_use]
pub fn template(name: &str) -> Option<Value> {
    match name {
        "contacts" => Some(json!({
            "name": "contacts",
            "description": "One row a contact, by the time it began; there once after-contact work is done",
            "realtime": {"table": "contact_records", "timeColumn": "time", "measureName": "contact"},
            "historical": {
                "table": "contact_records",
                "timeColumn": "initiationtimestamp",
                "partitions": hours("1d"),
                "dedupe": {"key": ["contactid"], "order": "lastupdatetimestamp"},
                // A record comes only after the contact, and again when it is updated.
                "lag": "6h",
            },
            "columns": columns(CONTACTS),
        })),
        "contact_events" => Some(json!({
            "name": "contact_events",
            "description": "One row for each step of a contact, by the time of the step",
            "realtime": {"table": "contact_events", "timeColumn": "time", "measureName": "event"},
            "historical": {
                "table": "contact_events",
                "timeColumn": "eventtimestamp",
                "partitions": hours("1h"),
                "dedupe": {"key": ["contactid", "eventid"]},
            },
            "columns": columns(CONTACT_EVENTS),
        })),
        "agent_events" => Some(json!({
            "name": "agent_events",
            "description": "One row for each change and heartbeat of an agent, by the time of the event",
            "realtime": {"table": "agent_events", "timeColumn": "time", "measureName": "agent"},
            "historical": {
                "table": "agent_events",
                "timeColumn": "eventtimestamp",
                "partitions": hours("1h"),
                "dedupe": {"key": ["eventid"]},
            },
            "columns": columns(AGENT_EVENTS),
        })),
        _ => None,
    }
}

/// All templates as a list of entries of `datasets` in settings, for a settings editor to show and copy.
#[must_use]
pub fn templates() -> Value {
    TEMPLATES.into_iter().filter_map(template).collect()
}

/// Firehose's own layout: columns for year, month, day and hour of arrival, as padded text in UTC.
fn hours(arrival_lag_after: &str) -> Value {
    json!({
        "style": "columns",
        "columns": ["year", "month", "day", "hour"],
        "type": "string",
        "padded": true,
        "timezone": "UTC",
        "arrivalLagBefore": "15m",
        "arrivalLagAfter": arrival_lag_after,
    })
}

fn columns(rows: &[ColumnRow]) -> Value {
    rows.iter()
        .map(|[name, data_type, realtime, historical, unit, description]| {
            let mut column = Map::new();
            let keys = [
                ("name", name),
                ("type", data_type),
                ("realtime", realtime),
                ("historical", historical),
                ("unit", unit),
                ("description", description),
            ];
            for (key, value) in keys {
                if !value.is_empty() {
                    column.insert(key.to_owned(), Value::from(*value));
                }
            }
            Value::Object(column)
        })
        .collect()
}
