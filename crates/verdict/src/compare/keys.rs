//! What becomes of keys.

use std::collections::BTreeMap;

use domain::id::KeyId;
use domain::time::Timestamp;

use crate::diff::KeyChange;
use crate::keys::KeyEntry;
use crate::question::{Actor, Subject};
use crate::snapshot::Snapshot;

/// Every key that ends, comes, or works otherwise than before, by whose it is and in the order of the ids.
pub(super) fn between(
    before: &Snapshot,
    after: &Snapshot,
    now: Timestamp,
) -> BTreeMap<Subject, Vec<(KeyId, KeyChange)>> {
    let mut changes = BTreeMap::<Subject, Vec<(KeyId, KeyChange)>>::new();
    let mut add = |key: &KeyEntry, was, is| {
        if let Some(change) = change(was, is) {
            changes.entry(key.subject).or_default().push((key.id, change));
        }
    };
    for key in before.keys.iter() {
        add(key, before.use_of(key, now), after.key(key.id).and_then(|key| after.use_of(key, now)));
    }
    for key in after.keys.iter().filter(|key| before.key(key.id).is_none()) {
        add(key, None, after.use_of(key, now));
    }
    changes.values_mut().for_each(|of_one| of_one.sort_unstable());
    changes
}

/// Of what use a key is that has not ended.
struct Use {
    works: bool,
    digest: [u8; 32],
}

fn change(was: Option<Use>, is: Option<Use>) -> Option<KeyChange> {
    match (was, is) {
        (Some(_), None) => Some(KeyChange::Ends),
        (Some(was), Some(is)) if was.works && is.works => (was.digest != is.digest).then_some(KeyChange::Renewed),
        (Some(was), Some(is)) => match (was.works, is.works) {
            (false, true) => Some(KeyChange::Starts),
            (true, false) => Some(KeyChange::Stops),
            _ => None,
        },
        // What is made and does nothing is nothing that anybody gains.
        (None, Some(is)) => is.works.then_some(KeyChange::Comes),
        (None, None) => None,
    }
}

impl Snapshot {
    /// Of what use a key is; none where it has ended.
    fn use_of(&self, key: &KeyEntry, now: Timestamp) -> Option<Use> {
        if now >= key.ends_at {
            return None;
        }
        let actor = Actor { acting_for: key.acting_for, ..Actor::about(key.subject) };
        let holder = self.subject_at(key.subject.as_str(), now).ok();
        let may_have =
            holder.is_some_and(|holder| key.subject.person().is_none() || self.may_have_keys(holder).is_ok());
        let principal = self.is_let_act(&actor, now);
        Some(Use { works: may_have && principal, digest: key.digest })
    }
}
