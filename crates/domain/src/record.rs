//! The gateway's account of a call: what was about to happen (the intent) and what came of it (the outcome).
//!
//! Records name people, keys and integrations by opaque id and hold no name, no address and no argument; of
//! the arguments they keep a keyed digest, so that two equal calls can be recognised and nothing can be read.

use serde::{Deserialize, Serialize};

use crate::credential::CredentialId;
use crate::id::{IntegrationId, OrgId, PersonId};
use crate::integration::ToolClass;
use crate::time::Timestamp;

/// What the gateway decided about a request before anything left the house.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The call may go to the upstream.
    Allowed,
    /// An access answer: the caller may not.
    Denied,
    /// The request could not be understood.
    Malformed,
    /// The request was held back by a limit.
    Limited,
}

impl Decision {
    /// Every decision, in the order of their codes.
    pub const ALL: [Decision; 4] = [Decision::Allowed, Decision::Denied, Decision::Malformed, Decision::Limited];

    /// The word that stands in records and filters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Decision::Allowed => "allowed",
            Decision::Denied => "denied",
            Decision::Malformed => "malformed",
            Decision::Limited => "limited",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Decision> {
        Decision::ALL.into_iter().find(|decision| decision.as_str() == word)
    }
}

/// How a forwarded call ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeStatus {
    /// The upstream answered with a result.
    Succeeded,
    /// The tool itself reported an error.
    ToolError,
    /// The upstream, or the way to it, broke.
    Failed,
    /// The client went away or cancelled.
    Cancelled,
    /// The right to the call ended while it ran.
    Cut,
    /// The node stopped before it learned what came of the call.
    Unknown,
}

impl OutcomeStatus {
    /// Every status, in the order of their codes.
    pub const ALL: [OutcomeStatus; 6] = [
        OutcomeStatus::Succeeded,
        OutcomeStatus::ToolError,
        OutcomeStatus::Failed,
        OutcomeStatus::Cancelled,
        OutcomeStatus::Cut,
        OutcomeStatus::Unknown,
    ];

    /// The word that stands in records and filters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            OutcomeStatus::Succeeded => "succeeded",
            OutcomeStatus::ToolError => "tool_error",
            OutcomeStatus::Failed => "failed",
            OutcomeStatus::Cancelled => "cancelled",
            OutcomeStatus::Cut => "cut",
            OutcomeStatus::Unknown => "unknown",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<OutcomeStatus> {
        OutcomeStatus::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

/// A call that is about to be made, or was denied, malformed or limited and never made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Intent {
    /// The organization in whose record this stands.
    pub org: OrgId,
    /// When it was decided.
    pub at: Timestamp,
    /// Who the verdict is about: the id of a person or of a workspace key; empty when nobody was identified.
    pub subject: String,
    /// The person for whom the subject acts, where that is someone else.
    pub acting_for: Option<PersonId>,
    /// What was presented.
    pub credential: Option<CredentialId>,
    /// The client's name and version as it states them (unverified), at most 80 characters.
    pub client: Option<String>,
    /// The protocol method, such as `tools/call`.
    pub method: String,
    /// The integration the call is for, where one was named that exists.
    pub integration: Option<IntegrationId>,
    /// The tool's name at the integration; for a denied call of an unknown tool the name as asked for.
    pub tool: Option<String>,
    /// The tool's class at the moment of the decision.
    pub class: Option<ToolClass>,
    /// What was decided.
    pub decision: Decision,
    /// Why, as the stable code of the reason.
    pub reason: String,
    /// A keyed digest of the arguments.
    pub arguments_digest: Option<[u8; 32]>,
    /// The sequence number of the organization's journal against which it was decided.
    pub policy_seq: u64,
}

/// What came of a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// When it ended.
    pub at: Timestamp,
    /// How it ended.
    pub status: OutcomeStatus,
    /// From the decision to the end, in microseconds.
    pub latency_us: u64,
    /// Size of what was sent to the upstream, in bytes.
    pub request_bytes: u64,
    /// Size of what came back, in bytes.
    pub response_bytes: u64,
    /// A short code of what went wrong, where something did.
    pub detail: Option<String>,
}

/// How surely an intent is kept before the call goes out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Durability {
    /// Survives a crash of the process; on disk within 100 ms.
    Written,
    /// On disk before the call goes out.
    Synced,
}

/// Where an intent stands: its organization and its number in that organization's record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RecordRef {
    /// The organization.
    pub org: OrgId,
    /// The intent's number in the organization's chain of records.
    pub seq: u64,
}
