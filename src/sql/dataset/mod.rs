//! What `$__dataset` stands for on a leg: a subquery of the logical columns over one slice, read from the table that the
//! leg has. The predicates stand right over the table, where both planners push them down.

mod used;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use chrono::{DateTime, TimeDelta, Utc};

pub use self::used::Used;

use crate::{
    dataset::{Column, ColumnType, Dataset, Dedupe, HistoricalTable, RealtimeTable, TIME},
    error::{Error, Result},
    leg::Leg,
    sql::{
        excerpt,
        filter::{self, Filter},
        literal,
        macros::names,
        partition,
    },
    time::TimeRange,
};

/// The name of the rank by which duplicates are told, unlike any column's.
const RANK: &str = "__switchboard_rank";

/// A table of either leg.
struct Table<'a> {
    /// Catalog, database and table, as far as they are given.
    path: Vec<&'a str>,
    time: &'a str,
    /// Conditions on what is read at all: the partitions, the measure.
    scope: Vec<String>,
    filter: Option<&'a str>,
    dedupe: Option<&'a Dedupe>,
}

impl<'a> Table<'a> {
    /// The table of `dataset` on `leg`, to be read over `range`; `None` if the leg has none.
    fn new(dataset: &'a Dataset, leg: Leg, range: TimeRange) -> Option<Self> {
        match leg {
            Leg::Realtime => dataset.realtime.as_ref().map(Self::realtime),
            Leg::Historical => dataset.historical.as_ref().map(|table| Self::historical(table, range)),
        }
    }

    fn realtime(table: &'a RealtimeTable) -> Self {
        let measure = table.measure_name.as_ref().map(|name| format!("measure_name = {}", literal::text(name)));
        Self {
            path: vec![&table.database, &table.table],
            time: &table.time,
            scope: measure.into_iter().collect(),
            filter: table.filter.as_deref(),
            dedupe: table.dedupe.as_ref(),
        }
    }

    fn historical(table: &'a HistoricalTable, range: TimeRange) -> Self {
        let partitions =
            table.partitions.as_ref().map(|partitions| format!("({})", partition::predicate(partitions, range)));
        let names = [table.catalog.as_deref(), Some(&table.database), Some(&table.table)];
        Self {
            path: names.into_iter().flatten().collect(),
            time: &table.time,
            scope: partitions.into_iter().collect(),
            filter: table.filter.as_deref(),
            dedupe: table.dedupe.as_ref(),
        }
    }

    /// The query of `columns` and the event time over `range`, of rows that satisfy `conditions`.
    fn select(
        &self,
        leg: Leg,
        columns: &[(&str, Cow<'_, str>)],
        range: TimeRange,
        mut conditions: Vec<String>,
    ) -> Result<String, String> {
        let named = |name: &str, expression: &str| format!("{expression} AS {}", literal::identifier(name));
        let projection: Vec<String> = std::iter::once(named(TIME, self.time))
            .chain(columns.iter().map(|(name, expression)| named(name, expression)))
            .collect();
        let path: Vec<String> = self.path.iter().map(|name| literal::identifier(&names::bare(name))).collect();
        let time = literal::operand(self.time);
        let mut scope = vec![
            format!("{time} >= {}", literal::instant(leg, range.from)?),
            format!("{time} < {}", literal::instant(leg, range.to)?),
        ];
        scope.extend(self.scope.iter().cloned());
        conditions.splice(0..0, self.filter.map(|filter| format!("({filter})")));
        let (projection, path) = (projection.join(", "), path.join("."));
        let Some(Dedupe { key, order }) = self.dedupe else {
            scope.extend(conditions);
            return Ok(format!("SELECT {projection} FROM {path} WHERE {}", scope.join(" AND ")));
        };
        // Whether a row counts is for its newest version to say, so what it holds is looked at after.
        conditions.insert(0, format!("\"{RANK}\" = 1"));
        Ok(format!(
            "SELECT {projection} FROM (SELECT *, row_number() OVER (PARTITION BY {} ORDER BY {order} DESC) AS \"{RANK}\" \
             FROM {path} WHERE {}) WHERE {}",
            key.join(", "),
            scope.join(" AND "),
            conditions.join(" AND ")
        ))
    }
}

/// SQL of the event time of `dataset` on `leg`; `None` if the leg does not have it.
#[must_use]
pub fn event_time(dataset: &Dataset, leg: Leg) -> Option<&str> {
    match leg {
        Leg::Realtime => dataset.realtime.as_ref().map(|table| table.time.as_str()),
        Leg::Historical => dataset.historical.as_ref().map(|table| table.time.as_str()),
    }
}

/// What an expansion of `$__dataset` goes by.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// Whose dialect.
    pub leg: Leg,
    /// The event times to read.
    pub slice: TimeRange,
    /// The datasets that there are.
    pub datasets: &'a [Dataset],
    /// Ad-hoc filters.
    pub filters: &'a [Filter],
    /// What the statement uses.
    pub used: &'a Used,
}

/// The subquery, in parentheses, that `$__dataset(name)` stands for.
///
/// # Errors
///
/// A dataset that does not exist, or not on this leg; a column that the statement uses and this leg lacks; a filter that
/// cannot be applied; a range that the leg's SQL cannot write.
pub fn expand(name: &str, scope: &Scope<'_>) -> Result<String> {
    let Scope { leg, slice, .. } = *scope;
    let dataset = find(name, scope.datasets)?;
    let Some(table) = Table::new(dataset, leg, slice) else {
        let there = Leg::ALL.into_iter().find(|other| dataset.is_on(*other));
        return Err(Error::bad_query(format!(
            "The dataset {} is not on the {leg} leg ({}){}. Choose that leg as the query's route, or give the dataset a \
             table here in the data source's settings.",
            dataset.name,
            leg.service(),
            there.map_or(String::new(), |other| format!(", only on the {other} leg ({})", other.service())),
        )));
    };
    let columns = columns(dataset, scope)?;
    let conditions = filter::conditions(scope.filters, dataset, leg)?;
    let select = table.select(leg, &columns, slice, conditions);
    Ok(format!("({})", select.map_err(|reason| Error::bad_query(format!("$__dataset {reason}.")))?))
}

fn find<'a>(name: &str, datasets: &'a [Dataset]) -> Result<&'a Dataset> {
    datasets.iter().find(|dataset| dataset.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
        let known: Vec<&str> = datasets.iter().map(|dataset| dataset.name.as_str()).collect();
        Error::bad_query(format!(
            "There is no dataset {}. {}",
            excerpt(name),
            match known.as_slice() {
                [] => "The data source's settings have none: add one there.".to_owned(),
                known => format!("The datasets are {}.", known.join(", ")),
            }
        ))
    })
}

/// The columns of `dataset` that the statement uses, with their expressions of the declared type.
fn columns<'a>(dataset: &'a Dataset, scope: &Scope<'_>) -> Result<Vec<(&'a str, Cow<'a, str>)>> {
    let Scope { leg, used, .. } = *scope;
    let mut columns = Vec::new();
    for column in &dataset.columns {
        match column.expression(leg) {
            Some(expression) if used.column(&column.name) => {
                columns.push((column.name.as_str(), typed(expression, column.data_type)));
            }
            None if used.column_itself(&column.name) && !elsewhere(column, scope) => {
                return Err(Error::bad_query(format!(
                    "The statement uses {}, which the dataset {} does not have on the {leg} leg ({}). Leave it out, choose \
                     the other leg as the query's route, or give the column an expression here in the data source's settings.",
                    column.name,
                    dataset.name,
                    leg.service()
                )));
            }
            _ => {}
        }
    }
    Ok(columns)
}

/// `expression` as a number of the declared type. The legs may hold narrower ones: of whole numbers a division would drop the
/// rest on one leg alone, and one of 32 bits overflows where one of 64 does not.
fn typed(expression: &str, declared: ColumnType) -> Cow<'_, str> {
    let sql_type = match declared {
        ColumnType::Integer => "bigint",
        ColumnType::Double => "double",
        ColumnType::Text | ColumnType::Boolean | ColumnType::Timestamp => return Cow::Borrowed(expression),
    };
    Cow::Owned(format!("CAST({expression} AS {sql_type})"))
}

/// Whether another dataset of the statement has a column of this name, which may be the one that is meant.
fn elsewhere(column: &Column, scope: &Scope<'_>) -> bool {
    scope
        .datasets
        .iter()
        .filter(|dataset| scope.used.dataset(&dataset.name))
        .any(|dataset| dataset.column(&column.name).is_some_and(|there| there.expression(scope.leg).is_some()))
}

/// A statement that reads nothing and names all that `dataset` has on `leg`: its table, its columns' expressions, its
/// conditions. The engine answers with the columns' own types, or with what is wrong. `None` if the leg does not have it.
#[must_use]
pub fn probe(dataset: &Dataset, leg: Leg) -> Option<String> {
    let epoch = DateTime::<Utc>::UNIX_EPOCH;
    // The partitions of an instant, so that their columns are named as well; nothing arrived then.
    let table = Table::new(dataset, leg, TimeRange { from: epoch, to: epoch + TimeDelta::milliseconds(1) })?;
    let columns: Vec<(&str, Cow<'_, str>)> = dataset
        .columns
        .iter()
        .filter_map(|column| Some((column.name.as_str(), Cow::Borrowed(column.expression(leg)?))))
        .collect();
    let select = table.select(leg, &columns, TimeRange { from: epoch, to: epoch }, Vec::new()).ok()?;
    Some(match leg {
        Leg::Realtime => select,
        // An event time that is an expression keeps no file from being read; this does.
        Leg::Historical => format!("{select} LIMIT 0"),
    })
}
