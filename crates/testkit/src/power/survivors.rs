//! What is left of one file after the power went.

use std::collections::BTreeMap;

use super::luck::Luck;
use super::platter::{Change, File, Loss};

/// What a disk writes whole.
const SECTOR: usize = 512;

/// How a disk treated a file's changes that were not flushed.
#[derive(Clone, Copy)]
enum Fate {
    /// None of them was done.
    Nothing,
    /// All of them were.
    Everything,
    /// Those up to a moment were, and for each sector of the change after it chance decides.
    UpTo { moment: usize },
    /// Each sector holds what it held at a moment of its own: the newest so many times in a hundred.
    Anything { newest: usize },
}

impl Fate {
    fn by(luck: &mut Luck, changes: usize) -> Fate {
        match luck.below(7) {
            0 => Fate::Nothing,
            1 => Fate::Everything,
            2 | 3 => Fate::UpTo { moment: luck.below(changes + 1) },
            4 => Fate::Anything { newest: 50 },
            // Nearly all is there, or nearly nothing: where a careless reader would be fooled.
            5 => Fate::Anything { newest: 97 },
            _ => Fate::Anything { newest: 3 },
        }
    }

    /// Which of the changes `done` (in order) a sector, or the length, shows: so many from the front.
    fn shown(self, done: &[usize], luck: &mut Luck) -> usize {
        match self {
            Fate::Nothing => 0,
            Fate::Everything => done.len(),
            Fate::UpTo { moment } => {
                let before = done.iter().filter(|change| **change < moment).count();
                let torn = done.get(before) == Some(&moment) && luck.percent(50);
                before + usize::from(torn)
            }
            Fate::Anything { newest } if luck.percent(newest) => done.len(),
            Fate::Anything { .. } => luck.below(done.len()),
        }
    }
}

/// What is left of a file. A sector holds what it held at one moment since the last flush, whole, and the moments of
/// different sectors have nothing to do with each other. Lengths are the file system's own bookkeeping, which it keeps
/// in order: cutting a file is done or not done, and what was written after a cut is there only if the cut is.
pub(crate) fn survivors(file: &File<'_>, luck: &mut Luck, loss: &mut Loss) -> Vec<u8> {
    let fate = Fate::by(luck, file.pending.len());
    let history = History::of(file);
    let shown = fate.shown(&history.lengths.iter().map(|(number, _)| *number).collect::<Vec<_>>(), luck);
    let newest = shown.checked_sub(1).map(|last| history.lengths[last]);
    let cuts_done = history.cuts.iter().filter(|(number, _)| newest.is_some_and(|(done, _)| *number <= done));
    let cuts_done: Vec<(usize, usize)> = cuts_done.copied().collect();
    let first_undone = |end: usize| history.cuts.iter().skip(cuts_done.len()).find(|(_, length)| *length < end);

    let mut left = file.durable.clone();
    for (sector, held) in &history.sectors {
        let (start, end) = (sector * SECTOR, (sector + 1) * SECTOR);
        let before = first_undone(end).map_or(usize::MAX, |(number, _)| *number);
        let possible: Vec<usize> = held.iter().map(|(number, _)| *number).filter(|number| *number < before).collect();
        let shown = fate.shown(&possible, luck).checked_sub(1).map(|last| &held[last]);
        loss.sectors_at_risk += 1;
        loss.sectors_lost += usize::from(shown.map(|(number, _)| number) != held.last().map(|(number, _)| number));
        if let Some((_, bytes)) = shown {
            Change::Write { at: start, bytes }.apply(&mut left);
        }
        let since = |number: &usize| shown.is_none_or(|(written, _)| written < number);
        for (_, length) in cuts_done.iter().filter(|(number, length)| since(number) && *length < end) {
            let end = end.min(left.len());
            left[(*length).max(start).min(end)..end].fill(0);
        }
    }
    left.resize(newest.map_or(file.durable.len(), |(_, length)| length), 0);
    left
}

/// What happened to a file since its last flush. Every moment is the number of a change.
struct History {
    /// Changes of the length, and the length after each.
    lengths: Vec<(usize, usize)>,
    /// Those that made the file shorter.
    cuts: Vec<(usize, usize)>,
    /// For each sector that was written or cut off, what it held after each write to it.
    sectors: BTreeMap<usize, Vec<(usize, [u8; SECTOR])>>,
}

impl History {
    fn of(file: &File<'_>) -> History {
        let mut history = History { lengths: Vec::new(), cuts: Vec::new(), sectors: BTreeMap::new() };
        let mut content = file.durable.clone();
        for (number, change) in file.pending.iter().enumerate() {
            let before = content.len();
            change.apply(&mut content);
            match change {
                Change::Write { at, bytes } => {
                    for sector in at / SECTOR..(at + bytes.len()).div_ceil(SECTOR) {
                        history.sectors.entry(sector).or_default().push((number, sector_of(&content, sector)));
                    }
                }
                Change::Length { length } => {
                    for sector in length / SECTOR..before.div_ceil(SECTOR) {
                        history.sectors.entry(sector).or_default();
                    }
                }
            }
            if content.len() != before {
                history.lengths.push((number, content.len()));
            }
            if content.len() < before {
                history.cuts.push((number, content.len()));
            }
        }
        history
    }
}

fn sector_of(content: &[u8], sector: usize) -> [u8; SECTOR] {
    let mut bytes = [0; SECTOR];
    let from = (sector * SECTOR).min(content.len());
    let to = (from + SECTOR).min(content.len());
    bytes[..to - from].copy_from_slice(&content[from..to]);
    bytes
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::power::log::{Entry, What};
    use crate::power::platter::Platter;
    use crate::power::{Files, Word};

    /// What can be left of a file of ten sectors of `a` after these changes, over many cuts.
    fn left_after(changes: &[What<'_>]) -> BTreeSet<Vec<u8>> {
        let before = Files::from([("file".to_owned(), vec![b'a'; 10 * SECTOR])]);
        let opened = [What::Opened { name: "file" }];
        let entries: Vec<Entry<'_>> = opened.iter().chain(changes).map(|what| Entry { file: 7, what: *what }).collect();
        let left = |seed| Platter::replay(&before, &entries, Word::Kept).after_power_cut(&mut Luck::new(seed)).0;
        (0..2_000).map(|seed| left(seed).remove("file").expect("the file is there")).collect()
    }

    #[test]
    fn a_file_that_was_cut_is_cut_or_whole_and_never_has_holes() {
        let left = left_after(&[What::Length { length: 0 }]);
        assert_eq!(left, BTreeSet::from([Vec::new(), vec![b'a'; 10 * SECTOR]]));
    }

    #[test]
    fn what_was_written_after_a_cut_is_there_only_if_the_cut_is() {
        let new = [b'b'; 3 * SECTOR];
        let left = left_after(&[What::Length { length: 0 }, What::Write { at: 0, bytes: &new }]);
        assert!(left.contains(&vec![b'a'; 10 * SECTOR]) && left.contains(new.as_slice()) && left.contains(&Vec::new()));
        // Whole sectors of it, or zeros where they are missing.
        for bytes in left.iter().filter(|bytes| bytes.len() == new.len()) {
            assert!(bytes.chunks(SECTOR).all(|sector| sector == [b'b'; SECTOR] || sector == [0; SECTOR]));
        }
        assert!(left.iter().all(|bytes| [0, 3, 10].contains(&(bytes.len() / SECTOR))));
        assert!(left.iter().filter(|bytes| bytes.len() > new.len()).all(|bytes| *bytes == vec![b'a'; 10 * SECTOR]));
    }

    #[test]
    fn sectors_of_one_write_are_kept_or_lost_one_by_one_and_a_sector_is_whole() {
        let left = left_after(&[What::Write { at: 100, bytes: &[b'b'; 2 * SECTOR] }]);
        let mut mixed = 0;
        for bytes in &left {
            let new: Vec<bool> = bytes.chunks(SECTOR).map(|sector| sector.contains(&b'b')).collect();
            assert_eq!((bytes.len(), &new[3..]), (10 * SECTOR, &[false; 7][..]));
            assert!(!new[1] || bytes[SECTOR..2 * SECTOR] == [b'b'; SECTOR]);
            mixed += usize::from(new[..3].contains(&true) && new[..3].contains(&false));
        }
        assert_eq!((left.len(), mixed), (8, 6), "every one of the three sectors, old or new");
    }

    #[test]
    fn what_a_flush_began_after_is_kept_and_what_came_during_it_may_be_lost() {
        let (new, newer) = ([b'b'; SECTOR], [b'c'; SECTOR]);
        let left = left_after(&[
            What::Write { at: 0, bytes: &new },
            What::SyncBegin { number: 1 },
            What::Write { at: SECTOR, bytes: &newer },
            What::SyncEnd { number: 1 },
        ]);
        assert!(left.iter().all(|bytes| bytes[..SECTOR] == new));
        assert_eq!(left.iter().map(|bytes| bytes[SECTOR]).collect::<BTreeSet<_>>(), BTreeSet::from([b'a', b'c']));
    }
}
