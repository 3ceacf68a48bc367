//! Endpoints: members.

pub(crate) mod consequences;
pub(crate) mod extra_role;
pub(crate) mod sessions;
pub(crate) mod suspension;

use app::invitations::{InvitationView, Status, Which};
use app::keys::KeysToRotate;
use app::members::{
    ChangedRole, ExtraRoleView, Leaving, MemberChange as DetailsChange, MemberFilter, MemberView, NewMember, Removed,
};
use app::{App, Caller};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::id::{InvitationId, PersonId};
use domain::member::MemberStatus;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Body, Params, Signed, bad_cursor, page, page_size};
use crate::organizations::given;
use crate::problem::{Failure, Problems};
use crate::time::written;

/// A member.
#[derive(Serialize, ToSchema)]
pub(crate) struct Member {
    /// Id of the person; of the invitation, where they are only invited.
    id: String,
    /// Their address.
    email: String,
    /// Whether it is the address by which this installation knows them. It is not where they joined by a link that was sent
    /// to it, and nobody has shown whose it is.
    is_address_theirs: bool,
    /// Their name.
    name: String,
    /// The kind of seat that they take, as the organization calls it.
    seat: Option<String>,
    /// Their role.
    role: String,
    /// The roles beside it.
    extra_roles: Vec<ExtraRole>,
    /// `active`, `suspended` or `removed`; in a list of those who are invited, `invited` or `expired`.
    #[schema(value_type = String)]
    status: Standing,
    /// When they joined; none where they are only invited.
    joined_at: Option<String>,
    /// When they were removed.
    removed_at: Option<String>,
    /// Since when they are suspended.
    suspended_at: Option<String>,
}

/// Where somebody stands.
#[derive(Serialize)]
#[serde(untagged)]
enum Standing {
    Member(MemberStatus),
    Invited(&'static str),
}

/// Somebody who is invited, as a member who is not here yet; named by the invitation.
fn invited(view: InvitationView) -> Member {
    let status = if view.status == Status::Expired { "expired" } else { "invited" };
    Member {
        id: view.id.to_string(),
        email: view.email.unwrap_or_default(),
        is_address_theirs: false,
        name: view.name.unwrap_or_default(),
        seat: None,
        role: view.gets,
        extra_roles: Vec::new(),
        status: Standing::Invited(status),
        joined_at: None,
        removed_at: None,
        suspended_at: None,
    }
}

fn extra(view: ExtraRoleView) -> ExtraRole {
    let ExtraRoleView { role, expires_at, counts } = view;
    ExtraRole { role: role.to_string(), expires_at: expires_at.map(written), counts }
}

impl From<MemberView> for Member {
    fn from(view: MemberView) -> Member {
        Member {
            id: view.person.to_string(),
            email: view.email,
            is_address_theirs: view.is_address_theirs,
            name: view.name,
            seat: view.seat,
            role: view.role,
            extra_roles: view.extra_roles.into_iter().map(extra).collect(),
            status: Standing::Member(view.status),
            joined_at: Some(written(view.joined_at)),
            removed_at: view.removed_at.map(written),
            suspended_at: view.suspended_at.map(written),
        }
    }
}

/// A role that a member has beside their own.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExtraRole {
    /// The role.
    role: String,
    /// When it ends by itself.
    expires_at: Option<String>,
    /// Whether it counts: it has not ended, and `roles.extra_bindings` is on.
    counts: bool,
}

/// A page of members.
#[derive(Serialize, ToSchema)]
pub(crate) struct Members {
    items: Vec<Member>,
    /// Where the next page starts; none where this was the last.
    next: Option<String>,
}

/// Which members.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// `present` (the default: active and suspended), `active`, `suspended`, `removed`, `all` of these; or those who are no
    /// members yet: `invited`, or `expired` where their invitation has ended by itself.
    status: Option<String>,
    /// Where the last page ended.
    cursor: Option<String>,
    /// How many at most, 1 to 1000.
    limit: Option<u32>,
}

/// A page of members in the order of their ids.
#[utoipa::path(get, path = "/members", tag = "members", operation_id = "list_members",
    params(("org" = String, Path, description = "slug or id"), ListParams),
    responses((status = 200, body = Members), Problems))]
pub(crate) async fn list(
    State(app): State<App>,
    Signed(caller): Signed,
    Params(params): Params<ListParams>,
) -> Result<Json<Members>, Failure> {
    if let Some(which) = invitations_of(params.status.as_deref()) {
        return list_invited(&app, &caller, which, &params).await;
    }
    let filter = match params.status.as_deref() {
        None | Some("present") => MemberFilter::Here,
        Some("active") => MemberFilter::Active,
        Some("suspended") => MemberFilter::Suspended,
        Some("removed") => MemberFilter::Removed,
        Some("all") => MemberFilter::All,
        Some(_) => {
            let known = "give present, active, suspended, removed, all, invited or expired";
            return Err(Failure::bad_field("status", known));
        }
    };
    let cursor = params.cursor.as_deref().map(PersonId::parse).transpose();
    let cursor = cursor.map_err(|_| bad_cursor())?;
    let limit = page_size(params.limit)?;
    let found = app.list_members(&caller, filter, cursor, limit + 1).await?;
    let (items, more) = page(found.into_iter().map(Member::from).collect(), limit);
    let next = items.last().filter(|_| more).map(|member: &Member| member.id.clone());
    Ok(Json(Members { items, next }))
}

fn invitations_of(status: Option<&str>) -> Option<Which> {
    match status {
        Some("invited") => Some(Which::Waiting),
        Some("expired") => Some(Which::In(Status::Expired)),
        _ => None,
    }
}

/// Those who are invited, as far as the caller may see who is.
async fn list_invited(app: &App, caller: &Caller, which: Which, params: &ListParams) -> Result<Json<Members>, Failure> {
    let cursor = params.cursor.as_deref().map(InvitationId::parse).transpose().map_err(|_| bad_cursor())?;
    let limit = page_size(params.limit)?;
    let found = app.list_invitations(caller, which, cursor, limit + 1).await?;
    let (items, more) = page(found.into_iter().map(invited).collect(), limit);
    let next = items.last().filter(|_| more).map(|member: &Member| member.id.clone());
    Ok(Json(Members { items, next }))
}

/// Somebody to be taken in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberToAdd {
    /// Their address.
    email: String,
    /// Their name.
    name: String,
    /// Their role; the organization's default role where none is given.
    role: Option<String>,
    /// Issues a first personal key with this label, shown once.
    issue_key: Option<KeyToIssue>,
}

/// A first key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyToIssue {
    /// What people call it.
    label: String,
}

/// A member who was just taken in.
#[derive(Serialize, ToSchema)]
pub(crate) struct AddedMember {
    #[serde(flatten)]
    member: Member,
    /// Their first key.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<IssuedKey>,
}

/// A key that was just issued.
#[derive(Serialize, ToSchema)]
pub(crate) struct IssuedKey {
    /// Its id.
    id: String,
    /// Its secret, shown this once.
    secret: String,
}

/// Takes a person in.
#[utoipa::path(post, path = "/members", tag = "members", operation_id = "add_member",
    params(("org" = String, Path, description = "slug or id")), request_body = MemberToAdd,
    responses((status = 201, body = AddedMember), Problems))]
pub(crate) async fn add(
    State(app): State<App>,
    Signed(caller): Signed,
    Body(body): Body<MemberToAdd>,
) -> Result<(StatusCode, Json<AddedMember>), Failure> {
    let new = NewMember {
        email: body.email,
        name: body.name,
        role: body.role,
        key_label: body.issue_key.map(|key| key.label),
    };
    let added = app.add_member(&caller, new).await?;
    let key = added.key.map(|(id, secret)| IssuedKey { id: id.to_string(), secret: secret.reveal().to_owned() });
    Ok((StatusCode::CREATED, Json(AddedMember { member: added.member.into(), key })))
}

/// One member, removed ones included.
#[utoipa::path(get, path = "/members/{member}", tag = "members", operation_id = "show_member",
    params(("org" = String, Path, description = "slug or id"), ("member" = String, Path, description = "e-mail address or id")),
    responses((status = 200, body = Member), Problems))]
pub(crate) async fn show(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<Json<Member>, Failure> {
    let (_, member) = path;
    Ok(Json(app.show_member(&caller, &member).await?.into()))
}

/// What is to change about a member: the role, in a request of its own, or details. What is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberChange {
    /// Another role.
    role: Option<String>,
    /// Another name here; everybody may change their own.
    name: Option<String>,
    /// Another kind of seat; null for none.
    #[serde(default, deserialize_with = "given")]
    seat: Option<Option<String>>,
}

/// A member after a change.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangedMember {
    #[serde(flatten)]
    member: Member,
    /// Keys of theirs that ended, because whoever issued them could not have given such a role and may still have
    /// their secrets. Issue a new one, or let the person make one.
    keys_ended: usize,
    /// Workspace keys whose secrets they had issued, and could not have issued any more: rotate these.
    workspace_keys_to_rotate: Vec<LabelledKey>,
    /// The same about keys of agents.
    agent_keys_to_rotate: Vec<LabelledKey>,
}

impl From<ChangedRole> for ChangedMember {
    fn from(changed: ChangedRole) -> ChangedMember {
        ChangedMember {
            member: changed.member.into(),
            keys_ended: changed.keys_ended,
            workspace_keys_to_rotate: labelled(changed.known.workspace),
            agent_keys_to_rotate: labelled(changed.known.agents),
        }
    }
}

/// Gives a member another role, by which their next request is answered, or changes their name or seat.
#[utoipa::path(patch, path = "/members/{member}", tag = "members", operation_id = "change_member",
    params(("org" = String, Path, description = "slug or id"), ("member" = String, Path, description = "e-mail address or id")),
    request_body = MemberChange, responses((status = 200, body = ChangedMember), Problems))]
pub(crate) async fn change(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    Body(body): Body<MemberChange>,
) -> Result<Json<ChangedMember>, Failure> {
    let (_, member) = path;
    let details = body.name.is_some() || body.seat.is_some();
    match body.role {
        Some(_) if details => Err(Failure::bad_field("role", "change role and details in two requests")),
        Some(role) => Ok(Json(app.change_member_role(&caller, &member, &role).await?.into())),
        None if details => {
            let change = DetailsChange { name: body.name, seat: body.seat };
            let member = app.edit_member(&caller, &member, change).await?;
            // What somebody is called ends nothing.
            Ok(Json(ChangedRole { member, keys_ended: 0, known: KeysToRotate::default() }.into()))
        }
        None => Err(Failure::bad_field("role", "say what to change: role, name or seat")),
    }
}

/// What ended with a membership.
#[derive(Serialize, ToSchema)]
pub(crate) struct RemovedMember {
    /// Who was removed.
    removed: Member,
    /// What stopped at once.
    ended: Ended,
    /// Workspace keys whose secret they may know: rotate these.
    workspace_keys_to_rotate: Vec<LabelledKey>,
    /// The same about keys of agents.
    agent_keys_to_rotate: Vec<LabelledKey>,
    /// Personal keys of others that they had issued and whose holders have not renewed them since: ask the holders
    /// to, since the one who left may know the secret.
    personal_keys_to_rotate: Vec<IssuedKeyOf>,
    /// What was handed over together with it.
    handed_over: HandedOver,
    /// Keys that have a new secret, each shown this once.
    regenerated: Vec<RegeneratedKey>,
}

/// What was handed over.
#[derive(Serialize, ToSchema)]
pub(crate) struct HandedOver {
    /// Resources that have the new owner.
    resources: usize,
    /// Agents for which the new one answers.
    agents: usize,
    /// Resources and agents that one sees and may not hand over.
    denied: usize,
}

/// A key with its new secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct RegeneratedKey {
    id: String,
    secret: String,
}

/// A key that somebody else had issued.
#[derive(Serialize, ToSchema)]
pub(crate) struct IssuedKeyOf {
    id: String,
    /// Name of its holder.
    holder: String,
}

/// What stopped at once.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ended {
    /// Personal keys.
    keys: usize,
    /// Integrations that were assigned.
    integrations: usize,
}

/// A key and what people call it.
#[derive(Serialize, ToSchema)]
pub(crate) struct LabelledKey {
    id: String,
    label: String,
}

fn labelled(keys: Vec<(domain::id::KeyId, String)>) -> Vec<LabelledKey> {
    keys.into_iter().map(|(id, label)| LabelledKey { id: id.to_string(), label }).collect()
}

impl From<Removed> for RemovedMember {
    fn from(removed: Removed) -> RemovedMember {
        let left = removed.left;
        RemovedMember {
            handed_over: HandedOver { resources: left.resources, agents: left.agents, denied: left.denied },
            regenerated: left
                .regenerated
                .into_iter()
                .map(|(id, secret)| RegeneratedKey { id: id.to_string(), secret: secret.reveal().to_owned() })
                .collect(),
            removed: removed.member.into(),
            ended: Ended { keys: removed.keys_ended, integrations: removed.grants_ended },
            personal_keys_to_rotate: removed
                .issued_keys
                .into_iter()
                .map(|(id, holder)| IssuedKeyOf { id: id.to_string(), holder })
                .collect(),
            workspace_keys_to_rotate: labelled(removed.known.workspace),
            agent_keys_to_rotate: labelled(removed.known.agents),
        }
    }
}

/// What happens together with a removal, all of it or nothing.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RemovalParams {
    /// Who owns from then on what they owned, and answers for the agents that they answered for: e-mail address or id.
    hand_over_to: Option<String>,
    /// Keys that get a new secret, by id and with commas between them.
    regenerate: Option<String>,
}

/// Removes a member; with a session everybody removes themselves, which is to leave. When this is answered, no key of theirs opens anything; their history stays. What it would come to
/// is told before by `removal_consequences`.
#[utoipa::path(delete, path = "/members/{member}", tag = "members", operation_id = "remove_member",
    params(("org" = String, Path, description = "slug or id"), ("member" = String, Path, description = "e-mail address or id"),
        RemovalParams),
    responses((status = 200, body = RemovedMember), Problems))]
pub(crate) async fn remove(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    Params(params): Params<RemovalParams>,
) -> Result<Json<RemovedMember>, Failure> {
    let (_, member) = path;
    let keys = params.regenerate.as_deref().unwrap_or_default().split(',').map(str::trim);
    let regenerate = keys.filter(|key| !key.is_empty()).map(str::to_owned).collect();
    let leaving = Leaving { hand_over_to: params.hand_over_to, regenerate };
    Ok(Json(app.remove_member_and(&caller, &member, &leaving).await?.into()))
}
