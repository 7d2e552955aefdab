//! Contact events, agent events and queue figures: in Timestream by event time, in Athena by hour of arrival.

use std::sync::Arc;

use crate::data::{AgentEvent, By, Centre, Contact, ContactEvent, QueueSample, SECOND, ShiftDay, Snapshot};
use crate::engine::columns::{GeneratedColumn, bigint, double, text, timestamp_millis, timestamp_nanos, written};
use crate::engine::provider::{GeneratedTable, Layout};

/// A contact event's size as JSON.
const CONTACT_EVENT_BYTES: u64 = 1_100;
/// An agent event's size as JSON.
const AGENT_EVENT_BYTES: u64 = 5_000;
/// A multi-measure event record's size in Timestream.
const MEASURE_BYTES: u64 = 300;
/// A single-measure record's size in Timestream.
const SINGLE_MEASURE_BYTES: u64 = 90;

#[derive(Clone)]
struct ContactRow {
    day: Arc<ShiftDay>,
    event: ContactEvent,
    centre: Arc<Centre>,
}

impl ContactRow {
    fn contact(&self) -> &Contact {
        &self.day.contacts[self.event.contact as usize]
    }

    fn queue(&self) -> Option<&str> {
        // Nobody knows the queue before the contact is in it.
        let queue = self.contact().queue.filter(|_| self.contact().enqueued.is_some_and(|at| at <= self.event.at))?;
        self.centre.queues.get(usize::from(queue)).map(|queue| queue.name.as_str())
    }

    fn agent(&self) -> Option<&str> {
        let agent =
            self.contact().agent.filter(|_| self.contact().connected_to_agent.is_some_and(|at| at <= self.event.at))?;
        self.centre.agents.get(agent as usize).map(|agent| agent.username.as_str())
    }

    fn event_id(&self) -> String {
        format!("{:08x}-{}", self.contact().chance(20), self.event.event_type.as_str().to_lowercase())
    }

    fn read(snapshot: &Snapshot, events: Vec<(Arc<ShiftDay>, ContactEvent)>) -> Vec<Self> {
        let centre = &snapshot.history.centre;
        events.into_iter().map(|(day, event)| Self { day, event, centre: Arc::clone(centre) }).collect()
    }
}

/// `connect.contact_events` of Timestream.
pub fn timestream_contact_events() -> GeneratedTable<impl Clone + Send + Sync> {
    GeneratedTable {
        name: "contact_events",
        layout: Layout::Time,
        columns: vec![
            text("instance", |r: &ContactRow| Some(&r.centre.instance_arn)),
            text("channel", |r: &ContactRow| Some(r.contact().channel.as_str())),
            text("queue", ContactRow::queue),
            text("initiation_method", |r: &ContactRow| Some(r.contact().method.as_str())),
            written("contact_id", |r: &ContactRow| Some(r.contact().id.to_string())),
            text("measure_name", |_: &ContactRow| Some("event")),
            timestamp_nanos("time", |r: &ContactRow| Some(r.event.at)),
            text("event_type", |r: &ContactRow| Some(r.event.event_type.as_str())),
            text("agent", ContactRow::agent),
        ],
        rows: |snapshot, from, to| ContactRow::read(snapshot, snapshot.contact_events(By::Event, from, to)),
        keep: |_, _| true,
        row_bytes: MEASURE_BYTES,
    }
}

/// `connect.contact_events` of Athena.
pub fn athena_contact_events() -> GeneratedTable<impl Clone + Send + Sync> {
    GeneratedTable {
        name: "contact_events",
        layout: Layout::ArrivalHours,
        columns: vec![
            written("eventid", |r: &ContactRow| Some(r.event_id())),
            text("eventtype", |r: &ContactRow| Some(r.event.event_type.as_str())),
            timestamp_millis("eventtimestamp", |r: &ContactRow| Some(r.event.at)),
            text("instancearn", |r: &ContactRow| Some(&r.centre.instance_arn)),
            written("contactid", |r: &ContactRow| Some(r.contact().id.to_string())),
            text("channel", |r: &ContactRow| Some(r.contact().channel.as_str())),
            text("initiationmethod", |r: &ContactRow| Some(r.contact().method.as_str())),
            timestamp_millis("initiationtimestamp", |r: &ContactRow| Some(r.contact().initiated)),
            text("queue", ContactRow::queue),
            text("agent", ContactRow::agent),
        ],
        rows: |snapshot, from, to| ContactRow::read(snapshot, snapshot.contact_events(By::Arrival, from, to)),
        keep: |_, _| true,
        row_bytes: CONTACT_EVENT_BYTES,
    }
}

#[derive(Clone)]
struct AgentRow {
    event: AgentEvent,
    centre: Arc<Centre>,
}

impl AgentRow {
    fn username(&self) -> Option<&str> {
        self.centre.agents.get(self.event.agent as usize).map(|agent| agent.username.as_str())
    }

    fn queue(&self) -> Option<&str> {
        self.centre.queues.get(usize::from(self.event.contact?.queue?)).map(|queue| queue.name.as_str())
    }

    fn event_id(&self) -> String {
        format!("{:x}-{:x}", self.event.at, self.event.agent)
    }

    fn read(snapshot: &Snapshot, events: Vec<AgentEvent>) -> Vec<Self> {
        let centre = &snapshot.history.centre;
        events.into_iter().map(|event| Self { event, centre: Arc::clone(centre) }).collect()
    }

    /// The columns that both services have alike.
    fn shared_columns(contact_id: &'static str) -> Vec<GeneratedColumn<Self>> {
        vec![
            text("status", |r: &Self| Some(r.event.status.as_str())),
            text("activity", |r: &Self| Some(r.event.activity())),
            written(contact_id, |r: &Self| Some(r.event.contact?.id.to_string())),
            text("channel", |r: &Self| Some(r.event.contact?.channel.as_str())),
            text("queue", Self::queue),
        ]
    }
}

/// `connect.agent_events` of Timestream. `activity` is the one word that the pipeline makes of status and contact state.
pub fn timestream_agent_events() -> GeneratedTable<impl Clone + Send + Sync> {
    let mut columns = vec![
        text("instance", |r: &AgentRow| Some(&r.centre.instance_arn)),
        text("agent", AgentRow::username),
        text("routing_profile", |r: &AgentRow| Some(&r.centre.routing_profile(r.event.agent).name)),
        text("measure_name", |_: &AgentRow| Some("agent")),
        timestamp_nanos("time", |r: &AgentRow| Some(r.event.at)),
        text("event_type", |r: &AgentRow| Some(r.event.event_type.as_str())),
        text("status_type", |r: &AgentRow| Some(r.event.status.status_type())),
        text("contact_state", |r: &AgentRow| Some(r.event.contact?.state.as_str())),
    ];
    columns.extend(AgentRow::shared_columns("contact_id"));
    GeneratedTable {
        name: "agent_events",
        layout: Layout::Time,
        columns,
        rows: |snapshot, from, to| AgentRow::read(snapshot, snapshot.agent_events(By::Event, from, to)),
        keep: |_, _| true,
        row_bytes: MEASURE_BYTES,
    }
}

/// `connect.agent_events` of Athena.
pub fn athena_agent_events() -> GeneratedTable<impl Clone + Send + Sync> {
    let mut columns = vec![
        written("eventid", |r: &AgentRow| Some(r.event_id())),
        text("eventtype", |r: &AgentRow| Some(r.event.event_type.as_str())),
        timestamp_millis("eventtimestamp", |r: &AgentRow| Some(r.event.at)),
        text("instancearn", |r: &AgentRow| Some(&r.centre.instance_arn)),
        text("agentarn", |r: &AgentRow| r.centre.agents.get(r.event.agent as usize).map(|agent| agent.arn.as_str())),
        text("username", AgentRow::username),
        text("routingprofile", |r: &AgentRow| Some(&r.centre.routing_profile(r.event.agent).name)),
        text("statustype", |r: &AgentRow| Some(r.event.status.status_type())),
        text("contactstate", |r: &AgentRow| Some(r.event.contact?.state.as_str())),
    ];
    columns.extend(AgentRow::shared_columns("contactid"));
    GeneratedTable {
        name: "agent_events",
        layout: Layout::ArrivalHours,
        columns,
        rows: |snapshot, from, to| AgentRow::read(snapshot, snapshot.agent_events(By::Arrival, from, to)),
        keep: |_, _| true,
        row_bytes: AGENT_EVENT_BYTES,
    }
}

/// One single-measure record of a queue.
#[derive(Clone)]
struct QueueRow {
    sample: QueueSample,
    measure: QueueMeasure,
    centre: Arc<Centre>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum QueueMeasure {
    ContactsInQueue,
    OldestWait,
    AgentsAvailable,
}

impl QueueMeasure {
    const ALL: [Self; 3] = [Self::ContactsInQueue, Self::OldestWait, Self::AgentsAvailable];

    fn name(self) -> &'static str {
        match self {
            Self::ContactsInQueue => "contacts_in_queue",
            Self::OldestWait => "oldest_wait_seconds",
            Self::AgentsAvailable => "agents_available",
        }
    }
}

/// `connect.queue_metrics` of Timestream: single-measure records, a minute and queue each.
pub fn timestream_queue_metrics() -> GeneratedTable<impl Clone + Send + Sync> {
    GeneratedTable {
        name: "queue_metrics",
        layout: Layout::Time,
        columns: vec![
            text("instance", |r: &QueueRow| Some(&r.centre.instance_arn)),
            text("queue", |r: &QueueRow| Some(&r.centre.queues.get(usize::from(r.sample.queue))?.name)),
            text("measure_name", |r: &QueueRow| Some(r.measure.name())),
            timestamp_nanos("time", |r: &QueueRow| Some(r.sample.at)),
            bigint("measure_value::bigint", |r: &QueueRow| match r.measure {
                QueueMeasure::ContactsInQueue => Some(r.sample.waiting),
                QueueMeasure::AgentsAvailable => Some(r.sample.agents_available),
                QueueMeasure::OldestWait => None,
            }),
            double("measure_value::double", |r: &QueueRow| {
                #[expect(clippy::cast_precision_loss, reason = "a wait of at most hours")]
                let seconds = r.sample.oldest_wait as f64 / SECOND as f64;
                (r.measure == QueueMeasure::OldestWait).then_some(seconds)
            }),
        ],
        rows: |snapshot, from, to| {
            let centre = &snapshot.history.centre;
            snapshot
                .queue_samples(from, to)
                .into_iter()
                .flat_map(|sample| {
                    QueueMeasure::ALL.map(|measure| QueueRow { sample, measure, centre: Arc::clone(centre) })
                })
                .collect()
        },
        keep: |_, _| true,
        row_bytes: SINGLE_MEASURE_BYTES,
    }
}
