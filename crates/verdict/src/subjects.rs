//! Subjects by id, laid out so that a yes or no touches few lines of memory.
//!
//! Each subject stands in one slot. Its first line (64 bytes) holds the id and a cell for each integration that
//! they have: the profile that was given, and whether single tools are off or the grant has an end. Who has more
//! integrations than fit has a row of cells instead, one for every integration; people who have the same share
//! one row, so that a company with few jobs and many people stays small. The switched-off tools of all subjects
//! are one set. Only where something has an end is the whole entry asked, which stands behind the first line.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashTable};

use crate::catalog::ToolIndex;
use crate::names::Measure;
use crate::snapshot::{GrantEntry, IdBytes, NEVER, Reach, SubjectEntry, id_bytes};

const HASH: FixedState = FixedState::with_seed(0x7375_626a);
/// Bits of a cell: two for the measure, one for "single tools are off", one for "has an end".
const CELL_BITS: u32 = 4;
const CELL: u32 = (1 << CELL_BITS) - 1;
const TOOLS_OFF: u32 = 1 << 2;
const ENDS: u32 = 1 << 3;
/// Cells in one word of a row.
const CELLS: u32 = u64::BITS / CELL_BITS;
/// Integrations whose cells fit into the slot itself.
const FEW: usize = 8;
/// In the place of an integration's number: nothing is here.
const VACANT: u32 = u32::MAX;

#[derive(Debug)]
#[repr(C, align(64))]
struct Slot {
    id: IdBytes,
    /// Each an integration's number and its cell.
    few: [u32; FEW],
    cells: Cells,
    number: u32,
    entry: SubjectEntry,
}

/// Where a subject's cells are: the beginning of a row, or one of two words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Cells(u32);

impl Cells {
    /// Nowhere: they have everything.
    const EVERYTHING: Cells = Cells(u32::MAX);
    /// In the slot.
    const FEW: Cells = Cells(u32::MAX - 1);
}

/// What a subject has of an integration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Had {
    cell: u32,
    number: u32,
}

impl Had {
    /// The most that they have.
    #[inline]
    pub(crate) fn most(self) -> Measure {
        Measure::from_bits(self.cell)
    }

    /// Whether there is more to it than the measure.
    #[inline]
    pub(crate) fn is_limited(self) -> bool {
        self.cell & (TOOLS_OFF | ENDS) != 0
    }

    /// Whether it depends on the moment.
    pub(crate) fn ends(self) -> bool {
        self.cell & ENDS != 0
    }
}

/// Every subject of a snapshot.
#[derive(Debug, Default)]
pub(crate) struct Subjects {
    slots: HashTable<Slot>,
    rows: Vec<u64>,
    /// Pairs of a subject's number and a tool that is off for them.
    off: HashTable<[u32; 2]>,
}

fn hash_of(bytes: &[u8]) -> u64 {
    let mut hasher = HASH.build_hasher();
    hasher.write(bytes);
    hasher.finish()
}

fn hash_of_pair([number, tool]: &[u32; 2]) -> u64 {
    let mut hasher = HASH.build_hasher();
    hasher.write_u64(u64::from(*number) << 32 | u64::from(*tool));
    hasher.finish()
}

impl Subjects {
    /// Lays out the subjects of an organization with so many integrations.
    pub(crate) fn compile(entries: Vec<SubjectEntry>, integrations: usize) -> Subjects {
        let words = integrations.div_ceil(CELLS as usize);
        let mut known: HashMap<Vec<u64>, u32, FixedState> = HashMap::default();
        let mut subjects = Subjects { slots: HashTable::with_capacity(entries.len()), ..Subjects::default() };
        for (number, entry) in (0u32..).zip(entries) {
            let Some(id) = id_bytes(entry.subject.as_str()) else { continue };
            let mut few = [VACANT; FEW];
            let cells = match &entry.reach {
                Reach::ByRole | Reach::ByKeyScope if !entry.ends() => Cells::EVERYTHING,
                Reach::Granted(grants) if by_integration(grants).count() <= FEW => {
                    for (slot, given) in few.iter_mut().zip(by_integration(grants)) {
                        *slot = place(given) << CELL_BITS | cell(given, &entry);
                    }
                    Cells::FEW
                }
                _ => Cells(*known.entry(row(&entry, words)).or_insert_with_key(|row| {
                    let at = subjects.rows.len() as u32;
                    subjects.rows.extend_from_slice(row);
                    at
                })),
            };
            subjects.switch_off(number, &entry);
            let slot = Slot { id, few, cells, number, entry };
            subjects.slots.insert_unique(hash_of(&id), slot, |slot| hash_of(&slot.id));
        }
        subjects
    }

    fn switch_off(&mut self, number: u32, entry: &SubjectEntry) {
        let Reach::Granted(grants) = &entry.reach else { return };
        let alone = by_integration(grants).filter(|given| given.len() == 1).flatten();
        for tool in alone.flat_map(|grant| &grant.tools_off) {
            let pair = [number, *tool];
            self.off.insert_unique(hash_of_pair(&pair), pair, hash_of_pair);
        }
    }

    #[inline]
    fn slot(&self, id: &str) -> Option<&Slot> {
        let id = id_bytes(id)?;
        self.slots.find(hash_of(&id), |slot| slot.id == id)
    }

    /// The subject with this id.
    pub(crate) fn find(&self, id: &str) -> Option<&SubjectEntry> {
        self.slot(id).map(|slot| &slot.entry)
    }

    /// What the subject with this id has of an integration.
    #[inline]
    pub(crate) fn has(&self, id: &str, integration: u32) -> Option<Had> {
        let Slot { few, cells, number, .. } = self.slot(id)?;
        let cell = match *cells {
            // Every cell is looked at: eight comparisons at once are quicker than a guess where to stop.
            Cells::FEW => {
                few.iter().fold(0, |found, slot| found | if slot >> CELL_BITS == integration { slot & CELL } else { 0 })
            }
            Cells::EVERYTHING => Measure::EVERYTHING.bits(),
            Cells(row) => {
                let word = self.rows.get((row + integration / CELLS) as usize).copied().unwrap_or_default();
                (word >> (integration % CELLS * CELL_BITS)) as u32 & CELL
            }
        };
        Some(Had { cell, number: *number })
    }

    /// Whether a tool is switched off for a subject alone.
    pub(crate) fn is_off(&self, had: Had, tool: ToolIndex) -> bool {
        let pair = [had.number, tool.0];
        self.off.find(hash_of_pair(&pair), |off| *off == pair).is_some()
    }

    /// Every subject, in no order that means anything.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &SubjectEntry> {
        self.slots.iter().map(|slot| &slot.entry)
    }
}

/// What was given of each integration.
fn by_integration(grants: &[GrantEntry]) -> impl Iterator<Item = &[GrantEntry]> {
    grants.chunk_by(|one, next| one.integration == next.integration)
}

fn place(given: &[GrantEntry]) -> u32 {
    given.first().map_or(0, |grant| grant.integration)
}

/// The cell of one integration. Where it was given in several ways and the widest has its limits, the others may
/// reach what it does not: then the whole entry is asked, as for one with an end.
fn cell(given: &[GrantEntry], entry: &SubjectEntry) -> u32 {
    let Some(widest) = given.first() else { return 0 };
    let off = if widest.tools_off.is_empty() { 0 } else { TOOLS_OFF };
    let ends = if widest.ends_at == NEVER && !entry.ends() { 0 } else { ENDS };
    let measure = Measure::of(widest.profile).bits();
    if given.len() > 1 && off | ends != 0 { measure | ENDS } else { measure | off | ends }
}

/// A cell for every integration.
fn row(entry: &SubjectEntry, words: usize) -> Vec<u64> {
    let everything = Measure::EVERYTHING.bits() | ENDS;
    let Reach::Granted(grants) = &entry.reach else {
        // Who has everything without an end needs no row.
        return vec![(0..CELLS).fold(0, |word, at| word | u64::from(everything) << (at * CELL_BITS)); words];
    };
    let mut row = vec![0; words];
    for given in by_integration(grants) {
        let at = place(given);
        if let Some(word) = row.get_mut((at / CELLS) as usize) {
            *word |= u64::from(cell(given, entry)) << (at % CELLS * CELL_BITS);
        }
    }
    row
}
