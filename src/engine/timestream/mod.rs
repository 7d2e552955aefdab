//! The real-time leg: Amazon Timestream for LiveAnalytics.
//!
//! A statement's pages are all read here, so that a panel and an alert see the whole answer:
//! - `endpoint` knows whom to ask,
//! - `pages` reads a result to its end, again after an expired token, and cancels what nobody waits for,
//! - [`decode`] makes one Arrow batch of the pages,
//! - `catalog` asks what there is to query.

mod catalog;
pub mod decode;
mod endpoint;
mod pages;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use self::{endpoint::Endpoints, pages::Session};
use crate::{
    aws,
    engine::{Answer, Budget, Column, Engine, Health, Statement, cached::Cached},
    error::{Error, ErrorKind, Result},
    leg::Leg,
    settings::Settings,
};

/// How long lists of databases, tables and columns are kept.
const LISTS_KEPT: Duration = Duration::from_mins(1);
/// Names in one list; a list is never cut silently.
const MAX_NAMES: usize = 100_000;
/// The longest that a list or a health check may take.
const LIST_TIMEOUT: Duration = Duration::from_secs(30);

/// Timestream, as one data source sees it.
pub struct Timestream {
    session: Arc<Session>,
    database: Option<String>,
    table: Option<String>,
    /// The longest that a list or a health check may take.
    patience: Duration,
    warnings: Vec<String>,
    names: Cached<String, Vec<String>>,
    columns: Cached<String, Vec<Column>>,
}

impl Timestream {
    /// Prepares the leg; calls nothing yet (endpoint discovery happens at the first call).
    #[must_use]
    pub fn new(config: &aws_config::SdkConfig, settings: &Settings) -> Self {
        let realtime = &settings.realtime;
        let endpoints = Endpoints::new(config, &realtime.region, realtime.endpoint.as_deref());
        Self::with_endpoints(endpoints, settings)
    }

    fn with_endpoints(endpoints: Endpoints, settings: &Settings) -> Self {
        let realtime = &settings.realtime;
        Self {
            session: Arc::new(Session { endpoints, region: realtime.region.clone() }),
            database: realtime.database.clone(),
            table: realtime.table.clone(),
            patience: settings.limits.timeout.min(LIST_TIMEOUT),
            warnings: aws::endpoint_warnings(realtime.endpoint.as_deref(), "AWS_ENDPOINT_URL_TIMESTREAM_QUERY"),
            names: Cached::new(LISTS_KEPT),
            columns: Cached::new(LISTS_KEPT),
        }
    }

    /// Names of the databases.
    ///
    /// # Errors
    ///
    /// Whatever AWS answers.
    pub async fn databases(&self) -> Result<Vec<String>> {
        self.names(catalog::show_databases()).await
    }

    /// Names of a database's tables; the settings' database when `None`.
    ///
    /// # Errors
    ///
    /// No database given or set, or whatever AWS answers.
    pub async fn tables(&self, database: Option<&str>) -> Result<Vec<String>> {
        self.names(catalog::show_tables(self.database(database)?)).await
    }

    /// Names of a table's measures; the settings' database and table when `None`.
    ///
    /// # Errors
    ///
    /// No database or table given or set, or whatever AWS answers.
    pub async fn measures(&self, database: Option<&str>, table: Option<&str>) -> Result<Vec<String>> {
        self.names(catalog::show_measures(self.database(database)?, self.table(table)?)).await
    }

    /// Columns of a table; the settings' database and table when `None`.
    ///
    /// # Errors
    ///
    /// No database or table given or set, or whatever AWS answers.
    pub async fn columns(&self, database: Option<&str>, table: Option<&str>) -> Result<Vec<Column>> {
        let sql = catalog::describe(self.database(database)?, self.table(table)?);
        self.columns.get(sql.clone(), || async move { catalog::columns(&self.list(&sql).await?.batch) }).await
    }

    async fn names(&self, sql: String) -> Result<Vec<String>> {
        self.names.get(sql.clone(), || async move { catalog::names(&self.list(&sql).await?.batch) }).await
    }

    async fn list(&self, sql: &str) -> Result<Answer> {
        let budget = Budget { max_rows: MAX_NAMES, deadline: Instant::now() + self.patience };
        let answer = Box::pin(pages::run(&self.session, sql, &budget)).await?;
        if answer.cost.rows > MAX_NAMES as u64 {
            return Err(Error::new(
                ErrorKind::Rejected,
                format!("Timestream lists more than {MAX_NAMES} names. Type the name instead of choosing it."),
            ));
        }
        Ok(answer)
    }

    fn database<'a>(&'a self, given: Option<&'a str>) -> Result<&'a str> {
        chosen(given, self.database.as_deref(), "database")
    }

    fn table<'a>(&'a self, given: Option<&'a str>) -> Result<&'a str> {
        chosen(given, self.table.as_deref(), "table")
    }

    /// A query that needs nothing but the service, then one on the table that panels read.
    async fn check(&self) -> Result<()> {
        self.list("SELECT 1").await?;
        if let (Some(database), Some(table)) = (&self.database, &self.table) {
            let table = format!("{}.{}", catalog::quoted(database), catalog::quoted(table));
            self.list(&format!("SELECT 1 FROM {table} WHERE time > ago(1m) LIMIT 1")).await?;
        }
        Ok(())
    }
}

/// The name given, else the one set; an empty one is none.
fn chosen<'a>(given: Option<&'a str>, set: Option<&'a str>, what: &str) -> Result<&'a str> {
    given.or(set).filter(|name| !name.is_empty()).ok_or_else(|| {
        Error::bad_query(format!(
            "No {what} was named. Name one, or set realtime.{what} in the data source's settings."
        ))
    })
}

#[async_trait::async_trait]
impl Engine for Timestream {
    fn leg(&self) -> Leg {
        Leg::Realtime
    }

    async fn run(&self, statement: &Statement, budget: &Budget) -> Result<Answer> {
        pages::run(&self.session, &statement.sql, budget).await
    }

    async fn health(&self) -> Health {
        let started = Instant::now();
        let outcome = self.check().await;
        Health {
            leg: Leg::Realtime,
            region: self.session.region.clone(),
            endpoint: self.session.endpoints.shown().await,
            version: None,
            latency: started.elapsed(),
            outcome,
            results: None,
            warnings: self.warnings.clone(),
        }
    }
}
