//! Keys: shown once, last use noted, renewed, ended, narrowed for good.

use serde_json::json;

use crate::world::{Demo, succeeded, wait_for};

// rows: PW-20, PW-22, PW-24
#[test]
fn everyone_makes_their_own_key_and_a_renewed_one_ends_the_old_at_once() {
    let demo = Demo::start();
    let fiona = demo.api(&demo.key_of("Finance manager"));
    let (status, made) = fiona.post("/keys", json!({ "kind": "personal", "label": "laptop" }));
    assert_eq!(status, 201, "{made}");
    let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    assert!(secret.starts_with("wrp_") && !fiona.get("/keys").1.to_string().contains(secret), "shown once");
    let old = demo.mcp(secret);
    assert_eq!(old.tools(), demo.mcp(&fiona.key).tools(), "a personal key is its holder's live rights");
    let used = wait_for("the last use", || {
        let (_, key) = fiona.get(&format!("/keys/{id}"));
        key["last_used"].as_object().cloned()
    });
    assert_eq!((&used["address"], &used["client"]), (&json!("127.0.0.1"), &json!("product-test 1")));

    let (status, renewed) = fiona.post(&format!("/keys/{id}/rotate"), json!({}));
    assert_eq!(status, 200, "{renewed}");
    assert_eq!(old.call("stripe__list_customers", json!({})).status, 401);
    let new = demo.mcp(renewed["secret"].as_str().unwrap());
    assert!(succeeded(&new.call("stripe__list_customers", json!({}))));

    let admin = demo.api(&demo.key_of("Head of operations"));
    let (status, problem) = admin.post(&format!("/keys/{id}/rotate"), json!({}));
    assert_eq!((status, &problem["code"]), (403, &json!("not-yours")), "nobody else learns her secret");
    assert_eq!(admin.delete(&format!("/keys/{id}")).0, 204);
    assert_eq!(new.call("stripe__list_customers", json!({})).status, 401);
}

// rows: PW-28, PW-29, PW-30, PW-32, PW-57, C-9
#[test]
fn a_workspace_key_reaches_everything_until_it_is_narrowed_and_then_never_again() {
    let demo = Demo::start();
    let admin = demo.api(&demo.key_of("Head of operations"));
    let (_, made) = admin.post("/keys", json!({ "kind": "workspace", "label": "automation" }));
    assert!(made["warning"].as_str().is_some_and(|warning| warning.contains("personal keys")), "{made}");
    let id = made["id"].as_str().unwrap();
    let key = demo.mcp(made["secret"].as_str().unwrap());
    assert_eq!(key.tools().len(), demo.mcp(&demo.key_of("Owner")).tools().len());
    let path = format!("/keys/{id}/integrations/stripe");
    assert_eq!(admin.put(&path, json!({ "profile": "read-only" })).0, 200);
    assert!(key.tools().iter().all(|name| name.starts_with("stripe__")));
    assert_eq!(admin.delete(&path).0, 204);
    assert_eq!(key.tools().len(), 0, "nothing is left, never everything");
    let manage = demo.api(&key.key);
    assert_eq!(manage.post("/members", json!({ "email": "x@example.com", "name": "X" })).0, 403);
    let fiona = demo.api(&demo.key_of("Finance manager"));
    assert_eq!(fiona.post("/keys", json!({ "kind": "workspace", "label": "mine" })).0, 403);
    assert_eq!(fiona.get(&format!("/keys/{id}")).0, 404);
}

// rows: PW-49
#[test]
fn a_grant_with_an_end_ends_by_itself() {
    let demo = Demo::start();
    let admin = demo.api(&demo.key_of("Head of operations"));
    let email = demo.person("Finance manager")["email"].as_str().unwrap();
    let path = format!("/members/{email}/integrations/outlook");
    let (status, problem) = admin.put(&path, json!({ "expires_at": "2020-01-01T00:00:00Z" }));
    assert_eq!((status, &problem["field"]), (422, &json!("expires_at")));
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(2);
    let (status, grant) = admin.put(&path, json!({ "expires_at": soon.to_string() }));
    assert_eq!((status, &grant["profile"]), (200, &json!("read-only")), "the smallest profile by default: {grant}");
    let fiona = demo.mcp(&demo.key_of("Finance manager"));
    assert!(fiona.tools().iter().any(|name| name.starts_with("outlook__")));
    wait_for("the end", || fiona.tools().iter().all(|name| name.starts_with("stripe__")).then_some(()));
    assert!(jiff::Timestamp::now() >= soon, "not before");
}

#[test]
fn a_key_that_an_admin_issued_does_not_rise_with_its_holder_to_owner() {
    let demo = Demo::start();
    let (owner, admin) = (demo.api(&demo.key_of("Owner")), demo.api(&demo.key_of("Head of operations")));
    let join = |api: &crate::world::Api, email: &str| {
        let new = json!({ "email": email, "name": "New", "role": "member", "issue_key": { "label": "first" } });
        api.post("/members", new).1["key"]["secret"].as_str().expect("a key").to_owned()
    };
    let by_admin = demo.api(&join(&admin, "one@example.com"));
    let (_, second) = by_admin.post("/keys", json!({ "kind": "personal", "label": "made with the first" }));
    let by_admin_later = demo.api(second["secret"].as_str().unwrap());
    let by_owner = demo.api(&join(&owner, "two@example.com"));

    let (_, raised) = owner.patch("/members/one@example.com", json!({ "role": "admin" }));
    assert_eq!(raised["keys_ended"], json!(0), "an admin could have been the issuer's equal: {raised}");
    let (_, raised) = owner.patch("/members/one@example.com", json!({ "role": "owner" }));
    assert_eq!(raised["keys_ended"], json!(2), "{raised}");
    assert_eq!((by_admin.get("").0, by_admin_later.get("").0), (401, 401));
    let (_, raised) = owner.patch("/members/two@example.com", json!({ "role": "owner" }));
    assert_eq!(raised["keys_ended"], json!(0), "{raised}");
    assert_eq!(by_owner.get("").1["you"]["role"], json!("owner"));
}

// rows: PW-26, C-15
#[test]
fn everyone_reads_their_own_record_and_nobody_elses() {
    let demo = Demo::start();
    let fiona = demo.api(&demo.key_of("Finance manager"));
    demo.mcp(&fiona.key).call("stripe__list_customers", json!({}));
    demo.mcp(&demo.key_of("Owner")).call("stripe__list_customers", json!({}));
    let (status, own) = fiona.get("/audit");
    let items = own["items"].as_array().expect("items");
    let hers = |item: &&serde_json::Value| item["subject"]["name"] == demo.person("Finance manager")["name"];
    assert_eq!((status, items.len(), items.iter().filter(hers).count()), (200, 1, 1), "{own}");
    let other = demo.person("Owner")["email"].as_str().unwrap();
    assert_eq!(fiona.get(&format!("/audit?subject={other}")).0, 403);
}
