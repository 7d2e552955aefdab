//! When to look at which execution: pure bookkeeping over instants that the caller hands in.
//!
//! An execution is looked at 100 ms after it was started, then every 100 ms, and after 5 s ever more slowly, so that the end
//! of a 10 s query is seen at most 250 ms late. One call looks at up to 50 executions; a look that is made anyway takes
//! along those that would be due soon. Calls are drawn from an allowance below the account's quota, which shrinks when
//! AWS throttles and grows back when it does not.

use std::{collections::HashMap, time::Duration};

use rand::{Rng, SeedableRng, rngs::StdRng};
use tokio::time::Instant;

/// Ids that one BatchGetQueryExecution takes.
pub(super) const MOST_IDS: usize = 50;
/// BatchGetQueryExecution calls a second; the account's quota is 20.
const BATCHES_A_SECOND: f64 = 16.0;
/// GetQueryExecution calls a second; the account's quota is 100.
const SINGLES_A_SECOND: f64 = 80.0;
/// Calls that may follow each other at once.
const BURST: f64 = 3.0;
/// What an allowance shrinks to at most, in calls a second.
const SLOWEST: f64 = 0.5;
/// Time to the first look, and between looks at first.
const BRISK: Duration = Duration::from_millis(100);
/// How long looks stay brisk.
const BRISK_FOR: Duration = Duration::from_secs(5);
/// After that, one more part in so many of the execution's age lies between looks.
const PART_OF_AGE: u32 = 70;
/// The longest time between looks.
const SLOW: Duration = Duration::from_secs(1);
/// Time between looks that fail.
const AFTER_FAILURE: Duration = Duration::from_millis(500);
/// How long looks may fail before an execution is given up.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long executions are looked at one by one after batches have proved to be of no use.
const WITHOUT_BATCHES: Duration = Duration::from_mins(5);
/// Batches that may fail, while single looks do not, before they count as of no use.
const FAILED_BATCHES: u32 = 2;
/// Times between looks vary by this part, so that several pollers do not fall into step.
const JITTER: f64 = 0.1;

/// A call to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Look {
    /// BatchGetQueryExecution.
    Batch(Vec<String>),
    /// GetQueryExecution.
    Single(String),
}

impl Look {
    /// The executions looked at.
    pub(super) fn ids(&self) -> &[String] {
        match self {
            Self::Batch(ids) => ids,
            Self::Single(id) => std::slice::from_ref(id),
        }
    }
}

#[derive(Debug)]
struct Watch {
    started: Instant,
    due: Instant,
    /// When the look under way began.
    looking: Option<Instant>,
    failing_since: Option<Instant>,
    /// Batches do not answer for this one.
    alone: bool,
}

/// All executions that are waited for.
#[derive(Debug)]
pub(super) struct Schedule {
    watches: HashMap<String, Watch>,
    batches: Allowance,
    singles: Allowance,
    without_batches_until: Option<Instant>,
    failed_batches: u32,
    random: StdRng,
}

impl Schedule {
    /// Nothing to look at.
    pub(super) fn new(now: Instant, seed: u64) -> Self {
        Self {
            watches: HashMap::new(),
            batches: Allowance::new(BATCHES_A_SECOND, now),
            singles: Allowance::new(SINGLES_A_SECOND, now),
            without_batches_until: None,
            failed_batches: 0,
            random: StdRng::seed_from_u64(seed),
        }
    }

    /// Starts looking at an execution that has just been started.
    pub(super) fn add(&mut self, id: String, now: Instant) {
        let watch = Watch { started: now, due: now + BRISK, looking: None, failing_since: None, alone: false };
        self.watches.insert(id, watch);
    }

    /// Stops looking at an execution.
    pub(super) fn remove(&mut self, id: &str) {
        self.watches.remove(id);
    }

    /// When [`Self::next`] may next have a look to make; `None` while nothing waits.
    pub(super) fn wake(&self) -> Option<Instant> {
        let idle = self.watches.values().filter(|watch| watch.looking.is_none());
        idle.map(|watch| watch.due.max(self.allowance(watch).ready())).min()
    }

    /// A look to make now, if one is due and the allowance has room.
    pub(super) fn next(&mut self, now: Instant) -> Option<Look> {
        self.without_batches_until = self.without_batches_until.filter(|until| now < *until);
        let by_batch = self.without_batches_until.is_none();
        let mut waiting: Vec<_> = self.watches.iter().filter(|(_, watch)| watch.looking.is_none()).collect();
        waiting.sort_by_key(|(_, watch)| watch.due);
        let single = waiting.iter().find(|(_, watch)| watch.due <= now && (watch.alone || !by_batch));
        if let Some((id, _)) = single
            && self.singles.take(now)
        {
            let look = Look::Single((*id).clone());
            self.begin(&look, now);
            return Some(look);
        }
        if !by_batch {
            return None;
        }
        let mut together = waiting.iter().filter(|(_, watch)| !watch.alone).peekable();
        let first_is_due = together.peek().is_some_and(|(_, watch)| watch.due <= now);
        if !first_is_due || !self.batches.take(now) {
            return None;
        }
        let soon = |watch: &Watch| watch.due <= now + interval(now - watch.started) / 2;
        let ids = together.filter(|(_, watch)| soon(watch)).take(MOST_IDS).map(|(id, _)| (*id).clone()).collect();
        let look = Look::Batch(ids);
        self.begin(&look, now);
        Some(look)
    }

    /// A look found the execution still under way.
    pub(super) fn seen(&mut self, id: &str, now: Instant) {
        let jitter = self.jitter();
        if let Some(watch) = self.watches.get_mut(id) {
            let looked = watch.looking.take().unwrap_or(now);
            watch.failing_since = None;
            watch.due = now.max(looked + interval(looked - watch.started).mul_f64(jitter));
        }
    }

    /// A batch said nothing about this execution: it is looked at alone from now on.
    pub(super) fn passed_over(&mut self, id: &str, now: Instant) {
        if let Some(watch) = self.watches.get_mut(id) {
            watch.looking = None;
            watch.alone = true;
            watch.due = now;
        }
    }

    /// The call was answered.
    pub(super) fn answered(&mut self, look: &Look) {
        match look {
            Look::Batch(_) => {
                self.batches.grow();
                self.failed_batches = 0;
            }
            Look::Single(_) => self.singles.grow(),
        }
    }

    /// AWS throttled the call. The executions stay waited for: being throttled says nothing about them.
    pub(super) fn throttled(&mut self, look: &Look, now: Instant) {
        let held_back = self.random.random::<f64>();
        match look {
            Look::Batch(_) => self.batches.shrink(now, held_back),
            Look::Single(_) => self.singles.shrink(now, held_back),
        }
        for id in look.ids() {
            if let Some(watch) = self.watches.get_mut(id) {
                watch.looking = None;
                watch.due = now;
            }
        }
    }

    /// A batch failed while a single look did not: `at_once` or after a few times, batches are given up for a while.
    pub(super) fn batch_failed(&mut self, look: &Look, at_once: bool, now: Instant) {
        self.failed_batches += 1;
        if at_once || self.failed_batches >= FAILED_BATCHES {
            self.failed_batches = 0;
            self.without_batches_until = Some(now + WITHOUT_BATCHES);
        }
        for id in look.ids() {
            if let Some(watch) = self.watches.get_mut(id)
                && watch.looking.take().is_some()
            {
                watch.due = now;
            }
        }
    }

    /// The call failed for a reason that may pass. Answers those executions that have waited for that too long.
    pub(super) fn failed(&mut self, look: &Look, now: Instant) -> Vec<String> {
        let jitter = self.jitter();
        let mut given_up = Vec::new();
        for id in look.ids() {
            if let Some(watch) = self.watches.get_mut(id) {
                watch.looking = None;
                watch.due = now + AFTER_FAILURE.mul_f64(jitter);
                let since = *watch.failing_since.get_or_insert(now);
                if now - since >= PATIENCE {
                    given_up.push(id.clone());
                }
            }
        }
        given_up
    }

    fn begin(&mut self, look: &Look, now: Instant) {
        for id in look.ids() {
            if let Some(watch) = self.watches.get_mut(id) {
                watch.looking = Some(now);
            }
        }
    }

    fn allowance(&self, watch: &Watch) -> &Allowance {
        if watch.alone || self.without_batches_until.is_some() { &self.singles } else { &self.batches }
    }

    fn jitter(&mut self) -> f64 {
        self.random.random_range(1.0 - JITTER..=1.0 + JITTER)
    }
}

/// Time between looks at an execution of this age.
fn interval(age: Duration) -> Duration {
    (BRISK + age.saturating_sub(BRISK_FOR) / PART_OF_AGE).min(SLOW)
}

/// Calls that may be made: a token bucket whose rate gives way to throttling.
#[derive(Debug)]
struct Allowance {
    most: f64,
    rate: f64,
    tokens: f64,
    at: Instant,
}

impl Allowance {
    fn new(most: f64, now: Instant) -> Self {
        Self { most, rate: most, tokens: BURST, at: now }
    }

    fn refill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed * self.rate).min(BURST);
        self.at = now;
    }

    fn take(&mut self, now: Instant) -> bool {
        self.refill(now);
        let some = self.tokens >= 1.0;
        if some {
            self.tokens -= 1.0;
        }
        some
    }

    /// When there is a token.
    fn ready(&self) -> Instant {
        let missing = (1.0 - self.tokens).max(0.0);
        // Rounded up, so that the token is there by then.
        self.at + Duration::from_secs_f64(missing / self.rate) + Duration::from_micros(1) * u32::from(missing > 0.0)
    }

    fn shrink(&mut self, now: Instant, held_back: f64) {
        self.refill(now);
        self.rate = (self.rate / 2.0).max(SLOWEST);
        self.tokens = -held_back;
    }

    fn grow(&mut self) {
        self.rate = (self.rate + 0.5).min(self.most);
    }
}

#[cfg(test)]
mod tests;
