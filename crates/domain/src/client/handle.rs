//! What may happen to connected clients.

use std::collections::BTreeSet;

use crate::event::Event;
use crate::grant::Profile;
use crate::id::{ClientId, PersonId, RegistrationId};
use crate::organization::Organization;
use crate::refusal::Refusal;

/// Clients that one person has connected to an organization at a time. Each stands in memory; a person has a handful.
pub const CLIENTS_MAX: usize = 50;
/// Clients that are registered by hand in an organization at a time.
pub const REGISTRATIONS_MAX: usize = 100;

/// A person connects a client. Those of theirs that let nobody in any more end at the same time.
pub(crate) fn connect(
    state: &Organization,
    (client, person): (ClientId, PersonId),
    profile: Profile,
    over: &BTreeSet<ClientId>,
) -> Result<Vec<Event>, Refusal> {
    state.active_member(person).ok_or_else(|| Refusal::missing("member", "there is no such member"))?;
    if state.clients.contains_key(&client) {
        return Err(Refusal::rule("exists", "this client is connected already"));
    }
    let theirs = || state.clients.values().filter(|known| known.person == person);
    let ended = theirs().filter(|known| over.contains(&known.id));
    let mut events: Vec<_> = ended.map(|known| Event::ClientDisconnected { client: known.id, person }).collect();
    if theirs().count() - events.len() >= CLIENTS_MAX {
        let message = format!("you have connected {CLIENTS_MAX} clients; disconnect one that you do not use any more");
        return Err(Refusal::rule("too-many-clients", message));
    }
    events.push(Event::ClientConnected { client, person, profile });
    Ok(events)
}

/// Clients of a person are connected no longer. That one is not any more already is no fault of whoever says so.
pub(crate) fn disconnect(state: &Organization, person: PersonId, clients: &BTreeSet<ClientId>) -> Vec<Event> {
    let known = clients.iter().filter_map(|client| state.clients.get(client)).filter(|known| known.person == person);
    known.map(|known| Event::ClientDisconnected { client: known.id, person }).collect()
}

/// A client is made known.
pub(crate) fn register(state: &Organization, registration: RegistrationId) -> Result<Vec<Event>, Refusal> {
    if state.registered_clients.contains(&registration) {
        return Err(Refusal::rule("exists", "this client is registered already"));
    }
    if state.registered_clients.len() >= REGISTRATIONS_MAX {
        let message = format!("{REGISTRATIONS_MAX} clients are registered; remove one that is not used any more");
        return Err(Refusal::rule("too-many-clients", message));
    }
    Ok(vec![Event::ClientRegistered { registration }])
}

/// A client is known no longer, and what was connected by it ends.
pub(crate) fn unregister(
    state: &Organization,
    registration: RegistrationId,
    connected: &BTreeSet<ClientId>,
) -> Result<Vec<Event>, Refusal> {
    if !state.registered_clients.contains(&registration) {
        return Err(Refusal::missing("client", "there is no such registered client"));
    }
    let known = connected.iter().filter_map(|client| state.clients.get(client));
    let mut events: Vec<_> =
        known.map(|known| Event::ClientDisconnected { client: known.id, person: known.person }).collect();
    events.push(Event::ClientUnregistered { registration });
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::member::{Member, MemberStatus};
    use crate::organization::Stamp;
    use crate::time::Timestamp;

    fn person(number: u8) -> PersonId {
        PersonId::from_random([number; 20])
    }

    fn client(number: u8) -> ClientId {
        let mut bytes = [number % 32; 20];
        bytes[0] = number / 32;
        ClientId::from_random(bytes)
    }

    fn member(number: u8) -> Member {
        Member {
            person: person(number),
            role: crate::role::RoleId::parse("member").unwrap(),
            extra_roles: std::collections::BTreeMap::new(),
            status: MemberStatus::Active,
            joined_at: Timestamp(1),
            removed_at: None,
            suspended_at: None,
            suspended_by_directory: false,
            sessions_from: None,
        }
    }

    fn company() -> Organization {
        let mut state = Organization::new();
        state.members.extend([1, 2].map(|number| (person(number), member(number))));
        state
    }

    fn happens(state: &mut Organization, events: &[Event]) {
        for event in events {
            let stamp = Stamp { seq: state.seq + 1, at: Timestamp(5), actor: "test".to_owned() };
            state.apply(&stamp, event);
        }
    }

    #[test]
    fn a_person_connects_clients_up_to_the_limit_and_those_that_are_over_make_room() {
        let mut state = company();
        for number in 0..CLIENTS_MAX as u8 {
            let events = connect(&state, (client(number), person(1)), Profile::Full, &BTreeSet::new()).unwrap();
            happens(&mut state, &events);
        }
        let refused = connect(&state, (client(200), person(1)), Profile::Full, &BTreeSet::new()).unwrap_err();
        assert_eq!(refused.code, "too-many-clients");
        // Another person's do not count, and are not ended by one's own.
        let events = connect(&state, (client(201), person(2)), Profile::Full, &BTreeSet::from([client(1)])).unwrap();
        assert_eq!(events, [Event::ClientConnected { client: client(201), person: person(2), profile: Profile::Full }]);
        let events = connect(&state, (client(200), person(1)), Profile::Full, &BTreeSet::from([client(7)])).unwrap();
        happens(&mut state, &events);
        assert!(state.clients.contains_key(&client(200)) && !state.clients.contains_key(&client(7)));
    }

    #[test]
    fn a_removal_ends_every_client_of_the_person_and_nobody_elses() {
        let mut state = company();
        for (number, who) in [(1, 1), (2, 1), (3, 2)] {
            let events = connect(&state, (client(number), person(who)), Profile::Full, &BTreeSet::new()).unwrap();
            happens(&mut state, &events);
        }
        happens(&mut state, &[Event::MemberRemoved { person: person(1) }]);
        assert_eq!(state.clients.keys().copied().collect::<Vec<_>>(), [client(3)]);
        assert!(
            connect(&state, (client(4), person(1)), Profile::Full, &BTreeSet::new()).is_err(),
            "whoever is gone connects nothing"
        );
    }

    #[test]
    fn a_registration_takes_with_it_what_is_connected_by_it_and_nothing_else() {
        let registration = |number: u8| RegistrationId::from_random([number % 32; 20]);
        let mut state = company();
        for (number, who) in [(1, 1), (2, 2), (3, 2)] {
            let events = connect(&state, (client(number), person(who)), Profile::Full, &BTreeSet::new()).unwrap();
            happens(&mut state, &events);
        }
        let events = register(&state, registration(1)).unwrap();
        happens(&mut state, &events);
        assert_eq!(register(&state, registration(1)).unwrap_err().code, "exists");
        // One of them has ended meanwhile.
        let ended = unregister(&state, registration(1), &BTreeSet::from([client(1), client(3), client(9)])).unwrap();
        assert_eq!(
            ended,
            [
                Event::ClientDisconnected { client: client(1), person: person(1) },
                Event::ClientDisconnected { client: client(3), person: person(2) },
                Event::ClientUnregistered { registration: registration(1) },
            ]
        );
        happens(&mut state, &ended);
        assert_eq!(state.clients.keys().copied().collect::<Vec<_>>(), [client(2)]);
        assert!(unregister(&state, registration(1), &BTreeSet::new()).is_err(), "it is gone");
        let full = (0..REGISTRATIONS_MAX).map(|number| {
            let mut bytes = [(number % 32) as u8; 20];
            bytes[0] = (number / 32) as u8;
            RegistrationId::from_random(bytes)
        });
        state.registered_clients.extend(full);
        assert_eq!(register(&state, RegistrationId::from_random([31; 20])).unwrap_err().code, "too-many-clients");
    }

    #[test]
    fn what_is_not_connected_is_disconnected_without_an_event() {
        let mut state = company();
        let events = connect(&state, (client(1), person(1)), Profile::Full, &BTreeSet::new()).unwrap();
        happens(&mut state, &events);
        let ended = disconnect(&state, person(1), &BTreeSet::from([client(1), client(9)]));
        assert_eq!(ended, [Event::ClientDisconnected { client: client(1), person: person(1) }]);
        assert!(disconnect(&state, person(2), &BTreeSet::from([client(1)])).is_empty(), "it is another's");
        happens(&mut state, &ended);
        assert!(disconnect(&state, person(1), &BTreeSet::from([client(1)])).is_empty());
    }
}
