//! What the process counts about itself, as Prometheus series: queries and their outcomes by leg, how long they took, and
//! what they made AWS scan and bill. One [`Metrics`] serves all data sources of the process; Grafana scrapes it through
//! the plugin's `CollectMetrics` call.

use std::{
    sync::atomic::AtomicU64,
    time::{Duration, Instant},
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{
        counter::Counter,
        family::{Family, MetricConstructor},
        gauge::Gauge,
        histogram::Histogram,
        info::Info,
    },
    registry::{Registry, Unit},
};

use crate::{
    engine::Cost,
    error::{ErrorKind, Result},
    leg::Leg,
};

/// The value of the `outcome` label of what went well; failures carry [`ErrorKind::name`].
const OK: &str = "ok";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LegLabels {
    leg: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LegOutcomeLabels {
    leg: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

/// Buckets from a cached Timestream answer to the longest Athena scan that the default time limit allows.
#[derive(Debug, Clone)]
struct QuerySeconds;

impl MetricConstructor<Histogram> for QuerySeconds {
    fn new_metric(&self) -> Histogram {
        Histogram::new([0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0])
    }
}

type ByLeg<M> = Family<LegLabels, M>;

/// The process's counters and histograms.
///
/// A leg's query is counted through the guard that [`Metrics::start`] hands out:
///
/// ```
/// # use switchboard::{engine::Cost, leg::Leg, metrics::Metrics};
/// # let metrics = Metrics::default();
/// let query = metrics.start(Leg::Historical);
/// // ... run it ...
/// query.succeeded(&Cost::default(), false);
/// ```
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    panel_queries: Family<OutcomeLabels, Counter>,
    queries: Family<LegOutcomeLabels, Counter>,
    in_flight: ByLeg<Gauge>,
    duration: Family<LegLabels, Histogram, QuerySeconds>,
    engine_time: ByLeg<Counter<f64, AtomicU64>>,
    queue_time: ByLeg<Counter<f64, AtomicU64>>,
    scanned: ByLeg<Counter>,
    metered: ByLeg<Counter>,
    dollars: ByLeg<Counter<f64, AtomicU64>>,
    rows: ByLeg<Counter>,
    pages: ByLeg<Counter>,
    file_bytes: ByLeg<Counter>,
    reused: ByLeg<Counter>,
    shared: ByLeg<Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("switchboard"),
            panel_queries: Family::default(),
            queries: Family::default(),
            in_flight: Family::default(),
            duration: Family::new_with_constructor(QuerySeconds),
            engine_time: Family::default(),
            queue_time: Family::default(),
            scanned: Family::default(),
            metered: Family::default(),
            dollars: Family::default(),
            rows: Family::default(),
            pages: Family::default(),
            file_bytes: Family::default(),
            reused: Family::default(),
            shared: Family::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("build", "The running build", Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]));
        registry.register("panel_queries", "Panel queries answered, by outcome", self.panel_queries.clone());
        registry.register("queries", "Statements asked of a leg, by outcome", self.queries.clone());
        registry.register("queries_in_flight", "Statements being run now", self.in_flight.clone());
        let seconds = |registry: &mut Registry, name: &str, help: &str, family: &ByLeg<Counter<f64, AtomicU64>>| {
            registry.register_with_unit(name, help, Unit::Seconds, family.clone());
        };
        registry.register_with_unit(
            "query_duration",
            "Time from asking a leg to its last row, as seen by the plugin",
            Unit::Seconds,
            self.duration.clone(),
        );
        seconds(registry, "engine_time", "Time that the engines say they worked", &self.engine_time);
        seconds(registry, "queue_time", "Time that statements waited for their engine", &self.queue_time);
        registry.register_with_unit("scanned", "Data read by the engines", Unit::Bytes, self.scanned.clone());
        registry.register_with_unit("metered", "Data billed for by the engines", Unit::Bytes, self.metered.clone());
        registry.register(
            "cost_dollars",
            "List price of what was scanned, where scanning is billed",
            self.dollars.clone(),
        );
        registry.register("rows", "Result rows read", self.rows.clone());
        registry.register("pages", "Result pages read", self.pages.clone());
        registry.register_with_unit("result_files", "Read of result files in S3", Unit::Bytes, self.file_bytes.clone());
        registry.register("reused_results", "Answers that the engine had kept from earlier", self.reused.clone());
        registry.register(
            "shared_executions",
            "Queries answered by another's execution in flight",
            self.shared.clone(),
        );
    }

    /// Counts a query of a leg as begun. Report its end on the guard; a guard dropped without a report counts as
    /// cancelled.
    pub fn start(&self, leg: Leg) -> Started<'_> {
        self.in_flight.get_or_create(&LegLabels { leg: leg.name() }).inc();
        Started { metrics: self, leg, since: Instant::now(), reported: false }
    }

    /// Counts one panel query (one refId of a request) as answered, whether or not it reached a leg.
    pub fn panel_query(&self, outcome: Result<(), ErrorKind>) {
        let outcome = outcome.map_or_else(ErrorKind::name, |()| OK);
        self.panel_queries.get_or_create(&OutcomeLabels { outcome }).inc();
    }

    /// All series in Prometheus' text exposition format 0.0.4.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut encoded = String::new();
        if text::encode(&mut encoded, &self.registry).is_err() {
            // Writing to a String cannot fail; half a page must not pass for a whole one if it ever does.
            encoded.clear();
        }
        prometheus_text(&encoded)
    }

    fn finished(&self, leg: Leg, outcome: Result<Option<&Cost>, ErrorKind>, elapsed: Duration) {
        let labels = LegLabels { leg: leg.name() };
        self.in_flight.get_or_create(&labels).dec();
        self.duration.get_or_create(&labels).observe(elapsed.as_secs_f64());
        let name = outcome.map_or_else(ErrorKind::name, |_| OK);
        self.queries.get_or_create(&LegOutcomeLabels { leg: leg.name(), outcome: name }).inc();
        match outcome {
            Ok(Some(cost)) => self.spent(&labels, leg, cost),
            Ok(None) => {
                self.shared.get_or_create(&labels).inc();
            }
            Err(_) => {}
        }
    }

    fn spent(&self, labels: &LegLabels, leg: Leg, cost: &Cost) {
        self.engine_time.get_or_create(labels).inc_by(cost.engine_time.unwrap_or_default().as_secs_f64());
        self.queue_time.get_or_create(labels).inc_by(cost.queue_time.unwrap_or_default().as_secs_f64());
        self.scanned.get_or_create(labels).inc_by(cost.bytes_scanned);
        self.metered.get_or_create(labels).inc_by(cost.bytes_metered);
        self.rows.get_or_create(labels).inc_by(cost.rows);
        self.pages.get_or_create(labels).inc_by(cost.pages);
        if cost.delivery.file_bytes > 0 {
            self.file_bytes.get_or_create(labels).inc_by(cost.delivery.file_bytes);
        }
        if let Some(dollars) = cost.dollars(leg) {
            self.dollars.get_or_create(labels).inc_by(dollars);
        }
        if cost.reused {
            self.reused.get_or_create(labels).inc();
        }
    }
}

/// A query that [`Metrics::start`] counted as begun.
#[derive(Debug)]
#[must_use = "a query that is not reported counts as cancelled"]
pub struct Started<'a> {
    metrics: &'a Metrics,
    leg: Leg,
    since: Instant,
    reported: bool,
}

impl Started<'_> {
    /// Counts it as answered. `shared`: another query's execution answered it, and that one counts the cost.
    pub fn succeeded(mut self, cost: &Cost, shared: bool) {
        self.report(Ok((!shared).then_some(cost)));
    }

    /// Counts it as failed.
    pub fn failed(mut self, kind: ErrorKind) {
        self.report(Err(kind));
    }

    fn report(&mut self, outcome: Result<Option<&Cost>, ErrorKind>) {
        self.reported = true;
        self.metrics.finished(self.leg, outcome, self.since.elapsed());
    }
}

impl Drop for Started<'_> {
    fn drop(&mut self) {
        if !self.reported {
            self.report(Err(ErrorKind::Cancelled));
        }
    }
}

/// OpenMetrics, which the registry writes, to the older format that Grafana announces to its scrapers. There a counter's
/// `HELP` and `TYPE` lines carry the sample's full name, `info` is a gauge, and `UNIT` and `EOF` do not exist.
fn prometheus_text(open_metrics: &str) -> String {
    let suffixes: std::collections::HashMap<&str, (&str, &str)> = open_metrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '))
        .filter_map(|(name, kind)| match kind {
            "counter" => Some((name, ("_total", "counter"))),
            "info" => Some((name, ("_info", "gauge"))),
            _ => None,
        })
        .collect();
    let mut out = String::with_capacity(open_metrics.len());
    for line in open_metrics.lines() {
        let comment = line.strip_prefix("# ").and_then(|rest| rest.split_once(' '));
        match comment {
            _ if line == "# EOF" => continue,
            Some(("UNIT", _)) => continue,
            Some((keyword, rest)) => {
                let (name, text) = rest.split_once(' ').unwrap_or((rest, ""));
                let (suffix, kind) = suffixes.get(name).copied().unwrap_or(("", text));
                let text = if keyword == "TYPE" { kind } else { text };
                out.extend(["# ", keyword, " ", name, suffix, " ", text]);
            }
            None => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Delivery;

    fn cost() -> Cost {
        Cost {
            bytes_scanned: 1_000,
            bytes_metered: 10_000_000,
            engine_time: Some(Duration::from_millis(1_500)),
            rows: 7,
            pages: 2,
            delivery: Delivery { file_bytes: 5_000, why_pages: None },
            ..Cost::default()
        }
    }

    fn value(text: &str, series: &str) -> Option<f64> {
        text.lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok())
    }

    #[test]
    fn a_success_counts_its_cost_under_its_leg() {
        let metrics = Metrics::default();
        metrics.start(Leg::Historical).succeeded(&cost(), false);
        let text = metrics.encode();
        for (series, expected) in [
            ("switchboard_queries_total{leg=\"historical\",outcome=\"ok\"}", 1.0),
            ("switchboard_scanned_bytes_total{leg=\"historical\"}", 1_000.0),
            ("switchboard_metered_bytes_total{leg=\"historical\"}", 10_000_000.0),
            ("switchboard_cost_dollars_total{leg=\"historical\"}", 0.000_05),
            ("switchboard_engine_time_seconds_total{leg=\"historical\"}", 1.5),
            ("switchboard_rows_total{leg=\"historical\"}", 7.0),
            ("switchboard_pages_total{leg=\"historical\"}", 2.0),
            ("switchboard_result_files_bytes_total{leg=\"historical\"}", 5_000.0),
            ("switchboard_query_duration_seconds_count{leg=\"historical\"}", 1.0),
            ("switchboard_queries_in_flight{leg=\"historical\"}", 0.0),
        ] {
            let counted = value(&text, series).unwrap_or(f64::NAN);
            assert!((counted - expected).abs() < 1e-12, "{series} is {counted} in\n{text}");
        }
        assert_eq!(value(&text, "switchboard_queries_total{leg=\"realtime\",outcome=\"ok\"}"), None);
    }

    #[test]
    fn a_shared_execution_is_not_paid_for_twice() {
        let metrics = Metrics::default();
        metrics.start(Leg::Historical).succeeded(&cost(), false);
        metrics.start(Leg::Historical).succeeded(&cost(), true);
        let text = metrics.encode();
        assert_eq!(value(&text, "switchboard_queries_total{leg=\"historical\",outcome=\"ok\"}"), Some(2.0));
        assert_eq!(value(&text, "switchboard_shared_executions_total{leg=\"historical\"}"), Some(1.0));
        assert_eq!(value(&text, "switchboard_scanned_bytes_total{leg=\"historical\"}"), Some(1_000.0));
    }

    #[test]
    fn a_query_is_in_flight_until_it_ends_and_cancelled_when_dropped() {
        let metrics = Metrics::default();
        let running = metrics.start(Leg::Realtime);
        assert_eq!(value(&metrics.encode(), "switchboard_queries_in_flight{leg=\"realtime\"}"), Some(1.0));
        drop(running);
        let text = metrics.encode();
        assert_eq!(value(&text, "switchboard_queries_in_flight{leg=\"realtime\"}"), Some(0.0));
        assert_eq!(value(&text, "switchboard_queries_total{leg=\"realtime\",outcome=\"cancelled\"}"), Some(1.0));
    }

    #[test]
    fn failures_are_counted_by_kind() {
        let metrics = Metrics::default();
        metrics.start(Leg::Realtime).failed(ErrorKind::Throttled);
        metrics.panel_query(Err(ErrorKind::BadQuery));
        metrics.panel_query(Ok(()));
        let text = metrics.encode();
        assert_eq!(value(&text, "switchboard_queries_total{leg=\"realtime\",outcome=\"throttled\"}"), Some(1.0));
        assert_eq!(value(&text, "switchboard_panel_queries_total{outcome=\"bad_query\"}"), Some(1.0));
        assert_eq!(value(&text, "switchboard_panel_queries_total{outcome=\"ok\"}"), Some(1.0));
    }

    #[test]
    fn type_lines_carry_the_names_of_their_samples() {
        let metrics = Metrics::default();
        metrics.start(Leg::Realtime).succeeded(&cost(), false);
        let text = metrics.encode();
        assert!(text.contains("# TYPE switchboard_queries_total counter\n"), "{text}");
        assert!(text.contains("# TYPE switchboard_query_duration_seconds histogram\n"), "{text}");
        assert!(text.contains("# TYPE switchboard_build_info gauge\n"), "{text}");
        assert!(text.contains("switchboard_build_info{version="), "{text}");
        assert!(!text.contains("# UNIT") && !text.contains("# EOF"), "{text}");
        let mut typed = std::collections::HashSet::new();
        for line in text.lines() {
            match line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
                Some((name, _)) => assert!(typed.insert(name), "{name} typed twice"),
                None if line.starts_with('#') => {}
                None => {
                    let name = line.split(['{', ' ']).next().unwrap();
                    let family = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix));
                    assert!(
                        typed.contains(name) || family.is_some_and(|name| typed.contains(name)),
                        "{line} is untyped"
                    );
                }
            }
        }
    }
}
