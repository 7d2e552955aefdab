//! Finds the rows whose keys are not distinct: null equals null, NaN equals NaN, zeros of either sign are equal.

use std::collections::HashMap;

use arrow::{
    array::{ArrayRef, UInt32Array},
    compute::{SortOptions, take},
};

use super::{concat::row_number, kernel_failed, sort::comparable};
use crate::error::Result;

/// The groups of rows, numbered by first appearance.
pub(super) struct Groups {
    /// The group of each row.
    pub(super) of_row: Vec<u32>,
    /// How many there are.
    pub(super) count: usize,
    /// The first row of each group, where keys tell groups apart.
    first_rows: Vec<u32>,
}

impl Groups {
    /// The groups of `rows` rows by `keys`. Without keys there is one group, even if it has no row.
    pub(super) fn new(keys: &[ArrayRef], rows: usize) -> Result<Self> {
        row_number(rows)?;
        if keys.is_empty() {
            return Ok(Self { of_row: vec![0; rows], count: 1, first_rows: Vec::new() });
        }
        let comparable = comparable(keys.iter().map(|key| (key, SortOptions::default())))?;
        let mut found: HashMap<&[u8], u32> = HashMap::new();
        let mut of_row = Vec::with_capacity(rows);
        let mut first_rows = Vec::new();
        for (row, key) in (0..).zip(&comparable) {
            let next = row_number(first_rows.len())?;
            let group = *found.entry(key.data()).or_insert(next);
            if group == next {
                first_rows.push(row);
            }
            of_row.push(group);
        }
        Ok(Self { of_row, count: first_rows.len(), first_rows })
    }

    /// The value of `key` in each group.
    pub(super) fn key(&self, key: &ArrayRef) -> Result<ArrayRef> {
        take(key, &UInt32Array::from(self.first_rows.clone()), None).map_err(kernel_failed)
    }
}
