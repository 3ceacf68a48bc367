//! Somebody in the top role always has a key: without one nobody could give one to them, and nothing that takes the
//! top role could be done again.

use std::collections::BTreeSet;

use crate::event::Event;
use crate::id::{KeyId, PersonId};
use crate::organization::Organization;
use crate::refusal::Refusal;
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
        matches!(event, Event::KeyRevoked { .. } | Event::MemberRoleChanged { .. } | Event::MemberRemoved { .. })
    };
    if !events.iter().any(takes) || !works_for_one_of(state, &state.top_role_holders().collect(), &[].into(), now) {
        return Ok(());
    }
    let mut holders: BTreeSet<PersonId> = state.top_role_holders().collect();
    let mut ended = BTreeSet::<KeyId>::new();
    for event in events {
        match event {
            Event::KeyRevoked { key } => drop(ended.insert(*key)),
            Event::MemberRemoved { person } => drop(holders.remove(person)),
            Event::MemberRoleChanged { person, to, .. } if state.roles.get(to).is_some_and(|role| role.top) => {
                holders.insert(*person);
            }
            Event::MemberRoleChanged { person, .. } => drop(holders.remove(person)),
            _ => {}
        }
    }
    if works_for_one_of(state, &holders, &ended, now) {
        return Ok(());
    }
    let message = "nobody in the top role would have a personal key that works, and nobody could give them one again; \
                   first end the key of whoever is to hold the role, where somebody below issued it, and issue them one \
                   yourself, or create another one of your own";
    Err(Refusal::rule("last-key-at-the-top", message))
}

fn works_for_one_of(
    state: &Organization,
    holders: &BTreeSet<PersonId>,
    ended: &BTreeSet<KeyId>,
    now: Timestamp,
) -> bool {
    state.keys.values().any(|key| {
        key.holds_at(now) && !ended.contains(&key.id) && key.holder().is_some_and(|holder| holders.contains(&holder))
    })
}
