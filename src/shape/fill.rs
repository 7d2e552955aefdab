//! Fills empty buckets: adds the times that no row has, then says what stands in the cells that no row fills.

use std::{iter, sync::Arc, time::Duration};

use arrow::{
    array::{Array, ArrayRef, AsArray, Float64Array},
    compute::{cast, concat},
    datatypes::{DataType, Float64Type},
};
use chrono::{DateTime, Utc};

use super::{
    kernel_failed,
    labels::position,
    series::{Axis, NO_ROW},
};
use crate::{
    error::{Error, Result},
    notice::Notice,
    time::{Step, TimeRange},
};

/// More cells than this are not made up: the panel has long stopped showing them apart.
const MAX_FILLED_CELLS: i128 = 1_000_000;
/// Nor are more buckets of a calendar counted, since each is: one more than may be filled, for one cell in each.
const MAX_ADDED_TIMES: usize = 1_000_001;

/// The times of an axis with those of the buckets that lie between, before and after them.
enum Missing {
    Fixed(Fixed),
    Calendar(Calendar),
}

impl Missing {
    fn new(times: &[i64], range: TimeRange, step: Step) -> Option<Self> {
        match step {
            Step::Fixed(width) if width.is_zero() => None,
            Step::Fixed(width) => Some(Self::Fixed(Fixed::new(times, range, width))),
            Step::Calendar { .. } => Some(Self::Calendar(Calendar::new(times, range, step))),
        }
    }

    /// How many times are added: for a calendar, those up to the most that may be.
    fn total(&self, times: &[i64]) -> i128 {
        match self {
            Self::Fixed(fixed) => fixed.before + fixed.between + fixed.after,
            Self::Calendar(calendar) => wide(calendar.times.len()) - wide(times.len()),
        }
    }

    /// Whether all times begin a bucket.
    fn in_step(&self) -> bool {
        match self {
            Self::Fixed(fixed) => fixed.in_step,
            Self::Calendar(calendar) => calendar.in_step,
        }
    }

    fn merge(self, times: &[i64]) -> Vec<i64> {
        match self {
            Self::Fixed(fixed) => fixed.merge(times),
            Self::Calendar(calendar) => calendar.times,
        }
    }
}

/// Buckets of one length. They are in step with the times themselves, so that buckets of another phase than the epoch's are
/// continued as they are.
struct Fixed {
    step: i128,
    before: i128,
    after: i128,
    between: i128,
    in_step: bool,
}

impl Fixed {
    fn new(times: &[i64], range: TimeRange, step: Duration) -> Self {
        let step = i128::try_from(step.as_nanos()).unwrap_or(i128::MAX).max(1);
        let (from, to) = (nanoseconds(range.from), nanoseconds(range.to));
        let gaps = times.windows(2).map(|pair| i128::from(pair[1]) - i128::from(pair[0]));
        let between = gaps.clone().map(|gap| (gap / step - 1).max(0)).sum();
        let in_step = gaps.clone().all(|gap| gap % step == 0);
        // The bucket that `from` falls into begins before it, and belongs to the range.
        let before = times.first().map_or(0, |&first| (i128::from(first) - from + step - 1).div_euclid(step).max(0));
        let after = times.last().map_or(0, |&last| (to - i128::from(last) - 1).div_euclid(step).max(0));
        Self { step, before, after, between, in_step }
    }

    /// The first time of `times` stays the first after those before it, and so on.
    fn merge(&self, times: &[i64]) -> Vec<i64> {
        let step = self.step;
        let steps_from = |start: i64, count: i128| (1..=count).map(move |n| i128::from(start) + n * step);
        let before = times
            .first()
            .into_iter()
            .flat_map(|&first| (1..=self.before).rev().map(move |n| i128::from(first) - n * step));
        let rest =
            times.iter().zip(times.iter().skip(1).map(Some).chain(iter::once(None))).flat_map(|(&time, next)| {
                let added = next.map_or(self.after, |&next| ((i128::from(next) - i128::from(time)) / step - 1).max(0));
                iter::once(i128::from(time)).chain(steps_from(time, added))
            });
        before.chain(rest).filter_map(|time| i64::try_from(time).ok()).collect()
    }
}

/// Buckets of a calendar, which differ in length: days of 23 and of 25 hours, months.
struct Calendar {
    /// All times, old and added.
    times: Vec<i64>,
    in_step: bool,
}

impl Calendar {
    fn new(times: &[i64], range: TimeRange, step: Step) -> Self {
        // What lies beyond cannot be a time of the axis.
        let from = range.from.max(DateTime::from_timestamp_nanos(i64::MIN));
        let to = range.to.min(DateTime::from_timestamp_nanos(i64::MAX));
        let rows = || times.iter().map(|&time| DateTime::from_timestamp_nanos(time));
        // The bucket that `from` falls into begins before it, and belongs to the range.
        let first = step.floor(from);
        let mut merged = Vec::with_capacity(times.len());
        let mut add = |start: Option<DateTime<Utc>>, fits: &dyn Fn(DateTime<Utc>) -> bool| {
            let starts = iter::successors(start, |&start| step.next(start)).take_while(|&start| fits(start));
            let left = MAX_ADDED_TIMES.saturating_sub(merged.len());
            merged.extend(starts.filter_map(|start| start.timestamp_nanos_opt()).take(left));
            merged.len()
        };
        let ends_by = |row: DateTime<Utc>| move |start| step.next(start).is_some_and(|end| end <= row);
        let mut places = Vec::with_capacity(times.len());
        for (row, previous) in rows().zip(iter::once(None).chain(rows().map(Some))) {
            places.push(add(previous.map_or(first, |previous| step.next(previous)), &ends_by(row)));
        }
        if let Some(last) = rows().next_back() {
            add(step.next(last), &|start| start < to);
        }
        let in_step = rows().all(|row| step.floor(row) == Some(row));
        Self { times: interleave(&merged, times, &places), in_step }
    }
}

/// `added` with `times[n]` before the one that stands at `places[n]`.
fn interleave(added: &[i64], times: &[i64], places: &[usize]) -> Vec<i64> {
    let mut all = Vec::with_capacity(added.len() + times.len());
    let mut at = 0;
    for (time, &place) in times.iter().zip(places) {
        all.extend(added.iter().take(place).skip(at));
        all.push(*time);
        at = place;
    }
    all.extend(added.iter().skip(at));
    all
}

fn nanoseconds(instant: DateTime<Utc>) -> i128 {
    i128::from(instant.timestamp()) * 1_000_000_000 + i128::from(instant.timestamp_subsec_nanos())
}

fn wide(count: usize) -> i128 {
    i128::try_from(count).unwrap_or(i128::MAX)
}

/// The step as a notice names it.
fn named(step: Step) -> String {
    match step {
        Step::Fixed(width) => format!("{width:?}"),
        Step::Calendar { unit, zone } => format!("a {} in {zone}", unit.name()),
    }
}

/// Adds to `axis` the buckets of `range` in which no series has a row.
///
/// `columns` is the number of cells that each time has.
pub(super) fn complete(
    axis: &mut Axis,
    range: TimeRange,
    step: Option<Step>,
    columns: usize,
    cells_with_rows: usize,
    notices: &mut Vec<Notice>,
) -> Result<()> {
    let missing = step.and_then(|step| Some((step, Missing::new(&axis.times, range, step)?)));
    let added = missing.as_ref().map_or(0, |(_, missing)| missing.total(&axis.times));
    let cells = (wide(axis.times.len()) + added).saturating_mul(wide(columns)) - wide(cells_with_rows);
    if cells > MAX_FILLED_CELLS {
        return Err(Error::bad_query(format!(
            "Filling the empty buckets would add {cells} values, and {MAX_FILLED_CELLS} are the most that is filled. Take a \
             larger step, a shorter time range, fewer series, or no fill."
        )));
    }
    let Some((step, missing)) = missing else {
        notices.push(Notice::info(
            "Buckets in which no series has a row are not filled, since the statement has no step: group by $__timeGroup to \
             give it one.",
        ));
        return Ok(());
    };
    if !missing.in_step() {
        notices.push(Notice::info(format!(
            "The times are not whole steps of {} apart: where they lie at least two steps apart, buckets are filled in \
             from the earlier one. Group by $__timeGroup to have every bucket filled.",
            named(step)
        )));
    }
    let times = missing.merge(&axis.times);
    // Both ascend, so one pass finds where each old time went.
    let mut moved = Vec::with_capacity(axis.times.len());
    let mut at = 0;
    for time in &axis.times {
        at += times.iter().skip(at).position(|new| new == time).unwrap_or_default();
        moved.push(position(at));
    }
    for code in &mut axis.codes {
        *code = moved.get(*code as usize).copied().unwrap_or_default();
    }
    axis.times = times;
    Ok(())
}

/// Lets each empty cell point to the row that its series had before. `series_length` cells in a row are one series.
pub(super) fn carry_forward(cells: &mut [u32], series_length: usize) {
    for series in cells.chunks_mut(series_length.max(1)) {
        let mut previous = NO_ROW;
        for cell in series {
            if *cell == NO_ROW {
                *cell = previous;
            } else {
                previous = *cell;
            }
        }
    }
}

/// `values` with one more row, which holds `value`. A column of whole numbers that cannot hold it becomes one of floats.
pub(super) fn append(values: &ArrayRef, value: f64) -> Result<ArrayRef> {
    let filling: ArrayRef = Arc::new(Float64Array::from(vec![value]));
    let mut typed = cast(&filling, values.data_type()).map_err(kernel_failed)?;
    let mut values = values.clone();
    if values.data_type().is_integer() {
        let back = cast(&typed, &DataType::Float64).map_err(kernel_failed)?;
        let back = back.as_primitive::<Float64Type>();
        #[expect(clippy::float_cmp, reason = "a whole number comes back exactly, or was not one")]
        let exact = back.is_valid(0) && back.value(0) == value;
        if !exact {
            values = cast(&values, &DataType::Float64).map_err(kernel_failed)?;
            typed = filling;
        }
    }
    concat(&[values.as_ref(), typed.as_ref()]).map_err(kernel_failed)
}
