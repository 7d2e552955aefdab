//! A small world of events as two pipelines carry them: delivered late, more than once, and changed on the way. It knows
//! what each leg holds at the instant `now`, and what is true: of every event the newest delivery that has arrived.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

pub const QUEUES: [&str; 5] = ["Sales", "Support", "Billing's", "", "Späti"];
pub const CHANNELS: [&str; 3] = ["VOICE", "CHAT", "TASK"];

/// What a delivery says of an event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Facts {
    pub queue: Option<&'static str>,
    pub channel: &'static str,
    pub wait: Option<i32>,
    /// A multiple of a quarter, so that sums of any order are equal.
    pub score: Option<f64>,
    pub flag: Option<bool>,
    /// Milliseconds since the epoch.
    pub answered: Option<i64>,
}

#[derive(Debug, Clone, Copy)]
pub struct Delivery {
    pub arrival: i64,
    pub revision: i64,
    pub facts: Facts,
}

#[derive(Debug, Clone)]
pub struct Event {
    pub key: String,
    pub time: i64,
    /// At least one; a greater revision is newer, equal ones are copies.
    pub deliveries: Vec<Delivery>,
}

/// One row of what is true.
#[derive(Debug, Clone)]
pub struct Row {
    pub key: String,
    pub time: i64,
    pub facts: Facts,
}

/// How the two pipelines are set up.
#[derive(Debug, Clone, Copy)]
pub struct Pipelines {
    pub now: i64,
    pub retention: i64,
    pub margin: i64,
    pub lag: i64,
    /// How long after its arrival Athena has a delivery; at most the lag.
    pub delay: i64,
    pub arrival_before: i64,
    pub arrival_after: i64,
    /// Timestream keeps the newest version alone; else all of them.
    pub upserts: bool,
    /// Which of the layouts of Athena's partitions.
    pub layout: u8,
}

#[derive(Clone)]
pub struct World {
    pub pipelines: Pipelines,
    pub events: Vec<Event>,
}

/// A line for each delivery.
impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?}", self.pipelines)?;
        for event in &self.events {
            for Delivery { arrival, revision, facts } in &event.deliveries {
                let (after, newer) = (arrival - event.time, revision - event.time);
                writeln!(f, "{} at {} after {after} version {newer}: {facts:?}", event.key, instant(event.time))?;
            }
        }
        Ok(())
    }
}

impl Pipelines {
    /// From here on the real-time leg is relied on.
    pub fn relied_on_from(&self) -> i64 {
        self.now - (self.retention - self.margin).max(0)
    }

    /// Until here the historical leg is complete.
    pub fn complete_until(&self) -> i64 {
        self.now - self.lag
    }

    pub fn is_in_athena(&self, event: &Event, delivery: &Delivery) -> bool {
        let settled = event.time < self.complete_until() && delivery.arrival <= self.now;
        settled || delivery.arrival <= self.now - self.delay
    }

    pub fn is_in_timestream(&self, event: &Event, delivery: &Delivery) -> bool {
        delivery.arrival <= self.now && event.time >= self.now - self.retention
    }
}

/// The newest of those deliveries of an event that `is_there`.
pub fn newest(event: &Event, is_there: impl Fn(&Delivery) -> bool) -> Option<Delivery> {
    event.deliveries.iter().filter(|delivery| is_there(delivery)).max_by_key(|delivery| delivery.revision).copied()
}

impl World {
    /// The newest of each event's deliveries that are there, as rows.
    pub fn rows(&self, is_there: impl Fn(&Event, &Delivery) -> bool) -> Vec<Row> {
        let row = |event: &Event| {
            let facts = newest(event, |delivery| is_there(event, delivery))?.facts;
            Some(Row { key: event.key.clone(), time: event.time, facts })
        };
        self.events.iter().filter_map(row).collect()
    }

    /// What is true at `now`.
    pub fn truth(&self) -> Vec<Row> {
        self.rows(|_, delivery| delivery.arrival <= self.pipelines.now)
    }
}

pub fn instant(millis: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::milliseconds(millis)
}

/// Instants around which things go wrong: clocks that change, ends of months and years, a leap day.
const DATES: [&str; 8] = [
    "2026-11-24T12:00:00Z",
    "2026-03-29T02:10:00Z",
    "2026-10-25T12:30:00Z",
    "2026-11-01T09:00:00Z",
    "2026-03-09T00:30:00Z",
    "2024-03-01T01:00:00Z",
    "2027-01-01T00:20:00Z",
    "2026-06-01T00:00:00Z",
];

fn now() -> impl Strategy<Value = i64> {
    let date = proptest::sample::select(&DATES[..]);
    let shift = prop_oneof![Just(0), 0..3 * DAY, (0..72_i64).prop_map(|hours| hours * HOUR)];
    (date, shift).prop_map(|(date, shift)| date.parse::<DateTime<Utc>>().unwrap().timestamp_millis() + shift)
}

fn pipelines() -> impl Strategy<Value = Pipelines> {
    let retention = proptest::sample::select(vec![6 * HOUR, DAY, 3 * DAY, 9 * DAY, 40 * DAY]);
    let lag = proptest::sample::select(vec![0, 10 * MINUTE, 15 * MINUTE, HOUR, HOUR, 5 * HOUR, 26 * HOUR]);
    let margin = proptest::sample::select(vec![0, 5 * MINUTE, HOUR]);
    let arrival = (proptest::sample::select(vec![0, HOUR]), proptest::sample::select(vec![HOUR, 7 * HOUR, 26 * HOUR]));
    (now(), retention, lag, margin, 0..=4_i64, arrival, any::<bool>(), 0..5_u8).prop_map(
        |(now, retention, lag, margin, delay, (before, after), upserts, layout)| Pipelines {
            now,
            retention,
            margin,
            lag,
            delay: lag * delay / 4,
            arrival_before: before,
            arrival_after: after.max(lag),
            upserts,
            layout,
        },
    )
}

fn facts() -> impl Strategy<Value = Facts> {
    let queue = prop_oneof![1 => Just(None), 6 => proptest::sample::select(&QUEUES[..]).prop_map(Some)];
    let score = proptest::option::weighted(0.8, (-8..200_i32).prop_map(|quarters| f64::from(quarters) / 4.0));
    (
        queue,
        proptest::sample::select(&CHANNELS[..]),
        proptest::option::weighted(0.8, prop_oneof![-3..90_i32, Just(0)]),
        score,
        proptest::option::weighted(0.85, any::<bool>()),
        proptest::option::weighted(0.7, 0..600_000_i64),
    )
        .prop_map(|(queue, channel, wait, score, flag, answered)| Facts {
            queue,
            channel,
            wait,
            score,
            flag,
            answered,
        })
}

/// Where an event's time is: by an anchor and an offset, or anywhere in a span.
#[derive(Debug, Clone, Copy)]
enum Place {
    Anywhere(f64),
    Near(u8, i64),
}

fn place() -> impl Strategy<Value = Place> {
    let near = prop_oneof![Just(0), Just(-1), Just(1), -2 * HOUR..2 * HOUR];
    prop_oneof![3 => (0.0..1.0).prop_map(Place::Anywhere), 2 => (0..5_u8, near).prop_map(|(at, by)| Place::Near(at, by))]
}

type Again = (f64, Option<Facts>);

fn deliveries() -> impl Strategy<Value = (f64, Vec<Again>)> {
    let again = (0.0..=1.0, proptest::option::weighted(0.7, facts()));
    (0.0..=1.0, prop_oneof![3 => Just(Vec::new()), 1 => proptest::collection::vec(again, 1..4)])
}

fn time_of(place: Place, pipelines: &Pipelines, span: i64) -> i64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "spans are short of 2^52")]
    let time = match place {
        Place::Anywhere(part) => pipelines.now - (part * span as f64) as i64,
        Place::Near(anchor, offset) => {
            let anchors = [
                pipelines.now - HOUR,
                pipelines.complete_until(),
                pipelines.relied_on_from(),
                pipelines.now - pipelines.retention,
                pipelines.complete_until().div_euclid(HOUR) * HOUR,
            ];
            anchors[usize::from(anchor)] + offset
        }
    };
    // Nobody has what happens in this very millisecond.
    time.min(pipelines.now - 1)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "lags are short of 2^52")]
fn event(key: usize, time: i64, facts: Facts, (first, again): (f64, Vec<Again>), pipelines: &Pipelines) -> Event {
    // The first delivery is in Athena when the leg says that it is complete.
    let latest = (pipelines.lag - pipelines.delay).min(pipelines.arrival_after);
    let arrival = |part: f64, latest: i64| {
        let earliest = -pipelines.arrival_before;
        time + earliest + (part * (latest - earliest) as f64) as i64
    };
    let (mut revision, mut facts) = (time, facts);
    facts.answered = facts.answered.map(|after| time + after);
    let mut deliveries = vec![Delivery { arrival: arrival(first, latest), revision, facts }];
    for (part, changed) in again {
        if let Some(changed) = changed {
            revision += 1;
            facts = Facts { answered: changed.answered.map(|after| time + after), ..changed };
        }
        deliveries.push(Delivery { arrival: arrival(part, pipelines.arrival_after), revision, facts });
    }
    Event { key: format!("c{key:03}"), time, deliveries }
}

/// Worlds of up to `most` events.
pub fn world(most: usize) -> impl Strategy<Value = World> {
    let some = |most| proptest::collection::vec((place(), facts(), deliveries()), 0..=most);
    let events = prop_oneof![1 => some(4), 8 => some(60), 1 => some(most)];
    let span = proptest::sample::select(vec![3 * HOUR, 2 * DAY, 8 * DAY, 80 * DAY]);
    (pipelines(), span, events).prop_map(|(pipelines, span, events)| {
        let events = events
            .into_iter()
            .enumerate()
            .map(|(key, (place, facts, deliveries))| {
                event(key, time_of(place, &pipelines, span), facts, deliveries, &pipelines)
            })
            .collect();
        World { pipelines, events }
    })
}
