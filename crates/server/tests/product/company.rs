//! The demo company: everyone sees and may call exactly what they were given (PW-42 … PW-47).

use std::collections::BTreeMap;

use serde_json::json;

use crate::world::{Demo, succeeded};

/// Integration → classes of the tools that a key is listed, as the owner knows them.
fn reach(demo: &Demo, key: &str) -> BTreeMap<String, Vec<String>> {
    let owner = demo.api(&demo.key_of("Owner"));
    let mut classes = BTreeMap::new();
    for integration in owner.get("/integrations").1["items"].as_array().unwrap() {
        let slug = integration["slug"].as_str().unwrap();
        let (_, tools) = owner.get(&format!("/integrations/{slug}/tools"));
        for tool in tools["items"].as_array().unwrap() {
            let class = tool["class"].as_str().unwrap().to_owned();
            classes.insert(tool["exposed"].as_str().unwrap().to_owned(), (slug.to_owned(), class));
        }
    }
    let mut reach: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in demo.mcp(key).tools() {
        let (slug, class) = &classes[&name];
        let seen = reach.entry(slug.clone()).or_default();
        if !seen.contains(class) {
            seen.push(class.clone());
            seen.sort();
        }
    }
    reach
}

fn expected(pairs: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
    let own = |classes: &[&str]| classes.iter().map(|class| (*class).to_owned()).collect();
    pairs.iter().map(|(slug, classes)| ((*slug).to_owned(), own(classes))).collect()
}

// rows: PW-1, PW-7, PW-9, PW-13, PW-31, PW-35, PW-42, PW-43, PW-45, PW-46, PW-47
#[test]
fn everyone_sees_exactly_what_they_were_given() {
    let demo = Demo::start();
    let finance = reach(&demo, &demo.key_of("Finance manager"));
    assert_eq!(finance, expected(&[("stripe", &["read", "write"])]));
    let marketing = reach(&demo, &demo.key_of("Marketing analyst"));
    assert_eq!(marketing, expected(&[("google-ads", &["read"]), ("google-analytics", &["read"])]));
    let bot = reach(&demo, &demo.workspace_key());
    assert_eq!(bot, expected(&[("outlook", &["read", "write"]), ("salesforce", &["read"])]));

    let sales = demo.mcp(&demo.key_of("Sales representative")).tools();
    let of = |slug: &str, tools: &[String]| tools.iter().filter(|name| name.starts_with(&format!("{slug}__"))).count();
    assert_eq!(of("salesforce", &sales), 20, "all of Salesforce");
    assert!(
        of("sendgrid", &sales) > 0 && sales.len() == 20 + of("sendgrid", &sales),
        "and of the others SendGrid alone"
    );

    for title in ["Owner", "Head of operations"] {
        let all = demo.mcp(&demo.key_of(title)).tools();
        assert_eq!((of("salesforce", &all), of("stripe", &all), of("outlook", &all)), (20, 50, 29), "{title}");
    }
}

// rows: PW-37, PW-41, PW-61
#[test]
fn one_tool_switched_off_leaves_list_and_call_at_once_and_the_denial_says_why() {
    let demo = Demo::start();
    let admin = demo.api(&demo.key_of("Head of operations"));
    let email = demo.person("Finance manager")["email"].as_str().unwrap();
    let finance = demo.mcp(&demo.key_of("Finance manager"));
    assert!(finance.tools().contains(&"stripe__create_refund".to_owned()));

    let path = format!("/members/{email}/integrations/stripe");
    let (status, grant) = admin.put(&path, json!({ "tools_off": ["create_refund"] }));
    assert_eq!((status, &grant["profile"]), (200, &json!("no-delete")), "what is not named stays: {grant}");

    let tools = finance.tools();
    assert!(!tools.contains(&"stripe__create_refund".to_owned()));
    assert!(tools.contains(&"stripe__list_customers".to_owned()));
    assert!(succeeded(&finance.call("stripe__list_customers", json!({}))));
    let denied = finance.call("stripe__create_refund", json!({}));
    let text = denied.message["result"]["content"][0]["text"].as_str().unwrap_or_default().to_owned();
    assert!(text.contains("create_refund") && text.contains("switched off for you"), "{denied:?}");

    let (_, answer) =
        demo.api(&finance.key).post("/check", json!({ "integration": "stripe", "tool": "create_refund" }));
    assert_eq!((&answer["allowed"], &answer["code"]), (&json!(false), &json!("tool-off")));
    let (_, audit) = admin.get(&format!("/audit?subject={email}&decision=denied"));
    assert_eq!(audit["items"][0]["tool"], json!("create_refund"));
}

// rows: PW-16
#[test]
fn what_is_hidden_answers_byte_for_byte_as_what_does_not_exist() {
    let demo = Demo::start();
    let finance = demo.mcp(&demo.key_of("Finance manager"));
    let hidden = finance.call("salesforce__delete_record", json!({}));
    let absent = finance.call("salesforce__delete_nothing", json!({}));
    let same = |answer: &crate::world::McpAnswer, name: &str| answer.message.to_string().replace(name, "NAME");
    assert_eq!(hidden.status, absent.status);
    assert_eq!(same(&hidden, "salesforce__delete_record"), same(&absent, "salesforce__delete_nothing"));
    let api = demo.api(&finance.key);
    assert_eq!(api.get("/integrations/salesforce").0, 404);
    assert_eq!(api.get("/integrations/nothing").0, 404);
    let slugs: Vec<String> = api.get("/integrations").1["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|integration| integration["slug"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(slugs, ["stripe"]);
}

#[test]
fn what_a_call_changes_the_next_call_reads() {
    let demo = Demo::start();
    let owner = demo.mcp(&demo.key_of("Owner"));
    let created =
        owner.call("stripe__create_customer", json!({ "name": "Quill & Sons", "email": "quill@example.org" }));
    assert!(succeeded(&created), "{created:?}");
    let found = owner.call("stripe__list_customers", json!({ "email": "quill@example.org" }));
    assert!(found.message.to_string().contains("Quill & Sons"), "{found:?}");
}
