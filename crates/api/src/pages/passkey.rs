//! Signing in with a passkey: the button of the page of signing in leads to a page that asks the devices for one, and what
//! they answer is sent from there as a form.

use std::borrow::Cow;

use app::App;
use app::sign_in::{PasskeyQuestion, PresentedAssertion, RelyingParty};
use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::{Asked, Refused, field};

/// The doors for which the words in the forms are made.
pub(super) const ASK_DOOR: &str = "passkey-ask";
const SHOW_DOOR: &str = "passkey";

/// Asks the devices, by the script.
#[derive(Template)]
#[template(path = "passkey_ask.html")]
pub(super) struct AskPage<'p> {
    pub(super) title: &'p str,
    /// What the person is told to do.
    pub(super) told: &'p str,
    /// What the script asks, as it reads it.
    pub(super) question: String,
    /// Where the page has to stand, and the page there that leads here.
    pub(super) origin: &'p str,
    pub(super) instead: &'p str,
    /// Where the answer goes, what goes with it, and what the devices fill in.
    pub(super) action: &'p str,
    pub(super) csrf: &'p str,
    pub(super) name: Option<&'p str>,
    pub(super) parts: &'static [&'static str],
}

/// What the script asks for, in the words of the standard. Bytes are in base64url, which it turns into bytes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Get<'q> {
    challenge: &'q str,
    rp_id: &'q str,
    user_verification: &'static str,
    timeout: u32,
}

impl<'q> Get<'q> {
    pub(super) fn of(party: &'q RelyingParty, challenge: &'q str) -> Get<'q> {
        Get { challenge, rp_id: party.id(), user_verification: "required", timeout: TIMEOUT_MS }
    }
}

/// How long the devices wait for their user, in milliseconds: as long as the question is good.
pub(super) const TIMEOUT_MS: u32 = 300_000;
pub(super) const PARTS: &[&str; 5] = &["credential", "client_data", "authenticator_data", "signature", "user_handle"];

pub(super) async fn ask(State(app): State<App>, asked: Asked, form: Bytes) -> Result<Response, Refused> {
    let browser = asked.sent(&app, &form, ASK_DOOR)?;
    let before = asked.resident(&app).await?;
    let PasskeyQuestion { party, challenge } =
        app.ask_for_passkey(&asked.public_url.0, (&browser, before.as_ref())).await?;
    let get = Get::of(&party, &challenge);
    let page = AskPage {
        title: "Sign in with a passkey",
        told: "Your browser asks for a passkey of yours: on this device, on a phone, or on a security key.",
        question: written("get", &get),
        origin: party.origin(),
        instead: super::HOME,
        action: "/sign-in/passkey/shown",
        csrf: &app.csrf_token(&browser, SHOW_DOOR),
        name: None,
        parts: PARTS,
    };
    Ok(asked.page_with_script(&page))
}

pub(super) async fn sign_in(State(app): State<App>, asked: Asked, form: Bytes) -> Result<Response, Refused> {
    let browser = asked.sent(&app, &form, SHOW_DOOR)?;
    let before = asked.resident(&app).await?;
    let parts = PARTS.each_ref().map(|name| field(&form, name).unwrap_or_default());
    let public_url = &asked.public_url.0;
    let begun = app.sign_in_with_passkey(&presented(&parts), public_url, (&browser, before.as_ref())).await;
    asked.entered(&app, &browser, begun)
}

/// What the devices fill in, as it is looked at.
pub(super) fn presented<'p>(parts: &'p [Cow<'p, str>; 5]) -> PresentedAssertion<'p> {
    let [credential, client_data, authenticator_data, signature, user_handle] = parts;
    PresentedAssertion { credential, client_data, authenticator_data, signature, user_handle }
}

/// What the script does, and with what, as it reads it.
pub(super) fn written(act: &'static str, with: &impl Serialize) -> String {
    serde_json::json!({ act: with }).to_string()
}
