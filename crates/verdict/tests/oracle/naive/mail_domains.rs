//! Mail domains: who opens one, who joins by it, and who decides about those who ask.

use domain::id::{MailDomainId, PersonId};
use domain::invitation::Offer;
use domain::mail_domain::{JoinMode, Opening};
use domain::permission::Permission as P;
use verdict::{Operation, Subject};

use super::{Answer, Naive, no, nothing_there};

impl Naive<'_> {
    pub(crate) fn on_mail_domains(&self, me: Subject, operation: Operation<'_>) -> Answer {
        let security = || self.needs(me, P::SecurityEdit);
        match operation {
            Operation::EditMailDomains => security(),
            Operation::OpenMailDomain { offer, .. } => security().and(|| self.opens_to(me, offer)),
            // Whoever opened it could do so still.
            Operation::JoinByDomain { domain } => match self.opening(domain) {
                Some(Opening { mode: JoinMode::Automatic, offer, .. }) => security().and(|| self.opens_to(me, offer)),
                _ => nothing_there(),
            },
            Operation::ApproveJoin { person } => self.needs(me, P::MemberAdd).and(|| match self.asked_for(person) {
                Some(offer) => self.offers_alone(me, offer),
                None => nothing_there(),
            }),
            Operation::DeclineJoin { .. } => self.needs(me, P::MemberAdd),
            _ => unreachable!("{operation:?} is not about mail domains"),
        }
    }

    /// What one lets people have who nobody names, one has for good, and could give by hand.
    fn opens_to(&self, me: Subject, offer: &Offer) -> Answer {
        let for_good = self.for_good();
        for_good.needs(me, P::MemberAdd).and(|| for_good.offers_alone(me, offer))
    }

    /// Without anybody else's word.
    fn offers_alone(&self, me: Subject, offer: &Offer) -> Answer {
        match self.offers(me, offer, true) {
            (answer, true) if answer.allowed => no("needs-approval"),
            (answer, _) => answer,
        }
    }

    fn opening(&self, domain: MailDomainId) -> Option<&Opening> {
        self.state.mail_domains.get(&domain).filter(|known| known.verified_at.is_some())?.opening.as_ref()
    }

    fn asked_for(&self, person: PersonId) -> Option<&Offer> {
        let request = self.state.join_requests.get(&person)?;
        let waits = !request.declined && self.now < request.until;
        self.opening(request.domain).filter(|_| waits).map(|opening| &opening.offer)
    }
}
