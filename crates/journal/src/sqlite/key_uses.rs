//! The latest use of each key: gathered in memory, written about once a second.
//!
//! Losing the last second of it in a crash costs nothing that anyone relies on.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, params};

use domain::id::{KeyId, OrgId};
use domain::time::Timestamp;

use crate::error::ReadError;
use crate::record::KeyUse;
use crate::sqlite::facts::id;

/// Most keys whose use waits to be written; what comes on top is not remembered.
const WAITING_MAX: usize = 20_000;

/// Uses that wait to be written.
#[derive(Default)]
pub(crate) struct KeyUses {
    waiting: Mutex<HashMap<(OrgId, KeyId), KeyUse>>,
}

impl KeyUses {
    pub(crate) fn touch(&self, key_use: KeyUse) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (key_use.org, key_use.key);
        let full = waiting.len() >= WAITING_MAX;
        match waiting.get_mut(&place) {
            Some(known) if known.at > key_use.at => {}
            Some(known) => *known = key_use,
            None if full => {}
            None => drop(waiting.insert(place, key_use)),
        }
    }

    pub(crate) fn forget(&self, org: OrgId, key: KeyId) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&(org, key));
    }

    /// Writes what waits; puts it back where it cannot be written.
    pub(crate) fn flush(&self, connection: &Connection) -> rusqlite::Result<()> {
        let taken = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        if taken.is_empty() {
            return Ok(());
        }
        let written = write(connection, taken.values());
        if written.is_err() {
            taken.into_values().for_each(|key_use| self.touch(key_use));
        }
        written
    }
}

fn write<'a>(connection: &Connection, uses: impl Iterator<Item = &'a KeyUse>) -> rusqlite::Result<()> {
    let transaction = connection.unchecked_transaction()?;
    {
        let mut upsert = transaction.prepare_cached(
            "INSERT INTO key_uses (org, key, at, address, client) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (org, key)
             DO UPDATE SET at = excluded.at, address = excluded.address, client = excluded.client
             WHERE excluded.at >= at",
        )?;
        for used in uses {
            upsert.execute(params![used.org.as_str(), used.key.as_str(), used.at.0, used.address, used.client])?;
        }
    }
    transaction.commit()
}

pub(crate) fn erase(connection: &Connection, org: OrgId, key: KeyId) -> rusqlite::Result<()> {
    let mut delete = connection.prepare_cached("DELETE FROM key_uses WHERE org = ?1 AND key = ?2")?;
    delete.execute([org.as_str(), key.as_str()]).map(drop)
}

pub(crate) fn read(connection: &Connection, org: OrgId) -> Result<Vec<KeyUse>, ReadError> {
    let sql = "SELECT key, at, address, client FROM key_uses WHERE org = ?1 ORDER BY key";
    let mut statement = connection.prepare_cached(sql).map_err(ReadError::unavailable)?;
    let mut rows = statement.query([org.as_str()]).map_err(ReadError::unavailable)?;
    let mut uses = Vec::new();
    while let Some(row) = rows.next().map_err(ReadError::unavailable)? {
        let key: String = row.get(0).map_err(ReadError::unavailable)?;
        uses.push(KeyUse {
            org,
            key: id(KeyId::parse(&key), "the last use of a key")?,
            at: Timestamp(row.get(1).map_err(ReadError::unavailable)?),
            address: row.get(2).map_err(ReadError::unavailable)?,
            client: row.get(3).map_err(ReadError::unavailable)?,
        });
    }
    Ok(uses)
}
