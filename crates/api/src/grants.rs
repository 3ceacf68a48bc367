//! Endpoints: what members, teams, roles and workspace keys are given of integrations.

use std::collections::BTreeSet;

use app::App;
use app::grants::{GrantChange, GrantView, Receiver};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::grant::Profile;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::extract::{Body, Signed};
use crate::organizations::given;
use crate::problem::{Failure, Problems};
use crate::time;

/// In which measure an integration is given; what is left out stays, or is as the settings say.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantToSet {
    /// `read-only`, `no-delete` or `full`.
    #[schema(value_type = Option<String>)]
    profile: Option<Profile>,
    /// Single tools switched off, by the name they have at the integration.
    tools_off: Option<BTreeSet<String>>,
    /// When it ends by itself; null takes an end away.
    #[serde(default, deserialize_with = "given")]
    expires_at: Option<Option<String>>,
}

/// What was given.
#[derive(Serialize, ToSchema)]
pub(crate) struct Grant {
    /// Id of the member, team, key or agent, or `role:` and the role's name.
    grantee: String,
    /// Slug of the integration.
    integration: String,
    /// The tool profile.
    #[schema(value_type = String)]
    profile: Profile,
    /// What the profile means.
    means: &'static str,
    /// Single tools switched off.
    tools_off: BTreeSet<String>,
    /// When it ends by itself.
    expires_at: Option<String>,
}

impl From<GrantView> for Grant {
    fn from(view: GrantView) -> Grant {
        Grant {
            grantee: view.grantee.to_string(),
            integration: view.integration,
            profile: view.grant.profile,
            means: view.grant.profile.in_plain_words(),
            tools_off: view.grant.tools_off,
            expires_at: view.grant.expires_at.map(time::written),
        }
    }
}

impl GrantToSet {
    fn change(self) -> Result<GrantChange, Failure> {
        let expires_at = match self.expires_at {
            None => None,
            Some(None) => Some(None),
            Some(Some(text)) => Some(Some(time::read("expires_at", &text)?)),
        };
        Ok(GrantChange { profile: self.profile, tools_off: self.tools_off, expires_at })
    }
}

/// Gives a member an integration, or changes in which measure. The next call is answered by it.
#[utoipa::path(put, path = "/members/{member}/integrations/{integration}", tag = "grants",
    operation_id = "set_member_grant", request_body = GrantToSet,
    params(("org" = String, Path, description = "slug or id"), ("member" = String, Path, description = "e-mail address or id"),
        ("integration" = String, Path, description = "slug or id")),
    responses((status = 200, body = Grant), Problems))]
pub(crate) async fn set_for_member(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String, String)>,
    Body(body): Body<GrantToSet>,
) -> Result<Json<Grant>, Failure> {
    let (_, member, integration) = path;
    Ok(Json(app.set_grant(&caller, Receiver::Member(&member), &integration, body.change()?).await?.into()))
}

/// Takes an integration from a member.
#[utoipa::path(delete, path = "/members/{member}/integrations/{integration}", tag = "grants",
    operation_id = "remove_member_grant",
    params(("org" = String, Path, description = "slug or id"), ("member" = String, Path, description = "e-mail address or id"),
        ("integration" = String, Path, description = "slug or id")),
    responses((status = 204), Problems))]
pub(crate) async fn remove_for_member(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String, String)>,
) -> Result<StatusCode, Failure> {
    let (_, member, integration) = path;
    app.remove_grant(&caller, Receiver::Member(&member), &integration).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a workspace key an integration. From the first one on the key reaches only what it is given.
#[utoipa::path(put, path = "/keys/{key}/integrations/{integration}", tag = "grants",
    operation_id = "set_key_grant", request_body = GrantToSet,
    params(("org" = String, Path, description = "slug or id"), ("key" = String, Path, description = "id"),
        ("integration" = String, Path, description = "slug or id")),
    responses((status = 200, body = Grant), Problems))]
pub(crate) async fn set_for_key(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String, String)>,
    Body(body): Body<GrantToSet>,
) -> Result<Json<Grant>, Failure> {
    let (_, key, integration) = path;
    Ok(Json(app.set_grant(&caller, Receiver::Key(&key), &integration, body.change()?).await?.into()))
}

/// Takes an integration from a workspace key.
#[utoipa::path(delete, path = "/keys/{key}/integrations/{integration}", tag = "grants",
    operation_id = "remove_key_grant",
    params(("org" = String, Path, description = "slug or id"), ("key" = String, Path, description = "id"),
        ("integration" = String, Path, description = "slug or id")),
    responses((status = 204), Problems))]
pub(crate) async fn remove_for_key(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String, String)>,
) -> Result<StatusCode, Failure> {
    let (_, key, integration) = path;
    app.remove_grant(&caller, Receiver::Key(&key), &integration).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives an agent an integration, or changes in which measure.
#[utoipa::path(put, path = "/agents/{agent}/integrations/{integration}", tag = "grants",
    operation_id = "set_agent_grant", request_body = GrantToSet,
    params(("org" = String, Path, description = "slug or id"), ("agent" = String, Path, description = "id"),
        ("integration" = String, Path, description = "slug or id")),
    responses((status = 200, body = Grant), Problems))]
pub(crate) async fn set_for_agent(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String, String)>,
    Body(body): Body<GrantToSet>,
) -> Result<Json<Grant>, Failure> {
    let (_, agent, integration) = path;
    Ok(Json(app.set_grant(&caller, Receiver::Agent(&agent), &integration, body.change()?).await?.into()))
}

/// Takes an integration from an agent.
#[utoipa::path(delete, path = "/agents/{agent}/integrations/{integration}", tag = "grants",
    operation_id = "remove_agent_grant",
    params(("org" = String, Path, description = "slug or id"), ("agent" = String, Path, description = "id"),
        ("integration" = String, Path, description = "slug or id")),
    responses((status = 204), Problems))]
pub(crate) async fn remove_for_agent(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String, String)>,
) -> Result<StatusCode, Failure> {
    let (_, agent, integration) = path;
    app.remove_grant(&caller, Receiver::Agent(&agent), &integration).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives an integration to everyone in a team, now and later.
#[utoipa::path(put, path = "/teams/{team}/integrations/{integration}", tag = "grants",
    operation_id = "set_team_grant", request_body = GrantToSet,
    params(("org" = String, Path, description = "slug or id"), ("team" = String, Path, description = "id or title"),
        ("integration" = String, Path, description = "slug or id")),
    responses((status = 200, body = Grant), Problems))]
pub(crate) async fn set_for_team(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String, String)>,
    Body(body): Body<GrantToSet>,
) -> Result<Json<Grant>, Failure> {
    let (_, team, integration) = path;
    Ok(Json(app.set_grant(&caller, Receiver::Team(&team), &integration, body.change()?).await?.into()))
}

/// Takes an integration from a team.
#[utoipa::path(delete, path = "/teams/{team}/integrations/{integration}", tag = "grants",
    operation_id = "remove_team_grant",
    params(("org" = String, Path, description = "slug or id"), ("team" = String, Path, description = "id or title"),
        ("integration" = String, Path, description = "slug or id")),
    responses((status = 204), Problems))]
pub(crate) async fn remove_for_team(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String, String)>,
) -> Result<StatusCode, Failure> {
    let (_, team, integration) = path;
    app.remove_grant(&caller, Receiver::Team(&team), &integration).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives an integration to everyone with a role, now and later.
#[utoipa::path(put, path = "/roles/{role}/integrations/{integration}", tag = "grants",
    operation_id = "set_role_grant", request_body = GrantToSet,
    params(("org" = String, Path, description = "slug or id"), ("role" = String, Path, description = "short name"),
        ("integration" = String, Path, description = "slug or id")),
    responses((status = 200, body = Grant), Problems))]
pub(crate) async fn set_for_role(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String, String)>,
    Body(body): Body<GrantToSet>,
) -> Result<Json<Grant>, Failure> {
    let (_, role, integration) = path;
    Ok(Json(app.set_grant(&caller, Receiver::Role(&role), &integration, body.change()?).await?.into()))
}

/// Takes an integration from a role.
#[utoipa::path(delete, path = "/roles/{role}/integrations/{integration}", tag = "grants",
    operation_id = "remove_role_grant",
    params(("org" = String, Path, description = "slug or id"), ("role" = String, Path, description = "short name"),
        ("integration" = String, Path, description = "slug or id")),
    responses((status = 204), Problems))]
pub(crate) async fn remove_for_role(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String, String)>,
) -> Result<StatusCode, Failure> {
    let (_, role, integration) = path;
    app.remove_grant(&caller, Receiver::Role(&role), &integration).await?;
    Ok(StatusCode::NO_CONTENT)
}
