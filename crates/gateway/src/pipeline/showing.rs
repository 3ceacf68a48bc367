//! How a call shows itself to its upstream. Never by anything that the client sent.
//!
//! What is stored for good is read once for each state of the organization. Tokens are asked for at every call, since they
//! end and are renewed. What a call shows must be the integration's credential still whenever it is shown, in a handshake and when
//! the call leaves; and where a call goes out with an account, that must be the one that is connected for as long as it runs.

use domain::id::{AccountId, IntegrationId, PersonId};
use domain::integration::{CredentialKind, Whose};
use verdict::{Action, Actor, Operation, Question, Snapshot, Subject, Verdict};

use crate::pipeline::call::Call;
use crate::pipeline::evaluate;
use crate::ports::{NoToken, Ports, TokenWanted};
use crate::upstream::connection::Shown;
use crate::upstream::endpoint::Endpoint;
use crate::upstream::failure::{Connect, Failure, Lacking};

/// What a call shows.
#[derive(Clone)]
pub(crate) struct Showing {
    pub(crate) shown: Shown,
    /// Which token it is, where it is one: what is not taken can be renewed.
    pub(crate) mark: Option<u64>,
    /// The account with which the call goes out.
    pub(crate) account: Option<AccountId>,
}

/// What has to be so still when something is shown to an upstream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Held {
    integration: IntegrationId,
    /// As of which event the integration has its credential; none where that is nothing to a call any more.
    as_of: Option<u64>,
    /// The account that is connected there, and whose it is.
    account: Option<(Option<PersonId>, AccountId)>,
}

impl Held {
    /// What ends the call with which it goes out.
    pub(crate) fn lost(&self, snapshot: &Snapshot) -> Option<Lost> {
        let as_of = snapshot.integration(self.integration).map(|integration| integration.credential_as_of);
        let is_other = |(person, account)| snapshot.account(self.integration, person) != Some(account);
        match self.account {
            Some(account) if is_other(account) => Some(Lost::Account),
            _ if self.as_of.is_some_and(|known| as_of != Some(known)) => Some(Lost::Credential),
            _ => None,
        }
    }

    /// The same of a call that has left: a credential that is set anew is nothing to it, only an account that ends.
    pub(crate) fn on_its_way(self) -> Held {
        Held { as_of: None, ..self }
    }
}

/// What is not as it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Lost {
    /// The account is connected no longer.
    Account,
    /// The credential was set anew.
    Credential,
}

/// What has to be so still whenever the call shows something, from now until it has left.
pub(crate) fn holding<P: Ports>(call: &Call<P>) -> Result<Held, Failure> {
    let (aim, snapshot) = (&call.aim, &call.caller.snapshot);
    let account = match &aim.credential {
        CredentialKind::OAuth { whose, .. } => held(call, *whose)?,
        _ => None,
    };
    let as_of = snapshot.integration(aim.integration).map(|integration| integration.credential_as_of);
    Ok(Held { integration: aim.integration, as_of, account })
}

/// How the call shows itself; with another token than the one that was refused, where one was.
pub(crate) async fn showing<P: Ports>(
    call: &Call<P>,
    endpoint: &Endpoint,
    refused: Option<u64>,
) -> Result<Showing, Failure> {
    let (aim, snapshot) = (&call.aim, &call.caller.snapshot);
    let account = match &aim.credential {
        CredentialKind::None | CredentialKind::Bearer | CredentialKind::Header { .. } | CredentialKind::Environment => {
            return Ok(Showing { shown: stored(call, endpoint).await?, mark: None, account: None });
        }
        CredentialKind::ClientCredentials { .. } => None,
        CredentialKind::OAuth { whose, .. } => match held(call, *whose)? {
            Some((_, account)) => Some(account),
            None => return Err(connect(call, Lacking::Never).await),
        },
    };
    let wanted = TokenWanted {
        org: snapshot.org(),
        integration: aim.integration,
        account,
        as_of: snapshot.integration(aim.integration).map_or(0, |integration| integration.credential_as_of),
        refused,
    };
    let token = match call.gateway.ports.token(wanted).await {
        Ok(token) => token,
        Err(NoToken::Ended(why)) => return Err(connect(call, Lacking::Ended(why)).await),
        Err(NoToken::Unavailable(why)) => return Err(Failure::SignIn(why)),
    };
    Ok(Showing { shown: Shown::bearer(&token.text)?, mark: Some(token.mark), account })
}

/// What the person is told who must connect an account, or ask somebody for everybody's.
pub(crate) async fn connect<P: Ports>(call: &Call<P>, lacking: Lacking) -> Failure {
    let (aim, caller, gateway) = (&call.aim, &call.caller, &call.gateway);
    let is_own = matches!(aim.credential, CredentialKind::OAuth { whose: Whose::Person, .. });
    let edit = Action::Operate(Operation::EditIntegration { integration: aim.integration });
    let asked = Question { actor: &caller.actor, action: edit, now: gateway.ports.now() };
    // Everybody's account is connected by those who may change the integration.
    let ask = match caller.snapshot.evaluate(&asked) {
        Verdict::Denied(denial) if !is_own => {
            let explanation = caller.snapshot.explain_denial(denial, edit);
            Some(evaluate::names(gateway, caller, &explanation.ask).await)
        }
        _ => None,
    };
    let base = gateway.options.sign_in_url.as_deref().filter(|_| ask.is_none());
    let url = base.map(|base| format!("{base}/connect/{}/{}", caller.org(), aim.slug));
    Failure::Connect(Box::new(Connect { is_own, url, ask: ask.unwrap_or_default(), lacking }))
}

/// The account with which the call goes out; none where there is none, or it is to have none.
pub(crate) fn account<P: Ports>(call: &Call<P>) -> Option<AccountId> {
    match &call.aim.credential {
        CredentialKind::OAuth { whose, .. } => held(call, *whose).ok().flatten().map(|(_, account)| account),
        _ => None,
    }
}

fn held<P: Ports>(call: &Call<P>, whose: Whose) -> Result<Option<(Option<PersonId>, AccountId)>, Failure> {
    let integration = call.aim.integration;
    let person = match whose {
        Whose::Organization => None,
        Whose::Person => Some(person(&call.caller.actor).ok_or(Failure::NobodysAccount)?),
    };
    let account = call.caller.snapshot.account(integration, person);
    Ok(account.map(|account| (person, account)))
}

/// As whom somebody calls: an agent as the person for whom it acts.
fn person(actor: &Actor) -> Option<PersonId> {
    match actor.subject {
        Subject::Member(person) => Some(person),
        Subject::Agent(_) => actor.acting_for,
        Subject::Key(_) => None,
    }
}

async fn stored<P: Ports>(call: &Call<P>, endpoint: &Endpoint) -> Result<Shown, Failure> {
    let (aim, snapshot) = (&call.aim, &call.caller.snapshot);
    if let Some(shown) = endpoint.shown(snapshot.seq()) {
        return Ok(shown);
    }
    let secret = match aim.credential {
        CredentialKind::None => None,
        _ => call.gateway.ports.secret(snapshot.org(), aim.integration).await.map_err(|unavailable| {
            tracing::error!(reason = %unavailable, "a secret cannot be read");
            Failure::NoSecret
        })?,
    };
    let shown = Shown::new(&aim.credential, secret.as_ref())?;
    endpoint.show(snapshot.seq(), shown.clone());
    Ok(shown)
}
