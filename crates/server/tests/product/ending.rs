//! The end of an organization: who sets it, what becomes of everybody at once, and that it is as it was when it is restored.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::firm::{Firm, each, told};
use crate::removal::hammer;
use crate::sign_in::{found, signed_in};
use crate::world::{Api, Demo, Mcp, Server, WARDROOM, agent, count, lines_of, succeeded, wait_for};

const RESTORE: &str = "/organization/restore";
/// What whoever may not end the organization is told in one that ends.
const ENDS: (u16, &str) = (403, "organization-ending");

fn delete(api: &Api) -> (u16, Value) {
    let slug = api.root.rsplit('/').next().unwrap().to_owned();
    api.delete(&format!("?confirm={slug}"))
}

fn restore(api: &Api) {
    let (status, back) = api.post(RESTORE, json!({}));
    assert_eq!((status, &back["deletes_at"]), (200, &Value::Null), "{back}");
}

// rows: WJ-30
#[test]
fn the_owner_alone_deletes_the_organization_and_nothing_is_done_in_it_until_it_is_restored() {
    let firm = Firm::of("workjet");
    let owner = firm.owner();
    let (ada, mia) = (firm.hire("ada", "admin"), firm.hire("mia", "member"));
    for person in [&ada, &mia] {
        assert_eq!(told(&delete(&person.api)), (403, "lacks-permission"));
    }
    // Nobody deletes by mistake, and to ask what it would do deletes nothing.
    for typed in ["", "?confirm=", "?confirm=FIRM", "?confirm=other"] {
        assert_eq!(told(&owner.delete(typed)), (422, "not-confirmed"), "{typed}");
    }
    assert_eq!(told(&owner.delete("?confirmed=firm")).0, 422);
    let (status, impact) = owner.header("wardroom-preview", "true").delete("");
    assert_eq!(status, 200, "{impact}");
    assert!(impact["summary"].to_string().contains("mia: loses"), "{impact}");
    let owner = firm.owner();
    assert_eq!(owner.get("").1["deletes_at"], Value::Null);
    assert_eq!(told(&owner.patch("", json!({ "settings": { "organization.delete_after_days": 0 } }))).0, 422);
    firm.set("organization.delete_after_days", json!(7));

    let (status, ending) = delete(&owner);
    assert_eq!(status, 200, "{ending}");
    assert!(ending["deletes_at"].is_string(), "{ending}");
    // Whoever may end it looks and takes it back; everybody else does nothing, by any door.
    assert_eq!((told(&ada.api.get("")), told(&mia.api.get(""))), (ENDS, ENDS));
    let (_, denied) = mia.api.get("/integrations");
    assert!(denied.to_string().contains("ask for it to be restored"), "it is said what helps: {denied}");
    assert_eq!(owner.get("/members").1["items"].as_array().unwrap().len(), 3);
    assert_eq!(owner.get("").1["deletes_at"], ending["deletes_at"]);
    assert_eq!(told(&owner.post("/members", json!({ "email": "new@example.com", "name": "New" }))), ENDS);
    assert_eq!(told(&owner.patch("", json!({ "name": "Other" }))), ENDS);
    assert_eq!(told(&delete(&owner)), ENDS, "a second time");
    assert_eq!(told(&ada.api.post(RESTORE, json!({}))), ENDS);
    for person in [&mia, &ada] {
        let answer = firm.mcp(person).call("stripe__list_customers", json!({}));
        assert_eq!(answer.status, 401, "{answer:?}");
    }
    let (_, audit) = owner.get("/audit?kind=changes&limit=1");
    assert_eq!(each(&audit, "type"), ["organization.deletion_set"], "{audit}");
    let (_, advice) = owner.get("/advice");
    assert_eq!(each(&advice, "code"), ["organization-ending"], "{advice}");
    restore(&owner);
    assert_eq!((ada.api.get("").0, mia.api.get("").0), (200, 200));
    let (_, audit) = owner.get("/audit?kind=changes&limit=1");
    assert_eq!(each(&audit, "type"), ["organization.restored"], "{audit}");
}

#[test]
fn an_admin_deletes_where_admins_may_and_somebody_else_who_may_restores() {
    let firm = Firm::of("swiftask");
    let (ada, mia) = (firm.hire("ada", "admin"), firm.hire("mia", "member"));
    assert_eq!(told(&delete(&mia.api)), (403, "lacks-permission"));
    assert_eq!(delete(&ada.api).0, 200);
    assert_eq!(told(&mia.api.get("")), ENDS);
    restore(&firm.owner());
    assert_eq!(mia.api.get("").0, 200);
    // Who was suspended before does not come back with it.
    let path = format!("/members/{}/suspend", ada.id);
    assert_eq!(firm.owner().post(&path, json!({})).0, 200);
    assert_eq!(delete(&firm.owner()).0, 200);
    assert_eq!(ada.api.get("").0, 401);
    assert_eq!(ada.api.post(RESTORE, json!({})).0, 401, "whoever is suspended restores nothing");
    restore(&firm.owner());
    assert_eq!(ada.api.get("").0, 401);
}

#[test]
fn sessions_open_nothing_there_and_the_other_organization_of_the_same_people_notices_nothing_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let acme = found(folder.path(), "Acme", "ada@example.com");
    let other = found(folder.path(), "Other", "ada@example.com");
    let server = Server::start(folder.path());
    let new = json!({ "email": "bea@example.com", "name": "Bea", "issue_key": { "label": "first" } });
    let hire = |founded: &crate::sign_in::Founded| {
        let (status, added) = Api::at(&server.url, &founded.org, &founded.key).post("/members", new.clone());
        assert_eq!(status, 201, "{added}");
        added["key"]["secret"].as_str().unwrap().to_owned()
    };
    let (here, there) = (hire(&acme), hire(&other));
    let ada = signed_in(&server.url, &acme.link);
    let path = |founded: &crate::sign_in::Founded| format!("/api/v1/orgs/{}", founded.org);
    let (status, ending) = ada.api("DELETE", &format!("{}?confirm=acme", path(&acme)), None);
    assert_eq!(status, 200, "{ending}");
    let audit = || {
        let mut command = Command::new(WARDROOM);
        command.args(["audit", "verify", "--data"]).arg(folder.path()).output().expect("it runs")
    };
    assert!(audit().status.success());
    drop(server);

    let server = Server::start(folder.path());
    let ada = crate::sign_in::Browser { url: server.url.clone(), ..ada };
    let key = |founded: &crate::sign_in::Founded, key: &str| Api::at(&server.url, &founded.org, key);
    assert_eq!(told(&key(&acme, &here).get("")), ENDS);
    assert_eq!(key(&other, &there).get("").0, 200);
    assert_eq!(Mcp::new(&format!("{}/o/acme/mcp", server.url), &here).call("x__y", json!({})).status, 401);
    drop(Mcp::new(&format!("{}/o/other/mcp", server.url), &there).tools());
    // The owner's session opens both: one to work in, one to look at and to restore.
    assert_eq!(ada.get(&path(&acme)).json()["deletes_at"], ending["deletes_at"]);
    assert_eq!(ada.api("PATCH", &path(&acme), Some(json!({ "name": "No" }))).0, 403);
    assert_eq!(ada.api("PATCH", &path(&other), Some(json!({ "name": "Yes" }))).0, 200);
    // A program that asks whether somebody may is told no.
    let decides = |founded: &crate::sign_in::Founded| {
        let body = json!({ "subject": { "type": "user", "id": "bea@example.com" },
            "action": { "name": "organization.view" }, "resource": { "type": "organization", "id": founded.org } });
        let request = agent().post(format!("{}/access/v1/evaluation", server.url));
        let request = request.header("authorization", format!("Bearer {}", founded.key));
        let mut answer = request.header("content-type", "application/json").send(body.to_string()).expect("an answer");
        serde_json::from_str::<Value>(&answer.body_mut().read_to_string().expect("a body")).expect("JSON")["decision"]
            .clone()
    };
    assert_eq!((decides(&acme), decides(&other)), (json!(false), json!(true)));

    let (status, back) = ada.api("POST", &format!("{}{RESTORE}", path(&acme)), None);
    assert_eq!(status, 200, "{back}");
    assert_eq!(key(&acme, &here).get("").0, 200);
    assert_eq!(decides(&acme), json!(true));
}

#[test]
fn of_the_calls_sent_after_the_deletion_was_answered_none_reaches_the_upstream() {
    let demo = Demo::start();
    let wanted = count(3_000, 100_000);
    let owner = demo.api(&demo.key_of("Owner"));
    let new =
        json!({ "email": "hammer@example.com", "name": "Hammer", "role": "member", "issue_key": { "label": "h" } });
    let (status, added) = owner.post("/members", new);
    assert_eq!(status, 201, "{added}");
    let grant = json!({ "profile": "no-delete" });
    assert_eq!(owner.put("/members/hammer@example.com/integrations/stripe", grant).0, 200);
    let key = added["key"]["secret"].as_str().unwrap();
    let (mut sent, mut round, mut late_reached) = (0, 0, 0);
    while sent < wanted {
        round += 1;
        let (round_sent, late) = hammer(&demo, key, round, || {
            let (status, ending) = delete(&owner);
            assert_eq!(status, 200, "{ending}");
        });
        sent += round_sent;
        late_reached += late;
        restore(&owner);
        let again = demo.mcp(key).call("stripe__list_customers", json!({ "limit": 1 }));
        assert!(succeeded(&again), "{again:?}");
    }
    println!("soak: deletion: {sent} requests in {round} rounds, {late_reached} late ones reached the upstream");
    assert_eq!(late_reached, 0);
}

#[test]
fn open_streams_end_within_a_second_also_of_whoever_deletes() {
    let demo = Demo::start();
    let owner = demo.api(&demo.key_of("Owner"));
    let params = json!({
        "name": "salesforce__bulk_export", "arguments": { "steps": 600, "step_ms": 100 },
        "_meta": { "progressToken": "p" },
    });
    let calls = ["Owner", "Sales representative"].map(|title| {
        let mcp = demo.mcp(&demo.key_of(title));
        let answer = mcp.send("tools/call", Some("salesforce__bulk_export"), params.clone()).expect("an answer");
        let mut lines = lines_of(answer.into_body());
        assert!(lines.any(|line| line.is_ok_and(|line| line.contains("notifications/progress"))), "the stream runs");
        lines
    });
    let listening = ["Owner", "Sales representative"].map(|title| {
        let mcp = demo.mcp(&demo.key_of(title));
        let params = json!({ "notifications": { "toolsListChanged": true } });
        let answer = mcp.send("subscriptions/listen", None, params).expect("an answer");
        let mut lines = lines_of(answer.into_body());
        assert!(lines.any(|line| line.is_ok_and(|line| line.contains("acknowledged"))), "it listens");
        lines
    });
    let asked = Instant::now();
    assert_eq!(delete(&owner).0, 200);
    for lines in calls {
        let rest: Vec<String> = lines.map_while(Result::ok).collect();
        assert!(!rest.iter().any(|line| line.contains("structuredContent")), "nothing of a result: {rest:?}");
    }
    for lines in listening {
        lines.for_each(drop);
    }
    assert!(asked.elapsed() < Duration::from_secs(1), "they ended after {:?}", asked.elapsed());
    wait_for("the outcomes", || {
        let (_, audit) = owner.get("/audit?kind=calls&status=cut");
        audit["items"].as_array().filter(|items| items.len() == 2).cloned()
    });
}
