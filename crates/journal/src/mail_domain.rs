//! Rows of mail domains: which organization has verified one, and who asks to join by one. The latter are personal, and go
//! with the request, with the membership that comes of it, and with the person.

use domain::id::{OrgId, PersonId};
use domain::time::Timestamp;

/// A mail domain that an organization has verified: one organization at a time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MailDomainRow {
    /// The name, in the spelling in which it is compared.
    pub name: String,
    /// Whose it is.
    pub org: OrgId,
    /// When its record was last seen.
    pub checked_at: Timestamp,
}

/// Who asks to join an organization.
#[derive(Clone, PartialEq, Eq)]
pub struct JoinAskerRow {
    /// Where.
    pub org: OrgId,
    /// Who.
    pub person: PersonId,
    /// The address that they showed to be theirs.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// How they showed it, in a word: `provider` or `email`.
    pub way: String,
    /// Until when they wait; the row goes some time after that.
    pub until: Timestamp,
}
