//! Endpoints: roles that a member has beside their own.

use app::App;
use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use utoipa::ToSchema;

use super::ChangedMember;
use crate::extract::{Body, Signed};
use crate::problem::{Failure, Problems};
use crate::time::read_optional;

/// How long somebody has a role beside their own.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtraRoleToGive {
    /// When it ends by itself.
    expires_at: Option<String>,
}

/// Gives a member a role beside their own, where `roles.extra_bindings` is on, or gives it another end. What they may do
/// is all that any of their roles gives.
#[utoipa::path(put, path = "/members/{member}/roles/{role}", tag = "members", operation_id = "give_member_role",
    params(("org" = String, Path, description = "slug or id"), ("member" = String, Path, description = "e-mail address or id"),
        ("role" = String, Path, description = "short name of the role")),
    request_body = ExtraRoleToGive, responses((status = 200, body = ChangedMember), Problems))]
pub(crate) async fn give(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String, String)>,
    Body(body): Body<ExtraRoleToGive>,
) -> Result<Json<ChangedMember>, Failure> {
    let (_, member, role) = path;
    let expires_at = read_optional("expires_at", body.expires_at.as_deref())?;
    Ok(Json(app.give_member_role(&caller, (&member, &role), expires_at).await?.into()))
}

/// Takes from a member a role that they have beside their own.
#[utoipa::path(delete, path = "/members/{member}/roles/{role}", tag = "members", operation_id = "take_member_role",
    params(("org" = String, Path, description = "slug or id"), ("member" = String, Path, description = "e-mail address or id"),
        ("role" = String, Path, description = "short name of the role")),
    responses((status = 200, body = ChangedMember), Problems))]
pub(crate) async fn take(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String, String)>,
) -> Result<Json<ChangedMember>, Failure> {
    let (_, member, role) = path;
    Ok(Json(app.take_member_role(&caller, (&member, &role)).await?.into()))
}
