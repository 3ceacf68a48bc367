//! Reviews of access: that somebody went through who has what and found it right.

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::organization::{Organization, Stamp};
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// Reviews that the state keeps, the newest; all of them stand in the journal.
const REVIEWS_KEPT: usize = 100;

/// A review of access that was confirmed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Review {
    /// The number of the event that confirmed it.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who, as the journal names actors.
    pub by: String,
    /// The number of the last change of the state that was reviewed.
    pub of_seq: u64,
}

/// Somebody confirms a review of the state as it was after the change of this number.
pub(crate) fn confirm(state: &Organization, of_seq: u64) -> Result<Vec<Event>, Refusal> {
    if of_seq == 0 || of_seq > state.seq {
        let message = format!("name the state that was reviewed by the number of its last change, 1 to {}", state.seq);
        return Err(Refusal::field("no-such-state", "seq", message));
    }
    Ok(vec![Event::AccessReviewed { of_seq }])
}

impl Organization {
    pub(crate) fn reviewed(&mut self, stamp: &Stamp, of_seq: u64) {
        self.reviews.push(Review { seq: stamp.seq, at: stamp.at, by: stamp.actor.clone(), of_seq });
        let surplus = self.reviews.len().saturating_sub(REVIEWS_KEPT);
        self.reviews.drain(..surplus);
    }
}
