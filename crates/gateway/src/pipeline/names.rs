//! What prompts and resources are called at the one URL of all integrations, where names of several servers could be the same.
//! At the door of one integration everything is called as its server calls it.

use serde_json::{Map, Value};

use crate::pipeline::kind::Kind;

/// How the address of a resource begins at the one URL: the integration's slug follows, a slash, and the address as its
/// server has it, so that a template stays one (RFC 6570).
const SCHEME: &str = "wardroom:";
/// What stands between an integration's slug and the name of a prompt, as between it and that of a tool.
const BETWEEN: &str = "__";

/// A prompt as it is called at the one URL.
fn prompt(slug: &str, name: &str) -> String {
    format!("{slug}{BETWEEN}{name}")
}

/// The address of a resource, or of many by a template, as it is at the one URL.
pub(crate) fn address(slug: &str, address: &str) -> String {
    format!("{SCHEME}{slug}/{address}")
}

/// The integration's slug and what it calls the prompt.
pub(crate) fn prompt_of(name: &str) -> Option<(&str, &str)> {
    name.split_once(BETWEEN)
}

/// The integration's slug and the address that it knows.
pub(crate) fn address_of(address: &str) -> Option<(&str, &str)> {
    address.strip_prefix(SCHEME)?.split_once('/')
}

/// Names what a result of an integration names as it is called at the one URL.
pub(crate) fn put(kind: Kind, slug: &str, result: &mut Map<String, Value>) {
    let by_prompt = |text: &str| prompt(slug, text);
    let by_address = |text: &str| address(slug, text);
    match kind {
        Kind::ListPrompts => each(result, "prompts", |one| change(one, "name", by_prompt)),
        Kind::ListResources => each(result, "resources", |one| change(one, "uri", by_address)),
        Kind::ListTemplates => each(result, "resourceTemplates", |one| change(one, "uriTemplate", by_address)),
        Kind::ReadResource => each(result, "contents", |one| change(one, "uri", by_address)),
        Kind::CallTool => each(result, "content", |block| put_block(slug, block)),
        Kind::GetPrompt => each(result, "messages", |message| match message.get_mut("content") {
            Some(Value::Object(block)) => put_block(slug, block),
            Some(Value::Array(blocks)) => {
                blocks.iter_mut().filter_map(Value::as_object_mut).for_each(|block| put_block(slug, block));
            }
            _ => {}
        }),
        Kind::Complete | Kind::Subscribe | Kind::Unsubscribe | Kind::Listen => {}
    }
}

/// A block of content may link to a resource, or have one in it.
fn put_block(slug: &str, block: &mut Map<String, Value>) {
    let by_address = |text: &str| address(slug, text);
    match block.get("type").and_then(Value::as_str) {
        Some("resource_link") => change(block, "uri", by_address),
        Some("resource") => {
            if let Some(resource) = block.get_mut("resource").and_then(Value::as_object_mut) {
                change(resource, "uri", by_address);
            }
        }
        _ => {}
    }
}

fn each(result: &mut Map<String, Value>, member: &str, change: impl FnMut(&mut Map<String, Value>)) {
    let all = result.get_mut(member).and_then(Value::as_array_mut);
    all.into_iter().flatten().filter_map(Value::as_object_mut).for_each(change);
}

fn change(members: &mut Map<String, Value>, member: &str, by: impl Fn(&str) -> String) {
    if let Some(Value::String(text)) = members.get_mut(member) {
        *text = by(text);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_named_at_the_one_url_is_found_again_as_its_server_names_it() {
        for (slug, theirs) in [("files", "file:///a/b?c#d"), ("a-b", "x:/"), ("s", ""), ("s", "wardroom:t/u")] {
            assert_eq!(address_of(&address(slug, theirs)), Some((slug, theirs)));
        }
        for name in ["plan", "a__b", "__", ""] {
            assert_eq!(prompt_of(&prompt("git-hub", name)), Some(("git-hub", name)));
        }
        for text in ["file:///a", "wardroom:files", "Wardroom:files/x", ""] {
            assert_eq!(address_of(text), None, "{text}");
        }
        assert_eq!(prompt_of("plan_b"), None);
    }

    #[test]
    fn every_address_in_a_result_is_named_and_nothing_else_is_touched() {
        let block = json!({ "type": "resource_link", "uri": "a:1", "name": "uri" });
        let inside = json!({ "type": "resource", "resource": { "uri": "a:2", "text": "a:2" } });
        let text = json!({ "type": "text", "text": "a:1", "uri": "a:1" });
        let (linked, within) = (json!("wardroom:s/a:1"), json!("wardroom:s/a:2"));
        let named = |kind, mut result: Value| {
            put(kind, "s", result.as_object_mut().unwrap());
            result
        };
        let called = named(Kind::CallTool, json!({ "content": [block, inside, text, 1], "x": { "uri": "a:1" } }));
        assert_eq!((&called["content"][0]["uri"], &called["content"][1]["resource"]["uri"]), (&linked, &within));
        assert_eq!((&called["content"][1]["resource"]["text"], &called["content"][2]), (&json!("a:2"), &text));
        assert_eq!((&called["x"]["uri"], &called["content"][0]["name"]), (&json!("a:1"), &json!("uri")));
        let got = json!({ "messages": [{ "role": "user", "content": inside }, { "content": [block] }, {}] });
        let got = named(Kind::GetPrompt, got);
        assert_eq!(got.pointer("/messages/0/content/resource/uri"), Some(&within));
        assert_eq!(got.pointer("/messages/1/content/0/uri"), Some(&linked));
        for (kind, member, key) in [
            (Kind::ListResources, "resources", "uri"),
            (Kind::ListTemplates, "resourceTemplates", "uriTemplate"),
            (Kind::ReadResource, "contents", "uri"),
        ] {
            let listed = named(kind, json!({ member: [{ key: "a:{x}", "name": "a:{x}" }] }));
            assert_eq!(listed, json!({ member: [{ key: "wardroom:s/a:{x}", "name": "a:{x}" }] }));
        }
        assert_eq!(named(Kind::ListPrompts, json!({ "prompts": [{ "name": "p" }] }))["prompts"][0]["name"], "s__p");
    }
}
