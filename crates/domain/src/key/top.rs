//! Somebody in the top role always has a key: without one nobody could give one to them, and nothing that takes the
//! top role could be done again. A key that ends by itself stands in for one without an end only where there is none:
//! that somebody be locked out an hour after a change is no better than at once.

use std::collections::BTreeSet;

use crate::event::Event;
use crate::id::{KeyId, PersonId};
use crate::key::Key;
use crate::organization::Organization;
use crate::refusal::Refusal;
use crate::role::RoleId;
use crate::time::Timestamp;

/// Refuses what would leave nobody in the top role with a personal key that works, where somebody has one now. Whoever
/// has the top role may have keys under every setting, so that none of theirs is ever suspended.
// INVARIANT: held after every step by `somebody_at_the_top_keeps_a_key` in tests/rules.
pub(crate) fn somebody_at_the_top_keeps_one(
    state: &Organization,
    events: &[Event],
    now: Timestamp,
) -> Result<(), Refusal> {
    let takes = |event: &Event| {
        matches!(
            event,
            Event::KeyRevoked { .. }
                | Event::MemberRoleChanged { .. }
                | Event::MemberSuspended { .. }
                | Event::MemberRemoved { .. }
        )
    };
    if !events.iter().any(takes) {
        return Ok(());
    }
    let mut holders: BTreeSet<PersonId> = state.top_role_holders().collect();
    // The top role itself may come to be another one, and its holders with it.
    let mut tops: BTreeSet<RoleId> = state.roles.values().filter(|role| role.top).map(|role| role.id).collect();
    let Some(before) = lasts(state, &holders, &[].into(), now) else { return Ok(()) };
    let mut ended = BTreeSet::<KeyId>::new();
    for event in events {
        match event {
            Event::KeyRevoked { key } => drop(ended.insert(*key)),
            Event::MemberRemoved { person } | Event::MemberSuspended { person } => drop(holders.remove(person)),
            Event::RoleDefined(role) if role.top => drop(tops.insert(role.id)),
            Event::RoleDefined(role) => drop(tops.remove(&role.id)),
            Event::MemberRoleChanged { person, to, .. } if tops.contains(to) => drop(holders.insert(*person)),
            Event::MemberRoleChanged { person, .. } => drop(holders.remove(person)),
            _ => {}
        }
    }
    let message = match (lasts(state, &holders, &ended, now), before) {
        (Some(Lasts::Always), _) | (Some(Lasts::UntilAnEnd), Lasts::UntilAnEnd) => return Ok(()),
        (Some(Lasts::UntilAnEnd), Lasts::Always) => {
            "in the top role there would be keys alone that end by themselves, and nobody could give them one after that; \
             first give whoever is to hold the role a key without an end, or create another one of your own"
        }
        (None, _) => {
            "nobody in the top role would have a personal key that works, and nobody could give them one again; first end \
             the key of whoever is to hold the role, where somebody below issued it, and issue them one yourself, or \
             create another one of your own"
        }
    };
    Err(Refusal::rule("last-key-at-the-top", message))
}

/// For how long somebody has a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Lasts {
    /// Until it ends by itself.
    UntilAnEnd,
    /// Until somebody ends it.
    Always,
}

/// How long one of these people has a key that works now; none where none of them has one.
fn lasts(state: &Organization, holders: &BTreeSet<PersonId>, ended: &BTreeSet<KeyId>, now: Timestamp) -> Option<Lasts> {
    let works = |key: &&Key| {
        key.holds_at(now) && !ended.contains(&key.id) && key.holder().is_some_and(|holder| holders.contains(&holder))
    };
    let lasts = |key: &Key| if key.expires_at.is_some() { Lasts::UntilAnEnd } else { Lasts::Always };
    state.keys.values().filter(works).map(lasts).max()
}
