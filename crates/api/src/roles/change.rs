//! Endpoints: making, copying, changing and ending roles.

use std::collections::BTreeMap;

use app::App;
use app::roles::{AssignableChange, DeletedRole, Holders, NewRole, RoleChange};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::object::DataRules;
use domain::permission::Holding;
use domain::resource::{Level, ResourceKind};
use domain::role::RoleLevel;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Role;
use crate::extract::{Body, Params, Signed};
use crate::problem::{Failure, Problems};

/// To whom a role may be given; what is left out stays.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssignableToChange {
    /// People.
    members: Option<bool>,
    /// Workspace keys.
    keys: Option<bool>,
    /// Agents.
    agents: Option<bool>,
}

/// A role to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleToCreate {
    /// Its short name, of `a-z 0-9 -`; made from the title where none is given.
    id: Option<String>,
    /// Its name for people.
    title: String,
    /// Where it holds: `organization` (the default) or `team`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    level: RoleLevel,
    /// Who typically has it, in one line.
    typical_for: Option<String>,
    /// What to know about it.
    guide: Option<String>,
    /// What it holds, as words of the catalogue.
    #[serde(default)]
    permissions: Vec<String>,
    /// One word for all that it may do with a kind of resource, such as `{"project": "view_only"}`.
    #[serde(default)]
    levels: BTreeMap<String, String>,
    /// Its exceptions for objects and fields.
    #[schema(value_type = Option<Object>)]
    data: Option<DataRules>,
    /// To whom it may be given; to members alone where nothing is said.
    #[serde(default)]
    assignable_to: AssignableToChange,
}

/// What is to change about a role; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleToChange {
    /// Its name for people.
    title: Option<String>,
    /// Who typically has it, in one line.
    typical_for: Option<String>,
    /// What to know about it.
    guide: Option<String>,
    /// All that it holds from now on.
    permissions: Option<Vec<String>>,
    /// One word for all that it may do with a kind of resource, such as `{"project": "view_only"}`.
    #[serde(default)]
    levels: BTreeMap<String, String>,
    /// Words that it no longer holds, in whatever scope. What is taken out of a group that the role holds whole leaves
    /// the rest of the group written out.
    #[serde(default)]
    revoke: Vec<String>,
    /// Words that it holds besides, at least as far as said.
    #[serde(default)]
    allow: Vec<String>,
    /// All its exceptions for objects and fields from now on.
    #[schema(value_type = Option<Object>)]
    data: Option<DataRules>,
    /// To whom it may be given.
    #[serde(default)]
    assignable_to: AssignableToChange,
}

fn holding(field: &'static str, words: &[String]) -> Result<Holding, Failure> {
    Holding::parse(words).map_err(|error| Failure::bad_field(field, error.to_string()))
}

/// What is revoked goes altogether; to hold less of it is to revoke it and to allow the smaller part.
fn revoked(words: &[String]) -> Result<Holding, Failure> {
    match words.iter().find(|word| word.contains(':')) {
        None => holding("revoke", words),
        Some(word) => {
            let bare = word.split(':').next().unwrap_or_default();
            let message = format!("revoke {bare} without a scope, and allow it in the smaller scope in the same step");
            Err(Failure::bad_field("revoke", message))
        }
    }
}

fn levels(words: BTreeMap<String, String>) -> Result<BTreeMap<ResourceKind, Level>, Failure> {
    let read = |(kind, level): (String, String)| {
        let field = format!("levels.{kind}");
        let known = || ResourceKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
        let kind = ResourceKind::parse(&kind).ok_or_else(|| {
            Failure::bad_field(field.clone(), format!("there is no such kind; there are: {}", known()))
        })?;
        let level = Level::ALL.into_iter().find(|known| known.as_str() == level);
        let wrong = || Failure::bad_field(field, "give no_access, view_only, view_update or full_control");
        Ok((kind, level.ok_or_else(wrong)?))
    };
    words.into_iter().map(read).collect()
}

impl From<AssignableToChange> for AssignableChange {
    fn from(change: AssignableToChange) -> AssignableChange {
        AssignableChange { members: change.members, keys: change.keys, agents: change.agents }
    }
}

impl RoleToCreate {
    fn new_role(self) -> Result<NewRole, Failure> {
        let change = RoleChange {
            title: None,
            typical_for: self.typical_for,
            guide: self.guide,
            permissions: Some(holding("permissions", &self.permissions)?),
            levels: levels(self.levels)?,
            revoke: Holding::default(),
            allow: Holding::default(),
            data: self.data,
            assignable_to: self.assignable_to.into(),
        };
        Ok(NewRole { id: self.id, title: self.title, level: self.level, change })
    }
}

impl RoleToChange {
    fn change(self) -> Result<RoleChange, Failure> {
        Ok(RoleChange {
            title: self.title,
            typical_for: self.typical_for,
            guide: self.guide,
            permissions: self.permissions.map(|words| holding("permissions", &words)).transpose()?,
            levels: levels(self.levels)?,
            revoke: revoked(&self.revoke)?,
            allow: holding("allow", &self.allow)?,
            data: self.data,
            assignable_to: self.assignable_to.into(),
        })
    }
}

/// Makes a role.
#[utoipa::path(post, path = "/roles", tag = "roles", operation_id = "create_role",
    params(("org" = String, Path, description = "slug or id")), request_body = RoleToCreate,
    responses((status = 201, body = Role), Problems))]
pub(crate) async fn create(
    State(app): State<App>,
    Signed(caller): Signed,
    Body(body): Body<RoleToCreate>,
) -> Result<(StatusCode, Json<Role>), Failure> {
    Ok((StatusCode::CREATED, Json(app.create_role(&caller, body.new_role()?).await?.into())))
}

/// The name of a copy.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleToClone {
    /// Its short name; made from the title where none is given.
    id: Option<String>,
    /// Its name for people.
    title: String,
}

/// Makes a role as a copy of another. The copy of a fixed role can be edited; a copy of the top role holds what there
/// is today, and nothing that a later version adds.
#[utoipa::path(post, path = "/roles/{role}/clone", tag = "roles", operation_id = "clone_role",
    params(("org" = String, Path, description = "slug or id"), ("role" = String, Path, description = "short name")),
    request_body = RoleToClone, responses((status = 201, body = Role), Problems))]
pub(crate) async fn clone(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    Body(body): Body<RoleToClone>,
) -> Result<(StatusCode, Json<Role>), Failure> {
    let (_, role) = path;
    let copy = app.clone_role(&caller, &role, body.id.as_deref(), body.title).await?;
    Ok((StatusCode::CREATED, Json(copy.into())))
}

/// Changes a role. Everyone who has it is answered by the new one from their next request on.
#[utoipa::path(patch, path = "/roles/{role}", tag = "roles", operation_id = "change_role",
    params(("org" = String, Path, description = "slug or id"), ("role" = String, Path, description = "short name")),
    request_body = RoleToChange, responses((status = 200, body = Role), Problems))]
pub(crate) async fn change(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    Body(body): Body<RoleToChange>,
) -> Result<Json<Role>, Failure> {
    let (_, role) = path;
    Ok(Json(app.change_role(&caller, &role, body.change()?).await?.into()))
}

/// What comes after a role.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeleteParams {
    /// The default role from now on, which the members get; needed to delete the default role itself.
    default_role: Option<String>,
}

/// What became of the holders of a role that ended.
#[derive(Serialize, ToSchema)]
pub(crate) struct RoleDeleted {
    /// The role that ended.
    deleted: String,
    /// The role that its members have now.
    moved_to: String,
    /// Members who have the other role now.
    members: Option<usize>,
    /// Places in teams that have the other role now.
    team_places: Option<usize>,
    /// Keys that have no role now, and do nothing until they are given one.
    keys: Option<usize>,
    /// Agents that have no role now, and do nothing until they are given one.
    agents: Option<usize>,
}

impl From<DeletedRole> for RoleDeleted {
    fn from(ended: DeletedRole) -> RoleDeleted {
        let Holders { members, keys, agents, team_places } = ended.holders;
        let (deleted, moved_to) = (ended.role.to_string(), ended.moved_to.to_string());
        RoleDeleted { deleted, moved_to, members, team_places, keys, agents }
    }
}

/// Ends a role. Its members get the default role; its keys and agents do nothing until they are given another.
#[utoipa::path(delete, path = "/roles/{role}", tag = "roles", operation_id = "delete_role",
    params(("org" = String, Path, description = "slug or id"), ("role" = String, Path, description = "short name"),
        DeleteParams),
    responses((status = 200, body = RoleDeleted), Problems))]
pub(crate) async fn delete(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    Params(params): Params<DeleteParams>,
) -> Result<Json<RoleDeleted>, Failure> {
    let (_, role) = path;
    Ok(Json(app.delete_role(&caller, &role, params.default_role.as_deref()).await?.into()))
}
