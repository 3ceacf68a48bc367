//! Passkeys: written inside an append's transaction, read from anywhere.

use domain::id::{PasskeyId, PersonId};
use domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::error::{AppendError, ReadError};
use crate::sign_in::PasskeyRow;
use crate::sqlite::facts::{FactError, id, read_all};
use crate::stream::PAGE_MAX;

// The column `backed_up` says whether there can be copies, which never changes; whether there are does.
const COLUMNS: &str =
    "credential_digest, credential, passkey, person, spki, algorithm, counter, name, backed_up, added_at";

/// Writes a new passkey. One whose id is known is refused, whoever has it.
pub(crate) fn write(connection: &Connection, row: &PasskeyRow) -> Result<(), FactError> {
    let mut holder = connection.prepare_cached("SELECT passkey FROM passkeys WHERE credential_digest = ?1")?;
    let holder: Option<String> = holder.query_row([row.digest], |row| row.get(0)).optional()?;
    if holder.is_some() {
        return Err(FactError::Refused(AppendError::Taken { what: "passkey" }));
    }
    let sql = format!("INSERT INTO passkeys ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
    connection.prepare_cached(&sql)?.execute(params![
        row.digest,
        row.credential,
        row.passkey.as_str(),
        row.person.as_str(),
        row.spki,
        row.algorithm,
        row.counter,
        row.name,
        row.may_be_copied,
        row.added_at.0,
    ])?;
    Ok(())
}

/// Notes how often a passkey's device has signed, which is never less than before; devices that do not count say 0.
pub(crate) fn count(connection: &Connection, passkey: PasskeyId, counter: u32) -> Result<(), FactError> {
    // INVARIANT: of two sign-ins that come with one count only the first gets through, however close they are; held by
    // `a_passkey_is_used_only_while_its_device_counts_on`.
    let sql = "UPDATE passkeys SET counter = ?2 WHERE passkey = ?1 AND (counter < ?2 OR counter = 0 AND ?2 = 0)";
    one(connection.prepare_cached(sql)?.execute(params![passkey.as_str(), counter])?)
}

/// Takes a passkey away.
pub(crate) fn drop_one(connection: &Connection, passkey: PasskeyId) -> Result<(), FactError> {
    one(connection.prepare_cached("DELETE FROM passkeys WHERE passkey = ?1")?.execute([passkey.as_str()])?)
}

fn one(rows: usize) -> Result<(), FactError> {
    if rows == 0 { Err(FactError::Refused(AppendError::Spent)) } else { Ok(()) }
}

pub(crate) fn passkey(connection: &Connection, digest: &[u8; 32]) -> Result<Option<PasskeyRow>, ReadError> {
    let sql = format!("SELECT {COLUMNS} FROM passkeys WHERE credential_digest = ?1");
    read_all(connection, &sql, &[digest], stored)?.pop().map(sound).transpose()
}

/// A person's passkeys, the oldest first.
pub(crate) fn passkeys_of(connection: &Connection, person: PersonId) -> Result<Vec<PasskeyRow>, ReadError> {
    let sql = format!("SELECT {COLUMNS} FROM passkeys WHERE person = ?1 ORDER BY added_at, passkey LIMIT ?2");
    read_all(connection, &sql, &[&person.as_str(), &(PAGE_MAX as i64)], stored)?.into_iter().map(sound).collect()
}

/// A passkey as its row holds it, with the two ids that are still to be read.
type Stored = (String, String, PasskeyRow);

fn stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    let stored = PasskeyRow {
        digest: row.get(0)?,
        credential: row.get(1)?,
        passkey: PasskeyId::from_random([0; 20]),
        person: PersonId::from_random([0; 20]),
        spki: row.get(4)?,
        algorithm: row.get(5)?,
        counter: row.get(6)?,
        name: row.get(7)?,
        may_be_copied: row.get(8)?,
        added_at: Timestamp(row.get(9)?),
    };
    Ok((row.get(2)?, row.get(3)?, stored))
}

fn sound((passkey, person, stored): Stored) -> Result<PasskeyRow, ReadError> {
    let passkey = id(PasskeyId::parse(&passkey), "a passkey")?;
    Ok(PasskeyRow { passkey, person: id(PersonId::parse(&person), "a passkey")?, ..stored })
}
