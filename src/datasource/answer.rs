//! Runs the statements of a prepared query side by side and makes one answer of theirs.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use arrow::array::RecordBatch;
use chrono::SecondsFormat;
use futures::future::{join_all, try_join_all};
use serde_json::json;

use super::{
    DataSource, Origin, PanelAnswer, PanelContext, Run,
    prepare::{Ask, Prepared},
};
use crate::{
    engine::Answer,
    error::{Error, Result},
    leg::Leg,
    notice::Notice,
    plan::{Assembly, Slice, describe_step},
    query::Query,
    shape::{self, Fill, Shaped},
    sql::{kind::Kind, macros},
    stitch::{self, Merge},
    time::{Step, TimeRange},
};

/// Batches of more rows than this are stitched and shaped off the async threads, so that other panels keep moving.
const ROWS_SHAPED_INLINE: usize = 20_000;

/// A slice's answer, and whether its execution was shared.
type Answered = (Arc<Answer>, bool);

impl DataSource {
    /// Runs what was prepared.
    pub(super) async fn answer(&self, query: &Query, panel: &PanelContext, prepared: Prepared) -> Result<PanelAnswer> {
        let partial = query.allow_partial && !panel.origin.alert;
        let (answers, failures) = self.run_all(&prepared, panel, partial).await?;
        self.learn(&prepared, &answers);
        let mut notices = prepared.plan.notices.clone();
        notices.extend(missing(&failures));
        let mut runs = Vec::with_capacity(answers.len());
        let mut parts = Vec::with_capacity(answers.len());
        for (ask, (answer, shared)) in
            prepared.asks.iter().zip(&answers).filter_map(|(ask, answer)| Some((ask, answer.as_ref()?)))
        {
            self.check_whole(&prepared, answer)?;
            notices.extend(answer.notices.iter().cloned());
            parts.push(answer.batch.clone());
            let (slice, sql, cost) = (ask.slice, ask.statement.sql.clone(), answer.cost.clone());
            runs.push(Run { slice, sql, cost, shared: *shared });
        }
        if runs.iter().any(|run| run.cost.reused) {
            notices.push(Notice::info(
                "Athena answered from an earlier result of the same statement and scanned nothing.",
            ));
        }
        let mut options = options(query, panel, &prepared);
        if !failures.is_empty() {
            options.fill = unknown(options.fill);
        }
        let work = Work { parts, merge: prepared.merge(), options, max_rows: self.settings.limits.max_rows };
        let shaped = work.done().await?;
        notices.extend(shaped.notices);
        Ok(PanelAnswer {
            frames: shaped.frames,
            kind: shaped.kind,
            runs,
            plan: told(&prepared, query),
            notices: each_once(notices),
        })
    }

    /// The slices' answers in order, and the failures of those that have none. One failure is everybody's, unless `partial`
    /// and not all fail.
    async fn run_all(
        &self,
        prepared: &Prepared,
        panel: &PanelContext,
        partial: bool,
    ) -> Result<(Vec<Option<Answered>>, Vec<(Slice, Error)>)> {
        let asks = &prepared.asks;
        let runs = asks.iter().map(|ask| self.run(ask, prepared.analysis.kind, &panel.origin));
        if !partial {
            // The first failure drops the other runs, which stops them in AWS.
            let answers = try_join_all(runs).await?;
            return Ok((answers.into_iter().map(Some).collect(), Vec::new()));
        }
        let (mut answers, mut failures) = (Vec::new(), Vec::new());
        for (ask, outcome) in asks.iter().zip(join_all(runs).await) {
            match outcome {
                Ok(answer) => answers.push(Some(answer)),
                Err(error) => {
                    answers.push(None);
                    failures.push((ask.slice, error));
                }
            }
        }
        if answers.iter().all(Option::is_none)
            && let Some((_, error)) = failures.pop()
        {
            return Err(error);
        }
        Ok((answers, failures))
    }

    async fn run(&self, ask: &Ask, kind: Kind, origin: &Arc<Origin>) -> Result<Answered> {
        let began = Instant::now();
        let run = match ask.slice.leg {
            Leg::Realtime => self.realtime()?.run(&ask.statement, self.settings.limits),
            Leg::Historical => self.historical()?.run(&ask.statement, self.settings.limits),
        };
        let asked = self.metrics.start(ask.slice.leg);
        let (answer, shared) = run.await;
        match &answer {
            Ok(answer) => asked.succeeded(&answer.cost, shared),
            Err(error) => asked.failed(error.kind()),
        }
        self.activity.note(origin, ask.slice.leg, kind, began.elapsed(), &answer, shared);
        Ok((answer?, shared))
    }

    /// Groups that were cut off would be missing from the merged ones, which nobody could see.
    fn check_whole(&self, prepared: &Prepared, answer: &Answer) -> Result<()> {
        let cut = answer.cost.rows > u64::try_from(answer.batch.num_rows()).unwrap_or(u64::MAX);
        if cut && prepared.plan.assembly == Assembly::Totals {
            return Err(Error::bad_query(format!(
                "A part of the answer has {} groups, more than limits.maxRows ({}) allows, and groups cannot be merged in part. \
                 Group by fewer columns, or raise limits.maxRows.",
                answer.cost.rows, self.settings.limits.max_rows
            )));
        }
        Ok(())
    }

    /// Remembers what each leg's part took, where all of it was answered.
    fn learn(&self, prepared: &Prepared, answers: &[Option<Answered>]) {
        if prepared.analysis.datasets.is_empty() || answers.iter().any(Option::is_none) {
            return;
        }
        for leg in prepared.plan.legs() {
            let runs = prepared.asks.iter().zip(answers).filter(|(ask, _)| ask.slice.leg == leg);
            self.memory.remember(
                &prepared.name,
                leg,
                runs.filter_map(|(ask, answer)| Some((&ask.slice, &answer.as_ref()?.0.cost))),
            );
        }
    }
}

/// The answer to a query that no engine is asked for.
pub(super) fn of_rows(rows: &RecordBatch, query: &Query, panel: &PanelContext) -> Result<PanelAnswer> {
    let options = shape::Options {
        format: query.format,
        layout: query.layout,
        fill: query.fill,
        step: query.step.map(Step::Fixed),
        range: panel.range,
    };
    let Shaped { frames, kind, notices } = shape::shape(rows, &options)?;
    Ok(PanelAnswer { frames, kind, runs: Vec::new(), plan: serde_json::Value::Null, notices })
}

/// What is not in a partial answer: a notice for each part of a leg, whose slices are its own affair.
fn missing(failures: &[(Slice, Error)]) -> Vec<Notice> {
    let follows =
        |(one, _): &(Slice, Error), (next, _): &(Slice, Error)| one.leg == next.leg && one.range.to == next.range.from;
    let notice = |from: &Slice, to: &Slice, error: &Error| {
        Notice::warning(format!(
            "This answer is partial: {} failed, so rows from {} to {} are missing. {}",
            from.leg.service(),
            from.range.from.to_rfc3339_opts(SecondsFormat::Secs, true),
            to.range.to.to_rfc3339_opts(SecondsFormat::Secs, true),
            error.message()
        ))
    };
    let parts = failures.chunk_by(follows);
    parts
        .filter_map(|part| Some((part.first()?, part.last()?)))
        .map(|((from, error), (to, _))| notice(from, to, error))
        .collect()
}

/// The fill of a partial answer: an empty bucket may be one whose rows are missing, so no value is made up for it.
const fn unknown(fill: Fill) -> Fill {
    match fill {
        Fill::None => Fill::None,
        Fill::Null | Fill::Previous | Fill::Value(_) => Fill::Null,
    }
}

fn each_once(notices: Vec<Notice>) -> Vec<Notice> {
    let mut seen = BTreeSet::new();
    notices.into_iter().filter(|notice| seen.insert((notice.severity, notice.text.clone()))).collect()
}

fn options(query: &Query, panel: &PanelContext, prepared: &Prepared) -> shape::Options {
    // The future is not empty but unknown: nothing is filled in there.
    let range = TimeRange { from: panel.range.from, to: panel.range.to.min(panel.now.max(panel.range.from)) };
    let width = || macros::bucket_width(&query.sql, panel.interval);
    let fixed = |width: Option<Duration>| width.map(Step::Fixed);
    shape::Options {
        format: query.format,
        layout: query.layout,
        fill: query.fill,
        step: fixed(query.step).or(prepared.analysis.step).or_else(|| fixed(width())),
        range,
    }
}

/// The plan as the query inspector shows it.
fn told(prepared: &Prepared, query: &Query) -> serde_json::Value {
    let Prepared { analysis, plan, .. } = prepared;
    json!({
        "kind": analysis.kind,
        "reason": analysis.reason,
        "route": query.route.name(),
        "why": plan.why,
        "summary": plan.summary(),
        "boundary": plan.boundary.as_ref().map(|boundary| json!({"at": boundary.at.timestamp_millis(), "why": boundary.why})),
        "assembly": plan.assembly,
        "step": analysis.step.map(describe_step),
    })
}

/// What is left to do when the rows are there: pure, and long for many rows.
struct Work {
    parts: Vec<RecordBatch>,
    merge: Merge,
    options: shape::Options,
    max_rows: usize,
}

impl Work {
    async fn done(self) -> Result<Shaped> {
        if self.parts.iter().map(RecordBatch::num_rows).sum::<usize>() <= ROWS_SHAPED_INLINE {
            return self.run();
        }
        tokio::task::spawn_blocking(move || self.run())
            .await
            .map_err(|error| Error::internal(format!("Shaping the answer failed: {error}.")))?
    }

    fn run(self) -> Result<Shaped> {
        let mut stitched = stitch::stitch(self.parts, &self.merge)?;
        if stitched.batch.num_rows() > self.max_rows {
            stitched.notices.push(Notice::warning(format!(
                "The parts of the answer together have {} rows, of which the first {} are shown: narrow the time range, \
                 aggregate, or raise limits.maxRows.",
                stitched.batch.num_rows(),
                self.max_rows
            )));
            stitched.batch = stitched.batch.slice(0, self.max_rows);
        }
        let mut shaped = shape::shape(&stitched.batch, &self.options)?;
        stitched.notices.append(&mut shaped.notices);
        shaped.notices = stitched.notices;
        Ok(shaped)
    }
}
