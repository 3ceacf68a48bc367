//! Arguments that a tool's definition wants told in headers as well (`x-mcp-header`), for modern upstreams.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};

use crate::json;
use crate::pipeline::dialect::encode;

/// The headers for one call. Definitions that annotate in a way the protocol forbids get none.
pub(crate) fn headers(definition: &str, arguments: Option<&Value>, depth_max: usize) -> HeaderMap {
    let mut headers = HeaderMap::new();
    // Almost no tool asks for this, and reading a definition costs more than all else of a call.
    if !definition.contains("x-mcp-header") {
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
        let Some(name) = schema.get("x-mcp-header").and_then(Value::as_str) else { continue };
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
