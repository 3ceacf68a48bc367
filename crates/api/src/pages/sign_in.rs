//! The page that says who is signed in, or how to sign in; and signing out.

use app::App;
use app::sign_in::SignedIn;
use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::{Asked, Refused, field};
use crate::home::{Cookie, is_from_here};
use crate::problem::Failure;

/// The door for which the word in the form is made.
const CSRF_DOOR: &str = "sign-out";

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage;

#[derive(Template)]
#[template(path = "signed_in.html")]
struct SignedInPage<'p> {
    name: &'p str,
    organizations: Vec<Place>,
    csrf: &'p str,
}

/// An organization of somebody's, and their role there.
struct Place {
    name: String,
    role: String,
}

pub(super) async fn show(State(app): State<App>, asked: Asked) -> Result<Response, Refused> {
    let Some(signed_in) = signed_in(&app, &asked).await else {
        return Ok(asked.page(StatusCode::OK, &SignInPage));
    };
    let organizations = app.organizations_of(&signed_in).await?.into_iter();
    let organizations =
        organizations.map(|view| Place { name: view.name, role: view.role.unwrap_or_default() }).collect();
    let name = app.own_name(signed_in.proof.person).await?;
    let csrf = app.csrf_token(&signed_in, CSRF_DOOR);
    Ok(asked.page(StatusCode::OK, &SignedInPage { name: &name, organizations, csrf: &csrf }))
}

pub(super) async fn sign_out(State(app): State<App>, asked: Asked, form: Bytes) -> Result<Response, Refused> {
    let gone = asked.cookies.set(Cookie::Session, "", 0);
    // Whoever is signed in no longer is where they wanted to be.
    let Some(signed_in) = signed_in(&app, &asked).await else { return Ok(asked.home(gone)) };
    let word = field(&form, "csrf").unwrap_or_default();
    if !is_from_here(&asked.public_url.0, &asked.headers) || !app.is_csrf_token(&signed_in, CSRF_DOOR, word) {
        return Err(Failure::not_from_here().into());
    }
    app.end_session(&signed_in, signed_in.proof.session.as_str()).await?;
    Ok(asked.home(gone))
}

async fn signed_in(app: &App, asked: &Asked) -> Option<SignedIn> {
    let token = asked.cookies.read(Cookie::Session, &asked.headers)?;
    app.signed_in(token).await.ok()
}
