//! Rows of connected clients: what they are called, their tokens by keyed digests, and clients that registered themselves.
//!
//! Whether a client is connected, and as whom it acts, is said by its organization. A token's row says which client showed
//! it, and never changes but that it is spent: one that is good once is spent in the transaction that does what it is
//! for ([`crate::Fact::SpendClientToken`]).

use domain::id::{ClientId, OrgId, PersonId};
use domain::time::Timestamp;

/// A client of the authorization server that is known before anybody connects it: it registered itself (RFC 7591), or was
/// registered by hand in an organization.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OAuthClientRow {
    /// The identifier that it was given.
    pub client_id: String,
    /// Where it was registered by hand, and can be connected alone; none where it registered itself.
    pub org: Option<OrgId>,
    /// What it calls itself.
    pub name: String,
    /// Where it may have people sent back to.
    pub redirect_uris: Vec<String>,
    /// Keyed digest of its secret, where it has one.
    pub secret: Option<[u8; 32]>,
    /// When it registered.
    pub created_at: Timestamp,
    /// From when on it is unknown, unless somebody connects it meanwhile. One that was registered by hand stays known.
    pub expires_at: Timestamp,
}

/// What is known of a connected client beside that it is connected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConnectedClientRow {
    /// Which.
    pub client: ClientId,
    /// Where.
    pub org: OrgId,
    /// Who connected it.
    pub person: PersonId,
    /// Its identifier at the authorization server.
    pub client_id: String,
    /// What it called itself when it was connected.
    pub name: String,
    /// The host to which the person was sent back, or the scheme of an application's own address.
    pub sent_back_to: String,
    /// The address for which its tokens are good.
    pub resource: String,
    /// When it was connected.
    pub connected_at: Timestamp,
}

/// A client in the list of whoever has connected it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedClientRow {
    /// The client.
    pub row: ConnectedClientRow,
    /// When the last of its tokens ends that lets it in or can be exchanged for one; the beginning of time where it has none.
    pub until: Timestamp,
    /// When it was let in last where tools are called.
    pub used_at: Option<Timestamp>,
}

/// What a token of a connected client is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ClientTokenKind {
    /// A code that the client exchanges once.
    Code,
    /// What it shows at each call.
    Access,
    /// What it exchanges once for new ones.
    Refresh,
}

impl ClientTokenKind {
    /// The word that stands in the row: never reword one.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ClientTokenKind::Code => "code",
            ClientTokenKind::Access => "access",
            ClientTokenKind::Refresh => "refresh",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<ClientTokenKind> {
        [ClientTokenKind::Code, ClientTokenKind::Access, ClientTokenKind::Refresh]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// A token of a connected client.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientTokenRow {
    /// Keyed digest of the token.
    pub digest: [u8; 32],
    /// What it is for.
    pub kind: ClientTokenKind,
    /// Where.
    pub org: OrgId,
    /// Whose.
    pub client: ClientId,
    /// Of a code: where the person was sent back to, and the challenge whose answer must come with it (RFC 7636, S256).
    pub code: Option<CodeDetails>,
    /// From when on it is no good.
    pub expires_at: Timestamp,
    /// When it was spent.
    pub spent_at: Option<Timestamp>,
}

/// What a code is bound to besides its client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodeDetails {
    /// Where the person was sent back to.
    pub redirect_uri: String,
    /// The challenge of PKCE, by S256.
    pub challenge: String,
}
