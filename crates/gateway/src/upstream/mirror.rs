//! Arguments that a tool's definition wants told in headers as well (`x-mcp-header`), for modern upstreams.

use std::collections::BTreeSet;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};

use crate::json;
use crate::pipeline::dialect::encode;

/// The key by which a schema wants an argument told in a header.
const MARK: &str = "x-mcp-header";

/// What is wrong with how a tool's definition wants arguments told in headers, if anything is (revision 2026-07-28,
/// server/tools, "x-mcp-header"). Such a tool must not be offered.
pub(crate) fn fault(tool: &Value) -> Option<String> {
    let mut names = BTreeSet::new();
    unsound(tool.get("inputSchema")?, Place::Root, &mut names)
}

/// Where in a definition a schema stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    /// An argument, or a member of one.
    Property,
    /// What applies to an argument under a condition, to some of a list or to any name.
    Elsewhere,
}

fn unsound(schema: &Value, place: Place, names: &mut BTreeSet<String>) -> Option<String> {
    let schema = schema.as_object()?;
    if let Some(mark) = schema.get(MARK) {
        let name = mark.as_str().filter(|name| HeaderName::from_bytes(name.as_bytes()).is_ok());
        let Some(name) = name else { return Some(format!("{mark} is not the name of a header")) };
        if place != Place::Property {
            return Some(format!("{name} is wanted for what is not always an argument"));
        }
        if !matches!(schema.get("type").and_then(Value::as_str), Some("string" | "integer" | "boolean")) {
            return Some(format!("{name} is wanted for what is neither a string, an integer nor a boolean"));
        }
        if !names.insert(name.to_ascii_lowercase()) {
            return Some(format!("{name} is wanted twice"));
        }
    }
    schema.iter().find_map(|(keyword, below)| {
        let inside = if place == Place::Elsewhere { Place::Elsewhere } else { Place::Property };
        match (keyword.as_str(), below) {
            ("properties", Value::Object(each)) => each.values().find_map(|schema| unsound(schema, inside, names)),
            ("patternProperties" | "$defs" | "definitions" | "dependentSchemas", Value::Object(each)) => {
                each.values().find_map(|schema| unsound(schema, Place::Elsewhere, names))
            }
            ("allOf" | "anyOf" | "oneOf" | "prefixItems" | "items", Value::Array(each)) => {
                each.iter().find_map(|schema| unsound(schema, Place::Elsewhere, names))
            }
            (
                "items"
                | "contains"
                | "additionalProperties"
                | "propertyNames"
                | "not"
                | "if"
                | "then"
                | "else"
                | "unevaluatedItems"
                | "unevaluatedProperties"
                | "contentSchema",
                schema,
            ) => unsound(schema, Place::Elsewhere, names),
            _ => None,
        }
    })
}

/// The headers for one call. Definitions that annotate in a way the protocol forbids get none.
pub(crate) fn headers(definition: &str, arguments: Option<&Value>, depth_max: usize) -> HeaderMap {
    let mut headers = HeaderMap::new();
    // Almost no tool asks for this, and reading a definition costs more than all else of a call.
    if !definition.contains(MARK) {
        return headers;
    }
    if let Ok(tree) = json::parse(definition.as_bytes(), depth_max)
        && let Some(properties) = tree.pointer("/inputSchema/properties").and_then(Value::as_object)
    {
        collect(properties, arguments, &mut headers);
    }
    headers
}

fn collect(properties: &Map<String, Value>, arguments: Option<&Value>, headers: &mut HeaderMap) {
    for (key, schema) in properties {
        let Some(argument) = arguments.and_then(|arguments| arguments.get(key)) else { continue };
        if let Some(nested) = schema.get("properties").and_then(Value::as_object) {
            collect(nested, Some(argument), headers);
        }
        let Some(name) = schema.get(MARK).and_then(Value::as_str) else { continue };
        let text = match argument {
            Value::String(text) => text.clone(),
            Value::Bool(yes) => yes.to_string(),
            Value::Number(number) => number.to_string(),
            _ => continue,
        };
        let name = HeaderName::from_bytes(format!("mcp-param-{name}").as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(&encode(&text))) {
            headers.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_tool_that_wants_headers_in_a_way_that_is_not_allowed_is_told_from_one_that_does_not() {
        let annotated = |name: Value, kind: Value| json!({ "type": kind, "x-mcp-header": name });
        let fault = |schema: Value| fault(&json!({ "name": "t", "inputSchema": schema }));
        let with = |properties: Value| fault(json!({ "type": "object", "properties": properties }));
        let ok = |name: &str| annotated(name.into(), "string".into());
        for sound in [
            json!({ "a": ok("Region"), "b": ok("Zone") }),
            json!({ "a": annotated("N".into(), "integer".into()), "b": annotated("B".into(), "boolean".into()) }),
            json!({ "a": { "type": "object", "properties": { "b": ok("Deep") } } }),
            // Here it is the name of an argument, and there a value.
            json!({ "x-mcp-header": { "type": "string" } }),
            json!({ "a": { "type": "object", "default": { "x-mcp-header": "" } } }),
        ] {
            assert_eq!(with(sound.clone()), None, "{sound}");
        }
        for name in [
            json!(""),
            json!("My Region"),
            json!("A:B"),
            json!("R\u{e9}gion"),
            json!("A\t1"),
            json!("A\r\nB"),
            json!(1),
        ] {
            assert!(with(json!({ "a": annotated(name.clone(), "string".into()) })).is_some(), "{name}");
        }
        for kind in
            [json!("number"), json!("object"), json!("array"), json!("null"), json!(["string", "null"]), Value::Null]
        {
            assert!(with(json!({ "a": annotated("A".into(), kind.clone()) })).is_some(), "{kind}");
        }
        assert!(with(json!({ "a": ok("Region"), "b": { "properties": { "c": ok("rEGION") } } })).is_some());
        for elsewhere in [
            json!({ "type": "string", "x-mcp-header": "A" }),
            json!({ "properties": { "a": { "type": "array", "items": ok("A") } } }),
            json!({ "anyOf": [{ "properties": { "a": ok("A") } }] }),
            json!({ "$defs": { "a": ok("A") } }),
            json!({ "additionalProperties": { "properties": { "a": ok("A") } } }),
        ] {
            assert!(fault(elsewhere.clone()).is_some(), "{elsewhere}");
        }
    }

    #[test]
    fn annotated_arguments_are_told_and_absent_or_composite_ones_are_not() {
        let annotated = |name: &str| json!({ "type": "string", "x-mcp-header": name });
        let definition = json!({ "inputSchema": { "properties": {
            "region": annotated("Region"),
            "nested": { "type": "object", "properties": { "n": annotated("N") } },
            "absent": annotated("Absent"), "list": annotated("List"), "bad": annotated("a b"),
        }}});
        let arguments = json!({ "region": "Köln", "nested": { "n": 42 }, "list": [1], "bad": "x" });
        let headers = headers(&definition.to_string(), Some(&arguments), 64);
        assert_eq!(headers.len(), 2);
        assert_eq!(headers["mcp-param-region"], "=?base64?S8O2bG4=?=");
        assert_eq!(headers["mcp-param-n"], "42");
    }
}
