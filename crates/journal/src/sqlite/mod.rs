//! The SQLite half of the journal: one writer per file, a few read connections, no SQL anywhere else.
//!
//! `folder` opens the files, `stream_writer` and `record_writer` are the only ones that write, `reader` and
//! `record_reader` read, `record_desk` says who writes records when, `record_owed` keeps outcomes that could not be
//! written, `key_uses` and `last_uses` gather what nobody waits for, `record_threads` starts the thread that stands
//! by there and the `syncer` and `keeper` that look after the disk behind it, `verify` walks the chains. Nothing here knows what an event means.

pub(crate) mod clients;
pub(crate) mod ending;
pub(crate) mod facts;
pub(crate) mod folder;
pub(crate) mod give_back;
pub(crate) mod identities;
pub(crate) mod invitees;
pub(crate) mod keeper;
pub(crate) mod key_uses;
pub(crate) mod last_uses;
pub(crate) mod mail;
pub(crate) mod mail_domains;
pub(crate) mod migrations;
pub(crate) mod passkeys;
pub(crate) mod pool;
pub(crate) mod reader;
pub(crate) mod record_book;
pub(crate) mod record_desk;
pub(crate) mod record_owed;
pub(crate) mod record_reader;
pub(crate) mod record_rows;
pub(crate) mod record_threads;
pub(crate) mod record_writer;
pub(crate) mod scim;
pub(crate) mod sign_in;
pub(crate) mod stream_writer;
pub(crate) mod syncer;
pub(crate) mod usage_reader;
pub(crate) mod verify;

/// SQLite's integers are signed; sequence numbers and sizes never come near the end of them.
pub(crate) fn to_sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The number of a stored row; a negative one can only be damage and reads as 0, which no row has.
pub(crate) fn from_sql(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
