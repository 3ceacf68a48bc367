//! Subjects by id, laid out so that a yes or no touches few lines of memory, and so that a change of few of them costs
//! little.
//!
//! Each subject stands in one line of memory (64 bytes), which holds the id and a cell for each integration that they
//! have: the profile that was given, and whether single tools are off or the grant has an end. Who has more integrations
//! than fit has a row of cells instead, one for every integration; people who have the same share one row, so that a
//! company with few jobs and many people stays small. The switched-off tools stand in a set of their own. Only where
//! something has an end is the whole entry asked.
//!
//! Lines stand together by some hundreds ([`Shard`]). A snapshot shares with the one before it every shard in which
//! nobody changed, and lays out the others anew: there is one way to lay out a shard, whatever led to it.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::{HashSet, HashTable};

use crate::catalog::ToolIndex;
use crate::names::Measure;
use crate::question::Subject;
use crate::shards::Shards;
use crate::snapshot::{GrantEntry, IdBytes, NEVER, Reach, SubjectEntry, id_bytes};

const HASH: FixedState = FixedState::with_seed(0x7375_626a);
/// Bits of a cell: two for the measure, one for "single tools are off", one for "has an end".
const CELL_BITS: u32 = 4;
const CELL: u32 = (1 << CELL_BITS) - 1;
const TOOLS_OFF: u32 = 1 << 2;
const ENDS: u32 = 1 << 3;
/// Cells in one word of a row.
const CELLS: u32 = u64::BITS / CELL_BITS;
/// Integrations whose cells fit into the line itself.
const FEW: usize = 12;
/// Where an integration's number would be: nothing is here. Integrations from this number on have no cell in a line.
const NOWHERE: u16 = u16::MAX >> CELL_BITS;

/// What there is of a subject in the first line of memory that is touched.
#[repr(align(64))]
struct Line {
    id: IdBytes,
    cells: Cells,
    entry: Arc<SubjectEntry>,
}

const _: () = assert!(size_of::<Line>() == 64, "a subject is one line of memory");

/// What a subject has of each integration. The number is theirs in the shard.
#[derive(Clone)]
enum Cells {
    Everything,
    /// Each an integration's number and its cell.
    Few {
        number: u32,
        few: [u16; FEW],
    },
    Row {
        number: u32,
        row: Row,
    },
}

/// A cell for every integration.
type Row = Arc<[u64]>;
type Rows = HashSet<Row, FixedState>;

/// What a subject has of an integration.
#[derive(Clone, Copy)]
pub(crate) struct Had<'s> {
    cell: u32,
    number: u32,
    shard: &'s Shard,
}

impl Had<'_> {
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

    /// Whether a tool is switched off for the subject alone.
    pub(crate) fn is_off(self, tool: ToolIndex) -> bool {
        let pair = [self.number, tool.0];
        self.shard.off.find(hash_of_pair(&pair), |off| *off == pair).is_some()
    }
}

/// Every subject of a snapshot.
#[derive(Default)]
pub(crate) struct Subjects {
    shards: Shards<Shard>,
    many: usize,
    /// Words of a row.
    words: usize,
}

/// Some of the subjects.
#[derive(Default)]
pub(crate) struct Shard {
    lines: HashTable<Line>,
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
    pub(crate) fn compile(entries: Vec<Arc<SubjectEntry>>, integrations: usize) -> Subjects {
        let (many, words) = (entries.len(), integrations.div_ceil(CELLS as usize));
        let mut rows = Rows::default();
        let hash = |entry: &Arc<SubjectEntry>| hash_of(entry.subject.as_str().as_bytes());
        let shards = Shards::of(entries, hash, |entries| Shard::compile(entries, words, &mut rows));
        Subjects { shards, many, words }
    }

    /// The same subjects, apart from these: each is as it says from now on, or is gone.
    pub(crate) fn with(&self, changed: BTreeMap<Subject, Option<SubjectEntry>>) -> Subjects {
        let mut by_shard = BTreeMap::<usize, BTreeMap<Subject, Option<SubjectEntry>>>::new();
        for (subject, entry) in changed {
            let place = self.shards.place(hash_of(subject.as_str().as_bytes()));
            by_shard.entry(place).or_default().insert(subject, entry);
        }
        let (mut shards, mut many, words) = (self.shards.clone(), self.many, self.words);
        for (place, changed) in by_shard {
            shards.replace(place, |shard| {
                many -= shard.lines.len();
                let kept = shard.lines.iter().filter(|line| !changed.contains_key(&line.entry.subject));
                let mut entries: Vec<_> = kept.map(|line| Arc::clone(&line.entry)).collect();
                entries.extend(changed.into_values().flatten().map(Arc::new));
                many += entries.len();
                let mut rows = shard.lines.iter().filter_map(Line::row).cloned().collect();
                Shard::compile(entries, words, &mut rows)
            });
        }
        let subjects = Subjects { shards, many, words };
        if subjects.shards.are_full(many) {
            let entries = subjects.lines().map(|line| Arc::clone(&line.entry)).collect();
            return Subjects::compile(entries, words * CELLS as usize);
        }
        subjects
    }

    #[inline]
    fn line(&self, id: &str) -> Option<(&Shard, &Line)> {
        let id = id_bytes(id)?;
        let hash = hash_of(&id);
        let shard = self.shards.at(hash)?;
        Some((shard, shard.lines.find(hash, |line| line.id == id)?))
    }

    /// The subject with this id.
    pub(crate) fn find(&self, id: &str) -> Option<&SubjectEntry> {
        self.line(id).map(|(_, line)| &*line.entry)
    }

    /// What the subject with this id has of an integration.
    #[inline]
    pub(crate) fn has(&self, id: &str, integration: u32) -> Option<Had<'_>> {
        let (shard, line) = self.line(id)?;
        let (cell, number) = match &line.cells {
            // Every cell is looked at: many comparisons at once are quicker than a guess where to stop.
            Cells::Few { number, few } => {
                let wanted = u16::try_from(integration).unwrap_or(NOWHERE).min(NOWHERE);
                let cell =
                    few.iter().fold(0, |found, cell| found | if cell >> CELL_BITS == wanted { *cell } else { 0 });
                (u32::from(cell) & CELL, *number)
            }
            Cells::Row { number, row } => {
                let word = row.get((integration / CELLS) as usize).copied().unwrap_or_default();
                ((word >> (integration % CELLS * CELL_BITS)) as u32 & CELL, *number)
            }
            Cells::Everything => (Measure::EVERYTHING.bits(), 0),
        };
        Some(Had { cell, number, shard })
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.many
    }

    /// Every subject, in no order that means anything.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &SubjectEntry> {
        self.lines().map(|line| &*line.entry)
    }

    fn lines(&self) -> impl Iterator<Item = &Line> {
        self.shards.iter().flat_map(|shard| shard.lines.iter())
    }
}

impl Shard {
    fn compile(entries: Vec<Arc<SubjectEntry>>, words: usize, rows: &mut Rows) -> Shard {
        let mut shard = Shard { lines: HashTable::with_capacity(entries.len()), off: HashTable::new() };
        for (number, entry) in (0u32..).zip(entries) {
            let Some(id) = id_bytes(entry.subject.as_str()) else { continue };
            shard.switch_off(number, &entry);
            let line = Line { id, cells: Cells::of(number, &entry, words, rows), entry };
            shard.lines.insert_unique(hash_of(&id), line, |line| hash_of(&line.id));
        }
        shard
    }

    fn switch_off(&mut self, number: u32, entry: &SubjectEntry) {
        let Reach::Granted(grants) = &entry.reach else { return };
        let alone = by_integration(grants).filter(|given| given.len() == 1).flatten();
        for tool in alone.flat_map(|grant| &grant.tools_off) {
            let pair = [number, *tool];
            self.off.insert_unique(hash_of_pair(&pair), pair, hash_of_pair);
        }
    }
}

impl Line {
    fn row(&self) -> Option<&Row> {
        match &self.cells {
            Cells::Row { row, .. } => Some(row),
            Cells::Everything | Cells::Few { .. } => None,
        }
    }
}

impl Cells {
    fn of(number: u32, entry: &SubjectEntry, words: usize, rows: &mut Rows) -> Cells {
        if let Reach::Granted(grants) = &entry.reach {
            let fits = |given: &[GrantEntry]| place(given) < u32::from(NOWHERE);
            if by_integration(grants).count() <= FEW && by_integration(grants).all(fits) {
                let mut few = [NOWHERE << CELL_BITS; FEW];
                for (slot, given) in few.iter_mut().zip(by_integration(grants)) {
                    *slot = (place(given) << CELL_BITS | cell(given, entry)) as u16;
                }
                return Cells::Few { number, few };
            }
        } else if !entry.ends() {
            return Cells::Everything;
        }
        let row = row(entry, words);
        let row = rows.get_or_insert_with(row.as_slice(), |row| row.into());
        Cells::Row { number, row: Arc::clone(row) }
    }
}

/// In the order of the ids and without numbers, so that two of the same content read the same, whatever led to them.
impl fmt::Debug for Subjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut all: Vec<_> =
            self.shards.iter().flat_map(|shard| shard.lines.iter().map(move |line| (shard, line))).collect();
        all.sort_unstable_by_key(|(_, line)| line.id);
        let shown = all.into_iter().map(|(shard, line)| {
            let (number, cells) = match &line.cells {
                Cells::Everything => (None, "everything".to_owned()),
                Cells::Few { number, few } => (Some(*number), format!("{few:x?}")),
                Cells::Row { number, row } => (Some(*number), format!("{row:x?}")),
            };
            let mut off: Vec<u32> =
                shard.off.iter().filter(|[of, _]| Some(*of) == number).map(|[_, tool]| *tool).collect();
            off.sort_unstable();
            (&line.entry, cells, off)
        });
        f.debug_list().entries(shown).finish()
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
