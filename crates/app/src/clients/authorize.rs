//! What a client asks a person for, as they see it; and their yes or no.
//!
//! Nothing is kept of what was asked until they have said yes: it comes with the form again, and is looked at as it was the
//! first time.

use std::collections::BTreeSet;

use domain::command::Command;
use domain::grant::Profile;
use domain::id::ClientId;
use domain::time::Timestamp;
use identity::oauth::authorize::{Asked, Wanted};
use identity::oauth::redirect::RedirectUri;
use identity::oauth::{OAuthError, OAuthFault};
use identity::token::{IssuedToken, Purpose, TokenForm};
use journal::{ClientTokenKind, ClientTokenRow, CodeDetails, ConnectedClientRow, Fact};
use verdict::Operation;

use super::audience::Audience;
use super::known::{KnownClient, OAuthRefusal};
use super::{CODE_MS, REGISTERED_KEPT_MS};
use crate::change::Along;
use crate::sign_in::SignedIn;
use crate::{App, Caller, Problem};

/// What a person is asked.
#[derive(Clone, Debug)]
pub struct ConsentView {
    /// What the client calls itself.
    pub client: String,
    /// The host that answers for what the client says of itself, where one does.
    pub documented_at: Option<String>,
    /// Whether it was registered by hand in the organization.
    pub by_hand: bool,
    /// Where the person is sent back to: a host, or the scheme of an application.
    pub sent_back_to: String,
    /// Whether that is a program on their own machine, which anybody can say to be.
    pub is_on_own_machine: bool,
    /// What the policy of the page must name so that its form may end up there.
    pub origin: String,
    /// The organizations for which it can be connected, slug and name; the person chooses where there are several.
    pub organizations: Vec<(String, String)>,
    /// The title of the integration for which alone it asks.
    pub integration: Option<String>,
    /// The most that it asks to be let do. The person lets it do that or less.
    pub most: Profile,
}

/// What a person says yes to.
#[derive(Clone, Copy, Debug)]
pub struct Yes<'y> {
    /// The slug of the organization that they have chosen.
    pub organization: &'y str,
    /// What they let the client do.
    pub profile: Profile,
}

/// An address to which the person's browser is sent back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SentBack(pub String);

/// What is told to a client by sending the person back to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ToldBack {
    /// What is wrong.
    pub fault: OAuthFault,
    /// Where the client is told so.
    pub to: SentBack,
    /// The host to which that leads, or the scheme of an application.
    pub host: String,
    /// Whether that is a program on the person's own machine. To any other place they are sent once they have chosen to go
    /// there: anybody can register one, and link to it by us.
    pub is_on_own_machine: bool,
}

/// Why a person is not asked, or nothing came of it.
#[derive(Debug)]
pub enum AuthorizeFault {
    /// It is not known to whom it could be told but to the person.
    Page(OAuthFault),
    /// It is told to the client, by sending the person back.
    Back(Box<ToldBack>),
    /// Something else, told to the person.
    Problem(Problem),
}

impl<P: Into<Problem>> From<P> for AuthorizeFault {
    fn from(problem: P) -> AuthorizeFault {
        AuthorizeFault::Problem(problem.into())
    }
}

/// What a query comes to: a client that is known, an address of its own, and what it wants.
struct Request {
    client: KnownClient,
    redirect_uri: RedirectUri,
    wanted: Wanted,
    audience: Audience,
}

impl App {
    /// What the person is asked whom a client sent here with this query.
    ///
    /// # Errors
    /// [`AuthorizeFault`]
    pub async fn look_at_client(&self, signed_in: &SignedIn, query: &str) -> Result<ConsentView, AuthorizeFault> {
        let request = self.request_of(query).await?;
        let mut callers = Vec::new();
        match &request.audience.org {
            Some(org) => callers.push(self.caller_in(signed_in, org).await?),
            None => callers.extend(self.callers_of(&signed_in.proof).await?),
        }
        let mut integration = None;
        if let Some(slug) = request.audience.integration.as_deref() {
            // Whether there is such an integration is for those who may know of it.
            callers.retain(|caller| self.may_see_integration(caller, slug));
            let first = callers.first().map(|caller| caller.live.snapshot());
            integration = first.and_then(|snapshot| Some(snapshot.integration_by_slug(slug)?.title.to_string()));
        }
        if callers.is_empty() {
            return Err(AuthorizeFault::Problem(Problem::missing("organization")));
        }
        let mut organizations = Vec::new();
        for caller in &callers {
            let snapshot = caller.live.snapshot();
            let slug = self.inner.journal.slug_of(snapshot.org()).await?.unwrap_or_else(|| snapshot.org().to_string());
            organizations.push((slug, snapshot.name().to_owned()));
        }
        Ok(ConsentView {
            client: request.client.name().to_owned(),
            documented_at: request.client.documented_at().map(str::to_owned),
            by_hand: request.client.org.is_some(),
            sent_back_to: request.redirect_uri.shown().to_owned(),
            is_on_own_machine: request.redirect_uri.is_on_own_machine(),
            origin: request.redirect_uri.origin().to_owned(),
            organizations,
            integration,
            most: request.wanted.most,
        })
    }

    /// Connects the client that sent the person here with this query, as they say, and says where they are sent back to, with
    /// a code. When this returns, the client is connected.
    ///
    /// # Errors
    /// [`AuthorizeFault`]
    pub async fn connect_client(
        &self,
        signed_in: &SignedIn,
        query: &str,
        yes: Yes<'_>,
    ) -> Result<SentBack, AuthorizeFault> {
        let request = self.request_of(query).await?;
        // INVARIANT: nobody is let do more than was asked for; held by `nobody_lets_a_client_do_more_than_it_asked_for` in `server`.
        if yes.profile > request.wanted.most {
            let message = "the client did not ask to be let do so much; choose what it asked for, or less".to_owned();
            return Err(AuthorizeFault::Problem(Problem::Invalid { field: "profile", message }));
        }
        let org = request.audience.org.as_deref().unwrap_or(yes.organization);
        let caller = self.caller_in(signed_in, org).await?;
        if let Some(slug) = request.audience.integration.as_deref()
            && !self.may_see_integration(&caller, slug)
        {
            return Err(AuthorizeFault::Problem(Problem::missing("integration")));
        }
        let code = self.connect(&caller, signed_in, &request, yes.profile).await?;
        Ok(self.sent_back(&request, &[("code", code.reveal())]))
    }

    /// The person said no: where they are sent back to with that.
    ///
    /// # Errors
    /// [`AuthorizeFault`]
    pub async fn refuse_client(&self, query: &str) -> Result<SentBack, AuthorizeFault> {
        let request = self.request_of(query).await?;
        let fault = OAuthFault::new(OAuthError::AccessDenied, "the person said no");
        Ok(self.told(&request.redirect_uri, request.wanted.state.as_deref(), &fault))
    }

    async fn connect(
        &self,
        caller: &Caller,
        signed_in: &SignedIn,
        request: &Request,
        profile: Profile,
    ) -> Result<IssuedToken, Problem> {
        let (person, org, now) = (signed_in.proof.person, caller.live.org(), self.now());
        let client = ClientId::from_random(self.random()?);
        let theirs = self.inner.journal.clients_of(org, person).await?;
        let over: BTreeSet<ClientId> =
            theirs.iter().filter(|listed| listed.until <= now).map(|listed| listed.row.client).collect();
        let slug = self.inner.journal.slug_of(org).await?.unwrap_or_else(|| org.to_string());
        let connected = ConnectedClientRow {
            client,
            org,
            person,
            client_id: request.client.client_id.clone(),
            name: request.client.name().to_owned(),
            sent_back_to: request.redirect_uri.shown().to_owned(),
            resource: Audience::path(&slug, request.audience.integration.as_deref()),
            connected_at: now,
        };
        let code = self.new_token(TokenForm::ClientCode)?;
        let row = ClientTokenRow {
            digest: self.inner.sign_in.digester().digest(Purpose::ClientCode, &code.presented()),
            kind: ClientTokenKind::Code,
            org,
            client,
            code: Some(CodeDetails {
                redirect_uri: request.redirect_uri.as_str().to_owned(),
                challenge: request.wanted.challenge.clone(),
            }),
            expires_at: Timestamp(now.0.saturating_add(CODE_MS)),
            spent_at: None,
        };
        let mut facts: Vec<Fact> = over.iter().map(|client| Fact::DropClient { client: *client }).collect();
        // By this the record and the history name it, also once it is connected no longer.
        facts.push(Fact::Label { org, id: client.to_string(), label: connected.name.clone() });
        facts.push(Fact::ConnectedClient(Box::new(connected)));
        facts.push(Fact::ClientToken { row: Box::new(row), at: now });
        let until = Timestamp(now.0.saturating_add(REGISTERED_KEPT_MS));
        facts.push(Fact::KeepOAuthClient { client_id: request.client.client_id.clone(), until });
        let command = |_: &_| Ok(Command::ConnectClient { client, person, profile, over: over.clone() });
        let along = Along { facts, ..Along::default() };
        self.change(caller, Operation::ConnectClient, command, along).await?;
        Ok(code)
    }

    async fn request_of(&self, query: &str) -> Result<Request, AuthorizeFault> {
        let asked = Asked::parse(query).map_err(AuthorizeFault::Page)?;
        let client_id = asked.client_id().map_err(AuthorizeFault::Page)?;
        let no_such = || {
            let description =
                "this client is not known here (any more); remove the connection in it and connect it again";
            AuthorizeFault::Page(OAuthFault::new(OAuthError::InvalidClient, description))
        };
        let client = match self.known_client(client_id).await {
            Ok(client) => client.ok_or_else(no_such)?,
            Err(OAuthRefusal::Fault(fault)) => return Err(AuthorizeFault::Page(fault)),
            Err(OAuthRefusal::Problem(problem)) => return Err(AuthorizeFault::Problem(problem)),
        };
        let stated = asked.redirect_uri().map_err(AuthorizeFault::Page)?;
        let schemes = client.metadata.redirect_uris.iter().filter_map(|uri| uri.as_str().split_once(':'));
        let schemes: Vec<String> = schemes.map(|(scheme, _)| scheme.to_owned()).collect();
        let redirect_uri = RedirectUri::parse(stated, &schemes).ok().filter(|_| client.metadata.allows(stated));
        let redirect_uri = redirect_uri.ok_or_else(|| {
            let description = "this client has not registered the address to which it wants you sent back";
            AuthorizeFault::Page(OAuthFault::new(OAuthError::InvalidRequest, description))
        })?;
        // From here on it is known whom to tell.
        let back = |fault: OAuthFault| {
            AuthorizeFault::Back(Box::new(ToldBack {
                to: self.told(&redirect_uri, asked.state(), &fault),
                host: redirect_uri.shown().to_owned(),
                is_on_own_machine: redirect_uri.is_on_own_machine(),
                fault,
            }))
        };
        let wanted = asked.wanted().map_err(back)?;
        let unknown = || back(OAuthFault::new(OAuthError::InvalidTarget, "there is no such resource here"));
        let mut audience = match wanted.resource.as_deref() {
            // Older clients do not say; the person does.
            None => Audience { org: None, integration: None },
            Some(resource) => Audience::parse(self.issuer(), resource).ok_or_else(unknown)?,
        };
        // INVARIANT: a client that was registered by hand is connected nowhere else; held by
        // `a_client_that_was_registered_by_hand_is_connected_in_its_organization_and_nowhere_else` in `server`.
        if let Some(org) = client.org {
            match audience.org.as_deref() {
                Some(named) if self.organization_id(named).await? != Some(org) => return Err(unknown()),
                _ => audience.org = Some(org.to_string()),
            }
        }
        Ok(Request { client, redirect_uri, wanted, audience })
    }

    fn sent_back(&self, request: &Request, parameters: &[(&str, &str)]) -> SentBack {
        let state = request.wanted.state.iter().map(|state| ("state", state.as_str()));
        let parameters: Vec<_> = parameters.iter().copied().chain(state).chain([("iss", self.issuer())]).collect();
        SentBack(request.redirect_uri.with(&parameters))
    }

    fn told(&self, redirect_uri: &RedirectUri, state: Option<&str>, fault: &OAuthFault) -> SentBack {
        let mut parameters = vec![("error", fault.error.as_str()), ("error_description", &*fault.description)];
        parameters.extend(state.map(|state| ("state", state)));
        parameters.push(("iss", self.issuer()));
        SentBack(redirect_uri.with(&parameters))
    }

    /// As whom this installation answers (RFC 9207): the public URL, as it is set.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.inner.public_url.as_deref().unwrap_or_default()
    }

    /// Whether the caller may know of an integration, by slug.
    pub(super) fn may_see_integration(&self, caller: &Caller, slug: &str) -> bool {
        let snapshot = caller.live.snapshot();
        let found = snapshot.integration_by_slug(slug).map(|integration| integration.id);
        found.is_some_and(|integration| {
            self.asked(&snapshot, &caller.actor, Operation::ViewIntegration { integration }).is_allowed()
        })
    }
}
