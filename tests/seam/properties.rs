//! What must hold for every world, statement and range.

use std::{cell::Cell, fmt, thread};

use arrow::array::RecordBatch;
use proptest::{
    prelude::*,
    sample::select,
    test_runner::{Config, FileFailurePersistence, TestCaseError, TestRunner},
};
use sandbox::engine::QueryError;
use switchboard::{
    leg::Leg,
    plan::{Assembly, Freshness, Pieces, Plan, Route},
    sql::kind::Kind,
    time::{Step, TimeRange},
};
use tokio::runtime::Runtime;

use crate::{
    compare::compare,
    filters::{Picked, filters},
    oracle,
    pipeline::{Asking, Panel, Query},
    statement::{self, Statement},
    tables::{Shelves, dataset},
    world::{DAY, HOUR, MINUTE, Pipelines, Row, World, instant, world},
};

/// Unless the environment says otherwise.
const CASES: u32 = 2_000;
/// Over how many properties the cases are spread.
const PROPERTIES: u32 = 4;
/// Planning recurses deeply, and unoptimised frames are large.
const STACK_BYTES: usize = 32 * 1024 * 1024;
const MOST_EVENTS: usize = 150;

/// A panel over a world.
#[derive(Clone)]
struct Case {
    world: World,
    statement: Statement,
    filters: Vec<Picked>,
    asking: Asking,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.statement.panel())?;
        for Picked { filter, .. } in &self.filters {
            writeln!(f, "{filter:?}")?;
        }
        writeln!(f, "{:?}", self.asking)?;
        write!(f, "{:?}", self.world)
    }
}

/// An end of a range: an anchor of the world's, and an offset.
fn end() -> impl Strategy<Value = (u8, i64)> {
    let offset = prop_oneof![
        2 => Just(0),
        1 => Just(1),
        2 => -3 * HOUR..3 * HOUR,
        2 => (-5..5_i64).prop_map(|hours| hours * HOUR),
        1 => (-40..3_i64).prop_map(|days| days * DAY),
    ];
    (0..6_u8, offset)
}

fn end_at((anchor, offset): (u8, i64), pipelines: &Pipelines) -> i64 {
    let anchors = [
        pipelines.now,
        pipelines.complete_until(),
        pipelines.relied_on_from(),
        pipelines.now.div_euclid(DAY) * DAY,
        pipelines.complete_until().div_euclid(HOUR) * HOUR,
        pipelines.relied_on_from() - 2 * DAY,
    ];
    anchors[usize::from(anchor)] + offset
}

fn range(pipelines: &Pipelines, ends: ((u8, i64), (u8, i64)), kind: u8) -> (i64, i64) {
    let (one, other) = (end_at(ends.0, pipelines), end_at(ends.1, pipelines));
    match kind {
        // Over the seam, up to now, as most panels are.
        0..=6 => (one.min(pipelines.relied_on_from() - MINUTE), pipelines.now),
        7 => (one, one),
        8 => (one, one + 1),
        _ => (one.min(other), one.max(other)),
    }
}

/// The ends of a range and how it is made of them; then the rest of [`Asking`].
type RawAsking = (((u8, i64), (u8, i64)), u8, Route, Freshness, Pieces, Option<f64>);

fn asking() -> impl Strategy<Value = RawAsking> {
    let route = prop_oneof![
        12 => Just(Route::Auto),
        1 => Just(Route::Only(Leg::Historical)),
        1 => Just(Route::Only(Leg::Realtime)),
    ];
    let freshness = select(vec![Freshness::Fastest, Freshness::Cheapest, Freshness::Complete]);
    let few = || prop_oneof![4 => Just(1), 1 => Just(7), 1 => 0..4_usize];
    let pieces = (few(), few()).prop_map(|(realtime, historical)| Pieces { realtime, historical });
    ((end(), end()), 0..13_u8, route, freshness, pieces, proptest::option::weighted(0.4, 0.0..=1.0))
}

fn cases(statements: impl Strategy<Value = Statement>) -> impl Strategy<Value = Case> {
    (world(MOST_EVENTS), statements, filters(), asking()).prop_map(
        |(world, statement, filters, (ends, kind, route, freshness, pieces, moved))| {
            let range = range(&world.pipelines, ends, kind);
            // A boundary put elsewhere leaves the slices of one leg as they are: in one piece.
            let pieces = if moved.is_some() { Pieces::default() } else { pieces };
            Case { world, statement, filters, asking: Asking { range, route, freshness, pieces, moved } }
        },
    )
}

/// How often what is interesting came about.
#[derive(Debug, Default)]
struct Tally {
    seams: Cell<u32>,
    merged: Cell<u32>,
    rows: Cell<usize>,
}

fn fail(panel: &Panel, what: &str) -> TestCaseError {
    TestCaseError::fail(format!(
        "{what}\n{}\n{:?}: {}\n{}",
        panel.query.sql, panel.analysis.kind, panel.analysis.reason, panel.plan
    ))
}

/// The slices are the range, each instant once, in the order of time.
fn check_slices(panel: &Panel) -> Result<(), TestCaseError> {
    let Plan { range, slices, .. } = &panel.plan;
    let ends = slices.first().zip(slices.last()).map(|(first, last)| (first.range.from, last.range.to));
    let follow =
        slices.windows(2).all(|pair| pair[0].range.to == pair[1].range.from && pair[0].range.from < pair[1].range.from);
    if ends != Some((range.from, range.to)) || !follow {
        return Err(fail(panel, "the slices are not the range"));
    }
    let step = panel.analysis.step.filter(|_| panel.analysis.kind == Kind::Buckets);
    let whole = step.and_then(|step| Some((step.floor(panel.range.from)?, step.ceil(panel.range.to)?)));
    let as_asked = *range == panel.range;
    if !as_asked && whole != Some((range.from, range.to)) {
        return Err(fail(panel, "the range is neither the one on screen nor one of whole buckets"));
    }
    let inner = slices.iter().skip(1).map(|slice| slice.range.from);
    match step {
        Some(step) if panel.plan.assembly == Assembly::Concat => {
            if let Some(cut) = inner.into_iter().find(|cut| step.floor(*cut) != Some(*cut)) {
                return Err(fail(panel, &format!("the cut at {cut} goes through a bucket")));
            }
        }
        _ => {}
    }
    Ok(())
}

/// Every row's identity, so that what two sets of rows lack of each other is seen.
fn names(rows: &[Row]) -> Vec<String> {
    rows.iter().map(|row| format!("{row:?}")).collect()
}

/// Whether the legs together, or one of them, have all that the statement needs, so that nothing may be missing.
fn can_be_whole(case: &Case, panel: &Panel) -> bool {
    let (first, last) = (case.world.pipelines.relied_on_from(), case.world.pipelines.complete_until());
    let TimeRange { from, to } = panel.plan.range;
    let has_bucket = |step: Step| step.floor(instant(last)).is_some_and(|start| start >= instant(first));
    let may_meet = first <= last
        && match panel.analysis.kind {
            Kind::Opaque => false,
            Kind::Rows | Kind::Totals => true,
            Kind::Buckets => panel.analysis.decomposed.is_some() || panel.analysis.step.is_some_and(has_bucket),
        };
    case.asking.route == Route::Auto && (may_meet || to <= instant(last) || from >= instant(first))
}

async fn expected(
    case: &Case,
    panel: &Panel,
    shelves: &Shelves,
) -> Result<Result<RecordBatch, QueryError>, TestCaseError> {
    let range: TimeRange = panel.plan.range;
    let mut legs = panel.plan.legs();
    let leg = legs.next().filter(|_| legs.next().is_none());
    let mut rows = oracle::rows(&case.world, range, leg);
    if leg.is_some() && names(&rows) != names(&oracle::rows(&case.world, range, None)) {
        if panel.plan.notices.is_empty() {
            return Err(fail(panel, "the leg that answers lacks rows, and no notice says so"));
        }
        if can_be_whole(case, panel) {
            return Err(fail(panel, "the leg that answers lacks rows that could be had"));
        }
    }
    rows.retain(|row| case.filters.iter().all(|filter| (filter.keeps)(row)));
    Ok(oracle::answer(shelves, &case.statement, &rows, panel.range, case.world.pipelines.now).await)
}

async fn check(case: &Case, shelves: &Shelves, tally: &Tally) -> Result<(), TestCaseError> {
    shelves.put_legs(&case.world);
    let pipelines = &case.world.pipelines;
    let query = Query {
        sql: case.statement.panel(),
        interval: case.statement.interval(),
        datasets: vec![dataset(pipelines)],
        filters: case.filters.iter().map(|picked| picked.filter.clone()).collect(),
        now: pipelines.now,
        retention: pipelines.retention,
        margin: pipelines.margin,
        lag: pipelines.lag,
    };
    let panel = Panel::new(query, &case.asking);
    check_slices(&panel)?;
    tally.seams.set(tally.seams.get() + u32::from(panel.has_seam()));
    tally.merged.set(tally.merged.get() + u32::from(panel.plan.assembly == Assembly::Totals));
    let expected = expected(case, &panel, shelves).await?;
    match (panel.answer(shelves).await, expected) {
        (Ok(answer), Ok(expected)) => {
            tally.rows.set(tally.rows.get() + answer.num_rows());
            compare(&answer, &expected, &case.statement.shape).map_err(|difference| fail(&panel, &difference))
        }
        (Err(_), Err(QueryError::Execution(expected))) if is_of_values(&expected) => Ok(()),
        // Nothing is worked out for no rows; the oracle is asked for all.
        (Ok(answer), Err(_)) if case.statement.shape.limit == Some(0) && answer.num_rows() == 0 => Ok(()),
        (Ok(_), Err(error)) => Err(fail(&panel, &format!("the oracle fails: {error}"))),
        (Err(error), Ok(_)) => Err(fail(&panel, &error)),
        (Err(error), Err(expected)) => Err(fail(&panel, &format!("both fail: {error}; {expected}"))),
    }
}

/// Whether a statement is right and failed over the values it met.
fn is_of_values(error: &str) -> bool {
    ["DIVISION_BY_ZERO", "NUMERIC_VALUE_OUT_OF_RANGE"].iter().any(|code| error.starts_with(code))
}

fn cases_from_environment() -> u32 {
    std::env::var("SWITCHBOARD_PROOF_CASES").map_or(CASES, |cases| cases.parse().unwrap())
}

/// Runs a property's share of the cases; of all of them, so many in a hundred must have a seam.
fn prove<S: Strategy<Value = Statement> + 'static>(name: &'static str, statements: fn() -> S, seams: u32) {
    let run = move || {
        let cases = (cases_from_environment() / PROPERTIES).max(1);
        let regressions: &'static str = format!("tests/seam/regressions/{name}.txt").leak();
        let config = Config {
            cases,
            failure_persistence: Some(Box::new(FileFailurePersistence::Direct(regressions))),
            max_shrink_iters: 2_000,
            ..Config::default()
        };
        let runtime: Runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (shelves, tally) = (Shelves::new(), Tally::default());
        let started = std::time::Instant::now();
        let result = TestRunner::new(config)
            .run(&self::cases(statements()), |case| runtime.block_on(check(&case, &shelves, &tally)));
        if let Err(error) = result {
            panic!("{error}");
        }
        println!("{name}: {cases} cases in {:?}, {tally:?}", started.elapsed());
        // A proof over cases without a seam proves nothing.
        assert!(cases < 100 || tally.seams.get() * 100 >= cases * seams, "{tally:?}");
    };
    let thread = thread::Builder::new().name(name.to_owned()).stack_size(STACK_BYTES).spawn(run).unwrap();
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn buckets_are_whole_on_both_sides() {
    prove("buckets", statement::buckets, 25);
}

#[test]
fn rows_are_there_once() {
    prove("rows", statement::rows, 25);
}

#[test]
fn totals_add_up() {
    prove("totals", statement::totals, 25);
}

#[test]
fn what_cannot_be_cut_is_not() {
    prove("opaque", statement::opaque, 3);
}

/// The window where the legs may meet holds what the world says that it does.
#[test]
fn legs_are_complete_where_they_say_so() {
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(300) });
    runner
        .run(&world(MOST_EVENTS), |world| {
            let pipelines = world.pipelines;
            let old = TimeRange { from: instant(i64::MIN / 2_000_000), to: instant(pipelines.complete_until()) };
            let new = TimeRange { from: instant(pipelines.relied_on_from()), to: instant(pipelines.now + 1) };
            for (range, leg) in [(old, Leg::Historical), (new, Leg::Realtime)] {
                let there = names(&oracle::rows(&world, range, Some(leg)));
                prop_assert_eq!(there, names(&oracle::rows(&world, range, None)));
            }
            Ok(())
        })
        .unwrap();
}
