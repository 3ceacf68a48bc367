//! What a connected account is.

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, IntegrationId, PersonId};
use crate::time::Timestamp;

/// An account at an integration's upstream. Each person has at most one at each, and so has the organization.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Where it is.
    pub integration: IntegrationId,
    /// Whose calls alone go out with it; none where everybody's do.
    pub person: Option<PersonId>,
    /// Since when it is connected.
    pub connected_at: Timestamp,
}
