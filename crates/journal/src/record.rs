//! Records of calls as they are read back, the questions about them, and the last use of keys.
//!
//! What an intent and an outcome hold is defined in `domain::record`; this module never changes them.

use domain::credential::CredentialId;
use domain::id::{IntegrationId, KeyId, OrgId, PersonId};
use domain::integration::ToolClass;
use domain::record::{Decision, Intent, Outcome, OutcomeStatus};
use domain::time::Timestamp;

use crate::chain::Hash;

/// An intent with the outcome that closed it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// The intent's number in the organization's chain. Outcomes take numbers of their own, so these have gaps.
    pub seq: u64,
    /// What was about to happen, or was denied.
    pub intent: Intent,
    /// The intent's hash in the chain.
    pub hash: Hash,
    /// What came of it; `None` while the call runs, and for what was never forwarded.
    pub outcome: Option<Closing>,
}

/// The row that closed an intent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Closing {
    /// The outcome's number in the organization's chain.
    pub seq: u64,
    /// What came of the call.
    pub outcome: Outcome,
    /// The outcome's hash in the chain.
    pub hash: Hash,
}

/// Which records of one organization are asked for. Every filter that is set must hold; of `subject` and `done_for`, where
/// both are set, one of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordQuery {
    /// Whose records.
    pub org: OrgId,
    /// Only records with a smaller number; `None` starts at the newest.
    pub before: Option<u64>,
    /// How many at most; at most 1,000 are returned.
    pub limit: usize,
    /// Who the verdict was about.
    pub subject: Option<String>,
    /// With the subject's, or alone, what was done for this person.
    pub done_for: Option<PersonId>,
    /// What was presented.
    pub credential: Option<CredentialId>,
    /// The integration called.
    pub integration: Option<IntegrationId>,
    /// The tool's exact name.
    pub tool: Option<String>,
    /// The tool's class at the time.
    pub class: Option<ToolClass>,
    /// What was decided.
    pub verdict: Option<Decision>,
    /// How it ended.
    pub status: Option<OutcomeStatus>,
    /// Decided at or after this moment.
    pub since: Option<Timestamp>,
    /// Decided before this moment.
    pub until: Option<Timestamp>,
}

impl RecordQuery {
    /// Asks for the newest records of an organization, without any filter.
    #[must_use]
    pub fn newest(org: OrgId, limit: usize) -> RecordQuery {
        RecordQuery {
            org,
            before: None,
            limit,
            subject: None,
            done_for: None,
            credential: None,
            integration: None,
            tool: None,
            class: None,
            verdict: None,
            status: None,
            since: None,
            until: None,
        }
    }
}

/// One page of an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordPage {
    /// Newest first.
    pub records: Vec<Record>,
    /// Where to go on: the `before` of the next question. `None` when the beginning was reached. A page can be
    /// short and still have a next one, since one question looks at a bounded number of rows.
    pub next: Option<u64>,
}

/// The latest use of a key. Addresses are personal, so this is a plain table that can be erased.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyUse {
    /// Whose key.
    pub org: OrgId,
    /// Which key.
    pub key: KeyId,
    /// When.
    pub at: Timestamp,
    /// From which network address.
    pub address: Option<String>,
    /// With which client, as it states itself.
    pub client: Option<String>,
}

/// What was used since a moment.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Usage {
    /// One sum for each subject, key, integration and client.
    pub sums: Vec<UsageOf>,
    /// Whether everything since the moment is in here; where there were very many records, only the newest are.
    pub complete: bool,
}

/// How much one subject used one integration with one key and client. Only calls that were allowed count.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UsageOf {
    /// Id of the member, key or agent.
    pub subject: String,
    /// The key that was presented.
    pub credential: Option<KeyId>,
    /// The integration.
    pub integration: IntegrationId,
    /// The client, as it states itself.
    pub client: Option<String>,
    /// How many calls.
    pub calls: u64,
    /// When the last one was.
    pub last_at: Timestamp,
}
