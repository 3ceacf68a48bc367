//! Mail domains: claimed and verified by an organization, opened to people with an address there, and what these are
//! offered, ask for, and join by.
//!
//! Who may what is `verdict`'s; here is who has shown which address, and what the DNS says. A provider's word about the
//! domain lets somebody join; a mailed link lets them ask at most, since a mailbox may be read by others, such as a ticket
//! system's.

mod claim;
mod join;
mod offers;
mod open;
mod record;
mod requests;

use domain::id::{MailDomainId, PersonId};
use domain::time::Timestamp;

pub(crate) use claim::held;
pub(crate) use join::vouched;
pub use offers::JoinOffer;
pub use open::MailDomainToOpen;

/// A mail domain, as those see it who look after it.
#[derive(Clone, Debug)]
pub struct MailDomainView {
    /// Its id.
    pub id: MailDomainId,
    /// Its name.
    pub name: String,
    /// `claimed`, `verified`, or `lapsed` where its record is gone.
    pub state: &'static str,
    /// Under which name in the DNS the record has to stand.
    pub record_name: String,
    /// What it has to say.
    pub record_text: String,
    /// What becomes of people with an address there: `off`, `suggest`, `request` or `automatic`.
    pub mode: &'static str,
    /// The role that they get; none for that of newcomers.
    pub role: Option<String>,
    /// The role that they would get as things are.
    pub gets: String,
    /// The teams that the caller may see: id, title, and the role there, none for that of newcomers to teams.
    pub teams: Vec<(String, String, Option<String>)>,
    /// Whether whoever opened it could still give that, so that people join by themselves.
    pub sponsored: bool,
    /// When it was claimed.
    pub claimed_at: Timestamp,
    /// When it was verified.
    pub verified_at: Option<Timestamp>,
    /// When its record was found to be gone.
    pub lapsed_at: Option<Timestamp>,
}

/// Somebody's request to join, as those see it who decide about it.
#[derive(Clone, Debug)]
pub struct JoinRequestView {
    /// Who asks.
    pub person: PersonId,
    /// The address that they have shown to be theirs.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// How they showed it: `provider` or `email`.
    pub way: String,
    /// By which mail domain.
    pub domain: String,
    /// The role that they would get.
    pub gets: String,
    /// Whether they were a member before.
    pub was_member: bool,
    /// When they asked.
    pub asked_at: Timestamp,
    /// When the request ends by itself.
    pub until: Timestamp,
}
