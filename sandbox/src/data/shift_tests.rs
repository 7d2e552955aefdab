use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use super::*;
use crate::data::{AgentStatus, Centre, DAY};

fn date() -> NaiveDate {
    // A Wednesday without a change of clocks near it.
    "2026-11-18".parse().unwrap()
}

fn day() -> (Centre, ShiftDay) {
    let centre = Centre::new(1, 200);
    let day = ShiftDay::generate(&centre, date());
    (centre, day)
}

#[test]
fn a_date_is_the_same_whenever_it_is_generated() {
    let (centre, day) = day();
    let again = ShiftDay::generate(&Centre::new(1, 200), date());
    assert_eq!(format!("{:?}", day.contacts), format!("{:?}", again.contacts));
    assert_eq!(day.deliveries, again.deliveries);
    let other = ShiftDay::generate(&centre, date().succ_opt().unwrap());
    assert_ne!(day.contacts[0].id, other.contacts[0].id);
}

#[test]
fn an_agent_at_work_takes_about_sixty_contacts() {
    let (_, day) = day();
    let mut taken: HashMap<u32, usize> = HashMap::new();
    day.contacts.iter().filter_map(|contact| contact.agent).for_each(|agent| *taken.entry(agent).or_default() += 1);
    let mean = taken.values().sum::<usize>() / taken.len();
    assert!((50..70).contains(&mean), "{mean} contacts an agent");
}

#[test]
fn times_follow_one_another() {
    let (_, day) = day();
    for contact in &day.contacts {
        let times = [
            Some(contact.initiated),
            Some(contact.connected_to_system),
            contact.enqueued,
            contact.dequeued,
            contact.connected_to_agent,
            Some(contact.disconnected),
            Some(contact.completed),
        ];
        let times: Vec<_> = times.into_iter().flatten().collect();
        assert!(times.is_sorted(), "{contact:?}");
        assert_eq!(contact.agent.is_some(), contact.connected_to_agent.is_some());
        assert_eq!(contact.queue.is_some(), contact.enqueued.is_some());
        let mut end = contact.connected_to_agent.unwrap_or_default();
        for (start, length) in &contact.holds {
            assert!(*start >= end && start + length <= contact.disconnected, "{contact:?}");
            end = start + length;
        }
    }
}

#[test]
fn an_agent_has_one_contact_at_a_time() {
    let (_, day) = day();
    let mut busy: HashMap<u32, Vec<(Millis, Millis)>> = HashMap::new();
    for contact in &day.contacts {
        if let (Some(agent), Some(since)) = (contact.agent, contact.connected_to_agent) {
            busy.entry(agent).or_default().push((since, contact.completed));
        }
    }
    for spans in busy.values_mut() {
        spans.sort_unstable();
        assert!(spans.windows(2).all(|pair| pair[0].1 <= pair[1].0));
    }
}

#[test]
fn a_transfer_continues_a_contact_that_another_agent_handed_on() {
    let (_, day) = day();
    let by_id: HashMap<_, _> = day.contacts.iter().map(|contact| (contact.id, contact)).collect();
    let transfers: Vec<_> =
        day.contacts.iter().filter(|contact| contact.method == InitiationMethod::Transfer).collect();
    assert!(transfers.len() * 100 / day.contacts.len() >= 3, "{} transfers", transfers.len());
    for transfer in transfers {
        let source = by_id[&transfer.previous];
        assert_eq!((source.next, source.transferred), (transfer.id, Some(transfer.initiated)));
        assert_ne!(source.agent, transfer.agent);
        assert_eq!(transfer.initial, if source.initial.is_nil() { source.id } else { source.initial });
    }
}

#[test]
fn a_callback_follows_a_call_that_was_not_queued() {
    let (_, day) = day();
    let by_id: HashMap<_, _> = day.contacts.iter().map(|contact| (contact.id, contact)).collect();
    let answered =
        day.contacts.iter().filter(|contact| contact.method == InitiationMethod::Callback && contact.agent.is_some());
    let mut count = 0;
    for callback in answered {
        let call = by_id[&callback.previous];
        assert_eq!((call.next, call.queue, call.method), (callback.id, None, InitiationMethod::Inbound));
        assert!(call.disconnected <= callback.initiated);
        count += 1;
    }
    assert!(count > 50, "{count} callbacks");
}

#[test]
fn the_key_figures_are_those_of_a_contact_centre() {
    let (_, day) = day();
    let count = |test: &dyn Fn(&Contact) -> bool| day.contacts.iter().filter(|contact| test(contact)).count();
    let offered = count(&|contact| contact.queue.is_some());
    let answered = count(&|contact| contact.agent.is_some() && contact.queue_seconds().is_some_and(|wait| wait <= 20));
    let abandoned = count(&|contact| contact.queue.is_some() && contact.agent.is_none());
    assert!((55..90).contains(&(answered * 100 / offered)), "service level {} %", answered * 100 / offered);
    assert!((2..12).contains(&(abandoned * 100 / offered)), "abandoned {} %", abandoned * 100 / offered);
    let mut hours: BTreeMap<Millis, usize> = BTreeMap::new();
    day.contacts.iter().for_each(|contact| *hours.entry(contact.initiated.rem_euclid(DAY) / HOUR).or_default() += 1);
    let busiest = hours.values().max().unwrap() * 100 / day.contacts.len();
    assert!((8..16).contains(&busiest), "the busiest hour has {busiest} %");
}

#[test]
fn some_records_come_again_and_some_are_updated() {
    let (_, day) = day();
    let contacts = day.contacts.len();
    assert!(day.deliveries.is_sorted_by_key(|delivery| delivery.arrival));
    let updates = day.deliveries.iter().filter(|delivery| delivery.revision == 1).count();
    let repeats = day.deliveries.len() - contacts - updates;
    assert!((20..40).contains(&(updates * 1_000 / contacts)), "{updates} updates of {contacts}");
    assert!((2..9).contains(&(repeats * 1_000 / contacts)), "{repeats} repeats of {contacts}");
    for delivery in &day.deliveries {
        assert!(delivery.arrival >= delivery.last_update);
        assert!(delivery.last_update > day.contacts[delivery.contact as usize].completed - SECOND);
    }
}

#[test]
fn a_record_is_final_six_hours_after_its_contact_began() {
    // The lag that provisioning/datasources/switchboard-sandbox.yaml gives to contacts, less Athena's quarter of an hour.
    let (_, day) = day();
    for delivery in &day.deliveries {
        let began = to_second(day.contacts[delivery.contact as usize].initiated);
        assert!(delivery.arrival - began < 6 * HOUR - 15 * MINUTE, "{delivery:?}");
    }
}

#[test]
fn all_of_a_shift_day_is_within_its_reach() {
    let (centre, day) = day();
    let midnight = date().and_hms_opt(0, 0, 0).unwrap().and_utc().timestamp_millis();
    let range = midnight - SHIFT_DAY_LEAD..midnight + SHIFT_DAY_REACH;
    assert!(
        day.contacts.iter().all(|contact| range.contains(&contact.initiated) && range.contains(&contact.completed))
    );
    assert!(day.deliveries.iter().all(|delivery| range.contains(&delivery.arrival)));
    assert!(agent_events(&centre, date()).iter().all(|event| range.contains(&event.at)));
}

#[test]
fn an_agents_events_lead_from_login_to_logout() {
    let centre = Centre::new(1, 20);
    let mut by_agent: BTreeMap<u32, Vec<AgentEvent>> = BTreeMap::new();
    for event in agent_events(&centre, date()) {
        by_agent.entry(event.agent).or_default().push(event);
    }
    for events in by_agent.values() {
        assert!(events.windows(2).all(|pair| pair[0].at < pair[1].at));
        assert_eq!(events.first().map(|event| event.event_type), Some(AgentEventType::Login));
        let last = events.last().unwrap();
        assert_eq!((last.event_type, last.status), (AgentEventType::Logout, AgentStatus::Offline));
        assert!(events.iter().any(|event| event.status == AgentStatus::Lunch));
    }
}
