//! Somebody leaves: what it comes to is told first, and what they leave behind is handed over with it.

use serde_json::{Value, json};

use crate::firm::{Firm, each, told};
use crate::things::{made, resource};

/// A company in which ben, an admin, owns things, answers for an agent, leads a team and knows a key of programs.
fn company() -> (Firm, crate::firm::Person, String, String, String) {
    let firm = Firm::of("balanced");
    let ben = firm.hire("ben", "admin");
    let thing = resource(&ben.api, "project", "Plan");
    let agent = made(&firm.owner(), "/agents", json!({ "title": "Scout", "role": "service", "sponsor": ben.email }));
    let team = firm.team("Support");
    firm.join(&team, &ben, "team-leader");
    let bot = json!({ "kind": "workspace", "label": "Bot" });
    let (status, bot) = ben.api.post("/keys", bot);
    assert_eq!(status, 201, "{bot}");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (key, secret) = (text(&bot["id"]), text(&bot["secret"]));
    assert!(!agent.is_empty());
    (firm, ben, thing, key, secret)
}

#[test]
fn who_leaves_is_preceded_by_what_ends_what_needs_somebody_else_and_which_secrets_they_keep() {
    let (firm, ben, _, key, _) = company();
    let path = format!("/members/{}/consequences", ben.id);
    let (status, found) = firm.owner().get(&path);
    assert_eq!(status, 200, "{found}");
    assert_eq!((&found["ends"]["keys"], &found["obstacle"]), (&json!(1), &Value::Null), "{found}");
    let first = |place: &str| found["leaves"][place]["first"][0]["title"].clone();
    assert_eq!(
        [first("resources"), first("agents"), first("teams")],
        [json!("Plan"), json!("Scout"), json!("Support")]
    );
    assert_eq!(found["leaves"]["resources"]["first"][0]["kind"], json!("project"));
    let known = &found["keys_to_regenerate"][0];
    assert_eq!((&known["id"], &known["issued_by_them"]), (&json!(key), &json!(true)), "{found}");
    let cleo = firm.hire("cleo", "member");
    assert_eq!(told(&cleo.api.get(&path)).0, 403);
    let (_, of_owner) = firm.owner().get("/members/owner@example.com/consequences");
    assert_eq!(of_owner["obstacle"]["code"], json!("last-owner"), "{of_owner}");
    // It is about one state, and a removal can be tied to it.
    assert_eq!(firm.owner().patch("", json!({ "name": "Other" })).0, 200);
    let tied = firm.owner().header("if-match", format!("\"{}\"", found["seq"]));
    assert_eq!(tied.delete(&format!("/members/{}", ben.id)).0, 412);
}

#[test]
fn a_leavers_things_agents_and_shared_secrets_go_over_in_the_moment_of_the_removal() {
    let (firm, ben, thing, key, secret) = company();
    let ada = firm.hire("ada", "admin");
    let path = format!("/members/{}", ben.id);
    // All of it or nothing: a key that there is not ends nobody's membership.
    let nothing = firm.owner().delete(&format!("{path}?hand_over_to={}&regenerate=key_0", ada.id));
    assert_eq!(nothing.0, 404, "{nothing:?}");
    assert_eq!(ben.api.get("").0, 200);
    let asked = format!("{path}?hand_over_to={}&regenerate={key}", ada.email);
    let (status, impact) = firm.owner().header("wardroom-preview", "true").delete(&asked);
    let events = json!(["resource.handed_over", "agent.edited", "key.rotated", "member.removed"]);
    assert_eq!((status, &impact["events"]), (200, &events), "{impact}");
    assert_eq!(ben.api.get("").0, 200, "only asked");

    let (status, removed) = firm.owner().delete(&asked);
    assert_eq!(status, 200, "{removed}");
    assert_eq!(removed["handed_over"], json!({ "resources": 1, "agents": 1, "denied": 0 }), "{removed}");
    assert_eq!(ben.api.get("").0, 401);
    let (_, shown) = firm.owner().get(&thing);
    assert_eq!(shown["owner"]["id"], json!(ada.id), "{shown}");
    let (_, agents) = firm.owner().get("/agents");
    assert_eq!(each(&agents, "state"), ["active"], "{agents}");
    assert_eq!(firm.with(&secret).get("").0, 401, "ben may still have it");
    let renewed = removed["regenerated"][0]["secret"].as_str().unwrap();
    assert_eq!(told(&firm.with(renewed).get("")), (403, "key-without-role"), "it is let in, and has no role");
    // The history says it as one.
    let (_, audit) = firm.owner().get("/audit?kind=changes&limit=4");
    let mut types = each(&audit, "type");
    types.reverse();
    assert_eq!(json!(types), events);
    let moments = each(&audit, "at");
    assert!(moments.iter().all(|at| at == &moments[0]), "{moments:?}");
    // The team has nobody who leads it, and says so.
    let (_, teams) = firm.owner().get("/teams");
    assert_eq!(teams["items"][0]["leaderless"], json!(true), "{teams}");
}
