//! Contact records: in Athena the records as Amazon Connect delivers them, every delivery kept; in Timestream one row a
//! contact, as the pipeline writes it.

use std::sync::Arc;

use uuid::Uuid;

use crate::data::{
    Agent, Centre, Channel, Contact, DeliveredContact, InitiationMethod, Millis, Queue, SECOND, Snapshot,
};
use crate::engine::columns::{
    GeneratedColumn, bigint, boolean, integer, row, text, text_map, timestamp_millis, timestamp_nanos, written,
};
use crate::engine::provider::{GeneratedTable, Layout};

/// A contact record's size as newline-delimited JSON.
const RECORD_BYTES: u64 = 4_096;
/// A multi-measure record's size in Timestream.
const MEASURE_BYTES: u64 = 420;

/// A delivered record and the centre it is of.
#[derive(Clone)]
struct Record {
    delivered: DeliveredContact,
    centre: Arc<Centre>,
}

impl Record {
    fn contact(&self) -> &Contact {
        self.delivered.contact()
    }

    fn queue(&self) -> Option<&Queue> {
        self.centre.queues.get(usize::from(self.contact().queue?))
    }

    fn agent(&self) -> Option<&Agent> {
        self.centre.agents.get(self.contact().agent? as usize)
    }

    fn read(snapshot: &Snapshot, delivered: Vec<DeliveredContact>) -> Vec<Self> {
        delivered
            .into_iter()
            .map(|delivered| Self { delivered, centre: Arc::clone(&snapshot.history.centre) })
            .collect()
    }
}

/// Cut down to the second, as all times of a contact record are.
fn second(instant: Millis) -> Millis {
    instant - instant.rem_euclid(SECOND)
}

fn id_unless_nil(id: Uuid) -> Option<String> {
    (!id.is_nil()).then(|| id.to_string())
}

/// `connect.contact_records` of Timestream.
pub fn timestream() -> GeneratedTable<impl Clone + Send + Sync> {
    GeneratedTable {
        name: "contact_records",
        layout: Layout::Time,
        columns: vec![
            text("instance", |r: &Record| Some(&r.centre.instance_arn)),
            text("channel", |r: &Record| Some(r.contact().channel.as_str())),
            text("queue", |r: &Record| Some(&r.queue()?.name)),
            text("initiation_method", |r: &Record| Some(r.contact().method.as_str())),
            written("contact_id", |r: &Record| Some(r.contact().id.to_string())),
            text("measure_name", |_: &Record| Some("contact")),
            timestamp_nanos("time", |r: &Record| Some(second(r.contact().initiated))),
            text("agent", |r: &Record| Some(&r.agent()?.username)),
            timestamp_nanos("enqueued_at", |r: &Record| r.contact().enqueued.map(second)),
            timestamp_nanos("connected_at", |r: &Record| r.contact().connected_to_agent.map(second)),
            timestamp_nanos("disconnected_at", |r: &Record| Some(second(r.contact().disconnected))),
            bigint("queue_duration", |r: &Record| r.contact().queue_seconds()),
            bigint("interaction_duration", |r: &Record| r.contact().interaction_seconds()),
            bigint("hold_duration", |r: &Record| r.contact().agent.map(|_| r.contact().hold_seconds())),
            bigint("acw_duration", |r: &Record| r.contact().after_contact_work_seconds()),
            bigint("number_of_holds", |r: &Record| r.contact().agent.map(|_| count(&r.contact().holds))),
            text("disconnect_reason", |r: &Record| Some(r.contact().reason.as_str())),
            boolean("transferred", |r: &Record| Some(r.contact().transferred.is_some())),
            timestamp_nanos("last_update", |r: &Record| Some(r.delivered.delivery.last_update)),
        ],
        rows: |snapshot, from, to| {
            // The record's time is cut down to the second: a contact belongs to the range that its second is in.
            let begun = snapshot.contacts_begun(second(from + SECOND - 1), second(to + SECOND - 1));
            Record::read(snapshot, begun)
        },
        keep: |_, _| true,
        row_bytes: MEASURE_BYTES,
    }
}

/// `connect.contact_records` of Athena.
pub fn athena() -> GeneratedTable<impl Clone + Send + Sync> {
    athena_table("contact_records", Layout::ArrivalHours, |_, _| true)
}

/// The rows of the view `connect.contact_latest`: of each contact the latest delivery.
pub fn athena_latest() -> GeneratedTable<impl Clone + Send + Sync> {
    athena_table("contact_latest", Layout::ArrivalHoursInView, |snapshot, record| {
        snapshot.latest_arrived(&record.delivered) == Some(record.delivered.delivery)
    })
}

fn athena_table(name: &'static str, layout: Layout, keep: fn(&Snapshot, &Record) -> bool) -> GeneratedTable<Record> {
    GeneratedTable {
        name,
        layout,
        keep,
        columns: vec![
            text("awsaccountid", |r: &Record| Some(&r.centre.account)),
            text("awscontacttracerecordformatversion", |_: &Record| Some("2017-03-10")),
            text("instancearn", |r: &Record| Some(&r.centre.instance_arn)),
            written("contactid", |r: &Record| Some(r.contact().id.to_string())),
            written("initialcontactid", |r: &Record| id_unless_nil(r.contact().initial)),
            written("previouscontactid", |r: &Record| id_unless_nil(r.contact().previous)),
            written("nextcontactid", |r: &Record| id_unless_nil(r.contact().next)),
            text("channel", |r: &Record| Some(r.contact().channel.as_str())),
            text("initiationmethod", |r: &Record| Some(r.contact().method.as_str())),
            text("disconnectreason", |r: &Record| Some(r.contact().reason.as_str())),
            timestamp_millis("initiationtimestamp", |r: &Record| Some(second(r.contact().initiated))),
            timestamp_millis("connectedtosystemtimestamp", |r: &Record| Some(second(r.contact().connected_to_system))),
            timestamp_millis("disconnecttimestamp", |r: &Record| Some(second(r.contact().disconnected))),
            timestamp_millis("lastupdatetimestamp", |r: &Record| Some(r.delivered.delivery.last_update)),
            timestamp_millis("transfercompletedtimestamp", |r: &Record| r.contact().transferred.map(second)),
            integer("agentconnectionattempts", |r: &Record| Some(i64::from(r.contact().attempts))),
            agent(),
            queue(),
            row(
                "customerendpoint",
                |r: &Record| r.contact().channel != Channel::Task,
                vec![
                    written("address", |r: &Record| Some(customer_address(r.contact()))),
                    text("type", |r: &Record| Some(endpoint_type(r.contact().channel))),
                ],
            ),
            row(
                "systemendpoint",
                |r: &Record| r.contact().channel == Channel::Voice,
                vec![
                    text("address", |_: &Record| Some("+448081570192")),
                    text("type", |_: &Record| Some("TELEPHONE_NUMBER")),
                ],
            ),
            text_map("attributes", attributes),
        ],
        rows: |snapshot, from, to| Record::read(snapshot, snapshot.contacts_arrived(from, to)),
        row_bytes: RECORD_BYTES,
    }
}

fn agent() -> GeneratedColumn<Record> {
    row(
        "agent",
        |r: &Record| r.contact().agent.is_some(),
        vec![
            text("arn", |r: &Record| Some(&r.agent()?.arn)),
            text("username", |r: &Record| Some(&r.agent()?.username)),
            row(
                "routingprofile",
                |r: &Record| r.contact().agent.is_some(),
                vec![
                    text("arn", |r: &Record| Some(&r.centre.routing_profile(r.contact().agent?).arn)),
                    text("name", |r: &Record| Some(&r.centre.routing_profile(r.contact().agent?).name)),
                ],
            ),
            timestamp_millis("connectedtoagenttimestamp", |r: &Record| r.contact().connected_to_agent.map(second)),
            integer("agentinteractionduration", |r: &Record| r.contact().interaction_seconds()),
            integer("customerholdduration", |r: &Record| r.contact().agent.map(|_| r.contact().hold_seconds())),
            integer("numberofholds", |r: &Record| r.contact().agent.map(|_| count(&r.contact().holds))),
            integer("longestholdduration", |r: &Record| r.contact().agent.map(|_| r.contact().longest_hold_seconds())),
            integer("aftercontactworkduration", |r: &Record| r.contact().after_contact_work_seconds()),
            timestamp_millis("aftercontactworkstarttimestamp", |r: &Record| {
                r.contact().agent.map(|_| second(r.contact().disconnected))
            }),
            timestamp_millis("aftercontactworkendtimestamp", |r: &Record| {
                r.contact().agent.map(|_| second(r.contact().completed))
            }),
        ],
    )
}

fn queue() -> GeneratedColumn<Record> {
    row(
        "queue",
        |r: &Record| r.contact().queue.is_some(),
        vec![
            text("arn", |r: &Record| Some(&r.queue()?.arn)),
            text("name", |r: &Record| Some(&r.queue()?.name)),
            timestamp_millis("enqueuetimestamp", |r: &Record| r.contact().enqueued.map(second)),
            timestamp_millis("dequeuetimestamp", |r: &Record| r.contact().dequeued.map(second)),
            integer("duration", |r: &Record| r.contact().queue_seconds()),
        ],
    )
}

fn count<T>(of: &[T]) -> i64 {
    i64::try_from(of.len()).unwrap_or(i64::MAX)
}

/// Telephone numbers are of the range that Ofcom keeps for drama.
fn customer_address(contact: &Contact) -> String {
    let number = contact.chance(10) % 1_000;
    match contact.channel {
        Channel::Voice => format!("+447700900{number:03}"),
        _ => format!("customer{number:03}@example.com"),
    }
}

fn endpoint_type(channel: Channel) -> &'static str {
    match channel {
        Channel::Voice => "TELEPHONE_NUMBER",
        Channel::Chat | Channel::Task | Channel::Email => "EMAIL_ADDRESS",
    }
}

/// What the flow has noted about a contact; an update of the record brings the customer's survey score.
fn attributes(record: &Record) -> Vec<(&'static str, String)> {
    let contact = record.contact();
    let one_of = |salt, choices: &[&str]| choices[contact.chance(salt) as usize % choices.len()].to_owned();
    let mut attributes = vec![
        ("customer_tier", one_of(11, &["standard", "standard", "standard", "silver", "gold"])),
        ("language", one_of(12, &["en", "en", "en", "en", "en", "cy", "pl"])),
        ("reason", one_of(13, &["order", "payment", "fault", "change of address", "cancellation", "question"])),
    ];
    if contact.method == InitiationMethod::Callback {
        attributes.push(("callback", "true".to_owned()));
    }
    if record.delivered.delivery.revision > 0 {
        attributes.push(("survey_score", one_of(14, &["1", "2", "3", "4", "4", "5", "5"])));
    }
    attributes
}
