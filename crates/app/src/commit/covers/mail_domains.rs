//! The same for mail domains: to open one is one thing, to let somebody in by it another.

use domain::event::Event;
use domain::id::PersonId;
use domain::invitation::Offer;
use verdict::Target;

use super::Asked;
use super::invitations::is_given;

pub(super) fn covers(asked: &Asked<'_>, event: &Event) -> bool {
    let domain_of = |person: PersonId| asked.state.join_requests.get(&person).map(|request| request.domain);
    match (asked.target, event) {
        (
            Target::MailDomains,
            Event::MailDomainClaimed { .. }
            | Event::MailDomainVerified { .. }
            | Event::MailDomainRemoved { .. }
            | Event::MailDomainChanged { opening: None, .. },
        ) => true,
        // In the actor's own name.
        (Target::MailDomain(of), Event::MailDomainChanged { domain, opening: Some(opening) }) => {
            let own = asked.permit.actor().is_some_and(|actor| {
                (actor.subject.grantee(), actor.acting_for) == (opening.by.subject, opening.by.acting_for)
            });
            *domain == of && own
        }
        (Target::Refusing(of), Event::JoinDeclined { person, domain }) => {
            *person == of && domain_of(of) == Some(*domain)
        }
        (Target::Admitting(of), event) => {
            let Some(domain) = domain_of(of) else { return false };
            match event {
                Event::JoinApproved { person, domain: by } => (*person, *by) == (of, domain),
                event => gives(asked, event, domain, of),
            }
        }
        (Target::JoiningBy(of), event) => {
            let joiner = asked.events.iter().find_map(|event| match event {
                Event::JoinedByDomain { domain, person } if *domain == of => Some(*person),
                _ => None,
            });
            let Some(joiner) = joiner else { return false };
            match event {
                Event::JoinedByDomain { domain, person } => (*domain, *person) == (of, joiner),
                event => gives(asked, event, of, joiner),
            }
        }
        _ => false,
    }
}

/// What whoever joins gets: what the domain gives as it is open, and what every newcomer has.
fn gives(asked: &Asked<'_>, event: &Event, domain: domain::id::MailDomainId, joiner: PersonId) -> bool {
    let known = asked.state.mail_domains.get(&domain).and_then(|known| known.open());
    let offer: Option<&Offer> = known.map(|opening| &opening.offer);
    offer.is_some_and(|offer| is_given(asked, event, offer, joiner))
}
