//! Access requests over HTTP, the terminal's contract and MCP: journey 3, from the denial to the end of what was granted.

use serde_json::{Value, json};

use crate::firm::{Firm, Person, told};
use crate::things::made;
use crate::upstreams::Upstreams;
use crate::world::{Api, Demo, McpAnswer, succeeded, wait_for};

const REFUND: &str = "stripe__create_refund";

fn wants(tool: &str) -> Value {
    json!({ "action": "call", "resource": { "type": "tool", "id": tool }, "note": "a customer waits" })
}

/// The demo, where refunding is switched off for the finance manager.
fn without_refunds() -> (Demo, String) {
    let demo = Demo::start();
    let fay = demo.person("Finance manager")["email"].as_str().unwrap().to_owned();
    let off = json!({ "profile": "no-delete", "tools_off": ["create_refund"] });
    let owner = demo.api(&demo.key_of("Owner"));
    assert_eq!(owner.put(&format!("/members/{fay}/integrations/stripe"), off).0, 200);
    (demo, fay)
}

fn text_of(answer: &McpAnswer) -> String {
    answer.message["result"]["content"][0]["text"].as_str().unwrap_or_default().to_owned()
}

fn opened(api: &Api, tool: &str) -> String {
    let (status, opened) = api.post("/requests", wants(tool));
    assert_eq!((status, &opened["state"]), (201, &json!("open")), "{opened}");
    opened["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_denied_refund_is_asked_for_granted_for_a_while_and_denied_again_at_its_end() {
    let (demo, _) = without_refunds();
    let fay = demo.api(&demo.key_of("Finance manager"));
    let admin = demo.api(&demo.key_of("Head of operations"));
    let gateway = demo.mcp(&demo.key_of("Finance manager"));
    let refund = || gateway.call(REFUND, json!({ "charge": "ch_none" }));
    let is_denied = |answer: &McpAnswer| text_of(answer).starts_with("denied: ");

    let denied = refund();
    assert!(is_denied(&denied), "{denied:?}");
    let how = "to ask for it: wardroom request open call tool:stripe/create_refund";
    assert!(text_of(&denied).contains(how), "{denied:?}");
    let machine = &denied.message["result"]["_meta"]["io.wardroom/denial"]["request"];
    assert_eq!((&machine["tool"], &machine["asked"]), (&Value::Null, &Value::Null), "{machine}");
    let request = opened(&fay, "stripe/create_refund");
    let waiting = text_of(&refund());
    assert!(waiting.contains("asked for on 20") && waiting.contains("waiting for "), "{waiting}");

    let (_, listed) = admin.get("/requests?state=open");
    assert_eq!((&listed["items"][0]["id"], &listed["items"][0]["may_decide"]), (&json!(request), &json!(true)));
    let (_, shown) = admin.get(&format!("/requests/{request}"));
    assert_eq!((&shown["note"], &shown["action"]), (&json!("a customer waits"), &json!("call")), "{shown}");
    assert_eq!(shown["resource"], json!({ "type": "tool", "id": "stripe/create_refund" }));
    let impact = shown["remedies"][0]["impact"][0].as_str().unwrap();
    assert!(impact.ends_with("gains 1 tool of stripe"), "{impact}");
    let before = gateway.tools();

    let grant = json!({ "remedy": shown["remedies"][0]["id"], "lasts_s": 4 });
    let tied = demo.api(&demo.key_of("Head of operations")).header("if-match", format!("\"{}\"", shown["seq"]));
    let (status, granted) = tied.post(&format!("/requests/{request}/grant"), grant);
    assert_eq!((status, &granted["state"]), (200, &json!("granted")), "{granted}");
    assert!(!is_denied(&refund()) && gateway.tools().contains(&REFUND.to_owned()));
    let (_, mine) = fay.get(&format!("/requests/{request}"));
    assert_eq!((&mine["until"], &mine["state"]), (&granted["until"], &json!("granted")), "the requester is told");

    wait_for("the end of the grant", || is_denied(&refund()).then_some(()));
    assert_eq!(gateway.tools(), before, "and everything else is as it was");
    let (_, audit) = admin.get("/audit?kind=changes&limit=2");
    let types: Vec<&Value> = audit["items"].as_array().unwrap().iter().map(|change| &change["type"]).collect();
    assert_eq!(types, [&json!("request.granted"), &json!("grant.lent")]);
}

#[test]
fn a_refusal_with_its_reason_is_what_the_next_denial_says() {
    let (demo, _) = without_refunds();
    let fay = demo.api(&demo.key_of("Finance manager"));
    let owner = demo.api(&demo.key_of("Owner"));
    let request = opened(&fay, "stripe/create_refund");
    assert_eq!(owner.post(&format!("/requests/{request}/refuse"), json!({})).0, 422);
    let refused = owner.post(&format!("/requests/{request}/refuse"), json!({ "reason": "ask for each by mail" }));
    assert_eq!((refused.0, &refused.1["reason"]), (200, &json!("ask for each by mail")), "{refused:?}");
    let denied = text_of(&demo.mcp(&demo.key_of("Finance manager")).call(REFUND, json!({})));
    let name = demo.person("Owner")["name"].as_str().unwrap();
    assert!(
        denied.contains(&format!("refused by {name} on 20")) && denied.contains(": ask for each by mail"),
        "{denied}"
    );
    let again = owner.post(&format!("/requests/{request}/grant"), json!({}));
    assert_eq!(told(&again), (409, "request-closed"));
}

#[test]
fn nobody_decides_what_they_could_not_do_by_hand() {
    let (demo, fay_email) = without_refunds();
    let fay = demo.api(&demo.key_of("Finance manager"));
    let owner = demo.api(&demo.key_of("Owner"));
    let new = json!({ "email": "other@example.com", "name": "Other", "role": "member", "issue_key": { "label": "k" } });
    let (_, added) = owner.post("/members", new);
    let other = demo.api(added["key"]["secret"].as_str().unwrap());
    let request = opened(&fay, "stripe/create_refund");
    let path = |rest: &str| format!("/requests/{request}{rest}");
    assert_eq!(other.get("/requests").1["items"], json!([]));
    let nothing = other.get("/requests/req_00000000000000000000");
    assert_eq!(other.get(&path("")), nothing, "another's request is one that is not there");
    for (act, body) in [("/grant", json!({})), ("/refuse", json!({ "reason": "no" })), ("/withdraw", json!({}))] {
        assert_eq!(told(&other.post(&path(act), body)), (404, "not-found"), "{act}");
    }
    assert_eq!(told(&fay.post(&path("/grant"), json!({}))), (403, "lacks-permission"), "nor one's own");
    assert_eq!(owner.get(&path("")).1["state"], json!("open"));
    let allowed = fay.post("/requests", wants("stripe/list_customers"));
    assert_eq!(told(&allowed), (409, "already-allowed"));
    let hidden = fay.post("/requests", wants("salesforce/delete_lead"));
    let absent = fay.post("/requests", wants("nothing/delete_lead"));
    assert_eq!((hidden.0, &hidden), (404, &absent), "what is hidden cannot be probed");
    assert_eq!(owner.delete(&format!("/members/{fay_email}")).0, 200);
    assert_eq!(owner.get(&path("")), nothing, "it went with whoever asked");
    assert_eq!(told(&owner.post(&path("/grant"), json!({}))), (404, "not-found"));
}

#[test]
fn an_agent_asks_with_the_one_tool_that_it_is_given_for_that_and_the_record_says_so() {
    let (upstreams, acme) = (Upstreams::start(), Firm::as_founded("balanced"));
    acme.connect_stripe(&upstreams);
    let owner = acme.owner();
    acme.role(json!({ "id": "clerk", "title": "Clerk", "permissions": ["organization.view", "agent.view"] }));
    let fay = acme.hire("fay", "clerk");
    let agent = made(&owner, "/agents", json!({ "title": "Scout", "role": "service" }));
    for to in [format!("agents/{agent}"), format!("members/{}", fay.id)] {
        assert_eq!(owner.put(&format!("/{to}/integrations/stripe"), json!({ "profile": "read-only" })).0, 200);
    }
    assert_eq!(fay.api.put(&format!("/agents/{agent}/delegations/me"), json!({})).0, 200);
    let (_, key) =
        owner.post("/keys", json!({ "kind": "agent", "label": "s", "agent": agent, "acting_for": fay.email }));
    let scout = acme.mcp_with(key["secret"].as_str().unwrap());
    const ASK: &str = "wardroom__request_access";
    assert_eq!(scout.tools().iter().filter(|tool| *tool == ASK).count(), 1);
    let denied = scout.call("stripe__create_customer", json!({ "name": "Quill" }));
    assert!(text_of(&denied).contains(&format!("to ask for it: call {ASK}, or wardroom")), "{denied:?}");

    let asked = scout.call(ASK, json!({ "tool": "stripe__create_customer", "note": "Quill signed" }));
    assert!(succeeded(&asked), "{asked:?}");
    let id = asked.message["result"]["structuredContent"]["id"].as_str().unwrap().to_owned();
    assert!(text_of(&asked).contains(&id) && text_of(&asked).contains("it waits for"), "{asked:?}");
    let (_, shown) = owner.get(&format!("/requests/{id}"));
    assert_eq!(
        (&shown["requester"]["name"], &shown["acting_for"]["name"]),
        (&json!("Scout"), &json!("fay")),
        "{shown}"
    );
    assert_eq!((&shown["note"], &shown["state"]), (&json!("Quill signed"), &json!("open")));
    assert_eq!(fay.api.get("/requests?mine=true").1["items"][0]["id"], json!(id), "who it asked for sees it");
    let (_, audit) = owner.get(&format!("/audit?kind=calls&subject={agent}&status=succeeded"));
    assert_eq!(audit["items"][0]["tool"], json!(ASK), "{audit}");
    assert_eq!(audit["items"][0]["acting_for"]["name"], json!("fay"));

    let refused = scout.call(ASK, json!({ "tool": "stripe__no_such_tool" }));
    assert!(!succeeded(&refused) && text_of(&refused).contains("there is no such tool"), "{refused:?}");
    assert_eq!(owner.patch("", json!({ "settings": { "requests.agent_tool": false } })).0, 200);
    assert!(!scout.tools().contains(&ASK.to_owned()));
    assert!(!succeeded(&scout.call(ASK, json!({ "tool": "stripe__create_customer" }))));
}

#[test]
fn whoever_puts_people_into_a_team_grants_a_place_in_it_without_deciding_about_roles_there() {
    let acme = Firm::as_founded("balanced");
    acme.set("invite.team", json!("any_member"));
    let host = json!(["organization.view", "member.view", "role.view", "team.view", "team.members"]);
    acme.role(json!({ "id": "host", "title": "Host", "permissions": host }));
    let (host, vera, other) = (acme.hire("hana", "host"), acme.hire("vera", "viewer"), acme.hire("omar", "viewer"));
    let team = acme.team("Sales");
    // By hand she puts people in, and does not change what they are there.
    let place = |person: &Person, role: &str| {
        host.api.put(&format!("/teams/{team}/members/{}", person.id), json!({ "role": role })).0
    };
    assert_eq!((place(&other, "team-member"), place(&other, "team-editor")), (200, 403));

    let wants = json!({ "action": "invite", "resource": { "type": "team", "id": team } });
    let request = made(&vera.api, "/requests", wants);
    let (_, listed) = host.api.get("/requests?state=open");
    assert_eq!(listed["items"][0]["may_decide"], json!(true), "{listed}");
    let (_, shown) = host.api.get(&format!("/requests/{request}"));
    let theirs = shown["remedies"].as_array().unwrap().iter().find(|remedy| remedy["may_make"] == true);
    let grant = json!({ "remedy": theirs.unwrap()["id"] });
    let (status, granted) = host.api.post(&format!("/requests/{request}/grant"), grant);
    assert_eq!((status, &granted["state"]), (200, &json!("granted")), "{granted}");
    assert!(acme.places(&team).contains(&(vera.id.clone(), "team-member".to_owned())));
    assert_eq!(place(&vera, "team-editor"), 403, "nor afterwards");
}
