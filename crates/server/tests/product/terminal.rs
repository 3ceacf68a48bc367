//! The same from a terminal: agents, keys, resources and objects through the executable's own commands.

use std::process::Command;

use serde_json::{Value, json};

use crate::firm::Firm;
use crate::world::{Api, WARDROOM};

/// Runs a command with somebody's key: the exit code and the JSON that it printed.
pub(crate) fn wardroom(api: &Api, line: &[&str]) -> (i32, Value) {
    let url = api.root.split("/api/").next().expect("an address");
    let output = Command::new(WARDROOM)
        .args(line)
        .args(["--json", "--yes", "--url", url])
        .env("WARDROOM_KEY", &api.key)
        .output()
        .expect("the executable runs");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code().expect("it ended by itself"), serde_json::from_str(&told).unwrap_or(Value::String(told)))
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("{field} in {value}")).to_owned()
}

// rows: TW-38
#[test]
fn an_agent_its_key_and_a_delegation_are_managed_from_a_terminal() {
    let firm = Firm::of("balanced");
    let owner = firm.owner();
    let (code, agent) = wardroom(&owner, &["agent", "create", "Scout", "--role", "service"]);
    assert_eq!(code, 0, "{agent}");
    let id = text(&agent, "id");
    assert_eq!(wardroom(&owner, &["agent", "delegate", &id, "--until", "6w"]).0, 0);
    let (code, key) =
        wardroom(&owner, &["key", "create", "laptop", "--agent", &id, "--acting-for", "owner@example.com"]);
    assert_eq!(code, 0, "{key}");
    let works = firm.with(&text(&key, "secret"));
    assert_eq!(works.get("").0, 200);
    let (_, shown) = wardroom(&owner, &["agent", "show", &id]);
    assert!(shown["acts_for"][0]["expires_at"].is_string(), "{shown}");

    assert_eq!(wardroom(&owner, &["agent", "suspend", &id]).1["state"], json!("suspended"));
    assert_eq!(works.get("").0, 403);
    assert_eq!(wardroom(&owner, &["agent", "resume", &id]).1["state"], json!("active"));
    assert_eq!(wardroom(&owner, &["agent", "end-delegation", &id]).0, 0);
    assert_eq!(works.get("").0, 401);
    assert_eq!(wardroom(&owner, &["agent", "role", &id]).1["role"], Value::Null);
    assert_eq!(wardroom(&owner, &["agent", "delete", &id]).0, 0);
    assert_eq!(wardroom(&owner, &["agent", "show", &id]).0, 1, "it is gone");

    let (_, key) = wardroom(&owner, &["key", "create", "bot", "--workspace", "--role", "service"]);
    let id = text(&key, "id");
    assert_eq!(wardroom(&owner, &["key", "role", &id]).1["state"], json!("suspended"), "keys need a role here");
    assert_eq!(wardroom(&owner, &["key", "role", &id, "service"]).1["state"], json!("active"));
}

// rows: C-21
#[test]
fn a_resource_lives_shares_and_ends_from_a_terminal() {
    let firm = Firm::of("balanced");
    let (ada, bo) = (firm.hire("ada", "member"), firm.hire("bo", "member"));
    let (code, made) = wardroom(&ada.api, &["resource", "create", "project", "Atlas", "--tier", "Pro"]);
    assert_eq!(code, 0, "{made}");
    let id = text(&made, "id");
    assert_eq!(wardroom(&bo.api, &["resource", "use", &id]).0, 1);
    assert_eq!(wardroom(&ada.api, &["resource", "share", &id, &bo.email, "--level", "use"]).0, 0);
    assert_eq!(wardroom(&bo.api, &["resource", "use", &id]).1["allowed"], json!(true));
    assert_eq!(wardroom(&bo.api, &["resource", "edit", &id, "--title", "Mine"]).0, 1);
    let (_, list) = wardroom(&bo.api, &["resource", "list", "--kind", "project"]);
    assert_eq!(list["items"][0]["may"], json!(["view", "use"]), "{list}");
    assert_eq!(wardroom(&ada.api, &["resource", "unshare", &id, &bo.email]).0, 0);
    assert_eq!(wardroom(&bo.api, &["resource", "show", &id]).0, 1);
    let team = firm.team("North");
    firm.join(&team, &bo, "team-member");
    assert_eq!(wardroom(&firm.owner(), &["resource", "assign", &id, "North"]).0, 0);
    assert_eq!(wardroom(&bo.api, &["resource", "show", &id]).1["teams"][0]["name"], json!("North"));
    assert_eq!(wardroom(&firm.owner(), &["resource", "unassign", &id, "North"]).0, 0);
    for (verb, code) in [("destroy", 1), ("delete", 0), ("restore", 0), ("delete", 0), ("destroy", 0), ("show", 1)] {
        let (found, told) = wardroom(&ada.api, &["resource", verb, &id]);
        assert_eq!(found, code, "{verb}: {told}");
    }
    let (_, second) = wardroom(&ada.api, &["resource", "create", "project", "Second"]);
    assert_eq!(firm.owner().delete(&format!("/members/{}", ada.id)).0, 200);
    let (_, moved) = wardroom(&firm.owner(), &["resource", "hand-over-all", &ada.email, &bo.email]);
    assert_eq!(moved["handed_over"], json!(1), "{moved}");
    assert_eq!(wardroom(&bo.api, &["resource", "show", &text(&second, "id")]).1["owner"]["name"], json!("bo"));
}

// rows: TW-17
#[test]
fn objects_are_defined_and_a_roles_rules_read_from_a_terminal() {
    let firm = Firm::of("crm");
    let owner = firm.owner();
    let line = ["object", "define", "people", "--title", "People", "--field", "email=E-mail", "--field", "name"];
    assert_eq!(wardroom(&owner, &line).1["fields"][0]["name"], json!("email"));
    assert_eq!(wardroom(&owner, &["object", "list"]).1["items"][0]["name"], json!("people"));
    firm.change_role("member", json!({ "data": { "people": { "edit": "deny" } } }));
    let (_, rules) = wardroom(&owner, &["object", "role", "member"]);
    assert_eq!(rules["objects"][0]["verbs"]["edit"], json!({ "allowed": false, "from": "object", "said": "deny" }));
    let mona = firm.hire("mona", "member");
    assert_eq!(wardroom(&mona.api, &["object", "show", "people"]).1["may"], json!(["see", "delete"]));
    assert_eq!(wardroom(&mona.api, &["object", "remove", "people"]).0, 1);
    assert_eq!(wardroom(&owner, &["object", "remove", "people"]).0, 0);
}
