//! Second step: who is calling? Answered anew for every request, from the key alone: no session, connection or
//! header authenticates anybody.
//!
//! It comes before the body is read, so that a stranger costs us a few headers and nothing more. A key of
//! another organization, an unknown key and an unknown organization get the same answer.

use std::net::IpAddr;
use std::sync::Arc;

use domain::id::OrgId;
use domain::record::Decision;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use identity::key::PresentedKey;
use identity::token::{PresentedToken, TokenForm};
use verdict::{Actor, Credential, NotAdmitted, Snapshot};

use crate::gateway::Gateway;
use crate::pipeline::accept::{Accepted, Door};
use crate::pipeline::answer::Exit;
use crate::pipeline::record::Blank;
use crate::ports::{Access as _, Ports, ShownClient, Unavailable};

/// Who is on the line, proven by a key that works at this moment.
pub(crate) struct Caller<A> {
    pub(crate) access: Arc<A>,
    /// The state of the organization in which the key was found to work.
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) actor: Actor,
    pub(crate) credential: Credential,
    /// The identifier under which a connected client is known.
    pub(crate) known_as: Option<Arc<str>>,
    pub(crate) address: Option<IpAddr>,
}

impl<A> Caller<A> {
    pub(crate) fn org(&self) -> OrgId {
        self.snapshot.org()
    }
}

impl<A> Clone for Caller<A> {
    fn clone(&self) -> Self {
        Self { access: self.access.clone(), snapshot: self.snapshot.clone(), known_as: self.known_as.clone(), ..*self }
    }
}

const NO_KEY: &str = "sign in from your AI client, or send a Wardroom key as `Authorization: Bearer wrp_…`; create one \
                      under Keys in Wardroom";
const UNKNOWN: &str = "this key does not work here; check that it was copied whole and belongs to this organization, \
                       or create a new one under Keys in Wardroom";
const UNKNOWN_TOKEN: &str = "this sign-in does not work here (any more), or is for another address of Wardroom's; sign in again \
                             from your AI client";
const NOT_NOW: &str = "Wardroom cannot check keys at the moment; try again shortly";

/// Finds the caller, or answers 401.
pub(crate) async fn identify<P: Ports>(
    gateway: &Arc<Gateway<P>>,
    accepted: &Accepted,
) -> Result<Caller<P::Access>, Exit> {
    match bearer(&accepted.headers) {
        Bearer::None => Err(stranger(gateway, accepted, NO_KEY, "no-key")),
        Bearer::Unclear => Err(stranger(gateway, accepted, NO_KEY, "bad-key")),
        Bearer::Text(text) if text.starts_with(TokenForm::ClientAccess.as_str()) => {
            client(gateway, accepted, text).await
        }
        Bearer::Text(text) => match PresentedKey::parse(text) {
            Ok(key) => known(gateway, accepted, &key).await,
            Err(fault) => Err(stranger(gateway, accepted, &fault.to_string(), "bad-key")),
        },
    }
}

async fn known<P: Ports>(
    gateway: &Arc<Gateway<P>>,
    accepted: &Accepted,
    key: &PresentedKey<'_>,
) -> Result<Caller<P::Access>, Exit> {
    let Some((org, credential)) = gateway.ports.credential(key).await.map_err(not_now)? else {
        return Err(stranger(gateway, accepted, UNKNOWN, "unknown-key"));
    };
    admitted(gateway, accepted, (org, credential), (UNKNOWN, "unknown-key")).await
}

/// A client that somebody connected. Its token is good for the address that it was connected for and for what is below
/// that: for one integration, or for all of an organization.
async fn client<P: Ports>(
    gateway: &Arc<Gateway<P>>,
    accepted: &Accepted,
    text: &str,
) -> Result<Caller<P::Access>, Exit> {
    let unknown = (UNKNOWN_TOKEN, "unknown-token");
    let shown = match PresentedToken::parse(TokenForm::ClientAccess, text) {
        Ok(token) => gateway.ports.client(&token).await.map_err(not_now)?,
        Err(_) => None,
    };
    let is_for = |shown: &ShownClient| shown.integration.is_none() || shown.integration == accepted.door.integration;
    match shown.filter(is_for) {
        Some(shown) => {
            let caller = admitted(gateway, accepted, (shown.org, shown.credential), unknown).await?;
            Ok(Caller { known_as: Some(shown.known_as), ..caller })
        }
        None => Err(stranger(gateway, accepted, unknown.0, unknown.1)),
    }
}

async fn admitted<P: Ports>(
    gateway: &Arc<Gateway<P>>,
    accepted: &Accepted,
    (org, credential): (OrgId, Credential),
    (unknown, reason): (&str, &'static str),
) -> Result<Caller<P::Access>, Exit> {
    let wanted = accepted.door.org.as_deref().unwrap_or(org.as_str());
    let access = gateway.ports.organization(wanted).await.map_err(not_now)?;
    let Some(access) = access.filter(|access| access.snapshot().org() == org) else {
        return Err(stranger(gateway, accepted, unknown, reason));
    };
    let snapshot = access.snapshot();
    match snapshot.admit_to_tools(credential, gateway.ports.now()) {
        Ok(actor) => Ok(Caller { access, snapshot, actor, credential, known_as: None, address: accepted.address }),
        Err(ended) => Err(not_admitted(gateway, (&snapshot, &accepted.door), credential, ended)),
    }
}

/// Looks again once the body has come in, which may have taken its sender a while: what is decided from here on
/// rests on the newest state.
pub(crate) fn renew<P: Ports>(
    gateway: &Arc<Gateway<P>>,
    door: &Door,
    caller: Caller<P::Access>,
) -> Result<Caller<P::Access>, Exit> {
    let snapshot = caller.access.snapshot();
    if snapshot.seq() == caller.snapshot.seq() {
        return Ok(caller);
    }
    match snapshot.admit_to_tools(caller.credential, gateway.ports.now()) {
        Ok(actor) => Ok(Caller { snapshot, actor, ..caller }),
        Err(ended) => Err(not_admitted(gateway, (&snapshot, door), caller.credential, ended)),
    }
}

fn not_admitted<P: Ports>(
    gateway: &Arc<Gateway<P>>,
    (snapshot, door): (&Snapshot, &Door),
    credential: Credential,
    ended: NotAdmitted,
) -> Exit {
    let blank = Blank { credential: Some(credential.id()), ..Blank::new(snapshot, "") };
    let reason = if ended == NotAdmitted::Ending { "organization-ending" } else { "credential-ended" };
    gateway.note_noise(blank, Decision::Denied, reason);
    Exit::not_identified(&ended.to_string(), &gateway.options.challenge(door, true))
}

/// Answers somebody who was not identified. What is recorded is recorded on the side, so that the time the
/// answer takes does not tell whether the organization exists.
fn stranger<P: Ports>(gateway: &Arc<Gateway<P>>, accepted: &Accepted, message: &str, reason: &'static str) -> Exit {
    if let Some(org) = accepted.door.org.clone() {
        let aside = gateway.clone();
        gateway.aside(async move {
            if let Ok(Some(access)) = aside.ports.organization(&org).await {
                aside.note_noise(Blank::new(&access.snapshot(), ""), Decision::Denied, reason);
            }
        });
    }
    Exit::not_identified(message, &gateway.options.challenge(&accepted.door, reason != "no-key"))
}

fn not_now(unavailable: Unavailable) -> Exit {
    tracing::warn!(reason = %unavailable, "a caller could not be identified");
    Exit::unavailable(None, NOT_NOW)
}

enum Bearer<'h> {
    None,
    Unclear,
    Text(&'h str),
}

fn bearer(headers: &HeaderMap) -> Bearer<'_> {
    let mut stated = headers.get_all(AUTHORIZATION).iter();
    let text = match (stated.next(), stated.next()) {
        (None, _) => return Bearer::None,
        (Some(only), None) => only.to_str().ok(),
        _ => None,
    };
    match text.and_then(|text| text.split_once(' ')) {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => Bearer::Text(key.trim()),
        _ => Bearer::Unclear,
    }
}
