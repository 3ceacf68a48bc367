//! Endpoints: the organization and its settings.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::App;
use app::organizations::OrganizationView;
use axum::extract::State;
use axum::{Extension, Json};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Anyone, Body, NoBody, Params, Signed};
use crate::problem::{Failure, Problems};
use crate::time::written;

/// The public base URL.
#[derive(Clone)]
pub(crate) struct PublicUrl(pub(crate) Arc<str>);

/// An organization as its member sees it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Organization {
    /// Its id.
    id: String,
    /// Its slug.
    slug: String,
    /// Its name.
    name: String,
    /// The preset it was made from.
    preset: String,
    /// Its settings, by name: all for those who change settings; for the others those by which they see what they may
    /// do, and the labels.
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
    /// The one URL that its members paste into their AI client.
    mcp_url: String,
    /// When it ends, where somebody set that: until then nothing is done in it.
    deletes_at: Option<String>,
    /// Who the caller is in it.
    you: You,
}

/// Who the caller is.
#[derive(Serialize, ToSchema)]
pub(crate) struct You {
    /// Id of the person or key.
    subject: String,
    /// Their name, or the key's label.
    name: String,
    /// Their role; none for a workspace key.
    role: Option<String>,
}

/// The caller's organizations.
#[derive(Serialize, ToSchema)]
pub(crate) struct Organizations {
    items: Vec<Organization>,
    next: Option<String>,
}

pub(crate) fn organization(view: OrganizationView, public_url: &PublicUrl) -> Organization {
    Organization {
        mcp_url: format!("{}/o/{}/mcp", public_url.0, view.slug),
        id: view.id.to_string(),
        deletes_at: view.deletes_at.map(written),
        slug: view.slug,
        name: view.name,
        preset: view.preset,
        settings: view.settings,
        you: You { subject: view.subject, name: view.called, role: view.role },
    }
}

/// The organizations that the caller is in. A key belongs to one; a person is a member of any number.
#[utoipa::path(get, path = "/api/v1/orgs", tag = "organization", operation_id = "list_organizations",
    responses((status = 200, body = Organizations), Problems))]
pub(crate) async fn list(
    State(app): State<App>,
    anyone: Anyone,
    Extension(public_url): Extension<PublicUrl>,
) -> Result<Json<Organizations>, Failure> {
    let views = match anyone {
        Anyone::Key(caller) => vec![app.show_organization(&caller).await?],
        Anyone::Session(visitor) => app.organizations_of(&visitor.signed_in).await?,
    };
    let items = views.into_iter().map(|view| organization(view, &public_url)).collect();
    Ok(Json(Organizations { items, next: None }))
}

/// One organization.
#[utoipa::path(get, path = "", tag = "organization", operation_id = "show_organization",
    params(("org" = String, Path, description = "slug or id")),
    responses((status = 200, body = Organization), Problems))]
pub(crate) async fn show(
    State(app): State<App>,
    Signed(caller): Signed,
    Extension(public_url): Extension<PublicUrl>,
) -> Result<Json<Organization>, Failure> {
    Ok(Json(organization(app.show_organization(&caller).await?, &public_url)))
}

/// What is to change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrganizationChange {
    /// A new name.
    name: Option<String>,
    /// Settings by name, with the values that the list of settings tells; what is left out stays.
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
}

/// Tells a field that was given as null from one that was not given.
pub(crate) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(value).map(Some)
}

/// Changes the name and settings, all or none.
#[utoipa::path(patch, path = "", tag = "organization", operation_id = "change_organization",
    params(("org" = String, Path, description = "slug or id")), request_body = OrganizationChange,
    responses((status = 200, body = Organization), Problems))]
pub(crate) async fn change(
    State(app): State<App>,
    Signed(caller): Signed,
    Extension(public_url): Extension<PublicUrl>,
    Body(body): Body<OrganizationChange>,
) -> Result<Json<Organization>, Failure> {
    app.change_settings(&caller, body.name, crate::settings::changes(body.settings)?).await?;
    Ok(Json(organization(app.show_organization(&caller).await?, &public_url)))
}

/// What is said with a deletion.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Deletion {
    /// The organization's slug, typed, so that nobody deletes another one than they mean.
    confirm: Option<String>,
}

/// Deletes the organization: it ends after as many days as its setting organization.delete_after_days says. From the
/// answer on nobody does anything in it but those who may delete it, who look at it and restore it; from its end on there
/// is no such organization, and what names people in it and holds secrets is erased. A session takes that only soon
/// after signing in.
#[utoipa::path(delete, path = "", tag = "organization", operation_id = "delete_organization",
    params(("org" = String, Path, description = "slug or id"), Deletion),
    responses((status = 200, body = Organization), Problems))]
pub(crate) async fn delete(
    State(app): State<App>,
    Signed(caller): Signed,
    Extension(public_url): Extension<PublicUrl>,
    Params(said): Params<Deletion>,
    _: NoBody,
) -> Result<Json<Organization>, Failure> {
    app.delete_organization(&caller, said.confirm.as_deref()).await?;
    Ok(Json(organization(app.show_organization(&caller).await?, &public_url)))
}

/// Restores an organization that ends: everything is as it was.
#[utoipa::path(post, path = "/organization/restore", tag = "organization", operation_id = "restore_organization",
    params(("org" = String, Path, description = "slug or id")),
    responses((status = 200, body = Organization), Problems))]
pub(crate) async fn restore(
    State(app): State<App>,
    Signed(caller): Signed,
    Extension(public_url): Extension<PublicUrl>,
    _: NoBody,
) -> Result<Json<Organization>, Failure> {
    app.restore_organization(&caller).await?;
    Ok(Json(organization(app.show_organization(&caller).await?, &public_url)))
}

/// Which preset the organization is to go by.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PresetToGoBy {
    /// The preset's short name.
    preset: String,
    /// For roles of the present preset, which role their members get: one of the other preset, or one of the
    /// organization's own. Who is not mentioned gets the role of the same name, or the default one.
    #[serde(default)]
    roles: BTreeMap<String, String>,
}

/// Gives the organization another preset: its settings, and its roles in the place of those of the present one. What was
/// changed about these is lost, exceptions for data among it, also where the same preset is given once more. Roles of
/// one's own stay, unless one was made anew under the name of a role of the present preset; holders of the top role hold
/// the other one. Keys and agents whose role ends or becomes another one are suspended until they are given a role. Ask
/// for the impact first: it tells who gains and loses what.
#[utoipa::path(put, path = "/organization/preset", tag = "organization", operation_id = "change_preset",
    params(("org" = String, Path, description = "slug or id")), request_body = PresetToGoBy,
    responses((status = 200, body = Organization), Problems))]
pub(crate) async fn change_preset(
    State(app): State<App>,
    Signed(caller): Signed,
    Extension(public_url): Extension<PublicUrl>,
    Body(body): Body<PresetToGoBy>,
) -> Result<Json<Organization>, Failure> {
    app.change_preset(&caller, &body.preset, &body.roles).await?;
    Ok(Json(organization(app.show_organization(&caller).await?, &public_url)))
}
