//! Immediate means immediate: what is no longer allowed does not go out, and what is out is cut.

use domain::command::Command;
use domain::grant::{Grantee, Profile};
use domain::integration::Listed;
use serde_json::json;

use crate::upstream::{Era, Upstream};
use crate::world::{Person, World, log};

async fn world_with_fin(era: Era) -> (World, Upstream, Person, domain::id::IntegrationId) {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(era, &log).await);
    let stripe = world.connect("stripe", &upstream);
    let fin = world.add_member("Fin");
    world.grant(&fin, stripe, Profile::Full, &[]);
    (world, upstream, fin, stripe)
}

#[tokio::test]
async fn a_removal_in_the_middle_of_a_stream_cuts_it_and_nobody_elses() {
    for era in [Era::Modern, Era::Legacy] {
        let (world, upstream, fin, _) = world_with_fin(era).await;
        let mut hers = world.client(&fin).modern().stream("1", "stripe__get_stuck_stream").await;
        let mut theirs = world.client(&world.owner).modern().stream("1", "stripe__get_stuck_stream").await;
        assert!(hers.next().await.is_some() && theirs.next().await.is_some());
        world.remove(&fin);
        let end = hers.next().await.unwrap();
        assert_eq!((&end["id"], &end["error"]["code"]), (&json!(1), &json!(1410)));
        assert_eq!(end["error"]["data"]["code"], "credential-ended");
        assert_eq!(hers.next().await, None);
        assert_eq!(world.log().has("finish").await, "finish get_stuck_stream cut credential-ended");
        world.log().has("upstream stream-dropped").await;
        upstream.shared.release.notify_waiters();
        assert_eq!(theirs.next().await.unwrap()["result"]["content"], json!([]));
        let reply = world.client(&fin).modern().call("stripe__get_echo", json!({})).await;
        assert_eq!(reply.status, 401);
    }
}

#[tokio::test]
async fn a_removal_between_record_and_forward_keeps_the_call_in_the_house() {
    let (world, _upstream, fin, _) = world_with_fin(Era::Modern).await;
    let gate = world.shared.recorder_gate.acquire().await.unwrap();
    let client = world.client(&fin).modern();
    let call = tokio::spawn(async move { client.call("stripe__update_record", json!({})).await });
    world.log().has("begin update_record").await;
    world.remove(&fin);
    drop(gate);
    let reply = call.await.unwrap();
    assert_eq!(reply.error_code(), Some(1410), "{}", reply.text);
    assert_eq!(world.log().has("finish").await, "finish update_record cut credential-ended");
    assert_eq!(world.log().count("upstream tools/call"), 0);
}

#[tokio::test]
async fn a_removal_while_the_body_is_still_coming_in_is_obeyed() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let (world, _upstream, fin, _) = world_with_fin(Era::Modern).await;
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    let host = world.base.strip_prefix("http://").unwrap();
    let mut socket = tokio::net::TcpStream::connect(host).await.unwrap();
    let head = format!(
        "POST /o/acme/mcp HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        fin.key,
        body.len()
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    world.log().has("looked up").await;
    world.remove(&fin);
    socket.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}

#[tokio::test]
async fn a_change_that_leaves_the_right_in_force_disturbs_nothing() {
    let (world, upstream, fin, stripe) = world_with_fin(Era::Modern).await;
    let mut events = world.client(&fin).modern().stream("1", "stripe__get_stuck_stream").await;
    assert!(events.next().await.is_some());
    world.add_member("Newcomer");
    world.grant(&fin, stripe, Profile::ReadOnly, &["get_echo"]);
    upstream.shared.release.notify_one();
    assert_eq!(events.next().await.unwrap()["result"]["content"], json!([]));
}

// rows: C-16
#[tokio::test]
async fn every_way_of_ending_a_right_cuts_what_rests_on_it() {
    type Change = fn(&World, &Person, domain::id::IntegrationId);
    let ways: [(&str, Change); 7] = [
        ("credential-ended", |world, fin, _| world.change(Command::RevokeKey { key: fin.key_id })),
        ("not-assigned", |world, fin, stripe| {
            world.change(Command::RemoveGrant { grantee: Grantee::Member(fin.id), integration: stripe });
        }),
        ("profile", |world, fin, stripe| world.grant(fin, stripe, Profile::ReadOnly, &[])),
        ("tool-off", |world, fin, stripe| world.grant(fin, stripe, Profile::Full, &["update_record"])),
        ("tool-off-for-all", |world, _, stripe| {
            world.change(Command::ReviewTool {
                integration: stripe,
                tool: "update_record".into(),
                class: None,
                off: Some(true),
            });
        }),
        ("tool-held-back", |world, _, stripe| {
            let unsound = [("update_record".to_owned(), "it is odd".to_owned())].into();
            let listed = Listed { unsound, ..Listed::default() };
            world.change(Command::RefreshTools { integration: stripe, listed, first: false });
        }),
        ("no-such-tool", |world, _, stripe| world.change(Command::DisconnectIntegration { integration: stripe })),
    ];
    for (code, change) in ways {
        let (world, upstream, fin, stripe) = world_with_fin(Era::Legacy).await;
        let client = world.client(&fin).modern();
        let call = tokio::spawn(async move { client.call("stripe__update_record", json!({})).await });
        world.log().has("upstream tools/call update_record").await;
        change(&world, &fin, stripe);
        let reply = call.await.unwrap();
        assert_eq!(reply.error_code(), Some(1410), "{code}: {}", reply.text);
        assert_eq!(world.log().has("finish").await, format!("finish update_record cut {code}"));
        // The upstream is told, and what it still says goes nowhere.
        world.log().has("upstream notifications/cancelled").await;
        upstream.shared.release.notify_waiters();
    }
}

#[tokio::test]
async fn a_grant_that_comes_to_its_end_cuts_what_runs_under_it() {
    let (world, _upstream, fin, stripe) = world_with_fin(Era::Modern).await;
    world.change(Command::SetGrant {
        grantee: Grantee::Member(fin.id),
        integration: stripe,
        profile: Profile::Full,
        tools_off: Default::default(),
        expires_at: Some(world.now().plus_ms(300)),
    });
    let mut events = world.client(&fin).modern().stream("1", "stripe__get_stuck_stream").await;
    assert!(events.next().await.is_some());
    let mut listening = world.client(&fin).get().await;
    world.pass_ms(300);
    let end = events.next().await.unwrap();
    assert_eq!(end["error"]["data"]["code"], "grant-ended");
    assert_eq!(world.log().has("finish").await, "finish get_stuck_stream cut grant-ended");
    assert_eq!(listening.next().await.unwrap()["method"], "notifications/tools/list_changed");
}

#[tokio::test]
async fn a_grant_that_ends_while_the_record_is_written_keeps_the_call_in_the_house() {
    let (world, _upstream, fin, stripe) = world_with_fin(Era::Modern).await;
    world.change(Command::SetGrant {
        grantee: Grantee::Member(fin.id),
        integration: stripe,
        profile: Profile::Full,
        tools_off: Default::default(),
        expires_at: Some(world.now().plus_ms(300)),
    });
    let gate = world.shared.recorder_gate.acquire().await.unwrap();
    let client = world.client(&fin).modern();
    let call = tokio::spawn(async move { client.call("stripe__update_record", json!({})).await });
    world.log().has("begin update_record").await;
    world.pass_ms(300);
    drop(gate);
    assert_eq!(call.await.unwrap().error_code(), Some(1410));
    assert_eq!(world.log().has("finish").await, "finish update_record cut grant-ended");
    assert_eq!(world.log().count("upstream tools/call"), 0);
}

// rows: PW-25, C-16
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_the_calls_sent_after_a_removal_none_reach_the_upstream() {
    let (world, _upstream, _, stripe) = world_with_fin(Era::Modern).await;
    for round in 0..5 {
        let fin = world.add_member(&format!("Fin {round}"));
        world.grant(&fin, stripe, Profile::Full, &[]);
        let client = world.client(&fin).modern();
        let hammers: Vec<_> = (0..8)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move { while client.call("stripe__get_echo", json!({})).await.status == 200 {} })
            })
            .collect();
        let before = world.log().count("upstream tools/call");
        let enough = async {
            while world.log().count("upstream tools/call") < before + 50 {
                tokio::task::yield_now().await
            }
        };
        enough.await;
        world.remove(&fin);
        let begun = world.log().count("begun");
        for hammer in hammers {
            hammer.await.unwrap();
        }
        let refused =
            futures_util::future::join_all((0..200).map(|_| client.call("stripe__get_echo", json!({})))).await;
        assert!(refused.iter().all(|reply| reply.status == 401));
        // Calls that had passed the decision before the removal may still have been recorded, one a hammer.
        assert!(world.log().count("begun") <= begun + 8);
    }
    world.gateway.drain().await;
    let outcomes = world.shared.outcomes.lock().unwrap();
    assert_eq!(
        outcomes.len(),
        world.shared.intents.lock().unwrap().iter().filter(|(_, durability)| durability.is_some()).count()
    );
}
