//! What may happen to a key.

use crate::event::Event;
use crate::id::KeyId;
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

/// The key gets a new secret; the old one stops at once.
pub(crate) fn rotate(state: &Organization, key: KeyId, digest: String, hint: String) -> Result<Vec<Event>, Refusal> {
    live(state, key)?;
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

fn holder_of(kind: &KeyKind) -> Option<crate::id::PersonId> {
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
