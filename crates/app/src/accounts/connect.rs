//! Connecting an account: to the upstream's authorization server, and back in the same session.
//!
//! Whoever comes back must be the person who went, in the session in which they went there: nobody's account becomes
//! another's by a link.

use domain::command::Command;
use domain::id::{AccountId, IntegrationId, PersonId};
use domain::integration::{CredentialKind, Whose};
use domain::organization::Organization;
use domain::time::Timestamp;
use identity::token::{PresentedToken, Purpose, TokenForm};
use identity::upstream::{Authorize, Client, Returned, TOKEN_ANSWER_LENGTH_MAX, TokenRequest, Tokens};
use journal::{Fact, TicketRow};
use verdict::{Operation, Snapshot};

use super::discover::unusable;
use super::kept::{Kept, Registered, registration_id};
use super::list::AccountView;
use super::register::Met;
use super::tokens::ends_at;
use crate::change::Along;
use crate::ports::Content;
use crate::sign_in::{HasToken as _, SignedIn};
use crate::{App, Caller, Problem};

/// How long somebody may take at the authorization server, in milliseconds: ten minutes.
const AWAY_MS: i64 = 10 * 60_000;
/// An integration whose upstream one signs in at, as whoever may connect an account there sees it.
#[derive(Clone, Debug)]
pub struct UpstreamView {
    /// The organization, by name.
    pub organization: String,
    /// The integration, by name.
    pub title: String,
    /// The host of its server.
    pub host: String,
    /// Whether it is their own account; everybody's otherwise.
    pub is_own: bool,
    /// The client as which Wardroom was registered there by hand, and the redirect address that has to be registered with it;
    /// for who may change the integration.
    pub by_hand: Option<(String, String)>,
    /// What is connected now.
    pub account: Option<AccountView>,
}

/// An account that has just been connected.
#[derive(Clone, Debug)]
pub struct Connected {
    /// The organization, by slug.
    pub organization: String,
    /// The integration, by slug.
    pub integration: String,
    /// Why its tools could not be read with it, where they were to be.
    pub unread: Option<String>,
}

impl App {
    /// What somebody is shown before they connect an account.
    ///
    /// # Errors
    /// [`Problem::Missing`] where there is no such integration that they may know of, or it takes no accounts;
    /// [`Problem::Denied`] where it is everybody's account, and they may not change the integration.
    pub async fn look_at_upstream(&self, caller: &Caller, name: &str) -> Result<UpstreamView, Problem> {
        let id = self.integration_named(caller, name)?;
        let snapshot = caller.live.snapshot();
        let whose = self.may_connect(caller, &snapshot, id).await?;
        let Some(entry) = snapshot.integration(id) else { return Err(Problem::missing("integration")) };
        let person = whose_account(caller, whose)?;
        let account = match snapshot.account(id, person) {
            Some(account) => self.account_view(caller.live.org(), account, &caller.live).await?,
            None => None,
        };
        let edit = Operation::EditIntegration { integration: id };
        let by_hand = match &entry.credential {
            CredentialKind::OAuth { client_id: Some(client_id), .. }
                if self.asked(&snapshot, &caller.actor, edit).is_allowed() =>
            {
                let places = self.places(caller.live.org(), &entry.slug).await?;
                Some((client_id.clone(), places.redirect_uri))
            }
            _ => None,
        };
        Ok(UpstreamView {
            organization: snapshot.name().to_owned(),
            title: entry.title.to_string(),
            host: identity::upstream::host(&entry.url).unwrap_or_default().to_owned(),
            is_own: whose == Whose::Person,
            by_hand,
            account,
        })
    }

    /// Sends somebody to where they sign in at an integration's upstream: gives the address.
    ///
    /// # Errors
    /// As [`App::look_at_upstream`], and [`Problem::Invalid`] where one cannot sign in there.
    pub async fn go_to_upstream(
        &self,
        (caller, signed_in): (&Caller, &SignedIn),
        name: &str,
    ) -> Result<String, Problem> {
        let id = self.integration_named(caller, name)?;
        let (snapshot, org) = (caller.live.snapshot(), caller.live.org());
        let whose = self.may_connect(caller, &snapshot, id).await?;
        let person = whose_account(caller, whose)?;
        self.may_begin_as(signed_in.proof.person)?;
        let Some(entry) = snapshot.integration(id) else { return Err(Problem::missing("integration")) };
        let places = self.places(org, &entry.slug).await?;
        // What it was let do, and what the upstream wants besides.
        let wants = match snapshot.account(id, person) {
            Some(account) => self.kept(org, account).await?.and_then(|kept| {
                identity::upstream::joined(
                    kept.scope.as_deref().filter(|_| kept.wants.is_some()),
                    kept.wants.as_deref(),
                )
            }),
            None => None,
        };
        let (_, challenge) = self.knocked(&entry.url, &entry.credential).await?;
        let met = Met { url: &entry.url, challenge: challenge.as_deref(), kind: &entry.credential };
        let before = self.registered_at(org, id).await?;
        let registered = self.still_known(met, before.clone(), wants.as_deref(), &places).await?;
        let scope = registered.scope.clone();
        let client = Client::new(&registered.server, &registered.registration).map_err(|fault| unusable(&fault))?;
        let (token, now) = (self.new_token(TokenForm::SignInState)?, self.now());
        let digester = self.inner.sign_in.digester();
        let ticket = TicketRow {
            digest: digester.digest(Purpose::AccountState, &token.presented()),
            purpose: Purpose::AccountState.as_str().to_owned(),
            person: Some(signed_in.proof.person),
            org: Some(org),
            about: Some(format!("{}\n{}", about(id, &registered), scope.as_deref().unwrap_or_default())),
            browser: Some(*signed_in.digest()),
            return_to: None,
            created_at: now,
            expires_at: Timestamp(now.0.saturating_add(AWAY_MS)),
        };
        let mut facts = vec![Fact::Ticket(Box::new(ticket))];
        // What others use as well is written only where it is another, and never where an admin has given another meanwhile.
        let same =
            |before: &Registered| about(id, before) == about(id, &registered) && before.server == registered.server;
        if !before.as_ref().is_some_and(same) {
            if caller.live.snapshot().integration(id).is_none_or(|now| now.credential != entry.credential) {
                return Err(not_begun());
            }
            let sealed = self.sealed_document(org, &registration_id(id), &registered)?;
            let id = registration_id(id);
            facts.push(match before {
                Some(_) => Fact::RenewSecret { org, id, sealed },
                None => Fact::Secret { org, id, sealed },
            });
        }
        self.append_to_directory(&signed_in.stamp(), &[], facts).await?;
        let secrets = self.inner.sign_in.deriver().derive(&token.presented());
        let request = Authorize {
            client,
            redirect_uri: &registered.redirect_uri,
            state: token.reveal(),
            challenge: &secrets.challenge(),
            resource: &registered.resource,
            scope: scope.as_deref(),
        };
        request.url().map_err(|fault| unusable(&fault))
    }

    /// Connects the account with which somebody comes back, in the session in which they went, to this path. Whatever comes of
    /// it, they come back once.
    ///
    /// # Errors
    /// [`Problem::Missing`] where they did not go there from here; [`Problem::Invalid`] where it gave them nothing, or sent them
    /// to where another integration's would.
    pub async fn back_from_upstream(
        &self,
        signed_in: &SignedIn,
        (path, query): (&str, &str),
    ) -> Result<Connected, Problem> {
        let returned = Returned::parse(query).map_err(|fault| unusable(&fault))?;
        let state = returned.state().to_owned();
        let state = PresentedToken::parse(TokenForm::SignInState, &state).map_err(|_| not_begun())?;
        let ticket = self.went_to_upstream(&state, signed_in).await?;
        let (Some(org), Some(went)) = (ticket.org, ticket.about.as_deref()) else { return Err(not_begun()) };
        let (went, asked) = went.split_once('\n').unwrap_or((went, ""));
        let id = went.split(' ').next().unwrap_or_default();
        let id = IntegrationId::parse(id).map_err(|_| not_begun())?;
        let caller = self.caller_in(signed_in, org.as_str()).await?;
        let snapshot = caller.live.snapshot();
        let whose = self.may_connect(&caller, &snapshot, id).await?;
        // INVARIANT: a code is shown to no other issuer than the one whose sign-in was begun, as no other client; held by the
        // check "a code of one issuer is not taken to another that took its place meanwhile".
        let registered = self.registered_at(org, id).await?.filter(|known| about(id, known) == went);
        let registered = registered.ok_or_else(not_begun)?;
        // INVARIANT: nothing that came to the address of one integration is sent anywhere for another; held by
        // `an_answer_is_taken_only_at_the_address_of_the_integration_for_which_somebody_went`.
        if !self.is_reached_at(&registered.redirect_uri, path) {
            return Err(came_elsewhere(&registered));
        }
        let client = Client::new(&registered.server, &registered.registration).map_err(|fault| unusable(&fault))?;
        let server = &registered.server;
        let code = returned.check(&server.issuer, server.names_itself).map_err(|fault| unusable(&fault))?;
        let secrets = self.inner.sign_in.deriver().derive(&state);
        let (redirect_uri, verifier) = (&registered.redirect_uri, secrets.verifier());
        let request = TokenRequest::code(client, redirect_uri, &code, verifier, &registered.resource);
        let endpoint = &registered.server.token_endpoint;
        let sent = Content::Form(request.form());
        let answer = self.upstreams_web()?.post(endpoint, request.authorization(), sent, TOKEN_ANSWER_LENGTH_MAX).await;
        let answer = answer.map_err(|fault| unusable(&fault))?;
        let tokens = Tokens::parse(answer.status, &answer.body).map_err(|fault| unusable(&fault))?;
        let account = AccountId::from_random(self.random()?);
        let scope = tokens.scope.clone().or_else(|| Some(asked.to_owned()).filter(|asked| !asked.is_empty()));
        let kept = Kept {
            ends_at: ends_at(&tokens, self.now()),
            access: tokens.access_token,
            refresh: tokens.refresh_token,
            scope,
            wants: None,
            trouble: None,
            at: registered,
        };
        let sealed = self.sealed_document(org, account.as_str(), &kept)?;
        let mut facts = vec![Fact::Secret { org, id: account.to_string(), sealed }];
        let person = whose_account(&caller, whose)?;
        // Where the same client has both, to give the one before back might end this one as well: some take it for the end of
        // all that somebody allowed the client.
        if let Some(before) = snapshot.account(id, person)
            && self.kept(org, before).await.ok().flatten().is_some_and(|before| about(id, &before.at) == went)
        {
            facts.push(Fact::DropSecret { org, id: before.to_string() });
        }
        let credential = snapshot.integration(id).map(|entry| entry.credential.clone());
        // What was given for another credential than the one in force is none of this integration's.
        let command = |state: &Organization| match state.integrations.get(&id).map(|known| &known.credential)
            == credential.as_ref()
        {
            true => Ok(Command::ConnectAccount { account, integration: id, person }),
            false => Err(not_begun()),
        };
        let along = Along { facts, ..Along::default() };
        self.change(&caller, operation(whose, id), command, along).await?;
        Ok(Connected {
            organization: self.inner.journal.slug_of(org).await?.unwrap_or_else(|| org.to_string()),
            integration: snapshot.integration(id).map(|entry| entry.slug.to_string()).unwrap_or_default(),
            unread: self.read_first_tools(&caller, id).await,
        })
    }

    /// An integration at which nobody could sign in has no tools yet; they are read with the first account of somebody who
    /// may take them over.
    async fn read_first_tools(&self, caller: &Caller, id: IntegrationId) -> Option<String> {
        let snapshot = caller.live.snapshot();
        let has_tools =
            caller.live.state.lock().await.integrations.get(&id).is_some_and(|known| !known.tools.is_empty());
        let may = self.asked(&snapshot, &caller.actor, Operation::EditIntegration { integration: id }).is_allowed();
        if has_tools || !may {
            return None;
        }
        self.refresh_integration(caller, id.as_str()).await.err().map(|problem| problem.to_string())
    }

    /// Whose account the caller may connect there.
    pub(super) async fn may_connect(
        &self,
        caller: &Caller,
        snapshot: &Snapshot,
        id: IntegrationId,
    ) -> Result<Whose, Problem> {
        let kind = snapshot.integration(id).map(|integration| &integration.credential);
        let whose = match kind {
            Some(CredentialKind::OAuth { whose, .. }) => *whose,
            _ => Whose::Person,
        };
        let _permit = self.permit(snapshot, &caller.actor, operation(whose, id)).await?;
        match kind {
            Some(CredentialKind::OAuth { .. }) => Ok(whose),
            _ => Err(Problem::Missing { noun: "account", message: "no account is connected there".to_owned() }),
        }
    }

    async fn went_to_upstream(&self, state: &PresentedToken<'_>, signed_in: &SignedIn) -> Result<TicketRow, Problem> {
        for digest in self.inner.sign_in.digester().digests(Purpose::AccountState, state) {
            let Some(ticket) = self.inner.journal.ticket(digest).await? else { continue };
            if ticket.purpose != Purpose::AccountState.as_str() || ticket.browser.as_ref() != Some(signed_in.digest()) {
                continue;
            }
            let used_up = Fact::RedeemTicket { digest, purpose: ticket.purpose.clone(), at: self.now() };
            return match self.append_to_directory(&signed_in.stamp(), &[], vec![used_up]).await {
                Ok(()) => Ok(ticket),
                Err(Problem::Missing { .. }) => Err(not_begun()),
                Err(problem) => Err(problem),
            };
        }
        Err(not_begun())
    }
}

/// Where somebody was sent, and as which client.
fn about(id: IntegrationId, registered: &Registered) -> String {
    format!("{id} {} {}", registered.server.issuer, registered.registration.client_id)
}

/// Under which operation such an account is connected.
pub(super) fn operation(whose: Whose, integration: IntegrationId) -> Operation<'static> {
    match whose {
        Whose::Organization => Operation::EditIntegration { integration },
        Whose::Person => Operation::ConnectAccount { integration },
    }
}

/// For whom the caller connects it.
pub(super) fn whose_account(caller: &Caller, whose: Whose) -> Result<Option<PersonId>, Problem> {
    match whose {
        Whose::Organization => Ok(None),
        Whose::Person => {
            let person = caller.actor.subject.person();
            person.map(Some).ok_or_else(|| Problem::missing("integration"))
        }
    }
}

/// There is no account with which an upstream could be looked at.
pub(super) fn not_connected(whose: Whose) -> Problem {
    let message = match whose {
        Whose::Organization => "connect the integration's account first; without it its server says nothing",
        Whose::Person => "connect your own account first; without it the server says nothing",
    };
    Problem::invalid("credential", message)
}

fn not_begun() -> Problem {
    let message = "this was not begun here, in this browser and as who is signed in now, or it took too long; connect the \
                   account again";
    Problem::Missing { noun: "link", message: message.to_owned() }
}

/// What came back was meant for another.
fn came_elsewhere(went: &Registered) -> Problem {
    let message = format!(
        "what came back belongs to another connection than the one that was begun, at {}, and was sent nowhere; connect the \
         account again, and where the same comes back, that server makes people sign in at another one: tell whoever set up the \
         integration",
        identity::upstream::host(&went.server.issuer).unwrap_or_default()
    );
    Problem::invalid("credential", message)
}
