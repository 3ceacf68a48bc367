//! Endpoints: invitations.

pub(crate) mod bulk;

use std::collections::BTreeSet;

use app::App;
use app::invitations::{
    InvitationChange as Change, InvitationToSend, InvitationView, MailState, OfferedIntegration, OfferedTeam,
    SentInvitation, Status, Which,
};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::grant::Profile;
use domain::id::InvitationId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Body, NoBody, Params, Signed, bad_cursor, page, page_size};
use crate::organizations::{PublicUrl, given};
use crate::problem::{Failure, Problems};
use crate::time::{read_optional, written};

/// An invitation.
#[derive(Serialize, ToSchema)]
pub(crate) struct Invitation {
    /// Its id.
    id: String,
    /// The address of whom it is for; none where that was erased.
    email: Option<String>,
    /// Their name, where one was written.
    name: Option<String>,
    /// What whoever invited says to them.
    note: Option<String>,
    /// The role that they get; none for the one that newcomers get at that time.
    role: Option<String>,
    /// Whether it is for members alone, who join teams by it.
    members_only: bool,
    /// The teams that they join.
    teams: Vec<TeamOffered>,
    /// The integrations that they are given.
    integrations: Vec<IntegrationOffered>,
    /// `open`, `awaits_approval`, `expired`, `needs_sponsor` (its inviter could not offer so much any more: whoever may
    /// sends it again), `accepted`, `declined` or `revoked`.
    status: &'static str,
    /// Who invites.
    inviter: InvitedBy,
    /// Whether the caller does.
    mine: bool,
    /// Names what it offers, and on whose rights: whoever approves it says by this which they looked at.
    revision: String,
    /// What is asked of whoever accepts: `proven`, to show that the address is theirs, or `any`, to have the link. The
    /// stricter of what `invite.address` said when its link was sent and what it says now.
    asks: &'static str,
    /// When it was sent first.
    sent_at: String,
    /// When it ends by itself.
    expires_at: String,
    /// Id of the person who accepted it.
    accepted_by: Option<String>,
    /// What became of its last mail: `waits`, `sent` or `failed`; none where it was mailed to nobody, and the link has to be
    /// handed over.
    mail: Option<&'static str>,
    /// Why that mail failed.
    mail_failure: Option<String>,
}

/// Who invites.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvitedBy {
    /// Id of the member, key or agent.
    id: String,
    /// Name of the person, or of the one for whom an agent invited.
    name: Option<String>,
}

/// A place in a team that is offered.
#[derive(Serialize, ToSchema)]
pub(crate) struct TeamOffered {
    /// Its id.
    id: String,
    /// Its name.
    title: String,
    /// The role there; none for the one that newcomers to teams get at that time.
    role: Option<String>,
}

/// An integration that is offered.
#[derive(Serialize, ToSchema)]
pub(crate) struct IntegrationOffered {
    /// Its slug.
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

impl From<InvitationView> for Invitation {
    fn from(view: InvitationView) -> Invitation {
        let team = |(id, title, role)| TeamOffered { id, title, role };
        let integration = |(integration, given): (String, domain::invitation::OfferedGrant)| IntegrationOffered {
            integration,
            profile: given.profile,
            means: given.profile.in_plain_words(),
            tools_off: given.tools_off,
            expires_at: given.expires_at.map(written),
        };
        let (mail, mail_failure) = match view.mail {
            None => (None, None),
            Some(MailState::Waits) => (Some("waits"), None),
            Some(MailState::Sent) => (Some("sent"), None),
            Some(MailState::Failed(why)) => (Some("failed"), Some(why)),
        };
        Invitation {
            id: view.id.to_string(),
            email: view.email,
            name: view.name,
            note: view.note,
            role: view.role,
            members_only: view.members_only,
            teams: view.teams.into_iter().map(team).collect(),
            integrations: view.integrations.into_iter().map(integration).collect(),
            status: view.status.as_str(),
            inviter: InvitedBy { id: view.inviter, name: view.inviter_name },
            mine: view.mine,
            revision: view.revision,
            asks: view.asks.as_str(),
            sent_at: written(view.sent_at),
            expires_at: written(view.expires_at),
            accepted_by: view.accepted_by.map(|person| person.to_string()),
            mail,
            mail_failure,
        }
    }
}

/// An invitation that was just given a link.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvitationWithLink {
    #[serde(flatten)]
    invitation: Invitation,
    /// The link by which it is accepted, shown this once; none where somebody has to approve it first.
    link: Option<String>,
}

fn with_link(sent: SentInvitation, public_url: &PublicUrl) -> InvitationWithLink {
    let link = sent.token.map(|token| format!("{}/invitation/{}", public_url.0, token.reveal()));
    InvitationWithLink { invitation: sent.invitation.into(), link }
}

/// A page of invitations.
#[derive(Serialize, ToSchema)]
pub(crate) struct Invitations {
    items: Vec<Invitation>,
    /// Where the next page starts; none where this was the last.
    next: Option<String>,
}

/// Which invitations.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// `pending` (the default: nothing has become of them yet), `open`, `awaits_approval`, `expired`, `needs_sponsor`,
    /// `accepted`, `declined`, `revoked` or `all`.
    status: Option<String>,
    /// Where the last page ended.
    cursor: Option<String>,
    /// How many at most, 1 to 1000.
    limit: Option<u32>,
}

/// A page of the invitations that the caller made or may handle, in the order of their ids.
#[utoipa::path(get, path = "/invitations", tag = "invitations", operation_id = "list_invitations",
    params(("org" = String, Path, description = "slug or id"), ListParams),
    responses((status = 200, body = Invitations), Problems))]
pub(crate) async fn list(
    State(app): State<App>,
    Signed(caller): Signed,
    Params(params): Params<ListParams>,
) -> Result<Json<Invitations>, Failure> {
    let which = match params.status.as_deref() {
        None | Some("pending") => Which::Pending,
        Some("all") => Which::All,
        Some(word) => {
            let known = Status::ALL.into_iter().find(|status| status.as_str() == word).map(Which::In);
            let words = Status::ALL.map(Status::as_str).join(", ");
            known.ok_or_else(|| Failure::bad_field("status", format!("give pending, all, or one of {words}")))?
        }
    };
    let cursor = params.cursor.as_deref().map(InvitationId::parse).transpose().map_err(|_| bad_cursor())?;
    let limit = page_size(params.limit)?;
    let found = app.list_invitations(&caller, which, cursor, limit + 1).await?;
    let (items, more) = page(found.into_iter().map(Invitation::from).collect(), limit);
    let next = items.last().filter(|_| more).map(|invitation: &Invitation| invitation.id.clone());
    Ok(Json(Invitations { items, next }))
}

/// A place in a team to offer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TeamToOffer {
    /// The team, by id or name.
    team: String,
    /// The role there; that of newcomers to teams where none is given.
    role: Option<String>,
}

/// An integration to offer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IntegrationToOffer {
    /// Which, by slug or id.
    integration: String,
    /// `read-only`, `no-delete` or `full`; the organization's default where none is given.
    #[schema(value_type = Option<String>)]
    profile: Option<Profile>,
    /// Single tools switched off.
    #[serde(default)]
    tools_off: BTreeSet<String>,
    /// When it ends by itself.
    expires_at: Option<String>,
}

/// Somebody to be invited, and to what.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToInvite {
    /// Their address.
    pub(crate) email: String,
    /// Their name, where it is known.
    pub(crate) name: Option<String>,
    /// What to say to them.
    pub(crate) note: Option<String>,
    /// Their role; that of newcomers where none is given.
    pub(crate) role: Option<String>,
    /// Whether they are a member already, and are invited to teams alone.
    #[serde(default)]
    pub(crate) members_only: bool,
    /// The teams that they join.
    #[serde(default)]
    pub(crate) teams: Vec<TeamToOffer>,
    /// The integrations that they are given.
    #[serde(default)]
    pub(crate) integrations: Vec<IntegrationToOffer>,
}

pub(crate) fn teams(asked: Vec<TeamToOffer>) -> Vec<OfferedTeam> {
    asked.into_iter().map(|TeamToOffer { team, role }| OfferedTeam { team, role }).collect()
}

fn integrations(asked: Vec<IntegrationToOffer>) -> Result<Vec<OfferedIntegration>, Failure> {
    let one = |asked: IntegrationToOffer| {
        let expires_at = read_optional("integrations.expires_at", asked.expires_at.as_deref())?;
        let IntegrationToOffer { integration, profile, tools_off, .. } = asked;
        Ok(OfferedIntegration { integration, profile, tools_off, expires_at })
    };
    asked.into_iter().map(one).collect()
}

impl ToInvite {
    fn read(self) -> Result<InvitationToSend, Failure> {
        Ok(InvitationToSend {
            email: self.email,
            name: self.name,
            note: self.note,
            role: self.role,
            members_only: self.members_only,
            teams: teams(self.teams),
            integrations: integrations(self.integrations)?,
        })
    }
}

/// Invites somebody. What the invitation gives rests on the caller's rights until it is accepted.
#[utoipa::path(post, path = "/invitations", tag = "invitations", operation_id = "send_invitation",
    params(("org" = String, Path, description = "slug or id")), request_body = ToInvite,
    responses((status = 201, body = InvitationWithLink), Problems))]
pub(crate) async fn send(
    State(app): State<App>,
    Signed(caller): Signed,
    Extension(public_url): Extension<PublicUrl>,
    Body(body): Body<ToInvite>,
) -> Result<(StatusCode, Json<InvitationWithLink>), Failure> {
    let sent = app.send_invitation(&caller, body.read()?).await?;
    Ok((StatusCode::CREATED, Json(with_link(sent, &public_url))))
}

/// One invitation that the caller made or may handle.
#[utoipa::path(get, path = "/invitations/{invitation}", tag = "invitations", operation_id = "show_invitation",
    params(("org" = String, Path, description = "slug or id"), ("invitation" = String, Path, description = "id")),
    responses((status = 200, body = Invitation), Problems))]
pub(crate) async fn show(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<Json<Invitation>, Failure> {
    let (_, invitation) = path;
    Ok(Json(app.show_invitation(&caller, &invitation).await?.into()))
}

/// What is to change about an invitation; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvitationChange {
    /// Another role; null for that of newcomers.
    #[serde(default, deserialize_with = "given")]
    role: Option<Option<String>>,
    /// Other teams, instead of those that it offers.
    teams: Option<Vec<TeamToOffer>>,
    /// Other integrations, instead of those that it offers.
    integrations: Option<Vec<IntegrationToOffer>>,
    /// Another name for whom it is for.
    name: Option<String>,
    /// Something else to say to them.
    note: Option<String>,
}

/// Lets an invitation offer something else. It rests on the caller's rights from then on; its link stays good, unless
/// somebody has to approve what it offers now.
#[utoipa::path(patch, path = "/invitations/{invitation}", tag = "invitations", operation_id = "edit_invitation",
    params(("org" = String, Path, description = "slug or id"), ("invitation" = String, Path, description = "id")),
    request_body = InvitationChange, responses((status = 200, body = Invitation), Problems))]
pub(crate) async fn edit(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    Body(body): Body<InvitationChange>,
) -> Result<Json<Invitation>, Failure> {
    let (_, invitation) = path;
    let change = Change {
        role: body.role,
        teams: body.teams.map(teams),
        integrations: body.integrations.map(integrations).transpose()?,
        name: body.name,
        note: body.note,
    };
    Ok(Json(app.edit_invitation(&caller, &invitation, change).await?.into()))
}

/// Takes an invitation back. When this is answered, its link opens nothing.
#[utoipa::path(delete, path = "/invitations/{invitation}", tag = "invitations", operation_id = "revoke_invitation",
    params(("org" = String, Path, description = "slug or id"), ("invitation" = String, Path, description = "id")),
    responses((status = 204), Problems))]
pub(crate) async fn revoke(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    let (_, invitation) = path;
    app.revoke_invitation(&caller, &invitation).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives an invitation another link and another end, also one that has expired. It rests on the caller's rights from then
/// on, and the link before opens nothing.
#[utoipa::path(post, path = "/invitations/{invitation}/resend", tag = "invitations", operation_id = "resend_invitation",
    params(("org" = String, Path, description = "slug or id"), ("invitation" = String, Path, description = "id")),
    responses((status = 200, body = InvitationWithLink), Problems))]
pub(crate) async fn resend(
    State(app): State<App>,
    Signed(caller): Signed,
    Extension(public_url): Extension<PublicUrl>,
    Path(path): Path<(String, String)>,
    _: NoBody,
) -> Result<Json<InvitationWithLink>, Failure> {
    let (_, invitation) = path;
    Ok(Json(with_link(app.resend_invitation(&caller, &invitation).await?, &public_url)))
}

/// What is agreed to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Approval {
    /// The invitation's `revision` when the caller looked at it.
    revision: String,
}

/// Agrees to an invitation that waits for it, which has a link from then on. Where it offers something else by now, or in
/// another's name, than when the caller looked at it, nothing is agreed to.
#[utoipa::path(post, path = "/invitations/{invitation}/approve", tag = "invitations", operation_id = "approve_invitation",
    params(("org" = String, Path, description = "slug or id"), ("invitation" = String, Path, description = "id")),
    request_body = Approval, responses((status = 200, body = InvitationWithLink), Problems))]
pub(crate) async fn approve(
    State(app): State<App>,
    Signed(caller): Signed,
    Extension(public_url): Extension<PublicUrl>,
    Path(path): Path<(String, String)>,
    Body(body): Body<Approval>,
) -> Result<Json<InvitationWithLink>, Failure> {
    let (_, invitation) = path;
    Ok(Json(with_link(app.approve_invitation(&caller, &invitation, &body.revision).await?, &public_url)))
}
