//! What integrations have besides tools: prompts, resources, completion, log messages.

use domain::command::Command;
use domain::grant::Profile;
use domain::integration::IntegrationEdit;
use domain::record::Decision;
use serde_json::{Value, json};

use crate::client::Client;
use crate::things;
use crate::upstream::{Era, Upstream};
use crate::world::{World, log};

/// An integration with more than tools, and one with tools alone.
async fn start(era: Era, log: &crate::world::Log) -> (World, Upstream, Upstream) {
    let (world, files, plain) =
        (World::start(log).await, Upstream::start(era, log).await, Upstream::start(era, log).await);
    *files.shared.can.lock().unwrap() = things::capabilities();
    world.connect("files", &files);
    world.connect("stripe", &plain);
    (world, files, plain)
}

const ERAS: [Era; 2] = [Era::Modern, Era::Legacy];

/// One client of each era.
async fn clients(client: Client) -> [Client; 2] {
    [client.clone().modern(), client.initialize().await]
}

async fn result(client: &Client, method: &str, params: Value) -> Value {
    let reply = client.rpc("7", method, params).await.json();
    assert!(reply["result"].is_object(), "{method}: {reply}");
    assert_eq!(reply["id"], 7);
    reply["result"].clone()
}

#[tokio::test]
async fn at_the_door_of_one_integration_everything_is_as_its_server_says_in_each_pair_of_eras() {
    for era in ERAS {
        let log = log();
        let (world, _, _) = start(era, &log).await;
        for client in clients(world.client(&world.owner).at("/o/acme/mcp/files")).await {
            let page = result(&client, "prompts/list", json!({})).await;
            assert_eq!(page["prompts"].to_string(), r#"[{"name":"plan","x":1e+400}]"#);
            let next = result(&client, "prompts/list", json!({ "cursor": page["nextCursor"] })).await;
            assert_eq!((&next["prompts"][0]["name"], &next["nextCursor"]), (&json!("a__b"), &Value::Null));
            let got = result(&client, "prompts/get", json!({ "name": "plan", "arguments": { "n": "1" } })).await;
            assert_eq!(
                (&got["told"]["n"], &got["messages"][0]["content"]["resource"]["uri"]),
                (&json!("1"), &json!("file:///a"))
            );
            let listed = result(&client, "resources/list", json!({})).await;
            assert_eq!(listed["resources"][0]["uri"], "file:///a");
            let templates = result(&client, "resources/templates/list", json!({})).await;
            assert_eq!(templates["resourceTemplates"][0]["uriTemplate"], "file:///{path}");
            let read = result(&client, "resources/read", json!({ "uri": "file:///a" })).await;
            assert_eq!(read["contents"], json!([{ "uri": "file:///a", "text": "A" }]));
            for cacheable in [&page, &listed, &templates, &read] {
                let said = ["resultType", "cacheScope"].map(|key| cacheable[key].as_str());
                let (wanted, ttl) =
                    if client.is_modern() { ([Some("complete"), Some("private")], true) } else { ([None; 2], false) };
                assert_eq!((said, cacheable["ttlMs"].is_u64()), (wanted, ttl), "{cacheable}");
            }
            let reference =
                json!({ "ref": { "type": "ref/prompt", "name": "plan" }, "argument": { "name": "x", "value": "v" } });
            let complete = result(&client, "completion/complete", reference).await;
            assert_eq!(complete["completion"]["values"], json!(["plan", null, "v"]));
            let lost = client.rpc("8", "resources/read", json!({ "uri": "file:///none" })).await;
            let code = if client.is_modern() || era == Era::Modern { -32602 } else { -32002 };
            assert_eq!((lost.error_code(), &lost.json()["error"]["data"]["uri"]), (Some(code), &json!("file:///none")));
        }
        let record = world
            .shared
            .intents
            .lock()
            .unwrap()
            .iter()
            .map(|(intent, _)| {
                format!("{} {} {:?}", intent.method, intent.tool.as_deref().unwrap_or("-"), intent.class)
            })
            .collect::<Vec<_>>();
        for line in ["resources/read file:///a Some(Read)", "prompts/get plan Some(Read)", "prompts/list - Some(Read)"]
        {
            assert_eq!(
                record.iter().filter(|known| *known == line).count(),
                if line.contains('-') { 4 } else { 2 },
                "{line}: {record:?}"
            );
        }
    }
}

#[tokio::test]
async fn at_the_one_url_everything_has_a_name_of_its_own_and_comes_from_all_integrations() {
    for era in ERAS {
        let log = log();
        let (world, _, _) = start(era, &log).await;
        let other = Upstream::start(Era::Modern, &log).await;
        *other.shared.can.lock().unwrap() = things::capabilities();
        world.connect("more", &other);
        for client in clients(world.client(&world.owner)).await {
            let listed = result(&client, "prompts/list", json!({})).await;
            let mut names: Vec<_> =
                listed["prompts"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
            names.sort_unstable();
            assert_eq!(names, ["files__a__b", "files__plan", "more__a__b", "more__plan"]);
            assert_eq!((&listed["nextCursor"], &listed["_meta"]["io.wardroom/missing"]), (&Value::Null, &Value::Null));
            let listed = result(&client, "resources/list", json!({})).await.to_string();
            assert!(
                listed.contains("wardroom:files/file:///a") && listed.contains("wardroom:more/file:///a"),
                "{listed}"
            );
            let templates = result(&client, "resources/templates/list", json!({})).await.to_string();
            assert!(templates.contains("wardroom:files/file:///{path}"), "{templates}");
            let got = result(&client, "prompts/get", json!({ "name": "files__plan" })).await;
            assert_eq!(got["messages"][0]["content"]["resource"]["uri"], "wardroom:files/file:///a");
            let read = result(&client, "resources/read", json!({ "uri": "wardroom:files/file:///a" })).await;
            assert_eq!(read["contents"][0]["uri"], "wardroom:files/file:///a");
            let linked = result(&client, "tools/call", json!({ "name": "files__get_links" })).await;
            assert_eq!(linked["content"][0]["uri"], "wardroom:files/file:///a");
            let reference = json!({ "type": "ref/resource", "uri": "wardroom:files/file:///{path}" });
            let about = json!({ "ref": reference, "argument": { "name": "path", "value": "v" } });
            let complete = result(&client, "completion/complete", about).await;
            assert_eq!(complete["completion"]["values"], json!([null, "file:///{path}", "v"]));
        }
        // A server that says that it has none is not asked.
        assert_eq!(log.count("upstream prompts/list"), 8);
    }
}

#[tokio::test]
async fn whoever_may_not_use_an_integration_reads_nothing_of_it_and_is_told_nothing_of_it() {
    let log = log();
    let (world, _, _) = start(Era::Legacy, &log).await;
    let files = world.connect("hidden", &Upstream::start(Era::Modern, &log).await);
    let (fin, gil) = (world.add_member("Fin"), world.add_member("Gil"));
    world.grant(&fin, files, Profile::ReadOnly, &[]);
    for client in clients(world.client(&gil)).await {
        assert_eq!(result(&client, "prompts/list", json!({})).await["prompts"], json!([]));
        assert_eq!(result(&client, "resources/list", json!({})).await["resources"], json!([]));
        let mut told = Vec::new();
        for there in ["files", "nowhere"] {
            let prompt = client.rpc("1", "prompts/get", json!({ "name": format!("{there}__plan") })).await;
            let resource =
                client.rpc("1", "resources/read", json!({ "uri": format!("wardroom:{there}/file:///a") })).await;
            let door = client.clone().at(&format!("/o/acme/mcp/{there}")).rpc("1", "resources/list", json!({})).await;
            told.push([prompt, resource, door].map(|reply| (reply.status, reply.text.replace(there, "x"))));
        }
        assert_eq!(told[0], told[1], "what is hidden is as what is not there");
    }
    let denied =
        || world.shared.intents.lock().unwrap().iter().filter(|(one, _)| one.decision == Decision::Denied).count();
    assert_eq!(denied(), 12, "each is recorded, whatever it named");
    assert_eq!(log.count("upstream prompts"), 0);
    assert_eq!(log.count("upstream resources"), 0);
}

#[tokio::test]
async fn a_paused_integration_lists_nothing_and_says_why_it_reads_nothing() {
    let log = log();
    let (world, _, _) = start(Era::Modern, &log).await;
    let edit = IntegrationEdit { paused: Some(true), ..IntegrationEdit::default() };
    world.change(Command::EditIntegration { integration: world.integration("files"), edit });
    for client in clients(world.client(&world.owner).at("/o/acme/mcp/files")).await {
        assert_eq!(result(&client, "resources/list", json!({})).await["resources"], json!([]));
        let read = client.rpc("1", "resources/read", json!({ "uri": "file:///a" })).await;
        assert_eq!(read.error_code(), Some(1409), "{}", read.text);
        assert!(read.text.contains("paused"), "{}", read.text);
    }
}

#[tokio::test]
async fn a_prompt_asks_back_like_a_tool_and_its_state_is_good_for_that_prompt_alone() {
    let log = log();
    let (world, _, _) = start(Era::Modern, &log).await;
    let client = world.client(&world.owner).modern().taking(json!({ "elicitation": {} }));
    let asked = result(&client, "prompts/get", json!({ "name": "files__a__b" })).await;
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    let answers = json!({ "who": { "action": "decline" } });
    let again = |name: &str| json!({ "name": name, "inputResponses": answers, "requestState": asked["requestState"] });
    let done = result(&client, "prompts/get", again("files__a__b")).await;
    assert_eq!(done["told"], json!([answers, "s"]));
    assert_eq!(client.rpc("1", "prompts/get", again("files__plan")).await.error_code(), Some(-32602));
    assert_eq!(client.rpc("1", "tools/call", again("files__get_echo")).await.error_code(), Some(-32602));
}

#[tokio::test]
async fn log_messages_come_from_the_level_that_was_set_in_the_session_or_with_the_call() {
    for era in ERAS {
        let log = log();
        let (world, upstream, _) = start(era, &log).await;
        let [modern, legacy] = clients(world.client(&world.owner).at("/o/acme/mcp/files")).await;
        assert_eq!(legacy.rpc("1", "logging/setLevel", json!({ "level": "loud" })).await.error_code(), Some(-32602));
        assert_eq!(result(&legacy, "logging/setLevel", json!({ "level": "warning" })).await, json!({}));
        let levels = |text: &str| ["debug", "error"].map(|level| text.contains(&format!(r#""level":"{level}""#)));
        assert_eq!(levels(&legacy.call("get_logs", json!({})).await.text), [false, true], "{era:?}");
        assert_eq!(levels(&modern.call("get_logs", json!({})).await.text), [false, false], "{era:?}");
        let level = json!({ "name": "get_logs", "_meta": { "io.modelcontextprotocol/logLevel": "debug" } });
        assert_eq!(levels(&modern.rpc("1", "tools/call", level).await.text), [true, true], "{era:?}");
        match era {
            Era::Modern => {
                let meta = upstream.last("tools/call").1["params"]["_meta"]["io.modelcontextprotocol/logLevel"].clone();
                assert_eq!(meta, "debug");
            }
            Era::Legacy => {
                assert_eq!(log.count("upstream logging/setLevel"), 2, "once for each wider level");
                assert_eq!(upstream.last("logging/setLevel").1["params"]["level"], "debug");
            }
        }
        assert_eq!(modern.rpc("1", "logging/setLevel", json!({ "level": "info" })).await.status, 404);
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_named_and_holds_up_no_list_of_all() {
    let log = log();
    let limits = gateway::Limits { list_ms_max: 300, ..gateway::Limits::default() };
    let world = World::start_with(&log, limits).await;
    let (files, gone) = (Upstream::start(Era::Modern, &log).await, Upstream::start(Era::Modern, &log).await);
    *files.shared.can.lock().unwrap() = things::capabilities();
    world.connect("files", &files);
    world.connect("gone", &gone);
    *gone.shared.takes.lock().unwrap() = Some(Vec::new());
    let client = world.client(&world.owner);
    let listed = result(&client, "resources/list", json!({})).await;
    assert_eq!(listed["resources"].as_array().unwrap().len(), 1);
    assert_eq!(listed["_meta"]["io.wardroom/missing"], json!(["Gone"]));
}

#[tokio::test]
async fn what_names_nothing_is_refused_with_the_field_at_fault() {
    let log = log();
    let (world, _, _) = start(Era::Modern, &log).await;
    for client in clients(world.client(&world.owner)).await {
        for (method, params, field) in [
            ("prompts/get", json!({ "name": "files__plan", "arguments": [] }), "params.arguments"),
            ("completion/complete", json!({ "ref": { "type": "ref/tool", "name": "x" } }), "params.ref.type"),
            ("completion/complete", json!({ "ref": { "type": "ref/prompt" } }), "params.ref.name"),
        ] {
            let reply = client.rpc("1", method, params).await;
            assert_eq!(reply.error_code(), Some(-32602));
            assert!(reply.text.contains(field), "{}", reply.text);
        }
    }
    let legacy = world.client(&world.owner).initialize().await;
    for (method, field) in [("prompts/get", "params.name"), ("resources/read", "params.uri")] {
        let reply = legacy.rpc("1", method, json!({})).await;
        assert!(reply.error_code() == Some(-32602) && reply.text.contains(field), "{}", reply.text);
    }
}
