//! Who may bring people back.
//!
//! Everything else about people stands in `operate`, beside the other things that are asked of the organization.

use domain::id::PersonId;
use domain::permission::Permission;
use domain::time::Timestamp;

use crate::evaluate::{Answer, hidden, holds};
use crate::permit::Target;
use crate::question::{Reason, Subject};
use crate::snapshot::{Snapshot, SubjectEntry};

impl Snapshot {
    /// Who may end memberships may suspend them, and may restore them where they could give the roles that come into
    /// force again: else somebody whom only the owner promotes would be brought back by their peers.
    pub(crate) fn restore(&self, entry: &SubjectEntry, member: PersonId, now: Timestamp) -> Answer {
        let answer = holds(entry, Permission::MemberRemove, Target::Suspended(member))?;
        let restored = Subject::Member(member);
        self.not_above(entry, restored, now)?;
        let restored = self.subject(restored.as_str(), now).ok_or(hidden(Reason::NoSuchTarget))?;
        self.may_give(entry, restored.permissions)?;
        Ok(answer)
    }
}
