//! The tables of both files, as numbered steps that are only ever added to.
//!
//! A file's `user_version` is the number of steps it has been through. A file that has been through more steps
//! than this program knows is refused, never guessed at.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::error::OpenError;
use crate::verification::JournalFile;

const JOURNAL: &[&str] = &[
    "
    CREATE TABLE streams (
        stream TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL, body BLOB NOT NULL,
        prev_hash BLOB NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (stream, seq)
    ) WITHOUT ROWID, STRICT;
    CREATE TABLE states (
        stream TEXT NOT NULL, seq INTEGER NOT NULL, format INTEGER NOT NULL, checksum BLOB NOT NULL,
        bytes BLOB NOT NULL, PRIMARY KEY (stream, seq)
    ) STRICT;
    CREATE TABLE people (
        person TEXT NOT NULL PRIMARY KEY, email TEXT NOT NULL, email_folded TEXT NOT NULL UNIQUE, name TEXT NOT NULL
    ) WITHOUT ROWID, STRICT;
    CREATE TABLE memberships (
        person TEXT NOT NULL, org TEXT NOT NULL, PRIMARY KEY (person, org)
    ) WITHOUT ROWID, STRICT;
    CREATE TABLE slugs (org TEXT NOT NULL PRIMARY KEY, slug TEXT NOT NULL UNIQUE) WITHOUT ROWID, STRICT;
    CREATE TABLE labels (
        org TEXT NOT NULL, id TEXT NOT NULL, label TEXT NOT NULL, PRIMARY KEY (org, id)
    ) WITHOUT ROWID, STRICT;
    CREATE TABLE credentials (
        digest BLOB NOT NULL PRIMARY KEY, org TEXT NOT NULL, key TEXT NOT NULL
    ) WITHOUT ROWID, STRICT;
    CREATE TABLE secrets (
        org TEXT NOT NULL, id TEXT NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (org, id)
    ) STRICT;
",
    "
    CREATE TABLE called (
        person TEXT NOT NULL, org TEXT NOT NULL, email TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (person, org)
    ) WITHOUT ROWID, STRICT;
",
];

// `active` and `lingering` are bookkeeping for finding open intents after a crash without reading the history;
// they are no evidence and therefore not in the chain. `record_book` says how they are kept.
const RECORDS: &[&str] = &[
    "
    CREATE TABLE records (
        org TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, subject TEXT, acting_for TEXT, credential TEXT,
        client TEXT, method TEXT, integration TEXT, tool TEXT, class TEXT, decision TEXT, reason TEXT,
        arguments_digest BLOB, policy_seq INTEGER, closes INTEGER, status TEXT, latency_us INTEGER,
        request_bytes INTEGER, response_bytes INTEGER, detail TEXT, hash BLOB NOT NULL, PRIMARY KEY (org, seq)
    ) WITHOUT ROWID, STRICT;
    CREATE UNIQUE INDEX records_by_closes ON records (org, closes) WHERE closes IS NOT NULL;
    CREATE INDEX records_by_subject ON records (org, subject, seq) WHERE closes IS NULL;
    CREATE TABLE active (org TEXT NOT NULL PRIMARY KEY, mark INTEGER NOT NULL) WITHOUT ROWID, STRICT;
    CREATE TABLE lingering (
        org TEXT NOT NULL, seq INTEGER NOT NULL, earlier INTEGER NOT NULL, PRIMARY KEY (org, seq)
    ) WITHOUT ROWID, STRICT;
    CREATE TABLE key_uses (
        org TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, address TEXT, client TEXT, PRIMARY KEY (org, key)
    ) WITHOUT ROWID, STRICT;
",
    "
    CREATE INDEX records_by_acting_for ON records (org, acting_for, seq)
        WHERE closes IS NULL AND acting_for IS NOT NULL;
",
];

/// The steps of a file.
pub(crate) fn steps(file: JournalFile) -> &'static [&'static str] {
    match file {
        JournalFile::Journal => JOURNAL,
        JournalFile::Records => RECORDS,
    }
}

/// Brings a file up to this program's version, each step in its own transaction.
pub(crate) fn migrate(connection: &mut Connection, file: JournalFile, path: &Path) -> Result<(), OpenError> {
    let unusable = |error: rusqlite::Error| OpenError::Unusable { path: path.to_path_buf(), reason: error.to_string() };
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(unusable)?;
    let steps = steps(file);
    let known = i64::try_from(steps.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(OpenError::Newer { file: path.to_path_buf(), found, known });
    }
    for (number, step) in (1i64..).zip(steps).filter(|(number, _)| *number > found) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(unusable)?;
        transaction.execute_batch(step).map_err(unusable)?;
        transaction.pragma_update(None, "user_version", number).map_err(unusable)?;
        transaction.commit().map_err(unusable)?;
    }
    Ok(())
}
