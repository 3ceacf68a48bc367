//! Endpoints: resources; making, seeing, changing and ending them. Who has them is in `give`.

pub(crate) mod collect;
pub(crate) mod give;

use app::App;
use app::resources::{
    OwnerFilter, ResourceChange, ResourceFilter, ResourceInside, ResourceToMake, ResourceView, ShareView,
};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::id::ResourceId;
use domain::resource::{ResourceKind, ResourceVerb, Shared};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Body, NoBody, Params, Signed, bad_cursor, page, page_size};
use crate::problem::{Failure, Problems};
use crate::time::written;

/// Something that people make and share. What the caller may not look into shows its first four fields alone.
#[derive(Serialize, ToSchema)]
pub(crate) struct Resource {
    /// Its id.
    id: String,
    /// What it is, such as `project` or `grader`.
    #[schema(value_type = String)]
    kind: ResourceKind,
    /// Its name for people.
    title: String,
    /// What the caller may do with it: `view`, `edit`, `delete`, `destroy`, `use`, `share`.
    #[schema(value_type = Vec<String>)]
    may: Vec<ResourceVerb>,
    #[serde(flatten)]
    inside: Option<Inside>,
}

/// What those see who may look into a resource.
#[derive(Serialize, ToSchema)]
pub(crate) struct Inside {
    /// The tier that its use is billed in.
    tier: Option<String>,
    /// Whose it is; none after its owner left.
    owner: Option<Named>,
    /// Who made it, and with what: a person, a key or an agent.
    created_by: Named,
    created_at: String,
    /// The teams that have it, of those that the caller sees.
    teams: Vec<Named>,
    /// The collections that it is in, where it is an artifact, of those that the caller looks into.
    collections: Vec<Named>,
    /// With whom it is shared: everybody for those who may share it, otherwise the caller alone.
    shares: Vec<ResourceShare>,
    /// When it was deleted; until it is destroyed it can be restored.
    deleted_at: Option<String>,
}

/// Somebody or something by id and name.
#[derive(Serialize, ToSchema)]
#[schema(as = NamedThing)]
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
}

/// With whom a resource is shared, and how.
#[derive(Serialize, ToSchema)]
pub(crate) struct ResourceShare {
    /// Id of the member or agent.
    with: String,
    name: String,
    /// `view`, `use` or `edit`; each holds those before it.
    #[schema(value_type = String)]
    level: Shared,
    /// When it ends by itself.
    expires_at: Option<String>,
}

impl From<ShareView> for ResourceShare {
    fn from(view: ShareView) -> ResourceShare {
        let (level, expires_at) = (view.share.level, view.share.expires_at.map(written));
        ResourceShare { with: view.with.to_string(), name: view.name, level, expires_at }
    }
}

impl From<ResourceInside> for Inside {
    fn from(inside: ResourceInside) -> Inside {
        let resource = inside.resource;
        let maker = resource.created_by.split('/').next().unwrap_or_default().to_owned();
        let named = |(id, title): (String, String)| Named { id, name: Some(title) };
        let collections = inside.collections.into_iter().map(|(id, title)| named((id.to_string(), title)));
        Inside {
            collections: collections.collect(),
            tier: resource.tier.clone(),
            owner: resource.owner.map(|owner| Named { id: owner.to_string(), name: inside.owner_name }),
            created_by: Named { id: maker, name: inside.made_by_name },
            created_at: written(resource.created_at),
            teams: inside
                .teams
                .into_iter()
                .map(|(team, title)| Named { id: team.to_string(), name: Some(title) })
                .collect(),
            shares: inside.shares.into_iter().map(ResourceShare::from).collect(),
            deleted_at: resource.deleted_at.map(written),
        }
    }
}

impl From<ResourceView> for Resource {
    fn from(view: ResourceView) -> Resource {
        let inside = view.inside.map(Inside::from);
        Resource { id: view.id.to_string(), kind: view.kind, title: view.title, may: view.may, inside }
    }
}

/// A page of resources.
#[derive(Serialize, ToSchema)]
pub(crate) struct Resources {
    items: Vec<Resource>,
    /// Where the next page starts; none where this was the last.
    next: Option<String>,
}

/// Which resources. Every filter that is given must hold.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ResourceParams {
    /// Of which kind, such as `project`.
    kind: Option<String>,
    /// Whose: `me`, `none` for those whose owner left, or a member by e-mail address or id.
    owner: Option<String>,
    /// Those that a team has: its id or title.
    team: Option<String>,
    /// Those that are in a collection: its id.
    collection: Option<String>,
    /// `true` for deleted ones instead of those in use.
    deleted: Option<bool>,
    /// Where the last page ended.
    cursor: Option<String>,
    /// How many at most, 1 to 1000.
    limit: Option<u32>,
}

pub(crate) fn kind_named(text: &str) -> Result<ResourceKind, Failure> {
    let known = || ResourceKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
    ResourceKind::parse(text).ok_or_else(|| Failure::bad_field("kind", format!("give one of {}", known())))
}

impl ResourceParams {
    fn filter(&self) -> Result<ResourceFilter, Failure> {
        Ok(ResourceFilter {
            kind: self.kind.as_deref().map(kind_named).transpose()?,
            owner: self.owner.as_deref().map(|owner| match owner {
                "me" => OwnerFilter::Mine,
                "none" => OwnerFilter::Nobody,
                name => OwnerFilter::Member(name.to_owned()),
            }),
            team: self.team.clone(),
            collection: self.collection.clone(),
            deleted: self.deleted.unwrap_or_default(),
        })
    }
}

/// A page of the resources that the caller sees, in the order of their ids.
#[utoipa::path(get, path = "/resources", tag = "resources", operation_id = "list_resources",
    params(("org" = String, Path, description = "slug or id"), ResourceParams),
    responses((status = 200, body = Resources), Problems))]
pub(crate) async fn list(
    State(app): State<App>,
    Signed(caller): Signed,
    Params(params): Params<ResourceParams>,
) -> Result<Json<Resources>, Failure> {
    let cursor = params.cursor.as_deref().map(ResourceId::parse).transpose();
    let cursor = cursor.map_err(|_| bad_cursor())?;
    let limit = page_size(params.limit)?;
    let found = app.list_resources(&caller, params.filter()?, cursor, limit + 1).await?;
    let (items, more) = page(found.into_iter().map(Resource::from).collect(), limit);
    let next = items.last().filter(|_| more).map(|resource: &Resource| resource.id.clone());
    Ok(Json(Resources { items, next }))
}

/// A resource to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResourceToCreate {
    /// What it is, such as `project` or `grader`.
    kind: String,
    /// Its name for people.
    title: String,
    /// The tier that its use is billed in.
    tier: Option<String>,
    /// Whose it is, by e-mail address or id; one's own where nobody is named.
    owner: Option<String>,
}

/// Makes a resource. Nobody else has it until it is shared or given to a team.
#[utoipa::path(post, path = "/resources", tag = "resources", operation_id = "create_resource",
    params(("org" = String, Path, description = "slug or id")), request_body = ResourceToCreate,
    responses((status = 201, body = Resource), Problems))]
pub(crate) async fn create(
    State(app): State<App>,
    Signed(caller): Signed,
    Body(body): Body<ResourceToCreate>,
) -> Result<(StatusCode, Json<Resource>), Failure> {
    let kind = kind_named(&body.kind)?;
    let new = ResourceToMake { kind, title: body.title, tier: body.tier, owner: body.owner };
    Ok((StatusCode::CREATED, Json(app.create_resource(&caller, new).await?.into())))
}

/// One resource.
#[utoipa::path(get, path = "/resources/{resource}", tag = "resources", operation_id = "show_resource",
    params(("org" = String, Path, description = "slug or id"), ("resource" = String, Path, description = "id")),
    responses((status = 200, body = Resource), Problems))]
pub(crate) async fn show(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<Json<Resource>, Failure> {
    let (_, resource) = path;
    Ok(Json(app.show_resource(&caller, &resource).await?.into()))
}

/// What changes about a resource; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResourceToChange {
    /// Its name for people.
    title: Option<String>,
    /// The tier that its use is billed in.
    tier: Option<String>,
}

/// Changes a resource.
#[utoipa::path(patch, path = "/resources/{resource}", tag = "resources", operation_id = "change_resource",
    params(("org" = String, Path, description = "slug or id"), ("resource" = String, Path, description = "id")),
    request_body = ResourceToChange, responses((status = 200, body = Resource), Problems))]
pub(crate) async fn change(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    Body(body): Body<ResourceToChange>,
) -> Result<Json<Resource>, Failure> {
    let (_, resource) = path;
    let change = ResourceChange { title: body.title, tier: body.tier };
    Ok(Json(app.edit_resource(&caller, &resource, change).await?.into()))
}

/// Deletes a resource, so that it can be restored.
#[utoipa::path(delete, path = "/resources/{resource}", tag = "resources", operation_id = "delete_resource",
    params(("org" = String, Path, description = "slug or id"), ("resource" = String, Path, description = "id")),
    responses((status = 204), Problems))]
pub(crate) async fn delete(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    let (_, resource) = path;
    app.delete_resource(&caller, &resource).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Brings a deleted resource back as it was.
#[utoipa::path(post, path = "/resources/{resource}/restore", tag = "resources", operation_id = "restore_resource",
    params(("org" = String, Path, description = "slug or id"), ("resource" = String, Path, description = "id")),
    responses((status = 200, body = Resource), Problems))]
pub(crate) async fn restore(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    _: NoBody,
) -> Result<Json<Resource>, Failure> {
    let (_, resource) = path;
    Ok(Json(app.restore_resource(&caller, &resource).await?.into()))
}

/// Ends a deleted resource for good.
#[utoipa::path(post, path = "/resources/{resource}/destroy", tag = "resources", operation_id = "destroy_resource",
    params(("org" = String, Path, description = "slug or id"), ("resource" = String, Path, description = "id")),
    responses((status = 204), Problems))]
pub(crate) async fn destroy(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    _: NoBody,
) -> Result<StatusCode, Failure> {
    let (_, resource) = path;
    app.destroy_resource(&caller, &resource).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// That the caller may use a resource now.
#[derive(Serialize, ToSchema)]
pub(crate) struct ResourceUse {
    /// Always true: otherwise the answer is a problem that says why.
    allowed: bool,
    /// Stable code of what it rests on.
    code: &'static str,
    /// On what it rests, in a sentence.
    because: String,
}

/// Asks whether the caller may use a resource, right before something uses it for them. A denial is recorded.
#[utoipa::path(post, path = "/resources/{resource}/use", tag = "resources", operation_id = "use_resource",
    params(("org" = String, Path, description = "slug or id"), ("resource" = String, Path, description = "id")),
    responses((status = 200, body = ResourceUse), Problems))]
pub(crate) async fn check_use(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    _: NoBody,
) -> Result<Json<ResourceUse>, Failure> {
    let (_, resource) = path;
    let found = app.use_resource(&caller, &resource).await?;
    Ok(Json(ResourceUse { allowed: found.allowed, code: found.code, because: found.because }))
}
