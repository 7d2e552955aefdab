//! The shift days that were generated so far, and what of them each service shows at an instant.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use chrono::{Days, NaiveDate};

use super::activity::{AgentEvent, ContactEvent, QueueSample, contact_events, with_heartbeats};
use super::contact::{Contact, Delivery};
use super::shift::{SHIFT_DAY_LEAD, SHIFT_DAY_REACH, ShiftDay, agent_events, deliveries};
use super::volume::business_date;
use super::{Centre, Clock, HOUR, MINUTE, Millis};

/// Shift days whose events are kept expanded: a scan walks through time, each of its streams over three at once.
const EXPANDED_DAYS: usize = 12;

/// Everything that has happened and will happen, generated as it is asked for.
#[derive(Debug)]
pub struct History {
    /// The centre it happens in.
    pub centre: Arc<Centre>,
    /// The clock that says how much of it is past.
    pub clock: Clock,
    /// Nothing arrived before this instant.
    pub start: Millis,
    /// How far back Timestream reaches.
    pub retention: Millis,
    /// How late Athena is.
    pub lag: Millis,
    days: RwLock<BTreeMap<NaiveDate, Arc<ShiftDay>>>,
    agent_events: Expanded<Vec<AgentEvent>>,
    contact_events: Expanded<Vec<ContactEvent>>,
}

/// A contact's record as one delivery brought it.
#[derive(Debug, Clone)]
pub struct DeliveredContact {
    day: Arc<ShiftDay>,
    /// Which delivery.
    pub delivery: Delivery,
}

impl DeliveredContact {
    /// The contact.
    #[must_use]
    pub fn contact(&self) -> &Contact {
        &self.day.contacts[self.delivery.contact as usize]
    }
}

impl History {
    /// A history that begins at `start`.
    #[must_use]
    pub fn new(centre: Arc<Centre>, clock: Clock, start: Millis, retention: Millis, lag: Millis) -> Self {
        Self {
            centre,
            clock,
            start,
            retention,
            lag,
            days: RwLock::default(),
            agent_events: Mutex::default(),
            contact_events: Mutex::default(),
        }
    }

    /// What the services show now.
    #[must_use]
    pub fn snapshot(self: &Arc<Self>) -> Snapshot {
        Snapshot { history: Arc::clone(self), now: self.clock.now() }
    }

    /// The shift days that have to be there for all that has arrived until `instant`.
    #[must_use]
    pub fn dates_until(&self, instant: Millis) -> Vec<NaiveDate> {
        dates(self.start, instant).collect()
    }

    /// A shift day, generated if it is not there yet.
    #[must_use]
    pub fn day(&self, date: NaiveDate) -> Arc<ShiftDay> {
        if let Some(day) = self.days.read().unwrap_or_else(PoisonError::into_inner).get(&date) {
            return Arc::clone(day);
        }
        let day = Arc::new(ShiftDay::generate(&self.centre, date));
        Arc::clone(self.days.write().unwrap_or_else(PoisonError::into_inner).entry(date).or_insert(day))
    }

    fn agent_events(&self, date: NaiveDate) -> Arc<Vec<AgentEvent>> {
        kept(&self.agent_events, date, || with_heartbeats(&agent_events(&self.centre, date)))
    }

    fn contact_events(&self, date: NaiveDate) -> Arc<Vec<ContactEvent>> {
        kept(&self.contact_events, date, || contact_events(&self.day(date).contacts))
    }
}

/// What is expanded of the dates that were last asked for, the latest last.
type Expanded<T> = Mutex<Vec<(NaiveDate, Arc<T>)>>;

/// What is expanded of a date, made if it is not there.
fn kept<T>(store: &Expanded<T>, date: NaiveDate, make: impl FnOnce() -> T) -> Arc<T> {
    fn lock<T>(store: &Expanded<T>) -> MutexGuard<'_, Vec<(NaiveDate, Arc<T>)>> {
        store.lock().unwrap_or_else(PoisonError::into_inner)
    }
    let found = {
        let mut days = lock(store);
        days.iter().position(|(day, _)| *day == date).map(|place| days.remove(place).1)
    };
    let kept = found.unwrap_or_else(|| Arc::new(make()));
    let mut days = lock(store);
    days.push((date, Arc::clone(&kept)));
    if days.len() > EXPANDED_DAYS {
        days.remove(0);
    }
    kept
}

/// The dates whose shift days can have anything in `[from, to)`.
fn dates(from: Millis, to: Millis) -> impl Iterator<Item = NaiveDate> {
    let last = business_date(to + SHIFT_DAY_LEAD);
    std::iter::successors(Some(business_date(from - SHIFT_DAY_REACH)), |date| date.checked_add_days(Days::new(1)))
        .take_while(move |date| *date <= last)
}

/// Which of an event's two times a range speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// When it happened.
    Event,
    /// When it arrived in the stream.
    Arrival,
}

/// The state of the world at one instant. All ranges are half-open.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The history it is a state of.
    pub history: Arc<History>,
    /// The instant.
    pub now: Millis,
}

impl Snapshot {
    /// The instants between which Timestream holds events.
    #[must_use]
    pub fn realtime_range(&self) -> (Millis, Millis) {
        ((self.now - self.history.retention).max(self.history.start), self.now)
    }

    /// The instants of arrival between which Athena holds records and events.
    #[must_use]
    pub fn historical_range(&self) -> (Millis, Millis) {
        (self.history.start, (self.now - self.history.lag).max(self.history.start))
    }

    /// Records that arrived in a range, repeats and updates as records of their own, by arrival.
    #[must_use]
    pub fn contacts_arrived(&self, from: Millis, to: Millis) -> Vec<DeliveredContact> {
        let mut found = Vec::new();
        for date in dates(from, to) {
            let day = self.history.day(date);
            let first = day.deliveries.partition_point(|delivery| delivery.arrival < from);
            let end = day.deliveries.partition_point(|delivery| delivery.arrival < to);
            found.extend(
                day.deliveries[first..end.max(first)]
                    .iter()
                    .map(|&delivery| DeliveredContact { day: Arc::clone(&day), delivery }),
            );
        }
        found
    }

    /// Of the deliveries of a delivered contact the latest that Athena has; of equals the first.
    #[must_use]
    pub fn latest_arrived(&self, delivered: &DeliveredContact) -> Option<Delivery> {
        let (start, end) = self.historical_range();
        deliveries(delivered.delivery.contact, delivered.contact())
            .filter(|delivery| (start..end).contains(&delivery.arrival))
            .reduce(|latest, next| if next.last_update > latest.last_update { next } else { latest })
    }

    /// Contacts that began in a range and whose record has arrived, each in its latest state.
    #[must_use]
    pub fn contacts_begun(&self, from: Millis, to: Millis) -> Vec<DeliveredContact> {
        let mut found = Vec::new();
        for date in dates(from, to) {
            let day = self.history.day(date);
            let first = day.contacts.partition_point(|contact| contact.initiated < from);
            let end = day.contacts.partition_point(|contact| contact.initiated < to);
            for number in first..end {
                let contact = &day.contacts[number];
                let latest = deliveries(u32::try_from(number).unwrap_or(u32::MAX), contact)
                    .filter(|delivery| delivery.arrival <= self.now && delivery.arrival >= self.history.start)
                    .max_by_key(|delivery| delivery.last_update);
                found.extend(latest.map(|delivery| DeliveredContact { day: Arc::clone(&day), delivery }));
            }
        }
        found
    }

    /// Contact events of a range that have arrived, with their contacts.
    #[must_use]
    pub fn contact_events(&self, by: By, from: Millis, to: Millis) -> Vec<(Arc<ShiftDay>, ContactEvent)> {
        let mut found = Vec::new();
        for date in dates(from, to) {
            let events = self.history.contact_events(date);
            let day = self.history.day(date);
            // Arrival follows the event within seconds.
            let first = events.partition_point(|event| event.at < from - MINUTE);
            found.extend(
                events[first..]
                    .iter()
                    .take_while(|event| event.at < to)
                    .filter(|event| self.is_in(by, event.at, event.arrival(), from, to))
                    .map(|event| (Arc::clone(&day), *event)),
            );
        }
        found
    }

    /// Agent events of a range that have arrived.
    #[must_use]
    pub fn agent_events(&self, by: By, from: Millis, to: Millis) -> Vec<AgentEvent> {
        let mut found = Vec::new();
        for date in dates(from, to) {
            let events = self.history.agent_events(date);
            let first = events.partition_point(|event| event.at < from - MINUTE);
            found.extend(
                events[first..]
                    .iter()
                    .take_while(|event| event.at < to)
                    .filter(|event| self.is_in(by, event.at, event.arrival(), from, to))
                    .copied(),
            );
        }
        found
    }

    fn is_in(&self, by: By, at: Millis, arrival: Millis, from: Millis, to: Millis) -> bool {
        let time = if by == By::Event { at } else { arrival };
        (from..to).contains(&time) && arrival <= self.now && arrival >= self.history.start
    }

    /// The state of every queue at every full minute of a range.
    #[must_use]
    pub fn queue_samples(&self, from: Millis, to: Millis) -> Vec<QueueSample> {
        let first = from.div_euclid(MINUTE) + Millis::from(from.rem_euclid(MINUTE) > 0);
        let end = to.min(self.now + 1).div_euclid(MINUTE) + Millis::from(to.min(self.now + 1).rem_euclid(MINUTE) > 0);
        let queues = u8::try_from(self.history.centre.queues.len()).unwrap_or(u8::MAX);
        let mut samples: Vec<_> = (first..end)
            .flat_map(|minute| {
                (0..queues).map(move |queue| QueueSample {
                    at: minute * MINUTE,
                    queue,
                    waiting: 0,
                    oldest_wait: 0,
                    agents_available: 0,
                })
            })
            .collect();
        let mut within = |queue: u8, since: Millis, until: Millis, change: &mut dyn FnMut(&mut QueueSample)| {
            let begin = since.div_euclid(MINUTE) + Millis::from(since.rem_euclid(MINUTE) > 0);
            let mut minute = begin.max(first);
            while minute < end && minute * MINUTE < until {
                let place = usize::try_from(minute - first).unwrap_or(0) * usize::from(queues) + usize::from(queue);
                if let Some(sample) = samples.get_mut(place) {
                    change(sample);
                }
                minute += 1;
            }
        };
        for date in dates(from, to) {
            for contact in &self.history.day(date).contacts {
                if let (Some(queue), Some(since), Some(until)) = (contact.queue, contact.enqueued, contact.dequeued) {
                    within(queue, since, until, &mut |sample| {
                        sample.waiting += 1;
                        sample.oldest_wait = sample.oldest_wait.max(sample.at - since);
                    });
                }
            }
            for (event, until) in free_times(&self.history.agent_events(date)) {
                for &(queue, _) in &self.history.centre.routing_profile(event.agent).queues {
                    within(queue, event.at, until, &mut |sample| sample.agents_available += 1);
                }
            }
        }
        samples
    }

    /// The full hours that have anything of a range in them.
    #[must_use]
    pub fn hours(from: Millis, to: Millis) -> Vec<Millis> {
        let first = from.div_euclid(HOUR);
        let end = to.div_euclid(HOUR) + Millis::from(to.rem_euclid(HOUR) > 0);
        (first..end).map(|hour| hour * HOUR).collect()
    }
}

/// The times in which an agent was free to take a contact: the event that began it, and its end.
fn free_times(events: &[AgentEvent]) -> Vec<(AgentEvent, Millis)> {
    let mut since: BTreeMap<u32, AgentEvent> = BTreeMap::new();
    let mut times = Vec::new();
    for event in events {
        if let Some(begun) = since.remove(&event.agent) {
            times.push((begun, event.at));
        }
        if event.activity() == "Available" {
            since.insert(event.agent, *event);
        }
    }
    times
}
