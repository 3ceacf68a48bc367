//! Governed data: what roles may do with objects and fields, from all objects to one object to one field.

use serde_json::{Value, json};

use crate::firm::{Firm, Person, each};

/// A CRM with people and opportunities, and a role of its own for somebody.
fn crm(role: Value) -> (Firm, Person) {
    let firm = Firm::of("crm");
    let fields = json!({ "name": "Name", "email": "E-mail", "address": "Address" });
    for (object, title) in [("people", "People"), ("opportunities", "Opportunities")] {
        let (status, defined) =
            firm.owner().put(&format!("/objects/{object}"), json!({ "title": title, "fields": fields }));
        assert_eq!(status, 200, "{defined}");
    }
    let mut new = json!({ "id": "own", "title": "Own" });
    new.as_object_mut().unwrap().extend(role.as_object().unwrap().clone());
    firm.role(new);
    let person = firm.hire("ivy", "own");
    (firm, person)
}

/// What somebody may do with an object; none where it is hidden.
fn may(person: &Person, object: &str) -> Option<Vec<String>> {
    let (status, found) = person.api.get(&format!("/objects/{object}"));
    let listed = each(&person.api.get("/objects").1, "name").contains(&object.to_owned());
    assert_eq!(listed, status == 200, "the list and the single answer are one");
    let verbs = found["may"].as_array().cloned().unwrap_or_default();
    (status == 200).then(|| verbs.iter().map(|verb| verb.as_str().unwrap().to_owned()).collect())
}

/// The fields of people that somebody sees, those they may change with a star.
fn fields(person: &Person) -> Vec<String> {
    let (_, found) = person.api.get("/objects/people");
    let name = |field: &Value| {
        let star = if field["edit"] == json!(true) { "*" } else { "" };
        format!("{}{star}", field["name"].as_str().unwrap())
    };
    found["fields"].as_array().unwrap_or(&Vec::new()).iter().map(name).collect()
}

/// What a role's own page says of one verb at one place: whether, from which level, and what is said there.
fn rule(firm: &Firm, object: &str, field: Option<&str>, verb: &str) -> (bool, String, String) {
    let (status, found) = firm.owner().get("/roles/own/data");
    assert_eq!(status, 200, "{found}");
    let named = |list: &Value, name: &str| {
        list.as_array().unwrap().iter().find(|one| one["name"] == name).cloned().expect("it is there")
    };
    let object = named(&found["objects"], object);
    let at = field.map_or(object.clone(), |field| named(&object["fields"], field));
    let rule = &at["verbs"][verb];
    let text = |name: &str| rule[name].as_str().expect("a text").to_owned();
    (rule["allowed"].as_bool().expect("a yes or no"), text("from"), text("said"))
}

fn verbs(words: &[&str]) -> Option<Vec<String>> {
    Some(words.iter().map(|word| (*word).to_owned()).collect())
}

// rows: TW-16, TW-17
#[test]
fn the_baseline_gives_each_verb_for_all_objects_and_no_other() {
    let (firm, ivy) = crm(json!({ "permissions": ["organization.view", "data.see"] }));
    // The intern: sees everything, changes nothing.
    for object in ["people", "opportunities"] {
        assert_eq!(may(&ivy, object), verbs(&["see"]));
    }
    assert_eq!(fields(&ivy), ["address", "email", "name"]);
    let steps = [
        ("data.edit", vec!["see", "edit"]),
        ("data.create", vec!["see", "create", "edit"]),
        ("data.delete", vec!["see", "create", "edit", "delete"]),
        ("data.destroy", vec!["see", "create", "edit", "delete", "destroy"]),
    ];
    for (permission, expected) in steps {
        firm.change_role("own", json!({ "allow": [permission] }));
        assert_eq!(may(&ivy, "people"), verbs(&expected), "{permission}");
    }
    assert_eq!(fields(&ivy), ["address*", "email*", "name*"]);
    let (status, refused) = firm.owner().patch("/roles/own", json!({ "revoke": ["data.delete"] }));
    assert_eq!(status, 422, "destroying depends on deleting: {refused}");
    firm.change_role("own", json!({ "permissions": ["organization.view"] }));
    assert_eq!((may(&ivy, "people"), each(&ivy.api.get("/objects").1, "name").len()), (None, 0));
}

// rows: TW-24, TW-31
#[test]
fn a_rule_for_an_object_takes_away_and_gives_more_than_the_baseline() {
    let data = json!({ "opportunities": { "see": "deny" }, "people": { "edit": "allow" } });
    let (firm, ivy) = crm(json!({ "permissions": ["organization.view", "data.see"], "data": data }));
    assert_eq!(may(&ivy, "opportunities"), None, "not visible at all");
    let (hidden, absent) = (ivy.api.get("/objects/opportunities"), ivy.api.get("/objects/nothing"));
    assert_eq!(hidden, absent, "as if it were not there");
    assert_eq!(may(&ivy, "people"), verbs(&["see", "create", "edit"]), "making follows changing");
    assert_eq!(fields(&ivy), ["address*", "email*", "name*"]);
    assert_eq!(rule(&firm, "people", None, "edit"), (true, "object".to_owned(), "allow".to_owned()));
    assert_eq!(rule(&firm, "people", None, "see"), (true, "all_objects".to_owned(), "inherit".to_owned()));
    assert!(!rule(&firm, "opportunities", None, "edit").0);

    let apart = json!({ "people": { "edit": "allow", "create": "deny", "delete": "allow" } });
    firm.change_role("own", json!({ "data": apart }));
    assert_eq!(may(&ivy, "people"), verbs(&["see", "edit", "delete"]), "making can be said on its own");
    assert_eq!(may(&ivy, "opportunities"), verbs(&["see"]), "the exception is gone");
}

// rows: TW-26, TW-31
#[test]
fn a_rule_for_a_field_lets_it_be_seen_only_or_hides_it() {
    let data = json!({ "people": { "fields": { "email": { "edit": "deny" }, "address": { "see": "deny" } } } });
    let permissions = ["organization.view", "role.view", "data.see", "data.edit"];
    let (firm, ivy) = crm(json!({ "permissions": permissions, "data": data }));
    assert_eq!(fields(&ivy), ["email", "name*"]);
    assert_eq!(rule(&firm, "people", Some("email"), "edit"), (false, "field".to_owned(), "deny".to_owned()));
    assert!(!rule(&firm, "people", Some("address"), "edit").0, "what is not seen is not changed");
    assert_eq!(rule(&firm, "people", Some("name"), "edit"), (true, "all_objects".to_owned(), "inherit".to_owned()));
    let (status, own) = ivy.api.get("/roles/own/data");
    assert_eq!(status, 200);
    let people = own["objects"].as_array().unwrap().iter().find(|object| object["name"] == "people").expect("people");
    assert!(!people.to_string().contains("address"), "what is hidden from her is not told by her role either: {own}");

    firm.change_role(
        "own",
        json!({ "data": { "people": { "see": "deny", "fields": { "email": { "see": "allow" } } } } }),
    );
    assert_eq!(may(&ivy, "people"), None, "without the object nothing under it is seen");
    assert!(!rule(&firm, "people", Some("email"), "see").0);
}

#[test]
fn an_override_is_set_on_its_level_and_undone_back_to_what_is_inherited() {
    let (firm, ivy) = crm(json!({ "permissions": ["organization.view", "data.see", "data.edit"] }));
    let inherited = (true, "all_objects".to_owned(), "inherit".to_owned());
    assert_eq!(rule(&firm, "people", None, "edit"), inherited);
    firm.change_role("own", json!({ "data": { "people": { "edit": "deny" } } }));
    assert_eq!(rule(&firm, "people", None, "edit"), (false, "object".to_owned(), "deny".to_owned()));
    assert_eq!(rule(&firm, "people", Some("name"), "edit"), (false, "object".to_owned(), "inherit".to_owned()));
    assert_eq!((may(&ivy, "people"), may(&ivy, "opportunities")), (verbs(&["see"]), verbs(&["see", "edit"])));
    firm.change_role("own", json!({ "data": { "people": { "edit": "inherit" } } }));
    assert_eq!(rule(&firm, "people", None, "edit"), inherited);
    assert_eq!(may(&ivy, "people"), verbs(&["see", "edit"]));
}

// rows: C-25, TW-31
#[test]
fn a_field_gives_more_than_its_object_only_where_the_setting_says_so_and_never_sight() {
    let data = json!({ "people": { "edit": "deny", "fields": { "email": { "edit": "allow" } } },
        "opportunities": { "see": "deny", "fields": { "email": { "see": "allow", "edit": "allow" } } } });
    let permissions = ["organization.view", "data.see", "data.edit"];
    let (firm, ivy) = crm(json!({ "permissions": permissions, "data": data }));
    assert_eq!(fields(&ivy), ["address", "email*", "name"], "the preset lets a field override its object");
    assert_eq!(rule(&firm, "people", Some("email"), "edit"), (true, "field".to_owned(), "allow".to_owned()));
    assert_eq!(may(&ivy, "people"), verbs(&["see"]));
    assert_eq!(may(&ivy, "opportunities"), None);

    firm.set("fields.widen", json!(false));
    assert_eq!(fields(&ivy), ["address", "email", "name"]);
    assert_eq!(rule(&firm, "people", Some("email"), "edit"), (false, "object".to_owned(), "allow".to_owned()));
    firm.change_role("own", json!({ "data": { "people": { "fields": { "email": { "edit": "allow" } } } } }));
    assert_eq!(fields(&ivy), ["address*", "email*", "name*"], "what the object gives it may keep");
}

// rows: TW-35
#[test]
fn objects_and_fields_are_defined_and_removed_by_whoever_may_change_the_data_model_and_nobody_else() {
    let (firm, ivy) = crm(json!({ "permissions": ["organization.view", "data.see"] }));
    let new = json!({ "title": "Notes", "fields": { "text": "Text" } });
    assert_eq!(ivy.api.put("/objects/notes", new.clone()).0, 403);
    assert_eq!(ivy.api.delete("/objects/people").0, 403);
    assert_eq!((may(&ivy, "notes"), may(&ivy, "people").is_some()), (None, true), "nothing happened");

    firm.change_role("own", json!({ "permissions": ["organization.view", "data_model.edit"] }));
    assert_eq!(ivy.api.put("/objects/notes", new).0, 200);
    assert_eq!(may(&ivy, "notes"), verbs(&[]), "who shapes the data need not see it");
    let (_, shown) = ivy.api.get("/objects/notes");
    assert_eq!(shown["fields"], json!([{ "name": "text", "title": "Text", "see": false, "edit": false }]));
    for (name, body) in [
        ("Bad Name", json!({ "title": "x", "fields": {} })),
        ("notes", json!({ "title": "x", "fields": { "Bad Field": "y" } })),
        ("notes", json!({ "title": "x" })),
    ] {
        assert_eq!(ivy.api.put(&format!("/objects/{}", name.replace(' ', "%20")), body).0, 422, "{name}");
    }
    firm.change_role("member", json!({ "data": { "notes": { "edit": "deny" } } }));
    let (status, denied) = ivy.api.delete("/objects/notes");
    assert_eq!((status, denied["code"].as_str()), (403, Some("beyond-your-reach")), "{denied}");
    let all = ["organization.view", "data_model.edit", "data.see", "data.create", "data.edit"];
    firm.change_role("own", json!({ "permissions": all }));
    assert_eq!(ivy.api.delete("/objects/notes").0, 204);
    assert_eq!((may(&ivy, "notes"), ivy.api.delete("/objects/notes").0), (None, 404));
    let (_, role) = firm.owner().get("/roles/member");
    assert_eq!(role["data"], json!({}), "what roles said about it is gone: {role}");
}
