//! Suspension: everything of a member stands still at once, nothing is lost, and restoring gives it back.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use crate::firm::{Firm, each, told};
use crate::removal::hammer;
use crate::things::made;
use crate::upstreams::Upstreams;
use crate::world::{Demo, Mcp, count, lines_of, succeeded, wait_for};

fn reads(mcp: &Mcp) -> bool {
    succeeded(&mcp.call("stripe__list_customers", json!({ "limit": 1 })))
}

#[test]
fn of_the_calls_sent_after_the_suspension_was_answered_none_reaches_the_upstream() {
    let demo = Demo::start();
    let wanted = count(5_000, 100_000);
    let admin = demo.api(&demo.key_of("Head of operations"));
    let new =
        json!({ "email": "hammer@example.com", "name": "Hammer", "role": "member", "issue_key": { "label": "h" } });
    let (status, added) = admin.post("/members", new);
    assert_eq!(status, 201, "{added}");
    let path = "/members/hammer@example.com";
    let grant = json!({ "profile": "no-delete" });
    assert_eq!(admin.put(&format!("{path}/integrations/stripe"), grant).0, 200);
    let key = added["key"]["secret"].as_str().unwrap();
    let (mut sent, mut round, mut late_reached) = (0, 0, 0);
    // The same person each time: to be restored is to be let in again, with the same key.
    while sent < wanted {
        round += 1;
        let suspend = || assert_eq!(admin.post(&format!("{path}/suspend"), json!({})).0, 200);
        let (round_sent, late) = hammer(&demo, key, round, suspend);
        sent += round_sent;
        late_reached += late;
        let (status, restored) = admin.post(&format!("{path}/restore"), json!({}));
        assert_eq!((status, &restored["status"]), (200, &json!("active")), "{restored}");
        assert!(reads(&demo.mcp(key)));
    }
    println!("soak: suspension: {sent} requests in {round} rounds, {late_reached} late ones reached the upstream");
    assert_eq!(late_reached, 0);
}

#[test]
fn an_open_stream_of_somebody_who_is_suspended_ends_within_a_second() {
    let demo = Demo::start();
    let admin = demo.api(&demo.key_of("Head of operations"));
    let sales = demo.person("Sales representative")["email"].as_str().unwrap().to_owned();
    let params = json!({
        "name": "salesforce__bulk_export", "arguments": { "steps": 600, "step_ms": 100 },
        "_meta": { "progressToken": "p" },
    });
    let mcp = demo.mcp(&demo.key_of("Sales representative"));
    let answer = mcp.send("tools/call", Some("salesforce__bulk_export"), params).expect("an answer");
    let mut lines = lines_of(answer.into_body());
    assert!(lines.any(|line| line.is_ok_and(|line| line.contains("notifications/progress"))), "the stream runs");
    let asked = Instant::now();
    assert_eq!(admin.post(&format!("/members/{sales}/suspend"), json!({})).0, 200);
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    assert!(asked.elapsed() < Duration::from_secs(1), "it ended after {:?}", asked.elapsed());
    assert!(!rest.iter().any(|line| line.contains("structuredContent")), "nothing of a result is released: {rest:?}");
    wait_for("the outcome", || {
        let (_, audit) = admin.get(&format!("/audit?kind=calls&subject={sales}&status=cut"));
        audit["items"].as_array().filter(|items| !items.is_empty()).cloned()
    });
}

#[test]
fn keys_and_agents_of_somebody_who_is_suspended_stand_still_and_go_on_when_they_are_restored() {
    let (upstreams, acme) = (Upstreams::start(), Firm::of("balanced"));
    acme.connect_stripe(&upstreams);
    acme.role(json!({ "id": "clerk", "title": "Clerk", "permissions": ["organization.view", "agent.view"] }));
    let fay = acme.hire("fay", "clerk");
    let agent = |title: &str, sponsor: &str| {
        let new = json!({ "title": title, "role": "service", "sponsor": sponsor });
        made(&acme.owner(), "/agents", new)
    };
    let (hers, owners) = (agent("Hers", &fay.email), agent("Other", "owner@example.com"));
    assert_eq!(fay.api.put(&format!("/agents/{owners}/delegations/me"), json!({})).0, 200);
    for to in [format!("/members/{}", fay.id), format!("/agents/{hers}"), format!("/agents/{owners}")] {
        let given = acme.owner().put(&format!("{to}/integrations/stripe"), json!({ "profile": "read-only" }));
        assert_eq!(given.0, 200, "{given:?}");
    }
    let key = |agent: &str, acting_for: Option<&str>| {
        let new = json!({ "kind": "agent", "label": "k", "agent": agent, "acting_for": acting_for });
        let (status, key) = acme.owner().post("/keys", new);
        assert_eq!(status, 201, "{key}");
        key["secret"].as_str().unwrap().to_owned()
    };
    let (of_hers, for_her, alone) = (key(&hers, None), key(&owners, Some(&fay.email)), key(&owners, None));
    let doors = [acme.mcp(&fay), acme.mcp_with(&of_hers), acme.mcp_with(&for_her), acme.mcp_with(&alone)];
    assert_eq!(doors.each_ref().map(reads), [true; 4]);

    let (status, suspended) = acme.owner().post(&format!("/members/{}/suspend", fay.id), json!({}));
    assert_eq!((status, &suspended["status"]), (200, &json!("suspended")), "{suspended}");
    assert!(suspended["suspended_at"].is_string(), "{suspended}");
    assert_eq!(doors.each_ref().map(reads), [false, false, false, true], "the other agent goes on for itself");
    let (status, refused) = fay.api.get("");
    assert!(status == 401 && refused.to_string().contains("suspended"), "{status} {refused}");
    assert_eq!(told(&acme.with(&of_hers).get("")), (403, "sponsor-suspended"));
    assert_eq!(told(&acme.with(&for_her).get("")), (403, "member-suspended"));
    let (_, shown) = acme.owner().get(&format!("/agents/{hers}"));
    assert_eq!(shown["state"], json!("sponsor_suspended"), "{shown}");
    let (_, keys) = acme.owner().get("/keys");
    let states: Vec<String> = each(&keys, "state").into_iter().filter(|state| state == "suspended").collect();
    assert_eq!(states.len(), 3, "{keys}");
    // The list of members has them, and says so.
    let listed = |status: &str| each(&acme.owner().get(&format!("/members?status={status}")).1, "email");
    assert_eq!(
        (listed("suspended"), listed("active")),
        (vec![fay.email.clone()], vec!["owner@example.com".to_owned()])
    );
    assert_eq!((listed("present").len(), listed("removed").len()), (2, 0));
    // It is no removal: their address is taken, and nothing new is put into their hands.
    let again = json!({ "email": fay.email, "name": "Fay", "role": "clerk" });
    assert_eq!(told(&acme.owner().post("/members", again)), (422, "already-member"));
    let (status, _) = acme.owner().post(&format!("/members/{}/suspend", fay.id), json!({}));
    assert_eq!(status, 200, "to suspend twice changes nothing");

    let (status, restored) = acme.owner().post(&format!("/members/{}/restore", fay.id), json!({}));
    assert_eq!(
        (status, &restored["status"], &restored["suspended_at"]),
        (200, &json!("active"), &json!(null)),
        "{restored}"
    );
    assert_eq!(doors.each_ref().map(reads), [true; 4]);
    assert_eq!(fay.api.get("").0, 200);
    let (_, audit) = acme.owner().get("/audit?kind=changes&limit=2");
    assert_eq!(each(&audit, "type"), ["member.restored", "member.suspended"], "{audit}");
}

#[test]
fn whoever_is_suspended_by_the_owner_is_not_brought_back_by_their_peers() {
    let acme = Firm::of("pipeworks");
    let (ada, ben) = (acme.hire("ada", "admin"), acme.hire("ben", "admin"));
    let cleo = acme.hire("cleo", "member");
    let path = |who: &crate::firm::Person, what: &str| format!("/members/{}/{what}", who.id);
    assert_eq!(acme.owner().post(&path(&ada, "suspend"), json!({})).0, 200);
    assert_eq!(told(&ben.api.post(&path(&ada, "restore"), json!({}))), (403, "only-owners"));
    assert_eq!(told(&cleo.api.post(&path(&ben, "suspend"), json!({}))), (403, "lacks-permission"));
    assert_eq!(told(&ben.api.post("/members/owner@example.com/suspend", json!({}))), (403, "above-you"));
    // Those whom an admin may take in an admin restores.
    assert_eq!(ben.api.post(&path(&cleo, "suspend"), json!({})).0, 200);
    assert_eq!(ben.api.post(&path(&cleo, "restore"), json!({})).0, 200);
    assert_eq!(acme.owner().post(&path(&ada, "restore"), json!({})).0, 200);
    // The impact can be asked for first.
    let asked = acme.owner().header("wardroom-preview", "true").post(&path(&ada, "suspend"), json!({}));
    assert_eq!(asked.1["events"], json!(["member.suspended"]), "{asked:?}");
    assert_eq!(ada.api.get("").0, 200);
}
