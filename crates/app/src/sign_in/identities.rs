//! The sign-ins that a person has: seen, and taken away. How one is added is said in [`super::linking`].
//!
//! A sign-in is one person's. The last one that lets them in cannot be taken away.

use domain::directory::{DirectoryEvent, sign_ins};
use domain::id::{IdentityId, PersonId};
use domain::time::Timestamp;
use journal::{Fact, IdentityRow, SessionRow};
use verdict::SessionProof;

use super::SignedIn;
use super::begin::Way;
use super::email::PROVIDER as EMAIL;
use super::provided::Provided;
use super::providers::Desk;
use crate::{App, Problem};

/// A sign-in, as its person sees it.
#[derive(Clone, Debug)]
pub struct IdentityView {
    /// Its id.
    pub id: IdentityId,
    /// By what it lets them in, in a word: `email`, or a provider's key; none where that provider is not set up any more.
    pub provider: Option<&'static str>,
    /// What people know that by.
    pub title: String,
    /// The address or account.
    pub account: String,
    /// Since when.
    pub linked_at: Timestamp,
    /// Whether it lets them in as things are: its provider is set up, or mail is sent.
    pub works: bool,
}

impl App {
    /// The sign-ins that a person has, the oldest first.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where the journal cannot be read.
    pub async fn identities(&self, signed_in: &SignedIn) -> Result<Vec<IdentityView>, Problem> {
        let rows = self.inner.journal.identities_of(signed_in.proof.person).await?;
        let view = |row: IdentityRow| {
            let works = self.lets_in(&row);
            let IdentityRow { identity: id, provider, shown: account, linked_at, .. } = row;
            let (provider, title) = match (provider.as_str(), self.desk_of(&provider)) {
                (EMAIL, _) => (Some(EMAIL), "E-mail".to_owned()),
                (_, Some(desk)) => (Some(desk.setup.key), desk.setup.title.clone()),
                (_, None) => (None, provider),
            };
            IdentityView { id, provider, title, account, linked_at, works }
        };
        Ok(rows.into_iter().map(view).collect())
    }

    /// Takes a sign-in away. Whoever is signed in elsewhere in the same way is signed out there: it may be taken away
    /// because it is not its person who has it now.
    ///
    /// # Errors
    /// [`Problem::Denied`] some time after signing in; [`Problem::Missing`] where they have no such sign-in, whoever
    /// else has; [`Problem::Refused`] where no other one lets them in.
    pub async fn unlink(&self, signed_in: &SignedIn, identity: &str) -> Result<(), Problem> {
        self.may_change_sign_ins(signed_in)?;
        let identity = IdentityId::parse(identity).map_err(|_| Problem::missing("sign-in"))?;
        let person = signed_in.proof.person;
        let event = DirectoryEvent::IdentityUnlinked { person, identity };
        let provided = Provided::GetsInWithout(signed_in.proof, identity);
        let written = (&[event][..], vec![Fact::DropIdentity { identity }]);
        self.append_provided(&signed_in.stamp(), written, provided).await?;
        self.forget(|row| row.person == person);
        Ok(())
    }

    /// The sessions that end as somebody loses a sign-in, where another one lets them in.
    pub(super) async fn ended_without(
        &self,
        proof: &SessionProof,
        identity: IdentityId,
    ) -> Result<Vec<SessionRow>, Problem> {
        let journal = &self.inner.journal;
        let rows = journal.identities_of(proof.person).await?;
        let lost = rows.iter().find(|row| row.identity == identity).ok_or_else(|| Problem::missing("sign-in"))?;
        let others = rows.iter().filter(|row| row.identity != identity && self.lets_in(row)).count();
        sign_ins::keeps_a_way_in(others + journal.passkeys_of(proof.person).await?.len())?;
        let way = if lost.provider == EMAIL { Way::Email } else { Way::Provider };
        let by_it = |row: &SessionRow| row.way == way.as_str() && row.session != proof.session;
        Ok(journal.sessions_of(proof.person).await?.into_iter().filter(by_it).collect())
    }

    /// Whether somebody has this sign-in at this moment.
    pub(super) async fn still_has(&self, person: PersonId, identity: IdentityId) -> Result<bool, Problem> {
        Ok(self.inner.journal.identities_of(person).await?.iter().any(|row| row.identity == identity))
    }

    /// Whether they signed in soon enough before.
    pub(super) fn may_change_sign_ins(&self, signed_in: &SignedIn) -> Result<(), Problem> {
        let denied = |explanation| Problem::Denied { explanation: Box::new(explanation), ask: Vec::new() };
        signed_in.proof.may_change_sign_ins(self.now()).map_err(denied)
    }

    /// Whether somebody signs in in no way yet, so that an address lets them in.
    pub(super) async fn is_unclaimed(&self, person: PersonId) -> Result<bool, Problem> {
        let journal = &self.inner.journal;
        Ok(journal.identities_of(person).await?.is_empty() && journal.passkeys_of(person).await?.is_empty())
    }

    pub(super) fn lets_in(&self, row: &IdentityRow) -> bool {
        if row.provider == EMAIL { self.sends_mail() } else { self.desk_of(&row.provider).is_some() }
    }

    fn desk_of(&self, issuer: &str) -> Option<&Desk> {
        self.inner.sign_in.desks.iter().find(|desk| desk.setup.issuer.as_str() == issuer)
    }
}

/// An address never leads to somebody who signs in in another way.
pub(super) fn has_another() -> Problem {
    super::told::nobody(
        "this address has another sign-in here; use that one, and add this one to your sign-ins when you are in",
    )
}
