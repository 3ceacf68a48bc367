//! What upstreams say outside calls, and who hears it.

use domain::grant::Profile;
use gateway::Limits;
use serde_json::{Value, json};

use crate::client::{Client, Events};
use crate::things;
use crate::upstream::{Era, Upstream};
use crate::world::{Log, World, log};

const ERAS: [Era; 2] = [Era::Modern, Era::Legacy];
const UPDATED: &str = "notifications/resources/updated";

async fn start(era: Era, log: &Log) -> (World, Upstream) {
    let limits = Limits { listen_again_ms: 10, ..Limits::default() };
    let (world, upstream) = (World::start_with(log, limits).await, Upstream::start(era, log).await);
    *upstream.shared.can.lock().unwrap() = things::capabilities();
    world.connect("files", &upstream);
    (world, upstream)
}

/// Listens for changes of prompts and of this resource, in the way of the client's era.
async fn listen(client: &Client, uri: &str, log: &Log) -> Events {
    let heard = log.count("upstream hears") + 1;
    let mut events = if client.is_modern() {
        client.listen_to("77", json!({ "promptsListChanged": true, "resourceSubscriptions": [uri], "odd": 1 })).await
    } else {
        let subscribed = client.rpc("1", "resources/subscribe", json!({ "uri": uri })).await;
        assert_eq!(subscribed.json()["result"], json!({}), "{}", subscribed.text);
        client.get().await
    };
    if client.is_modern() {
        assert_eq!(events.next().await.unwrap()["method"], "notifications/subscriptions/acknowledged");
    }
    log.has_times("upstream hears", heard).await;
    events
}

async fn clients(client: Client) -> [Client; 2] {
    [client.clone().modern(), client.initialize().await]
}

#[tokio::test]
async fn what_a_client_wants_to_hear_of_comes_to_it_under_its_own_names_and_nothing_else() {
    for era in ERAS {
        for (door, uri) in [("/o/acme/mcp/files", "file:///a"), ("/o/acme/mcp", "wardroom:files/file:///a")] {
            let log = log();
            let (world, upstream) = start(era, &log).await;
            for client in clients(world.client(&world.owner).at(door)).await {
                let mut events = listen(&client, uri, &log).await;
                upstream.say("notifications/tools/list_changed", json!({}));
                upstream.say(UPDATED, json!({ "uri": "file:///other" }));
                upstream.say("notifications/resources/list_changed", json!({}));
                upstream.say("notifications/prompts/list_changed", json!({}));
                upstream.say(UPDATED, json!({ "uri": "file:///a", "n": 1 }));
                let mut heard = Vec::new();
                while heard.last().is_none_or(|last: &Value| last["method"] != UPDATED) {
                    heard.push(events.next().await.unwrap());
                }
                let last = heard.pop().unwrap();
                assert_eq!((&last["params"]["uri"], &last["params"]["n"]), (&json!(uri), &json!(1)));
                let methods: Vec<_> = heard.iter().map(|one| one["method"].as_str().unwrap()).collect();
                let wanted = match (door.ends_with("files"), client.is_modern()) {
                    (true, true) => vec!["notifications/prompts/list_changed"],
                    (true, false) => vec!["notifications/resources/list_changed", "notifications/prompts/list_changed"],
                    (false, _) => vec![],
                };
                assert_eq!(methods, wanted, "{era:?} {door}");
                let of = |one: &Value| one["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"].clone();
                let number = if client.is_modern() { json!(77) } else { Value::Null };
                assert!(heard.iter().chain([&last]).all(|one| of(one) == number), "{heard:?} {last}");
            }
        }
    }
}

#[tokio::test]
async fn whoever_goes_is_no_longer_listened_for() {
    for era in ERAS {
        let log = log();
        let (world, upstream) = start(era, &log).await;
        let [modern, legacy] = clients(world.client(&world.owner).at("/o/acme/mcp/files")).await;
        for (client, count) in [(modern, 1), (legacy, 2)] {
            drop(listen(&client, "file:///a", &log).await);
            log.has_times("upstream stream-dropped", count).await;
        }
        let last = world.shared.outcomes.lock().unwrap().len();
        assert!(last >= 2, "each listening has its end in the record");
        drop(upstream);
    }
}

#[tokio::test]
async fn a_right_that_ends_ends_the_listening_and_one_that_comes_back_begins_it_again() {
    for era in ERAS {
        let log = log();
        let (world, upstream) = start(era, &log).await;
        let fin = world.add_member("Fin");
        let files = world.integration("files");
        world.grant(&fin, files, Profile::ReadOnly, &[]);
        let client = world.client(&fin).modern();
        let mut events = listen(&client, "wardroom:files/file:///a", &log).await;
        world.revoke(&fin, files);
        log.has("upstream stream-dropped").await;
        world.grant(&fin, files, Profile::ReadOnly, &[]);
        log.has_times("upstream hears", 2).await;
        upstream.say(UPDATED, json!({ "uri": "file:///a" }));
        assert_eq!(events.next().await.unwrap()["params"]["uri"], "wardroom:files/file:///a");
        log.has("finish  cut not-assigned").await;
    }
}

#[tokio::test]
async fn an_upstream_that_hangs_up_is_listened_to_again_and_one_that_says_nothing_is_not() {
    for era in ERAS {
        let log = log();
        let (world, upstream) = start(era, &log).await;
        let client = world.client(&world.owner).modern();
        let mut events = listen(&client, "wardroom:files/file:///a", &log).await;
        upstream.hang_up();
        log.has_times("upstream hears", 2).await;
        upstream.lose_sessions();
        upstream.hang_up();
        log.has_times("upstream hears", 3).await;
        upstream.say(UPDATED, json!({ "uri": "file:///a" }));
        assert_eq!(events.next().await.unwrap()["method"], UPDATED);

        let mute = Upstream::start(era, &log).await;
        world.connect("mute", &mute);
        let mute = world.client(&world.owner).at("/o/acme/mcp/mute").initialize().await;
        let _events = mute.get().await;
        log.has("finish  succeeded nothing-of-the-kind").await;
        assert_eq!(log.count("upstream hears"), 3);
    }
}

#[tokio::test]
async fn what_is_subscribed_to_in_a_session_while_its_stream_is_open_is_heard_from_then_on_until_it_is_not_wanted() {
    for era in ERAS {
        let log = log();
        let (world, upstream) = start(era, &log).await;
        let client = world.client(&world.owner).initialize().await;
        let mut events = client.get().await;
        let uri = json!({ "uri": "wardroom:files/file:///a" });
        assert_eq!(client.rpc("1", "resources/subscribe", uri.clone()).await.json()["result"], json!({}));
        log.has("upstream hears").await;
        upstream.say(UPDATED, json!({ "uri": "file:///a" }));
        assert_eq!(events.next().await.unwrap()["params"], uri);
        if era == Era::Legacy {
            assert_eq!(upstream.last("resources/subscribe").1["params"]["uri"], "file:///a");
        }
        assert_eq!(client.rpc("1", "resources/unsubscribe", uri).await.json()["result"], json!({}));
        log.has("upstream stream-dropped").await;
    }
}

#[tokio::test]
async fn two_clients_of_one_person_hear_each_what_it_wanted_alone() {
    for era in ERAS {
        let log = log();
        let (world, upstream) = start(era, &log).await;
        let one = world.client(&world.owner).initialize().await;
        let other = world.client(&world.owner).initialize().await;
        let mut first = listen(&one, "wardroom:files/file:///a", &log).await;
        let mut second = listen(&other, "wardroom:files/file:///b", &log).await;
        for uri in ["file:///b", "file:///a"] {
            upstream.say(UPDATED, json!({ "uri": uri }));
        }
        assert_eq!(first.next().await.unwrap()["params"]["uri"], "wardroom:files/file:///a");
        assert_eq!(second.next().await.unwrap()["params"]["uri"], "wardroom:files/file:///b");
        if era == Era::Legacy {
            assert_eq!(log.count("upstream initialize"), 2, "each has a session at the upstream for itself");
        }
    }
}

#[tokio::test]
async fn a_question_that_a_legacy_upstream_asks_beside_the_call_comes_to_the_client_whose_call_it_is() {
    let log = log();
    let (world, _upstream) = start(Era::Legacy, &log).await;
    let client =
        world.client(&world.owner).at("/o/acme/mcp/files").taking(json!({ "elicitation": {} })).initialize().await;
    let mut events = client.get().await;
    log.has("upstream hears").await;
    let calling = client.clone();
    let call = tokio::spawn(async move { calling.call("get_question_aside", json!({})).await });
    let question = events.next().await.unwrap();
    assert_eq!(question["params"]["message"], "Who?");
    let answer = format!(r#"{{"jsonrpc":"2.0","id":{},"result":{{"action":"accept"}}}}"#, question["id"]);
    assert_eq!(client.post(&answer).await.status, 202);
    let told = call.await.unwrap().json()["result"]["told"].clone();
    assert_eq!((&told["id"], &told["result"]["action"]), (&json!("q1"), &json!("accept")));
    assert_eq!(log.count("upstream initialize"), 1, "the call and the stream are in one session");
}

#[tokio::test]
async fn nobody_subscribes_to_what_they_may_not_read() {
    let log = log();
    let (world, _upstream) = start(Era::Legacy, &log).await;
    let fin = world.client(&world.add_member("Fin"));
    let client = fin.clone().initialize().await;
    let told = |there: &str| json!({ "uri": format!("wardroom:{there}/file:///a") });
    let hidden = client.rpc("1", "resources/subscribe", told("files")).await.text;
    let missing = client.rpc("1", "resources/subscribe", told("nowhere")).await.text;
    assert_eq!(hidden.replace("files", "x"), missing.replace("nowhere", "x"));
    assert!(hidden.contains("-32002"), "{hidden}");
    let wanted = json!({ "resourceSubscriptions": ["wardroom:files/file:///a"] });
    let mut events = fin.modern().listen_to("1", wanted).await;
    assert_eq!(events.next().await.unwrap()["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(log.count("upstream"), 0);
}
