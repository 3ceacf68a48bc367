//! The groups: found, taken over, changed, and dropped. What they give is decided in `/directory/{key}/groups`.

use app::App;
use app::scim::DirectoryGroupView;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, StatusCode, header};
use serde::Deserialize;

use super::PAGE_MAX;
use super::door::{Connected, Scim, Sent};
use super::fault::Fault;
use super::filter::groups;
use super::group::{self, Group};
use super::users::{List, number};

/// Which groups, and whether with who is in them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wanted {
    filter: Option<String>,
    start_index: Option<String>,
    count: Option<String>,
    attributes: Option<String>,
    excluded_attributes: Option<String>,
}

impl Wanted {
    fn read(wanted: Result<Query<Wanted>, QueryRejection>) -> Result<Wanted, Fault> {
        wanted.map(|Query(wanted)| wanted).map_err(|_| Fault::bad("invalidValue", "the query cannot be read"))
    }

    fn with_members(&self) -> bool {
        let names = |list: &Option<String>| {
            list.as_ref().map(|list| list.split(',').any(|name| name.trim().eq_ignore_ascii_case("members")))
        };
        names(&self.attributes).unwrap_or(true) && !names(&self.excluded_attributes).unwrap_or(false)
    }
}

/// `GET /scim/v2/{org}/Groups`
pub(super) async fn list(
    State(app): State<App>,
    Connected { caller, base }: Connected,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Scim<List<Group>>, Fault> {
    let wanted = Wanted::read(wanted)?;
    let start = number("startIndex", wanted.start_index.as_deref())?.unwrap_or(1).max(1);
    let count = number("count", wanted.count.as_deref())?.unwrap_or(PAGE_MAX).min(PAGE_MAX);
    let find = wanted.filter.as_deref().map(groups).transpose()?.unwrap_or_default();
    let (total, found) = app.directory_groups(&caller, &find, (start - 1, count)).await?;
    let with_members = wanted.with_members();
    let resources = found.into_iter().map(|view| Group::of(view, &base, with_members)).collect();
    Ok(Scim(List::of(total, start, resources)))
}

/// An answer that says where what it is about is.
type Located = ([(HeaderName, String); 1], Scim<Group>);

fn located(view: DirectoryGroupView, base: &str, with_members: bool) -> Located {
    let group = Group::of(view, base, with_members);
    ([(header::LOCATION, group.location().to_owned())], Scim(group))
}

/// `POST /scim/v2/{org}/Groups`
pub(super) async fn create(
    State(app): State<App>,
    Connected { caller, base }: Connected,
    Sent(sent): Sent,
) -> Result<(StatusCode, Located), Fault> {
    let view = app.create_directory_group(&caller, group::newcomer(&sent)?).await?;
    Ok((StatusCode::CREATED, located(view, &base, true)))
}

/// `GET /scim/v2/{org}/Groups/{id}`
pub(super) async fn show(
    State(app): State<App>,
    Connected { caller, base }: Connected,
    Path((_, id)): Path<(String, String)>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Located, Fault> {
    let with_members = Wanted::read(wanted)?.with_members();
    Ok(located(app.show_directory_group(&caller, &id).await?, &base, with_members))
}

/// `PUT /scim/v2/{org}/Groups/{id}`
pub(super) async fn replace(
    State(app): State<App>,
    Connected { caller, base }: Connected,
    Path((_, id)): Path<(String, String)>,
    Sent(sent): Sent,
) -> Result<Located, Fault> {
    let change = group::replacement(&sent)?;
    Ok(located(app.change_directory_group(&caller, &id, change).await?, &base, true))
}

/// `PATCH /scim/v2/{org}/Groups/{id}`
pub(super) async fn change(
    State(app): State<App>,
    Connected { caller, base }: Connected,
    Path((_, id)): Path<(String, String)>,
    Sent(sent): Sent,
) -> Result<Located, Fault> {
    let change = group::change(&sent)?;
    Ok(located(app.change_directory_group(&caller, &id, change).await?, &base, true))
}

/// `DELETE /scim/v2/{org}/Groups/{id}`
pub(super) async fn delete(
    State(app): State<App>,
    Connected { caller, .. }: Connected,
    Path((_, id)): Path<(String, String)>,
) -> Result<StatusCode, Fault> {
    app.delete_directory_group(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
