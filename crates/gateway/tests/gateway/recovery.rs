//! Upstreams that go away and come back, and those that have too much to do.

use std::time::Duration;

use domain::id::IntegrationId;
use gateway::Limits;
use serde_json::{Value, json};

use crate::cable::Cable;
use crate::client::Client;
use crate::upstream::{Era, Upstream};
use crate::world::{Log, World, log, patient};

const ERAS: [Era; 2] = [Era::Modern, Era::Legacy];

async fn start(era: Era, log: &Log, limits: Limits) -> (World, Upstream, Cable, IntegrationId) {
    let (world, upstream) = (World::start_with(log, limits).await, Upstream::start(era, log).await);
    let cable = Cable::to(&upstream).await;
    let stripe = world.shared.connect(&world.org, "stripe", &cable.url());
    (world, upstream, cable, stripe)
}

fn called(client: &Client, tool: &str) -> tokio::task::JoinHandle<Value> {
    let (client, tool) = (client.clone().with("accept", "application/json"), format!("stripe__{tool}"));
    tokio::spawn(async move { client.call(&tool, json!({})).await.json() })
}

fn failure(answer: &Value) -> &str {
    answer["result"]["_meta"]["io.wardroom/failure"]["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_call_that_reads_gets_its_answer_from_an_upstream_that_was_killed_and_started_meanwhile() {
    for era in ERAS {
        let log = log();
        let (world, upstream, cable, _) = start(era, &log, Limits::default()).await;
        let client = world.client(&world.owner);
        let call = called(&client, "get_nothing");
        log.has("upstream tools/call get_nothing").await;
        cable.cut().await;
        upstream.lose_sessions();
        cable.mend().await;
        log.has_times("upstream tools/call get_nothing", 2).await;
        upstream.shared.release.notify_waiters();
        assert_eq!(call.await.unwrap()["result"]["content"], json!([]), "{era:?}");
        log.has("finish get_nothing succeeded").await;
        assert_eq!(log.count("begin get_nothing"), 1, "it is one call");
    }
}

#[tokio::test]
async fn a_call_that_changes_something_is_never_run_twice_and_says_what_is_not_known() {
    for era in ERAS {
        let log = log();
        let (world, upstream, cable, _) = start(era, &log, Limits::default()).await;
        let client = world.client(&world.owner);
        let call = called(&client, "update_record");
        log.has("upstream tools/call update_record").await;
        cable.cut().await;
        upstream.lose_sessions();
        cable.mend().await;
        assert_eq!(failure(&call.await.unwrap()), "upstream-closed");
        assert_eq!(called(&client, "get_echo").await.unwrap()["error"], Value::Null, "nothing needs a restart");
        assert_eq!(log.count("upstream tools/call update_record"), 1);
    }
}

#[tokio::test]
async fn whatever_was_not_sent_waits_for_an_upstream_that_comes_back() {
    let log = log();
    let (world, upstream, cable, _) = start(Era::Modern, &log, Limits::default()).await;
    let client = world.client(&world.owner);
    cable.cut().await;
    let calls = ["update_record", "delete_record"].map(|tool| called(&client, tool));
    log.has_times("begun", 2).await;
    cable.mend().await;
    log.has("upstream tools/call update_record").await;
    upstream.shared.release.notify_waiters();
    for call in calls {
        assert_eq!(failure(&call.await.unwrap()), "");
    }
}

#[tokio::test]
async fn an_upstream_that_stays_away_is_left_alone_and_found_again() {
    let log = log();
    let limits = Limits { breaker_after_ms: 0, breaker_ms: 150, ..patient() };
    let (world, _upstream, cable, stripe) = start(Era::Legacy, &log, limits).await;
    let client = world.client(&world.owner);
    cable.cut().await;
    assert_eq!(failure(&called(&client, "get_echo").await.unwrap()), "upstream-unreachable");
    let left = called(&client, "get_echo").await.unwrap();
    assert_eq!(failure(&left), "upstream-down");
    assert_eq!(left["result"]["_meta"]["io.wardroom/failure"]["retryAfterSeconds"], 1);
    cable.mend().await;
    assert_eq!(failure(&called(&client, "get_echo").await.unwrap()), "upstream-down", "its time is not over");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(failure(&called(&client, "get_echo").await.unwrap()), "");
    log.has("finish get_echo failed upstream-down").await;
    let health = world.gateway.health(world.org.id, stripe).unwrap();
    assert_eq!((health.left_alone_ms, health.missed, health.running), (None, 0, 0));
    assert_eq!((health.reached_at, health.failure.unwrap().1), (Some(world.now()), "upstream-unreachable"));
}

#[tokio::test]
async fn under_load_an_upstream_that_is_killed_again_and_again_costs_no_call_that_reads() {
    for era in ERAS {
        let log = log();
        let limits = Limits { run_again_max: 20, ..Limits::default() };
        let (world, upstream, cable, _) = start(era, &log, limits).await;
        let client = world.client(&world.owner);
        let callers = (0..20).map(|_| {
            let client = client.clone();
            tokio::spawn(async move {
                for _ in 0..10 {
                    let answer = called(&client, "get_echo").await.unwrap();
                    assert_eq!(failure(&answer), "", "{answer}");
                }
            })
        });
        let callers: Vec<_> = callers.collect();
        for _ in 0..4 {
            tokio::time::sleep(Duration::from_millis(30)).await;
            cable.cut().await;
            upstream.lose_sessions();
            tokio::time::sleep(Duration::from_millis(30)).await;
            cable.mend().await;
        }
        for caller in callers {
            caller.await.unwrap();
        }
    }
}

#[tokio::test]
async fn an_upstream_that_hangs_is_full_for_whoever_calls_it_and_slows_nobody_else() {
    let log = log();
    let limits = Limits {
        upstream_running_max: 3,
        upstream_running_per_subject_max: 2,
        upstream_queue_ms_max: 100,
        ..patient()
    };
    let (world, upstream, _cable, stripe) = start(Era::Modern, &log, limits).await;
    world.connect("github", &Upstream::start(Era::Modern, &log).await);
    let fin = world.add_member("Fin");
    world.grant(&fin, stripe, domain::grant::Profile::Full, &[]);
    let (ada, fin) = (world.client(&world.owner), world.client(&fin));
    let hang = [called(&ada, "get_nothing"), called(&ada, "get_nothing")];
    log.has_times("upstream tools/call get_nothing", 2).await;
    let busy = called(&ada, "get_echo").await.unwrap();
    assert_eq!(failure(&busy), "upstream-busy", "{busy}");
    assert_eq!(failure(&called(&fin, "get_echo").await.unwrap()), "", "others have room");
    assert_eq!(ada.call("github__get_echo", json!({})).await.error_code(), None);
    upstream.shared.release.notify_waiters();
    for call in hang {
        assert_eq!(failure(&call.await.unwrap()), "");
    }
    assert_eq!(failure(&called(&ada, "get_echo").await.unwrap()), "", "room comes back");
}
