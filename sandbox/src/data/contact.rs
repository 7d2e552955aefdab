//! A contact and the deliveries of its record.
//!
//! Times are kept in milliseconds, as contact events carry them; a contact record carries whole seconds, so the methods
//! that speak of the record cut them down first.

use uuid::Uuid;

use super::{Millis, SECOND};

macro_rules! named {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident => $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "the names are Amazon Connect's own")]
        pub enum $name { $($(#[$variant_meta])* $variant),+ }

        impl $name {
            /// The name as Amazon Connect writes it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}
pub(super) use named;

named! {
    /// By what a customer reached the centre.
    Channel { Voice => "VOICE", Chat => "CHAT", Task => "TASK", Email => "EMAIL" }
}
named! {
    /// How a contact began.
    InitiationMethod {
        Inbound => "INBOUND", Outbound => "OUTBOUND", Transfer => "TRANSFER", Callback => "CALLBACK", Api => "API",
    }
}
named! {
    /// Why a contact ended.
    DisconnectReason {
        Customer => "CUSTOMER_DISCONNECT", Agent => "AGENT_DISCONNECT", Flow => "CONTACT_FLOW_DISCONNECT",
        Telecom => "TELECOM_PROBLEM",
    }
}

/// One contact, from its start to the end of the after-contact work.
#[derive(Debug, Clone)]
pub struct Contact {
    /// Its id.
    pub id: Uuid,
    /// The first contact of a chain of transfers or callbacks; nil if this is it.
    pub initial: Uuid,
    /// The contact that this one continues; nil if none.
    pub previous: Uuid,
    /// The contact that continues this one; nil if none.
    pub next: Uuid,
    /// The channel.
    pub channel: Channel,
    /// How it began.
    pub method: InitiationMethod,
    /// Why it ended.
    pub reason: DisconnectReason,
    /// The queue's number, if it was queued.
    pub queue: Option<u8>,
    /// The number of the agent who took it, if one did.
    pub agent: Option<u32>,
    /// When it began.
    pub initiated: Millis,
    /// When the system answered.
    pub connected_to_system: Millis,
    /// When it entered the queue.
    pub enqueued: Option<Millis>,
    /// When it left the queue: answered or given up.
    pub dequeued: Option<Millis>,
    /// When the agent answered.
    pub connected_to_agent: Option<Millis>,
    /// When it ended.
    pub disconnected: Millis,
    /// When the after-contact work was done; the end, if there was none.
    pub completed: Millis,
    /// When it was handed on, if it was.
    pub transferred: Option<Millis>,
    /// Holds, each as start and length.
    pub holds: Vec<(Millis, Millis)>,
    /// How often it was offered to an agent.
    pub attempts: u8,
}

impl Contact {
    /// Whole seconds in the queue, as the record says; `None` if it was not queued.
    #[must_use]
    pub fn queue_seconds(&self) -> Option<i64> {
        Some(seconds_between(self.enqueued?, self.dequeued?))
    }

    /// Whole seconds on hold.
    #[must_use]
    pub fn hold_seconds(&self) -> i64 {
        self.holds.iter().map(|(_, length)| length / SECOND).sum()
    }

    /// Seconds of the longest hold.
    #[must_use]
    pub fn longest_hold_seconds(&self) -> i64 {
        self.holds.iter().map(|(_, length)| length / SECOND).max().unwrap_or(0)
    }

    /// Whole seconds in which agent and customer dealt with each other, holds apart; `None` without an agent.
    #[must_use]
    pub fn interaction_seconds(&self) -> Option<i64> {
        Some(seconds_between(self.connected_to_agent?, self.disconnected) - self.hold_seconds())
    }

    /// Whole seconds of after-contact work; `None` without an agent.
    #[must_use]
    pub fn after_contact_work_seconds(&self) -> Option<i64> {
        self.connected_to_agent.map(|_| seconds_between(self.disconnected, self.completed))
    }

    /// A number that looks random and belongs to this contact, for details that nothing else depends on.
    #[must_use]
    pub fn chance(&self, salt: u32) -> u32 {
        let (high, low) = self.id.as_u64_pair();
        let mixed = (high ^ low.rotate_left(17) ^ u64::from(salt)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        u32::try_from(mixed >> 32).unwrap_or(0)
    }
}

/// One arrival of a contact's record: the first, a repeat, or an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery {
    /// When the record reached the stream.
    pub arrival: Millis,
    /// The record's LastUpdateTimestamp.
    pub last_update: Millis,
    /// The contact's place among its shift day's.
    pub contact: u32,
    /// 0 for the first state of the record, 1 for an update.
    pub revision: u8,
}

/// Cuts milliseconds down to the second, as contact records do.
#[must_use]
pub fn to_second(instant: Millis) -> Millis {
    instant - instant.rem_euclid(SECOND)
}

fn seconds_between(from: Millis, to: Millis) -> i64 {
    (to_second(to) - to_second(from)) / SECOND
}
