//! What the integrations offer.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::client::{Era, World};

const SIZES: &[(&str, usize)] = &[
    ("salesforce", 20),
    ("stripe", 50),
    ("outlook", 29),
    ("sendgrid", 12),
    ("google-analytics", 10),
    ("google-ads", 12),
];

#[test]
fn each_integration_lists_its_number_of_tools_in_both_eras() {
    let world = World::start();
    for (slug, size) in SIZES {
        let modern = world.tools(slug, Era::Modern);
        assert_eq!(modern.len(), *size, "{slug}");
        assert_eq!(modern, world.tools(slug, Era::Legacy), "{slug}");
    }
    assert_eq!(world.integrations.list.len(), SIZES.len());
}

#[test]
fn names_are_unique_short_and_plain_and_every_tool_explains_itself() {
    let world = World::start();
    for (slug, _) in SIZES {
        let mut names = BTreeSet::new();
        for tool in world.tools(slug, Era::Modern) {
            let name = tool["name"].as_str().expect("a name").to_owned();
            assert!(
                name.len() <= 64 && name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_'),
                "{name}"
            );
            assert!(tool["title"].as_str().is_some_and(|title| !title.is_empty()), "{name} has no title");
            assert!(tool["description"].as_str().is_some_and(|about| about.ends_with('.')), "{name} is not described");
            assert!(names.insert(name.clone()), "{slug} has {name} twice");
        }
    }
}

#[test]
fn every_schema_is_an_object_schema_whose_required_properties_exist() {
    let world = World::start();
    let mut output_schemas = 0;
    for (slug, _) in SIZES {
        for tool in world.tools(slug, Era::Modern) {
            check_schema(&tool["inputSchema"], &tool);
            assert_eq!(tool["inputSchema"]["additionalProperties"], false);
            if !tool["outputSchema"].is_null() {
                output_schemas += 1;
                check_schema(&tool["outputSchema"], &tool);
            }
        }
    }
    assert!(output_schemas >= 15, "only {output_schemas} tools publish an output schema");
}

fn check_schema(schema: &Value, tool: &Value) {
    assert_eq!(schema["type"], "object", "{tool}");
    let properties = schema["properties"].as_object().expect("properties are an object");
    for property in properties.values() {
        let kind = property["type"].as_str().expect("a property has a type");
        assert!(["string", "integer", "number", "boolean", "array", "object"].contains(&kind), "{tool}");
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        assert!(properties.contains_key(name.as_str().expect("a name")), "{tool} requires what it does not describe");
    }
}

#[test]
fn some_annotations_are_missing_and_two_mislead() {
    let world = World::start();
    let mut missing = 0;
    let mut misleading = Vec::new();
    for integration in &world.integrations.list {
        let shown = world.tools(integration.slug, Era::Modern);
        for (known, shown) in integration.tools.iter().zip(shown) {
            assert_eq!(known.name, shown["name"], "the known classes are in the order of the list");
            missing += usize::from(shown["annotations"].is_null());
            if known.class == "delete" && shown["annotations"]["readOnlyHint"] == true {
                misleading.push(known.name);
            }
        }
    }
    assert_eq!(missing, 6);
    assert_eq!(misleading, ["delete_coupon", "empty_folder"]);
}

#[test]
fn what_is_answered_has_what_its_output_schema_requires() {
    let world = World::start();
    for (slug, tool, arguments) in [
        ("salesforce", "list_leads", json!({})),
        ("salesforce", "pipeline_summary", json!({ "group_by": "stage" })),
        ("salesforce", "create_account", json!({ "name": "Fell Huts" })),
        ("salesforce", "delete_account", json!({ "account_id": "001_001001" })),
        ("stripe", "retrieve_balance", json!({})),
        ("stripe", "create_refund", json!({ "payment_intent": "pi_001001", "amount": 1 })),
        ("outlook", "reply_to_email", json!({ "email_id": "msg_001001", "body": "Yes." })),
        ("google-analytics", "run_report", json!({ "metric": "users" })),
    ] {
        let tools = world.tools(slug, Era::Modern);
        let shown = tools.iter().find(|shown| shown["name"] == tool).expect("the tool exists");
        let schema = &shown["outputSchema"];
        let content = world.call(slug, tool, arguments);
        for name in schema["required"].as_array().expect("something is required") {
            let name = name.as_str().expect("a name");
            let fits = match schema["properties"][name]["type"].as_str().expect("a type") {
                "string" => content[name].is_string(),
                "integer" => content[name].is_i64() || content[name].is_u64(),
                "number" => content[name].is_number(),
                "boolean" => content[name].is_boolean(),
                "array" => content[name].is_array(),
                other => panic!("{tool} has the type {other}"),
            };
            assert!(fits, "{tool} answers {name} as {}", content[name]);
        }
    }
}
