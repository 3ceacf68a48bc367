//! Endpoints: the organization and its settings.

use std::sync::Arc;

use app::App;
use app::organizations::OrganizationView;
use axum::extract::State;
use axum::{Extension, Json};
use domain::grant::Profile;
use domain::key::KeyScope;
use domain::organization::{RecordsSync, SettingChange};
use domain::role::RoleId;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::extract::{Body, Signed};
use crate::problem::{Failure, Problems};

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
    /// Its settings, by name.
    #[schema(value_type = Object)]
    settings: domain::organization::Settings,
    /// The one URL that its members paste into their AI client.
    mcp_url: String,
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

fn organization(view: OrganizationView, public_url: &PublicUrl) -> Organization {
    Organization {
        mcp_url: format!("{}/o/{}/mcp", public_url.0, view.slug),
        id: view.id.to_string(),
        slug: view.slug,
        name: view.name,
        preset: view.preset,
        settings: view.settings,
        you: You { subject: view.subject, name: view.called, role: view.role },
    }
}

/// The organizations that the key opens. A key belongs to one organization.
#[utoipa::path(get, path = "/api/v1/orgs", tag = "organization", operation_id = "list_organizations",
    responses((status = 200, body = Organizations), Problems))]
pub(crate) async fn list(
    State(app): State<App>,
    Signed(caller): Signed,
    Extension(public_url): Extension<PublicUrl>,
) -> Result<Json<Organizations>, Failure> {
    let items = vec![organization(app.show_organization(&caller).await?, &public_url)];
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
    /// Settings by name; what is left out stays.
    #[serde(default)]
    settings: SettingsChange,
}

/// Settings by name.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsChange {
    /// How many people may hold the top role; null means any number.
    #[serde(default, rename = "owners.max", deserialize_with = "given")]
    owners_max: Option<Option<u32>>,
    /// The role of a newcomer for whom none was chosen.
    #[serde(rename = "join.default_role")]
    join_default_role: Option<String>,
    /// The profile of a grant for which none was chosen.
    #[serde(rename = "join.default_profile")]
    #[schema(value_type = Option<String>)]
    join_default_profile: Option<Profile>,
    /// What a workspace key reaches for which nothing was chosen.
    #[serde(rename = "keys.workspace.default_scope")]
    #[schema(value_type = Option<String>)]
    keys_workspace_default_scope: Option<KeyScope>,
    /// Which calls are on disk before they go out.
    #[serde(rename = "records.sync")]
    #[schema(value_type = Option<String>)]
    records_sync: Option<RecordsSync>,
}

/// Tells a field that was given as null from one that was not given.
pub(crate) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(value).map(Some)
}

impl SettingsChange {
    fn changes(self) -> Result<Vec<SettingChange>, Failure> {
        let role = self.join_default_role.map(|role| RoleId::parse(&role)).transpose();
        let role = role.map_err(|error| Failure::bad_field("settings.join.default_role", error.to_string()))?;
        Ok([
            self.owners_max.map(SettingChange::OwnersMax),
            role.map(SettingChange::JoinDefaultRole),
            self.join_default_profile.map(SettingChange::JoinDefaultProfile),
            self.keys_workspace_default_scope.map(SettingChange::KeysWorkspaceDefaultScope),
            self.records_sync.map(SettingChange::RecordsSync),
        ]
        .into_iter()
        .flatten()
        .collect())
    }
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
    app.change_settings(&caller, body.name, body.settings.changes()?).await?;
    Ok(Json(organization(app.show_organization(&caller).await?, &public_url)))
}
