//! Signing in by mail: whoever says an address gets a link there, good once, soon over, and in the browser that asked.
//!
//! Whoever asks is answered alike and at once, whatever address it is: what is looked up and written is so afterwards.
//! An address lets in the person who signs in by it, or the one whom the directory knows by it and who signs in in no
//! other way yet; from then on it is theirs. It lets in somebody new where they are invited by it.
//!
//! Start reading at [`App::ask_by_mail`], then [`App::open_mailed_link`].

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use domain::id::{IdentityId, InvitationId, PersonId};
use domain::time::Timestamp;
use identity::token::{PresentedToken, Purpose, TokenForm};
use journal::{Fact, TicketRow};
use tokio::sync::Semaphore;

use super::begin::{Begun, Claim, Newcomer, Proof, Way};
use super::link::no_link;
use super::provided::Provided;
use super::{Browser, HasToken as _, SignedIn};
use crate::directory::email;
use crate::mail::Letter;
use crate::{App, Problem};

/// How long a mailed link is good, in milliseconds: a quarter of an hour.
pub(super) const GOOD_MS: i64 = 15 * 60_000;
/// Mails for one address, or for one that knows its browser, in each hour.
pub(crate) const HOURLY_MAX: u32 = 5;
const HOUR_MS: i64 = 3_600_000;
/// Addresses that are counted at once. Beyond that those of whom an hour has passed are forgotten, and where that is
/// nobody all are.
const COUNTED_MAX: usize = 100_000;
/// Requests that are looked into at once. Whoever comes beyond that is asked to come again, whatever the address.
const AT_ONCE_MAX: usize = 256;
/// Who says that an address is somebody's: whoever receives mail there.
pub(super) const PROVIDER: &str = "email";

/// For which address mails are counted, and for which browser where its person has signed in there before: others
/// cannot use up what these have. Or for which person, who has them sent to addresses that are new.
pub(crate) type Counted = ([u8; 32], Option<[u8; 32]>);

/// Whom an address lets in.
enum LetIn {
    /// Somebody who is known, and by which sign-in of theirs; by none where it becomes theirs with that.
    Known(PersonId, Option<IdentityId>),
    /// Somebody who is invited, by this name, and not known yet.
    Invited(String),
}

/// How often mail was asked for of late.
pub(super) type Asked = HashMap<Counted, (Timestamp, u32)>;

/// The places for those who ask at once.
pub(super) fn places() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(AT_ONCE_MAX))
}

impl App {
    /// Sends a link to an address, if it is one that lets somebody in; it leads to the public URL. Nothing that is
    /// answered depends on that.
    ///
    /// # Errors
    /// [`Problem::Invalid`] where it is no address at all; [`Problem::Unavailable`] where no mail is sent here,
    /// or too many ask at once.
    pub fn ask_by_mail(&self, address: &str, browser: &Browser, public_url: &str) -> Result<(), Problem> {
        let address = email(address)?;
        let (app, browser, public_url) = (self.clone(), browser.clone(), public_url.to_owned());
        self.mail_later(async move { app.mail_link(&address, &browser, &public_url).await })
    }

    /// Looks into what may come to a mail after whoever asked for it is answered.
    pub(super) fn mail_later(
        &self,
        mailing: impl Future<Output = Result<(), Problem>> + Send + 'static,
    ) -> Result<(), Problem> {
        if !self.sends_mail() {
            let message = "no mail is sent here: the setting mail-server is empty; sign in in another way";
            return Err(Problem::Unavailable { message: message.to_owned() });
        }
        let Ok(place) = self.inner.sign_in.asking.clone().try_acquire_owned() else {
            let message = "too many people are asking for mail at this moment; ask again in a minute";
            return Err(Problem::Unavailable { message: message.to_owned() });
        };
        tokio::spawn(async move {
            let _place = place;
            if let Err(problem) = mailing.await {
                tracing::error!(%problem, "a link could not be mailed");
            }
        });
        Ok(())
    }

    async fn mail_link(&self, address: &str, browser: &Browser, public_url: &str) -> Result<(), Problem> {
        let (person, name) = match self.let_in_by(address).await? {
            None => return Ok(()),
            Some(LetIn::Known(person, _)) => (Some(person), self.own_name(person).await?),
            Some(LetIn::Invited(name)) => (None, name),
        };
        let before = match person {
            Some(person) => self.inner.journal.sessions_of(person).await?,
            None => Vec::new(),
        };
        let knows = before.iter().any(|row| row.browser == Some(*browser.digest()));
        let digest = self.inner.sign_in.identities.of_address(address);
        if !self.counts((digest, knows.then(|| *browser.digest())), HOURLY_MAX) {
            return Ok(());
        }
        let (token, now) = (self.new_token(TokenForm::SignInLink)?, self.now());
        let expires_at = Timestamp(now.0.saturating_add(GOOD_MS));
        let ticket = TicketRow {
            digest: self.inner.sign_in.digester.digest(Purpose::EmailLink, &token.presented()),
            purpose: Purpose::EmailLink.as_str().to_owned(),
            person,
            org: None,
            about: Some(address.to_owned()),
            browser: Some(*browser.digest()),
            return_to: None,
            created_at: now,
            expires_at,
        };
        let host = public_url.split_once("://").map_or(public_url, |(_, host)| host);
        let letter = Letter {
            to: address.to_owned(),
            subject: format!("Sign in to {host}"),
            text: format!(
                "Hello {name},\n\nsomebody asked for a link to sign in to {host} as you. If it was you, open it in the \
                 browser in which you asked:\n\n{}/sign-in/mail/{}\n\nIt is good once, within a quarter of an hour. If \
                 it was not you, there is nothing to do: without this mail nobody gets in.\n",
                public_url,
                token.reveal()
            ),
            name,
            useless_from: Some(expires_at),
        };
        let facts = vec![Fact::Ticket(Box::new(ticket)), self.posted(&letter, None)?];
        let actor = person.as_ref().map_or("sign-in", PersonId::as_str);
        self.append_to_directory(actor, &[], facts).await?;
        self.mail_was_posted();
        Ok(())
    }

    /// Whom an address lets in.
    async fn let_in_by(&self, address: &str) -> Result<Option<LetIn>, Problem> {
        for digest in self.inner.sign_in.identities.each_of_address(address) {
            if let Some(found) = self.inner.journal.identity(PROVIDER, digest).await? {
                return Ok(Some(LetIn::Known(found.person, Some(found.identity))));
            }
        }
        let Some(person) = self.person_at(address).await? else {
            let name = match self.invited_as(address).await? {
                Some(name) => Some(name),
                None => self.welcome_at(address, None).await?,
            };
            return Ok(name.map(LetIn::Invited));
        };
        Ok(self.is_unclaimed(person).await?.then_some(LetIn::Known(person, None)))
    }

    /// Under what invitations to an address are counted: apart from the mails that its owner asks for.
    pub(crate) fn digest_of_invited(&self, address: &str) -> [u8; 32] {
        self.inner.sign_in.identities.of_address(&format!("invited {address}"))
    }

    /// Under what the refusals of one invitation for one reason are counted.
    pub(crate) fn digest_of_refused(&self, invitation: InvitationId, reason: &str) -> [u8; 32] {
        self.inner.sign_in.identities.of_address(&format!("refused {invitation} {reason}"))
    }

    /// Whether one more may go there within the hour, a mail or an entry of the record, which is counted then.
    pub(crate) fn counts(&self, counted: Counted, hourly_max: u32) -> bool {
        let now = self.now();
        let is_over = |since: Timestamp| now.0.saturating_sub(since.0) >= HOUR_MS;
        let mut asked = self.inner.sign_in.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.len() >= COUNTED_MAX {
            asked.retain(|_, (since, _)| !is_over(*since));
            if asked.len() >= COUNTED_MAX {
                asked.clear();
            }
        }
        let (since, count) = asked.entry(counted).or_insert((now, 0));
        if is_over(*since) {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        *count <= hourly_max
    }

    /// Looks at a mailed link, which stays as good as it was, and gives the address to which it was sent.
    ///
    /// # Errors
    /// [`Problem::Missing`] where it is none, was used, has ended, or was asked for in another browser.
    pub async fn look_at_mailed_link(&self, link: &str, browser: &Browser) -> Result<String, Problem> {
        self.mailed_ticket(link, browser).await.map(|(_, address, _)| address)
    }

    /// Signs in whoever received the mail, in the browser in which they asked for it, and uses the link up.
    ///
    /// # Errors
    /// As [`App::look_at_mailed_link`].
    pub async fn open_mailed_link(
        &self,
        link: &str,
        browser: &Browser,
        before: Option<&SignedIn>,
    ) -> Result<Begun, Problem> {
        let (ticket, address, person) = self.mailed_ticket(link, browser).await?;
        // Whoever signs in in another way since then does so from now on.
        let (person, newcomer, provided) = match (self.let_in_by(&address).await?, person) {
            (Some(LetIn::Known(now, theirs)), person) if person.is_none_or(|person| person == now) => {
                let provided = theirs.map_or(Provided::Unclaimed(now), |identity| Provided::Has(now, identity));
                (now, None, provided)
            }
            (Some(LetIn::Invited(name)), None) => {
                let newcomer = Newcomer { address: address.clone(), name };
                (PersonId::from_random(self.random()?), Some(newcomer), Provided::Unknown(address.clone()))
            }
            _ => return Err(no_link()),
        };
        let digest = self.inner.sign_in.identities.of_address(&address);
        let claim = !matches!(provided, Provided::Has(..));
        let claim = claim.then(|| Claim { provider: PROVIDER.to_owned(), digest, shown: address.clone() });
        let used_up = Some(Fact::RedeemTicket { digest: ticket.digest, purpose: ticket.purpose, at: self.now() });
        let proof = Proof { person, way: Way::Email, used_up, proven_at: None, claim, shown: Some(address), newcomer };
        self.begin_provided(proof, provided, (browser, before)).await
    }

    async fn mailed_ticket(
        &self,
        link: &str,
        browser: &Browser,
    ) -> Result<(TicketRow, String, Option<PersonId>), Problem> {
        let presented = PresentedToken::parse(TokenForm::SignInLink, link).map_err(|_| no_link())?;
        for digest in self.inner.sign_in.digester.digests(Purpose::EmailLink, &presented) {
            let Some(ticket) = self.inner.journal.ticket(digest).await? else { continue };
            let is_good = ticket.purpose == Purpose::EmailLink.as_str() && self.now() < ticket.expires_at;
            let (person, Some(address), true) = (ticket.person, ticket.about.clone(), is_good) else { continue };
            if ticket.browser.as_ref() != Some(browser.digest()) {
                let message = "this link is good in the browser in which you asked for it alone; open it there, or ask \
                               for one here";
                return Err(Problem::Missing { noun: "link", message: message.to_owned() });
            }
            return Ok((ticket, address, person));
        }
        Err(no_link())
    }
}
