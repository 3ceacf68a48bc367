//! Questions of an upstream to whoever called, and their answers.

use gateway::Limits;
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
        ada.clone().taking(json!({ "sampling": {} })).initialize().await,
        ada.clone().taking(forms()).initialize().await.with("accept", "application/json"),
    ] {
        let reply = client.call(TOOL, json!({})).await;
        assert!(reply.tool_text().contains("asked for further input"), "{}", reply.text);
    }
}

#[tokio::test]
async fn a_question_of_a_legacy_upstream_comes_on_the_stream_of_its_call_and_is_answered_in_the_session() {
    let log = log();
    let limits = gateway::Limits { silence_ms_max: 200, ..gateway::Limits::default() };
    let (world, upstream) = (World::start_with(&log, limits).await, Upstream::start(Era::Legacy, &log).await);
    let stripe = world.connect("stripe", &upstream);
    let fin = world.add_member("Fin");
    world.grant(&fin, stripe, domain::grant::Profile::Full, &[]);
    let client = world.client(&world.owner).taking(forms()).initialize().await;
    let mut events = client.stream("1", "stripe__get_question").await;
    let question = events.next().await.unwrap();
    assert_eq!((&question["method"], &question["params"]["message"]), (&json!("elicitation/create"), &json!("Who?")));
    assert_eq!(question["params"]["n"].to_string(), "1e+400");
    assert_eq!(upstream.last("initialize").1["params"]["capabilities"], json!({ "elicitation": { "form": {} } }));
    // Somebody thinks for longer than an upstream may be silent.
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    let id = question["id"].clone();
    let answer = |id: &Value, name: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":{id},"result":{{"action":"accept","content":{{"name":"{name}"}},"x":1e400}}}}"#
        )
    };
    // Nobody else answers it, and nothing that was not asked.
    let other = world.client(&fin).taking(forms()).initialize().await;
    for (who, text) in [
        (&other, answer(&id, "Mallory")),
        (&world.client(&world.owner).taking(forms()).initialize().await, answer(&id, "another session")),
        (&client, answer(&json!("q1"), "the upstream's own id")),
        (&client, answer(&json!(id.to_string()), "as text")),
    ] {
        assert_eq!(who.post(&text).await.status, 202);
    }
    assert_eq!(client.post(&answer(&id, "Köln")).await.status, 202);
    let end = events.next().await.unwrap();
    let told = end["result"]["told"].to_string();
    assert!(told.contains(r#""id":"q1""#) && told.contains("Köln") && told.contains("1e+400"), "{told}");
    assert_eq!(events.next().await, None);
    log.has("finish get_question succeeded").await;
    assert_eq!(log.count("upstream response"), 1, "answered once");
    assert_eq!(client.post(&answer(&id, "late")).await.status, 202);
}

#[tokio::test]
async fn a_session_at_a_legacy_upstream_says_what_the_client_takes_for_whom_it_was_begun() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Legacy, &log).await);
    world.connect("stripe", &upstream);
    let ada = world.client(&world.owner);
    let plain = ada.clone().initialize().await;
    let asking = ada.clone().taking(forms()).initialize().await;
    for client in [&plain, &asking, &plain, &asking] {
        assert_eq!(client.call("stripe__get_echo", json!({})).await.error_code(), None);
    }
    assert_eq!(log.count("upstream initialize"), 2, "one for each");
    // Whoever takes no stream, or nothing, is not asked: the upstream is told so, and goes on.
    for client in [&plain, &asking.clone().with("accept", "application/json"), &ada.clone().modern()] {
        let reply = client.call("stripe__get_question", json!({})).await;
        assert_eq!(reply.json()["result"]["told"]["error"]["code"], -32601, "{}", reply.text);
    }
}

#[tokio::test]
async fn a_removal_while_a_question_waits_cuts_the_call_and_its_answer_goes_nowhere() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Legacy, &log).await);
    let stripe = world.connect("stripe", &upstream);
    let fin = world.add_member("Fin");
    world.grant(&fin, stripe, domain::grant::Profile::Full, &[]);
    let client = world.client(&fin).taking(forms()).initialize().await;
    let mut events = client.stream("1", "stripe__get_question").await;
    let id = events.next().await.unwrap()["id"].clone();
    world.remove(&fin);
    assert_eq!(events.next().await.unwrap()["error"]["code"], 1410);
    let reply = client.post(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#)).await;
    assert_eq!(reply.status, 401);
    log.has("finish get_question cut credential-ended").await;
    assert_eq!(log.count("upstream response"), 0);
}

const PARKING: &str = "stripe__get_question";

/// An integration of a legacy upstream, and two who may use it in the modern era.
async fn legacy(log: &crate::world::Log, limits: Limits) -> (World, Upstream, [Client; 2], crate::world::Person) {
    let (world, upstream) = (World::start_with(log, limits).await, Upstream::start(Era::Legacy, log).await);
    let stripe = world.connect("stripe", &upstream);
    let fin = world.add_member("Fin");
    world.grant(&fin, stripe, domain::grant::Profile::Full, &[]);
    let clients = [&world.owner, &fin].map(|person| world.client(person).modern().taking(forms()));
    (world, upstream, clients, fin)
}

/// The question's name and what is to be told again.
async fn parked(client: &Client) -> (String, Value) {
    let asked = client.call(PARKING, json!({})).await.json()["result"].clone();
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    let (name, question) = asked["inputRequests"].as_object().unwrap().iter().next().unwrap();
    assert_eq!((&question["method"], &question["params"]["message"]), (&json!("elicitation/create"), &json!("Who?")));
    assert!(question.get("id").is_none(), "{question}");
    (name.clone(), asked["requestState"].clone())
}

async fn brings(client: &Client, tool: &str, answers: Value, state: &Value) -> Reply {
    client.rpc("2", "tools/call", json!({ "name": tool, "inputResponses": answers, "requestState": state })).await
}

#[tokio::test]
async fn a_question_of_a_legacy_upstream_comes_to_a_modern_client_as_a_result_and_its_call_goes_on_with_the_answer() {
    let log = log();
    let (_world, upstream, [client, _], _) = legacy(&log, Limits::default()).await;
    let (name, state) = parked(&client).await;
    log.has("finish get_question succeeded input-required").await;
    assert_eq!(upstream.last("initialize").1["params"]["capabilities"], json!({ "elicitation": { "form": {} } }));
    // Who brings no answer is asked again, and the upstream is told nothing.
    let again =
        brings(&client, PARKING, json!({ "other": { "action": "accept" } }), &state).await.json()["result"].clone();
    assert_eq!(again["resultType"], "input_required", "{again}");
    assert!(brings(&client, PARKING, json!({}), &state).await.tool_text().contains("waits no more"), "taken once");
    assert_eq!(log.count("upstream response"), 0);
    let answer = json!({ "action": "accept", "content": { "name": "Köln" } });
    let done = brings(&client, PARKING, json!({ name: answer, "extra": {} }), &again["requestState"]).await.json();
    assert_eq!((&done["id"], &done["result"]["resultType"]), (&json!(2), &json!("complete")), "{done}");
    let told = &done["result"]["told"];
    assert_eq!((&told["id"], &told["result"]), (&json!("q1"), &answer));
    assert_eq!(log.count("upstream tools/call"), 1, "the call was made once");
    log.has("finish get_question succeeded ").await;
}

#[tokio::test]
async fn a_parked_call_is_gone_on_with_by_whom_it_is_and_for_what_it_is_alone() {
    let log = log();
    let (world, upstream, [ada, fin], _) = legacy(&log, Limits::default()).await;
    world.connect("github", &upstream);
    let (name, state) = parked(&ada).await;
    let (_, others) = parked(&fin).await;
    let answers = json!({ name: { "action": "accept" } });
    for (client, tool, state) in [
        (&fin, PARKING, &state),
        (&ada, PARKING, &others),
        (&ada, "github__get_question", &state),
        (&ada, "stripe__get_echo", &state),
        (&ada, PARKING, &json!("1")),
    ] {
        let refused = brings(client, tool, answers.clone(), state).await;
        assert_eq!(refused.error_code(), Some(-32602), "{tool} {state}: {}", refused.text);
    }
    assert_eq!(log.count("upstream response"), 0);
    assert_eq!(brings(&ada, PARKING, answers, &state).await.error_code(), None);
}

#[tokio::test]
async fn a_right_that_ends_gives_up_the_parked_call_and_its_upstream_is_told() {
    let log = log();
    let (world, upstream, [_, fin], person) = legacy(&log, Limits::default()).await;
    let (name, state) = parked(&fin).await;
    world.revoke(&person, world.integration("stripe"));
    log.has("upstream notifications/cancelled").await;
    let (_, called) = upstream.last("tools/call");
    assert_eq!(upstream.last("notifications/cancelled").1["params"]["requestId"], called["id"]);
    log.has("upstream stream-dropped").await;
    world.grant(&person, world.integration("stripe"), domain::grant::Profile::Full, &[]);
    let late = brings(&fin, PARKING, json!({ name: { "action": "accept" } }), &state).await;
    assert!(late.tool_text().contains("waits no more"), "{}", late.text);
}

#[tokio::test]
async fn parked_calls_have_an_end_and_a_number_beyond_which_questions_are_declined() {
    let log = log();
    let limits = Limits { parked_ms_max: 200, parked_per_subject_max: 1, ..Limits::default() };
    let (_world, _upstream, [client, other], _) = legacy(&log, limits).await;
    parked(&client).await;
    let declined = client.call(PARKING, json!({})).await.json();
    assert_eq!(declined["result"]["told"]["error"]["code"], -32601, "{declined}");
    parked(&other).await;
    log.has_times("upstream notifications/cancelled", 2).await;
    parked(&client).await;
}

#[tokio::test]
async fn a_question_of_a_modern_upstream_comes_on_the_stream_of_a_legacy_clients_call() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Modern, &log).await);
    world.connect("stripe", &upstream);
    let client = world.client(&world.owner).taking(forms()).initialize().await;
    let mut events = client.stream("1", TOOL).await;
    let question = events.next().await.unwrap();
    assert_eq!((&question["method"], &question["params"]["message"]), (&json!("elicitation/create"), &json!("Who?")));
    let (_, first) = upstream.last("tools/call");
    assert_eq!(
        first["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"],
        json!({ "elicitation": { "form": {} } })
    );
    let answer = format!(r#"{{"jsonrpc":"2.0","id":{},"result":{{"action":"accept","n":1e400}}}}"#, question["id"]);
    assert_eq!(client.post(&answer).await.status, 202);
    let end = events.next().await.unwrap();
    let told = end["result"]["told"].to_string();
    assert!(told.contains(r#""who":{"action":"accept","n":1e+400}"#) && told.contains(r#"a \"state\"."#), "{end}");
    assert!(end["result"].get("resultType").is_none(), "{end}");
    log.has("finish get_input succeeded").await;
    assert_eq!(log.count("begin get_input"), 1, "it is one call");

    let mut events = client.stream("2", TOOL).await;
    let question = events.next().await.unwrap();
    let refused = format!(r#"{{"jsonrpc":"2.0","id":{},"error":{{"code":-1,"message":"no"}}}}"#, question["id"]);
    assert_eq!(client.post(&refused).await.status, 202);
    let end = events.next().await.unwrap().to_string();
    assert!(end.contains("did not give it"), "{end}");
}
