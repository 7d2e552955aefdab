//! Contact events and agent events: what the contact's and the agent's days look like as streams.

use uuid::Uuid;

use super::contact::{Channel, Contact, named};
use super::{Millis, SECOND};

named! {
    /// What an agent event reports.
    AgentEventType { Login => "LOGIN", Logout => "LOGOUT", StateChange => "STATE_CHANGE", HeartBeat => "HEART_BEAT" }
}
named! {
    /// The status that an agent has chosen.
    AgentStatus {
        Available => "Available", Break => "Break", Lunch => "Lunch", Training => "Training", Offline => "Offline",
    }
}
named! {
    /// The state of a contact as its agent sees it.
    ContactState {
        Connecting => "CONNECTING", Connected => "CONNECTED", ConnectedOnHold => "CONNECTED_ONHOLD", Missed => "MISSED",
        Ended => "ENDED",
    }
}
named! {
    /// What a contact event reports.
    ContactEventType {
        Initiated => "INITIATED", ConnectedToSystem => "CONNECTED_TO_SYSTEM", Queued => "QUEUED",
        ConnectedToAgent => "CONNECTED_TO_AGENT", Disconnected => "DISCONNECTED", Completed => "COMPLETED",
    }
}

impl AgentStatus {
    /// The status's type in Amazon Connect.
    #[must_use]
    pub fn status_type(self) -> &'static str {
        match self {
            Self::Available => "ROUTABLE",
            Self::Break | Self::Lunch | Self::Training => "CUSTOM",
            Self::Offline => "OFFLINE",
        }
    }
}

/// The contact in an agent's hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgentContact {
    /// Its id.
    pub id: Uuid,
    /// Its channel.
    pub channel: Channel,
    /// Its queue's number.
    pub queue: Option<u8>,
    /// Its state.
    pub state: ContactState,
}

/// One agent event with the snapshot that it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgentEvent {
    /// The agent's number.
    pub agent: u32,
    /// When it happened.
    pub at: Millis,
    /// What it reports.
    pub event_type: AgentEventType,
    /// The agent's status from then on.
    pub status: AgentStatus,
    /// The contact in the agent's hands, if any.
    pub contact: Option<AgentContact>,
}

impl AgentEvent {
    /// The one word for what the agent is doing, as wallboards show it.
    #[must_use]
    pub fn activity(&self) -> &'static str {
        match self.contact.map(|contact| contact.state) {
            None => self.status.as_str(),
            Some(ContactState::Connecting) => "Connecting",
            Some(ContactState::Connected) => "On contact",
            Some(ContactState::ConnectedOnHold) => "On hold",
            Some(ContactState::Missed) => "Missed",
            Some(ContactState::Ended) => "After contact work",
        }
    }

    /// When the event reaches the stream.
    #[must_use]
    pub fn arrival(&self) -> Millis {
        self.at + 300 + (self.at ^ Millis::from(self.agent)).rem_euclid(900)
    }
}

/// An agent's silence after which a heartbeat is sent.
const HEART_BEAT_AFTER: Millis = 120 * SECOND;

/// Adds heartbeats where an agent who is logged in was silent; `events` are in the order in which each agent's happened.
/// The result is by time.
pub(super) fn with_heartbeats(events: &[AgentEvent]) -> Vec<AgentEvent> {
    let mut all = Vec::with_capacity(events.len() * 2);
    for (position, event) in events.iter().enumerate() {
        all.push(*event);
        if event.event_type == AgentEventType::Logout {
            continue;
        }
        let Some(next) = events.get(position + 1).filter(|next| next.agent == event.agent) else { continue };
        let mut beat = event.at + HEART_BEAT_AFTER;
        while beat < next.at {
            all.push(AgentEvent { at: beat, event_type: AgentEventType::HeartBeat, ..*event });
            beat += HEART_BEAT_AFTER;
        }
    }
    all.sort_by_key(|event| (event.at, event.agent));
    all
}

/// One contact event.
#[derive(Debug, Clone, Copy)]
pub struct ContactEvent {
    /// The contact's place among its shift day's.
    pub contact: u32,
    /// When it happened.
    pub at: Millis,
    /// What it reports.
    pub event_type: ContactEventType,
}

impl ContactEvent {
    /// When the event reaches the stream.
    #[must_use]
    pub fn arrival(&self) -> Millis {
        self.at + 400 + (self.at ^ Millis::from(self.contact)).rem_euclid(1_500)
    }
}

/// The events of the contacts of a shift day, by time.
pub(super) fn contact_events(contacts: &[Contact]) -> Vec<ContactEvent> {
    let mut events = Vec::with_capacity(contacts.len() * 6);
    for (number, contact) in (0..).zip(contacts) {
        let times = [
            (ContactEventType::Initiated, Some(contact.initiated)),
            (ContactEventType::ConnectedToSystem, Some(contact.connected_to_system)),
            (ContactEventType::Queued, contact.enqueued),
            (ContactEventType::ConnectedToAgent, contact.connected_to_agent),
            (ContactEventType::Disconnected, Some(contact.disconnected)),
            (ContactEventType::Completed, Some(contact.completed)),
        ];
        // No two events of a contact are of one instant.
        let mut last = Millis::MIN;
        for (event_type, at) in times {
            if let Some(at) = at {
                last = at.max(last.saturating_add(1));
                events.push(ContactEvent { contact: number, at: last, event_type });
            }
        }
    }
    events.sort_by_key(|event| (event.at, event.contact, event.event_type));
    events
}

/// The state of one queue at the start of one minute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QueueSample {
    /// The minute.
    pub at: Millis,
    /// The queue's number.
    pub queue: u8,
    /// Contacts waiting.
    pub waiting: i64,
    /// How long the one that has waited longest has waited.
    pub oldest_wait: Millis,
    /// Agents who could answer and are free.
    pub agents_available: i64,
}
