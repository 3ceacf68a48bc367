//! Endpoints: agents, and for whom they may act.

use app::App;
use app::agents::{AgentChange, AgentView, DelegationView, NewAgent};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::id::AgentId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Body, Params, Signed, bad_cursor, page, page_size};
use crate::keys::KeyGrant;
use crate::organizations::given;
use crate::problem::{Failure, Problems};
use crate::time::{read_optional, written};

/// An AI agent with an identity of its own.
#[derive(Serialize, ToSchema)]
pub(crate) struct Agent {
    /// Its id.
    id: String,
    /// Its name for people.
    title: String,
    /// Its role; without one it has only what it was given.
    role: Option<String>,
    /// The member who answers for it; none after they left.
    sponsor: Option<Sponsor>,
    /// `active`, `suspended`, `awaits_role`, `awaits_sponsor` or `expired`.
    state: &'static str,
    /// What it was given.
    integrations: Vec<KeyGrant>,
    /// For whom it may act; one's own, and everybody's for those who see members.
    acts_for: Vec<Delegation>,
    /// When it ends by itself.
    expires_at: Option<String>,
    /// When it was created.
    created_at: String,
}

/// The member who answers for an agent.
#[derive(Serialize, ToSchema)]
pub(crate) struct Sponsor {
    id: String,
    /// Their name, for those who see members.
    name: Option<String>,
}

/// That an agent may act for a person.
#[derive(Serialize, ToSchema)]
pub(crate) struct Delegation {
    /// Id of the person.
    id: String,
    name: String,
    /// When it ends by itself.
    expires_at: Option<String>,
}

impl From<DelegationView> for Delegation {
    fn from(view: DelegationView) -> Delegation {
        let expires_at = view.expires_at.map(written);
        Delegation { id: view.person.to_string(), name: view.name, expires_at }
    }
}

impl From<AgentView> for Agent {
    fn from(view: AgentView) -> Agent {
        let name = view.sponsor_name;
        Agent {
            id: view.agent.id.to_string(),
            title: view.agent.title,
            role: view.agent.role.map(|role| role.to_string()),
            sponsor: view.agent.sponsor.map(|sponsor| Sponsor { id: sponsor.to_string(), name }),
            state: view.state.as_str(),
            integrations: view.grants.into_iter().map(KeyGrant::from).collect(),
            acts_for: view.delegations.into_iter().map(Delegation::from).collect(),
            expires_at: view.agent.expires_at.map(written),
            created_at: written(view.agent.created_at),
        }
    }
}

/// A page of agents.
#[derive(Serialize, ToSchema)]
pub(crate) struct Agents {
    items: Vec<Agent>,
    /// Where the next page starts; none where this was the last.
    next: Option<String>,
}

/// Which agents.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AgentParams {
    /// Where the last page ended.
    cursor: Option<String>,
    /// How many at most, 1 to 1000.
    limit: Option<u32>,
}

/// A page of agents in the order of their ids.
#[utoipa::path(get, path = "/agents", tag = "agents", operation_id = "list_agents",
    params(("org" = String, Path, description = "slug or id"), AgentParams),
    responses((status = 200, body = Agents), Problems))]
pub(crate) async fn list(
    State(app): State<App>,
    Signed(caller): Signed,
    Params(params): Params<AgentParams>,
) -> Result<Json<Agents>, Failure> {
    let cursor = params.cursor.as_deref().map(AgentId::parse).transpose();
    let cursor = cursor.map_err(|_| bad_cursor())?;
    let limit = page_size(params.limit)?;
    let found = app.list_agents(&caller, cursor, limit + 1).await?;
    let (items, more) = page(found.into_iter().map(Agent::from).collect(), limit);
    let next = items.last().filter(|_| more).map(|agent: &Agent| agent.id.clone());
    Ok(Json(Agents { items, next }))
}

/// An agent to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgentToCreate {
    /// Its name for people.
    title: String,
    /// Its role; without one it has only what it is given.
    role: Option<String>,
    /// The member who answers for it, by e-mail address or id; oneself where nobody is named.
    sponsor: Option<String>,
    /// When it ends by itself.
    expires_at: Option<String>,
}

/// Makes an agent. It works with a key of its own, which is made under keys.
#[utoipa::path(post, path = "/agents", tag = "agents", operation_id = "create_agent",
    params(("org" = String, Path, description = "slug or id")), request_body = AgentToCreate,
    responses((status = 201, body = Agent), Problems))]
pub(crate) async fn create(
    State(app): State<App>,
    Signed(caller): Signed,
    Body(body): Body<AgentToCreate>,
) -> Result<(StatusCode, Json<Agent>), Failure> {
    let expires_at = read_optional("expires_at", body.expires_at.as_deref())?;
    let new = NewAgent { title: body.title, role: body.role, sponsor: body.sponsor, expires_at };
    Ok((StatusCode::CREATED, Json(app.create_agent(&caller, new).await?.into())))
}

/// One agent.
#[utoipa::path(get, path = "/agents/{agent}", tag = "agents", operation_id = "show_agent",
    params(("org" = String, Path, description = "slug or id"), ("agent" = String, Path, description = "id")),
    responses((status = 200, body = Agent), Problems))]
pub(crate) async fn show(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<Json<Agent>, Failure> {
    let (_, agent) = path;
    Ok(Json(app.show_agent(&caller, &agent).await?.into()))
}

/// What changes about an agent; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgentToChange {
    /// Its name for people.
    title: Option<String>,
    /// The member who answers for it, by e-mail address or id.
    sponsor: Option<String>,
    /// Whether it may do nothing at present.
    suspended: Option<bool>,
    /// Its role; null takes it away. In a request of its own, since it takes another permission.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    role: Option<Option<String>>,
}

/// Changes an agent. Its very next request is answered by it.
#[utoipa::path(patch, path = "/agents/{agent}", tag = "agents", operation_id = "change_agent",
    params(("org" = String, Path, description = "slug or id"), ("agent" = String, Path, description = "id")),
    request_body = AgentToChange, responses((status = 200, body = Agent), Problems))]
pub(crate) async fn change(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    Body(body): Body<AgentToChange>,
) -> Result<Json<Agent>, Failure> {
    let (_, agent) = path;
    let AgentToChange { title, sponsor, suspended, role } = body;
    let view = match (role, &title, &sponsor, suspended) {
        (Some(role), None, None, None) => app.set_agent_role(&caller, &agent, role.as_deref()).await?,
        (Some(_), ..) => return Err(Failure::bad_field("role", "change the role in a request of its own")),
        (None, None, None, None) => {
            return Err(Failure::bad_field("title", "give what is to change: title, sponsor, suspended or role"));
        }
        (None, ..) => app.edit_agent(&caller, &agent, AgentChange { title, sponsor, suspended }).await?,
    };
    Ok(Json(view.into()))
}

/// Ends an agent for good, and with it its keys and everything that it was given.
#[utoipa::path(delete, path = "/agents/{agent}", tag = "agents", operation_id = "delete_agent",
    params(("org" = String, Path, description = "slug or id"), ("agent" = String, Path, description = "id")),
    responses((status = 204), Problems))]
pub(crate) async fn delete(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    let (_, agent) = path;
    app.delete_agent(&caller, &agent).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How long an agent may act for a person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DelegationToSet {
    /// When it ends by itself.
    expires_at: Option<String>,
}

/// Lets an agent act for oneself: it may do then what both may. Everybody decides that for themselves alone.
#[utoipa::path(put, path = "/agents/{agent}/delegations/{member}", tag = "agents", operation_id = "set_delegation",
    params(("org" = String, Path, description = "slug or id"), ("agent" = String, Path, description = "id"),
        ("member" = String, Path, description = "me, or one's own e-mail address or id")),
    request_body = DelegationToSet, responses((status = 200, body = Delegation), Problems))]
pub(crate) async fn set_delegation(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String, String)>,
    Body(body): Body<DelegationToSet>,
) -> Result<Json<Delegation>, Failure> {
    let (_, agent, member) = path;
    let expires_at = read_optional("expires_at", body.expires_at.as_deref())?;
    Ok(Json(app.delegate(&caller, (&agent, &member), expires_at).await?.into()))
}

/// Lets an agent act for somebody no longer. The keys with which it acted for them end.
#[utoipa::path(delete, path = "/agents/{agent}/delegations/{member}", tag = "agents",
    operation_id = "remove_delegation",
    params(("org" = String, Path, description = "slug or id"), ("agent" = String, Path, description = "id"),
        ("member" = String, Path, description = "me, or e-mail address or id")),
    responses((status = 204), Problems))]
pub(crate) async fn remove_delegation(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String, String)>,
) -> Result<StatusCode, Failure> {
    let (_, agent, member) = path;
    app.end_delegation(&caller, (&agent, &member)).await?;
    Ok(StatusCode::NO_CONTENT)
}
