//! What agents do for people: it stands in the record of each, and what they may is told like anybody's.

use serde_json::{Value, json};

use crate::firm::{Firm, Person, each, told};
use crate::things::made;
use crate::upstreams::Upstreams;
use crate::world::{Mcp, succeeded};

/// A company in which an agent reads Stripe, and reads it for Fay.
struct Stage {
    firm: Firm,
    _upstreams: Upstreams,
    fay: Person,
    agent: String,
    /// Ids of the agent's keys, and the doors that they open.
    alone: (String, Mcp),
    for_fay: (String, Mcp),
}

fn agent_key(firm: &Firm, agent: &str, acting_for: Option<&str>) -> (String, Mcp) {
    let new = json!({ "kind": "agent", "label": "scout", "agent": agent, "acting_for": acting_for });
    let (status, key) = firm.owner().post("/keys", new);
    assert_eq!(status, 201, "{key}");
    let text = |name: &str| key[name].as_str().expect("a text").to_owned();
    (text("id"), firm.mcp_with(&text("secret")))
}

fn stage() -> Stage {
    let (upstreams, firm) = (Upstreams::start(), Firm::of("balanced"));
    firm.connect_stripe(&upstreams);
    let fay = firm.hire("fay", "member");
    let agent = made(&firm.owner(), "/agents", json!({ "title": "Scout", "role": "service" }));
    for (to, profile) in [(format!("/agents/{agent}"), "no-delete"), (format!("/members/{}", fay.id), "read-only")] {
        let path = format!("{to}/integrations/stripe");
        assert_eq!(firm.owner().put(&path, json!({ "profile": profile })).0, 200);
    }
    assert_eq!(fay.api.put(&format!("/agents/{agent}/delegations/me"), json!({})).0, 200);
    let alone = agent_key(&firm, &agent, None);
    let for_fay = agent_key(&firm, &agent, Some(&fay.email));
    Stage { firm, _upstreams: upstreams, fay, agent, alone, for_fay }
}

fn reads(mcp: &Mcp) {
    assert!(succeeded(&mcp.call("stripe__list_customers", json!({ "limit": 1 }))));
}

// rows: PW-61
#[test]
fn a_persons_own_record_holds_what_agents_did_for_them_and_nothing_that_they_did_alone() {
    let Stage { firm, fay, agent, alone, for_fay, _upstreams } = stage();
    reads(&firm.mcp(&fay));
    reads(&for_fay.1);
    reads(&alone.1);
    reads(&for_fay.1);
    let whose = |record: &Value| -> Vec<(String, String)> {
        let items = record["items"].as_array().unwrap_or_else(|| panic!("{record}")).clone();
        let id = |value: &Value| value["id"].as_str().unwrap_or_default().to_owned();
        items.iter().map(|entry| (id(&entry["subject"]), id(&entry["acting_for"]))).collect()
    };
    let (mine, by_scout) = ((fay.id.clone(), String::new()), (agent.clone(), fay.id.clone()));
    let path = "/audit?kind=calls&status=succeeded";
    assert_eq!(whose(&fay.api.get(path).1), [by_scout.clone(), by_scout.clone(), mine.clone()]);
    let all_of_fay = firm.owner().get(&format!("{path}&subject={}", fay.id)).1;
    assert_eq!(whose(&all_of_fay), [by_scout.clone(), by_scout.clone(), mine]);
    assert_eq!(whose(&firm.owner().get(&format!("{path}&subject={agent}")).1).len(), 3);
    // Page by page it is the same.
    let (mut cursor, mut paged) = (String::new(), Vec::new());
    loop {
        let (status, page) = fay.api.get(&format!("{path}&limit=1{cursor}"));
        assert_eq!(status, 200, "{page}");
        paged.extend(whose(&page));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!((paged.len(), paged[0] == by_scout), (3, true), "{paged:?}");

    // What it changes for her is a part of it, too.
    let (_, key) = firm
        .owner()
        .post("/keys", json!({ "kind": "agent", "label": "writer", "agent": agent, "acting_for": fay.email }));
    firm.role(json!({ "id": "maker", "title": "Maker", "assignable_to": { "agents": true },
        "permissions": ["organization.view", "project.view", "project.create", "project.edit"] }));
    assert_eq!(firm.owner().patch(&format!("/agents/{agent}"), json!({ "role": "maker" })).0, 200);
    let scout = firm.with(key["secret"].as_str().expect("a secret"));
    assert_eq!(scout.post("/resources", json!({ "kind": "project", "title": "Atlas" })).0, 201);
    let (_, changes) = fay.api.get("/audit?kind=changes");
    assert_eq!(changes["items"][0]["type"], json!("resource.registered"), "{changes}");
    assert_eq!(changes["items"][0]["acting_for"]["id"], json!(fay.id));
    let others = each(&changes, "type");
    assert!(!others.contains(&"agent.created".to_owned()), "what others did is theirs: {others:?}");
}

#[test]
fn what_an_agent_and_a_key_may_is_told_like_a_members_now_and_as_it_was() {
    let Stage { firm, fay, agent, alone, for_fay, _upstreams } = stage();
    let owner = firm.owner();
    let tools = |path: &str| {
        let (status, access) = owner.get(path);
        assert_eq!(status, 200, "{path}: {access}");
        (access["integrations"][0]["tools"]["callable"].as_u64().unwrap_or_default(), access)
    };
    let (of_agent, told_of_agent) = tools(&format!("/agents/{agent}/access"));
    let (of_fay, _) = tools(&format!("/members/{}/access", fay.id));
    let (with_alone, _) = tools(&format!("/keys/{}/access", alone.0));
    let (with_both, told_of_both) = tools(&format!("/keys/{}/access", for_fay.0));
    assert!(of_agent > of_fay && of_fay > 0, "{of_agent} and {of_fay}");
    assert_eq!((with_alone, with_both), (of_agent, of_fay));
    assert_eq!(of_agent as usize, alone.1.tools().len());
    assert_eq!((&told_of_both["subject"], &told_of_both["acting_for"]), (&json!(agent), &json!(fay.id)));
    assert_eq!((&told_of_agent["role"], &told_of_agent["acting_for"]), (&json!("service"), &Value::Null));

    // As it was: after each change it can be asked for the one before.
    let seq = told_of_agent["seq"].as_u64().expect("a number");
    assert_eq!(owner.delete(&format!("/agents/{agent}/integrations/stripe")).0, 204);
    assert_eq!(owner.delete(&format!("/keys/{}", for_fay.0)).0, 204);
    assert_eq!(tools(&format!("/agents/{agent}/access")).0, 0);
    assert_eq!(tools(&format!("/agents/{agent}/access?at={seq}")).0, of_agent);
    let (now, access) = tools(&format!("/keys/{}/access", for_fay.0));
    assert_eq!((now, &access["permissions"]), (0, &json!([])), "it does not work any more");
    assert_eq!(tools(&format!("/keys/{}/access?at={seq}", for_fay.0)).0, of_fay);
    assert_eq!(tools(&format!("/members/{}/access?at={seq}", fay.email)).0, of_fay);
    assert_eq!(told(&owner.get(&format!("/keys/{}/access?at=1", alone.0))), (422, "invalid"));
    assert_eq!(told(&owner.get(&format!("/agents/{agent}/access?at=1"))).0, 404, "there was no such agent yet");
    assert_eq!(told(&owner.get(&format!("/members/{}/access?at=99999", fay.id))), (422, "invalid"));

    // About others only those ask who may explain access; about oneself anybody.
    let mona = firm.hire("mona", "member");
    let nobodys = format!("key_{}", "0".repeat(20));
    for path in
        [format!("/agents/{agent}/access"), format!("/keys/{}/access", alone.0), format!("/keys/{nobodys}/access")]
    {
        assert_eq!(told(&mona.api.get(&path)), (403, "lacks-permission"), "{path}");
    }
    assert_eq!(told(&owner.get(&format!("/keys/{nobodys}/access"))).0, 404);
    let (_, keys) = mona.api.get("/keys");
    let (status, own) = mona.api.get(&format!("/keys/{}/access", keys["items"][0]["id"].as_str().expect("an id")));
    assert_eq!((status, &own["subject"]), (200, &json!(mona.id)), "{own}");
}
