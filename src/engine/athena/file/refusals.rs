//! Buckets that S3 would not hand anything out of, so that it is not asked anew for every panel.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// How long a refusal is believed: so soon is a mended policy noticed.
const LIFETIME: Duration = Duration::from_mins(5);
/// Buckets remembered at most; a workgroup has one.
const MOST: usize = 100;

/// The buckets, and why not.
#[derive(Debug)]
pub(super) struct Refusals {
    lifetime: Duration,
    known: Mutex<HashMap<String, (Instant, String)>>,
}

impl Default for Refusals {
    fn default() -> Self {
        Self { lifetime: LIFETIME, known: Mutex::default() }
    }
}

impl Refusals {
    /// Remembers a refusal.
    pub(super) fn note(&self, bucket: &str, why: &str) {
        let mut refusals = self.lock();
        if refusals.len() >= MOST {
            refusals.retain(|_, (since, _)| since.elapsed() < self.lifetime);
        }
        if refusals.len() < MOST {
            refusals.insert(bucket.to_owned(), (Instant::now(), why.to_owned()));
        }
    }

    /// Why a bucket was refused lately.
    pub(super) fn of(&self, bucket: &str) -> Option<String> {
        let mut refusals = self.lock();
        let (since, why) = refusals.get(bucket)?;
        if since.elapsed() < self.lifetime {
            return Some(why.clone());
        }
        refusals.remove(bucket);
        None
    }

    /// It answers again.
    pub(super) fn forget(&self, bucket: &str) {
        self.lock().remove(bucket);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Instant, String)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brief() -> Refusals {
        Refusals { lifetime: Duration::from_millis(20), ..Refusals::default() }
    }

    #[test]
    fn a_refusal_is_believed_for_a_while() {
        let refusals = Refusals::default();
        refusals.note("results", "denied");
        assert_eq!(refusals.of("results").as_deref(), Some("denied"));
        assert_eq!(refusals.of("others"), None);
        let refusals = brief();
        refusals.note("results", "denied");
        std::thread::sleep(Duration::from_millis(25));
        assert_eq!(refusals.of("results"), None);
        refusals.note("results", "denied");
        refusals.forget("results");
        assert_eq!(refusals.of("results"), None);
    }

    #[test]
    fn memory_is_bounded() {
        let refusals = brief();
        for number in 0..MOST + 5 {
            refusals.note(&format!("bucket-{number}"), "denied");
        }
        assert_eq!(refusals.lock().len(), MOST);
        std::thread::sleep(Duration::from_millis(25));
        refusals.note("another", "denied");
        assert_eq!(refusals.lock().len(), 1);
    }
}
