//! How events about access requests change the state.

use std::collections::BTreeMap;

use crate::event::Event;
use crate::grant::Grantee;
use crate::id::{AgentId, PersonId, RequestId};
use crate::organization::{Organization, Stamp};
use crate::request::{AccessRequest, Decided, RequestState};
use crate::time::Timestamp;

/// Closed requests of one requester that are kept, the newest; those before them stay in the journal alone.
const CLOSED_MAX: usize = 20;

impl Organization {
    /// A request by its id.
    #[must_use]
    pub fn request(&self, id: RequestId) -> Option<&AccessRequest> {
        self.requests.values().find_map(|theirs| theirs.get(&id))
    }

    /// Every request, open or closed.
    pub fn all_requests(&self) -> impl Iterator<Item = &AccessRequest> + Clone {
        self.requests.values().flat_map(BTreeMap::values)
    }

    /// The requests of one requester, open or closed.
    pub fn requests_of(&self, requester: Grantee) -> impl Iterator<Item = &AccessRequest> + Clone {
        self.requests.get(&requester).into_iter().flat_map(BTreeMap::values)
    }

    /// The requests that wait to be decided.
    pub fn open_requests(&self) -> impl Iterator<Item = &AccessRequest> + Clone {
        self.all_requests().filter(|request| request.is_open())
    }

    pub(crate) fn apply_to_requests(&mut self, stamp: &Stamp, event: Event) {
        let decided = Decided { by: stamp.actor.clone(), at: stamp.at };
        match event {
            Event::RequestOpened(asked) => {
                let (opened_at, since_seq, state) = (stamp.at, stamp.seq, RequestState::Open);
                let opened = AccessRequest { asked: *asked, opened_at, since_seq, state };
                self.requests.entry(opened.asked.requester).or_default().insert(opened.asked.id, opened);
            }
            Event::RequestWithdrawn { request } => self.close(request, RequestState::Withdrawn { at: stamp.at }),
            Event::RequestGranted { request, until, changes } => {
                self.close(request, RequestState::Granted { decided, until, changes });
            }
            Event::RequestRefused { request } => self.close(request, RequestState::Refused { decided }),
            _ => {}
        }
    }

    /// The requests of somebody who goes are kept no longer.
    pub(crate) fn forget_requests(&mut self, of: Grantee) {
        self.requests.remove(&of);
    }

    /// What an agent asked for a person ends when it acts for them no longer.
    pub(crate) fn end_requests(&mut self, at: Timestamp, agent: AgentId, acting_for: PersonId) {
        let ends = |request: &&AccessRequest| request.is_open() && request.asked.acting_for == Some(acting_for);
        let ended: Vec<RequestId> =
            self.requests_of(Grantee::Agent(agent)).filter(ends).map(|request| request.asked.id).collect();
        ended.into_iter().for_each(|request| self.close(request, RequestState::Ended { at }));
    }

    /// What nobody can be let do any more ends: a thing that is gone is not asked for, and one that comes back is another.
    pub(crate) fn end_requests_for_what_is_gone(&mut self, at: Timestamp, event: &Event) {
        if self.requests.is_empty() || !may_take_away(event) {
            return;
        }
        let ends = |request: &&AccessRequest| !request.asked.wanted.is_there(self);
        let ended: Vec<RequestId> = self.open_requests().filter(ends).map(|request| request.asked.id).collect();
        ended.into_iter().for_each(|request| self.close(request, RequestState::Ended { at }));
    }

    /// Closes a request, and forgets what is too many besides it: the one that was closed last is always kept.
    fn close(&mut self, request: RequestId, state: RequestState) {
        let Some(requester) = self.request(request).map(|known| known.asked.requester) else { return };
        let forgotten = self.requests_forgotten_next(requester);
        let Some(theirs) = self.requests.get_mut(&requester) else { return };
        forgotten.iter().for_each(|forgotten| drop(theirs.remove(forgotten)));
        if let Some(known) = theirs.get_mut(&request) {
            known.state = state;
        }
    }

    /// Closed requests of somebody that are forgotten as soon as one more is closed.
    #[must_use]
    pub fn requests_forgotten_next(&self, requester: Grantee) -> Vec<RequestId> {
        let closed = self.requests_of(requester).filter(|known| !known.is_open());
        let mut closed: Vec<(u64, RequestId)> = closed.map(|known| (known.since_seq, known.asked.id)).collect();
        closed.sort_unstable();
        let beyond = closed.len().saturating_sub(CLOSED_MAX - 1);
        closed.into_iter().take(beyond).map(|(_, id)| id).collect()
    }
}

/// Whether requests may be kept no longer after an event: somebody goes, or one is closed and pushes another out.
#[must_use]
pub fn may_forget(event: &Event) -> bool {
    let decided =
        matches!(event, Event::RequestWithdrawn { .. } | Event::RequestGranted { .. } | Event::RequestRefused { .. });
    decided || may_take_away(event)
}

/// Whether what somebody asks for may be gone after an event.
fn may_take_away(event: &Event) -> bool {
    matches!(
        event,
        Event::IntegrationDisconnected { .. }
            | Event::ToolsApproved { .. }
            | Event::ToolsAccepted { .. }
            | Event::ResourceDestroyed { .. }
            | Event::ObjectDefined(_)
            | Event::ObjectRemoved { .. }
            | Event::MemberRemoved { .. }
            | Event::RoleDeleted { .. }
            | Event::TeamDeleted { .. }
            | Event::KeyRevoked { .. }
            | Event::AgentDeleted { .. }
            | Event::DelegationRemoved { .. }
    )
}
