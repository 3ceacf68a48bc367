//! Endpoints: accounts that are connected at integrations' upstreams.

use app::App;
use app::accounts::{AccountState, AccountView};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::Signed;
use crate::problem::{Failure, Problems};
use crate::time::written;

/// An account at an integration's upstream. Its tokens are told to nobody.
#[derive(Serialize, ToSchema)]
pub(crate) struct Account {
    /// Its id.
    id: String,
    /// The person whose calls alone go out with it; none where everybody's do.
    person: Option<AccountOf>,
    /// Since when it is connected.
    connected_at: String,
    /// The host at which its person signed in.
    signed_in_at: String,
    /// What it was let do, in the words of that host, where that is known.
    scope: Option<String>,
    /// `works`; `troubled` where calls are tried all the same; `ended` where somebody has to connect anew.
    state: &'static str,
    /// What is wrong.
    trouble: Option<String>,
    /// Since when.
    troubled_since: Option<String>,
}

/// Whose an account is.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccountOf {
    id: String,
    /// What they are called; none where you may not see who is here.
    name: Option<String>,
}

impl From<AccountView> for Account {
    fn from(view: AccountView) -> Account {
        let (state, trouble) = match view.state {
            AccountState::Works => ("works", None),
            AccountState::Troubled { since, why } => ("troubled", Some((since, why))),
            AccountState::Ended { since, why } => ("ended", Some((since, why))),
        };
        let (since, trouble) = trouble.unzip();
        Account {
            id: view.id.to_string(),
            person: view.person.map(|person| AccountOf { id: person.to_string(), name: view.person_name }),
            connected_at: written(view.connected_at),
            signed_in_at: view.signed_in_at,
            scope: view.scope,
            state,
            trouble,
            troubled_since: since.map(written),
        }
    }
}

/// Connected accounts.
#[derive(Serialize, ToSchema)]
pub(crate) struct Accounts {
    items: Vec<Account>,
    /// Always none: there is one page.
    next: Option<String>,
}

/// The accounts that are connected at an integration's upstream: all, for who may change the integration; otherwise one's own.
#[utoipa::path(get, path = "/integrations/{integration}/accounts", tag = "integrations", operation_id = "list_accounts",
    params(("org" = String, Path, description = "slug or id"), ("integration" = String, Path, description = "slug or id")),
    responses((status = 200, body = Accounts), Problems))]
pub(crate) async fn list(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<Json<Accounts>, Failure> {
    let accounts = app.accounts_at(&caller, &path.1).await?;
    Ok(Json(Accounts { items: accounts.into_iter().map(Account::from).collect(), next: None }))
}

/// Disconnects an account: one's own, or anybody's for who may change the integration. When this answers, no call goes out with
/// it.
#[utoipa::path(delete, path = "/integrations/{integration}/accounts/{account}", tag = "integrations",
    operation_id = "disconnect_account",
    params(("org" = String, Path, description = "slug or id"), ("integration" = String, Path, description = "slug or id"),
        ("account" = String, Path, description = "id of the account")),
    responses((status = 204, description = "It is disconnected."), Problems))]
pub(crate) async fn disconnect(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String, String)>,
) -> Result<StatusCode, Failure> {
    app.disconnect_account(&caller, &path.1, &path.2).await?;
    Ok(StatusCode::NO_CONTENT)
}
