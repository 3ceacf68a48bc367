//! Endpoints: who is signed in, and their sessions. They are a browser's: a key has no sessions.

use app::App;
use app::sign_in::SessionView;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::home::Cookie;
use crate::organizations::{Organization, PublicUrl, organization};
use crate::problem::{Failure, Problems};
use crate::time::written;
use crate::visitor::{CSRF_DOOR, Visitor};

/// Who is signed in.
#[derive(Serialize, ToSchema)]
pub(crate) struct CurrentSession {
    /// Id of the session.
    id: String,
    /// Id of the person.
    person: String,
    /// Their name.
    name: String,
    /// When they signed in.
    begun_at: String,
    /// When the session ends, used or not.
    ends_at: String,
    /// Until when what gives authority over others may be done in it; then they sign in again first.
    fresh_until: String,
    /// What to send as the header `Wardroom-CSRF` with everything that is no GET.
    csrf: String,
    /// Whether a passkey was shown as they signed in.
    by_passkey: bool,
    /// The organizations that the person is a member of and that the session opens.
    organizations: Vec<Organization>,
    /// Those that it does not open since they ask for a passkey: show one at `/sign-in/second-factor`.
    passkey_needed: Vec<ClosedOrganization>,
}

/// An organization that asks for a passkey.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClosedOrganization {
    /// Its id.
    id: String,
    /// Its slug.
    slug: String,
    /// Its name.
    name: String,
}

impl From<app::sign_in::ClosedOrganization> for ClosedOrganization {
    fn from(closed: app::sign_in::ClosedOrganization) -> ClosedOrganization {
        ClosedOrganization { id: closed.id.to_string(), slug: closed.slug, name: closed.name }
    }
}

/// Who is signed in in this browser.
#[utoipa::path(get, path = "/api/v1/session", tag = "session", operation_id = "show_session",
    security(("session" = [])), responses((status = 200, body = CurrentSession), Problems))]
pub(crate) async fn show(
    State(app): State<App>,
    Visitor { signed_in, .. }: Visitor,
    Extension(public_url): Extension<PublicUrl>,
) -> Result<Json<CurrentSession>, Failure> {
    let organizations = app.organizations_of(&signed_in).await?;
    let organizations = organizations.into_iter().map(|view| organization(view, &public_url)).collect();
    let passkey_needed = app.closed_to(&signed_in).await?.into_iter().map(ClosedOrganization::from).collect();
    let proof = signed_in.proof;
    Ok(Json(CurrentSession {
        id: proof.session.to_string(),
        person: proof.person.to_string(),
        name: app.own_name(proof.person).await?,
        begun_at: written(proof.begun_at),
        ends_at: written(proof.ends_at),
        fresh_until: written(proof.fresh_until()),
        csrf: app.csrf_token(&signed_in, CSRF_DOOR),
        by_passkey: proof.by_passkey,
        organizations,
        passkey_needed,
    }))
}

/// Signs out: ends this session.
#[utoipa::path(delete, path = "/api/v1/session", tag = "session", operation_id = "sign_out",
    security(("session" = [])), responses((status = 204, description = "It has ended."), Problems))]
pub(crate) async fn sign_out(State(app): State<App>, visitor: Visitor) -> Result<impl IntoResponse, Failure> {
    app.end_session(&visitor.signed_in, visitor.signed_in.proof.session.as_str()).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, visitor.cookies.set(Cookie::Session, "", 0))]))
}

/// A session.
#[derive(Serialize, ToSchema)]
pub(crate) struct Session {
    /// Its id.
    id: String,
    /// Whether it is the one that asks.
    this: bool,
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
    /// The network address from which it began.
    address: Option<String>,
    /// The browser, as it states itself.
    client: Option<String>,
}

impl From<SessionView> for Session {
    fn from(view: SessionView) -> Session {
        Session {
            id: view.id.to_string(),
            this: view.is_this,
            begun_at: written(view.begun_at),
            used_at: written(view.used_at),
            ends_at: written(view.ends_at),
            way: view.way,
            by_passkey: view.by_passkey,
            address: view.address,
            client: view.client,
        }
    }
}

/// A person's sessions.
#[derive(Serialize, ToSchema)]
pub(crate) struct Sessions {
    /// The newest first.
    items: Vec<Session>,
    /// Always none: there is one page.
    next: Option<String>,
}

/// One's own sessions.
#[utoipa::path(get, path = "/api/v1/sessions", tag = "session", operation_id = "list_sessions",
    security(("session" = [])), responses((status = 200, body = Sessions), Problems))]
pub(crate) async fn list(
    State(app): State<App>,
    Visitor { signed_in, .. }: Visitor,
) -> Result<Json<Sessions>, Failure> {
    let items = app.sessions(&signed_in).await?.into_iter().map(Session::from).collect();
    Ok(Json(Sessions { items, next: None }))
}

/// What is left of somebody who has ended all their sessions.
#[derive(Serialize, ToSchema)]
pub(crate) struct EndedSessions {
    /// How many personal keys of theirs have not ended, in all their organizations. They go on; whoever fears that somebody
    /// else used a session looks for keys made in it, and ends them one by one.
    keys_left: usize,
}

/// Ends all of one's own sessions, this one among them. Keys stay as they are, those that were made in a session too:
/// `GET /api/v1/orgs/{org}/keys` lists them.
#[utoipa::path(delete, path = "/api/v1/sessions", tag = "session", operation_id = "end_all_sessions",
    security(("session" = [])),
    responses((status = 200, body = EndedSessions, description = "They have ended."), Problems))]
pub(crate) async fn end_all(State(app): State<App>, visitor: Visitor) -> Result<impl IntoResponse, Failure> {
    // Counted first: what cannot be counted is not half done.
    let keys_left = app.own_keys(&visitor.signed_in).await?;
    app.end_all_sessions(&visitor.signed_in).await?;
    let gone = [(header::SET_COOKIE, visitor.cookies.set(Cookie::Session, "", 0))];
    Ok((gone, Json(EndedSessions { keys_left })))
}

/// Ends one of one's own sessions.
#[utoipa::path(delete, path = "/api/v1/sessions/{session}", tag = "session", operation_id = "end_session",
    params(("session" = String, Path, description = "id of the session")),
    security(("session" = [])), responses((status = 204, description = "It has ended."), Problems))]
pub(crate) async fn end(
    State(app): State<App>,
    Visitor { signed_in, .. }: Visitor,
    Path(session): Path<String>,
) -> Result<StatusCode, Failure> {
    app.end_session(&signed_in, &session).await?;
    Ok(StatusCode::NO_CONTENT)
}
