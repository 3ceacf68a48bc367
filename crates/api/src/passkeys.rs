//! Endpoints: one's own passkeys. They are added on a page, since a browser alone can ask a device for one.

use app::App;
use app::sign_in::PasskeyView;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::extract::Body;
use crate::problem::{Failure, Problems};
use crate::time::written;
use crate::visitor::Visitor;

/// A passkey.
#[derive(Serialize, ToSchema)]
pub(crate) struct Passkey {
    /// Its id.
    id: String,
    /// What its person calls it.
    name: String,
    /// Whether it can come to be on several devices of theirs.
    may_be_copied: bool,
    /// Since when it lets them in.
    added_at: String,
}

impl From<PasskeyView> for Passkey {
    fn from(view: PasskeyView) -> Passkey {
        let PasskeyView { id, name, may_be_copied, added_at } = view;
        Passkey { id: id.to_string(), name, may_be_copied, added_at: written(added_at) }
    }
}

/// A person's passkeys.
#[derive(Serialize, ToSchema)]
pub(crate) struct Passkeys {
    /// The oldest first.
    items: Vec<Passkey>,
    /// Always none: there is one page.
    next: Option<String>,
}

/// One's own passkeys.
#[utoipa::path(get, path = "/api/v1/passkeys", tag = "session", operation_id = "list_passkeys",
    security(("session" = [])), responses((status = 200, body = Passkeys), Problems))]
pub(crate) async fn list(
    State(app): State<App>,
    Visitor { signed_in, .. }: Visitor,
) -> Result<Json<Passkeys>, Failure> {
    let items = app.passkeys(&signed_in).await?.into_iter().map(Passkey::from).collect();
    Ok(Json(Passkeys { items, next: None }))
}

/// Whether a passkey is asked for as well when its person signs in in another way.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecondFactor {
    /// Whether it is.
    on: bool,
}

/// Whether one is asked for a passkey as well whenever one signs in by mail, with a provider or with a link.
#[utoipa::path(get, path = "/api/v1/second-factor", tag = "session", operation_id = "show_second_factor",
    security(("session" = [])), responses((status = 200, body = SecondFactor), Problems))]
pub(crate) async fn second_factor(
    State(app): State<App>,
    Visitor { signed_in, .. }: Visitor,
) -> Result<Json<SecondFactor>, Failure> {
    Ok(Json(SecondFactor { on: app.has_second_factor(&signed_in).await? }))
}

/// Turns that on or off, in a session in which a passkey was shown, within 10 minutes after signing in. As it is turned on,
/// one's other sessions in which none was shown end.
#[utoipa::path(put, path = "/api/v1/second-factor", tag = "session", operation_id = "set_second_factor",
    request_body = SecondFactor, security(("session" = [])), responses((status = 200, body = SecondFactor), Problems))]
pub(crate) async fn set_second_factor(
    State(app): State<App>,
    Visitor { signed_in, .. }: Visitor,
    Body(wanted): Body<SecondFactor>,
) -> Result<Json<SecondFactor>, Failure> {
    app.set_second_factor(&signed_in, wanted.on).await?;
    Ok(Json(wanted))
}

/// Removes one of one's own passkeys, within 10 minutes after signing in.
#[utoipa::path(delete, path = "/api/v1/passkeys/{passkey}", tag = "session", operation_id = "remove_passkey",
    params(("passkey" = String, Path, description = "id of the passkey")),
    security(("session" = [])), responses((status = 204, description = "It lets nobody in any more."), Problems))]
pub(crate) async fn remove(
    State(app): State<App>,
    Visitor { signed_in, .. }: Visitor,
    Path(passkey): Path<String>,
) -> Result<StatusCode, Failure> {
    app.remove_passkey(&signed_in, &passkey).await?;
    Ok(StatusCode::NO_CONTENT)
}
