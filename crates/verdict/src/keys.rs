//! Keys by id, in parts that snapshots share.

use std::collections::BTreeSet;
use std::fmt;
use std::hash::{BuildHasher, Hasher};

use domain::id::{KeyId, PersonId};
use domain::key::{Key, KeyKind, KeyScope};
use domain::organization::Organization;
use domain::time::Timestamp;
use foldhash::fast::FixedState;
use hashbrown::HashTable;

use crate::question::Subject;
use crate::shards::Shards;
use crate::snapshot::NEVER;

const HASH: FixedState = FixedState::with_seed(0x006b_6579);

/// A key that was not revoked.
#[derive(Clone, Debug)]
pub(crate) struct KeyEntry {
    pub(crate) id: KeyId,
    pub(crate) subject: Subject,
    pub(crate) acting_for: Option<PersonId>,
    /// Whether the workspace key was made for everything, also where that opens nothing at present.
    pub(crate) reaches_all: bool,
    /// Whether it is the connection of a company directory.
    pub(crate) directory: bool,
    pub(crate) digest: [u8; 32],
    pub(crate) ends_at: Timestamp,
}

/// Every key of a snapshot.
#[derive(Default)]
pub(crate) struct Keys {
    shards: Shards<HashTable<KeyEntry>>,
    many: usize,
}

impl Keys {
    pub(crate) fn compile(state: &Organization) -> Keys {
        let live = state.keys.values().filter(|key| key.revoked_at.is_none());
        Keys::of(live.filter_map(KeyEntry::of).collect())
    }

    fn of(entries: Vec<KeyEntry>) -> Keys {
        let many = entries.len();
        let shards = Shards::of(entries, hash, |entries| {
            let mut keys = HashTable::with_capacity(entries.len());
            entries.into_iter().for_each(|entry| _ = keys.insert_unique(hash(&entry), entry, hash));
            keys
        });
        Keys { shards, many }
    }

    /// The same keys, apart from these, which are as the state says.
    pub(crate) fn with(&self, changed: &BTreeSet<KeyId>, state: &Organization) -> Keys {
        let (mut shards, mut many) = (self.shards.clone(), self.many);
        for id in changed {
            let hash_of_id = hash_of(id.as_str().as_bytes());
            shards.replace(shards.place(hash_of_id), |shard| {
                let mut keys = shard.clone();
                if let Ok(found) = keys.find_entry(hash_of_id, |entry| entry.id == *id) {
                    found.remove();
                    many -= 1;
                }
                if let Some(entry) = state.live_key(*id).and_then(KeyEntry::of) {
                    keys.insert_unique(hash_of_id, entry, hash);
                    many += 1;
                }
                keys
            });
        }
        let keys = Keys { shards, many };
        if keys.shards.are_full(many) { Keys::of(keys.iter().cloned().collect()) } else { keys }
    }

    pub(crate) fn find(&self, id: KeyId) -> Option<&KeyEntry> {
        let hash = hash_of(id.as_str().as_bytes());
        self.shards.at(hash)?.find(hash, |entry| entry.id == id)
    }

    /// Every key, in no order that means anything.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &KeyEntry> {
        self.shards.iter().flat_map(HashTable::iter)
    }
}

/// In the order of the ids, so that two of the same content read the same.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut all: Vec<_> = self.iter().collect();
        all.sort_unstable_by_key(|entry| entry.id);
        f.debug_list().entries(all).finish()
    }
}

impl KeyEntry {
    fn of(key: &Key) -> Option<KeyEntry> {
        let (subject, acting_for) = match key.kind {
            KeyKind::Personal { holder } => (Subject::Member(holder), None),
            KeyKind::Workspace { .. } | KeyKind::Directory { .. } => (Subject::Key(key.id), None),
            KeyKind::Agent { agent, acting_for } => (Subject::Agent(agent), acting_for),
        };
        let (digest, ends_at) = (key.digest_bytes()?, key.expires_at.unwrap_or(NEVER));
        let reaches_all = matches!(key.kind, KeyKind::Workspace { scope: KeyScope::All, .. });
        let directory = matches!(key.kind, KeyKind::Directory { .. });
        Some(KeyEntry { id: key.id, subject, acting_for, reaches_all, directory, digest, ends_at })
    }
}

fn hash(entry: &KeyEntry) -> u64 {
    hash_of(entry.id.as_str().as_bytes())
}

fn hash_of(id: &[u8]) -> u64 {
    let mut hasher = HASH.build_hasher();
    hasher.write(id);
    hasher.finish()
}
