//! Panel queries: each runs as a task of its own, answers for itself alone, and stops when the call is dropped.

use std::{
    collections::{BTreeMap, HashMap},
    future::Future,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use grafana_plugin_sdk::pluginv2::DataQuery;
use tokio::task::{Id, JoinSet};

use super::{
    answer,
    instance::Instances,
    wire::{DataResponse, PluginContext, QueryDataRequest, QueryDataResponse},
};
use crate::{
    datasource::{Origin, PanelContext},
    error::{Error, ErrorKind, Result},
    metrics::Metrics,
    query::Query,
    time::TimeRange,
};

/// What Grafana assumes when a request does not say how many points its panel can draw.
const DEFAULT_DATA_POINTS: u32 = 100;
/// Frames of more bytes than this are encoded off the async threads, so that other panels keep moving.
const BYTES_ENCODED_INLINE: usize = 2 << 20;

/// Answers all queries of a request.
pub async fn query(instances: &Arc<Instances>, metrics: &Metrics, request: QueryDataRequest) -> QueryDataResponse {
    let now = Utc::now();
    let origin = origin_of(&request.headers);
    let context = Arc::new(request.plugin_context.unwrap_or_default());
    let outcomes = answer_each(request.queries, |query| {
        let (instances, context) = (Arc::clone(instances), Arc::clone(&context));
        let origin = Arc::new(Origin { ref_id: query.ref_id.clone(), ..origin.clone() });
        async move { Box::pin(answer_one(&instances, &context, &query, now, origin)).await }
    })
    .await;
    let responses = outcomes.into_iter().map(|(ref_id, outcome)| {
        metrics.panel_query(outcome.as_ref().map(|_| ()).map_err(Error::kind));
        if let Err(error) = &outcome {
            log(&origin, &ref_id, error);
        }
        (ref_id, respond(outcome))
    });
    QueryDataResponse { responses: responses.collect() }
}

/// Where a request comes from, as far as its headers say. Anybody may send anything, so what they say is cut short.
fn origin_of(headers: &HashMap<String, String>) -> Origin {
    let header = |name: &str| -> String {
        let found = headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value);
        found.chars().take(128).collect()
    };
    Origin {
        dashboard: header("http_X-Dashboard-Uid"),
        panel: header("http_X-Panel-Id"),
        ref_id: String::new(),
        alert: header("FromAlert") == "true",
    }
}

/// Grafana logs the message of a failed query itself; what is ours to mend is logged here, loud.
fn log(origin: &Origin, ref_id: &str, error: &Error) {
    let (dashboard, panel, alert, kind) = (&*origin.dashboard, &*origin.panel, origin.alert, error.kind().name());
    if error.kind() == ErrorKind::Internal {
        tracing::error!(ref_id, kind, dashboard, panel, alert, "A query failed: {}", error.message());
    } else {
        tracing::debug!(ref_id, kind, dashboard, panel, alert, "A query failed: {}", error.message());
    }
}

/// Runs `answer` for every query at once, each in a task of its own: one that panics fails alone, and all stop when the
/// returned future is dropped. Queries that share a refId are not run, since only one answer could be given.
async fn answer_each<T, F>(queries: Vec<DataQuery>, answer: impl Fn(DataQuery) -> F) -> BTreeMap<String, Result<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let mut by_ref_id: BTreeMap<String, Vec<DataQuery>> = BTreeMap::new();
    for query in queries {
        by_ref_id.entry(query.ref_id.clone()).or_default().push(query);
    }
    let mut outcomes = BTreeMap::new();
    let mut tasks = JoinSet::new();
    let mut ref_ids: HashMap<Id, String> = HashMap::new();
    for (ref_id, mut queries) in by_ref_id {
        match (queries.pop(), queries.len() + 1) {
            (Some(query), 1) => {
                let task = tasks.spawn(answer(query));
                ref_ids.insert(task.id(), ref_id);
            }
            (_, count) => {
                let message = format!("{count} queries of this request have the refId '{ref_id}'; give each its own.");
                outcomes.insert(ref_id, Err(Error::bad_query(message)));
            }
        }
    }
    while let Some(joined) = tasks.join_next_with_id().await {
        let (id, outcome) = match joined {
            Ok((id, outcome)) => (id, outcome),
            Err(error) if error.is_panic() => (
                error.id(),
                Err(Error::internal(
                    "Switchboard panicked over this query; Grafana's log says where. Please report it with the query.",
                )),
            ),
            Err(error) => (error.id(), Err(Error::new(ErrorKind::Cancelled, "The query was stopped."))),
        };
        if let Some(ref_id) = ref_ids.remove(&id) {
            outcomes.insert(ref_id, outcome);
        }
    }
    outcomes
}

async fn answer_one(
    instances: &Instances,
    context: &PluginContext,
    asked: &DataQuery,
    now: DateTime<Utc>,
    origin: Arc<Origin>,
) -> Result<Vec<Bytes>> {
    // `hide` in the query is not looked at: a hidden query that Grafana sends is the input of an expression.
    let query = Query::from_json(&asked.json)?;
    let panel = PanelContext { origin, ..panel(asked, now)? };
    let source = instances.get(context).await?;
    let answered = source.query(&query, &panel).await?;
    let frames = answer::frames(answered, &asked.ref_id, source.settings());
    let bytes: usize = frames.iter().map(|frame| frame.batch.get_array_memory_size()).sum();
    if bytes <= BYTES_ENCODED_INLINE {
        return encode(&frames, &asked.ref_id);
    }
    let ref_id = asked.ref_id.clone();
    tokio::task::spawn_blocking(move || encode(&frames, &ref_id))
        .await
        .map_err(|error| Error::internal(format!("Encoding the frames failed: {error}.")))?
}

fn encode(frames: &[answer::Frame], ref_id: &str) -> Result<Vec<Bytes>> {
    frames.iter().map(|frame| frame.encode(ref_id).map(Bytes::from)).collect()
}

/// What the panel says beside the query: all of it numbers that anybody could have sent.
fn panel(asked: &DataQuery, now: DateTime<Utc>) -> Result<PanelContext> {
    let range = asked.time_range.ok_or_else(|| Error::bad_query("The query has no time range: send from and to."))?;
    panel_of(range.from_epoch_ms, range.to_epoch_ms, asked.interval_ms, asked.max_data_points, now)
}

/// The panel of a range in milliseconds since the epoch, an interval in milliseconds and a number of points.
pub(super) fn panel_of(from: i64, to: i64, interval_ms: i64, points: i64, now: DateTime<Utc>) -> Result<PanelContext> {
    let range = TimeRange { from: instant(from)?, to: instant(to)? };
    if range.from > range.to {
        return Err(Error::bad_query("The time range ends before it begins: swap from and to."));
    }
    let interval = Duration::from_millis(u64::try_from(interval_ms).unwrap_or(0).max(1));
    let max_data_points = match u32::try_from(points) {
        Ok(0) => DEFAULT_DATA_POINTS,
        Ok(points) => points,
        Err(_) if points < 0 => DEFAULT_DATA_POINTS,
        Err(_) => u32::MAX,
    };
    Ok(PanelContext { range, interval, max_data_points, now, origin: Arc::default() })
}

/// An instant that can be counted in nanoseconds, as frames count time.
fn instant(epoch_ms: i64) -> Result<DateTime<Utc>> {
    DateTime::from_timestamp_millis(epoch_ms).filter(|instant| instant.timestamp_nanos_opt().is_some()).ok_or_else(
        || {
            Error::bad_query(format!(
                "The time range reaches {epoch_ms} ms from 1970, beyond the years 1678 to 2261 that frames can hold."
            ))
        },
    )
}

fn respond(outcome: Result<Vec<Bytes>>) -> DataResponse {
    match outcome {
        Ok(frames) => DataResponse { frames, status: 200, ..DataResponse::default() },
        Err(error) => DataResponse {
            frames: Vec::new(),
            error: error.message().to_owned(),
            status: i32::from(error.kind().status()),
            error_source: error.kind().source().as_str().to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use grafana_plugin_sdk::pluginv2;

    use super::*;

    fn queries(ref_ids: &[&str]) -> Vec<DataQuery> {
        ref_ids.iter().map(|ref_id| DataQuery { ref_id: (*ref_id).to_owned(), ..DataQuery::default() }).collect()
    }

    #[tokio::test]
    async fn a_panic_answers_500_for_its_ref_id_and_no_other() {
        let outcomes = answer_each(queries(&["A", "B", "C"]), |query| async move {
            match query.ref_id.as_str() {
                "A" => panic!("on purpose"),
                "B" => Err(Error::bad_query("No.")),
                _ => Ok(query.ref_id),
            }
        })
        .await;
        let kinds: Vec<_> = outcomes.into_iter().map(|(id, outcome)| (id, outcome.map_err(|e| e.kind()))).collect();
        assert_eq!(
            kinds,
            [
                ("A".to_owned(), Err(ErrorKind::Internal)),
                ("B".to_owned(), Err(ErrorKind::BadQuery)),
                ("C".to_owned(), Ok("C".to_owned())),
            ]
        );
    }

    #[tokio::test]
    async fn queries_that_share_a_ref_id_are_refused_and_not_run() {
        let runs = Arc::new(AtomicUsize::new(0));
        let outcomes = answer_each(queries(&["A", "A", "B"]), |_| {
            let runs = Arc::clone(&runs);
            async move { Ok(runs.fetch_add(1, Ordering::SeqCst)) }
        })
        .await;
        assert_eq!(runs.load(Ordering::SeqCst), 1);
        assert_eq!(outcomes["A"].as_ref().unwrap_err().kind(), ErrorKind::BadQuery);
        assert!(outcomes["B"].is_ok());
    }

    #[tokio::test]
    async fn queries_run_side_by_side_and_stop_when_the_call_is_dropped() {
        struct Running(Arc<AtomicUsize>);
        impl Drop for Running {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::SeqCst);
            }
        }
        let running = Arc::new(AtomicUsize::new(0));
        let all = answer_each(queries(&["A", "B", "C"]), |_| {
            let running = Arc::clone(&running);
            async move {
                running.fetch_add(1, Ordering::SeqCst);
                let _running = Running(running);
                std::future::pending::<Result<()>>().await
            }
        });
        assert!(tokio::time::timeout(Duration::from_millis(50), all).await.is_err());
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(running.load(Ordering::SeqCst), 0);
    }

    fn asked(from: i64, to: i64) -> DataQuery {
        let time_range = Some(pluginv2::TimeRange { from_epoch_ms: from, to_epoch_ms: to });
        DataQuery { time_range, max_data_points: 500, interval_ms: 30_000, ..DataQuery::default() }
    }

    #[test]
    fn a_panel_says_its_range_and_width() {
        let read = panel(&asked(1_000, 61_000), Utc::now()).unwrap();
        assert_eq!((read.range.to - read.range.from).num_seconds(), 60);
        assert_eq!((read.interval, read.max_data_points), (Duration::from_secs(30), 500));
    }

    #[test]
    fn numbers_that_make_no_sense_are_refused_or_replaced() {
        for (from, to, wrong) in [
            (2, 1, "ends before it begins"),
            (i64::MIN, 0, "1678 to 2261"),
            (0, i64::MAX, "1678 to 2261"),
            (0, 9_300_000_000_000_000, "1678 to 2261"),
        ] {
            let error = panel(&asked(from, to), Utc::now()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::BadQuery);
            assert!(error.message().contains(wrong), "{error}");
        }
        assert!(panel(&DataQuery::default(), Utc::now()).unwrap_err().message().contains("no time range"));
        for (points, read) in [(0, 100), (-1, 100), (7, 7), (i64::MAX, u32::MAX)] {
            let query = DataQuery { max_data_points: points, interval_ms: -5, ..asked(0, 0) };
            let panel = panel(&query, Utc::now()).unwrap();
            assert_eq!((panel.max_data_points, panel.interval), (read, Duration::from_millis(1)));
        }
    }

    #[test]
    fn an_error_carries_its_status_and_its_source() {
        let response = respond(Err(Error::new(ErrorKind::Throttled, "Later.")));
        assert_eq!((response.status, response.error_source.as_str()), (429, "downstream"));
        assert_eq!(respond(Err(Error::internal("Oh."))).error_source, "plugin");
        assert_eq!(respond(Ok(Vec::new())).status, 200);
    }

    #[test]
    fn the_origin_is_read_whatever_the_case_of_its_headers() {
        let headers = [("http_X-Dashboard-UID", "abc"), ("http_X-Panel-Id", "7"), ("FromAlert", "true")];
        let origin = origin_of(&headers.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
        assert_eq!((origin.dashboard.as_str(), origin.panel.as_str(), origin.alert), ("abc", "7", true));
    }
}
