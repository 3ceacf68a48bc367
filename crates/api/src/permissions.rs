//! Endpoint: the catalogue of permissions, and the levels that name bundles of them.

use std::collections::BTreeMap;

use app::roles::permissions_at_level;
use axum::Json;
use domain::permission::{Group, Holding, Permission};
use domain::resource::{Level, ResourceKind};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Params, Signed, bad_cursor, page, page_size};
use crate::problem::{Failure, Problems};

/// A permission of the catalogue.
#[derive(Serialize, ToSchema)]
#[schema(as = Permission)]
pub(crate) struct PermissionBody {
    /// Stable name.
    id: &'static str,
    /// A few words for a list.
    title: &'static str,
    /// One line for whoever decides whether to give it.
    description: &'static str,
    /// Where it stands in lists.
    #[schema(value_type = String)]
    group: Group,
    /// How far it can be held, the least first; a permission without scopes comes as `all` alone.
    scopes: Vec<&'static str>,
    /// Whether it gives power over other people or the organization.
    manages: bool,
    /// What else a role must hold, as far as this.
    depends_on: Vec<&'static str>,
}

/// A group of permissions.
#[derive(Serialize, ToSchema)]
pub(crate) struct PermissionGroup {
    /// Its name.
    id: &'static str,
    /// The word by which a role holds all of it, also what later versions add.
    word: String,
}

/// The levels of a kind of resource.
#[derive(Serialize, ToSchema)]
pub(crate) struct ResourceLevels {
    /// The kind.
    kind: &'static str,
    /// Its name for people.
    title: &'static str,
    /// By level, from `no_access` to `full_control`: the permissions that it comes to.
    levels: BTreeMap<&'static str, Vec<String>>,
}

/// The catalogue of permissions.
#[derive(Serialize, ToSchema)]
pub(crate) struct Permissions {
    items: Vec<PermissionBody>,
    /// Where the next page starts; none where this was the last.
    next: Option<String>,
    /// The groups, the same on every page.
    groups: Vec<PermissionGroup>,
    /// The levels, the same on every page.
    levels: Vec<ResourceLevels>,
}

/// Which part of the catalogue.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CatalogueParams {
    /// Where the last page ended.
    cursor: Option<String>,
    /// How many at most, 1 to 1000.
    limit: Option<u32>,
}

fn body(permission: &Permission) -> PermissionBody {
    let entry = permission.entry();
    PermissionBody {
        id: entry.id,
        title: entry.title,
        description: entry.description,
        group: entry.group,
        scopes: entry.scopes.iter().map(|scope| scope.as_str()).collect(),
        manages: entry.manages,
        depends_on: entry.depends_on.iter().map(|needed| needed.entry().id).collect(),
    }
}

fn levels(kind: &ResourceKind) -> ResourceLevels {
    let words = |level: Level| (level.as_str(), Holding::from(permissions_at_level(*kind, level)).words());
    ResourceLevels { kind: kind.as_str(), title: kind.title(), levels: Level::ALL.into_iter().map(words).collect() }
}

/// Every permission that a role can hold, in the order of the catalogue.
#[utoipa::path(get, path = "/permissions", tag = "roles", operation_id = "list_permissions",
    params(("org" = String, Path, description = "slug or id"), CatalogueParams),
    responses((status = 200, body = Permissions), Problems))]
pub(crate) async fn list(_: Signed, Params(params): Params<CatalogueParams>) -> Result<Json<Permissions>, Failure> {
    let limit = page_size(params.limit)?;
    let after = params.cursor.as_deref().map(|id| Permission::ALL.iter().position(|known| known.entry().id == id));
    let start = match after {
        None => 0,
        Some(Some(at)) => at + 1,
        Some(None) => return Err(bad_cursor()),
    };
    let (items, more) = page(Permission::ALL.iter().skip(start).take(limit + 1).map(body).collect(), limit);
    let next = items.last().filter(|_| more).map(|last: &PermissionBody| last.id.to_owned());
    let groups = Group::ALL.iter().map(|group| (group.as_str(), format!("{}.*", group.as_str())));
    Ok(Json(Permissions {
        items,
        next,
        groups: groups.map(|(id, word)| PermissionGroup { id, word }).collect(),
        levels: ResourceKind::ALL.iter().map(levels).collect(),
    }))
}
