//! When each session and each connected client was used last: gathered in memory, and written with whatever is written next.
//!
//! Nothing waits for it. Losing some of it in a crash makes a session seem idle a little longer than it was.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::credential::CredentialId;
use domain::time::Timestamp;
use rusqlite::Connection;

use crate::sqlite::facts::FactError;
use crate::sqlite::{clients, sign_in};

/// Most of whom the use waits to be written; what comes on top is not remembered.
const WAITING_MAX: usize = 20_000;

/// Uses that wait to be written. Those of keys are kept elsewhere, with more about them.
#[derive(Default)]
pub(crate) struct LastUses {
    waiting: Mutex<HashMap<CredentialId, Timestamp>>,
}

impl LastUses {
    /// Notes a use. Says whether nothing waited before, so that somebody has to be told.
    pub(crate) fn touch(&self, used: CredentialId, at: Timestamp) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (none, full) = (waiting.is_empty(), waiting.len() >= WAITING_MAX);
        match waiting.get_mut(&used) {
            Some(known) => *known = at.max(*known),
            None if full => {}
            None => drop(waiting.insert(used, at)),
        }
        none
    }

    /// What waits, which is the caller's from now on.
    pub(crate) fn take(&self) -> HashMap<CredentialId, Timestamp> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Gives back what could not be written.
    pub(crate) fn give_back(&self, taken: HashMap<CredentialId, Timestamp>) {
        for (used, at) in taken {
            self.touch(used, at);
        }
    }
}

/// Writes uses; of sessions that are over and of clients that are connected no longer nothing is kept.
pub(crate) fn write(connection: &Connection, uses: &HashMap<CredentialId, Timestamp>) -> Result<(), FactError> {
    uses.iter().try_for_each(|(used, at)| match used {
        CredentialId::Session(session) => sign_in::write_use(connection, *session, *at),
        CredentialId::Client(client) => clients::write_use(connection, *client, *at),
        CredentialId::Key(_) => Ok(()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::{ClientId, SessionId};

    fn session(number: u32) -> CredentialId {
        let mut bytes = [0; 20];
        (0..7).for_each(|place| bytes[place] = (number >> (5 * place)) as u8 & 31);
        SessionId::from_random(bytes).into()
    }

    #[test]
    fn the_latest_use_of_each_waits_and_no_more_than_there_is_room_for() {
        let uses = LastUses::default();
        assert!(uses.touch(session(1), Timestamp(2)), "the first tells somebody");
        assert!(
            !uses.touch(session(1), Timestamp(1)) && !uses.touch(ClientId::from_random([1; 20]).into(), Timestamp(5))
        );
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
