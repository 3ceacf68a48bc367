//! Endpoints: artifacts in collections.

use app::App;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use crate::extract::{NoBody, Signed};
use crate::problem::{Failure, Problems};

/// Puts an artifact into a collection. Nobody gets a right to it by that.
#[utoipa::path(put, path = "/resources/{resource}/items/{artifact}", tag = "resources",
    operation_id = "collect_artifact",
    params(("org" = String, Path, description = "slug or id"),
        ("resource" = String, Path, description = "id of the collection"),
        ("artifact" = String, Path, description = "id of the artifact")),
    responses((status = 204), Problems))]
pub(crate) async fn collect(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String, String)>,
    _: NoBody,
) -> Result<StatusCode, Failure> {
    let (_, collection, artifact) = path;
    app.collect_artifact(&caller, &collection, &artifact).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes an artifact out of a collection.
#[utoipa::path(delete, path = "/resources/{resource}/items/{artifact}", tag = "resources",
    operation_id = "uncollect_artifact",
    params(("org" = String, Path, description = "slug or id"),
        ("resource" = String, Path, description = "id of the collection"),
        ("artifact" = String, Path, description = "id of the artifact")),
    responses((status = 204), Problems))]
pub(crate) async fn uncollect(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String, String)>,
) -> Result<StatusCode, Failure> {
    let (_, collection, artifact) = path;
    app.uncollect_artifact(&caller, &collection, &artifact).await?;
    Ok(StatusCode::NO_CONTENT)
}
