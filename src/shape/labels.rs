//! Gives every row the number of its series. Label columns are interned one by one and their codes combined, so that
//! strings are hashed once and everything after works on integers.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
};

use arrow::{
    array::{Array, ArrayRef, AsArray, StringArray},
    compute::cast,
    datatypes::{DataType, UInt32Type},
};

use super::{columns::Column, kernel_failed};
use crate::error::{Error, Result};

/// More series than this make no panel; each would cost a field or a frame of its own.
pub(super) const MAX_SERIES: usize = 10_000;

/// The series of a long batch, ordered by their labels: by the first label column, then by the next.
pub(super) struct SeriesIndex {
    /// The series of each row.
    pub(super) codes: Vec<u32>,
    /// The labels of each series; one series without labels where the batch has no label column.
    pub(super) labels: Vec<Labels>,
}

/// The labels of one series.
pub(super) type Labels = BTreeMap<String, String>;

impl SeriesIndex {
    /// Numbers the series of `rows` rows. Without rows there is one series, and it has no labels.
    pub(super) fn new(columns: &[Column], rows: usize) -> Result<Self> {
        if columns.is_empty() || rows == 0 {
            return Ok(Self { codes: vec![0; rows], labels: vec![Labels::new()] });
        }
        let mut names: Vec<&str> = columns.iter().map(|column| column.field.name().as_str()).collect();
        names.sort_unstable();
        if let Some((name, _)) = names.iter().zip(names.iter().skip(1)).find(|(one, next)| one == next) {
            return Err(Error::bad_query(format!(
                "Two label columns are both named `{name}`, so the series cannot be told apart: give one of them another alias."
            )));
        }

        let mut texts = Vec::with_capacity(columns.len());
        let mut codes: Option<Codes> = None;
        for column in columns {
            let text = cast(&column.array, &DataType::Utf8).map_err(kernel_failed)?;
            let interned = Codes::of(&text)?;
            codes = Some(match codes {
                None => interned,
                Some(so_far) => so_far.combine(&interned),
            });
            if codes.as_ref().is_some_and(|codes| codes.distinct > MAX_SERIES) {
                return Err(too_many(columns));
            }
            texts.push(text);
        }
        let codes = codes.map_or_else(Vec::new, |codes| codes.rows);
        let labels = label_sets(columns, &texts, &codes);
        Ok(Self { codes, labels })
    }

    /// The series' labels as `{queue="sales"}`, for a notice.
    pub(super) fn describe(&self, series: u32) -> String {
        let mut text = String::from("{");
        for (name, value) in self.labels.get(series as usize).into_iter().flatten() {
            let separator = if text.len() > 1 { ", " } else { "" };
            // Writing to a string cannot fail.
            let _ = write!(text, "{separator}{name}={value:?}");
        }
        text + "}"
    }
}

/// The answer has more than [`MAX_SERIES`] series.
pub(super) fn too_many(columns: &[Column]) -> Error {
    let names: Vec<_> = columns.iter().map(|column| format!("`{}`", column.field.name())).collect();
    let labels =
        if names.is_empty() { String::new() } else { format!(" and each combination of {}", names.join(", ")) };
    Error::bad_query(format!(
        "The answer has more than {MAX_SERIES} series, one for each number column{labels}. Aggregate, leave out the column \
         that differs in every row, or choose the table format."
    ))
}

/// The labels of each series, read off the first of its rows.
fn label_sets(columns: &[Column], texts: &[ArrayRef], codes: &[u32]) -> Vec<Labels> {
    let texts: Vec<&StringArray> = texts.iter().map(AsArray::as_string::<i32>).collect();
    let count = codes.iter().max().map_or(0, |&code| code as usize + 1);
    let mut labels: Vec<Option<Labels>> = vec![None; count];
    for (row, &code) in codes.iter().enumerate() {
        if let Some(slot @ None) = labels.get_mut(code as usize) {
            let values = texts.iter().map(|text| if text.is_valid(row) { text.value(row) } else { "" });
            *slot = Some(columns.iter().zip(values).map(|(c, v)| (c.field.name().clone(), v.to_owned())).collect());
        }
    }
    labels.into_iter().flatten().collect()
}

/// A number for each row: the rank of what the row holds among all that is held, so that order is kept.
struct Codes {
    rows: Vec<u32>,
    distinct: usize,
}

impl Codes {
    /// Codes of a text column; null and the empty string are the same label.
    fn of(text: &ArrayRef) -> Result<Self> {
        let dictionary = DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8));
        let interned = cast(text, &dictionary).map_err(kernel_failed)?;
        let interned = interned.as_dictionary::<UInt32Type>();
        let values = interned.values().as_string::<i32>();

        let mut distinct: Vec<&str> = values.iter().flatten().collect();
        if interned.null_count() > 0 {
            distinct.push("");
        }
        distinct.sort_unstable();
        distinct.dedup();
        let rank = |value: &str| position(distinct.binary_search(&value).unwrap_or_default());
        let ranks: Vec<u32> = values.iter().map(|value| rank(value.unwrap_or_default())).collect();
        // Null is the empty string, and that sorts first.
        let rows = interned.keys().iter();
        let rows = rows.map(|key| key.and_then(|key| ranks.get(key as usize).copied()).unwrap_or_default()).collect();
        Ok(Self { rows, distinct: distinct.len() })
    }

    /// Codes of the pairs: ordered by these codes, then by `other`.
    fn combine(self, other: &Self) -> Self {
        let mut found: HashMap<(u32, u32), u32> = HashMap::new();
        let mut rows = Vec::with_capacity(self.rows.len());
        let mut last = None;
        for pair in self.rows.into_iter().zip(other.rows.iter().copied()) {
            let code = match last {
                // Sorted answers repeat themselves: no need to hash again.
                Some((same, code)) if same == pair => code,
                _ => {
                    let next = position(found.len());
                    *found.entry(pair).or_insert(next)
                }
            };
            last = Some((pair, code));
            rows.push(code);
        }
        let mut pairs: Vec<_> = found.into_iter().collect();
        pairs.sort_unstable();
        let mut ranks = vec![0; pairs.len()];
        for (rank, (_, code)) in pairs.iter().enumerate() {
            if let Some(slot) = ranks.get_mut(*code as usize) {
                *slot = position(rank);
            }
        }
        for code in &mut rows {
            *code = ranks.get(*code as usize).copied().unwrap_or_default();
        }
        Self { rows, distinct: pairs.len() }
    }
}

/// A position as a code. [`super::series::shape`] refuses batches whose rows a code cannot count.
pub(super) fn position(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
