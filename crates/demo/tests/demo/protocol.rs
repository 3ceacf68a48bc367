//! Both eras on one URL, credentials, and the figures.

use serde_json::json;

use crate::client::{World, modern_message};

#[test]
fn a_modern_client_discovers_without_a_session() {
    let world = World::start();
    let answer = world.modern("stripe", "server/discover", json!({}));
    assert_eq!((answer.status, answer.session), (200, None));
    let result = &answer.body["result"];
    assert_eq!(result["supportedVersions"][0], "2026-07-28");
    assert_eq!((&result["resultType"], &result["cacheScope"]), (&json!("complete"), &json!("private")));
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "stripe-lookalike");
}

#[test]
fn headers_that_are_missing_or_differ_from_the_body_are_refused() {
    let world = World::start();
    let bearer = format!("Bearer {}", world.token("stripe"));
    let authorization = ("authorization", bearer.as_str());
    let call = modern_message("tools/call", json!({ "name": "list_customers", "arguments": {} }));
    let version = ("mcp-protocol-version", "2026-07-28");
    let (method, name) = (("mcp-method", "tools/call"), ("mcp-name", "list_customers"));
    let encoded = ("mcp-name", "=?base64?bGlzdF9jdXN0b21lcnM=?=");
    for (headers, status, code) in [
        (vec![authorization, method, name], 400, -32020),
        (vec![authorization, ("mcp-protocol-version", "2025-11-25"), method, name], 400, -32020),
        (vec![authorization, version, name], 400, -32020),
        (vec![authorization, version, method], 400, -32020),
        (vec![authorization, version, method, ("mcp-name", "delete_customer")], 400, -32020),
        (vec![authorization, version, method, name], 200, 0),
        (vec![authorization, version, method, encoded], 200, 0),
    ] {
        let answer = world.post("stripe", &headers, &call);
        assert_eq!(answer.status, status, "{headers:?}");
        assert_eq!(answer.body["error"]["code"].as_i64().unwrap_or(0), code, "{headers:?}");
    }
    assert_eq!(world.integrations.stats.tool_calls("stripe", "delete_customer"), 0);
}

#[test]
fn an_unknown_revision_is_answered_with_those_that_are_spoken() {
    let world = World::start();
    let bearer = format!("Bearer {}", world.token("stripe"));
    let mut message = modern_message("tools/list", json!({}));
    message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2030-01-01");
    let headers =
        [("authorization", bearer.as_str()), ("mcp-protocol-version", "2030-01-01"), ("mcp-method", "tools/list")];
    let answer = world.post("stripe", &headers, &message);
    assert_eq!((answer.status, &answer.body["error"]["code"]), (400, &json!(-32022)));
    assert_eq!(answer.body["error"]["data"]["supported"][0], "2026-07-28");
}

#[test]
fn a_legacy_client_initializes_calls_and_ends_its_session() {
    let world = World::start();
    let session = world.initialize("outlook");
    assert_eq!(world.legacy("outlook", &session, "ping", json!({})).body["result"], json!({}));
    let call = world.legacy("outlook", &session, "tools/call", json!({ "name": "list_folders", "arguments": {} }));
    assert_eq!(call.body["result"]["structuredContent"]["total"], 5);
    assert!(call.body["result"]["resultType"].is_null(), "the legacy era has no result type");
    assert_eq!(world.legacy("stripe", &session, "ping", json!({})).status, 404, "a session belongs to one server");

    let bearer = format!("Bearer {}", world.token("outlook"));
    let delete = || {
        let request = ureq::delete(world.url("outlook")).config().http_status_as_error(false).build();
        let request = request.header("authorization", &bearer).header("mcp-session-id", &session);
        request.call().expect("the server answers").status().as_u16()
    };
    assert_eq!((delete(), delete()), (204, 404));
    assert_eq!(world.legacy("outlook", &session, "ping", json!({})).status, 404);
}

#[test]
fn what_is_not_one_json_rpc_object_is_refused() {
    let world = World::start();
    let bearer = format!("Bearer {}", world.token("stripe"));
    for (body, code) in [
        ("{", -32700),
        ("[]", -32600),
        (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#, -32602),
    ] {
        let mut response = world.send("stripe", &[("authorization", &bearer)], body);
        let text = response.body_mut().read_to_string().expect("a text");
        assert_eq!(response.status().as_u16(), 400, "{body}");
        assert!(text.contains(&format!("\"code\":{code}")), "{body}: {text}");
    }
}

#[test]
fn unknown_methods_and_tools_are_protocol_errors() {
    let world = World::start();
    let method = world.modern("stripe", "resources/list", json!({}));
    assert_eq!((method.status, &method.body["error"]["code"]), (404, &json!(-32601)));
    let tool = world.modern("stripe", "tools/call", json!({ "name": "print_money", "arguments": {} }));
    assert_eq!(tool.body["error"]["code"], -32602);
    assert_eq!(world.integrations.stats.snapshot()["integrations"]["stripe"]["unknown_tool_calls"], 1);
}

#[test]
fn each_integration_takes_its_own_credential_only_and_a_leaked_key_is_counted() {
    let world = World::start();
    let stats = &world.integrations.stats;
    stats.watch("wrp_secret");
    let other = format!("Bearer {}", world.token("outlook"));
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    assert_eq!(world.post("stripe", &[], &ping).status, 401);
    assert_eq!(world.post("stripe", &[("authorization", &other)], &ping).status, 401);
    assert_eq!((stats.credentials_refused("stripe"), stats.leaks()), (2, 0));

    assert_eq!(world.post("stripe", &[("authorization", "Bearer wrp_secret9")], &ping).status, 401);
    assert_eq!(stats.leaks(), 1);
    world.call("stripe", "list_customers", json!({ "note": "see wrp_secret9" }));
    assert_eq!(stats.leaks(), 2);
}

#[test]
fn a_foreign_origin_is_refused() {
    let world = World::start();
    let bearer = format!("Bearer {}", world.token("stripe"));
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {} });
    for (origin, status) in [
        ("https://evil.example.com", 403),
        ("http://localhost.evil.example.com", 403),
        ("http://127.0.0.1:9999", 200),
        ("http://localhost", 200),
    ] {
        let headers = [("authorization", bearer.as_str()), ("origin", origin)];
        assert_eq!(world.post("stripe", &headers, &message).status, status, "{origin}");
    }
}

#[test]
fn calls_are_counted_by_tool_and_by_note_also_for_other_processes() {
    let world = World::start();
    world.call("stripe", "list_customers", json!({ "note": "round-1" }));
    world.call("stripe", "list_customers", json!({ "note": "round-1" }));
    world.call("outlook", "search_emails", json!({ "query": "tent" }));
    let stats = &world.integrations.stats;
    assert_eq!((stats.calls("stripe"), stats.calls("outlook"), stats.calls_total()), (2, 1, 3));
    assert_eq!((stats.tool_calls("stripe", "list_customers"), stats.note_calls("round-1")), (2, 2));

    let url = format!("{}/control/stats", world.integrations.base_url);
    let seen: serde_json::Value = ureq::get(url).call().expect("an answer").body_mut().read_json().expect("JSON");
    assert_eq!(seen, stats.snapshot());
    assert_eq!(seen["integrations"]["stripe"]["tools"], json!({ "list_customers": 2 }));
}
