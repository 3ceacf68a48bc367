//! The page on which somebody shows a passkey because an organization asks for one, or adds the first; and the question that
//! follows on another way of signing in, where they want that.

use app::sign_in::{Browser, RelyingParty, ReturnTo};
use app::{App, Problem};
use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::Response;

use super::passkey::{ASK_DOOR, AskPage, Get, PARTS, presented, written};
use super::resident::Resident;
use super::{Asked, Refused, field, passkeys, return_to, sessions};

/// The page.
pub(super) const HERE: &str = "/sign-in/second-factor";
/// The door for which the word in the form of the second step is made.
const CSRF_DOOR: &str = "second-factor";

#[derive(Template)]
#[template(path = "second_factor.html")]
struct SecondFactorPage<'p> {
    /// The names of the organizations that ask for one, and that this session does not open.
    closed: &'p str,
    /// Whether there is one to be shown.
    has_one: bool,
    /// Whether there can be any under the public URL.
    are_there: bool,
    /// Whether whoever is signed in has just shown who they are, so that they may add the first.
    is_fresh: bool,
    /// The page to sign in again at, which leads back here.
    again: &'p str,
    /// What a passkey that is added here may be called.
    here: &'p str,
    /// The words for the forms: to show one, and to add one.
    csrf: [&'p str; 2],
}

/// Shows or adds one, and goes on where the address says.
pub(super) async fn show(State(app): State<App>, resident: Resident, address: Uri) -> Result<Response, Refused> {
    let Resident { asked, signed_in } = &resident;
    let said = return_to::asked_for(&address)?;
    if signed_in.proof.by_passkey {
        return Ok(asked.to(said.as_ref().map_or(super::HOME, ReturnTo::as_str), &[]));
    }
    let wanted = said.or_else(|| return_to::wanted(asked));
    let passkeys = app.passkeys(signed_in).await?;
    let closed: Vec<_> = app.closed_to(signed_in).await?.into_iter().map(|closed| closed.name).collect();
    let known = asked.known(&app)?;
    let back = ReturnTo::parse(&return_to::going_on(HERE, wanted.as_ref())).ok();
    let client = asked.headers.get(header::USER_AGENT).and_then(|client| client.to_str().ok());
    let csrf = [app.csrf_token(&known.browser, ASK_DOOR), app.csrf_token(signed_in, passkeys::CSRF_DOOR)];
    let page = SecondFactorPage {
        closed: &closed.join(", "),
        has_one: !passkeys.is_empty(),
        are_there: RelyingParty::of(&asked.public_url.0).is_some(),
        is_fresh: app.now() <= signed_in.proof.fresh_until(),
        again: &return_to::going_on("/sign-in/again", back.as_ref()),
        here: &sessions::browser(client.unwrap_or_default()),
        csrf: csrf.each_ref().map(String::as_str),
    };
    let mut page = known.remembered(asked.page(StatusCode::OK, &page));
    if let Some(place) = wanted {
        page.headers_mut().append(header::SET_COOKIE, return_to::kept(asked.cookies, &place));
    }
    Ok(page)
}

/// Asks the devices of somebody who has got through the first step.
pub(super) fn ask(app: &App, asked: &Asked, browser: &Browser, challenge: String) -> Result<Response, Refused> {
    let question = app.second_question(challenge, &asked.public_url.0)?;
    let page = AskPage {
        title: "Show a passkey as well",
        told: "You want to be asked for a passkey whenever you sign in in another way. Your browser asks for it now.",
        question: written("get", &Get::of(&question.party, &question.challenge)),
        origin: question.party.origin(),
        instead: super::HOME,
        action: "/sign-in/second-factor/shown",
        csrf: &app.csrf_token(browser, CSRF_DOOR),
        name: None,
        parts: PARTS,
    };
    Ok(asked.page_with_script(&page))
}

/// The second step.
pub(super) async fn sign_in(State(app): State<App>, asked: Asked, form: Bytes) -> Result<Response, Refused> {
    let browser = asked.sent(&app, &form, CSRF_DOOR)?;
    let before = asked.resident(&app).await?;
    let parts = PARTS.each_ref().map(|name| field(&form, name).unwrap_or_default());
    let public_url = &asked.public_url.0;
    let begun = app.sign_in_with_second_factor(&presented(&parts), public_url, (&browser, before.as_ref())).await;
    asked.entered(&app, &browser, begun)
}

/// Whether what was denied is allowed to whoever shows a passkey.
pub(super) fn helps(problem: &Problem) -> bool {
    matches!(problem, Problem::Denied { explanation, .. } if explanation.code == "passkey-needed")
}

/// The page, from which a place of ours is returned to.
pub(super) fn first(place: &str) -> String {
    return_to::going_on(HERE, ReturnTo::parse(place).ok().as_ref())
}
