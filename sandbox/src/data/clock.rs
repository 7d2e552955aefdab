//! The service's clock: the wall clock, or an instant that a test chose.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::Utc;

use super::Millis;

/// Where "now" comes from.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's own clock.
    Wall,
    /// An instant in milliseconds, moved by whoever holds the other handle.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `now` until it is moved.
    #[must_use]
    pub fn standing_at(now: Millis) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(now)))
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Millis {
        match self {
            Self::Wall => Utc::now().timestamp_millis(),
            Self::Manual(now) => now.load(Ordering::Relaxed),
        }
    }
}
