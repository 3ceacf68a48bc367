//! Endpoints: what somebody may do, and why or why not.

use std::collections::BTreeSet;

use app::access::{Access, ExtraRole, Given, Whose};
use app::{App, Caller};
use axum::Json;
use axum::extract::{Path, State};
use domain::grant::{Grant, Profile};
use domain::permission::Holding;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::ask::at;
use crate::extract::{Body, Params, Signed};
use crate::problem::{Failure, Problems};
use crate::time::written;

/// Everything somebody may do.
#[derive(Serialize, ToSchema)]
pub(crate) struct EffectiveAccess {
    /// Id of the member, key or agent.
    subject: String,
    /// Id of the person for whom an agent acts with the key: it may do then what both may.
    acting_for: Option<String>,
    /// The number of the last change of the state that was asked.
    seq: u64,
    /// Their role; none for a workspace key without one.
    role: Option<String>,
    /// The roles that a member has beside it, each with its end.
    extra_roles: Vec<ExtraRoleAccess>,
    /// What the roles hold together.
    permissions: Vec<String>,
    /// The teams that they are in, and as what.
    teams: Vec<AccessTeam>,
    /// What they have of each integration.
    integrations: Vec<IntegrationAccess>,
}

/// A role that somebody has beside their own.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExtraRoleAccess {
    role: String,
    /// When it ends by itself.
    expires_at: Option<String>,
    /// What it holds.
    permissions: Vec<String>,
}

/// A team that somebody is in.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccessTeam {
    id: String,
    title: String,
    /// Their role in it.
    role: String,
}

/// A grant by which somebody has an integration.
#[derive(Serialize, ToSchema)]
pub(crate) struct GivenAccess {
    /// To whom it was given: `own` for the subject, `team` or `role` for everyone in a team of theirs or with their role.
    via: &'static str,
    /// The team's title.
    team: Option<String>,
    /// The tool profile.
    #[schema(value_type = String)]
    profile: Profile,
    /// Single tools switched off.
    tools_off: BTreeSet<String>,
    /// When it ends by itself.
    expires_at: Option<String>,
}

/// What somebody has of an integration.
#[derive(Serialize, ToSchema)]
pub(crate) struct IntegrationAccess {
    slug: String,
    title: String,
    /// On what it rests: `role`, `grant` or `key-scope`.
    basis: &'static str,
    /// The tool profile, where it was given.
    #[schema(value_type = Option<String>)]
    profile: Option<Profile>,
    /// What that means.
    means: &'static str,
    /// Single tools switched off.
    tools_off: BTreeSet<String>,
    /// When it ends by itself.
    expires_at: Option<String>,
    /// Every grant by which they have it; together they reach what any of them does.
    given: Vec<GivenAccess>,
    /// How many tools can be called.
    tools: ToolCounts,
}

/// How many tools.
#[derive(Serialize, ToSchema)]
pub(crate) struct ToolCounts {
    callable: usize,
    total: usize,
}

fn given(given: Given) -> GivenAccess {
    let via = given.word();
    let Grant { profile, tools_off, expires_at, .. } = given.grant;
    GivenAccess { via, team: given.team, profile, tools_off, expires_at: expires_at.map(written) }
}

fn extra_role(extra: ExtraRole) -> ExtraRoleAccess {
    let ExtraRole { role, expires_at, permissions } = extra;
    let permissions = Holding::from(permissions).words();
    ExtraRoleAccess { role: role.to_string(), expires_at: expires_at.map(written), permissions }
}

fn effective(access: Access) -> EffectiveAccess {
    let integrations = access.integrations.into_iter().map(|one| IntegrationAccess {
        slug: one.slug,
        title: one.title,
        basis: one.basis.code(),
        profile: one.grant.as_ref().map(|grant| grant.profile),
        means: one.grant.as_ref().map_or(Profile::Full, |grant| grant.profile).in_plain_words(),
        expires_at: one.grant.as_ref().and_then(|grant| grant.expires_at).map(written),
        tools_off: one.grant.map(|grant| grant.tools_off).unwrap_or_default(),
        given: one.given.into_iter().map(given).collect(),
        tools: ToolCounts { callable: one.callable, total: one.total },
    });
    let teams = access.teams.into_iter().map(|place| AccessTeam {
        id: place.team.to_string(),
        title: place.title,
        role: place.role.to_string(),
    });
    EffectiveAccess {
        subject: access.subject.as_str().to_owned(),
        acting_for: access.acting_for.map(|person| person.to_string()),
        seq: access.seq,
        role: access.role,
        extra_roles: access.extra_roles.into_iter().map(extra_role).collect(),
        permissions: Holding::from(access.permissions).words(),
        teams: teams.collect(),
        integrations: integrations.collect(),
    }
}

/// At which moment.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AccessParams {
    /// A time such as `2026-05-01T00:00:00Z`, or the number of a change; now where none is given.
    at: Option<String>,
}

async fn told(
    app: &App,
    caller: &Caller,
    whose: Whose<'_>,
    params: &AccessParams,
) -> Result<Json<EffectiveAccess>, Failure> {
    let at = at(params.at.as_deref())?;
    Ok(Json(effective(app.show_access(caller, whose, at).await?)))
}

/// Everything a member may do, now or at a past moment, and on what it rests.
#[utoipa::path(get, path = "/members/{member}/access", tag = "access", operation_id = "show_member_access",
    params(("org" = String, Path, description = "slug or id"),
        ("member" = String, Path, description = "e-mail address or id"), AccessParams),
    responses((status = 200, body = EffectiveAccess), Problems))]
pub(crate) async fn of_member(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    Params(params): Params<AccessParams>,
) -> Result<Json<EffectiveAccess>, Failure> {
    let (_, member) = path;
    told(&app, &caller, Whose::Member(&member), &params).await
}

/// Everything an agent may do when it acts for nobody, now or at a past moment.
#[utoipa::path(get, path = "/agents/{agent}/access", tag = "access", operation_id = "show_agent_access",
    params(("org" = String, Path, description = "slug or id"), ("agent" = String, Path, description = "id"), AccessParams),
    responses((status = 200, body = EffectiveAccess), Problems))]
pub(crate) async fn of_agent(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    Params(params): Params<AccessParams>,
) -> Result<Json<EffectiveAccess>, Failure> {
    let (_, agent) = path;
    told(&app, &caller, Whose::Agent(&agent), &params).await
}

/// Everything that can be done with a key, now or at a past moment: its holder's access, its own, or what both its agent
/// and the person may for whom the agent acts with it. Nothing where the key does not work.
#[utoipa::path(get, path = "/keys/{key}/access", tag = "access", operation_id = "show_key_access",
    params(("org" = String, Path, description = "slug or id"), ("key" = String, Path, description = "id"), AccessParams),
    responses((status = 200, body = EffectiveAccess), Problems))]
pub(crate) async fn of_key(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    Params(params): Params<AccessParams>,
) -> Result<Json<EffectiveAccess>, Failure> {
    let (_, key) = path;
    told(&app, &caller, Whose::Key(&key), &params).await
}

/// Everything the caller may do, now or at a past moment.
#[utoipa::path(get, path = "/access", tag = "access", operation_id = "show_own_access",
    params(("org" = String, Path, description = "slug or id"), AccessParams),
    responses((status = 200, body = EffectiveAccess), Problems))]
pub(crate) async fn own(
    State(app): State<App>,
    Signed(caller): Signed,
    Params(params): Params<AccessParams>,
) -> Result<Json<EffectiveAccess>, Failure> {
    told(&app, &caller, Whose::Mine, &params).await
}

/// A question: may this subject call this tool?
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccessQuestion {
    /// A member by e-mail address or id, or a workspace key by id; the caller where nobody is named.
    subject: Option<String>,
    /// Slug of the integration.
    integration: String,
    /// The tool's name at the integration.
    tool: String,
}

/// The answer with its reasons.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccessAnswer {
    /// Whether it may.
    allowed: bool,
    /// Stable code of the reason.
    code: &'static str,
    /// Why, in a sentence.
    because: String,
    /// The smallest change that would allow it.
    remedy: Option<String>,
    /// Who could make that change.
    ask: Vec<String>,
}

/// Answers whether somebody may call a tool, and why or why not: the same answer that the gateway gives.
#[utoipa::path(post, path = "/check", tag = "access", operation_id = "check_access",
    params(("org" = String, Path, description = "slug or id")), request_body = AccessQuestion,
    responses((status = 200, body = AccessAnswer), Problems))]
pub(crate) async fn check(
    State(app): State<App>,
    Signed(caller): Signed,
    Body(body): Body<AccessQuestion>,
) -> Result<Json<AccessAnswer>, Failure> {
    let (answer, ask) = app.check(&caller, body.subject.as_deref(), &body.integration, &body.tool).await?;
    let (allowed, code, because, remedy) = (answer.allowed, answer.code, answer.because, answer.remedy);
    Ok(Json(AccessAnswer { allowed, code, because, remedy, ask }))
}
