//! Endpoints: roles; making and changing them, who has them, and how they came to be what they are.

pub(crate) mod change;
pub(crate) mod history;
pub(crate) mod holders;

use app::App;
use app::roles::{Holders, RoleView};
use axum::Json;
use axum::extract::{Path, State};
use domain::object::DataRules;
use domain::permission::Holding;
use domain::role::{AssignableTo, RoleLevel};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Params, Signed, bad_cursor, page, page_size};
use crate::grants::Grant;
use crate::problem::{Failure, Problems};

/// A role.
#[derive(Serialize, ToSchema)]
pub(crate) struct Role {
    /// Its short, stable name.
    id: String,
    /// Its name for people.
    title: String,
    /// Who typically has it.
    typical_for: String,
    /// What to know about it.
    guide: String,
    /// Where it holds: `organization` or `team`.
    #[schema(value_type = String)]
    level: RoleLevel,
    /// What it states that it holds: groups such as `settings.*`, permissions such as `project.edit`, permissions in a
    /// scope such as `project.edit:own`.
    permissions: Vec<String>,
    /// What that comes to under the organization's settings, permission by permission.
    effective: Vec<String>,
    /// Its exceptions for objects and fields.
    #[schema(value_type = Object)]
    data: DataRules,
    /// To whom it may be given.
    assignable_to: Assignable,
    /// Whether it cannot be edited.
    locked: bool,
    /// Whether it is the top role, which somebody must always hold.
    top: bool,
    /// Whether newcomers get it: in the organization, or in teams.
    default: bool,
    /// Active members who have it; null where the caller may not see members.
    members: Option<usize>,
    /// Workspace keys that have it; null where the caller may not see keys.
    keys: Option<usize>,
    /// Agents that have it; null where the caller may not see agents.
    agents: Option<usize>,
    /// Places in teams that have it, of the teams that the caller sees.
    team_places: Option<usize>,
}

/// To whom a role may be given.
#[derive(Serialize, ToSchema)]
pub(crate) struct Assignable {
    /// People.
    members: bool,
    /// Workspace keys.
    keys: bool,
    /// Agents.
    agents: bool,
}

impl From<AssignableTo> for Assignable {
    fn from(to: AssignableTo) -> Assignable {
        Assignable { members: to.members, keys: to.keys, agents: to.agents }
    }
}

impl From<RoleView> for Role {
    fn from(view: RoleView) -> Role {
        let Holders { members, keys, agents, team_places } = view.holders;
        Role {
            id: view.role.id.to_string(),
            title: view.role.title,
            typical_for: view.role.typical_for,
            guide: view.role.guide,
            level: view.role.level,
            permissions: view.role.permissions.words(),
            effective: Holding::from(view.effective).words(),
            data: view.role.data,
            assignable_to: view.role.assignable_to.into(),
            locked: view.role.locked,
            top: view.role.top,
            default: view.is_default,
            members,
            keys,
            agents,
            team_places,
        }
    }
}

/// A role with what everyone who has it was given.
#[derive(Serialize, ToSchema)]
pub(crate) struct RoleDetail {
    #[serde(flatten)]
    role: Role,
    /// The integrations given to everyone with the role, as far as the caller may know of them.
    integrations: Vec<Grant>,
}

/// A page of roles.
#[derive(Serialize, ToSchema)]
pub(crate) struct Roles {
    items: Vec<Role>,
    /// Where the next page starts; none where this was the last.
    next: Option<String>,
}

/// Which part of a list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageParams {
    /// Where the last page ended.
    pub(crate) cursor: Option<String>,
    /// How many at most, 1 to 1000.
    pub(crate) limit: Option<u32>,
}

/// A page of roles: those of the organization before those in teams, the one that holds most first.
#[utoipa::path(get, path = "/roles", tag = "roles", operation_id = "list_roles",
    params(("org" = String, Path, description = "slug or id"), PageParams),
    responses((status = 200, body = Roles), Problems))]
pub(crate) async fn list(
    State(app): State<App>,
    Signed(caller): Signed,
    Params(params): Params<PageParams>,
) -> Result<Json<Roles>, Failure> {
    let limit = page_size(params.limit)?;
    let roles = app.list_roles(&caller).await?;
    let start = match params.cursor {
        None => 0,
        Some(last) => 1 + roles.iter().position(|view| view.role.id.as_str() == last).ok_or_else(bad_cursor)?,
    };
    let (items, more) = page(roles.into_iter().skip(start).map(Role::from).collect(), limit);
    let next = items.last().filter(|_| more).map(|last: &Role| last.id.clone());
    Ok(Json(Roles { items, next }))
}

/// One role.
#[utoipa::path(get, path = "/roles/{role}", tag = "roles", operation_id = "show_role",
    params(("org" = String, Path, description = "slug or id"), ("role" = String, Path, description = "short name")),
    responses((status = 200, body = RoleDetail), Problems))]
pub(crate) async fn show(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<Json<RoleDetail>, Failure> {
    let (_, id) = path;
    let role = app.show_role(&caller, &id).await?.into();
    let integrations = app.integrations_of_role(&caller, &id).await?.into_iter().map(Grant::from).collect();
    Ok(Json(RoleDetail { role, integrations }))
}
