//! Links that are good once: made for a person by whoever runs the machine, looked at by anybody who has one, and used
//! up by the first who signs in with it.

use domain::directory::DirectoryEvent;
use domain::id::{OrgId, PersonId};
use domain::time::Timestamp;
use identity::token::{IssuedToken, PresentedToken, Purpose, TokenForm};
use journal::{Fact, TicketRow};

use super::begin::{Proof, Way};
use super::{Begun, Browser, LINK_MS, SignedIn};
use crate::organizations::OPERATOR;
use crate::{App, Problem};

/// A link, as whoever has it sees it before using it.
#[derive(Clone, Debug)]
pub struct LinkView {
    /// The name of whom it signs in.
    pub name: String,
    /// The name of an organization that it opens.
    pub organization: Option<String>,
}

impl App {
    /// A link for a person, and what must be written with whatever else happens then, so that it is good.
    pub(crate) fn new_link(&self, org: OrgId, person: PersonId) -> Result<(IssuedToken, Fact), Problem> {
        self.link_for(org, person, Purpose::FirstLink)
    }

    fn link_for(&self, org: OrgId, person: PersonId, purpose: Purpose) -> Result<(IssuedToken, Fact), Problem> {
        let (token, now) = (self.new_token(TokenForm::SignInLink)?, self.now());
        let ticket = TicketRow {
            digest: self.inner.sign_in.digester.digest(purpose, &token.presented()),
            purpose: purpose.as_str().to_owned(),
            person: Some(person),
            org: Some(org),
            about: None,
            browser: None,
            return_to: None,
            created_at: now,
            expires_at: Timestamp(now.0.saturating_add(LINK_MS)),
        };
        Ok((token, Fact::Ticket(Box::new(ticket))))
    }

    /// A link for somebody who is known, by e-mail or id, made by whoever runs the machine. It is not said what they may do
    /// with it: they are signed in then, as with every other way.
    ///
    /// # Errors
    /// [`Problem::Invalid`] where there is no such person, or nothing that they are a member of.
    pub async fn make_link(&self, person: &str) -> Result<IssuedToken, Problem> {
        self.make_link_for(person, Purpose::FirstLink).await
    }

    /// The same for somebody who has lost their passkeys: in the session that begins with it, within 10 minutes, they add
    /// another one and remove those, whoever asks them for one. It opens no organization that does.
    ///
    /// # Errors
    /// As [`App::make_link`].
    pub async fn make_recovery_link(&self, person: &str) -> Result<IssuedToken, Problem> {
        self.make_link_for(person, Purpose::RecoveryLink).await
    }

    async fn make_link_for(&self, person: &str, purpose: Purpose) -> Result<IssuedToken, Problem> {
        let nobody = || Problem::invalid("member", "there is no such person; give their e-mail address or id");
        let person = self.person(person).await?.ok_or_else(nobody)?;
        let first = self.inner.journal.organizations_of(person).await?.into_iter().next();
        let nowhere =
            || Problem::invalid("member", "this person is a member of no organization; first add them to one");
        let (token, ticket) = self.link_for(first.ok_or_else(nowhere)?, person, purpose)?;
        let made = match purpose {
            Purpose::RecoveryLink => DirectoryEvent::RecoveryLinkMade { person },
            _ => DirectoryEvent::LinkMade { person },
        };
        self.append_to_directory(OPERATOR, &[made], vec![ticket]).await?;
        Ok(token)
    }

    /// Looks at a link, which stays as good as it was: programs that read mail open every link that they see.
    ///
    /// # Errors
    /// [`Problem::Missing`] where it is none, was used, or has ended.
    pub async fn look_at_link(&self, link: &str) -> Result<LinkView, Problem> {
        let (ticket, person) = self.ticket_of(link).await?;
        let Some(org) = ticket.org else { return Ok(LinkView { name: String::new(), organization: None }) };
        let name = self.names(org, &[person]).await.pop().unwrap_or_default();
        // Where it cannot be read the link is as good: its person may have others.
        let live = self.organization(org.as_str()).await;
        let live = live.inspect_err(|problem| tracing::error!(%org, %problem, "it cannot be read"));
        Ok(LinkView { name, organization: live.ok().flatten().map(|live| live.snapshot().name().to_owned()) })
    }

    /// Signs in whoever was handed the link, and uses it up. The session that the browser had until now ends.
    ///
    /// # Errors
    /// [`Problem::Missing`] where it is none, was used (also in this very moment, by another), or has ended.
    pub async fn open_link(&self, link: &str, browser: &Browser, before: Option<&SignedIn>) -> Result<Begun, Problem> {
        let (ticket, person) = self.ticket_of(link).await?;
        let way = if ticket.purpose == Purpose::RecoveryLink.as_str() { Way::Recovery } else { Way::Link };
        let redeemed = Fact::RedeemTicket { digest: ticket.digest, purpose: ticket.purpose, at: self.now() };
        let proof =
            Proof { person, way, used_up: Some(redeemed), proven_at: None, claim: None, shown: None, newcomer: None };
        self.begin(proof, browser, before).await
    }

    async fn ticket_of(&self, link: &str) -> Result<(TicketRow, PersonId), Problem> {
        let presented = PresentedToken::parse(TokenForm::SignInLink, link).map_err(|_| no_link())?;
        for purpose in [Purpose::FirstLink, Purpose::RecoveryLink] {
            for digest in self.inner.sign_in.digester.digests(purpose, &presented) {
                let found = self.inner.journal.ticket(digest).await?;
                let good = |ticket: &TicketRow| ticket.purpose == purpose.as_str() && self.now() < ticket.expires_at;
                if let Some(ticket) = found.filter(good)
                    && let Some(person) = ticket.person
                {
                    return Ok((ticket, person));
                }
            }
        }
        Err(no_link())
    }
}

/// One answer for every link that opens nothing, so that nothing is learnt by trying.
pub(super) fn no_link() -> Problem {
    let message = "it was used before, is too old, or was not copied whole; ask for a new one";
    Problem::Missing { noun: "link", message: message.to_owned() }
}
