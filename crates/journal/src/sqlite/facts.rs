//! Facts: written inside an append's transaction, read from anywhere.
//!
//! Uniqueness is asked before it is written, so that the answer can name what is taken; the tables' constraints
//! stand behind it.

use rusqlite::{Connection, OptionalExtension as _, params};

use domain::id::{KeyId, OrgId, PersonId};

use crate::error::{AppendError, ReadError};
use crate::fact::{Fact, Label, OrganizationSlug, Person};
use crate::sqlite::sign_in::{self, SessionsOf};
use crate::sqlite::{clients, ending, give_back, identities, invitees, mail, mail_domains, passkeys, scim, to_sql};
use crate::stream::{EVENT_BYTES_MAX, PAGE_MAX};

/// Where rows of a person stand that go when they are erased, besides those of their sessions.
const PERSONAL_TABLES: [&str; 7] =
    ["called", "directory_users", "join_askers", "identities", "passkeys", "tickets", "people"];

/// Why a fact was not written.
pub(crate) enum FactError {
    Refused(AppendError),
    Broken(rusqlite::Error),
}

impl From<rusqlite::Error> for FactError {
    fn from(error: rusqlite::Error) -> FactError {
        FactError::Broken(error)
    }
}

/// Writes one fact. Says whether it erased something, which must then leave the write-ahead log as well.
#[expect(clippy::too_many_lines, reason = "one arm for each fact")]
pub(crate) fn write(connection: &Connection, fact: &Fact) -> Result<bool, FactError> {
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| connection.prepare_cached(sql)?.execute(values);
    match fact {
        Fact::Person { person, email, name } => write_person(connection, *person, email, name)?,
        Fact::Called { org, person, email, name } => {
            let called = "INSERT OR REPLACE INTO called (person, org, email, name) VALUES (?1, ?2, ?3, ?4)";
            run(called, &[&person.as_str(), &org.as_str(), email, name])?;
        }
        Fact::ErasePerson { person } => {
            erase_person(connection, *person)?;
            return Ok(true);
        }
        Fact::ErasePersonOf { org, person } => return ending::erase_person(connection, *org, *person),
        Fact::OrganizationEnds { org } => ending::begin(connection, *org)?,
        Fact::OrganizationRestored { org } => ending::take_back(connection, *org)?,
        Fact::EraseOrganization { org } => {
            ending::erase_organization(connection, *org)?;
            return Ok(true);
        }
        Fact::Membership { person, org } => {
            run("INSERT OR IGNORE INTO memberships VALUES (?1, ?2)", &[&person.as_str(), &org.as_str()])?;
            // Who has joined, in whatever way, asks no longer.
            return mail_domains::forget_asker(connection, *org, *person);
        }
        Fact::EndMembership { person, org } => {
            run("DELETE FROM memberships WHERE person = ?1 AND org = ?2", &[&person.as_str(), &org.as_str()])?;
            clients::forget_of(connection, *person, Some(*org))?;
            return scim::forget(connection, *person, *org);
        }
        Fact::DirectoryUser(user) => scim::write(connection, user)?,
        Fact::MailDomain(row) => mail_domains::write(connection, row)?,
        Fact::ReleaseMailDomain { name, org } => mail_domains::release(connection, name, *org)?,
        Fact::JoinAsker { row, at } => mail_domains::write_asker(connection, row, *at)?,
        Fact::DropJoinAsker { org, person } => return mail_domains::forget_asker(connection, *org, *person),
        Fact::DirectoryGroup(group) => scim::write_group(connection, group)?,
        Fact::DropDirectoryGroup { org, group } => {
            scim::forget_group(connection, *org, *group)?;
            return Ok(true);
        }
        Fact::Slug { slug, org } => write_slug(connection, slug, *org)?,
        Fact::Label { org, id, label } if label.is_empty() => {
            run("DELETE FROM labels WHERE org = ?1 AND id = ?2", &[&org.as_str(), id])?;
            return Ok(true);
        }
        Fact::Label { org, id, label } => {
            run("INSERT OR REPLACE INTO labels VALUES (?1, ?2, ?3)", &[&org.as_str(), id, label])?;
        }
        Fact::Credential { digest, org, key } => write_credential(connection, digest, *org, *key)?,
        Fact::Secret { org, id, sealed } => {
            write_secret(connection, *org, id, sealed)?;
            return Ok(true);
        }
        Fact::RenewSecret { org, id, sealed } => {
            fits(sealed)?;
            let update = "UPDATE secrets SET sealed = ?3 WHERE org = ?1 AND id = ?2";
            connection.prepare_cached(update)?.execute(params![org.as_str(), id, sealed])?;
            return Ok(true);
        }
        Fact::Session(row) => sign_in::write_session(connection, row)?,
        Fact::EndSession { session } => sign_in::end_sessions(connection, SessionsOf::Id(*session))?,
        Fact::EndSessionsOf { person } => sign_in::end_sessions(connection, SessionsOf::Person(*person))?,
        Fact::EndSignIns => {
            sign_in::end_all(connection)?;
            mail::give_up_all(connection)?;
            return Ok(true);
        }
        Fact::Ticket(row) => sign_in::write_ticket(connection, row)?,
        Fact::RedeemTicket { digest, purpose, at } => sign_in::redeem(connection, digest, purpose, *at)?,
        Fact::Identity(row) => identities::write(connection, row)?,
        Fact::DropIdentity { identity } => {
            identities::unlink(connection, *identity)?;
            return Ok(true);
        }
        Fact::Passkey(row) => passkeys::write(connection, row)?,
        Fact::PasskeyUsed { passkey, counter } => passkeys::count(connection, *passkey, *counter)?,
        Fact::DropPasskey { passkey } => {
            passkeys::drop_one(connection, *passkey)?;
            return Ok(true);
        }
        Fact::Mail { org, about, sealed, at } => mail::write(connection, (*org, about.as_deref()), sealed, *at)?,
        Fact::MailPutOff { mail, next_at } => mail::put_off(connection, *mail, *next_at)?,
        Fact::MailEnded { mail, failure } => mail::end(connection, mail, failure.as_deref())?,
        Fact::Invitee(row) => invitees::write(connection, row)?,
        Fact::DropInvitee { org, invitation } => {
            invitees::erase(connection, *org, *invitation)?;
            return Ok(true);
        }
        Fact::InvitationDigest { digest, org, invitation } => {
            invitees::write_digest(connection, digest, *org, *invitation)?;
        }
        Fact::OAuthClient(row) => clients::write_registered(connection, row)?,
        Fact::DropOAuthClient { org, client_id } => clients::drop_registered(connection, *org, client_id)?,
        Fact::KeepOAuthClient { client_id, until } => clients::keep_registered(connection, client_id, *until)?,
        Fact::ConnectedClient(row) => clients::write_connected(connection, row)?,
        Fact::DropClient { client } => clients::forget(connection, *client)?,
        Fact::ClientToken { row, at } => clients::write_token(connection, row, *at)?,
        Fact::SpendClientToken { digest, at } => clients::spend(connection, digest, *at)?,
        Fact::GiveBack { org, id, at } => give_back::begin(connection, *org, id, *at)?,
        Fact::GiveBackPutOff { org, id, next_at } => give_back::put_off(connection, *org, id, *next_at)?,
        Fact::GivenBack { org, id } => {
            give_back::end(connection, *org, id)?;
            return Ok(true);
        }
        Fact::DropSecret { org, id } => {
            run("DELETE FROM secrets WHERE org = ?1 AND id = ?2", &[&org.as_str(), id])?;
            return Ok(true);
        }
    }
    Ok(false)
}

fn fits(sealed: &[u8]) -> Result<(), FactError> {
    match sealed.len() <= EVENT_BYTES_MAX {
        true => Ok(()),
        false => Err(FactError::Refused(AppendError::TooLarge { what: "bytes of a secret", max: EVENT_BYTES_MAX })),
    }
}

fn write_secret(connection: &Connection, org: OrgId, id: &str, sealed: &[u8]) -> Result<(), FactError> {
    fits(sealed)?;
    let insert = "INSERT OR REPLACE INTO secrets VALUES (?1, ?2, ?3)";
    connection.prepare_cached(insert)?.execute(params![org.as_str(), id, sealed])?;
    Ok(())
}

/// Deletes everything that names a person, in every organization, and every way by which they sign in.
pub(crate) fn erase_person(connection: &Connection, person: PersonId) -> Result<(), FactError> {
    sign_in::end_sessions(connection, SessionsOf::Person(person))?;
    invitees::erase_person(connection, person)?;
    clients::forget_of(connection, person, None)?;
    for table in PERSONAL_TABLES {
        connection.prepare_cached(&format!("DELETE FROM {table} WHERE person = ?1"))?.execute([person.as_str()])?;
    }
    Ok(())
}

fn write_person(connection: &Connection, person: PersonId, email: &str, name: &str) -> Result<(), FactError> {
    let folded = folded(email);
    let mut holder = connection.prepare_cached("SELECT person FROM people WHERE email_folded = ?1")?;
    let holder: Option<String> = holder.query_row([&folded], |row| row.get(0)).optional()?;
    if holder.is_some_and(|holder| holder != person.as_str()) {
        return Err(FactError::Refused(AppendError::Taken { what: "e-mail" }));
    }
    let mut insert = connection.prepare_cached(
        "INSERT INTO people (person, email, email_folded, name) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (person)
         DO UPDATE SET email = excluded.email, email_folded = excluded.email_folded, name = excluded.name",
    )?;
    insert.execute(params![person.as_str(), email, folded, name])?;
    Ok(())
}

fn write_slug(connection: &Connection, slug: &str, org: OrgId) -> Result<(), FactError> {
    let mut holder = connection.prepare_cached("SELECT org FROM slugs WHERE slug = ?1")?;
    let holder: Option<String> = holder.query_row([slug], |row| row.get(0)).optional()?;
    if holder.is_some_and(|holder| holder != org.as_str()) {
        return Err(FactError::Refused(AppendError::Taken { what: "slug" }));
    }
    let mut insert = connection.prepare_cached(
        "INSERT INTO slugs (org, slug) VALUES (?1, ?2) ON CONFLICT (org) DO UPDATE SET slug = excluded.slug",
    )?;
    insert.execute(params![org.as_str(), slug])?;
    Ok(())
}

fn write_credential(connection: &Connection, digest: &[u8; 32], org: OrgId, key: KeyId) -> Result<(), FactError> {
    match credential(connection, digest).map_err(|error| AppendError::unavailable(&error)) {
        Ok(None) => {}
        Ok(Some(holder)) if holder == (org, key) => return Ok(()),
        Ok(Some(_)) => return Err(FactError::Refused(AppendError::Taken { what: "credential" })),
        Err(error) => return Err(FactError::Refused(error)),
    }
    let mut insert = connection.prepare_cached("INSERT INTO credentials (digest, org, key) VALUES (?1, ?2, ?3)")?;
    insert.execute(params![digest, org.as_str(), key.as_str()])?;
    Ok(())
}

/// An address, and a directory's name for somebody, as they are compared everywhere: letter by letter, but for the case of
/// the letters a to z. What merely looks alike, such as a Kelvin sign for a `k`, may be another's mailbox.
pub(crate) fn folded(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// Turns a stored text into an id, or says that the row is damaged.
pub(crate) fn id<T, E>(parsed: Result<T, E>, what: &str) -> Result<T, ReadError> {
    parsed.map_err(|_| ReadError::Damaged { what: what.to_owned() })
}

pub(crate) fn read_all<T>(
    connection: &Connection,
    sql: &str,
    values: &[&dyn rusqlite::ToSql],
    row: impl Fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, ReadError> {
    let mut statement = connection.prepare_cached(sql).map_err(ReadError::unavailable)?;
    let rows = statement.query_map(values, row).map_err(ReadError::unavailable)?;
    rows.collect::<rusqlite::Result<Vec<T>>>().map_err(ReadError::unavailable)
}

type PersonRow = (String, String, String, bool);

fn person_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<PersonRow> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}

fn person((text, email, name, is_address_theirs): PersonRow) -> Result<Person, ReadError> {
    Ok(Person { id: id(PersonId::parse(&text), "a person")?, email, name, is_address_theirs })
}

pub(crate) fn person_by_email(connection: &Connection, email: &str) -> Result<Option<Person>, ReadError> {
    let sql = "SELECT person, email, name, 1 FROM people WHERE email_folded = ?1";
    read_all(connection, sql, &[&folded(email)], person_row)?.pop().map(person).transpose()
}

/// People as an organization calls them. Whoever it never named itself is called what the directory says.
pub(crate) fn people(connection: &Connection, org: OrgId, ids: &[PersonId]) -> Result<Vec<Person>, ReadError> {
    let sql = "SELECT people.person, coalesce(called.email, people.email), coalesce(called.name, people.name),
             called.email IS NULL OR lower(called.email) = lower(people.email)
         FROM people LEFT JOIN called ON called.person = people.person AND called.org = ?2 WHERE people.person = ?1";
    let mut found = Vec::new();
    for id in ids {
        for row in read_all(connection, sql, &[&id.as_str(), &org.as_str()], person_row)? {
            found.push(person(row)?);
        }
    }
    Ok(found)
}

pub(crate) fn organizations_of(connection: &Connection, person: PersonId) -> Result<Vec<OrgId>, ReadError> {
    let sql = "SELECT org FROM memberships WHERE person = ?1 ORDER BY org LIMIT ?2";
    let rows = read_all(connection, sql, &[&person.as_str(), &(PAGE_MAX as i64)], |row| row.get::<_, String>(0))?;
    rows.iter().map(|text| id(OrgId::parse(text), "a membership")).collect()
}

pub(crate) fn slug_of(connection: &Connection, org: OrgId) -> Result<Option<String>, ReadError> {
    let sql = "SELECT slug FROM slugs WHERE org = ?1";
    Ok(read_all(connection, sql, &[&org.as_str()], |row| row.get::<_, String>(0))?.into_iter().next())
}

pub(crate) fn org_by_slug(connection: &Connection, slug: &str) -> Result<Option<OrgId>, ReadError> {
    let rows = read_all(connection, "SELECT org FROM slugs WHERE slug = ?1", &[&slug], |row| row.get::<_, String>(0))?;
    rows.first().map(|text| id(OrgId::parse(text), "a slug")).transpose()
}

pub(crate) fn organizations(
    connection: &Connection,
    after: Option<OrgId>,
    limit: usize,
) -> Result<Vec<OrganizationSlug>, ReadError> {
    let sql = "SELECT org, slug FROM slugs WHERE org > ?1
         AND org NOT IN (SELECT org FROM ending_organizations WHERE erased = 1) ORDER BY org LIMIT ?2";
    let after = after.map_or_else(String::new, |org| org.as_str().to_owned());
    let limit = to_sql(limit.min(PAGE_MAX) as u64);
    let rows = read_all(connection, sql, &[&after, &limit], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
    rows.into_iter().map(|(org, slug)| Ok(OrganizationSlug { org: id(OrgId::parse(&org), "a slug")?, slug })).collect()
}

pub(crate) fn labels(connection: &Connection, org: OrgId) -> Result<Vec<Label>, ReadError> {
    let sql = "SELECT id, label FROM labels WHERE org = ?1 ORDER BY id";
    read_all(connection, sql, &[&org.as_str()], |row| Ok(Label { id: row.get(0)?, label: row.get(1)? }))
}

pub(crate) fn labels_of(connection: &Connection, org: OrgId, ids: &[String]) -> Result<Vec<Label>, ReadError> {
    let sql = "SELECT id, label FROM labels WHERE org = ?1 AND id = ?2";
    let mut found = Vec::new();
    for id in ids {
        let row = |row: &rusqlite::Row<'_>| Ok(Label { id: row.get(0)?, label: row.get(1)? });
        found.extend(read_all(connection, sql, &[&org.as_str(), id], row)?);
    }
    Ok(found)
}

pub(crate) fn credential(connection: &Connection, digest: &[u8; 32]) -> Result<Option<(OrgId, KeyId)>, ReadError> {
    let sql = "SELECT org, key FROM credentials WHERE digest = ?1";
    let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
    let rows = read_all(connection, sql, &[digest], row)?;
    let Some((org, key)) = rows.first() else { return Ok(None) };
    Ok(Some((id(OrgId::parse(org), "a credential")?, id(KeyId::parse(key), "a credential")?)))
}

pub(crate) fn secret(connection: &Connection, org: OrgId, name: &str) -> Result<Option<Vec<u8>>, ReadError> {
    let sql = "SELECT sealed FROM secrets WHERE org = ?1 AND id = ?2";
    Ok(read_all(connection, sql, &[&org.as_str(), &name], |row| row.get(0))?.pop())
}
