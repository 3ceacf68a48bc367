//! What an invitation is.

use serde::{Deserialize, Serialize};

use crate::grant::Grantee;
use crate::id::{InvitationId, PersonId};
use crate::invitation::Offer;
use crate::organization::InvitedAddress;
use crate::time::Timestamp;

/// Who invites, whose rights an invitation rests on until it is accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inviter {
    /// A member, a workspace key or an agent.
    pub subject: Grantee,
    /// For whom an agent acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acting_for: Option<PersonId>,
}

/// An invitation that is to be sent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    /// Its id.
    pub id: InvitationId,
    /// Who invites.
    pub inviter: Inviter,
    /// To what.
    pub offer: Offer,
    /// Keyed digest of the token in its link; none where it waits for approval and has no link yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// From when on it is accepted no more.
    pub expires_at: Timestamp,
    /// What was asked of whoever accepts at that moment, as `invite.address` said; none where that was not kept yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks: Option<InvitedAddress>,
}

/// An invitation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Whose rights it rests on: who sent it, or edited or sent it again since.
    pub inviter: Inviter,
    /// What it offers.
    pub offer: Offer,
    /// Keyed digest of the token in the one link that is good; none where there is none.
    pub digest: Option<String>,
    /// From when on it is accepted no more.
    pub expires_at: Timestamp,
    /// Whether somebody who may agreed to what is offered, by that inviter.
    pub approved: bool,
    /// When it was sent first.
    pub sent_at: Timestamp,
    /// The number of the event that sent it.
    pub since_seq: u64,
    /// What it asks of whoever accepts, whatever the organization asks of everybody then; none where that was not kept.
    pub asks: Option<InvitedAddress>,
    /// What became of it.
    pub state: InvitationState,
}

impl Invitation {
    /// Whether nothing has become of it yet. Its end may have come.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state == InvitationState::Open
    }

    /// Whether it could be accepted at this moment, as far as its end and its link say so.
    #[must_use]
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.is_open() && now < self.expires_at && self.digest.is_some()
    }

    /// What is asked of whoever accepts where the organization asks this of everybody: the stricter of the two, since
    /// whoever invited relied on what they were told.
    #[must_use]
    pub fn asks_beside(&self, of_everybody: InvitedAddress) -> InvitedAddress {
        if self.asks == Some(InvitedAddress::Proven) { InvitedAddress::Proven } else { of_everybody }
    }

    /// When it ended: when something became of it, or by itself.
    #[must_use]
    pub fn ended_at(&self) -> Timestamp {
        match self.state {
            InvitationState::Open => self.expires_at,
            InvitationState::Accepted { at, .. }
            | InvitationState::Declined { at }
            | InvitationState::Revoked { at, .. } => at,
        }
    }
}

/// What became of an invitation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are named after what they hold")]
pub enum InvitationState {
    /// Nothing yet.
    Open,
    /// Somebody accepted it.
    Accepted { person: PersonId, at: Timestamp },
    /// Whoever had its link said no.
    Declined { at: Timestamp },
    /// It was taken back, by whom the journal names so.
    Revoked { by: String, at: Timestamp },
}

/// How an invitation is closed that nobody accepts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Closing {
    /// It is taken back.
    Revoke,
    /// Whoever has its link says no.
    Decline,
}
