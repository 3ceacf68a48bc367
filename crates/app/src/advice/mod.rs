//! Advice: what a careful administrator would look at, each with what to do about it; and the report of who has what.
//!
//! Nothing here decides anything. The findings are a pure function of the organization's state and of what was used.

mod findings;
mod report;

use std::collections::BTreeSet;

use domain::permission::Permission;
use verdict::{Operation, Subject};

pub use findings::{About, Finding, Weight};
pub use report::AccessRow;

use crate::advice::findings::{Seen, find};
use crate::{App, Caller, Problem};

/// What counts as not used.
pub(crate) const UNUSED_AFTER_DAYS: i64 = 90;
pub(crate) const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

impl App {
    /// Everything that deserves a look, the weightiest first.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not explain access.
    pub async fn advice(&self, caller: &Caller) -> Result<Vec<Finding>, Problem> {
        let snapshot = caller.live.snapshot();
        let operation = Operation::Use { permission: Permission::AccessExplain };
        let _permit = self.permit(&snapshot, &caller.actor, operation).await?;
        let (org, now) = (caller.live.org(), self.now());
        let usage = self.inner.journal.usage(org, now.plus_ms(-UNUSED_AFTER_DAYS * DAY_MS)).await?;
        let key_uses = self.inner.journal.key_uses(org).await?;
        let state = caller.live.state.lock().await.clone();
        let has_passkeys = self.has_passkeys();
        let without_account = &self.without_account(org, &state).await?;
        let (state, snapshot, usage, key_uses) = (&state, &snapshot, &usage, &key_uses);
        let mut found = find(&Seen { state, snapshot, usage, key_uses, now, has_passkeys, without_account });
        let subjects: BTreeSet<Subject> = found.iter().flat_map(|finding| finding.subjects()).collect();
        let subjects: Vec<Subject> = subjects.into_iter().collect();
        let names = self.names_of(caller, &subjects).await?;
        for about in found.iter_mut().flat_map(|finding| &mut finding.about) {
            let named = Subject::parse(&about.id).and_then(|subject| subjects.binary_search(&subject).ok());
            if let Some(name) = named.and_then(|at| names.get(at)) {
                about.name.clone_from(name);
            }
        }
        found.sort_by_key(|finding| finding.weight);
        Ok(found)
    }
}
