//! The page behind the link of an invitation: who invites to what, and the buttons to join and to decline. To open it
//! uses nothing up.

use app::App;
use app::invitations::{Accepting, InvitationLook};
use app::sign_in::SignedIn;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{Asked, FailurePage, HOME, Refused, field, second_factor};
use crate::time::written;

/// The door for which the word in the form is made.
const CSRF_DOOR: &str = "invitation";

#[derive(Template)]
#[template(path = "invitation.html")]
struct InvitationPage<'p> {
    look: &'p InvitationLook,
    until: &'p str,
    link: &'p str,
    /// Whom the page is for: an id, or nothing.
    person: &'p str,
    csrf: &'p str,
}

pub(super) async fn show(State(app): State<App>, asked: Asked, Path(link): Path<String>) -> Result<Response, Refused> {
    let signed_in = asked.resident(&app).await?;
    page(&app, &asked, (&link, signed_in.as_ref())).await
}

/// The page for whoever is signed in, or for nobody.
async fn page(app: &App, asked: &Asked, (link, by): (&str, Option<&SignedIn>)) -> Result<Response, Refused> {
    let look = app.tried_from(asked.address(), app.look_at_invitation(link, by).await)?;
    let known = asked.known(app)?;
    let csrf = app.csrf_token(&known.browser, CSRF_DOOR);
    let until = written(look.expires_at);
    let until = until.split('T').next().unwrap_or_default();
    let page = InvitationPage { look: &look, until, link, person: whom(by), csrf: &csrf };
    Ok(known.remembered(asked.page(StatusCode::OK, &page)))
}

pub(super) async fn join(
    State(app): State<App>,
    asked: Asked,
    Path(link): Path<String>,
    form: Bytes,
) -> Result<Response, Refused> {
    let browser = asked.sent(&app, &form, CSRF_DOOR)?;
    let signed_in = asked.resident(&app).await?;
    // Who is told "You are signed in as Ann" joins as Ann, or is shown what is so now.
    if field(&form, "person").unwrap_or_default() != whom(signed_in.as_ref()) {
        return page(&app, &asked, (&link, signed_in.as_ref())).await;
    }
    let name = field(&form, "name");
    let accepting = Accepting { browser: &browser, signed_in: signed_in.as_ref(), name: name.as_deref() };
    let accepted = match app.tried_from(asked.address(), app.accept_invitation(&link, accepting).await) {
        Err(problem) if second_factor::helps(&problem) => {
            return Ok(asked.to(&second_factor::first(&format!("/invitation/{link}")), &[]));
        }
        accepted => accepted?,
    };
    Ok(match &accepted.begun {
        Some(begun) => asked.signed_in(&app, begun),
        None => asked.to(HOME, &[]),
    })
}

fn whom(by: Option<&SignedIn>) -> &str {
    by.map_or("", |by| by.proof.person.as_str())
}

pub(super) async fn decline(
    State(app): State<App>,
    asked: Asked,
    Path(link): Path<String>,
    form: Bytes,
) -> Result<Response, Refused> {
    asked.sent(&app, &form, CSRF_DOOR)?;
    app.tried_from(asked.address(), app.decline_invitation(&link).await)?;
    let detail =
        "You have declined the invitation, and its link opens nothing any more. Nobody has learnt anything else.";
    Ok(asked.page(StatusCode::OK, &FailurePage { title: "You said no", detail }))
}
