//! The level cover of a stretch of wall time: few terms, each a prefix of exact values and a run of values at the next level.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

/// What a partition column counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Of four digits.
    Year,
    /// From 1.
    Month,
    /// Of the month, from 1.
    Day,
    /// From 0.
    Hour,
}

impl Level {
    /// All of them, coarsest first.
    pub const ALL: [Self; 4] = [Self::Year, Self::Month, Self::Day, Self::Hour];

    /// Its place among all of them.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    const fn first(self) -> u32 {
        match self {
            Self::Year => 1000,
            Self::Month | Self::Day => 1,
            Self::Hour => 0,
        }
    }

    /// How many values there can be; of years, as many as one likes.
    const fn count(self) -> usize {
        match self {
            Self::Year => usize::MAX,
            Self::Month => 12,
            Self::Day => 31,
            Self::Hour => 24,
        }
    }

    /// The last value beneath the values before it.
    fn last(self, cell: &Cell) -> u32 {
        match self {
            Self::Year => 9999,
            Self::Month => 12,
            Self::Day => days_of_month(cell[0], cell[1]),
            Self::Hour => 23,
        }
    }
}

/// A partition: year, month, day, hour.
type Cell = [u32; 4];

/// Some partitions: all those that begin with `prefix` and go on as `last` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Values of the coarsest levels.
    pub prefix: Vec<u32>,
    /// A level and its first and last value, both included; the level that follows the prefix.
    pub last: Option<(Level, u32, u32)>,
}

/// Partitions as few terms, of which each partition satisfies at most one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cover {
    /// At most seven, in order of time, and never none.
    pub terms: Vec<Term>,
    /// How many levels there are.
    levels: usize,
}

/// The wall times that partitions can name: years of four digits.
pub(super) fn bounds() -> (NaiveDateTime, NaiveDateTime) {
    let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default();
    let end = NaiveTime::from_hms_opt(23, 59, 59).unwrap_or_default();
    (day(1000, 1, 1).and_time(NaiveTime::MIN), day(9999, 12, 31).and_time(end))
}

impl Cover {
    /// The partitions of the first `levels` levels that hold wall times from `first` to `last`, both included and within
    /// [`bounds`].
    pub(super) fn new(first: NaiveDateTime, last: NaiveDateTime, levels: usize) -> Self {
        let levels = levels.clamp(1, Level::ALL.len());
        let (low, high) = (cell(first), cell(last));
        let mut terms = Vec::new();
        match (0..levels).find(|level| low[*level] != high[*level]) {
            None => terms.push(Term { prefix: low[..levels].to_vec(), last: None }),
            Some(fork) => {
                // Whole units at an end are part of the run above it.
                let low_end = (fork..levels).rev().find(|level| *level == fork || !begins(&low, *level));
                let high_end = (fork..levels).rev().find(|level| *level == fork || !ends(&high, *level));
                let (low_end, high_end) = (low_end.unwrap_or(fork), high_end.unwrap_or(fork));
                for level in (fork + 1..=low_end).rev() {
                    let from = low[level] + u32::from(level != low_end);
                    push(&mut terms, &low, level, from, Level::ALL[level].last(&low));
                }
                let (from, to) = (low[fork] + u32::from(low_end > fork), high[fork] - u32::from(high_end > fork));
                push(&mut terms, &low, fork, from, to);
                for level in fork + 1..=high_end {
                    let Some(to) = (high[level] + u32::from(level == high_end)).checked_sub(1) else { continue };
                    push(&mut terms, &high, level, Level::ALL[level].first(), to);
                }
            }
        }
        Self { terms, levels }
    }

    /// The values that `level` has anywhere in the cover, ascending; `None` where all are possible.
    #[must_use]
    pub fn values(&self, level: Level) -> Option<Vec<u32>> {
        let mut values = BTreeSet::new();
        for term in &self.terms {
            match (term.prefix.get(level.index()), term.last) {
                (Some(value), _) => {
                    values.insert(*value);
                }
                (None, Some((last, from, to))) if last == level => values.extend(from..=to),
                _ => return None,
            }
        }
        (level.index() < self.levels && values.len() < level.count()).then(|| values.into_iter().collect())
    }
}

/// Adds the partitions beneath the values of `cell` before `level` whose value there is `from` to `to`, if there are any.
fn push(terms: &mut Vec<Term>, cell: &Cell, level: usize, from: u32, to: u32) {
    let this = Level::ALL[level];
    let all = level > 0 && (from, to) == (this.first(), this.last(cell));
    if from <= to {
        terms.push(Term { prefix: cell[..level].to_vec(), last: (!all).then_some((this, from, to)) });
    }
}

/// Whether the value at `level` is the first beneath those before it.
fn begins(cell: &Cell, level: usize) -> bool {
    cell[level] == Level::ALL[level].first()
}

/// Whether the value at `level` is the last beneath those before it.
fn ends(cell: &Cell, level: usize) -> bool {
    cell[level] == Level::ALL[level].last(cell)
}

fn cell(at: NaiveDateTime) -> Cell {
    [u32::try_from(at.year()).unwrap_or(1000), at.month(), at.day(), at.hour()]
}

fn days_of_month(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}
