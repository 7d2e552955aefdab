//! The demonstration's figures by plain loops over the generated contacts and events, without SQL, so that what the
//! engines answer can be held against something that shares none of their code.
//!
//! Ranges are half-open and in milliseconds; times are written in RFC 3339; what has not become visible to the leg that
//! the figure is of is not counted.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::contact::to_second;
use super::{
    AgentEvent, By, ContactEventType, DAY, DeliveredContact, HOUR, InitiationMethod, MINUTE, Millis, SECOND, Snapshot,
};

/// Kinds of figures that [`facts`] knows, `all` of them apart.
pub const KINDS: [&str; 5] = ["contacts-by-queue", "agents-by-state", "days", "last-contacts", "hours"];

/// Seconds within which an answer counts for the service level.
const SERVICE_LEVEL_SECONDS: i64 = 20;
/// Contacts listed by `last-contacts`.
const LAST_CONTACTS: usize = 20;

/// Contacts that entered a queue in five minutes: real-time leg, contact events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QueuedContacts {
    /// The beginning of the five minutes.
    pub time: DateTime<Utc>,
    /// The queue's name.
    pub queue: String,
    /// Contacts that entered it.
    pub contacts: u64,
}

/// Agents whose last event says that they do the same: real-time leg, agent events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgentsInState {
    /// What they do, as the table's column `activity` says.
    pub state: String,
    /// How many they are.
    pub agents: u64,
    /// The latest of their last events.
    pub last_event: DateTime<Utc>,
}

/// Key figures of the contacts that began on a UTC day: historical leg, each contact once in its latest state.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DayFigures {
    /// Midnight at which the day begins.
    pub day: DateTime<Utc>,
    /// All contacts.
    pub contacts: u64,
    /// Those that were queued.
    pub offered: u64,
    /// Those that an agent took.
    pub handled: u64,
    /// Those that were queued and no agent took, callbacks apart.
    pub abandoned: u64,
    /// Those that were queued and answered within 20 seconds.
    pub answered_in_20_s: u64,
    /// These in percent of the offered; none where none was offered.
    pub service_level_percent: Option<f64>,
    /// Mean of interaction, hold and after-contact work of the handled, in seconds.
    pub average_handle_seconds: Option<f64>,
    /// Mean time in the queue of those that were queued and handled, in seconds.
    pub average_answer_seconds: Option<f64>,
}

/// A contact as the list of the last ones shows it: real-time leg, contact records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedContact {
    /// When it began.
    pub time: DateTime<Utc>,
    /// Its id.
    pub contact_id: String,
    /// The queue's name.
    pub queue: Option<String>,
    /// The channel.
    pub channel: String,
    /// The agent's username.
    pub agent: Option<String>,
    /// Seconds in the queue.
    pub queue_duration: Option<i64>,
    /// Seconds with an agent, hold included.
    pub talked: Option<i64>,
    /// Why it ended.
    pub disconnect_reason: String,
}

/// Contacts that began in an hour and have a queue, or have none: both legs together, each contact once in its latest state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HourFigures {
    /// The beginning of the hour.
    pub hour: DateTime<Utc>,
    /// The queue's name.
    pub queue: Option<String>,
    /// All contacts.
    pub contacts: u64,
    /// Those that an agent took.
    pub handled: u64,
    /// Seconds in the queue of all of them.
    pub queue_seconds: i64,
}

/// All figures of a range.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Facts {
    /// See [`contacts_by_queue`].
    pub contacts_by_queue: Vec<QueuedContacts>,
    /// See [`agents_by_state`].
    pub agents_by_state: Vec<AgentsInState>,
    /// See [`days`].
    pub days: Vec<DayFigures>,
    /// See [`last_contacts`].
    pub last_contacts: Vec<ListedContact>,
}

/// The figures of a kind for `[from, to)` as JSON: an array of one kind, an object of `all` or of none; `None` for a kind that there
/// is not.
#[must_use]
pub fn facts(snapshot: &Snapshot, kind: &str, from: Millis, to: Millis) -> Option<serde_json::Value> {
    match kind {
        "contacts-by-queue" => serde_json::to_value(contacts_by_queue(snapshot, from, to)),
        "agents-by-state" => serde_json::to_value(agents_by_state(snapshot, from, to)),
        "days" => serde_json::to_value(days(snapshot, from, to)),
        "last-contacts" => serde_json::to_value(last_contacts(snapshot, from, to)),
        "hours" => serde_json::to_value(hours(snapshot, from, to)),
        "" | "all" => serde_json::to_value(Facts {
            contacts_by_queue: contacts_by_queue(snapshot, from, to),
            agents_by_state: agents_by_state(snapshot, from, to),
            days: days(snapshot, from, to),
            last_contacts: last_contacts(snapshot, from, to),
        }),
        _ => return None,
    }
    .ok()
}

/// Contacts that entered each queue, every five minutes, by time and queue.
#[must_use]
pub fn contacts_by_queue(snapshot: &Snapshot, from: Millis, to: Millis) -> Vec<QueuedContacts> {
    let (from, to) = realtime(snapshot, from, to);
    let mut counts: BTreeMap<(Millis, &str), u64> = BTreeMap::new();
    let centre = &snapshot.history.centre;
    for (day, event) in snapshot.contact_events(By::Event, from, to) {
        let queue = day.contacts[event.contact as usize].queue;
        let queue = queue.and_then(|queue| centre.queues.get(usize::from(queue)));
        if let (ContactEventType::Queued, Some(queue)) = (event.event_type, queue) {
            *counts.entry((event.at - event.at.rem_euclid(5 * MINUTE), &queue.name)).or_default() += 1;
        }
    }
    counts
        .into_iter()
        .map(|((at, queue), contacts)| QueuedContacts { time: time(at), queue: queue.to_owned(), contacts })
        .collect()
}

/// Agents by what their last event in the range says that they do, by state.
#[must_use]
pub fn agents_by_state(snapshot: &Snapshot, from: Millis, to: Millis) -> Vec<AgentsInState> {
    let (from, to) = realtime(snapshot, from, to);
    let mut last: HashMap<u32, AgentEvent> = HashMap::new();
    for event in snapshot.agent_events(By::Event, from, to) {
        let known = last.entry(event.agent).or_insert(event);
        if event.at > known.at {
            *known = event;
        }
    }
    let mut states: BTreeMap<&str, (u64, Millis)> = BTreeMap::new();
    for event in last.values() {
        let (agents, latest) = states.entry(event.activity()).or_insert((0, event.at));
        *agents += 1;
        *latest = (*latest).max(event.at);
    }
    states
        .into_iter()
        .map(|(state, (agents, latest))| AgentsInState { state: state.to_owned(), agents, last_event: time(latest) })
        .collect()
}

/// Key figures of each UTC day on which contacts began, by day.
#[must_use]
pub fn days(snapshot: &Snapshot, from: Millis, to: Millis) -> Vec<DayFigures> {
    let mut sums: BTreeMap<Millis, DaySums> = BTreeMap::new();
    for delivered in historical_contacts(snapshot) {
        let began = to_second(delivered.contact().initiated);
        if (from..to).contains(&began) {
            sums.entry(began - began.rem_euclid(DAY)).or_default().add(&delivered);
        }
    }
    sums.into_iter().map(|(day, sums)| sums.figures(day)).collect()
}

/// The contacts of the range that began last, latest first, then by id.
#[must_use]
pub fn last_contacts(snapshot: &Snapshot, from: Millis, to: Millis) -> Vec<ListedContact> {
    let (from, to) = realtime(snapshot, from, to);
    // A record's time is cut down to the second.
    let mut listed: Vec<_> = snapshot
        .contacts_begun(from - 1_000, to)
        .into_iter()
        .filter(|delivered| (from..to).contains(&to_second(delivered.contact().initiated)))
        .map(|delivered| listed(snapshot, &delivered))
        .collect();
    listed.sort_by(|a, b| b.time.cmp(&a.time).then_with(|| a.contact_id.cmp(&b.contact_id)));
    listed.truncate(LAST_CONTACTS);
    listed
}

/// Contacts of all whose record has arrived by now, whichever leg shows them, by hour and queue.
#[must_use]
pub fn hours(snapshot: &Snapshot, from: Millis, to: Millis) -> Vec<HourFigures> {
    let mut sums: BTreeMap<(Millis, Option<u8>), (u64, u64, i64)> = BTreeMap::new();
    // A record's time is cut down to the second.
    for delivered in snapshot.contacts_begun(from, to.saturating_add(SECOND)) {
        let contact = delivered.contact();
        let began = to_second(contact.initiated);
        if (from..to).contains(&began) {
            let sum = sums.entry((began - began.rem_euclid(HOUR), contact.queue)).or_default();
            sum.0 += 1;
            sum.1 += u64::from(contact.agent.is_some());
            sum.2 += contact.queue_seconds().unwrap_or(0);
        }
    }
    let queues = &snapshot.history.centre.queues;
    sums.into_iter()
        .map(|((hour, queue), (contacts, handled, queue_seconds))| HourFigures {
            hour: time(hour),
            queue: queue.and_then(|queue| queues.get(usize::from(queue))).map(|queue| queue.name.clone()),
            contacts,
            handled,
            queue_seconds,
        })
        .collect()
}

fn listed(snapshot: &Snapshot, delivered: &DeliveredContact) -> ListedContact {
    let contact = delivered.contact();
    let centre = &snapshot.history.centre;
    let queue = contact.queue.and_then(|queue| centre.queues.get(usize::from(queue)));
    let agent = contact.agent.and_then(|agent| centre.agents.get(agent as usize));
    ListedContact {
        time: time(to_second(contact.initiated)),
        contact_id: contact.id.to_string(),
        queue: queue.map(|queue| queue.name.clone()),
        channel: contact.channel.as_str().to_owned(),
        agent: agent.map(|agent| agent.username.clone()),
        queue_duration: contact.queue_seconds(),
        talked: contact.interaction_seconds().map(|seconds| seconds + contact.hold_seconds()),
        disconnect_reason: contact.reason.as_str().to_owned(),
    }
}

/// Every contact that Athena has, once, as its latest delivery has it.
fn historical_contacts(snapshot: &Snapshot) -> Vec<DeliveredContact> {
    let (start, end) = snapshot.historical_range();
    let mut latest: HashMap<uuid::Uuid, DeliveredContact> = HashMap::new();
    for delivered in snapshot.contacts_arrived(start, end) {
        let id = delivered.contact().id;
        let is_newer = latest.get(&id).is_none_or(|known| delivered.delivery.last_update > known.delivery.last_update);
        if is_newer {
            latest.insert(id, delivered);
        }
    }
    latest.into_values().collect()
}

/// What is summed of a day.
#[derive(Debug, Default)]
struct DaySums {
    contacts: u64,
    offered: u64,
    handled: u64,
    abandoned: u64,
    answered: u64,
    handle_seconds: i64,
    queued_and_handled: u64,
    queue_seconds: i64,
}

impl DaySums {
    fn add(&mut self, delivered: &DeliveredContact) {
        let contact = delivered.contact();
        self.contacts += 1;
        if contact.queue.is_some() {
            self.offered += 1;
        }
        if contact.agent.is_some() {
            self.handled += 1;
            self.handle_seconds += contact.interaction_seconds().unwrap_or(0)
                + contact.hold_seconds()
                + contact.after_contact_work_seconds().unwrap_or(0);
        }
        match (contact.queue_seconds(), contact.agent) {
            (Some(waited), Some(_)) => {
                self.queued_and_handled += 1;
                self.queue_seconds += waited;
                self.answered += u64::from(waited <= SERVICE_LEVEL_SECONDS);
            }
            (Some(_), None) if contact.method != InitiationMethod::Callback => self.abandoned += 1,
            _ => {}
        }
    }

    fn figures(&self, day: Millis) -> DayFigures {
        #[expect(clippy::cast_precision_loss, reason = "a day's counts and seconds")]
        let ratio = |sum: u64, count: u64| (count > 0).then(|| sum as f64 / count as f64);
        let seconds = |sum: i64| u64::try_from(sum).unwrap_or(0);
        DayFigures {
            day: time(day),
            contacts: self.contacts,
            offered: self.offered,
            handled: self.handled,
            abandoned: self.abandoned,
            answered_in_20_s: self.answered,
            service_level_percent: ratio(100 * self.answered, self.offered),
            average_handle_seconds: ratio(seconds(self.handle_seconds), self.handled),
            average_answer_seconds: ratio(seconds(self.queue_seconds), self.queued_and_handled),
        }
    }
}

/// The part of a range that the real-time leg holds; an event of the present millisecond is visible.
fn realtime(snapshot: &Snapshot, from: Millis, to: Millis) -> (Millis, Millis) {
    let (first, now) = snapshot.realtime_range();
    (from.max(first), to.min(now + 1))
}

fn time(at: Millis) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at).unwrap_or_default()
}
