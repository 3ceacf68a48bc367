//! The demo's way of signing in: whoever is at the machine chooses whom of the company to be.
//!
//! It is a door of its own ([`door`]) that `wardroom demo` alone opens, on this machine alone. What it does is what the
//! operator does by hand: a link is made for the person, and used.

use std::sync::Arc;

use app::App;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use axum::{Extension, Router};

use super::{Asked, Refused, field};
use crate::organizations::PublicUrl;
use crate::problem::Failure;
use crate::routes::Api;

/// The door for which the word in the form is made.
pub(super) const CSRF_DOOR: &str = "demo";

/// Somebody of the demo's company.
#[derive(Clone, Debug)]
pub struct Part {
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
    /// The job.
    pub title: String,
}

/// The people among whom the page of signing in lets choose.
#[derive(Clone)]
pub(super) struct Cast(pub(super) Arc<[Part]>);

/// Opens the door beside all others: the page of signing in shows these people, and whoever is chosen is signed in.
pub fn door(doors: Router, api: Api, people: Vec<Part>) -> Router {
    let cast = Cast(people.into());
    let chosen = Router::new().route("/sign-in/as", post(choose)).with_state(api.app);
    let chosen = chosen.layer(Extension(PublicUrl(api.public_url.into())));
    doors.merge(chosen).layer(Extension(cast))
}

async fn choose(
    State(app): State<App>,
    Extension(cast): Extension<Cast>,
    asked: Asked,
    form: Bytes,
) -> Result<Response, Refused> {
    let browser = asked.sent(&app, &form, CSRF_DOOR)?;
    let email = field(&form, "email").unwrap_or_default();
    let chosen = cast.0.iter().find(|part| part.email == email);
    let chosen = chosen.ok_or_else(|| Failure::bad_field("email", "choose somebody of the demo's company"))?;
    let link = app.make_link(&chosen.email).await?;
    let before = asked.resident(&app).await?;
    let begun = app.open_link(link.reveal(), &browser, before.as_ref()).await;
    asked.entered(&app, &browser, begun)
}
