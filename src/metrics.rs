//! What the process counts about itself, as Prometheus series.

use crate::{engine::Cost, error::ErrorKind, leg::Leg};

/// The process's counters and histograms.
#[derive(Debug, Default)]
pub struct Metrics {}

impl Metrics {
    /// Counts a query of a leg as begun.
    pub fn start(&self, _leg: Leg) -> Started {
        Started {}
    }
}

/// A query that was counted as begun.
#[derive(Debug)]
#[must_use]
pub struct Started {}

impl Started {
    /// Counts it as answered.
    pub fn succeeded(self, _cost: &Cost, _shared: bool) {}

    /// Counts it as failed.
    pub fn failed(self, _kind: ErrorKind) {}
}
