//! Answers kept for a short while: what editors list (databases, tables, columns) changes rarely and is asked for often.

use std::{
    collections::HashMap,
    future::Future,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::error::Result;

/// Keys kept before the outdated ones are swept.
const SWEEP_ABOVE: usize = 256;
/// Keys kept at most; beyond that answers are handed on without being kept.
const MAX_KEYS: usize = 4096;

/// Values by key, each kept for a fixed time. Callers that ask for the same key at once share one loading; failures are
/// not kept.
#[derive(Debug)]
pub struct Cached<K, V> {
    lifetime: Duration,
    slots: Mutex<HashMap<K, Slot<V>>>,
}

/// A value and when it was loaded; locked while it is being loaded.
type Slot<V> = Arc<tokio::sync::Mutex<Option<(Instant, V)>>>;

impl<K: Eq + Hash + Clone, V: Clone> Cached<K, V> {
    /// A cache whose values live for `lifetime`.
    #[must_use]
    pub fn new(lifetime: Duration) -> Self {
        Self { lifetime, slots: Mutex::new(HashMap::new()) }
    }

    /// The value of `key`, by `load` where there is none or it is too old.
    ///
    /// # Errors
    ///
    /// Whatever `load` answers.
    pub async fn get<F: Future<Output = Result<V>>>(&self, key: K, load: impl FnOnce() -> F) -> Result<V> {
        let slot = self.slot(key);
        let mut kept = slot.lock().await;
        if let Some((loaded, value)) = kept.as_ref()
            && loaded.elapsed() < self.lifetime
        {
            return Ok(value.clone());
        }
        let value = load().await?;
        *kept = Some((Instant::now(), value.clone()));
        Ok(value)
    }

    fn slot(&self, key: K) -> Slot<V> {
        let mut slots = self.slots();
        if slots.len() > SWEEP_ABOVE {
            slots.retain(|_, slot| match slot.try_lock() {
                Ok(kept) => kept.as_ref().is_some_and(|(loaded, _)| loaded.elapsed() < self.lifetime),
                Err(_) => true,
            });
        }
        if slots.len() >= MAX_KEYS && !slots.contains_key(&key) {
            return Slot::default();
        }
        Arc::clone(slots.entry(key).or_default())
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<K, Slot<V>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::error::Error;

    const HOUR: Duration = Duration::from_hours(1);

    #[tokio::test]
    async fn a_value_is_loaded_once_a_lifetime() {
        for (lifetime, wanted) in [(HOUR, [0, 0, 1]), (Duration::ZERO, [0, 1, 2])] {
            let (cache, loads) = (Cached::new(lifetime), AtomicU32::new(0));
            for (key, wanted) in ["a", "a", "b"].into_iter().zip(wanted) {
                assert_eq!(cache.get(key, || async { Ok(loads.fetch_add(1, Ordering::Relaxed)) }).await, Ok(wanted));
            }
        }
    }

    #[tokio::test]
    async fn callers_at_once_share_one_loading() {
        let (cache, loads) = (Cached::new(HOUR), AtomicU32::new(0));
        let ask = || {
            cache.get("key", || async {
                tokio::task::yield_now().await;
                Ok(loads.fetch_add(1, Ordering::Relaxed))
            })
        };
        assert_eq!(tokio::join!(ask(), ask(), ask()), (Ok(0), Ok(0), Ok(0)));
    }

    #[tokio::test]
    async fn failures_are_not_kept() {
        let cache = Cached::new(HOUR);
        assert!(cache.get("key", || async { Err(Error::internal("down")) }).await.is_err());
        assert_eq!(cache.get("key", || async { Ok(7) }).await, Ok(7));
    }

    #[tokio::test]
    async fn the_number_of_keys_is_bounded() {
        for (lifetime, wanted) in [(HOUR, MAX_KEYS), (Duration::ZERO, SWEEP_ABOVE + 1)] {
            let cache = Cached::new(lifetime);
            for key in 0..MAX_KEYS + 10 {
                assert_eq!(cache.get(key, || async { Ok(key) }).await, Ok(key));
                assert!(cache.slots().len() <= wanted);
            }
        }
    }
}
