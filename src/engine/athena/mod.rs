//! The historical leg: Amazon Athena.

mod decode;
mod poller;
mod table;

use crate::{
    engine::{Answer, Budget, Column, Engine, Health, Statement},
    error::Result,
    leg::Leg,
    settings::Settings,
};

/// Athena, as one data source sees it.
pub struct Athena {}

impl Athena {
    /// Prepares the leg; calls nothing yet.
    #[must_use]
    pub fn new(_config: &aws_config::SdkConfig, _settings: &Settings) -> Self {
        unimplemented!()
    }

    /// Names of the data catalogs.
    ///
    /// # Errors
    ///
    /// Whatever AWS answers.
    pub async fn catalogs(&self) -> Result<Vec<String>> {
        unimplemented!()
    }

    /// Names of a catalog's databases; the settings' catalog when `None`.
    ///
    /// # Errors
    ///
    /// Whatever AWS answers.
    pub async fn databases(&self, _catalog: Option<&str>) -> Result<Vec<String>> {
        unimplemented!()
    }

    /// Names of a database's tables; the settings' database when `None`.
    ///
    /// # Errors
    ///
    /// Whatever AWS answers.
    pub async fn tables(&self, _catalog: Option<&str>, _database: Option<&str>) -> Result<Vec<String>> {
        unimplemented!()
    }

    /// Columns of a table, partition columns last.
    ///
    /// # Errors
    ///
    /// Whatever AWS answers.
    pub async fn columns(&self, _catalog: Option<&str>, _database: Option<&str>, _table: &str) -> Result<Vec<Column>> {
        unimplemented!()
    }

    /// Names of the workgroups.
    ///
    /// # Errors
    ///
    /// Whatever AWS answers.
    pub async fn workgroups(&self) -> Result<Vec<String>> {
        unimplemented!()
    }
}

#[async_trait::async_trait]
impl Engine for Athena {
    fn leg(&self) -> Leg {
        Leg::Historical
    }

    async fn run(&self, _statement: &Statement, _budget: &Budget) -> Result<Answer> {
        unimplemented!()
    }

    async fn health(&self) -> Health {
        unimplemented!()
    }
}
