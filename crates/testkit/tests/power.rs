//! The disk that loses its power, tried on a tiny program: what was flushed is always there, what was not can be
//! gone, and a program that says "kept" too early is found out.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use testkit::power::{Disk, Loss, Luck, Word};

const SEEDS: u64 = 60;

/// What became of a diary: the entries said to be kept, and the file after the power cut.
struct Fate {
    kept: Vec<String>,
    left: String,
    loss: Loss,
}

impl Fate {
    /// Entries that are whole and in their order, from the first on.
    fn whole(&self) -> usize {
        let entries = self.left.split_inclusive('\n').map(str::trim_end);
        self.kept.iter().zip(entries).take_while(|(kept, found)| kept == found).count()
    }

    fn lost_what_was_kept(&self) -> bool {
        self.whole() < self.kept.len()
    }
}

/// Has a diary kept in some manner, kills the program amid its work and cuts the power.
fn live(manner: &str, word: Word, seed: u64) -> Fate {
    let folder = tempfile::tempdir().unwrap();
    let mut luck = Luck::new(seed);
    let mut disk = Disk::under(folder.path());
    let kept = write(&disk, folder.path(), manner, 3 + luck.below(6));
    let loss = disk.cut_power(word, &mut luck);
    let left = fs::read(folder.path().join("diary")).unwrap_or_default();
    Fate { kept, left: String::from_utf8_lossy(&left).into_owned(), loss }
}

fn write(disk: &Disk, folder: &Path, manner: &str, entries: usize) -> Vec<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_diary"));
    command.arg(folder).arg(manner).stdin(Stdio::piped()).stdout(Stdio::piped());
    disk.insert_into(&mut command);
    let mut program = command.spawn().unwrap();
    let (mut says, heard) = (program.stdin.take().unwrap(), program.stdout.take().unwrap());
    let mut heard = BufReader::new(heard).lines();
    let mut kept = Vec::new();
    for number in 0..entries {
        writeln!(says, "entry {number}").unwrap();
        kept.push(heard.next().unwrap().unwrap());
    }
    // One more, of which nobody hears whether it was kept.
    writeln!(says, "entry {entries}").unwrap();
    program.kill().unwrap();
    program.wait().unwrap();
    kept
}

#[test]
fn what_was_flushed_is_always_there() {
    for manner in ["honest", "by-replacing"] {
        for seed in 0..SEEDS {
            let fate = live(manner, Word::Kept, seed);
            assert!(!fate.lost_what_was_kept(), "{manner}, seed {seed}: {:?} {:?}", fate.loss, fate.kept);
        }
    }
}

#[test]
fn a_program_that_says_kept_before_it_flushed_is_found_out() {
    for manner in ["before-the-flush", "without-the-folder", "by-replacing-unflushed"] {
        let caught = (0..SEEDS).filter(|seed| live(manner, Word::Kept, *seed).lost_what_was_kept()).count();
        assert!(caught > 5, "{manner}: found out {caught} times in {SEEDS}");
    }
}

#[test]
fn a_disk_that_only_says_that_it_flushed_is_found_out_under_any_program() {
    let caught = (0..SEEDS).filter(|seed| live("honest", Word::Broken, *seed).lost_what_was_kept()).count();
    assert!(caught > 5, "found out {caught} times in {SEEDS}");
}

#[test]
fn an_entry_can_be_torn_and_a_later_one_can_outlive_an_earlier_one() {
    let fates: Vec<Fate> = (0..4 * SEEDS).map(|seed| live("before-the-flush", Word::Kept, seed)).collect();
    // An entry is longer than a sector: its words can be there without its end, and its end without its words.
    let torn = |fate: &&Fate| fate.left.lines().any(|line| line.contains("entry") && line.contains('\0'));
    let outlived = |fate: &&Fate| {
        let first = fate.kept.first().map_or("", String::as_str);
        !fate.left.contains(first) && fate.left.contains("entry")
    };
    assert!(fates.iter().any(|fate| torn(&fate)), "none was torn");
    assert!(fates.iter().any(|fate| outlived(&fate)), "none outlived an earlier one");
}

#[test]
fn the_same_seed_cuts_the_same_way() {
    let folder = tempfile::tempdir().unwrap();
    let files = |seed: u64| {
        let name = folder.path().join(seed.to_string());
        fs::create_dir_all(&name).unwrap();
        let mut disk = Disk::under(&name);
        let mut command = Command::new(env!("CARGO_BIN_EXE_diary"));
        command.arg(&name).arg("before-the-flush").stdin(Stdio::piped()).stdout(Stdio::null());
        disk.insert_into(&mut command);
        let mut program = command.spawn().unwrap();
        program.stdin.take().unwrap().write_all(b"a\nb\nc\nd\n").unwrap();
        assert!(program.wait().unwrap().success());
        let loss = disk.cut_power(Word::Kept, &mut Luck::new(seed));
        let left = fs::read(name.join("diary")).ok();
        fs::remove_dir_all(&name).unwrap();
        (loss, left)
    };
    for seed in 0..20 {
        assert_eq!(files(seed), files(seed));
    }
}

#[test]
#[should_panic(expected = "does not explain")]
fn a_change_that_the_recorder_did_not_see_is_no_silent_gap() {
    let folder = tempfile::tempdir().unwrap();
    let mut disk = Disk::under(folder.path());
    fs::write(folder.path().join("stranger"), "written past the recorder").unwrap();
    let _ = disk.cut_power(Word::Kept, &mut Luck::new(1));
}
