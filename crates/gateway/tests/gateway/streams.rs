//! Answers that come in pieces, and calls that nobody waits for any more.

use serde_json::json;

use crate::upstream::{Era, Upstream};
use crate::world::{World, log};

#[tokio::test]
async fn progress_arrives_in_order_under_the_clients_own_token_and_nothing_else_does() {
    for (modern, era) in [(false, Era::Legacy), (false, Era::Modern), (true, Era::Legacy), (true, Era::Modern)] {
        let log = log();
        let (world, upstream) = (World::start(&log).await, Upstream::start(era, &log).await);
        world.connect("stripe", &upstream);
        let client = world.client(&world.owner);
        let client = if modern { client.modern() } else { client };
        let mut events = client.stream("18446744073709551616", "stripe__get_progress").await;
        assert_eq!(events.headers["content-type"], "text/event-stream");
        for n in 0..200 {
            let event = events.next().await.unwrap();
            assert_eq!(event["params"], json!({ "progressToken": "tok", "progress": n, "note": "ü" }));
        }
        let end = events.next().await.unwrap();
        assert_eq!(end["id"].to_string(), "18446744073709551616");
        assert_eq!(end["result"]["content"], json!([]));
        assert_eq!(events.next().await, None);
        assert_eq!(
            upstream.last("tools/call").1["params"]["_meta"]["progressToken"],
            upstream.last("tools/call").1["id"]
        );
        log.has("finish get_progress succeeded").await;
    }
}

#[tokio::test]
async fn a_client_that_takes_no_stream_gets_the_end_alone() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Modern, &log).await);
    world.connect("stripe", &upstream);
    let client = world.client(&world.owner).with("accept", "application/json");
    let reply = client.call("stripe__get_progress", json!({})).await;
    assert_eq!(reply.headers["content-type"], "application/json");
    assert_eq!(reply.json()["result"]["content"], json!([]));
    let reply = client.with("accept", "text/event-stream").call("stripe__get_echo", json!({})).await;
    assert_eq!(reply.headers["content-type"], "text/event-stream");
    assert!(reply.text.starts_with("event: message\ndata: {"), "{}", reply.text);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_gone_on_with_where_it_broke_off_and_the_call_is_not_repeated() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Legacy, &log).await);
    world.connect("stripe", &upstream);
    let client = world.client(&world.owner).modern();
    let mut events = client.stream("1", "stripe__get_resumed").await;
    for n in 1..3 {
        assert_eq!(events.next().await.unwrap()["params"]["progress"], n);
    }
    assert_eq!(events.next().await.unwrap()["result"]["content"], json!([]));
    assert_eq!(events.next().await, None);
    assert_eq!((log.count("upstream tools/call"), log.count("upstream resumed after")), (1, 2));
    log.has("finish get_resumed succeeded").await;
    // One that gives no rest has lost the answer, and is asked once.
    let reply = client.call("stripe__get_lost", json!({})).await;
    assert!(reply.tool_text().contains("closed the connection before it had answered"), "{}", reply.text);
    assert_eq!((log.count("upstream tools/call get_lost"), log.count("upstream resumed after gone")), (1, 1));
}

#[tokio::test]
async fn the_rest_of_an_answer_is_asked_of_no_modern_upstream_and_for_nobody_who_was_removed() {
    let log = log();
    let (world, modern) = (World::start(&log).await, Upstream::start(Era::Modern, &log).await);
    let (_, legacy) = (world.connect("stripe", &modern), Upstream::start(Era::Legacy, &log).await);
    let github = world.connect("github", &legacy);
    let reply = world.client(&world.owner).modern().call("stripe__get_resumed", json!({})).await;
    assert!(reply.tool_text().contains("closed the connection"), "{}", reply.text);
    let fin = world.add_member("Fin");
    world.grant(&fin, github, domain::grant::Profile::Full, &[]);
    let mut events = world.client(&fin).modern().stream("1", "github__get_resumed_late").await;
    assert!(events.next().await.is_some());
    log.has("upstream stream-ended").await;
    world.remove(&fin);
    assert_eq!(events.next().await.unwrap()["error"]["code"], 1410);
    assert_eq!(log.has("finish get_resumed_late").await, "finish get_resumed_late cut credential-ended");
    assert_eq!(log.count("upstream resumed"), 0);
}

#[tokio::test]
async fn an_upstream_that_refuses_the_version_which_it_supports_is_asked_once_more() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Modern, &log).await);
    world.connect("stripe", &upstream);
    upstream.shared.refuses_version.store(true, std::sync::atomic::Ordering::SeqCst);
    let reply = world.client(&world.owner).modern().call("stripe__get_echo", json!({})).await;
    assert_eq!(reply.error_code(), None, "{}", reply.text);
    assert_eq!((log.count("upstream server/discover"), log.count("upstream initialize")), (2, 0));
}

#[tokio::test]
async fn a_long_wait_becomes_a_stream_with_signs_of_life() {
    let log = log();
    let limits = gateway::Limits { stream_after_ms: 20, keep_alive_ms: 20, ..gateway::Limits::default() };
    let (world, upstream) = (World::start_with(&log, limits).await, Upstream::start(Era::Modern, &log).await);
    world.connect("stripe", &upstream);
    let mut events = world.client(&world.owner).stream("1", "stripe__get_nothing").await;
    assert_eq!(events.headers["content-type"], "text/event-stream");
    log.has("upstream tools/call get_nothing").await;
    upstream.shared.release.notify_one();
    assert_eq!(events.next().await.unwrap()["result"]["content"], json!([]));
}

#[tokio::test]
async fn a_client_that_leaves_cancels_the_call_upstream() {
    for (modern, era) in [(false, Era::Legacy), (true, Era::Modern)] {
        for tool in ["get_stuck_stream", "get_nothing"] {
            let log = log();
            let (world, upstream) = (World::start(&log).await, Upstream::start(era, &log).await);
            world.connect("stripe", &upstream);
            let client = world.client(&world.owner);
            let client = if modern { client.modern() } else { client };
            let leaving = tokio::spawn({
                let name = format!("stripe__{tool}");
                async move {
                    let mut events = client.stream("1", &name).await;
                    while events.next().await.is_some() {}
                }
            });
            log.has(&format!("upstream tools/call {tool}")).await;
            leaving.abort();
            assert!(leaving.await.unwrap_err().is_cancelled());
            assert_eq!(log.has(&format!("finish {tool}")).await, format!("finish {tool} cancelled client-gone"));
            log.has("upstream stream-dropped").await;
            if era == Era::Legacy {
                log.has("upstream notifications/cancelled").await;
                let (_, cancelled) = upstream.last("notifications/cancelled");
                assert_eq!(cancelled["params"]["requestId"], upstream.last("tools/call").1["id"]);
            }
        }
    }
}

#[tokio::test]
async fn a_legacy_client_cancels_its_own_calls_by_id_and_nobody_elses() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Legacy, &log).await);
    world.connect("stripe", &upstream);
    let client = world.client(&world.owner).initialize().await;
    let elsewhere = world.client(&world.owner).initialize().await;
    let mut events = client.stream(r#""7""#, "stripe__get_stuck_stream").await;
    assert_eq!(events.next().await.unwrap()["params"]["progress"], 1);
    let cancel =
        |id: &str| format!(r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{id}}}}}"#);
    assert_eq!(elsewhere.post(&cancel(r#""7""#)).await.status, 202);
    assert_eq!(client.post(&cancel("7")).await.status, 202);
    assert_eq!(log.count("finish"), 0);
    assert_eq!(client.post(&cancel(r#""7""#)).await.status, 202);
    assert_eq!(events.next().await, None);
    assert_eq!(log.has("finish").await, "finish get_stuck_stream cancelled client-cancelled");
    log.has("upstream notifications/cancelled").await;
}

#[tokio::test]
async fn questions_of_an_upstream_are_declined_and_the_call_goes_on() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Legacy, &log).await);
    world.connect("stripe", &upstream);
    let client = world.client(&world.owner);
    let call = client.call("stripe__get_asked", json!({}));
    let release = async {
        log.has("upstream response").await;
        upstream.shared.release.notify_one();
    };
    let (reply, ()) = tokio::join!(call, release);
    assert_eq!(reply.json()["result"]["content"], json!([]));
    let (_, answer) = upstream.last("response");
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!("q1"), &json!(-32601)));
}

#[tokio::test]
async fn a_connection_that_carried_a_stream_is_used_again() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Modern, &log).await);
    world.connect("stripe", &upstream);
    let client = world.client(&world.owner).modern();
    for n in 1..=5 {
        client.call("stripe__get_progress", json!({})).await;
        while log.count("upstream stream-ended") < n {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(log.count("upstream stream-dropped"), 0);
    // It is given back a moment after its end, so a second one may have been opened in between.
    assert!(log.count("upstream connected") <= 2);
}
