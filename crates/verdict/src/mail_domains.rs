//! Mail domains: who claims and opens them, who decides about those who ask to join, and whether somebody joins by one.
//!
//! A domain that lets people in rests on the rights of whoever opened it, as an invitation does on its inviter's, and is
//! asked about them again whenever somebody joins. What may be given is said by the ceiling (`may_offer`) alone.

use domain::id::{MailDomainId, PersonId};
use domain::invitation::Offer;
use domain::mail_domain::{JoinMode, Opening};
use domain::permission::Permission;
use domain::time::Timestamp;

use crate::evaluate::{Answer, hidden, holds, shown};
use crate::operation::Operation;
use crate::permit::Target;
use crate::question::{Denial, Reason};
use crate::snapshot::{Snapshot, SubjectEntry};

impl Snapshot {
    pub(crate) fn operate_on_mail_domains(
        &self,
        entry: &SubjectEntry,
        operation: Operation<'_>,
        now: Timestamp,
    ) -> Answer {
        match operation {
            Operation::EditMailDomains => holds(entry, Permission::SecurityEdit, Target::MailDomains),
            Operation::OpenMailDomain { domain, offer } => {
                let answer = holds(entry, Permission::SecurityEdit, Target::MailDomain(domain))?;
                self.may_open_to(entry, offer)?;
                Ok(answer)
            }
            Operation::JoinByDomain { domain } => {
                let opening = self.opening(domain)?;
                if opening.mode != JoinMode::Automatic {
                    return Err(hidden(Reason::NoSuchTarget));
                }
                let target = Target::JoiningBy(domain);
                holds(entry, Permission::SecurityEdit, target)?;
                self.may_open_to(entry, &opening.offer)?;
                holds(entry, Permission::MemberAdd, target)
            }
            Operation::ApproveJoin { person } => {
                let answer = holds(entry, Permission::MemberAdd, Target::Admitting(person))?;
                let offered = self.may_offer(entry, self.asked_for(person, now)?, true)?;
                if offered.awaits() { Err(shown(Reason::NeedsApproval)) } else { Ok(answer) }
            }
            Operation::DeclineJoin { person } => holds(entry, Permission::MemberAdd, Target::Refusing(person)),
            _ => Err(shown(Reason::NoSuchTarget)),
        }
    }

    /// Whether somebody may let people have this who nobody names: what that takes by hand, held for good, without anybody
    /// else's word.
    // INVARIANT: held by `a_mail_domain_gives_nothing_that_whoever_opened_it_could_not_give` in tests/oracle.
    fn may_open_to(&self, giver: &SubjectEntry, offer: &Offer) -> Result<(), Denial> {
        let lasting = giver.lasting();
        holds(lasting, Permission::MemberAdd, Target::Organization)?;
        if self.may_offer(lasting, offer, true)?.awaits() { Err(shown(Reason::NeedsApproval)) } else { Ok(()) }
    }

    /// What a request to join would give, as its domain is open now.
    pub(crate) fn asked_for(&self, person: PersonId, now: Timestamp) -> Result<&Offer, Denial> {
        let request = self.join_requests.get(&person).filter(|request| request.is_open_at(now));
        let request = request.ok_or(hidden(Reason::NoSuchTarget))?;
        self.opening(request.domain).map(|opening| &opening.offer)
    }

    fn opening(&self, domain: MailDomainId) -> Result<&Opening, Denial> {
        let known = self.mail_domains.get(&domain).and_then(|known| known.open());
        known.ok_or(hidden(Reason::NoSuchTarget))
    }
}
