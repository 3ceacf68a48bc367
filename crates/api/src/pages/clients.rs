//! The page on which somebody sees the AI clients that they have connected, and the one on which they disconnect one.

use app::App;
use app::clients::{ClientsHere, ConnectedClientView};
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::grant::Profile;

use super::Refused;
use super::resident::Resident;
use crate::time::told;

/// The page itself.
pub(super) const HERE: &str = "/sign-in/clients";
/// The door for which the word in the form is made.
const CSRF_DOOR: &str = "clients";

#[derive(Template)]
#[template(path = "clients.html")]
struct ClientsPage {
    places: Vec<Place>,
}

/// An organization, and what is connected to it.
struct Place {
    org: String,
    name: String,
    clients: Vec<Shown>,
}

/// A client in words.
struct Shown {
    id: String,
    name: String,
    what_for: String,
    may: &'static str,
    sent_back_to: String,
    connected: String,
    used: Option<String>,
    /// Whether it has ended by itself, for want of use.
    is_over: bool,
}

#[derive(Template)]
#[template(path = "client_disconnect.html")]
struct DisconnectPage<'p> {
    client: &'p Shown,
    organization: &'p str,
    csrf: &'p str,
}

pub(super) async fn show(State(app): State<App>, resident: Resident) -> Result<Response, Refused> {
    let places = app.clients_everywhere(&resident.signed_in).await?.into_iter().map(place).collect();
    Ok(resident.asked.page(StatusCode::OK, &ClientsPage { places }))
}

/// Asks whether a client is to be disconnected.
pub(super) async fn ask(
    State(app): State<App>,
    resident: Resident,
    Path((org, client)): Path<(String, String)>,
) -> Result<Response, Refused> {
    let Resident { asked, signed_in } = &resident;
    let caller = app.caller_in(signed_in, &org).await?;
    let client = shown(app.own_client(&caller, &client).await?);
    let csrf = app.csrf_token(signed_in, CSRF_DOOR);
    let snapshot = caller.live.snapshot();
    let page = DisconnectPage { client: &client, organization: snapshot.name(), csrf: &csrf };
    Ok(asked.page(StatusCode::OK, &page))
}

/// Disconnects it.
pub(super) async fn disconnect(
    State(app): State<App>,
    resident: Resident,
    Path((org, client)): Path<(String, String)>,
    form: Bytes,
) -> Result<Response, Refused> {
    resident.sent(&app, &form, CSRF_DOOR)?;
    let caller = app.caller_in(&resident.signed_in, &org).await?;
    app.disconnect_own_client(&caller, &client).await?;
    Ok(resident.asked.to(HERE, &[]))
}

fn place(here: ClientsHere) -> Place {
    Place { org: here.org.to_string(), name: here.organization, clients: here.clients.into_iter().map(shown).collect() }
}

fn shown(view: ConnectedClientView) -> Shown {
    Shown {
        id: view.id.to_string(),
        name: view.name,
        what_for: view.integration.unwrap_or_else(|| "everything that you may use".to_owned()),
        may: match view.profile {
            Profile::Full => "do everything that you may",
            less => less.in_plain_words(),
        },
        sent_back_to: view.sent_back_to,
        connected: told(view.connected_at),
        used: view.used_at.map(told),
        is_over: view.ends_at.is_none(),
    }
}
