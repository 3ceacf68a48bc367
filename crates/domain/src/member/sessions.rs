//! Sessions of a member that are ended in the organization alone: elsewhere they go on.

use crate::event::Event;
use crate::id::{PersonId, SessionId};
use crate::organization::Organization;
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// Sessions that were ended one by one and would not have ended by themselves yet. Somebody who ends more than these
/// ends all of a member.
const ENDED_MAX: usize = 10_000;

/// One session ends here.
pub(crate) fn end_session(
    state: &Organization,
    (person, session): (PersonId, SessionId),
    until: Timestamp,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    is_member(state, person)?;
    if state.sessions_ended.contains_key(&session) || until <= now {
        return Ok(Vec::new());
    }
    if state.sessions_ended.values().filter(|until| **until > now).count() >= ENDED_MAX {
        let message = "too many single sessions were ended here; end all sessions of this member instead";
        return Err(Refusal::rule("too-many-sessions", message));
    }
    Ok(vec![Event::SessionEnded { person, session, until }])
}

/// All sessions that somebody has end here.
pub(crate) fn end_sessions(state: &Organization, person: PersonId, now: Timestamp) -> Result<Vec<Event>, Refusal> {
    is_member(state, person)?;
    // None can have begun since.
    if state.members.get(&person).and_then(|member| member.sessions_from).is_some_and(|from| from >= now) {
        return Ok(Vec::new());
    }
    Ok(vec![Event::SessionsEnded { person }])
}

fn is_member(state: &Organization, person: PersonId) -> Result<(), Refusal> {
    // Also whoever is suspended: what they have open here would open it again once they are restored.
    let member = state.member(person).map(|_| ());
    member.ok_or_else(|| Refusal::missing("member", "there is no such member"))
}
