//! What happened, in order: streams of events, facts that change with them, records of calls.
//!
//! The journal keeps bytes and proves that nobody changed them; it is the only room that holds SQL for our own
//! state. It never knows what an event means, never speaks HTTP and never decides who may do a thing.
//!
//! A data folder holds two files. `journal.db` has the streams (one per organization and one directory), the
//! facts (people, slugs, credentials, sessions, secrets: rows that change in the same transaction as an append and can be
//! erased) and cached states. `records.db` has the gateway's account of every call. Both are chains of hashes;
//! [`verify`] walks them and names the first broken row.
//!
//! Start reading at [`Journal`], the one interface; `sqlite` is the only half behind it today. The bytes that
//! are hashed are written down in [`chain`].

#[cfg(test)]
mod broken_writer_tests;
pub mod chain;
pub mod client;
pub mod error;
pub mod fact;
#[cfg(test)]
mod full_disk_tests;
pub mod invitee;
mod journal;
pub mod mail;
pub mod mail_domain;
pub mod record;
pub mod scim;
pub mod secret;
pub mod sign_in;
mod sqlite;
pub mod stream;
pub mod verification;

pub use crate::client::{
    ClientTokenKind, ClientTokenRow, CodeDetails, ConnectedClientRow, ListedClientRow, OAuthClientRow,
};
pub use crate::error::{AppendError, OpenError, ReadError, RecordError};
pub use crate::fact::{Fact, Label, OrganizationSlug, Person};
pub use crate::invitee::{InviteeRow, MailState};
pub use crate::journal::{Journal, Options};
pub use crate::mail::{MAIL_MAX, MailRow};
pub use crate::mail_domain::{JoinAskerRow, MailDomainRow};
pub use crate::record::{Closing, KeyUse, Record, RecordPage, RecordQuery, Usage, UsageOf};
pub use crate::scim::{DirectoryGroup, DirectoryUser};
pub use crate::secret::SecretToGiveBack;
pub use crate::sign_in::{IdentityRow, PasskeyRow, SessionRow, TicketRow};
pub use crate::sqlite::verify::verify;
pub use crate::stream::{Append, Appended, SavedState, StoredEvent, StreamId};
pub use crate::verification::{BadRow, ChainHead, JournalFile, Verification};
