//! What a walk over the chains found.

use std::fmt;

use crate::chain::Hash;

/// A file of the data folder.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum JournalFile {
    /// `journal.db`: streams, facts, saved states.
    Journal,
    /// `records.db`: records of calls.
    Records,
}

impl JournalFile {
    /// The file's name in the data folder.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            JournalFile::Journal => "journal.db",
            JournalFile::Records => "records.db",
        }
    }
}

impl fmt::Display for JournalFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The newest row of a chain: what a signed checkpoint states and an outside witness keeps.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChainHead {
    /// Which file.
    pub file: JournalFile,
    /// The stream, or the organization whose records these are.
    pub stream: String,
    /// The number of the newest row.
    pub seq: u64,
    /// Its hash, which stands for every row before it.
    pub hash: Hash,
}

/// The first row of a chain that is not what was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadRow {
    /// Which file.
    pub file: JournalFile,
    /// The stream, or the organization whose records these are; empty where the file itself is damaged.
    pub stream: String,
    /// The number of the row; 0 where the damage belongs to no row.
    pub seq: u64,
    /// What is wrong with it.
    pub what: String,
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if !self.stream.is_empty() {
            write!(f, ", {} row {}", self.stream, self.seq)?;
        }
        write!(f, ": {}", self.what)
    }
}

/// What a walk over both files found.
///
/// A bare chain cannot show that its end was cut off, nor that everything from some row on was written anew by
/// someone who computed all hashes again: compare [`Verification::heads`] with heads that were kept elsewhere.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Verification {
    /// Streams walked.
    pub streams: u64,
    /// Events that hold.
    pub events: u64,
    /// Rows of records (intents and outcomes) that hold.
    pub records: u64,
    /// The newest row of every chain that holds to its end.
    pub heads: Vec<ChainHead>,
    /// The first bad row of each chain that does not hold, and damage to the files. Empty when all is well.
    pub first_bad: Vec<BadRow>,
}

impl Verification {
    /// Whether nothing bad was found.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.first_bad.is_empty()
    }
}
