//! Roles that somebody has beside their own, and an organization that goes by another preset.

use std::process::Command;

use serde_json::{Value, json};

use crate::firm::{Firm, Person, told};
use crate::things::made;
use crate::world::WARDROOM;

/// Gives somebody a role beside their own, as the owner.
fn give(firm: &Firm, person: &Person, role: &str) -> (u16, Value) {
    firm.owner().put(&format!("/members/{}/roles/{role}", person.email), json!({}))
}

fn summary(impact: &Value) -> String {
    impact["summary"].as_array().map(|lines| format!("{lines:?}")).unwrap_or_default()
}

// rows: C-14
#[test]
fn what_somebody_may_do_is_all_that_their_roles_give_and_each_says_by_which() {
    let firm = Firm::of("balanced");
    let mona = firm.hire("mona", "member");
    assert_eq!(told(&give(&firm, &mona, "auditor")), (409, "no-extra-roles"), "off by default");
    firm.set("roles.extra_bindings", json!(true));
    let may_read = || mona.api.get("/members/owner@example.com/access").0;
    assert_eq!(may_read(), 403);
    let (status, member) = give(&firm, &mona, "auditor");
    assert_eq!((status, &member["role"]), (200, &json!("member")), "{member}");
    let beside = json!([{ "role": "auditor", "expires_at": null, "counts": true }]);
    assert_eq!(member["extra_roles"], beside);
    assert_eq!(may_read(), 200, "from the next request on");
    assert_eq!(
        mona.api.post("/resources", json!({ "kind": "project", "title": "Atlas" })).0,
        201,
        "she is a member still"
    );
    let question = json!({ "action": "audit.read", "resource": { "type": "organization" } });
    let (status, why) = mona.api.post("/explain", question);
    assert_eq!(status, 200, "{why}");
    let text = why.to_string();
    assert!(
        text.contains("the role Auditor holds audit.read") && text.contains("with the role Auditor as well"),
        "{why}"
    );
    let (_, access) = firm.owner().get(&format!("/members/{}/access", mona.email));
    assert_eq!((&access["role"], &access["extra_roles"][0]["role"]), (&json!("member"), &json!("auditor")), "{access}");
    assert!(access["permissions"].to_string().contains("audit.read"), "{access}");
    let (_, role) = firm.owner().get("/roles/auditor");
    assert_eq!(role["members"], json!(1), "she is counted: {role}");

    // With an end it is given until then; it can be taken before.
    let path = format!("/members/{}/roles/auditor", mona.email);
    let (_, member) = firm.owner().put(&path, json!({ "expires_at": "2999-12-31T00:00:00Z" }));
    assert_eq!(member["extra_roles"][0]["expires_at"], json!("2999-12-31T00:00:00.000Z"), "{member}");
    assert_eq!(told(&firm.owner().put(&path, json!({ "expires_at": "2001-01-01T00:00:00Z" }))), (422, "in-the-past"));
    assert_eq!(firm.owner().delete(&path).0, 200);
    assert_eq!((may_read(), firm.owner().delete(&path).0), (403, 404));
}

// rows: C-14
#[test]
fn roles_beside_ones_own_are_given_and_taken_by_the_rules_of_all_roles() {
    let firm = Firm::of("balanced");
    firm.set("roles.extra_bindings", json!(true));
    let (ada, mona) = (firm.hire("ada", "admin"), firm.hire("mona", "member"));
    let path = |person: &Person, role: &str| format!("/members/{}/roles/{role}", person.email);
    assert_eq!(told(&ada.api.put(&path(&mona, "admin"), json!({}))), (403, "only-owners"), "that is a promotion");
    assert_eq!(mona.api.put(&path(&mona, "auditor"), json!({})).0, 403);
    assert_eq!(told(&firm.owner().put(&path(&mona, "owner"), json!({}))), (422, "top-role"));
    assert_eq!(ada.api.put(&path(&mona, "viewer"), json!({})).0, 200, "an admin gives what manages nobody");
    assert_eq!(give(&firm, &mona, "admin").0, 200, "an owner promotes");
    let hired = mona.api.post("/members", json!({ "email": "new@example.com", "name": "New", "role": "member" }));
    assert_eq!(hired.0, 201, "she manages people now: {}", hired.1);
    let owner = "owner@example.com";
    assert_eq!(told(&mona.api.delete(&format!("/members/{owner}"))), (403, "above-you"));

    // A role with everything about settings, which no admin could give, guards its holder as one's own role would.
    firm.role(json!({ "id": "chief", "title": "Chief", "permissions": ["settings.*", "member.view"] }));
    assert_eq!(give(&firm, &mona, "chief").0, 200);
    assert_eq!(told(&ada.api.delete(&path(&mona, "viewer"))), (403, "above-you"));
    assert_eq!(told(&ada.api.delete(&format!("/members/{}", mona.email))), (403, "above-you"));
    let off = json!({ "settings": { "roles.extra_bindings": false } });
    assert_eq!(told(&ada.api.patch("", off)), (403, "above-you"), "nor is it taken from her by a setting");
    // The last owner is counted by main roles alone.
    assert_eq!(
        told(&firm.owner().patch(&format!("/members/{owner}"), json!({ "role": "member" }))),
        (409, "last-owner")
    );
}

// rows: C-14
#[test]
fn where_the_setting_is_switched_off_they_do_not_count_and_are_kept_and_that_is_told_before() {
    let firm = Firm::of("balanced");
    firm.set("roles.extra_bindings", json!(true));
    let mona = firm.hire("mona", "member");
    assert_eq!(give(&firm, &mona, "auditor").0, 200);
    let off = json!({ "settings": { "roles.extra_bindings": false } });
    let (status, impact) = firm.owner().header("wardroom-preview", "true").patch("", off.clone());
    assert_eq!(status, 200, "{impact}");
    let told = summary(&impact);
    assert!(told.contains("mona: loses") && told.contains("audit.read"), "{impact}");
    assert_eq!(mona.api.get("/members/owner@example.com/access").0, 200, "nothing has happened");
    assert_eq!(firm.owner().patch("", off).0, 200);
    assert_eq!(mona.api.get("/members/owner@example.com/access").0, 403);
    let (_, member) = firm.owner().get(&format!("/members/{}", mona.email));
    assert_eq!(member["extra_roles"], json!([{ "role": "auditor", "expires_at": null, "counts": false }]));
    firm.set("roles.extra_bindings", json!(true));
    assert_eq!(mona.api.get("/members/owner@example.com/access").0, 200);
}

fn preset(name: &str, roles: Value) -> Value {
    json!({ "preset": name, "roles": roles })
}

#[test]
fn another_preset_is_previewed_tied_to_what_was_seen_and_made_in_one_step() {
    let firm = Firm::of("balanced");
    let (ada, vic) = (firm.hire("ada", "admin"), firm.hire("vic", "viewer"));
    let key = firm.owner().post("/keys", json!({ "kind": "workspace", "label": "bot", "role": "service" }));
    assert_eq!(key.0, 201, "{}", key.1);
    let bot = firm.with(key.1["secret"].as_str().unwrap());
    assert_eq!(bot.get("").0, 200);
    let wanted = preset("workjet", json!({ "viewer": "member" }));
    assert_eq!(told(&ada.api.put("/organization/preset", wanted.clone())), (403, "only-owners"));
    let (status, impact) = firm.owner().header("wardroom-preview", "true").put("/organization/preset", wanted.clone());
    assert_eq!(status, 200, "{impact}");
    let lines = summary(&impact);
    assert!(lines.contains("ada: loses") && lines.contains("vic: gains"), "{impact}");
    assert_eq!(firm.owner().get("").1["preset"], json!("balanced"), "nothing has happened");

    firm.set("join.default_profile", json!("no-delete"));
    let tied = firm.owner().header("if-match", format!("\"{}\"", impact["seq"]));
    assert_eq!(tied.put("/organization/preset", wanted.clone()).0, 412);
    let (status, org) = firm.owner().put("/organization/preset", wanted);
    assert_eq!((status, &org["preset"], &org["you"]["role"]), (200, &json!("workjet"), &json!("owner")), "{org}");
    assert_eq!((&org["settings"]["owners.max"], &org["settings"]["keys.personal"]), (&json!(1), &json!("managers")));
    assert_eq!((firm.role_of(&ada), firm.role_of(&vic)), ("admin".to_owned(), "member".to_owned()));
    let (_, roles) = firm.owner().get("/roles");
    let mut ids: Vec<&str> = roles["items"].as_array().unwrap().iter().filter_map(|role| role["id"].as_str()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["admin", "member", "owner"]);
    assert_eq!(told(&bot.get("")), (403, "suspended"), "its role is gone, and it does nothing until it is given one");
}

#[test]
fn an_organization_goes_by_each_preset_in_turn_and_its_founder_gets_in_throughout() {
    let firm = Firm::of("balanced");
    for name in ["crm", "pipeworks", "pipeai", "workjet", "swiftask", "crm", "balanced"] {
        let (status, org) = firm.owner().put("/organization/preset", preset(name, json!({})));
        assert_eq!((status, &org["preset"]), (200, &json!(name)), "{org}");
        assert_eq!(firm.owner().get("/roles").0, 200, "{name}");
    }
}

#[test]
fn what_stands_in_the_way_of_another_preset_is_said_with_what_to_do() {
    let firm = Firm::of("balanced");
    let (_, ben) = (firm.hire("ada", "owner"), firm.hire("ben", "member"));
    let (status, problem) = firm.owner().put("/organization/preset", preset("swiftask", json!({})));
    assert_eq!((status, &problem["code"], &problem["field"]), (422, &json!("too-many-owners"), &json!("preset")));
    assert!(problem["detail"].as_str().unwrap().contains("give the others another role first"), "{problem}");
    let unknown = firm.owner().put("/organization/preset", preset("coffee", json!({})));
    assert_eq!((unknown.0, &unknown.1["field"]), (422, &json!("preset")));
    let team = made(&firm.owner(), "/teams", json!({ "title": "Night shift" }));
    firm.join(&team, &ben, "team-editor");
    let (status, problem) = firm.owner().put("/organization/preset", preset("crm", json!({})));
    assert_eq!((status, &problem["code"]), (422, &json!("no-role-for-teams")), "{problem}");
    let (status, org) =
        firm.owner().put("/organization/preset", preset("pipeworks", json!({ "team-editor": "member" })));
    assert_eq!((status, &org["code"]), (422, &json!("role-not-moved")), "{org}");
    assert_eq!(firm.owner().get("").1["preset"], json!("balanced"));

    // From the terminal, and back.
    firm.role(json!({ "id": "squad", "title": "Squad", "level": "team", "permissions": ["team.view:team"] }));
    let api = firm.owner();
    let (url, org) = api.root.split_once("/api/v1/orgs/").expect("a root");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(WARDROOM);
        command.args(arguments).env("WARDROOM_URL", url).env("WARDROOM_ORG", org).env("WARDROOM_KEY", &api.key);
        let output = command.output().expect("the executable runs");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr),
        )
    };
    let line = ["org", "preset", "pipeworks", "--map", "team-editor=squad"];
    let (code, said) = run(&[&line[..], &["--preview"]].concat());
    assert!(code == Some(0) && said.contains("ben"), "{said}");
    assert_eq!(firm.owner().get("").1["preset"], json!("balanced"));
    let (code, said) = run(&[&line[..], &["--yes"]].concat());
    assert!(code == Some(0) && said.contains("the preset is pipeworks now, and you are owner"), "{said}");
    assert_eq!(firm.places(&team), [(ben.id.clone(), "squad".to_owned())]);
    firm.set("roles.extra_bindings", json!(true));
    let (code, said) = run(&["member", "add-role", &ben.email, "admin", "--until", "30d"]);
    assert!(code == Some(0) && said.contains("ben is member and also admin until"), "{said}");
    let (code, said) = run(&["member", "drop-role", &ben.email, "admin"]);
    assert!(code == Some(0) && said.contains("is no longer admin"), "{said}");
}
