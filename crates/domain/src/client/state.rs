//! What a connected client is.

use serde::{Deserialize, Serialize};

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
    /// When they did.
    pub connected_at: Timestamp,
}
