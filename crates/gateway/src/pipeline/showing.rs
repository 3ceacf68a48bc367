//! How a call shows itself to its upstream. Never by anything that the client sent.
//!
//! What is stored for good is read once for each state of the organization. Tokens are asked for at every call, since they
//! end and are renewed; and where a call goes out with an account, that account must still be the one that is connected when
//! the call leaves, and for as long as it runs.

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
    pub(crate) held: Option<Held>,
}

/// An account that is connected at an upstream, and whose it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Held {
    integration: IntegrationId,
    person: Option<PersonId>,
    pub(crate) account: AccountId,
}

impl Held {
    /// Whether it is still the one that is connected.
    pub(crate) fn stands(&self, snapshot: &Snapshot) -> bool {
        snapshot.account(self.integration, self.person) == Some(self.account)
    }
}

/// How the call shows itself; with another token than the one that was refused, where one was.
pub(crate) async fn showing<P: Ports>(
    call: &Call<P>,
    endpoint: &Endpoint,
    refused: Option<u64>,
) -> Result<Showing, Failure> {
    let (tool, snapshot) = (&call.tool, &call.caller.snapshot);
    let account = match &tool.credential {
        CredentialKind::None | CredentialKind::Bearer | CredentialKind::Header { .. } => {
            return Ok(Showing { shown: stored(call, endpoint).await?, mark: None, held: None });
        }
        CredentialKind::ClientCredentials { .. } => None,
        CredentialKind::OAuth { whose, .. } => match held(call, *whose)? {
            Some(held) => Some(held),
            None => return Err(connect(call, Lacking::Never).await),
        },
    };
    let wanted = TokenWanted {
        org: snapshot.org(),
        integration: tool.integration,
        account: account.map(|held| held.account),
        refused,
    };
    let token = match call.gateway.ports.token(wanted).await {
        Ok(token) => token,
        Err(NoToken::Ended(why)) => return Err(connect(call, Lacking::Ended(why)).await),
        Err(NoToken::Unavailable(why)) => return Err(Failure::SignIn(why)),
    };
    Ok(Showing { shown: Shown::bearer(&token.text)?, mark: Some(token.mark), held: account })
}

/// What the person is told who must connect an account, or ask somebody for everybody's.
pub(crate) async fn connect<P: Ports>(call: &Call<P>, lacking: Lacking) -> Failure {
    let (tool, caller, gateway) = (&call.tool, &call.caller, &call.gateway);
    let is_own = matches!(tool.credential, CredentialKind::OAuth { whose: Whose::Person, .. });
    let edit = Action::Operate(Operation::EditIntegration { integration: tool.integration });
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
    let url = base.map(|base| format!("{base}/connect/{}/{}", caller.org(), tool.slug));
    Failure::Connect(Box::new(Connect { is_own, url, ask: ask.unwrap_or_default(), lacking }))
}

/// The account with which the call goes out; none where there is none, or it is to have none.
pub(crate) fn account<P: Ports>(call: &Call<P>) -> Option<AccountId> {
    match &call.tool.credential {
        CredentialKind::OAuth { whose, .. } => held(call, *whose).ok().flatten().map(|held| held.account),
        _ => None,
    }
}

fn held<P: Ports>(call: &Call<P>, whose: Whose) -> Result<Option<Held>, Failure> {
    let integration = call.tool.integration;
    let person = match whose {
        Whose::Organization => None,
        Whose::Person => Some(person(&call.caller.actor).ok_or(Failure::NobodysAccount)?),
    };
    let account = call.caller.snapshot.account(integration, person);
    Ok(account.map(|account| Held { integration, person, account }))
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
    let (tool, snapshot) = (&call.tool, &call.caller.snapshot);
    if let Some(shown) = endpoint.shown(snapshot.seq()) {
        return Ok(shown);
    }
    let secret = match tool.credential {
        CredentialKind::None => None,
        _ => call.gateway.ports.secret(snapshot.org(), tool.integration).await.map_err(|unavailable| {
            tracing::error!(reason = %unavailable, "a secret cannot be read");
            Failure::NoSecret
        })?,
    };
    let shown = Shown::new(&tool.credential, secret.as_ref())?;
    endpoint.show(snapshot.seq(), shown.clone());
    Ok(shown)
}
