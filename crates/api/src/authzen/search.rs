//! Who may, what may they have, what may they do: exactly what evaluations would allow, one by one, page by page.

use app::App;
use app::ask::{Page, Search, Wording};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::entity::{Entities, Sought};
use super::fault::Fault;
use super::fields::{Fields, Sent};

/// Results on a page, where less is not asked for.
const RESULTS_MAX: usize = 1_000;

/// What was found.
#[derive(Serialize)]
pub(super) struct Found<E> {
    page: FoundPage,
    results: Vec<E>,
}

/// How much of everything this is.
#[derive(Serialize)]
struct FoundPage {
    /// Asks for the next page; empty on the last.
    next_token: String,
    count: usize,
    total: usize,
}

/// A subject or a resource that was found.
#[derive(Serialize)]
pub(super) struct FoundEntity {
    #[serde(rename = "type")]
    kind: String,
    id: String,
}

/// An action that was found.
#[derive(Serialize)]
pub(super) struct FoundAction {
    name: String,
}

/// `POST /access/v1/search/subject`
pub(super) async fn subjects(State(app): State<App>, sent: Sent) -> Result<Json<Found<FoundEntity>>, Fault> {
    let fields = Fields::of_request(&sent.body)?;
    let entities = Entities::read(&fields, Sought::Subject)?;
    let (subject, action, resource) = (entities.subject()?, entities.action()?, entities.resource()?);
    let (name, role) = (resource.name(), action.role.clone());
    let search = Search::Subjects {
        kind: subject.kind.clone(),
        acting_for: subject.acting_for.clone(),
        wording: Wording { action: action.name.clone(), kind: resource.kind.clone(), name, role },
    };
    let kind = subject.kind.clone();
    found(&app, &sent, ("subject", &fields), &search, |id| FoundEntity { kind: kind.clone(), id }).await
}

/// `POST /access/v1/search/resource`
pub(super) async fn resources(State(app): State<App>, sent: Sent) -> Result<Json<Found<FoundEntity>>, Fault> {
    let fields = Fields::of_request(&sent.body)?;
    let entities = Entities::read(&fields, Sought::Resource)?;
    let (subject, action, resource) = (entities.subject()?, entities.action()?, entities.resource()?);
    let (kind, role) = (resource.kind.clone(), action.role.clone());
    let search = Search::Resources {
        party: subject.party(),
        wording: Wording { action: action.name.clone(), kind: kind.clone(), name: String::new(), role },
        within: resource.within.clone(),
    };
    found(&app, &sent, ("resource", &fields), &search, |id| FoundEntity { kind: kind.clone(), id }).await
}

/// `POST /access/v1/search/action`
pub(super) async fn actions(State(app): State<App>, sent: Sent) -> Result<Json<Found<FoundAction>>, Fault> {
    let fields = Fields::of_request(&sent.body)?;
    let entities = Entities::read(&fields, Sought::Action)?;
    let (subject, resource) = (entities.subject()?, entities.resource()?);
    let party = subject.party();
    // The role that would be given is the only property of an action; a search names none.
    let (action, role) = (String::new(), None);
    let wording = Wording { action, kind: resource.kind.clone(), name: resource.name(), role };
    found(&app, &sent, ("action", &fields), &Search::Actions { party, wording }, |name| FoundAction { name }).await
}

/// Searches, and cuts the page that was asked for.
async fn found<E>(
    app: &App,
    sent: &Sent,
    (what, fields): (&str, &Fields<'_>),
    search: &Search,
    entity: impl Fn(String) -> E,
) -> Result<Json<Found<E>>, Fault> {
    let asked = fields.object("page")?;
    let (limit, token) = match &asked {
        Some(page) => (page.number("limit")?, page.text("token")?),
        None => (None, None),
    };
    let limit = limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX).min(RESULTS_MAX));
    let mut sitting = app.sit(&sent.caller);
    let request = said_again(what, fields);
    let page = match token.as_deref().filter(|token| !token.is_empty()) {
        None => Page { after: None, limit: limit.unwrap_or(RESULTS_MAX) },
        Some(token) => sitting.next_page(&request, token)?,
    };
    if limit.is_some_and(|limit| limit != page.limit) {
        return Err(Fault::bad("page.limit: keep the limit of the first request, or leave it out"));
    }
    let all = sitting.search(search).await?;
    let total = all.len();
    let (results, next) = sitting.cut(&request, &page, all)?;
    let page = FoundPage { next_token: next.unwrap_or_default(), count: results.len(), total };
    Ok(Json(Found { page, results: results.into_iter().map(entity).collect() }))
}

/// The entities of a request in one spelling, by which a page's token knows the request that it belongs to.
fn said_again(what: &str, fields: &Fields<'_>) -> String {
    let mut text = what.to_owned();
    for name in ["subject", "action", "resource", "context"] {
        let value = fields.raw(name).map_or("null", RawValue::get);
        let mut value: Value = serde_json::from_str(value).unwrap_or_default();
        value.sort_all_objects();
        text.push('\n');
        text.push_str(&value.to_string());
    }
    text
}
