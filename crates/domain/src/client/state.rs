//! What a connected client is.

use serde::{Deserialize, Serialize};

use crate::grant::Profile;
use crate::id::{ClientId, PersonId};
use crate::time::Timestamp;

/// An AI client that a person let act as themselves. What it is called, and where it sends people back to, stands beside
/// the stream.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Client {
    /// Its id.
    pub id: ClientId,
    /// Who connected it, and as whom it acts.
    pub person: PersonId,
    /// Which classes of tools it calls as them. What they may not, it may not either.
    pub profile: Profile,
    /// When they did.
    pub connected_at: Timestamp,
}
