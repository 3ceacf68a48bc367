//! The end of an organization: set for a day, taken back until then, and done after it.
//!
//! While the day is set nobody does anything but those who may end the organization, who look and take it back. From the
//! day on there is no such organization; what names people and holds secrets is erased then, and its events stay, so that
//! the chain can be checked. Nothing here waits for anything: that the day has come is compared with the moment.

use crate::event::Event;
use crate::organization::Organization;
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// The most days that the end may be away.
pub(crate) const DELETE_AFTER_DAYS_MAX: u32 = 365;
const DAY_MS: i64 = 86_400_000;

/// The organization ends after as many days as its setting says. A history in which that was never set has 30 of them.
pub(crate) fn set(state: &Organization, now: Timestamp) -> Result<Vec<Event>, Refusal> {
    if let Some(end) = state.deletes_at {
        let message = match now < end {
            true => "the end of this organization is set already; restore it first to set it anew",
            false => "this organization has ended",
        };
        return Err(Refusal::rule("end-set", message));
    }
    let days = state.settings.delete_after_days.clamp(1, DELETE_AFTER_DAYS_MAX);
    Ok(vec![Event::OrganizationDeletionSet { deletes_at: now.plus_ms(i64::from(days) * DAY_MS) }])
}

/// The organization does not end.
pub(crate) fn restore(state: &Organization, now: Timestamp) -> Result<Vec<Event>, Refusal> {
    match state.deletes_at {
        None => Ok(Vec::new()),
        Some(_) if state.is_gone_at(now) => Err(Refusal::missing("organization", "this organization has ended")),
        Some(_) => Ok(vec![Event::OrganizationRestored]),
    }
}

/// What is left of it is erased, once its day has come.
pub(crate) fn destroy(state: &Organization, now: Timestamp) -> Result<Vec<Event>, Refusal> {
    if !state.is_gone_at(now) {
        return Err(Refusal::rule("end-not-come", "the day on which this organization ends has not come"));
    }
    Ok(if state.destroyed { Vec::new() } else { vec![Event::OrganizationDestroyed] })
}

impl Organization {
    /// Whether the day of its end has come: there is no such organization any more.
    #[must_use]
    pub fn is_gone_at(&self, now: Timestamp) -> bool {
        self.deletes_at.is_some_and(|end| now >= end)
    }
}
