//! Workspace keys with roles, keys without one, and keys whose holder may not have keys any more.

use serde_json::{Value, json};

use crate::firm::{Firm, told};
use crate::things::made;
use crate::upstreams::Upstreams;
use crate::world::{Api, succeeded};

/// Makes a workspace key: its id and the API with it.
fn workspace_key(firm: &Firm, more: Value) -> (String, Api) {
    let mut new = json!({ "kind": "workspace", "label": "bot" });
    for (field, value) in more.as_object().expect("an object") {
        new[field] = value.clone();
    }
    let (status, key) = firm.owner().post("/keys", new);
    assert_eq!(status, 201, "{key}");
    (key["id"].as_str().unwrap().to_owned(), firm.with(key["secret"].as_str().unwrap()))
}

fn key_as_listed(api: &Api, id: &str) -> Value {
    let (status, keys) = api.get("/keys");
    assert_eq!(status, 200, "{keys}");
    keys["items"].as_array().unwrap().iter().find(|key| key["id"] == id).cloned().unwrap_or_default()
}

// rows: TW-38, TW-42
#[test]
fn a_workspace_key_does_what_its_role_says_and_another_role_holds_from_the_next_request_on() {
    let firm = Firm::of("balanced");
    let bots = json!({ "keys": true, "members": false });
    firm.role(json!({ "id": "lister", "title": "Lister", "permissions": ["organization.view", "member.view"],
        "assignable_to": bots }));
    firm.role(json!({ "id": "maker", "title": "Maker", "assignable_to": bots,
        "permissions": ["project.view", "project.create", "project.edit"] }));
    let (id, key) = workspace_key(&firm, json!({ "role": "lister" }));
    let listed = key_as_listed(&firm.owner(), &id);
    assert_eq!((&listed["role"], &listed["state"]), (&json!("lister"), &json!("active")), "{listed}");
    let (mona, path) = (firm.hire("mona", "member"), format!("/keys/{id}"));
    let project = json!({ "kind": "project", "title": "Atlas", "owner": mona.id });
    assert_eq!((key.get("/members").0, key.post("/resources", project.clone()).0), (200, 403));

    let (status, changed) = firm.owner().patch(&path, json!({ "role": "maker" }));
    assert_eq!((status, &changed["role"]), (200, &json!("maker")), "{changed}");
    assert_eq!(key.get("/members").0, 403);
    let by_address = json!({ "kind": "project", "title": "Atlas", "owner": mona.email });
    assert_eq!(key.post("/resources", by_address).0, 404, "who sees no members finds none by an address");
    let atlas = made(&key, "/resources", project);
    assert_eq!(mona.api.get(&format!("/resources/{atlas}")).1["owner"]["id"], json!(mona.id));

    assert_eq!(told(&firm.owner().patch(&path, json!({ "role": "member" }))), (422, "role-not-for-keys"));
    assert_eq!(firm.owner().patch(&path, json!({})).0, 422, "what is to change must be said");
    let (_, own) = firm.owner().get("/keys");
    let personal = own["items"].as_array().unwrap().iter().find(|key| key["kind"] == "personal").unwrap();
    let answer = firm.owner().patch(&format!("/keys/{}", personal["id"].as_str().unwrap()), json!({ "role": "maker" }));
    assert_eq!(told(&answer), (422, "not-a-workspace-key"));
    assert_eq!(mona.api.patch(&path, json!({ "role": null })).0, 404, "she may not know of it");
    assert_eq!(key_as_listed(&firm.owner(), &id)["role"], json!("maker"), "nothing of that happened");
}

// rows: TW-38
#[test]
fn nobody_gives_a_key_a_role_that_manages_more_than_they_may_give() {
    let firm = Firm::of("balanced");
    firm.role(json!({ "id": "steward", "title": "Steward", "assignable_to": { "keys": true },
        "permissions": ["organization.view", "member.view", "member.add"] }));
    let adam = firm.hire("adam", "admin");
    let new = json!({ "kind": "workspace", "label": "bot", "role": "steward" });
    assert_eq!(adam.api.post("/keys", new.clone()).0, 403, "only owners make somebody manage here");
    let id = made(&adam.api, "/keys", json!({ "kind": "workspace", "label": "bot", "role": "service" }));
    assert_eq!(adam.api.patch(&format!("/keys/{id}"), json!({ "role": "steward" })).0, 403);
    assert_eq!(key_as_listed(&adam.api, &id)["role"], json!("service"));
    assert_eq!(firm.owner().post("/keys", new).0, 201);
}

// rows: TW-41, C-8
#[test]
fn a_key_without_a_role_does_what_the_setting_says_and_a_change_of_it_bites_at_once() {
    let (upstreams, firm) = (Upstreams::start(), Firm::of("crm"));
    firm.connect_stripe(&upstreams);
    let (id, key) = workspace_key(&firm, json!({ "scope": "all" }));
    let mcp = firm.mcp_with(&key.key);
    let calls = || succeeded(&mcp.call("stripe__list_customers", json!({ "limit": 1 })));
    // The preset's own choice: what a newcomer may.
    assert_eq!((key.get("/members").0, key.get("/roles").0, calls()), (200, 403, true));
    firm.change_role("member", json!({ "allow": ["role.view"] }));
    assert_eq!(key.get("/roles").0, 200, "the default role, as it is now");

    firm.set("keys.without_role", json!("tools_only"));
    assert_eq!((key.get("/members").0, key.get("/roles").0, calls()), (403, 403, true));

    firm.set("keys.without_role", json!("deny"));
    assert_eq!((key.get("").0, key.get("/members").0, calls()), (403, 403, false));
    assert!(mcp.tools().is_empty());
    let listed = key_as_listed(&firm.owner(), &id);
    assert_eq!(listed["state"], json!("suspended"), "{listed}");
    assert!(listed["because"].as_str().unwrap().contains("no role"), "{listed}");
    let (_, idle) = firm.owner().post("/keys", json!({ "kind": "workspace", "label": "idle" }));
    assert!(idle["warning"].as_str().unwrap().contains("does nothing"), "{idle}");

    assert_eq!(firm.owner().patch(&format!("/keys/{id}"), json!({ "role": "member" })).0, 200);
    assert_eq!((key.get("/members").0, calls()), (200, true));
}

// rows: TW-7
#[test]
fn a_key_whose_role_ends_does_nothing_until_somebody_gives_it_another() {
    let (upstreams, firm) = (Upstreams::start(), Firm::of("crm"));
    firm.connect_stripe(&upstreams);
    firm.role(json!({ "id": "narrow", "title": "Narrow", "permissions": ["organization.view"],
        "assignable_to": { "keys": true } }));
    let (id, key) = workspace_key(&firm, json!({ "scope": "all", "role": "narrow" }));
    let mcp = firm.mcp_with(&key.key);
    assert!(!mcp.tools().is_empty());
    assert_eq!(key.get("/members").0, 403);

    let (status, gone) = firm.owner().delete("/roles/narrow");
    assert!(matches!(status, 200 | 204), "{gone}");
    // Without a role it would be as the default one, which sees members: more than it ever had.
    assert_eq!((key.get("").0, key.get("/members").0), (403, 403));
    assert!(mcp.tools().is_empty() && !succeeded(&mcp.call("stripe__list_customers", json!({}))));
    let listed = key_as_listed(&firm.owner(), &id);
    assert_eq!((&listed["state"], &listed["role"]), (&json!("suspended"), &Value::Null), "{listed}");

    assert_eq!(firm.owner().patch(&format!("/keys/{id}"), json!({ "role": null })).0, 200, "somebody has looked at it");
    assert_eq!(key_as_listed(&firm.owner(), &id)["state"], json!("active"));
    assert_eq!(key.get("/members").0, 200);
}

// rows: C-24, WJ-28
#[test]
fn keys_of_somebody_who_is_demoted_are_suspended_at_once_listed_so_and_work_again_after_promotion() {
    let (upstreams, firm) = (Upstreams::start(), Firm::as_founded("workjet"));
    firm.connect_stripe(&upstreams);
    let adam = firm.hire("adam", "admin");
    let mona = firm.hire("mona", "member");
    assert_eq!(mona.api.get("").0, 401, "members hold no keys here");
    let second = adam.api.post("/keys", json!({ "kind": "personal", "label": "second" })).1;
    let (id, mcp) = (second["id"].as_str().unwrap().to_owned(), firm.mcp_with(second["secret"].as_str().unwrap()));
    assert!(!mcp.tools().is_empty());

    let path = format!("/members/{}", adam.id);
    assert_eq!(firm.owner().patch(&path, json!({ "role": "member" })).0, 200);
    assert_eq!(adam.api.get("").0, 401);
    assert_eq!(mcp.call("stripe__list_customers", json!({})).status, 401);
    let listed = key_as_listed(&firm.owner(), &id);
    assert_eq!((&listed["state"], &listed["holder"]["id"]), (&json!("suspended"), &json!(adam.id)), "{listed}");
    assert!(listed["because"].as_str().unwrap().contains("may not have personal keys"), "{listed}");

    assert_eq!(firm.owner().patch(&path, json!({ "role": "admin" })).0, 200);
    assert_eq!(adam.api.get("").0, 200);
    assert!(!mcp.tools().is_empty());
    assert_eq!(key_as_listed(&firm.owner(), &id)["state"], json!("active"));
}

// rows: C-7, WJ-28
#[test]
fn who_may_not_have_keys_makes_none_and_who_may_not_manage_them_sees_none_of_others() {
    let firm = Firm::as_founded("workjet");
    let adam = firm.hire("adam", "admin");
    assert_eq!(adam.api.post("/keys", json!({ "kind": "personal", "label": "mine" })).0, 201);
    assert_eq!(adam.api.post("/keys", json!({ "kind": "workspace", "label": "bot", "role": "member" })).0, 201);
    firm.set("keys.personal", json!("everyone"));
    let mona = firm.hire("mona", "member");
    assert_eq!(mona.api.post("/keys", json!({ "kind": "personal", "label": "mine" })).0, 201);
    assert_eq!(mona.api.post("/keys", json!({ "kind": "workspace", "label": "bot" })).0, 403);
    let (_, seen) = mona.api.get("/keys");
    let whose = |key: &Value| key["holder"]["id"] == json!(mona.id);
    assert_eq!(seen["items"].as_array().unwrap().len(), 2);
    assert!(seen["items"].as_array().unwrap().iter().all(whose), "{seen}");

    let (status, refused) = firm.owner().post("/keys", json!({ "kind": "agent", "label": "x" }));
    assert_eq!((status, &refused["field"]), (422, &json!("agent")), "{refused}");
    for (stray, kind) in
        [("role", "personal"), ("holder", "workspace"), ("acting_for", "workspace"), ("scope", "agent")]
    {
        let mut new = json!({ "kind": kind, "label": "x" });
        new[stray] = json!("all");
        if kind == "agent" {
            new["agent"] = json!("agt_00000000000000000000");
        }
        let (status, refused) = firm.owner().post("/keys", new);
        assert_eq!((status, &refused["field"]), (422, &json!(stray)), "{refused}");
    }
}
