//! One statement from start to last row: start, wait, read; each within the time limit, each patient with throttling.

use std::time::Duration;

use aws_sdk_athena::types::{QueryExecution, QueryExecutionStatistics, ResultReuseInformation, StatementType};
use rand::Rng;
use tokio::time::{Instant, sleep, timeout_at};

use super::{
    Athena, error,
    poller::{Progress, ended},
    read::{Rows, read},
    start::{Execution, Start, start},
    workgroup::Workgroup,
};
use crate::{
    engine::{Answer, Budget, Cost, Statement},
    error::{Error, ErrorKind, Result},
};

/// The first wait after throttling, doubled each time.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest such wait.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// What Athena bills at least for a query, and the unit it rounds up to.
const LEAST_BILLED: u64 = 10_000_000;
const BILLING_UNIT: u64 = 1_000_000;

/// Runs `statement` to its last row.
///
/// # Errors
///
/// Whatever Athena answers; [`ErrorKind::Timeout`] at the deadline, when the execution is also stopped.
pub(super) async fn run(athena: &Athena, statement: &Statement, budget: &Budget) -> Result<Answer> {
    run_to_end(athena, statement, budget).await.map(|(answer, _)| answer)
}

/// The same, with the execution as Athena describes it.
///
/// # Errors
///
/// As [`run`].
pub(super) async fn run_to_end(
    athena: &Athena,
    statement: &Statement,
    budget: &Budget,
) -> Result<(Answer, Box<QueryExecution>)> {
    let clock = Clock { started: Instant::now(), deadline: budget.deadline };
    let mut execution = clock.within(started(athena, statement, budget.deadline), "could not be started").await?;
    let finished = finished(athena, &mut execution, clock).await?;
    if let Some(error) = error::of_execution(&finished, athena.service.region()) {
        return Err(error);
    }
    let rows = read(athena, execution.id(), &finished, budget);
    let rows = clock.within(rows, "has finished, but its rows could not all be read").await?;
    let cost = cost(&finished, execution.id(), &rows, clock.started.elapsed());
    Ok((Answer { batch: rows.batch, cost, notices: rows.notices }, finished))
}

/// Starts the statement; waits where too many run already.
async fn started(athena: &Athena, statement: &Statement, deadline: Instant) -> Result<Execution> {
    let workgroup = match athena.workgroups.get(&athena.settings.workgroup).await {
        // Too many ask about the workgroup: it can be done without.
        Err(error) if error.kind() == ErrorKind::Throttled => Workgroup::Hidden,
        answer => answer?,
    };
    let request = Start::new(statement, &athena.settings, &workgroup, rand::random())?;
    let answer = patiently(deadline, || start(&request, &athena.service)).await;
    match (answer, request.without_reuse()) {
        // A workgroup that may not be asked about may not reuse results either.
        (Err(error), Some(plain)) if workgroup == Workgroup::Hidden && refuses_reuse(&error) => {
            patiently(deadline, || start(&plain, &athena.service)).await
        }
        (answer, _) => answer,
    }
}

fn refuses_reuse(error: &Error) -> bool {
    error.kind() == ErrorKind::Rejected && error.message().to_ascii_lowercase().contains("reuse")
}

/// Waits for the end of an execution.
async fn finished(athena: &Athena, execution: &mut Execution, clock: Clock) -> Result<Box<QueryExecution>> {
    let mut progress = athena.poller.watch(execution.id());
    match timeout_at(clock.deadline, ended(&mut progress)).await {
        Ok(outcome) => {
            let finished = outcome?;
            execution.has_ended();
            Ok(finished)
        }
        Err(_) => Err(clock.timeout(match *progress.borrow() {
            Progress::Queued => "was still waiting in Athena's queue and has been stopped",
            Progress::Running | Progress::Ended(_) => "was still running and has been stopped",
        })),
    }
}

fn cost(finished: &QueryExecution, id: &str, rows: &Rows, elapsed: Duration) -> Cost {
    let statistics = finished.statistics();
    let milliseconds = |of: fn(&QueryExecutionStatistics) -> Option<i64>| {
        statistics.and_then(of).and_then(|time| time.try_into().ok()).map(Duration::from_millis)
    };
    let bytes_scanned = statistics
        .and_then(QueryExecutionStatistics::data_scanned_in_bytes)
        .and_then(|bytes| bytes.try_into().ok())
        .unwrap_or(0);
    let reused = statistics
        .and_then(QueryExecutionStatistics::result_reuse_information)
        .is_some_and(ResultReuseInformation::reused_previous_result);
    let billed = !reused && !matches!(finished.statement_type(), Some(StatementType::Ddl | StatementType::Utility));
    Cost {
        bytes_scanned,
        bytes_metered: if billed { metered(bytes_scanned) } else { 0 },
        engine_time: milliseconds(QueryExecutionStatistics::engine_execution_time_in_millis),
        queue_time: milliseconds(QueryExecutionStatistics::query_queue_time_in_millis),
        elapsed,
        pages: rows.pages,
        rows: rows.seen,
        reused,
        execution_ids: vec![id.to_owned()],
        delivery: rows.delivery.clone(),
    }
}

/// Bytes billed: whole megabytes, and ten at least.
fn metered(scanned: u64) -> u64 {
    scanned.div_ceil(BILLING_UNIT).saturating_mul(BILLING_UNIT).max(LEAST_BILLED)
}

/// Makes a call until it is not throttled, or until the deadline. What was throttled until then was throttled, even if the last
/// call is still under way: that is what the reader can do something about.
pub(super) async fn patiently<T, F: Future<Output = Result<T>>>(
    deadline: Instant,
    mut call: impl FnMut() -> F,
) -> Result<T> {
    let mut wait = FIRST_WAIT;
    let mut refused: Option<Error> = None;
    loop {
        let answer = match refused {
            None => call().await,
            Some(error) => timeout_at(deadline, call()).await.unwrap_or(Err(error)),
        };
        let jittered = wait.mul_f64(rand::rng().random_range(0.5..=1.0));
        match answer {
            Err(error) if error.kind() == ErrorKind::Throttled && Instant::now() + jittered < deadline => {
                refused = Some(error);
            }
            answer => return answer,
        }
        sleep(jittered).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// The time that a run may take.
#[derive(Debug, Clone, Copy)]
struct Clock {
    started: Instant,
    deadline: Instant,
}

impl Clock {
    async fn within<T>(self, step: impl Future<Output = Result<T>>, what: &str) -> Result<T> {
        timeout_at(self.deadline, step).await.unwrap_or_else(|_| Err(self.timeout(what)))
    }

    fn timeout(self, what: &str) -> Error {
        let limit = self.deadline.saturating_duration_since(self.started).as_secs_f64();
        Error::new(
            ErrorKind::Timeout,
            format!(
                "The query {what} when its time limit of {limit:.0} s was over. Narrow the time range, filter on partition columns, \
                 or raise limits.timeoutSeconds."
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn throttled_until_the_deadline_is_throttled_whatever_is_under_way() {
        let deadline = Instant::now() + Duration::from_millis(900);
        let mut calls = 0;
        let answer: Result<()> = patiently(deadline, || {
            calls += 1;
            let first = calls == 1;
            async move {
                sleep(Duration::from_secs(if first { 0 } else { 60 })).await;
                Err(Error::new(ErrorKind::Throttled, "Rate exceeded"))
            }
        })
        .await;
        assert_eq!((answer.map_err(|error| error.kind()), calls), (Err(ErrorKind::Throttled), 2));
        assert!(Instant::now() >= deadline);
    }

    #[test]
    fn athena_bills_whole_megabytes_and_ten_at_least() {
        for (scanned, billed) in [
            (0, 10_000_000),
            (1, 10_000_000),
            (10_000_000, 10_000_000),
            (10_000_001, 11_000_000),
            (5_000_000_000, 5_000_000_000),
        ] {
            assert_eq!(metered(scanned), billed, "{scanned}");
        }
        assert_eq!(metered(u64::MAX), u64::MAX);
    }
}
