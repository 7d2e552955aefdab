//! Where the legs meet: an instant T within the window that both legs allow, where a bucket begins, and on as coarse a grid
//! as fits, so that the historical part is asked in the same words for as long as can be and Athena's result reuse hits.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Boundary, Freshness, Reach, before, describe_step};
use crate::time::Step;

/// The instants between which the boundary may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    /// From here on the real-time leg has every row.
    pub relied_on_from: DateTime<Utc>,
    /// Until here the historical leg has every row.
    pub complete_until: DateTime<Utc>,
}

const DAY: Duration = Duration::from_hours(24);
const HOUR: Duration = Duration::from_hours(1);
/// Finer grids, for a window that holds no whole hour.
const FINE: [Duration; 3] = [Duration::from_mins(1), Duration::from_secs(1), Duration::from_millis(1)];

impl Window {
    pub fn new(now: DateTime<Utc>, reach: Reach, lag: Duration) -> Self {
        Self {
            relied_on_from: before(now, reach.retention.saturating_sub(reach.margin)),
            complete_until: before(now, lag),
        }
    }

    /// Whether there is no instant that both legs have rows of.
    pub fn is_empty(self) -> bool {
        self.complete_until < self.relied_on_from
    }

    /// T, where a bucket of `step` begins if there is one; `None` where no such instant is in the window.
    pub fn boundary(self, step: Option<Step>, freshness: Freshness) -> Option<Boundary> {
        let grids: &[Duration] = if freshness == Freshness::Cheapest { &[DAY, HOUR] } else { &[HOUR] };
        let found = match step {
            None => {
                grids.iter().chain(&FINE).find_map(|grid| Some((self.last(Step::Fixed(*grid))?, Step::Fixed(*grid))))
            }
            Some(step @ Step::Calendar { .. }) => self.last(step).map(|at| (at, step)),
            Some(step @ Step::Fixed(width)) => grids
                .iter()
                .filter_map(|grid| Some(Step::Fixed(common_multiple(width, *grid)?)))
                .chain([step])
                .find_map(|grid| Some((self.last(grid)?, grid))),
        };
        let (at, grid) = found?;
        let why = format!(
            "the last of every {} for which Athena is complete, and Timestream still has all that follows.",
            describe_step(grid)
        );
        Some(Boundary { at, why })
    }

    /// The last instant of `grid` in the window.
    fn last(self, grid: Step) -> Option<DateTime<Utc>> {
        grid.floor(self.complete_until).filter(|at| *at >= self.relied_on_from)
    }
}

/// The least common multiple in whole milliseconds; `None` where it does not fit.
fn common_multiple(a: Duration, b: Duration) -> Option<Duration> {
    let (a, b) = (u64::try_from(a.as_millis()).ok()?, u64::try_from(b.as_millis()).ok()?);
    let divisor = greatest_common_divisor(a, b);
    (divisor > 0).then(|| (a / divisor).checked_mul(b).map(Duration::from_millis)).flatten()
}

fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}
