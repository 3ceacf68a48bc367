//! Signing in with a provider: there, and back in the same browser.
//!
//! An identity is who the provider means by issuer and subject, and lets in one person, whose it is for good. An address
//! that is believed lets in once the person whom the directory knows by it and who signs in in no way yet, or somebody new
//! who is invited by it; it never leads to somebody who has a sign-in, whoever else says that it is theirs.
//!
//! Start reading at [`App::go_to_provider`], then [`App::back_from_provider`].

use domain::id::PersonId;
use domain::time::Timestamp;
use identity::oidc::{
    Address, Answer, AuthorizationRequest, Client, Expected, IdTokenFault, JwsFault, Prompt, ProvenIdentity, Provider,
    SignInSecrets, TOKEN_ANSWER_LENGTH_MAX, TokenAnswer, TokenRequest, check_id_token,
};
use identity::token::{PresentedToken, Purpose, TokenForm};
use journal::{Fact, TicketRow};

use super::begin::{Begun, Claim, Newcomer, Proof, Way};
use super::providers::Desk;
use super::{Browser, HasToken as _, SignedIn};
use crate::{App, Problem};

/// How long somebody may take at the provider, in milliseconds: ten minutes.
const AWAY_MS: i64 = 10 * 60_000;
/// Where the provider sends the browser back to, below the public URL; it is registered there.
pub const BACK: &str = "/sign-in/back";

/// A provider, as it is offered to whoever wants to sign in.
#[derive(Clone, Debug)]
pub struct OfferedProvider {
    /// Which, in a word that stands in addresses.
    pub key: &'static str,
    /// What people know it by.
    pub title: String,
}

impl App {
    /// The providers with whom one can sign in here.
    #[must_use]
    pub fn providers(&self) -> Vec<OfferedProvider> {
        let offered = |desk: &Desk| OfferedProvider { key: desk.setup.key, title: desk.setup.title.clone() };
        self.inner.sign_in.desks.iter().map(offered).collect()
    }

    /// Begins a sign-in with a provider: gives what people know it by, and the address to which the
    /// browser is sent. Whoever is signed in already is
    /// made to sign in there anew.
    ///
    /// # Errors
    /// [`Problem::Missing`] where no such provider is set up; [`Problem::Unavailable`] where it cannot be used.
    pub async fn go_to_provider(
        &self,
        key: &str,
        public_url: &str,
        (browser, before): (&Browser, Option<&SignedIn>),
    ) -> Result<(String, String), Problem> {
        let desk = self.desk(key)?;
        let provider = desk.provider(self.now()).await?;
        let (token, now) = (self.new_token(TokenForm::SignInState)?, self.now());
        let ticket = TicketRow {
            digest: self.inner.sign_in.digester.digest(Purpose::SignInState, &token.presented()),
            purpose: Purpose::SignInState.as_str().to_owned(),
            person: before.map(|signed_in| signed_in.proof.person),
            org: None,
            about: Some(desk.setup.key.to_owned()),
            browser: Some(*browser.digest()),
            return_to: None,
            created_at: now,
            expires_at: Timestamp(now.0.saturating_add(AWAY_MS)),
        };
        self.append_to_directory("sign-in", &[], vec![Fact::Ticket(Box::new(ticket))]).await?;
        let request = AuthorizationRequest {
            provider: &provider,
            client_id: &desk.setup.client_id,
            redirect_uri: &format!("{public_url}{BACK}"),
            state: token.presented(),
            secrets: &self.inner.sign_in.deriver.derive(&token.presented()),
            prompt: if before.is_some() { Prompt::Again } else { Prompt::AsNeeded },
        };
        Ok((desk.setup.title.clone(), request.url()))
    }

    /// Signs in whoever comes back from a provider, in the browser in which they went there. Whatever comes of it, they
    /// come back once.
    ///
    /// # Errors
    /// [`Problem::Unauthenticated`] where they did not go there from here, or nobody here signs in with that account;
    /// [`Problem::Unavailable`] where the provider cannot be used.
    pub async fn back_from_provider(
        &self,
        query: &str,
        public_url: &str,
        (browser, before): (&Browser, Option<&SignedIn>),
    ) -> Result<Begun, Problem> {
        let answer = Answer::parse(query).map_err(|fault| refused(&fault))?;
        let state = answer.state().map_err(|_| not_begun())?;
        let secrets = self.inner.sign_in.deriver.derive(&state);
        let ticket = self.went(&state, browser).await?;
        let desk = self.desk(ticket.about.as_deref().unwrap_or_default())?;
        let provider = desk.provider(self.now()).await?;
        let code = answer.code(&provider).map_err(|fault| refused(&fault))?;
        let client = Client {
            id: &desk.setup.client_id,
            secret: &desk.setup.client_secret,
            redirect_uri: &format!("{public_url}{BACK}"),
        };
        let request = TokenRequest::new(&provider, client, &code, &secrets);
        let endpoint = provider.token_endpoint().as_str();
        let answer = desk.web().post(endpoint, request.authorization(), request.form(), TOKEN_ANSWER_LENGTH_MAX).await;
        let answer = answer.map_err(|fault| desk.unusable(&fault))?;
        let tokens = TokenAnswer::parse(answer.status, &answer.body).map_err(|fault| {
            tracing::warn!(provider = desk.setup.key, %fault, "a code could not be exchanged");
            refused(&fault)
        })?;
        let again = ticket.person.map(|_| ticket.created_at);
        let identity = self.proven(desk, &provider, (&tokens, &secrets), again).await?;
        let (person, claim, newcomer) = self.person_of(&identity).await?;
        let shown = match identity.address() {
            Address::Believed(address) => Some(address.clone()),
            Address::Doubted { .. } | Address::Absent => None,
        };
        let proof = Proof { person, way: Way::Provider, used_up: None, claim, shown, newcomer };
        self.begin(proof, browser, before).await
    }

    fn desk(&self, key: &str) -> Result<&Desk, Problem> {
        let mut desks = self.inner.sign_in.desks.iter();
        desks.find(|desk| desk.setup.key == key).ok_or_else(|| Problem::missing("provider"))
    }

    /// That they went there from here, in this browser; it is used up by that.
    async fn went(&self, state: &PresentedToken<'_>, browser: &Browser) -> Result<TicketRow, Problem> {
        for digest in self.inner.sign_in.digester.digests(Purpose::SignInState, state) {
            let Some(ticket) = self.inner.journal.ticket(digest).await? else { continue };
            if ticket.purpose != Purpose::SignInState.as_str() || ticket.browser.as_ref() != Some(browser.digest()) {
                continue;
            }
            let used_up = Fact::RedeemTicket { digest, purpose: ticket.purpose.clone(), at: self.now() };
            return match self.append_to_directory("sign-in", &[], vec![used_up]).await {
                Ok(()) => Ok(ticket),
                Err(Problem::Missing { .. }) => Err(not_begun()),
                Err(problem) => Err(problem),
            };
        }
        Err(not_begun())
    }

    /// Who the provider says that they are. Keys that it has changed meanwhile are fetched again, once.
    async fn proven(
        &self,
        desk: &Desk,
        provider: &Provider,
        (tokens, secrets): (&TokenAnswer, &SignInSecrets),
        again: Option<Timestamp>,
    ) -> Result<ProvenIdentity, Problem> {
        let now = self.now();
        let expected = Expected {
            provider,
            client_id: &desk.setup.client_id,
            secrets,
            access_token: tokens.access_token(),
            now_ms: now.0,
            again_since_ms: again.map(|at| at.0),
            hosted_domains: &desk.setup.hosted_domains,
            belief: desk.setup.belief,
        };
        let keys = desk.keys(provider, now, false).await?;
        let mut checked = check_id_token(tokens.id_token(), &keys, &expected);
        if checked == Err(IdTokenFault::Signature(JwsFault::UnknownKey)) {
            let keys = desk.keys(provider, now, true).await?;
            checked = check_id_token(tokens.id_token(), &keys, &expected);
        }
        checked.map_err(|fault| {
            tracing::warn!(provider = desk.setup.key, %fault, "an id_token was refused");
            refused(&fault)
        })
    }

    /// Whose an identity is, and what becomes theirs where they had no sign-in.
    async fn person_of(
        &self,
        identity: &ProvenIdentity,
    ) -> Result<(PersonId, Option<Claim>, Option<Newcomer>), Problem> {
        let (issuer, subject) = (identity.issuer(), identity.subject());
        for digest in self.inner.sign_in.identities.digests(issuer, subject) {
            if let Some(found) = self.inner.journal.identity(issuer.as_str(), digest).await? {
                return Ok((found.person, None, None));
            }
        }
        let address = match identity.address() {
            Address::Believed(address) => address,
            Address::Doubted { doubt, .. } => return Err(nobody(&doubt.to_string())),
            Address::Absent => return Err(nobody("the provider gives no e-mail address by which you could be known")),
        };
        let (person, newcomer) = match self.person_at(address).await? {
            Some(person) => (person, None),
            None => {
                let name = self.invited_as(address).await?.ok_or_else(|| nobody("ask for an invitation"))?;
                (PersonId::from_random(self.random()?), Some(Newcomer { address: address.clone(), name }))
            }
        };
        if !self.inner.journal.identities_of(person).await?.is_empty() {
            return Err(nobody("this address has another sign-in here; use that one"));
        }
        let digest = self.inner.sign_in.identities.digest(issuer, subject);
        let claim = Claim { provider: issuer.as_str().to_owned(), digest, shown: address.clone() };
        Ok((person, Some(claim), newcomer))
    }
}

/// One answer for everybody who comes back without having gone there from this browser, or twice.
fn not_begun() -> Problem {
    let message = "this sign-in was not begun in this browser, took longer than ten minutes, or is over already; begin \
                   it again";
    Problem::Unauthenticated { message: message.to_owned() }
}

fn refused(fault: &impl std::fmt::Display) -> Problem {
    Problem::Unauthenticated { message: fault.to_string() }
}

fn nobody(why: &str) -> Problem {
    Problem::Unauthenticated { message: format!("nobody here signs in with this account: {why}") }
}
