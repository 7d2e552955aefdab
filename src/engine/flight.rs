//! Identical statements in flight share one execution: ten panels that ask the same question cost one query.
//!
//! Nothing is remembered beyond the flight. When the last one who waits goes away, the execution's future is dropped,
//! and dropping it cancels the run in AWS.

use std::{
    collections::HashMap,
    hash::Hash,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};

use crate::error::{Error, Result};

type Flight<V> = BoxFuture<'static, V>;

/// Executions in flight, by what they execute. `V` is what every waiter gets: a [`Result`] that is cheap to clone.
pub struct Flights<K, V> {
    board: Arc<Mutex<Board<K, V>>>,
}

struct Board<K, V> {
    flights: HashMap<K, Entry<V>>,
    /// Tells a flight from a later one of the same key.
    departures: u64,
}

struct Entry<V> {
    departure: u64,
    flight: WeakShared<Flight<V>>,
}

impl<K, V> Default for Flights<K, V> {
    fn default() -> Self {
        Self { board: Arc::new(Mutex::new(Board { flights: HashMap::new(), departures: 0 })) }
    }
}

impl<K, T> Flights<K, Result<T>>
where
    K: Clone + Eq + Hash + Send + 'static,
    T: Clone + Send + Sync + 'static,
{
    /// Waits for the flight of `key`, started by `make` unless one is under way. The flag says whether one was.
    ///
    /// A failure is handed to all who wait, and the next call starts anew. A panic becomes an internal error.
    pub async fn run<F>(&self, key: K, make: impl FnOnce() -> F) -> (Result<T>, bool)
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let (flight, joined) = self.board_flight(key, make);
        (flight.await, joined)
    }

    fn board_flight<F>(&self, key: K, make: impl FnOnce() -> F) -> (Shared<Flight<Result<T>>>, bool)
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let mut board = lock(&self.board);
        if let Some(flight) = board.flights.get(&key).and_then(|entry| entry.flight.upgrade()) {
            return (flight, true);
        }
        board.departures += 1;
        let departure = board.departures;
        let landing = Landing { board: Arc::clone(&self.board), key: key.clone(), departure };
        let execution = make();
        let flight = async move {
            let _landing = landing;
            AssertUnwindSafe(execution).catch_unwind().await.unwrap_or_else(|_| {
                Err(Error::internal("Running the statement failed unexpectedly; the log has the details."))
            })
        }
        .boxed()
        .shared();
        // A flight that nobody has polled yet can always be downgraded; were it not so, it would merely not be shared.
        if let Some(weak) = flight.downgrade() {
            board.flights.insert(key, Entry { departure, flight: weak });
        }
        (flight, false)
    }
}

/// Takes the flight off the board when it ends, whether it arrived or was dropped on the way.
struct Landing<K: Eq + Hash, V> {
    board: Arc<Mutex<Board<K, V>>>,
    key: K,
    departure: u64,
}

impl<K: Eq + Hash, V> Drop for Landing<K, V> {
    fn drop(&mut self) {
        let mut board = lock(&self.board);
        if board.flights.get(&self.key).is_some_and(|entry| entry.departure == self.departure) {
            board.flights.remove(&self.key);
        }
    }
}

/// The board holds no invariant that a panic could break half-way, so a poisoned lock is as good as any.
fn lock<K, V>(board: &Mutex<Board<K, V>>) -> MutexGuard<'_, Board<K, V>> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::{
        future::pending,
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    use tokio::{sync::oneshot, time::timeout};

    use super::*;
    use crate::error::ErrorKind;

    type Numbers = Flights<&'static str, Result<u32>>;

    fn waiting(flights: &Numbers) -> usize {
        lock(&flights.board).flights.len()
    }

    #[tokio::test]
    async fn identical_statements_share_one_execution() {
        let (flights, runs) = (Numbers::default(), AtomicUsize::new(0));
        let (land, landed) = oneshot::channel::<()>();
        let first = flights.run("a", || {
            runs.fetch_add(1, Ordering::Relaxed);
            async {
                landed.await.expect("the test lands it");
                Ok(7)
            }
        });
        let second = flights.run("a", || {
            runs.fetch_add(1, Ordering::Relaxed);
            async { Ok(8) }
        });
        let other = flights.run("b", || async { Ok(9) });
        let landing = async { land.send(()).expect("the first flight waits") };

        let (first, second, other, ()) = tokio::join!(first, second, other, landing);

        assert_eq!((first, second, other), ((Ok(7), false), (Ok(7), true), (Ok(9), false)));
        assert_eq!(runs.into_inner(), 1);
        assert_eq!(waiting(&flights), 0, "nothing is remembered");
    }

    #[tokio::test]
    async fn the_execution_is_dropped_when_the_last_waiter_leaves() {
        let flights = Arc::new(Numbers::default());
        let (alive, mut dropped) = oneshot::channel::<()>();
        let waiter = |alive: Option<oneshot::Sender<()>>| {
            let flights = Arc::clone(&flights);
            tokio::spawn(async move {
                flights
                    .run("a", || async move {
                        let _alive = alive;
                        pending().await
                    })
                    .await
            })
        };
        let first = waiter(Some(alive));
        tokio::task::yield_now().await;
        let second = waiter(None);
        tokio::task::yield_now().await;

        first.abort();
        first.await.expect_err("aborted");
        assert!(dropped.try_recv().is_err_and(|error| error == oneshot::error::TryRecvError::Empty), "one still waits");

        second.abort();
        second.await.expect_err("aborted");
        timeout(Duration::from_secs(1), dropped).await.expect("dropped at once").expect_err("sender dropped");
        assert_eq!(waiting(&flights), 0);
    }

    #[tokio::test]
    async fn a_failure_reaches_all_who_wait_and_is_not_remembered() {
        let flights = Numbers::default();
        let fails = || async {
            tokio::task::yield_now().await;
            Err(Error::bad_query("no"))
        };
        let (first, second) = tokio::join!(flights.run("a", fails), flights.run("a", || async { Ok(1) }));
        assert_eq!(first, (Err(Error::bad_query("no")), false));
        assert_eq!(second, (Err(Error::bad_query("no")), true));
        assert_eq!(flights.run("a", || async { Ok(1) }).await, (Ok(1), false));
    }

    #[tokio::test]
    async fn a_panic_is_an_error_for_its_waiters_and_for_nobody_else() {
        let flights = Numbers::default();
        let panics = || async {
            tokio::task::yield_now().await;
            panic!("a bug")
        };
        let (first, second, other) = tokio::join!(
            flights.run("a", panics),
            flights.run("a", || async { Ok(1) }),
            flights.run("b", || async { Ok(2) })
        );
        for (answer, _) in [first, second] {
            assert_eq!(answer.expect_err("panicked").kind(), ErrorKind::Internal);
        }
        assert_eq!(other, (Ok(2), false));
        assert_eq!(flights.run("a", || async { Ok(3) }).await, (Ok(3), false));
    }
}
