//! The page behind a link by which somebody signs in. To open it uses nothing up: its button does.

use app::App;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{Asked, Refused};

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
    let seen = app.tried_from(asked.address(), app.look_at_link(&link).await)?;
    let known = asked.known(&app)?;
    let csrf = app.csrf_token(&known.browser, CSRF_DOOR);
    let page = LinkPage { name: &seen.name, organization: seen.organization.as_deref(), csrf: &csrf };
    Ok(known.remembered(asked.page(StatusCode::OK, &page)))
}

pub(super) async fn open(
    State(app): State<App>,
    asked: Asked,
    Path(link): Path<String>,
    form: Bytes,
) -> Result<Response, Refused> {
    let browser = asked.sent(&app, &form, CSRF_DOOR)?;
    let before = asked.resident(&app).await?;
    let begun = app.open_link(&link, &browser, before.as_ref()).await;
    asked.entered(&app, &browser, begun)
}
