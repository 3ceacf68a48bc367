//! Upstreams that hang, flood, lie and break off. Whatever they do, who called gets one short answer that says what happened, the
//! record has it, nobody else waits for it, and the key goes on working.

use bytes::Bytes;
use futures_util::future::join_all;
use gateway::Limits;
use serde_json::json;
use verdict::Subject;

use crate::client::Client;
use crate::upstream::{Era, Upstream};
use crate::villain::{Act, Villain, events, json, say, told};
use crate::world::{World, log};

/// Limits at which a flood is over at once and a silence soon.
fn small() -> Limits {
    Limits {
        message_bytes_max: 64 << 10,
        answer_bytes_max: 256 << 10,
        silence_ms_max: 4_000,
        handshake_ms_max: 4_000,
        ..Limits::default()
    }
}

/// One way to misbehave: its name, what the upstream does, and the code of what the caller is told; none where the call succeeds
/// all the same.
type Way = (String, Vec<Act>, Option<&'static str>);

fn way(name: &str, acts: Vec<Act>, code: &'static str) -> Way {
    (name.to_owned(), acts, Some(code))
}

fn fine(name: &str, acts: Vec<Act>) -> Way {
    (name.to_owned(), acts, None)
}

/// Both eras at the same time.
async fn endure(ways: Vec<Way>) {
    tokio::join!(endure_in(Era::Modern, &ways), endure_in(Era::Legacy, &ways));
}

/// Calls once for each way, all at the same time, and looks at what came of it.
async fn endure_in(era: Era, ways: &[Way]) {
    let log = log();
    let world = World::start_with(&log, small()).await;
    let (villain, good) = (Villain::start(era, &log).await, Upstream::start(era, &log).await);
    world.shared.connect(&world.org, "villain", &villain.url);
    world.connect("good", &good);
    let clients = [world.client(&world.owner).modern(), world.client(&world.owner).initialize().await];
    // The era is known before it turns.
    assert_eq!(clients[0].call("villain__get_echo", json!({})).await.error_code(), None);
    for (name, acts, _) in ways {
        villain.plays(name, acts.clone());
    }
    let tried = ways.iter().flat_map(|way| clients.iter().map(move |client| (way, client)));
    let calls = tried.clone().map(|((name, ..), client)| client.call("villain__get_echo", json!({ "way": name })));
    let alongside = async {
        log.has_times("villain ", 1).await;
        for n in 0..20 {
            let reply = clients[n % 2].call("good__get_echo", json!({ "n": n })).await;
            assert_eq!(reply.json()["result"]["structuredContent"], json!({ "n": n }));
        }
    };
    let (replies, ()) = tokio::join!(join_all(calls), alongside);
    let mut wanted = Vec::new();
    let mut odd = Vec::new();
    for (((name, _, code), _), reply) in tried.zip(&replies) {
        let told = reply.json()["result"]["_meta"]["io.wardroom/failure"]["code"].as_str().map(str::to_owned);
        let is_short = code.is_none() || (reply.tool_text().starts_with("Villain ") && reply.text.len() < 1_000);
        if (reply.status.as_u16(), told.as_deref()) != (200, *code) || !is_short {
            odd.push(format!(
                "{name}: {code:?}: {} {}",
                reply.status,
                &reply.text.chars().take(1_000).collect::<String>()
            ));
        }
        wanted.push(code.unwrap_or_default().to_owned());
    }
    assert!(odd.is_empty(), "{era:?}: {odd:#?}");
    log.has_times("finish get_echo", replies.len() + 21).await;
    {
        let (intents, outcomes) = (world.shared.intents.lock().unwrap(), world.shared.outcomes.lock().unwrap());
        let of = |seq: u64| intents[seq as usize].0.integration == Some(world.integration("villain"));
        let calls = outcomes.iter().filter(|(record, _)| of(record.seq)).skip(1);
        let mut recorded: Vec<String> = calls.map(|(_, end)| end.detail.clone().unwrap_or_default()).collect();
        recorded.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(recorded, wanted, "{era:?}");
    }
    works_at_once(&world, &clients, &villain).await;
}

/// The same keys are taken, by the good upstream and by the other one when it is well again, and nothing is left open.
async fn works_at_once(world: &World, clients: &[Client], villain: &Villain) {
    villain.behaves();
    for client in clients {
        for tool in ["good__get_echo", "villain__get_echo"] {
            let reply = client.call(tool, json!({ "n": 1 })).await;
            assert_eq!(reply.json()["result"]["structuredContent"], json!({ "n": 1 }), "{}", reply.text);
        }
    }
    while world.gateway.open_for(world.org.id, Subject::Member(world.owner.id)) > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_upstream_that_stops_in_the_middle_is_given_up_after_its_time() {
    let silent = |name, mut acts: Vec<Act>| {
        acts.push(Act::Hang);
        way(name, acts, "upstream-silent")
    };
    let ways = vec![
        silent("before the head", vec![]),
        silent("in the head", vec![say("HTTP/1.1 200 OK\r\ncontent-ty")]),
        silent(
            "after the head of a message",
            vec![say("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n")],
        ),
        silent(
            "in a message",
            vec![say("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{\"jsonrpc\"")],
        ),
        silent("after the head of a stream", vec![events()]),
        silent("in an event", vec![events(), say("data: {\"jsonrpc\":\"2.0\",\"id\":$ID,")]),
        silent(
            "before the end of an event",
            vec![events(), say("data: {\"jsonrpc\":\"2.0\",\"id\":$ID,\"result\":{}}\n")],
        ),
        silent(
            "after the answer to another",
            vec![events(), say("data: {\"jsonrpc\":\"2.0\",\"id\":$NEXT,\"result\":{}}\n\n")],
        ),
        silent(
            "in a chunk",
            vec![say(
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\nff\r\ndata: ",
            )],
        ),
        way("one comment at a time", vec![events(), Act::Drip(":\n".into())], "upstream-silent"),
        way("one byte at a time", vec![events(), Act::Drip("d".into())], "upstream-silent"),
        way("one header at a time", vec![say("HTTP/1.1 200 OK\r\n"), Act::Drip("a: b\r\n".into())], "upstream-silent"),
        way(
            "after the head of an error",
            vec![say("HTTP/1.1 500 No\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n"), Act::Hang],
            "upstream-status",
        ),
    ];
    endure(ways).await;
}

#[tokio::test]
async fn an_upstream_that_does_not_end_is_read_no_further_than_its_limit() {
    let flood = |name, acts: Vec<Act>, flood: &str| {
        let bytes = Bytes::from(flood.repeat(8_192 / flood.len()));
        way(name, acts.into_iter().chain([Act::Flood(bytes)]).collect(), "upstream-too-large")
    };
    let single = || say("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n");
    let promised = |length: &str| {
        say(&format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"))
    };
    let foreign = "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":\"x\",\"progress\":1}}\n\n";
    let ways = vec![
        flood("a body", vec![single()], "[1,"),
        flood("a string", vec![single(), say("{\"jsonrpc\":\"2.0\",\"id\":$ID,\"result\":{\"content\":\"")], "a"),
        flood("blanks", vec![single()], " "),
        flood("a gigabyte", vec![promised("1000000000")], "a"),
        way("more than can be counted", vec![promised("18446744073709551614")], "upstream-closed"),
        flood("events", vec![events()], foreign),
        flood("empty events", vec![events()], "data:\n\n"),
        flood("comments", vec![events()], ": and on\n"),
        flood("blank lines", vec![events()], "\r\n"),
        flood("one line", vec![events(), say("data: ")], "a"),
        flood("one line of no field", vec![events()], "a"),
        flood("lines of one event", vec![events()], "data: a\n"),
        flood("ids", vec![events()], "id: a\n"),
        way("a gigabyte that does not come", vec![promised("1000000000"), say("{")], "upstream-closed"),
    ];
    endure(ways).await;
}

#[tokio::test]
async fn what_is_no_http_is_no_answer() {
    let broken = |name, text: &str| way(name, vec![say(text)], "upstream-closed");
    let ok = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    let good = r#"{"jsonrpc":"2.0","id":$ID,"result":{"content":[]}}"#;
    let zipped =
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\x56\xca\x2a\x56\xb2\x52\x32\xd2\x33\x50\xaa\x05\x00".as_slice();
    let ways = vec![
        broken("nothing", ""),
        broken("another protocol", "SSH-2.0-OpenSSH_9.9\r\n"),
        broken("zeros", "\0\0\0\0\0\0\0\0\r\n\r\n"),
        broken("a version that is none", "HTTP/9.9 200 OK\r\n\r\n"),
        broken("a status that is none", "HTTP/1.1 2x0 OK\r\n\r\n"),
        broken("a header without a name", &format!("{ok}: x\r\n\r\n{good}")),
        broken("a header with a zero", &format!("{ok}a: \0\r\n\r\n{good}")),
        broken("two lengths", &format!("{ok}content-length: 1\r\ncontent-length: 2\r\n\r\n{good}")),
        broken("a length that is none", &format!("{ok}content-length: -1\r\n\r\n{good}")),
        broken("a large header", &format!("{ok}a: {}\r\n\r\n{good}", "a".repeat(1 << 20))),
        broken("many headers", &format!("{ok}{}\r\n{good}", "a: b\r\n".repeat(10_000))),
        way("headers without end", vec![say(ok), Act::Flood("a: b\r\n".repeat(1_000).into())], "upstream-closed"),
        way(
            "chunks that are none",
            vec![say(&format!("{ok}transfer-encoding: chunked\r\n\r\nzz\r\n{good}"))],
            "upstream-closed",
        ),
        way(
            "a huge chunk",
            vec![say(&format!("{ok}transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n{good}"))],
            "upstream-closed",
        ),
        way("less than it says", vec![say(&format!("{ok}content-length: 999\r\n\r\n{good}"))], "upstream-closed"),
        way("more than it says", vec![say(&format!("{ok}content-length: 9\r\n\r\n{good}"))], "upstream-garbled"),
        way(
            "compressed",
            vec![say(&format!("{ok}content-encoding: gzip\r\n\r\n")), Act::Say(zipped.into())],
            "upstream-garbled",
        ),
        way("no type", vec![say(&format!("HTTP/1.1 200 OK\r\n\r\n{good}"))], "upstream-garbled"),
        way("a page", vec![told("200 OK\r\ncontent-type: text/html", good)], "upstream-garbled"),
        way("another charset", vec![told("200 OK\r\ncontent-type: \u{fc}", good)], "upstream-garbled"),
        way(
            "news without end",
            vec![Act::Flood("HTTP/1.1 100 Continue\r\n\r\n".repeat(300).into())],
            "upstream-too-large",
        ),
        fine(
            "news before the answer",
            vec![say(&"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n".repeat(50)), json(good)],
        ),
        fine("two answers of HTTP", vec![json(good), json(&good.replace("$ID", "$NEXT")), Act::Stay]),
    ];
    endure(ways).await;
}

#[tokio::test]
async fn what_is_no_message_is_no_answer() {
    let garbled = |name, body: &str| way(name, vec![json(body)], "upstream-garbled");
    let strange = |name, body: &str| way(name, vec![json(body)], "upstream-closed");
    let good = r#"{"jsonrpc":"2.0","id":$ID,"result":{"content":[]}}"#;
    let deep = format!(r#"{{"jsonrpc":"2.0","id":$ID,"result":{}{}}}"#, "[".repeat(20_000), "]".repeat(20_000));
    let long = "\u{1}\u{202e}k".repeat(2_000).replace('\u{1}', "\\u0001");
    let ways = vec![
        garbled("nothing", ""),
        garbled("a page", "<html>"),
        garbled("null", "null"),
        garbled("a number", "1e400"),
        garbled("a list", &format!("[{good}]")),
        garbled("two in one", &format!("{good}{good}")),
        garbled("an event", &format!("data: {good}\n\n")),
        garbled("a mark of order", &format!("\u{feff}{good}")),
        way(
            "no text",
            vec![Act::Tell("200 OK\r\ncontent-type: application/json".to_owned(), Bytes::from_static(b"\"\xff\xfe\""))],
            "upstream-garbled",
        ),
        way("half a letter", vec![events(), Act::Say(Bytes::from_static(b"data: \"\xc3\"\n\n"))], "upstream-garbled"),
        garbled("half a pair", &good.replace("[]", r#"["\ud800"]"#)),
        garbled("neither", r#"{"jsonrpc":"2.0","id":$ID}"#),
        garbled("both", r#"{"jsonrpc":"2.0","id":$ID,"result":{},"error":{"code":1,"message":"x"}}"#),
        garbled("a result that is none", r#"{"jsonrpc":"2.0","id":$ID,"result":[]}"#),
        garbled("an error that is none", r#"{"jsonrpc":"2.0","id":$ID,"error":"no"}"#),
        garbled("no id", r#"{"jsonrpc":"2.0","result":{"content":[]}}"#),
        garbled("deep", &deep),
        garbled("a key twice", &good.replace("[]", r#"[{"a":[{"b":1,"\u0062":2}]}]"#)),
        garbled("a long key twice", &good.replace("[]", &format!(r#"[{{"{long}":1,"{long}":2}}]"#))),
        garbled("an unknown kind", &good.replace("[]", r#"[],"resultType":"x""#)),
        garbled("a kind that is none", &good.replace("[]", r#"[],"resultType":null"#)),
        strange("another id", &good.replace("$ID", "$NEXT")),
        strange("an id as text", &good.replace("$ID", "\"$ID\"")),
        strange("an id with a fraction", &good.replace("$ID", "$ID.5")),
        strange("an id of another spelling", &good.replace("$ID", "$ID.0")),
        strange("an id in a list", &good.replace("$ID", "[$ID]")),
        strange("null for an id", &good.replace("$ID", "null")),
        strange("a notification", r#"{"jsonrpc":"2.0","method":"notifications/odd","params":{}}"#),
        way("a stream of nothing", vec![events()], "upstream-closed"),
        way("a list in a stream", vec![events(), say("data: [1]\n\n")], "upstream-garbled"),
        way(
            "more questions than may be",
            vec![events(), Act::Flood("data: {\"jsonrpc\":\"2.0\",\"id\":\"q\",\"method\":\"roots/list\"}\n\n".into())],
            "upstream-questions",
        ),
        fine("another version", vec![json(&good.replace("2.0", "1.0"))]),
        fine("no version", vec![json(&good.replace(r#""jsonrpc":"2.0","#, ""))]),
        fine("two answers", vec![events(), say(&format!("data: {good}\n\ndata: {}\n\n", good.replace("[]", "[2]")))]),
        fine("answers without end", vec![events(), Act::Flood(format!("data: {good}\n\n").into())]),
        fine(
            "an answer among those of others",
            vec![events(), say(&format!("data: {}\n\ndata: {good}\n\n", good.replace("$ID", "$NEXT")))],
        ),
    ];
    endure(ways).await;
}

#[tokio::test]
async fn a_status_without_an_answer_is_told_in_words_and_one_with_an_answer_in_the_upstreams() {
    let refusal = r#"{"jsonrpc":"2.0","id":$ID,"error":{"code":-32000,"message":"no\u0000 such\u202e"}}"#;
    let statuses = [
        200, 201, 203, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 306, 307, 308, 310, 399, 400, 401, 402,
        403, 405, 406, 408, 409, 410, 413, 414, 415, 418, 421, 422, 425, 426, 428, 429, 431, 451, 499, 500, 501, 502,
        503, 504, 505, 507, 508, 511, 520, 599, 600, 777, 999,
    ];
    let mut ways = Vec::new();
    for status in statuses {
        let alone = match status {
            200..=299 => "upstream-garbled",
            300..=399 => "upstream-url",
            401 | 403 => "upstream-unauthorized",
            429 => "upstream-limited",
            _ => "upstream-status",
        };
        let worded = if alone == "upstream-status" { "upstream-declined" } else { alone };
        let head = format!("{status} x\r\nlocation: http://169.254.169.254/\r\nretry-after: 1e9");
        ways.push(way(&format!("{status} alone"), vec![told(&head, "")], alone));
        ways.push(way(
            &format!("{status} with a page"),
            vec![told(&format!("{head}\r\ncontent-type: text/html"), "<h1>")],
            alone,
        ));
        // Those below 300 are answers, and the status that says so by its nature has no body.
        if !matches!(status, 200..300 | 304) {
            let head = format!("{head}\r\ncontent-type: application/json");
            ways.push(way(&format!("{status} with a refusal"), vec![told(&head, refusal)], worded));
            ways.push(way(&format!("{status} with nonsense"), vec![told(&head, "{")], alone));
        }
    }
    for status in [202, 204] {
        ways.push(way(&format!("{status}"), vec![told(&format!("{status} x"), "")], "upstream-garbled"));
    }
    ways.push(way(
        "101",
        vec![say("HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n")],
        "upstream-status",
    ));
    for some in ways.chunks(90) {
        endure(some.to_vec()).await;
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_at_any_byte_is_one_that_did_not_come_and_nothing_is_sent_twice() {
    let message = r#"{"jsonrpc":"2.0","id":$ID,"result":{"content":[{"type":"text","text":"ü"}]}}"#;
    let single = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ";
    let stream = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    for era in [Era::Modern, Era::Legacy] {
        let log = log();
        let world = World::start_with(&log, small()).await;
        let villain = Villain::start(era, &log).await;
        world.shared.connect(&world.org, "villain", &villain.url);
        let good = Upstream::start(Era::Modern, &log).await;
        world.connect("good", &good);
        let client = world.client(&world.owner).modern();
        client.call("villain__get_echo", json!({})).await;
        let mut cuts = Vec::new();
        for form in ["single", "stream"] {
            // The id has as many digits as the pattern has letters, or the lengths would not be known beforehand.
            let body = message.replace("$ID", "0000");
            let (head, text) = match form {
                "single" => (format!("{single}{}\r\n\r\n", body.len()), body.clone()),
                _ => (stream.to_owned(), format!("{:x}\r\ndata: {body}\n\n\r\n0\r\n\r\n", body.len() + 8)),
            };
            let whole = format!("{head}{text}");
            let answered = if form == "single" { whole.len() } else { whole.rfind("\n\n").unwrap() + 2 };
            for cut in 0..=whole.len() {
                let name = format!("{form} {cut}");
                let wanted = (cut < answered).then_some("upstream-closed");
                villain.plays(&name, vec![Act::Cut(whole.clone().into(), cut)]);
                cuts.push((name, wanted));
            }
        }
        for some in cuts.chunks(100) {
            let calls = some.iter().map(|(name, _)| client.call("villain__update_record", json!({ "way": name })));
            for ((name, wanted), reply) in some.iter().zip(join_all(calls).await) {
                let code = &reply.json()["result"]["_meta"]["io.wardroom/failure"]["code"];
                assert_eq!(code.as_str(), *wanted, "{era:?} {name}: {}", reply.text);
                assert_eq!(villain.heard(name).len(), 1, "{era:?} {name}");
            }
        }
        log.has_times("finish update_record", cuts.len()).await;
        assert_eq!(log.count("finish update_record succeeded"), cuts.iter().filter(|(_, code)| code.is_none()).count());
        works_at_once(&world, &[client], &villain).await;
    }
}
