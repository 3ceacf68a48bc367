//! Endpoints: the sessions in which a member comes to the organization.

use app::App;
use app::members::MemberSession;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::Signed;
use crate::problem::{Failure, Problems};
use crate::time::written;

/// A session of a member.
#[derive(Serialize, ToSchema)]
#[schema(as = MemberSession)]
pub(crate) struct Session {
    /// Its id.
    id: String,
    /// When it began.
    begun_at: String,
    /// When it was used last, to within ten minutes.
    used_at: String,
    /// When it ends, used or not.
    ends_at: String,
    /// How its person signed in: `link`, `email`, `provider`, `passkey`, `invitation`, or `recovery` by a link for somebody
    /// who has lost their passkeys.
    way: String,
    /// Whether they have shown a passkey then, by itself or as well.
    by_passkey: bool,
    /// The browser, as it states itself.
    client: Option<String>,
}

impl From<MemberSession> for Session {
    fn from(session: MemberSession) -> Session {
        Session {
            id: session.id.to_string(),
            begun_at: written(session.begun_at),
            used_at: written(session.used_at),
            ends_at: written(session.ends_at),
            way: session.way,
            by_passkey: session.by_passkey,
            client: session.client,
        }
    }
}

/// A member's sessions.
#[derive(Serialize, ToSchema)]
#[schema(as = MemberSessions)]
pub(crate) struct Sessions {
    /// The newest first.
    items: Vec<Session>,
    /// Always none: there is one page.
    next: Option<String>,
}

/// The sessions in which a member comes here. Needs `key.issue`, about nobody above the caller.
#[utoipa::path(get, path = "/members/{member}/sessions", tag = "members", operation_id = "list_member_sessions",
    params(("org" = String, Path, description = "slug or id"), ("member" = String, Path, description = "e-mail address or id")),
    responses((status = 200, body = Sessions), Problems))]
pub(crate) async fn list(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<Json<Sessions>, Failure> {
    let items = app.member_sessions(&caller, &path.1).await?.into_iter().map(Session::from).collect();
    Ok(Json(Sessions { items, next: None }))
}

/// Ends all sessions of a member in this organization; what else they belong to stays open to them. They sign in anew to
/// come back.
#[utoipa::path(delete, path = "/members/{member}/sessions", tag = "members", operation_id = "end_member_sessions",
    params(("org" = String, Path, description = "slug or id"), ("member" = String, Path, description = "e-mail address or id")),
    responses((status = 204, description = "They have ended here."), Problems))]
pub(crate) async fn end_all(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    app.end_member_sessions(&caller, &path.1, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends one session of a member in this organization.
#[utoipa::path(delete, path = "/members/{member}/sessions/{session}", tag = "members", operation_id = "end_member_session",
    params(("org" = String, Path, description = "slug or id"), ("member" = String, Path, description = "e-mail address or id"),
        ("session" = String, Path, description = "id of the session")),
    responses((status = 204, description = "It has ended here."), Problems))]
pub(crate) async fn end(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String, String)>,
) -> Result<StatusCode, Failure> {
    app.end_member_sessions(&caller, &path.1, Some(&path.2)).await?;
    Ok(StatusCode::NO_CONTENT)
}
