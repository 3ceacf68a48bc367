//! Endpoints: access requests.

use app::App;
use app::ask::Wording;
use app::requests::{Choice, RemedyView, RequestDetail, RequestToOpen, RequestView, Term, Which};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::request::RequestState;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Body, NoBody, Params, Signed, page_size};
use crate::problem::{Failure, Problems};
use crate::time::{read_optional, written};

/// What an access request is about.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestedThing {
    /// The kind of thing: `tool`, `integration`, `organization`, `member`, `team`, `key`, `agent`, `object`, `field`, or
    /// a kind of resource such as `project`.
    #[serde(rename = "type")]
    kind: String,
    /// Which one: `integration/tool`, a slug, an id, an e-mail address, `object` or `object/field`; anything for the
    /// organization.
    #[serde(default)]
    id: String,
}

/// An access request to be opened, in the words of a question to `explain`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RequestToOpen)]
pub(crate) struct ToOpen {
    /// What is to be done: `call` for a tool, a permission's name for the organization, otherwise a verb.
    action: String,
    /// What it is to be done with.
    resource: RequestedThing,
    /// The role that is to be given, where the action is `change_role`.
    role: Option<String>,
    /// What whoever decides should know, at most 500 characters.
    note: Option<String>,
    /// For how many seconds it is wished, from 60 seconds to 366 days; for good where nothing is said.
    lasts_s: Option<u32>,
}

/// An access request.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccessRequest {
    /// Its id.
    id: String,
    /// `open`, `granted`, `refused`, `withdrawn`, or `ended` where whoever asked or what they asked for is gone.
    state: &'static str,
    /// What is asked for, for people.
    says: String,
    /// What is to be done.
    action: String,
    /// What it is to be done with.
    resource: RequestedThing,
    /// The role that is to be given, where the action is `change_role`.
    role: Option<String>,
    /// Who asks.
    requester: RequestParty,
    /// The person for whom an agent asks.
    acting_for: Option<RequestParty>,
    /// Whether you asked, or an agent did for you.
    mine: bool,
    /// Whether you may decide it.
    may_decide: bool,
    /// When it was opened.
    opened_at: String,
    /// For how many seconds it is wished; for good where nothing is said.
    lasts_s: Option<i64>,
    /// What whoever asks says about it.
    note: Option<String>,
    /// When it was decided, withdrawn or ended.
    closed_at: Option<String>,
    /// Name of whoever decided it.
    decided_by: Option<String>,
    /// Until when it was granted; for good where nothing is said.
    until: Option<String>,
    /// The numbers of the changes that gave it.
    changes: Vec<u64>,
    /// Why it was refused.
    reason: Option<String>,
}

/// Somebody in a request.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestParty {
    /// Id of the member, key or agent.
    id: String,
    /// Their name.
    name: String,
}

impl From<RequestView> for AccessRequest {
    fn from(view: RequestView) -> AccessRequest {
        let RequestView { request, wording, says, .. } = view;
        let asked = request.asked;
        let (until, changes) = match &request.state {
            RequestState::Granted { until, changes, .. } => (until.map(written), changes.clone()),
            _ => (None, Vec::new()),
        };
        let closed_at = match &request.state {
            RequestState::Open => None,
            RequestState::Granted { decided, .. } | RequestState::Refused { decided } => Some(decided.at),
            RequestState::Withdrawn { at } | RequestState::Ended { at } => Some(*at),
        };
        let acting_for = asked.acting_for.map(|person| person.to_string()).zip(view.acting_for);
        AccessRequest {
            id: asked.id.to_string(),
            state: request.state.as_str(),
            says,
            action: wording.action,
            resource: RequestedThing { kind: wording.kind, id: wording.name },
            role: wording.role,
            requester: RequestParty { id: asked.requester.to_string(), name: view.requester },
            acting_for: acting_for.map(|(id, name)| RequestParty { id, name }),
            mine: view.mine,
            may_decide: view.may_decide,
            opened_at: written(request.opened_at),
            lasts_s: asked.wished_ms.map(|ms| ms / 1_000),
            note: view.note,
            closed_at: closed_at.map(written),
            decided_by: view.decided_by,
            until,
            changes,
            reason: view.reason,
        }
    }
}

/// An access request, with what would satisfy it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ShownRequest {
    #[serde(flatten)]
    request: AccessRequest,
    /// Whether it is allowed by now.
    allowed: bool,
    /// Names of people who may decide it, at most three.
    waits_for: Vec<String>,
    /// The smallest sets of changes that would allow it, the smallest gift first.
    remedies: Vec<RequestRemedy>,
    /// The state that was looked at. Send it as `If-Match` with the decision, so that nothing happens in between.
    seq: u64,
}

/// Changes that together would satisfy a request.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestRemedy {
    /// Names them when the request is granted.
    id: String,
    /// The changes, in words.
    says: Vec<String>,
    /// Whether you may make them.
    may_make: bool,
    /// Whether they can be made for a time.
    may_end: bool,
    /// Who would gain and lose what, in sentences, for those who may make them.
    impact: Vec<String>,
}

impl From<RemedyView> for RequestRemedy {
    fn from(view: RemedyView) -> RequestRemedy {
        let RemedyView { id, says, may_make, may_end, impact } = view;
        RequestRemedy { id, says, may_make, may_end, impact }
    }
}

impl From<RequestDetail> for ShownRequest {
    fn from(detail: RequestDetail) -> ShownRequest {
        let RequestDetail { view, allowed, waits_for, remedies, seq, is_new: _ } = detail;
        let remedies = remedies.into_iter().map(RequestRemedy::from).collect();
        ShownRequest { request: view.into(), allowed, waits_for, remedies, seq }
    }
}

/// Asks for something that is denied to the caller. The same question again is answered with the request that waits.
#[utoipa::path(post, path = "/requests", tag = "requests", operation_id = "open_request",
    params(("org" = String, Path, description = "slug or id")), request_body = ToOpen,
    responses((status = 201, body = ShownRequest), (status = 200, body = ShownRequest), Problems))]
pub(crate) async fn open(
    State(app): State<App>,
    Signed(caller): Signed,
    Body(body): Body<ToOpen>,
) -> Result<(StatusCode, Json<ShownRequest>), Failure> {
    let ToOpen { action, resource, role, note, lasts_s } = body;
    let wording = Wording { action, kind: resource.kind, name: resource.id, role };
    let lasts_ms = lasts_s.map(|seconds| i64::from(seconds) * 1_000);
    let detail = app.open_request(&caller, &RequestToOpen { wording, note, lasts_ms }).await?;
    let status = if detail.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(detail.into())))
}

/// A page of access requests.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccessRequests {
    /// The newest first.
    items: Vec<AccessRequest>,
    /// Where the next page starts; none where this was the last. A page can be shorter than was asked for.
    next: Option<String>,
}

/// Which requests.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RequestParams {
    /// `open`, `granted`, `refused`, `withdrawn` or `ended`; all where none is given.
    state: Option<String>,
    /// Whether only one's own are wanted.
    #[serde(default)]
    mine: bool,
    /// Where the last page ended.
    cursor: Option<String>,
    /// How many at most, 1 to 1000.
    limit: Option<u32>,
}

/// A page of the requests that one opened, may decide or has decided, the newest first.
#[utoipa::path(get, path = "/requests", tag = "requests", operation_id = "list_requests",
    params(("org" = String, Path, description = "slug or id"), RequestParams),
    responses((status = 200, body = AccessRequests), Problems))]
pub(crate) async fn list(
    State(app): State<App>,
    Signed(caller): Signed,
    Params(params): Params<RequestParams>,
) -> Result<Json<AccessRequests>, Failure> {
    if let Some(state) = params.state.as_deref().filter(|state| !RequestState::WORDS.contains(state)) {
        let known = RequestState::WORDS.join(", ");
        return Err(Failure::bad_field("state", format!("there is no state {state}; there are {known}")));
    }
    let limit = page_size(params.limit)?;
    let which = Which { state: params.state.as_deref(), mine: params.mine, cursor: params.cursor.as_deref(), limit };
    let page = app.list_requests(&caller, which).await?;
    let items = page.items.into_iter().map(AccessRequest::from).collect();
    Ok(Json(AccessRequests { items, next: page.next }))
}

/// One request, with the smallest changes that would satisfy it now and what they would lead to.
#[utoipa::path(get, path = "/requests/{request}", tag = "requests", operation_id = "show_request",
    params(("org" = String, Path, description = "slug or id"), ("request" = String, Path, description = "id")),
    responses((status = 200, body = ShownRequest), Problems))]
pub(crate) async fn show(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<Json<ShownRequest>, Failure> {
    let (_, request) = path;
    Ok(Json(app.show_request(&caller, &request).await?.into()))
}

/// How a request is granted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RequestToGrant)]
pub(crate) struct ToGrant {
    /// The id of one of its remedies, where there are several that you may make.
    remedy: Option<String>,
    /// Until when. Where neither this nor `lasts_s` nor `for_good` is given, for as long as was wished, and for good where
    /// nothing was.
    until: Option<String>,
    /// For how many seconds from now.
    lasts_s: Option<u32>,
    /// For good, also where it was wished for a time.
    #[serde(default)]
    for_good: bool,
}

/// Grants a request: the changes and the decision happen together, under your own rights. For a time, an integration is
/// lent beside what was given, which is as before at the end.
#[utoipa::path(post, path = "/requests/{request}/grant", tag = "requests", operation_id = "grant_request",
    params(("org" = String, Path, description = "slug or id"), ("request" = String, Path, description = "id")),
    request_body = ToGrant, responses((status = 200, body = ShownRequest), Problems))]
pub(crate) async fn grant(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    Body(body): Body<ToGrant>,
) -> Result<Json<ShownRequest>, Failure> {
    let (_, request) = path;
    let term = match (read_optional("until", body.until.as_deref())?, body.lasts_s, body.for_good) {
        (None, None, false) => Term::AsWished,
        (None, None, true) => Term::Good,
        (Some(until), None, false) => Term::Until(until),
        (None, Some(seconds), false) => Term::For(i64::from(seconds) * 1_000),
        _ => return Err(Failure::bad_field("lasts_s", "give one of until, lasts_s and for_good, not several")),
    };
    let choice = Choice { remedy: body.remedy.as_deref(), term };
    Ok(Json(app.grant_request(&caller, &request, choice).await?.into()))
}

/// How a request is refused.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RequestToRefuse)]
pub(crate) struct ToRefuse {
    /// Why, for whoever asked, at most 500 characters.
    reason: String,
}

/// Refuses a request. Whoever could grant it may.
#[utoipa::path(post, path = "/requests/{request}/refuse", tag = "requests", operation_id = "refuse_request",
    params(("org" = String, Path, description = "slug or id"), ("request" = String, Path, description = "id")),
    request_body = ToRefuse, responses((status = 200, body = ShownRequest), Problems))]
pub(crate) async fn refuse(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    Body(body): Body<ToRefuse>,
) -> Result<Json<ShownRequest>, Failure> {
    let (_, request) = path;
    Ok(Json(app.refuse_request(&caller, &request, &body.reason).await?.into()))
}

/// Takes back a request of one's own.
#[utoipa::path(post, path = "/requests/{request}/withdraw", tag = "requests", operation_id = "withdraw_request",
    params(("org" = String, Path, description = "slug or id"), ("request" = String, Path, description = "id")),
    responses((status = 200, body = ShownRequest), Problems))]
pub(crate) async fn withdraw(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    _: NoBody,
) -> Result<Json<ShownRequest>, Failure> {
    let (_, request) = path;
    Ok(Json(app.withdraw_request(&caller, &request).await?.into()))
}
