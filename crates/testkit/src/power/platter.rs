//! The model of a disk: what is surely on it, what may be, and what it holds after the power went.

use std::collections::BTreeMap;

use super::log::{Entry, What};
use super::luck::Luck;
use super::survivors::survivors;
use super::{Files, Word};

/// What a power cut did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Loss {
    /// Sectors that had been written and not flushed.
    pub sectors_at_risk: usize,
    /// Those that do not hold what was written last.
    pub sectors_lost: usize,
    /// Changes of names that had been made and not flushed.
    pub names_at_risk: usize,
    /// Those that are undone.
    pub names_lost: usize,
}

/// A change to one file that may not be on disk.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change<'l> {
    Write { at: usize, bytes: &'l [u8] },
    Length { length: usize },
}

impl Change<'_> {
    pub(crate) fn apply(self, content: &mut Vec<u8>) {
        match self {
            Change::Length { length } => content.resize(length, 0),
            Change::Write { at, bytes } => {
                let end = at + bytes.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[at..end].copy_from_slice(bytes);
            }
        }
    }
}

/// A file: what is surely on disk of it, and what was done since, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct File<'l> {
    pub(crate) durable: Vec<u8>,
    pub(crate) pending: Vec<Change<'l>>,
}

impl File<'_> {
    fn flush(&mut self, changes: usize) {
        for change in self.pending.drain(..changes) {
            change.apply(&mut self.durable);
        }
    }

    fn as_seen(&self) -> Vec<u8> {
        let mut content = self.durable.clone();
        self.pending.iter().for_each(|change| change.apply(&mut content));
        content
    }
}

/// A change of names that may not be on disk. Files are numbered in the order in which they came to be known.
#[derive(Clone, Debug)]
enum Naming {
    Give { name: String, file: usize },
    Take { name: String },
    Rename { from: String, to: String },
}

type Names = BTreeMap<String, usize>;

impl Naming {
    fn apply(&self, names: &mut Names) {
        match self {
            Naming::Give { name, file } => {
                names.insert(name.clone(), *file);
            }
            Naming::Take { name } => {
                names.remove(name);
            }
            Naming::Rename { from, to } => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
        }
    }
}

/// A flush that began and has not ended.
#[derive(Clone, Copy, Debug)]
enum Flush {
    File { file: usize, changes: usize },
    Folder { namings: usize },
}

/// What is surely on disk, and what may be.
#[derive(Debug)]
pub(crate) struct Platter<'l> {
    files: Vec<File<'l>>,
    durable_names: Names,
    names: Names,
    namings: Vec<Naming>,
    by_number: BTreeMap<u64, usize>,
    flushes: BTreeMap<u64, Flush>,
    word: Word,
}

impl<'l> Platter<'l> {
    /// Plays a log on what was on disk before.
    pub(crate) fn replay(before: &Files, entries: &[Entry<'l>], word: Word) -> Platter<'l> {
        let files = before.values().map(|bytes| File { durable: bytes.clone(), pending: Vec::new() }).collect();
        let names: Names = before.keys().cloned().zip(0..).collect();
        let mut platter = Platter {
            files,
            durable_names: names.clone(),
            names,
            namings: Vec::new(),
            by_number: BTreeMap::new(),
            flushes: BTreeMap::new(),
            word,
        };
        entries.iter().for_each(|entry| platter.play(entry));
        platter
    }

    /// The files as a process sees them while the power is on.
    pub(crate) fn as_seen(&self) -> Files {
        self.names.iter().map(|(name, file)| (name.clone(), self.files[*file].as_seen())).collect()
    }

    fn play(&mut self, entry: &Entry<'l>) {
        match entry.what {
            What::Made { name } => {
                self.files.push(File::default());
                let file = self.files.len() - 1;
                self.by_number.insert(entry.file, file);
                self.rename(Naming::Give { name: name.to_owned(), file });
            }
            What::Opened { name } => {
                let file = *self.names.get(name).unwrap_or_else(|| panic!("the log does not say how {name} came"));
                self.by_number.insert(entry.file, file);
            }
            What::Write { at, bytes } => self.change(entry.file, Change::Write { at, bytes }),
            What::Length { length } => self.change(entry.file, Change::Length { length }),
            What::SyncBegin { number } => {
                let flush = match self.by_number.get(&entry.file) {
                    Some(file) => Flush::File { file: *file, changes: self.files[*file].pending.len() },
                    None => Flush::Folder { namings: self.namings.len() },
                };
                self.flushes.insert(number, flush);
            }
            What::SyncEnd { number } => {
                let flush = self.flushes.remove(&number).expect("a flush ends after it began");
                if self.is_true(flush) {
                    self.end(flush);
                }
            }
            What::Unlink { name } => self.rename(Naming::Take { name: name.to_owned() }),
            What::Rename { from, to } => self.rename(Naming::Rename { from: from.to_owned(), to: to.to_owned() }),
        }
    }

    fn change(&mut self, number: u64, change: Change<'l>) {
        let file = *self.by_number.get(&number).expect("a file is opened before it is written");
        self.files[file].pending.push(change);
    }

    fn rename(&mut self, naming: Naming) {
        naming.apply(&mut self.names);
        self.namings.push(naming);
    }

    /// Whether a flush that was answered was done.
    fn is_true(&self, flush: Flush) -> bool {
        match (self.word, flush) {
            (Word::Kept, _) => true,
            (Word::Broken, _) => false,
            (Word::BrokenFor(name), Flush::File { file, .. }) => self.names.get(name) != Some(&file),
            (Word::BrokenFor(_), Flush::Folder { .. }) => true,
        }
    }

    /// What had been done before a flush began is on disk. Other flushes of the same file that still run began with
    /// fewer changes left than they counted.
    fn end(&mut self, flush: Flush) {
        match flush {
            Flush::File { file, changes } => {
                self.files[file].flush(changes);
                for other in self.flushes.values_mut() {
                    match other {
                        Flush::File { file: of, changes: left } if *of == file => *left = left.saturating_sub(changes),
                        _ => {}
                    }
                }
            }
            Flush::Folder { namings } => {
                for naming in self.namings.drain(..namings) {
                    naming.apply(&mut self.durable_names);
                }
                for other in self.flushes.values_mut() {
                    if let Flush::Folder { namings: left } = other {
                        *left = left.saturating_sub(namings);
                    }
                }
            }
        }
    }

    /// What the disk may hold now.
    pub(crate) fn after_power_cut(mut self, luck: &mut Luck) -> (Files, Loss) {
        let mut loss = Loss { names_at_risk: self.namings.len(), ..Loss::default() };
        let kept = match luck.below(4) {
            0 => 0,
            1 => self.namings.len(),
            _ => luck.below(self.namings.len() + 1),
        };
        loss.names_lost = self.namings.len() - kept;
        for naming in self.namings.drain(..kept) {
            naming.apply(&mut self.durable_names);
        }
        let mut left = Files::new();
        for (name, file) in &self.durable_names {
            left.insert(name.clone(), survivors(&self.files[*file], luck, &mut loss));
        }
        (left, loss)
    }
}
