//! Endpoints: teams and who is in them.

use app::App;
use app::teams::{NewLead, TeamDetail, TeamMemberView, TeamView};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::id::{PersonId, TeamId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::extract::{Body, Params, Signed, bad_cursor, page, page_size};
use crate::grants::Grant;
use crate::problem::{Failure, Problems};
use crate::roles::PageParams;
use crate::time::written;

/// A team.
#[derive(Serialize, ToSchema)]
pub(crate) struct Team {
    /// Its id.
    id: String,
    /// Its name, unique in the organization.
    title: String,
    /// How many are in it.
    member_count: usize,
    /// Whether nobody in it may decide who is in it, so that somebody from outside has to.
    leaderless: bool,
    /// The caller's role in it, where they are in it.
    your_role: Option<String>,
    /// When it was created.
    created_at: String,
}

impl From<TeamView> for Team {
    fn from(view: TeamView) -> Team {
        Team {
            id: view.id.to_string(),
            title: view.title,
            member_count: view.members,
            leaderless: view.leaderless,
            your_role: view.your_role.map(|role| role.to_string()),
            created_at: written(view.created_at),
        }
    }
}

/// Somebody's place in a team.
#[derive(Serialize, ToSchema)]
pub(crate) struct TeamMember {
    /// Id of the person.
    id: String,
    /// Their name.
    name: String,
    /// Their role in this team; it says nothing about any other.
    role: String,
    /// The role's name for people.
    role_title: String,
}

impl From<TeamMemberView> for TeamMember {
    fn from(view: TeamMemberView) -> TeamMember {
        let (id, role) = (view.person.to_string(), view.role.to_string());
        TeamMember { id, name: view.name, role, role_title: view.role_title }
    }
}

/// Something that a team has.
#[derive(Serialize, ToSchema)]
pub(crate) struct TeamResource {
    /// Its id.
    id: String,
    /// What it is.
    kind: &'static str,
    /// Its name for people.
    title: String,
    /// The tier that its use is billed in.
    tier: Option<String>,
}

/// A team with who is in it and what it has.
#[derive(Serialize, ToSchema)]
#[schema(as = TeamDetail)]
pub(crate) struct TeamBody {
    #[serde(flatten)]
    team: Team,
    /// The first hundred of its members; the list of members has all.
    members: Vec<TeamMember>,
    /// Its integrations, as far as the caller may know of them.
    integrations: Vec<Grant>,
    /// The first hundred of its resources that the caller may see; the list of resources has all.
    resources: Vec<TeamResource>,
}

impl From<TeamDetail> for TeamBody {
    fn from(detail: TeamDetail) -> TeamBody {
        let resources = detail.resources.into_iter().map(|resource| TeamResource {
            id: resource.id.to_string(),
            kind: resource.kind.as_str(),
            title: resource.title,
            tier: resource.tier,
        });
        TeamBody {
            team: detail.team.into(),
            members: detail.members.into_iter().map(TeamMember::from).collect(),
            integrations: detail.integrations.into_iter().map(Grant::from).collect(),
            resources: resources.collect(),
        }
    }
}

/// A page of teams.
#[derive(Serialize, ToSchema)]
pub(crate) struct Teams {
    items: Vec<Team>,
    /// Where the next page starts; none where this was the last.
    next: Option<String>,
}

/// A page of the teams that the caller may see, in the order of their ids.
#[utoipa::path(get, path = "/teams", tag = "teams", operation_id = "list_teams",
    params(("org" = String, Path, description = "slug or id"), PageParams),
    responses((status = 200, body = Teams), Problems))]
pub(crate) async fn list(
    State(app): State<App>,
    Signed(caller): Signed,
    Params(params): Params<PageParams>,
) -> Result<Json<Teams>, Failure> {
    let limit = page_size(params.limit)?;
    let after = params.cursor.as_deref().map(TeamId::parse).transpose().map_err(|_| bad_cursor())?;
    let found = app.list_teams(&caller, after, limit + 1).await?;
    let (items, more) = page(found.into_iter().map(Team::from).collect(), limit);
    let next = items.last().filter(|_| more).map(|last: &Team| last.id.clone());
    Ok(Json(Teams { items, next }))
}

/// A team's name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TeamTitle {
    /// Unique in the organization.
    title: String,
}

/// Makes a team with nobody in it.
#[utoipa::path(post, path = "/teams", tag = "teams", operation_id = "create_team",
    params(("org" = String, Path, description = "slug or id")), request_body = TeamTitle,
    responses((status = 201, body = Team), Problems))]
pub(crate) async fn create(
    State(app): State<App>,
    Signed(caller): Signed,
    Body(body): Body<TeamTitle>,
) -> Result<(StatusCode, Json<Team>), Failure> {
    Ok((StatusCode::CREATED, Json(app.create_team(&caller, body.title).await?.into())))
}

/// One team.
#[utoipa::path(get, path = "/teams/{team}", tag = "teams", operation_id = "show_team",
    params(("org" = String, Path, description = "slug or id"), ("team" = String, Path, description = "id or title")),
    responses((status = 200, body = TeamBody), Problems))]
pub(crate) async fn show(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<Json<TeamBody>, Failure> {
    let (_, team) = path;
    Ok(Json(app.show_team(&caller, &team).await?.into()))
}

/// Gives a team another name.
#[utoipa::path(patch, path = "/teams/{team}", tag = "teams", operation_id = "rename_team",
    params(("org" = String, Path, description = "slug or id"), ("team" = String, Path, description = "id or title")),
    request_body = TeamTitle, responses((status = 200, body = Team), Problems))]
pub(crate) async fn rename(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    Body(body): Body<TeamTitle>,
) -> Result<Json<Team>, Failure> {
    let (_, team) = path;
    Ok(Json(app.rename_team(&caller, &team, body.title).await?.into()))
}

/// Ends a team. What people had through it they lose at once.
#[utoipa::path(delete, path = "/teams/{team}", tag = "teams", operation_id = "delete_team",
    params(("org" = String, Path, description = "slug or id"), ("team" = String, Path, description = "id or title")),
    responses((status = 204), Problems))]
pub(crate) async fn delete(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    let (_, team) = path;
    app.delete_team(&caller, &team).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A page of a team's members.
#[derive(Serialize, ToSchema)]
pub(crate) struct TeamMembers {
    items: Vec<TeamMember>,
    /// Where the next page starts; none where this was the last.
    next: Option<String>,
}

/// A page of a team's members, in the order of their ids.
#[utoipa::path(get, path = "/teams/{team}/members", tag = "teams", operation_id = "list_team_members",
    params(("org" = String, Path, description = "slug or id"), ("team" = String, Path, description = "id or title"),
        PageParams),
    responses((status = 200, body = TeamMembers), Problems))]
pub(crate) async fn members(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    Params(params): Params<PageParams>,
) -> Result<Json<TeamMembers>, Failure> {
    let (_, team) = path;
    let limit = page_size(params.limit)?;
    let after = params.cursor.as_deref().map(PersonId::parse).transpose().map_err(|_| bad_cursor())?;
    let found = app.list_team_members(&caller, &team, after, limit + 1).await?;
    let (items, more) = page(found.into_iter().map(TeamMember::from).collect(), limit);
    let next = items.last().filter(|_| more).map(|last: &TeamMember| last.id.clone());
    Ok(Json(TeamMembers { items, next }))
}

/// As what somebody is in a team.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TeamPlace {
    /// A role in teams; where none is given the one that they have, or the default.
    role: Option<String>,
}

/// Puts a member into a team, or gives them another role in it. They have from their next request on what the team has.
#[utoipa::path(put, path = "/teams/{team}/members/{member}", tag = "teams", operation_id = "set_team_member",
    params(("org" = String, Path, description = "slug or id"), ("team" = String, Path, description = "id or title"),
        ("member" = String, Path, description = "e-mail address or id")),
    request_body = TeamPlace, responses((status = 200, body = TeamMember), Problems))]
pub(crate) async fn set_member(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String, String)>,
    Body(body): Body<TeamPlace>,
) -> Result<Json<TeamMember>, Failure> {
    let (_, team, member) = path;
    Ok(Json(app.set_team_member(&caller, (&team, &member), body.role.as_deref()).await?.into()))
}

/// Who leads a team from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLeader {
    /// E-mail address or id of the member who gets the leader's role in the team.
    to: String,
    /// Who led it until now; where nobody is named, the caller where they do, or the only leader.
    from: Option<String>,
    /// The role in teams that they have then; the default one where none is named.
    own_role: Option<String>,
}

/// Hands over the lead of a team in one step: the heir gets the leader's role, and the leader another one.
#[utoipa::path(post, path = "/teams/{team}/leader", tag = "teams", operation_id = "hand_over_team",
    params(("org" = String, Path, description = "slug or id"), ("team" = String, Path, description = "id or title")),
    request_body = NewLeader, responses((status = 200, body = TeamMember), Problems))]
pub(crate) async fn hand_over_lead(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    Body(body): Body<NewLeader>,
) -> Result<Json<TeamMember>, Failure> {
    let (_, team) = path;
    let lead = NewLead { to: body.to, from: body.from, own_role: body.own_role };
    Ok(Json(app.hand_over_lead(&caller, &team, &lead).await?.into()))
}

/// Takes somebody out of a team. What they had through it is gone with their next request. Everybody may leave.
#[utoipa::path(delete, path = "/teams/{team}/members/{member}", tag = "teams", operation_id = "remove_team_member",
    params(("org" = String, Path, description = "slug or id"), ("team" = String, Path, description = "id or title"),
        ("member" = String, Path, description = "e-mail address or id")),
    responses((status = 204), Problems))]
pub(crate) async fn remove_member(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String, String)>,
) -> Result<StatusCode, Failure> {
    let (_, team, member) = path;
    app.remove_team_member(&caller, &team, &member).await?;
    Ok(StatusCode::NO_CONTENT)
}
