//! What the scriptable upstream has besides tools: two pages of prompts, a resource, a template.

use serde_json::{Value, json};

use crate::upstream::Era;

/// What such an upstream says that it can.
pub(crate) fn capabilities() -> Value {
    let (prompts, resources) = (json!({ "listChanged": true }), json!({ "listChanged": true, "subscribe": true }));
    json!({ "tools": {}, "prompts": prompts, "resources": resources, "completions": {}, "logging": {} })
}

/// What is answered to a question about any of it; nothing where it is about something else.
pub(crate) fn answer(era: Era, method: &str, params: &Value) -> Option<Result<Value, Value>> {
    let name = params["name"].as_str();
    let uri = params["uri"].as_str();
    Some(Ok(match method {
        "prompts/list" if params["cursor"] == "2" => json!({ "prompts": [{ "name": "a__b" }] }),
        "prompts/list" => {
            let page =
                r#"{"prompts":[{"name":"plan","x":1e400}],"nextCursor":"2","ttlMs":60000,"cacheScope":"public"}"#;
            serde_json::from_str(page).unwrap()
        }
        "prompts/get" if name == Some("plan") => {
            let resource = json!({ "type": "resource", "resource": { "uri": "file:///a", "text": "A" } });
            json!({ "messages": [{ "role": "user", "content": resource }], "told": params["arguments"] })
        }
        "prompts/get" if name == Some("a__b") && params["inputResponses"].is_null() && era == Era::Modern => {
            let question =
                json!({ "method": "elicitation/create", "params": { "message": "Who?", "requestedSchema": {} } });
            json!({ "resultType": "input_required", "inputRequests": { "who": question }, "requestState": "s" })
        }
        "prompts/get" => json!({ "messages": [], "told": [params["inputResponses"], params["requestState"]] }),
        "resources/list" => json!({ "resources": [{ "uri": "file:///a", "name": "a" }], "resultType": "complete" }),
        "resources/templates/list" => {
            json!({ "resourceTemplates": [{ "uriTemplate": "file:///{path}", "name": "t" }] })
        }
        "resources/read" if uri == Some("file:///a") => {
            json!({ "contents": [{ "uri": uri, "text": "A" }], "ttlMs": 60_000, "cacheScope": "public" })
        }
        "resources/read" => {
            let code = if era == Era::Modern { -32602 } else { -32002 };
            return Some(Err(json!({ "code": code, "message": "Resource not found", "data": { "uri": uri } })));
        }
        "completion/complete" => {
            json!({ "completion": { "values": [params["ref"]["name"], params["ref"]["uri"], params["argument"]["value"]] } })
        }
        _ => return None,
    }))
}
