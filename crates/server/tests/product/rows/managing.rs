//! Managing people, roles and settings in the presets that are named after Workjet, Swiftask and PipeAI.

use serde_json::json;

use crate::firm::{Firm, each, told};
use crate::rows::{adds, check, everybody, invites, makes_workspace_key, reads, removes, renames, sets};

// rows: WJ-2, WJ-12, WJ-24, WJ-27, WJ-45, C-15
#[test]
fn in_workjet_owner_and_admin_manage_people_and_read_the_record_and_a_member_does_neither() {
    let firm = Firm::of("workjet");
    let people = everybody(&firm, &["owner", "admin", "member"]);
    let founder = people[0].1.id.clone();
    check(
        &people,
        &[
            ("add a member", "yes yes -", &|person, role| adds(&firm, person, role)),
            ("invite", "yes yes -", &|person, role| invites(&firm, person, role)),
            ("remove a member", "yes yes -", &|person, role| removes(&firm, person, role)),
            ("change a role", "yes yes -", &|person, role| {
                let falling = firm.hire(&format!("falling-by-{role}"), "admin");
                let answer = person.api.patch(&format!("/members/{}", falling.email), json!({ "role": "member" }));
                (answer, firm.role_of(&falling) == "member")
            }),
            ("read the record", "yes yes -", &|person, _| {
                reads(person, &format!("/audit?kind=changes&subject={founder}"))
            }),
            ("change the name", "yes yes -", &|person, role| renames(&firm, person, role)),
            ("change a setting", "yes yes -", &|person, role| sets(&firm, person, role)),
            ("make a workspace key", "yes yes -", &|person, role| makes_workspace_key(&firm, person, role)),
            ("see the agents", "yes yes -", &|person, _| {
                let answer = person.api.get("/agents");
                let effect = answer.1["items"].is_array();
                (answer, effect)
            }),
        ],
    );
    // Their own attempts a member may read, and nobody else's.
    let member = &people[2].1;
    let (status, own) = member.api.get("/audit");
    let whose = |entry: &serde_json::Value| entry["subject"]["id"] == json!(member.id);
    let items = own["items"].as_array().expect("items");
    assert!(status == 200 && !items.is_empty() && items.iter().all(whose), "{own}");
}

// rows: SW-1, SW-11, SW-23, SW-33, SW-34, SW-40, SW-60, SW-61, SW-63, SW-64, C-17
#[test]
fn in_swiftask_owner_and_admin_manage_members_roles_and_settings_and_nobody_else_does() {
    let firm = Firm::of("swiftask");
    let people = everybody(&firm, &["owner", "admin", "member", "viewer", "billing-partner"]);
    check(
        &people,
        &[
            ("see the members", "yes yes yes yes yes", &|person, _| reads(person, "/members")),
            ("add a member", "yes yes - - -", &|person, role| adds(&firm, person, role)),
            ("invite", "yes yes - - -", &|person, role| invites(&firm, person, role)),
            ("remove a member", "yes yes - - -", &|person, role| removes(&firm, person, role)),
            ("assign a role", "yes yes - - -", &|person, role| {
                let other = firm.hire(&format!("moved-by-{role}"), "member");
                let path = format!("/members/{}", other.email);
                for wanted in ["viewer", "billing-partner", "admin"] {
                    let (before, answer) = (firm.role_of(&other), person.api.patch(&path, json!({ "role": wanted })));
                    let now = firm.role_of(&other);
                    assert_eq!(answer.0 == 200, now == wanted, "{wanted} by {role}: {answer:?}");
                    assert!(now == wanted || now == before, "{wanted} by {role}");
                }
                (person.api.patch(&path, json!({ "role": "viewer" })), firm.role_of(&other) == "viewer")
            }),
            ("see the roles", "yes yes yes yes -", &|person, _| reads(person, "/roles")),
            ("customize a role", "yes yes - - -", &|person, _| {
                let path = "/roles/viewer";
                let answer = person.api.patch(path, json!({ "allow": ["chat.use"] }));
                let effect = firm.owner().get(path).1["permissions"].to_string().contains("chat.use");
                assert_eq!(firm.owner().patch(path, json!({ "revoke": ["chat.use"] })).0, 200);
                (answer, effect)
            }),
            ("change the name", "yes yes - - -", &|person, role| renames(&firm, person, role)),
            ("change a setting", "yes yes - - -", &|person, role| sets(&firm, person, role)),
            ("change what newcomers get", "yes yes - - -", &|person, _| {
                let change = json!({ "settings": { "join.default_profile": "no-delete" } });
                let answer = person.api.patch("", change);
                let effect = firm.owner().get("").1["settings"]["join.default_profile"] == json!("no-delete");
                firm.set("join.default_profile", json!("read-only"));
                (answer, effect)
            }),
        ],
    );
}

// rows: SW-3, SW-4, SW-8
#[test]
fn in_swiftask_owner_and_admin_hold_every_permission_and_the_other_roles_their_own_defaults() {
    let firm = Firm::of("swiftask");
    let people = everybody(&firm, &["owner", "admin", "member", "viewer", "billing-partner"]);
    let (_, catalogue) = firm.owner().get("/permissions?limit=1000");
    let all = each(&catalogue, "id");
    let held: Vec<Vec<String>> = people
        .iter()
        .map(|(_, person)| {
            let (status, access) = person.api.get("/access");
            assert_eq!(status, 200, "{access}");
            let words = access["permissions"].as_array().expect("permissions");
            words.iter().map(|word| word.as_str().expect("a word").to_owned()).collect()
        })
        .collect();
    assert_eq!(held[0], held[1], "the admin holds what the owner holds");
    for permission in &all {
        let group = held[0].iter().any(|word| word == permission || word.ends_with(".*"));
        assert!(group, "the owner lacks {permission}");
        let question = json!({ "subject": people[1].1.id, "action": permission,
            "resource": { "type": "organization", "id": "" } });
        assert_eq!(firm.owner().post("/explain", question).1["allowed"], json!(true), "the admin lacks {permission}");
    }
    for (number, one) in held.iter().enumerate().skip(1) {
        assert!(!one.is_empty() && !held[number + 1..].contains(one), "{}", people[number].0);
    }
}

// rows: PA-1, PA-2, PA-3, PA-4
#[test]
fn pipeai_has_roles_of_the_organization_and_roles_in_teams_and_neither_gives_what_the_other_does() {
    let firm = Firm::of("pipeai");
    let (_, roles) = firm.owner().get("/roles");
    let levels = each(&roles, "level");
    let count = |level: &str| levels.iter().filter(|known| *known == level).count();
    assert_eq!((count("organization"), count("team")), (3, 3), "{roles}");
    let (team, lea, adam) = (firm.team("Essays"), firm.hire("lea", "user"), firm.hire("adam", "admin"));
    firm.join(&team, &lea, "team-leader");
    // The leader manages the team without anybody's help, and nothing of the organization.
    let new = firm.hire("new", "user");
    assert_eq!(lea.api.put(&format!("/teams/{team}/members/{}", new.id), json!({})).0, 200);
    assert_eq!(told(&lea.api.patch("", json!({ "name": "Lea's" }))).0, 403);
    assert_eq!(told(&lea.api.delete(&format!("/members/{}", new.id))).0, 403);
    // The organization keeps the upper hand in every team, and reaches no grader by that.
    assert_eq!(adam.api.delete(&format!("/teams/{team}/members/{}", lea.id)).0, 204);
    let grader = crate::things::resource(&firm.owner(), "grader", "Spelling");
    assert_eq!(adam.api.post(&format!("{grader}/use"), json!({})).0, 403);
    for (role, level) in [("team-leader", "organization"), ("admin", "team")] {
        let answer = if level == "team" {
            firm.owner().put(&format!("/teams/{team}/members/{}", new.id), json!({ "role": role }))
        } else {
            firm.owner().patch(&format!("/members/{}", new.id), json!({ "role": role }))
        };
        assert_eq!(answer.0, 422, "{role} is no role of the {level}: {answer:?}");
    }
}
