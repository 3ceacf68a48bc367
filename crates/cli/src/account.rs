//! The accounts that are connected at an integration's server by signing in there: seen, and disconnected.

use serde_json::Value;

use crate::failure::Failure;
use crate::field::{items, text, text_if_any, time};
use crate::server::Organization;
use crate::table::Table;
use crate::terminal::Terminal;

pub(crate) fn list(integration: &str, org: &Organization, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let found = org.get(&["integrations", integration, "accounts"], &[])?;
    terminal.answer(&found, lay_out)
}

pub(crate) fn disconnect(
    (integration, account): (&str, &str),
    org: &Organization,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let question =
        format!("disconnect the account {account} at {integration}? Whose calls it carries must sign in anew.");
    terminal.confirm(&question)?;
    let done = org.delete(&["integrations", integration, "accounts", account])?;
    terminal.answer(&done, |_| format!("{account} at {integration} is disconnected\n"))
}

/// What is left to do once an integration is to be reached with the account of `organization` or `person`, as a client that
/// was registered by hand or one that registers itself.
pub(crate) fn next_step(whose: &str, integration: &Value, (by_hand, org): (bool, &Organization)) -> String {
    let page = org.page(&["connect", org.slug(), &text(integration, "/slug")]);
    let first = match text_if_any(integration, "/redirect_uri").filter(|_| by_hand) {
        Some(address) => format!("the client has to be registered with this redirect address, exactly: {address}\n"),
        None => String::new(),
    };
    let next = match whose {
        "organization" => {
            format!("next: open {page} and sign in there with the account for everybody; its tools are read with it\n")
        }
        _ => format!(
            "next: everybody opens {page} and signs in there with their own account; its tools are read with the first \
             of somebody who may change it\n"
        ),
    };
    first + &next
}

fn lay_out(found: &Value) -> String {
    let mut table = Table::new(&["WHOSE", "SINCE", "SIGNED IN AT", "STATE", "WHAT IS WRONG", "ID"]);
    for account in items(found) {
        table.row([
            whose(account),
            time(account, "/connected_at"),
            text(account, "/signed_in_at"),
            text(account, "/state"),
            text(account, "/trouble"),
            text(account, "/id"),
        ]);
    }
    table.to_string()
}

fn whose(account: &Value) -> String {
    let person = text_if_any(account, "/person/name").or_else(|| text_if_any(account, "/person/id"));
    person.unwrap_or_else(|| "everybody".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::fake_server::{FakeServer, outcome};

    #[test]
    fn accounts_are_shown_with_whose_they_are_and_what_is_wrong() {
        let accounts = json!({"items": [
            {"id": "acc_1", "person": null, "connected_at": "2026-11-22T09:30:00.5Z", "signed_in_at": "login.crm.example",
                "scope": "read", "state": "works", "trouble": null, "troubled_since": null},
            {"id": "acc_2", "person": {"id": "usr_1", "name": "Ada"}, "connected_at": "2026-11-22T10:00:00Z", "signed_in_at": "login.crm.example",
                "scope": null, "state": "ended", "trouble": "it was revoked", "troubled_since": "2026-11-22T11:00:00Z"},
            {"id": "acc_3", "person": {"id": "usr_2", "name": null}, "connected_at": "2026-11-22T10:00:00Z",
                "signed_in_at": "login.crm.example", "scope": null, "state": "works", "trouble": null, "troubled_since": null}],
            "next": null});
        let server = FakeServer::answering(vec![(200, accounts)]);
        let done = outcome(&server, &["integration", "accounts", "crm", "--org", "north"]);
        assert_eq!(done.code, 0, "{}", done.err);
        let rows: Vec<String> =
            done.out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(
            rows,
            [
                "WHOSE SINCE SIGNED IN AT STATE WHAT IS WRONG ID",
                "everybody 2026-11-22T09:30:00Z login.crm.example works - acc_1",
                "Ada 2026-11-22T10:00:00Z login.crm.example ended it was revoked acc_2",
                "usr_2 2026-11-22T10:00:00Z login.crm.example works - acc_3",
            ]
        );
        assert_eq!(server.request(0).path, "/api/v1/orgs/north/integrations/crm/accounts");
    }

    #[test]
    fn an_account_is_disconnected_once_that_was_confirmed() {
        let server = FakeServer::answering(vec![(204, json!(null))]);
        let line = ["integration", "disconnect-account", "crm", "acc_1", "--org", "north"];
        let unasked = outcome(&server, &line);
        assert_eq!((unasked.code, server.request_count()), (2, 0));
        assert!(unasked.err.contains("--yes"), "{}", unasked.err);
        let done = outcome(&server, &[&line[..], &["--yes"]].concat());
        assert_eq!((done.code, done.out.as_str()), (0, "acc_1 at crm is disconnected\n"));
        let request = server.request(0);
        assert_eq!(request.method, "DELETE");
        assert_eq!(request.path, "/api/v1/orgs/north/integrations/crm/accounts/acc_1");
    }
}
