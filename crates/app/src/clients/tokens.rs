//! Tokens for a code or for a token that is good once, each spent by that; and what is done with those that come again.

use domain::grant::Profile;
use domain::record::{Decision, Intent};
use domain::time::Timestamp;
use identity::oauth::grant::{ClientShown, Grant, RevocationRequest, TokenRequest};
use identity::oauth::{OAuthError, OAuthFault, pkce, scope};
use identity::token::{IssuedToken, PresentedToken, Purpose, TokenForm};
use journal::{ClientTokenKind, ClientTokenRow, ConnectedClientRow, Fact};
use verdict::{ClientProof, Credential};

use super::audience::Audience;
use super::known::OAuthRefusal;
use super::{ACCESS_MS, AGAIN_MS, BY_TOKEN, REFRESH_MS, REGISTERED_KEPT_MS};
use crate::{App, Problem};

/// The tokens of a connected client, just made.
#[derive(Debug)]
pub struct IssuedTokens {
    /// What it shows at each call.
    pub access: IssuedToken,
    /// What it exchanges once for new ones.
    pub refresh: IssuedToken,
    /// For how long the first is good, in seconds.
    pub expires_in_s: i64,
    /// What the client is let do, in the words in which it asks for that.
    pub scope: String,
}

/// A token that was brought, and the client whose it is.
struct Brought {
    row: ClientTokenRow,
    connected: ConnectedClientRow,
}

impl App {
    /// Gives a client tokens for what it brings. Of many who bring the same one gets them. Whoever comes with it later is a
    /// thief, or was robbed: the client is disconnected.
    ///
    /// # Errors
    /// What the client is told.
    pub async fn tokens_for(&self, form: &[u8], authorization: Option<&str>) -> Result<IssuedTokens, OAuthRefusal> {
        let request = TokenRequest::parse(form, authorization)?;
        self.is_client(&request.client).await?;
        let (brought, again_ms) = match &request.grant {
            Grant::Code { code, redirect_uri, verifier } => {
                let brought = self.brought(ClientTokenKind::Code, code, &request.client).await?;
                let Some(details) = &brought.row.code else { return Err(not_good().into()) };
                let is_there = redirect_uri.as_ref().is_none_or(|uri| *uri == details.redirect_uri);
                // A thief who has the code alone is told nothing, and ends nothing.
                if !is_there || !pkce::answers(&details.challenge, verifier) {
                    return Err(not_good().into());
                }
                (brought, 0)
            }
            Grant::Refresh { token, .. } => {
                (self.brought(ClientTokenKind::Refresh, token, &request.client).await?, AGAIN_MS)
            }
        };
        if let Some(resource) = &request.resource {
            self.is_for(&brought.connected, resource).await?;
        }
        let now = self.now();
        if let Some(spent_at) = brought.row.spent_at {
            if now.0 > spent_at.0.saturating_add(again_ms) {
                self.note_token_again(&brought, now).await;
                self.disconnect_by_token(brought.row.org, brought.row.client).await?;
            }
            return Err(not_good().into());
        }
        if now >= brought.row.expires_at {
            return Err(not_good().into());
        }
        let profile = self.still_connected(&brought, now).await?;
        // Less than that is nothing of its own: a person connects the client anew for less, and for more (RFC 6749, section 6).
        if let Grant::Refresh { most: Some(most), .. } = request.grant
            && most > profile
        {
            let description = "the client was not let do so much; have its person sign in to it again";
            return Err(scope::invalid_scope(description).into());
        }
        self.issue(&brought, profile, now).await
    }

    /// The organization has in its record that a spent token of a client came again, which ends the client: of what becomes
    /// of tokens this alone. That a client gets new ones every hour is nobody's decision, and says nothing that its calls
    /// and its last use do not.
    async fn note_token_again(&self, brought: &Brought, now: Timestamp) {
        let (org, client) = (brought.row.org, brought.row.client);
        tracing::warn!(%client, "a client's token came again after it was spent; the client is disconnected");
        let policy_seq = self.live(org).await.map_or(0, |live| live.snapshot().seq());
        let again = Intent {
            org,
            at: now,
            subject: brought.connected.person.to_string(),
            acting_for: None,
            credential: Some(client.into()),
            client: None,
            method: format!("client.{}", brought.row.kind.as_str()),
            integration: None,
            tool: None,
            class: None,
            decision: Decision::Denied,
            reason: "token-spent".to_owned(),
            arguments_digest: None,
            policy_seq,
        };
        if let Err(error) = self.inner.journal.note(again).await {
            tracing::error!(%error, "that a client's token came again could not be recorded");
        }
    }

    /// Ends what a token belongs to: the client is disconnected. A token that is none, or another client's, ends nothing and
    /// is not told apart (RFC 7009, section 2.2).
    ///
    /// # Errors
    /// What the client is told.
    pub async fn revoke_token(&self, form: &[u8], authorization: Option<&str>) -> Result<(), OAuthRefusal> {
        let request = RevocationRequest::parse(form, authorization)?;
        self.is_client(&request.client).await?;
        for kind in [ClientTokenKind::Refresh, ClientTokenKind::Access] {
            match self.brought(kind, &request.token, &request.client).await {
                Ok(brought) => return Ok(self.disconnect_by_token(brought.row.org, brought.row.client).await?),
                Err(OAuthRefusal::Fault(_)) => {}
                Err(problem) => return Err(problem),
            }
        }
        Ok(())
    }

    /// A token that was issued, whatever became of it since, to the client that brings it.
    async fn brought(&self, kind: ClientTokenKind, text: &str, by: &ClientShown) -> Result<Brought, OAuthRefusal> {
        let (form, purpose) = match kind {
            ClientTokenKind::Code => (TokenForm::ClientCode, Purpose::ClientCode),
            ClientTokenKind::Access => (TokenForm::ClientAccess, Purpose::ClientAccess),
            ClientTokenKind::Refresh => (TokenForm::ClientRefresh, Purpose::ClientRefresh),
        };
        let presented = PresentedToken::parse(form, text).map_err(|_| not_good())?;
        for digest in self.inner.sign_in.digester().digests(purpose, &presented) {
            let Some(row) = self.inner.journal.client_token(digest).await?.filter(|row| row.kind == kind) else {
                continue;
            };
            let connected = self.inner.journal.connected_client(row.client).await?;
            let theirs = connected.filter(|connected| connected.client_id == by.client_id);
            return Ok(Brought { row, connected: theirs.ok_or_else(not_good)? });
        }
        Err(not_good().into())
    }

    /// That an address which the client names again is the one for which it was connected.
    async fn is_for(&self, connected: &ConnectedClientRow, resource: &str) -> Result<(), OAuthRefusal> {
        let other = || OAuthFault::new(OAuthError::InvalidTarget, "the client was connected for another resource");
        let named = Audience::parse(self.issuer(), resource).ok_or_else(other)?;
        let own = Audience::at(&connected.resource).ok_or_else(other)?;
        let org = match named.org.as_deref() {
            Some(org) => self.organization_id(org).await?,
            None => Some(connected.org),
        };
        if org == Some(connected.org) && named.integration == own.integration { Ok(()) } else { Err(other().into()) }
    }

    /// What the client is let do, where it is connected.
    async fn still_connected(&self, brought: &Brought, now: Timestamp) -> Result<Profile, OAuthRefusal> {
        let live = self.live(brought.row.org).await?;
        let proof = ClientProof { client: brought.row.client, ends_at: Timestamp(i64::MAX) };
        let snapshot = live.snapshot();
        snapshot.admit(Credential::Client(proof), now).map_err(|_| not_good())?;
        Ok(snapshot.client(proof.client).ok_or_else(not_good)?.profile)
    }

    async fn issue(&self, brought: &Brought, profile: Profile, now: Timestamp) -> Result<IssuedTokens, OAuthRefusal> {
        let (access, refresh) = (self.new_token(TokenForm::ClientAccess)?, self.new_token(TokenForm::ClientRefresh)?);
        let digester = self.inner.sign_in.digester();
        let row = |kind, digest, lasts_ms: i64| Fact::ClientToken {
            row: Box::new(ClientTokenRow {
                digest,
                kind,
                org: brought.row.org,
                client: brought.row.client,
                code: None,
                expires_at: Timestamp(now.0.saturating_add(lasts_ms)),
                spent_at: None,
            }),
            at: now,
        };
        let facts = vec![
            Fact::SpendClientToken { digest: brought.row.digest, at: now },
            row(ClientTokenKind::Access, digester.digest(Purpose::ClientAccess, &access.presented()), ACCESS_MS),
            row(ClientTokenKind::Refresh, digester.digest(Purpose::ClientRefresh, &refresh.presented()), REFRESH_MS),
            Fact::KeepOAuthClient {
                client_id: brought.connected.client_id.clone(),
                until: Timestamp(now.0.saturating_add(REGISTERED_KEPT_MS)),
            },
        ];
        match self.append_to_directory(BY_TOKEN, &[], facts).await {
            Ok(()) => {
                let (expires_in_s, scope) = (ACCESS_MS / 1_000, scope::words_of(profile));
                Ok(IssuedTokens { access, refresh, expires_in_s, scope })
            }
            // Somebody came first, in this very moment.
            Err(Problem::Missing { .. }) => Err(not_good().into()),
            Err(problem) => Err(problem.into()),
        }
    }
}

/// One answer for every code and token that is good for nothing.
fn not_good() -> OAuthFault {
    let description = "this is not good (any more), or not this client's; connect the client again";
    OAuthFault::new(OAuthError::InvalidGrant, description)
}
