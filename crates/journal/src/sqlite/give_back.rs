//! Secrets that are to be given back to whoever gave them: moved here inside an append's transaction, read by the one who does.

use domain::id::OrgId;
use domain::time::Timestamp;
use rusqlite::{Connection, params};

use crate::error::ReadError;
use crate::secret::SecretToGiveBack;
use crate::sqlite::facts::{FactError, id, read_all};
use crate::sqlite::to_sql;
use crate::stream::PAGE_MAX;

/// Moves a secret here, where it is still kept.
pub(crate) fn begin(connection: &Connection, org: OrgId, secret: &str, at: Timestamp) -> Result<(), FactError> {
    let insert = "INSERT OR REPLACE INTO secrets_to_give_back (org, id, sealed, attempts, next_at)
         SELECT org, id, sealed, 0, ?3 FROM secrets WHERE org = ?1 AND id = ?2";
    connection.prepare_cached(insert)?.execute(params![org.as_str(), secret, at.0])?;
    let delete = "DELETE FROM secrets WHERE org = ?1 AND id = ?2";
    connection.prepare_cached(delete)?.execute(params![org.as_str(), secret])?;
    Ok(())
}

/// One waits longer after an attempt in vain.
pub(crate) fn put_off(connection: &Connection, org: OrgId, secret: &str, next_at: Timestamp) -> Result<(), FactError> {
    let sql = "UPDATE secrets_to_give_back SET attempts = attempts + 1, next_at = ?3 WHERE org = ?1 AND id = ?2";
    connection.prepare_cached(sql)?.execute(params![org.as_str(), secret, next_at.0])?;
    Ok(())
}

/// One was given back, or never will be.
pub(crate) fn end(connection: &Connection, org: OrgId, secret: &str) -> Result<(), FactError> {
    let sql = "DELETE FROM secrets_to_give_back WHERE org = ?1 AND id = ?2";
    connection.prepare_cached(sql)?.execute(params![org.as_str(), secret])?;
    Ok(())
}

/// Those whose turn has come, those that wait longest first.
pub(crate) fn due(connection: &Connection, now: Timestamp, limit: usize) -> Result<Vec<SecretToGiveBack>, ReadError> {
    let sql = "SELECT org, id, sealed, attempts FROM secrets_to_give_back WHERE next_at <= ?1
         ORDER BY next_at, org, id LIMIT ?2";
    let row = |row: &rusqlite::Row<'_>| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, Vec<u8>>(2)?, row.get::<_, u32>(3)?))
    };
    let rows = read_all(connection, sql, &[&now.0, &to_sql(limit.min(PAGE_MAX) as u64)], row)?;
    let sound = |(org, secret, sealed, attempts): (String, String, Vec<u8>, u32)| {
        let org = id(OrgId::parse(&org), "a secret to give back")?;
        Ok(SecretToGiveBack { org, id: secret, sealed, attempts })
    };
    rows.into_iter().map(sound).collect()
}
