//! Signing in with a provider: there, and back in the same browser.
//!
//! An identity is who the provider means by issuer and subject, and lets in one person, whose it is for good. An address
//! that is believed lets in once the person whom the directory knows by it and who signs in in no way yet, or somebody new
//! who is invited by it; it never leads to somebody who has a sign-in, whoever else says that it is theirs.
//!
//! Start reading at [`App::go_to_provider`], then [`App::back_from_provider`]. What goes wrong is told in
//! [`super::told`].

use domain::id::{IdentityId, PersonId};
use domain::time::Timestamp;
use identity::oidc::{
    Address, Answer, AuthorizationRequest, Client, Expected, IdTokenFault, JwsFault, Prompt, ProvenIdentity, Provider,
    SignInSecrets, TOKEN_ANSWER_LENGTH_MAX, TokenAnswer, TokenRequest, USERINFO_LENGTH_MAX, check_id_token,
};
use identity::token::{PresentedToken, Purpose, TokenForm};
use journal::{Fact, TicketRow};
use zeroize::Zeroizing;

use super::begin::{Begun, Claim, Newcomer, Proof, Way};
use super::failures::{Payer, network};
use super::identities::has_another;
use super::linking::NewSignIn;
use super::provided::Provided;
use super::providers::Desk;
use super::told::{disbelieved, nobody, not_begun, not_exchanged, refused, unbelievable};
use super::{Browser, HasToken, SignedIn};
use crate::mail_domains::vouched;
use crate::ports::Content;
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

/// What came of going to a provider.
#[derive(Debug)]
pub enum Back {
    /// Somebody is signed in.
    SignedIn(Begun),
    /// Somebody who was has brought one more sign-in, and is asked whether it is to be theirs.
    ToLink(NewSignIn),
}

/// For what a browser is sent to a provider.
pub(super) struct Errand {
    /// Its state's purpose.
    pub(super) purpose: Purpose,
    /// Who sends it, where that is known.
    pub(super) person: Option<PersonId>,
    /// Digest of the token with which it must come back.
    pub(super) bound_to: [u8; 32],
    /// What the provider is asked to do.
    pub(super) prompt: Prompt,
    /// Whom it is charged to.
    pub(super) from: Payer,
}

impl App {
    /// The providers with whom one can sign in here.
    #[must_use]
    pub fn providers(&self) -> Vec<OfferedProvider> {
        let offered = |desk: &Desk| OfferedProvider { key: desk.setup.key, title: desk.setup.title.clone() };
        self.inner.sign_in.desks.iter().map(offered).collect()
    }

    /// Begins a sign-in with a provider: gives what people know it by, and the address to which the browser is sent.
    /// Whoever is signed in already is made to sign in there anew.
    ///
    /// # Errors
    /// [`Problem::Missing`] where no such provider is set up; [`Problem::Unavailable`] where it cannot be used;
    /// [`Problem::TooMany`] where too many sign-ins were begun from where this one is.
    pub async fn go_to_provider(
        &self,
        key: &str,
        public_url: &str,
        (browser, before): (&Browser, Option<&SignedIn>),
    ) -> Result<(String, String), Problem> {
        let person = before.map(|signed_in| signed_in.proof.person);
        let errand = Errand {
            purpose: Purpose::SignInState,
            person,
            bound_to: *browser.digest(),
            prompt: if before.is_some() { Prompt::Again } else { Prompt::AsNeeded },
            from: person.map_or_else(|| network(browser.address().as_deref()), Payer::Person),
        };
        self.send_away(key, public_url, errand).await
    }

    /// What people know a provider by, and the address to which the browser is sent.
    pub(super) async fn send_away(
        &self,
        key: &str,
        public_url: &str,
        errand: Errand,
    ) -> Result<(String, String), Problem> {
        let desk = self.desk(key)?;
        self.may_begin(errand.from)?;
        let provider = desk.provider(self.now()).await?;
        let (token, now) = (self.new_token(TokenForm::SignInState)?, self.now());
        let ticket = TicketRow {
            digest: self.inner.sign_in.digester.digest(errand.purpose, &token.presented()),
            purpose: errand.purpose.as_str().to_owned(),
            person: errand.person,
            org: None,
            about: Some(desk.setup.key.to_owned()),
            browser: Some(errand.bound_to),
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
            prompt: errand.prompt,
        };
        Ok((desk.setup.title.clone(), request.url()))
    }

    /// Signs in whoever comes back from a provider, in the browser in which they went there; or asks them whether the
    /// account is to be a sign-in of theirs, where they went there for that, in the same session. Whatever comes of it,
    /// they come back once.
    ///
    /// # Errors
    /// [`Problem::Unauthenticated`] where they did not go there from here, or nobody here signs in with that account;
    /// [`Problem::Unavailable`] where the provider cannot be used.
    pub async fn back_from_provider(
        &self,
        query: &str,
        public_url: &str,
        (browser, before): (&Browser, Option<&SignedIn>),
    ) -> Result<Back, Problem> {
        let answer = Answer::parse(query).map_err(|fault| refused(&fault))?;
        let state = answer.state().map_err(|_| not_begun())?;
        let secrets = self.inner.sign_in.deriver.derive(&state);
        let (to_link, ticket) = match (self.went(&state, Purpose::SignInState, browser).await?, before) {
            (Some(ticket), _) => (None, ticket),
            (None, Some(signed_in)) => {
                let ticket = self.went(&state, Purpose::LinkState, signed_in).await?;
                (Some(signed_in), ticket.ok_or_else(not_begun)?)
            }
            (None, None) => return Err(not_begun()),
        };
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
        let answer = desk
            .web()
            .post(endpoint, request.authorization(), Content::Form(request.form()), TOKEN_ANSWER_LENGTH_MAX)
            .await;
        let answer = answer.map_err(|fault| desk.unusable(&fault))?;
        let tokens = TokenAnswer::parse(answer.status, &answer.body).map_err(|fault| {
            tracing::warn!(provider = desk.setup.key, %fault, "a code could not be exchanged");
            not_exchanged(fault, &desk.setup.title)
        })?;
        let chose = to_link.is_some() && desk.lets_choose();
        let again = ticket.person.filter(|_| !chose).map(|_| ticket.created_at);
        let identity = self.proven(desk, &provider, (&tokens, &secrets), again).await?;
        if let Some(signed_in) = to_link {
            let identity = self.asked_for_address(desk, &provider, (&tokens, identity)).await?;
            return Ok(Back::ToLink(self.bring(signed_in, &desk.setup.title, &identity).await?));
        }
        let (proof, provided, vouched) = match self.linked_to(&identity).await? {
            Some((person, linked)) => {
                let shown = believed(&identity).cloned();
                let proven_at = identity.signed_in_at_ms().map(Timestamp);
                let (way, used_up, claim, newcomer) = (Way::Provider, None, None, None);
                let proof = Proof { person, way, used_up, proven_at, claim, shown, newcomer };
                (proof, Provided::Has(person, linked), vouched(desk.setup.belief, &identity))
            }
            None => {
                let identity = self.asked_for_address(desk, &provider, (&tokens, identity)).await?;
                let (proof, provided) = self.claimed_by(&identity).await?;
                (proof, provided, vouched(desk.setup.belief, &identity))
            }
        };
        let begun = self.begin_provided(proof, provided, (browser, before)).await?;
        if let Some(address) = vouched {
            self.join_by_address(&begun, &address).await;
        }
        Ok(Back::SignedIn(begun))
    }

    pub(super) fn desk(&self, key: &str) -> Result<&Desk, Problem> {
        let mut desks = self.inner.sign_in.desks.iter();
        desks.find(|desk| desk.setup.key == key).ok_or_else(|| Problem::missing("provider"))
    }

    /// That they went there from here for this, in this browser or session; it is used up by that.
    async fn went(
        &self,
        state: &PresentedToken<'_>,
        purpose: Purpose,
        with: &impl HasToken,
    ) -> Result<Option<TicketRow>, Problem> {
        for digest in self.inner.sign_in.digester.digests(purpose, state) {
            let Some(ticket) = self.inner.journal.ticket(digest).await? else { continue };
            if ticket.purpose != purpose.as_str() || ticket.browser.as_ref() != Some(with.digest()) {
                continue;
            }
            let used_up = Fact::RedeemTicket { digest, purpose: ticket.purpose.clone(), at: self.now() };
            return match self.append_to_directory("sign-in", &[], vec![used_up]).await {
                Ok(()) => Ok(Some(ticket)),
                Err(Problem::Missing { .. }) => Err(not_begun()),
                Err(problem) => Err(problem),
            };
        }
        Ok(None)
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
            disbelieved(fault, &desk.setup.title)
        })
    }

    /// The same with the address, where the provider tells it to whom asks beside the id_token alone.
    async fn asked_for_address(
        &self,
        desk: &Desk,
        provider: &Provider,
        (tokens, identity): (&TokenAnswer, ProvenIdentity),
    ) -> Result<ProvenIdentity, Problem> {
        let asked = identity.address() == &Address::Absent;
        let (Some(endpoint), Some(shown), true) = (provider.userinfo_endpoint(), tokens.access_token(), asked) else {
            return Ok(identity);
        };
        let shown = Zeroizing::new(format!("Bearer {shown}"));
        let answer = desk.web().get(endpoint.as_str(), Some(&shown), USERINFO_LENGTH_MAX).await;
        let answer = answer.map_err(|fault| desk.unusable(&fault))?;
        identity.with_userinfo(answer.status, &answer.body, desk.setup.belief).map_err(|fault| {
            tracing::warn!(provider = desk.setup.key, %fault, "what a provider says beside its id_token was refused");
            refused(&unbelievable(&desk.setup.title))
        })
    }

    /// Whose an identity is, and which of theirs.
    pub(super) async fn linked_to(&self, identity: &ProvenIdentity) -> Result<Option<(PersonId, IdentityId)>, Problem> {
        let (issuer, subject) = (identity.issuer(), identity.subject());
        for digest in self.inner.sign_in.identities.digests(issuer, subject) {
            if let Some(found) = self.inner.journal.identity(issuer.as_str(), digest).await? {
                return Ok(Some((found.person, found.identity)));
            }
        }
        Ok(None)
    }

    /// Whose an identity that is nobody's becomes, by its address.
    async fn claimed_by(&self, identity: &ProvenIdentity) -> Result<(Proof, Provided), Problem> {
        let address = match identity.address() {
            Address::Believed(address) => address,
            Address::Doubted { doubt, .. } => return Err(nobody(&doubt.to_string())),
            Address::Absent => return Err(nobody("the provider gives no e-mail address by which you could be known")),
        };
        let (person, newcomer, provided) = match self.person_at(address).await? {
            Some(person) => (person, None, Provided::Unclaimed(person)),
            None => {
                let name = match self.invited_as(address).await? {
                    Some(name) => Some(name),
                    None => self.welcome_at(address, identity.name()).await?,
                };
                let name = name.ok_or_else(|| nobody("ask for an invitation"))?;
                let newcomer = Newcomer { address: address.clone(), name };
                (PersonId::from_random(self.random()?), Some(newcomer), Provided::Unknown(address.clone()))
            }
        };
        if !self.is_unclaimed(person).await? {
            return Err(has_another());
        }
        let (claim, shown) = (Some(self.claim(identity, address.clone())), Some(address.clone()));
        let proven_at = identity.signed_in_at_ms().map(Timestamp);
        Ok((Proof { person, way: Way::Provider, used_up: None, proven_at, claim, shown, newcomer }, provided))
    }

    /// An identity, to become somebody's.
    pub(super) fn claim(&self, identity: &ProvenIdentity, shown: String) -> Claim {
        let (issuer, subject) = (identity.issuer(), identity.subject());
        let digest = self.inner.sign_in.identities.digest(issuer, subject);
        Claim { provider: issuer.as_str().to_owned(), digest, shown }
    }
}

/// The address that is its person's, where the provider is believed about it.
fn believed(identity: &ProvenIdentity) -> Option<&String> {
    match identity.address() {
        Address::Believed(address) => Some(address),
        Address::Doubted { .. } | Address::Absent => None,
    }
}
