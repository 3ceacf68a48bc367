//! Questions of an upstream to whoever called, and their answers.

use serde_json::{Value, json};

use crate::client::{Client, Reply};
use crate::upstream::{Era, Upstream};
use crate::world::{World, log};

const TOOL: &str = "stripe__get_input";

fn forms() -> Value {
    json!({ "elicitation": { "form": {} }, "extensions": { "x": {} } })
}

/// Calls again with an answer, and with what is to be told again.
async fn answers(client: &Client, tool: &str, state: &Value) -> Reply {
    let answers = json!({ "who": { "action": "accept", "content": { "name": "Köln" } } });
    client.rpc("2", "tools/call", json!({ "name": tool, "inputResponses": answers, "requestState": state })).await
}

#[tokio::test]
async fn a_question_comes_to_whoever_called_and_the_answer_goes_back_with_what_the_upstream_wants_to_be_told_again() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Modern, &log).await);
    world.connect("stripe", &upstream);
    let client = world.client(&world.owner).modern().taking(forms());
    let asked = client.call(TOOL, json!({})).await.json()["result"].clone();
    assert_eq!(asked["resultType"], "input_required");
    assert_eq!((&asked["inputRequests"]["who"]["params"]["message"], &asked["x"]), (&json!("Who?"), &json!(1)));
    log.has("finish get_input succeeded input-required").await;
    let (_, first) = upstream.last("tools/call");
    // What else the client can do is not ours to promise.
    assert_eq!(
        first["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"],
        json!({ "elicitation": { "form": {} } })
    );
    let done = answers(&client, TOOL, &asked["requestState"]).await.json();
    assert_eq!(done["result"]["told"][1], "a \"state\".", "{done}");
    assert_eq!(done["result"]["told"][0]["who"]["content"]["name"], "Köln");
    assert_ne!(upstream.last("tools/call").1["id"], first["id"]);
}

#[tokio::test]
async fn what_is_to_be_told_again_is_taken_from_whom_it_was_given_to_and_for_that_call_alone() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Modern, &log).await);
    let stripe = world.connect("stripe", &upstream);
    world.connect("github", &upstream);
    let fin = world.add_member("Fin");
    world.grant(&fin, stripe, domain::grant::Profile::Full, &[]);
    let ada = world.client(&world.owner).modern().taking(forms());
    let asked = ada.call(TOOL, json!({})).await.json()["result"]["requestState"].clone();
    let text = asked.as_str().unwrap();
    let calls = log.count("upstream tools/call");
    let fin = world.client(&fin).modern().taking(forms());
    for (client, tool, state) in [
        (&fin, TOOL, asked.clone()),
        (&ada, "github__get_input", asked.clone()),
        (&ada, "stripe__get_echo", asked.clone()),
        (&ada, TOOL, format!("{text}x").into()),
        (&ada, TOOL, text.replace("state", "stale").into()),
        (&ada, TOOL, "a \"state\".".into()),
        (&ada, TOOL, "".into()),
        (&ada, TOOL, json!({})),
        (&ada, TOOL, Value::Null),
    ] {
        let refused = answers(client, tool, &state).await;
        assert_eq!(refused.error_code(), Some(-32602), "{tool} {state}: {}", refused.text);
        assert!(refused.text.contains("requestState"), "{}", refused.text);
    }
    assert_eq!(log.count("upstream tools/call"), calls, "nothing of it was sent");
    world.pass_ms(24 * 3_600_000);
    assert_eq!(answers(&ada, TOOL, &asked).await.error_code(), Some(-32602), "a day is over");
}

#[tokio::test]
async fn nobody_is_asked_what_their_client_cannot_ask_them() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Modern, &log).await);
    world.connect("stripe", &upstream);
    let ada = world.client(&world.owner);
    for client in [
        ada.clone().modern(),
        ada.clone().modern().showing_links(),
        ada.clone().modern().taking(json!({ "sampling": {}, "elicitation": true })),
        ada.clone().taking(forms()).initialize().await,
    ] {
        let reply = client.call(TOOL, json!({})).await;
        assert!(reply.tool_text().contains("asked for further input"), "{}", reply.text);
    }
}
