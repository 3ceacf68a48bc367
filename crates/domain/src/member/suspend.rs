//! Suspending a member: the form of removal that can be taken back.
//!
//! Everything of theirs stands still at once and nothing is lost, so that a suspension is one event and its end another.
//! What stands still because they do (keys, sessions, agents that they answer for or that act for them) is derived from
//! their status and stored nowhere. Whoever is suspended counts neither as a holder of the top role nor as a way in.

use crate::event::Event;
use crate::id::PersonId;
use crate::member::handle::{no_such_member, room_for_another_owner, someone_keeps_the_top_role};
use crate::organization::Organization;
use crate::refusal::Refusal;

/// Refuses somebody as the one who answers for something from now on: it takes a member who is not suspended.
pub(crate) fn answers(state: &Organization, field: &'static str, person: PersonId) -> Result<(), Refusal> {
    match state.member(person) {
        None => Err(Refusal::missing(field, "there is no such member")),
        Some(member) if member.is_active() => Ok(()),
        Some(_) => {
            let message = "this person is suspended; name another, or restore them first";
            Err(Refusal::field("person-suspended", field, message))
        }
    }
}

/// A member does nothing from now on, until they are restored. Where a directory suspended them, a person who does it too
/// takes it into their own hands, so that no directory restores them.
pub(crate) fn suspend(state: &Organization, person: PersonId, by_directory: bool) -> Result<Vec<Event>, Refusal> {
    let member = state.member(person).ok_or_else(no_such_member)?;
    if !member.is_active() {
        let taken_over = member.suspended_by_directory && !by_directory;
        return Ok(taken_over.then_some(Event::MemberSuspended { person }).into_iter().collect());
    }
    someone_keeps_the_top_role(state, person)?;
    Ok(vec![Event::MemberSuspended { person }])
}

/// A member who was suspended is here again with what they have.
pub(crate) fn restore(state: &Organization, person: PersonId) -> Result<Vec<Event>, Refusal> {
    let member = state.member(person).ok_or_else(no_such_member)?;
    if member.is_active() {
        return Ok(Vec::new());
    }
    // They count again, and the organization may have filled the place meanwhile.
    if state.roles.get(&member.role).is_some_and(|role| role.top) {
        room_for_another_owner(state)?;
    }
    Ok(vec![Event::MemberRestored { person }])
}
