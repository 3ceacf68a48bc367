//! A passkey after another way of signing in: asked for where its person wants that. Where an organization wants it, its
//! snapshot says so, and a session without one opens everything but that organization.
//!
//! What the first step has shown is kept in the ticket of the question that goes to the browser: good once, for five
//! minutes, in that browser, and for a passkey of that person alone. Nobody is signed in by it, and before the first step
//! nobody learns who is asked for a second.
//!
//! Start reading at [`App::sign_in_with_second_factor`].

use domain::directory::{DirectoryEvent, sign_ins};
use domain::id::{IdentityId, OrgId, PersonId};
use domain::time::Timestamp;
use identity::digest::hexadecimal;
use identity::passkey::{PresentedAssertion, encoded};
use identity::token::{Purpose, TokenForm};
use journal::{Fact, SessionRow, TicketRow};
use verdict::{Actor, Credential, NotAdmitted, Operation, SessionProof, Subject};

use super::begin::{Begun, Proof, Way};
use super::passkey::{GOOD_MS, ShownPasskey, not_asked, party};
use super::provided::Provided;
use super::{Browser, HasToken as _, PasskeyQuestion, SignedIn};
use crate::{App, Problem};

/// The reason in the record where somebody got through the first step alone, with a passkey of another's.
const ANOTHERS: &str = "passkey-of-another";

/// An organization that a session does not open for want of a passkey.
#[derive(Clone, Debug)]
pub struct ClosedOrganization {
    /// Its id.
    pub id: OrgId,
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
}

/// What the first step has shown, as the ticket of the second keeps it.
struct FirstStep {
    way: Way,
    /// The sign-in by which it was shown, which must still be theirs then.
    identity: Option<IdentityId>,
    /// Digest of the address that was shown to be theirs.
    shown: Option<[u8; 32]>,
}

impl FirstStep {
    fn written(&self) -> String {
        let identity = self.identity.map(|identity| identity.to_string()).unwrap_or_default();
        let shown = self.shown.map(|digest| hexadecimal(&digest)).unwrap_or_default();
        format!("{}/{identity}/{shown}", self.way.as_str())
    }

    fn read(text: &str) -> Option<FirstStep> {
        let [way, identity, shown] = text.split('/').collect::<Vec<_>>().try_into().ok()?;
        let way = [Way::Link, Way::Email, Way::Provider].into_iter().find(|known| known.as_str() == way)?;
        let identity = Some(identity).filter(|text| !text.is_empty()).map(IdentityId::parse).transpose().ok()?;
        let shown = match shown {
            "" => None,
            shown => Some(bytes(shown)?),
        };
        Some(FirstStep { way, identity, shown })
    }
}

impl App {
    /// Keeps what the first step has shown, and asks for a passkey besides.
    pub(super) async fn ask_for_second(
        &self,
        proof: Proof,
        provided: Provided,
        browser: &Browser,
    ) -> Result<Problem, Problem> {
        let Proof { person, way, used_up, shown, .. } = proof;
        let identity = match &provided {
            Provided::Has(_, identity) => Some(*identity),
            _ => None,
        };
        let shown = shown.map(|address| self.inner.sign_in.identities.of_address(&address));
        let (token, now) = (self.new_token(TokenForm::PasskeyChallenge)?, self.now());
        let ticket = TicketRow {
            digest: self.inner.sign_in.digester.digest(Purpose::SecondFactor, &token.presented()),
            purpose: Purpose::SecondFactor.as_str().to_owned(),
            person: Some(person),
            org: None,
            about: Some(FirstStep { way, identity, shown }.written()),
            browser: Some(*browser.digest()),
            return_to: None,
            created_at: now,
            expires_at: Timestamp(now.0.saturating_add(GOOD_MS)),
        };
        let facts = used_up.into_iter().chain([Fact::Ticket(Box::new(ticket))]).collect();
        self.append_provided("sign-in", (&[], facts), provided).await?;
        Ok(Problem::ShowPasskey { challenge: encoded(token.reveal().as_bytes()) })
    }

    /// What a browser asks the devices of somebody who has got through the first step.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where there are no passkeys under this public URL.
    pub fn second_question(&self, challenge: String, public_url: &str) -> Result<PasskeyQuestion, Problem> {
        Ok(PasskeyQuestion { party: party(public_url)?, challenge })
    }

    /// Signs in whoever has got through the first step and shows a passkey of the same person, in the same browser. Once what
    /// came back can be read, both steps are used up, whatever comes of it.
    ///
    /// # Errors
    /// [`Problem::Unauthenticated`] where nothing was asked, or the passkey is nobody's, another's, or not believed.
    pub async fn sign_in_with_second_factor(
        &self,
        presented: &PresentedAssertion<'_>,
        public_url: &str,
        (browser, before): (&Browser, Option<&SignedIn>),
    ) -> Result<Begun, Problem> {
        let ShownPasskey { row, used, ticket } =
            self.shown_passkey(presented, public_url, (Purpose::SecondFactor, browser)).await?;
        let (Some(person), Some(first)) = (ticket.person, ticket.about.as_deref().and_then(FirstStep::read)) else {
            return Err(not_asked());
        };
        // INVARIANT: the second step is of the person of the first; held by
        // `the_second_step_takes_a_passkey_of_the_same_person_in_the_same_browser_once_and_soon`.
        if row.person != person {
            self.note_refused_sign_in(person, ANOTHERS).await;
            let message = "this passkey is somebody else's; sign in again, and show one of your own";
            return Err(Problem::Unauthenticated { message: message.to_owned() });
        }
        let FirstStep { way, identity, shown } = first;
        let (token, session) = self.new_session(person, way, None, browser)?;
        let session = SessionRow { by_passkey: true, shown, ..session };
        let (proven_at, claim, newcomer) = (None, None, None);
        let proof = Proof { person, way, used_up: Some(used), proven_at, claim, shown: None, newcomer };
        let provided = identity.map_or(Provided::Always, |identity| Provided::Has(person, identity));
        match self.begin_with((token, session), (proof, provided), before).await {
            Err(Problem::Missing { .. }) => Err(self.used_or_removed_meanwhile(&row).await?),
            begun => begun,
        }
    }

    /// Whether somebody wants to be asked for a passkey whenever they sign in in another way.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where the journal cannot be read.
    pub async fn has_second_factor(&self, signed_in: &SignedIn) -> Result<bool, Problem> {
        self.inner.endings.load(&self.inner.journal).await?;
        Ok(self.inner.endings.asks_for_passkey(signed_in.proof.person))
    }

    /// Somebody wants that from now on, or not any more. Their other sessions in which no passkey was shown end as it begins.
    ///
    /// # Errors
    /// [`Problem::Denied`] where they signed in too long ago, or have not shown a passkey; [`Problem::Refused`] where they
    /// have none (any more).
    pub async fn set_second_factor(&self, signed_in: &SignedIn, on: bool) -> Result<(), Problem> {
        self.may_change_sign_ins(signed_in)?;
        has_shown_one(signed_in)?;
        if self.has_second_factor(signed_in).await? == on {
            return Ok(());
        }
        let person = signed_in.proof.person;
        let (event, provided) = match on {
            true => (DirectoryEvent::SecondFactorOn { person }, Provided::HasPasskey(signed_in.proof)),
            false => (DirectoryEvent::SecondFactorOff { person }, Provided::Lasts(signed_in.proof)),
        };
        self.append_provided(&signed_in.stamp(), (&[event], Vec::new()), provided).await?;
        self.forget(|row| row.person == person);
        Ok(())
    }

    /// The sessions that end as somebody wants to be asked for a passkey, where they have one.
    pub(super) async fn ended_with_second_factor(&self, proof: &SessionProof) -> Result<Vec<SessionRow>, Problem> {
        let journal = &self.inner.journal;
        sign_ins::has_what_is_asked_for(journal.passkeys_of(proof.person).await?.len())?;
        let without = |row: &SessionRow| !row.by_passkey && row.session != proof.session;
        Ok(journal.sessions_of(proof.person).await?.into_iter().filter(without).collect())
    }

    /// Whether a session may change its person's passkeys. Where one is asked of them, by themselves or by an organization,
    /// whoever has got through the first step alone could else do without: they add the first one and no other. A link for
    /// somebody who has lost theirs stands in for one.
    pub(super) async fn may_change_passkeys(&self, by: &SignedIn) -> Result<(), Problem> {
        let person = by.proof.person;
        if by.proof.by_passkey || by.recovers() || self.inner.journal.passkeys_of(person).await?.is_empty() {
            return Ok(());
        }
        match self.is_asked_for_passkey(person).await? {
            true => has_shown_one(by),
            false => Ok(()),
        }
    }

    /// Whether a passkey is asked of a person, by themselves or by an organization. One that cannot be read may ask.
    async fn is_asked_for_passkey(&self, person: PersonId) -> Result<bool, Problem> {
        self.inner.endings.load(&self.inner.journal).await?;
        if self.inner.endings.asks_for_passkey(person) {
            return Ok(true);
        }
        for org in self.inner.journal.organizations_of(person).await? {
            if self.live(org).await?.snapshot().asks_person_for_passkey(person, self.now()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The organizations that somebody is a member of and that their session does not open for want of a passkey, without
    /// those that show themselves to nobody of their role.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where the journal cannot be read.
    pub async fn closed_to(&self, signed_in: &SignedIn) -> Result<Vec<ClosedOrganization>, Problem> {
        if signed_in.proof.by_passkey { Ok(Vec::new()) } else { self.closed_without_passkey(signed_in).await }
    }

    /// The same as if no passkey had been shown in the session.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where the journal cannot be read.
    pub async fn closed_without_passkey(&self, signed_in: &SignedIn) -> Result<Vec<ClosedOrganization>, Problem> {
        let proof = SessionProof { by_passkey: false, ..signed_in.proof };
        let actor = Actor::about(Subject::Member(proof.person));
        let mut closed = Vec::new();
        for org in self.inner.journal.organizations_of(proof.person).await? {
            let Ok(live) = self.live(org).await else { continue };
            let snapshot = live.snapshot();
            let refused = snapshot.admit(Credential::Session(proof), self.now()).err();
            let shows_itself = || self.asked(&snapshot, &actor, Operation::ViewOrganization).is_allowed();
            if refused == Some(NotAdmitted::PasskeyNeeded) && shows_itself() {
                let slug = self.inner.journal.slug_of(org).await?.unwrap_or_else(|| org.to_string());
                closed.push(ClosedOrganization { id: org, slug, name: snapshot.name().to_owned() });
            }
        }
        Ok(closed)
    }
}

/// That a session's person has shown a passkey in it.
fn has_shown_one(by: &SignedIn) -> Result<(), Problem> {
    let denied = |explanation| Problem::Denied { explanation: Box::new(explanation), ask: Vec::new() };
    by.proof.was_by_passkey().map_err(denied)
}

/// The bytes of a digest that is written in hexadecimal.
fn bytes(text: &str) -> Option<[u8; 32]> {
    let byte = |place: usize| u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok();
    let bytes = (0..text.len() / 2).map(byte).collect::<Option<Vec<_>>>()?;
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_first_step_has_shown_is_read_as_it_was_written() {
        let identity = IdentityId::from_random([7; 20]);
        for (way, identity, shown) in [
            (Way::Link, None, None),
            (Way::Email, Some(identity), Some([0xa7; 32])),
            (Way::Provider, Some(identity), None),
        ] {
            let read = FirstStep::read(&FirstStep { way, identity, shown }.written()).unwrap();
            assert_eq!((read.way, read.identity, read.shown), (way, identity, shown));
        }
        for wrong in ["", "passkey//", "recovery//", "email", "email/x/", "email//abc", "email//zz", "link///"] {
            assert!(FirstStep::read(wrong).is_none(), "{wrong}");
        }
    }
}
