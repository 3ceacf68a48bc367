//! Outcomes that the writer of `records.db` owes: those that found the disk full, and those of calls that never went
//! out.
//!
//! There is a bound to them. Nothing is written here, and nothing logged while outcomes are added.

use domain::record::{Outcome, OutcomeStatus, RecordRef};
use domain::time::Timestamp;

/// Most outcomes that are kept while the disk is full. Those on top are closed as unknown at the next start.
const OWED_MAX: usize = 4_096;

#[derive(Default)]
pub(crate) struct Owed {
    outcomes: Vec<(RecordRef, Outcome)>,
    /// Outcomes for which there was no place since this was last logged.
    lost: usize,
}

impl Owed {
    pub(crate) fn len(&self) -> usize {
        self.outcomes.len()
    }

    pub(crate) fn add(&mut self, record: RecordRef, outcome: Outcome) {
        if self.outcomes.len() < OWED_MAX {
            self.outcomes.push((record, outcome));
        } else {
            self.lost += 1;
        }
    }

    /// All of them, in the order in which they came.
    pub(crate) fn take(&mut self) -> Vec<(RecordRef, Outcome)> {
        std::mem::take(&mut self.outcomes)
    }

    pub(crate) fn log_lost(&mut self) {
        let outcomes = std::mem::take(&mut self.lost);
        if outcomes > 0 {
            tracing::error!(outcomes, "outcomes are lost; the next start closes their records as unknown");
        }
    }
}

/// What is written about an intent whose caller never learned that it may go on.
pub(crate) fn never_sent(at: Timestamp) -> Outcome {
    let detail = Some("never_sent".to_owned());
    Outcome { at, status: OutcomeStatus::Cancelled, latency_us: 0, request_bytes: 0, response_bytes: 0, detail }
}
