//! Starting an execution: the request, made so that sending it twice starts once, and the handle that stops what it started.

use std::{
    fmt::{self, Write as _},
    sync::Arc,
    time::Duration,
};

use aws_sdk_athena::types::{
    QueryExecutionContext, ResultConfiguration, ResultReuseByAgeConfiguration, ResultReuseConfiguration,
};
use sha2::{Digest, Sha256};
use tokio::{runtime::Handle, time::timeout};
use tracing::{debug, warn};

use super::{service::SharedService, workgroup::Workgroup};
use crate::{
    engine::Statement,
    error::{Error, ErrorKind, Result},
    settings::Historical,
};

/// Athena's own limits.
const MOST_SQL_BYTES: usize = 262_144;
const MOST_REUSE_MINUTES: u64 = 10_080;
/// How long telling Athena to stop may take.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// One StartQueryExecution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Start {
    sql: String,
    catalog: String,
    database: Option<String>,
    workgroup: String,
    output_location: Option<String>,
    reuse_minutes: Option<i32>,
    /// Tells this run from another of the same statement.
    nonce: u128,
}

impl Start {
    /// The request for `statement` in `workgroup`, as the leg is configured.
    ///
    /// # Errors
    ///
    /// When the statement is longer than Athena takes.
    pub(super) fn new(
        statement: &Statement,
        settings: &Historical,
        workgroup: &Workgroup,
        nonce: u128,
    ) -> Result<Self> {
        if statement.sql.len() > MOST_SQL_BYTES {
            return Err(Error::bad_query(format!(
                "The statement has {} bytes, and Athena takes {MOST_SQL_BYTES}. Shorten it; long lists of values are better joined \
                 from a table.",
                statement.sql.len()
            )));
        }
        let output_location = settings.output_location.clone().filter(|_| workgroup.wants_output_location());
        let reuse = statement.reuse.filter(|_| workgroup.reuses_results() && may_be_reused(&statement.sql));
        Ok(Self {
            sql: statement.sql.clone(),
            catalog: statement.catalog.clone().unwrap_or_else(|| settings.catalog.clone()),
            database: statement.database.clone(),
            workgroup: settings.workgroup.clone(),
            output_location,
            reuse_minutes: reuse.and_then(whole_minutes),
            nonce,
        })
    }

    /// The same, but for a result of its own; `None` if it did not ask for an earlier one.
    pub(super) fn without_reuse(&self) -> Option<Self> {
        self.reuse_minutes.map(|_| Self { reuse_minutes: None, ..self.clone() })
    }

    /// The token by which Athena knows a repetition: 64 characters, equal for equal requests of one run.
    fn token(&self) -> String {
        let mut hash = Sha256::new();
        let reuse = self.reuse_minutes.map(|minutes| minutes.to_string());
        let parts = [
            Some(self.sql.as_str()),
            Some(&self.catalog),
            self.database.as_deref(),
            Some(&self.workgroup),
            self.output_location.as_deref(),
            reuse.as_deref(),
        ];
        for part in parts {
            // The length keeps neighbours apart, and nothing apart from the empty text.
            hash.update(part.map_or(u64::MAX, |part| part.len() as u64).to_be_bytes());
            hash.update(part.unwrap_or_default());
        }
        hash.update(self.nonce.to_be_bytes());
        hash.finalize().iter().fold(String::with_capacity(64), |mut token, byte| {
            let _ = write!(token, "{byte:02x}");
            token
        })
    }

    async fn send(&self, service: &SharedService) -> Result<String> {
        let context =
            QueryExecutionContext::builder().catalog(&self.catalog).set_database(self.database.clone()).build();
        let results = self
            .output_location
            .as_ref()
            .map(|location| ResultConfiguration::builder().output_location(location).build());
        let reuse = self.reuse_minutes.map(|minutes| {
            let by_age = ResultReuseByAgeConfiguration::builder().enabled(true).max_age_in_minutes(minutes).build();
            ResultReuseConfiguration::builder().result_reuse_by_age_configuration(by_age).build()
        });
        let answer = service
            .call("athena:StartQueryExecution", Some(&self.workgroup), |client| {
                client
                    .start_query_execution()
                    .query_string(&self.sql)
                    .client_request_token(self.token())
                    .query_execution_context(context.clone())
                    .work_group(&self.workgroup)
                    .set_result_configuration(results.clone())
                    .set_result_reuse_configuration(reuse.clone())
                    .send()
            })
            .await?;
        answer.query_execution_id.ok_or_else(|| {
            Error::new(ErrorKind::Unavailable, "Athena started the query without naming it. Run the panel again.")
        })
    }
}

/// Starts an execution. If the caller goes away meanwhile, the call goes on, so that what it started can be stopped.
///
/// # Errors
///
/// Whatever Athena answers.
pub(super) async fn start(request: &Start, service: &SharedService) -> Result<Execution> {
    let (request, service) = (request.clone(), Arc::clone(service));
    let call = tokio::spawn(async move {
        let id = request.send(&service).await?;
        Ok(Execution { id, service, under_way: true })
    });
    call.await.unwrap_or_else(|error| Err(Error::internal(format!("Starting the query failed: {error}."))))
}

/// An execution of ours. Dropped while under way, it is stopped.
pub(super) struct Execution {
    id: String,
    service: SharedService,
    under_way: bool,
}

impl Execution {
    /// Its id in Athena.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// There is nothing left to stop.
    pub(super) fn has_ended(&mut self) {
        self.under_way = false;
    }
}

impl fmt::Debug for Execution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Execution").field("id", &self.id).field("under_way", &self.under_way).finish_non_exhaustive()
    }
}

impl Drop for Execution {
    fn drop(&mut self) {
        if !self.under_way {
            return;
        }
        let (id, service) = (std::mem::take(&mut self.id), Arc::clone(&self.service));
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(stop(id, service));
        } else {
            warn!(id, "an execution goes on in Athena, because the process is ending");
        }
    }
}

async fn stop(id: String, service: SharedService) {
    let call = service
        .call("athena:StopQueryExecution", None, |client| client.stop_query_execution().query_execution_id(&id).send());
    match timeout(STOP_TIMEOUT, call).await {
        Ok(Ok(_)) => debug!(id, "stopped"),
        Ok(Err(error)) => warn!(id, %error, "an execution could not be stopped"),
        Err(_) => warn!(id, "Athena did not answer the request to stop an execution"),
    }
}

/// Whole minutes of an age, as Athena counts it; younger than a minute is no age.
fn whole_minutes(age: Duration) -> Option<i32> {
    let minutes = (age.as_secs() / 60).min(MOST_REUSE_MINUTES);
    i32::try_from(minutes).ok().filter(|minutes| *minutes > 0)
}

/// Athena reuses the results of SELECT and EXECUTE alone.
fn may_be_reused(sql: &str) -> bool {
    let word: String = after_comments(sql).chars().take_while(char::is_ascii_alphabetic).collect();
    ["SELECT", "WITH", "EXECUTE"].iter().any(|reused| word.eq_ignore_ascii_case(reused))
}

/// The statement from its first word on.
fn after_comments(sql: &str) -> &str {
    let mut rest = sql;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
        let ended = if rest.starts_with("--") {
            rest.split_once('\n')
        } else if rest.starts_with("/*") {
            rest.split_once("*/")
        } else {
            return rest;
        };
        rest = ended.map_or("", |(_, after)| after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::athena::{stub, workgroup::Facts};

    const MINUTE: Duration = Duration::from_mins(1);

    fn statement(sql: &str, reuse: Option<Duration>) -> Statement {
        Statement { sql: sql.to_owned(), catalog: None, database: Some("connect".to_owned()), reuse }
    }

    fn start(sql: &str, reuse: Option<Duration>, facts: Facts) -> Start {
        let settings = Historical { output_location: Some("s3://mine/".to_owned()), ..stub::settings().historical };
        Start::new(&statement(sql, reuse), &settings, &Workgroup::Known(facts), 1).expect("a short statement")
    }

    #[test]
    fn a_repetition_has_the_same_token_and_anything_else_another() {
        let base = start("SELECT 1", Some(MINUTE), Facts::default());
        assert_eq!(base.token(), base.clone().token());
        assert!((32..=128).contains(&base.token().len()) && base.token().is_ascii(), "{}", base.token());
        let others = [
            Start { nonce: 2, ..base.clone() },
            Start { sql: "SELECT 2".to_owned(), ..base.clone() },
            Start { catalog: "other".to_owned(), ..base.clone() },
            Start { database: None, ..base.clone() },
            Start { database: Some(String::new()), ..base.clone() },
            Start { workgroup: "other".to_owned(), ..base.clone() },
            Start { output_location: None, ..base.clone() },
            base.without_reuse().expect("it asks for reuse"),
        ];
        for (index, other) in others.iter().enumerate() {
            assert_ne!(other.token(), base.token(), "{other:?}");
            for another in &others[..index] {
                assert_ne!(other.token(), another.token(), "{other:?} {another:?}");
            }
        }
    }

    #[test]
    fn reuse_is_asked_for_where_athena_grants_it() {
        for (sql, reuse, facts, minutes) in [
            ("SELECT 1", Some(MINUTE * 60), Facts::default(), Some(60)),
            ("-- why\n/* and\nhow */ ( select 1)", Some(MINUTE), Facts::default(), Some(1)),
            ("WITH a AS (SELECT 1) SELECT * FROM a", Some(MINUTE), Facts::default(), Some(1)),
            ("EXECUTE prepared", Some(MINUTE), Facts::default(), Some(1)),
            ("SELECT 1", Some(MINUTE * 100_000), Facts::default(), Some(10_080)),
            ("SELECT 1", Some(Duration::from_secs(59)), Facts::default(), None),
            ("SELECT 1", None, Facts::default(), None),
            ("SHOW TABLES", Some(MINUTE), Facts::default(), None),
            ("SELECTED", Some(MINUTE), Facts::default(), None),
            ("-- SELECT 1", Some(MINUTE), Facts::default(), None),
            ("SELECT 1", Some(MINUTE), Facts { managed_results: true, ..Facts::default() }, None),
            (
                "SELECT 1",
                Some(MINUTE),
                Facts { engine_version: Some("Athena engine version 2".to_owned()), ..Facts::default() },
                None,
            ),
        ] {
            assert_eq!(start(sql, reuse, facts.clone()).reuse_minutes, minutes, "{sql} {reuse:?} {facts:?}");
        }
    }

    #[test]
    fn the_workgroups_output_location_comes_first() {
        for (facts, wanted) in [
            (Facts::default(), Some("s3://mine/")),
            (Facts { output_location: Some("s3://theirs/".to_owned()), ..Facts::default() }, None),
            (Facts { enforced: true, ..Facts::default() }, None),
        ] {
            assert_eq!(start("SELECT 1", None, facts.clone()).output_location.as_deref(), wanted, "{facts:?}");
        }
    }

    #[test]
    fn a_statement_that_is_too_long_is_refused_here() {
        let long = statement(&"x".repeat(MOST_SQL_BYTES + 1), None);
        let error = Start::new(&long, &stub::settings().historical, &Workgroup::Hidden, 1).expect_err("too long");
        assert_eq!(error.kind(), ErrorKind::BadQuery);
        assert!(error.message().contains("262145 bytes"), "{error}");
    }
}
