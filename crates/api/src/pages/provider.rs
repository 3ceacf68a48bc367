//! Signing in with a provider: the button that leads there, and the way back.

use app::App;
use app::sign_in::Back;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{Asked, Refused, identities};
use crate::problem::Failure;

/// The door for which the word in the form is made.
pub(super) const CSRF_DOOR: &str = "provider";

/// Leads elsewhere by itself. A redirect would be one more place to which forms of ours lead, for every page with one.
#[derive(Template)]
#[template(path = "going.html")]
pub(super) struct GoingPage<'p> {
    pub(super) title: &'p str,
    pub(super) there: &'p str,
}

pub(super) async fn go(
    State(app): State<App>,
    asked: Asked,
    Path(provider): Path<String>,
    form: Bytes,
) -> Result<Response, Refused> {
    let browser = asked.sent(&app, &form, CSRF_DOOR)?;
    let before = asked.resident(&app).await?;
    let (title, there) = app.go_to_provider(&provider, &asked.public_url.0, (&browser, before.as_ref())).await?;
    Ok(asked.page(StatusCode::OK, &GoingPage { title: &title, there: &there }))
}

/// Comes from elsewhere, so it is no page of ours that asks; that it was begun here, its state and this browser show.
pub(super) async fn back(State(app): State<App>, asked: Asked, RawQuery(query): RawQuery) -> Result<Response, Refused> {
    let known = asked.known(&app)?;
    let before = asked.resident(&app).await?;
    let query = query.unwrap_or_default();
    let back = app.back_from_provider(&query, &asked.public_url.0, (&known.browser, before.as_ref())).await;
    match (back, before) {
        (Ok(Back::SignedIn(begun)), _) => asked.entered(&app, &known.browser, Ok(begun)),
        (Err(problem), _) => asked.entered(&app, &known.browser, Err(problem)),
        (Ok(Back::ToLink(new)), Some(signed_in)) => identities::ask(&app, &asked, &signed_in, &new).await,
        (Ok(Back::ToLink(_)), None) => Err(Failure::nobody().into()),
    }
}
