//! What the shifts starting on one London date do: an agent's day is walked from login to logout, and contacts follow.

use chrono::{Datelike, NaiveDate};
use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, Exp, LogNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use uuid::Uuid;

use super::activity::{AgentContact, AgentEvent, AgentEventType, AgentStatus, ContactState};
use super::contact::{Channel, Contact, Delivery, DisconnectReason, InitiationMethod, to_second};
use super::staff::random_uuid;
use super::volume::{SHIFT_LENGTH, load_at, shift_start};
use super::{Centre, HOUR, MINUTE, Millis, SECOND};

/// All contacts taken or lost around the shifts that start on one London date, and the deliveries of their records.
#[derive(Debug)]
pub struct ShiftDay {
    /// Contacts by the time they began.
    pub contacts: Vec<Contact>,
    /// Deliveries by arrival.
    pub deliveries: Vec<Delivery>,
}

/// How long after the start of its date a shift day can still have a delivery: night shift, contact, update, with room.
pub const SHIFT_DAY_REACH: Millis = 36 * HOUR;
/// How long before its first shift a contact of that shift can have begun: waiting, or a callback's first call.
pub const SHIFT_DAY_LEAD: Millis = 3 * HOUR;

impl ShiftDay {
    /// Generates the contacts of a date.
    #[must_use]
    pub fn generate(centre: &Centre, date: NaiveDate) -> Self {
        let (contacts, _) = simulate(centre, date);
        let mut deliveries: Vec<_> =
            (0..).zip(&contacts).flat_map(|(number, contact)| deliveries(number, contact)).collect();
        deliveries.sort_by_key(|delivery| (delivery.arrival, delivery.contact, delivery.revision));
        Self { contacts, deliveries }
    }
}

/// What the agents did in the shifts of a date, by time; without heartbeats.
pub(super) fn agent_events(centre: &Centre, date: NaiveDate) -> Vec<AgentEvent> {
    simulate(centre, date).1
}

fn simulate(centre: &Centre, date: NaiveDate) -> (Vec<Contact>, Vec<AgentEvent>) {
    let mut contacts = Vec::new();
    let mut events = Vec::new();
    for agent in (0..).take(centre.agents.len()) {
        if let Some(start) = shift_start(agent, date) {
            Shift::new(centre, date, agent, start, &mut contacts, &mut events).work();
        }
    }
    join_transfers(&mut contacts);
    contacts.sort_by_key(|contact| (contact.initiated, contact.id));
    (contacts, events)
}

/// One agent's shift while it is being walked.
struct Shift<'a> {
    agent: u32,
    queues: &'a [(u8, u32)],
    random: Xoshiro256PlusPlus,
    now: Millis,
    end: Millis,
    contacts: &'a mut Vec<Contact>,
    events: &'a mut Vec<AgentEvent>,
}

impl<'a> Shift<'a> {
    fn new(
        centre: &'a Centre,
        date: NaiveDate,
        agent: u32,
        start: Millis,
        contacts: &'a mut Vec<Contact>,
        events: &'a mut Vec<AgentEvent>,
    ) -> Self {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&centre.seed.to_le_bytes());
        seed[8..12].copy_from_slice(&date.num_days_from_ce().to_le_bytes());
        seed[12..16].copy_from_slice(&agent.to_le_bytes());
        seed[31] = 1;
        // Neighbouring seeds start alike; a jump parts them.
        let mut random = Xoshiro256PlusPlus::from_seed(seed);
        random.jump();
        let late: Millis = random.random_range(-4 * MINUTE..5 * MINUTE);
        Self {
            agent,
            queues: &centre.routing_profile(agent).queues,
            random,
            now: start + late,
            end: start + SHIFT_LENGTH,
            contacts,
            events,
        }
    }

    fn work(mut self) {
        let pauses = self.planned_pauses();
        let mut next_pause = pauses.iter().peekable();
        self.event(AgentEventType::Login, AgentStatus::Available, None);
        while self.now < self.end {
            if let Some((_, status, length)) = next_pause.next_if(|(at, ..)| *at <= self.now) {
                self.now += self.random.random_range(500..2_000);
                self.event(AgentEventType::StateChange, *status, None);
                self.now += length;
                self.event(AgentEventType::StateChange, AgentStatus::Available, None);
                continue;
            }
            let load = load_at(self.now);
            self.now += self.exponential(75.0 / load).clamp(2 * SECOND, 10 * MINUTE);
            if self.now < self.end {
                self.take_contact(load);
                self.lose_contacts(load);
            }
        }
        self.now += self.random.random_range(SECOND..30 * SECOND);
        self.event(AgentEventType::Logout, AgentStatus::Offline, None);
    }

    fn planned_pauses(&mut self) -> Vec<(Millis, AgentStatus, Millis)> {
        let start = self.now;
        let mut at = |after: Millis| start + after + self.random.random_range(-20 * MINUTE..20 * MINUTE);
        let mut pauses = vec![
            (at(2 * HOUR), AgentStatus::Break, 15 * MINUTE),
            (at(4 * HOUR), AgentStatus::Lunch, 45 * MINUTE),
            (at(6 * HOUR), AgentStatus::Break, 15 * MINUTE),
        ];
        if self.random.random_bool(0.1) {
            pauses.insert(1, (start + 3 * HOUR, AgentStatus::Training, 30 * MINUTE));
        }
        pauses
    }

    /// One contact from its first ring to the end of the after-contact work.
    fn take_contact(&mut self, load: f64) {
        let channel = self.pick_channel();
        let method = self.pick_method(channel);
        let mut contact = self.new_contact(channel, method);
        contact.agent = Some(self.agent);
        contact.attempts = 1;
        contact.queue = (contact.method != InitiationMethod::Outbound).then(|| self.pick_queue());
        if self.random.random_bool(0.015) {
            contact.attempts = 2;
            self.contact_event(&contact, ContactState::Connecting);
            self.now += 20 * SECOND;
            self.contact_event(&contact, ContactState::Missed);
            self.now += self.random.random_range(10 * SECOND..30 * SECOND);
            self.event(AgentEventType::StateChange, AgentStatus::Available, None);
            self.now += self.random.random_range(5 * SECOND..20 * SECOND);
        }
        self.contact_event(&contact, ContactState::Connecting);
        let offered = self.now;
        self.now += self.random.random_range(1_500..7_000);
        self.begin(&mut contact, offered, load);
        self.talk(&mut contact);
        self.contact_event(&contact, ContactState::Ended);
        self.now += self.skewed(45.0, 0.7).clamp(3 * SECOND, 10 * MINUTE);
        contact.completed = self.now;
        self.event(AgentEventType::StateChange, AgentStatus::Available, None);
        if contact.method == InitiationMethod::Callback {
            self.first_call_of(&mut contact);
        }
        self.contacts.push(contact);
    }

    /// Sets the times up to the moment the agent answers, which is now.
    fn begin(&mut self, contact: &mut Contact, offered: Millis, load: f64) {
        let answered = self.now;
        contact.connected_to_agent = Some(answered);
        let menu = match contact.channel {
            Channel::Voice if contact.method == InitiationMethod::Inbound => self.random.random_range(15_000..75_000),
            Channel::Voice => 1_200,
            Channel::Chat => self.random.random_range(2_000..10_000),
            Channel::Task | Channel::Email => 500,
        };
        let mut began = offered - 900;
        if contact.queue.is_some() {
            let enqueued = offered - self.wait(contact.channel, load);
            contact.enqueued = Some(enqueued);
            contact.dequeued = Some(answered);
            began = enqueued - menu;
        }
        contact.connected_to_system = began;
        contact.initiated = began - self.random.random_range(80..700);
    }

    /// Time in the queue before an agent's telephone rings.
    fn wait(&mut self, channel: Channel, load: f64) -> Millis {
        if self.random.random_bool((0.90 - 0.30 * load).clamp(0.2, 0.9)) {
            return self.random.random_range(100..1_500);
        }
        let mean = match channel {
            Channel::Voice => 35.0,
            Channel::Chat => 50.0,
            Channel::Task => 300.0,
            Channel::Email => 1_500.0,
        };
        self.exponential(mean * load).min(90 * MINUTE)
    }

    fn talk(&mut self, contact: &mut Contact) {
        let answered = self.now;
        self.contact_event(contact, ContactState::Connected);
        let mean = match contact.channel {
            Channel::Voice => 250.0,
            Channel::Chat => 330.0,
            Channel::Email => 280.0,
            Channel::Task => 200.0,
        };
        let length = self.skewed(mean, 0.6).clamp(15 * SECOND, 40 * MINUTE);
        contact.disconnected = answered + length;
        if contact.channel == Channel::Voice && length > 90 * SECOND && self.random.random_bool(0.25) {
            self.hold(contact, answered, length);
        }
        self.now = contact.disconnected;
        contact.reason = match self.random.random_range(0..100) {
            0..68 => DisconnectReason::Customer,
            68..99 => DisconnectReason::Agent,
            _ => DisconnectReason::Telecom,
        };
    }

    /// Up to three holds in equal parts of the talk, so that they cannot overlap.
    fn hold(&mut self, contact: &mut Contact, answered: Millis, length: Millis) {
        let count = self.random.random_range(1..=3_i64).min(length / (60 * SECOND));
        let part = length / count;
        for number in 0..count {
            let held = self.exponential(30.0).clamp(5 * SECOND, part - 10 * SECOND);
            let start = answered + number * part + self.random.random_range(SECOND..part - held - SECOND);
            contact.holds.push((start, held));
            self.now = start;
            self.contact_event(contact, ContactState::ConnectedOnHold);
            self.now = start + held;
            self.contact_event(contact, ContactState::Connected);
        }
    }

    /// The inbound call after which a callback was promised.
    fn first_call_of(&mut self, callback: &mut Contact) {
        let mut call = self.new_contact(Channel::Voice, InitiationMethod::Inbound);
        call.initiated = callback.initiated - self.random.random_range(8 * MINUTE..45 * MINUTE);
        call.connected_to_system = call.initiated + 600;
        call.disconnected = call.initiated + self.random.random_range(40 * SECOND..120 * SECOND);
        call.completed = call.disconnected;
        call.reason = DisconnectReason::Flow;
        call.next = callback.id;
        callback.previous = call.id;
        callback.initial = call.id;
        callback.initiated = call.disconnected;
        callback.connected_to_system = call.disconnected;
        self.contacts.push(call);
    }

    /// Contacts about this time that no agent took: given up in the queue, served by the menu, callbacks not answered.
    fn lose_contacts(&mut self, load: f64) {
        if self.random.random_bool((0.02 + 0.04 * load).min(0.2)) {
            let channel = if self.random.random_bool(0.8) { Channel::Voice } else { Channel::Chat };
            let mut contact = self.new_contact(channel, first_method(channel));
            contact.queue = Some(self.pick_queue());
            let began = self.now - self.random.random_range(0..5 * MINUTE);
            let enqueued = began + self.random.random_range(12_000..70_000);
            let given_up = enqueued + self.exponential(70.0).clamp(2 * SECOND, 12 * MINUTE);
            contact.initiated = began;
            contact.connected_to_system = began + 500;
            contact.enqueued = Some(enqueued);
            contact.dequeued = Some(given_up);
            contact.disconnected = given_up;
            contact.completed = given_up;
            self.contacts.push(contact);
        }
        if self.random.random_bool(0.10) {
            let mut contact = self.new_contact(Channel::Voice, InitiationMethod::Inbound);
            contact.initiated = self.now - self.random.random_range(0..5 * MINUTE);
            contact.connected_to_system = contact.initiated + 500;
            contact.disconnected = contact.initiated + self.random.random_range(12_000..140_000);
            contact.completed = contact.disconnected;
            self.contacts.push(contact);
        }
        if self.random.random_bool(0.003) {
            let mut contact = self.new_contact(Channel::Voice, InitiationMethod::Callback);
            contact.queue = Some(self.pick_queue());
            contact.initiated = self.now - self.random.random_range(MINUTE..20 * MINUTE);
            contact.connected_to_system = contact.initiated;
            contact.enqueued = Some(contact.initiated + 400);
            contact.dequeued = Some(contact.initiated + self.random.random_range(5_000..40_000));
            contact.disconnected = contact.initiated + 65 * SECOND;
            contact.completed = contact.disconnected;
            contact.reason = DisconnectReason::Flow;
            self.contacts.push(contact);
        }
    }

    fn new_contact(&mut self, channel: Channel, method: InitiationMethod) -> Contact {
        Contact {
            id: random_uuid(&mut self.random),
            initial: Uuid::nil(),
            previous: Uuid::nil(),
            next: Uuid::nil(),
            channel,
            method,
            reason: DisconnectReason::Customer,
            queue: None,
            agent: None,
            initiated: self.now,
            connected_to_system: self.now,
            enqueued: None,
            dequeued: None,
            connected_to_agent: None,
            disconnected: self.now,
            completed: self.now,
            transferred: None,
            holds: Vec::new(),
            attempts: 0,
        }
    }

    fn pick_channel(&mut self) -> Channel {
        match self.random.random_range(0..100) {
            0..68 => Channel::Voice,
            68..88 => Channel::Chat,
            88..95 => Channel::Email,
            _ => Channel::Task,
        }
    }

    fn pick_method(&mut self, channel: Channel) -> InitiationMethod {
        match (channel, self.random.random_range(0..100)) {
            (Channel::Voice | Channel::Chat, 0..8) => InitiationMethod::Transfer,
            (Channel::Voice, 8..11) => InitiationMethod::Callback,
            (Channel::Voice, 11..15) => InitiationMethod::Outbound,
            _ => first_method(channel),
        }
    }

    fn pick_queue(&mut self) -> u8 {
        let mut place = self.random.random_range(0..self.queues.iter().map(|(_, weight)| weight).sum::<u32>().max(1));
        for &(queue, weight) in self.queues {
            if place < weight {
                return queue;
            }
            place -= weight;
        }
        0
    }

    /// A time in milliseconds of an exponential distribution with this mean in seconds.
    fn exponential(&mut self, mean_seconds: f64) -> Millis {
        Exp::new(1.0 / mean_seconds).map_or(0, |law| milliseconds(law.sample(&mut self.random)))
    }

    /// A time in milliseconds of a log-normal distribution with this mean in seconds.
    fn skewed(&mut self, mean_seconds: f64, spread: f64) -> Millis {
        LogNormal::new(mean_seconds.ln() - spread * spread / 2.0, spread)
            .map_or(0, |law| milliseconds(law.sample(&mut self.random)))
    }

    fn event(&mut self, event_type: AgentEventType, status: AgentStatus, contact: Option<AgentContact>) {
        self.events.push(AgentEvent { agent: self.agent, at: self.now, event_type, status, contact });
    }

    fn contact_event(&mut self, contact: &Contact, state: ContactState) {
        let contact = AgentContact { id: contact.id, channel: contact.channel, queue: contact.queue, state };
        self.event(AgentEventType::StateChange, AgentStatus::Available, Some(contact));
    }
}

/// How a contact begins when nothing precedes it.
fn first_method(channel: Channel) -> InitiationMethod {
    match channel {
        Channel::Voice | Channel::Email => InitiationMethod::Inbound,
        Channel::Chat | Channel::Task => InitiationMethod::Api,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a length of time of at most hours")]
fn milliseconds(seconds: f64) -> Millis {
    (seconds * 1_000.0) as Millis
}

/// Finds, for every contact that began as a transfer, a contact of the same channel that another agent has just ended
/// and makes the one continue the other; a transfer for which there is none becomes an ordinary contact.
fn join_transfers(contacts: &mut [Contact]) {
    let mut ended: Vec<usize> = (0..contacts.len()).filter(|&i| contacts[i].agent.is_some()).collect();
    ended.sort_by_key(|&i| (contacts[i].disconnected, contacts[i].id));
    let mut arrivals: Vec<usize> =
        ended.iter().copied().filter(|&i| contacts[i].method == InitiationMethod::Transfer).collect();
    arrivals.sort_by_key(|&i| (contacts[i].connected_to_agent, contacts[i].id));
    for arrival in arrivals {
        let answered = contacts[arrival].connected_to_agent.unwrap_or_default();
        let (earliest, latest) = (answered - 180 * SECOND, answered - 10 * SECOND);
        let from = ended.partition_point(|&i| contacts[i].disconnected < earliest);
        let to = ended.partition_point(|&i| contacts[i].disconnected <= latest);
        let source = ended[from..to].iter().rev().copied().find(|&i| {
            let (source, arrival) = (&contacts[i], &contacts[arrival]);
            source.channel == arrival.channel && source.agent != arrival.agent && source.next.is_nil()
        });
        let Some(source) = source else {
            contacts[arrival].method = first_method(contacts[arrival].channel);
            continue;
        };
        let handed_on = contacts[source].disconnected;
        let (source_id, initial) = (contacts[source].id, contacts[source].initial);
        contacts[source].next = contacts[arrival].id;
        contacts[source].transferred = Some(handed_on);
        contacts[source].reason = DisconnectReason::Agent;
        let contact = &mut contacts[arrival];
        contact.previous = source_id;
        contact.initial = if initial.is_nil() { source_id } else { initial };
        contact.initiated = handed_on;
        contact.connected_to_system = handed_on;
        contact.enqueued = Some(handed_on + 400);
    }
}

/// The record comes once the after-contact work is done, now and then twice, and again when it is updated later.
pub(super) fn deliveries(number: u32, contact: &Contact) -> impl Iterator<Item = Delivery> {
    let delay = |salt| 2 * SECOND + Millis::from(contact.chance(salt) % 30_000);
    let last_update = to_second(contact.completed) + SECOND;
    let first = Delivery { arrival: last_update + delay(1), last_update, contact: number, revision: 0 };
    let repeat = contact.chance(2).is_multiple_of(200).then(|| Delivery { arrival: first.arrival + delay(3), ..first });
    let update = (contact.chance(4) % 100 < 3).then(|| {
        let last_update = last_update + to_second(2 * MINUTE + Millis::from(contact.chance(5)) % (2 * HOUR));
        Delivery { arrival: last_update + delay(6), last_update, contact: number, revision: 1 }
    });
    [Some(first), repeat, update].into_iter().flatten()
}

#[cfg(test)]
#[path = "shift_tests.rs"]
mod tests;
