//! The schedule against a simulated Athena, in simulated time: how late an end is seen, and how many calls that takes.

use super::*;

const MILLISECOND: Duration = Duration::from_millis(1);
/// What Athena grants an account.
const BATCH_QUOTA: usize = 20;
const SINGLE_QUOTA: usize = 100;

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

struct Athena {
    /// Start and end of each execution, since the beginning.
    executions: Vec<(Duration, Duration)>,
    /// How long a call takes.
    latency: Duration,
    /// When calls are throttled.
    throttled: std::ops::Range<Duration>,
    /// Whether BatchGetQueryExecution is granted.
    batches: bool,
}

#[derive(Default)]
struct Observed {
    /// When calls were made.
    batches: Vec<Duration>,
    singles: Vec<Duration>,
    /// How late each end was seen.
    late: Vec<Duration>,
    /// When each execution was first looked at, after its start.
    first_looks: HashMap<usize, Duration>,
}

impl Athena {
    fn observe(&self) -> Observed {
        let (start, mut now) = (Instant::now(), Duration::ZERO);
        let mut schedule = Schedule::new(start, 7);
        let mut observed = Observed::default();
        let mut under_way: Vec<(Duration, Look)> = Vec::new();
        let mut to_start: Vec<usize> = (0..self.executions.len()).collect();
        while observed.late.len() < self.executions.len() {
            assert!(now < secs(600), "an end was never seen");
            let at = start + now;
            to_start.retain(|index| {
                let due = self.executions[*index].0 <= now;
                if due {
                    schedule.add(index.to_string(), at);
                }
                !due
            });
            let (answered, waiting) = under_way.into_iter().partition(|(until, _)| *until <= now);
            under_way = waiting;
            for (_, look) in answered {
                self.answer(&look, now, at, &mut schedule, &mut observed);
            }
            while schedule.wake().is_some_and(|wake| wake <= at)
                && let Some(look) = schedule.next(at)
            {
                assert!(look.ids().len() <= MOST_IDS && !look.ids().is_empty());
                match look {
                    Look::Batch(_) => observed.batches.push(now),
                    Look::Single(_) => observed.singles.push(now),
                }
                for id in look.ids() {
                    let index: usize = id.parse().expect("ids are numbers");
                    observed.first_looks.entry(index).or_insert_with(|| now.saturating_sub(self.executions[index].0));
                }
                under_way.push((now + self.latency, look));
            }
            now += MILLISECOND;
        }
        observed
    }

    fn answer(&self, look: &Look, now: Duration, at: Instant, schedule: &mut Schedule, observed: &mut Observed) {
        if self.throttled.contains(&now) {
            return schedule.throttled(look, at);
        }
        if matches!(look, Look::Batch(_)) && !self.batches {
            return schedule.batch_failed(look, true, at);
        }
        schedule.answered(look);
        // What Athena knew when the call was half-way.
        let known = now.saturating_sub(self.latency / 2);
        for id in look.ids() {
            let (_, end) = self.executions[id.parse::<usize>().expect("ids are numbers")];
            if end <= known {
                schedule.remove(id);
                observed.late.push(now.saturating_sub(end));
            } else {
                schedule.seen(id, at);
            }
        }
    }
}

/// The most calls within any one second.
fn busiest_second(calls: &[Duration]) -> usize {
    calls
        .iter()
        .map(|from| calls.iter().filter(|call| (*from..*from + secs(1)).contains(*call)).count())
        .max()
        .unwrap_or(0)
}

/// `count` executions, started within `within`, each of about `duration`.
fn executions(count: u64, within: Duration, duration: Duration) -> Vec<(Duration, Duration)> {
    let mut random = StdRng::seed_from_u64(count);
    (0..count)
        .map(|_| {
            let start = within.mul_f64(random.random());
            (start, start + duration.mul_f64(random.random_range(0.9..=1.0)))
        })
        .collect()
}

#[test]
fn the_end_of_a_ten_second_query_is_seen_within_a_quarter_of_a_second() {
    for (count, within) in [(1, ms(0)), (10, secs(5)), (100, ms(0)), (100, ms(100)), (100, secs(2)), (100, secs(10))] {
        for latency in [ms(5), ms(40)] {
            let athena = Athena {
                executions: executions(count, within, secs(10)),
                latency,
                throttled: secs(0)..secs(0),
                batches: true,
            };
            let observed = athena.observe();
            let latest = observed.late.iter().max().expect("some ended");
            assert!(*latest <= ms(250), "{count} within {within:?}, calls of {latency:?}: {latest:?}");
            let busiest = busiest_second(&observed.batches);
            assert!(busiest < BATCH_QUOTA, "{count} within {within:?}: {busiest} calls in one second");
            assert!(observed.singles.is_empty());
        }
    }
}

#[test]
fn the_first_look_comes_after_a_tenth_of_a_second() {
    let athena =
        Athena { executions: vec![(ms(500), ms(510))], latency: ms(10), throttled: secs(0)..secs(0), batches: true };
    let observed = athena.observe();
    assert_eq!(observed.first_looks.get(&0), Some(&ms(100)));
    assert_eq!(observed.late, [ms(100)], "ended after 10 ms, looked at after 100 ms, and the call takes 10 ms");
}

#[test]
fn a_long_query_costs_few_calls() {
    let athena = Athena {
        executions: executions(1, secs(0), secs(300)),
        latency: ms(10),
        throttled: secs(0)..secs(0),
        batches: true,
    };
    let observed = athena.observe();
    assert!(observed.batches.len() < 450, "{} calls for five minutes", observed.batches.len());
    assert!(observed.late.iter().all(|late| *late <= ms(1200)), "{:?}", observed.late);
}

#[test]
fn looks_at_a_hundred_executions_share_calls() {
    let athena = Athena {
        executions: executions(100, secs(1), secs(10)),
        latency: ms(20),
        throttled: secs(0)..secs(0),
        batches: true,
    };
    let calls = athena.observe().batches.len();
    assert!(calls < 200, "{calls} calls for 100 executions of 10 s");
}

#[test]
fn without_batches_a_hundred_executions_stay_within_the_other_quota() {
    let athena = Athena {
        executions: executions(100, secs(1), secs(10)),
        latency: ms(20),
        throttled: secs(0)..secs(0),
        batches: false,
    };
    let observed = athena.observe();
    assert_eq!(observed.batches.len(), 1, "one is enough to know");
    assert!(busiest_second(&observed.singles) < SINGLE_QUOTA);
    assert!(observed.late.iter().all(|late| *late <= ms(1500)), "{:?}", observed.late.iter().max());
}

#[test]
fn throttling_slows_the_looks_down_and_loses_nobody() {
    let throttled = secs(2)..secs(6);
    let athena = Athena {
        executions: executions(100, secs(1), secs(20)),
        latency: ms(20),
        throttled: throttled.clone(),
        batches: true,
    };
    let observed = athena.observe();
    let during = observed.batches.iter().filter(|call| throttled.contains(*call)).count();
    assert!(during < 16, "{during} calls in four seconds of throttling");
    assert_eq!(observed.late.len(), 100);
    assert!(observed.late.iter().all(|late| *late <= ms(500)), "{:?}", observed.late.iter().max());
}

#[test]
fn an_execution_is_given_up_after_twenty_seconds_of_failures() {
    let start = Instant::now();
    let mut schedule = Schedule::new(start, 7);
    schedule.add("a".to_owned(), start);
    let mut now = start;
    let given_up = loop {
        now = schedule.wake().expect("it waits").max(now);
        let Some(look) = schedule.next(now) else { continue };
        if !schedule.failed(&look, now).is_empty() {
            break now - start;
        }
    };
    assert!((PATIENCE..PATIENCE + secs(1)).contains(&given_up), "{given_up:?}");
}

#[test]
fn one_good_look_forgives_earlier_failures() {
    let start = Instant::now();
    let mut schedule = Schedule::new(start, 7);
    schedule.add("a".to_owned(), start);
    let mut now = start;
    for round in 0..100 {
        now = schedule.wake().expect("it waits").max(now) + ms(1);
        let look = schedule.next(now).expect("due");
        if round % 30 == 29 {
            schedule.seen("a", now);
        } else {
            assert_eq!(schedule.failed(&look, now), Vec::<String>::new(), "{round}");
        }
    }
    assert!(now - start > PATIENCE);
}

#[test]
fn batches_are_tried_again_after_a_while() {
    let start = Instant::now();
    let mut schedule = Schedule::new(start, 7);
    schedule.add("a".to_owned(), start);
    let batch = schedule.next(start + BRISK).expect("due");
    assert_eq!(batch, Look::Batch(vec!["a".to_owned()]));
    schedule.batch_failed(&batch, true, start + BRISK);
    assert_eq!(schedule.next(start + BRISK), Some(Look::Single("a".to_owned())));
    schedule.seen("a", start + BRISK);
    assert!(matches!(schedule.next(start + BRISK + WITHOUT_BATCHES), Some(Look::Batch(_))));
}

#[test]
fn nothing_to_wait_for_is_no_time_to_wake() {
    let start = Instant::now();
    let mut schedule = Schedule::new(start, 7);
    assert_eq!(schedule.wake(), None);
    schedule.add("a".to_owned(), start);
    assert_eq!(schedule.wake(), Some(start + BRISK));
    schedule.next(start + BRISK).expect("due");
    assert_eq!(schedule.wake(), None, "the look is under way");
    schedule.remove("a");
    assert_eq!(schedule.wake(), None);
}
