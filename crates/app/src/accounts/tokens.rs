//! The tokens that upstreams take: at hand in memory, renewed ahead of their end and where an upstream does not take them, by
//! one request at a time for each account.
//!
//! A renewed token is kept before it is used: the one before may be good for nothing from then on.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use domain::id::{AccountId, IntegrationId, OrgId};
use domain::time::Timestamp;
use identity::upstream::{Client, TOKEN_ANSWER_LENGTH_MAX, TokenFault, TokenRequest, Tokens};
use journal::Fact;
use tokio::sync::Notify;
use zeroize::Zeroizing;

use super::kept::{Kept, Registered, Troubled, registration_id};
use crate::ports::Content;
use crate::{App, Problem};

/// How long before its end a token is renewed, in milliseconds: a minute; of a token that lasts less than ten, a tenth of
/// what it lasts.
const AHEAD_MS_MAX: i64 = 60_000;
/// Accounts whose tokens are at hand. Beyond that all are forgotten, and read again.
const AT_HAND_MAX: usize = 100_000;

/// For what a token is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TokenWanted {
    /// The organization.
    pub org: OrgId,
    /// At which integration's upstream it is shown.
    pub integration: IntegrationId,
    /// The account; none for the organization's application there.
    pub account: Option<AccountId>,
    /// As of which event the integration has the credential for which it is wanted.
    pub as_of: u64,
    /// The mark of the token that was not taken, where one was.
    pub refused: Option<u64>,
}

/// A token that is good now, as far as is known.
#[derive(Clone)]
pub struct AccountToken {
    /// The token.
    pub text: Zeroizing<String>,
    /// Says which it is, among those of this account in this process.
    pub mark: u64,
}

/// Why there is none.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoToken {
    /// The connection has ended. Why, for people.
    #[error("{0}")]
    Ended(String),
    /// It cannot be had at the moment. Why, for people.
    #[error("{0}")]
    Unavailable(String),
}

/// What an upstream has against an account's tokens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// It wants more, in the words of this scope where it says so.
    WantsMore(Option<String>),
    /// It takes none of them.
    NotTaken,
}

/// The tokens at hand.
#[derive(Default)]
pub(crate) struct Vault {
    places: Mutex<HashMap<Holder, Arc<Place>>>,
    marks: AtomicU64,
    /// Told where accounts have ended, whose tokens are to be given back.
    pub(crate) ended: Notify,
}

/// Whose token: an account's, or that of an integration's application, as of an event: none that was given for a credential
/// before is found for the one after it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Holder(OrgId, IntegrationId, Result<AccountId, u64>);

impl Holder {
    fn of(wanted: &TokenWanted) -> Holder {
        Holder(wanted.org, wanted.integration, wanted.account.ok_or(wanted.as_of))
    }
}

#[derive(Default)]
struct Place {
    at_hand: RwLock<Option<AtHand>>,
    renewing: tokio::sync::Mutex<()>,
    /// How often it was asked for a token here.
    asked: AtomicU64,
    /// The last try that gave nothing, and why: told to who waited for it.
    failed: RwLock<Option<(u64, String)>>,
}

#[derive(Clone)]
enum AtHand {
    Token { token: AccountToken, renew_at: Option<Timestamp>, ends_at: Option<Timestamp> },
    Ended(String),
}

impl Vault {
    fn place(&self, holder: Holder) -> Arc<Place> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= AT_HAND_MAX && !places.contains_key(&holder) {
            // One that is being renewed is held by whoever renews it.
            places.retain(|_, place| Arc::strong_count(place) > 1);
        }
        Arc::clone(places.entry(holder).or_default())
    }

    /// Forgets an account's token.
    pub(crate) fn forget(&self, org: OrgId, account: AccountId) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.retain(|Holder(of, _, held), _| (*of, *held) != (org, Ok(account)));
    }

    /// Forgets all that is at hand for an integration, whose credential is another from now on.
    pub(crate) fn forget_all_at(&self, org: OrgId, integration: IntegrationId) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.retain(|Holder(of, at, _), _| (*of, *at) != (org, integration));
    }

    fn token(&self, text: Zeroizing<String>) -> AccountToken {
        AccountToken { text, mark: self.marks.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Place {
    fn now(&self) -> Option<AtHand> {
        self.at_hand.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, at_hand: AtHand) {
        *self.at_hand.write().unwrap_or_else(PoisonError::into_inner) = Some(at_hand);
    }

    /// What is to be answered without asking anybody.
    fn answer(
        &self,
        (refused, waited_for): (Option<u64>, u64),
        now: Timestamp,
    ) -> Option<Result<AccountToken, NoToken>> {
        let failed = self.failed.read().unwrap_or_else(PoisonError::into_inner).clone();
        let failed = failed.filter(|(asked, _)| *asked >= waited_for).map(|(_, why)| Err(NoToken::Unavailable(why)));
        match self.now() {
            Some(AtHand::Token { token, renew_at, ends_at }) if Some(token.mark) != refused => {
                let fresh = renew_at.is_none_or(|at| now < at);
                // One that could not be renewed ahead of its end is good until then.
                let still = failed.is_some() && ends_at.is_none_or(|at| now < at);
                if fresh || still { Some(Ok(token)) } else { failed }
            }
            Some(AtHand::Ended(why)) => Some(Err(NoToken::Ended(why))),
            Some(AtHand::Token { .. }) | None => failed,
        }
    }
}

impl App {
    /// The token at hand, where it need not be renewed; what else is known without asking anybody.
    #[must_use]
    pub fn token_at_hand(&self, wanted: &TokenWanted) -> Option<Result<AccountToken, NoToken>> {
        self.inner.vault.place(Holder::of(wanted)).answer((wanted.refused, u64::MAX), self.now())
    }

    /// A token that is good now, renewed where it has to be. Of many who want the same at the same time one asks for it. It
    /// has to run to its end, whoever waits: what was renewed and not kept is lost.
    ///
    /// # Errors
    /// [`NoToken`]
    pub async fn renewed_token(&self, wanted: TokenWanted) -> Result<AccountToken, NoToken> {
        let place = self.inner.vault.place(Holder::of(&wanted));
        // A try that is under way, or that begins before ours could, is ours as well.
        let waited_for = place.asked.load(Ordering::Acquire);
        let _renewing = place.renewing.lock().await;
        if let Some(answer) = place.answer((wanted.refused, waited_for), self.now()) {
            return answer;
        }
        let asked = place.asked.fetch_add(1, Ordering::AcqRel);
        let obtained = match wanted.account {
            Some(account) => self.account_token(&place, wanted, account).await,
            None => self.application_token(&place, wanted).await,
        };
        let none = match obtained {
            Ok(token) => return Ok(token),
            Err(Lack::Over(why)) => {
                place.set(AtHand::Ended(why.clone()));
                return Err(NoToken::Ended(why));
            }
            Err(Lack::Refused(why)) => return Err(NoToken::Ended(why)),
            Err(Lack::Now(why)) => {
                *place.failed.write().unwrap_or_else(PoisonError::into_inner) = Some((asked, why.clone()));
                NoToken::Unavailable(why)
            }
        };
        // The one before may be good for a moment still.
        match place.answer((wanted.refused, asked), self.now()) {
            Some(Ok(token)) => Ok(token),
            _ => Err(none),
        }
    }

    /// Keeps what an upstream has against an account's tokens, for those who may mend it.
    pub async fn account_trouble(&self, org: OrgId, account: AccountId, trouble: Trouble) {
        let Ok(live) = self.live(org).await else { return };
        let at = live.state.lock().await.accounts.get(&account).map(|known| known.integration);
        let Some(integration) = at else { return };
        // Whoever renews writes the same document.
        let place = self.inner.vault.place(Holder(org, integration, Ok(account)));
        let _renewing = place.renewing.lock().await;
        let kept = match self.kept(org, account).await {
            Ok(Some(kept)) => kept,
            Ok(None) => return,
            Err(problem) => return tracing::error!(%account, %problem, "an account's trouble cannot be kept"),
        };
        let (wants, why) = match trouble {
            Trouble::WantsMore(scope) => {
                (scope.or(kept.wants.clone()), "its server wants more rights than it was given")
            }
            Trouble::NotTaken => (kept.wants.clone(), "its server does not take its tokens"),
        };
        let known = kept.trouble.as_ref().is_some_and(|known| known.why == why) && kept.wants == wants;
        if known {
            return;
        }
        let trouble = Some(Troubled { since: self.now(), why: why.to_owned(), ended: false });
        let kept = Kept { wants, trouble, ..kept };
        if let Err(problem) = self.keep(org, account, &kept).await {
            tracing::error!(%account, %problem, "an account's trouble cannot be kept");
        }
    }

    async fn account_token(
        &self,
        place: &Place,
        wanted: TokenWanted,
        account: AccountId,
    ) -> Result<AccountToken, Lack> {
        let kept = self.kept(wanted.org, account).await.map_err(|problem| Lack::Now(problem.to_string()))?;
        let Some(kept) = kept else { return Err(Lack::Over("it was disconnected".to_owned())) };
        if let Some(trouble) = kept.trouble.as_ref().filter(|trouble| trouble.ended) {
            return Err(Lack::Over(trouble.why.clone()));
        }
        let now = self.now();
        // What was kept before this process began may be good still.
        if place.now().is_none() && wanted.refused.is_none() && kept.ends_at.is_none_or(|at| now < ahead(at, None)) {
            return Ok(self.at_hand(place, kept.access, kept.ends_at));
        }
        // What it gives out may have been for another one since.
        if wanted.refused.is_some() && self.has_moved(&wanted, &kept.at).await {
            let why = "the server names another authorization server now than the one that gave this";
            return self.ended(wanted.org, account, kept, why).await;
        }
        let Some(refresh) = &kept.refresh else {
            let why = "its authorization server gave nothing to go on with";
            // A server that refuses one call may take the token for the next; nothing is ended by that.
            let is_over = kept.ends_at.is_some_and(|at| now >= at);
            if !is_over && wanted.refused.is_some() {
                if kept.trouble.is_none() {
                    let told = format!("its server does not take its token, and {why}");
                    self.troubled(wanted.org, account, kept, (&told, false)).await;
                }
                return Err(Lack::Refused(why.to_owned()));
            }
            return self.ended(wanted.org, account, kept, why).await;
        };
        let at = &kept.at;
        let client = Client::new(&at.server, &at.registration).map_err(|fault| Lack::Over(fault.to_string()))?;
        let request = TokenRequest::refresh(client, refresh, &at.resource);
        match self.asked_for_token(at, &request).await {
            Ok(tokens) => {
                let (access, ends_at) = (tokens.access_token.clone(), ends_at(&tokens, now));
                let kept = Kept {
                    access: tokens.access_token,
                    ends_at,
                    refresh: tokens.refresh_token.or(kept.refresh),
                    scope: tokens.scope.or(kept.scope),
                    trouble: None,
                    ..kept
                };
                self.keep(wanted.org, account, &kept).await.map_err(|problem| {
                    tracing::error!(%account, %problem, "a renewed token could not be kept");
                    Lack::Now("what was renewed could not be kept".to_owned())
                })?;
                Ok(self.at_hand(place, access, ends_at))
            }
            Err(fault) if fault.forgets(&at.registration) => {
                // It is registered anew when somebody connects anew.
                self.forget_registration(wanted.org, wanted.integration, &at.registration.client_id).await;
                self.ended(wanted.org, account, kept, "its authorization server does not know Wardroom any more").await
            }
            Err(fault) if fault.ends() => self.ended(wanted.org, account, kept, &fault.to_string()).await,
            Err(fault) if fault.passes() => Err(Lack::Now(fault.to_string())),
            Err(fault) => {
                let why = fault.to_string();
                let since = kept.trouble.as_ref().filter(|known| known.why == why).map(|known| known.since);
                if since.is_none() {
                    self.troubled(wanted.org, account, kept, (&why, false)).await;
                }
                Err(Lack::Now(why))
            }
        }
    }

    /// Whether an upstream says that it takes no tokens of this issuer. What cannot be asked has not moved.
    async fn has_moved(&self, wanted: &TokenWanted, at: &Registered) -> bool {
        let (Some(described_at), Ok(live)) = (at.described_at.as_deref(), self.live(wanted.org).await) else {
            return false;
        };
        let url = live.snapshot().integration(wanted.integration).map(|integration| integration.url.clone());
        let Some(url) = url else { return false };
        let described = self.described(&url, described_at).await;
        matches!(described, Ok(Some(resource)) if !resource.takes_tokens_of(&at.server.issuer))
    }

    async fn ended(&self, org: OrgId, account: AccountId, kept: Kept, why: &str) -> Result<AccountToken, Lack> {
        self.troubled(org, account, kept, (why, true)).await;
        Err(Lack::Over(why.to_owned()))
    }

    async fn troubled(&self, org: OrgId, account: AccountId, kept: Kept, (why, ended): (&str, bool)) {
        let trouble = Some(Troubled { since: self.now(), why: why.to_owned(), ended });
        if let Err(problem) = self.keep(org, account, &Kept { trouble, ..kept }).await {
            tracing::error!(%account, %problem, "what is wrong with a connection could not be kept");
        }
    }

    async fn forget_registration(&self, org: OrgId, integration: IntegrationId, client_id: &str) {
        let known = self.registered_at(org, integration).await.ok().flatten();
        if known.is_some_and(|known| known.registration.client_id == client_id) {
            let fact = Fact::DropSecret { org, id: registration_id(integration) };
            if let Err(problem) = self.append_to_directory("account", &[], vec![fact]).await {
                tracing::error!(%integration, %problem, "a registration that is none any more could not be forgotten");
            }
        }
    }

    async fn application_token(&self, place: &Place, wanted: TokenWanted) -> Result<AccountToken, Lack> {
        let registered = self.registered_at(wanted.org, wanted.integration).await;
        let registered = registered.map_err(|problem| Lack::Now(problem.to_string()))?;
        let Some(at) = registered else { return Err(Lack::Refused("its credential is gone".to_owned())) };
        let tokens = self.application_tokens(&at).await.map_err(|none| match none {
            // An application's secret may be taken again tomorrow.
            NoToken::Ended(why) => Lack::Refused(why),
            NoToken::Unavailable(why) => Lack::Now(why),
        })?;
        let ends_at = ends_at(&tokens, self.now());
        Ok(self.at_hand(place, tokens.access_token, ends_at))
    }

    /// New tokens for the organization's application.
    pub(crate) async fn application_tokens(&self, at: &Registered) -> Result<Tokens, NoToken> {
        let client = Client::new(&at.server, &at.registration).map_err(|fault| NoToken::Ended(fault.to_string()))?;
        let request = TokenRequest::client_credentials(client, &at.resource, at.scope.as_deref());
        self.asked_for_token(at, &request).await.map_err(|fault| match fault {
            TokenFault::Refused | TokenFault::Client => NoToken::Ended(fault.to_string()),
            _ => NoToken::Unavailable(fault.to_string()),
        })
    }

    async fn asked_for_token(&self, at: &Registered, request: &TokenRequest) -> Result<Tokens, TokenFault> {
        let fault = match self.upstreams_web() {
            Ok(web) => {
                let (endpoint, sent) = (&at.server.token_endpoint, Content::Form(request.form()));
                match web.post(endpoint, request.authorization(), sent, TOKEN_ANSWER_LENGTH_MAX).await {
                    Ok(answer) => match Tokens::parse(answer.status, &answer.body) {
                        Ok(tokens) => return Ok(tokens),
                        Err(fault) => fault,
                    },
                    Err(fault) => {
                        tracing::info!(server = at.server.issuer, %fault, "an authorization server cannot be asked");
                        TokenFault::Unavailable
                    }
                }
            }
            Err(_) => TokenFault::Unavailable,
        };
        tracing::info!(server = at.server.issuer, %fault, "a token was not given");
        Err(fault)
    }

    fn at_hand(&self, place: &Place, text: Zeroizing<String>, ends_at: Option<Timestamp>) -> AccountToken {
        let token = self.inner.vault.token(text);
        let renew_at = ends_at.map(|at| ahead(at, Some(self.now())));
        place.set(AtHand::Token { token: token.clone(), renew_at, ends_at });
        token
    }

    /// The way to upstreams' authorization servers.
    pub(super) fn upstreams_web(&self) -> Result<&dyn crate::ports::Web, Problem> {
        let web = self.inner.clients.web();
        web.ok_or_else(|| Problem::Unavailable { message: "there is no way to authorization servers here".to_owned() })
    }
}

/// Why there is no token.
enum Lack {
    /// The connection has ended, and that is kept.
    Over(String),
    /// None is to be had in place of what was refused; the next call may be another matter.
    Refused(String),
    /// Not now.
    Now(String),
}

/// Until when tokens are good that were given now.
pub(super) fn ends_at(tokens: &Tokens, now: Timestamp) -> Option<Timestamp> {
    let lasts_ms = i64::try_from(tokens.expires_in_s?).unwrap_or(i64::MAX).saturating_mul(1_000);
    Some(Timestamp(now.0.saturating_add(lasts_ms)))
}

/// When a token is renewed that was given at this moment, where that is known, and ends at that.
fn ahead(ends_at: Timestamp, given_at: Option<Timestamp>) -> Timestamp {
    let lasts_ms = given_at.map_or(i64::MAX, |given_at| ends_at.since_ms(given_at));
    Timestamp(ends_at.0.saturating_sub(AHEAD_MS_MAX.min(lasts_ms / 10)))
}
