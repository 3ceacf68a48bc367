//! Nobody gives more than they have, rights do not outlive their end, and somebody can always get in at the top.

use std::process::Command;

use serde_json::{Value, json};

use crate::firm::{Firm, told};
use crate::things::made;
use crate::upstreams::Upstreams;
use crate::world::{Api, Server, WARDROOM, init};

/// An end that is still to come, and one before it.
const ENDS: [&str; 2] = ["2099-01-01T00:00:00Z", "2098-01-01T00:00:00Z"];

#[test]
fn a_leader_does_not_lift_what_was_cut_for_the_team() {
    let (upstreams, firm) = (Upstreams::start(), Firm::of("balanced"));
    firm.connect_stripe(&upstreams);
    let (team, lea) = (firm.team("Sales"), firm.hire("lea", "member"));
    firm.join(&team, &lea, "team-leader");
    let path = format!("/teams/{team}/integrations/stripe");
    let off = json!({ "profile": "read-only", "tools_off": ["list_customers"] });
    assert_eq!(firm.owner().put(&path, off.clone()).0, 200);
    for more in
        [json!({ "profile": "full", "tools_off": [] }), json!({ "profile": "full" }), json!({ "tools_off": [] })]
    {
        assert_eq!(told(&lea.api.put(&path, more.clone())), (403, "beyond-your-reach"), "{more}");
    }
    assert_eq!(lea.api.put(&path, json!({ "expires_at": ENDS[0] })).0, 200, "to give less is the leader's");
    assert_eq!(told(&lea.api.put(&path, json!({ "expires_at": null }))), (403, "beyond-your-reach"));
    assert_eq!(lea.api.delete(&path).0, 204);
    assert_eq!(lea.api.put(&path, off).0, 404, "what one has nothing of one does not give");
}

#[test]
fn what_is_made_with_a_key_that_ends_ends_with_it() {
    let firm = Firm::of("balanced");
    let bot = made(&firm.owner(), "/keys", json!({ "kind": "workspace", "label": "bot", "role": "service" }));
    let short = json!({ "kind": "personal", "label": "short", "expires_at": ENDS[1] });
    let (status, short) = firm.owner().post("/keys", short);
    assert_eq!(status, 201, "{short}");
    let api = firm.with(short["secret"].as_str().expect("a secret"));
    assert_eq!(told(&api.post(&format!("/keys/{bot}/rotate"), json!({}))).0, 422, "its secret would last");
    let own = short["id"].as_str().expect("an id");
    let new = json!({ "email": "mia@example.com", "name": "Mia", "issue_key": { "label": "first" } });
    let (status, added) = api.post("/members", new);
    assert_eq!(status, 201, "{added}");
    let first = added["key"]["id"].as_str().expect("an id");
    let end = |id: &str| firm.owner().get(&format!("/keys/{id}")).1["expires_at"].clone();
    assert_eq!(end(first), end(own));
    assert!(end(own).as_str().is_some_and(|end| end.starts_with("2098")), "{}", end(own));
    assert_eq!(api.post(&format!("/keys/{own}/rotate"), json!({})).0, 200, "its own ends when it ends");
}

// rows: PW-8, C-1
#[test]
fn nobody_is_locked_out_of_the_top_by_handing_it_over() {
    let firm = Firm::of("balanced");
    let ada = firm.hire("ada", "admin");
    let new = json!({ "email": "hera@example.com", "name": "Hera", "issue_key": { "label": "first" } });
    let (status, heir) = ada.api.post("/members", new);
    assert_eq!(status, 201, "{heir}");
    let over = json!({ "to": "hera@example.com", "own_role": "admin" });
    let lost = (409, "last-key-at-the-top");
    assert_eq!(told(&firm.owner().post("/organization/transfer", over.clone())), lost);
    let (_, keys) = firm.owner().get("/keys");
    let mut items = keys["items"].as_array().expect("items").iter();
    let own = items.find(|key| key["holder"]["name"] == "owner").expect("the owner's only key");
    assert_eq!(told(&firm.owner().delete(&format!("/keys/{}", own["id"].as_str().expect("an id")))), lost);
    // The remedy.
    assert_eq!(firm.owner().delete(&format!("/keys/{}", heir["key"]["id"].as_str().expect("an id"))).0, 204);
    let (status, issued) =
        firm.owner().post("/keys", json!({ "kind": "personal", "label": "top", "holder": "hera@example.com" }));
    assert_eq!(status, 201, "{issued}");
    assert_eq!(firm.owner().post("/organization/transfer", over).0, 200);
    let hera = firm.with(issued["secret"].as_str().expect("a secret"));
    assert_eq!(hera.post("/organization/transfer/accept", json!({})).0, 200);
    assert_eq!(hera.get("").1["you"]["role"], json!("owner"));
}

#[test]
fn the_operator_gives_a_holder_of_the_top_role_a_new_key_while_nothing_is_served() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path(), "Locked", "ada@example.com");
    let recover = |more: &[&str]| {
        let mut command = Command::new(WARDROOM);
        command.args(["recover", "--json", "--data"]).arg(folder.path()).args(more);
        command.output().expect("it runs")
    };
    let said = |more: &[&str]| {
        let output = recover(more);
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(said(&["--org", "other"]).contains("no such organization"));
    assert!(said(&["--org", "locked", "--member", "bo@example.com"]).contains("no such person"));
    let output = recover(&["--org", "locked", "--member", "ada@example.com"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let server = Server::start(folder.path());
    assert!(said(&["--org", "locked"]).contains("in use by another wardroom"));
    let api = Api::at(&server.url, "locked", answer["key"].as_str().expect("a key"));
    assert_eq!(api.get("").1["you"]["role"], json!("owner"));
    let (_, keys) = api.get("/keys");
    assert_eq!(keys["items"].as_array().map(Vec::len), Some(2), "the one before works on: {keys}");
}

#[test]
fn what_no_rule_lets_happen_is_no_yes() {
    let firm = Firm::of("balanced");
    let zoe = firm.hire("zoe", "member");
    let ask = |action: &str, name: &str, role: Option<&str>| {
        let mut question = json!({ "action": action, "resource": { "type": "member", "id": name } });
        if let Some(role) = role {
            question["role"] = json!(role);
        }
        let (status, answer) = firm.owner().post("/explain", question);
        assert_eq!(status, 200, "{answer}");
        (answer["allowed"].as_bool().unwrap(), answer["code"].as_str().unwrap().to_owned())
    };
    assert!(ask("change_role", &zoe.id, Some("viewer")).0);
    assert_eq!(ask("change_role", &zoe.id, Some("nope")), (false, "no-such-role".to_owned()));
    assert_eq!(ask("change_role", &zoe.id, Some("team-leader")), (false, "role-not-for-members".to_owned()));
    assert_eq!(ask("remove", "owner@example.com", None), (false, "last-owner".to_owned()));
    let who = |name: &str| {
        let question = json!({ "action": "remove", "resource": { "type": "member", "id": name } });
        firm.owner().post("/who-can", question).1["items"].as_array().map(Vec::len)
    };
    assert_eq!((who(&zoe.id), who("owner@example.com")), (Some(2), Some(0)), "the owner, and Zoe, who may leave");
}

#[test]
fn no_name_turns_the_direction_of_writing() {
    let firm = Firm::of("balanced");
    let title = "Sales \u{202e}ecnaniF";
    assert_eq!(told(&firm.owner().post("/teams", json!({ "title": title }))), (422, "bad-name"));
    let role = json!({ "id": "odd", "title": title, "permissions": [] });
    assert_eq!(told(&firm.owner().post("/roles", role)), (422, "bad-name"));
}
