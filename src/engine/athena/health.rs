//! Whether the leg works: the workgroup is looked up, and a query runs to its last row.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use aws_sdk_athena::types::QueryExecution;

use super::{Athena, run::run_to_end, workgroup::Workgroup};
use crate::{
    aws,
    engine::{Budget, Health, Statement},
    error::{Error, ErrorKind, Result},
    leg::Leg,
};

/// The longest that a check takes; Grafana's own patience ends at 30 s.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// Checks the leg.
pub(super) async fn check(athena: &Athena) -> Health {
    let started = Instant::now();
    let deadline = started + TIME_LIMIT.min(athena.time_limit);
    let workgroup =
        timeout_at(deadline, athena.workgroups.get(&athena.settings.workgroup)).await.unwrap_or_else(|_| {
            let seconds = (deadline - started).as_secs();
            Err(Error::new(
                ErrorKind::Timeout,
                format!(
                    "Athena in {} did not answer within {seconds} s at {}. Check the network between Grafana and AWS.",
                    athena.service.region(),
                    athena.service.endpoint()
                ),
            ))
        });
    let mut warnings = aws::endpoint_warnings(athena.settings.endpoint.as_deref(), "AWS_ENDPOINT_URL_ATHENA");
    let (mut version, mut results) = (None, None);
    let outcome = match workgroup {
        Ok(workgroup) => {
            warnings.extend(doubts(athena, &workgroup));
            version = workgroup.engine_version();
            match select_one(athena, deadline).await {
                Ok(finished) => {
                    results = Some(way(athena, &finished, deadline, &mut warnings).await);
                    Ok(())
                }
                Err(error) => Err(error),
            }
        }
        Err(error) => Err(error),
    };
    Health {
        leg: Leg::Historical,
        region: athena.service.region().to_owned(),
        endpoint: athena.service.endpoint().to_owned(),
        version,
        latency: started.elapsed(),
        outcome,
        results,
        warnings,
    }
}

/// Which way larger results come, as the small one of `finished` shows: where its file can be read, so can theirs.
async fn way(athena: &Athena, finished: &QueryExecution, deadline: Instant, warnings: &mut Vec<String>) -> String {
    let (why, may_be_mended) = match timeout_at(deadline, athena.files.probe(finished)).await {
        Ok(Ok(())) => return format!("from their files in S3 at {}", athena.files.endpoint()),
        Ok(Err(refused)) => refused,
        Err(_) => (format!("S3 did not answer in time at {}.", athena.files.endpoint()), true),
    };
    if may_be_mended {
        warnings.push(format!(
            "Results of more than 1,000 rows come page by page, which takes many times as long as from their files in S3: {why}"
        ));
    }
    format!("page by page: {}", why.trim_end_matches('.'))
}

async fn select_one(athena: &Athena, deadline: Instant) -> Result<Box<QueryExecution>> {
    let statement = Statement {
        sql: "SELECT 1".to_owned(),
        catalog: None,
        database: athena.settings.database.clone(),
        reuse: None,
    };
    let (answer, finished) = run_to_end(athena, &statement, &Budget { max_rows: 2, deadline }).await?;
    match (answer.batch.num_rows(), answer.batch.num_columns()) {
        (1, 1) => Ok(finished),
        (rows, columns) => Err(Error::new(
            ErrorKind::Unavailable,
            format!(
                "Athena in {} answered SELECT 1 with {rows} rows of {columns} columns. Check that {} is Athena.",
                athena.service.region(),
                athena.service.endpoint()
            ),
        )),
    }
}

/// Things that work but look wrong.
fn doubts(athena: &Athena, workgroup: &Workgroup) -> Vec<String> {
    let (settings, name) = (&athena.settings, &athena.settings.workgroup);
    let mut doubts = Vec::new();
    match workgroup {
        Workgroup::Hidden => doubts.push(format!(
            "The role may not athena:GetWorkGroup on workgroup {name}, so its output location and engine are not known."
        )),
        Workgroup::Known(facts) => {
            if settings.output_location.is_some() && !workgroup.wants_output_location() {
                doubts.push(format!(
                    "historical.outputLocation is not used: workgroup {name} decides where results go. Leave the setting empty."
                ));
            }
            if settings.result_reuse.is_some() && !workgroup.reuses_results() {
                let why =
                    if facts.managed_results { "keeps managed results" } else { "runs an engine before version 3" };
                doubts.push(format!("historical.resultReuse has no effect: workgroup {name} {why}."));
            }
            if settings.result_reuse.is_some()
                && settings.output_location.is_some()
                && workgroup.wants_output_location()
            {
                doubts.push(format!(
                    "historical.resultReuse has no effect: workgroup {name} has no output location, and Athena reuses no result \
                     whose location the client names. Set the location in the workgroup, and leave historical.outputLocation empty."
                ));
            }
            if let Some(bytes) = facts.bytes_cutoff {
                doubts.push(format!("Workgroup {name} cancels a query that scans more than {bytes} bytes."));
            }
        }
    }
    doubts
}
