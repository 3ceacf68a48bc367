//! From a denial to a request: what a denied caller is told about asking, and our own tool to ask with.

use domain::agent::AgentEdit;
use domain::command::Command;
use domain::grant::Profile;
use domain::organization::SettingChange;
use gateway::RequestTold;
use serde_json::json;

use crate::upstream::{Era, Upstream};
use crate::world::{Person, World, log};

const ASK: &str = "wardroom__request_access";

async fn with_a_reader(world: &World, upstream: &Upstream) -> Person {
    let stripe = world.connect("stripe", upstream);
    let fin = world.add_member("Fin");
    world.grant(&fin, stripe, Profile::ReadOnly, &[]);
    fin
}

fn offer(world: &World, offered: bool) {
    let changes = vec![SettingChange::RequestsAgentTool(offered)];
    world.change(Command::ChangeSettings { name: None, changes });
}

#[tokio::test]
async fn a_denial_says_how_to_ask_and_then_what_became_of_it() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Modern, &log).await);
    let fin = with_a_reader(&world, &upstream).await;
    let client = world.client(&fin).modern();
    let text = client.call("stripe__delete_record", json!({})).await.tool_text();
    assert!(text.ends_with("to ask for it: wardroom request open call tool:stripe/delete_record"), "{text}");
    offer(&world, true);
    let text = client.call("stripe__delete_record", json!({})).await.tool_text();
    assert!(text.contains(&format!("to ask for it: call {ASK}, or wardroom request open")), "{text}");

    let (id, on) = ("req_1".to_owned(), "2026-11-22".to_owned());
    let becomes = |told| world.shared.requests.lock().unwrap().insert("delete_record".to_owned(), told);
    let waits_for = vec!["Ada".to_owned(), "Ben".to_owned()];
    becomes(RequestTold::Waits { id: id.clone(), on: on.clone(), waits_for });
    let text = client.call("stripe__delete_record", json!({})).await.tool_text();
    assert!(text.ends_with("asked for on 2026-11-22, waiting for Ada or Ben"), "{text}");
    becomes(RequestTold::Refused { id, on, by: Some("Ben".to_owned()), reason: Some("not this week".to_owned()) });
    let text = client.call("stripe__delete_record", json!({})).await.tool_text();
    assert!(text.contains("refused by Ben on 2026-11-22: not this week. to ask again: wardroom"), "{text}");
    // What is hidden says nothing of any of it.
    let hidden = world.client(&world.add_member("Nobody")).modern();
    let reply = hidden.call("stripe__delete_record", json!({})).await;
    assert!(!reply.text.contains("ask"), "{}", reply.text);
}

#[tokio::test]
async fn our_own_tool_is_listed_where_the_organization_offers_it_and_asks_as_the_caller() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Modern, &log).await);
    let fin = with_a_reader(&world, &upstream).await;
    let client = world.client(&fin).modern();
    let before = client.names().await;
    assert!(!before.contains(&ASK.to_owned()));
    let unknown = client.call(ASK, json!({ "tool": "stripe__delete_record" })).await;
    assert!(unknown.error_code().is_some(), "{}", unknown.text);
    offer(&world, true);
    let mut with_it = before.clone();
    with_it.push(ASK.to_owned());
    assert_eq!(client.names().await, with_it, "one more, and nothing else");
    let legacy = world.client(&fin).initialize().await;
    assert!(legacy.names().await.contains(&ASK.to_owned()));

    let reply = client.call(ASK, json!({ "tool": "stripe__delete_record", "note": "once" })).await;
    assert_eq!(reply.json()["result"]["isError"], json!(false), "{}", reply.text);
    assert!(reply.tool_text().contains("it waits for Ada or Ben (request req_1)"), "{}", reply.text);
    log.has(&format!("asked {} stripe/delete_record once", fin.id)).await;
    log.has(&format!("finish {ASK} succeeded")).await;
    let begun = log.lines().iter().position(|line| *line == format!("begun {ASK}")).unwrap();
    let asked = log.lines().iter().position(|line| line.starts_with("asked ")).unwrap();
    assert!(begun < asked, "recorded before anything happens");
    assert_eq!(log.count("upstream tools/call"), 0);

    let reply = client.call(ASK, json!({ "tool": "mail__send" })).await;
    assert!(reply.tool_text().contains("there is no such tool"), "{}", reply.text);
    log.has(&format!("finish {ASK} tool_error not-found")).await;
    let reply = client.call(ASK, json!({})).await;
    assert!(reply.error_code().is_some(), "{}", reply.text);
    let one = world.client(&fin).at("/o/acme/mcp/stripe").modern();
    assert!(one.names().await.contains(&ASK.to_owned()));
    let reply = one.call(ASK, json!({ "tool": "delete_record" })).await;
    assert_eq!(reply.json()["result"]["isError"], json!(false), "{}", reply.text);
}

#[tokio::test]
async fn one_who_is_suspended_is_told_the_same_of_a_hidden_tool_and_of_none() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Modern, &log).await);
    world.connect("stripe", &upstream);
    offer(&world, true);
    let (agent, scout) = world.add_agent("Scout");
    let edit = AgentEdit { suspended: Some(true), ..AgentEdit::default() };
    world.change(Command::EditAgent { agent, edit });
    let client = world.client(&scout).modern();
    let mut answers = Vec::new();
    for name in ["stripe__delete_record", "stripe__nonsense_here", "nothing__delete_record"] {
        let called = client.call(name, json!({})).await;
        assert!(called.tool_text().contains("suspended"), "{}", called.text);
        let asked = client.call(ASK, json!({ "tool": name })).await;
        assert!(asked.tool_text().contains("suspended"), "{}", asked.text);
        answers.push((called.json()["result"].clone(), asked.json()["result"].clone()));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    log.has(&format!("denied tools/call {ASK} suspended")).await;
    assert_eq!(log.count("asked "), 0);
}
