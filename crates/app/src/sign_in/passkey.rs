//! Signing in with a passkey: a question that goes to one browser, and what a device of somebody's answers.
//!
//! Whose passkey it is, its row says and the device says, too. It is a sign-in by itself: the device has made sure of its
//! user. A question is good once, for five minutes, in the browser that asked.
//!
//! Start reading at [`App::ask_for_passkey`], then [`App::sign_in_with_passkey`].

use domain::id::PersonId;
use domain::record::{Decision, Intent};
use domain::time::Timestamp;
use identity::passkey::{Assertion, Known, PasskeyFault, PresentedAssertion, PublicKey, RelyingParty, encoded};
use identity::token::{PresentedToken, Purpose, TokenForm};
use journal::{Fact, PasskeyRow, TicketRow};

use super::begin::{Begun, Proof, Way};
use super::failures::{Payer, network};
use super::{Browser, HasToken as _, SignedIn};
use crate::{App, Problem};

/// How long a question is good, in milliseconds: five minutes.
pub(super) const GOOD_MS: i64 = 5 * 60_000;
/// The reason in the record where a device counts backwards.
const COUNTED_BACK: &str = "passkey-counted-back";

/// What a browser asks the devices of whoever wants to sign in.
#[derive(Clone, Debug)]
pub struct PasskeyQuestion {
    /// For whom a passkey must be.
    pub party: RelyingParty,
    /// What is to be signed, in base64url.
    pub challenge: String,
}

/// A passkey that was shown, and believed.
pub(super) struct ShownPasskey {
    pub(super) row: PasskeyRow,
    /// That it was used, for the append that follows from it.
    pub(super) used: Fact,
    /// What was asked, which is used up.
    pub(super) ticket: TicketRow,
}

impl App {
    /// Asks whoever uses a browser for a passkey of theirs.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where there are no passkeys under this public URL; [`Problem::TooMany`] where too much was
    /// begun from there.
    pub async fn ask_for_passkey(
        &self,
        public_url: &str,
        (browser, before): (&Browser, Option<&SignedIn>),
    ) -> Result<PasskeyQuestion, Problem> {
        let party = party(public_url)?;
        let payer = |signed_in: &SignedIn| Payer::Person(signed_in.proof.person);
        self.may_begin(before.map_or_else(|| network(browser.address().as_deref()), payer))?;
        let challenge = self.new_challenge(Purpose::PasskeySignIn, None, *browser.digest()).await?;
        Ok(PasskeyQuestion { party, challenge })
    }

    /// Signs in whoever has shown a passkey in the browser that asked for one. Once what came back can be read, the question
    /// is used up, whatever comes of it. The session that the browser had until now ends.
    ///
    /// # Errors
    /// [`Problem::Unauthenticated`] where nothing was asked, nobody here has that passkey, or it is not believed.
    pub async fn sign_in_with_passkey(
        &self,
        presented: &PresentedAssertion<'_>,
        public_url: &str,
        (browser, before): (&Browser, Option<&SignedIn>),
    ) -> Result<Begun, Problem> {
        let ShownPasskey { row, used, .. } =
            self.shown_passkey(presented, public_url, (Purpose::PasskeySignIn, browser)).await?;
        let proof = Proof {
            person: row.person,
            way: Way::Passkey,
            used_up: Some(used),
            proven_at: None,
            claim: None,
            shown: None,
            newcomer: None,
        };
        match self.begin(proof, browser, before).await {
            Err(Problem::Missing { .. }) => Err(self.used_or_removed_meanwhile(&row).await?),
            begun => begun,
        }
    }

    /// Checks a passkey that is shown in answer to what a browser was asked.
    pub(super) async fn shown_passkey(
        &self,
        presented: &PresentedAssertion<'_>,
        public_url: &str,
        (purpose, browser): (Purpose, &Browser),
    ) -> Result<ShownPasskey, Problem> {
        let party = party(public_url)?;
        let assertion = Assertion::parse(presented).map_err(|fault| refused(&fault))?;
        let challenge = assertion.challenge().map_err(|_| not_asked())?;
        let ticket = self.use_up_challenge(&challenge, purpose, browser.digest()).await?;
        let row = self.passkey_called(assertion.credential()).await?.ok_or_else(unknown)?;
        let key = PublicKey::parse(row.algorithm, &row.spki).map_err(|fault| Problem::broken(&fault))?;
        let known = Known {
            key: &key,
            counter: row.counter,
            may_be_copied: row.may_be_copied,
            user_handle: row.person.as_str().as_bytes(),
        };
        let shown = match assertion.check(&party, known) {
            Ok(shown) => shown,
            Err(fault) => {
                if fault == PasskeyFault::Counter {
                    self.note_refused_sign_in(row.person, COUNTED_BACK).await;
                }
                return Err(refused(&fault));
            }
        };
        let used = Fact::PasskeyUsed { passkey: row.passkey, counter: shown.counter };
        Ok(ShownPasskey { row, used, ticket })
    }

    /// What is told to whoever came at the same moment as another: one who showed the same count, or who removed the passkey.
    pub(super) async fn used_or_removed_meanwhile(&self, row: &PasskeyRow) -> Result<Problem, Problem> {
        if self.inner.journal.passkey(row.digest).await?.is_none() {
            return Ok(unknown());
        }
        self.note_refused_sign_in(row.person, COUNTED_BACK).await;
        let message = "this passkey was used a second time at this very moment; show it again";
        Ok(Problem::Unauthenticated { message: message.to_owned() })
    }

    /// A question that is good once, as a browser is told it, for whom holds the token of this digest.
    pub(super) async fn new_challenge(
        &self,
        purpose: Purpose,
        person: Option<PersonId>,
        bound_to: [u8; 32],
    ) -> Result<String, Problem> {
        let (token, now) = (self.new_token(TokenForm::PasskeyChallenge)?, self.now());
        let ticket = TicketRow {
            digest: self.inner.sign_in.digester.digest(purpose, &token.presented()),
            purpose: purpose.as_str().to_owned(),
            person,
            org: None,
            about: None,
            browser: Some(bound_to),
            return_to: None,
            created_at: now,
            expires_at: Timestamp(now.0.saturating_add(GOOD_MS)),
        };
        self.append_to_directory("sign-in", &[], vec![Fact::Ticket(Box::new(ticket))]).await?;
        Ok(encoded(token.reveal().as_bytes()))
    }

    /// That this was asked, for this, of whom holds the token of this digest, and what was known then. It is used up by that.
    pub(super) async fn use_up_challenge(
        &self,
        challenge: &PresentedToken<'_>,
        purpose: Purpose,
        bound_to: &[u8; 32],
    ) -> Result<TicketRow, Problem> {
        for digest in self.inner.sign_in.digester.digests(purpose, challenge) {
            let Some(ticket) = self.inner.journal.ticket(digest).await? else { continue };
            if ticket.purpose != purpose.as_str() || ticket.browser.as_ref() != Some(bound_to) {
                continue;
            }
            let used_up = Fact::RedeemTicket { digest, purpose: ticket.purpose.clone(), at: self.now() };
            return match self.append_to_directory("sign-in", &[], vec![used_up]).await {
                Err(Problem::Missing { .. }) => Err(not_asked()),
                done => done.map(|()| ticket),
            };
        }
        Err(not_asked())
    }

    /// The passkey of an id that its device gave it.
    pub(super) async fn passkey_called(&self, credential: &[u8]) -> Result<Option<PasskeyRow>, Problem> {
        for digest in self.inner.sign_in.passkeys.digests(credential) {
            if let Some(found) = self.inner.journal.passkey(digest).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Each organization of a person has in its record that somebody tried to sign in as them with what should not be.
    pub(super) async fn note_refused_sign_in(&self, person: PersonId, reason: &str) {
        tracing::warn!(%person, reason, "a sign-in was refused");
        let organizations = match self.inner.journal.organizations_of(person).await {
            Ok(organizations) => organizations,
            Err(error) => return tracing::error!(%error, "a refused sign-in stands in no organization's record"),
        };
        for org in organizations {
            let Ok(live) = self.live(org).await else { continue };
            let refused = Intent {
                org,
                at: self.now(),
                subject: person.to_string(),
                acting_for: None,
                credential: None,
                client: None,
                method: "sign-in".to_owned(),
                integration: None,
                tool: None,
                class: None,
                decision: Decision::Denied,
                reason: reason.to_owned(),
                arguments_digest: None,
                policy_seq: live.snapshot().seq(),
            };
            if let Err(error) = self.inner.journal.note(refused).await {
                tracing::error!(%error, "a refused sign-in could not be recorded");
            }
        }
    }
}

/// Who we are for a passkey.
pub(super) fn party(public_url: &str) -> Result<RelyingParty, Problem> {
    RelyingParty::of(public_url).ok_or_else(|| {
        let message = "there are no passkeys here: the setting public-url names an address, and passkeys are for a host \
                       with a name; sign in in another way";
        Problem::Unavailable { message: message.to_owned() }
    })
}

/// One answer for everybody who answers what was not asked in this browser, or twice.
pub(super) fn not_asked() -> Problem {
    let message =
        "this was not begun in this browser, took longer than five minutes, or is over already; begin it again";
    Problem::Unauthenticated { message: message.to_owned() }
}

/// What is wrong with a passkey that is shown.
pub(super) fn refused(fault: &PasskeyFault) -> Problem {
    tracing::info!(%fault, "a passkey was refused");
    Problem::Unauthenticated { message: fault.to_string() }
}

fn unknown() -> Problem {
    let message =
        "nobody here signs in with this passkey (any more); sign in in another way, and remove it from the device";
    Problem::Unauthenticated { message: message.to_owned() }
}
