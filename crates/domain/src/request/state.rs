//! What an access request is.

use serde::{Deserialize, Serialize};

use crate::grant::Grantee;
use crate::id::{PersonId, RequestId};
use crate::request::Wanted;
use crate::time::Timestamp;

/// A request that is to be opened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRequest {
    /// Its id.
    pub id: RequestId,
    /// Who asks: a member, a workspace key or an agent.
    pub requester: Grantee,
    /// For whom an agent acts and asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acting_for: Option<PersonId>,
    /// What for.
    pub wanted: Wanted,
    /// For how long, in milliseconds; none for good, or for as long as whoever decides finds right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wished_ms: Option<i64>,
}

/// An access request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AccessRequest {
    /// What was asked, and by whom.
    pub asked: NewRequest,
    /// When.
    pub opened_at: Timestamp,
    /// The number of the event that opened it.
    pub since_seq: u64,
    /// What became of it.
    pub state: RequestState,
}

impl AccessRequest {
    /// Whether it waits to be decided.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state == RequestState::Open
    }

    /// Whether it was opened by this subject, acting for this person.
    #[must_use]
    pub fn is_by(&self, requester: Grantee, acting_for: Option<PersonId>) -> bool {
        (self.asked.requester, self.asked.acting_for) == (requester, acting_for)
    }
}

/// What became of a request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum RequestState {
    /// It waits.
    Open,
    /// It was granted.
    Granted {
        /// By whom and when.
        decided: Decided,
        /// Until when; none for good.
        until: Option<Timestamp>,
        /// The numbers of the events that gave it.
        changes: Vec<u64>,
    },
    /// It was refused.
    Refused {
        /// By whom and when.
        decided: Decided,
    },
    /// Whoever asked took it back.
    Withdrawn {
        /// When.
        at: Timestamp,
    },
    /// Whoever asked, or what they asked for, is here no longer.
    Ended {
        /// When.
        at: Timestamp,
    },
}

impl RequestState {
    /// The word for it.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            RequestState::Open => "open",
            RequestState::Granted { .. } => "granted",
            RequestState::Refused { .. } => "refused",
            RequestState::Withdrawn { .. } => "withdrawn",
            RequestState::Ended { .. } => "ended",
        }
    }

    /// Every word.
    pub const WORDS: [&'static str; 5] = ["open", "granted", "refused", "withdrawn", "ended"];

    /// Who decided it, where somebody did.
    #[must_use]
    pub fn decided(&self) -> Option<&Decided> {
        match self {
            RequestState::Granted { decided, .. } | RequestState::Refused { decided } => Some(decided),
            RequestState::Open | RequestState::Withdrawn { .. } | RequestState::Ended { .. } => None,
        }
    }
}

/// Who decided a request, and when.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Decided {
    /// Who, as the journal names actors.
    pub by: String,
    /// When.
    pub at: Timestamp,
}
