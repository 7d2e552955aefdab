//! An orderly end: what is being answered is answered, for a while, and then told that it is cut short.
//!
//! The host closes its connection as soon as its `Shutdown` call is answered, so that answer has to wait for the others.

#![expect(clippy::result_large_err, reason = "tonic's traits take its Status as it is")]

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::watch, time::Instant};
use tonic::Status;

/// How long after a request was dropped the engines may still be telling AWS to stop its query.
const STOPPING_QUERIES: Duration = Duration::from_millis(750);

/// How long the answers that were ready last may take to leave through the socket.
const DELIVERY: Duration = Duration::from_millis(100);

/// How far the end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// Requests are taken.
    Serving,
    /// No new requests; those in flight run on.
    Draining,
    /// Those in flight are dropped.
    CutShort,
}

/// The end of the process, as everything that answers requests sees it. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Shutdown {
    stage: Arc<watch::Sender<Stage>>,
    in_flight: Arc<watch::Sender<usize>>,
    last_abandoned: Arc<Mutex<Option<Instant>>>,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self {
            stage: Arc::new(watch::Sender::new(Stage::Serving)),
            in_flight: Arc::new(watch::Sender::new(0)),
            last_abandoned: Arc::default(),
        }
    }
}

impl Shutdown {
    /// Runs the answer to one request and counts it as in flight meanwhile.
    ///
    /// # Errors
    ///
    /// The request's own status; `UNAVAILABLE` when it came after the end began or was cut short by it.
    pub async fn track<T>(&self, answer: impl Future<Output = Result<T, Status>>) -> Result<T, Status> {
        // Counted before the stage is read: a request either sees the end begun or is waited for.
        let mut request = InFlight::new(self);
        if *self.stage.borrow() > Stage::Serving {
            request.answered = true;
            return Err(Status::unavailable("The plugin is shutting down. Try again: Grafana starts it anew."));
        }
        let outcome = tokio::select! {
            answer = answer => Some(answer),
            () = self.reached(Stage::CutShort) => None,
        };
        request.answered = outcome.is_some();
        outcome.unwrap_or_else(|| {
            Err(Status::unavailable(
                "The plugin shut down before the answer was there. Try again: Grafana starts it anew.",
            ))
        })
    }

    /// Begins the end: requests that come from now on are refused.
    pub fn begin(&self) {
        self.advance(Stage::Draining);
    }

    /// Returns when the end has begun.
    pub async fn begun(&self) {
        self.reached(Stage::Draining).await;
    }

    /// Returns when nothing is in flight any more and the last answers are on their way. What still is in flight after
    /// `patience` is dropped.
    pub async fn drained(&self, patience: Duration) {
        let mut in_flight = self.in_flight.subscribe();
        if *in_flight.borrow_and_update() == 0 {
            return;
        }
        if tokio::time::timeout(patience, in_flight.wait_for(|count| *count == 0)).await.is_err() {
            tracing::warn!(requests = *in_flight.borrow(), "Shutting down before all requests were answered.");
            self.advance(Stage::CutShort);
            // The senders live as long as self does, so waiting cannot fail.
            let _ = in_flight.wait_for(|count| *count == 0).await;
        }
        tokio::time::sleep(DELIVERY).await;
    }

    /// Returns when the queries of requests that were dropped have had the time to be stopped in AWS.
    pub async fn queries_stopped(&self) {
        let last = *self.last_abandoned.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = last {
            tokio::time::sleep_until(last + STOPPING_QUERIES).await;
        }
    }

    fn advance(&self, to: Stage) {
        self.stage.send_if_modified(|stage| {
            let later = *stage < to;
            *stage = (*stage).max(to);
            later
        });
    }

    async fn reached(&self, stage: Stage) {
        // The sender lives as long as self does, so waiting cannot fail.
        let _ = self.stage.subscribe().wait_for(|now| *now >= stage).await;
    }
}

/// One request in flight; dropped without an answer, it is an abandoned one.
struct InFlight<'a> {
    shutdown: &'a Shutdown,
    answered: bool,
}

impl<'a> InFlight<'a> {
    fn new(shutdown: &'a Shutdown) -> Self {
        shutdown.in_flight.send_modify(|count| *count += 1);
        Self { shutdown, answered: false }
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        if !self.answered {
            *self.shutdown.last_abandoned.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
        self.shutdown.in_flight.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    const LONG: Duration = Duration::from_mins(1);

    async fn forever() -> Result<(), Status> {
        std::future::pending().await
    }

    #[tokio::test]
    async fn the_end_waits_for_what_is_in_flight() {
        let shutdown = Shutdown::default();
        let (finish, finished) = oneshot::channel::<()>();
        let (one, request) = (shutdown.clone(), async move { finished.await.map_err(|_| Status::internal("")) });
        let request = tokio::spawn(async move { one.track(request).await });
        tokio::task::yield_now().await;
        shutdown.begin();
        shutdown.begun().await;
        let two = shutdown.clone();
        let drained = tokio::spawn(async move { two.drained(LONG).await });
        tokio::time::sleep(2 * DELIVERY).await;
        assert!(!drained.is_finished());
        finish.send(()).unwrap();
        drained.await.unwrap();
        assert!(request.await.unwrap().is_ok());
        assert_eq!(*shutdown.last_abandoned.lock().unwrap(), None);
    }

    #[tokio::test]
    async fn patience_ends_and_the_rest_is_told() {
        let shutdown = Shutdown::default();
        let one = shutdown.clone();
        let request = tokio::spawn(async move { one.track(forever()).await });
        tokio::task::yield_now().await;
        shutdown.begin();
        let since = Instant::now();
        let patience = Duration::from_millis(50);
        shutdown.drained(patience).await;
        assert!(since.elapsed() >= patience);
        assert_eq!(request.await.unwrap().unwrap_err().code(), tonic::Code::Unavailable);
        shutdown.queries_stopped().await;
        assert!(since.elapsed() >= patience + STOPPING_QUERIES);
    }

    #[tokio::test]
    async fn a_request_that_its_caller_drops_leaves_time_to_stop_its_query() {
        let shutdown = Shutdown::default();
        assert!(tokio::time::timeout(Duration::from_millis(10), shutdown.track(forever())).await.is_err());
        let since = Instant::now();
        shutdown.begin();
        shutdown.drained(LONG).await;
        assert!(since.elapsed() < DELIVERY, "nothing is in flight, so there is nothing to wait for");
        shutdown.queries_stopped().await;
        assert!(since.elapsed() >= STOPPING_QUERIES);
    }

    #[tokio::test]
    async fn late_requests_are_refused_and_never_begun() {
        let shutdown = Shutdown::default();
        shutdown.begin();
        let status = shutdown.track(async { Ok(()) }).await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::Unavailable);
        shutdown.queries_stopped().await;
    }
}
