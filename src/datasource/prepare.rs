//! From a query to the statements of its slices: analysed, planned, macros expanded, guarded. No I/O.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{DataSource, PanelContext, memory, switched_off};
use crate::{
    dataset::{Dataset, TIME},
    engine::Statement,
    error::{Error, Result},
    leg::Leg,
    plan::{self, Assembly, Pieces, Plan, Question, Reach, Route, Slice},
    query::{Query, QueryKind, Reuse},
    settings::Settings,
    sql::{self, guard, kind, kind::Analysis, macros},
    stitch::{Merge, Totals},
};

/// A query that is ready to run.
#[derive(Debug)]
pub(super) struct Prepared {
    pub analysis: Analysis,
    pub plan: Plan,
    /// One statement a slice, in the plan's order.
    pub asks: Vec<Ask>,
    /// What names the statement in the memory of earlier runs.
    pub name: String,
}

/// What a slice is asked.
#[derive(Debug)]
pub(super) struct Ask {
    pub slice: Slice,
    pub statement: Statement,
}

impl Prepared {
    /// How the slices' rows become one.
    pub fn merge(&self) -> Merge {
        match (self.plan.assembly, &self.analysis.decomposed) {
            (Assembly::Totals, Some(decomposed)) => Merge::Totals(Totals::clone(&decomposed.totals)),
            _ => Merge::Concat(self.analysis.concat.clone()),
        }
    }
}

impl DataSource {
    /// Reads `query`, plans it for `panel`, and writes the statement of every slice.
    pub(super) fn prepare(&self, query: &Query, panel: &PanelContext) -> Result<Prepared> {
        self.check_values(query)?;
        let analysis = kind::analyse(&query.sql, panel.interval, &self.settings.datasets)?;
        let question = self.question(query, panel, &analysis)?;
        let name = memory::name(&query.sql, &query.filters, query.database.as_deref());
        let no_leg = || {
            Error::bad_query(format!(
                "No leg that is switched on has all of: {}. Switch the other leg on, or give the dataset a table there.",
                analysis.datasets.join(", ")
            ))
        };
        let whole = plan::plan(&question).ok_or_else(no_leg)?;
        let pieces = self.memory.pieces(&name, &whole);
        let plan = if pieces == Pieces::default() {
            whole
        } else {
            plan::plan(&Question { pieces, ..question }).ok_or_else(no_leg)?
        };
        let text = match (plan.assembly, &analysis.decomposed) {
            (Assembly::Totals, Some(decomposed)) => decomposed.sql.as_str(),
            _ => query.sql.as_str(),
        };
        // What native SQL reads, and when that is complete, only who wrote it knows.
        let lag = question.historical.filter(|_| !analysis.datasets.is_empty());
        let asks = plan
            .slices
            .iter()
            .map(|slice| Ok(Ask { slice: *slice, statement: self.written(text, *slice, query, panel, lag)? }))
            .collect::<Result<_>>()?;
        Ok(Prepared { analysis, plan, asks, name })
    }

    /// Whether the column whose values are asked for is there: the engine would not know of datasets.
    fn check_values(&self, query: &Query) -> Result<()> {
        let (QueryKind::Values, Some(dataset), Some(column)) = (query.kind, &query.dataset, &query.column) else {
            return Ok(());
        };
        let dataset = self.dataset(dataset)?;
        if column.eq_ignore_ascii_case(TIME) || dataset.column(column).is_some() {
            return Ok(());
        }
        let shown: String = column.chars().take(40).collect();
        let names: Vec<&str> = dataset.columns.iter().map(|column| column.name.as_str()).chain([TIME]).collect();
        Err(Error::bad_query(format!(
            "The dataset {} has no column {shown}. It has {}.",
            dataset.name,
            names.join(", ")
        )))
    }

    pub(super) fn question<'a>(
        &self,
        query: &Query,
        panel: &PanelContext,
        analysis: &'a Analysis,
    ) -> Result<Question<'a>> {
        let datasets = analysis.datasets.iter().map(|name| self.dataset(name)).collect::<Result<Vec<_>>>()?;
        match query.route {
            Route::Only(leg) if !self.is_on(leg) => return Err(switched_off(leg)),
            Route::Auto if datasets.is_empty() && macros::is_portable(&query.sql) => {
                return Err(Error::bad_query(
                    "$__dataset takes the name of one dataset, for example: SELECT * FROM $__dataset(contacts).",
                ));
            }
            Route::Auto if datasets.is_empty() => {
                return Err(Error::bad_query(
                    "The query does not say which leg answers it: set route to realtime or historical, or read a dataset \
                     by $__dataset(name), which either leg can answer.",
                ));
            }
            _ => {}
        }
        let Settings { realtime, historical, .. } = &self.settings;
        let on = |leg: Leg| self.is_on(leg) && datasets.iter().all(|dataset| dataset.is_on(leg));
        // A table without a value of its own has the leg's, also beside one that has.
        let retention = |dataset: &&Dataset| dataset.realtime.as_ref().and_then(|table| table.retention);
        let lag = |dataset: &&Dataset| dataset.historical.as_ref().and_then(|table| table.lag);
        let retention = datasets.iter().map(|dataset| retention(dataset).unwrap_or(realtime.retention)).min();
        let lag = datasets.iter().map(|dataset| lag(dataset).unwrap_or(historical.lag)).max();
        Ok(Question {
            analysis,
            route: query.route,
            freshness: query.freshness,
            range: panel.range,
            now: panel.now,
            realtime: on(Leg::Realtime)
                .then(|| Reach { retention: retention.unwrap_or(realtime.retention), margin: realtime.margin }),
            historical: on(Leg::Historical).then(|| lag.unwrap_or(historical.lag)),
            pieces: Pieces::default(),
        })
    }

    /// The statement of one slice: `text` with its macros expanded for the slice's leg and range. `lag` is how late Athena's
    /// datasets are complete.
    fn written(
        &self,
        text: &str,
        slice: Slice,
        query: &Query,
        panel: &PanelContext,
        lag: Option<Duration>,
    ) -> Result<Statement> {
        let Settings { realtime, historical, .. } = &self.settings;
        if slice.leg == Leg::Historical
            && let Some(region) = &query.region
            && *region != historical.region
        {
            return Err(Error::bad_query(format!(
                "The query asks for Athena in {region}, but the historical leg of this data source is in {}. Remove the \
                 query's region, or use a data source for that region.",
                historical.region
            )));
        }
        let (database, table, measure) = match slice.leg {
            Leg::Realtime => (&realtime.database, &realtime.table, &realtime.measure),
            Leg::Historical => (&historical.database, &None, &None),
        };
        let database = query.database.as_ref().or(database.as_ref());
        let context = macros::Context {
            leg: slice.leg,
            range: panel.range,
            now: panel.now,
            interval: panel.interval,
            database: database.map(String::as_str),
            table: query.table.as_deref().or(table.as_deref()),
            column: query.column.as_deref(),
            measure: query.measure.as_deref().or(measure.as_deref()),
            slice: slice.range,
            datasets: &self.settings.datasets,
            filters: &query.filters,
        };
        let sql = macros::expand(text, &context)?;
        guard::check(&sql, guard::Policy { allow_execute: self.settings.allow_execute })?;
        let sql = sql::without_semicolons(&sql)?;
        Ok(match slice.leg {
            Leg::Realtime => Statement { sql, catalog: None, database: None, reuse: None },
            Leg::Historical => Statement {
                sql,
                catalog: Some(query.catalog.clone().unwrap_or_else(|| historical.catalog.clone())),
                database: database.cloned(),
                reuse: match query.reuse {
                    Reuse::AsConfigured => historical.result_reuse,
                    Reuse::Never => None,
                    Reuse::UpTo(age) => Some(age),
                }
                .map(|age| lag.map_or(age, |lag| age.min(complete_for(slice, panel.now, lag))))
                .filter(|age| !age.is_zero()),
            },
        })
    }
}

/// For how long Athena has had every row of `slice`, in whole minutes: a result older than this may lack some of them. Equal
/// texts of one minute stay equal statements, which share a run.
fn complete_for(slice: Slice, now: DateTime<Utc>, lag: Duration) -> Duration {
    let age = (now - slice.range.to).to_std().unwrap_or_default().saturating_sub(lag);
    Duration::from_mins(age.as_secs() / 60)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::time::TimeRange;

    #[test]
    fn a_result_is_not_reused_from_before_its_range_was_complete() {
        let now = DateTime::from_timestamp(1_795_600_000, 0).unwrap();
        let lag = Duration::from_hours(1);
        for (ended_minutes_ago, minutes) in [(-30, 0), (0, 0), (60, 0), (61, 1), (90, 30), (24 * 60, 23 * 60)] {
            let to = now - TimeDelta::minutes(ended_minutes_ago);
            let slice = Slice { leg: Leg::Historical, range: TimeRange { from: to - TimeDelta::days(1), to } };
            assert_eq!(complete_for(slice, now, lag), Duration::from_mins(minutes), "{ended_minutes_ago}");
        }
    }
}
