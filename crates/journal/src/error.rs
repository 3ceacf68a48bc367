//! What can go wrong with a data folder, in the words of whoever must act.

use std::path::PathBuf;

use domain::record::RecordRef;

use crate::stream::StreamId;

/// Why a data folder could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process serves this folder.
    #[error("the data folder {} is in use by another wardroom; stop that one or choose another folder", dir.display())]
    Locked {
        /// The folder.
        dir: PathBuf,
    },
    /// A newer Wardroom has written the file.
    #[error("{} is of version {found} and this wardroom knows versions up to {known}; run the newer wardroom, or restore a backup", file.display())]
    Newer {
        /// The file.
        file: PathBuf,
        /// The version found in it.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// The folder or a file in it cannot be used.
    #[error("the data folder cannot be used at {}: {reason}", path.display())]
    Unusable {
        /// The folder or file.
        path: PathBuf,
        /// What the operating system or the database said.
        reason: String,
    },
}

/// Why nothing was appended. In every case nothing of the append was written.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AppendError {
    /// Someone else appended first: load again, authorize again, handle again.
    #[error("the stream {stream} has moved on to {head}; load it and decide again")]
    Conflict {
        /// The stream that moved on.
        stream: StreamId,
        /// Where it stands now.
        head: u64,
    },
    /// A fact that must be unique belongs to someone else.
    #[error("this {what} is already taken; choose another")]
    Taken {
        /// Which fact: `e-mail`, `slug` or `credential`.
        what: &'static str,
    },
    /// A ticket that was to be used up is not there for that: it was used before, has ended, or never was.
    #[error("this was used already or has ended; ask for a new one")]
    Spent,
    /// More than one append may hold.
    #[error("the change holds more {what} than the {max} that one append may hold; split it")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much there may be.
        max: usize,
    },
    /// The disk is full or failing, or the journal is closed.
    #[error("the journal cannot be written: {reason}; nothing was changed")]
    Unavailable {
        /// What the database said.
        reason: String,
    },
}

/// Why nothing was read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReadError {
    /// The disk is failing or the journal is closed.
    #[error("the journal cannot be read: {reason}")]
    Unavailable {
        /// What the database said.
        reason: String,
    },
    /// A row does not hold what was written there.
    #[error("{what} in the journal is damaged; run `wardroom audit verify`")]
    Damaged {
        /// Which row.
        what: String,
    },
}

/// Why a record was not written. The call it belongs to must be refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RecordError {
    /// The disk is full or failing, or the journal is closed.
    #[error("the record of the call cannot be written: {reason}")]
    Unavailable {
        /// What the database said.
        reason: String,
    },
    /// The intent has an outcome already, or does not exist.
    #[error("record {} of {} is not open", record.seq, record.org)]
    NotOpen {
        /// The record that was to be closed.
        record: RecordRef,
    },
}

pub(crate) const CLOSED: &str = "it is closed";

impl AppendError {
    pub(crate) fn unavailable(reason: impl ToString) -> AppendError {
        AppendError::Unavailable { reason: reason.to_string() }
    }
}

impl ReadError {
    pub(crate) fn unavailable(reason: impl ToString) -> ReadError {
        ReadError::Unavailable { reason: reason.to_string() }
    }
}

impl RecordError {
    pub(crate) fn unavailable(reason: impl ToString) -> RecordError {
        RecordError::Unavailable { reason: reason.to_string() }
    }
}
