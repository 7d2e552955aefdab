//! One service's engine: a session for each statement, over tables at the statement's instant.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::compute::cast;
use arrow::datatypes::{Schema, SchemaRef};
use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList, MemorySchemaProvider,
    SchemaProvider,
};
use datafusion::common::DataFusionError;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::execution::{FunctionRegistry, SessionState};
use datafusion::logical_expr::LogicalPlan;
use datafusion::logical_expr::planner::ExprPlanner;
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::sql::parser::Statement as PlannedStatement;
use datafusion::sql::sqlparser::ast;

use super::provider::{Table, TableScan};
use super::tables::{CATALOG, DATABASE, tables};
use super::{Column, Output, QueryContext, QueryError, Service, describe, types};
use crate::data::Snapshot;
use crate::dialect::errors::service_error;
use crate::dialect::{
    DISAMBIGUATOR, SqlDialect, Statement, Translated, TrinoOperators, aggregate_functions, parse, scalar_functions,
};

/// Memory that all running statements of a service may take together.
const MEMORY_LIMIT_BYTES: usize = 1024 * 1024 * 1024;

/// A service's tables, functions and limits.
pub struct Engine {
    service: Service,
    dialect: SqlDialect,
    tables: Vec<Arc<dyn Table>>,
    state: SessionState,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("service", &self.service).finish_non_exhaustive()
    }
}

impl Engine {
    /// The engine of a service.
    pub fn new(service: Service) -> Self {
        let dialect = service.dialect();
        Self { service, dialect, tables: tables(service), state: session_state(dialect) }
    }

    /// Columns of a table or view.
    pub fn columns(&self, name: &str) -> Option<Vec<Column>> {
        Some(self.tables.iter().find(|table| table.name().eq_ignore_ascii_case(name))?.columns())
    }

    /// The names of the tables, views included.
    pub fn table_names(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.tables.iter().map(|table| table.name()).collect();
        names.sort_unstable();
        names
    }

    /// A table or view.
    pub fn table(&self, name: &str) -> Option<&Arc<dyn Table>> {
        self.tables.iter().find(|table| table.name() == name)
    }

    /// The service.
    pub fn service(&self) -> Service {
        self.service
    }

    /// Runs one statement over a snapshot.
    pub async fn run(&self, sql: &str, context: &QueryContext, snapshot: Snapshot) -> Result<Output, QueryError> {
        check_catalog(context)?;
        match parse(sql, self.dialect, snapshot.now)? {
            Statement::Command(command) => describe::run(self, &command, context, &snapshot),
            Statement::Query(translated) => self.query(translated, context, snapshot).await,
            Statement::Explain(translated) => self.explain(translated, context, snapshot).await,
        }
    }

    async fn query(
        &self,
        translated: Translated,
        context: &QueryContext,
        snapshot: Snapshot,
    ) -> Result<Output, QueryError> {
        let text = translated.text.clone();
        let bytes_scanned = Arc::new(AtomicU64::new(0));
        let session = self.session(context, &snapshot, &bytes_scanned);
        let answer = answer(&session, translated).await;
        let (columns, batches) = answer.map_err(|error| service_error(&error, &text, self.dialect))?;
        Ok(Output { columns, batches, bytes_scanned: bytes_scanned.load(Ordering::Relaxed) })
    }

    async fn explain(
        &self,
        translated: Translated,
        context: &QueryContext,
        snapshot: Snapshot,
    ) -> Result<Output, QueryError> {
        let text = translated.text.clone();
        let session = self.session(context, &snapshot, &Arc::default());
        let failed = |error: DataFusionError| service_error(&error, &text, self.dialect);
        let plan = plan(&session, translated.query).await.map_err(failed)?;
        let plan = session.state().optimize(&plan).map_err(failed)?;
        let lines = plan.display_indent().to_string();
        Ok(describe::text_output("Query Plan", lines.lines().map(str::to_owned)))
    }

    /// A session whose tables are those of the snapshot.
    fn session(&self, context: &QueryContext, snapshot: &Snapshot, bytes_scanned: &Arc<AtomicU64>) -> SessionContext {
        let schema = MemorySchemaProvider::new();
        for table in &self.tables {
            let scan = TableScan::new(Arc::clone(table), snapshot.clone(), Arc::clone(bytes_scanned));
            // The name is free: tables have different names.
            let _ = schema.register_table(table.name().to_owned(), Arc::new(scan));
        }
        let catalog = MemoryCatalogProvider::new();
        let _ = catalog.register_schema(DATABASE, Arc::new(schema));
        let catalogs = MemoryCatalogProviderList::new();
        let _ = catalogs.register_catalog(CATALOG.to_lowercase(), Arc::new(catalog));
        let mut state = self.state.clone();
        if let Some(database) = context.database.as_deref().filter(|database| !database.is_empty()) {
            state.config_mut().options_mut().catalog.default_schema = database.to_lowercase();
        }
        state.register_catalog_list(Arc::new(catalogs));
        SessionContext::new_with_state(state)
    }
}

fn check_catalog(context: &QueryContext) -> Result<(), QueryError> {
    match context.catalog.as_deref() {
        Some(catalog) if !catalog.is_empty() && !catalog.eq_ignore_ascii_case(CATALOG) => {
            Err(QueryError::Semantic(format!("CATALOG_NOT_FOUND: line 1:1: Catalog '{catalog}' does not exist")))
        }
        _ => Ok(()),
    }
}

/// Runs a query to its end: columns and rows.
pub(super) async fn answer(
    session: &SessionContext,
    translated: Translated,
) -> Result<(Vec<Column>, Vec<RecordBatch>), DataFusionError> {
    let plan = plan(session, translated.query).await?;
    let frame = session.execute_logical_plan(plan).await?;
    let schema: SchemaRef = Arc::clone(frame.schema().inner());
    let batches = frame.collect().await?;
    plain_output(&schema, &batches, &translated.written_names)
}

async fn plan(session: &SessionContext, query: ast::Query) -> Result<LogicalPlan, DataFusionError> {
    let statement = PlannedStatement::Statement(Box::new(ast::Statement::Query(Box::new(query))));
    session.state().statement_to_plan(statement).await
}

/// A session's settings and functions.
pub(super) fn session_state(dialect: SqlDialect) -> SessionState {
    let mut config = SessionConfig::new()
        .with_information_schema(false)
        .with_default_catalog_and_schema(CATALOG.to_lowercase(), DATABASE);
    let options = config.options_mut();
    options.catalog.create_default_catalog_and_schema = false;
    options.sql_parser.default_null_ordering = "nulls_last".into();
    options.sql_parser.enable_ident_normalization = false;
    let functions = scalar_functions();
    let planner: Arc<dyn ExprPlanner> = Arc::new(TrinoOperators::new(dialect, &functions));
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_limit(MEMORY_LIMIT_BYTES, 1.0)
        .build_arc()
        .unwrap_or_else(|_| Arc::new(RuntimeEnv::default()));
    let mut builder = SessionStateBuilder::new().with_config(config).with_runtime_env(runtime).with_default_features();
    builder.expr_planners().get_or_insert_default().insert(0, planner);
    let mut state = builder.build();
    for function in functions {
        // A function of DataFusion's own by the same name gives way.
        let _ = FunctionRegistry::register_udf(&mut state, function);
    }
    for function in aggregate_functions() {
        let _ = FunctionRegistry::register_udaf(&mut state, Arc::new(function));
    }
    state
}

/// Columns with their SQL types, and batches without the types that only DataFusion uses.
fn plain_output(
    schema: &SchemaRef,
    batches: &[RecordBatch],
    written_names: &HashMap<String, String>,
) -> Result<(Vec<Column>, Vec<RecordBatch>), DataFusionError> {
    let columns = schema
        .fields()
        .iter()
        .map(|field| {
            let name = field.name().split(DISAMBIGUATOR).next().unwrap_or_default();
            let name = written_names.get(name).map_or(name, String::as_str);
            Column { name: Some(name.to_owned()), sql_type: types::sql_type(field), partition: false }
        })
        .collect::<Vec<_>>();
    let fields: Vec<_> = schema
        .fields()
        .iter()
        .zip(&columns)
        .map(|(field, column)| {
            field
                .as_ref()
                .clone()
                .with_name(column.name.clone().unwrap_or_default())
                .with_data_type(types::plain_arrow_type(field))
                .with_nullable(true)
        })
        .collect();
    let plain: SchemaRef = Arc::new(Schema::new(fields));
    let batches = batches
        .iter()
        .filter(|batch| batch.num_rows() > 0)
        .map(|batch| {
            let values = batch
                .columns()
                .iter()
                .zip(plain.fields())
                .map(|(values, field)| cast(values, field.data_type()))
                .collect::<Result<Vec<ArrayRef>, _>>()?;
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            Ok(RecordBatch::try_new_with_options(Arc::clone(&plain), values, &options)?)
        })
        .collect::<Result<_, DataFusionError>>()?;
    Ok((columns, batches))
}
