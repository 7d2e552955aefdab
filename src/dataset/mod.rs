//! Datasets: logical tables that exist on one leg or both, with one set of column names. The vocabulary of settings, SQL
//! expansion, planning and editors; reading them from settings is `settings`' work, writing SQL is `sql`'s.

mod describe;
mod template;

use std::time::Duration;

use chrono_tz::Tz;

pub use self::{
    describe::describe,
    template::{TEMPLATES, template, templates},
};
use crate::leg::Leg;

/// The logical name of the event time that every dataset has. It is not listed among [`Dataset::columns`].
pub const TIME: &str = "time";

/// A logical table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// Its name, as `$__dataset(name)` says it: a lower-case identifier.
    pub name: String,
    /// What a row is, for editors.
    pub description: Option<String>,
    /// Where the real-time leg has it.
    pub realtime: Option<RealtimeTable>,
    /// Where the historical leg has it.
    pub historical: Option<HistoricalTable>,
    /// Its columns, beside [`TIME`]; names are lower-case identifiers and unique.
    pub columns: Vec<Column>,
}

/// A Timestream table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RealtimeTable {
    /// Its database.
    pub database: String,
    /// Its name.
    pub table: String,
    /// SQL of the event time: a column's name, or an expression over columns.
    pub time: String,
    /// The measure whose records are meant, where the table holds several.
    pub measure_name: Option<String>,
    /// SQL that a row must satisfy.
    pub filter: Option<String>,
    /// How rows delivered more than once become one.
    pub dedupe: Option<Dedupe>,
    /// How far back the table reaches, where it is not as far as the leg.
    pub retention: Option<Duration>,
}

/// An Athena table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoricalTable {
    /// Its catalog, where it is not the leg's.
    pub catalog: Option<String>,
    /// Its database.
    pub database: String,
    /// Its name.
    pub table: String,
    /// SQL of the event time: a column's name, or an expression over columns.
    pub time: String,
    /// How its files are partitioned.
    pub partitions: Option<Partitions>,
    /// SQL that a row must satisfy.
    pub filter: Option<String>,
    /// How rows delivered more than once become one.
    pub dedupe: Option<Dedupe>,
    /// How late the table is complete, where it is not as late as the leg.
    pub lag: Option<Duration>,
}

/// How rows delivered more than once become one: of each key, the row that comes last by `order`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dedupe {
    /// SQL of what names a row: columns' names or expressions. Never empty. A key keeps its event time when it is
    /// delivered again.
    pub key: Vec<String>,
    /// SQL of what grows with each delivery.
    pub order: String,
}

/// How an Athena table's files are partitioned by the time of their arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partitions {
    /// What the partition columns are.
    pub style: PartitionStyle,
    /// How much earlier than its event time a row's partition may be.
    pub arrival_lag_before: Duration,
    /// How much later than its event time a row's partition may be.
    pub arrival_lag_after: Duration,
}

/// What the partition columns are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartitionStyle {
    /// A column each for year, month, day and hour, or for the first few of them.
    Columns {
        /// Their names, coarsest first: 1 to 4, meaning year, month, day, hour.
        columns: Vec<String>,
        /// How values are written.
        values: PartitionValues,
        /// The time zone in which the arrival is written.
        zone: Tz,
    },
    /// One column of text that sorts as time does.
    Projection {
        /// Its name.
        column: String,
        /// Its format, in Java's letters: `yyyy/MM/dd/HH`.
        format: String,
        /// The time zone in which the arrival is written.
        zone: Tz,
    },
}

/// How the values of partition columns are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartitionValues {
    /// Text such as `'07'`.
    PaddedText,
    /// Text such as `'7'`.
    Text,
    /// Numbers.
    Integer,
}

/// A logical column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name in statements.
    pub name: String,
    /// What it holds.
    pub data_type: ColumnType,
    /// SQL of its value on the real-time leg; `None` where that leg lacks it.
    pub realtime: Option<String>,
    /// SQL of its value on the historical leg; `None` where that leg lacks it.
    pub historical: Option<String>,
    /// Grafana's name of its unit.
    pub unit: Option<String>,
    /// What it means, for editors.
    pub description: Option<String>,
}

/// What a logical column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// Text.
    Text,
    /// Whole numbers of 64 bits.
    Integer,
    /// Floating point of 64 bits.
    Double,
    /// Yes or no.
    Boolean,
    /// An instant.
    Timestamp,
}

impl Dataset {
    /// Whether `leg` has it.
    #[must_use]
    pub const fn is_on(&self, leg: Leg) -> bool {
        match leg {
            Leg::Realtime => self.realtime.is_some(),
            Leg::Historical => self.historical.is_some(),
        }
    }

    /// The column of this logical name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }
}

impl Column {
    /// SQL of its value on `leg`; `None` where that leg lacks it.
    #[must_use]
    pub fn expression(&self, leg: Leg) -> Option<&str> {
        match leg {
            Leg::Realtime => self.realtime.as_deref(),
            Leg::Historical => self.historical.as_deref(),
        }
    }
}
