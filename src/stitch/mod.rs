//! The slices' batches to one batch: one schema, one order, groups merged. Arrow in, arrow out.
//!
//! Wherever a rule has to be chosen, it is the one of Trino, from which Athena's engine is made and Timestream's SQL
//! descends: the stitched answer is what one engine that holds all the rows would answer.

mod concat;
mod groups;
mod merge;
mod partial;
mod sort;
mod totals;
mod unify;
mod value;

#[cfg(test)]
mod tests;

use arrow::{array::RecordBatch, error::ArrowError};

pub use self::merge::{Arithmetic, Concat, Merge, Order, Output, Partial, SortKey, Totals, Value};
use crate::{
    error::{Error, Result},
    notice::Notice,
};

/// The slices' rows as one batch.
#[derive(Debug, Clone)]
pub struct Stitched {
    /// The rows. Its columns are nullable, and its types are those that an engine answers with.
    pub batch: RecordBatch,
    /// What the reader should know: types that do not go together, precision lost.
    pub notices: Vec<Notice>,
}

/// Makes one batch of `parts`, which are the batches of one statement's slices in the order of time, earliest first.
///
/// The parts are first brought to one schema. Columns go by their place; the first part's names stand, and where a part
/// marks a column with [`ROLE`](crate::engine::ROLE) the mark stays. Types widen: whole numbers to the wider, whole and
/// floating-point numbers to double, timestamps to UTC nanoseconds, and what does not go together to text, with a notice.
/// A column without any value has no say in the type. Then the parts are merged as `merge` tells.
///
/// # Errors
///
/// [`BadQuery`](crate::error::ErrorKind::BadQuery) when the parts have different columns, or a column is not of the type that
/// it is to be merged by, or groups are to be merged by what does not go together; [`Rejected`](crate::error::ErrorKind::Rejected) when a calculation fails as it would in the engine:
/// a whole number that does not fit 64 bits, a division by zero.
pub fn stitch(parts: Vec<RecordBatch>, merge: &Merge) -> Result<Stitched> {
    let mut notices = Vec::new();
    let parts = match merge {
        Merge::Concat(_) => unify::unify(parts, |_| None, &mut notices)?,
        Merge::Totals(totals) => {
            totals::check_types(&parts, totals)?;
            unify::unify(parts, |column| Some(totals::shown(totals, column)), &mut notices)?
        }
    };
    // Slices of one engine have the same to say.
    notices.dedup();
    let batch = match merge {
        Merge::Concat(concat) => concat::concat(parts, concat)?,
        Merge::Totals(totals) => totals::totals(parts, totals)?,
    };
    Ok(Stitched { batch, notices })
}

/// A kernel refused what this module handed it.
fn kernel_failed(error: ArrowError) -> Error {
    match error {
        ArrowError::OffsetOverflowError(_) => Error::bad_query(
            "The parts of the answer together have more than 2 GiB of text in one column. Select fewer rows, or leave that column \
             out.",
        ),
        error => mistake(&error.to_string()),
    }
}

/// What was handed to this module does not fit together: a mistake of ours, not of the query.
fn mistake(what: &str) -> Error {
    Error::internal(format!(
        "The parts of the answer could not be put together: {what}. Please report this with the SQL of the panel."
    ))
}
