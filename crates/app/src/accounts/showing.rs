//! What is shown to an upstream that is looked at for somebody: a stored secret, or a token of theirs, or of everybody's.

use domain::id::IntegrationId;
use domain::integration::CredentialKind;
use verdict::Snapshot;
use zeroize::Zeroizing;

use super::connect;
use super::connect::whose_account;
use super::tokens::{NoToken, TokenWanted};
use crate::{App, Caller, Problem};

impl App {
    /// What the caller's look at an upstream is shown with; none where nothing is shown.
    pub(crate) async fn shown_for(
        &self,
        caller: &Caller,
        snapshot: &Snapshot,
        integration: IntegrationId,
    ) -> Result<Option<Zeroizing<String>>, Problem> {
        let (org, kind) = (caller.live.org(), snapshot.integration(integration).map(|entry| &entry.credential));
        let account = match kind {
            Some(CredentialKind::ClientCredentials { .. }) => None,
            Some(CredentialKind::OAuth { whose, .. }) => {
                let person = whose_account(caller, *whose)?;
                let account = snapshot.account(integration, person);
                Some(account.ok_or_else(|| connect::not_connected(*whose))?)
            }
            _ => return self.upstream_secret(org, integration).await,
        };
        let as_of = snapshot.integration(integration).map_or(0, |entry| entry.credential_as_of);
        let wanted = TokenWanted { org, integration, account, as_of, refused: None };
        let token = match self.token_at_hand(&wanted) {
            Some(known) => known,
            None => {
                let app = self.clone();
                let renewed = tokio::spawn(async move { app.renewed_token(wanted).await });
                renewed.await.map_err(|error| Problem::broken(&error))?
            }
        };
        token.map(|token| Some(token.text)).map_err(|none| match none {
            NoToken::Ended(why) => Problem::invalid("credential", format!("the connection has ended: {why}")),
            NoToken::Unavailable(message) => Problem::Unavailable { message },
        })
    }

    /// Whether what was prepared in that state is still what the caller's look is shown with.
    pub(crate) fn is_shown_still(&self, caller: &Caller, prepared: &Snapshot, integration: IntegrationId) -> bool {
        let (now, person) = (caller.live.snapshot(), caller.actor.subject.person());
        let as_of = |snapshot: &Snapshot| snapshot.integration(integration).map(|entry| entry.credential_as_of);
        let accounts = |snapshot: &Snapshot| [None, person].map(|person| snapshot.account(integration, person));
        as_of(prepared) == as_of(&now) && accounts(prepared) == accounts(&now)
    }
}
