//! The real-time leg: Amazon Timestream for LiveAnalytics.

use crate::{
    engine::{Answer, Budget, Column, Engine, Health, Statement},
    error::Result,
    leg::Leg,
    settings::Settings,
};

/// Timestream, as one data source sees it.
pub struct Timestream {}

impl Timestream {
    /// Prepares the leg; calls nothing yet (endpoint discovery happens at the first call).
    #[must_use]
    pub fn new(_config: &aws_config::SdkConfig, _settings: &Settings) -> Self {
        unimplemented!()
    }

    /// Names of the databases.
    ///
    /// # Errors
    ///
    /// Whatever AWS answers.
    pub async fn databases(&self) -> Result<Vec<String>> {
        unimplemented!()
    }

    /// Names of a database's tables; the settings' database when `None`.
    ///
    /// # Errors
    ///
    /// Whatever AWS answers.
    pub async fn tables(&self, _database: Option<&str>) -> Result<Vec<String>> {
        unimplemented!()
    }

    /// Names of a table's measures; the settings' database and table when `None`.
    ///
    /// # Errors
    ///
    /// Whatever AWS answers.
    pub async fn measures(&self, _database: Option<&str>, _table: Option<&str>) -> Result<Vec<String>> {
        unimplemented!()
    }

    /// Columns of a table; the settings' database and table when `None`.
    ///
    /// # Errors
    ///
    /// Whatever AWS answers.
    pub async fn columns(&self, _database: Option<&str>, _table: Option<&str>) -> Result<Vec<Column>> {
        unimplemented!()
    }
}

#[async_trait::async_trait]
impl Engine for Timestream {
    fn leg(&self) -> Leg {
        Leg::Realtime
    }

    async fn run(&self, _statement: &Statement, _budget: &Budget) -> Result<Answer> {
        unimplemented!()
    }

    async fn health(&self) -> Health {
        unimplemented!()
    }
}
