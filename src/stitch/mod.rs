//! The slices' batches to one batch: one schema, one order, groups merged. Arrow in, arrow out.

mod merge;

pub use self::merge::{Arithmetic, Concat, Merge, Order, Output, Partial, SortKey, Totals, Value};
