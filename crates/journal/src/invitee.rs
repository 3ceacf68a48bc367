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
}
