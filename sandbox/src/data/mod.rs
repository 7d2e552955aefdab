//! A contact centre, generated: contact records, contact events and agent events, and a clock that runs.
//!
//! A *shift day* is all that the shifts starting on one London date do, and is a pure function of the seed, the staff and
//! that date: whenever it is generated, however often, it is the same. An event becomes visible when its arrival time
//! has passed, so new events keep arriving with nothing running in the background.

mod activity;
mod clock;
mod contact;
pub mod facts;
mod history;
mod shift;
mod staff;
mod volume;

pub use activity::{
    AgentContact, AgentEvent, AgentEventType, AgentStatus, ContactEvent, ContactEventType, ContactState, QueueSample,
};
pub use clock::Clock;
pub use contact::{Channel, Contact, Delivery, DisconnectReason, InitiationMethod};
pub use history::{By, DeliveredContact, History, Snapshot};
pub use shift::ShiftDay;
pub use staff::{Agent, Centre, Queue, RoutingProfile};

/// Milliseconds since the Unix epoch, UTC; or a length of time in milliseconds.
pub type Millis = i64;

/// A second in [`Millis`].
pub const SECOND: Millis = 1_000;
/// A minute in [`Millis`].
pub const MINUTE: Millis = 60 * SECOND;
/// An hour in [`Millis`].
pub const HOUR: Millis = 60 * MINUTE;
/// A day in [`Millis`].
pub const DAY: Millis = 24 * HOUR;
