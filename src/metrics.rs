//! What the process counts about itself, as Prometheus series.

/// The process's counters and histograms.
#[derive(Debug, Default)]
pub struct Metrics {}
