//! What a mail domain is, and a request to join by one.

use serde::{Deserialize, Serialize};

use crate::id::{MailDomainId, PersonId};
use crate::invitation::{Inviter, Offer};
use crate::mail_domain::MailDomainName;
use crate::time::Timestamp;

/// What becomes of people with an address at a verified domain.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JoinMode {
    /// They are told that the organization exists.
    Suggest,
    /// They may ask to join.
    Request,
    /// They join when they sign in with a provider that vouches for them.
    Automatic,
}

impl JoinMode {
    /// The mode's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            JoinMode::Suggest => "suggest",
            JoinMode::Request => "request",
            JoinMode::Automatic => "automatic",
        }
    }

    /// Whether people may ask to join. Whom the automatic mode does not let in may.
    #[must_use]
    pub const fn may_ask(self) -> bool {
        matches!(self, JoinMode::Request | JoinMode::Automatic)
    }
}

/// That a mail domain is open to people, and what they get who join by it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// Who opened it, on whose rights it rests that people join by themselves.
    pub by: Inviter,
    /// What becomes of them.
    pub mode: JoinMode,
    /// The role and the teams that they get.
    #[serde(default)]
    pub offer: Offer,
}

/// A mail domain that an organization has claimed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MailDomain {
    /// Its id.
    pub id: MailDomainId,
    /// Its name.
    pub name: MailDomainName,
    /// What the record in the DNS has to say; no secret.
    pub token: String,
    /// When it was claimed.
    pub claimed_at: Timestamp,
    /// When it was last shown that the organization has it in its hands; none where it was not, or where its record is
    /// gone.
    pub verified_at: Option<Timestamp>,
    /// When its record was found to be gone, where that was the last that happened to it.
    pub lapsed_at: Option<Timestamp>,
    /// To what it is open; none where it is off.
    pub opening: Option<Opening>,
}

impl MailDomain {
    /// To what it is open at present: a domain that is not verified is open to nothing.
    #[must_use]
    pub fn open(&self) -> Option<&Opening> {
        self.opening.as_ref().filter(|_| self.verified_at.is_some())
    }
}

/// Somebody's request to join. Who they say they are stands beside the stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct JoinRequest {
    /// By which mail domain.
    pub domain: MailDomainId,
    /// Who asks.
    pub person: PersonId,
    /// When they asked.
    pub asked_at: Timestamp,
    /// When it ends by itself. One that was declined is remembered until then, so that nobody asks again before.
    pub until: Timestamp,
    /// Whether somebody declined it.
    pub declined: bool,
}

impl JoinRequest {
    /// Whether it waits for a decision.
    #[must_use]
    pub fn is_open_at(&self, now: Timestamp) -> bool {
        !self.declined && now < self.until
    }
}
