//! What earlier runs of the same statement were like: how many pages and bytes for how long a range. A statement whose answer
//! came in many pages is read in several slices the next time, and `explain` estimates its cost. Nothing of its rows is kept.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    engine::Cost,
    leg::Leg,
    plan::{Pieces, Plan, Slice},
    sql::filter::Filter,
};

/// Statements remembered at most.
const MOST: usize = 1_000;
/// Timestream's pages are read one after another, so its slices are as many as pages, up to this.
const MOST_SLICES: u64 = 4;
/// Athena scans side by side by itself and bills each statement for 10 MB at least, so that cutting pays only for reading a long
/// answer page by page: from this many pages on ...
const ATHENA_PAGES: f64 = 8.0;
/// ... and for slices that scan no less than the least that is billed.
const ATHENA_LEAST_BYTES: f64 = 10e6;

/// A statement as typed, on one leg.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    leg: Leg,
    sql: String,
}

/// One run, or several that read the slices of one part.
#[derive(Debug, Clone, Copy)]
struct Seen {
    seconds: f64,
    pages: f64,
    bytes_scanned: f64,
    at: Instant,
}

/// The runs remembered.
#[derive(Debug, Default)]
pub(super) struct Memory {
    seen: Mutex<HashMap<Key, Seen>>,
}

/// What a slice is likely to take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Estimate {
    pub pages: f64,
    pub bytes_scanned: f64,
}

impl Memory {
    /// Remembers what the part of `leg` took: all of its slices of `sql`, as typed.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub fn remember<'a>(&self, sql: &str, leg: Leg, runs: impl Iterator<Item = (&'a Slice, &'a Cost)>) {
        let mut sum = Seen { seconds: 0.0, pages: 0.0, bytes_scanned: 0.0, at: Instant::now() };
        for (slice, cost) in runs {
            // A result handed back a second time says nothing of what it took to find it.
            if cost.reused {
                return;
            }
            sum.seconds += seconds(slice);
            sum.pages += cost.pages as f64;
            sum.bytes_scanned += cost.bytes_scanned as f64;
        }
        if sum.seconds <= 0.0 {
            return;
        }
        let mut seen = self.lock();
        if seen.len() >= MOST
            && let Some(oldest) = seen.iter().min_by_key(|(_, seen)| seen.at).map(|(key, _)| key.clone())
        {
            seen.remove(&oldest);
        }
        seen.insert(Key { leg, sql: sql.to_owned() }, sum);
    }

    /// What `slice` of `sql` is likely to take, if a run of it is remembered.
    pub fn estimate(&self, sql: &str, slice: &Slice) -> Option<Estimate> {
        let seen = *self.lock().get(&Key { leg: slice.leg, sql: sql.to_owned() })?;
        let share = seconds(slice) / seen.seconds;
        Some(Estimate { pages: seen.pages * share, bytes_scanned: seen.bytes_scanned * share })
    }

    /// In how many slices the parts of `plan` are best read.
    pub fn pieces(&self, sql: &str, plan: &Plan) -> Pieces {
        let mut pieces = Pieces::default();
        for slice in &plan.slices {
            let Some(Estimate { pages, bytes_scanned }) = self.estimate(sql, slice) else { continue };
            match slice.leg {
                Leg::Realtime => pieces.realtime = whole(pages),
                Leg::Historical if pages >= ATHENA_PAGES => {
                    pieces.historical = whole((pages / 2.0).min(bytes_scanned / ATHENA_LEAST_BYTES));
                }
                Leg::Historical => {}
            }
        }
        pieces
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Seen>> {
        // The map holds no invariant that a panic could break half-way.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `estimate` as a number of slices.
fn whole(estimate: f64) -> usize {
    (1..=MOST_SLICES)
        .rev()
        .find(|count| estimate > f64::from(u32::try_from(*count).unwrap_or(1)) - 0.5)
        .map_or(1, |count| usize::try_from(count).unwrap_or(1))
}

fn seconds(slice: &Slice) -> f64 {
    (slice.range.to - slice.range.from).to_std().unwrap_or(Duration::ZERO).as_secs_f64()
}

/// What names a statement in the memory: as typed, with what else changes its rows.
pub(super) fn name(sql: &str, filters: &[Filter], database: Option<&str>) -> String {
    let database = database.unwrap_or_default();
    if filters.is_empty() { format!("{database}\n{sql}") } else { format!("{database}\n{sql}\n{filters:?}") }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::time::TimeRange;

    fn slice(leg: Leg, hours: i64) -> Slice {
        let from = DateTime::UNIX_EPOCH;
        Slice { leg, range: TimeRange { from, to: from + TimeDelta::hours(hours) } }
    }

    fn plan(slices: Vec<Slice>) -> Plan {
        Plan {
            range: slices[0].range,
            slices,
            assembly: crate::plan::Assembly::Concat,
            boundary: None,
            why: String::new(),
            notices: Vec::new(),
        }
    }

    fn cost(pages: u64, bytes_scanned: u64) -> Cost {
        Cost { bytes_scanned, pages, ..Cost::default() }
    }

    #[test]
    fn a_long_answer_is_read_in_slices_the_next_time() {
        let memory = Memory::default();
        let day = slice(Leg::Realtime, 24);
        assert_eq!(memory.pieces("q", &plan(vec![day])), Pieces::default(), "nothing is known yet");
        memory.remember("q", Leg::Realtime, [(&day, &cost(6, 1))].into_iter());
        assert_eq!(memory.pieces("q", &plan(vec![day])).realtime, 4, "never more than four");
        assert_eq!(memory.pieces("q", &plan(vec![slice(Leg::Realtime, 8)])).realtime, 2, "a third of the range");
        assert_eq!(memory.pieces("q", &plan(vec![slice(Leg::Realtime, 1)])).realtime, 1);
        assert_eq!(memory.pieces("other", &plan(vec![day])), Pieces::default());
        memory.remember(
            "q",
            Leg::Realtime,
            [(&slice(Leg::Realtime, 12), &cost(1, 1)), (&slice(Leg::Realtime, 12), &cost(1, 1))].into_iter(),
        );
        assert_eq!(memory.pieces("q", &plan(vec![day])).realtime, 2, "the latest run counts, all of its slices");
    }

    #[test]
    fn athena_is_cut_only_where_it_pays() {
        let memory = Memory::default();
        let month = slice(Leg::Historical, 720);
        for (pages, bytes, pieces) in
            [(7, 1_000_000_000, 1), (8, 1_000_000_000, 4), (100, 20_000_000, 2), (100, 9_000_000, 1)]
        {
            memory.remember("q", Leg::Historical, [(&month, &cost(pages, bytes))].into_iter());
            assert_eq!(memory.pieces("q", &plan(vec![month])).historical, pieces, "{pages} pages, {bytes} bytes");
        }
        let reused = Cost { reused: true, pages: 1, ..Cost::default() };
        memory.remember("q", Leg::Historical, [(&month, &reused)].into_iter());
        assert_eq!(whole(memory.estimate("q", &month).unwrap().pages), 4, "a reused result teaches nothing");
    }

    #[test]
    fn the_oldest_is_forgotten() {
        let memory = Memory::default();
        let hour = slice(Leg::Realtime, 1);
        for number in 0..=MOST {
            memory.remember(&number.to_string(), Leg::Realtime, [(&hour, &cost(1, 1))].into_iter());
        }
        assert_eq!(memory.lock().len(), MOST);
        assert!(memory.estimate(&MOST.to_string(), &hour).is_some());
    }
}
