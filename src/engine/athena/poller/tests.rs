//! The task against a source that answers as told.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use aws_sdk_athena::types::QueryExecutionStatus;

use super::*;

fn execution(id: &str, state: QueryExecutionState) -> QueryExecution {
    let status = QueryExecutionStatus::builder().state(state).build();
    QueryExecution::builder().query_execution_id(id).status(status).build()
}

type Answer<T> = Box<dyn Fn(&T) -> Result<Vec<QueryExecution>> + Send + Sync>;

/// A source made of two functions, which counts what it is asked.
struct Fake {
    on_batch: Answer<[String]>,
    on_single: Answer<str>,
    batches: AtomicUsize,
    singles: Mutex<Vec<String>>,
}

impl fmt::Debug for Fake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fake")
    }
}

#[async_trait]
impl StatusSource for Fake {
    async fn batch(&self, ids: &[String]) -> Result<Vec<QueryExecution>> {
        self.batches.fetch_add(1, Ordering::Relaxed);
        (self.on_batch)(ids)
    }

    async fn single(&self, id: &str) -> Result<QueryExecution> {
        self.singles.lock().expect("not poisoned").push(id.to_owned());
        (self.on_single)(id).map(|mut found| found.remove(0))
    }
}

fn fake(
    on_batch: impl Fn(&[String]) -> Result<Vec<QueryExecution>> + Send + Sync + 'static,
    on_single: impl Fn(&str) -> Result<Vec<QueryExecution>> + Send + Sync + 'static,
) -> Arc<Fake> {
    Arc::new(Fake {
        on_batch: Box::new(on_batch),
        on_single: Box::new(on_single),
        batches: AtomicUsize::new(0),
        singles: Mutex::default(),
    })
}

fn no_single(id: &str) -> Result<Vec<QueryExecution>> {
    Err(Error::internal(format!("nobody should ask for {id} alone")))
}

fn succeeded(ids: &[String]) -> Vec<QueryExecution> {
    ids.iter().map(|id| execution(id, QueryExecutionState::Succeeded)).collect()
}

fn denied() -> Error {
    Error::new(ErrorKind::AccessDenied, "no BatchGetQueryExecution for you")
}

async fn wait(poller: &Poller, id: &str) -> Result<Box<QueryExecution>> {
    let mut progress = poller.watch(id);
    timeout(Duration::from_secs(5), ended(&mut progress)).await.expect("an outcome in time")
}

#[tokio::test]
async fn executions_end_with_their_own_outcome() {
    let source = fake(
        |ids| {
            let state = |id: &String| match id.as_str() {
                "good" => QueryExecutionState::Succeeded,
                "bad" => QueryExecutionState::Failed,
                _ => QueryExecutionState::Cancelled,
            };
            Ok(ids.iter().map(|id| execution(id, state(id))).collect())
        },
        no_single,
    );
    let poller = Poller::new(Arc::clone(&source) as Arc<dyn StatusSource>);
    let (good, bad, stopped) = tokio::join!(wait(&poller, "good"), wait(&poller, "bad"), wait(&poller, "stopped"));
    for (outcome, id) in [(good, "good"), (bad, "bad"), (stopped, "stopped")] {
        assert_eq!(outcome.expect("an outcome").query_execution_id(), Some(id));
    }
    assert_eq!(source.batches.load(Ordering::Relaxed), 1, "one call for all three");
}

#[tokio::test]
async fn progress_is_told_while_it_runs() {
    let source = fake(|ids| Ok(vec![execution(&ids[0], QueryExecutionState::Running)]), no_single);
    let poller = Poller::new(source);
    let mut progress = poller.watch("a");
    assert!(matches!(*progress.borrow(), Progress::Queued));
    let running = progress.wait_for(|progress| matches!(progress, Progress::Running));
    timeout(Duration::from_secs(5), running).await.expect("in time").expect("the task lives");
}

#[tokio::test]
async fn where_batches_are_denied_executions_are_looked_at_alone() {
    let source = fake(|_| Err(denied()), |id| Ok(vec![execution(id, QueryExecutionState::Succeeded)]));
    let poller = Poller::new(Arc::clone(&source) as Arc<dyn StatusSource>);
    let (a, b) = tokio::join!(wait(&poller, "a"), wait(&poller, "b"));
    a.expect("a");
    b.expect("b");
    wait(&poller, "c").await.expect("c");
    assert_eq!(source.batches.load(Ordering::Relaxed), 1, "one denial is enough");
}

#[tokio::test]
async fn an_id_that_a_batch_leaves_out_is_looked_at_alone() {
    let source = fake(
        |ids| {
            Ok(ids
                .iter()
                .filter(|id| *id != "left out")
                .map(|id| execution(id, QueryExecutionState::Succeeded))
                .collect())
        },
        |id| Ok(vec![execution(id, QueryExecutionState::Succeeded)]),
    );
    let poller = Poller::new(Arc::clone(&source) as Arc<dyn StatusSource>);
    let (a, b) = tokio::join!(wait(&poller, "a"), wait(&poller, "left out"));
    a.expect("a");
    b.expect("b");
    assert_eq!(*source.singles.lock().expect("not poisoned"), ["left out"]);
}

#[tokio::test]
async fn throttling_and_passing_failures_do_not_fail_a_query() {
    for kind in [ErrorKind::Throttled, ErrorKind::Unavailable, ErrorKind::Timeout] {
        let asked = AtomicUsize::new(0);
        let source = fake(
            move |ids| match asked.fetch_add(1, Ordering::Relaxed) {
                0 => Err(Error::new(kind, "not now")),
                _ => Ok(succeeded(ids)),
            },
            move |_| Err(Error::new(kind, "not now")),
        );
        wait(&Poller::new(source), "a").await.unwrap_or_else(|error| panic!("{kind}: {error}"));
    }
}

#[tokio::test]
async fn a_denial_reaches_everyone_and_an_unknown_id_only_its_own_query() {
    let source = fake(|_| Err(denied()), |_| Err(denied()));
    let poller = Poller::new(source);
    let (a, b) = tokio::join!(wait(&poller, "a"), wait(&poller, "b"));
    assert_eq!((a.expect_err("a"), b.expect_err("b")), (denied(), denied()));

    let unknown = || Error::new(ErrorKind::Rejected, "no such execution");
    let source = fake(
        |ids| {
            Ok(ids.iter().filter(|id| *id != "gone").map(|id| execution(id, QueryExecutionState::Succeeded)).collect())
        },
        move |_| Err(unknown()),
    );
    let poller = Poller::new(source);
    let (a, gone) = tokio::join!(wait(&poller, "a"), wait(&poller, "gone"));
    a.expect("a");
    assert_eq!(gone.expect_err("gone"), unknown());
}

#[tokio::test]
async fn the_task_sleeps_while_nothing_is_waited_for_and_ends_with_the_poller() {
    let source = fake(|ids| Ok(vec![execution(&ids[0], QueryExecutionState::Running)]), no_single);
    let poller = Poller::new(Arc::clone(&source) as Arc<dyn StatusSource>);
    drop(poller.watch("dropped at once"));
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(source.batches.load(Ordering::Relaxed), 0, "nobody waits");

    drop(poller);
    for _ in 0..100 {
        if Arc::strong_count(&source) == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the task has not ended");
}
