//! Invitees and the digests of their links: written inside an append's transaction, read from anywhere.

use domain::id::{InvitationId, OrgId, PersonId};
use rusqlite::{Connection, Row, params};

use crate::error::ReadError;
use crate::invitee::InviteeRow;
use crate::sqlite::facts::{FactError, folded, id, read_all};
use crate::sqlite::mail;
use crate::stream::PAGE_MAX;

/// Writes for whom an invitation is, or what is written about them now.
pub(crate) fn write(connection: &Connection, row: &InviteeRow) -> Result<(), FactError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO invitees (org, invitation, email, email_folded, name, note) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (org, invitation) DO UPDATE SET email = excluded.email, email_folded = excluded.email_folded,
         name = excluded.name, note = excluded.note",
    )?;
    let folded = folded(&row.email);
    insert.execute(params![row.org.as_str(), row.invitation.as_str(), row.email, folded, row.name, row.note])?;
    Ok(())
}

/// Deletes for whom an invitation was, and the digests of its links.
pub(crate) fn erase(connection: &Connection, org: OrgId, invitation: InvitationId) -> Result<(), FactError> {
    for sql in [
        "DELETE FROM invitees WHERE org = ?1 AND invitation = ?2",
        "DELETE FROM invitation_digests WHERE org = ?1 AND invitation = ?2",
    ] {
        connection.prepare_cached(sql)?.execute([org.as_str(), invitation.as_str()])?;
    }
    Ok(())
}

/// Deletes the rows that hold the address of a person who is erased.
pub(crate) fn erase_person(connection: &Connection, person: PersonId) -> Result<(), FactError> {
    let sql = "DELETE FROM invitees WHERE email_folded IN (SELECT email_folded FROM people WHERE person = ?1)
         OR EXISTS (SELECT 1 FROM called WHERE called.person = ?1 AND called.org = invitees.org
                    AND called.email = invitees.email COLLATE NOCASE)";
    connection.prepare_cached(sql)?.execute([person.as_str()])?;
    Ok(())
}

/// One digest leads to an invitation from now on, and those before it nowhere.
pub(crate) fn write_digest(
    connection: &Connection,
    digest: &[u8; 32],
    org: OrgId,
    invitation: InvitationId,
) -> Result<(), FactError> {
    let delete = "DELETE FROM invitation_digests WHERE org = ?1 AND invitation = ?2";
    connection.prepare_cached(delete)?.execute([org.as_str(), invitation.as_str()])?;
    let insert = "INSERT INTO invitation_digests (digest, org, invitation) VALUES (?1, ?2, ?3)";
    connection.prepare_cached(insert)?.execute(params![digest, org.as_str(), invitation.as_str()])?;
    Ok(())
}

pub(crate) fn invitation(
    connection: &Connection,
    digest: &[u8; 32],
) -> Result<Option<(OrgId, InvitationId)>, ReadError> {
    let sql = "SELECT org, invitation FROM invitation_digests WHERE digest = ?1";
    let row = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
    let Some((org, invitation)) = read_all(connection, sql, &[digest], row)?.pop() else { return Ok(None) };
    let invitation = id(InvitationId::parse(&invitation), "an invitation's link")?;
    Ok(Some((id(OrgId::parse(&org), "an invitation's link")?, invitation)))
}

/// For whom invitations are, in the order asked for; without those of which nothing is written any more.
pub(crate) fn invitees(
    connection: &Connection,
    org: OrgId,
    invitations: &[InvitationId],
) -> Result<Vec<InviteeRow>, ReadError> {
    let sql = "SELECT email, name, note, mail_state, mail_error FROM invitees WHERE org = ?1 AND invitation = ?2";
    let mut found = Vec::new();
    for invitation in invitations {
        let row = |row: &Row<'_>| {
            let (email, name, note) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let mail = mail::state(row.get::<_, Option<String>>(3)?.as_deref(), row.get(4)?);
            Ok(InviteeRow { org, invitation: *invitation, email, name, note, mail })
        };
        found.extend(read_all(connection, sql, &[&org.as_str(), &invitation.as_str()], row)?);
    }
    Ok(found)
}

/// The invitations of an organization to an address, without regard to case.
pub(crate) fn to(connection: &Connection, org: OrgId, email: &str) -> Result<Vec<InvitationId>, ReadError> {
    let sql = "SELECT invitation FROM invitees WHERE org = ?1 AND email_folded = ?2";
    let rows = read_all(connection, sql, &[&org.as_str(), &folded(email)], |row| row.get::<_, String>(0))?;
    rows.iter().map(|text| id(InvitationId::parse(text), "an invitation")).collect()
}

/// For whom the invitations of all organizations to an address are, without regard to case.
pub(crate) fn to_anywhere(connection: &Connection, email: &str) -> Result<Vec<InviteeRow>, ReadError> {
    let sql = "SELECT org, invitation, email, name, note, mail_state, mail_error FROM invitees
         WHERE email_folded = ?1 LIMIT ?2";
    let row = |row: &Row<'_>| {
        let (org, invitation, email): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let mail = mail::state(row.get::<_, Option<String>>(5)?.as_deref(), row.get(6)?);
        Ok((org, invitation, email, (row.get(3)?, row.get(4)?, mail)))
    };
    let rows = read_all(connection, sql, &[&folded(email), &(PAGE_MAX as i64)], row)?;
    let sound = rows.into_iter().map(|(org, invitation, email, (name, note, mail))| {
        let org = id(OrgId::parse(&org), "an invitation")?;
        let invitation = id(InvitationId::parse(&invitation), "an invitation")?;
        Ok(InviteeRow { org, invitation, email, name, note, mail })
    });
    sound.collect()
}

/// The people whom an organization wrote down under an address.
pub(crate) fn called(connection: &Connection, org: OrgId, email: &str) -> Result<Vec<PersonId>, ReadError> {
    let sql = "SELECT person FROM called WHERE org = ?1 AND email = ?2 COLLATE NOCASE";
    let rows = read_all(connection, sql, &[&org.as_str(), &email], |row| row.get::<_, String>(0))?;
    rows.iter().map(|text| id(PersonId::parse(text), "a name")).collect()
}
