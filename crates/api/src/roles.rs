//! Endpoints: roles, and the catalogue of permissions.

use app::App;
use app::roles::RoleView;
use axum::Json;
use axum::extract::{Path, State};
use domain::permission::Permission;
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::Signed;
use crate::problem::{Failure, Problems};

/// A permission of the catalogue.
#[derive(Serialize, ToSchema)]
pub(crate) struct PermissionBody {
    /// Stable name.
    id: &'static str,
    /// A few words.
    title: &'static str,
    /// One line for whoever decides whether to give it.
    description: &'static str,
    /// Where it stands in lists.
    #[schema(value_type = String)]
    group: domain::permission::Group,
    /// Whether it gives power over other people or the organization.
    manages: bool,
}

/// The catalogue of permissions.
#[derive(Serialize, ToSchema)]
pub(crate) struct Permissions {
    items: Vec<PermissionBody>,
    next: Option<String>,
}

/// Every permission that a role can hold.
#[utoipa::path(get, path = "/permissions", tag = "roles", operation_id = "list_permissions",
    params(("org" = String, Path, description = "slug or id")),
    responses((status = 200, body = Permissions), Problems))]
pub(crate) async fn list_permissions(_: Signed) -> Json<Permissions> {
    let body = |permission: &Permission| {
        let entry = permission.entry();
        PermissionBody {
            id: entry.id,
            title: entry.title,
            description: entry.description,
            group: entry.group,
            manages: entry.manages,
        }
    };
    Json(Permissions { items: Permission::ALL.iter().map(body).collect(), next: None })
}

/// A role.
#[derive(Serialize, ToSchema)]
pub(crate) struct Role {
    /// Its short, stable name.
    id: String,
    /// Its name for people.
    title: String,
    /// Who typically has it.
    typical_for: String,
    /// What it holds.
    permissions: Vec<String>,
    /// Whether it cannot be edited.
    locked: bool,
    /// Whether it is the top role, which somebody must always hold.
    top: bool,
    /// Active members who have it.
    members: usize,
}

/// The roles of an organization.
#[derive(Serialize, ToSchema)]
pub(crate) struct Roles {
    items: Vec<Role>,
    next: Option<String>,
}

fn role(view: RoleView) -> Role {
    Role {
        id: view.role.id.to_string(),
        title: view.role.title,
        typical_for: view.role.typical_for,
        permissions: view.role.permissions.iter().map(|permission| permission.to_string()).collect(),
        locked: view.role.locked,
        top: view.role.top,
        members: view.members,
    }
}

/// Every role, the one that holds most first.
#[utoipa::path(get, path = "/roles", tag = "roles", operation_id = "list_roles",
    params(("org" = String, Path, description = "slug or id")),
    responses((status = 200, body = Roles), Problems))]
pub(crate) async fn list(State(app): State<App>, Signed(caller): Signed) -> Result<Json<Roles>, Failure> {
    let items = app.list_roles(&caller).await?.into_iter().map(role).collect();
    Ok(Json(Roles { items, next: None }))
}

/// One role.
#[utoipa::path(get, path = "/roles/{role}", tag = "roles", operation_id = "show_role",
    params(("org" = String, Path, description = "slug or id"), ("role" = String, Path, description = "short name")),
    responses((status = 200, body = Role), Problems))]
pub(crate) async fn show(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<Json<Role>, Failure> {
    let (_, id) = path;
    let roles = app.list_roles(&caller).await?;
    let found = roles.into_iter().find(|view| view.role.id.as_str() == id);
    found.map(|view| Json(role(view))).ok_or_else(|| Failure::missing("role"))
}
