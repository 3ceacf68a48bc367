//! Who and what is let through the doors at all.

use std::collections::BTreeSet;

use domain::command::Command;
use domain::grant::Profile;
use domain::id::ClientId;
use gateway::ShownClient;
use http::Method;
use identity::random::OperatingSystem;
use identity::token::{IssuedToken, TokenForm};
use serde_json::json;
use verdict::{ClientProof, Credential};

use crate::client::Client;
use crate::upstream::{Era, Upstream};
use crate::world::{World, log};

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

#[tokio::test]
async fn hosts_and_origins_are_checked_before_anything_else() {
    let world = World::start(&log()).await;
    let client = world.client(&world.owner);
    let port = world.base.rsplit(':').next().unwrap();
    for (host, origin, status) in [
        (format!("127.0.0.1:{port}"), None, 200),
        (format!("localhost:{port}"), Some(format!("http://localhost:{port}")), 200),
        (format!("LOCALHOST:{port}"), Some("http://127.0.0.1:6274".to_owned()), 200),
        ("evil.example".to_owned(), None, 403),
        (format!("127.0.0.1.evil.example:{port}"), None, 403),
        (format!("127.0.0.1:{port}"), Some("http://evil.example".to_owned()), 403),
        (format!("127.0.0.1:{port}"), Some(format!("http://evil.example:{port}")), 403),
        (format!("127.0.0.1:{port}"), Some("null".to_owned()), 403),
        (format!("127.0.0.1:{port}"), Some("https://localhost.evil.example".to_owned()), 403),
    ] {
        for method in [Method::POST, Method::GET, Method::DELETE] {
            let mut asking = client.clone().with("host", &host);
            if let Some(origin) = &origin {
                asking = asking.with("origin", origin);
            }
            // A stranger learns no more than a member.
            let stranger = asking.clone().without("authorization");
            if status == 403 {
                assert_eq!(asking.send(method.clone(), PING).await.status, 403, "{host} {origin:?} {method}");
                assert_eq!(stranger.send(method, PING).await.status, 403);
            } else {
                assert_eq!(stranger.send(method.clone(), PING).await.status, 401, "{host} {origin:?} {method}");
                if method == Method::POST {
                    assert_eq!(asking.post(PING).await.status, 200);
                }
            }
        }
    }
}

#[tokio::test]
async fn whoever_is_not_identified_gets_one_answer() {
    let log = log();
    let world = World::start(&log).await;
    let (_, stranger) = world.shared.found("other", "Eve");
    let good = &world.owner.key;
    let mistyped = format!("{}{}", &good[..10], good[10..].chars().rev().collect::<String>());
    let unknown =
        identity::key::IssuedKey::generate(identity::key::KeyPrefix::Personal, &mut identity::random::OperatingSystem)
            .unwrap();
    let at = |path: &str, key: &str| Client::new(&world.base, path, key);
    let foreign = at("/o/acme/mcp", &stranger.key).post(PING).await;
    let nobody = at("/o/acme/mcp", unknown.reveal()).post(PING).await;
    let nowhere = at("/o/absent/mcp", good).post(PING).await;
    for reply in [&foreign, &nobody, &nowhere] {
        assert_eq!(reply.status, 401);
        assert_eq!(reply.text, nobody.text);
        assert_eq!(reply.headers["www-authenticate"], r#"Bearer realm="wardroom", error="invalid_token""#);
    }
    let reply = at("/o/acme/mcp", &mistyped).post(PING).await;
    assert_eq!(reply.status, 401);
    assert!(reply.text.contains("checksum") && !reply.text.contains(&mistyped), "{}", reply.text);
    let reply = at("/o/acme/mcp", "").without("authorization").post(PING).await;
    assert_eq!(
        (reply.status.as_u16(), &reply.headers["www-authenticate"]),
        (401, &r#"Bearer realm="wardroom""#.parse().unwrap())
    );
    assert!(reply.text.contains("Authorization: Bearer"));
    let twice = at("/o/acme/mcp", good);
    let mut doubled = twice.clone();
    doubled.headers.push(("authorization".into(), format!("Bearer {}", stranger.key)));
    assert_eq!(doubled.post(PING).await.status, 401);
    for path in ["/mcp", "/o/acme/mcp", &format!("/o/{}/mcp", world.org.id)] {
        assert_eq!(at(path, good).post(PING).await.status, 200, "{path}");
    }
    for reason in ["no-key", "bad-key", "unknown-key"] {
        log.has(&format!("denied   {reason}")).await;
    }
    assert!(world.shared.intents.lock().unwrap().iter().all(|(intent, _)| intent.org == world.org.id));
}

#[tokio::test]
async fn a_flood_of_strangers_is_recorded_in_part_and_counted_in_whole() {
    let log = log();
    let limits = gateway::Limits { noise_per_second_max: 3, ..gateway::Limits::default() };
    let world = World::start_with(&log, limits).await;
    let stranger = world.client(&world.owner).without("authorization");
    futures_util::future::join_all((0..50).map(|_| stranger.post(PING))).await;
    assert!(log.count("denied") <= 3);
    world.pass_ms(1_000);
    stranger.post(PING).await;
    log.has("denied   no-key (47 more like this were not recorded)").await;
}

#[tokio::test]
async fn what_cannot_be_understood_is_refused_whole_and_recorded() {
    let log = log();
    let limits = gateway::Limits {
        body_bytes_max: 2_000,
        depth_max: 16,
        noise_per_second_max: 100,
        ..gateway::Limits::default()
    };
    let (world, upstream) = (World::start_with(&log, limits).await, Upstream::start(Era::Modern, &log).await);
    world.connect("stripe", &upstream);
    let client = world.client(&world.owner);
    let call = |params: &str| format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#);
    let long = call(&format!(r#"{{"name":"stripe__get_echo","arguments":{{"a":"{}"}}}}"#, "x".repeat(2_000)));
    let deep =
        call(&format!(r#"{{"name":"stripe__get_echo","arguments":{}1{}}}"#, r#"{"a":"#.repeat(20), "}".repeat(20)));
    for (body, status, code, reason) in [
        (call(r#"{"name":"stripe__get_echo","name":"stripe__delete_record"}"#).as_str(), 400, -32700, "duplicate-key"),
        (&call(r#"{"name":"stripe__get_echo","arguments":{"a":{"b":1,"b":2}}}"#), 400, -32700, "duplicate-key"),
        (&call(r#"{"name":"stripe__get_echo","Name":"stripe__delete_record"}"#), 400, -32600, "look-alike-key"),
        (&call(r#"{"name":"stripe__get_echo","argumentſ":{}}"#), 400, -32600, "look-alike-key"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","METHOD":"ping"}"#, 400, -32600, "look-alike-key"),
        (r#"["2.0",5,"tools/list",{}]"#, 400, -32600, "batch"),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, 400, -32600, "batch"),
        (&call("[]"), 400, -32600, "bad-params"),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, 400, -32600, "bad-id"),
        (r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, 400, -32600, "bad-id"),
        (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, 400, -32600, "not-a-message"),
        (r#"{"id":1,"method":"ping"}"#, 400, -32600, "not-a-message"),
        ("{", 400, -32700, "not-json"),
        ("", 400, -32700, "not-json"),
        (&deep, 400, -32700, "too-deep"),
        (&long, 413, -32600, "too-large"),
        (&call(r#"{"name":7}"#), 200, -32602, "bad-params"),
        (&call(r#"{"arguments":{}}"#), 200, -32602, "bad-params"),
        (&call(r#"{"name":"stripe__get_echo","arguments":[1]}"#), 200, -32602, "bad-params"),
    ] {
        let reply = client.post(body).await;
        assert_eq!((reply.status.as_u16(), reply.error_code()), (status, Some(code)), "{body}");
        let intents =
            || world.shared.intents.lock().unwrap().iter().filter(|(intent, _)| intent.reason == reason).count();
        log.has("malformed").await;
        while intents() == 0 {
            tokio::task::yield_now().await;
        }
        world.shared.intents.lock().unwrap().clear();
    }
    let reply = client.clone().with("content-type", "text/plain").post(PING).await;
    assert_eq!(reply.status, 415);
    assert_eq!(client.clone().with("accept", "text/html").post(PING).await.status, 406);
    assert_eq!(client.with("accept", "text/html").send(Method::GET, "").await.status, 406);
    assert_eq!(log.count("upstream "), 0);
    assert_eq!(log.count("begin"), 0);
}

#[tokio::test]
async fn headers_and_body_of_a_modern_request_must_say_the_same() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Modern, &log).await);
    world.connect("stripe", &upstream);
    let client = world.client(&world.owner).modern();
    let good = json!({ "name": "stripe__get_echo", "arguments": {} });
    let (headers, body) = client.request("1", "tools/call", good);
    let plain = world.client(&world.owner);
    let sent = |changes: &[(&str, Option<&str>)], body: &str| {
        let mut asking = plain.clone();
        for (name, value) in &headers {
            asking = asking.with(name, value);
        }
        for (name, value) in changes {
            asking = match value {
                Some(value) => asking.with(name, value),
                None => asking.without(name),
            };
        }
        let body = body.to_owned();
        async move {
            let reply = asking.post(&body).await;
            (reply.status.as_u16(), reply.json()["error"]["code"].as_i64())
        }
    };
    assert_eq!(sent(&[], &body).await, (200, None));
    assert_eq!(sent(&[("mcp-name", Some("=?base64?c3RyaXBlX19nZXRfZWNobw==?="))], &body).await, (200, None));
    let mismatch = (400, Some(-32020));
    for changes in [
        [("mcp-method", None)],
        [("mcp-method", Some("tools/list"))],
        [("mcp-method", Some("TOOLS/CALL"))],
        [("mcp-name", None)],
        [("mcp-name", Some("stripe__delete_record"))],
        [("mcp-name", Some("=?base64?c3RyaXBlX19kZWxldGU=?="))],
        [("mcp-name", Some("=?base64?***?="))],
        [("mcp-protocol-version", None)],
        [("mcp-protocol-version", Some("2025-11-25"))],
    ] {
        assert_eq!(sent(&changes, &body).await, mismatch, "{changes:?}");
    }
    let without = |key: &str| {
        let mut tree: serde_json::Value = serde_json::from_str(&body).unwrap();
        tree["params"]["_meta"].as_object_mut().unwrap().remove(&format!("io.modelcontextprotocol/{key}"));
        tree.to_string()
    };
    assert_eq!(sent(&[], &without("clientCapabilities")).await, (400, Some(-32602)));
    assert_eq!(sent(&[], &without("protocolVersion")).await, (400, Some(-32602)));
    assert_eq!(sent(&[], &without("clientInfo")).await, (200, None));
    let other = body.replace("2026-07-28", "2099-01-01");
    assert_eq!(sent(&[("mcp-protocol-version", Some("2099-01-01"))], &other).await, (400, Some(-32022)));
    assert_eq!(sent(&[("mcp-protocol-version", Some("2024-11-05"))], PING).await, (400, Some(-32022)));
    let reply = client.rpc("1", "nonsense", json!({})).await;
    assert_eq!((reply.status.as_u16(), reply.error_code()), (404, Some(-32601)));
    let level =
        |level: &str| json!({ "name": "stripe__get_echo", "_meta": { "io.modelcontextprotocol/logLevel": level } });
    assert_eq!(client.rpc("1", "tools/call", level("loud")).await.error_code(), Some(-32602));
    assert_eq!(client.rpc("1", "tools/call", level("error")).await.error_code(), None);
}

#[tokio::test]
async fn a_session_authenticates_nobody_and_serves_only_the_key_that_began_it() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Modern, &log).await);
    world.connect("stripe", &upstream);
    let fin = world.add_member("Fin");
    let hers = world.client(&world.owner).initialize().await;
    assert_eq!(hers.post(PING).await.status, 200);
    assert_eq!(hers.clone().without("authorization").post(PING).await.status, 401);
    let stolen = hers.clone().with("authorization", &format!("Bearer {}", fin.key));
    for method in [Method::POST, Method::GET, Method::DELETE] {
        assert_eq!(stolen.send(method, PING).await.status, 404);
    }
    assert_eq!(hers.clone().at("/o/acme/mcp/stripe").post(PING).await.status, 404);
    assert_eq!(hers.clone().with("mcp-session-id", "0123").post(PING).await.status, 404);
    assert_eq!(hers.post(PING).await.status, 200);
    world.pass_ms(24 * 3_600_000);
    assert_eq!(hers.post(PING).await.status, 404);
    // The modern era knows no sessions, and one that is named means nothing.
    assert_eq!(
        world.client(&world.owner).modern().with("mcp-session-id", "x").names().await.len(),
        crate::upstream::TOOLS.len()
    );
}

#[tokio::test]
async fn two_organizations_with_equal_names_inside_never_touch() {
    let log = log();
    let world = World::start(&log).await;
    let (ours, theirs) = (Upstream::start(Era::Modern, &log).await, Upstream::start(Era::Legacy, &log).await);
    let (other, eve) = world.shared.found("other", "Eve");
    world.connect("stripe", &ours);
    world.shared.connect(&other, "stripe", &theirs.url);
    world.client(&world.owner).modern().call("stripe__get_echo", json!({ "of": "acme" })).await;
    Client::new(&world.base, "/o/other/mcp", &eve.key)
        .modern()
        .call("stripe__get_echo", json!({ "of": "other" }))
        .await;
    let of = |upstream: &Upstream| {
        let received = upstream.shared.received.lock().unwrap();
        received
            .iter()
            .filter(|(method, ..)| method == "tools/call")
            .map(|(.., body)| body["params"]["arguments"]["of"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(of(&ours), ["acme"]);
    assert_eq!(of(&theirs), ["other"]);
    let digests: Vec<_> =
        world.shared.intents.lock().unwrap().iter().map(|(intent, _)| (intent.org, intent.arguments_digest)).collect();
    assert_eq!(digests.len(), 2);
    assert_ne!(digests[0], digests[1]);
}

#[tokio::test]
async fn a_connected_client_is_let_in_where_its_token_is_for_until_it_is_disconnected_or_the_token_ends() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Modern, &log).await);
    world.connect("crm", &upstream);
    world.connect("mail", &upstream);
    let client = ClientId::from_random([1; 20]);
    world.change(Command::ConnectClient {
        client,
        person: world.owner.id,
        profile: Profile::Full,
        over: BTreeSet::new(),
    });
    let shows = |integration: Option<&str>| {
        let token = IssuedToken::generate(TokenForm::ClientAccess, &mut OperatingSystem).unwrap().reveal().to_owned();
        let proof = ClientProof { client, ends_at: world.now().plus_ms(1_000) };
        let (org, credential) = (world.org.id, Credential::Client(proof));
        let shown =
            ShownClient { org, credential, integration: integration.map(str::to_owned), known_as: "one".into() };
        world.shared.clients.lock().unwrap().insert(token.clone(), shown);
        token
    };
    let (everywhere, crm) = (shows(None), shows(Some("crm")));
    let asks = async |path: &str, token: &str| Client::new(&world.base, path, token).post(PING).await.status.as_u16();
    for (path, of_everywhere, of_crm) in [
        ("/o/acme/mcp", 200, 401),
        ("/mcp", 200, 401),
        ("/o/acme/mcp/crm", 200, 200),
        ("/mcp/crm", 200, 200),
        ("/o/acme/mcp/mail", 200, 401),
        ("/o/other/mcp/crm", 401, 401),
    ] {
        assert_eq!((asks(path, &everywhere).await, asks(path, &crm).await), (of_everywhere, of_crm), "{path}");
    }
    world.pass_ms(1_000);
    assert_eq!(asks("/o/acme/mcp", &everywhere).await, 401, "its token has ended");
    let next = shows(None);
    assert_eq!(asks("/o/acme/mcp", &next).await, 200);
    world.change(Command::DisconnectClients { person: world.owner.id, clients: [client].into() });
    assert_eq!(asks("/o/acme/mcp", &next).await, 401);
}

// rows: PW-19
#[tokio::test]
async fn a_session_that_a_connected_client_began_is_its_own_whichever_of_its_tokens_it_shows() {
    let log = log();
    let (world, upstream) = (World::start(&log).await, Upstream::start(Era::Modern, &log).await);
    world.connect("crm", &upstream);
    let shows = |seed: u8, known_as: &str, lasts_ms| {
        let client = ClientId::from_random([seed; 20]);
        let token = IssuedToken::generate(TokenForm::ClientAccess, &mut OperatingSystem).unwrap().reveal().to_owned();
        let proof = ClientProof { client, ends_at: world.now().plus_ms(lasts_ms) };
        let shown = ShownClient {
            org: world.org.id,
            credential: Credential::Client(proof),
            integration: None,
            known_as: known_as.into(),
        };
        world.shared.clients.lock().unwrap().insert(token.clone(), shown);
        token
    };
    for seed in [1, 2, 3] {
        let client = ClientId::from_random([seed; 20]);
        world.change(Command::ConnectClient {
            client,
            person: world.owner.id,
            profile: Profile::Full,
            over: BTreeSet::new(),
        });
    }
    let (first, next) = (shows(1, "one", 1_000), shows(1, "one", 9_000));
    // Connected once more, as when it has to be let do more in the middle of a session.
    let (anew, another) = (shows(3, "one", 9_000), shows(2, "two", 9_000));
    let theirs = Client::new(&world.base, "/o/acme/mcp", &first).initialize().await;
    let with = async |token: &str| {
        theirs.clone().with("authorization", &format!("Bearer {token}")).post(PING).await.status.as_u16()
    };
    assert_eq!((with(&first).await, with(&next).await, with(&anew).await), (200, 200, 200));
    assert_eq!((with(&another).await, with(&world.owner.key).await), (404, 404), "its person shows something else");
    world.pass_ms(1_000);
    assert_eq!((with(&first).await, with(&next).await), (401, 200), "a session authenticates nobody");
}
