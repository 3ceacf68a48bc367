//! How events about access requests change the state.

use crate::event::Event;
use crate::grant::Grantee;
use crate::id::RequestId;
use crate::organization::{Organization, Stamp};
use crate::request::{AccessRequest, Decided, NewRequest, RequestState};
use crate::time::Timestamp;

/// Closed requests of one requester that are kept, the newest; those before them stay in the journal alone.
const CLOSED_MAX: usize = 20;

impl Organization {
    /// The requests that wait to be decided.
    pub fn open_requests(&self) -> impl Iterator<Item = &AccessRequest> + Clone {
        self.requests.values().filter(|request| request.is_open())
    }

    pub(crate) fn apply_to_requests(&mut self, stamp: &Stamp, event: Event) {
        let decided = Decided { by: stamp.actor.clone(), at: stamp.at };
        match event {
            Event::RequestOpened(asked) => {
                let (opened_at, since_seq, state) = (stamp.at, stamp.seq, RequestState::Open);
                let opened = AccessRequest { asked: *asked, opened_at, since_seq, state };
                self.requests.insert(opened.asked.id, opened);
            }
            Event::RequestWithdrawn { request } => self.close(request, RequestState::Withdrawn { at: stamp.at }),
            Event::RequestGranted { request, until, changes } => {
                self.close(request, RequestState::Granted { decided, until, changes });
            }
            Event::RequestRefused { request } => self.close(request, RequestState::Refused { decided }),
            _ => {}
        }
    }

    /// The requests of somebody who goes end with them.
    pub(crate) fn end_requests(&mut self, at: Timestamp, of: impl Fn(&NewRequest) -> bool) {
        let theirs = self.requests.values().filter(|request| request.is_open() && of(&request.asked));
        let theirs: Vec<RequestId> = theirs.map(|request| request.asked.id).collect();
        theirs.into_iter().for_each(|request| self.close(request, RequestState::Ended { at }));
    }

    fn close(&mut self, request: RequestId, state: RequestState) {
        let Some(known) = self.requests.get_mut(&request) else { return };
        known.state = state;
        let requester = known.asked.requester;
        for forgotten in self.closed_beyond(requester, CLOSED_MAX) {
            self.requests.remove(&forgotten);
        }
    }

    /// Closed requests of somebody that are forgotten as soon as one more is closed.
    #[must_use]
    pub fn requests_forgotten_next(&self, requester: Grantee) -> Vec<RequestId> {
        self.closed_beyond(requester, CLOSED_MAX - 1)
    }

    /// The closed requests of somebody but for the newest.
    fn closed_beyond(&self, requester: Grantee, newest: usize) -> Vec<RequestId> {
        let closed = self.requests.values().filter(|known| !known.is_open() && known.asked.requester == requester);
        let mut closed: Vec<(u64, RequestId)> = closed.map(|known| (known.since_seq, known.asked.id)).collect();
        closed.sort_unstable();
        let beyond = closed.len().saturating_sub(newest);
        closed.into_iter().take(beyond).map(|(_, id)| id).collect()
    }
}
