//! Disconnect an account: from then on no call goes out with it, and what is kept of it is deleted.

use domain::command::Command;
use domain::id::{AccountId, OrgId};
use domain::integration::Whose;
use identity::upstream::{Client, TOKEN_ANSWER_LENGTH_MAX, TokenKind, TokenRequest};
use verdict::Operation;

use super::connect::operation;
use super::kept::Kept;
use crate::change::Along;
use crate::ports::Content;
use crate::{App, Caller, Problem};

impl App {
    /// Disconnects an account at an integration's upstream: one's own, or anybody's for who changes the integration. When
    /// this returns, no call goes out with it. The authorization server is told afterwards (RFC 7009).
    ///
    /// # Errors
    /// [`Problem::Missing`] where there is no such account that the caller may know of.
    pub async fn disconnect_account(&self, caller: &Caller, name: &str, account: &str) -> Result<(), Problem> {
        let integration = self.integration_named(caller, name)?;
        let (snapshot, org) = (caller.live.snapshot(), caller.live.org());
        let named = AccountId::parse(account).ok();
        let mut known = snapshot.accounts_at(integration);
        let known = known.find(|(_, account)| Some(*account) == named);
        let own = caller.actor.subject.person();
        let operation = match known {
            Some((person, _)) if person.is_some() && person == own => operation(Whose::Person, integration),
            _ => Operation::EditIntegration { integration },
        };
        let (_permit, Some((_, account))) = (self.permit(&snapshot, &caller.actor, operation).await?, known) else {
            return Err(Problem::missing("account"));
        };
        let kept = self.kept(org, account).await.ok().flatten();
        let command = |_: &_| Ok(Command::DisconnectAccount { account, integration });
        self.change(caller, operation, command, Along::default()).await?;
        if let Some(kept) = kept {
            self.tell_server(org, account, kept);
        }
        Ok(())
    }

    /// Tells the authorization server, so that the tokens are good for nothing there either. Nobody waits for it.
    fn tell_server(&self, org: OrgId, account: AccountId, kept: Kept) {
        let app = self.clone();
        tokio::spawn(async move {
            let Some(endpoint) = kept.at.server.revocation_endpoint.as_deref() else { return };
            let Ok(web) = app.upstreams_web() else { return };
            let Ok(client) = Client::new(&kept.at.server, &kept.at.registration) else { return };
            let request = match &kept.refresh {
                Some(refresh) => TokenRequest::revoke(client, refresh, TokenKind::Refresh),
                None => TokenRequest::revoke(client, &kept.access, TokenKind::Access),
            };
            let sent = Content::Form(request.form());
            if let Err(fault) = web.post(endpoint, request.authorization(), sent, TOKEN_ANSWER_LENGTH_MAX).await {
                tracing::info!(%org, %account, %fault, "an authorization server could not be told of the end of an account");
            }
        });
    }
}
