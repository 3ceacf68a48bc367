//! The tables of both files, as numbered steps that are only ever added to.
//!
//! A file's `user_version` is the number of steps it has been through. A file that has been through more steps
//! than this program knows is refused, never guessed at.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::error::OpenError;
use crate::verification::JournalFile;

const JOURNAL: &[&str] = &[
    "
    CREATE TABLE streams (
        stream TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL, body BLOB NOT NULL,
        prev_hash BLOB NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (stream, seq)
    ) WITHOUT ROWID, STRICT;
    CREATE TABLE states (
        stream TEXT NOT NULL, seq INTEGER NOT NULL, format INTEGER NOT NULL, checksum BLOB NOT NULL,
        bytes BLOB NOT NULL, PRIMARY KEY (stream, seq)
    ) STRICT;
    CREATE TABLE people (
        person TEXT NOT NULL PRIMARY KEY, email TEXT NOT NULL, email_folded TEXT NOT NULL UNIQUE, name TEXT NOT NULL
    ) WITHOUT ROWID, STRICT;
    CREATE TABLE memberships (
        person TEXT NOT NULL, org TEXT NOT NULL, PRIMARY KEY (person, org)
    ) WITHOUT ROWID, STRICT;
    CREATE TABLE slugs (org TEXT NOT NULL PRIMARY KEY, slug TEXT NOT NULL UNIQUE) WITHOUT ROWID, STRICT;
    CREATE TABLE labels (
        org TEXT NOT NULL, id TEXT NOT NULL, label TEXT NOT NULL, PRIMARY KEY (org, id)
    ) WITHOUT ROWID, STRICT;
    CREATE TABLE credentials (
        digest BLOB NOT NULL PRIMARY KEY, org TEXT NOT NULL, key TEXT NOT NULL
    ) WITHOUT ROWID, STRICT;
    CREATE TABLE secrets (
        org TEXT NOT NULL, id TEXT NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (org, id)
    ) STRICT;
",
    "
    CREATE TABLE called (
        person TEXT NOT NULL, org TEXT NOT NULL, email TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (person, org)
    ) WITHOUT ROWID, STRICT;
",
    // People: how they sign in, what they were sent, and what waits to be sent.
    "
    CREATE TABLE sessions (
        digest BLOB NOT NULL PRIMARY KEY, session TEXT NOT NULL UNIQUE, person TEXT NOT NULL,
        begun_at INTEGER NOT NULL, ends_at INTEGER NOT NULL, way TEXT NOT NULL, provider TEXT,
        second_factor INTEGER NOT NULL DEFAULT 0, browser_digest BLOB, address TEXT, client TEXT
    ) WITHOUT ROWID, STRICT;
    CREATE INDEX sessions_by_person ON sessions (person);
    CREATE INDEX sessions_by_end ON sessions (ends_at);
    CREATE TABLE session_uses (session TEXT NOT NULL PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID, STRICT;
    CREATE TABLE tickets (
        digest BLOB NOT NULL PRIMARY KEY, purpose TEXT NOT NULL, person TEXT, org TEXT, about TEXT,
        browser_digest BLOB, return_to TEXT, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
    ) WITHOUT ROWID, STRICT;
    CREATE INDEX tickets_by_end ON tickets (expires_at);
    CREATE TABLE identities (
        provider TEXT NOT NULL, subject_digest BLOB NOT NULL, identity TEXT NOT NULL UNIQUE, person TEXT NOT NULL,
        shown TEXT NOT NULL, linked_at INTEGER NOT NULL, PRIMARY KEY (provider, subject_digest)
    ) WITHOUT ROWID, STRICT;
    CREATE INDEX identities_by_person ON identities (person);
    CREATE TABLE passkeys (
        credential_digest BLOB NOT NULL PRIMARY KEY, credential BLOB NOT NULL, passkey TEXT NOT NULL UNIQUE,
        person TEXT NOT NULL, spki BLOB NOT NULL, algorithm INTEGER NOT NULL, counter INTEGER NOT NULL,
        name TEXT NOT NULL, backed_up INTEGER NOT NULL, added_at INTEGER NOT NULL
    ) WITHOUT ROWID, STRICT;
    CREATE INDEX passkeys_by_person ON passkeys (person);
    CREATE TABLE invitees (
        org TEXT NOT NULL, invitation TEXT NOT NULL, email TEXT NOT NULL, email_folded TEXT NOT NULL, name TEXT,
        note TEXT, mail_state TEXT, mail_error TEXT, PRIMARY KEY (org, invitation)
    ) WITHOUT ROWID, STRICT;
    CREATE TABLE invitation_digests (
        digest BLOB NOT NULL PRIMARY KEY, org TEXT NOT NULL, invitation TEXT NOT NULL
    ) WITHOUT ROWID, STRICT;
    CREATE TABLE outbox (
        id INTEGER PRIMARY KEY, org TEXT, about TEXT, sealed BLOB NOT NULL, attempts INTEGER NOT NULL,
        next_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX outbox_by_turn ON outbox (next_at);
",
    // Invitations: which address a session showed, and what is asked of addresses.
    "
    ALTER TABLE sessions ADD COLUMN shown_digest BLOB;
    CREATE INDEX called_by_address ON called (org, email COLLATE NOCASE);
    CREATE INDEX invitees_by_address ON invitees (email_folded);
    CREATE INDEX invitation_digests_by_invitation ON invitation_digests (org, invitation);
",
    // When a session's person showed who they are; none where that was as it began.
    "
    ALTER TABLE sessions ADD COLUMN proven_at INTEGER;
",
    // Organizations that end, so that nobody looks for them among all; and those of which nothing is left but events.
    "
    CREATE TABLE ending_organizations (
        org TEXT NOT NULL PRIMARY KEY, erased INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID, STRICT;
",
    // What company directories call members.
    "
    CREATE TABLE directory_users (
        org TEXT NOT NULL, person TEXT NOT NULL, user_name TEXT NOT NULL, user_name_folded TEXT NOT NULL,
        external_id TEXT, given_name TEXT, family_name TEXT, is_deleted INTEGER NOT NULL, PRIMARY KEY (org, person)
    ) WITHOUT ROWID, STRICT;
    CREATE UNIQUE INDEX directory_users_by_name ON directory_users (org, user_name_folded);
    CREATE INDEX directory_users_by_external_id ON directory_users (org, external_id) WHERE external_id IS NOT NULL;
    CREATE INDEX directory_users_by_person ON directory_users (person);
",
    // Mail domains that organizations have verified, and who asks to join by one.
    "
    CREATE TABLE mail_domains (
        name TEXT NOT NULL PRIMARY KEY, org TEXT NOT NULL, checked_at INTEGER NOT NULL
    ) WITHOUT ROWID, STRICT;
    CREATE INDEX mail_domains_by_org ON mail_domains (org);
    CREATE TABLE join_askers (
        org TEXT NOT NULL, person TEXT NOT NULL, email TEXT NOT NULL, name TEXT NOT NULL, way TEXT NOT NULL,
        until INTEGER NOT NULL, PRIMARY KEY (org, person)
    ) WITHOUT ROWID, STRICT;
    CREATE INDEX join_askers_by_person ON join_askers (person);
",
    // By a passkey: the column was there before anything was kept in it.
    "
    UPDATE sessions SET second_factor = 1 WHERE way = 'passkey';
",
    // Addresses and names are compared letter by letter, but for the case of the letters a to z, which `lower` folds.
    "
    UPDATE people SET email_folded = lower(email);
    UPDATE invitees SET email_folded = lower(email);
    UPDATE directory_users SET user_name_folded = lower(user_name);
",
    // What company directories call groups.
    "
    CREATE TABLE directory_groups (
        org TEXT NOT NULL, grp TEXT NOT NULL, display_name TEXT NOT NULL, external_id TEXT, PRIMARY KEY (org, grp)
    ) WITHOUT ROWID, STRICT;
",
    // Clients that registered themselves, clients that people have connected, and their tokens.
    "
    CREATE TABLE oauth_clients (
        client_id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, redirect_uris TEXT NOT NULL, secret_digest BLOB,
        created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
    ) WITHOUT ROWID, STRICT;
    CREATE INDEX oauth_clients_by_end ON oauth_clients (expires_at);
    CREATE TABLE connected_clients (
        client TEXT NOT NULL PRIMARY KEY, org TEXT NOT NULL, person TEXT NOT NULL, client_id TEXT NOT NULL,
        name TEXT NOT NULL, sent_back_to TEXT NOT NULL, resource TEXT NOT NULL, connected_at INTEGER NOT NULL
    ) WITHOUT ROWID, STRICT;
    CREATE INDEX connected_clients_by_person ON connected_clients (person, org);
    CREATE INDEX connected_clients_by_org ON connected_clients (org);
    CREATE TABLE client_tokens (
        digest BLOB NOT NULL PRIMARY KEY, kind TEXT NOT NULL, org TEXT NOT NULL, client TEXT NOT NULL,
        redirect_uri TEXT, challenge TEXT, expires_at INTEGER NOT NULL, spent_at INTEGER
    ) WITHOUT ROWID, STRICT;
    CREATE INDEX client_tokens_by_client ON client_tokens (client);
    CREATE INDEX client_tokens_by_org ON client_tokens (org);
    CREATE INDEX client_tokens_by_end ON client_tokens (expires_at);
",
    "
    ALTER TABLE connected_clients ADD COLUMN used_at INTEGER;
  ",
    // Clients that were registered by hand are of an organization, and never over.
    "
    ALTER TABLE oauth_clients ADD COLUMN org TEXT;
    CREATE INDEX oauth_clients_by_org ON oauth_clients (org) WHERE org IS NOT NULL;
    CREATE INDEX connected_clients_by_client_id ON connected_clients (client_id, org);
",
    "
    CREATE TABLE secrets_to_give_back (
        org TEXT NOT NULL, id TEXT NOT NULL, sealed BLOB NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER NOT NULL,
        PRIMARY KEY (org, id)
    ) WITHOUT ROWID, STRICT;
    CREATE INDEX secrets_to_give_back_by_next_at ON secrets_to_give_back (next_at);
",
];

// `active` and `lingering` are bookkeeping for finding open intents after a crash without reading the history;
// they are no evidence and therefore not in the chain. `record_book` says how they are kept.
const RECORDS: &[&str] = &[
    "
    CREATE TABLE records (
        org TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, subject TEXT, acting_for TEXT, credential TEXT,
        client TEXT, method TEXT, integration TEXT, tool TEXT, class TEXT, decision TEXT, reason TEXT,
        arguments_digest BLOB, policy_seq INTEGER, closes INTEGER, status TEXT, latency_us INTEGER,
        request_bytes INTEGER, response_bytes INTEGER, detail TEXT, hash BLOB NOT NULL, PRIMARY KEY (org, seq)
    ) WITHOUT ROWID, STRICT;
    CREATE UNIQUE INDEX records_by_closes ON records (org, closes) WHERE closes IS NOT NULL;
    CREATE INDEX records_by_subject ON records (org, subject, seq) WHERE closes IS NULL;
    CREATE TABLE active (org TEXT NOT NULL PRIMARY KEY, mark INTEGER NOT NULL) WITHOUT ROWID, STRICT;
    CREATE TABLE lingering (
        org TEXT NOT NULL, seq INTEGER NOT NULL, earlier INTEGER NOT NULL, PRIMARY KEY (org, seq)
    ) WITHOUT ROWID, STRICT;
    CREATE TABLE key_uses (
        org TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, address TEXT, client TEXT, PRIMARY KEY (org, key)
    ) WITHOUT ROWID, STRICT;
",
    "
    CREATE INDEX records_by_acting_for ON records (org, acting_for, seq)
        WHERE closes IS NULL AND acting_for IS NOT NULL;
",
];

/// The steps of a file.
pub(crate) fn steps(file: JournalFile) -> &'static [&'static str] {
    match file {
        JournalFile::Journal => JOURNAL,
        JournalFile::Records => RECORDS,
    }
}

/// Brings a file up to this program's version, each step in its own transaction.
pub(crate) fn migrate(connection: &mut Connection, file: JournalFile, path: &Path) -> Result<(), OpenError> {
    let unusable = |error: rusqlite::Error| OpenError::Unusable { path: path.to_path_buf(), reason: error.to_string() };
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(unusable)?;
    let steps = steps(file);
    let known = i64::try_from(steps.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(OpenError::Newer { file: path.to_path_buf(), found, known });
    }
    for (number, step) in (1i64..).zip(steps).filter(|(number, _)| *number > found) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(unusable)?;
        transaction.execute_batch(step).map_err(unusable)?;
        transaction.pragma_update(None, "user_version", number).map_err(unusable)?;
        transaction.commit().map_err(unusable)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_that_began_by_a_passkey_before_that_was_kept_are_known_for_it() {
        let connection = Connection::open_in_memory().unwrap();
        let is_it = |step: &&str| step.contains("SET second_factor = 1");
        let place = JOURNAL.iter().position(is_it).unwrap();
        let (before, from) = JOURNAL.split_at(place);
        before.iter().for_each(|step| connection.execute_batch(step).unwrap());
        for way in ["email", "link", "passkey"] {
            let insert = "INSERT INTO sessions (digest, session, person, begun_at, ends_at, way)
                          VALUES (CAST(?1 AS BLOB), ?1, 'p', 0, 9, ?1)";
            connection.execute(insert, [way]).unwrap();
        }
        from.iter().for_each(|step| connection.execute_batch(step).unwrap());
        let mut select = connection.prepare("SELECT way FROM sessions WHERE second_factor = 1").unwrap();
        let known: Vec<String> = select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert_eq!(known, ["passkey"]);
    }
}
