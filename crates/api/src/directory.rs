//! Endpoints: the connections of company directories. What comes in over them is read in `scim`.

use std::collections::{BTreeMap, BTreeSet};

use app::App;
use app::keys::KeyView;
use app::scim::{ConnectedDirectory, MappedGroup, NewDirectory};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::key::KeyKind;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::extract::{Body, NoBody, Signed};
use crate::organizations::PublicUrl;
use crate::problem::{Failure, Problems};
use crate::time::written;

/// The connection of a company directory, without its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct Directory {
    /// Its id.
    id: String,
    /// What people call it.
    label: String,
    /// `active`, `suspended` or `expired`.
    state: &'static str,
    /// Why it is suspended, and what ends that: it only deactivates then.
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<&'static str>,
    /// The role of those whom it lets in.
    role: Option<String>,
    /// The roles that it looks after besides: it suspends nobody who has more than these and the other one.
    tends: BTreeSet<String>,
    /// The last characters of its secret.
    hint: String,
    /// The address that the directory is given.
    scim_url: String,
    /// When it was made.
    created_at: String,
    /// When its present secret was issued.
    issued_at: String,
    /// When it was last used.
    used_at: Option<String>,
}

impl Directory {
    fn of(view: KeyView, scim_url: String) -> Directory {
        let (role, tends) = match &view.key.kind {
            KeyKind::Directory { gives, tends } => (Some(gives), Some(tends)),
            _ => (None, None),
        };
        Directory {
            id: view.key.id.to_string(),
            state: view.state.as_str(),
            because: view.state.because(),
            role: role.map(ToString::to_string),
            tends: tends.into_iter().flatten().map(ToString::to_string).collect(),
            label: view.label,
            hint: view.key.hint,
            scim_url,
            created_at: written(view.key.created_at),
            issued_at: written(view.key.issued_at),
            used_at: view.used_at.map(written),
        }
    }
}

/// The connections.
#[derive(Serialize, ToSchema)]
pub(crate) struct Directories {
    items: Vec<Directory>,
    /// Always none: there are few.
    next: Option<String>,
}

/// Where an organization's directory is pointed to.
fn scim_url(PublicUrl(public_url): &PublicUrl, org: &str) -> String {
    format!("{public_url}/scim/v2/{org}")
}

/// The connections of company directories. They are for those who hold `security.edit`; others see none.
#[utoipa::path(get, path = "/directory", tag = "directory", operation_id = "list_directories",
    params(("org" = String, Path, description = "slug or id")),
    responses((status = 200, body = Directories), Problems))]
pub(crate) async fn list(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(org): Path<String>,
    Extension(public_url): Extension<PublicUrl>,
) -> Result<Json<Directories>, Failure> {
    let found = app.list_directories(&caller).await?;
    let items = found.into_iter().map(|view| Directory::of(view, scim_url(&public_url, &org))).collect();
    Ok(Json(Directories { items, next: None }))
}

/// A directory to be connected.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DirectoryToConnect {
    /// What people call it.
    label: String,
    /// The role of those whom it lets in; where none is named, the one that newcomers have now.
    role: Option<String>,
    /// The roles that it looks after besides. The top role is never one of them.
    #[serde(default)]
    tends: Vec<String>,
}

/// A connection that was just made or has a new secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConnectedDirectoryBody {
    /// Its id.
    id: String,
    /// Its secret, shown this once.
    secret: String,
    /// The address that the directory is given.
    scim_url: String,
}

fn connected(connected: &ConnectedDirectory, scim_url: String) -> ConnectedDirectoryBody {
    ConnectedDirectoryBody { id: connected.id.to_string(), secret: connected.secret.reveal().to_owned(), scim_url }
}

/// Connects a company directory (SCIM 2.0), which lets people in with one role and suspends them. Takes `security.edit`,
/// `member.add`, `member.edit` and `member.remove`, and that one could give the roles that are named; in a session, signing in at most 10
/// minutes ago. The secret is shown this once.
#[utoipa::path(post, path = "/directory", tag = "directory", operation_id = "connect_directory",
    params(("org" = String, Path, description = "slug or id")), request_body = DirectoryToConnect,
    responses((status = 201, body = ConnectedDirectoryBody), Problems))]
pub(crate) async fn connect(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(org): Path<String>,
    Extension(public_url): Extension<PublicUrl>,
    Body(body): Body<DirectoryToConnect>,
) -> Result<(StatusCode, Json<ConnectedDirectoryBody>), Failure> {
    let DirectoryToConnect { label, role, tends } = body;
    let made = app.connect_directory(&caller, NewDirectory { label, role, tends }).await?;
    Ok((StatusCode::CREATED, Json(connected(&made, scim_url(&public_url, &org)))))
}

/// Gives a connection a new secret; the old one stops at once.
#[utoipa::path(post, path = "/directory/{key}/rotate", tag = "directory", operation_id = "rotate_directory",
    params(("org" = String, Path, description = "slug or id"), ("key" = String, Path, description = "id")),
    responses((status = 200, body = ConnectedDirectoryBody), Problems))]
pub(crate) async fn rotate(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    Extension(public_url): Extension<PublicUrl>,
    _: NoBody,
) -> Result<Json<ConnectedDirectoryBody>, Failure> {
    let (org, key) = path;
    let made = app.rotate_directory(&caller, &key).await?;
    Ok(Json(connected(&made, scim_url(&public_url, &org))))
}

/// Ends a connection for good. The people whom it let in stay as they are.
#[utoipa::path(delete, path = "/directory/{key}", tag = "directory", operation_id = "end_directory",
    params(("org" = String, Path, description = "slug or id"), ("key" = String, Path, description = "id")),
    responses((status = 204), Problems))]
pub(crate) async fn end(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    let (_, key) = path;
    app.end_directory(&caller, &key).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A group of a company directory, and what it gives here.
#[derive(Serialize, ToSchema)]
pub(crate) struct DirectoryGroup {
    /// Its id.
    id: String,
    /// Its name in the directory.
    name: String,
    /// The directory's own id of it.
    external_id: Option<String>,
    /// How many are in it.
    members: usize,
    /// The teams that those in it are in, and their role there.
    teams: Vec<GivenTeam>,
    /// Why it gives nothing more at present, and what ends that.
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<&'static str>,
}

/// A team that a group gives.
#[derive(Serialize, ToSchema)]
pub(crate) struct GivenTeam {
    /// Its id.
    team: String,
    /// Its name.
    title: String,
    /// The role there.
    role: String,
}

impl From<MappedGroup> for DirectoryGroup {
    fn from(group: MappedGroup) -> DirectoryGroup {
        let given = group.teams.into_iter();
        let given =
            given.map(|(team, title, role)| GivenTeam { team: team.to_string(), title, role: role.to_string() });
        DirectoryGroup {
            id: group.group.to_string(),
            name: group.name,
            external_id: group.external_id,
            members: group.members,
            teams: given.collect(),
            because: group.stopped,
        }
    }
}

/// The groups of a connection.
#[derive(Serialize, ToSchema)]
pub(crate) struct DirectoryGroups {
    items: Vec<DirectoryGroup>,
    /// Always none: a directory has at most 2000 groups here.
    next: Option<String>,
}

/// The groups that a company directory keeps over a connection, and what each gives.
#[utoipa::path(get, path = "/directory/{key}/groups", tag = "directory", operation_id = "list_directory_groups",
    params(("org" = String, Path, description = "slug or id"), ("key" = String, Path, description = "id")),
    responses((status = 200, body = DirectoryGroups), Problems))]
pub(crate) async fn list_groups(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<Json<DirectoryGroups>, Failure> {
    let (_, key) = path;
    let found = app.list_mapped_groups(&caller, &key).await?;
    Ok(Json(DirectoryGroups { items: found.into_iter().map(DirectoryGroup::from).collect(), next: None }))
}

/// What a group gives.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupMapping {
    /// The teams that those in it are in, by id, and their role there; null for the role that newcomers to teams have.
    /// Without any, the group gives nothing.
    teams: BTreeMap<String, Option<String>>,
}

/// Says in which teams those in a directory's group are, and with which role there. Takes `security.edit`, and that the
/// caller, and whoever had the present secret of the connection made, could give it by hand, for good; in a session, signing
/// in at most 10 minutes ago. Those in the group have it at once; what the group gave before is taken away.
#[utoipa::path(put, path = "/directory/{key}/groups/{group}", tag = "directory", operation_id = "map_directory_group",
    params(("org" = String, Path, description = "slug or id"), ("key" = String, Path, description = "id of the connection"),
        ("group" = String, Path, description = "id of the group")),
    request_body = GroupMapping, responses((status = 200, body = DirectoryGroup), Problems))]
pub(crate) async fn map_group(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String, String)>,
    Body(body): Body<GroupMapping>,
) -> Result<Json<DirectoryGroup>, Failure> {
    let (_, key, group) = path;
    Ok(Json(app.map_directory_group(&caller, (&key, &group), body.teams).await?.into()))
}
