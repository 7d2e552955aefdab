//! The demonstration's figures computed by plain loops over the generated records, without SQL, so that what the engines
//! answer can be checked against something that shares none of their code.

use super::Snapshot;

/// The figures of a kind for `[from, to)`; `None` for a kind that there is not.
#[must_use]
pub fn facts(_snapshot: &Snapshot, _kind: &str, _from: i64, _to: i64) -> Option<serde_json::Value> {
    None
}
