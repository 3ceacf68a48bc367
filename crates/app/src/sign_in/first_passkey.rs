//! What is told when somebody has a passkey who had none: in a session of one factor it may not be them who adds it.

use domain::id::PersonId;
use domain::record::{Durability, RecordRef};

use super::SignedIn;
use super::begin::intent_of;
use crate::directory::email;
use crate::mail::Letter;
use crate::{App, Problem};

/// The reason in the record.
const FIRST: &str = "first-passkey";

impl App {
    /// Each organization of a person has in its record that they add their first passkey. What is noted waits for its outcome.
    pub(super) async fn note_first_passkey(&self, by: &SignedIn) -> Result<Vec<RecordRef>, Problem> {
        let (person, mut noted) = (by.proof.person, Vec::new());
        for org in self.inner.journal.organizations_of(person).await? {
            let Ok(live) = self.live(org).await else { continue };
            let intent = intent_of(&live, &by.proof, (self.now(), FIRST));
            noted = self.note_too(noted, intent, Durability::Synced).await?;
        }
        Ok(noted)
    }

    /// Tells somebody who has a passkey from now on, by mail where that is sent: it may not be them who added it. It goes to
    /// the address by which the directory knows them, and to none that an organization has for them alone. Nothing is undone
    /// where it cannot be sent.
    pub(super) async fn mail_about_first_passkey(&self, person: PersonId, public_url: &str) -> Result<(), Problem> {
        let known = self.known_in_first_organization(person).await?;
        let theirs = known.filter(|known| known.is_address_theirs && email(&known.email).is_ok());
        let Some(known) = theirs.filter(|_| self.sends_mail()) else { return Ok(()) };
        let host = public_url.split_once("://").map_or(public_url, |(_, host)| host);
        let text = format!(
            "Hello {},\n\nfrom now on a passkey signs you in to {host}. If you have added it, there is nothing to do. If it \
             was not you, somebody else can sign in as you: remove it at\n\n{public_url}/sign-in/passkeys\n\nand tell \
             whoever runs that installation.\n",
            known.name
        );
        let subject = format!("A passkey for {host}");
        let letter = Letter { to: known.email, subject, text, name: known.name, useless_from: None };
        self.append_to_directory("sign-in", &[], vec![self.posted(&letter, None)?]).await?;
        self.mail_was_posted();
        Ok(())
    }
}
