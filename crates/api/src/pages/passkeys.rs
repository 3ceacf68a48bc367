//! The page on which somebody sees their passkeys, adds one and removes one.

use app::sign_in::{NewPasskeyQuestion, PasskeyView, PresentedRegistration, RelyingParty};
use app::{App, Problem};
use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::Response;
use serde::Serialize;

use super::passkey::{AskPage, TIMEOUT_MS, written};
use super::resident::Resident;
use super::{Refused, field, second_factor, sessions};
use crate::time::told;

/// The page itself, and the one that leads back to it after signing in again.
const HERE: &str = "/sign-in/passkeys";
const AGAIN: &str = "/sign-in/again?return_to=%2Fsign-in%2Fpasskeys";
/// The door for which the words in its forms are made.
pub(super) const CSRF_DOOR: &str = "passkeys";
const PARTS: &[&str] = &["credential", "client_data", "authenticator_data", "public_key", "algorithm"];

#[derive(Template)]
#[template(path = "passkeys.html")]
struct PasskeysPage<'p> {
    passkeys: Vec<Listed>,
    /// Whether there can be any under the public URL.
    are_there: bool,
    /// Whether whoever is signed in has just shown who they are.
    is_fresh: bool,
    again: &'p str,
    /// Whether a passkey is asked for when its person signs in in another way.
    is_asked: bool,
    /// Whether one was shown in this session, and the page that leads back to it after that.
    by_passkey: bool,
    show: &'p str,
    /// The organizations that would be closed to them without a passkey.
    closed: &'p str,
    /// What a passkey that is added here may be called.
    here: &'p str,
    csrf: &'p str,
}

/// A passkey in words.
struct Listed {
    id: String,
    name: String,
    added: String,
    may_be_copied: bool,
    /// Whether something else lets them in.
    can_go: bool,
}

/// What the script asks for, in the words of the standard.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Create<'q> {
    challenge: &'q str,
    rp: Party<'q>,
    user: User<'q>,
    pub_key_cred_params: Vec<Parameter>,
    exclude_credentials: Vec<Credential<'q>>,
    authenticator_selection: Selection,
    attestation: &'static str,
    timeout: u32,
}

#[derive(Serialize)]
struct Party<'q> {
    id: &'q str,
    name: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct User<'q> {
    id: &'q str,
    name: &'q str,
    display_name: &'q str,
}

#[derive(Serialize)]
struct Parameter {
    r#type: &'static str,
    alg: i64,
}

#[derive(Serialize)]
struct Credential<'q> {
    r#type: &'static str,
    id: &'q str,
}

/// The device finds the key by itself, and makes sure of its user.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Selection {
    resident_key: &'static str,
    require_resident_key: bool,
    user_verification: &'static str,
}

const KIND: &str = "public-key";

pub(super) async fn show(State(app): State<App>, resident: Resident) -> Result<Response, Refused> {
    let Resident { asked, signed_in } = &resident;
    let passkeys = app.passkeys(signed_in).await?;
    let others = app.identities(signed_in).await?.into_iter().filter(|identity| identity.works).count();
    let is_asked = app.has_second_factor(signed_in).await?;
    let can_go = passkeys.len() > 1 || others > 0 && !is_asked;
    let closed: Vec<_> = match passkeys.as_slice() {
        [_] => app.closed_without_passkey(signed_in).await?.into_iter().map(|closed| closed.name).collect(),
        _ => Vec::new(),
    };
    let passkeys = passkeys.into_iter().map(|view| listed(view, can_go)).collect();
    let client = asked.headers.get(header::USER_AGENT).and_then(|client| client.to_str().ok());
    let page = PasskeysPage {
        passkeys,
        are_there: RelyingParty::of(&asked.public_url.0).is_some(),
        is_fresh: app.now() <= signed_in.proof.fresh_until(),
        again: AGAIN,
        is_asked,
        by_passkey: signed_in.proof.by_passkey,
        show: &second_factor::first(HERE),
        closed: &closed.join(", "),
        here: &sessions::browser(client.unwrap_or_default()),
        csrf: &app.csrf_token(signed_in, CSRF_DOOR),
    };
    Ok(asked.page(StatusCode::OK, &page))
}

pub(super) async fn ask(State(app): State<App>, resident: Resident, form: Bytes) -> Result<Response, Refused> {
    resident.sent(&app, &form, CSRF_DOOR)?;
    let Resident { asked, signed_in } = &resident;
    let question = match app.ask_for_new_passkey(signed_in, &asked.public_url.0).await {
        Ok(question) => question,
        Err(problem) => return late(&resident, problem),
    };
    let name = field(&form, "name").unwrap_or_default();
    let page = AskPage {
        title: "Add a passkey",
        told: "Your browser asks where to keep it: on this device, on a phone, or on a security key.",
        question: written("create", &create(&question)),
        origin: question.party.origin(),
        instead: HERE,
        action: "/sign-in/passkeys/add",
        csrf: &app.csrf_token(signed_in, CSRF_DOOR),
        name: Some(&name),
        parts: PARTS,
    };
    Ok(asked.page_with_script(&page))
}

pub(super) async fn add(State(app): State<App>, resident: Resident, form: Bytes) -> Result<Response, Refused> {
    resident.sent(&app, &form, CSRF_DOOR)?;
    let Resident { asked, signed_in } = &resident;
    let part = |name| field(&form, name).unwrap_or_default();
    let presented = PresentedRegistration {
        credential: &part("credential"),
        client_data: &part("client_data"),
        authenticator_data: &part("authenticator_data"),
        public_key: &part("public_key"),
        algorithm: &part("algorithm"),
    };
    let added = app.add_passkey(signed_in, &part("name"), &presented, &asked.public_url.0).await;
    match app.tried_from(asked.address(), added) {
        // Who needs it to go on shows it now.
        Ok(_) if !app.closed_to(signed_in).await?.is_empty() => Ok(asked.to(second_factor::HERE, &[])),
        Ok(_) => Ok(asked.to(HERE, &[])),
        Err(problem) => late(&resident, problem),
    }
}

pub(super) async fn remove(State(app): State<App>, resident: Resident, form: Bytes) -> Result<Response, Refused> {
    resident.sent(&app, &form, CSRF_DOOR)?;
    match app.remove_passkey(&resident.signed_in, &field(&form, "passkey").unwrap_or_default()).await {
        Ok(()) => Ok(resident.asked.to(HERE, &[])),
        Err(problem) => late(&resident, problem),
    }
}

/// Somebody wants to be asked for a passkey whenever they sign in in another way, or not any more.
pub(super) async fn set_second_factor(
    State(app): State<App>,
    resident: Resident,
    form: Bytes,
) -> Result<Response, Refused> {
    resident.sent(&app, &form, CSRF_DOOR)?;
    let on = field(&form, "asked").unwrap_or_default() == "yes";
    match app.set_second_factor(&resident.signed_in, on).await {
        Ok(()) => Ok(resident.asked.to(HERE, &[])),
        Err(problem) => late(&resident, problem),
    }
}

/// Whoever signed in too long ago does so again, and comes back; whoever has to show a passkey does that.
fn late(resident: &Resident, problem: Problem) -> Result<Response, Refused> {
    match problem {
        problem if second_factor::helps(&problem) => Ok(resident.asked.to(&second_factor::first(HERE), &[])),
        Problem::Denied { .. } => Ok(resident.asked.to(AGAIN, &[])),
        problem => Err(problem.into()),
    }
}

fn create(question: &NewPasskeyQuestion) -> Create<'_> {
    Create {
        challenge: &question.challenge,
        rp: Party { id: question.party.id(), name: "Wardroom" },
        user: User { id: &question.handle, name: &question.email, display_name: &question.name },
        pub_key_cred_params: question.algorithms.map(|alg| Parameter { r#type: KIND, alg }).into(),
        exclude_credentials: question.known.iter().map(|id| Credential { r#type: KIND, id }).collect(),
        authenticator_selection: Selection {
            resident_key: "required",
            require_resident_key: true,
            user_verification: "required",
        },
        attestation: "none",
        timeout: TIMEOUT_MS,
    }
}

fn listed(view: PasskeyView, can_go: bool) -> Listed {
    let PasskeyView { id, name, may_be_copied, added_at } = view;
    Listed { id: id.to_string(), name, added: told(added_at), may_be_copied, can_go }
}
