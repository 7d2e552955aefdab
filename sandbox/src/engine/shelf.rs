//! An engine over tables that a test puts there, in place of the generated centre: small, fast, one statement at a time.
//!
//! The dialects, functions and types are those of [`World`](super::World); so is what pruning does: a predicate on partition
//! columns (Athena) or on the time (Timestream) keeps rows from being read, and what is not read is not metered.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::memory::MemorySourceConfig;
use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList, MemorySchemaProvider,
    SchemaProvider, Session, TableProvider,
};
use datafusion::common::{DFSchema, Result};
use datafusion::datasource::TableType;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionContext;
use tokio::sync::Mutex;

use super::execute::{answer, session_state};
use super::provider::TIME_COLUMN;
use super::tables::{CATALOG, DATABASE};
use super::{Column, Output, QueryError, Service, types};
use crate::data::Millis;
use crate::dialect::errors::service_error;
use crate::dialect::{SqlDialect, Statement, parse};

/// What every row weighs.
pub const ROW_BYTES: u64 = 100;

/// One service over tables of one's own, all in the database `connect`.
pub struct Shelf {
    service: Service,
    dialect: SqlDialect,
    session: SessionContext,
    tables: Arc<MemorySchemaProvider>,
    meter: Arc<AtomicU64>,
    /// Statements share the meter, so that they take turns.
    turn: Mutex<()>,
}

impl fmt::Debug for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shelf").field("service", &self.service).finish_non_exhaustive()
    }
}

impl Shelf {
    /// An empty shelf that speaks the service's SQL.
    #[must_use]
    pub fn new(service: Service) -> Self {
        let dialect = service.dialect();
        let tables = Arc::new(MemorySchemaProvider::new());
        let catalog = MemoryCatalogProvider::new();
        let _ = catalog.register_schema(DATABASE, Arc::clone(&tables) as Arc<dyn SchemaProvider>);
        let catalogs = MemoryCatalogProviderList::new();
        let _ = catalogs.register_catalog(CATALOG.to_lowercase(), Arc::new(catalog));
        let mut state = session_state(dialect);
        let options = state.config_mut().options_mut();
        options.execution.target_partitions = 1;
        options.execution.collect_statistics = false;
        options.optimizer.max_passes = 1;
        state.register_catalog_list(Arc::new(catalogs));
        let session = SessionContext::new_with_state(state);
        Self { service, dialect, session, tables, meter: Arc::default(), turn: Mutex::default() }
    }

    /// Puts a table there, in place of one of the same name. Names are lower case; the values are of the types that
    /// [`types::arrow_type`] says, one for each column.
    ///
    /// # Errors
    ///
    /// Columns and values that do not fit each other.
    pub fn put(&self, name: &str, columns: &[Column], values: Vec<ArrayRef>) -> Result<(), QueryError> {
        let fields = columns.iter().map(|column| types::field(name_of(column), &column.sql_type));
        let schema: SchemaRef = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let rows = values.first().map_or(0, |values| values.len());
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&schema), values, &options)
            .map_err(|error| QueryError::Execution(error.to_string()))?;
        let pruning = columns
            .iter()
            .filter(|column| match self.service {
                Service::Athena => column.partition,
                Service::Timestream => name_of(column) == TIME_COLUMN,
            })
            .map(|column| name_of(column).to_owned())
            .collect();
        let table = ShelfTable { schema, batch, pruning, meter: Arc::clone(&self.meter) };
        let _ = self.tables.deregister_table(name);
        match self.tables.register_table(name.to_owned(), Arc::new(table)) {
            Ok(_) => Ok(()),
            Err(error) => Err(QueryError::Execution(error.to_string())),
        }
    }

    /// Runs one query at an instant, as the service would.
    ///
    /// # Errors
    ///
    /// In the service's manner. What describes tables is not supported.
    pub async fn query(&self, sql: &str, now: Millis) -> Result<Output, QueryError> {
        let Statement::Query(translated) = parse(sql, self.dialect, now)? else {
            return Err(QueryError::Semantic("NOT_SUPPORTED: The shelf only answers queries".to_owned()));
        };
        let _turn = self.turn.lock().await;
        self.meter.store(0, Ordering::Relaxed);
        let answer = answer(&self.session, translated).await;
        let (columns, batches) = answer.map_err(|error| service_error(&error, sql, self.dialect))?;
        Ok(Output { columns, batches, bytes_scanned: self.meter.load(Ordering::Relaxed) })
    }
}

fn name_of(column: &Column) -> &str {
    column.name.as_deref().unwrap_or_default()
}

/// A table of one batch.
struct ShelfTable {
    schema: SchemaRef,
    batch: RecordBatch,
    /// The columns whose predicates keep rows from being read.
    pruning: Vec<String>,
    meter: Arc<AtomicU64>,
}

impl ShelfTable {
    fn is_pruning(&self, filter: &Expr) -> bool {
        let columns = filter.column_refs();
        !columns.is_empty() && columns.iter().all(|column| self.pruning.contains(&column.name))
    }
}

impl fmt::Debug for ShelfTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShelfTable").field("schema", &self.schema).finish_non_exhaustive()
    }
}

#[async_trait]
impl TableProvider for ShelfTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let pushed = |filter: &&Expr| {
            if self.is_pruning(filter) {
                TableProviderFilterPushDown::Exact
            } else {
                TableProviderFilterPushDown::Unsupported
            }
        };
        Ok(filters.iter().map(pushed).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let filter = conjunction(filters.iter().filter(|filter| self.is_pruning(filter)).cloned());
        let batch = match filter {
            Some(filter) => {
                let expr = state.create_physical_expr(filter, &DFSchema::try_from(Arc::clone(&self.schema))?)?;
                let keep = expr.evaluate(&self.batch)?.into_array(self.batch.num_rows())?;
                filter_record_batch(&self.batch, arrow::array::AsArray::as_boolean(&keep))?
            }
            None => self.batch.clone(),
        };
        self.meter.fetch_add(batch.num_rows() as u64 * ROW_BYTES, Ordering::Relaxed);
        let scan = MemorySourceConfig::try_new_exec(&[vec![batch]], self.schema(), projection.cloned())?;
        Ok(scan)
    }
}
