//! What the directory's events come to, as far as anybody is asked about it: which sessions were ended.
//!
//! A session is a row that never changes; that it ended before its time is remembered here until its time would have
//! come. Who is a member of what, and called what, is said elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::directory::DirectoryEvent;
use crate::id::{PersonId, SessionId};
use crate::time::Timestamp;

/// The longest that a session lasts, however it is used, in milliseconds: 30 days.
pub const SESSION_MS_MAX: i64 = 30 * 86_400_000;
/// Endings after which those that say nothing any more are looked for first.
const LOOKED_THROUGH_FROM: usize = 1_024;

/// The state of the directory.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Directory {
    /// The number of the last event in here.
    pub seq: u64,
    /// Sessions that were ended before their time, and when that would have been.
    ended: BTreeMap<SessionId, Timestamp>,
    /// People who ended all their sessions, and when they last did.
    ended_all: BTreeMap<PersonId, Timestamp>,
    /// When the sessions of everybody were ended last, where they ever were.
    #[serde(default)]
    ended_everybodys: Option<Timestamp>,
    /// People who want to be asked for a passkey whenever they sign in in another way.
    #[serde(default)]
    second_factor: BTreeSet<PersonId>,
    /// How many endings there are when they are looked through next.
    look_through_at: usize,
}

impl Directory {
    /// Folds one event into the state. Never refuses: what is in the journal has happened.
    pub fn apply(&mut self, (seq, at): (u64, Timestamp), event: &DirectoryEvent) {
        self.seq = seq;
        match *event {
            DirectoryEvent::PersonRegistered { .. }
            | DirectoryEvent::OrganizationRegistered { .. }
            | DirectoryEvent::IdentityLinked { .. }
            | DirectoryEvent::IdentityUnlinked { .. }
            | DirectoryEvent::PasskeyAdded { .. }
            | DirectoryEvent::PasskeyRemoved { .. }
            | DirectoryEvent::RecoveryLinkMade { .. }
            | DirectoryEvent::LinkMade { .. } => return,
            DirectoryEvent::SecondFactorOn { person } => {
                self.second_factor.insert(person);
                return;
            }
            DirectoryEvent::SecondFactorOff { person } => {
                self.second_factor.remove(&person);
                return;
            }
            DirectoryEvent::SessionEnded { session, until, .. } => _ = self.ended.insert(session, until),
            DirectoryEvent::SessionsEnded { person } => _ = self.ended_all.insert(person, at),
            DirectoryEvent::EverybodySignedOut => self.ended_everybodys = self.ended_everybodys.max(Some(at)),
        }
        let endings = self.ended.len() + self.ended_all.len();
        if endings >= self.look_through_at.max(LOOKED_THROUGH_FROM) {
            self.ended.retain(|_, until| *until > at);
            self.ended_all.retain(|_, since| since.0.saturating_add(SESSION_MS_MAX) > at.0);
            self.look_through_at = 2 * (self.ended.len() + self.ended_all.len());
        }
    }

    /// Whether a person wants to be asked for a passkey whenever they sign in in another way.
    #[must_use]
    pub fn asks_for_passkey(&self, person: PersonId) -> bool {
        self.second_factor.contains(&person)
    }

    /// When all sessions of a person were ended last, as far as that says anything yet.
    #[must_use]
    pub fn ended_all(&self, person: PersonId) -> Option<Timestamp> {
        self.ended_everybodys.max(self.ended_all.get(&person).copied())
    }

    /// Whether a session was ended before its time. One that began in the very millisecond in which its person ended
    /// all of theirs is one of those.
    #[must_use]
    pub fn has_ended(&self, session: SessionId, person: PersonId, begun_at: Timestamp) -> bool {
        self.ended.contains_key(&session) || self.ended_all(person).is_some_and(|all| begun_at <= all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::PasskeyId;

    fn session(number: u32) -> SessionId {
        let mut bytes = [0; 20];
        (0..7).for_each(|place| bytes[place] = (number >> (5 * place)) as u8 & 31);
        SessionId::from_random(bytes)
    }

    fn person(number: u8) -> PersonId {
        PersonId::from_random([number; 20])
    }

    fn passkey(number: u8) -> PasskeyId {
        PasskeyId::from_random([number; 20])
    }

    #[test]
    fn who_ends_one_session_keeps_the_others_and_who_ends_all_keeps_only_what_begins_later() {
        let mut directory = Directory::default();
        let ended =
            |directory: &Directory, one, of, begun| directory.has_ended(session(one), person(of), Timestamp(begun));
        let one = DirectoryEvent::SessionEnded { person: person(1), session: session(1), until: Timestamp(100) };
        directory.apply((1, Timestamp(5)), &one);
        assert!(ended(&directory, 1, 1, 0) && !ended(&directory, 2, 1, 0));
        directory.apply((2, Timestamp(7)), &DirectoryEvent::SessionsEnded { person: person(1) });
        let of_theirs = [0, 7, 8].map(|begun| ended(&directory, 2, 1, begun));
        assert_eq!((of_theirs, ended(&directory, 3, 2, 0), directory.seq), ([true, true, false], false, 2));
        directory.apply((3, Timestamp(9)), &DirectoryEvent::EverybodySignedOut);
        let of_all = [(1, 9), (2, 9), (1, 10), (2, 10)].map(|(of, begun)| ended(&directory, 3, of, begun));
        assert_eq!(of_all, [true, true, false, false]);
    }

    #[test]
    fn whoever_wants_to_be_asked_for_a_passkey_is_until_they_do_not_and_nobody_else_is() {
        let mut directory = Directory::default();
        let mut after = |seq, event| {
            directory.apply((seq, Timestamp(0)), &event);
            [1, 2].map(|number| directory.asks_for_passkey(person(number)))
        };
        assert_eq!(after(1, DirectoryEvent::PasskeyRemoved { person: person(1), passkey: passkey(1) }), [false, false]);
        assert_eq!(after(2, DirectoryEvent::SecondFactorOn { person: person(1) }), [true, false]);
        assert_eq!(after(3, DirectoryEvent::SecondFactorOff { person: person(2) }), [true, false]);
        assert_eq!(after(4, DirectoryEvent::EverybodySignedOut), [true, false], "it is a wish, and no session");
        assert_eq!(after(5, DirectoryEvent::SecondFactorOff { person: person(1) }), [false, false]);
    }

    #[test]
    fn what_has_ended_by_itself_is_forgotten_and_nothing_else() {
        let mut directory = Directory::default();
        let end = |number: u32, until| DirectoryEvent::SessionEnded {
            person: person(1),
            session: session(number),
            until: Timestamp(until),
        };
        // The even ones have half a day left, the odd ones 20 days.
        let many = 10 * LOOKED_THROUGH_FROM as u32;
        let until = |number: u32| 43_200_000 + i64::from(number % 2) * 20 * 86_400_000;
        for number in 0..many {
            directory.apply((u64::from(number), Timestamp(0)), &end(number, until(number)));
        }
        assert_eq!(directory.ended.len(), many as usize);
        let day = Timestamp(86_400_000);
        for number in many..3 * many {
            directory.apply((u64::from(number), day), &end(number, day.0));
        }
        assert!(directory.ended.len() < many as usize, "{}", directory.ended.len());
        assert!(
            (0..many).filter(|number| number % 2 == 1).all(|number| directory.ended.contains_key(&session(number)))
        );
    }
}
