//! Endpoints: suspending a member, and restoring them.

use app::App;
use axum::Json;
use axum::extract::{Path, State};

use crate::extract::{NoBody, Signed};
use crate::members::Member;
use crate::problem::{Failure, Problems};

/// Suspends a member. When this is answered, no key or session of theirs opens anything here, and no agent works that
/// they answer for or that acts for them. Nothing is lost: it all works again once they are restored.
#[utoipa::path(post, path = "/members/{member}/suspend", tag = "members", operation_id = "suspend_member",
    params(("org" = String, Path, description = "slug or id"), ("member" = String, Path, description = "e-mail address or id")),
    responses((status = 200, body = Member), Problems))]
pub(crate) async fn suspend(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    _: NoBody,
) -> Result<Json<Member>, Failure> {
    let (_, member) = path;
    Ok(Json(app.suspend_member(&caller, &member).await?.into()))
}

/// Restores a suspended member with everything that they have. Whoever does must be able to give what they and the
/// agents that stand still with them manage.
#[utoipa::path(post, path = "/members/{member}/restore", tag = "members", operation_id = "restore_member",
    params(("org" = String, Path, description = "slug or id"), ("member" = String, Path, description = "e-mail address or id")),
    responses((status = 200, body = Member), Problems))]
pub(crate) async fn restore(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    _: NoBody,
) -> Result<Json<Member>, Failure> {
    let (_, member) = path;
    Ok(Json(app.restore_member(&caller, &member).await?.into()))
}
