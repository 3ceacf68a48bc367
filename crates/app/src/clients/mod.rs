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
mod usable;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError, RwLock};

use domain::id::ClientId;
use domain::time::Timestamp;

pub use access::ShownClient;
pub use authorize::{AuthorizeFault, ConsentView, SentBack, ToldBack, Yes};
pub use by_hand::{ClientToRegister, RegisteredByHand};
pub use identity::oauth::scope::SUPPORTED as SCOPES;
pub use identity::oauth::{OAuthError, OAuthFault};
pub use known::OAuthRefusal;
pub use list::{ClientsHere, ConnectedClientView};
pub use register::RegisteredClient;
pub use tokens::IssuedTokens;
pub use usable::{ConnectGuide, OwnAccount, UsableIntegration, UsableTool};

use crate::App;
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
/// How often it is written down that a client is used: a minute. A client in the middle of its work calls many times a second.
const NOTED_EVERY_MS: i64 = 60_000;
/// As the journal names whoever showed a client's token: the client itself, or a thief.
const BY_TOKEN: &str = "client";

/// What being an authorization server needs.
pub(crate) struct Clients {
    /// What an access token says never changes, so what was found stays found; whether the client is still connected is said
    /// elsewhere.
    remembered: RwLock<HashMap<[u8; 32], ShownClient>>,
    /// When it was written down last that a client was used.
    noted: Mutex<HashMap<ClientId, Timestamp>>,
    outside: AiClients,
    documents: Documents,
}

impl Clients {
    /// The way to what others name: guarded, as they may name anything.
    pub(crate) fn web(&self) -> Option<&dyn crate::ports::Web> {
        self.outside.documents.as_deref()
    }

    pub(crate) fn new(outside: AiClients) -> Clients {
        Clients { remembered: RwLock::default(), noted: Mutex::default(), outside, documents: Documents::default() }
    }

    /// Whether the use of a client at this moment is to be written down, after which it is not for a while.
    fn is_to_be_noted(&self, client: ClientId, now: Timestamp) -> bool {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let is_of_late = |at: &Timestamp| now.0.saturating_sub(at.0) < NOTED_EVERY_MS;
        if noted.get(&client).is_some_and(is_of_late) {
            return false;
        }
        if noted.len() >= REMEMBERED_MAX {
            noted.clear();
        }
        noted.insert(client, now);
        true
    }

    /// Forgets what tokens said: there are none any more.
    pub(crate) fn forget(&self) {
        self.remembered.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl App {
    /// Notes that a client was let in where tools are called, now and then.
    pub(crate) fn note_use_of_client(&self, client: ClientId) {
        let now = self.now();
        if self.inner.clients.is_to_be_noted(client, now) {
            self.inner.journal.touch_client(client, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_a_client_is_used_is_noted_once_a_minute() {
        let clients = Clients::new(AiClients::default());
        let [one, two] = [1, 2].map(|number| ClientId::from_random([number; 20]));
        let noted = |client, at| clients.is_to_be_noted(client, Timestamp(at));
        assert!(noted(one, 1_000) && noted(two, 1_001), "each on its own");
        assert!(!noted(one, 1_002) && !noted(one, 1_000 + NOTED_EVERY_MS - 1));
        assert!(noted(one, 1_000 + NOTED_EVERY_MS) && !noted(one, 1_001 + NOTED_EVERY_MS));
    }
}
