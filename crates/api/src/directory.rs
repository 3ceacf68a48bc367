//! Endpoints: the connections of company directories. What comes in over them is read in `scim`.

use std::collections::BTreeSet;

use app::App;
use app::keys::KeyView;
use app::scim::{ConnectedDirectory, NewDirectory};
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
    /// Why it is suspended: it lost the role that it gives.
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
/// `member.add` and `member.remove`, and that one could give the roles that are named; in a session, signing in at most 10
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
