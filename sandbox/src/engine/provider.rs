//! A generated table as DataFusion reads it: hour by hour, whole partitions pruned, bytes counted.
//!
//! Athena's tables are partitioned by the hour of arrival; a partition that the statement's own predicate on the partition
//! columns excludes is not read. Timestream's are read by time: rows outside the predicate on `time` are not read. Both are
//! decided by evaluating the predicate itself, whatever its form.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, RecordBatchOptions, StringArray};
use arrow::datatypes::{Schema, SchemaRef};
use async_trait::async_trait;
use chrono::DateTime;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DFSchema, Result};
use datafusion::datasource::TableType;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use futures::StreamExt;

use super::columns::GeneratedColumn;
use super::{Column, SqlType};
use crate::data::{HOUR, Millis, Snapshot};

/// Names of the partition columns of Athena's tables: zero-padded text of the hour of arrival, UTC.
pub const PARTITION_COLUMNS: [&str; 4] = ["year", "month", "day", "hour"];
/// The column by which Timestream keeps its records.
pub const TIME_COLUMN: &str = "time";

/// How a table is laid out, and so which columns prune it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// By hour of arrival, in partition columns.
    ArrivalHours,
    /// As by hour of arrival, but seen through a view that no predicate on the partition columns gets through.
    ArrivalHoursInView,
    /// By event time.
    Time,
}

/// Rows of a range: of arrival or of time, by layout.
pub type ReadRows<R> = fn(&Snapshot, Millis, Millis) -> Vec<R>;

/// A table whose rows are generated as `R`.
pub struct GeneratedTable<R> {
    /// Its name.
    pub name: &'static str,
    /// Its layout.
    pub layout: Layout,
    /// Its columns, partition columns apart.
    pub columns: Vec<GeneratedColumn<R>>,
    /// How its rows are had.
    pub rows: ReadRows<R>,
    /// Which of the rows read are in the table.
    pub keep: fn(&Snapshot, &R) -> bool,
    /// What one row weighs where the service stores it.
    pub row_bytes: u64,
}

/// A table of either service, whatever its rows.
pub trait Table: Send + Sync {
    /// Its name.
    fn name(&self) -> &'static str;
    /// Its layout.
    fn layout(&self) -> Layout;
    /// Its columns, partition columns last.
    fn columns(&self) -> Vec<Column>;
    /// Rows of an hour as a batch of the projected columns, and the bytes read for them. `wanted` says of a batch of the
    /// time column which rows are wanted at all; only tables by time ask it.
    ///
    /// # Errors
    ///
    /// What `wanted` fails with.
    fn read(
        &self,
        snapshot: &Snapshot,
        hour: Millis,
        projected: &SchemaRef,
        projection: &[usize],
        wanted: &dyn Fn(ArrayRef) -> Result<Option<BooleanArray>>,
    ) -> Result<(RecordBatch, u64)>;
}

impl<R: Clone + Send + Sync> Table for GeneratedTable<R> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn layout(&self) -> Layout {
        self.layout
    }

    fn columns(&self) -> Vec<Column> {
        let own = self.columns.iter().map(|column| Column {
            name: Some(column.name.to_owned()),
            sql_type: column.sql_type.clone(),
            partition: false,
        });
        let partition = PARTITION_COLUMNS.iter().map(|name| Column {
            name: Some((*name).to_owned()),
            sql_type: SqlType::Varchar,
            partition: self.layout == Layout::ArrivalHours,
        });
        own.chain(partition.filter(|_| self.layout != Layout::Time)).collect()
    }

    fn read(
        &self,
        snapshot: &Snapshot,
        hour: Millis,
        projected: &SchemaRef,
        projection: &[usize],
        wanted: &dyn Fn(ArrayRef) -> Result<Option<BooleanArray>>,
    ) -> Result<(RecordBatch, u64)> {
        let (first, end) = self.layout.visible_range(snapshot);
        let mut rows = (self.rows)(snapshot, hour.max(first), (hour + HOUR).min(end));
        if self.layout == Layout::Time
            && let Some(time) = self.columns.iter().find(|column| column.name == TIME_COLUMN)
            && let Some(mask) = wanted(time.values(&rows))?
        {
            let mut keep = (0..mask.len()).map(|row| mask.is_valid(row) && mask.value(row));
            rows.retain(|_| keep.next().unwrap_or(false));
        }
        let bytes = rows.len() as u64 * self.row_bytes;
        rows.retain(|row| (self.keep)(snapshot, row));
        let partition = partition_values(hour);
        let columns = projection
            .iter()
            .map(|&column| match self.columns.get(column) {
                Some(column) => column.values(&rows),
                None => Arc::new(StringArray::from_iter_values(std::iter::repeat_n(
                    &partition[(column - self.columns.len()) % partition.len()],
                    rows.len(),
                ))) as ArrayRef,
            })
            .collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        let batch = RecordBatch::try_new_with_options(Arc::clone(projected), columns, &options)?;
        Ok((batch, bytes))
    }
}

impl Layout {
    fn visible_range(self, snapshot: &Snapshot) -> (Millis, Millis) {
        match self {
            Self::ArrivalHours | Self::ArrivalHoursInView => snapshot.historical_range(),
            // An event of this very millisecond is visible.
            Self::Time => {
                let (first, now) = snapshot.realtime_range();
                (first, now + 1)
            }
        }
    }

    /// The hours that have rows of a table so laid out.
    #[must_use]
    pub fn hours(self, snapshot: &Snapshot) -> Vec<Millis> {
        let (first, end) = self.visible_range(snapshot);
        Snapshot::hours(first, end)
    }

    fn prunes_by(self, column: &str) -> bool {
        match self {
            Self::ArrivalHours => PARTITION_COLUMNS.contains(&column),
            Self::ArrivalHoursInView => false,
            Self::Time => column == TIME_COLUMN,
        }
    }
}

/// The partition columns' values of an hour.
#[must_use]
pub fn partition_values(hour: Millis) -> [String; 4] {
    let time = DateTime::from_timestamp_millis(hour).unwrap_or_default();
    ["%Y", "%m", "%d", "%H"].map(|part| time.format(part).to_string())
}

/// A table as one statement sees it: at one instant, and with a meter.
pub struct TableScan {
    table: Arc<dyn Table>,
    schema: SchemaRef,
    snapshot: Snapshot,
    bytes_scanned: Arc<AtomicU64>,
}

impl TableScan {
    /// The table at the snapshot's instant; what is read adds to `bytes_scanned`.
    #[must_use]
    pub fn new(table: Arc<dyn Table>, snapshot: Snapshot, bytes_scanned: Arc<AtomicU64>) -> Self {
        let fields: Vec<_> = table
            .columns()
            .iter()
            .map(|column| super::types::field(column.name.as_deref().unwrap_or_default(), &column.sql_type))
            .collect();
        Self { table, schema: Arc::new(Schema::new(fields)), snapshot, bytes_scanned }
    }

    fn is_pruning(&self, filter: &Expr) -> bool {
        let columns = filter.column_refs();
        !columns.is_empty()
            && !filter.is_volatile()
            && columns.iter().all(|column| self.table.layout().prunes_by(&column.name))
    }

    /// The conjunction of the pruning filters, over a batch of the pruning columns alone.
    fn pruning_predicate(&self, state: &dyn Session, filters: &[Expr]) -> Result<Option<PruningPredicate>> {
        let Some(filter) = conjunction(filters.iter().filter(|filter| self.is_pruning(filter)).cloned()) else {
            return Ok(None);
        };
        let fields: Vec<_> =
            self.schema.fields().iter().filter(|field| self.table.layout().prunes_by(field.name())).cloned().collect();
        let schema = Arc::new(Schema::new(fields));
        let expr = state.create_physical_expr(filter, &DFSchema::try_from(Arc::clone(&schema))?)?;
        Ok(Some(PruningPredicate { schema, expr }))
    }

    /// The hours to be read.
    fn hours(&self, predicate: Option<&PruningPredicate>) -> Result<Vec<Millis>> {
        let layout = self.table.layout();
        let hours = layout.hours(&self.snapshot);
        let (Layout::ArrivalHours, Some(predicate)) = (layout, predicate) else { return Ok(hours) };
        let partitions: Vec<_> = hours.iter().map(|&hour| partition_values(hour)).collect();
        let columns = (0..PARTITION_COLUMNS.len())
            .map(|column| {
                let values = partitions.iter().map(|partition| partition[column].as_str());
                Arc::new(StringArray::from_iter_values(values)) as ArrayRef
            })
            .collect();
        let surviving = predicate.evaluate(columns)?;
        Ok(hours
            .into_iter()
            .zip(surviving.iter())
            .filter_map(|(hour, keep)| (keep == Some(true)).then_some(hour))
            .collect())
    }
}

#[derive(Debug, Clone)]
struct PruningPredicate {
    schema: SchemaRef,
    expr: Arc<dyn PhysicalExpr>,
}

impl PruningPredicate {
    fn evaluate(&self, columns: Vec<ArrayRef>) -> Result<BooleanArray> {
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns)?;
        let values = self.expr.evaluate(&batch)?.into_array(batch.num_rows())?;
        Ok(values.as_boolean_opt().cloned().unwrap_or_else(|| BooleanArray::new_null(batch.num_rows())))
    }
}

impl fmt::Debug for TableScan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TableScan")
            .field("table", &self.table.name())
            .field("now", &self.snapshot.now)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl TableProvider for TableScan {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(filters
            .iter()
            .map(|filter| {
                if self.is_pruning(filter) {
                    TableProviderFilterPushDown::Exact
                } else {
                    TableProviderFilterPushDown::Unsupported
                }
            })
            .collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let projection = projection.cloned().unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        let projected: SchemaRef = Arc::new(self.schema.project(&projection)?);
        let predicate = self.pruning_predicate(state, filters)?;
        let hours = self.hours(predicate.as_ref())?;
        let streams = state.config().target_partitions().clamp(1, hours.len().max(1));
        let partitions = hours
            .chunks(hours.len().div_ceil(streams).max(1))
            .map(<[Millis]>::to_vec)
            .chain(hours.is_empty().then(Vec::new))
            .map(|hours| {
                Arc::new(HourStream {
                    table: Arc::clone(&self.table),
                    snapshot: self.snapshot.clone(),
                    bytes_scanned: Arc::clone(&self.bytes_scanned),
                    schema: Arc::clone(&projected),
                    projection: projection.clone(),
                    predicate: predicate.clone(),
                    hours,
                }) as Arc<dyn PartitionStream>
            })
            .collect();
        Ok(Arc::new(StreamingTableExec::try_new(projected, partitions, None, None, false, limit)?))
    }
}

/// Some hours of a table, one batch an hour, made when it is asked for.
struct HourStream {
    table: Arc<dyn Table>,
    snapshot: Snapshot,
    bytes_scanned: Arc<AtomicU64>,
    schema: SchemaRef,
    projection: Vec<usize>,
    predicate: Option<PruningPredicate>,
    hours: Vec<Millis>,
}

impl HourStream {
    fn read(&self, hour: Millis) -> Result<RecordBatch> {
        let wanted = |time| self.predicate.as_ref().map(|predicate| predicate.evaluate(vec![time])).transpose();
        let (batch, bytes) = self.table.read(&self.snapshot, hour, &self.schema, &self.projection, &wanted)?;
        self.bytes_scanned.fetch_add(bytes, Ordering::Relaxed);
        Ok(batch)
    }
}

impl fmt::Debug for HourStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HourStream")
            .field("table", &self.table.name())
            .field("hours", &self.hours.len())
            .finish_non_exhaustive()
    }
}

impl PartitionStream for HourStream {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let source = Self {
            table: Arc::clone(&self.table),
            snapshot: self.snapshot.clone(),
            bytes_scanned: Arc::clone(&self.bytes_scanned),
            schema: Arc::clone(&self.schema),
            projection: self.projection.clone(),
            predicate: self.predicate.clone(),
            hours: Vec::new(),
        };
        let batches = futures::stream::iter(self.hours.clone()).map(move |hour| source.read(hour));
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches))
    }
}
