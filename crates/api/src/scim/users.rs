//! The members: found, let in, changed, and let in no longer.

use app::App;
use app::scim::DirectoryUserView;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, StatusCode, header};
use serde::{Deserialize, Serialize};

use super::PAGE_MAX;
use super::door::{Connected, Scim, Sent};
use super::fault::Fault;
use super::filter::Filter;
use super::patch;
use super::user::{Described, User};
use super::value::Object;

/// Which members. What else a directory says of how it wants them is passed over.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wanted {
    filter: Option<String>,
    start_index: Option<String>,
    count: Option<String>,
}

/// What was found.
#[derive(Serialize)]
pub(super) struct List<T> {
    schemas: [&'static str; 1],
    #[serde(rename = "totalResults")]
    total: usize,
    #[serde(rename = "startIndex")]
    start: usize,
    #[serde(rename = "itemsPerPage")]
    many: usize,
    #[serde(rename = "Resources")]
    resources: Vec<T>,
}

impl<T> List<T> {
    pub(super) fn of(total: usize, start: usize, resources: Vec<T>) -> List<T> {
        let schemas = ["urn:ietf:params:scim:api:messages:2.0:ListResponse"];
        List { schemas, total, start, many: resources.len(), resources }
    }
}

/// `GET /scim/v2/{org}/Users`
pub(super) async fn list(
    State(app): State<App>,
    Connected { caller, base }: Connected,
    wanted: Result<Query<Wanted>, axum::extract::rejection::QueryRejection>,
) -> Result<Scim<List<User>>, Fault> {
    let Query(wanted) = wanted.map_err(|_| Fault::bad("invalidValue", "the query cannot be read"))?;
    let start = number("startIndex", wanted.start_index.as_deref())?.unwrap_or(1).max(1);
    let count = number("count", wanted.count.as_deref())?.unwrap_or(PAGE_MAX).min(PAGE_MAX);
    let (total, found) = match &wanted.filter {
        None => app.directory_users(&caller, start - 1, count).await?,
        Some(filter) => {
            let found = app.find_directory_users(&caller, Filter::read(filter)?.find()).await?;
            (found.len(), found.into_iter().skip(start - 1).take(count).collect())
        }
    };
    let resources = found.into_iter().map(|view| User::of(view, &base)).collect();
    Ok(Scim(List::of(total, start, resources)))
}

/// A whole number; one below 0 counts as 0.
pub(super) fn number(name: &str, text: Option<&str>) -> Result<Option<usize>, Fault> {
    let Some(text) = text else { return Ok(None) };
    let number = text.trim().parse::<i64>().map_err(|_| Fault::value(name, "a whole number"))?;
    Ok(Some(usize::try_from(number).unwrap_or(0)))
}

/// An answer that says where what it is about is.
type Located = ([(HeaderName, String); 1], Scim<User>);

fn located(view: DirectoryUserView, base: &str) -> Located {
    let user = User::of(view, base);
    ([(header::LOCATION, user.location().to_owned())], Scim(user))
}

/// `POST /scim/v2/{org}/Users`
pub(super) async fn create(
    State(app): State<App>,
    Connected { caller, base }: Connected,
    Sent(sent): Sent,
) -> Result<(StatusCode, Located), Fault> {
    let view = app.provision(&caller, Described::read(&sent)?.newcomer()?).await?;
    Ok((StatusCode::CREATED, located(view, &base)))
}

/// `GET /scim/v2/{org}/Users/{id}`
pub(super) async fn show(
    State(app): State<App>,
    Connected { caller, base }: Connected,
    Path((_, id)): Path<(String, String)>,
) -> Result<Located, Fault> {
    Ok(located(app.show_directory_user(&caller, &id).await?, &base))
}

/// Whether somebody is described as active no longer. That is done first, whatever is wrong with the rest: who is to leave
/// cannot have their deactivation refused by a name that does not fit.
fn is_inactive(sent: &Object) -> bool {
    sent.get("active").is_some_and(|active| active.truth("active").is_ok_and(|active| active == Some(false)))
}

/// `PUT /scim/v2/{org}/Users/{id}`
pub(super) async fn replace(
    State(app): State<App>,
    Connected { caller, base }: Connected,
    Path((_, id)): Path<(String, String)>,
    Sent(sent): Sent,
) -> Result<Located, Fault> {
    if is_inactive(&sent) {
        app.deactivate_directory_user(&caller, &id).await?;
    }
    let change = Described::read(&sent)?.replacement()?;
    Ok(located(app.change_directory_user(&caller, &id, change).await?, &base))
}

/// `PATCH /scim/v2/{org}/Users/{id}`
pub(super) async fn change(
    State(app): State<App>,
    Connected { caller, base }: Connected,
    Path((_, id)): Path<(String, String)>,
    Sent(sent): Sent,
) -> Result<Located, Fault> {
    if patch::deactivates(&sent) {
        app.deactivate_directory_user(&caller, &id).await?;
    }
    let change = patch::change(&sent)?;
    Ok(located(app.change_directory_user(&caller, &id, change).await?, &base))
}

/// `DELETE /scim/v2/{org}/Users/{id}`
pub(super) async fn delete(
    State(app): State<App>,
    Connected { caller, .. }: Connected,
    Path((_, id)): Path<(String, String)>,
) -> Result<StatusCode, Fault> {
    app.delete_directory_user(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
