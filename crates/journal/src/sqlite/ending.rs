//! Organizations that end: which they are, and the erasing of what is left of one.

use domain::id::{OrgId, PersonId};
use rusqlite::Connection;

use crate::error::ReadError;
use crate::sqlite::facts::{self, FactError, id, read_all};
use crate::sqlite::to_sql;
use crate::stream::PAGE_MAX;

/// Where rows of an organization stand that go when it is erased.
const TABLES: [&str; 15] = [
    "memberships",
    "called",
    "directory_users",
    "directory_groups",
    "mail_domains",
    "join_askers",
    "labels",
    "credentials",
    "secrets",
    "client_tokens",
    "connected_clients",
    "oauth_clients",
    "invitees",
    "invitation_digests",
    "outbox",
];

/// Whether another organization than ?2 knows the person ?1: as a member, by what it calls them, because they ask to join
/// it, or by their address.
const KNOWN_ELSEWHERE: &str = "EXISTS (SELECT 1 FROM memberships WHERE person = ?1 AND org <> ?2)
     OR EXISTS (SELECT 1 FROM join_askers WHERE person = ?1 AND org <> ?2)
     OR EXISTS (SELECT 1 FROM called WHERE person = ?1 AND org <> ?2)
     OR EXISTS (SELECT 1 FROM invitees JOIN people USING (email_folded) WHERE people.person = ?1 AND invitees.org <> ?2)";

/// The organization ends, on a day that its stream tells.
pub(crate) fn begin(connection: &Connection, org: OrgId) -> Result<(), FactError> {
    let sql = "INSERT OR IGNORE INTO ending_organizations (org) VALUES (?1)";
    connection.prepare_cached(sql)?.execute([org.as_str()])?;
    Ok(())
}

/// The organization does not end.
pub(crate) fn take_back(connection: &Connection, org: OrgId) -> Result<(), FactError> {
    let sql = "DELETE FROM ending_organizations WHERE org = ?1 AND erased = 0";
    connection.prepare_cached(sql)?.execute([org.as_str()])?;
    Ok(())
}

/// Erases what is left of an organization. Its slug stays, so that nobody is given it, and so do its events; a saved
/// state of them goes, and whoever was sent a link to sign in with goes elsewhere with it.
pub(crate) fn erase_organization(connection: &Connection, org: OrgId) -> Result<(), FactError> {
    let run = |sql: &str| connection.prepare_cached(sql)?.execute([org.as_str()]);
    for table in TABLES {
        run(&format!("DELETE FROM {table} WHERE org = ?1"))?;
    }
    run("UPDATE tickets SET org = NULL WHERE org = ?1")?;
    run("DELETE FROM states WHERE stream = ?1")?;
    run("INSERT INTO ending_organizations (org, erased) VALUES (?1, 1) ON CONFLICT (org) DO UPDATE SET erased = 1")?;
    Ok(())
}

/// Erases somebody whom no other organization knows. Says whether they were.
pub(crate) fn erase_person(connection: &Connection, org: OrgId, person: PersonId) -> Result<bool, FactError> {
    let mut known = connection.prepare_cached(&format!("SELECT {KNOWN_ELSEWHERE}"))?;
    if known.query_row([person.as_str(), org.as_str()], |row| row.get(0))? {
        return Ok(false);
    }
    facts::erase_person(connection, person)?;
    Ok(true)
}

/// Those of the people of whom something is written, and whom no other organization knows.
pub(crate) fn known_nowhere_else(
    connection: &Connection,
    org: OrgId,
    people: &[PersonId],
) -> Result<Vec<PersonId>, ReadError> {
    let sql = format!("SELECT person FROM people WHERE person = ?1 AND NOT ({KNOWN_ELSEWHERE})");
    let mut found = Vec::new();
    for person in people {
        let rows = read_all(connection, &sql, &[&person.as_str(), &org.as_str()], |row| row.get::<_, String>(0))?;
        found.extend((!rows.is_empty()).then_some(*person));
    }
    Ok(found)
}

/// Organizations that end and of which something is left, in the order of their ids.
pub(crate) fn ending(connection: &Connection, after: Option<OrgId>, limit: usize) -> Result<Vec<OrgId>, ReadError> {
    let sql = "SELECT org FROM ending_organizations WHERE erased = 0 AND org > ?1 ORDER BY org LIMIT ?2";
    let after = after.map_or_else(String::new, |org| org.as_str().to_owned());
    let limit = to_sql(limit.min(PAGE_MAX) as u64);
    let rows = read_all(connection, sql, &[&after, &limit], |row| row.get::<_, String>(0))?;
    rows.iter().map(|text| id(OrgId::parse(text), "an organization that ends")).collect()
}
