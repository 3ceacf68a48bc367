//! A disk that loses what was not flushed when the power goes, under a real and unmodified executable.
//!
//! A small library (`recorder.c`) is loaded into the executable and writes down every change to the files of one
//! folder and every flush. After the executable has ended, or was killed, [`Disk::cut_power`] plays what a disk may
//! have done: of every sector that was written since its file's last flush it keeps the newest content or an
//! earlier one, of every changed length the newest or an earlier one, of changed names (made, deleted, renamed) a
//! beginning; then it puts the folder into that state.
//!
//! The rules are those of a disk that writes 512 bytes whole, in any order, and of a file system that promises no
//! more than POSIX does: flushing a file keeps its content and length, and only flushing the folder keeps a name.
//! Changes of names keep their order among themselves, as a journal of the file system keeps them.
//!
//! The disk proves that it saw everything: what the log explains must be what stands in the folder, byte for byte.
//! Folders inside the folder are not followed, and one process uses the folder at a time.
//!
//! Start reading at [`Disk`]; `platter` and `survivors` are the model, `log` reads what the recorder
//! wrote.

mod log;
mod luck;
mod platter;
mod survivors;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

pub use luck::Luck;
pub use platter::Loss;
use platter::Platter;

const RECORDER: &str = concat!(env!("OUT_DIR"), "/recorder.so");

/// The files of a folder, by name.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Whether the disk keeps its word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Word {
    /// What was flushed is on disk.
    Kept,
    /// Flushes are answered and nothing is done. No program survives that; a test that does not see the loss under
    /// such a disk would not see it under any.
    Broken,
    /// The same for the file of this name alone.
    BrokenFor(&'static str),
}

/// A folder on a disk that can lose its power.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    log: PathBuf,
    flush: Duration,
    durable: Files,
    _scratch: TempDir,
}

impl Disk {
    /// The disk under a folder. Everything that stands in it now counts as flushed; no process may use it yet.
    ///
    /// # Panics
    /// When the folder cannot be read.
    #[must_use]
    pub fn under(folder: &Path) -> Disk {
        let folder = folder.canonicalize().expect("the folder is there");
        let scratch = tempfile::tempdir().expect("a folder for the log");
        let durable = read_all(&folder);
        Disk { folder, log: scratch.path().join("log"), flush: Duration::ZERO, durable, _scratch: scratch }
    }

    /// How much longer a flush takes from now on, so that more happens between a write and its flush.
    pub fn set_flush_time(&mut self, time: Duration) {
        self.flush = time;
    }

    /// Makes a command that is about to be started use this disk. The executable must be linked dynamically.
    pub fn insert_into(&self, command: &mut Command) {
        command.env("LD_PRELOAD", RECORDER).env("POWER_FOLDER", &self.folder).env("POWER_LOG", &self.log);
        command.env("POWER_SYNC_US", self.flush.as_micros().to_string());
    }

    /// The power goes, after every process that used the folder has ended: leaves in the folder what the disk may
    /// hold, and tells what was lost. What is left counts as flushed from then on.
    ///
    /// # Panics
    /// When the log does not explain what stands in the folder: then something writes in a way that the recorder
    /// does not see, and nothing that a test finds out with it could be believed.
    pub fn cut_power(&mut self, word: Word, luck: &mut Luck) -> Loss {
        let bytes = fs::read(&self.log).unwrap_or_default();
        let entries = log::read(&bytes);
        self.explain(&entries, word);
        let (left, loss) = Platter::replay(&self.durable, &entries, word).after_power_cut(luck);
        self.put_back(left);
        loss
    }

    /// Compares what the log explains with what stands there. The last entry may tell of a change that the killed
    /// process did not live to make, or made in part; and a file whose making was not told yet is empty.
    fn explain(&self, entries: &[log::Entry<'_>], word: Word) {
        let mut found = read_all(&self.folder);
        let seen = |entries: &[log::Entry<'_>]| Platter::replay(&self.durable, entries, word).as_seen();
        let explained = seen(entries);
        if explained == found {
            return;
        }
        let (last, rest) = entries.split_last().map_or((None, entries), |(last, rest)| (Some(last), rest));
        let but_last = seen(rest);
        found.retain(|name, bytes| !bytes.is_empty() || explained.contains_key(name) || but_last.contains_key(name));
        let in_part =
            || last.is_some_and(|last| last.beginnings().any(|part| seen(&[rest, &[part]].concat()) == found));
        if explained == found || but_last == found || in_part() {
            return;
        }
        let differing = |name: &&String| explained.get(*name) != found.get(*name);
        let names: Vec<&String> = explained.keys().chain(found.keys()).filter(differing).collect();
        panic!("the log of the recorder does not explain what stands in {:?}", names);
    }

    fn put_back(&mut self, left: Files) {
        for name in read_names(&self.folder) {
            fs::remove_file(self.folder.join(name)).expect("a file can be removed");
        }
        for (name, bytes) in &left {
            write_private(&self.folder.join(name), bytes);
        }
        // The log may be missing: the process was killed before it began.
        let _ = fs::remove_file(&self.log);
        self.durable = left;
    }
}

/// The product keeps its files to itself, and so does the disk that puts them back.
fn write_private(path: &Path, bytes: &[u8]) {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let file = fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(bytes)).expect("a file can be written");
}

fn read_names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder can be read").map(|entry| entry.expect("an entry"));
    let files = entries.filter(|entry| entry.metadata().is_ok_and(|metadata| metadata.is_file()));
    files.map(|entry| entry.file_name().into_string().expect("a readable name")).collect()
}

/// Reads every file but SQLite's index of its log, which means nothing after a crash.
fn read_all(folder: &Path) -> Files {
    let names = read_names(folder).into_iter().filter(|name| !name.ends_with("-shm"));
    names.map(|name| (name.clone(), fs::read(folder.join(name)).expect("a file can be read"))).collect()
}
