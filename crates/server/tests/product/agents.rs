//! Agents: an identity of their own, grants, keys, and acting for people with the intersection of both.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::firm::Firm;
use crate::things::made;
use crate::upstreams::Upstreams;
use crate::world::{Api, Demo, Mcp, lines_of, succeeded, wait_for};

/// A key of an agent: its secret.
fn agent_key(api: &Api, agent: &str, acting_for: Option<&str>) -> String {
    let mut new = json!({ "kind": "agent", "label": "scout", "agent": agent });
    if let Some(person) = acting_for {
        new["acting_for"] = json!(person);
    }
    let (status, key) = api.post("/keys", new);
    assert_eq!(status, 201, "{key}");
    key["secret"].as_str().expect("a secret").to_owned()
}

fn refund(mcp: &Mcp) -> bool {
    succeeded(&mcp.call("stripe__create_refund", json!({ "charge": "ch_1" })))
        || succeeded(&mcp.call("stripe__create_customer", json!({ "name": "Quill", "email": "q@example.org" })))
}

fn reads(mcp: &Mcp) -> bool {
    succeeded(&mcp.call("stripe__list_customers", json!({ "limit": 1 })))
}

// rows: TW-38, TW-39
#[test]
fn an_agent_calls_what_it_was_given_under_its_own_name_and_nothing_else() {
    let demo = Demo::start();
    let admin = demo.api(&demo.key_of("Head of operations"));
    let agent = made(&admin, "/agents", json!({ "title": "Scout" }));
    let secret = agent_key(&admin, &agent, None);
    assert!(secret.starts_with("wra_"), "an agent's key shows what it is");
    let scout = demo.mcp(&secret);
    assert_eq!(scout.tools(), Vec::<String>::new());
    assert!(!reads(&scout));

    let path = format!("/agents/{agent}/integrations/stripe");
    assert_eq!(admin.put(&path, json!({ "profile": "no-delete" })).0, 200);
    let tools = scout.tools();
    assert!(!tools.is_empty() && tools.iter().all(|name| name.starts_with("stripe__")), "{tools:?}");
    assert!(reads(&scout));
    let (_, audit) = admin.get(&format!("/audit?kind=calls&subject={agent}&status=succeeded"));
    let call = &audit["items"][0];
    assert_eq!((&call["subject"]["id"], &call["subject"]["name"]), (&json!(agent), &json!("Scout")), "{audit}");
    assert_eq!(call["acting_for"], Value::Null);

    assert_eq!(admin.delete(&path).0, 204);
    assert!(!reads(&scout) && scout.tools().is_empty(), "taken away at once");
}

// rows: TW-44, PW-26, PW-61
#[test]
fn an_agent_that_acts_for_a_person_may_what_both_may_and_the_record_names_both() {
    let (upstreams, acme) = (Upstreams::start(), Firm::of("balanced"));
    acme.connect_stripe(&upstreams);
    acme.role(json!({ "id": "clerk", "title": "Clerk", "permissions": ["organization.view", "agent.view"] }));
    let fay = acme.hire("fay", "clerk");
    let agent = made(&acme.owner(), "/agents", json!({ "title": "Scout", "role": "service" }));
    let grant = |to: &str, profile: &str| {
        let (status, set) = acme.owner().put(&format!("/{to}/integrations/stripe"), json!({ "profile": profile }));
        assert_eq!(status, 200, "{set}");
    };
    grant(&format!("agents/{agent}"), "no-delete");

    let (status, refused) =
        acme.owner().post("/keys", json!({ "kind": "agent", "label": "s", "agent": agent, "acting_for": fay.email }));
    assert_eq!((status, &refused["code"]), (422, &json!("no-delegation")), "she has not let it: {refused}");
    let (status, denied) = acme.owner().put(&format!("/agents/{agent}/delegations/{}", fay.id), json!({}));
    assert_eq!(status, 403, "nobody decides that for her: {denied}");
    let (status, set) = fay.api.put(&format!("/agents/{agent}/delegations/me"), json!({}));
    assert_eq!((status, &set["id"]), (200, &json!(fay.id)), "{set}");

    let for_her = acme.mcp_with(&agent_key(&acme.owner(), &agent, Some(&fay.email)));
    let alone = acme.mcp_with(&agent_key(&acme.owner(), &agent, None));
    assert!(for_her.tools().is_empty() && !reads(&for_her), "she has nothing, so for her it has nothing");
    assert!(reads(&alone) && refund(&alone), "in its own name it has what it was given");

    grant(&format!("members/{}", fay.id), "read-only");
    let hers = acme.mcp(&fay).tools();
    assert_eq!(for_her.tools(), hers, "the smaller of both is hers");
    assert!(reads(&for_her) && !refund(&for_her) && refund(&alone));
    grant(&format!("members/{}", fay.id), "full");
    assert_eq!(for_her.tools(), alone.tools(), "the smaller of both is the agent's");
    assert!(refund(&for_her));

    let (_, audit) = acme.owner().get(&format!("/audit?kind=calls&subject={agent}"));
    let call = &audit["items"][0];
    assert_eq!(call["subject"]["name"], json!("Scout"), "{call}");
    assert_eq!(call["acting_for"], json!({ "id": fay.id, "name": "fay" }), "{call}");
}

// rows: TW-44, PW-51
#[test]
fn ending_the_delegation_suspending_the_agent_or_removing_its_sponsor_bites_on_the_next_request() {
    let (upstreams, acme) = (Upstreams::start(), Firm::of("balanced"));
    acme.connect_stripe(&upstreams);
    acme.role(json!({ "id": "clerk", "title": "Clerk", "permissions": ["organization.view", "agent.view"] }));
    let (fay, sponsor) = (acme.hire("fay", "clerk"), acme.hire("sponsor", "member"));
    let new = json!({ "title": "Scout", "role": "service", "sponsor": sponsor.email });
    let agent = made(&acme.owner(), "/agents", new);
    let path = |rest: &str| format!("/agents/{agent}{rest}");
    for to in [path(""), format!("/members/{}", fay.id)] {
        assert_eq!(acme.owner().put(&format!("{to}/integrations/stripe"), json!({})).0, 200);
    }
    assert_eq!(fay.api.put(&path("/delegations/me"), json!({})).0, 200);
    let alone = acme.mcp_with(&agent_key(&acme.owner(), &agent, None));
    let for_her = acme.mcp_with(&agent_key(&acme.owner(), &agent, Some(&fay.email)));
    let works = |mcp: &Mcp| reads(mcp) && !mcp.tools().is_empty();
    assert!(works(&alone) && works(&for_her));

    let before = upstreams.stats().calls_total();
    assert_eq!(fay.api.delete(&path("/delegations/me")).0, 204);
    assert_eq!(for_her.call("stripe__list_customers", json!({})).status, 401, "its keys for her end with it");
    assert!(works(&alone));

    assert_eq!(acme.owner().patch(&path(""), json!({ "suspended": true })).0, 200);
    assert!(!reads(&alone));
    let (_, shown) = acme.owner().get(&path(""));
    assert_eq!(shown["state"], json!("suspended"), "{shown}");
    let (_, keys) = acme.owner().get("/keys");
    let of_agent = keys["items"].as_array().unwrap().iter().find(|key| key["kind"] == "agent").expect("its key");
    assert_eq!((&of_agent["state"], &of_agent["agent"]["name"]), (&json!("suspended"), &json!("Scout")), "{of_agent}");
    assert_eq!(acme.owner().patch(&path(""), json!({ "suspended": false })).0, 200);
    assert!(works(&alone));

    assert_eq!(acme.owner().delete(&format!("/members/{}", sponsor.id)).0, 200);
    assert!(!reads(&alone));
    assert_eq!(acme.owner().get(&path("")).1["state"], json!("awaits_sponsor"));
    assert_eq!(acme.owner().patch(&path(""), json!({ "sponsor": fay.email })).0, 200);
    assert!(works(&alone), "somebody answers for it again");

    assert_eq!(acme.owner().delete(&path("")).0, 204);
    assert_eq!(alone.call("stripe__list_customers", json!({})).status, 401);
    assert_eq!(acme.owner().get(&path("")).0, 404);
    // Three rounds of a working agent came through after `before`, and nothing of what was denied.
    assert_eq!(upstreams.stats().calls_total() - before, 3);
}

// rows: TW-44, PA-40
#[test]
fn an_open_stream_of_an_agent_ends_with_the_delegation_under_which_it_began() {
    let demo = Demo::start();
    let owner = demo.api(&demo.key_of("Owner"));
    let agent = made(&owner, "/agents", json!({ "title": "Scout" }));
    assert_eq!(owner.put(&format!("/agents/{agent}/integrations/salesforce"), json!({ "profile": "full" })).0, 200);
    assert_eq!(owner.put(&format!("/agents/{agent}/delegations/me"), json!({})).0, 200);
    let me = demo.person("Owner")["email"].as_str().unwrap().to_owned();
    let scout = demo.mcp(&agent_key(&owner, &agent, Some(&me)));
    let params = json!({ "name": "salesforce__bulk_export", "arguments": { "steps": 600, "step_ms": 100 },
        "_meta": { "progressToken": "p" } });
    let answer = scout.send("tools/call", Some("salesforce__bulk_export"), params).expect("an answer");
    let mut lines = lines_of(answer.into_body());
    assert!(lines.any(|line| line.is_ok_and(|line| line.contains("notifications/progress"))), "the stream runs");

    let asked = Instant::now();
    assert_eq!(owner.delete(&format!("/agents/{agent}/delegations/me")).0, 204);
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    assert!(asked.elapsed() < Duration::from_secs(1), "it ended after {:?}", asked.elapsed());
    assert!(!rest.iter().any(|line| line.contains("structuredContent")), "nothing of a result is released: {rest:?}");
    let cut = wait_for("the outcome", || {
        let (_, audit) = owner.get(&format!("/audit?kind=calls&subject={agent}&status=cut"));
        audit["items"].as_array().filter(|items| !items.is_empty()).cloned()
    });
    assert_eq!(cut[0]["acting_for"]["name"], demo.person("Owner")["name"], "{cut:?}");
}

// rows: TW-39, PW-61
#[test]
fn a_change_that_an_agent_makes_for_a_person_names_both() {
    let firm = Firm::of("balanced");
    firm.role(json!({ "id": "scribe", "title": "Scribe", "assignable_to": { "agents": true },
        "permissions": ["organization.view", "project.view", "project.create", "project.edit"] }));
    let owner = firm.owner();
    let agent = made(&owner, "/agents", json!({ "title": "Scout", "role": "scribe" }));
    assert_eq!(owner.put(&format!("/agents/{agent}/delegations/me"), json!({})).0, 200);
    let for_owner = firm.with(&agent_key(&owner, &agent, Some("owner@example.com")));
    let atlas = made(&for_owner, "/resources", json!({ "kind": "project", "title": "Atlas" }));
    assert_eq!(owner.get(&format!("/resources/{atlas}")).1["created_by"]["id"], json!(agent));
    let (_, audit) = owner.get("/audit?kind=changes&limit=1");
    let change = &audit["items"][0];
    assert_eq!(
        (&change["type"], &change["actor"]["name"]),
        (&json!("resource.registered"), &json!("Scout")),
        "{change}"
    );
    assert_eq!(change["acting_for"]["name"], owner.get("").1["you"]["name"], "{change}");
}

// rows: TW-38
#[test]
fn an_agent_gets_only_roles_that_agents_may_have_from_those_who_may_give_them() {
    let acme = Firm::of("balanced");
    let admin = acme.hire("adam", "admin").api;
    let (status, refused) = admin.post("/agents", json!({ "title": "Scout", "role": "member" }));
    assert_eq!((status, &refused["code"]), (422, &json!("role-not-for-agents")), "{refused}");
    let (status, refused) = admin.post("/agents", json!({ "title": "Scout", "role": "nothing-like-it" }));
    assert_eq!((status, &refused["field"]), (422, &json!("role")), "{refused}");
    acme.role(json!({ "id": "steward", "title": "Steward", "permissions": ["organization.view", "member.view",
        "member.add"], "assignable_to": { "agents": true } }));
    let (status, denied) = admin.post("/agents", json!({ "title": "Scout", "role": "steward" }));
    assert_eq!(status, 403, "it manages, and an admin makes nobody manage here: {denied}");

    let agent = made(&admin, "/agents", json!({ "title": "Scout", "role": "service" }));
    let path = format!("/agents/{agent}");
    assert_eq!(admin.patch(&path, json!({ "role": "steward" })).0, 403);
    assert_eq!(admin.get(&path).1["role"], json!("service"), "nothing happened");
    assert_eq!(acme.owner().patch(&path, json!({ "role": "steward" })).1["role"], json!("steward"));
    let (status, both) = acme.owner().patch(&path, json!({ "role": null, "title": "Both" }));
    assert_eq!((status, &both["field"]), (422, &json!("role")), "{both}");
    assert_eq!(acme.owner().patch(&path, json!({ "role": null })).1["role"], Value::Null);

    let viewer = acme.hire("vera", "viewer").api;
    for answer in [viewer.get("/agents"), viewer.post("/agents", json!({ "title": "Mine" }))] {
        assert_eq!(answer.0, 403, "{answer:?}");
    }
    let auditor = acme.hire("audrey", "auditor").api;
    assert_eq!(auditor.get("/agents").1["items"][0]["title"], json!("Scout"));
    assert_eq!(auditor.patch(&path, json!({ "suspended": true })).0, 403);
    assert_eq!(auditor.delete(&path).0, 403);
}

// rows: TW-7
#[test]
fn an_agent_whose_role_ends_waits_for_another_and_one_that_was_suspended_by_hand_stays_so() {
    let acme = Firm::of("balanced");
    acme.role(json!({ "id": "bots", "title": "Bots", "permissions": ["organization.view"],
        "assignable_to": { "agents": true, "keys": true } }));
    let agent = |title: &str| made(&acme.owner(), "/agents", json!({ "title": title, "role": "bots" }));
    let (waiting, stopped) = (agent("Waiting"), agent("Stopped"));
    let state = |agent: &str| acme.owner().get(&format!("/agents/{agent}")).1["state"].clone();
    let patch = |agent: &str, change: Value| assert_eq!(acme.owner().patch(&format!("/agents/{agent}"), change).0, 200);
    patch(&stopped, json!({ "suspended": true }));
    let works = acme.with(&agent_key(&acme.owner(), &waiting, None));
    assert_eq!(works.get("").1["you"]["role"], json!("bots"));

    let (status, gone) = acme.owner().delete("/roles/bots");
    assert!(matches!(status, 200 | 204), "{gone}");
    assert_eq!((state(&waiting), state(&stopped)), (json!("awaits_role"), json!("suspended")));
    assert_eq!(works.get("").0, 403, "it could otherwise gain by losing its role");
    for agent in [&waiting, &stopped] {
        patch(agent, json!({ "role": "service" }));
    }
    assert_eq!((state(&waiting), state(&stopped)), (json!("active"), json!("suspended")));
    assert_eq!(works.get("").0, 200);
}
