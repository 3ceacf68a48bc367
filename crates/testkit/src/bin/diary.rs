//! A tiny program that keeps a diary, well or badly: what the disk of `testkit::power` is tried on.
//!
//! `diary FOLDER MANNER` reads lines, adds each to a file of the folder and then repeats it on standard output,
//! which says that it is kept. The manner says how much of that is true. It is no part of the product.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, Write as _};
use std::path::Path;

/// Makes entries longer than a sector, so that they can tear.
const WIDTH: usize = 700;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (folder, manner) = (arguments.next().unwrap_or_default(), arguments.next().unwrap_or_default());
    let folder = Path::new(&folder);
    for line in io::stdin().lock().lines() {
        let line = line?;
        let entry = format!("{line:WIDTH$}\n");
        match manner.as_str() {
            "honest" => append(folder, &entry, true, true)?,
            "before-the-flush" => append(folder, &entry, false, true)?,
            "without-the-folder" => append(folder, &entry, true, false)?,
            "by-replacing" => replace(folder, &entry, true)?,
            "by-replacing-unflushed" => replace(folder, &entry, false)?,
            other => return Err(io::Error::other(format!("no manner of keeping a diary: {other}"))),
        }
        writeln!(io::stdout(), "{line}")?;
    }
    Ok(())
}

fn append(folder: &Path, entry: &str, flush: bool, flush_folder: bool) -> io::Result<()> {
    let mut diary = OpenOptions::new().create(true).append(true).open(folder.join("diary"))?;
    diary.write_all(entry.as_bytes())?;
    if flush {
        diary.sync_data()?;
    }
    if flush_folder { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn replace(folder: &Path, entry: &str, flush: bool) -> io::Result<()> {
    let mut text = fs::read_to_string(folder.join("diary")).unwrap_or_default();
    text.push_str(entry);
    let mut new = File::create(folder.join("diary.new"))?;
    new.write_all(text.as_bytes())?;
    if flush {
        new.sync_data()?;
    }
    fs::rename(folder.join("diary.new"), folder.join("diary"))?;
    File::open(folder)?.sync_all()
}
