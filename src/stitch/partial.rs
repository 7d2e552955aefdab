//! Merges the partials of one group from several slices, as the aggregate itself would have over all the rows.

use std::sync::Arc;

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BooleanArray, Float32Array, Float64Array, Int64Array, UInt32Array, make_comparator,
        new_null_array,
    },
    compute::{SortOptions, cast, take},
    datatypes::{DataType, Float64Type, Int64Type},
};

use super::{Partial, concat::row_number, groups::Groups, kernel_failed};
use crate::error::{Error, ErrorKind, Result};

/// A partial's column, and how to speak of it.
pub(super) struct Column<'a> {
    /// Its name in the answer, as the reader knows it.
    pub(super) name: &'a str,
    /// The partials, one for each row of `groups`.
    pub(super) values: &'a ArrayRef,
    /// The groups of the rows.
    pub(super) groups: &'a Groups,
}

impl Column<'_> {
    /// One value for each group.
    pub(super) fn merge(&self, partial: Partial) -> Result<ArrayRef> {
        match partial {
            Partial::Count => self.count(),
            Partial::Sum => self.sum(),
            Partial::Min => self.extreme(false),
            Partial::Max => self.extreme(true),
            Partial::And => self.boolean(|one, other| one && other),
            Partial::Or => self.boolean(|one, other| one || other),
        }
    }

    fn count(&self) -> Result<ArrayRef> {
        let zeros = || vec![0; self.groups.count];
        if self.is_empty() {
            return Ok(Arc::new(Int64Array::from(zeros())));
        }
        if !self.values.data_type().is_integer() {
            return Err(self.unfit("count", "whole numbers"));
        }
        let (sums, _) = self.sum_integers()?;
        self.to_bigint(sums.into_iter().map(Some))
    }

    fn sum(&self) -> Result<ArrayRef> {
        match self.values.data_type() {
            data_type if data_type.is_integer() => {
                let (sums, seen) = self.sum_integers()?;
                self.to_bigint(sums.into_iter().zip(seen).map(|(sum, seen)| seen.then_some(sum)))
            }
            data_type @ (DataType::Float32 | DataType::Float64) => {
                let (sums, seen) = self.sum_floats()?;
                let sums = sums.into_iter().zip(seen).map(|(sum, seen)| seen.then_some(sum));
                if *data_type == DataType::Float64 {
                    return Ok(Arc::new(sums.collect::<Float64Array>()));
                }
                #[expect(clippy::cast_possible_truncation, reason = "the sum of reals is a real")]
                Ok(Arc::new(sums.map(|sum| sum.map(|sum| sum as f32)).collect::<Float32Array>()))
            }
            _ if self.is_empty() => Ok(new_null_array(&DataType::Float64, self.groups.count)),
            _ => Err(self.unfit("sum", "numbers")),
        }
    }

    /// Sums that cannot overflow, however the rows are cut: whether the whole fits is seen at the end.
    fn sum_integers(&self) -> Result<(Vec<i128>, Vec<bool>)> {
        let values = cast(self.values, &DataType::Int64).map_err(kernel_failed)?;
        let (mut sums, mut seen) = (vec![0_i128; self.groups.count], vec![false; self.groups.count]);
        for (value, group) in values.as_primitive::<Int64Type>().iter().zip(&self.groups.of_row) {
            let group = *group as usize;
            if let (Some(value), Some(sum), Some(seen)) = (value, sums.get_mut(group), seen.get_mut(group)) {
                *sum += i128::from(value);
                *seen = true;
            }
        }
        Ok((sums, seen))
    }

    fn sum_floats(&self) -> Result<(Vec<f64>, Vec<bool>)> {
        let values = cast(self.values, &DataType::Float64).map_err(kernel_failed)?;
        let (mut sums, mut seen) = (vec![0.0; self.groups.count], vec![false; self.groups.count]);
        for (value, group) in values.as_primitive::<Float64Type>().iter().zip(&self.groups.of_row) {
            let group = *group as usize;
            if let (Some(value), Some(sum), Some(seen)) = (value, sums.get_mut(group), seen.get_mut(group)) {
                *sum += value;
                *seen = true;
            }
        }
        Ok((sums, seen))
    }

    fn to_bigint(&self, sums: impl Iterator<Item = Option<i128>>) -> Result<ArrayRef> {
        let fits = |sum: Option<i128>| sum.map(i64::try_from).transpose();
        let sums: Result<Int64Array, _> = sums.map(fits).collect();
        sums.map(|sums| Arc::new(sums) as ArrayRef).map_err(|_| {
            Error::new(
                ErrorKind::Rejected,
                format!(
                    "bigint addition overflow: the sum in the column `{}` does not fit 64 bits. Sum CAST(... AS double) instead.",
                    self.name
                ),
            )
        })
    }

    /// The least or the greatest. As in Trino, NaN is neither of them as long as there is another value.
    fn extreme(&self, greatest: bool) -> Result<ArrayRef> {
        let data_type = self.values.data_type();
        let best = if matches!(data_type, DataType::Float32 | DataType::Float64) {
            let values = cast(self.values, &DataType::Float64).map_err(kernel_failed)?;
            let values = values.as_primitive::<Float64Type>().values();
            self.best(|row, best| match (values.get(row), values.get(best)) {
                (Some(row), Some(best)) if !row.is_nan() => {
                    best.is_nan() || if greatest { row > best } else { row < best }
                }
                _ => false,
            })?
        } else {
            let options = SortOptions { descending: greatest, nulls_first: false };
            let compare = make_comparator(self.values, self.values, options).map_err(kernel_failed)?;
            self.best(|row, best| compare(row, best).is_lt())?
        };
        take(self.values, &best, None).map_err(kernel_failed)
    }

    /// The row of each group that is better than all before it, nulls passed over.
    fn best(&self, is_better: impl Fn(usize, usize) -> bool) -> Result<UInt32Array> {
        let nulls = self.values.logical_nulls();
        let mut best: Vec<Option<u32>> = vec![None; self.groups.count];
        for (row, group) in self.groups.of_row.iter().enumerate() {
            let is_null = nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
            if let (false, Some(best)) = (is_null, best.get_mut(*group as usize))
                && best.is_none_or(|best| is_better(row, best as usize))
            {
                *best = Some(row_number(row)?);
            }
        }
        Ok(UInt32Array::from(best))
    }

    fn boolean(&self, merge: impl Fn(bool, bool) -> bool) -> Result<ArrayRef> {
        let Some(values) = self.values.as_boolean_opt() else {
            if self.is_empty() {
                return Ok(new_null_array(&DataType::Boolean, self.groups.count));
            }
            return Err(self.unfit("bool_and or bool_or", "booleans"));
        };
        let mut merged: Vec<Option<bool>> = vec![None; self.groups.count];
        for (value, group) in values.iter().zip(&self.groups.of_row) {
            if let (Some(value), Some(so_far)) = (value, merged.get_mut(*group as usize)) {
                *so_far = Some(so_far.map_or(value, |so_far| merge(so_far, value)));
            }
        }
        Ok(Arc::new(BooleanArray::from(merged)))
    }

    /// Whether there is no value at all, so that the type says nothing.
    fn is_empty(&self) -> bool {
        self.values.logical_null_count() == self.values.len()
    }

    fn unfit(&self, aggregate: &str, wanted: &str) -> Error {
        Error::bad_query(format!(
            "The column `{}` is a {aggregate} over both engines, but one of them does not answer with {wanted}. CAST what is \
             aggregated to one type in the SQL.",
            self.name
        ))
    }
}
