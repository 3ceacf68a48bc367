//! Connected clients and their tokens: written inside an append's transaction, read from anywhere.

use domain::id::{ClientId, OrgId, PersonId};
use domain::time::Timestamp;
use rusqlite::{Connection, Row, params};

use crate::client::{
    ClientTokenKind, ClientTokenRow, CodeDetails, ConnectedClientRow, ListedClientRow, OAuthClientRow,
};
use crate::error::{AppendError, ReadError};
use crate::sqlite::facts::{FactError, id, read_all};
use crate::stream::PAGE_MAX;

/// How long a token's row is kept after its end, so that it is known for what it was: a day.
const KEPT_MS: i64 = 86_400_000;
/// Clients that have registered themselves and are kept.
const REGISTERED_MAX: i64 = 10_000;

const CONNECTED: &str = "client, org, person, client_id, name, sent_back_to, resource, connected_at";
const TOKEN: &str = "digest, kind, org, client, redirect_uri, challenge, expires_at, spent_at";

/// Writes a client that registered itself or was registered by hand, and deletes those that are unknown by now.
pub(crate) fn write_registered(connection: &Connection, row: &OAuthClientRow) -> Result<(), FactError> {
    let old = "DELETE FROM oauth_clients WHERE expires_at < ?1 AND org IS NULL";
    connection.prepare_cached(old)?.execute([row.created_at.0])?;
    // Anybody may register. Those that nobody has connected end first, and make room.
    let room = "DELETE FROM oauth_clients WHERE client_id IN
         (SELECT client_id FROM oauth_clients WHERE org IS NULL ORDER BY expires_at DESC, client_id LIMIT -1 OFFSET ?1)";
    connection.prepare_cached(room)?.execute([REGISTERED_MAX - 1])?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO oauth_clients (client_id, name, redirect_uris, secret_digest, created_at, expires_at, org)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let org = row.org.as_ref().map(OrgId::as_str);
    // No address has a line break in it.
    let redirect_uris = row.redirect_uris.join("\n");
    let (created_at, expires_at) = (row.created_at.0, row.expires_at.0);
    insert.execute(params![row.client_id, row.name, redirect_uris, row.secret, created_at, expires_at, org])?;
    Ok(())
}

/// Deletes a client that was registered by hand.
pub(crate) fn drop_registered(connection: &Connection, org: OrgId, client_id: &str) -> Result<(), FactError> {
    let sql = "DELETE FROM oauth_clients WHERE client_id = ?1 AND org = ?2";
    connection.prepare_cached(sql)?.execute([client_id, org.as_str()])?;
    Ok(())
}

/// Keeps a client known that registered itself until then, or longer where it is.
pub(crate) fn keep_registered(connection: &Connection, client_id: &str, until: Timestamp) -> Result<(), FactError> {
    let sql = "UPDATE oauth_clients SET expires_at = max(expires_at, ?2) WHERE client_id = ?1";
    connection.prepare_cached(sql)?.execute(params![client_id, until.0])?;
    Ok(())
}

const REGISTERED: &str = "client_id, name, redirect_uris, secret_digest, created_at, expires_at, org";

pub(crate) fn registered(connection: &Connection, client_id: &str) -> Result<Option<OAuthClientRow>, ReadError> {
    let sql = format!("SELECT {REGISTERED} FROM oauth_clients WHERE client_id = ?1");
    read_all(connection, &sql, &[&client_id], stored_client)?.pop().map(sound_client).transpose()
}

/// The clients that were registered by hand in an organization, the newest first.
pub(crate) fn registered_in(connection: &Connection, org: OrgId) -> Result<Vec<OAuthClientRow>, ReadError> {
    let sql =
        format!("SELECT {REGISTERED} FROM oauth_clients WHERE org = ?1 ORDER BY created_at DESC, client_id LIMIT ?2");
    let rows = read_all(connection, &sql, &[&org.as_str(), &(PAGE_MAX as i64)], stored_client)?;
    rows.into_iter().map(sound_client).collect()
}

/// A client, with the organization that is still to be read.
type StoredClient = (Option<String>, OAuthClientRow);

fn stored_client(row: &Row<'_>) -> rusqlite::Result<StoredClient> {
    let client = OAuthClientRow {
        client_id: row.get(0)?,
        org: None,
        name: row.get(1)?,
        redirect_uris: row.get::<_, String>(2)?.lines().map(str::to_owned).collect(),
        secret: row.get(3)?,
        created_at: Timestamp(row.get(4)?),
        expires_at: Timestamp(row.get(5)?),
    };
    Ok((row.get(6)?, client))
}

fn sound_client((org, stored): StoredClient) -> Result<OAuthClientRow, ReadError> {
    let org = org.map(|org| id(OrgId::parse(&org), "a registered client")).transpose()?;
    Ok(OAuthClientRow { org, ..stored })
}

/// The clients of an organization that are connected under this identifier.
pub(crate) fn connected_as(connection: &Connection, org: OrgId, client_id: &str) -> Result<Vec<ClientId>, ReadError> {
    let sql = "SELECT client FROM connected_clients WHERE client_id = ?1 AND org = ?2";
    let rows: Vec<String> = read_all(connection, sql, &[&client_id, &org.as_str()], |row| row.get(0))?;
    rows.into_iter().map(|client| id(ClientId::parse(&client), "a connected client")).collect()
}

pub(crate) fn write_connected(connection: &Connection, row: &ConnectedClientRow) -> Result<(), FactError> {
    let sql = format!("INSERT INTO connected_clients ({CONNECTED}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    connection.prepare_cached(&sql)?.execute(params![
        row.client.as_str(),
        row.org.as_str(),
        row.person.as_str(),
        row.client_id,
        row.name,
        row.sent_back_to,
        row.resource,
        row.connected_at.0,
    ])?;
    Ok(())
}

/// Notes when a client was used last; what is noted already is never set back.
pub(crate) fn write_use(connection: &Connection, client: ClientId, at: Timestamp) -> Result<(), FactError> {
    let sql = "UPDATE connected_clients SET used_at = max(coalesce(used_at, ?2), ?2) WHERE client = ?1";
    connection.prepare_cached(sql)?.execute(params![client.as_str(), at.0])?;
    Ok(())
}

/// Deletes what is known of a client that is connected no longer, and its tokens.
pub(crate) fn forget(connection: &Connection, client: ClientId) -> Result<(), FactError> {
    for table in ["client_tokens", "connected_clients"] {
        connection.prepare_cached(&format!("DELETE FROM {table} WHERE client = ?1"))?.execute([client.as_str()])?;
    }
    Ok(())
}

/// The same for every client of a person: in one organization, or in all.
pub(crate) fn forget_of(connection: &Connection, person: PersonId, org: Option<OrgId>) -> Result<(), FactError> {
    let org = org.as_ref().map(OrgId::as_str);
    let theirs = "SELECT client FROM connected_clients WHERE person = ?1 AND (?2 IS NULL OR org = ?2)";
    for sql in [
        format!("DELETE FROM client_tokens WHERE client IN ({theirs})"),
        "DELETE FROM connected_clients WHERE person = ?1 AND (?2 IS NULL OR org = ?2)".to_owned(),
    ] {
        connection.prepare_cached(&sql)?.execute(params![person.as_str(), org])?;
    }
    Ok(())
}

/// Writes a token, and deletes those that ended long ago.
pub(crate) fn write_token(connection: &Connection, row: &ClientTokenRow, at: Timestamp) -> Result<(), FactError> {
    let old = "DELETE FROM client_tokens WHERE expires_at < ?1";
    connection.prepare_cached(old)?.execute([at.0.saturating_sub(KEPT_MS)])?;
    let sql = format!("INSERT INTO client_tokens ({TOKEN}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    let code = row.code.as_ref();
    connection.prepare_cached(&sql)?.execute(params![
        row.digest,
        row.kind.as_str(),
        row.org.as_str(),
        row.client.as_str(),
        code.map(|code| &code.redirect_uri),
        code.map(|code| &code.challenge),
        row.expires_at.0,
        row.spent_at.map(|at| at.0),
    ])?;
    Ok(())
}

/// Spends a token that is good, or refuses all that was to happen with it.
pub(crate) fn spend(connection: &Connection, digest: &[u8; 32], at: Timestamp) -> Result<(), FactError> {
    // INVARIANT: of many who come with one code or refresh token one gets through; held by
    // `a_token_that_is_good_once_is_spent_once_and_known_for_it`.
    let sql = "UPDATE client_tokens SET spent_at = ?2 WHERE digest = ?1 AND spent_at IS NULL AND expires_at > ?2";
    match connection.prepare_cached(sql)?.execute(params![digest, at.0])? {
        0 => Err(FactError::Refused(AppendError::Spent)),
        _ => Ok(()),
    }
}

pub(crate) fn token(connection: &Connection, digest: &[u8; 32]) -> Result<Option<ClientTokenRow>, ReadError> {
    let sql = format!("SELECT {TOKEN} FROM client_tokens WHERE digest = ?1");
    read_all(connection, &sql, &[digest], stored_token)?.pop().map(sound_token).transpose()
}

pub(crate) fn connected(connection: &Connection, client: ClientId) -> Result<Option<ConnectedClientRow>, ReadError> {
    let sql = format!("SELECT {CONNECTED} FROM connected_clients WHERE client = ?1");
    read_all(connection, &sql, &[&client.as_str()], stored)?.pop().map(sound).transpose()
}

/// The clients that a person has connected to an organization, the newest first.
pub(crate) fn connected_by(
    connection: &Connection,
    org: OrgId,
    person: PersonId,
) -> Result<Vec<ListedClientRow>, ReadError> {
    let sql = format!(
        "SELECT {CONNECTED}, coalesce((SELECT max(expires_at) FROM client_tokens
             WHERE client_tokens.client = connected_clients.client AND spent_at IS NULL), 0), used_at
         FROM connected_clients WHERE org = ?1 AND person = ?2 ORDER BY connected_at DESC, client LIMIT ?3"
    );
    let row = |row: &Row<'_>| Ok((stored(row)?, Timestamp(row.get(8)?), row.get(9)?));
    let rows = read_all(connection, &sql, &[&org.as_str(), &person.as_str(), &(PAGE_MAX as i64)], row)?;
    let listed = |(stored, until, used_at): (Stored, Timestamp, Option<i64>)| {
        Ok(ListedClientRow { row: sound(stored)?, until, used_at: used_at.map(Timestamp) })
    };
    rows.into_iter().map(listed).collect()
}

/// A connected client, with the three ids that are still to be read.
type Stored = (String, String, String, ConnectedClientRow);

fn stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    let connected = ConnectedClientRow {
        client: ClientId::from_random([0; 20]),
        org: OrgId::from_random([0; 20]),
        person: PersonId::from_random([0; 20]),
        client_id: row.get(3)?,
        name: row.get(4)?,
        sent_back_to: row.get(5)?,
        resource: row.get(6)?,
        connected_at: Timestamp(row.get(7)?),
    };
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, connected))
}

fn sound((client, org, person, stored): Stored) -> Result<ConnectedClientRow, ReadError> {
    let what = "a connected client";
    let (client, org) = (id(ClientId::parse(&client), what)?, id(OrgId::parse(&org), what)?);
    Ok(ConnectedClientRow { client, org, person: id(PersonId::parse(&person), what)?, ..stored })
}

/// A token, with what is still to be read.
type StoredToken = (String, String, String, ClientTokenRow);

fn stored_token(row: &Row<'_>) -> rusqlite::Result<StoredToken> {
    let (redirect_uri, challenge): (Option<String>, Option<String>) = (row.get(4)?, row.get(5)?);
    let code = redirect_uri.zip(challenge).map(|(redirect_uri, challenge)| CodeDetails { redirect_uri, challenge });
    let token = ClientTokenRow {
        digest: row.get(0)?,
        kind: ClientTokenKind::Code,
        org: OrgId::from_random([0; 20]),
        client: ClientId::from_random([0; 20]),
        code,
        expires_at: Timestamp(row.get(6)?),
        spent_at: row.get::<_, Option<i64>>(7)?.map(Timestamp),
    };
    Ok((row.get(1)?, row.get(2)?, row.get(3)?, token))
}

fn sound_token((kind, org, client, stored): StoredToken) -> Result<ClientTokenRow, ReadError> {
    let what = "a client's token";
    let kind = id(ClientTokenKind::parse(&kind).ok_or(()), what)?;
    let org = id(OrgId::parse(&org), what)?;
    Ok(ClientTokenRow { kind, org, client: id(ClientId::parse(&client), what)?, ..stored })
}
