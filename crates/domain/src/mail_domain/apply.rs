//! How events change mail domains, and the requests to join by them.

use std::sync::Arc;

use crate::event::Event;
use crate::id::{MailDomainId, PersonId};
use crate::mail_domain::{JoinRequest, MailDomain};
use crate::organization::{Organization, Stamp};
use crate::time::Timestamp;

impl Organization {
    /// Folds an event about mail domains; others change nothing here.
    pub(crate) fn apply_to_mail_domains(&mut self, stamp: &Stamp, event: Event) {
        match event {
            Event::MailDomainClaimed { domain, name, token } => {
                let (claimed_at, verified_at, lapsed_at, opening) = (stamp.at, None, None, None);
                let claimed = MailDomain { id: domain, name, token, claimed_at, verified_at, lapsed_at, opening };
                self.mail_domains.insert(domain, Arc::new(claimed));
            }
            Event::MailDomainVerified { domain } => self.with_mail_domain(domain, |known| {
                (known.verified_at, known.lapsed_at) = (Some(stamp.at), None);
            }),
            Event::MailDomainLapsed { domain } => {
                self.with_mail_domain(domain, |known| {
                    (known.verified_at, known.lapsed_at) = (None, Some(stamp.at));
                });
                self.join_requests.retain(|_, request| request.domain != domain);
            }
            Event::MailDomainChanged { domain, opening } => {
                let asks = opening.as_ref().is_some_and(|opening| opening.mode.may_ask());
                self.with_mail_domain(domain, |known| known.opening = opening.map(|opening| *opening));
                if !asks {
                    self.join_requests.retain(|_, request| request.domain != domain);
                }
            }
            Event::MailDomainRemoved { domain } => {
                self.mail_domains.remove(&domain);
                self.join_requests.retain(|_, request| request.domain != domain);
            }
            Event::JoinRequested { domain, person, until } => {
                self.join_requests.retain(|_, request| stamp.at < request.until);
                let request = JoinRequest { domain, person, asked_at: stamp.at, until, declined: false };
                self.join_requests.insert(person, request);
            }
            Event::JoinDeclined { person, .. } => {
                if let Some(request) = self.join_requests.get_mut(&person) {
                    request.declined = true;
                }
            }
            Event::JoinApproved { person, .. } | Event::JoinedByDomain { person, .. } => {
                self.join_requests.remove(&person);
            }
            _ => {}
        }
    }

    /// What is gone is not given any more, and who has joined in whatever way asks no longer.
    pub(crate) fn settle_mail_domains(&mut self, event: &Event) {
        match event {
            Event::MemberAdded { person, .. } => drop(self.join_requests.remove(person)),
            Event::RoleDeleted { .. } | Event::TeamDeleted { .. } => {
                for known in self.mail_domains.values_mut() {
                    let after = known.opening.as_ref().and_then(|opening| opening.offer.after(event));
                    if let Some((opening, offer)) = Arc::make_mut(known).opening.as_mut().zip(after) {
                        opening.offer = offer;
                    }
                }
            }
            _ => {}
        }
    }

    /// A mail domain by its name.
    #[must_use]
    pub fn mail_domain_named(&self, name: &str) -> Option<&MailDomain> {
        self.mail_domains.values().map(Arc::as_ref).find(|known| known.name.as_str() == name)
    }

    /// Somebody's request to join, where it waits for a decision.
    #[must_use]
    pub fn open_join_request(&self, person: PersonId, now: Timestamp) -> Option<&JoinRequest> {
        self.join_requests.get(&person).filter(|request| request.is_open_at(now))
    }

    fn with_mail_domain(&mut self, domain: MailDomainId, change: impl FnOnce(&mut MailDomain)) {
        if let Some(known) = self.mail_domains.get_mut(&domain) {
            change(Arc::make_mut(known));
        }
    }
}
