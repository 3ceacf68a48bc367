//! What company directories call members: written inside an append's transaction, read from anywhere.

use domain::id::{GroupId, OrgId, PersonId};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::error::{AppendError, ReadError};
use crate::scim::{DirectoryGroup, DirectoryUser};
use crate::sqlite::facts::{FactError, folded, id, read_all};

const COLUMNS: &str = "org, person, user_name, external_id, given_name, family_name, is_deleted";
/// Members that are told of where several have the same id in the directory, which keeps its ids to itself.
const SAME_EXTERNAL_ID_MAX: i64 = 10;

/// Writes what a member is called. Another one who has the name keeps it, unless the directory has deleted them.
pub(crate) fn write(connection: &Connection, user: &DirectoryUser) -> Result<(), FactError> {
    let (org, person, folded) = (user.org.as_str(), user.person.as_str(), folded(&user.user_name));
    let others = "WHERE org = ?1 AND user_name_folded = ?2 AND person <> ?3";
    let freed = format!("DELETE FROM directory_users {others} AND is_deleted = 1");
    connection.prepare_cached(&freed)?.execute(params![org, folded, person])?;
    let mut holder = connection.prepare_cached(&format!("SELECT person FROM directory_users {others}"))?;
    let holder: Option<String> = holder.query_row(params![org, folded, person], |row| row.get(0)).optional()?;
    if holder.is_some() {
        return Err(FactError::Refused(AppendError::Taken { what: "user name" }));
    }
    let mut insert = connection.prepare_cached(
        "INSERT OR REPLACE INTO directory_users (org, person, user_name, user_name_folded, external_id, given_name,
         family_name, is_deleted) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    insert.execute(params![
        org,
        person,
        user.user_name,
        folded,
        user.external_id,
        user.given_name,
        user.family_name,
        user.is_deleted
    ])?;
    Ok(())
}

/// Forgets what a member was called whose membership has ended. Says whether there was something.
pub(crate) fn forget(connection: &Connection, person: PersonId, org: OrgId) -> Result<bool, FactError> {
    let sql = "DELETE FROM directory_users WHERE org = ?1 AND person = ?2";
    Ok(connection.prepare_cached(sql)?.execute([org.as_str(), person.as_str()])? > 0)
}

pub(crate) fn of(connection: &Connection, org: OrgId, people: &[PersonId]) -> Result<Vec<DirectoryUser>, ReadError> {
    let sql = format!("SELECT {COLUMNS} FROM directory_users WHERE org = ?1 AND person = ?2");
    let mut found = Vec::new();
    for person in people {
        for row in read_all(connection, &sql, &[&org.as_str(), &person.as_str()], stored)? {
            found.push(sound(row)?);
        }
    }
    Ok(found)
}

pub(crate) fn named(connection: &Connection, org: OrgId, name: &str) -> Result<Option<DirectoryUser>, ReadError> {
    let sql = format!("SELECT {COLUMNS} FROM directory_users WHERE org = ?1 AND user_name_folded = ?2");
    read_all(connection, &sql, &[&org.as_str(), &folded(name)], stored)?.pop().map(sound).transpose()
}

pub(crate) fn with_external_id(
    connection: &Connection,
    org: OrgId,
    external_id: &str,
) -> Result<Vec<DirectoryUser>, ReadError> {
    let sql =
        format!("SELECT {COLUMNS} FROM directory_users WHERE org = ?1 AND external_id = ?2 ORDER BY person LIMIT ?3");
    let rows = read_all(connection, &sql, &[&org.as_str(), &external_id, &SAME_EXTERNAL_ID_MAX], stored)?;
    rows.into_iter().map(sound).collect()
}

/// Everybody in an organization whom its directory deleted.
pub(crate) fn deleted(connection: &Connection, org: OrgId) -> Result<Vec<PersonId>, ReadError> {
    let sql = "SELECT person FROM directory_users WHERE org = ?1 AND is_deleted = 1";
    let rows = read_all(connection, sql, &[&org.as_str()], |row| row.get::<_, String>(0))?;
    rows.iter().map(|text| id(PersonId::parse(text), "a directory's user")).collect()
}

/// A row, with the two ids that are still to be read.
type Stored = (String, String, DirectoryUser);

fn stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    let user = DirectoryUser {
        org: OrgId::from_random([0; 20]),
        person: PersonId::from_random([0; 20]),
        user_name: row.get(2)?,
        external_id: row.get(3)?,
        given_name: row.get(4)?,
        family_name: row.get(5)?,
        is_deleted: row.get(6)?,
    };
    Ok((row.get(0)?, row.get(1)?, user))
}

fn sound((org, person, user): Stored) -> Result<DirectoryUser, ReadError> {
    let org = id(OrgId::parse(&org), "a directory's user")?;
    Ok(DirectoryUser { org, person: id(PersonId::parse(&person), "a directory's user")?, ..user })
}

/// Writes what a group is called.
pub(crate) fn write_group(connection: &Connection, group: &DirectoryGroup) -> Result<(), FactError> {
    let sql = "INSERT OR REPLACE INTO directory_groups (org, grp, display_name, external_id) VALUES (?1, ?2, ?3, ?4)";
    let values = params![group.org.as_str(), group.group.as_str(), group.display_name, group.external_id];
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Forgets what a group was called.
pub(crate) fn forget_group(connection: &Connection, org: OrgId, group: GroupId) -> Result<(), FactError> {
    let sql = "DELETE FROM directory_groups WHERE org = ?1 AND grp = ?2";
    connection.prepare_cached(sql)?.execute([org.as_str(), group.as_str()])?;
    Ok(())
}

/// What all the groups of an organization are called, in the order of their ids.
pub(crate) fn groups(connection: &Connection, org: OrgId) -> Result<Vec<DirectoryGroup>, ReadError> {
    let sql = "SELECT grp, display_name, external_id FROM directory_groups WHERE org = ?1 ORDER BY grp";
    let row = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?));
    let rows = read_all(connection, sql, &[&org.as_str()], row)?;
    let sound = rows.into_iter().map(|(group, display_name, external_id)| {
        let group = id(GroupId::parse(&group), "a directory's group")?;
        Ok(DirectoryGroup { org, group, display_name, external_id })
    });
    sound.collect()
}
