//! The page behind a link by which somebody signs in. To open it uses nothing up: its button does.

use app::App;
use app::sign_in::Browser;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::Response;

use super::{Asked, BROWSER_S, Refused, field};
use crate::home::{Cookie, is_from_here};
use crate::problem::Failure;

/// The door for which the word in the form is made.
const CSRF_DOOR: &str = "link";

#[derive(Template)]
#[template(path = "link.html")]
struct LinkPage<'p> {
    name: &'p str,
    organization: Option<&'p str>,
    csrf: &'p str,
}

pub(super) async fn show(State(app): State<App>, asked: Asked, Path(link): Path<String>) -> Result<Response, Refused> {
    let seen = app.look_at_link(&link).await?;
    let (browser, cookie) = match asked.browser(&app) {
        Some(browser) => (browser, None),
        None => {
            let (token, browser) = app.new_browser()?;
            (browser, Some(asked.cookies.set(Cookie::Browser, token.reveal(), BROWSER_S)))
        }
    };
    let csrf = app.csrf_token(&browser, CSRF_DOOR);
    let page = LinkPage { name: &seen.name, organization: seen.organization.as_deref(), csrf: &csrf };
    let mut response = asked.page(StatusCode::OK, &page);
    if let Some(cookie) = cookie {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

pub(super) async fn open(
    State(app): State<App>,
    asked: Asked,
    Path(link): Path<String>,
    form: Bytes,
) -> Result<Response, Refused> {
    let browser = asked_by_us(&app, &asked, &form).ok_or_else(Failure::not_from_here)?;
    let before = match asked.cookies.read(Cookie::Session, &asked.headers) {
        Some(token) => app.signed_in(token).await.ok(),
        None => None,
    };
    let begun = app.open_link(&link, &browser, before.as_ref()).await?;
    let seconds = (begun.ends_at.0 - app.now().0) / 1_000;
    Ok(asked.home(asked.cookies.set(Cookie::Session, begun.token.reveal(), seconds)))
}

/// The browser, where it was our page in it that asked.
fn asked_by_us(app: &App, asked: &Asked, form: &[u8]) -> Option<Browser> {
    let browser = asked.browser(app)?;
    let word = field(form, "csrf")?;
    let is_ours = is_from_here(&asked.public_url.0, &asked.headers) && app.is_csrf_token(&browser, CSRF_DOOR, word);
    is_ours.then_some(browser)
}
