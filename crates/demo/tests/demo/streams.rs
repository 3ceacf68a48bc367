//! Long-running calls: progress, their end, and their end before time.

use std::io::{BufRead, BufReader};

use serde_json::{Value, json};

use crate::client::{World, modern_message, wait_until};

/// Opens a stream and reads its first event.
fn open(world: &World, steps: u64, step_ms: u64) -> (BufReader<ureq::BodyReader<'static>>, Value) {
    let bearer = format!("Bearer {}", world.token("salesforce"));
    let params = json!({
        "name": "bulk_export", "arguments": { "steps": steps, "step_ms": step_ms }, "_meta": { "progressToken": "p-1" },
    });
    let headers = [
        ("authorization", bearer.as_str()),
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "bulk_export"),
    ];
    let response = world.send("salesforce", &headers, &modern_message("tools/call", params).to_string());
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut lines = BufReader::new(response.into_body().into_reader());
    let first = next_event(&mut lines).expect("there is a first event");
    (lines, first)
}

fn next_event(lines: &mut impl BufRead) -> Option<Value> {
    let mut line = String::new();
    while lines.read_line(&mut line).ok()? > 0 {
        if let Some(data) = line.strip_prefix("data: ") {
            return serde_json::from_str(data).ok();
        }
        line.clear();
    }
    None
}

#[test]
fn progress_comes_in_order_and_ends_with_the_result() {
    let world = World::start();
    let (mut lines, first) = open(&world, 4, 1);
    let mut events = vec![first];
    while let Some(event) = next_event(&mut lines) {
        events.push(event);
    }
    let steps: Vec<u64> = events[..4].iter().filter_map(|event| event["params"]["progress"].as_u64()).collect();
    assert_eq!(steps, [1, 2, 3, 4]);
    assert!(events[..4].iter().all(|event| event["params"]["progressToken"] == "p-1"));
    assert_eq!(events.len(), 5);
    let result = &events[4]["result"];
    assert_eq!((&events[4]["id"], &result["resultType"]), (&json!("r-1"), &json!("complete")));
    assert_eq!(result["structuredContent"]["records"], 16);
    let stats = &world.integrations.stats;
    assert_eq!((stats.streams_finished(), stats.streams_cancelled(), stats.streams_open()), (1, 0, 0));
}

#[test]
fn a_caller_who_goes_away_cancels_the_work() {
    let world = World::start();
    let (lines, _) = open(&world, 10_000, 20);
    let stats = &world.integrations.stats;
    assert_eq!(stats.streams_open(), 1);
    drop(lines);
    wait_until("the stream is cancelled", || stats.streams_cancelled() == 1);
    assert_eq!((stats.streams_open(), stats.streams_finished()), (0, 0));
}

#[test]
fn without_a_progress_token_one_answer_comes_after_the_last_step() {
    let world = World::start();
    let result = world.call("google-analytics", "run_funnel_report", json!({ "steps": 3, "step_ms": 1 }));
    assert_eq!(result["records"], 124);
    assert_eq!(world.integrations.stats.streams_finished(), 1);
}

#[test]
fn a_legacy_client_cancels_by_saying_so() {
    let world = World::start();
    let session = world.initialize("salesforce");
    let stats = &world.integrations.stats;
    std::thread::scope(|scope| {
        let call = scope.spawn(|| {
            let arguments = json!({ "steps": 10_000, "step_ms": 1000 });
            world.legacy("salesforce", &session, "tools/call", json!({ "name": "bulk_export", "arguments": arguments }))
        });
        wait_until("the call is running", || stats.streams_open() == 1);
        let bearer = format!("Bearer {}", world.token("salesforce"));
        let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 7 } });
        let headers = [("authorization", bearer.as_str()), ("mcp-session-id", &session)];
        assert_eq!(world.post("salesforce", &headers, &cancel).status, 202);
        assert_eq!(call.join().expect("the call ends").body["error"]["code"], -32800);
    });
    assert_eq!(stats.streams_cancelled(), 1);
}

#[test]
fn shutting_down_ends_open_streams() {
    let world = World::start();
    let (mut lines, _) = open(&world, 10_000, 5);
    let stats = world.integrations.stats.clone();
    world.stop();
    while next_event(&mut lines).is_some() {}
    wait_until("the stream has ended", || stats.streams_open() == 0);
}
