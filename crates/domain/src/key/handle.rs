//! What may happen to a key.

use crate::event::Event;
use crate::id::{KeyId, PersonId};
use crate::key::{Key, KeyKind, secrets_are_known_high_enough};
use crate::member::role_for_members;
use crate::organization::{KeysWithoutRole, Organization};
use crate::refusal::Refusal;
use crate::role::{RoleId, RoleLevel};
use crate::time::Timestamp;

/// Keys that one person, or the organization for workspace keys, may have at a time.
const KEYS_MAX: usize = 100;

/// A key is created; its secret was made elsewhere and is known here by digest only.
pub(crate) fn create(
    state: &Organization,
    (key, kind): (KeyId, KeyKind),
    (digest, hint): (String, String),
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    is_new(state, key)?;
    match kind {
        KeyKind::Personal { holder } => is_member(state, holder)?,
        KeyKind::Workspace { role, .. } => role.map_or(Ok(()), |role| role_for_keys(state, role))?,
        KeyKind::Agent { agent, acting_for } => {
            let agent = state.agent(agent)?;
            if acting_for.is_some_and(|person| !agent.delegations.contains_key(&person)) {
                let message = "this person does not let the agent act for them; they have to allow it first";
                return Err(Refusal::field("no-delegation", "acting_for", message));
            }
        }
        KeyKind::Directory { .. } => kind.tended_roles().try_for_each(|role| role_for_directories(state, *role))?,
    }
    let owner = |kind: &KeyKind| match kind {
        KeyKind::Personal { holder } => Some(holder.to_string()),
        KeyKind::Workspace { .. } => None,
        KeyKind::Agent { agent, .. } => Some(agent.to_string()),
        KeyKind::Directory { .. } => Some("directory".to_owned()),
    };
    let of_kind = |other: &&Key| owner(&other.kind) == owner(&kind) && other.revoked_at.is_none();
    if state.keys.values().filter(of_kind).count() >= KEYS_MAX {
        return Err(Refusal::rule(
            "too-many-keys",
            format!("there are {KEYS_MAX} such keys already; revoke one first"),
        ));
    }
    ends_later("expires_at", expires_at, now)?;
    Ok(vec![Event::KeyCreated { key, kind, digest, hint, expires_at }])
}

/// A key is created for somebody else. Whoever creates it sees its secret, so that is only for people who have
/// none that works: the others make their own.
pub(crate) fn issue(
    state: &Organization,
    (key, holder): (KeyId, PersonId),
    (digest, hint): (String, String),
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    if state.keys.values().any(|other| other.holder() == Some(holder) && other.holds_at(now)) {
        let message = "this person has a key that works and makes further ones alone; if it is lost, revoke it first";
        return Err(Refusal::rule("has-a-key", message));
    }
    create(state, (key, KeyKind::Personal { holder }), (digest, hint), expires_at, now)
}

/// The key gets a new secret; the old one stops at once.
pub(crate) fn rotate(
    state: &Organization,
    key: KeyId,
    (digest, hint): (String, String),
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    if !live(state, key)?.holds_at(now) {
        return Err(Refusal::rule("key-expired", "this key has expired; create a new one"));
    }
    Ok(vec![Event::KeyRotated { key, digest, hint }])
}

/// A workspace key gets another role, or none. That ends its suspension: somebody has looked at it.
pub(crate) fn set_role(state: &Organization, key: KeyId, role: Option<RoleId>) -> Result<Vec<Event>, Refusal> {
    let known = live(state, key)?;
    if !matches!(known.kind, KeyKind::Workspace { .. }) {
        let message = "only workspace keys have a role of their own; change the role of its holder instead";
        return Err(Refusal::field("not-a-workspace-key", "key", message));
    }
    if known.role() == role && !known.suspended {
        return Ok(Vec::new());
    }
    role.map_or(Ok(()), |role| role_for_keys(state, role))?;
    // Without a role it may have the one of newcomers.
    let settings = &state.settings;
    let default = (settings.keys_without_role == KeysWithoutRole::DefaultRole).then_some(settings.join_default_role);
    let given = role.or(default).and_then(|role| state.roles.get(&role));
    given.map_or(Ok(()), |given| secrets_are_known_high_enough(state, std::iter::once(known), given))?;
    Ok(vec![Event::KeyRoleChanged { key, role }])
}

/// The key ends for good.
pub(crate) fn revoke(state: &Organization, key: KeyId) -> Result<Vec<Event>, Refusal> {
    live(state, key)?;
    Ok(vec![Event::KeyRevoked { key }])
}

/// Refuses an id that a key has or had: a key never becomes another, and an ended one never lives again.
pub(crate) fn is_new(state: &Organization, key: KeyId) -> Result<(), Refusal> {
    if state.keys.contains_key(&key) {
        return Err(Refusal::rule("exists", "a key with this id exists already, or did"));
    }
    Ok(())
}

fn live(state: &Organization, key: KeyId) -> Result<&Key, Refusal> {
    state.live_key(key).ok_or_else(|| Refusal::missing("key", "there is no such key, or it was revoked"))
}

fn is_member(state: &Organization, person: PersonId) -> Result<(), Refusal> {
    state.member(person).map(|_| ()).ok_or_else(|| Refusal::missing("member", "there is no such member"))
}

fn role_for_keys(state: &Organization, role: RoleId) -> Result<(), Refusal> {
    let found = state.roles.get(&role).ok_or_else(|| {
        Refusal::field("no-such-role", "role", format!("there is no role {role}; `wardroom role list` shows them"))
    })?;
    if found.assignable_to.keys && found.level == RoleLevel::Organization {
        return Ok(());
    }
    let message = format!("the role {role} cannot be given to keys; choose one that can, or let this one");
    Err(Refusal::field("role-not-for-keys", "role", message))
}

/// A directory connection gives and looks after roles of members, and never the top role: who holds that is decided here.
fn role_for_directories(state: &Organization, role: RoleId) -> Result<(), Refusal> {
    if role_for_members(state, &role)?.top {
        let message = "a directory connection neither gives the top role nor touches who has it; name smaller roles";
        return Err(Refusal::field("top-role", "role", message));
    }
    Ok(())
}

/// Refuses an end that has come already, of whatever is to end by itself.
pub(crate) fn ends_later(field: &'static str, end: Option<Timestamp>, now: Timestamp) -> Result<(), Refusal> {
    if end.is_some_and(|end| end <= now) {
        return Err(Refusal::field("in-the-past", field, "this moment has passed; give a later one or none"));
    }
    Ok(())
}
