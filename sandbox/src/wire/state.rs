//! Everything that requests share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    athena::Athena, backend::Backend, calls::Calls, canned::CannedResults, credentials::Credentials, faults::Faults,
    options::Options, s3::ObjectStore, timestream::Timestream,
};

/// One sandbox.
pub(super) struct State {
    pub(super) options: Options,
    pub(super) address: std::net::SocketAddr,
    pub(super) backend: Arc<dyn Backend>,
    pub(super) credentials: Credentials,
    pub(super) calls: Calls,
    pub(super) faults: Faults,
    pub(super) canned: CannedResults,
    pub(super) timestream: Timestream,
    pub(super) athena: Athena,
    pub(super) objects: ObjectStore,
}

impl State {
    pub(super) fn new(options: Options, address: std::net::SocketAddr, backend: Arc<dyn Backend>) -> Self {
        Self {
            address,
            backend,
            credentials: Credentials::new(&options.access_key, &options.secret_key),
            calls: Calls::new(options.enforce_rates),
            faults: Faults::default(),
            canned: CannedResults::default(),
            timestream: Timestream::new(&options),
            athena: Athena::default(),
            objects: ObjectStore::default(),
            options,
        }
    }

    /// The sandbox's clock.
    pub(super) fn now(&self) -> DateTime<Utc> {
        Utc::now() + TimeDelta::seconds(self.options.clock_ahead_seconds)
    }
}

/// Locks; a panic elsewhere while it was held has left the value usable, as no update is made in two steps.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A moment as AWS's JSON has it: seconds since 1970, with milliseconds.
#[expect(clippy::cast_precision_loss, reason = "milliseconds of this era need 41 bits")]
pub(super) fn epoch_seconds(at: DateTime<Utc>) -> f64 {
    at.timestamp_millis() as f64 / 1000.0
}
