//! Rows of invitations: for whom they are, and which one a link leads to. What became of an invitation is in the stream.

use domain::id::{InvitationId, OrgId};

/// Whom an invitation is for, as whoever invited wrote it.
#[derive(Clone, PartialEq, Eq)]
pub struct InviteeRow {
    /// Where.
    pub org: OrgId,
    /// Which invitation.
    pub invitation: InvitationId,
    /// The address, as it was written.
    pub email: String,
    /// Their name, where one was written.
    pub name: Option<String>,
    /// What whoever invited says to them.
    pub note: Option<String>,
    /// What became of the last mail to them; it is noted with the mail, and never written with this row.
    pub mail: Option<MailState>,
}

/// What became of a mail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MailState {
    /// It waits to be sent.
    Waits,
    /// It was handed on.
    Sent,
    /// It is given up; why, for people.
    Failed(String),
}
