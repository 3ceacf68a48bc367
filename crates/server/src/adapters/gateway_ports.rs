//! The gateway's ports, joined to the application and the journal.

use std::net::IpAddr;
use std::sync::Arc;

use app::ask::Wording;
use app::requests::{RequestToOpen, Told};
use app::{App, Live, Problem, accounts};
use domain::credential::CredentialId;
use domain::id::{AccountId, IntegrationId, OrgId, PersonId};
use domain::record::{Durability, Intent, Outcome, RecordRef};
use domain::time::Timestamp;
use gateway::{
    Access, NoToken, NotOpened, Opened, Ports, RequestTold, ShownClient, TokenWanted, ToolAsked, Trouble, Unavailable,
    UpstreamToken,
};
use identity::digest::ArgumentDigester;
use identity::key::PresentedKey;
use identity::request_state::RequestStates;
use identity::token::PresentedToken;
use journal::Journal;
use tokio::runtime::Handle;
use tokio::sync::watch;
use verdict::{Action, Actor, Credential, Snapshot};
use zeroize::Zeroizing;

use super::day;

/// One organization as the gateway sees it.
pub(crate) struct LiveAccess(Arc<Live>);

impl Access for LiveAccess {
    fn snapshot(&self) -> Arc<Snapshot> {
        self.0.snapshot()
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes()
    }
}

/// What the gateway needs, from where it is.
pub(crate) struct GatewayPorts {
    pub(crate) app: App,
    pub(crate) journal: Journal,
    pub(crate) arguments: ArgumentDigester,
    pub(crate) states: RequestStates,
    /// Where management runs: changes are made there, away from the threads that serve calls.
    pub(crate) runtime: Handle,
}

fn unavailable(error: &impl std::fmt::Display) -> Unavailable {
    Unavailable(error.to_string())
}

impl Ports for GatewayPorts {
    type Access = LiveAccess;

    async fn organization(&self, slug_or_id: &str) -> Result<Option<Arc<LiveAccess>>, Unavailable> {
        let found = self.app.organization(slug_or_id).await.map_err(|error: Problem| unavailable(&error))?;
        Ok(found.map(|live| Arc::new(LiveAccess(live))))
    }

    async fn credential(&self, key: &PresentedKey<'_>) -> Result<Option<(OrgId, Credential)>, Unavailable> {
        self.app.credential_of(key).await.map_err(|error| unavailable(&error))
    }

    async fn client(&self, token: &PresentedToken<'_>) -> Result<Option<ShownClient>, Unavailable> {
        let found = self.app.client_of(token).await.map_err(|error| unavailable(&error))?;
        Ok(found.map(|shown| ShownClient {
            org: shown.org,
            credential: shown.credential(),
            integration: shown.integration,
            known_as: shown.known_as,
        }))
    }

    async fn secret(&self, org: OrgId, integration: IntegrationId) -> Result<Option<Zeroizing<String>>, Unavailable> {
        self.app.upstream_secret(org, integration).await.map_err(|error| unavailable(&error))
    }

    async fn token(&self, wanted: TokenWanted) -> Result<UpstreamToken, NoToken> {
        let TokenWanted { org, integration, account, as_of, refused } = wanted;
        let wanted = accounts::TokenWanted { org, integration, account, as_of, refused };
        let token = match self.app.token_at_hand(&wanted) {
            Some(known) => known,
            None => {
                // Goes on to its end where the call that wanted it is gone: what was renewed must be kept.
                let app = self.app.clone();
                let renewed = self.runtime.spawn(async move { app.renewed_token(wanted).await }).await;
                renewed.unwrap_or_else(|error| Err(accounts::NoToken::Unavailable(error.to_string())))
            }
        };
        match token {
            Ok(token) => Ok(UpstreamToken { text: token.text, mark: token.mark }),
            Err(accounts::NoToken::Ended(why)) => Err(NoToken::Ended(why)),
            Err(accounts::NoToken::Unavailable(why)) => Err(NoToken::Unavailable(why)),
        }
    }

    async fn trouble(&self, org: OrgId, account: AccountId, trouble: Trouble) {
        let trouble = match trouble {
            Trouble::WantsMore(scope) => accounts::Trouble::WantsMore(scope),
            Trouble::NotTaken => accounts::Trouble::NotTaken,
        };
        let app = self.app.clone();
        // The caller is told where to mend it, and has to find it there.
        let _ = self.runtime.spawn(async move { app.account_trouble(org, account, trouble).await }).await;
    }

    async fn begin(&self, intent: Intent, durability: Durability) -> Result<RecordRef, Unavailable> {
        self.journal.begin(intent, durability).await.map_err(|error| unavailable(&error))
    }

    async fn note(&self, intent: Intent) -> Result<(), Unavailable> {
        self.journal.note(intent).await.map(|_| ()).map_err(|error| unavailable(&error))
    }

    async fn finish(&self, record: RecordRef, outcome: Outcome) {
        if let Err(error) = self.journal.finish(record, outcome).await {
            // The intent stands; the next start closes it as unknown.
            tracing::error!(org = %record.org, seq = record.seq, %error, "an outcome could not be recorded");
        }
    }

    fn used(&self, org: OrgId, credential: CredentialId, address: Option<IpAddr>, client: Option<&str>) {
        self.app.used(org, credential, address.map(|address| address.to_string()), client.map(str::to_owned));
    }

    async fn names(&self, org: OrgId, people: &[PersonId]) -> Vec<String> {
        self.app.known_names(org, people).await
    }

    async fn request_told(&self, access: &Arc<LiveAccess>, actor: Actor, asked: &ToolAsked) -> Option<RequestTold> {
        let (app, live, asked) = (self.app.clone(), access.0.clone(), asked.clone());
        let told = self.runtime.spawn(async move {
            let action = Action::CallTool { integration: &asked.integration, tool: &asked.tool };
            let wanted = live.snapshot().wanted_call(action);
            match wanted {
                Some(wanted) => app.request_told(&app.caller_of(&live, actor), &wanted).await,
                None => Ok(None),
            }
        });
        // A denial is told without it where it cannot be had.
        let told = told.await.ok().and_then(Result::ok).flatten()?;
        Some(match told {
            Told::Waits { id, since, waits_for } => RequestTold::Waits { id, on: day(since), waits_for },
            Told::Refused { id, at, by, reason } => RequestTold::Refused { id, on: day(at), by, reason },
        })
    }

    async fn request_access(
        &self,
        access: &Arc<LiveAccess>,
        actor: Actor,
        asked: &ToolAsked,
        note: Option<String>,
    ) -> Result<Opened, NotOpened> {
        let (app, live) = (self.app.clone(), access.0.clone());
        let name = format!("{}/{}", asked.integration, asked.tool);
        let wording = Wording { action: "call".to_owned(), kind: "tool".to_owned(), name, role: None };
        let open = RequestToOpen { wording, note, lasts_ms: None };
        let opened = self.runtime.spawn(async move { app.open_request(&app.caller_of(&live, actor), &open).await });
        match opened.await {
            Ok(Ok(detail)) => {
                let (id, says) = (detail.view.request.asked.id.to_string(), detail.view.says);
                Ok(Opened { id, says, waits_for: detail.waits_for })
            }
            Ok(Err(problem)) => Err(NotOpened { code: problem.code().to_owned(), message: problem.to_string() }),
            Err(error) => Err(NotOpened { code: "unavailable".to_owned(), message: error.to_string() }),
        }
    }

    fn arguments_digest(&self, org: OrgId, canonical: &[u8]) -> [u8; 32] {
        self.arguments.digest(org.as_str(), canonical)
    }

    fn states(&self) -> &RequestStates {
        &self.states
    }

    fn now(&self) -> Timestamp {
        self.app.now()
    }
}
