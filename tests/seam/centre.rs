//! The sandbox's contact centre through the built-in dataset of contacts: what is delivered twice counts once, and a panel
//! over one day reads one day's files.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use arrow::{
    array::{AsArray, RecordBatch},
    datatypes::Int64Type,
};
use chrono::DateTime;
use sandbox::{
    data::Clock,
    engine::{QueryContext, Service, World, WorldOptions},
};
use switchboard::{
    dataset::Dataset,
    leg::Leg,
    plan::{Freshness, Pieces, Route},
    settings::{Gates, Settings},
};

use crate::{
    pipeline::{Asking, Engines, Panel, Query, one_batch},
    world::{DAY, HOUR, MINUTE},
};

/// A Tuesday at noon.
const NOW: &str = "2026-11-24T12:00:00Z";
const RETENTION: i64 = DAY;
const LAG: i64 = 6 * HOUR;

struct Centre {
    world: Arc<World>,
    now: i64,
}

impl Centre {
    async fn new(agents: u32, days: u32) -> Self {
        let now = DateTime::parse_from_rfc3339(NOW).unwrap().timestamp_millis();
        let options = WorldOptions { agents, days, ..WorldOptions::default() };
        let world = World::generate_with_clock(options, Clock::standing_at(now), |_| {}).await;
        Self { world, now }
    }

    fn panel(&self, sql: &str, datasets: Vec<Dataset>, range: (i64, i64), route: Route) -> Panel {
        let query = Query {
            sql: sql.to_owned(),
            interval: Duration::from_mins(5),
            datasets,
            filters: Vec::new(),
            now: self.now,
            retention: RETENTION,
            margin: 10 * MINUTE,
            lag: LAG,
        };
        let range = (self.now + range.0, self.now + range.1);
        let (freshness, pieces) = (Freshness::default(), Pieces::default());
        Panel::new(query, &Asking { range, route, freshness, pieces, moved: None })
    }

    async fn answer(&self, sql: &str, range: (i64, i64), route: Route) -> (Panel, RecordBatch) {
        let panel = self.panel(sql, vec![contacts()], range, route);
        let answer = panel.answer(self).await.unwrap();
        (panel, answer)
    }

    /// Ids as a service has them, every delivery.
    async fn deliveries(&self, service: Service, sql: &str) -> Vec<String> {
        let output = self.world.query(service, sql, &QueryContext::default()).await.unwrap();
        texts(&one_batch(&output))
    }
}

impl Engines for Centre {
    async fn run(&self, leg: Leg, sql: &str, _now: i64) -> Result<RecordBatch, String> {
        let service = match leg {
            Leg::Realtime => Service::Timestream,
            Leg::Historical => Service::Athena,
        };
        let answer = self.world.query(service, sql, &QueryContext::default()).await;
        answer.map(|output| one_batch(&output)).map_err(|error| format!("{leg}: {error}: {sql}"))
    }
}

/// The dataset as settings that only name it have it.
fn contacts() -> Dataset {
    let settings = serde_json::json!({
        "realtime": {"database": "connect", "retention": "24h"},
        "historical": {"database": "connect", "outputLocation": "s3://results/"},
        "datasets": ["contacts"],
    });
    let settings = settings.to_string();
    let settings = Settings::from_grafana(settings.as_bytes(), &HashMap::new(), &Gates::default()).unwrap();
    settings.datasets.into_iter().next().unwrap()
}

fn texts(batch: &RecordBatch) -> Vec<String> {
    batch.column(0).as_string::<i32>().iter().flatten().map(str::to_owned).collect()
}

fn number(batch: &RecordBatch) -> i64 {
    batch.column(0).as_primitive::<Int64Type>().value(0)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap()
}

#[test]
fn a_contact_delivered_again_counts_once() {
    runtime().block_on(async {
        let centre = Centre::new(40, 4).await;
        let old = centre.deliveries(Service::Athena, "SELECT contactid FROM connect.contact_records").await;
        let new = centre.deliveries(Service::Timestream, "SELECT contact_id FROM connect.contact_records").await;
        let distinct: BTreeSet<String> = old.iter().chain(&new).cloned().collect();
        assert!(old.len() > old.iter().collect::<BTreeSet<_>>().len(), "nothing is delivered again");
        assert!(
            old.iter().collect::<BTreeSet<_>>().intersection(&new.iter().collect()).count() > 0,
            "no leg knows what the other knows"
        );
        let since_ever = (-10 * DAY, MINUTE);
        let (panel, answer) =
            centre.answer("SELECT contact_id FROM $__dataset(contacts)", since_ever, Route::Auto).await;
        assert!(panel.has_seam(), "{}", panel.plan);
        let ids = texts(&answer);
        assert_eq!(ids.len(), distinct.len());
        assert_eq!(ids.into_iter().collect::<BTreeSet<_>>(), distinct);
        for sql in [
            "SELECT count(*) AS contacts FROM $__dataset(contacts)",
            "SELECT sum(n) AS contacts FROM (SELECT queue, count(*) AS n FROM $__dataset(contacts) GROUP BY 1)",
        ] {
            let (panel, answer) = centre.answer(sql, since_ever, Route::Auto).await;
            if panel.has_seam() {
                assert_eq!(usize::try_from(number(&answer)).unwrap(), distinct.len());
            }
        }
        for (leg, all) in [(Leg::Historical, old), (Leg::Realtime, new)] {
            let sql = "SELECT count(*) AS contacts, count(DISTINCT contact_id) AS ids FROM $__dataset(contacts)";
            let (_, answer) = centre.answer(sql, since_ever, Route::Only(leg)).await;
            assert_eq!(usize::try_from(number(&answer)).unwrap(), all.iter().collect::<BTreeSet<_>>().len(), "{leg}");
        }
    });
}

#[test]
fn one_day_of_a_year_reads_a_hundredth_of_it() {
    runtime().block_on(async {
        let centre = Centre::new(2, 365).await;
        let mut whole = contacts();
        whole.historical.as_mut().unwrap().partitions = None;
        let sql = "SELECT queue, count(*) AS contacts, avg(queue_duration) AS wait FROM $__dataset(contacts) GROUP BY 1 ORDER BY 1";
        for day in [-200, -84, -30] {
            let range = (day * DAY - 12 * HOUR, (day + 1) * DAY - 12 * HOUR);
            let mut answers = Vec::new();
            for dataset in [contacts(), whole.clone()] {
                let panel = centre.panel(sql, vec![dataset], range, Route::Auto);
                let [slice] = panel.plan.slices.as_slice() else { panic!("{}", panel.plan) };
                let sql = panel.written(sql, slice).unwrap();
                answers.push(centre.world.query(Service::Athena, &sql, &QueryContext::default()).await.unwrap());
            }
            let [pruned, whole] = answers.as_slice() else { unreachable!() };
            assert_eq!(one_batch(pruned), one_batch(whole));
            assert!(one_batch(pruned).num_rows() > 0);
            let (read, all) = (pruned.bytes_scanned, whole.bytes_scanned);
            assert!(read > 0 && read * 100 <= all, "{read} of {all} bytes");
        }
    });
}
