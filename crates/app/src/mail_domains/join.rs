//! Join by a mail domain: who signs in with a provider that vouches for an address there.

use std::sync::Arc;

use domain::command::{self, Command};
use domain::id::MailDomainId;
use domain::mail_domain::{JoinMode, MailDomainName};
use domain::organization::Organization;
use identity::oidc::{Belief, ProvenIdentity};
use journal::Fact;
use verdict::{Operation, Verdict, inviter};

use crate::change::ATTEMPTS_MAX;
use crate::commit::{Commit, CommitFault, Part};
use crate::sign_in::{Begun, SignedIn};
use crate::{App, Live, Problem};

/// The address for which a provider vouches so that somebody may join by its domain: one that is theirs, at Google of a
/// company of that very domain, since an address of another domain may be hosted there as well.
pub(crate) fn vouched(belief: Belief<'_>, identity: &ProvenIdentity) -> Option<String> {
    let address = identity.address().believed()?;
    let (_, domain) = address.rsplit_once('@')?;
    let hosted = || identity.hosted_domain().is_some_and(|hosted| hosted.eq_ignore_ascii_case(domain));
    let vouches = match belief {
        Belief::Google => hosted(),
        Belief::Verified | Belief::Within(_) => true,
        Belief::Nothing => false,
    };
    vouches.then(|| address.to_owned())
}

impl App {
    /// The name for somebody whom nobody knows yet, where an organization is open to their address's domain: who shows that
    /// it is theirs becomes somebody by that.
    pub(crate) async fn welcome_at(&self, address: &str, name: Option<&str>) -> Result<Option<String>, Problem> {
        let Some(domain) = MailDomainName::of_address(address) else { return Ok(None) };
        if self.known_domain(&domain).await?.is_none() {
            return Ok(None);
        }
        let local = || address.split('@').next().unwrap_or_default().to_owned();
        Ok(Some(name.and_then(|name| crate::directory::person_name(name).ok()).unwrap_or_else(local)))
    }

    /// Lets somebody join who has just signed in with an address for which their provider vouches, where an organization has
    /// it so. Whatever keeps them from it, they are signed in, and may ask.
    pub(crate) async fn join_by_address(&self, begun: &Begun, address: &str) {
        let joined = async {
            let signed_in = self.signed_in(begun.token.reveal()).await?;
            self.join_as(&signed_in, address).await
        };
        if let Err(problem) = joined.await {
            tracing::warn!(%problem, "somebody did not join by their mail domain");
        }
    }

    async fn join_as(&self, signed_in: &SignedIn, address: &str) -> Result<(), Problem> {
        let Some(name) = MailDomainName::of_address(address) else { return Ok(()) };
        let Some((live, known)) = self.open_domain(&name).await? else { return Ok(()) };
        let person = signed_in.proof.person;
        let called = self.people_under(live.org(), address).await?;
        let own = self.people(live.org(), &[person]).await?.remove(&person);
        let own = own.map(|person| person.name).ok_or_else(|| Problem::missing("person"))?;
        for _ in 0..ATTEMPTS_MAX {
            let mut state = Arc::clone(&live.state).lock_owned().await;
            // INVARIANT: nobody comes back by signing in alone, under another account of the same address either; held by
            // `nobody_who_was_removed_or_suspended_comes_back_by_signing_in`.
            let was_here = called.iter().chain([&person]).any(|known| state.members.contains_key(known));
            if was_here {
                return Ok(());
            }
            let Some(part) = self.joining_by(&live, &state, (known.id, signed_in))? else { return Ok(()) };
            let org = live.org();
            let facts = vec![
                Fact::Membership { person, org },
                Fact::Called { org, person, email: address.to_owned(), name: own.clone() },
            ];
            let actor = signed_in.stamp();
            let commit = Commit { parts: vec![part], actor, facts, directory: None, until: None };
            match self.commit(Arc::clone(&live), state, commit).await {
                Ok(_) => return Ok(()),
                Err(CommitFault::Problem(problem)) => return Err(problem),
                Err(CommitFault::Late) => return Ok(()),
                Err(CommitFault::Conflict { .. }) => {
                    state = Arc::clone(&live.state).lock_owned().await;
                    live.catch_up(&self.inner.journal, &mut state).await?;
                }
            }
        }
        Err(Problem::Unavailable { message: "others are changing this organization; try again".to_owned() })
    }

    /// What happens in this very state, and what lets it happen: the rights of whoever opened the domain.
    fn joining_by(
        &self,
        live: &Live,
        state: &Organization,
        (domain, signed_in): (MailDomainId, &SignedIn),
    ) -> Result<Option<Part>, Problem> {
        let opening = state.mail_domains.get(&domain).and_then(|known| known.open());
        let Some(opening) = opening.filter(|opening| opening.mode == JoinMode::Automatic) else { return Ok(None) };
        let Some(actor) = inviter(opening.by) else { return Ok(None) };
        let command = Command::JoinByDomain { domain, person: signed_in.proof.person };
        let events = command::handle(state, command, self.now())?;
        match self.asked(&live.snapshot(), &actor, Operation::JoinByDomain { domain }) {
            Verdict::Allowed(permit) => Ok(Some(Part { permit, events })),
            Verdict::Denied(_) => {
                tracing::warn!(org = %live.org(), %domain, "whoever opened a mail domain could not let people in any more");
                Ok(None)
            }
        }
    }
}
