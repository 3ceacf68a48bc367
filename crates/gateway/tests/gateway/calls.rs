//! One call there and back, in every combination of eras.

use std::sync::atomic::Ordering;

use domain::command::Command;
use domain::grant::Profile;
use domain::integration::IntegrationEdit;
use domain::record::{Decision, Durability, OutcomeStatus};
use gateway::Limits;
use serde_json::json;

use crate::upstream::{Era, Upstream};
use crate::world::{World, log};

/// The four combinations of (client is modern, upstream).
const ERAS: [(bool, Era); 4] = [(false, Era::Legacy), (false, Era::Modern), (true, Era::Legacy), (true, Era::Modern)];

#[tokio::test]
async fn a_call_arrives_under_its_own_name_and_its_answer_comes_back_whole() {
    for (modern, era) in ERAS {
        let log = log();
        let (world, upstream) = (World::start(&log).await, Upstream::start(era, &log).await);
        world.connect("stripe", &upstream);
        let client = world.client(&world.owner);
        let client = if modern { client.modern() } else { client.initialize().await };
        let params = r#"{"name":"stripe__get_echo","arguments":{"n":123456789012345678901234567890,"x":{"y":[null]}}}"#;
        let reply = client.rpc(r#""odd id ü""#, "tools/call", serde_json::from_str(params).unwrap()).await;
        assert_eq!(reply.status, 200);
        let kind = if modern { r#","resultType":"complete""# } else { "" };
        assert_eq!(
            reply.text,
            format!(
                r#"{{"jsonrpc":"2.0","id":"odd id ü","result":{{"content":[],"structuredContent":{{"n":123456789012345678901234567890,"x":{{"y":[null]}}}}{kind}}}}}"#
            )
        );
        let (headers, sent) = upstream.last("tools/call");
        assert_eq!(sent["params"]["name"], "get_echo");
        assert_eq!(headers["authorization"], "Bearer secret-of-stripe");
        assert!(!format!("{headers:?}{sent}").contains(&world.owner.key));
        match era {
            Era::Modern => {
                assert_eq!(headers["mcp-method"], "tools/call");
                assert_eq!(headers["mcp-name"], "get_echo");
                assert_eq!(headers["mcp-protocol-version"], "2026-07-28");
                assert!(headers.get("mcp-session-id").is_none());
                assert_eq!(sent["params"]["_meta"]["io.modelcontextprotocol/clientInfo"]["name"], "wardroom");
            }
            Era::Legacy => {
                assert_eq!(headers["mcp-session-id"], "s1");
                assert_eq!(headers["mcp-protocol-version"], "2025-11-25");
                assert_eq!(sent["params"].get("_meta"), None);
            }
        }
        log.has("finish get_echo succeeded").await;
    }
}

// rows: PW-61
#[tokio::test]
async fn the_record_is_written_before_the_upstream_sees_the_call() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Modern, &log).await);
    let stripe = world.connect("stripe", &upstream);
    let fin = world.add_member("Fin");
    world.grant(&fin, stripe, Profile::Full, &[]);
    let client = world.client(&fin).modern();
    for tool in ["get_echo", "delete_record", "frobnicate"] {
        client.call(&format!("stripe__{tool}"), json!({ "b": 1, "a": 2 })).await;
        log.has(&format!("finish {tool} succeeded")).await;
    }
    let lines = log.lines();
    let place =
        |line: &str| lines.iter().position(|found| found == line).unwrap_or_else(|| panic!("{line}: {lines:#?}"));
    for tool in ["get_echo", "delete_record", "frobnicate"] {
        assert!(place(&format!("begun {tool}")) < place(&format!("upstream tools/call {tool}")));
        assert!(place(&format!("upstream tools/call {tool}")) < place(&format!("finish {tool} succeeded ")));
    }
    let intents = world.shared.intents.lock().unwrap();
    assert_eq!(
        intents.iter().map(|(_, durability)| durability.unwrap()).collect::<Vec<_>>(),
        [Durability::Written, Durability::Synced, Durability::Synced]
    );
    let (intent, _) = &intents[0];
    assert_eq!(intent.subject, fin.id.as_str());
    assert_eq!(intent.credential, Some(fin.key_id.into()));
    assert_eq!(intent.client.as_deref(), Some("probe 9"));
    assert_eq!(
        (intent.integration, intent.decision, intent.reason.as_str()),
        (Some(stripe), Decision::Allowed, "grant")
    );
    assert!(intents.iter().all(|(other, _)| other.arguments_digest == intent.arguments_digest));
    let (_, outcome) = &world.shared.outcomes.lock().unwrap()[0];
    assert!(outcome.request_bytes > 100 && outcome.response_bytes > 50 && outcome.latency_us > 0);
}

#[tokio::test]
async fn a_call_that_cannot_be_recorded_is_not_made() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Modern, &log).await);
    world.connect("stripe", &upstream);
    world.shared.recorder_broken.store(true, Ordering::SeqCst);
    for client in [world.client(&world.owner).modern(), world.client(&world.owner).initialize().await] {
        let reply = client.call("stripe__get_echo", json!({})).await;
        assert_eq!((reply.status.as_u16(), reply.error_code()), (503, Some(-32603)));
        assert!(reply.text.contains("cannot be recorded"), "{}", reply.text);
    }
    assert_eq!(log.count("upstream "), 0);
    assert_eq!(log.count("finish"), 0);
}

#[tokio::test]
async fn what_goes_wrong_upstream_is_told_in_words_and_recorded() {
    for (modern, era) in ERAS {
        let log = log();
        let limits = Limits { silence_ms_max: 300, ..Limits::default() };
        let (world, upstream) = (World::start_with(&log, limits).await, Upstream::start(era, &log).await);
        world.connect("stripe", &upstream);
        let client = world.client(&world.owner);
        let client = if modern { client.modern() } else { client.initialize().await };
        for (tool, outcome, text) in [
            ("get_error", "tool_error ", ""),
            ("list_twice", "failed upstream-garbled", "the key \"content\" occurs twice"),
            ("get_closed", "failed upstream-closed", "Stripe closed the connection before it had answered"),
            ("get_busy", "failed upstream-limited", "Stripe takes no more calls for now; try again in 7 s"),
            ("get_refused", "failed upstream-unauthorized", "refused the credential that is stored for it (HTTP 403)"),
            ("get_input", "failed upstream-asked-back", "asked for further input"),
            ("get_odd_type", "failed upstream-garbled", "unknown type"),
            ("get_nothing", "failed upstream-silent", "Stripe did not answer within 1 s"),
        ] {
            let reply = client.call(&format!("stripe__{tool}"), json!({})).await;
            assert_eq!(reply.json()["result"]["isError"], true, "{tool}: {}", reply.text);
            assert!(reply.tool_text().contains(text), "{tool}: {}", reply.text);
            assert_eq!(log.has(&format!("finish {tool}")).await, format!("finish {tool} {outcome}"));
        }
        let reply = client.call("stripe__get_busy", json!({})).await;
        assert_eq!(reply.headers["retry-after"], "7");
        assert_eq!(reply.json()["result"]["_meta"]["io.wardroom/failure"]["retryAfterSeconds"], 7);
        let reply = client.call("stripe__get_fault", json!({})).await;
        assert!(
            reply.text.ends_with(r#""error":{"code":-32602,"message":"bad input","data":{"n":1e+400}}}"#),
            "{}",
            reply.text
        );
        log.has("finish get_fault failed upstream-error -32602").await;
        let reply = client.call("stripe__get_declined", json!({})).await;
        assert_eq!(reply.json()["error"], json!({ "code": -32602, "message": "bad input" }));
        log.has("finish get_declined failed upstream-error -32602").await;
    }
}

#[tokio::test]
async fn an_upstream_that_is_not_there_is_said_to_be_so() {
    let log = log();
    let world = World::start(&log).await;
    let stripe = world.shared.connect(&world.org, "stripe", "http://127.0.0.1:1/mcp");
    let reply = world.client(&world.owner).modern().call("stripe__get_echo", json!({})).await;
    assert!(reply.tool_text().starts_with("Stripe cannot be reached"), "{}", reply.text);
    log.has("finish get_echo failed upstream-unreachable").await;
    world.change(Command::DisconnectIntegration { integration: stripe });
    world.shared.connect(&world.org, "other", "http://169.254.169.254/mcp");
    let reply = world.client(&world.owner).modern().call("other__get_echo", json!({})).await;
    assert!(reply.tool_text().contains("must begin with https://"), "{}", reply.text);
}

#[tokio::test]
async fn the_worst_that_an_upstream_says_comes_through_as_it_was() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Modern, &log).await);
    world.connect("stripe", &upstream);
    let reply = world.client(&world.owner).call("stripe__get_torture", json!({})).await;
    let kept = r#""content":[{"type":"hologram","big":123456789012345678901234567890}],"zzz":{"$serde_json::private::Number":"1"},"f":0.1000"#;
    assert_eq!(reply.text, format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{{kept}}}}}"#));
}

#[tokio::test]
async fn a_lost_session_is_begun_anew_and_the_call_sent_once_more() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Legacy, &log).await);
    world.connect("stripe", &upstream);
    let client = world.client(&world.owner).modern();
    client.call("stripe__get_echo", json!({})).await;
    upstream.lose_sessions();
    let reply = client.call("stripe__update_record", json!({}));
    let release = async {
        log.has("upstream tools/call update_record").await;
        upstream.shared.release.notify_one();
    };
    let (reply, ()) = tokio::join!(reply, release);
    assert!(reply.json()["result"].is_object(), "{}", reply.text);
    assert_eq!(log.count("upstream unknown-session tools/call"), 1);
    assert_eq!(log.count("upstream initialize"), 2);
    assert_eq!(log.count("upstream tools/call update_record"), 1);
    assert_eq!(log.count("begun update_record"), 1);
}

#[tokio::test]
async fn subjects_never_share_a_session_at_an_upstream_and_the_era_is_asked_once() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Legacy, &log).await);
    let stripe = world.connect("stripe", &upstream);
    let fin = world.add_member("Fin");
    world.grant(&fin, stripe, Profile::Full, &[]);
    let (ada, fin) = (world.client(&world.owner).modern(), world.client(&fin).modern());
    let calls = (0..20)
        .map(|n| if n % 2 == 0 { ada.clone() } else { fin.clone() })
        .map(|client| async move { client.call("stripe__get_echo", json!({})).await });
    futures_util::future::join_all(calls).await;
    assert_eq!(log.count("upstream initialize"), 2);
    let received = upstream.shared.received.lock().unwrap();
    assert_eq!(received.iter().filter(|(method, ..)| method == "server/discover").count(), 1);
    let sessions: std::collections::HashSet<_> = received
        .iter()
        .filter(|(method, ..)| method == "tools/call")
        .map(|(_, headers, _)| headers["mcp-session-id"].clone())
        .collect();
    assert_eq!(sessions.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_with_equal_ids_never_get_each_others_answers() {
    for era in [Era::Modern, Era::Legacy] {
        let log = log();
        let (world, upstream) = (World::start(&log).await, Upstream::start(era, &log).await);
        world.connect("stripe", &upstream);
        let session = world.client(&world.owner).initialize().await;
        let rounds = (0..40).map(|tag| {
            let client = if tag % 2 == 0 { session.clone() } else { world.client(&world.owner).modern() };
            async move {
                for round in 0..10 {
                    let reply = client.call("stripe__get_echo", json!({ "tag": tag, "round": round })).await.json();
                    assert_eq!(reply["id"], 1);
                    assert_eq!(reply["result"]["structuredContent"], json!({ "tag": tag, "round": round }));
                }
            }
        });
        futures_util::future::join_all(rounds).await;
    }
}

#[tokio::test]
async fn too_many_calls_at_once_are_held_back_and_room_comes_back() {
    let log = log();
    let limits = Limits { running_per_subject_max: 1, ..Limits::default() };
    let (world, upstream) = (World::start_with(&log, limits).await, Upstream::start(Era::Modern, &log).await);
    let stripe = world.connect("stripe", &upstream);
    let fin = world.add_member("Fin");
    world.grant(&fin, stripe, Profile::Full, &[]);
    let (ada, fin) = (world.client(&world.owner).modern(), world.client(&fin).modern());
    let holding = {
        let ada = ada.clone();
        tokio::spawn(async move { ada.call("stripe__update_record", json!({})).await })
    };
    log.has("upstream tools/call update_record").await;
    let reply = ada.call("stripe__get_echo", json!({})).await;
    assert!(reply.tool_text().starts_with("limited: 1 calls of yours"), "{}", reply.text);
    log.has("limited tools/call get_echo too-many-calls").await;
    assert!(fin.call("stripe__get_echo", json!({})).await.json()["result"]["structuredContent"].is_object());
    upstream.shared.release.notify_one();
    holding.await.unwrap();
    log.has("finish update_record succeeded").await;
    // The room is given back right after the outcome was recorded.
    while ada.call("stripe__get_echo", json!({})).await.tool_text().starts_with("limited") {}
}

#[tokio::test]
async fn an_upstream_is_looked_at_and_all_its_pages_read() {
    for era in [Era::Modern, Era::Legacy] {
        let log = log();
        let (world, upstream) = (World::start(&log).await, Upstream::start(era, &log).await);
        let kind = domain::integration::CredentialKind::Header { name: "x-api-key".into() };
        let probed = world.gateway.probe(&upstream.url, &kind, Some("s3cret")).await.unwrap();
        assert_eq!(probed.era == gateway::Era::Modern, era == Era::Modern);
        assert_eq!(probed.server_name.as_deref(), Some("fixture 1"));
        assert_eq!(probed.tools.len(), crate::upstream::TOOLS.len());
        assert!(probed.tools[0].definition.contains(r#""x-unknown":[1e+400,{"a":12345678901234567890123}]"#));
        assert_eq!(upstream.last("tools/list").0["x-api-key"], "s3cret");
        if era == Era::Legacy {
            log.has("upstream delete").await;
        }
    }
    let world = World::start(&log()).await;
    let kind = domain::integration::CredentialKind::None;
    for (url, words) in [
        ("http://example.com/mcp", "must begin with https://"),
        ("http://127.0.0.1:1/", "cannot be reached"),
        ("nonsense", "must begin with https://"),
        ("https:///mcp", "its URL is not one"),
    ] {
        let error = world.gateway.probe(url, &kind, None).await.unwrap_err();
        assert!(error.sentence.contains(words), "{url}: {error}");
    }
}

// rows: PW-61
#[tokio::test]
async fn outcomes_are_recorded_once_for_every_intent() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Modern, &log).await);
    world.connect("stripe", &upstream);
    let client = world.client(&world.owner).modern();
    let tools = ["get_echo", "get_error", "get_fault", "get_closed", "list_twice", "get_progress"];
    let calls = (0..60).map(|n| {
        let client = client.clone();
        async move { client.call(&format!("stripe__{}", tools[n % tools.len()]), json!({ "n": n })).await }
    });
    let replies = futures_util::future::join_all(calls).await;
    assert!(replies.iter().all(|reply| reply.status == 200));
    world.gateway.drain().await;
    let mut seqs: Vec<u64> = world.shared.outcomes.lock().unwrap().iter().map(|(record, _)| record.seq).collect();
    seqs.sort_unstable();
    assert_eq!(seqs, (0..60).collect::<Vec<u64>>());
    let outcomes = world.shared.outcomes.lock().unwrap();
    let succeeded = outcomes.iter().filter(|(_, outcome)| outcome.status == OutcomeStatus::Succeeded).count();
    assert_eq!(succeeded, 20);
}

#[tokio::test]
async fn arguments_told_twice_must_agree_and_are_told_to_the_upstream() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Modern, &log).await);
    world.connect("stripe", &upstream);
    let client = world.client(&world.owner).modern();
    let arguments = json!({ "region": "Köln" });
    let told = client.clone().with("Mcp-Param-Region", "=?base64?S8O2bG4=?=").with("Mcp-Param-Other", "x");
    assert_eq!(told.call("stripe__get_mirrored", arguments.clone()).await.error_code(), None);
    let (headers, _) = upstream.last("tools/call");
    assert_eq!(
        (&headers["mcp-param-region"], &headers["mcp-param-other"]),
        (&"=?base64?S8O2bG4=?=".parse().unwrap(), &"x".parse().unwrap())
    );
    for wrong in [client.clone(), client.clone().with("mcp-param-region", "Bonn")] {
        let reply = wrong.call("stripe__get_mirrored", arguments.clone()).await;
        assert_eq!((reply.status.as_u16(), reply.error_code()), (400, Some(-32020)));
    }
    assert_eq!(client.call("stripe__get_mirrored", json!({})).await.error_code(), None);
    // A legacy client knows nothing of this; the upstream is told all the same.
    assert_eq!(world.client(&world.owner).call("stripe__get_mirrored", arguments).await.error_code(), None);
    assert_eq!(upstream.last("tools/call").0["mcp-param-region"], "=?base64?S8O2bG4=?=");
}

#[tokio::test]
async fn a_new_secret_is_shown_from_its_change_on() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Modern, &log).await);
    let stripe = world.connect("stripe", &upstream);
    let client = world.client(&world.owner).modern();
    for secret in ["secret-of-stripe", "second", "third"] {
        world.shared.secrets.lock().unwrap().insert(stripe, secret.to_owned());
        let edit = IntegrationEdit { purpose: Some(secret.to_owned()), ..IntegrationEdit::default() };
        world.change(Command::EditIntegration { integration: stripe, edit });
        client.call("stripe__get_echo", json!({})).await;
        assert_eq!(upstream.last("tools/call").0["authorization"], format!("Bearer {secret}"));
    }
}
