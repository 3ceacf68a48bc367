//! Whatever passes comes out as it went in, however odd, and however much of it there is.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::json;

use crate::client::Client;
use crate::upstream::{Era, Upstream};
use crate::world::{Log, World, log};

const ERAS: [Era; 2] = [Era::Modern, Era::Legacy];
const BURST: u64 = 2_000;

async fn start(era: Era, log: &Log) -> (World, Upstream) {
    let (world, upstream) = (World::start(log).await, Upstream::start(era, log).await);
    world.connect("stripe", &upstream);
    (world, upstream)
}

async fn clients(client: Client) -> [Client; 2] {
    [client.clone().modern(), client.initialize().await]
}

/// Arguments as a client writes them, and as they must arrive: the same values in the same order, with numbers as large as they are.
const ARGUMENTS: [(&str, &str); 8] = [
    (
        r#"{"n":12345678901234567890123456789012345678901234567890}"#,
        r#"{"n":12345678901234567890123456789012345678901234567890}"#,
    ),
    (r#"{"n":[1e400,-0,0.10,1E5,1.0,-1e-400]}"#, r#"{"n":[1e+400,-0,0.10,1e+5,1.0,-1e-400]}"#),
    (r#"{"z":1,"a":2,"":3,"Z":4}"#, r#"{"z":1,"a":2,"":3,"Z":4}"#),
    (r#"{"__proto__":{"x":1},"constructor":null}"#, r#"{"__proto__":{"x":1},"constructor":null}"#),
    (
        "{\"\\u0061\\ud83d\\ude00\":\"\\u0000\\u001f\\u007f\\u2028\"}",
        "{\"a\u{1f600}\":\"\\u0000\\u001f\u{7f}\u{2028}\"}",
    ),
    (r#"{"data: x":"event: y\n\ndata: z\r\n: c"}"#, r#"{"data: x":"event: y\n\ndata: z\r\n: c"}"#),
    (
        r#"{"jsonrpc":"1.0","id":"x","method":"tools/call","result":{}}"#,
        r#"{"jsonrpc":"1.0","id":"x","method":"tools/call","result":{}}"#,
    ),
    (
        r#"{"deep":[[[[[[[[[[[[[[[[[[[[{"e":[]}]]]]]]]]]]]]]]]]]]]]}"#,
        r#"{"deep":[[[[[[[[[[[[[[[[[[[[{"e":[]}]]]]]]]]]]]]]]]]]]]]}"#,
    ),
];

#[tokio::test]
async fn arguments_arrive_and_results_come_back_with_every_value_that_they_had() {
    for era in ERAS {
        let log = log();
        let (world, _upstream) = start(era, &log).await;
        for client in clients(world.client(&world.owner)).await {
            for (written, arrives) in ARGUMENTS {
                let (headers, body) =
                    client.request("1", "tools/call", json!({ "name": "stripe__get_echo", "arguments": "HERE" }));
                let reply = client.send_with(&headers, &body.replace("\"HERE\"", written)).await;
                let echoed = reply.text.split(r#""structuredContent":"#).nth(1).unwrap_or_default();
                assert!(echoed.starts_with(arrives), "{era:?} {written}: {}", reply.text);
            }
        }
    }
}

#[tokio::test]
async fn ids_of_every_kind_come_back_as_they_were() {
    let log = log();
    let (world, _upstream) = start(Era::Modern, &log).await;
    let long = format!("\"{}\"", "x".repeat(10_000));
    let ids = ["-1", "0", "1.5", "123456789012345678901234567890", "\"\"", "\"\\u0000\\n\u{1f600}\"", "\"1\"", &long];
    for client in clients(world.client(&world.owner)).await {
        for id in ids {
            let reply = client.rpc(id, "tools/call", json!({ "name": "stripe__get_echo" })).await;
            assert!(reply.text.starts_with(&format!(r#"{{"jsonrpc":"2.0","id":{id},"#)), "{id}: {}", reply.text);
        }
    }
}

#[tokio::test]
async fn of_two_thousand_progress_messages_in_one_burst_none_is_lost_and_none_comes_before_another() {
    for era in ERAS {
        let log = log();
        let (world, _upstream) = start(era, &log).await;
        for client in clients(world.client(&world.owner)).await {
            let arguments = json!({ "count": BURST, "mark": "m" });
            let params =
                json!({ "name": "stripe__get_burst", "arguments": arguments, "_meta": { "progressToken": "tok" } });
            let mut events = client.stream_of("1", "tools/call", params).await;
            for step in 1..=BURST {
                let event = events.next().await.unwrap();
                assert_eq!(
                    (&event["params"]["progress"], &event["params"]["progressToken"]),
                    (&json!(step), &json!("tok"))
                );
            }
            assert_eq!(events.next().await.unwrap()["result"]["mark"], "m");
            assert_eq!(events.next().await, None);
        }
    }
}

#[tokio::test]
async fn a_thousand_clients_that_use_the_same_id_and_token_get_each_their_own() {
    for era in ERAS {
        let log = log();
        let (world, upstream) = start(era, &log).await;
        let people: Vec<_> = (0..10).map(|number| world.add_member(&format!("Person {number}"))).collect();
        for person in &people {
            world.grant(person, world.integration("stripe"), domain::grant::Profile::Full, &[]);
        }
        let callers = (0..1_000).map(|number| {
            let client = world.client(&people[number % people.len()]);
            let client = if number % 2 == 0 { client.modern() } else { client };
            async move {
                let arguments = json!({ "count": 3, "mark": number });
                let params =
                    json!({ "name": "stripe__get_burst", "arguments": arguments, "_meta": { "progressToken": "tok" } });
                let mut events = client.stream_of("1", "tools/call", params).await;
                for step in 1..=3 {
                    let event = events.next().await.unwrap();
                    assert_eq!(
                        (&event["params"]["mark"], &event["params"]["progress"]),
                        (&json!(number), &json!(step))
                    );
                }
                let end = events.next().await.unwrap();
                assert_eq!((&end["id"], &end["result"]["mark"]), (&json!(1), &json!(number)));
                assert_eq!(events.next().await, None);
            }
        });
        let callers: Vec<_> = callers.collect();
        for some in chunks(callers, 100) {
            join_all(some).await;
        }
        let received = upstream.shared.received.lock().unwrap();
        let calls: Vec<_> = received
            .iter()
            .filter(|(method, ..)| method == "tools/call")
            .map(|(.., body)| body["id"].to_string())
            .collect();
        assert_eq!(calls.len(), 1_000);
        assert_eq!(calls.iter().collect::<BTreeSet<_>>().len(), 1_000, "each has an id of its own there");
    }
}

fn chunks<T>(all: Vec<T>, size: usize) -> Vec<Vec<T>> {
    let mut all = all.into_iter().peekable();
    let mut parts = Vec::new();
    while all.peek().is_some() {
        parts.push(all.by_ref().take(size).collect());
    }
    parts
}
