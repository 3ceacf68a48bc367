//! Whether a call is tried again whose upstream was not there, or was gone before it had answered.
//!
//! A call that only reads may run twice. Any other is tried again as long as it has surely not been run: the upstream was not
//! reached at all.

use std::time::Duration;

use domain::integration::ToolClass;
use tokio::time::Instant;

use crate::limits::Limits;
use crate::upstream::failure::Failure;

/// The longest wait before it is tried again.
const WAIT_MAX: Duration = Duration::from_secs(1);

pub(super) struct Recovery {
    reads: bool,
    /// How often it may still be run again whose answer was lost: a tool that breaks its server would break it each time.
    again_left: u32,
    /// Until when it is tried again; none as long as nothing has gone wrong.
    ends_at: Option<Instant>,
    within: Duration,
    wait: Duration,
}

impl Recovery {
    pub(super) fn new(class: ToolClass, limits: &Limits) -> Recovery {
        Recovery {
            reads: class == ToolClass::Read,
            again_left: limits.run_again_max,
            ends_at: None,
            within: Duration::from_millis(limits.recover_ms_max),
            wait: Duration::from_millis(limits.recover_ms),
        }
    }

    /// After which time it is tried again; none where it is not. `reached` says whether the upstream had begun to answer before.
    pub(super) fn again(&mut self, failure: &Failure, reached: bool, now: Instant) -> Option<Duration> {
        let is_safe = match (failure.is_unsent(), self.reads) {
            (true, reads) => reads || !reached,
            (false, reads) => reads && failure.is_lost() && self.may_run_again(),
        };
        let ends_at = *self.ends_at.get_or_insert(now + self.within);
        let wait = self.wait;
        self.wait = (wait * 2).min(WAIT_MAX);
        (is_safe && now + wait <= ends_at).then_some(wait)
    }

    fn may_run_again(&mut self) -> bool {
        let left = self.again_left.checked_sub(1);
        self.again_left = left.unwrap_or_default();
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recovery(class: ToolClass) -> Recovery {
        Recovery::new(class, &Limits { recover_ms: 10, recover_ms_max: 100, ..Limits::default() })
    }

    #[test]
    fn what_reads_is_tried_again_for_a_while_and_all_else_where_nothing_was_reached() {
        let unsent = Failure::Unreachable("no connection could be made".to_owned());
        for (class, failure, reached, is_tried) in [
            (ToolClass::Read, Failure::Closed, true, true),
            (ToolClass::Read, Failure::Closed, false, true),
            (ToolClass::Read, unsent.clone(), true, true),
            (ToolClass::Read, Failure::Silent { ms: 1 }, false, false),
            (ToolClass::Read, Failure::Status { status: 500, retry_after_s: None }, true, false),
            (ToolClass::Write, Failure::Closed, false, false),
            (ToolClass::Write, unsent.clone(), false, true),
            (ToolClass::Write, unsent.clone(), true, false),
            (ToolClass::Unclassified, Failure::Status { status: 503, retry_after_s: None }, false, false),
        ] {
            assert_eq!(
                recovery(class).again(&failure, reached, Instant::now()).is_some(),
                is_tried,
                "{class:?} {failure:?} {reached}"
            );
        }
        let mut breaks = recovery(ToolClass::Read);
        let tries = std::iter::from_fn(|| breaks.again(&Failure::Closed, true, Instant::now())).count();
        assert_eq!(tries, 2, "what breaks its server is not run for ever");
        let mut recovery = recovery(ToolClass::Read);
        let (start, mut waited) = (Instant::now(), Duration::ZERO);
        while let Some(wait) = recovery.again(&unsent, false, start + waited) {
            waited += wait;
        }
        assert_eq!(waited, Duration::from_millis(10 + 20 + 40));
    }
}
