//! Who may bring people back, and who may take the organization over.
//!
//! Everything else about people stands in `operate`, beside the other things that are asked of the organization.

use domain::id::{AgentId, PersonId};
use domain::permission::Permission;
use domain::time::Timestamp;

use crate::evaluate::{Answer, hidden, holds, own, shown};
use crate::operation::Operation;
use crate::permit::Target;
use crate::question::{Reason, Subject};
use crate::snapshot::{Snapshot, SubjectEntry};

impl Snapshot {
    /// Who may end memberships may suspend them, and may restore them where they could give the roles that come into
    /// force again: else somebody whom only the owner promotes would be brought back by their peers. The same holds for
    /// the agents that stand still with them.
    pub(crate) fn restore(&self, entry: &SubjectEntry, member: PersonId, now: Timestamp) -> Answer {
        let answer = holds(entry, Permission::MemberRemove, Target::Suspended(member))?;
        let restored = Subject::Member(member);
        self.not_above(entry, restored, now)?;
        let restored = self.subject(restored.as_str(), now).ok_or(hidden(Reason::NoSuchTarget))?;
        self.may_give(entry, restored.permissions)?;
        self.woken_with(member, now).try_for_each(|agent| self.may_resume(entry, agent, now))?;
        Ok(answer)
    }

    /// The agents for which a suspended member answers, and which work again when they are restored.
    pub(crate) fn woken_with(&self, member: PersonId, now: Timestamp) -> impl Iterator<Item = AgentId> {
        let theirs = self.agents.iter().filter(move |(_, known)| known.sponsor == Some(member));
        theirs.map(|(agent, _)| *agent).filter(move |agent| self.waits_for_sponsor(*agent, now))
    }

    fn waits_for_sponsor(&self, agent: AgentId, now: Timestamp) -> bool {
        let known = self.subject(agent.as_str(), now);
        known.is_some_and(|known| known.stopped == Some(Reason::SponsorSuspended))
    }

    /// The heir takes or declines what is offered to them; whoever could make an offer sees it and takes it back. To others
    /// there is none. It is taken while whoever made it could make it still.
    pub(crate) fn touch_offer(&self, entry: &SubjectEntry, operation: Operation<'_>, now: Timestamp) -> Answer {
        let missing = || hidden(Reason::NoSuchTarget);
        let offer = self.offer.filter(|offer| offer.is_open_at(now)).ok_or_else(missing)?;
        let target = Target::Offer(offer.from, offer.to);
        if entry.subject == Subject::Member(offer.to) {
            let giver = self.subject_at(offer.from.as_str(), now).map_err(|_| missing())?;
            holds(giver, Permission::OrganizationTransfer, target)
                .and_then(|_| self.is_an_owner(giver))
                .map_err(|_| missing())?;
            return own(Permission::OrganizationTransfer, target);
        }
        let answer = holds(entry, Permission::OrganizationTransfer, target).map_err(|_| missing())?;
        self.is_an_owner(entry).map_err(|_| missing())?;
        match operation {
            Operation::AcceptOwnership => Err(shown(Reason::NotYours)),
            _ => Ok(answer),
        }
    }
}
