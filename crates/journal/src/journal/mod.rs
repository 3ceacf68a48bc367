//! The one interface to everything that is kept: a handle that is cheap to clone and may be used from any task.
//!
//! This module only names what can be asked and passes it on; the half that knows the database is `sqlite`.
//! What concerns records of calls is in `records`.

mod clients;
mod passkeys;
mod records;

use std::path::Path;
use std::sync::Arc;

use domain::credential::CredentialId;
use domain::id::{InvitationId, KeyId, OrgId, PersonId, SessionId};
use domain::time::Timestamp;
use tokio::sync::{mpsc, oneshot};

use crate::error::{AppendError, CLOSED, OpenError, ReadError};
use crate::fact::{Label, OrganizationSlug, Person};
use crate::invitee::InviteeRow;
use crate::mail::MailRow;
use crate::mail_domain::{JoinAskerRow, MailDomainRow};
use crate::scim::{DirectoryGroup, DirectoryUser};
use crate::secret::SecretToGiveBack;
use crate::sign_in::{IdentityRow, SessionRow, TicketRow};
use crate::sqlite::key_uses::KeyUses;
use crate::sqlite::last_uses::LastUses;
use crate::sqlite::pool::Pool;
use crate::sqlite::record_desk::{Desk, Errand};
use crate::sqlite::{
    ending, facts, folder, give_back, identities, invitees, mail, mail_domains, reader, record_threads, scim, sign_in,
    stream_writer,
};
use crate::stream::{Append, Appended, SavedState, StoredEvent, StreamId};
use crate::verification::{ChainHead, JournalFile};

/// How the journal uses the machine.
#[derive(Clone, Debug)]
pub struct Options {
    /// Connections that read each file.
    pub read_connections: usize,
    /// Most appends that wait for the disk; whoever comes on top waits to be queued.
    pub appends_waiting_max: usize,
    /// Most intents and outcomes that wait for the disk; whoever comes on top waits to be queued.
    pub records_waiting_max: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options { read_connections: 4, appends_waiting_max: 256, records_waiting_max: 4_096 }
    }
}

/// What happened, in order. Clones share one data folder; [`Journal::close`] ends them all.
#[derive(Clone)]
pub struct Journal {
    inner: Arc<Inner>,
}

struct Inner {
    options: Options,
    streams: mpsc::Sender<stream_writer::Command>,
    records: Arc<Desk>,
    journal_reads: Arc<Pool>,
    record_reads: Arc<Pool>,
    key_uses: Arc<KeyUses>,
    last_uses: Arc<LastUses>,
    _closing: Closing,
}

/// Closes the desk with the journal, or with the attempt to open it: the thread at the desk holds it, too, and would
/// wait for ever.
struct Closing(Arc<Desk>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Journal {
    /// Opens the data folder, creating it where it is missing, and locks it for this process.
    ///
    /// Blocks for as long as SQLite needs to recover after a crash: milliseconds, not the size of the history.
    ///
    /// # Errors
    /// [`OpenError`] where the folder is in use, was written by a newer version, or cannot be used.
    pub fn open(dir: &Path, options: Options) -> Result<Journal, OpenError> {
        let lock = Arc::new(folder::claim(dir)?);
        let (streams, stream_commands) = mpsc::channel(options.appends_waiting_max.max(1));
        let records = Arc::new(Desk::new(options.records_waiting_max.max(1)));
        let (key_uses, last_uses) = (Arc::<KeyUses>::default(), Arc::<LastUses>::default());
        let connection = folder::open_writer(dir, JournalFile::Journal)?;
        record_threads::start(dir, &records, Arc::clone(&key_uses), Arc::clone(&lock))?;
        let _closing = Closing(Arc::clone(&records));
        folder::sync_dir(dir)
            .map_err(|error| OpenError::Unusable { path: dir.to_path_buf(), reason: error.to_string() })?;
        stream_writer::start(connection, stream_commands, Arc::clone(&last_uses), lock)?;
        let journal_reads = Pool::new(dir.join(JournalFile::Journal.as_str()), options.read_connections);
        let record_reads = Pool::new(dir.join(JournalFile::Records.as_str()), options.read_connections);
        let inner = Inner { options, streams, records, journal_reads, record_reads, key_uses, last_uses, _closing };
        Ok(Journal { inner: Arc::new(inner) })
    }

    /// Appends to any number of streams in one transaction: all of it, or nothing. The answer comes when it is on
    /// disk. A caller that stops waiting does not undo it.
    ///
    /// # Errors
    /// [`AppendError`]; nothing was written then.
    pub async fn append(&self, appends: Vec<Append>) -> Result<Vec<Appended>, AppendError> {
        let (reply, answer) = oneshot::channel();
        let command = stream_writer::Command::Append { appends, reply };
        self.inner.streams.send(command).await.map_err(|_| AppendError::unavailable(CLOSED))?;
        answer.await.map_err(|_| AppendError::unavailable(CLOSED))?
    }

    /// Events after `after`, oldest first: at most `limit`, at most 10,000, and no more than about 16 MiB. An
    /// empty answer means that there are none.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn read(&self, stream: StreamId, after: u64, limit: usize) -> Result<Vec<StoredEvent>, ReadError> {
        self.read_journal(move |connection| reader::read(connection, stream, after, limit)).await
    }

    /// Events before `before` (`None`: from the newest), newest first, with the bounds of [`Journal::read`].
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn read_back(
        &self,
        stream: StreamId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, ReadError> {
        self.read_journal(move |connection| reader::read_back(connection, stream, before, limit)).await
    }

    /// The number of the stream's newest event; 0 where it has none.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn head(&self, stream: StreamId) -> Result<u64, ReadError> {
        self.read_journal(move |connection| {
            stream_writer::head(connection, stream).map(|(seq, _)| seq).map_err(ReadError::unavailable)
        })
        .await
    }

    /// Saves the fold of a stream's events up to `state.seq`. The newest two of a stream are kept.
    ///
    /// # Errors
    /// [`AppendError`]; a state that is not saved costs time at the next start and nothing else.
    pub async fn put_state(&self, stream: StreamId, state: SavedState) -> Result<(), AppendError> {
        let (reply, answer) = oneshot::channel();
        let command = stream_writer::Command::PutState { stream, state, reply };
        self.inner.streams.send(command).await.map_err(|_| AppendError::unavailable(CLOSED))?;
        answer.await.map_err(|_| AppendError::unavailable(CLOSED))?
    }

    /// The newest saved state that is whole. It is a cache that the chain does not cover.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn latest_state(&self, stream: StreamId) -> Result<Option<SavedState>, ReadError> {
        self.read_journal(move |connection| reader::latest_state(connection, stream)).await
    }

    /// The person with this e-mail address, whatever its case.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn person_by_email(&self, email: &str) -> Result<Option<Person>, ReadError> {
        let email = email.to_owned();
        self.read_journal(move |connection| facts::person_by_email(connection, &email)).await
    }

    /// Those of the people whose address and name are known, as this organization calls them, in the order asked for.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn people(&self, org: OrgId, people: &[PersonId]) -> Result<Vec<Person>, ReadError> {
        let people = people.to_vec();
        self.read_journal(move |connection| facts::people(connection, org, &people)).await
    }

    /// The organizations a person belongs to.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn organizations_of(&self, person: PersonId) -> Result<Vec<OrgId>, ReadError> {
        self.read_journal(move |connection| facts::organizations_of(connection, person)).await
    }

    /// The slug of this organization.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn slug_of(&self, org: OrgId) -> Result<Option<String>, ReadError> {
        self.read_journal(move |connection| facts::slug_of(connection, org)).await
    }

    /// The organization with this slug.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn org_by_slug(&self, slug: &str) -> Result<Option<OrgId>, ReadError> {
        let slug = slug.to_owned();
        self.read_journal(move |connection| facts::org_by_slug(connection, &slug)).await
    }

    /// Organizations in the order of their ids, after one; at most 10,000. Those that have ended, and of which nothing is
    /// left but events, are not among them.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn organizations(&self, after: Option<OrgId>, limit: usize) -> Result<Vec<OrganizationSlug>, ReadError> {
        self.read_journal(move |connection| facts::organizations(connection, after, limit)).await
    }

    /// Organizations on whose stream an end was set, and of which something is left, in the order of their ids, after one;
    /// at most 10,000. Whether the day has come is for the stream to say.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn ending_organizations(&self, after: Option<OrgId>, limit: usize) -> Result<Vec<OrgId>, ReadError> {
        self.read_journal(move |connection| ending::ending(connection, after, limit)).await
    }

    /// Those of the people of whom something is written, and whom no organization but this one knows.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn known_nowhere_else(&self, org: OrgId, people: Vec<PersonId>) -> Result<Vec<PersonId>, ReadError> {
        self.read_journal(move |connection| ending::known_nowhere_else(connection, org, &people)).await
    }

    /// The names that people gave to things in an organization.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn labels(&self, org: OrgId) -> Result<Vec<Label>, ReadError> {
        self.read_journal(move |connection| facts::labels(connection, org)).await
    }

    /// Those of an organization's things that people gave a name, in the order asked for.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn labels_of(&self, org: OrgId, ids: Vec<String>) -> Result<Vec<Label>, ReadError> {
        self.read_journal(move |connection| facts::labels_of(connection, org, &ids)).await
    }

    /// The key that a credential's digest leads to. It says nothing about whether the key is still good.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn credential(&self, digest: [u8; 32]) -> Result<Option<(OrgId, KeyId)>, ReadError> {
        self.read_journal(move |connection| facts::credential(connection, &digest)).await
    }

    /// The session that a token's digest leads to. It says nothing about whether it was ended since, nor about what it
    /// opens.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn session(&self, digest: [u8; 32]) -> Result<Option<SessionRow>, ReadError> {
        self.read_journal(move |connection| sign_in::session(connection, &digest)).await
    }

    /// Remembers that a session was used. Costs no wait; it is written with whatever is written next, and the latest use
    /// counts.
    pub fn touch_session(&self, session: SessionId, at: Timestamp) {
        self.touch(session.into(), at);
    }

    pub(super) fn touch(&self, used: CredentialId, at: Timestamp) {
        if self.inner.last_uses.touch(used, at) {
            // Where there is no place, others are about to be written, and this with them.
            let _ = self.inner.streams.try_send(stream_writer::Command::Used);
        }
    }

    /// A person's sessions, the newest first; at most 10,000.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn sessions_of(&self, person: PersonId) -> Result<Vec<SessionRow>, ReadError> {
        self.read_journal(move |connection| sign_in::sessions_of(connection, person)).await
    }

    /// The ticket that a token's digest leads to, used up by nobody until now. Reading it uses nothing up.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn ticket(&self, digest: [u8; 32]) -> Result<Option<TicketRow>, ReadError> {
        self.read_journal(move |connection| sign_in::ticket(connection, &digest)).await
    }

    /// The identity of whom a provider means.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn identity(&self, provider: &str, digest: [u8; 32]) -> Result<Option<IdentityRow>, ReadError> {
        let provider = provider.to_owned();
        self.read_journal(move |connection| identities::identity(connection, &provider, &digest)).await
    }

    /// The ways by which a person signs in, the oldest first; at most 10,000.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn identities_of(&self, person: PersonId) -> Result<Vec<IdentityRow>, ReadError> {
        self.read_journal(move |connection| identities::identities_of(connection, person)).await
    }

    /// What a company directory calls those of the people whom it knows, in the order asked for.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn directory_users(&self, org: OrgId, people: &[PersonId]) -> Result<Vec<DirectoryUser>, ReadError> {
        let people = people.to_vec();
        self.read_journal(move |connection| scim::of(connection, org, &people)).await
    }

    /// Whom an organization's directory knows by this name, whatever its case.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn directory_user_named(&self, org: OrgId, name: &str) -> Result<Option<DirectoryUser>, ReadError> {
        let name = name.to_owned();
        self.read_journal(move |connection| scim::named(connection, org, &name)).await
    }

    /// Whom an organization's directory knows by this id of its own, compared exactly; at most 10.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn directory_users_with(&self, org: OrgId, external_id: &str) -> Result<Vec<DirectoryUser>, ReadError> {
        let external_id = external_id.to_owned();
        self.read_journal(move |connection| scim::with_external_id(connection, org, &external_id)).await
    }

    /// What company directories call the groups of an organization.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn directory_groups(&self, org: OrgId) -> Result<Vec<DirectoryGroup>, ReadError> {
        self.read_journal(move |connection| scim::groups(connection, org)).await
    }

    /// Whom an organization's directory deleted.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn directory_users_deleted(&self, org: OrgId) -> Result<Vec<PersonId>, ReadError> {
        self.read_journal(move |connection| scim::deleted(connection, org)).await
    }

    /// The organization that has verified a mail domain, by its name in the spelling in which it is compared.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn mail_domain(&self, name: &str) -> Result<Option<MailDomainRow>, ReadError> {
        let name = name.to_owned();
        self.read_journal(move |connection| mail_domains::of(connection, &name)).await
    }

    /// Those of the people who ask to join an organization, in the order asked for.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn join_askers(&self, org: OrgId, people: Vec<PersonId>) -> Result<Vec<JoinAskerRow>, ReadError> {
        self.read_journal(move |connection| mail_domains::askers(connection, org, &people)).await
    }

    /// Mails whose turn has come, those that wait longest first.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn mail_due(&self, now: Timestamp, limit: usize) -> Result<Vec<MailRow>, ReadError> {
        self.read_journal(move |connection| mail::due(connection, now, limit)).await
    }

    /// Secrets that are to be given back and whose turn has come, those that wait longest first.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn secrets_to_give_back(&self, now: Timestamp, limit: usize) -> Result<Vec<SecretToGiveBack>, ReadError> {
        self.read_journal(move |connection| give_back::due(connection, now, limit)).await
    }

    /// The invitation to which a link's digest leads. It says nothing about whether that opens anything.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn invitation(&self, digest: [u8; 32]) -> Result<Option<(OrgId, InvitationId)>, ReadError> {
        self.read_journal(move |connection| invitees::invitation(connection, &digest)).await
    }

    /// For whom invitations are, in the order asked for; without those of which nothing is written any more.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn invitees(&self, org: OrgId, invitations: Vec<InvitationId>) -> Result<Vec<InviteeRow>, ReadError> {
        self.read_journal(move |connection| invitees::invitees(connection, org, &invitations)).await
    }

    /// The invitations of an organization to an address, without regard to case, whatever became of them.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn invitations_to(&self, org: OrgId, email: &str) -> Result<Vec<InvitationId>, ReadError> {
        let email = email.to_owned();
        self.read_journal(move |connection| invitees::to(connection, org, &email)).await
    }

    /// For whom the invitations of all organizations to an address are, without regard to case, whatever became of them; at
    /// most 10,000.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn invitees_anywhere(&self, email: &str) -> Result<Vec<InviteeRow>, ReadError> {
        let email = email.to_owned();
        self.read_journal(move |connection| invitees::to_anywhere(connection, &email)).await
    }

    /// The people whom an organization wrote down under an address, whatever their own is. Without regard to the case of
    /// the letters a to z.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn called_at(&self, org: OrgId, email: &str) -> Result<Vec<PersonId>, ReadError> {
        let email = email.to_owned();
        self.read_journal(move |connection| invitees::called(connection, org, &email)).await
    }

    /// A sealed secret.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn secret(&self, org: OrgId, id: &str) -> Result<Option<Vec<u8>>, ReadError> {
        let id = id.to_owned();
        self.read_journal(move |connection| facts::secret(connection, org, &id)).await
    }

    /// The newest row of each chain of a file, in the order of their names after `after` (empty: from the
    /// first), at most 10,000. This is what a checkpoint signs.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn heads(&self, file: JournalFile, after: &str, limit: usize) -> Result<Vec<ChainHead>, ReadError> {
        let after = after.to_owned();
        match file {
            JournalFile::Journal => {
                self.read_journal(move |connection| reader::heads(connection, file, &after, limit)).await
            }
            JournalFile::Records => {
                self.settle_records(false).await?;
                self.read_records(move |connection| reader::heads(connection, file, &after, limit)).await
            }
        }
    }

    /// Writes everything that was accepted, copies the logs into the files, and gives the folder free. From then
    /// on every clone answers that the journal is closed.
    pub async fn close(&self) {
        let connections = self.inner.options.read_connections;
        self.inner.journal_reads.close(connections).await;
        self.inner.record_reads.close(connections).await;
        let (reply, streams_closed) = oneshot::channel();
        let streams = self.inner.streams.send(stream_writer::Command::Close { reply }).await;
        let (reply, records_closed) = oneshot::channel();
        let records = self.inner.records.send(Errand::Close { reply }).await;
        // A closed channel or a dropped answer means that this has been done before.
        if streams.is_ok() {
            let _ = streams_closed.await;
        }
        if records.is_ok() {
            let _ = records_closed.await;
        }
    }

    async fn read_journal<T, F>(&self, read: F) -> Result<T, ReadError>
    where
        T: Send + 'static,
        F: FnOnce(&rusqlite::Connection) -> Result<T, ReadError> + Send + 'static,
    {
        self.inner.journal_reads.run(read).await
    }

    /// Makes a file's disk full at its present size, or with a large number of pages gives it room again.
    #[cfg(test)]
    pub(crate) async fn limit_pages(&self, file: JournalFile, pages: i64) {
        let (reply, done) = oneshot::channel();
        let sent = match file {
            JournalFile::Journal => {
                self.inner.streams.send(stream_writer::Command::LimitPages { pages, reply }).await.is_ok()
            }
            JournalFile::Records => self.inner.records.send(Errand::LimitPages { pages, reply }).await.is_ok(),
        };
        assert!(sent && done.await.is_ok(), "the journal is open");
    }

    /// Whoever writes the next records, the thread or a caller, breaks off before the commit.
    #[cfg(test)]
    pub(crate) async fn break_off(&self, in_thread: bool) {
        let (reply, done) = oneshot::channel();
        let sent = self.inner.records.send(Errand::BreakOff { in_thread, reply }).await.is_ok();
        assert!(sent && done.await.is_ok(), "the journal is open");
    }
}
