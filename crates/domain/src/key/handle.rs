//! What may happen to a key.

use crate::event::Event;
use crate::id::{KeyId, PersonId};
use crate::key::{Key, KeyKind};
use crate::organization::Organization;
use crate::refusal::Refusal;
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
    if let KeyKind::Personal { holder } = kind {
        state.active_member(holder).ok_or_else(|| Refusal::missing("member", "there is no such member"))?;
    }
    let of_kind = |other: &&Key| other.holder() == holder_of(&kind) && other.revoked_at.is_none();
    if state.keys.values().filter(of_kind).count() >= KEYS_MAX {
        return Err(Refusal::rule(
            "too-many-keys",
            format!("there are {KEYS_MAX} such keys already; revoke one first"),
        ));
    }
    ends_later(expires_at, now)?;
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

fn holder_of(kind: &KeyKind) -> Option<PersonId> {
    match kind {
        KeyKind::Personal { holder } => Some(*holder),
        KeyKind::Workspace { .. } => None,
    }
}

fn ends_later(expires_at: Option<Timestamp>, now: Timestamp) -> Result<(), Refusal> {
    if expires_at.is_some_and(|end| end <= now) {
        return Err(Refusal::field("in-the-past", "expires_at", "this moment has passed; give a later one or none"));
    }
    Ok(())
}
