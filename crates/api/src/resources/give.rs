//! Endpoints: who has a resource: shares, teams, owners.

use app::App;
use app::resources::{HandedOver, Sharing};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::resource::Shared;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::extract::{Body, NoBody, Signed};
use crate::problem::{Failure, Problems};
use crate::resources::Resource;
use crate::time::read_optional;

/// In which measure a resource is shared.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShareToSet {
    /// `view`, `use` or `edit`; each holds those before it.
    #[schema(value_type = String)]
    level: Shared,
    /// When it ends by itself.
    expires_at: Option<String>,
}

/// Shares a resource with a member or agent, or in another measure.
#[utoipa::path(put, path = "/resources/{resource}/shares/{with}", tag = "resources", operation_id = "share_resource",
    params(("org" = String, Path, description = "slug or id"), ("resource" = String, Path, description = "id"),
        ("with" = String, Path, description = "e-mail address or id of a member, or id of an agent")),
    request_body = ShareToSet, responses((status = 200, body = Resource), Problems))]
pub(crate) async fn share(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String, String)>,
    Body(body): Body<ShareToSet>,
) -> Result<Json<Resource>, Failure> {
    let (_, resource, with) = path;
    let expires_at = read_optional("expires_at", body.expires_at.as_deref())?;
    let sharing = Sharing { level: body.level, expires_at };
    Ok(Json(app.share_resource(&caller, (&resource, &with), sharing).await?.into()))
}

/// Shares a resource with somebody no longer.
#[utoipa::path(delete, path = "/resources/{resource}/shares/{with}", tag = "resources",
    operation_id = "unshare_resource",
    params(("org" = String, Path, description = "slug or id"), ("resource" = String, Path, description = "id"),
        ("with" = String, Path, description = "e-mail address or id of a member, or id of an agent")),
    responses((status = 204), Problems))]
pub(crate) async fn unshare(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String, String)>,
) -> Result<StatusCode, Failure> {
    let (_, resource, with) = path;
    app.unshare_resource(&caller, (&resource, &with)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a resource to a team: its members may do from now on what their roles say.
#[utoipa::path(put, path = "/resources/{resource}/teams/{team}", tag = "resources", operation_id = "assign_resource",
    params(("org" = String, Path, description = "slug or id"), ("resource" = String, Path, description = "id"),
        ("team" = String, Path, description = "id or title")),
    responses((status = 204), Problems))]
pub(crate) async fn assign(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String, String)>,
    _: NoBody,
) -> Result<StatusCode, Failure> {
    let (_, resource, team) = path;
    app.assign_resource(&caller, (&resource, &team)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a resource from a team; its members lose at once what they had through it.
#[utoipa::path(delete, path = "/resources/{resource}/teams/{team}", tag = "resources",
    operation_id = "unassign_resource",
    params(("org" = String, Path, description = "slug or id"), ("resource" = String, Path, description = "id"),
        ("team" = String, Path, description = "id or title")),
    responses((status = 204), Problems))]
pub(crate) async fn unassign(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String, String)>,
) -> Result<StatusCode, Failure> {
    let (_, resource, team) = path;
    app.unassign_resource(&caller, (&resource, &team)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who is to own it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOwner {
    /// A member, by e-mail address or id.
    to: String,
}

/// Gives a resource to another owner. What the caller sees of it afterwards is what is answered.
#[utoipa::path(post, path = "/resources/{resource}/hand-over", tag = "resources", operation_id = "hand_over_resource",
    params(("org" = String, Path, description = "slug or id"), ("resource" = String, Path, description = "id")),
    request_body = NewOwner, responses((status = 200, body = Resource), Problems))]
pub(crate) async fn hand_over(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    Body(body): Body<NewOwner>,
) -> Result<Json<Resource>, Failure> {
    let (_, resource) = path;
    Ok(Json(app.hand_over_resource(&caller, &resource, &body.to).await?.into()))
}

/// What came of handing over everything of somebody's.
#[derive(Serialize, ToSchema)]
pub(crate) struct HandOver {
    /// Resources that have the new owner.
    handed_over: usize,
    /// Resources that the caller sees and may not hand over.
    denied: usize,
    /// Whether there are more: send the same request again.
    more: bool,
}

impl From<HandedOver> for HandOver {
    fn from(done: HandedOver) -> HandOver {
        HandOver { handed_over: done.handed_over, denied: done.denied, more: done.more }
    }
}

/// Hands over everything that a member has, or that somebody who was removed had made and that has no owner since.
/// At most 500 at a time.
#[utoipa::path(post, path = "/members/{member}/hand-over", tag = "resources", operation_id = "hand_over_all",
    params(("org" = String, Path, description = "slug or id"),
        ("member" = String, Path, description = "e-mail address or id, of a removed member too")),
    request_body = NewOwner, responses((status = 200, body = HandOver), Problems))]
pub(crate) async fn hand_over_all(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    Body(body): Body<NewOwner>,
) -> Result<Json<HandOver>, Failure> {
    let (_, member) = path;
    Ok(Json(app.hand_over_all(&caller, &member, &body.to).await?.into()))
}
