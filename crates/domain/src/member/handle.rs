//! What may happen to a member.

use std::collections::BTreeSet;

use crate::event::Event;
use crate::id::{KeyId, PersonId, TeamId};
use crate::key::{self, KeyKind};
use crate::member::MemberDetail;
use crate::organization::Organization;
use crate::refusal::Refusal;
use crate::role::{Role, RoleId, RoleLevel};
use crate::time::Timestamp;

/// A person joins with a role, and joins the team of newcomers where there is one.
pub(crate) fn add(state: &Organization, person: PersonId, role: RoleId) -> Result<Vec<Event>, Refusal> {
    if let Some(member) = state.member(person) {
        let message = match member.is_active() {
            true => "this person is a member already",
            false => "this person is a member already and suspended; restore them instead",
        };
        return Err(Refusal::field("already-member", "email", message));
    }
    let wanted = role_for_members(state, &role)?;
    if wanted.top {
        room_for_another_owner(state)?;
    }
    let settings = &state.settings;
    let newcomers = settings.join_default_team.zip(settings.join_default_team_role);
    let there = |(team, role): &(TeamId, RoleId)| {
        state.teams.contains_key(team) && state.roles.get(role).is_some_and(|role| role.level == RoleLevel::Team)
    };
    let joined = newcomers.filter(there).map(|(team, role)| Event::TeamMemberSet { team, person, role });
    Ok(std::iter::once(Event::MemberAdded { person, role }).chain(joined).collect())
}

/// A person joins, and has a first key.
pub(crate) fn add_with_key(
    state: &Organization,
    (person, role, key): (PersonId, RoleId, KeyId),
    (digest, hint): (String, String),
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    let mut events = add(state, person, role)?;
    key::is_new(state, key)?;
    key::ends_later("expires_at", expires_at, now)?;
    let kind = KeyKind::Personal { holder: person };
    events.push(Event::KeyCreated { key, kind, digest, hint, expires_at });
    Ok(events)
}

/// A member's role changes.
pub(crate) fn change_role(state: &Organization, person: PersonId, role: RoleId) -> Result<Vec<Event>, Refusal> {
    let member = state.member(person).ok_or_else(no_such_member)?;
    let wanted = role_for_members(state, &role)?;
    if member.role == role {
        return Ok(Vec::new());
    }
    if wanted.top {
        room_for_another_owner(state)?;
    } else {
        someone_keeps_the_top_role(state, person)?;
    }
    let ended = key::that_would_carry_too_much(state, (person, None), wanted);
    let changed = Event::MemberRoleChanged { person, from: member.role, to: role };
    Ok(std::iter::once(changed).chain(ended.into_iter().map(|key| Event::KeyRevoked { key })).collect())
}

/// Details of a member change. Their values stand beside the stream: here is that they changed, and by whom.
pub(crate) fn edit(
    state: &Organization,
    person: PersonId,
    details: BTreeSet<MemberDetail>,
) -> Result<Vec<Event>, Refusal> {
    state.member(person).ok_or_else(no_such_member)?;
    if details.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![Event::MemberEdited { person, details }])
}

/// A member leaves; with the membership end their grants and personal keys.
pub(crate) fn remove(state: &Organization, person: PersonId) -> Result<Vec<Event>, Refusal> {
    state.member(person).ok_or_else(no_such_member)?;
    someone_keeps_the_top_role(state, person)?;
    Ok(vec![Event::MemberRemoved { person }])
}

pub(crate) fn no_such_member() -> Refusal {
    Refusal::missing("member", "there is no such member")
}

pub(crate) fn role_for_members<'s>(state: &'s Organization, role: &RoleId) -> Result<&'s Role, Refusal> {
    let found = state.roles.get(role).ok_or_else(|| {
        let known = state.roles.keys().map(RoleId::as_str).collect::<Vec<_>>().join(", ");
        Refusal::field("no-such-role", "role", format!("there is no role {role}; there are {known}"))
    })?;
    if found.assignable_to.members && found.level == RoleLevel::Organization {
        Ok(found)
    } else {
        Err(Refusal::field("role-not-for-members", "role", format!("the role {role} cannot be given to members")))
    }
}

pub(super) fn room_for_another_owner(state: &Organization) -> Result<(), Refusal> {
    let holders = state.top_role_holders().count();
    match state.settings.owners_max {
        Some(most) if holders >= most as usize => Err(Refusal::field(
            "too-many-owners",
            "role",
            format!("this organization may have {most} in its top role and has {holders}"),
        )),
        _ => Ok(()),
    }
}

// INVARIANT: held after every step by `some_active_person_always_holds_the_top_role` in tests/rules.
pub(super) fn someone_keeps_the_top_role(state: &Organization, leaving: PersonId) -> Result<(), Refusal> {
    let mut holders = state.top_role_holders();
    let leaving_holds = state.top_role_holders().any(|person| person == leaving);
    if !leaving_holds || holders.any(|person| person != leaving) {
        return Ok(());
    }
    Err(Refusal::rule(
        "last-owner",
        "this is the last person in the organization's top role; give the role to someone else first",
    ))
}
