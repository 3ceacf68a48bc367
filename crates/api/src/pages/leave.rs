//! The page on which somebody leaves an organization by themselves: what it comes to, and the button.

use app::App;
use app::members::Consequences;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::resident::Resident;
use super::{HOME, Refused};

/// The door for which the word in its form is made.
const CSRF_DOOR: &str = "leave";

#[derive(Template)]
#[template(path = "leave.html")]
struct LeavePage<'p> {
    organization: &'p str,
    /// What ends, and what is left to others, in words.
    comes_to: Vec<String>,
    /// What stands against it, and what to do.
    obstacle: Option<&'p str>,
    csrf: &'p str,
}

pub(super) async fn show(
    State(app): State<App>,
    resident: Resident,
    Path(org): Path<String>,
) -> Result<Response, Refused> {
    let Resident { asked, signed_in } = &resident;
    let caller = app.caller_in(signed_in, &org).await?;
    let found = app.consequences(&caller, signed_in.proof.person.as_str()).await?;
    let shown = app.organizations_of(signed_in).await?.into_iter().find(|view| view.id == caller.live.org());
    let organization = shown.map_or(org, |view| view.name);
    let obstacle = found.obstacle.as_ref().map(|refusal| refusal.message.as_str());
    let csrf = app.csrf_token(signed_in, CSRF_DOOR);
    let (organization, csrf) = (organization.as_str(), csrf.as_str());
    Ok(asked.page(StatusCode::OK, &LeavePage { organization, comes_to: comes_to(&found), obstacle, csrf }))
}

/// They leave, and what they had there ends.
pub(super) async fn leave(
    State(app): State<App>,
    resident: Resident,
    Path(org): Path<String>,
    form: Bytes,
) -> Result<Response, Refused> {
    resident.sent(&app, &form, CSRF_DOOR)?;
    let Resident { asked, signed_in } = resident;
    let caller = app.caller_in(&signed_in, &org).await?;
    app.remove_member(&caller, signed_in.proof.person.as_str()).await?;
    Ok(asked.to(HOME, &[]))
}

fn comes_to(found: &Consequences) -> Vec<String> {
    let (ends, leaves) = (&found.ends, &found.leaves);
    let lines = [
        (ends.keys, "Keys of yours that end"),
        (ends.grants, "Integrations assigned to you that are taken away"),
        (ends.delegations, "Agents that act for you no more"),
        (ends.requests, "Access requests of yours that end"),
        (leaves.resources.count, "Things of yours that have no owner then"),
        (leaves.agents.count, "Agents that stand still until somebody else answers for them"),
        (leaves.teams.count, "Teams that nobody leads then"),
    ];
    lines.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{what}: {count}")).collect()
}
