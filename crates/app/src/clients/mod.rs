//! AI clients that people connect by signing in (OAuth 2.1): who a client is, what it asks a person for, and the tokens that
//! it gets for that.
//!
//! A connected client acts as its person, with their live rights and never more, at the MCP door and nowhere else. That it
//! is connected is an event of the organization, which is why its end is in force when it is acknowledged; what it shows
//! stands beside, and says nothing but which client it is. What is good once is spent in the append that does what it is
//! for.
//!
//! Start reading at [`App::look_at_client`], then [`App::connect_client`], then [`App::tokens_for`].

mod access;
mod audience;
mod authorize;
mod by_hand;
mod disconnect;
mod documents;
mod known;
mod list;
mod register;
mod tokens;

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

pub use access::ShownClient;
pub use authorize::{AuthorizeFault, ConsentView, SentBack};
pub use by_hand::{ClientToRegister, RegisteredByHand};
pub use identity::oauth::{OAuthError, OAuthFault};
pub use known::OAuthRefusal;
pub use list::ConnectedClientView;
pub use register::RegisteredClient;
pub use tokens::IssuedTokens;

use crate::ports::AiClients;
use documents::Documents;

/// How long a code is good, in milliseconds: the client is waiting for it.
const CODE_MS: i64 = 60_000;
/// How long an access token is good: an hour. Its end is no protection from whoever loses a right, who has lost it at once.
const ACCESS_MS: i64 = 3_600_000;
/// How long a client stays connected that does not come: 30 days.
const REFRESH_MS: i64 = 30 * 86_400_000;
/// How long after a token that is good once was spent the same client may come with it again by mistake, since the answer was
/// lost or it asked twice at once: it gets nothing, and is not taken for a thief.
const AGAIN_MS: i64 = 10_000;
/// How long a client is known that registered itself and that nobody connected: a day.
const REGISTERED_MS: i64 = 86_400_000;
/// How long after it was connected last: 90 days.
const REGISTERED_KEPT_MS: i64 = 90 * 86_400_000;
/// Access tokens that are remembered. Beyond that all are forgotten at once and looked up again.
const REMEMBERED_MAX: usize = 100_000;
/// As the journal names whoever showed a client's token: the client itself, or a thief.
const BY_TOKEN: &str = "client";

/// What being an authorization server needs.
pub(crate) struct Clients {
    /// What an access token says never changes, so what was found stays found; whether the client is still connected is said
    /// elsewhere.
    remembered: RwLock<HashMap<[u8; 32], ShownClient>>,
    outside: AiClients,
    documents: Documents,
}

impl Clients {
    pub(crate) fn new(outside: AiClients) -> Clients {
        Clients { remembered: RwLock::default(), outside, documents: Documents::default() }
    }

    /// Forgets what tokens said: there are none any more.
    pub(crate) fn forget(&self) {
        self.remembered.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
