//! Endpoints: the AI clients that are registered by hand, so that members can connect them.

use app::App;
use app::clients::{ClientToRegister as Wanted, RegisteredByHand};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::extract::{Body, Signed};
use crate::problem::{Failure, Problems};
use crate::time::written;

/// An AI client that was registered by hand. Nobody is connected by that: each person is asked.
#[derive(Serialize, ToSchema)]
pub(crate) struct RegisteredClient {
    /// Its identifier, to be given to the client.
    client_id: String,
    /// What people see that it is called.
    name: String,
    /// Where it may have people sent back to.
    redirect_uris: Vec<String>,
    /// Whether it shows itself by a secret.
    confidential: bool,
    /// When it was registered.
    created_at: String,
}

impl From<RegisteredByHand> for RegisteredClient {
    fn from(client: RegisteredByHand) -> RegisteredClient {
        RegisteredClient {
            client_id: client.client_id,
            name: client.name,
            redirect_uris: client.redirect_uris,
            confidential: client.confidential,
            created_at: written(client.created_at),
        }
    }
}

/// Clients that were registered by hand.
#[derive(Serialize, ToSchema)]
pub(crate) struct RegisteredClients {
    /// The newest first.
    items: Vec<RegisteredClient>,
    /// Always none: there are few.
    next: Option<String>,
}

/// The AI clients that are registered here by hand. Takes `security.edit`.
#[utoipa::path(get, path = "/registered-clients", tag = "clients", operation_id = "list_registered_clients",
    params(("org" = String, Path, description = "slug or id")),
    responses((status = 200, body = RegisteredClients), Problems))]
pub(crate) async fn list(State(app): State<App>, Signed(caller): Signed) -> Result<Json<RegisteredClients>, Failure> {
    let items = app.clients_by_hand(&caller).await?.into_iter().map(RegisteredClient::from).collect();
    Ok(Json(RegisteredClients { items, next: None }))
}

/// An AI client to be registered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientToRegister {
    /// What people see that it is called.
    name: String,
    /// Where it may have people sent back to: https, or http on their own machine, where the port may vary.
    redirect_uris: Vec<String>,
    /// Whether it can keep a secret and is to have one.
    #[serde(default)]
    confidential: bool,
}

/// A client that was just registered, with its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClientWithSecret {
    #[serde(flatten)]
    client: RegisteredClient,
    /// Its secret, shown this once; none for a client that has none.
    client_secret: Option<String>,
}

/// Registers an AI client by hand, for one that cannot register itself: members of this organization can connect it then, and
/// nobody else. Takes `security.edit`.
#[utoipa::path(post, path = "/registered-clients", tag = "clients", operation_id = "register_client",
    params(("org" = String, Path, description = "slug or id")), request_body = ClientToRegister,
    responses((status = 201, body = ClientWithSecret), Problems))]
pub(crate) async fn register(
    State(app): State<App>,
    Signed(caller): Signed,
    Body(body): Body<ClientToRegister>,
) -> Result<(StatusCode, Json<ClientWithSecret>), Failure> {
    let wanted = Wanted { name: body.name, redirect_uris: body.redirect_uris, confidential: body.confidential };
    let (client, secret) = app.register_client_by_hand(&caller, wanted).await?;
    let client_secret = secret.map(|secret| secret.reveal().to_owned());
    Ok((StatusCode::CREATED, Json(ClientWithSecret { client: client.into(), client_secret })))
}

/// Removes an AI client that was registered by hand. What members have connected by it is let in no more when this answers.
/// Takes `security.edit`.
#[utoipa::path(delete, path = "/registered-clients/{client}", tag = "clients", operation_id = "unregister_client",
    params(("org" = String, Path, description = "slug or id"), ("client" = String, Path, description = "its identifier")),
    responses((status = 204, description = "It is known no longer."), Problems))]
pub(crate) async fn unregister(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    app.unregister_client(&caller, &path.1).await?;
    Ok(StatusCode::NO_CONTENT)
}
