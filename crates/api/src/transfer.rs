//! Endpoints: handing the organization over, in two steps.

use app::App;
use app::organizations::OfferView;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::id::PersonId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::extract::{Body, NoBody, Signed};
use crate::members::ChangedMember;
use crate::problem::{Failure, Problems};
use crate::time::written;

/// To whom the organization is offered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Transfer {
    /// E-mail address or id of the member who may take the top role.
    to: String,
    /// The role that the caller has then.
    own_role: String,
}

/// The open offer of an organization.
#[derive(Serialize, ToSchema)]
pub(crate) struct OwnershipOffer {
    /// Who offers it.
    from: Named,
    /// Who may take it.
    to: Named,
    /// The role that whoever offers it has then.
    own_role: String,
    /// When it ends by itself.
    expires_at: String,
}

/// A person by id and name.
#[derive(Serialize, ToSchema)]
#[schema(as = NamedPerson)]
pub(crate) struct Named {
    id: String,
    name: String,
}

fn named((person, name): (PersonId, String)) -> Named {
    Named { id: person.to_string(), name }
}

impl From<OfferView> for OwnershipOffer {
    fn from(view: OfferView) -> OwnershipOffer {
        OwnershipOffer {
            from: named(view.from),
            to: named(view.to),
            own_role: view.own_role.to_string(),
            expires_at: written(view.expires_at),
        }
    }
}

/// Offers the organization to another member, who has the top role as soon as they take it, and the caller the other one.
/// Nothing changes until then. The offer is open for a week, and gone when either's role changes.
#[utoipa::path(post, path = "/organization/transfer", tag = "organization", operation_id = "offer_organization",
    params(("org" = String, Path, description = "slug or id")), request_body = Transfer,
    responses((status = 200, body = OwnershipOffer), Problems))]
pub(crate) async fn offer(
    State(app): State<App>,
    Signed(caller): Signed,
    Body(body): Body<Transfer>,
) -> Result<Json<OwnershipOffer>, Failure> {
    Ok(Json(app.offer_ownership(&caller, &body.to, &body.own_role).await?.into()))
}

/// The open offer, told to who made it or may take it, and to who could make one.
#[utoipa::path(get, path = "/organization/transfer", tag = "organization", operation_id = "show_offer",
    params(("org" = String, Path, description = "slug or id")),
    responses((status = 200, body = OwnershipOffer), Problems))]
pub(crate) async fn show(State(app): State<App>, Signed(caller): Signed) -> Result<Json<OwnershipOffer>, Failure> {
    Ok(Json(app.ownership_offer(&caller).await?.into()))
}

/// Declines the offer that was made to the caller, or takes back one that was made.
#[utoipa::path(delete, path = "/organization/transfer", tag = "organization", operation_id = "end_offer",
    params(("org" = String, Path, description = "slug or id")), responses((status = 204), Problems))]
pub(crate) async fn end(State(app): State<App>, Signed(caller): Signed) -> Result<StatusCode, Failure> {
    app.end_ownership_offer(&caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes the organization that is offered to the caller: they have the top role, and whoever offered it the role that
/// they chose, in one step.
#[utoipa::path(post, path = "/organization/transfer/accept", tag = "organization", operation_id = "accept_organization",
    params(("org" = String, Path, description = "slug or id")),
    responses((status = 200, body = ChangedMember), Problems))]
pub(crate) async fn accept(
    State(app): State<App>,
    Signed(caller): Signed,
    _: NoBody,
) -> Result<Json<ChangedMember>, Failure> {
    Ok(Json(app.accept_ownership(&caller).await?.into()))
}
