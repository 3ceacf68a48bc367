//! Asking: what a change would do before it is made, why and why not, who can, since when, and what deserves a look.

use serde_json::{Value, json};

use crate::world::{Demo, succeeded};

const REFUND: &str = "stripe/create_refund";

fn question(subject: &str, tool: &str) -> Value {
    json!({ "subject": subject, "action": "call", "resource": { "type": "tool", "id": tool } })
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().map(|text| text.as_str().expect("a text")).collect()
}

// rows: PW-52
#[test]
fn a_removal_can_be_previewed_changes_nothing_and_is_then_made_only_on_that_very_state() {
    let demo = Demo::start();
    let owner = demo.api(&demo.key_of("Owner"));
    let fay = demo.person("Finance manager");
    let (email, name) = (fay["email"].as_str().unwrap(), fay["name"].as_str().unwrap());
    let path = format!("/members/{email}");

    let preview = demo.api(&demo.key_of("Owner")).header("wardroom-preview", "true");
    let (status, impact) = preview.delete(&path);
    assert_eq!((status, &impact["preview"]), (200, &json!(true)), "{impact}");
    assert_eq!(impact["events"], json!(["member.removed"]));
    let subjects = impact["subjects"].as_array().unwrap();
    assert_eq!(subjects.len(), 1, "nobody else is affected: {impact}");
    assert_eq!((&subjects[0]["name"], &subjects[0]["presence"]), (&json!(name), &json!("goes")));
    let lost = subjects[0]["loses_tools"]["stripe"].as_array().unwrap().len();
    let held = demo.mcp(&demo.key_of("Finance manager")).tools().len();
    assert_eq!(lost, held, "she is still there, and loses what she has");

    // Something else happens in between, and the removal does not.
    let seq = &impact["seq"];
    let (status, _) = owner.patch("", json!({ "settings": { "join.default_profile": "no-delete" } }));
    assert_eq!(status, 200);
    let tied = demo.api(&demo.key_of("Owner")).header("if-match", format!("\"{seq}\""));
    let (status, moved) = tied.delete(&path);
    assert_eq!((status, &moved["code"]), (412, &json!("moved")), "{moved}");
    assert_eq!(demo.mcp(&demo.key_of("Finance manager")).tools().len(), held);

    let (_, impact) = preview.delete(&path);
    let tied = demo.api(&demo.key_of("Owner")).header("if-match", format!("\"{}\"", impact["seq"]));
    assert_eq!(tied.delete(&path).0, 200, "tied to the newest state it is made");
    assert_eq!(owner.get(&path).1["status"], json!("removed"));
}

#[test]
fn a_preview_of_what_one_may_not_do_is_denied_and_others_are_only_counted_for_who_may_not_ask_about_them() {
    let demo = Demo::start();
    let fay = demo.api(&demo.key_of("Finance manager")).header("wardroom-preview", "true");
    let owner = demo.person("Owner")["email"].as_str().unwrap().to_owned();
    let (status, problem) = fay.delete(&format!("/members/{owner}"));
    assert_eq!((status, &problem["code"]), (403, &json!("lacks-permission")), "{problem}");
    let (status, problem) = demo.api(&demo.key_of("Owner")).header("wardroom-preview", "perhaps").delete("/members/x");
    assert_eq!((status, &problem["field"]), (422, &json!("Wardroom-Preview")));
}

// rows: PW-41
#[test]
fn why_not_names_what_would_allow_it_and_doing_that_allows_it_through_the_gateway() {
    let demo = Demo::start();
    let owner = demo.api(&demo.key_of("Owner"));
    let fay = demo.person("Finance manager")["email"].as_str().unwrap().to_owned();
    let gateway = demo.mcp(&demo.key_of("Finance manager"));
    let off = json!({ "profile": "no-delete", "tools_off": ["create_refund"] });
    assert_eq!(owner.put(&format!("/members/{fay}/integrations/stripe"), off).0, 200);

    let mut asked = question(&fay, REFUND);
    asked["remedies"] = json!(true);
    let (status, answer) = owner.post("/explain", asked);
    assert_eq!((status, &answer["allowed"], &answer["code"]), (200, &json!(false), &json!("tool-off")), "{answer}");
    let chain = texts(&answer["chain"]);
    assert!(chain[0].contains("Member") && chain.last().unwrap().contains("create_refund"), "{chain:?}");
    assert_eq!(answer["remedies"], json!([["assign Stripe: read and change, never delete"]]));
    // The gateway says the same.
    let denied = gateway.call("stripe__create_refund", json!({}));
    assert!(denied.message.to_string().contains(answer["because"].as_str().unwrap()), "{denied:?}");

    let on = json!({ "profile": "no-delete", "tools_off": [] });
    assert_eq!(owner.put(&format!("/members/{fay}/integrations/stripe"), on).0, 200);
    let (_, answer) = owner.post("/explain", question(&fay, REFUND));
    assert_eq!((&answer["allowed"], &answer["code"]), (&json!(true), &json!("grant")));
    assert!(gateway.tools().contains(&"stripe__create_refund".to_owned()));
}

#[test]
fn the_past_can_be_asked_and_every_turn_of_an_answer_names_the_change_and_who_made_it() {
    let demo = Demo::start();
    let owner = demo.api(&demo.key_of("Owner"));
    let fay = demo.person("Finance manager")["email"].as_str().unwrap().to_owned();
    let before = owner.post("/explain", question(&fay, REFUND)).1["seq"].clone();
    assert_eq!(owner.delete(&format!("/members/{fay}/integrations/stripe")).0, 204);

    let mut then = question(&fay, REFUND);
    then["at"] = json!(before.to_string());
    assert_eq!(owner.post("/explain", then.clone()).1["allowed"], json!(true), "as it was");
    assert_eq!(owner.post("/explain", question(&fay, REFUND)).1["allowed"], json!(false), "as it is");
    then["at"] = json!("999999");
    let (status, problem) = owner.post("/explain", then.clone());
    assert_eq!((status, &problem["field"]), (422, &json!("at")), "{problem}");
    then["at"] = json!("1999-01-01T00:00:00Z");
    assert_eq!(owner.post("/explain", then).0, 422, "before it was founded");

    let (status, history) = owner.post("/explain/history", question(&fay, REFUND));
    assert_eq!(status, 200, "{history}");
    let turns = history["items"].as_array().unwrap();
    let told: Vec<(&str, bool)> = turns
        .iter()
        .map(|turn| (turn["change"].as_str().unwrap_or_default(), turn["allowed"].as_bool().unwrap()))
        .collect();
    assert_eq!(told.first(), Some(&("grant.removed", false)), "{history}");
    assert!(told.contains(&("grant.set", true)), "{history}");
    let owner_id = demo.person("Owner")["id"].as_str().map(str::to_owned);
    if let Some(id) = owner_id {
        assert!(turns[0]["actor"].as_str().unwrap().starts_with(&id), "{history}");
    }
}

// rows: PW-1
#[test]
fn who_can_lists_exactly_those_whose_call_goes_through() {
    let demo = Demo::start();
    let owner = demo.api(&demo.key_of("Owner"));
    let asked = json!({ "action": "call", "resource": { "type": "tool", "id": REFUND } });
    let (status, answer) = owner.post("/who-can", asked.clone());
    assert_eq!(status, 200, "{answer}");
    let mut names: Vec<&str> =
        answer["items"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    let mut expected: Vec<&str> = ["Owner", "Head of operations", "Finance manager"]
        .iter()
        .map(|title| demo.person(title)["name"].as_str().unwrap())
        .collect();
    expected.sort_unstable();
    assert_eq!(names, expected);
    // Page by page it is the same.
    let mut paged = asked.clone();
    paged["limit"] = json!(1);
    let (mut seen, mut cursor) = (0, Value::Null);
    loop {
        if !cursor.is_null() {
            paged["cursor"] = cursor;
        }
        let (_, page) = owner.post("/who-can", paged.clone());
        seen += page["items"].as_array().unwrap().len();
        cursor = page["next"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(seen, names.len());
    let (status, problem) = demo.api(&demo.key_of("Finance manager")).post("/who-can", asked);
    assert_eq!((status, &problem["code"]), (403, &json!("lacks-permission")), "{problem}");
    assert!(succeeded(&demo.mcp(&demo.key_of("Finance manager")).call("stripe__list_customers", json!({}))));
}

#[test]
fn a_member_who_asks_about_a_hidden_thing_is_told_what_every_door_says() {
    let demo = Demo::start();
    let fay = demo.api(&demo.key_of("Finance manager"));
    let hidden =
        json!({ "action": "call", "resource": { "type": "tool", "id": "salesforce/delete_lead" }, "remedies": true });
    let missing =
        json!({ "action": "call", "resource": { "type": "tool", "id": "nothing/delete_lead" }, "remedies": true });
    let of = |question: Value| {
        let (status, mut answer) = fay.post("/explain", question);
        assert_eq!(status, 200, "{answer}");
        answer["seq"] = Value::Null;
        answer.to_string().replace("nothing", "salesforce")
    };
    assert_eq!(of(hidden), of(missing));
    let view = |id: &str| json!({ "action": "view", "resource": { "type": "integration", "id": id } });
    let (status, answer) = fay.post("/explain", view("salesforce"));
    let (other, none) = fay.post("/explain", view("nothing"));
    assert_eq!((status, answer), (other, none), "an integration that is hidden is one that is not there");
}

// rows: PW-58, PW-60, SW-56
#[test]
fn advice_and_the_access_report_are_for_those_who_may_explain_access() {
    let demo = Demo::start();
    let owner = demo.api(&demo.key_of("Owner"));
    let (status, advice) = owner.get("/advice");
    assert_eq!(status, 200, "{advice}");
    let codes: Vec<&str> =
        advice["items"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"one-owner") && codes.contains(&"key-without-end"), "{codes:?}");
    let (status, report) = owner.get("/access-report");
    assert_eq!(status, 200, "{report}");
    let name = demo.person("Finance manager")["name"].as_str().unwrap();
    let of_fay: Vec<&Value> =
        report["items"].as_array().unwrap().iter().filter(|row| row["name"] == json!(name)).collect();
    assert_eq!(of_fay.len(), 1, "{of_fay:?}");
    assert_eq!((&of_fay[0]["integration"], &of_fay[0]["profile"]), (&json!("stripe"), &json!("no-delete")));
    assert_eq!(of_fay[0]["tools"], json!(demo.mcp(&demo.key_of("Finance manager")).tools().len()));
    let fay = demo.api(&demo.key_of("Finance manager"));
    assert_eq!((fay.get("/advice").0, fay.get("/access-report").0), (403, 403));
}
