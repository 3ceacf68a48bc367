//! Invitations: a link for somebody who is not here yet, good for one acceptance.
//!
//! What an invitation gives rests on the rights of its inviter, asked again whenever it is edited, sent again, approved
//! and accepted (`verdict`). A link by itself never shows that an address is somebody's, since whoever invited may have
//! seen it: who accepts by the link alone becomes a person without an address of their own.
//!
//! Start reading at [`App::send_invitation`], then [`App::accept_invitation`].

mod accept;
mod handle;
mod link;
mod list;
mod mail;
mod refused;
mod send;

use domain::id::{InvitationId, PersonId};
use domain::invitation::{Invitation, Inviter, OfferedGrant};
use domain::organization::InvitedAddress;
use domain::time::Timestamp;
use identity::digest::fingerprint;
use identity::token::IssuedToken;

pub use accept::{Accepted, Accepting};
pub use handle::InvitationChange;
pub use journal::MailState;
pub use link::InvitationLook;
pub(crate) use list::person_behind;
pub use list::{Status, Which};
pub(crate) use send::role_named;
pub use send::{InvitationToSend, OfferedIntegration, OfferedTeam};

use crate::{Caller, Problem};

/// An invitation, as those see it who handle it.
#[derive(Clone, Debug)]
pub struct InvitationView {
    /// Its id.
    pub id: InvitationId,
    /// The address of whom it is for; none where that was erased.
    pub email: Option<String>,
    /// Their name, where one was written.
    pub name: Option<String>,
    /// What whoever invited says to them.
    pub note: Option<String>,
    /// The role that they get; none for that of newcomers.
    pub role: Option<String>,
    /// The role that they would get as things are.
    pub gets: String,
    /// Whether it is for members alone.
    pub members_only: bool,
    /// The teams that the caller may see: id, title, and the role there, none for that of newcomers to teams.
    pub teams: Vec<(String, String, Option<String>)>,
    /// The integrations that the caller may see, by slug.
    pub integrations: Vec<(String, OfferedGrant)>,
    /// Where it stands.
    pub status: Status,
    /// Id of its inviter.
    pub inviter: String,
    /// Their name; that of the person for whom an agent invited.
    pub inviter_name: Option<String>,
    /// Whether the caller is the inviter.
    pub mine: bool,
    /// Names what it offers, and on whose rights: whoever approves it says by this which they looked at.
    pub revision: String,
    /// What is asked of whoever accepts, as things are.
    pub asks: InvitedAddress,
    /// When it was sent first.
    pub sent_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// Who accepted it.
    pub accepted_by: Option<PersonId>,
    /// What became of its last mail; none where it was mailed to nobody.
    pub mail: Option<MailState>,
}

/// An invitation that was just given a link.
#[derive(Debug)]
pub struct SentInvitation {
    /// The invitation.
    pub invitation: InvitationView,
    /// The token of its link, shown this once; none where somebody has to agree first.
    pub token: Option<IssuedToken>,
}

fn invitation_id(text: &str) -> Result<InvitationId, Problem> {
    InvitationId::parse(text).map_err(|_| Problem::missing("invitation"))
}

/// In whose name the caller invites.
pub(crate) fn inviter_of(caller: &Caller) -> Inviter {
    Inviter { subject: caller.actor.subject.grantee(), acting_for: caller.actor.acting_for }
}

/// Names what an invitation offers, and on whose rights.
fn revision(known: &Invitation) -> String {
    fingerprint(&format!("{:?} {:?}", known.inviter, known.offer))
}

/// Whether the caller is the inviter, or the person for whom an agent was.
fn is_mine(inviter: Inviter, caller: &Caller) -> bool {
    let person = caller.actor.subject.person();
    inviter == inviter_of(caller) || inviter.acting_for.is_some() && inviter.acting_for == person
}
