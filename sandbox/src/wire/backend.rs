//! What the wire needs of an engine, so that it can be tested without generating a contact centre.

use arrow::array::{Array, RecordBatch};
use async_trait::async_trait;

use crate::{
    dialect::{SqlDialect, parse},
    engine::{Column, Output, QueryContext, QueryError, Service, World},
};

/// Runs statements and knows the catalog. [`World`] is the one that matters.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    /// Runs one statement as `service` would.
    ///
    /// # Errors
    ///
    /// In the service's manner.
    async fn query(&self, service: Service, sql: &str, context: &QueryContext) -> Result<Output, QueryError>;

    /// Whether Athena would accept the text for running: it refuses what it cannot parse at once.
    ///
    /// # Errors
    ///
    /// [`QueryError::Syntax`].
    fn parses(&self, _sql: &str) -> Result<(), QueryError> {
        Ok(())
    }

    /// Databases of a service.
    fn databases(&self, service: Service) -> Vec<String>;

    /// Tables of a database.
    fn tables(&self, service: Service, database: &str) -> Vec<String>;

    /// Columns of a table, partition columns last; `None` when there is no such table.
    fn columns(&self, service: Service, database: &str, table: &str) -> Option<Vec<Column>>;

    /// Whether a table is a view.
    fn is_view(&self, _service: Service, _table: &str) -> bool {
        false
    }

    /// Figures of a kind for `[from, to)` in milliseconds, worked out from the data without SQL; `None` when there are
    /// none of the kind.
    fn facts(&self, _kind: &str, _from: i64, _to: i64) -> Option<serde_json::Value> {
        None
    }
}

#[async_trait]
impl Backend for World {
    async fn query(&self, service: Service, sql: &str, context: &QueryContext) -> Result<Output, QueryError> {
        World::query(self, service, sql, context).await
    }

    fn parses(&self, sql: &str) -> Result<(), QueryError> {
        match parse(sql, SqlDialect::Trino, self.now()) {
            Err(error @ QueryError::Syntax { .. }) => Err(error),
            // Names and types are looked at while it runs.
            _ => Ok(()),
        }
    }

    fn databases(&self, service: Service) -> Vec<String> {
        World::databases(self, service)
    }

    fn tables(&self, service: Service, database: &str) -> Vec<String> {
        World::tables(self, service, database)
    }

    fn columns(&self, service: Service, database: &str, table: &str) -> Option<Vec<Column>> {
        World::columns(self, service, database, table)
    }

    fn is_view(&self, service: Service, table: &str) -> bool {
        World::is_view(self, service, table)
    }

    fn facts(&self, kind: &str, from: i64, to: i64) -> Option<serde_json::Value> {
        World::facts(self, kind, from, to, self.now())
    }
}

/// An engine with no data: every statement must be canned.
#[derive(Debug)]
pub(super) struct NoData;

#[async_trait]
impl Backend for NoData {
    async fn query(&self, _service: Service, _sql: &str, _context: &QueryContext) -> Result<Output, QueryError> {
        Err(QueryError::Semantic("This sandbox holds no data and has no canned result for the statement.".to_owned()))
    }

    fn databases(&self, _service: Service) -> Vec<String> {
        Vec::new()
    }

    fn tables(&self, _service: Service, _database: &str) -> Vec<String> {
        Vec::new()
    }

    fn columns(&self, _service: Service, _database: &str, _table: &str) -> Option<Vec<Column>> {
        None
    }
}

/// An output's rows by number, across its batches.
#[derive(Debug)]
pub(super) struct OutputRows {
    pub(super) columns: Vec<Column>,
    batches: Vec<RecordBatch>,
    /// The number of each batch's first row.
    starts: Vec<usize>,
    pub(super) len: usize,
}

impl OutputRows {
    pub(super) fn new(output: Output) -> Self {
        let mut len = 0;
        let mut starts = Vec::with_capacity(output.batches.len());
        for batch in &output.batches {
            starts.push(len);
            len += batch.num_rows();
        }
        Self { columns: output.columns, batches: output.batches, starts, len }
    }

    /// The batch that holds row `row`, and the row's place in it.
    pub(super) fn locate(&self, row: usize) -> Option<(&RecordBatch, usize)> {
        if row >= self.len {
            return None;
        }
        // Empty batches share their start with the next one: the last batch that starts at or before the row has it.
        let batch = self.starts.partition_point(|&start| start <= row).checked_sub(1)?;
        Some((self.batches.get(batch)?, row - self.starts.get(batch)?))
    }

    /// Bytes that the rows take up in memory.
    pub(super) fn memory(&self) -> usize {
        self.batches.iter().flat_map(RecordBatch::columns).map(Array::get_array_memory_size).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int32Array};

    use super::*;

    #[test]
    fn rows_are_found_across_batches() {
        let batch = |values: Vec<i32>| {
            RecordBatch::try_from_iter([("a", Arc::new(Int32Array::from(values)) as ArrayRef)]).unwrap()
        };
        let batches = vec![batch(vec![1, 2]), batch(vec![]), batch(vec![3])];
        let rows = OutputRows::new(Output { columns: vec![], batches, bytes_scanned: 0 });
        let found: Vec<_> =
            (0..4).map(|row| rows.locate(row).map(|(batch, index)| (batch.num_rows(), index))).collect();
        assert_eq!(found, [Some((2, 0)), Some((2, 1)), Some((1, 0)), None]);
    }
}
