//! One connected [`DataSource`] for each data source configured in Grafana, made when first asked and kept while its
//! settings stay the same.
//!
//! Grafana sends the settings along with every request. They are compared, not trusted to be the ones of last time, so a
//! saved change takes effect with the next request.

use std::{
    collections::HashMap,
    future::Future,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sha2::{Digest, Sha256};
use tokio::{sync::OnceCell, time::Instant};

use super::wire::{DataSourceInstanceSettings, PluginContext};
use crate::{
    datasource::DataSource,
    error::{Error, Result},
    metrics::Metrics,
    settings::{Gates, Settings},
};

/// A data source that nobody asked for this long is dropped, with its connections and caches.
const IDLE: Duration = Duration::from_mins(30);
/// The most data sources kept; the one unused for longest makes room.
const CAPACITY: usize = 100;

/// Which data source, across organisations and tenants.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Identity {
    namespace: String,
    org_id: i64,
    uid: String,
    id: i64,
}

/// What a connected data source was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Version {
    last_updated_ms: i64,
    gates: Gates,
    /// Digest of `jsonData` and `secureJsonData`: provisioning can change them without changing the time stamp.
    settings: [u8; 32],
}

/// The connected data sources of the process.
pub struct Instances {
    metrics: Arc<Metrics>,
    connected: Cache<Identity, Version, DataSource>,
}

impl Instances {
    /// None yet.
    #[must_use]
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self { metrics, connected: Cache::default() }
    }

    /// The data source that a request is about, connected. Concurrent first requests share one connect; a failure is
    /// not kept.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadSettings`](crate::error::ErrorKind::BadSettings) when the request names no data source or its
    /// settings are wrong; whatever connecting answers.
    pub async fn get(&self, context: &PluginContext) -> Result<Arc<DataSource>> {
        let Some(stored) = &context.data_source else {
            return Err(Error::bad_settings(
                "The request names no data source. Choose a Switchboard data source that is saved in Grafana.",
            ));
        };
        let identity = Identity {
            namespace: context.namespace.clone(),
            org_id: context.org_id,
            uid: stored.uid.clone(),
            id: stored.id,
        };
        let gates = Gates::from_sources(&context.grafana_config, |name| std::env::var(name).ok());
        let version =
            Version { last_updated_ms: stored.last_updated_ms, gates: gates.clone(), settings: digest(stored) };
        let connect = || async {
            let settings = Settings::from_grafana(&stored.json_data, &stored.decrypted_secure_json_data, &gates)?;
            let source = DataSource::connect(settings, Arc::clone(&self.metrics)).await?;
            tracing::info!(
                org = context.org_id,
                uid = stored.uid,
                grafana = context.user_agent,
                "Connected a data source."
            );
            Ok(source)
        };
        self.connected.get_or_connect(identity, version, connect).await
    }

    /// Drops what nobody asked for in a long time.
    pub fn drop_idle(&self) {
        self.connected.drop_idle(Instant::now());
    }
}

fn digest(stored: &DataSourceInstanceSettings) -> [u8; 32] {
    let mut secrets: Vec<(&String, &String)> = stored.decrypted_secure_json_data.iter().collect();
    secrets.sort_unstable();
    let texts = secrets.into_iter().flat_map(|(key, value)| [key.as_bytes(), value.as_bytes()]);
    let mut hash = Sha256::new();
    for part in std::iter::once(stored.json_data.as_slice()).chain(texts) {
        // Lengths first, so that no two lists of parts run together into the same bytes.
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// Values made on demand, one for each key, remade when their version changes.
struct Cache<K, V, T> {
    slots: Mutex<HashMap<K, Slot<V, T>>>,
}

struct Slot<V, T> {
    version: V,
    value: Arc<OnceCell<Arc<T>>>,
    last_used: Instant,
}

impl<K, V, T> Default for Cache<K, V, T> {
    fn default() -> Self {
        Self { slots: Mutex::default() }
    }
}

impl<K: Hash + Eq + Clone, V: PartialEq, T> Cache<K, V, T> {
    async fn get_or_connect<F>(&self, key: K, version: V, connect: impl FnOnce() -> F) -> Result<Arc<T>>
    where
        F: Future<Output = Result<T>>,
    {
        let cell = self.cell(key, version, Instant::now());
        cell.get_or_try_init(|| async { connect().await.map(Arc::new) }).await.cloned()
    }

    fn cell(&self, key: K, version: V, now: Instant) -> Arc<OnceCell<Arc<T>>> {
        self.drop_idle(now);
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get_mut(&key).filter(|slot| slot.version == version) {
            slot.last_used = now;
            return Arc::clone(&slot.value);
        }
        slots.remove(&key);
        if slots.len() >= CAPACITY {
            let oldest = slots.iter().min_by_key(|(_, slot)| slot.last_used).map(|(key, _)| key.clone());
            oldest.and_then(|key| slots.remove(&key));
        }
        let slot = Slot { version, value: Arc::default(), last_used: now };
        let cell = Arc::clone(&slot.value);
        slots.insert(key, slot);
        cell
    }

    fn drop_idle(&self, now: Instant) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|_, slot| now.saturating_duration_since(slot.last_used) < IDLE);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_value_is_made_once_and_remade_when_its_version_changes() {
        let cache = Cache::<&str, u32, u32>::default();
        let get = |version, value| cache.get_or_connect("a", version, move || async move { Ok(value) });
        assert_eq!(*get(1, 10).await.unwrap(), 10);
        assert_eq!(*get(1, 11).await.unwrap(), 10);
        assert_eq!(*get(2, 12).await.unwrap(), 12);
        assert_eq!(*get(1, 13).await.unwrap(), 13, "an older version is not brought back");
    }

    #[tokio::test]
    async fn concurrent_first_requests_share_one_connect() {
        let cache = Cache::<&str, u32, usize>::default();
        let connects = AtomicUsize::new(0);
        let get = || {
            cache.get_or_connect("a", 1, || async {
                tokio::time::sleep(Duration::from_millis(20)).await;
                Ok(connects.fetch_add(1, Ordering::SeqCst))
            })
        };
        let values = futures::future::join_all((0..8).map(|_| get())).await;
        assert!(values.iter().all(|value| **value.as_ref().unwrap() == 0));
        assert_eq!(connects.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let cache = Cache::<&str, u32, u32>::default();
        let failed = cache.get_or_connect("a", 1, || async { Err(Error::bad_settings("No.")) }).await;
        assert!(failed.is_err());
        assert_eq!(*cache.get_or_connect("a", 1, || async { Ok(5) }).await.unwrap(), 5);
    }

    #[tokio::test]
    async fn a_caller_that_leaves_while_connecting_leaves_the_others_connected() {
        let cache = Cache::<&str, u32, u32>::default();
        let first = cache.get_or_connect("a", 1, std::future::pending);
        assert!(tokio::time::timeout(Duration::from_millis(5), first).await.is_err());
        assert_eq!(*cache.get_or_connect("a", 1, || async { Ok(5) }).await.unwrap(), 5);
    }

    #[test]
    fn idle_values_go_and_used_ones_stay() {
        let cache = Cache::<&str, u32, u32>::default();
        let start = Instant::now();
        let (idle, used) = (cache.cell("idle", 1, start), cache.cell("used", 1, start));
        cache.cell("used", 1, start + IDLE / 2);
        cache.drop_idle(start + IDLE);
        assert!(!Arc::ptr_eq(&idle, &cache.cell("idle", 1, start + IDLE)));
        assert!(Arc::ptr_eq(&used, &cache.cell("used", 1, start + IDLE)));
    }

    #[test]
    fn the_number_kept_is_bounded_and_the_least_recent_goes_first() {
        let cache = Cache::<usize, u32, u32>::default();
        let start = Instant::now();
        let at = |second: usize| start + Duration::from_secs(second as u64);
        let cells: Vec<_> = (0..=CAPACITY).map(|key| cache.cell(key, 1, at(key))).collect();
        assert_eq!(cache.slots.lock().unwrap().len(), CAPACITY);
        assert!(Arc::ptr_eq(&cells[1], &cache.cell(1, 1, at(CAPACITY + 1))));
        assert!(!Arc::ptr_eq(&cells[0], &cache.cell(0, 1, at(CAPACITY + 2))));
    }

    #[test]
    fn every_part_of_the_settings_changes_the_digest() {
        let settings = |json: &str, secrets: &[(&str, &str)]| DataSourceInstanceSettings {
            json_data: json.as_bytes().to_vec(),
            decrypted_secure_json_data: secrets.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            ..DataSourceInstanceSettings::default()
        };
        let variants = [
            settings("{}", &[]),
            settings("{} ", &[]),
            settings("{}", &[("a", "b")]),
            settings("{}", &[("a", "c")]),
            settings("{}", &[("ab", "")]),
            settings("{}", &[("a", "b"), ("c", "d")]),
        ];
        let distinct: std::collections::HashSet<_> = variants.iter().map(digest).collect();
        assert_eq!(distinct.len(), variants.len());
        assert_eq!(
            digest(&settings("{}", &[("a", "b"), ("c", "d")])),
            digest(&settings("{}", &[("c", "d"), ("a", "b")]))
        );
    }

    #[tokio::test]
    async fn a_request_without_a_data_source_says_so() {
        let instances = Instances::new(Arc::default());
        let error = instances.get(&PluginContext::default()).await.err().unwrap();
        assert_eq!(error.kind(), crate::error::ErrorKind::BadSettings);
        assert!(error.message().contains("no data source"), "{error}");
    }
}
