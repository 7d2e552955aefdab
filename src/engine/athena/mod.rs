//! The historical leg: Amazon Athena.
//!
//! A statement is started, watched by a poller that all executions share, and read into Arrow columns: the first page from Athena,
//! what is beyond it out of the result's file in S3.
//! Whatever starts an execution also stops it when nobody waits for it any more.

mod catalog;
mod decode;
mod error;
mod file;
mod health;
mod poller;
mod read;
mod run;
mod service;
mod start;
#[cfg(test)]
mod stub;
mod table;
#[cfg(test)]
mod tests;
mod workgroup;

use std::{sync::Arc, time::Duration};

use self::{
    catalog::Catalog,
    file::Files,
    poller::Poller,
    service::{Service, SharedService},
    workgroup::Workgroups,
};
use crate::{
    aws::CredentialCache,
    engine::{Answer, Budget, Column, Engine, Health, Statement},
    error::{Error, Result},
    leg::Leg,
    settings::{Historical, Settings},
};

/// Athena, as one data source sees it.
pub struct Athena {
    service: SharedService,
    poller: Poller,
    workgroups: Workgroups,
    catalog: Catalog,
    files: Files,
    settings: Historical,
    time_limit: Duration,
}

impl Athena {
    /// Prepares the leg; calls nothing yet.
    #[must_use]
    pub fn new(config: &aws_config::SdkConfig, settings: &Settings) -> Self {
        // One cache of credentials for both services: what renews them for one renews them for the other.
        let (config, credentials) = CredentialCache::attach(config);
        let files = Files::new(&config, credentials.clone(), &settings.historical);
        let service = Arc::new(Service::new(&config, credentials, &settings.historical));
        Self {
            files,
            poller: Poller::new(Arc::clone(&service) as _),
            workgroups: Workgroups::new(Arc::clone(&service)),
            catalog: Catalog::new(Arc::clone(&service)),
            service,
            settings: settings.historical.clone(),
            time_limit: settings.limits.timeout,
        }
    }

    /// Names of the data catalogs.
    ///
    /// # Errors
    ///
    /// Whatever AWS answers.
    pub async fn catalogs(&self) -> Result<Vec<String>> {
        self.catalog.catalogs().await
    }

    /// Names of a catalog's databases; the settings' catalog when `None`.
    ///
    /// # Errors
    ///
    /// Whatever AWS answers.
    pub async fn databases(&self, catalog: Option<&str>) -> Result<Vec<String>> {
        self.catalog.databases(self.catalog_or_default(catalog)).await
    }

    /// Names of a database's tables; the settings' database when `None`.
    ///
    /// # Errors
    ///
    /// When no database is named, and whatever AWS answers.
    pub async fn tables(&self, catalog: Option<&str>, database: Option<&str>) -> Result<Vec<String>> {
        self.catalog.tables(self.catalog_or_default(catalog), self.database_or_default(database)?).await
    }

    /// Columns of a table, partition columns last; the settings' catalog and database when `None`.
    ///
    /// # Errors
    ///
    /// When no database is named, and whatever AWS answers.
    pub async fn columns(&self, catalog: Option<&str>, database: Option<&str>, table: &str) -> Result<Vec<Column>> {
        self.catalog.columns(self.catalog_or_default(catalog), self.database_or_default(database)?, table).await
    }

    /// Names of the workgroups.
    ///
    /// # Errors
    ///
    /// Whatever AWS answers.
    pub async fn workgroups(&self) -> Result<Vec<String>> {
        self.catalog.workgroups().await
    }

    fn catalog_or_default<'a>(&'a self, catalog: Option<&'a str>) -> &'a str {
        catalog.unwrap_or(&self.settings.catalog)
    }

    fn database_or_default<'a>(&'a self, database: Option<&'a str>) -> Result<&'a str> {
        database.or(self.settings.database.as_deref()).ok_or_else(|| {
            Error::bad_query(
                "No database is named: pass the parameter database, or set historical.database in the settings.",
            )
        })
    }
}

#[async_trait::async_trait]
impl Engine for Athena {
    fn leg(&self) -> Leg {
        Leg::Historical
    }

    async fn run(&self, statement: &Statement, budget: &Budget) -> Result<Answer> {
        run::run(self, statement, budget).await
    }

    async fn health(&self) -> Health {
        health::check(self).await
    }
}
