//! Making one more sign-in one's own: an account at a provider, or an address.
//!
//! It is begun soon after signing in, and everything that follows is good in the session that began it and in no other:
//! what is brought back elsewhere, or after another sign-in in the same browser, opens nothing. Before it becomes theirs
//! its person sees which account it is and says yes, since a provider may be signed in to by somebody else.
//!
//! Start reading at [`App::go_to_link`] and [`App::mail_to_link`]; both end in [`App::link`].

use domain::directory::sign_ins;
use domain::id::PersonId;
use domain::time::Timestamp;
use identity::oidc::{Address, Prompt, ProvenIdentity};
use identity::token::{IssuedToken, PresentedToken, Purpose, TokenForm};
use journal::{Fact, TicketRow};
use serde::{Deserialize, Serialize};

use super::begin::Claim;
use super::email::{GOOD_MS, HOURLY_MAX, PROVIDER as EMAIL};
use super::failures::Payer;
use super::link::no_link;
use super::oidc::Errand;
use super::provided::Provided;
use super::{HasToken as _, SignedIn};
use crate::directory::email;
use crate::mail::Letter;
use crate::{App, Problem};

/// Where a mailed link leads by which an address becomes somebody's, below the public URL.
pub const ADDRESS: &str = "/sign-in/identities/email";
/// Mails to new addresses that somebody may have sent in each hour.
const SENT_HOURLY_MAX: u32 = 10;
/// How long somebody may think about it, in milliseconds: ten minutes.
const ASKED_MS: i64 = 10 * 60_000;

/// A sign-in that its person is asked about.
#[derive(Debug)]
pub struct NewSignIn {
    /// By what it lets them in.
    pub title: String,
    /// The account there, or the address.
    pub account: String,
    /// What says yes to it, in the session in which it was begun: a token.
    pub yes: String,
}

/// An identity that waits for a yes, as its ticket keeps it.
#[derive(Serialize, Deserialize)]
struct Waiting {
    provider: String,
    digest: [u8; 32],
    shown: String,
}

impl App {
    /// Begins to make an account at a provider a sign-in of one's own: gives what people know the provider by, and the
    /// address to which the browser is sent. It comes back as from signing in.
    ///
    /// # Errors
    /// [`Problem::Denied`] some time after signing in; otherwise as [`App::go_to_provider`].
    pub async fn go_to_link(
        &self,
        signed_in: &SignedIn,
        key: &str,
        public_url: &str,
    ) -> Result<(String, String), Problem> {
        self.may_change_sign_ins(signed_in)?;
        let prompt = if self.desk(key)?.lets_choose() { Prompt::ChooseAccount } else { Prompt::Again };
        let (purpose, person) = (Purpose::LinkState, Some(signed_in.proof.person));
        let errand = Errand {
            purpose,
            person,
            bound_to: *signed_in.digest(),
            prompt,
            from: Payer::Person(signed_in.proof.person),
        };
        self.send_away(key, public_url, errand).await
    }

    /// Asks somebody whether what they brought back is to be theirs.
    pub(super) async fn bring(
        &self,
        signed_in: &SignedIn,
        title: &str,
        identity: &ProvenIdentity,
    ) -> Result<NewSignIn, Problem> {
        if let Some((person, _)) = self.linked_to(identity).await? {
            return Err(sign_ins::taken(person == signed_in.proof.person).into());
        }
        let account = match identity.address() {
            Address::Believed(address) | Address::Doubted { address: Some(address), .. } => address.clone(),
            Address::Absent | Address::Doubted { address: None, .. } => {
                identity.name().unwrap_or(identity.subject().as_str()).to_owned()
            }
        };
        let Claim { provider, digest, shown } = self.claim(identity, account.clone());
        let waiting = serde_json::to_string(&Waiting { provider, digest, shown });
        let waiting = waiting.map_err(|error| Problem::broken(&error))?;
        let (token, ticket) = self.bound(signed_in, Purpose::Link, (waiting, ASKED_MS))?;
        self.append_to_directory(&signed_in.stamp(), &[], vec![Fact::Ticket(Box::new(ticket))]).await?;
        Ok(NewSignIn { title: title.to_owned(), account, yes: token.reveal().to_owned() })
    }

    /// Sends a link to an address by which it becomes a sign-in of somebody's, if it may. Nothing that is answered depends
    /// on that.
    ///
    /// # Errors
    /// [`Problem::Denied`] some time after signing in; [`Problem::Invalid`] where it is no address at all;
    /// [`Problem::TooMany`] where they began too much; [`Problem::Unavailable`] where no mail is sent.
    pub async fn mail_to_link(&self, signed_in: &SignedIn, address: &str, public_url: &str) -> Result<(), Problem> {
        self.may_change_sign_ins(signed_in)?;
        let address = email(address)?;
        self.may_begin(Payer::Person(signed_in.proof.person))?;
        let (app, signed_in, public_url) = (self.clone(), signed_in.clone(), public_url.to_owned());
        self.mail_later(async move { app.mail_check(&signed_in, address, &public_url).await })
    }

    async fn mail_check(&self, signed_in: &SignedIn, address: String, public_url: &str) -> Result<(), Problem> {
        let person = signed_in.proof.person;
        match self.may_add(person, Some(&address)).await {
            Err(Problem::Refused(_)) => return Ok(()),
            may => may?,
        }
        // What goes to strangers counts for whoever sends it, too.
        let digest = |of: &str| self.inner.sign_in.identities.of_address(of);
        if !self.counts((digest(person.as_str()), None), SENT_HOURLY_MAX)
            || !self.counts((digest(&address), None), HOURLY_MAX)
        {
            return Ok(());
        }
        let (token, ticket) = self.bound(signed_in, Purpose::AddressCheck, (address.clone(), GOOD_MS))?;
        let host = public_url.split_once("://").map_or(public_url, |(_, host)| host);
        let letter = Letter {
            to: address,
            subject: format!("Sign in to {host} with this address"),
            text: format!(
                "Hello,\n\nsomebody who signs in to {host} wants to do so with this address from now on. If that is you, \
                 open this link in the browser in which you asked:\n\n{public_url}{ADDRESS}/{}\n\nIt is good once, within a \
                 quarter of an hour. If it is not you, there is nothing to do: without this mail nothing happens.\n",
                token.reveal()
            ),
            name: String::new(),
            useless_from: Some(ticket.expires_at),
        };
        let facts = vec![Fact::Ticket(Box::new(ticket)), self.posted(&letter, None)?];
        self.append_to_directory(&signed_in.stamp(), &[], facts).await?;
        self.mail_was_posted();
        Ok(())
    }

    /// Looks at a mailed link, which stays as good as it was.
    ///
    /// # Errors
    /// [`Problem::Missing`] where it is none, was used, has ended, or was asked for in another session.
    pub async fn look_at_address(&self, signed_in: &SignedIn, link: &str) -> Result<NewSignIn, Problem> {
        let (_, waiting) = self.waiting(signed_in, link).await?;
        Ok(NewSignIn { title: "E-mail".to_owned(), account: waiting.shown, yes: link.to_owned() })
    }

    /// Makes a sign-in theirs to whom it was brought, who says yes to it with this token, and uses that up.
    ///
    /// # Errors
    /// [`Problem::Missing`] where it is none, was used, has ended, or was begun in another session; [`Problem::Refused`]
    /// where it has become a sign-in already.
    pub async fn link(&self, signed_in: &SignedIn, yes: &str) -> Result<(), Problem> {
        let (ticket, Waiting { provider, digest, shown }) = self.waiting(signed_in, yes).await?;
        let address = (provider == EMAIL).then(|| shown.clone());
        let (event, fact) = self.linked(signed_in.proof.person, Claim { provider, digest, shown })?;
        let used_up = Fact::RedeemTicket { digest: ticket.digest, purpose: ticket.purpose, at: self.now() };
        let provided = Provided::MayAdd(signed_in.proof, address);
        self.append_provided(&signed_in.stamp(), (&[event], vec![used_up, fact]), provided).await
    }

    /// Whether somebody may have one more sign-in; an address only where it is none yet, and the directory knows nobody
    /// else by it.
    pub(super) async fn may_add(&self, person: PersonId, address: Option<&str>) -> Result<(), Problem> {
        sign_ins::has_room(self.inner.journal.identities_of(person).await?.len())?;
        let Some(address) = address else { return Ok(()) };
        let taken = |by| Err(sign_ins::taken(by == person).into());
        for digest in self.inner.sign_in.identities.each_of_address(address) {
            if let Some(found) = self.inner.journal.identity(EMAIL, digest).await? {
                return taken(found.person);
            }
        }
        match self.person(address).await? {
            Some(other) if other != person => taken(other),
            _ => Ok(()),
        }
    }

    /// A token that is good once in this session alone, and its ticket.
    fn bound(
        &self,
        signed_in: &SignedIn,
        purpose: Purpose,
        (about, good_ms): (String, i64),
    ) -> Result<(IssuedToken, TicketRow), Problem> {
        let (token, now) = (self.new_token(purpose.form())?, self.now());
        let ticket = TicketRow {
            digest: self.inner.sign_in.digester.digest(purpose, &token.presented()),
            purpose: purpose.as_str().to_owned(),
            person: Some(signed_in.proof.person),
            org: None,
            about: Some(about),
            browser: Some(*signed_in.digest()),
            return_to: None,
            created_at: now,
            expires_at: Timestamp(now.0.saturating_add(good_ms)),
        };
        Ok((token, ticket))
    }

    /// What waits for a yes with this token, in this session.
    async fn waiting(&self, signed_in: &SignedIn, token: &str) -> Result<(TicketRow, Waiting), Problem> {
        for (form, purpose) in [(TokenForm::SignInState, Purpose::Link), (TokenForm::SignInLink, Purpose::AddressCheck)]
        {
            let Ok(presented) = PresentedToken::parse(form, token) else { continue };
            for digest in self.inner.sign_in.digester.digests(purpose, &presented) {
                let Some(ticket) = self.inner.journal.ticket(digest).await? else { continue };
                if ticket.purpose != purpose.as_str() || self.now() >= ticket.expires_at {
                    continue;
                }
                if ticket.browser.as_ref() != Some(signed_in.digest()) {
                    let message = "this is good in the browser in which you asked for it alone, and until you sign in anew \
                                   there; open it there, or ask for one here";
                    return Err(Problem::Missing { noun: "link", message: message.to_owned() });
                }
                let about = ticket.about.clone().unwrap_or_default();
                let waiting = match purpose {
                    Purpose::Link => serde_json::from_str(&about).map_err(|error| Problem::broken(&error))?,
                    _ => {
                        let digest = self.inner.sign_in.identities.of_address(&about);
                        Waiting { provider: EMAIL.to_owned(), digest, shown: about }
                    }
                };
                return Ok((ticket, waiting));
            }
        }
        Err(no_link())
    }
}
