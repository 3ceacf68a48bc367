//! Many invitations at once, as JSON or as a table (CSV): each row by itself, with a result of its own.

use app::App;
use axum::extract::{FromRequest, Request, State};
use axum::http::header;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{InvitationWithLink, TeamToOffer, ToInvite, with_link};
use crate::extract::{Body, Signed, body_bytes_max};
use crate::organizations::PublicUrl;
use crate::problem::{Failure, ProblemBody, Problems};

/// Rows of one request.
const ROWS_MAX: usize = 500;
const CSV: &str = "text/csv";

/// People to be invited.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ManyToInvite {
    /// At most 500.
    invitations: Vec<ToInvite>,
}

/// What became of each row.
#[derive(Serialize, ToSchema)]
pub(crate) struct ManyInvited {
    /// In the order of the rows.
    items: Vec<RowResult>,
    /// How many were sent.
    sent: usize,
    /// How many were not.
    refused: usize,
}

/// What became of one row.
#[derive(Serialize, ToSchema)]
pub(crate) struct RowResult {
    /// Its number, from 1; in a table the line with the names of the columns does not count.
    row: usize,
    /// The address that it names.
    email: String,
    /// The invitation, where it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation: Option<InvitationWithLink>,
    /// What is wrong with it, where it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemBody>,
}

/// Rows that were sent, as JSON or CSV.
pub(crate) struct Rows(Vec<ToInvite>);

impl FromRequest<App> for Rows {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let is_table = kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(CSV);
        let rows = match is_table {
            false => Body::<ManyToInvite>::from_request(request, app).await?.0.invitations,
            true => {
                let text = String::from_request(request, app).await;
                let text = text.map_err(|rejection| match rejection.status() {
                    axum::http::StatusCode::PAYLOAD_TOO_LARGE => {
                        Failure::too_large(format!("send at most {} bytes", body_bytes_max()))
                    }
                    _ => Failure::bad_request("not-csv", "the body is not UTF-8 text"),
                })?;
                table(&text)?
            }
        };
        match rows.len() {
            1..=ROWS_MAX => Ok(Rows(rows)),
            0 => Err(Failure::bad_field("invitations", "there is no row; name somebody to invite")),
            many => Err(Failure::bad_field("invitations", format!("send at most {ROWS_MAX} rows; these are {many}"))),
        }
    }
}

/// A row of a table. Further columns are refused by name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    email: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    team: Option<String>,
    #[serde(default)]
    note: Option<String>,
}

/// Reads a table: a line with the names of the columns, and a line for each person.
fn table(text: &str) -> Result<Vec<ToInvite>, Failure> {
    // Spreadsheets put a mark of their own in front.
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let wrong = |error: csv::Error| {
        let place = error.position().map_or(String::new(), |at| format!("line {}: ", at.line()));
        let columns = "the columns are email, and where there are such name, role, team and note";
        Failure::bad_field("invitations", format!("{place}this is no row of the table; {columns}"))
    };
    let rows = reader.deserialize::<Row>().take(ROWS_MAX + 1);
    rows.map(|row| row.map(Row::read)).collect::<Result<_, _>>().map_err(wrong)
}

impl Row {
    /// An empty cell says nothing.
    fn read(self) -> ToInvite {
        let said = |cell: Option<String>| cell.filter(|cell| !cell.is_empty());
        let team = said(self.team).map(|team| TeamToOffer { team, role: None });
        ToInvite {
            email: self.email,
            name: said(self.name),
            note: said(self.note),
            role: said(self.role),
            members_only: false,
            teams: team.into_iter().collect(),
            integrations: Vec::new(),
        }
    }
}

/// Invites many people at once: each row is sent or refused by itself, and says which. Nothing is ever read as a formula;
/// a table has the columns `email`, `name`, `role`, `team` and `note`.
#[utoipa::path(post, path = "/invitations/bulk", tag = "invitations", operation_id = "send_invitations",
    params(("org" = String, Path, description = "slug or id")),
    request_body(content = ManyToInvite, description = "or a table, text/csv, with the names of the columns in the first line"),
    responses((status = 200, body = ManyInvited), Problems))]
pub(crate) async fn send(
    State(app): State<App>,
    Signed(caller): Signed,
    Extension(public_url): Extension<PublicUrl>,
    Rows(rows): Rows,
) -> Result<Json<ManyInvited>, Failure> {
    if caller.mode.preview || caller.mode.expected_seq.is_some() {
        return Err(Failure::bad_field(
            "Wardroom-Preview",
            "rows are sent one by one; ask for the impact of one invitation",
        ));
    }
    let mut items = Vec::new();
    for (number, row) in (1..).zip(rows) {
        let email = row.email.clone();
        let sent = match row.read() {
            Ok(invitation) => app.send_invitation(&caller, invitation).await.map_err(Failure::from),
            Err(failure) => Err(failure),
        };
        items.push(match sent {
            Ok(sent) => RowResult { row: number, email, invitation: Some(with_link(sent, &public_url)), problem: None },
            Err(Failure::Problem(body)) => RowResult { row: number, email, invitation: None, problem: Some(*body) },
            Err(failure) => return Err(failure),
        });
    }
    let sent = items.iter().filter(|item| item.invitation.is_some()).count();
    let refused = items.len() - sent;
    Ok(Json(ManyInvited { items, sent, refused }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn emails(text: &str) -> Vec<String> {
        table(text).unwrap_or_else(|failure| panic!("{failure:?}")).into_iter().map(|row| row.email).collect()
    }

    #[test]
    fn a_table_is_read_with_quotes_marks_and_formulas_as_they_are() {
        let text = "\u{feff}email, name ,role,note\r\nann@example.com,\"Ann, \"\"the first\"\"\",member,\r\n\
                    bo@example.com,=1+2,,\"=HYPERLINK(\"\"http://evil.example\"\")\"\r\n";
        let rows = table(text).unwrap_or_else(|failure| panic!("{failure:?}"));
        assert_eq!(rows.len(), 2);
        let told = |row: &ToInvite| (row.email.clone(), row.name.clone(), row.role.clone(), row.note.clone());
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(told(&rows[0]), ("ann@example.com".into(), text("Ann, \"the first\""), text("member"), None));
        let link = text("=HYPERLINK(\"http://evil.example\")");
        assert_eq!(told(&rows[1]), ("bo@example.com".into(), text("=1+2"), None, link));
    }

    #[test]
    fn a_table_with_other_columns_or_torn_rows_is_refused_and_one_that_is_too_long_is_read_no_further() {
        for wrong in ["name\nAnn\n", "email,admin\na@example.com,yes\n", "email,name\na@example.com\n"] {
            assert!(table(wrong).is_err(), "{wrong}");
        }
        let long = format!("email\n{}", "a@example.com\n".repeat(2_000));
        assert_eq!(emails(&long).len(), ROWS_MAX + 1);
    }
}
