//! What a caller sees: exactly what they may call, and nothing that tells of the rest.

use std::collections::BTreeSet;

use domain::command::Command;
use domain::grant::Profile;
use domain::key::KeyScope;
use domain::organization::SettingChange;
use gateway::Limits;
use serde_json::json;

use crate::upstream::{Era, TOOLS, Upstream};
use crate::world::{World, log};

#[tokio::test]
async fn the_list_shows_exactly_what_may_be_called() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Modern, &log).await);
    let (stripe, mail) = (world.connect("stripe", &upstream), world.connect("mail", &upstream));
    let fin = world.add_member("Fin");
    world.grant(&fin, stripe, Profile::NoDelete, &["get_error"]);
    let bot = world.shared.workspace_key(&world.org, KeyScope::Granted);
    world.change(Command::SetGrant {
        grantee: domain::grant::Grantee::Key(bot.key_id),
        integration: mail,
        profile: Profile::ReadOnly,
        tools_off: BTreeSet::new(),
        expires_at: None,
    });
    world.change(Command::ReviewTool { integration: mail, tool: "get_fault".into(), class: None, off: Some(true) });
    let everyone = [world.owner.clone(), fin, bot, world.add_member("Nobody")];
    let quick = ["get_echo", "get_error", "get_fault", "get_input", "delete_record", "frobnicate", "get_busy"];
    for person in everyone {
        let client = world.client(&person).modern();
        let listed: BTreeSet<String> = client.names().await.into_iter().collect();
        for slug in ["stripe", "mail"] {
            for tool in quick {
                let name = format!("{slug}__{tool}");
                let before = log.count("upstream tools/call");
                client.call(&name, json!({})).await;
                let reached = log.count("upstream tools/call") > before;
                assert_eq!(reached, listed.contains(&name), "{name}");
            }
        }
    }
    let seen = world.client(&world.owner).names().await;
    assert_eq!(seen.len(), 2 * TOOLS.len() - 1);
    assert_eq!(log.count("upstream tools/list"), 0);
}

#[tokio::test]
async fn definitions_are_shown_whole_and_by_the_name_of_the_door() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Modern, &log).await);
    world.connect("stripe", &upstream);
    world.connect("mail", &upstream);
    let whole = r#""x-unknown":[1e400,{"a":12345678901234567890123}],"inputSchema":{"type":"object"}}"#;
    let all = world.client(&world.owner).rpc("1", "tools/list", json!({})).await;
    assert!(all.text.contains(&format!(r#"{{"name":"stripe__get_echo",{whole}"#)), "{}", all.text);
    assert_eq!(all.json()["result"].as_object().unwrap().keys().collect::<Vec<_>>(), ["tools"]);
    let one = world.client(&world.owner).at("/o/acme/mcp/stripe").modern().rpc("1", "tools/list", json!({})).await;
    assert!(one.text.contains(&format!(r#"{{"name":"get_echo",{whole}"#)));
    let result = &one.json()["result"];
    assert_eq!(result["tools"].as_array().unwrap().len(), TOOLS.len());
    assert_eq!(
        (&result["resultType"], &result["ttlMs"], &result["cacheScope"]),
        (&"complete".into(), &json!(0), &"private".into())
    );
    let reply = world.client(&world.owner).at("/mcp/stripe").call("get_echo", json!({ "a": 1 })).await;
    assert_eq!(reply.json()["result"]["structuredContent"], json!({ "a": 1 }));
}

#[tokio::test]
async fn pages_hold_together_while_tools_come_and_go() {
    let log = log();
    let limits = Limits { page_tools_max: 5, ..Limits::default() };
    let (world, upstream) = (World::start_with(&log, limits).await, Upstream::start(Era::Modern, &log).await);
    let stripe = world.connect("stripe", &upstream);
    let client = world.client(&world.owner);
    let all = client.names().await;
    assert_eq!(all.len(), TOOLS.len());
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), TOOLS.len());
    let first = client.rpc("1", "tools/list", json!({})).await.json();
    let cursor = first["result"]["nextCursor"].clone();
    let on_first = first["result"]["tools"][4]["name"].as_str().unwrap().to_owned();
    let tool = on_first.strip_prefix("stripe__").unwrap().to_owned();
    world.change(Command::ReviewTool { integration: stripe, tool, class: None, off: Some(true) });
    let second = client.rpc("1", "tools/list", json!({ "cursor": cursor })).await.json();
    assert_eq!(second["result"]["tools"][0]["name"], all[5].as_str());
    for wrong in [json!("nonsense"), json!(7), json!("")] {
        assert_eq!(client.rpc("1", "tools/list", json!({ "cursor": wrong })).await.error_code(), Some(-32602));
    }
}

// rows: PW-16
#[tokio::test]
async fn hidden_answers_byte_for_byte_as_absent() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Modern, &log).await);
    let (stripe, _) = (world.connect("stripe", &upstream), world.connect("secret", &upstream));
    let fin = world.add_member("Fin");
    world.grant(&fin, stripe, Profile::Full, &[]);
    for client in [world.client(&fin).modern(), world.client(&fin).initialize().await] {
        let hidden = client.call("secret__get_echo", json!({})).await;
        let absent = client.call("absent__get_echo", json!({})).await;
        assert_eq!(
            hidden.text,
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"Unknown tool: secret__get_echo"}}"#
        );
        assert_eq!(hidden.text.replace("secret", "absent"), absent.text);
        let headers = |reply: &crate::client::Reply| {
            let mut headers = reply.headers.clone();
            headers.remove("date");
            format!("{} {headers:?}", reply.status)
        };
        assert_eq!(headers(&hidden), headers(&absent));
    }
    for method in ["tools/list", "tools/call", "initialize", "ping", "nonsense"] {
        let ask = async |slug: &str| {
            let client = world.client(&fin).at(&format!("/o/acme/mcp/{slug}"));
            let reply = client.rpc("1", method, json!({ "name": "get_echo" })).await;
            (reply.status, reply.text)
        };
        assert_eq!(ask("secret").await, ask("absent").await);
        assert_eq!(ask("secret").await.0, 404);
    }
    assert_eq!(log.count("upstream "), 0);
    log.has("denied tools/call secret__get_echo not-assigned").await;
    log.has("denied tools/call absent__get_echo no-such-tool").await;
    log.has("denied tools/call get_echo no-such-integration").await;
}

#[tokio::test]
async fn a_denied_call_says_why_what_would_help_and_who() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Modern, &log).await);
    let stripe = world.connect("stripe", &upstream);
    let fin = world.add_member("Fin");
    world.grant(&fin, stripe, Profile::NoDelete, &["get_error"]);
    let reply = world.client(&fin).modern().call("stripe__delete_record", json!({ "id": 1 })).await;
    assert_eq!(
        reply.tool_text(),
        "denied: your access to Stripe is: read and change, never delete; delete_record deletes. \
         ask for the full profile (Ada can help). \
         to ask for it: wardroom request open call tool:stripe/delete_record"
    );
    let result = &reply.json()["result"];
    assert_eq!((&result["isError"], &result["resultType"]), (&json!(true), &json!("complete")));
    assert_eq!(result["_meta"]["io.wardroom/denial"]["code"], "profile");
    assert_eq!(result["_meta"]["io.wardroom/denial"]["ask"], json!(["Ada"]));
    let reply = world.client(&fin).call("stripe__get_error", json!({})).await;
    assert!(reply.tool_text().starts_with("denied: get_error of Stripe is switched off for you"), "{}", reply.text);
    assert_eq!(reply.json()["result"].get("resultType"), None);
    assert_eq!(log.count("upstream "), 0);
    log.has("denied tools/call delete_record profile").await;
    let intents = world.shared.intents.lock().unwrap();
    let (intent, _) = &intents[0];
    assert_eq!((intent.integration, intent.class), (Some(stripe), Some(domain::integration::ToolClass::Delete)));
    assert!(intent.arguments_digest.is_some());
}

#[tokio::test]
async fn a_stream_tells_of_changes_of_ones_own_list_and_of_no_other() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Modern, &log).await);
    let stripe = world.connect("stripe", &upstream);
    let (fin, other) = (world.add_member("Fin"), world.add_member("Other"));
    let mut legacy = world.client(&fin).initialize().await.get().await;
    let mut modern = world.client(&fin).modern().listen(r#""sub""#).await;
    assert_eq!(legacy.headers["content-type"], "text/event-stream");
    let acknowledged = modern.next().await.unwrap();
    assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(acknowledged["params"]["notifications"], json!({ "toolsListChanged": true }));
    assert_eq!(acknowledged["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], "sub");
    // Changes for others come first: were they told, the first notification would stand alone.
    world.grant(&other, stripe, Profile::Full, &[]);
    world.change(Command::ChangeSettings { name: Some("Acme & Sons".into()), changes: Vec::new() });
    world.grant(&fin, stripe, Profile::ReadOnly, &[]);
    let told = legacy.next().await.unwrap();
    assert_eq!(told, json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" }));
    let told = modern.next().await.unwrap();
    assert_eq!(told["method"], "notifications/tools/list_changed");
    assert_eq!(told["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], "sub");
    // The tool to ask with is on everybody's list.
    world.change(Command::ChangeSettings { name: None, changes: vec![SettingChange::RequestsAgentTool(true)] });
    for stream in [&mut legacy, &mut modern] {
        assert_eq!(stream.next().await.unwrap()["method"], "notifications/tools/list_changed");
    }
    world.remove(&fin);
    assert_eq!(legacy.next().await, None);
    let farewell = modern.next().await.unwrap();
    assert_eq!((&farewell["id"], &farewell["result"]["resultType"]), (&json!("sub"), &json!("complete")));
    assert_eq!(modern.next().await, None);
}

#[tokio::test]
async fn both_eras_get_to_know_us() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Modern, &log).await);
    let stripe = world.connect("stripe", &upstream);
    world.connect("secret", &upstream);
    let fin = world.add_member("Fin");
    world.grant(&fin, stripe, Profile::Full, &[]);
    let client = world.client(&fin);
    for (asked, answered) in [
        ("2025-11-25", "2025-11-25"),
        ("2025-06-18", "2025-06-18"),
        ("2025-03-26", "2025-03-26"),
        ("2024-11-05", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
    ] {
        let params =
            json!({ "protocolVersion": asked, "capabilities": {}, "clientInfo": { "name": "c", "version": "1" } });
        let reply = client.rpc("0", "initialize", params).await;
        assert_eq!(reply.json()["result"]["protocolVersion"], answered);
        let can = &reply.json()["result"]["capabilities"];
        assert_eq!(can["tools"], json!({ "listChanged": true }));
        assert!(["prompts", "resources", "completions", "logging"].iter().all(|name| can[name].is_object()), "{can}");
        assert!(reply.headers["mcp-session-id"].to_str().unwrap().len() >= 32);
        assert!(reply.text.contains("Stripe") && !reply.text.contains("Secret"));
    }
    let result = client.clone().modern().rpc("0", "server/discover", json!({})).await.json();
    assert_eq!(result["result"]["supportedVersions"][0], "2026-07-28");
    assert_eq!(result["result"]["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "wardroom");
    let initialized = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    let session = client.initialize().await;
    assert_eq!(session.post(initialized).await.status, 202);
    assert_eq!(session.rpc("5", "ping", json!({})).await.json()["result"], json!({}));
    for method in ["roots/list", "tasks/list", "sampling/createMessage", "server/discover"] {
        let reply = session.rpc("5", method, json!({})).await;
        assert_eq!((reply.status.as_u16(), reply.error_code()), (200, Some(-32601)));
    }
    assert_eq!(session.send(http::Method::DELETE, "").await.status, 204);
    assert_eq!(session.rpc("6", "ping", json!({})).await.status, 404);
    assert_eq!(log.count("used"), 5 + 1 + 1 + 1 + 4);
}
