//! Runs one statement over the generated data and says what it would have scanned.
//!
//! [`World`] is all that the wire needs: it makes the data, runs statements and answers what databases, tables and columns
//! there are; [`Shelf`] does the same over tables that a test puts there. [`tables`] says what is in each table, [`provider`] how DataFusion reads it.

mod columns;
mod describe;
mod execute;
mod provider;
mod shelf;
pub mod tables;
pub mod types;
mod world;

use arrow::array::RecordBatch;

use crate::dialect::SqlDialect;

pub use shelf::{ROW_BYTES, Shelf};
pub use world::World;

/// Which service's data, dialect and visibility.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// Timestream: the last hours.
    Timestream,
    /// Athena: what is older than the lag.
    Athena,
}

impl Service {
    /// Its SQL.
    const fn dialect(self) -> SqlDialect {
        match self {
            Self::Timestream => SqlDialect::Timestream,
            Self::Athena => SqlDialect::Trino,
        }
    }
}

/// A column's type in the service's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are SQL's own")]
pub enum SqlType {
    Unknown,
    Boolean,
    Tinyint,
    Smallint,
    Integer,
    Bigint,
    Real,
    Double,
    Decimal {
        precision: u8,
        scale: i8,
    },
    Char,
    Varchar,
    Varbinary,
    Json,
    Uuid,
    IpAddress,
    Date,
    Time,
    Timestamp {
        precision: u8,
    },
    TimestampWithTimeZone {
        precision: u8,
    },
    IntervalDayToSecond,
    IntervalYearToMonth,
    Array(Box<SqlType>),
    Map(Box<SqlType>, Box<SqlType>),
    Row(Vec<(Option<String>, SqlType)>),
    /// Timestream's TIMESERIES of this type: a list of structs `{time, value}` in the batch.
    TimeSeries(Box<SqlType>),
}

/// A column of a result or of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name; `None` where the statement gives none.
    pub name: Option<String>,
    /// Its type.
    pub sql_type: SqlType,
    /// Whether it is a partition column of an Athena table.
    pub partition: bool,
}

/// A statement's result.
#[derive(Debug, Clone)]
pub struct Output {
    /// Columns, as many as the batches have.
    pub columns: Vec<Column>,
    /// Rows, in order.
    pub batches: Vec<RecordBatch>,
    /// Bytes that the service would have scanned: whole partitions that survive pruning, columns used.
    pub bytes_scanned: u64,
}

/// Why a statement does not run, in the service's manner.
#[derive(Debug, Clone, thiserror::Error)]
pub enum QueryError {
    /// The text does not parse; line and column where known.
    #[error("line {line}:{column}: {message}")]
    Syntax {
        /// 1-based.
        line: u64,
        /// 1-based.
        column: u64,
        /// What is wrong there.
        message: String,
    },
    /// A name does not resolve, or a type does not fit.
    #[error("{0}")]
    Semantic(String),
    /// It failed while running.
    #[error("{0}")]
    Execution(String),
}

/// Where names without a database are looked up.
#[derive(Debug, Clone, Default)]
pub struct QueryContext {
    /// Athena's catalog.
    pub catalog: Option<String>,
    /// The database.
    pub database: Option<String>,
}

/// How much to generate.
#[derive(Debug, Clone)]
pub struct WorldOptions {
    /// Equal seeds give equal events for equal instants.
    pub seed: u64,
    /// Agents employed; each takes about 60 contacts a day.
    pub agents: u32,
    /// Days of history.
    pub days: u32,
    /// Hours that Timestream holds.
    pub retention_hours: u32,
    /// Minutes by which Athena is late.
    pub lag_minutes: u32,
}

impl Default for WorldOptions {
    fn default() -> Self {
        Self { seed: 1, agents: 200, days: 30, retention_hours: 24, lag_minutes: 15 }
    }
}
