//! Roles that a member has beside their own.
//!
//! The top role is never one of them: who holds it, how many may, and that somebody does, is about main roles alone.

use crate::event::Event;
use crate::id::PersonId;
use crate::key;
use crate::member::handle::{no_such_member, role_for_members};
use crate::organization::Organization;
use crate::refusal::Refusal;
use crate::role::RoleId;
use crate::time::Timestamp;

/// Roles that one member may have beside their own.
const EXTRA_ROLES_MAX: usize = 10;

/// A member gets a role beside their own, or has it with another end.
pub(crate) fn give(
    state: &Organization,
    (person, role): (PersonId, RoleId),
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    if !state.settings.roles_extra_bindings {
        let message = "everybody has one role here; set roles.extra_bindings to give roles beside it";
        return Err(Refusal::rule("no-extra-roles", message));
    }
    let member = state.member(person).ok_or_else(no_such_member)?;
    let wanted = role_for_members(state, &role)?;
    if wanted.top {
        let message = "the top role is somebody's own role or not theirs; change their role instead";
        return Err(Refusal::field("top-role", "role", message));
    }
    if member.role == role {
        let message = format!("{role} is this person's own role already; name another");
        return Err(Refusal::field("own-role", "role", message));
    }
    key::ends_later("expires_at", expires_at, now)?;
    match member.extra_roles.get(&role).filter(|known| known.holds_at(now)) {
        Some(known) if known.expires_at == expires_at => return Ok(Vec::new()),
        None if member.extra_roles_at(now).count() >= EXTRA_ROLES_MAX => {
            let message = format!("a member has at most {EXTRA_ROLES_MAX} roles beside their own; take one first");
            return Err(Refusal::rule("too-many-roles", message));
        }
        _ => {}
    }
    let ended = key::that_would_carry_too_much(state, (person, None), wanted);
    let given = Event::MemberRoleGiven { person, role, expires_at };
    Ok(std::iter::once(given).chain(ended.into_iter().map(|key| Event::KeyRevoked { key })).collect())
}

/// A member has a role beside their own no longer.
pub(crate) fn take(state: &Organization, person: PersonId, role: RoleId) -> Result<Vec<Event>, Refusal> {
    let member = state.member(person).ok_or_else(no_such_member)?;
    if member.extra_roles.contains_key(&role) {
        return Ok(vec![Event::MemberRoleTaken { person, role }]);
    }
    let message = match member.role == role {
        true => "this is the person's own role; change it instead",
        false => "this person does not have this role beside their own",
    };
    Err(Refusal::missing("role", message))
}

impl Organization {
    /// The roles that an active member has at a moment: their own, and where the organization has such those beside it.
    pub(crate) fn roles_of(&self, person: PersonId, now: Timestamp) -> impl Iterator<Item = RoleId> {
        let member = self.member(person);
        let extra = member.filter(|_| self.settings.roles_extra_bindings);
        let extra = extra.into_iter().flat_map(move |member| member.extra_roles_at(now));
        member.map(|member| member.role).into_iter().chain(extra)
    }
}
