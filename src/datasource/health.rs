//! The health check: each leg by a query that runs to its end, then each dataset on each leg by a statement that names its table
//! and every column and reads no row, and its columns' types held against what the settings say.

use std::time::Duration;

use arrow::{array::RecordBatch, datatypes::DataType};
use futures::future::join_all;
use tokio::time::Instant;

use super::DataSource;
use crate::{
    dataset::{ColumnType, Dataset, TIME},
    engine::{Budget, Engine, Health, Statement},
    error::{Error, ErrorKind, Result},
    leg::Leg,
    sql,
};

/// How long one dataset may take on one leg.
const PATIENCE: Duration = Duration::from_secs(30);

/// How the data source is.
#[derive(Debug)]
pub struct Report {
    /// The legs that are switched on.
    pub legs: Vec<Health>,
    /// The datasets, on each leg that is switched on and well. Built-in ones that nobody listed and whose tables are not there are
    /// left out: they are among the warnings of their leg.
    pub datasets: Vec<DatasetHealth>,
    /// What looks wrong about datasets before any leg is asked.
    pub warnings: Vec<String>,
}

/// How one dataset is on one leg.
#[derive(Debug)]
pub struct DatasetHealth {
    /// Its name.
    pub name: String,
    /// The leg.
    pub leg: Leg,
    /// Whether its table and columns are there with the types that the settings say; if not, what is wrong.
    pub outcome: Result<()>,
}

impl DataSource {
    /// Checks the legs that are switched on, side by side, then the datasets.
    pub async fn health(&self) -> Report {
        let realtime = async {
            match &self.realtime {
                Some(leg) => Some(leg.engine.health().await),
                None => None,
            }
        };
        let historical = async {
            match &self.historical {
                Some(leg) => Some(leg.engine.health().await),
                None => None,
            }
        };
        let (realtime, historical) = tokio::join!(realtime, historical);
        let mut legs: Vec<Health> = [realtime, historical].into_iter().flatten().collect();
        for health in &mut legs {
            let prefix = format!("Setting {}.", health.leg);
            health.warnings.extend(self.settings.warnings.iter().filter(|text| text.starts_with(&prefix)).cloned());
        }
        let well = |leg: Leg| legs.iter().any(|health| health.leg == leg && health.outcome.is_ok());
        let checks = self.settings.datasets.iter().flat_map(|dataset| {
            Leg::ALL.into_iter().filter(|leg| dataset.is_on(*leg) && well(*leg)).map(move |leg| async move {
                DatasetHealth { name: dataset.name.clone(), leg, outcome: self.check(dataset, leg).await }
            })
        });
        let mut datasets = join_all(checks).await;
        if self.settings.datasets_implied {
            for dataset in datasets.extract_if(.., |dataset| dataset.outcome.is_err()) {
                if let (Some(health), Err(error)) =
                    (legs.iter_mut().find(|leg| leg.leg == dataset.leg), dataset.outcome)
                {
                    health.warnings.push(format!(
                        "{} It is built in; list your own under datasets in the settings, or none: [].",
                        error.message()
                    ));
                }
            }
        }
        let warnings = self.settings.warnings.iter().filter(|text| text.starts_with("Dataset ")).cloned().collect();
        Report { legs, datasets, warnings }
    }

    async fn check(&self, dataset: &Dataset, leg: Leg) -> Result<()> {
        let found = self.probe(dataset, leg).await.map_err(|error| {
            let place = format!("Dataset {} on the {leg} leg", dataset.name);
            Error::new(error.kind(), format!("{place}: {}", error.message()))
        })?;
        agree(dataset, leg, &found)
    }

    /// The dataset's columns without rows, as the engine answers them.
    async fn probe(&self, dataset: &Dataset, leg: Leg) -> Result<RecordBatch> {
        let sql = sql::dataset::probe(dataset, leg)
            .ok_or_else(|| Error::internal(format!("Dataset {} is not on the {leg} leg.", dataset.name)))?;
        let budget = Budget { max_rows: 1, deadline: Instant::now() + PATIENCE.min(self.settings.limits.timeout) };
        let answer = match leg {
            Leg::Realtime => {
                let statement = Statement { sql, catalog: None, database: None, reuse: None };
                self.realtime()?.engine.run(&statement, &budget).await?
            }
            Leg::Historical => {
                let historical = &self.settings.historical;
                let statement = Statement {
                    sql,
                    catalog: Some(historical.catalog.clone()),
                    database: historical.database.clone(),
                    reuse: None,
                };
                self.historical()?.engine.run(&statement, &budget).await?
            }
        };
        Ok(answer.batch)
    }
}

/// Whether the columns found hold what the settings say.
fn agree(dataset: &Dataset, leg: Leg, found: &RecordBatch) -> Result<()> {
    let declared = |name: &str| {
        if name.eq_ignore_ascii_case(TIME) {
            return Some(ColumnType::Timestamp);
        }
        dataset.column(name).map(|column| column.data_type)
    };
    let wrong: Vec<String> = found
        .schema_ref()
        .fields()
        .iter()
        .filter_map(|field| {
            let declared = declared(field.name())?;
            (!holds(declared, field.data_type()))
                .then(|| format!("{} is {} and not {}", field.name(), word(field.data_type()), name_of(declared)))
        })
        .collect();
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::BadSettings,
        format!(
            "Dataset {} on the {leg} leg: {}. Correct the columns' types in the settings, or cast in their expressions.",
            dataset.name,
            wrong.join(", ")
        ),
    ))
}

/// Whether a column of `declared` may hold what the engine answers as `found`, at most widened.
fn holds(declared: ColumnType, found: &DataType) -> bool {
    match declared {
        ColumnType::Text => matches!(found, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View),
        ColumnType::Integer => found.is_integer(),
        ColumnType::Double => found.is_numeric(),
        ColumnType::Boolean => found == &DataType::Boolean,
        ColumnType::Timestamp => matches!(found, DataType::Timestamp(..)),
    }
}

fn word(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Boolean => "boolean",
        DataType::Timestamp(..) => "timestamp",
        found if found.is_integer() => "integer",
        found if found.is_numeric() => "double",
        _ => "text",
    }
}

const fn name_of(declared: ColumnType) -> &'static str {
    match declared {
        ColumnType::Text => "text",
        ColumnType::Integer => "integer",
        ColumnType::Double => "double",
        ColumnType::Boolean => "boolean",
        ColumnType::Timestamp => "timestamp",
    }
}
