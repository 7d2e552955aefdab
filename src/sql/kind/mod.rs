//! What kind of statement it is, and so whether its range may be cut into slices. Decided on the parsed statement, macros
//! still in it; when in doubt, opaque.

use std::time::Duration;

use crate::{
    error::Result,
    stitch::{Concat, Totals},
    time::Step,
};

/// What kind of statement it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Grouped by the time bucket, which is in the output: any cut between buckets is exact.
    Buckets,
    /// No aggregate: any cut is exact.
    Rows,
    /// Aggregates that decompose: partial results merge.
    Totals,
    /// All else: one leg answers.
    Opaque,
}

/// What is known of a statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// Its kind.
    pub kind: Kind,
    /// Why, as a sentence.
    pub reason: String,
    /// The datasets it reads, each once, in the order of their first use. Empty for native SQL.
    pub datasets: Vec<String>,
    /// The bucket it groups by, where it is of kind buckets; else the first bucket in its text, for filling.
    pub step: Option<Step>,
    /// How the rows of its slices follow each other; for buckets and rows.
    pub concat: Concat,
    /// How it is asked in parts that merge: always for totals; for buckets where every aggregate decomposes, so that a
    /// bucket may straddle the boundary.
    pub decomposed: Option<Decomposed>,
}

/// A statement in parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Decomposed {
    /// What each slice is asked, macros not expanded: the keys, then the partials, without order and limit.
    pub sql: String,
    /// How the answers merge.
    pub totals: Totals,
}

/// Analyses `sql`, macros not expanded. `interval` is Grafana's, for `$__timeGroup(auto)` and `$__interval`.
///
/// # Errors
///
/// A text that cannot be cut into tokens. What does not parse is opaque, and the engine says what is wrong with it.
pub fn analyse(sql: &str, interval: Duration) -> Result<Analysis> {
    let _ = (sql, interval);
    Ok(Analysis {
        kind: Kind::Opaque,
        reason: String::new(),
        datasets: Vec::new(),
        step: None,
        concat: Concat::default(),
        decomposed: None,
    })
}
