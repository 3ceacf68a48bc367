//! Endpoint: who has a role.

use app::App;
use app::roles::{Holder, HolderView};
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::PageParams;
use crate::extract::{Params, Signed, bad_cursor, page, page_size};
use crate::problem::{Failure, Problems};

/// Somebody who has a role.
#[derive(Serialize, ToSchema)]
pub(crate) struct RoleHolder {
    /// `member`, `key`, `agent`, or `team_member` for a place in a team.
    kind: &'static str,
    /// Id of the person, key or agent.
    id: String,
    /// Their name, the key's label, the agent's title.
    name: String,
    /// The team, for a place in one.
    team: Option<RoleTeam>,
}

/// A team by id and title.
#[derive(Serialize, ToSchema)]
pub(crate) struct RoleTeam {
    id: String,
    title: String,
}

impl From<HolderView> for RoleHolder {
    fn from(view: HolderView) -> RoleHolder {
        let (kind, id, team) = match view.holder {
            Holder::Member(person) => ("member", person.to_string(), None),
            Holder::Key(key) => ("key", key.to_string(), None),
            Holder::Agent(agent) => ("agent", agent.to_string(), None),
            Holder::InTeam(team, person) => ("team_member", person.to_string(), Some(team.to_string())),
        };
        let team = team.map(|id| RoleTeam { id, title: view.team.unwrap_or_default() });
        RoleHolder { kind, id, name: view.name, team }
    }
}

/// A page of those who have a role.
#[derive(Serialize, ToSchema)]
pub(crate) struct RoleHolders {
    items: Vec<RoleHolder>,
    /// Where the next page starts; none where this was the last.
    next: Option<String>,
}

/// A page of those who have a role, as far as the caller may see them: members, workspace keys, agents, places in
/// teams.
#[utoipa::path(get, path = "/roles/{role}/holders", tag = "roles", operation_id = "list_role_holders",
    params(("org" = String, Path, description = "slug or id"), ("role" = String, Path, description = "short name"),
        PageParams),
    responses((status = 200, body = RoleHolders), Problems))]
pub(crate) async fn list(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    Params(params): Params<PageParams>,
) -> Result<Json<RoleHolders>, Failure> {
    let (_, role) = path;
    let limit = page_size(params.limit)?;
    let after = params.cursor.map(|cursor| Holder::at(&cursor).ok_or_else(bad_cursor)).transpose()?;
    let (found, more) = page(app.role_holders(&caller, &role, after, limit + 1).await?, limit);
    let next = found.last().filter(|_| more).map(|last| last.holder.place());
    Ok(Json(RoleHolders { items: found.into_iter().map(RoleHolder::from).collect(), next }))
}
