//! The page on which somebody connects their account at an integration's upstream, or everybody's; and the way back from there.

use app::App;
use app::accounts::{AccountState, UpstreamView};
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};

use super::provider::GoingPage;
use super::resident::Resident;
use super::{Asked, Refused, field};
use crate::problem::Failure;
use crate::time::told;

/// The door for which the word in its forms is made.
const CSRF_DOOR: &str = "account";

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage<'p> {
    look: &'p UpstreamView,
    account: Option<Shown>,
    csrf: &'p str,
}

/// A connected account in words.
struct Shown {
    id: String,
    since: String,
    signed_in_at: String,
    /// What is wrong, and since when.
    trouble: Option<(String, String)>,
    ended: bool,
}

pub(super) async fn show(
    State(app): State<App>,
    resident: Resident,
    Path((org, integration)): Path<(String, String)>,
) -> Result<Response, Refused> {
    let caller = app.caller_in(&resident.signed_in, &org).await?;
    let look = app.look_at_upstream(&caller, &integration).await?;
    let account = look.account.clone().map(|view| {
        let (trouble, ended) = match view.state {
            AccountState::Works => (None, false),
            AccountState::Troubled { since, why } => (Some((why, told(since))), false),
            AccountState::Ended { since, why } => (Some((why, told(since))), true),
        };
        let (id, since) = (view.id.to_string(), told(view.connected_at));
        Shown { id, since, signed_in_at: view.signed_in_at, trouble, ended }
    });
    let csrf = app.csrf_token(&resident.signed_in, CSRF_DOOR);
    Ok(resident.asked.page(StatusCode::OK, &AccountPage { look: &look, account, csrf: &csrf }))
}

/// To where they sign in, or no longer with the account that the form names.
pub(super) async fn answer(
    State(app): State<App>,
    resident: Resident,
    Path((org, integration)): Path<(String, String)>,
    form: Bytes,
) -> Result<Response, Refused> {
    resident.sent(&app, &form, CSRF_DOOR)?;
    let Resident { asked, signed_in } = resident;
    let caller = app.caller_in(&signed_in, &org).await?;
    match field(&form, "answer").as_deref() {
        Some("connect") => {
            let look = app.look_at_upstream(&caller, &integration).await?;
            let there = app.go_to_upstream((&caller, &signed_in), &integration).await?;
            Ok(asked.page(StatusCode::OK, &GoingPage { title: &look.title, there: &there }))
        }
        Some("disconnect") => {
            let account = field(&form, "account").unwrap_or_default();
            app.disconnect_account(&caller, &integration, &account).await?;
            Ok(asked.to(&format!("/connect/{org}/{integration}"), &[]))
        }
        _ => Err(Failure::bad_field("answer", "choose whether to connect the account, or to disconnect it").into()),
    }
}

/// Comes from elsewhere, so it is no page of ours that asks; that it was begun here, its state and this session show.
pub(super) async fn back(State(app): State<App>, asked: Asked, came_to: Uri) -> Result<Response, Refused> {
    // Who is nobody here did not go from here; and what they bring is kept nowhere until they are somebody.
    let signed_in = asked.resident(&app).await?.ok_or_else(Failure::nobody)?;
    let came_to = (came_to.path(), came_to.query().unwrap_or_default());
    let connected = app.back_from_upstream(&signed_in, came_to).await?;
    if let Some(why) = connected.unread {
        let detail = format!("the account is connected, but its tools could not be read: {why}");
        return Err(Failure::unavailable(detail).into());
    }
    Ok(asked.to(&format!("/connect/{}/{}", connected.organization, connected.integration), &[]))
}

/// What authorization servers are told about us that look for it here.
pub(super) async fn document(State(app): State<App>) -> Result<Response, Failure> {
    let kept = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=300")];
    Ok((kept, app.document_about_us()?).into_response())
}
