//! Ways by which people sign in: written inside an append's transaction, read from anywhere.

use domain::id::{IdentityId, PersonId};
use domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::error::{AppendError, ReadError};
use crate::sign_in::IdentityRow;
use crate::sqlite::facts::{FactError, id, read_all};
use crate::stream::PAGE_MAX;

const COLUMNS: &str = "provider, subject_digest, identity, person, shown, linked_at";

/// Links an identity to its person. One that is linked is refused, whoever has it.
pub(crate) fn write(connection: &Connection, row: &IdentityRow) -> Result<(), FactError> {
    let sql = "SELECT identity FROM identities WHERE provider = ?1 AND subject_digest = ?2";
    let mut holder = connection.prepare_cached(sql)?;
    let holder: Option<String> = holder.query_row(params![row.provider, row.digest], |row| row.get(0)).optional()?;
    if holder.is_some() {
        return Err(FactError::Refused(AppendError::Taken { what: "sign-in" }));
    }
    let mut insert =
        connection.prepare_cached(&format!("INSERT INTO identities ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"))?;
    insert.execute(params![
        row.provider,
        row.digest,
        row.identity.as_str(),
        row.person.as_str(),
        row.shown,
        row.linked_at.0
    ])?;
    Ok(())
}

/// Takes an identity away.
pub(crate) fn unlink(connection: &Connection, identity: IdentityId) -> Result<(), FactError> {
    connection.prepare_cached("DELETE FROM identities WHERE identity = ?1")?.execute([identity.as_str()])?;
    Ok(())
}

pub(crate) fn identity(
    connection: &Connection,
    provider: &str,
    digest: &[u8; 32],
) -> Result<Option<IdentityRow>, ReadError> {
    let sql = format!("SELECT {COLUMNS} FROM identities WHERE provider = ?1 AND subject_digest = ?2");
    read_all(connection, &sql, &[&provider, digest], stored)?.pop().map(sound).transpose()
}

/// A person's identities, the oldest first.
pub(crate) fn identities_of(connection: &Connection, person: PersonId) -> Result<Vec<IdentityRow>, ReadError> {
    let sql = format!("SELECT {COLUMNS} FROM identities WHERE person = ?1 ORDER BY linked_at, identity LIMIT ?2");
    read_all(connection, &sql, &[&person.as_str(), &(PAGE_MAX as i64)], stored)?.into_iter().map(sound).collect()
}

/// An identity as its row holds it, with the two ids that are still to be read.
type Stored = (String, String, IdentityRow);

fn stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    let stored = IdentityRow {
        provider: row.get(0)?,
        digest: row.get(1)?,
        identity: IdentityId::from_random([0; 20]),
        person: PersonId::from_random([0; 20]),
        shown: row.get(4)?,
        linked_at: Timestamp(row.get(5)?),
    };
    Ok((row.get(2)?, row.get(3)?, stored))
}

fn sound((identity, person, stored): Stored) -> Result<IdentityRow, ReadError> {
    let identity = id(IdentityId::parse(&identity), "an identity")?;
    Ok(IdentityRow { identity, person: id(PersonId::parse(&person), "an identity")?, ..stored })
}
