//! Cuts a leg's part into slices that are read side by side, where the kind of the statement makes any cut exact.

use chrono::{DateTime, Utc};

use super::{Assembly, Plan, Question, Slice};
use crate::{leg::Leg, sql::kind::Kind, time::TimeRange};

/// Slices of one leg at most, whoever asks.
const MOST: usize = 16;

pub(super) fn cut(plan: &mut Plan, question: &Question<'_>) {
    if question.analysis.kind == Kind::Opaque || question.analysis.datasets.is_empty() {
        return;
    }
    let slices: Vec<Slice> = plan
        .slices
        .iter()
        .flat_map(|slice| {
            let pieces = match slice.leg {
                Leg::Realtime => question.pieces.realtime,
                Leg::Historical => question.pieces.historical,
            };
            pieces_of(*slice, pieces.clamp(1, MOST), question, plan.assembly)
        })
        .collect();
    if slices.len() > plan.slices.len() && question.analysis.kind == Kind::Totals {
        plan.assembly = Assembly::Totals;
    }
    plan.slices = slices;
}

/// `slice` in about as many pieces, each where a bucket begins.
fn pieces_of(slice: Slice, pieces: usize, question: &Question<'_>, assembly: Assembly) -> Vec<Slice> {
    let TimeRange { from, to } = slice.range;
    let seconds = (to - from).num_seconds();
    // Where buckets are merged, they may be cut anywhere.
    let step =
        question.analysis.step.filter(|_| question.analysis.kind == Kind::Buckets && assembly == Assembly::Concat);
    let mut starts: Vec<DateTime<Utc>> = vec![from];
    for piece in 1..pieces {
        let (piece, pieces) = (i64::try_from(piece).unwrap_or(0), i64::try_from(pieces).unwrap_or(1));
        let at = DateTime::from_timestamp(from.timestamp().saturating_add(seconds / pieces * piece), 0);
        let at = at.and_then(|at| step.map_or(Some(at), |step| step.floor(at)));
        if let Some(at) = at
            && starts.last().is_some_and(|last| *last < at)
            && at < to
        {
            starts.push(at);
        }
    }
    let ends = starts.iter().skip(1).copied().chain([to]);
    starts.iter().zip(ends).map(|(&from, to)| Slice { leg: slice.leg, range: TimeRange { from, to } }).collect()
}
