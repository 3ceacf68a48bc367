//! Roles: making, changing, assigning and ending them, by those who may and by those who may not.

use serde_json::{Value, json};

use crate::firm::{Firm, each, told};
use crate::things::resource;

fn words(role: &Value, field: &str) -> Vec<String> {
    role[field].as_array().expect("words").iter().map(|word| word.as_str().expect("a word").to_owned()).collect()
}

// rows: TW-1, TW-3, TW-16, TW-35
#[test]
fn a_role_is_made_configured_and_assigned_and_what_it_holds_is_what_its_holder_can_do() {
    let firm = Firm::of("crm");
    let owner = firm.owner();
    let held = ["member.view", "member.add", "role.view"];
    let (status, role) = owner.post("/roles", json!({ "title": "People team", "permissions": held }));
    assert_eq!((status, &role["id"]), (201, &json!("people-team")), "{role}");
    assert_eq!(words(&role, "permissions"), ["member.view", "member.add", "role.view"]);
    let paula = firm.hire("paula", "member");
    assert_eq!(told(&paula.api.post("/members", json!({ "email": "a@example.com", "name": "A" }))).0, 403);

    let (status, changed) = owner.patch("/members/paula@example.com", json!({ "role": "people-team" }));
    assert_eq!((status, &changed["role"]), (200, &json!("people-team")), "{changed}");
    assert_eq!(paula.api.post("/members", json!({ "email": "a@example.com", "name": "A" })).0, 201);
    assert_eq!(told(&paula.api.patch("", json!({ "name": "Paula's" }))), (403, "lacks-permission"));
    assert_eq!(owner.get("").1["name"], json!("Firm"), "and nothing happened");

    // What is saved holds from the next request on.
    let (status, role) =
        owner.patch("/roles/people-team", json!({ "revoke": ["member.add"], "allow": ["member.edit"] }));
    assert_eq!(status, 200, "{role}");
    assert_eq!(words(&role, "effective"), ["member.view", "member.edit", "role.view"]);
    let again = paula.api.post("/members", json!({ "email": "b@example.com", "name": "B" }));
    assert_eq!(told(&again), (403, "lacks-permission"));
    let (_, members) = owner.get("/members");
    assert_eq!(each(&members, "email").len(), 3, "{members}");
}

// rows: TW-34, TW-37
#[test]
fn a_group_held_whole_is_kept_as_such_and_one_permission_can_be_taken_out_of_it() {
    let firm = Firm::of("crm");
    let owner = firm.owner();
    let new = json!({ "title": "Operations", "permissions": ["settings.*", "actions.*"] });
    let (status, role) = owner.post("/roles", new);
    assert_eq!(status, 201, "{role}");
    assert_eq!(words(&role, "permissions"), ["settings.*", "actions.*"]);
    let effective = words(&role, "effective");
    for held in ["organization.edit", "role.assign", "email.send", "csv.import", "csv.export"] {
        assert!(effective.contains(&held.to_owned()), "{held} in {effective:?}");
    }
    let (status, role) = owner.patch("/roles/operations", json!({ "revoke": ["csv.export"] }));
    assert_eq!(status, 200, "{role}");
    let stated = words(&role, "permissions");
    assert!(stated.contains(&"settings.*".to_owned()) && !stated.contains(&"actions.*".to_owned()), "{stated:?}");
    assert!(stated.contains(&"csv.import".to_owned()) && !words(&role, "effective").contains(&"csv.export".to_owned()));
    let (status, problem) = owner.patch("/roles/operations", json!({ "revoke": ["role.view"] }));
    assert_eq!((status, &problem["code"], &problem["field"]), (422, &json!("needs-permission"), &json!("permissions")));
}

// rows: TW-7, TW-8, TW-9
#[test]
fn members_of_a_deleted_role_have_the_default_role_and_the_admins_role_stays() {
    let firm = Firm::of("crm");
    let owner = firm.owner();
    assert_eq!(owner.post("/roles", json!({ "title": "Sales", "permissions": ["settings.*"] })).0, 201);
    let sam = firm.hire("sam", "sales");
    assert_eq!(sam.api.get("/audit?kind=changes").0, 200);
    assert_eq!(sam.api.post("/roles", json!({ "title": "Mine", "permissions": ["role.view"] })).0, 201);

    let (status, ended) = owner.delete("/roles/sales");
    let expected =
        json!({ "deleted": "sales", "moved_to": "member", "members": 1, "team_places": 0, "keys": 0, "agents": 0 });
    assert_eq!((status, &ended), (200, &expected));
    assert_eq!(firm.role_of(&sam), "member");
    assert_eq!(told(&sam.api.post("/roles", json!({ "title": "Mine too" }))), (403, "lacks-permission"));
    assert_eq!(owner.get("/roles/sales").0, 404);

    assert_eq!(told(&owner.delete("/roles/admin")), (409, "top-role"));
    assert_eq!(told(&owner.patch("/members/owner@example.com", json!({ "role": "member" }))), (409, "last-owner"));
    assert_eq!(told(&owner.delete("/members/owner@example.com")), (409, "last-owner"));
    assert_eq!(told(&sam.api.delete("/roles/mine")), (403, "lacks-permission"));
    assert_eq!(owner.get("/roles/mine").0, 200, "who may not delete a role has deleted none");
}

#[test]
fn the_list_of_roles_counts_who_has_each_and_each_role_names_them() {
    let firm = Firm::of("crm");
    let owner = firm.owner();
    let (ann, ben) = (firm.hire("ann", "member"), firm.hire("ben", "member"));
    let (_, roles) = owner.get("/roles");
    let counted: Vec<_> = roles["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|role| (role["id"].as_str().unwrap(), &role["members"]))
        .collect();
    assert_eq!(counted, [("admin", &json!(1)), ("member", &json!(2))]);
    let (_, holders) = owner.get("/roles/member/holders");
    let mut named = each(&holders, "id");
    named.sort();
    let mut expected = [ann.id.clone(), ben.id.clone()];
    expected.sort();
    assert_eq!(named, expected);
    assert!(each(&holders, "name").contains(&"ann".to_owned()) && each(&holders, "kind") == ["member", "member"]);

    // One page after the other gives the same.
    let (_, first) = owner.get("/roles/member/holders?limit=1");
    let (_, second) = owner.get(&format!("/roles/member/holders?limit=1&cursor={}", first["next"].as_str().unwrap()));
    assert_eq!([each(&first, "id"), each(&second, "id")].concat(), each(&holders, "id"));
    assert_eq!(second["next"], Value::Null);
    assert_eq!(ann.api.get("/roles/member/holders").0, 403, "without role.view nobody is told");
}

// rows: TW-15
#[test]
fn a_role_is_assigned_to_a_member_and_to_nobody_else() {
    let firm = Firm::of("crm");
    let owner = firm.owner();
    let ann = firm.hire("ann", "member");
    assert_eq!(told(&owner.patch("/members/stranger@example.com", json!({ "role": "admin" }))), (404, "not-found"));
    assert_eq!(told(&ann.api.patch("/members/ann@example.com", json!({ "role": "admin" }))), (403, "lacks-permission"));
    assert_eq!(firm.role_of(&ann), "member");
    assert_eq!(told(&owner.patch("/members/ann@example.com", json!({ "role": "emperor" }))), (422, "no-such-role"));
    assert_eq!(owner.patch("/members/ann@example.com", json!({ "role": "admin" })).0, 200);
    assert_eq!(firm.role_of(&ann), "admin");
}

// rows: TW-14
#[test]
fn the_default_role_is_chosen_and_newcomers_get_it() {
    let firm = Firm::of("crm");
    let owner = firm.owner();
    assert_eq!(owner.post("/roles", json!({ "title": "Newcomer", "permissions": ["member.view"] })).0, 201);
    let (status, org) = owner.patch("", json!({ "settings": { "join.default_role": "newcomer" } }));
    assert_eq!((status, &org["settings"]["join.default_role"]), (200, &json!("newcomer")));
    let (_, added) = owner.post("/members", json!({ "email": "n@example.com", "name": "N" }));
    assert_eq!(added["role"], json!("newcomer"));
    assert_eq!(owner.get("/roles/newcomer").1["default"], json!(true));
    for (wrong, code) in [("admin", "default-role-too-high"), ("nobody", "no-such-role")] {
        let answer = owner.patch("", json!({ "settings": { "join.default_role": wrong } }));
        assert_eq!(told(&answer), (422, code));
    }
    let bare = firm.hire("bare", "newcomer");
    let answer = bare.api.patch("", json!({ "settings": { "join.default_role": "member" } }));
    assert_eq!(told(&answer), (403, "lacks-permission"));
    assert_eq!(owner.get("").1["settings"]["join.default_role"], json!("newcomer"));
}

// rows: C-26
#[test]
fn the_default_role_is_deleted_only_along_with_a_choice_of_another() {
    let firm = Firm::of("crm");
    let owner = firm.owner();
    let ann = firm.hire("ann", "member");
    assert_eq!(told(&owner.delete("/roles/member")), (422, "default-role"));
    assert_eq!(told(&owner.delete("/roles/member?default_role=admin")), (422, "default-role-too-high"));
    assert_eq!(firm.role_of(&ann), "member");
    assert_eq!(owner.post("/roles", json!({ "title": "Guest", "permissions": ["member.view"] })).0, 201);
    let (status, ended) = owner.delete("/roles/member?default_role=guest");
    assert_eq!((status, &ended["moved_to"]), (200, &json!("guest")), "{ended}");
    assert_eq!(firm.role_of(&ann), "guest");
    assert_eq!(owner.get("").1["settings"]["join.default_role"], json!("guest"));
    assert_eq!(owner.post("/members", json!({ "email": "z@example.com", "name": "Z" })).1["role"], json!("guest"));
}

// rows: C-6
#[test]
fn a_fixed_role_is_neither_changed_nor_deleted_but_its_copy_can_be() {
    let firm = Firm::of("pipeworks");
    let owner = firm.owner();
    for role in ["admin", "member"] {
        assert_eq!(
            told(&owner.patch(&format!("/roles/{role}"), json!({ "allow": ["chat.use"] }))),
            (409, "role-locked")
        );
    }
    assert_eq!(told(&owner.delete("/roles/admin")), (409, "role-locked"));
    let (status, copy) = owner.post("/roles/admin/clone", json!({ "title": "Deputy" }));
    assert_eq!((status, &copy["locked"]), (201, &json!(false)), "{copy}");
    let (_, admin) = owner.get("/roles/admin");
    assert_eq!(words(&copy, "effective"), words(&admin, "effective"));
    let (status, copy) = owner.patch("/roles/deputy", json!({ "revoke": ["member.remove"], "title": "Small deputy" }));
    assert_eq!((status, &copy["title"]), (200, &json!("Small deputy")), "{copy}");
    let (_, own) = owner.post("/roles/owner/clone", json!({ "title": "Nearly all", "id": "nearly" }));
    assert_eq!((&own["top"], &own["id"]), (&json!(false), &json!("nearly")), "{own}");
}

// rows: SW-9, SW-18, SW-8, SW-34
#[test]
fn owners_and_admins_toggle_single_permissions_of_a_role_and_nobody_else_does() {
    let firm = Firm::of("swiftask");
    let (admin, member) = (firm.hire("ada", "admin"), firm.hire("mia", "member"));
    let toggle = json!({ "revoke": ["project.delete", "project.destroy"] });
    for role in ["member", "viewer", "billing-partner"] {
        let person = firm.hire(role, role);
        let answer = person.api.patch("/roles/member", toggle.clone());
        assert_eq!(told(&answer), (403, "lacks-permission"), "{role}");
    }
    let held =
        |role: &Value| words(role, "effective").into_iter().filter(|word| word.starts_with("project.")).collect();
    let before: Vec<String> = held(&firm.owner().get("/roles/member").1);
    assert!(before.contains(&"project.delete:own".to_owned()), "{before:?}");

    let (first, second) = (resource(&member.api, "project", "One"), resource(&member.api, "project", "Two"));
    assert!(member.api.delete(&first).0 < 300, "before, she may delete her own");

    let (status, role) = admin.api.patch("/roles/member", toggle);
    assert_eq!(status, 200, "{role}");
    let after: Vec<String> = held(&role);
    assert!(!after.iter().any(|word| word.starts_with("project.de")), "{after:?}");
    assert!(
        after.contains(&"project.create".to_owned()) && after.contains(&"project.edit:own".to_owned()),
        "{after:?}"
    );
    let (_, access) = member.api.get("/access");
    assert!(!words(&access, "permissions").contains(&"project.delete:own".to_owned()), "{access}");
    assert_eq!(told(&member.api.delete(&second)).0, 403);
    assert_eq!(member.api.patch(&second, json!({ "title": "Still mine" })).1["title"], json!("Still mine"));
    let third = resource(&member.api, "project", "Three");
    assert_eq!(told(&member.api.delete(&third)).0, 403, "and creates new ones, which she cannot delete either");
    assert_eq!(told(&admin.api.patch("/roles/owner", json!({ "revoke": ["chat.use"] }))), (409, "role-locked"));
}

// rows: SW-14, SW-15, SW-16, SW-17
#[test]
fn a_level_is_one_word_for_all_that_a_role_may_do_with_a_kind_of_resource() {
    let firm = Firm::of("swiftask");
    let owner = firm.owner();
    let about = |role: &Value| -> Vec<String> {
        words(role, "permissions").into_iter().filter(|word| word.starts_with("project.")).collect()
    };
    let at = |level: &str| {
        let (status, role) = owner.patch("/roles/viewer", json!({ "levels": { "project": level } }));
        assert_eq!(status, 200, "{role}");
        about(&role)
    };
    assert_eq!(at("view_update"), ["project.view", "project.edit"]);
    assert_eq!(at("no_access"), Vec::<String>::new());
    assert_eq!(at("full_control").len(), 7);
    assert_eq!(at("view_only"), ["project.view"]);
    let (status, problem) = owner.patch("/roles/viewer", json!({ "levels": { "project": "some" } }));
    assert_eq!((status, &problem["field"]), (422, &json!("levels.project")), "{problem}");
    let (_, catalogue) = owner.get("/permissions?limit=1000");
    let project = catalogue["levels"].as_array().unwrap().iter().find(|one| one["kind"] == json!("project")).unwrap();
    assert_eq!(project["levels"]["view_update"], json!(["project.view", "project.edit"]));
}

// rows: PW-12, C-2
#[test]
fn only_owners_promote_to_admin_or_owner_by_whatever_way() {
    let firm = Firm::of("pipeworks");
    let (admin, member) = (firm.hire("ada", "admin"), firm.hire("mia", "member"));
    for role in ["admin", "owner"] {
        let answer = admin.api.patch("/members/mia@example.com", json!({ "role": role }));
        assert_eq!(told(&answer).0, 403, "{role}");
        let new = json!({ "email": "new@example.com", "name": "New", "role": role });
        assert_eq!(told(&admin.api.post("/members", new)).0, 403, "{role}");
    }
    // Neither by changing what newcomers get, nor by lifting the rule, nor by a role that comes to the same.
    assert_eq!(told(&admin.api.patch("", json!({ "settings": { "join.default_role": "admin" } }))).0, 403);
    assert_eq!(told(&admin.api.patch("", json!({ "settings": { "promote.admin": "owner_or_admin" } }))).0, 403);
    assert_eq!(told(&admin.api.post("/roles/admin/clone", json!({ "title": "Second" }))).0, 403);
    assert_eq!(firm.role_of(&member), "member");
    assert_eq!(firm.owner().get("").1["settings"]["promote.admin"], json!("owner"));
    assert_eq!(firm.owner().patch("/members/mia@example.com", json!({ "role": "admin" })).0, 200);
    assert_eq!(firm.role_of(&member), "admin");
}

// rows: WJ-33, WJ-34, WJ-31, WJ-11
#[test]
fn only_the_owner_promotes_to_admin_and_only_the_owner_hands_the_organization_over() {
    let firm = Firm::of("workjet");
    let owner = firm.owner();
    let (admin, member) = (firm.hire("ada", "admin"), firm.hire("mia", "member"));
    let to_admin = json!({ "role": "admin" });
    assert_eq!(told(&admin.api.patch("/members/mia@example.com", to_admin.clone())).0, 403);
    assert_eq!(told(&member.api.patch("/members/mia@example.com", to_admin.clone())).0, 403);
    assert_eq!(owner.patch("/members/mia@example.com", to_admin).0, 200);

    let hand_over = json!({ "to": "ada@example.com", "own_role": "admin" });
    assert_eq!(told(&admin.api.post("/organization/transfer", hand_over.clone())).0, 403);
    assert_eq!(told(&member.api.post("/organization/transfer", hand_over.clone())).0, 403);
    let keeps = json!({ "to": "ada@example.com", "own_role": "owner" });
    assert_eq!(told(&owner.post("/organization/transfer", keeps)), (422, "default-role-too-high"));
    assert_eq!(told(&owner.patch("/members/ada@example.com", json!({ "role": "owner" }))), (422, "too-many-owners"));
    assert_eq!((firm.role_of(&admin).as_str(), owner.get("").1["you"]["role"].as_str()), ("admin", Some("owner")));

    assert_eq!(owner.post("/organization/transfer", hand_over.clone()).0, 200);
    let (status, heir) = admin.api.post("/organization/transfer/accept", json!({}));
    assert_eq!((status, &heir["role"]), (200, &json!("owner")), "{heir}");
    assert_eq!(owner.get("").1["you"]["role"], json!("admin"), "at every moment there was one owner");
    assert_eq!(told(&owner.post("/organization/transfer", hand_over)).0, 403);
}

#[test]
fn nobody_writes_more_into_a_role_than_they_could_give() {
    let firm = Firm::of("crm");
    let owner = firm.owner();
    let editor = json!({ "title": "Role keeper", "permissions": ["role.view", "role.edit", "member.view"] });
    assert_eq!(owner.post("/roles", editor).0, 201);
    let kim = firm.hire("kim", "role-keeper");
    let refused = kim.api.patch("/roles/member", json!({ "allow": ["member.view", "member.remove"] }));
    assert_eq!(told(&refused), (403, "beyond-your-own"));
    let refused = kim.api.post("/roles", json!({ "title": "Trojan", "permissions": ["settings.*"] }));
    assert_eq!(told(&refused), (403, "beyond-your-own"));
    assert_eq!(told(&kim.api.post("/roles/admin/clone", json!({ "title": "Trojan" }))), (403, "beyond-your-own"));
    assert_eq!(
        told(&kim.api.patch("/roles/role-keeper", json!({ "allow": ["settings.*"] }))),
        (403, "beyond-your-own")
    );
    assert_eq!(owner.get("/roles/trojan").0, 404);
    // Nor is anything else written into a role by somebody who does not hold it: they would write it into their own.
    for word in ["http.request", "audit.read", "integration.use_all"] {
        let refused = kim.api.patch("/roles/role-keeper", json!({ "allow": [word] }));
        assert_eq!(told(&refused), (403, "beyond-your-own"), "{word}");
    }
    assert_eq!(kim.api.patch("/roles/member", json!({ "allow": ["role.view"] })).0, 200);
    // Of a role above one's own not even a word can be taken away.
    assert_eq!(owner.post("/roles", json!({ "title": "Chief", "permissions": ["settings.*"] })).0, 201);
    assert_eq!(told(&kim.api.patch("/roles/chief", json!({ "revoke": ["member.remove"] }))), (403, "above-you"));
    assert_eq!(told(&kim.api.delete("/roles/chief")), (403, "above-you"));
}

#[test]
fn the_history_of_a_role_tells_what_changed_word_by_word_and_who_did_it_to_those_who_may_know() {
    let firm = Firm::of("crm");
    let owner = firm.owner();
    let new = json!({ "title": "Clerk", "permissions": ["member.view", "email.send"] });
    assert_eq!(owner.post("/roles", new).0, 201);
    assert_eq!(owner.patch("/roles/clerk", json!({ "revoke": ["email.send"], "allow": ["csv.import"] })).0, 200);
    assert_eq!(owner.patch("/roles/clerk", json!({ "title": "Office clerk" })).0, 200);
    assert_eq!(owner.delete("/roles/clerk").0, 200);
    let (status, history) = owner.get("/roles/clerk/history");
    assert_eq!(status, 200, "{history}");
    assert_eq!(each(&history, "what"), ["deleted", "changed", "changed", "created"]);
    let items = history["items"].as_array().unwrap();
    assert_eq!(items[0]["moved_to"], json!("member"));
    assert_eq!((&items[1]["fields"], &items[1]["added"]), (&json!(["title"]), &json!([])));
    assert_eq!((&items[2]["added"], &items[2]["removed"]), (&json!(["csv.import"]), &json!(["email.send"])));
    assert_eq!(items[3]["added"], json!(["member.view", "email.send"]));
    assert!(items.iter().all(|item| item["actor"]["name"] == json!("owner")), "{history}");

    // The same one at a time.
    let (mut one_by_one, mut cursor) = (Vec::new(), String::new());
    loop {
        let (_, page) = owner.get(&format!("/roles/clerk/history?limit=1{cursor}"));
        one_by_one.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(&one_by_one, items);

    assert_eq!(owner.post("/roles", json!({ "title": "Looker", "permissions": ["role.view"] })).0, 201);
    let looker = firm.hire("lea", "looker");
    let (status, seen) = looker.api.get("/roles/member/history");
    assert_eq!((status, &seen["items"][0]["actor"]), (200, &Value::Null), "{seen}");
    assert_eq!(looker.api.get("/roles/nothing/history").0, 404);
}

// rows: TW-1
#[test]
fn the_catalogue_says_of_every_permission_what_it_means_and_what_it_rests_on() {
    let firm = Firm::as_founded("balanced");
    let owner = firm.owner();
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let (status, page) = owner.get(&format!("/permissions?limit=50{cursor}"));
        assert_eq!(status, 200, "{page}");
        items.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let (_, whole) = owner.get("/permissions?limit=1000");
    assert_eq!(&items, whole["items"].as_array().unwrap());
    let edit = items.iter().find(|item| item["id"] == json!("project.edit")).unwrap();
    assert_eq!((&edit["scopes"], &edit["depends_on"]), (&json!(["own", "team", "all"]), &json!(["project.view"])));
    assert_eq!((&edit["group"], &edit["manages"]), (&json!("resources"), &json!(false)));
    for item in &items {
        assert!(item["description"].as_str().is_some_and(|text| text.ends_with('.')), "{item}");
    }
    let groups: Vec<_> =
        whole["groups"].as_array().unwrap().iter().map(|group| group["word"].as_str().unwrap()).collect();
    assert_eq!(groups, ["settings.*", "actions.*", "resources.*", "data.*", "gateway.*", "billing.*", "audit.*"]);
}

#[test]
fn bad_words_in_a_role_name_their_field_and_change_nothing() {
    let firm = Firm::as_founded("balanced");
    let owner = firm.owner();
    let cases = [
        (json!({ "allow": ["member.juggle"] }), "allow"),
        (json!({ "permissions": ["circus.*"] }), "permissions"),
        (json!({ "revoke": ["project.view:own"] }), "revoke"),
        (json!({ "allow": ["member.view:own"] }), "allow"),
        (json!({ "levels": { "spaceship": "view_only" } }), "levels.spaceship"),
        (json!({ "colour": "red" }), "colour"),
        (json!({ "assignable_to": { "robots": true } }), "assignable_to"),
        (json!({ "guide": "x".repeat(4_001) }), "guide"),
        (json!({ "title": "Admin" }), "title"),
    ];
    let before = owner.get("/roles/member").1;
    for (body, field) in cases {
        let (status, problem) = owner.patch("/roles/member", body.clone());
        assert!(problem["field"].as_str().is_some_and(|told| told.starts_with(field)), "{body}: {problem}");
        assert_eq!(status, 422, "{body}: {problem}");
    }
    assert_eq!(owner.get("/roles/member").1, before);
}

// rows: WJ-31
#[test]
fn a_key_that_somebody_below_issued_does_not_come_to_ownership_with_its_holder() {
    let firm = Firm::of("workjet");
    let admin = firm.hire("ada", "admin");
    let new = json!({ "email": "heir@example.com", "name": "Heir", "issue_key": { "label": "from Ada" } });
    let (status, added) = admin.api.post("/members", new);
    assert_eq!(status, 201, "{added}");
    let from_ada = firm.with(added["key"]["secret"].as_str().unwrap());
    assert_eq!(from_ada.get("").0, 200);
    let over = json!({ "to": "heir@example.com", "own_role": "admin" });
    let refused = firm.owner().post("/organization/transfer", over.clone());
    assert_eq!(told(&refused), (409, "last-key-at-the-top"), "it would end, and the heir would have none");
    assert_eq!(firm.owner().delete(&format!("/keys/{}", added["key"]["id"].as_str().unwrap())).0, 204);
    let new = json!({ "kind": "personal", "label": "from the owner", "holder": "heir@example.com" });
    let (status, issued) = firm.owner().post("/keys", new);
    assert_eq!(status, 201, "{issued}");
    assert_eq!(firm.owner().post("/organization/transfer", over).0, 200);
    let heir = firm.with(issued["secret"].as_str().unwrap());
    let (status, heir) = heir.post("/organization/transfer/accept", json!({}));
    assert_eq!((status, &heir["role"], &heir["keys_ended"]), (200, &json!("owner"), &json!(0)), "{heir}");
    assert_eq!(from_ada.get("").0, 401, "Ada may still know it");
}

// rows: TW-38
#[test]
fn a_role_is_given_only_to_the_kinds_it_is_for_and_is_not_narrowed_below_its_holders() {
    let firm = Firm::of("crm");
    let owner = firm.owner();
    let machine = json!({ "title": "Machine", "permissions": ["data.see"],
        "assignable_to": { "members": false, "keys": true, "agents": true } });
    let (status, role) = owner.post("/roles", machine);
    assert_eq!((status, &role["assignable_to"]["members"]), (201, &json!(false)), "{role}");
    let ann = firm.hire("ann", "member");
    let given = owner.patch("/members/ann@example.com", json!({ "role": "machine" }));
    assert_eq!(told(&given), (422, "role-not-for-members"));
    assert_eq!(firm.role_of(&ann), "member");
    let key = json!({ "kind": "workspace", "label": "robot", "role": "machine" });
    let (status, key) = owner.post("/keys", key);
    assert_eq!(status, 201, "{key}");
    let (status, agent) = owner.post("/agents", json!({ "title": "Helper", "role": "machine" }));
    assert_eq!(status, 201, "{agent}");
    let (_, holders) = owner.get("/roles/machine/holders");
    assert_eq!(
        (each(&holders, "kind"), each(&holders, "name")),
        (vec!["key".to_owned(), "agent".to_owned()], vec!["robot".to_owned(), "Helper".to_owned()])
    );
    let (_, role) = owner.get("/roles/machine");
    assert_eq!((&role["members"], &role["keys"], &role["agents"]), (&json!(0), &json!(1), &json!(1)));
    for kind in ["keys", "agents"] {
        let (status, problem) = owner.patch("/roles/machine", json!({ "assignable_to": { kind: false } }));
        assert_eq!((status, &problem["code"]), (422, &json!("role-in-use")), "{kind}: {problem}");
    }
    assert_eq!(owner.patch("/roles/machine", json!({ "assignable_to": { "members": true } })).0, 200);
    assert_eq!(owner.patch("/members/ann@example.com", json!({ "role": "machine" })).0, 200);
    let (_, ended) = owner.delete("/roles/machine");
    assert_eq!((&ended["members"], &ended["keys"], &ended["agents"]), (&json!(1), &json!(1), &json!(1)), "{ended}");
    assert_eq!(firm.role_of(&ann), "member");
}
