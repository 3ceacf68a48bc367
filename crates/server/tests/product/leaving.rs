//! Somebody leaves: what it comes to is told first, and what they leave behind is handed over with it.

use serde_json::{Value, json};

use crate::firm::{Firm, each, told};
use crate::invitations::{invited, joined, open_firm};
use crate::sign_in::{found, signed_in};
use crate::things::{made, resource};
use crate::world::{Api, Server};

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

/// The role for people that holds least, in as few words as none that is wide.
fn least(firm: &Firm) -> String {
    let (_, roles) = firm.owner().get("/roles");
    let roles = roles["items"].as_array().unwrap();
    let held = |role: &Value| {
        role["permissions"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one == "member.remove" || one.as_str().unwrap().ends_with('*'))
    };
    let plain = |role: &&Value| {
        role["level"] == "organization"
            && role["assignable_to"]["members"] == true
            && role["top"] == false
            && !held(role)
    };
    let least = roles.iter().filter(plain).min_by_key(|role| role["permissions"].as_array().unwrap().len()).unwrap();
    least["id"].as_str().unwrap().to_owned()
}

// rows: WJ-37, PW-25, PW-53
#[test]
fn whoever_has_the_least_role_leaves_by_themselves_and_nothing_of_theirs_works_any_more() {
    for preset in ["balanced", "crm", "pipeai", "pipeworks", "swiftask", "workjet"] {
        let firm = open_firm(preset);
        let role = least(&firm);
        let email = "ann@example.com";
        let (_, link) = invited(&firm.owner(), json!({ "email": email, "role": role }));
        let (ann, other) = (joined(&firm, &link, "Ann"), firm.hire("ben", &role));
        let org = format!("/api/v1/orgs/{}", firm.org);
        let me = ann.session().1["person"].as_str().unwrap().to_owned();
        let key = json!({ "kind": "personal", "label": "Laptop" });
        let (status, key) = ann.api("POST", &format!("{org}/keys"), Some(key));
        assert_eq!(status, 201, "{preset}: {key}");
        let by_key = firm.with(key["secret"].as_str().unwrap());
        assert_ne!(told(&by_key.get("")).0, 401);

        // What it comes to is told first; and whoever knows a key of hers does not make her go.
        let path = format!("{org}/members/{me}");
        let (status, found) = ann.api("GET", &format!("{path}/consequences"), None);
        let ends = (&found["ends"]["keys"], &found["ends"]["sessions"], &found["obstacle"]);
        assert_eq!((status, ends), (200, (&json!(1), &json!(1), &Value::Null)), "{preset}: {found}");
        let denied = by_key.delete(&format!("/members/{me}"));
        assert_eq!(told(&denied), (403, "lacks-permission"), "{preset}: {denied:?}");
        assert!(denied.1["remedy"].as_str().unwrap().contains("sign in and do it in that session"), "{denied:?}");
        let of_another = ann.api("DELETE", &format!("{org}/members/{}", other.id), None);
        assert!([403, 404].contains(&of_another.0), "{preset}: {of_another:?}");

        let (status, left) = ann.api("DELETE", &path, None);
        assert_eq!((status, &left["ended"]["keys"]), (200, &json!(1)), "{preset}: {left}");
        assert_eq!((ann.api("GET", &org, None).0, by_key.get("").0), (404, 401), "{preset}");
        let (status, session) = ann.session();
        assert_eq!((status, &session["organizations"]), (200, &json!([])), "{preset}: signed in, and nobody here");
        // The history has it as hers.
        let (_, audit) = firm.owner().get("/audit?kind=changes&limit=1");
        let entry = &audit["items"][0];
        assert_eq!(
            (&entry["type"], &entry["actor"]["id"]),
            (&json!("member.removed"), &json!(me)),
            "{preset}: {audit}"
        );
        assert_eq!(firm.owner().get(&format!("/members/{me}")).1["status"], json!("removed"), "{preset}");
    }
}

#[test]
fn who_leaves_by_themselves_hands_over_what_they_may_and_the_last_owner_stays() {
    let firm = open_firm("balanced");
    let (_, link) = invited(&firm.owner(), json!({ "email": "ann@example.com", "role": "member" }));
    let (ann, ben) = (joined(&firm, &link, "Ann"), firm.hire("ben", "member"));
    let org = format!("/api/v1/orgs/{}", firm.org);
    let plan = json!({ "kind": "project", "title": "Plan" });
    let (status, plan) = ann.api("POST", &format!("{org}/resources"), Some(plan));
    assert_eq!(status, 201, "{plan}");
    let me = ann.session().1["person"].as_str().unwrap().to_owned();
    let (status, left) = ann.api("DELETE", &format!("{org}/members/{me}?hand_over_to={}", ben.id), None);
    assert_eq!((status, &left["handed_over"]["resources"]), (200, &json!(1)), "{left}");
    let (_, plan) = firm.owner().get(&format!("/resources/{}", plan["id"].as_str().unwrap()));
    assert_eq!(plan["owner"]["id"], json!(ben.id), "{plan}");

    let folder = tempfile::tempdir().unwrap();
    let acme = found(folder.path(), "Acme", "ada@example.com");
    let server = Server::start(folder.path());
    let (ada, owner) = (signed_in(&server.url, &acme.link), Api::at(&server.url, &acme.org, &acme.key));
    let path = format!("/api/v1/orgs/{}/members/ada@example.com", acme.org);
    let (status, refused) = ada.api("DELETE", &path, None);
    assert_eq!((status, &refused["code"]), (409, &json!("last-owner")), "{refused}");
    assert!(refused["detail"].as_str().unwrap().contains("first"), "what to do: {refused}");
    let (_, found) = ada.api("GET", &format!("{path}/consequences"), None);
    assert_eq!(found["obstacle"]["code"], json!("last-owner"), "{found}");
    let new = json!({ "email": "eve@example.com", "name": "Eve", "role": "owner", "issue_key": { "label": "first" } });
    assert_eq!(owner.post("/members", new).0, 201);
    assert_eq!(ada.api("DELETE", &path, None).0, 200, "somebody else holds the top role");
    assert_eq!(owner.get("").0, 401);
}

#[test]
fn the_page_on_which_somebody_leaves_says_what_it_comes_to_and_leads_back_to_signing_in() {
    let firm = open_firm("balanced");
    let (_, link) = invited(&firm.owner(), json!({ "email": "ann@example.com", "role": "member" }));
    let ann = joined(&firm, &link, "Ann");
    let org = format!("/api/v1/orgs/{}", firm.org);
    let plan = json!({ "kind": "project", "title": "Plan" });
    assert_eq!(ann.api("POST", &format!("{org}/resources"), Some(plan)).0, 201);
    let home = ann.get("/sign-in").text;
    let path = home.split("href=\"/sign-in/leave/").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
    let path = format!("/sign-in/leave/{path}");
    let page = ann.get(&path);
    assert!(page.text.contains("Leave Firm?") && page.text.contains("have no owner then: 1"), "{}", page.text);
    // Nobody else's site presses the button, and nobody leaves what they are not in.
    assert_eq!(ann.submit(&path, "x").status, 403);
    assert_eq!(ann.api("GET", &org, None).0, 200);
    assert_eq!(ann.get("/sign-in/leave/no-such").status, 404);
    let left = ann.submit(&path, &page.csrf());
    assert_eq!((left.status, left.header("location")), (303, "/sign-in"), "{}", left.text);
    assert_eq!((ann.api("GET", &org, None).0, ann.get(&path).status), (404, 404));
    assert!(ann.get("/sign-in").text.contains("No organization is open to you"), "she is signed in still");

    let folder = tempfile::tempdir().unwrap();
    let acme = found(folder.path(), "Acme", "ada@example.com");
    let server = Server::start(folder.path());
    let ada = signed_in(&server.url, &acme.link);
    let page = ada.get(&format!("/sign-in/leave/{}", acme.org));
    assert!(page.text.contains("You cannot now") && !page.text.contains("<button"), "{}", page.text);
}
