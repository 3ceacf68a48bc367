//! Subjects by id, with what they have of each integration in a form that a yes or no is read from at once.
//!
//! A row has one cell for each integration: the profile that was given, and whether the grant has more to it, an end
//! or single tools off. Without more the cell is the whole truth; with more it is the most that can be true, and
//! only then the one function that answers in full is asked. People who have the same share one row, so that a
//! company with few jobs and many people stays small.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashTable};

use crate::names::Measure;
use crate::snapshot::{IdBytes, NEVER, Reach, SubjectEntry, id_bytes};

const HASH: FixedState = FixedState::with_seed(0x7375_626a);
/// Cells in one word of a row.
const CELLS: u32 = 21;
/// Bits of a cell: two for the measure, one for "there is more to it".
const CELL_BITS: u32 = 3;
const MORE: u64 = 1 << 2;

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
}

/// What a subject has of an integration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Had {
    /// The most that they have.
    pub(crate) most: Measure,
    /// Whether that depends on the moment or the tool.
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
                    let row = row_of(reach, entry.ends_at == NEVER, (words, integrations));
                    Row(*known.entry(row).or_insert_with_key(|row| {
                        let at = subjects.rows.len() as u32;
                        subjects.rows.extend_from_slice(row);
                        at
                    }))
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
        let row = self.slot(id)?.row;
        if row == Row::EVERYTHING {
            return Some(Had { most: Measure::EVERYTHING, more: false });
        }
        let word = self.rows.get((row.0 + integration / CELLS) as usize).copied().unwrap_or_default();
        let cell = word >> (integration % CELLS * CELL_BITS);
        Some(Had { most: Measure::from_bits(cell), more: cell & MORE != 0 })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &SubjectEntry> {
        self.entries.iter()
    }
}

fn row_of(reach: &Reach, endless: bool, (words, integrations): (usize, usize)) -> Vec<u64> {
    let mut row = vec![0u64; words];
    let mut fill = |integration: u32, measure: Measure, more: bool| {
        if let Some(word) = row.get_mut((integration / CELLS) as usize) {
            let cell = measure.bits() | if more { MORE } else { 0 };
            *word |= cell << (integration % CELLS * CELL_BITS);
        }
    };
    match reach {
        Reach::ByRole | Reach::ByKeyScope => {
            (0..integrations as u32).for_each(|integration| fill(integration, Measure::EVERYTHING, !endless));
        }
        Reach::Granted(grants) => grants.iter().for_each(|grant| {
            let more = !endless || !grant.tools_off.is_empty() || grant.ends_at != NEVER;
            fill(grant.integration, Measure::of(grant.profile), more);
        }),
    }
    row
}
