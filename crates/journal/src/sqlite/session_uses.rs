//! When each session was used last: gathered in memory, and written with whatever is written next.
//!
//! Nothing waits for it. Losing some of it in a crash makes a session seem idle a little longer than it was.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::id::SessionId;
use domain::time::Timestamp;
use rusqlite::Connection;

use crate::sqlite::facts::FactError;
use crate::sqlite::sign_in::write_use;

/// Most sessions whose use waits to be written; what comes on top is not remembered.
const WAITING_MAX: usize = 20_000;

/// Uses that wait to be written.
#[derive(Default)]
pub(crate) struct SessionUses {
    waiting: Mutex<HashMap<SessionId, Timestamp>>,
}

impl SessionUses {
    /// Notes a use. Says whether nothing waited before, so that somebody has to be told.
    pub(crate) fn touch(&self, session: SessionId, at: Timestamp) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (none, full) = (waiting.is_empty(), waiting.len() >= WAITING_MAX);
        match waiting.get_mut(&session) {
            Some(known) => *known = at.max(*known),
            None if full => {}
            None => drop(waiting.insert(session, at)),
        }
        none
    }

    /// What waits, which is the caller's from now on.
    pub(crate) fn take(&self) -> HashMap<SessionId, Timestamp> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Gives back what could not be written.
    pub(crate) fn give_back(&self, taken: HashMap<SessionId, Timestamp>) {
        for (session, at) in taken {
            self.touch(session, at);
        }
    }
}

/// Writes uses; of sessions that are over nothing is kept.
pub(crate) fn write(connection: &Connection, uses: &HashMap<SessionId, Timestamp>) -> Result<(), FactError> {
    uses.iter().try_for_each(|(session, at)| write_use(connection, *session, *at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(number: u32) -> SessionId {
        let mut bytes = [0; 20];
        (0..7).for_each(|place| bytes[place] = (number >> (5 * place)) as u8 & 31);
        SessionId::from_random(bytes)
    }

    #[test]
    fn the_latest_use_of_each_session_waits_and_no_more_than_there_is_room_for() {
        let uses = SessionUses::default();
        assert!(uses.touch(session(1), Timestamp(2)), "the first tells somebody");
        assert!(!uses.touch(session(1), Timestamp(1)) && !uses.touch(session(2), Timestamp(5)));
        let taken = uses.take();
        assert_eq!((taken.get(&session(1)), taken.len()), (Some(&Timestamp(2)), 2));
        assert!(uses.touch(session(1), Timestamp(9)), "nothing waited any more");
        uses.give_back(taken);
        assert_eq!(uses.take().get(&session(1)), Some(&Timestamp(9)), "what came meanwhile is later");
        let many = WAITING_MAX as u32 + 10;
        (0..many).for_each(|number| _ = uses.touch(session(number), Timestamp(1)));
        assert_eq!(uses.take().len(), WAITING_MAX);
    }
}
