//! Tokens of accounts that have ended are given back to the authorization server that gave them (RFC 7009), so that they are
//! good for nothing there either.
//!
//! Nobody waits for it: with the event that ends an account its document moves to where it can only be given back from, and is
//! deleted once that was done, or tried often enough. What has moved outlives a restart.

use std::time::Duration;

use domain::id::{AccountId, OrgId};
use domain::time::Timestamp;
use identity::upstream::{Client, TOKEN_ANSWER_LENGTH_MAX, TokenKind, TokenRequest};
use journal::{Fact, SecretToGiveBack};
use tokio::task::JoinSet;

use super::kept::Kept;
use crate::ports::Content;
use crate::{App, Problem};

/// As whom it stands in the directory's history.
const GIVER: &str = "account";
/// Documents that are given back at once: one server that does not answer holds up few others.
const AT_ONCE: usize = 16;
/// How long after the first attempt the second follows, in milliseconds; each further wait is twice as long.
const PUT_OFF_MS: i64 = 60_000;
/// Attempts after which a document is deleted all the same: about half an hour.
const ATTEMPTS_MAX: u32 = 6;
/// How often it is looked for those whose turn has come, where no account ends meanwhile.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// What becomes of the documents of accounts that have ended: they are given back, unless whoever ended them drops them.
pub(crate) fn to_give_back(org: OrgId, ended: &[AccountId], (at, facts): (Timestamp, &[Fact])) -> Vec<Fact> {
    let dropped = |account: &AccountId| {
        facts.iter().any(|fact| matches!(fact, Fact::DropSecret { id, .. } if id.as_str() == account.as_str()))
    };
    let left = ended.iter().filter(|account| !dropped(account));
    left.map(|account| Fact::GiveBack { org, id: account.to_string(), at }).collect()
}

impl App {
    /// Gives back what waits for it, for as long as it runs.
    pub async fn keep_giving_back(self) {
        loop {
            if let Err(problem) = self.give_back_what_is_due().await {
                tracing::error!(%problem, "tokens of accounts that have ended are not being given back");
            }
            let _ = tokio::time::timeout(LOOK_EVERY, self.inner.vault.ended.notified()).await;
        }
    }

    /// Gives back what waits for it, each once.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where the journal cannot be read or written.
    pub async fn give_back_what_is_due(&self) -> Result<(), Problem> {
        loop {
            let due = self.inner.journal.secrets_to_give_back(self.now(), AT_ONCE).await?;
            if due.is_empty() {
                return Ok(());
            }
            let mut tried = JoinSet::new();
            for document in due {
                let app = self.clone();
                tried.spawn(async move { app.give_back(document).await });
            }
            while let Some(done) = tried.join_next().await {
                done.map_err(|error| Problem::broken(&error))??;
            }
        }
    }

    /// Each attempt is noted before it is made, so that none is made for ever.
    async fn give_back(&self, document: SecretToGiveBack) -> Result<(), Problem> {
        let SecretToGiveBack { org, id, sealed, attempts } = document;
        let put_off = PUT_OFF_MS << attempts.min(ATTEMPTS_MAX);
        let next_at = Timestamp(self.now().0.saturating_add(put_off));
        let noted = Fact::GiveBackPutOff { org, id: id.clone(), next_at };
        self.append_to_directory(GIVER, &[], vec![noted]).await?;
        let is_done = match self.opened_document::<Kept>(org, &id, &sealed) {
            Ok(kept) => self.is_given_back(org, &id, &kept).await,
            // Under keys that are gone.
            Err(problem) => {
                tracing::warn!(%org, account = id, %problem, "what is kept of an ended account cannot be read, and is deleted");
                true
            }
        };
        if is_done || attempts.saturating_add(1) >= ATTEMPTS_MAX {
            self.append_to_directory(GIVER, &[], vec![Fact::GivenBack { org, id }]).await?;
        }
        Ok(())
    }

    /// Whether nothing is left to be tried.
    async fn is_given_back(&self, org: OrgId, account: &str, kept: &Kept) -> bool {
        let Some(endpoint) = kept.at.server.revocation_endpoint.as_deref() else { return true };
        let (Ok(web), Ok(client)) = (self.upstreams_web(), Client::new(&kept.at.server, &kept.at.registration)) else {
            return true;
        };
        let request = match &kept.refresh {
            Some(refresh) => TokenRequest::revoke(client, refresh, TokenKind::Refresh),
            None => TokenRequest::revoke(client, &kept.access, TokenKind::Access),
        };
        let sent = Content::Form(request.form());
        match web.post(endpoint, request.authorization(), sent, TOKEN_ANSWER_LENGTH_MAX).await {
            Ok(answer) if matches!(answer.status, 408 | 429 | 500..) => false,
            Ok(_) => true,
            Err(fault) => {
                tracing::info!(%org, account, %fault, "an authorization server could not be told of the end of an account");
                false
            }
        }
    }
}
