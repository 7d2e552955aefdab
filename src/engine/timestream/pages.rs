//! One statement to its last page.
//!
//! Pages come strictly one after another, and only a missing token ends a result: a page may be empty and have a token,
//! which says that the service is still at work. `MaxRows` is never set, because it makes such pages the rule.

use std::{sync::Arc, time::Duration};

use aws_sdk_timestreamquery::{error::ProvideErrorMetadata, operation::query::QueryOutput};
use rand::Rng;
use tokio::{
    runtime::Handle,
    sync::oneshot,
    time::{Instant, sleep, timeout, timeout_at},
};

use super::{decode::Decoder, endpoint::Endpoints};
use crate::{
    aws::{self, Call},
    engine::{Answer, Budget, Cost},
    error::{Error, ErrorKind, Result},
    notice::Notice,
};

/// Empty pages in a row before the service is taken to be stuck. With the pauses between them that is about 85 s, longer
/// than the minute that the service lets a query run.
const MAX_EMPTY_PAGES: u32 = 200;
/// Empty pages in a row that are followed at once; after them the calls are spaced out.
const EAGER_EMPTY_PAGES: u32 = 3;
/// The longest wait between two empty pages.
const EMPTY_PAGE_PAUSE: Duration = Duration::from_millis(500);
/// Calls in all when throttled, each of them several in the SDK.
const THROTTLED_CALLS: u32 = 5;
/// The wait after a throttled call is drawn at random up to this, doubled with every call.
const THROTTLE_BACKOFF: Duration = Duration::from_millis(500);
/// What must be left of the time limit after such a wait: else the limit would hide that it was throttling.
const ROOM_FOR_A_CALL: Duration = Duration::from_secs(2);
/// How long a cancellation may take.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(5);
/// How long after its query was given up a first call may still answer with the id that cancelling needs.
const FIRST_CALL_GRACE: Duration = Duration::from_mins(1);
/// Characters of a statement, by the service's model.
const MAX_STATEMENT: usize = 262_144;

/// What all runs of one data source share.
#[derive(Debug)]
pub(super) struct Session {
    /// Where to ask.
    pub(super) endpoints: Endpoints,
    /// The region, for messages.
    pub(super) region: String,
}

/// One page, and where it came from.
type Page = Result<QueryOutput, Refusal>;

/// Why there is no page.
enum Refusal {
    /// The token for it has expired or been used up; the statement may be run again from the start.
    Token(Error),
    /// Anything else.
    Final(Error),
}

/// Runs `sql` within `budget`. Dropping the future cancels the query in AWS.
///
/// # Errors
///
/// Whatever AWS answers, and the deadline's passing.
pub(super) async fn run(session: &Arc<Session>, sql: &str, budget: &Budget) -> Result<Answer> {
    if sql.chars().count() > MAX_STATEMENT {
        return Err(Error::bad_query(format!(
            "The statement is longer than the {MAX_STATEMENT} characters that Timestream takes. Shorten it, for example its \
             lists of values."
        )));
    }
    let started = Instant::now();
    let mut answer = timeout_at(budget.deadline, Box::pin(run_to_end(session, sql, budget)))
        .await
        .unwrap_or_else(|_| Err(out_of_time(budget.deadline.saturating_duration_since(started))))?;
    answer.cost.elapsed = started.elapsed();
    Ok(answer)
}

fn out_of_time(limit: Duration) -> Error {
    let seconds = limit.as_secs_f64().round();
    Error::new(
        ErrorKind::Timeout,
        format!(
            "Timestream did not finish within the time limit of {seconds} s, and the query was stopped. Narrow the time \
             range, or raise limits.timeoutSeconds."
        ),
    )
}

/// Runs the statement, and once more if a token expires midway.
async fn run_to_end(session: &Arc<Session>, sql: &str, budget: &Budget) -> Result<Answer> {
    let mut cost = Cost::default();
    match attempt(session, sql, budget, &mut cost).await {
        Ok(decoder) => answer(decoder, cost, None),
        Err(Refusal::Token(first)) => {
            tracing::info!(error = %first, "a page token was refused; running the statement again");
            let again = attempt(session, sql, budget, &mut cost).await;
            let decoder = again.map_err(|(Refusal::Token(error) | Refusal::Final(error))| error)?;
            let notice = "Timestream refused to continue the result midway (its page token expired), so the statement was run \
                          again from the start.";
            answer(decoder, cost, Some(Notice::info(notice)))
        }
        Err(Refusal::Final(error)) => Err(error),
    }
}

fn answer(decoder: Decoder, mut cost: Cost, notice: Option<Notice>) -> Result<Answer> {
    let result = decoder.finish()?;
    cost.rows = result.rows_read;
    let notices = notice.into_iter().chain(result.notices).collect();
    Ok(Answer { batch: result.batch, cost, notices })
}

/// Reads the statement's pages from the first to the last, or to the row limit. Adds to `cost` what it read.
async fn attempt(session: &Arc<Session>, sql: &str, budget: &Budget, cost: &mut Cost) -> Result<Decoder, Refusal> {
    let (scanned, metered) = (cost.bytes_scanned, cost.bytes_metered);
    let mut decoder = Decoder::new(budget.max_rows);
    let (mut page, mut running) = first_page(session, sql, budget.deadline).await?;
    cost.execution_ids.push(page.query_id.clone());
    let mut empty_pages = 0;
    loop {
        cost.pages += 1;
        if let Some(status) = &page.query_status {
            // Each page tells the sum so far, so the last page tells the whole.
            cost.bytes_scanned = scanned + u64::try_from(status.cumulative_bytes_scanned).unwrap_or(0);
            cost.bytes_metered = metered + u64::try_from(status.cumulative_bytes_metered).unwrap_or(0);
        }
        decoder.push(&page.column_info, &page.rows).map_err(Refusal::Final)?;
        let Some(token) = page.next_token.take().filter(|token| !token.is_empty()) else {
            running.query_id = None;
            return Ok(decoder);
        };
        if decoder.is_cut() {
            return Ok(decoder);
        }
        empty_pages = if page.rows.is_empty() { empty_pages + 1 } else { 0 };
        pause_after(empty_pages).await?;
        page = self::page(session, sql, &Ask::Next(&token), budget.deadline, || true).await?;
    }
}

/// Lets a service that has nothing yet take its time.
async fn pause_after(empty_pages: u32) -> Result<(), Refusal> {
    if empty_pages > MAX_EMPTY_PAGES {
        return Err(Refusal::Final(Error::new(
            ErrorKind::Unavailable,
            format!("Timestream sent {MAX_EMPTY_PAGES} empty pages in a row, and the query was stopped. Run it again."),
        )));
    }
    if let Some(late) = empty_pages.checked_sub(EAGER_EMPTY_PAGES) {
        sleep((Duration::from_millis(10) * late).min(EMPTY_PAGE_PAUSE)).await;
    }
    Ok(())
}

/// The first page, which is also the first to tell the query's id. If nobody waits for it any more when it comes, the
/// query is cancelled then: before that there is nothing that could be named to AWS.
async fn first_page(session: &Arc<Session>, sql: &str, deadline: Instant) -> Result<(QueryOutput, Running), Refusal> {
    let (sender, receiver) = oneshot::channel();
    let session = Arc::clone(session);
    let sql = sql.to_owned();
    tokio::spawn(async move {
        // The service takes a repeated call with the same token for the same query.
        let client_token = format!("switchboard-{:032x}", rand::random::<u128>());
        let ask = Ask::First(&client_token);
        let answer = page(&session, &sql, &ask, deadline, || !sender.is_closed());
        let Ok(answer) = timeout_at(deadline + FIRST_CALL_GRACE, answer).await else { return };
        // Whether the receiver is gone now or goes before it looks: what it does not take is dropped, and so cancelled.
        drop(sender.send(answer.map(|page| {
            let query_id = page.next_token.is_some().then(|| page.query_id.clone());
            (page, Running { session, query_id })
        })));
    });
    receiver
        .await
        .unwrap_or_else(|_| Err(Refusal::Final(Error::internal("The call to Timestream ended without an answer."))))
}

/// Which page to ask for.
enum Ask<'a> {
    /// The first, by a token that makes the call safe to repeat.
    First(&'a str),
    /// The one that the previous page's token stands for.
    Next(&'a str),
}

/// Asks for a page, again where that may help and somebody still wants it.
async fn page(session: &Session, sql: &str, ask: &Ask<'_>, deadline: Instant, wanted: impl Fn() -> bool) -> Page {
    let mut throttled = 0;
    let mut rediscovered = false;
    loop {
        let target = session.endpoints.target().await.map_err(Refusal::Final)?;
        if !wanted() {
            return Err(Refusal::Final(Error::new(ErrorKind::Cancelled, "Nobody waits for this query any more.")));
        }
        let call = || {
            let query = target.client.query().query_string(sql);
            match ask {
                Ask::First(client_token) => query.client_token(*client_token),
                Ask::Next(token) => query.next_token(*token),
            }
            .send()
        };
        let error = match Box::pin(session.endpoints.call(call)).await {
            Ok(page) => return Ok(page),
            Err(error) => error,
        };
        let code = error.code();
        if code == Some("InvalidEndpointException") && !rediscovered && session.endpoints.forget(&target.url).await {
            rediscovered = true;
            continue;
        }
        let refused_token = matches!(ask, Ask::Next(_)) && code.is_some_and(is_token_refusal);
        let error = aws::translate(&session.call(&target.url, "timestream:Select"), &error);
        if error.kind() == ErrorKind::Throttled {
            throttled += 1;
            let pause = backoff(throttled);
            if throttled < THROTTLED_CALLS && Instant::now() + pause + ROOM_FOR_A_CALL < deadline {
                sleep(pause).await;
                continue;
            }
        }
        return Err(if refused_token { Refusal::Token(error) } else { Refusal::Final(error) });
    }
}

/// A statement that gave a first page is valid, so what is not valid about the next call is its token.
fn is_token_refusal(code: &str) -> bool {
    code == "ValidationException" || (code.contains("Token") && !code.starts_with("ExpiredToken"))
}

fn backoff(throttled: u32) -> Duration {
    let ceiling = THROTTLE_BACKOFF * 2_u32.saturating_pow(throttled - 1);
    rand::rng().random_range(Duration::ZERO..=ceiling)
}

impl Session {
    /// A call as error messages name it.
    pub(super) fn call<'a>(&'a self, endpoint: &'a str, action: &'a str) -> Call<'a> {
        Call { service: "Timestream", action, region: &self.region, endpoint, resource: None }
    }

    async fn cancel(&self, query_id: String) {
        let cancelled = timeout(CANCEL_TIMEOUT, async {
            let target = self.endpoints.target().await?;
            let sent = self.endpoints.call(|| target.client.cancel_query().query_id(&query_id).send()).await;
            sent.map_err(|error| aws::translate(&self.call(&target.url, "timestream:CancelQuery"), &error))
        });
        match cancelled.await {
            Ok(Ok(_)) => tracing::debug!(query_id, "cancelled a query that nobody waits for"),
            Ok(Err(error)) => tracing::warn!(query_id, %error, "could not cancel a query"),
            Err(_) => tracing::warn!(query_id, "cancelling a query took too long"),
        }
    }
}

/// A query that AWS is at work on. Dropped while it has an id, it is cancelled.
struct Running {
    session: Arc<Session>,
    query_id: Option<String>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(query_id) = self.query_id.take()
            && let Ok(runtime) = Handle::try_current()
        {
            let session = Arc::clone(&self.session);
            runtime.spawn(async move { session.cancel(query_id).await });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn empty_pages_are_followed_but_not_for_ever() {
        for few in 0..=EAGER_EMPTY_PAGES {
            assert!(pause_after(few).await.is_ok());
        }
        let Err(Refusal::Final(error)) = pause_after(MAX_EMPTY_PAGES + 1).await else { panic!("given up") };
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.message().contains("200 empty pages in a row"), "{error}");
    }

    #[test]
    fn throttled_calls_wait_longer_every_time_but_never_the_same() {
        for (throttled, ceiling) in [(1, 500), (2, 1000), (3, 2000), (4, 4000)] {
            let waits: Vec<Duration> = (0..50).map(|_| backoff(throttled)).collect();
            assert!(waits.iter().all(|wait| *wait <= Duration::from_millis(ceiling)));
            assert!(waits.iter().any(|wait| *wait != waits[0]));
            assert!(waits.iter().any(|wait| *wait > Duration::from_millis(ceiling / 2)));
        }
    }

    #[test]
    fn a_token_refused_is_told_from_expired_credentials() {
        for (code, is_token) in [
            ("ValidationException", true),
            ("InvalidNextTokenException", true),
            ("ExpiredTokenException", false),
            ("ExpiredToken", false),
            ("InternalServerException", false),
            ("ConflictException", false),
        ] {
            assert_eq!(is_token_refusal(code), is_token, "{code}");
        }
    }
}
