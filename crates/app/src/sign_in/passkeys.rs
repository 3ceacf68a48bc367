//! One's own passkeys: added, seen and removed, in a session that has just begun.
//!
//! What a device says about its make is not asked: a passkey is good for its person and nobody else, whatever made it.

use domain::directory::{DirectoryEvent, sign_ins};
use domain::id::{PasskeyId, PersonId};
use domain::record::OutcomeStatus;
use domain::time::Timestamp;
use identity::passkey::{ALGORITHMS, PresentedRegistration, Registration, RelyingParty, encoded};
use identity::token::Purpose;
use journal::{Fact, PasskeyRow, Person, SessionRow};

use super::failures::Payer;
use super::passkey::{not_asked, party, refused};
use super::provided::Provided;
use super::{HasToken as _, SignedIn};
use crate::directory::one_line;
use crate::{App, Problem};

/// Characters of what a person calls a passkey.
const NAME_LENGTH_MAX: usize = 60;

/// A passkey, as its person sees it.
#[derive(Clone, Debug)]
pub struct PasskeyView {
    /// Its id.
    pub id: PasskeyId,
    /// What its person calls it.
    pub name: String,
    /// Whether it can come to be on several devices of theirs.
    pub may_be_copied: bool,
    /// Since when it lets them in.
    pub added_at: Timestamp,
}

impl From<PasskeyRow> for PasskeyView {
    fn from(row: PasskeyRow) -> PasskeyView {
        let PasskeyRow { passkey: id, name, may_be_copied, added_at, .. } = row;
        PasskeyView { id, name, may_be_copied, added_at }
    }
}

/// What a browser is asked so that a device of somebody's makes a passkey.
#[derive(Clone, Debug)]
pub struct NewPasskeyQuestion {
    /// For whom it is to be.
    pub party: RelyingParty,
    /// What is to be answered, in base64url.
    pub challenge: String,
    /// What the device is told that the person is, in base64url: nothing that says who they are.
    pub handle: String,
    /// The person's address, by which they tell their passkeys apart.
    pub email: String,
    /// Their name.
    pub name: String,
    /// How it may sign, as numbers of COSE, the best first.
    pub algorithms: [i64; 3],
    /// The ids of those that they have, in base64url: their devices make no second one.
    pub known: Vec<String>,
}

impl App {
    /// The passkeys that a person has, the oldest first.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where the journal cannot be read.
    pub async fn passkeys(&self, signed_in: &SignedIn) -> Result<Vec<PasskeyView>, Problem> {
        let rows = self.inner.journal.passkeys_of(signed_in.proof.person).await?;
        Ok(rows.into_iter().map(PasskeyView::from).collect())
    }

    /// Asks for a passkey that is to be made for whoever has just signed in.
    ///
    /// # Errors
    /// [`Problem::Denied`] where they signed in too long ago, or are asked for a passkey, have one and have not shown it;
    /// [`Problem::Refused`] where they have as many as fit;
    /// [`Problem::TooMany`] where they have asked too often;
    /// [`Problem::Unavailable`] where there are no passkeys under this public URL.
    pub async fn ask_for_new_passkey(
        &self,
        signed_in: &SignedIn,
        public_url: &str,
    ) -> Result<NewPasskeyQuestion, Problem> {
        let party = party(public_url)?;
        let person = signed_in.proof.person;
        self.may_change_sign_ins(signed_in)?;
        self.may_change_passkeys(signed_in).await?;
        let known = self.has_room_for_passkey(person).await?;
        self.may_begin(Payer::Person(person))?;
        let challenge = self.new_challenge(Purpose::PasskeyAdding, Some(person), *signed_in.digest()).await?;
        let (email, name) = self.own_address_and_name(person).await?;
        let known = known.iter().map(|row| encoded(&row.credential)).collect();
        let handle = encoded(person.as_str().as_bytes());
        Ok(NewPasskeyQuestion { party, challenge, handle, email, name, algorithms: ALGORITHMS, known })
    }

    /// Adds a passkey that was made in answer, in the session that asked. Once what came back can be
    /// read, the question is used up, whatever comes of it.
    ///
    /// # Errors
    /// As [`App::ask_for_new_passkey`]; [`Problem::Unauthenticated`] where nothing was asked, or it is not believed;
    /// [`Problem::Invalid`] where its name is none; [`Problem::Refused`] where somebody has it already.
    pub async fn add_passkey(
        &self,
        signed_in: &SignedIn,
        name: &str,
        presented: &PresentedRegistration<'_>,
        public_url: &str,
    ) -> Result<PasskeyView, Problem> {
        let party = party(public_url)?;
        let name = one_line("name", name, NAME_LENGTH_MAX)?;
        self.may_change_sign_ins(signed_in)?;
        let registration = Registration::parse(presented).map_err(|fault| refused(&fault))?;
        let challenge = registration.challenge().map_err(|_| not_asked())?;
        self.use_up_challenge(&challenge, Purpose::PasskeyAdding, signed_in.digest()).await?;
        let new = registration.check(&party).map_err(|fault| refused(&fault))?;
        if let Some(known) = self.passkey_called(&new.credential).await? {
            return Err(sign_ins::taken(known.person == signed_in.proof.person).into());
        }
        let (person, passkey) = (signed_in.proof.person, PasskeyId::from_random(self.random()?));
        let row = PasskeyRow {
            digest: self.inner.sign_in.passkeys.digest(&new.credential),
            credential: new.credential,
            passkey,
            person,
            spki: new.spki,
            algorithm: new.algorithm,
            counter: new.counter,
            name,
            may_be_copied: new.may_be_copied,
            added_at: self.now(),
        };
        let view = PasskeyView::from(row.clone());
        let added = DirectoryEvent::PasskeyAdded { person, passkey };
        let written = (&[added][..], vec![Fact::Passkey(Box::new(row))]);
        // INVARIANT: a first passkey stands in the records of its person's organizations before it lets anybody in; held by
        // `a_first_passkey_is_added_in_a_session_of_one_factor_and_every_organization_has_that_in_its_record`.
        let is_first = self.inner.journal.passkeys_of(person).await?.is_empty();
        let noted = if is_first { self.note_first_passkey(signed_in).await? } else { Vec::new() };
        let done = self.append_provided(&signed_in.stamp(), written, Provided::MayAddPasskey(signed_in.clone())).await;
        let status = if done.is_ok() { OutcomeStatus::Succeeded } else { OutcomeStatus::Failed };
        self.close_sign_in(noted, status).await;
        done?;
        if is_first && let Err(problem) = self.mail_about_first_passkey(person, public_url).await {
            tracing::error!(%problem, "a person could not be mailed that they have a passkey");
        }
        Ok(view)
    }

    /// Removes one of a person's own passkeys: it lets nobody in from then on, and whoever has shown a passkey elsewhere is
    /// signed out there. It may be removed because it is not its person who has the device now.
    ///
    /// # Errors
    /// [`Problem::Denied`] where they signed in too long ago, or are asked for a passkey and have shown none; [`Problem::Missing`] where they have no such passkey, whoever
    /// else has; [`Problem::Refused`] where nothing else lets them in.
    pub async fn remove_passkey(&self, signed_in: &SignedIn, passkey: &str) -> Result<(), Problem> {
        self.may_change_sign_ins(signed_in)?;
        let passkey = PasskeyId::parse(passkey).map_err(|_| Problem::missing("passkey"))?;
        let person = signed_in.proof.person;
        let removed = DirectoryEvent::PasskeyRemoved { person, passkey };
        let written = (&[removed][..], vec![Fact::DropPasskey { passkey }]);
        let provided = Provided::GetsInWithoutPasskey(signed_in.clone(), passkey);
        self.append_provided(&signed_in.stamp(), written, provided).await?;
        self.forget(|row| row.person == person);
        Ok(())
    }

    /// The sessions that end as somebody loses a passkey, where something else lets them in.
    pub(super) async fn ended_without_passkey(
        &self,
        by: &SignedIn,
        passkey: PasskeyId,
    ) -> Result<Vec<SessionRow>, Problem> {
        let (journal, proof) = (&self.inner.journal, &by.proof);
        let theirs = journal.passkeys_of(proof.person).await?;
        if !theirs.iter().any(|row| row.passkey == passkey) {
            return Err(Problem::missing("passkey"));
        }
        self.may_change_passkeys(by).await?;
        sign_ins::keeps_what_is_asked_for(self.inner.endings.asks_for_passkey(proof.person), theirs.len() - 1)?;
        let identities = journal.identities_of(proof.person).await?;
        let others = identities.iter().filter(|row| self.lets_in(row)).count();
        sign_ins::keeps_a_way_in(others + theirs.len() - 1)?;
        let by_one = |row: &SessionRow| row.by_passkey && row.session != proof.session;
        Ok(journal.sessions_of(proof.person).await?.into_iter().filter(by_one).collect())
    }

    /// The passkeys that somebody has, where one more fits.
    pub(super) async fn has_room_for_passkey(&self, person: PersonId) -> Result<Vec<PasskeyRow>, Problem> {
        let theirs = self.inner.journal.passkeys_of(person).await?;
        sign_ins::has_room(theirs.len())?;
        Ok(theirs)
    }

    /// What a person is called by the first organization that they are a member of.
    async fn own_address_and_name(&self, person: PersonId) -> Result<(String, String), Problem> {
        let known = self.known_in_first_organization(person).await?;
        Ok(known.map_or_else(|| (person.to_string(), String::new()), |known| (known.email, known.name)))
    }

    pub(super) async fn known_in_first_organization(&self, person: PersonId) -> Result<Option<Person>, Problem> {
        match self.inner.journal.organizations_of(person).await?.into_iter().next() {
            Some(org) => Ok(self.people(org, &[person]).await?.remove(&person)),
            None => Ok(None),
        }
    }
}
