//! Signing in by mail: the form that asks for a link, and the page behind it. To open the link uses nothing up: its
//! button does.

use app::App;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{Asked, Refused, field};

/// The doors for which the words in the forms are made.
pub(super) const ASK_DOOR: &str = "email";
const OPEN_DOOR: &str = "email-link";

/// The same whatever address it was.
#[derive(Template)]
#[template(path = "email_sent.html")]
struct SentPage<'p> {
    address: &'p str,
}

#[derive(Template)]
#[template(path = "email_link.html")]
struct LinkPage<'p> {
    address: &'p str,
    csrf: &'p str,
}

pub(super) async fn ask(State(app): State<App>, asked: Asked, form: Bytes) -> Result<Response, Refused> {
    let browser = asked.sent(&app, &form, ASK_DOOR)?;
    let address = field(&form, "email").unwrap_or_default();
    app.ask_by_mail(&address, &browser, &asked.public_url.0)?;
    Ok(asked.page(StatusCode::OK, &SentPage { address: address.trim() }))
}

pub(super) async fn show(State(app): State<App>, asked: Asked, Path(link): Path<String>) -> Result<Response, Refused> {
    let known = asked.known(&app)?;
    let address = app.tried_from(asked.address(), app.look_at_mailed_link(&link, &known.browser).await)?;
    let csrf = app.csrf_token(&known.browser, OPEN_DOOR);
    Ok(known.remembered(asked.page(StatusCode::OK, &LinkPage { address: &address, csrf: &csrf })))
}

pub(super) async fn open(
    State(app): State<App>,
    asked: Asked,
    Path(link): Path<String>,
    form: Bytes,
) -> Result<Response, Refused> {
    let browser = asked.sent(&app, &form, OPEN_DOOR)?;
    let before = asked.resident(&app).await?;
    let opened = app.open_mailed_link(&link, &browser, before.as_ref()).await;
    asked.entered(&app, &browser, opened)
}
