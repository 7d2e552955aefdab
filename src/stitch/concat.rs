//! Rows of slices one after another.

use arrow::{array::RecordBatch, compute::concat_batches};

use super::{
    Concat, Order, kernel_failed, mistake,
    sort::{head, sorted},
};
use crate::error::{Error, Result};

/// The rows of `parts`, which have one schema, in the order asked for.
pub(super) fn concat(mut parts: Vec<RecordBatch>, how: &Concat) -> Result<RecordBatch> {
    match &how.order {
        Order::Any | Order::Time { descending: false } => join(parts, how.limit),
        Order::Time { descending: true } => {
            parts.reverse();
            join(parts, how.limit)
        }
        Order::Columns(keys) => sorted(&join(parts, None)?, keys, how.limit),
    }
}

/// The first `limit` rows of `parts`, one after another. What one part holds is not copied.
pub(super) fn join(mut parts: Vec<RecordBatch>, limit: Option<usize>) -> Result<RecordBatch> {
    let Some(empty) = parts.first().map(|first| first.slice(0, 0)) else {
        return Err(mistake("there is no part"));
    };
    let mut wanted = limit.unwrap_or(usize::MAX);
    for part in &mut parts {
        *part = head(part, Some(wanted));
        wanted -= part.num_rows();
    }
    parts.retain(|part| part.num_rows() > 0);
    match parts.as_slice() {
        [] => Ok(empty),
        [only] => Ok(only.clone()),
        _ => concat_batches(&empty.schema(), &parts).map_err(kernel_failed),
    }
}

/// The number of a row as the kernels count.
pub(super) fn row_number(row: usize) -> Result<u32> {
    u32::try_from(row).map_err(|_| {
        Error::bad_query(
            "The parts of the answer together have more than 4,294,967,295 rows. Select fewer, or add a LIMIT.",
        )
    })
}
