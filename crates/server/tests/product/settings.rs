//! The organization's settings: all told with what they mean, all changed by name, all or none.

use serde_json::{Value, json};

use crate::firm::{Firm, Person, each, told};
use crate::rows::everybody;

fn settings(firm: &Firm) -> Vec<Value> {
    let (status, found) = firm.owner().get("/settings");
    assert_eq!(status, 200, "{found}");
    found["items"].as_array().unwrap().clone()
}

#[test]
fn every_setting_is_told_with_its_value_what_it_decides_and_what_values_there_are() {
    let firm = Firm::as_founded("pipeworks");
    let found = settings(&firm);
    let named = |name: &str| found.iter().find(|one| one["name"] == json!(name)).unwrap_or_else(|| panic!("no {name}"));
    let promote = named("promote.admin");
    assert_eq!((&promote["value"], &promote["takes"]), (&json!("owner"), &json!("one")));
    assert_eq!(promote["choices"]["owner"], json!("Holders of the top role alone."));
    assert_eq!(named("grants.to")["takes"], json!("some"));
    assert_eq!(named("owners.max")["takes"], json!("a number, or null"));
    assert_eq!(named("labels")["value"]["organization"], json!("workspace"));
    let (_, org) = firm.owner().get("");
    assert_eq!(found.len(), org["settings"].as_object().unwrap().len());
    for setting in &found {
        assert!(setting["means"].as_str().is_some_and(|text| text.len() > 15), "{setting}");
        assert_eq!(setting["value"], org["settings"][setting["name"].as_str().unwrap()], "{setting}");
    }
}

/// A list in an order of its own, since the order of these means nothing.
fn sorted(value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(list) = value.as_array_mut() {
        list.sort_by_key(Value::to_string);
    }
    value
}

#[test]
fn every_setting_takes_the_values_that_it_tells_of() {
    let firm = Firm::as_founded("balanced");
    let owner = firm.owner();
    for setting in settings(&firm) {
        let name = setting["name"].as_str().unwrap();
        let choices = setting["choices"].as_object().unwrap().keys();
        let values: Vec<Value> = match setting["takes"].as_str().unwrap() {
            "one" => choices.map(|word| serde_json::from_str(word).unwrap_or_else(|_| json!(word))).collect(),
            "some" => vec![json!(choices.collect::<Vec<_>>()), json!([])],
            "texts" => vec![choices.map(|word| (word.clone(), json!("ours"))).collect()],
            _ => vec![setting["value"].clone()],
        };
        for value in values {
            let (status, org) = owner.patch("", json!({ "settings": { name: value } }));
            assert_eq!((status, sorted(&org["settings"][name])), (200, sorted(&value)), "{name}: {org}");
        }
    }
}

// rows: WJ-19
#[test]
fn in_workjet_a_member_opens_no_admin_settings_and_learns_what_concerns_them() {
    let firm = Firm::of("workjet");
    let people = everybody(&firm, &["owner", "admin", "member"]);
    let all = settings(&firm).len();
    let names = |person: &Person| {
        let (status, found) = person.api.get("/settings");
        assert_eq!(status, 200, "{found}");
        let (_, org) = person.api.get("");
        let beside: Vec<String> = org["settings"].as_object().expect("settings").keys().cloned().collect();
        assert_eq!(each(&found, "name"), beside, "one door tells more than the other");
        beside
    };
    assert_eq!((names(&people[0].1).len(), names(&people[1].1).len()), (all, all));
    let for_everybody = [
        "invite.organization",
        "invite.team",
        "keys.personal",
        "resources.listed",
        "workflows.run_needs_edit",
        "labels",
    ];
    let member = &people[2].1;
    assert_eq!(names(member), for_everybody);
    assert_eq!(member.api.get("").1["preset"], json!("workjet"));
    for name in each(&firm.owner().get("/settings").1, "name") {
        let value = firm.owner().get("").1["settings"][&name].clone();
        let (status, problem) = member.api.patch("", json!({ "settings": { name.clone(): value } }));
        assert_eq!(status, 403, "{name}: {problem}");
    }
    // Nor by the file that says everything.
    let question = json!({ "subject": member.id, "action": "organization.edit",
        "resource": { "type": "organization", "id": "" } });
    assert_eq!(firm.owner().post("/explain", question).1["allowed"], json!(false));
}

#[test]
fn settings_change_all_or_none_and_what_cannot_be_names_its_field() {
    let firm = Firm::as_founded("balanced");
    let owner = firm.owner();
    let two = json!({ "settings": { "join.default_profile": "no-delete", "records.sync": "all" } });
    let (status, org) = owner.patch("", two);
    assert_eq!((status, &org["settings"]["records.sync"]), (200, &json!("all")), "{org}");
    let before = owner.get("").1;
    let cases = [
        (json!({ "records.sync": "changes", "owners.max": 0 }), "owners.max"),
        (json!({ "records.sync": "changes", "promote.admin": "anybody" }), "settings.promote.admin"),
        (json!({ "records.sync": "changes", "coffee": true }), "settings.coffee"),
        (json!({ "records.sync": "changes", "grants.to": "team" }), "settings.grants.to"),
        (json!({ "records.sync": "changes", "labels": { "member": "" } }), "labels"),
        (json!({ "records.sync": "changes", "join.default_team_role": "member" }), "join.default_team_role"),
        (
            json!({ "records.sync": "changes", "join.default_team": format!("tea_{}", "0".repeat(20)) }),
            "join.default_team",
        ),
    ];
    for (changes, field) in cases {
        let (status, problem) = owner.patch("", json!({ "settings": changes }));
        assert_eq!((status, &problem["field"]), (422, &json!(field)), "{changes}: {problem}");
    }
    assert_eq!(owner.get("").1, before);
    let member = firm.hire("mia", "member");
    assert_eq!(told(&member.api.patch("", json!({ "settings": { "records.sync": "changes" } }))).0, 403);
    assert_eq!(owner.get("").1, before);
}
