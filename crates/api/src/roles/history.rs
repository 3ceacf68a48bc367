//! Endpoint: how a role came to be what it is.

use app::App;
use app::roles::{HistoryCursor, HistoryEntry};
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::PageParams;
use crate::extract::{Params, Signed, bad_cursor, page_size};
use crate::problem::{Failure, Problems};
use crate::time::written;

/// One thing that happened to a role.
#[derive(Serialize, ToSchema)]
pub(crate) struct RoleChanged {
    /// Its number in the organization's journal.
    seq: u64,
    /// When.
    at: String,
    /// Who; null where the caller may not read others' record.
    actor: Option<RoleActor>,
    /// `created`, `changed` or `deleted`.
    what: &'static str,
    /// Words that it holds since then.
    added: Vec<String>,
    /// Words that it no longer holds.
    removed: Vec<String>,
    /// What else changed: `title`, `typical_for`, `guide`, `assignable_to`, `locked`.
    fields: Vec<&'static str>,
    /// Objects for which its exceptions changed.
    objects: Vec<String>,
    /// The role that its members got when it was deleted.
    moved_to: Option<String>,
}

/// Somebody by id and name.
#[derive(Serialize, ToSchema)]
pub(crate) struct RoleActor {
    id: String,
    name: String,
}

impl From<HistoryEntry> for RoleChanged {
    fn from(entry: HistoryEntry) -> RoleChanged {
        RoleChanged {
            seq: entry.seq,
            at: written(entry.at),
            actor: entry.actor.map(|(id, name)| RoleActor { id, name }),
            what: entry.what,
            added: entry.diff.added,
            removed: entry.diff.removed,
            fields: entry.diff.fields,
            objects: entry.diff.objects.iter().map(ToString::to_string).collect(),
            moved_to: entry.moved_to.map(|role| role.to_string()),
        }
    }
}

/// A page of a role's history.
#[derive(Serialize, ToSchema)]
pub(crate) struct RoleHistory {
    /// Newest first.
    items: Vec<RoleChanged>,
    /// Where the next page starts; none where the beginning was reached. A page can be short before that.
    next: Option<String>,
}

/// Reads two numbers, each `-` where there is none.
fn cursor(text: &str) -> Result<HistoryCursor, Failure> {
    let number = |text: &str| match text {
        "-" => Ok(None),
        number => number.parse().map(Some).map_err(|_| bad_cursor()),
    };
    let (before, waiting) = text.split_once('.').ok_or_else(bad_cursor)?;
    Ok(HistoryCursor { before: number(before)?, waiting: number(waiting)? })
}

fn cursor_text(cursor: HistoryCursor) -> String {
    let place = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    format!("{}.{}", place(cursor.before), place(cursor.waiting))
}

/// What happened to a role, newest first, each change as a difference to what it was before.
#[utoipa::path(get, path = "/roles/{role}/history", tag = "roles", operation_id = "read_role_history",
    params(("org" = String, Path, description = "slug or id"), ("role" = String, Path, description = "short name"),
        PageParams),
    responses((status = 200, body = RoleHistory), Problems))]
pub(crate) async fn read(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    Params(params): Params<PageParams>,
) -> Result<Json<RoleHistory>, Failure> {
    let (_, role) = path;
    let start = params.cursor.as_deref().map(cursor).transpose()?.unwrap_or_default();
    let history = app.role_history(&caller, &role, start, page_size(params.limit)?).await?;
    let items = history.entries.into_iter().map(RoleChanged::from).collect();
    Ok(Json(RoleHistory { items, next: history.next.map(cursor_text) }))
}
