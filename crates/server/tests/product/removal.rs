//! Removal bites at once: of the calls sent after it was answered, none reaches the upstream.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use crate::world::{Demo, count, lines_of, succeeded, wait_for};

const CONNECTIONS: usize = 8;

// rows: PW-25, PW-51, PW-55, C-16
#[test]
fn of_the_calls_sent_after_the_removal_was_answered_none_reaches_the_upstream() {
    let demo = Demo::start();
    let wanted = count(5_000, 100_000);
    let admin = demo.api(&demo.key_of("Head of operations"));
    let (mut sent, mut round, mut late_reached) = (0, 0, 0);
    while sent < wanted {
        round += 1;
        let email = format!("hammer{round}@example.com");
        let new = json!({ "email": email, "name": "Hammer", "role": "member", "issue_key": { "label": "h" } });
        let (status, added) = admin.post("/members", new);
        assert_eq!(status, 201, "{added}");
        let grant = json!({ "profile": "no-delete" });
        assert_eq!(admin.put(&format!("/members/{email}/integrations/stripe"), grant).0, 200);
        let key = added["key"]["secret"].as_str().unwrap().to_owned();
        let remove = || {
            let (status, answer) = admin.delete(&format!("/members/{email}"));
            assert_eq!((status, &answer["ended"]["keys"]), (200, &json!(1)), "{answer}");
        };
        let (round_sent, late) = hammer(&demo, &key, round, remove);
        sent += round_sent;
        late_reached += late;
    }
    println!("soak: removal: {sent} requests in {round} rounds, {late_reached} late ones reached the upstream");
    assert_eq!(late_reached, 0);
}

/// One round: 8 connections call with a key that is ended in the middle. Returns the calls sent, and how many of those
/// that were sent after the end was answered reached the upstream.
pub(crate) fn hammer(demo: &Demo, key: &str, round: usize, end: impl FnOnce()) -> (usize, usize) {
    let (ended, stop) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (sent, allowed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let late = Arc::new(AtomicUsize::new(0));
    let workers: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let client = demo.mcp(key);
            let (ended, stop, sent) = (ended.clone(), stop.clone(), sent.clone());
            let (allowed, late) = (allowed.clone(), late.clone());
            std::thread::spawn(move || {
                while !stop.load(Ordering::Acquire) {
                    // Read before the call goes out: a call marked late was sent after the answer had come.
                    let is_late = ended.load(Ordering::Acquire);
                    let note = if is_late { format!("late-{round}") } else { format!("early-{round}") };
                    let answer = client.call("stripe__list_customers", json!({ "limit": 1, "note": note }));
                    sent.fetch_add(1, Ordering::Relaxed);
                    if is_late {
                        late.fetch_add(1, Ordering::Relaxed);
                        assert!(!succeeded(&answer), "{answer:?}");
                    } else if succeeded(&answer) {
                        allowed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        })
        .collect();
    // What is ended may be all that says where the integrations are.
    let control = demo.upstream_control();
    wait_for("calls before the end", || (allowed.load(Ordering::Relaxed) > 200).then_some(()));
    end();
    ended.store(true, Ordering::Release);
    wait_for("calls after the end", || (late.load(Ordering::Relaxed) > 200).then_some(()));
    stop.store(true, Ordering::Release);
    for worker in workers {
        worker.join().expect("a connection");
    }
    let notes = Demo::stats_at(&control)["notes"].clone();
    let reached = notes[format!("late-{round}")].as_u64().unwrap_or(0);
    assert!(notes[format!("early-{round}")].as_u64().unwrap_or(0) > 200, "the hammer never hit: {notes}");
    (sent.load(Ordering::Relaxed), reached as usize)
}

// rows: PW-25, PW-26, PW-52, PW-53
#[test]
fn an_open_stream_of_hers_ends_and_nobody_else_notices() {
    let demo = Demo::start();
    let admin = demo.api(&demo.key_of("Head of operations"));
    let sales = demo.person("Sales representative")["email"].as_str().unwrap().to_owned();
    let arguments = json!({ "steps": 600, "step_ms": 100 });
    let params = json!({
        "name": "salesforce__bulk_export", "arguments": arguments, "_meta": { "progressToken": "p" },
    });
    let open = |key: &str| {
        let answer =
            demo.mcp(key).send("tools/call", Some("salesforce__bulk_export"), params.clone()).expect("an answer");
        let mut lines = lines_of(answer.into_body());
        let progress = lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("notifications/progress")));
        assert!(progress.is_some(), "the stream runs");
        lines
    };
    let hers = open(&demo.key_of("Sales representative"));
    let mut owners = open(&demo.key_of("Owner"));

    let asked = Instant::now();
    let (status, _) = admin.delete(&format!("/members/{sales}"));
    assert_eq!(status, 200);
    let rest: Vec<String> = hers.map_while(Result::ok).collect();
    assert!(asked.elapsed() < Duration::from_secs(1), "it ended after {:?}", asked.elapsed());
    assert!(!rest.iter().any(|line| line.contains("structuredContent")), "nothing of a result is released: {rest:?}");
    assert!(
        owners.find(|line| line.as_ref().is_ok_and(|line| line.contains("progress"))).is_some(),
        "the owner's goes on"
    );

    let (_, audit) = admin.get(&format!("/audit?kind=calls&subject={sales}"));
    let item = &audit["items"][0];
    assert_eq!(item["subject"]["name"], demo.person("Sales representative")["name"], "her history stays: {audit}");
    let cut = wait_for("the outcome", || {
        let (_, audit) = admin.get(&format!("/audit?kind=calls&subject={sales}&status=cut"));
        audit["items"].as_array().filter(|items| !items.is_empty()).cloned()
    });
    assert_eq!(cut[0]["tool"], json!("bulk_export"));
}
