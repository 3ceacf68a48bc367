//! How a call shows itself to its upstream. Never by anything that the client sent.
//!
//! What is stored for good is read once for each state of the organization. Tokens are asked for at every call, since they
//! end and are renewed; and where a call goes out with an account, that account must still be the one that is connected when
//! the call leaves, and for as long as it runs.

use domain::id::{AccountId, IntegrationId, PersonId};
use domain::integration::{CredentialKind, Whose};
use verdict::{Actor, Snapshot, Subject};

use crate::pipeline::call::Call;
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
        CredentialKind::OAuth { whose, .. } => Some(held(call, *whose)?),
    };
    let wanted = TokenWanted {
        org: snapshot.org(),
        integration: tool.integration,
        account: account.map(|held| held.account),
        refused,
    };
    let token = call.gateway.ports.token(wanted).await.map_err(|none| match none {
        NoToken::Ended(why) => connect(call, Lacking::Ended(why)),
        NoToken::Unavailable(why) => Failure::SignIn(why),
    })?;
    Ok(Showing { shown: Shown::bearer(&token.text)?, mark: Some(token.mark), held: account })
}

/// What the person is told who must connect an account, or an admin for everybody.
pub(crate) fn connect<P: Ports>(call: &Call<P>, lacking: Lacking) -> Failure {
    let tool = &call.tool;
    let is_own = matches!(tool.credential, CredentialKind::OAuth { whose: Whose::Person, .. });
    let base = call.gateway.options.sign_in_url.as_deref();
    let url = base.map(|base| format!("{base}/connect/{}/{}", call.caller.org(), tool.slug));
    Failure::Connect(Box::new(Connect { is_own, url, lacking }))
}

/// The account with which the call goes out; none where there is none, or it is to have none.
pub(crate) fn account<P: Ports>(call: &Call<P>) -> Option<AccountId> {
    match &call.tool.credential {
        CredentialKind::OAuth { whose, .. } => held(call, *whose).ok().map(|held| held.account),
        _ => None,
    }
}

fn held<P: Ports>(call: &Call<P>, whose: Whose) -> Result<Held, Failure> {
    let integration = call.tool.integration;
    let person = match whose {
        Whose::Organization => None,
        Whose::Person => Some(person(&call.caller.actor).ok_or(Failure::NobodysAccount)?),
    };
    let account = call.caller.snapshot.account(integration, person);
    let account = account.ok_or_else(|| connect(call, Lacking::Never))?;
    Ok(Held { integration, person, account })
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
