//! The page behind the link of an invitation: who invites to what, and the buttons to join and to decline. To open it
//! uses nothing up.

use app::App;
use app::invitations::{Accepting, InvitationLook};
use app::sign_in::{Browser, SignedIn};
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::Response;

use super::{Asked, BROWSER_S, FailurePage, Refused, field, text_field};
use crate::home::{Cookie, is_from_here};
use crate::problem::Failure;
use crate::time::written;

/// The door for which the word in the form is made.
const CSRF_DOOR: &str = "invitation";

#[derive(Template)]
#[template(path = "invitation.html")]
struct InvitationPage<'p> {
    look: &'p InvitationLook,
    until: &'p str,
    link: &'p str,
    csrf: &'p str,
}

pub(super) async fn show(State(app): State<App>, asked: Asked, Path(link): Path<String>) -> Result<Response, Refused> {
    let signed_in = signed_in(&app, &asked).await;
    let look = app.look_at_invitation(&link, signed_in.as_ref()).await?;
    let (browser, cookie) = match asked.browser(&app) {
        Some(browser) => (browser, None),
        None => {
            let (token, browser) = app.new_browser()?;
            (browser, Some(asked.cookies.set(Cookie::Browser, token.reveal(), BROWSER_S)))
        }
    };
    let csrf = app.csrf_token(&browser, CSRF_DOOR);
    let until = written(look.expires_at);
    let until = until.split('T').next().unwrap_or_default();
    let mut response = asked.page(StatusCode::OK, &InvitationPage { look: &look, until, link: &link, csrf: &csrf });
    if let Some(cookie) = cookie {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

pub(super) async fn join(
    State(app): State<App>,
    asked: Asked,
    Path(link): Path<String>,
    form: Bytes,
) -> Result<Response, Refused> {
    let browser = asked_by_us(&app, &asked, &form).ok_or_else(Failure::not_from_here)?;
    let signed_in = signed_in(&app, &asked).await;
    let name = text_field(&form, "name");
    let accepting = Accepting { browser: &browser, signed_in: signed_in.as_ref(), name: name.as_deref() };
    let accepted = app.accept_invitation(&link, accepting).await?;
    let cookie = accepted.begun.map(|begun| {
        let seconds = (begun.ends_at.0 - app.now().0) / 1_000;
        asked.cookies.set(Cookie::Session, begun.token.reveal(), seconds)
    });
    Ok(asked.to_home(cookie))
}

pub(super) async fn decline(
    State(app): State<App>,
    asked: Asked,
    Path(link): Path<String>,
    form: Bytes,
) -> Result<Response, Refused> {
    asked_by_us(&app, &asked, &form).ok_or_else(Failure::not_from_here)?;
    app.decline_invitation(&link).await?;
    let detail =
        "You have declined the invitation, and its link opens nothing any more. Nobody has learnt anything else.";
    Ok(asked.page(StatusCode::OK, &FailurePage { title: "You said no", detail }))
}

async fn signed_in(app: &App, asked: &Asked) -> Option<SignedIn> {
    let token = asked.cookies.read(Cookie::Session, &asked.headers)?;
    app.signed_in(token).await.ok()
}

/// The browser, where it was our page in it that asked.
fn asked_by_us(app: &App, asked: &Asked, form: &[u8]) -> Option<Browser> {
    let browser = asked.browser(app)?;
    let word = field(form, "csrf")?;
    let is_ours = is_from_here(&asked.public_url.0, &asked.headers) && app.is_csrf_token(&browser, CSRF_DOOR, word);
    is_ours.then_some(browser)
}
