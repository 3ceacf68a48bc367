//! Rows of mail that waits to be sent. What is in a mail is sealed by whoever writes it: it holds addresses, and links
//! that are good.

use domain::id::OrgId;
use domain::time::Timestamp;

/// Mails that wait at most. What comes with one more is refused whole.
pub const MAIL_MAX: u64 = 10_000;

/// A mail that waits to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct MailRow {
    /// Which: given when it is written.
    pub id: i64,
    /// The organization that it is about, where it is about one.
    pub org: Option<OrgId>,
    /// The opaque id of what it is about there, where it is about something.
    pub about: Option<String>,
    /// Ciphertext; the journal never sees the plain text.
    pub sealed: Vec<u8>,
    /// How often it was tried in vain.
    pub attempts: u32,
    /// When it is tried next.
    pub next_at: Timestamp,
}
