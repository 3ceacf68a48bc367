//! Endpoints: the mail domains of an organization, those who ask to join by one, and what somebody who is signed in may ask
//! for.

use app::App;
use app::mail_domains::{JoinOffer, JoinRequestView, MailDomainToOpen, MailDomainView};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::extract::{Body, NoBody, Signed};
use crate::invitations::{TeamToOffer, teams};
use crate::problem::{Failure, Problems};
use crate::time::written;
use crate::visitor::Visitor;

/// A mail domain that the organization has claimed.
#[derive(Serialize, ToSchema)]
pub(crate) struct MailDomain {
    /// Its id.
    id: String,
    /// Its name: lower case, other alphabets in punycode.
    name: String,
    /// `claimed`, `verified`, or `lapsed` where its record is gone.
    state: &'static str,
    /// The record that shows whose it is.
    record: DomainRecord,
    /// What becomes of people with an address there: `off`, `suggest`, `request` or `automatic`.
    mode: &'static str,
    /// The role that they get; none for that of newcomers.
    role: Option<String>,
    /// The role that they would get as things are.
    gets: String,
    /// The teams that they join, of those that the caller may see.
    teams: Vec<DomainTeam>,
    /// Whether whoever opened it could still give that; else nobody joins by themselves.
    sponsored: bool,
    /// When it was claimed.
    claimed_at: String,
    /// When it was verified.
    verified_at: Option<String>,
    /// When its record was found to be gone.
    lapsed_at: Option<String>,
}

/// A record of the DNS.
#[derive(Serialize, ToSchema)]
pub(crate) struct DomainRecord {
    /// Its type.
    r#type: &'static str,
    /// Its name.
    name: String,
    /// What it has to say.
    text: String,
}

/// A team that people join by a mail domain.
#[derive(Serialize, ToSchema)]
pub(crate) struct DomainTeam {
    /// Its id.
    id: String,
    /// Its name.
    title: String,
    /// The role there; none for the one that newcomers to teams get at that time.
    role: Option<String>,
}

impl From<MailDomainView> for MailDomain {
    fn from(view: MailDomainView) -> MailDomain {
        MailDomain {
            id: view.id.to_string(),
            name: view.name,
            state: view.state,
            record: DomainRecord { r#type: "TXT", name: view.record_name, text: view.record_text },
            mode: view.mode,
            role: view.role,
            gets: view.gets,
            teams: view.teams.into_iter().map(|(id, title, role)| DomainTeam { id, title, role }).collect(),
            sponsored: view.sponsored,
            claimed_at: written(view.claimed_at),
            verified_at: view.verified_at.map(written),
            lapsed_at: view.lapsed_at.map(written),
        }
    }
}

/// The mail domains.
#[derive(Serialize, ToSchema)]
pub(crate) struct MailDomains {
    items: Vec<MailDomain>,
    /// Always none: there are few.
    next: Option<String>,
}

/// The organization's mail domains, each with the record to publish. Takes `security.edit`.
#[utoipa::path(get, path = "/mail-domains", tag = "mail-domain", operation_id = "list_mail_domains",
    params(("org" = String, Path, description = "slug or id")),
    responses((status = 200, body = MailDomains), Problems))]
pub(crate) async fn list(State(app): State<App>, Signed(caller): Signed) -> Result<Json<MailDomains>, Failure> {
    let items = app.list_mail_domains(&caller).await?.into_iter().map(MailDomain::from).collect();
    Ok(Json(MailDomains { items, next: None }))
}

/// A mail domain to be claimed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MailDomainToClaim {
    /// The part of addresses after the `@`, such as `corp.example`; other alphabets in punycode.
    name: String,
}

/// Claims a mail domain, and tells the record to publish. Domains where anybody has addresses are refused. Takes
/// `security.edit`.
#[utoipa::path(post, path = "/mail-domains", tag = "mail-domain", operation_id = "claim_mail_domain",
    params(("org" = String, Path, description = "slug or id")), request_body = MailDomainToClaim,
    responses((status = 201, body = MailDomain), Problems))]
pub(crate) async fn claim(
    State(app): State<App>,
    Signed(caller): Signed,
    Body(body): Body<MailDomainToClaim>,
) -> Result<(StatusCode, Json<MailDomain>), Failure> {
    let claimed = app.claim_mail_domain(&caller, &body.name).await?;
    Ok((StatusCode::CREATED, Json(claimed.into())))
}

/// Looks for a mail domain's record in the DNS; where it stands there, the domain is the organization's. One organization
/// of an installation has it at a time. Takes `security.edit`.
#[utoipa::path(post, path = "/mail-domains/{domain}/verify", tag = "mail-domain", operation_id = "verify_mail_domain",
    params(("org" = String, Path, description = "slug or id"), ("domain" = String, Path, description = "its name")),
    responses((status = 200, body = MailDomain), Problems))]
pub(crate) async fn verify(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    _: NoBody,
) -> Result<Json<MailDomain>, Failure> {
    let (_, domain) = path;
    Ok(Json(app.verify_mail_domain(&caller, &domain).await?.into()))
}

/// What becomes of people with an address at a mail domain.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MailDomainChange {
    /// `off`; `suggest`, to tell them that the organization exists; `request`, to let them ask to join; `automatic`, to let
    /// them join when they sign in with a provider that vouches for them.
    mode: String,
    /// The role that they get; where none is named, that of newcomers.
    role: Option<String>,
    /// The teams that they join.
    #[serde(default)]
    teams: Vec<TeamToOffer>,
}

/// Says what becomes of people with an address at a verified mail domain, and what they get. Takes `security.edit`, and that
/// one could let them in with that, for good; in a session, signing in at most 10 minutes ago. By itself nobody gets a role
/// that manages anything.
#[utoipa::path(put, path = "/mail-domains/{domain}", tag = "mail-domain", operation_id = "open_mail_domain",
    params(("org" = String, Path, description = "slug or id"), ("domain" = String, Path, description = "its name")),
    request_body = MailDomainChange, responses((status = 200, body = MailDomain), Problems))]
pub(crate) async fn open(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    Body(body): Body<MailDomainChange>,
) -> Result<Json<MailDomain>, Failure> {
    let (_, domain) = path;
    let wanted = MailDomainToOpen { mode: body.mode, role: body.role, teams: teams(body.teams) };
    Ok(Json(app.open_mail_domain(&caller, &domain, wanted).await?.into()))
}

/// Claims a mail domain no longer. Who joined by it stays. Takes `security.edit`.
#[utoipa::path(delete, path = "/mail-domains/{domain}", tag = "mail-domain", operation_id = "remove_mail_domain",
    params(("org" = String, Path, description = "slug or id"), ("domain" = String, Path, description = "its name")),
    responses((status = 204), Problems))]
pub(crate) async fn remove(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    let (_, domain) = path;
    app.remove_mail_domain(&caller, &domain).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Somebody who asks to join.
#[derive(Serialize, ToSchema)]
pub(crate) struct JoinRequest {
    /// Id of the person.
    person: String,
    /// The address that they have shown to be theirs.
    email: String,
    /// Their name.
    name: String,
    /// How they showed it: `provider`, or `email` where they opened a mailed link.
    way: String,
    /// The mail domain by which they ask.
    domain: String,
    /// The role that they would get.
    gets: String,
    /// Whether they were a member before.
    was_member: bool,
    /// When they asked.
    asked_at: String,
    /// When the request ends by itself.
    expires_at: String,
}

impl From<JoinRequestView> for JoinRequest {
    fn from(view: JoinRequestView) -> JoinRequest {
        JoinRequest {
            person: view.person.to_string(),
            email: view.email,
            name: view.name,
            way: view.way,
            domain: view.domain,
            gets: view.gets,
            was_member: view.was_member,
            asked_at: written(view.asked_at),
            expires_at: written(view.until),
        }
    }
}

/// Those who ask to join.
#[derive(Serialize, ToSchema)]
pub(crate) struct JoinRequests {
    /// Who has waited longest first.
    items: Vec<JoinRequest>,
    /// Always none: there is one page.
    next: Option<String>,
}

/// Those who ask to join by a mail domain and wait for a decision. Takes `member.add`.
#[utoipa::path(get, path = "/join-requests", tag = "mail-domain", operation_id = "list_join_requests",
    params(("org" = String, Path, description = "slug or id")),
    responses((status = 200, body = JoinRequests), Problems))]
pub(crate) async fn list_requests(
    State(app): State<App>,
    Signed(caller): Signed,
) -> Result<Json<JoinRequests>, Failure> {
    let items = app.list_join_requests(&caller).await?.into_iter().map(JoinRequest::from).collect();
    Ok(Json(JoinRequests { items, next: None }))
}

/// Lets somebody join who asks to, with what their mail domain gives now. Takes `member.add`, and that one could give that.
#[utoipa::path(post, path = "/join-requests/{person}/approve", tag = "mail-domain", operation_id = "approve_join",
    params(("org" = String, Path, description = "slug or id"), ("person" = String, Path, description = "id")),
    responses((status = 204, description = "They are a member."), Problems))]
pub(crate) async fn approve(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    _: NoBody,
) -> Result<StatusCode, Failure> {
    let (_, person) = path;
    app.approve_join(&caller, &person).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says no to somebody who asks to join, and who cannot ask again until their request would have ended. Takes `member.add`.
#[utoipa::path(post, path = "/join-requests/{person}/decline", tag = "mail-domain", operation_id = "decline_join",
    params(("org" = String, Path, description = "slug or id"), ("person" = String, Path, description = "id")),
    responses((status = 204, description = "It is declined."), Problems))]
pub(crate) async fn decline(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    _: NoBody,
) -> Result<StatusCode, Failure> {
    let (_, person) = path;
    app.decline_join(&caller, &person).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An organization that one may join.
#[derive(Serialize, ToSchema)]
pub(crate) struct Offer {
    /// The mail domain of one's address by which one is told.
    domain: String,
    /// What the organization is called.
    organization: String,
    /// `invitation` where one needs an invitation, `ask` where one may ask to join, `asked` where one has, `declined` where
    /// that was declined.
    state: &'static str,
}

impl From<JoinOffer> for Offer {
    fn from(JoinOffer { domain, organization, state }: JoinOffer) -> Offer {
        Offer { domain, organization, state }
    }
}

/// What one is offered.
#[derive(Serialize, ToSchema)]
pub(crate) struct JoinOffers {
    items: Vec<Offer>,
    /// Always none: there are few.
    next: Option<String>,
}

/// The organizations that one may join by the address with which one signed in.
#[utoipa::path(get, path = "/api/v1/join-offers", tag = "session", operation_id = "list_join_offers",
    security(("session" = [])), responses((status = 200, body = JoinOffers), Problems))]
pub(crate) async fn list_offers(
    State(app): State<App>,
    Visitor { signed_in, .. }: Visitor,
) -> Result<Json<JoinOffers>, Failure> {
    let items = app.join_offers(&signed_in).await?.into_iter().map(Offer::from).collect();
    Ok(Json(JoinOffers { items, next: None }))
}

/// Asks to join the organization of a mail domain. Who has asked already has asked.
#[utoipa::path(post, path = "/api/v1/join-offers/{domain}/ask", tag = "session", operation_id = "ask_to_join",
    params(("domain" = String, Path, description = "name of the mail domain")),
    security(("session" = [])), responses((status = 204, description = "It waits for an answer."), Problems))]
pub(crate) async fn ask(
    State(app): State<App>,
    Visitor { signed_in, .. }: Visitor,
    Path(domain): Path<String>,
    _: NoBody,
) -> Result<StatusCode, Failure> {
    app.ask_to_join(&signed_in, &domain).await?;
    Ok(StatusCode::NO_CONTENT)
}
