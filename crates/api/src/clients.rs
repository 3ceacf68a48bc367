//! Endpoints: the AI clients that people have connected by signing in, their own and a member's.

use app::App;
use app::clients::ConnectedClientView;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::Signed;
use crate::problem::{Failure, Problems};
use crate::time::written;

/// An AI client that somebody connected: it acts as them, at the addresses for tools and nowhere else.
#[derive(Serialize, ToSchema)]
#[schema(as = ConnectedClient)]
pub(crate) struct Client {
    /// Its id.
    id: String,
    /// What it called itself when it was connected.
    name: String,
    /// Where its person was sent back to then: a host, or the scheme of an application.
    sent_back_to: String,
    /// The path of the address that it was connected for.
    path: String,
    /// What it may do of what its person may: `read-only`, `no-delete` or `full`.
    profile: &'static str,
    /// When it was connected.
    connected_at: String,
    /// When it was let in last where tools are called, to the minute; none where it never was.
    used_at: Option<String>,
    /// When its connection ends unless it comes before; none where it has ended by itself.
    ends_at: Option<String>,
}

impl From<ConnectedClientView> for Client {
    fn from(client: ConnectedClientView) -> Client {
        Client {
            id: client.id.to_string(),
            name: client.name,
            sent_back_to: client.sent_back_to,
            path: client.path,
            profile: client.profile.as_str(),
            connected_at: written(client.connected_at),
            used_at: client.used_at.map(written),
            ends_at: client.ends_at.map(written),
        }
    }
}

/// Connected clients.
#[derive(Serialize, ToSchema)]
#[schema(as = ConnectedClients)]
pub(crate) struct Clients {
    /// The newest first.
    items: Vec<Client>,
    /// Always none: there is one page.
    next: Option<String>,
}

impl Clients {
    fn of(clients: Vec<ConnectedClientView>) -> Json<Clients> {
        Json(Clients { items: clients.into_iter().map(Client::from).collect(), next: None })
    }
}

/// The AI clients that the caller has connected here.
#[utoipa::path(get, path = "/clients", tag = "clients", operation_id = "list_own_clients",
    params(("org" = String, Path, description = "slug or id")),
    responses((status = 200, body = Clients), Problems))]
pub(crate) async fn list(State(app): State<App>, Signed(caller): Signed) -> Result<Json<Clients>, Failure> {
    Ok(Clients::of(app.own_clients(&caller).await?))
}

/// Disconnects an AI client that the caller has connected. When this answers, it is let in no more.
#[utoipa::path(delete, path = "/clients/{client}", tag = "clients", operation_id = "disconnect_own_client",
    params(("org" = String, Path, description = "slug or id"), ("client" = String, Path, description = "id of the client")),
    responses((status = 204, description = "It is disconnected."), Problems))]
pub(crate) async fn disconnect(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    app.disconnect_own_client(&caller, &path.1).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The AI clients that a member has connected here. Needs `key.issue`, about nobody above the caller.
#[utoipa::path(get, path = "/members/{member}/clients", tag = "members", operation_id = "list_member_clients",
    params(("org" = String, Path, description = "slug or id"), ("member" = String, Path, description = "e-mail address or id")),
    responses((status = 200, body = Clients), Problems))]
pub(crate) async fn of_member(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<Json<Clients>, Failure> {
    Ok(Clients::of(app.member_clients(&caller, &path.1).await?))
}

/// Disconnects every AI client that a member has connected here. They connect them anew by signing in.
#[utoipa::path(delete, path = "/members/{member}/clients", tag = "members", operation_id = "disconnect_member_clients",
    params(("org" = String, Path, description = "slug or id"), ("member" = String, Path, description = "e-mail address or id")),
    responses((status = 204, description = "They are disconnected."), Problems))]
pub(crate) async fn disconnect_all_of_member(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    app.disconnect_member_client(&caller, &path.1, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Disconnects an AI client that a member has connected here.
#[utoipa::path(delete, path = "/members/{member}/clients/{client}", tag = "members", operation_id = "disconnect_member_client",
    params(("org" = String, Path, description = "slug or id"), ("member" = String, Path, description = "e-mail address or id"),
        ("client" = String, Path, description = "id of the client")),
    responses((status = 204, description = "It is disconnected."), Problems))]
pub(crate) async fn disconnect_of_member(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String, String)>,
) -> Result<StatusCode, Failure> {
    app.disconnect_member_client(&caller, &path.1, Some(&path.2)).await?;
    Ok(StatusCode::NO_CONTENT)
}
