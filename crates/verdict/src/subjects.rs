//! Subjects by id, with what they have of each integration in a form that a yes or no is read from at once.
//!
//! Most people's access is plain: a profile for each integration, without an end and without single tools off. It
//! is written as two bits an integration, and people who have the same share one row, so that a company with few
//! jobs and many people stays small. Whatever is not plain is left out of the row, and the subject marked: then
//! the one function that answers in full is asked.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashTable};

use crate::names::Measure;
use crate::snapshot::{IdBytes, NEVER, Reach, SubjectEntry, id_bytes};

const HASH: FixedState = FixedState::with_seed(0x7375_626a);
/// Integrations in one word of a row.
const CELLS: u32 = 32;

#[derive(Clone, Copy, Debug)]
struct Slot {
    id: IdBytes,
    entry: u32,
    row: Row,
}

/// Where a subject's row begins, or that it needs none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Row(u32);

impl Row {
    const EVERYTHING: Row = Row(u32::MAX);
    /// Set where something that the subject has is not in the row.
    const MORE: u32 = 1 << 31;
}

/// What a subject has of an integration, as far as that is plain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Had {
    pub(crate) measure: Measure,
    /// Whether the subject has something that is not plain: what it lacks by this measure it may have all the same.
    pub(crate) more: bool,
}

/// Every subject of a snapshot.
#[derive(Debug, Default)]
pub(crate) struct Subjects {
    slots: HashTable<Slot>,
    entries: Vec<SubjectEntry>,
    rows: Vec<u64>,
}

fn hash_of(id: &IdBytes) -> u64 {
    let mut hasher = HASH.build_hasher();
    hasher.write(id);
    hasher.finish()
}

impl Subjects {
    /// Lays out the subjects of an organization with so many integrations.
    pub(crate) fn compile(entries: Vec<SubjectEntry>, integrations: usize) -> Subjects {
        let words = integrations.div_ceil(CELLS as usize);
        let mut known: HashMap<Vec<u64>, u32, FixedState> = HashMap::default();
        let mut subjects = Subjects { slots: HashTable::with_capacity(entries.len()), ..Subjects::default() };
        for (place, entry) in (0u32..).zip(&entries) {
            let Some(id) = id_bytes(entry.subject.as_str()) else { continue };
            let row = match &entry.reach {
                Reach::ByRole | Reach::ByKeyScope if entry.ends_at == NEVER => Row::EVERYTHING,
                reach => {
                    let (row, more) = plain(reach, entry.ends_at == NEVER, words);
                    let at = *known.entry(row).or_insert_with_key(|row| {
                        let at = subjects.rows.len() as u32;
                        subjects.rows.extend_from_slice(row);
                        at
                    });
                    Row(at | if more { Row::MORE } else { 0 })
                }
            };
            subjects.slots.insert_unique(hash_of(&id), Slot { id, entry: place, row }, |slot| hash_of(&slot.id));
        }
        subjects.entries = entries;
        subjects
    }

    #[inline]
    fn slot(&self, id: &str) -> Option<&Slot> {
        let id = id_bytes(id)?;
        self.slots.find(hash_of(&id), |slot| slot.id == id)
    }

    /// The subject with this id.
    pub(crate) fn find(&self, id: &str) -> Option<&SubjectEntry> {
        self.entries.get(self.slot(id)?.entry as usize)
    }

    /// What the subject with this id has of an integration.
    #[inline]
    pub(crate) fn has(&self, id: &str, integration: u32) -> Option<Had> {
        let Slot { row, .. } = *self.slot(id)?;
        if row == Row::EVERYTHING {
            return Some(Had { measure: Measure::EVERYTHING, more: false });
        }
        let at = (row.0 & !Row::MORE) + integration / CELLS;
        let word = self.rows.get(at as usize).copied().unwrap_or_default();
        let measure = Measure::from_bits(word >> (integration % CELLS * 2));
        Some(Had { measure, more: row.0 & Row::MORE != 0 })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &SubjectEntry> {
        self.entries.iter()
    }
}

/// The row of what is plain, and whether there is more. Of what ends by itself nothing is plain.
fn plain(reach: &Reach, endless: bool, words: usize) -> (Vec<u64>, bool) {
    let mut row = vec![0u64; words];
    let mut more = !endless;
    let Reach::Granted(grants) = reach else { return (row, more) };
    for grant in grants {
        let is_plain = endless && grant.tools_off.is_empty() && grant.ends_at == NEVER;
        let word = row.get_mut((grant.integration / CELLS) as usize);
        match word.filter(|_| is_plain) {
            Some(word) => *word |= Measure::of(grant.profile).bits() << (grant.integration % CELLS * 2),
            None => more = true,
        }
    }
    (row, more)
}
