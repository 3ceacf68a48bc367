//! What the gateway needs from outside, as traits. It keeps nothing on disk and decides nothing about access
//! by itself: it is handed live snapshots and a recorder. The server writes the adapters.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use domain::credential::CredentialId;
use domain::id::{AccountId, IntegrationId, OrgId, PersonId};
use domain::record::{Durability, Intent, Outcome, RecordRef};
use domain::time::Timestamp;
use identity::key::PresentedKey;
use identity::request_state::RequestStates;
use identity::token::PresentedToken;
use tokio::sync::watch;
use verdict::{Actor, Credential, Snapshot};
use zeroize::Zeroizing;

/// Something outside cannot answer now. The gateway refuses what depends on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unavailable(
    /// What cannot answer, for the operator's log; callers are not shown it.
    pub String,
);

/// One organization's access, live.
pub trait Access: Send + Sync + 'static {
    /// The newest snapshot. Cheap: it is asked for several times a call.
    fn snapshot(&self) -> Arc<Snapshot>;

    /// Fires with the sequence number after every swap of the snapshot. When its sender is gone, whoever holds
    /// an open stream or call takes that as the end of their right to it.
    fn changes(&self) -> watch::Receiver<u64>;
}

/// What the token of a connected client says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShownClient {
    /// The organization for which it was issued.
    pub org: OrgId,
    /// As which credential it is to be asked about.
    pub credential: Credential,
    /// The slug of the integration at whose door alone it is good; none where it is good at each.
    pub integration: Option<String>,
    /// The identifier under which the client is known: the same for each time that it was connected.
    pub known_as: Arc<str>,
}

/// A tool that somebody asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ToolAsked {
    /// The integration's slug.
    pub integration: String,
    /// The tool's name there.
    pub tool: String,
}

/// What became of somebody's request, as they may be told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RequestTold {
    /// It waits.
    Waits {
        /// Its id.
        id: String,
        /// The day on which it was opened.
        on: String,
        /// Names of people who may decide it.
        waits_for: Vec<String>,
    },
    /// It was refused.
    Refused {
        /// Its id.
        id: String,
        /// The day on which it was refused.
        on: String,
        /// The name of whoever refused it, where the caller may be told.
        by: Option<String>,
        /// Why.
        reason: Option<String>,
    },
}

/// A request that waits to be decided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opened {
    /// Its id.
    pub id: String,
    /// What is asked for, for people.
    pub says: String,
    /// Names of people who may decide it.
    pub waits_for: Vec<String>,
}

/// Why nothing was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotOpened {
    /// The stable code of the reason.
    pub code: String,
    /// What is wrong, for the person who must act.
    pub message: String,
}

/// For what a token is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TokenWanted {
    /// The organization.
    pub org: OrgId,
    /// At which integration's upstream it is shown.
    pub integration: IntegrationId,
    /// The account for which it stands; none for the organization's application there.
    pub account: Option<AccountId>,
    /// As of which event the integration has the credential for which it is wanted: what was given for another is of no use.
    pub as_of: u64,
    /// The mark of the token that the upstream did not take, where it was one.
    pub refused: Option<u64>,
}

/// A token for an upstream.
pub struct UpstreamToken {
    /// The token.
    pub text: Zeroizing<String>,
    /// Says which it is, among those of the same account or application.
    pub mark: u64,
}

/// What an upstream has against an account's tokens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// It wants more rights than the account was connected with, in the words of this scope where it says so.
    WantsMore(Option<String>),
    /// It takes none, not even a new one.
    NotTaken,
}

/// Why there is no token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NoToken {
    /// The connection has ended: somebody must connect anew. Why, in words for people.
    Ended(String),
    /// It cannot be had at the moment. Why, in words for people.
    Unavailable(String),
}

/// Everything the gateway needs from outside.
pub trait Ports: Send + Sync + 'static {
    /// One organization's access.
    type Access: Access;

    /// An organization by slug or id; none where there is no such organization.
    fn organization(
        &self,
        slug_or_id: &str,
    ) -> impl Future<Output = Result<Option<Arc<Self::Access>>, Unavailable>> + Send;

    /// To which organization a presented key belongs and as which credential it is to be asked about; none
    /// where it was never issued. Whether it still works is for the snapshot to say.
    fn credential(
        &self,
        key: &PresentedKey<'_>,
    ) -> impl Future<Output = Result<Option<(OrgId, Credential)>, Unavailable>> + Send;

    /// Which connected client showed a token, and for what it is good; none where it was never issued. Whether it still works
    /// is for the snapshot to say.
    fn client(
        &self,
        token: &PresentedToken<'_>,
    ) -> impl Future<Output = Result<Option<ShownClient>, Unavailable>> + Send;

    /// The secret that an integration's upstream is shown; none where none was stored. It must only ever be
    /// replaced together with a change of the organization: in one state of it, it is asked for once.
    fn secret(
        &self,
        org: OrgId,
        integration: IntegrationId,
    ) -> impl Future<Output = Result<Option<Zeroizing<String>>, Unavailable>> + Send;

    /// A token that an integration's upstream takes: the one at hand, or a new one where that has ended or was refused.
    fn token(&self, wanted: TokenWanted) -> impl Future<Output = Result<UpstreamToken, NoToken>> + Send;

    /// An upstream does not take an account's tokens as they are. Kept, so that whoever may mend it is shown it.
    fn trouble(&self, org: OrgId, account: AccountId, trouble: Trouble) -> impl Future<Output = ()> + Send;

    /// Records what is about to happen. The call goes out only after this has answered.
    fn begin(
        &self,
        intent: Intent,
        durability: Durability,
    ) -> impl Future<Output = Result<RecordRef, Unavailable>> + Send;

    /// Records what was denied, malformed or limited and will not happen.
    fn note(&self, intent: Intent) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Records what came of a call. Called exactly once for each [`Ports::begin`] that answered.
    fn finish(&self, record: RecordRef, outcome: Outcome) -> impl Future<Output = ()> + Send;

    /// A key was used. Called for every request; the adapter thins it out.
    fn used(&self, org: OrgId, credential: CredentialId, address: Option<IpAddr>, client: Option<&str>);

    /// What the organization calls people whom a denied caller may ask; those that cannot be found are left out.
    fn names(&self, org: OrgId, people: &[PersonId]) -> impl Future<Output = Vec<String>> + Send;

    /// What became of somebody's newest request for a tool; none where there is nothing to tell. Asked only on the way
    /// of a denial.
    fn request_told(
        &self,
        access: &Arc<Self::Access>,
        actor: Actor,
        asked: &ToolAsked,
    ) -> impl Future<Output = Option<RequestTold>> + Send;

    /// Asks for a tool as somebody who is denied it.
    fn request_access(
        &self,
        access: &Arc<Self::Access>,
        actor: Actor,
        asked: &ToolAsked,
        note: Option<String>,
    ) -> impl Future<Output = Result<Opened, NotOpened>> + Send;

    /// A keyed digest of a call's arguments in their canonical form.
    fn arguments_digest(&self, org: OrgId, canonical: &[u8]) -> [u8; 32];

    /// How states that clients carry are marked.
    fn states(&self) -> &RequestStates;

    /// The present moment.
    fn now(&self) -> Timestamp;
}
