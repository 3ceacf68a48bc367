//! Endpoints: what deserves a look, and the report of who has what.

use app::App;
use app::advice::{AccessRow, Finding, Weight};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::Signed;
use crate::problem::{Failure, Problems};
use crate::time::written;

/// What deserves a look.
#[derive(Serialize, ToSchema)]
pub(crate) struct Advice {
    /// The weightiest first.
    items: Vec<AdviceItem>,
}

/// Something that deserves a look.
#[derive(Serialize, ToSchema)]
struct AdviceItem {
    /// Stable code.
    code: &'static str,
    /// `act` where something is wrong or soon will be, `consider` where it is worth a look.
    weight: &'static str,
    /// What was found, in a sentence.
    message: String,
    /// What to do about it.
    remedy: &'static str,
    /// How many there are.
    count: usize,
    /// The first of them.
    about: Vec<AdviceAbout>,
}

/// Something that advice is about.
#[derive(Serialize, ToSchema)]
struct AdviceAbout {
    id: String,
    name: String,
}

fn item(finding: Finding) -> AdviceItem {
    AdviceItem {
        code: finding.code,
        weight: match finding.weight {
            Weight::Act => "act",
            Weight::Consider => "consider",
        },
        message: finding.message,
        remedy: finding.remedy,
        count: finding.count,
        about: finding.about.into_iter().map(|about| AdviceAbout { id: about.id, name: about.name }).collect(),
    }
}

/// Says what a careful administrator would look at, each with what to do about it.
#[utoipa::path(get, path = "/advice", tag = "access", operation_id = "advice",
    params(("org" = String, Path, description = "slug or id")),
    responses((status = 200, body = Advice), Problems))]
pub(crate) async fn advice(State(app): State<App>, Signed(caller): Signed) -> Result<Json<Advice>, Failure> {
    Ok(Json(Advice { items: app.advice(&caller).await?.into_iter().map(item).collect() }))
}

/// Who has access to what, row by row.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccessReport {
    /// At which moment.
    at: String,
    /// The number of the last change that is in it: confirm a review of this one.
    seq: u64,
    /// One row for each member, key or agent and integration.
    items: Vec<AccessReportRow>,
}

/// What somebody has of one integration.
#[derive(Serialize, ToSchema)]
struct AccessReportRow {
    /// Id of the member, key or agent.
    subject: String,
    /// Their name.
    name: String,
    /// `member`, `key` or `agent`.
    kind: &'static str,
    /// Their role's name.
    role: Option<String>,
    /// Slug of the integration; none for somebody who reaches none.
    integration: Option<String>,
    /// On what it rests.
    basis: &'static str,
    /// The team or role to which it was given.
    via: Option<String>,
    /// In which measure it was given.
    profile: Option<String>,
    /// Tools that can be called.
    tools: usize,
    /// The number of the change that gave it.
    since_seq: Option<u64>,
}

fn row(row: AccessRow) -> AccessReportRow {
    AccessReportRow {
        subject: row.subject.as_str().to_owned(),
        name: row.name,
        kind: row.kind,
        role: row.role,
        integration: row.integration,
        basis: row.basis,
        via: row.via,
        profile: row.profile,
        tools: row.tools,
        since_seq: row.since_seq,
    }
}

/// Reports who has access to what at this moment; as CSV where the client accepts `text/csv`.
#[utoipa::path(get, path = "/access-report", tag = "access", operation_id = "access_report",
    params(("org" = String, Path, description = "slug or id")),
    responses((status = 200, body = AccessReport), Problems))]
pub(crate) async fn report(
    State(app): State<App>,
    Signed(caller): Signed,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (rows, now, seq) = app.access_report(&caller).await?;
    let items: Vec<AccessReportRow> = rows.into_iter().map(row).collect();
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepts.contains("text/csv") {
        return Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present")], csv(&items)).into_response());
    }
    Ok(Json(AccessReport { at: written(now), seq, items }).into_response())
}

/// The rows as RFC 4180 has it. A field that a spreadsheet would take for a formula is quoted with an apostrophe.
fn csv(rows: &[AccessReportRow]) -> String {
    let mut out = String::from("subject,name,kind,role,integration,basis,via,profile,tools,since_change\r\n");
    for row in rows {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let since = row.since_seq.map(|seq| seq.to_string()).unwrap_or_default();
        let cells = [
            row.subject.clone(),
            row.name.clone(),
            row.kind.to_owned(),
            text(&row.role),
            text(&row.integration),
            row.basis.to_owned(),
            text(&row.via),
            text(&row.profile),
            row.tools.to_string(),
            since,
        ];
        out.push_str(&cells.map(|cell| cell_of(&cell)).join(","));
        out.push_str("\r\n");
    }
    out
}

fn cell_of(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::cell_of;

    #[test]
    fn a_cell_is_quoted_where_it_must_be_and_is_never_a_formula() {
        assert_eq!(cell_of("Ada"), "Ada");
        assert_eq!(cell_of("Lovelace, Ada \"A\""), "\"Lovelace, Ada \"\"A\"\"\"");
        assert_eq!(cell_of("=HYPERLINK(1)"), "'=HYPERLINK(1)");
    }
}
