//! From a query to the statements of its slices: analysed, planned, macros expanded, guarded. No I/O.

use super::{DataSource, PanelContext, memory, switched_off};
use crate::{
    dataset::Dataset,
    engine::Statement,
    error::{Error, Result},
    leg::Leg,
    plan::{self, Assembly, Pieces, Plan, Question, Reach, Route, Slice},
    query::{Query, Reuse},
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
        let analysis = kind::analyse(&query.sql, panel.interval)?;
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
        let asks = plan
            .slices
            .iter()
            .map(|slice| Ok(Ask { slice: *slice, statement: self.statement(text, *slice, query, panel)? }))
            .collect::<Result<_>>()?;
        Ok(Prepared { analysis, plan, asks, name })
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

    /// The statement of one slice: `text` with its macros expanded for the slice's leg and range.
    fn statement(&self, text: &str, slice: Slice, query: &Query, panel: &PanelContext) -> Result<Statement> {
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
                    Reuse::UpTo(age) => Some(age).filter(|age| !age.is_zero()),
                },
            },
        })
    }
}
