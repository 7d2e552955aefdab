//! From a statement to its answer by the plugin's own modules, analysed, planned, expanded, stitched, with the shelves in
//! the place of AWS.

use std::time::Duration;

use arrow::{
    array::RecordBatch,
    compute::concat_batches,
    datatypes::{Field, Schema},
};
use sandbox::engine::{Column, Output, QueryError, Shelf, types};
use switchboard::{
    dataset::Dataset,
    leg::Leg,
    plan::{self, Assembly, Freshness, Pieces, Plan, Question, Reach, Route, Slice},
    sql::{
        filter::Filter,
        guard,
        kind::{self, Analysis, Kind},
        macros,
    },
    stitch::{self, Merge},
    time::TimeRange,
};

use crate::{tables::Shelves, world::instant};

/// How a panel is asked, beside its statement.
#[derive(Debug, Clone, Copy)]
pub struct Asking {
    /// Milliseconds, half-open.
    pub range: (i64, i64),
    pub route: Route,
    pub freshness: Freshness,
    pub pieces: Pieces,
    /// Puts T elsewhere: anywhere in the window where the legs may meet, by its part of it.
    pub moved: Option<f64>,
}

/// Who runs a slice's statement at an instant, in milliseconds.
pub trait Engines {
    async fn run(&self, leg: Leg, sql: &str, now: i64) -> Result<RecordBatch, String>;
}

/// A statement and what the data source knows beside it.
#[derive(Debug, Clone)]
pub struct Query {
    pub sql: String,
    pub interval: Duration,
    pub datasets: Vec<Dataset>,
    pub filters: Vec<Filter>,
    /// Milliseconds, as are the rest.
    pub now: i64,
    pub retention: i64,
    pub margin: i64,
    pub lag: i64,
}

/// One panel, ready to be asked.
pub struct Panel {
    pub query: Query,
    pub analysis: Analysis,
    pub plan: Plan,
    pub range: TimeRange,
}

fn millis(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap())
}

impl Query {
    /// From here on the real-time leg is relied on.
    fn relied_on_from(&self) -> i64 {
        self.now - (self.retention - self.margin).max(0)
    }
}

impl Panel {
    /// Analyses and plans.
    pub fn new(query: Query, asking: &Asking) -> Self {
        let analysis = kind::analyse(&query.sql, query.interval, &query.datasets).unwrap();
        let range = TimeRange { from: instant(asking.range.0), to: instant(asking.range.1) };
        let question = Question {
            analysis: &analysis,
            route: asking.route,
            freshness: asking.freshness,
            range,
            now: instant(query.now),
            realtime: Some(Reach { retention: millis(query.retention), margin: millis(query.margin) }),
            historical: Some(millis(query.lag)),
            pieces: asking.pieces,
        };
        let mut plan = plan::plan(&question).unwrap();
        if let Some(part) = asking.moved {
            move_boundary(&mut plan, &analysis, &query, part);
        }
        Self { query, analysis, plan, range }
    }

    /// Whether both legs answer.
    pub fn has_seam(&self) -> bool {
        self.plan.slices.windows(2).any(|pair| pair[0].leg != pair[1].leg)
    }

    /// Runs the slices and puts their answers together.
    pub async fn answer(&self, engines: &impl Engines) -> Result<RecordBatch, String> {
        let decomposed = self.analysis.decomposed.as_ref().filter(|_| self.plan.assembly == Assembly::Totals);
        let text = decomposed.map_or(self.query.sql.as_str(), |decomposed| decomposed.sql.as_str());
        let mut parts = Vec::new();
        for slice in &self.plan.slices {
            parts.push(engines.run(slice.leg, &self.written(text, slice)?, self.query.now).await?);
        }
        let merge = match decomposed {
            Some(decomposed) => Merge::Totals(decomposed.totals.clone()),
            None => Merge::Concat(self.analysis.concat.clone()),
        };
        Ok(stitch::stitch(parts, &merge).map_err(|error| format!("stitching: {error}"))?.batch)
    }

    /// The statement of a slice.
    pub fn written(&self, text: &str, slice: &Slice) -> Result<String, String> {
        let context = macros::Context {
            leg: slice.leg,
            range: self.range,
            now: instant(self.query.now),
            interval: self.query.interval,
            database: None,
            table: None,
            column: None,
            measure: None,
            slice: slice.range,
            datasets: &self.query.datasets,
            filters: &self.query.filters,
        };
        let sql = macros::expand(text, &context).map_err(|error| format!("expanding {text}: {error}"))?;
        guard::check(&sql, guard::Policy::default()).map_err(|error| format!("guarding {sql}: {error}"))?;
        Ok(sql)
    }
}

/// Cuts a plan over both legs at another instant, where the statement's kind allows it.
fn move_boundary(plan: &mut Plan, analysis: &Analysis, query: &Query, part: f64) {
    let Some(boundary) = &mut plan.boundary else { return };
    let (first, last) = (query.relied_on_from(), query.now - query.lag);
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "windows are short of 2^52")]
    let at = instant(first + (part * (last - first) as f64) as i64);
    let step = analysis.step.filter(|_| analysis.kind == Kind::Buckets && plan.assembly == Assembly::Concat);
    let at = step.map_or(Some(at), |step| step.floor(at)).unwrap();
    if at.timestamp_millis() < first || at <= plan.range.from || at >= plan.range.to {
        return;
    }
    boundary.at = at;
    plan.slices = vec![
        Slice { leg: Leg::Historical, range: TimeRange { from: plan.range.from, to: at } },
        Slice { leg: Leg::Realtime, range: TimeRange { from: at, to: plan.range.to } },
    ];
}

impl Engines for Shelves {
    async fn run(&self, leg: Leg, sql: &str, now: i64) -> Result<RecordBatch, String> {
        let engine = match leg {
            Leg::Realtime => &self.timestream,
            Leg::Historical => &self.athena,
        };
        run(engine, sql, now).await.map_err(|error| format!("{leg}: {error}: {sql}"))
    }
}

/// Runs a statement as the service behind a shelf would; the error is the service's.
pub async fn run(shelf: &Shelf, sql: &str, now: i64) -> Result<RecordBatch, QueryError> {
    Ok(one_batch(&shelf.query(sql, now).await?))
}

/// An answer's rows as one batch, also where there are none.
pub fn one_batch(output: &Output) -> RecordBatch {
    if let Some(first) = output.batches.first() {
        return concat_batches(&first.schema(), &output.batches).unwrap();
    }
    let field = |column: &Column| {
        Field::new(column.name.clone().unwrap_or_default(), types::arrow_type(&column.sql_type), true)
    };
    RecordBatch::new_empty(Schema::new(output.columns.iter().map(field).collect::<Vec<_>>()).into())
}
