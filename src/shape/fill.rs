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
    time::TimeRange,
};

/// More cells than this are not made up: the panel has long stopped showing them apart.
const MAX_FILLED_CELLS: i128 = 1_000_000;

/// The buckets that lie between, before and after the times of an axis. They are in step with the times themselves, so
/// that buckets of another phase than the epoch's (days of a time zone) are continued as they are.
struct Missing {
    step: i128,
    before: i128,
    after: i128,
    between: i128,
    /// Whether all times are a whole number of steps apart.
    in_step: bool,
}

impl Missing {
    fn count(times: &[i64], range: TimeRange, step: Duration) -> Self {
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

    fn total(&self) -> i128 {
        self.before + self.between + self.after
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

fn nanoseconds(instant: DateTime<Utc>) -> i128 {
    i128::from(instant.timestamp()) * 1_000_000_000 + i128::from(instant.timestamp_subsec_nanos())
}

/// Adds to `axis` the buckets of `range` in which no series has a row.
///
/// `columns` is the number of cells that each time has.
pub(super) fn complete(
    axis: &mut Axis,
    range: TimeRange,
    step: Option<Duration>,
    columns: usize,
    cells_with_rows: usize,
    notices: &mut Vec<Notice>,
) -> Result<()> {
    let missing = step.filter(|step| !step.is_zero()).map(|step| (step, Missing::count(&axis.times, range, step)));
    let added = missing.as_ref().map_or(0, |(_, missing)| missing.total());
    let wide = |count: usize| i128::try_from(count).unwrap_or(i128::MAX);
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
    if !missing.in_step {
        notices.push(Notice::info(format!(
            "The times are not whole steps of {step:?} apart: where they lie at least two steps apart, buckets are filled in \
             from the earlier one. Group by $__timeGroup to have every bucket filled."
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
