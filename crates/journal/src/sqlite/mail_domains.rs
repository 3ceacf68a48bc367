//! Mail domains that organizations have verified, and who asks to join by one: written inside an append's transaction, read
//! from anywhere.

use domain::id::{OrgId, PersonId};
use domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::error::{AppendError, ReadError};
use crate::mail_domain::{JoinAskerRow, MailDomainRow};
use crate::sqlite::facts::{FactError, id, read_all};

/// Notes that an organization has verified a domain, which no other one has.
pub(crate) fn write(connection: &Connection, row: &MailDomainRow) -> Result<(), FactError> {
    let mut holder = connection.prepare_cached("SELECT org FROM mail_domains WHERE name = ?1")?;
    let holder: Option<String> = holder.query_row([&row.name], |row| row.get(0)).optional()?;
    if holder.is_some_and(|holder| holder != row.org.as_str()) {
        return Err(FactError::Refused(AppendError::Taken { what: "mail domain" }));
    }
    let mut insert = connection.prepare_cached(
        "INSERT INTO mail_domains (name, org, checked_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (name) DO UPDATE SET checked_at = excluded.checked_at",
    )?;
    insert.execute(params![row.name, row.org.as_str(), row.checked_at.0])?;
    Ok(())
}

/// It is that organization's no longer.
pub(crate) fn release(connection: &Connection, name: &str, org: OrgId) -> Result<(), FactError> {
    let sql = "DELETE FROM mail_domains WHERE name = ?1 AND org = ?2";
    connection.prepare_cached(sql)?.execute([name, org.as_str()])?;
    Ok(())
}

/// Notes who asks to join, and forgets those who have waited to their end.
pub(crate) fn write_asker(connection: &Connection, row: &JoinAskerRow, now: Timestamp) -> Result<(), FactError> {
    let forget = "DELETE FROM join_askers WHERE org = ?1 AND until <= ?2";
    connection.prepare_cached(forget)?.execute(params![row.org.as_str(), now.0])?;
    let mut insert = connection.prepare_cached(
        "INSERT OR REPLACE INTO join_askers (org, person, email, name, way, until) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    insert.execute(params![row.org.as_str(), row.person.as_str(), row.email, row.name, row.way, row.until.0])?;
    Ok(())
}

/// Forgets that somebody asked. Says whether there was something.
pub(crate) fn forget_asker(connection: &Connection, org: OrgId, person: PersonId) -> Result<bool, FactError> {
    let sql = "DELETE FROM join_askers WHERE org = ?1 AND person = ?2";
    Ok(connection.prepare_cached(sql)?.execute([org.as_str(), person.as_str()])? > 0)
}

pub(crate) fn of(connection: &Connection, name: &str) -> Result<Option<MailDomainRow>, ReadError> {
    let sql = "SELECT org, checked_at FROM mail_domains WHERE name = ?1";
    let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?));
    let Some((org, at)) = read_all(connection, sql, &[&name], row)?.pop() else { return Ok(None) };
    let org = id(OrgId::parse(&org), "a mail domain")?;
    Ok(Some(MailDomainRow { name: name.to_owned(), org, checked_at: Timestamp(at) }))
}

pub(crate) fn askers(connection: &Connection, org: OrgId, people: &[PersonId]) -> Result<Vec<JoinAskerRow>, ReadError> {
    let sql = "SELECT email, name, way, until FROM join_askers WHERE org = ?1 AND person = ?2";
    let mut found = Vec::new();
    for person in people {
        let row = |row: &rusqlite::Row<'_>| {
            let (email, name, way, until) = (row.get(0)?, row.get(1)?, row.get(2)?, Timestamp(row.get(3)?));
            Ok(JoinAskerRow { org, person: *person, email, name, way, until })
        };
        found.extend(read_all(connection, sql, &[&org.as_str(), &person.as_str()], row)?);
    }
    Ok(found)
}
