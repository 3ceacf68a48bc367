//! Headers that claim something about where a request goes or who sends it: none of them changes an answer.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use serde_json::{Value, json};

use crate::world::{Api, PATIENCE, Server, init, wait_for};

const PUBLIC: &str = "gate.example.com";

/// What routers, proxies and other gateways pass on behind their own doors, and what somebody might take for ours.
const CLAIMS: &[&str] = &[
    "X-Forwarded-Host: evil.example",
    "X-Forwarded-Proto: http",
    "X-Forwarded-Port: 8080",
    "X-Forwarded-Prefix: /evil",
    "X-Forwarded-Server: evil.example",
    "X-Forwarded-For: 127.0.0.1, 198.51.100.9",
    "Forwarded: for=127.0.0.1;host=evil.example;proto=http",
    "X-Real-IP: 127.0.0.1",
    "X-Original-Host: evil.example",
    "X-Host: evil.example",
    "X-Original-URL: /api/v1/orgs/gate/settings",
    "X-Rewrite-URL: /api/v1/orgs/gate/settings",
    "X-HTTP-Method-Override: DELETE",
    "X-User: ada@example.com",
    "X-User-Id: {owner}",
    "X-User-Role: owner",
    "X-Forwarded-User: ada@example.com",
    "X-Forwarded-Email: ada@example.com",
    "X-Forwarded-Groups: owner",
    "X-Auth-Request-Email: ada@example.com",
    "X-Authenticated-User: ada@example.com",
    "Remote-User: ada@example.com",
    "X-Remote-User: ada@example.com",
    "X-Api-Key: {key}",
    "Proxy-Authorization: Bearer {key}",
    "X-Wardroom-Actor: operator",
    "X-Wardroom-User: {owner}",
    "X-Wardroom-Member: {owner}",
    "X-Wardroom-Role: owner",
    "X-Wardroom-Org: {org}",
    "X-Wardroom-Internal: true",
    "Wardroom-Actor: operator",
];

struct House {
    address: SocketAddr,
    org: String,
    owner_key: String,
    owner: String,
    member_key: String,
    _server: Server,
    _folder: tempfile::TempDir,
}

impl House {
    fn start(proxies: &str) -> House {
        let folder = tempfile::tempdir().unwrap();
        let (org, owner_key) = init(folder.path(), "Gate", "ada@example.com");
        let public_url = format!("https://{PUBLIC}");
        let more = ["--public-url", public_url.as_str(), "--trusted-proxies", proxies];
        let server = Server::start_with(folder.path(), &more);
        let address: SocketAddr = server.url.split_once(", listening on ").unwrap().1.parse().unwrap();
        let api = Api::at(&format!("http://{address}"), &org, &owner_key);
        let new = json!({ "email": "mia@example.com", "name": "Mia", "issue_key": { "label": "first" } });
        let (status, added) = api.post("/members", new);
        assert_eq!(status, 201, "{added}");
        let member_key = added["key"]["secret"].as_str().expect("a key").to_owned();
        let members = api.get("/members").1;
        let is_owner = |member: &&Value| member["email"] == json!("ada@example.com");
        let owner = members["items"].as_array().unwrap().iter().find(is_owner).unwrap()["id"].as_str().unwrap();
        let owner = owner.to_owned();
        House { address, org, owner_key, owner, member_key, _server: server, _folder: folder }
    }

    /// Sends a request with these lines in its head and gives back the whole answer but its date.
    fn ask(&self, (method, path, body): (&str, &str, &str), head: &[String]) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let path = path.replace("{org}", &self.org);
        let head: String = head.iter().map(|line| self.filled(line) + "\r\n").collect();
        let length = body.len();
        let request =
            format!("{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {length}\r\n{head}\r\n{body}");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.lines().filter(|line| !line.to_lowercase().starts_with("date:")).collect::<Vec<_>>().join("\n")
    }

    fn filled(&self, line: &str) -> String {
        line.replace("{org}", &self.org).replace("{key}", &self.owner_key).replace("{owner}", &self.owner)
    }
}

/// A request of each door that shows URLs or decides something.
fn requests() -> Vec<(&'static str, String, String)> {
    let get = |path: &str| ("GET", path.to_owned(), String::new());
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "product-test", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": meta } });
    let question = json!({
        "subject": { "type": "user", "id": "mia@example.com" },
        "action": { "name": "member.add" },
        "resource": { "type": "organization", "id": "gate" },
    });
    vec![
        get("/api/v1/orgs"),
        get("/api/v1/orgs/{org}"),
        get("/api/v1/orgs/{org}/settings"),
        get("/api/v1/orgs/{org}/members"),
        ("PATCH", "/api/v1/orgs/{org}".to_owned(), json!({ "name": "Taken" }).to_string()),
        ("POST", "/api/v1/orgs/{org}/teams".to_owned(), json!({ "name": "Taken" }).to_string()),
        get("/api/openapi.json"),
        get("/.well-known/authzen-configuration"),
        ("POST", "/access/v1/evaluation".to_owned(), question.to_string()),
        ("POST", "/o/{org}/mcp".to_owned(), list.to_string()),
    ]
}

fn head(host: &str, origin: Option<&str>, key: Option<&str>, claims: &[&str]) -> Vec<String> {
    let mut head = vec![
        format!("host: {host}"),
        "content-type: application/json".to_owned(),
        "accept: application/json, text/event-stream".to_owned(),
        "mcp-protocol-version: 2026-07-28".to_owned(),
        "mcp-method: tools/list".to_owned(),
    ];
    head.extend(origin.map(|origin| format!("origin: {origin}")));
    head.extend(key.map(|key| format!("authorization: Bearer {key}")));
    head.extend(claims.iter().map(|claim| (*claim).to_owned()));
    head
}

#[test]
fn no_claim_about_host_scheme_or_sender_changes_an_answer_whoever_is_believed_as_a_proxy() {
    let own_origin = format!("https://{PUBLIC}");
    let origins = [None, Some(own_origin.as_str()), Some("https://evil.example"), Some("null")];
    for proxies in ["", "127.0.0.0/8"] {
        let house = House::start(proxies);
        let hosts = [PUBLIC, "gate.example.com:8443", "evil.example", "gate.example.com.evil.example", "127.0.0.1"];
        for (method, path, body) in requests() {
            let ask = |head: Vec<String>| house.ask((method, &path, &body), &head);
            for key in [None, Some("wrd_p_nobody"), Some(house.member_key.as_str())] {
                let plain = ask(head(PUBLIC, None, key, &[]));
                assert!(!plain.contains("evil.example"), "{plain}");
                for claim in CLAIMS {
                    assert_eq!(
                        ask(head(PUBLIC, None, key, std::slice::from_ref(claim))),
                        plain,
                        "{method} {path} with {claim}"
                    );
                }
                // Where a session would stand a key opens nothing.
                let cookie = "Cookie: wardroom={key}; __Host-wardroom={key}";
                let answer = ask(head(PUBLIC, None, key, &[cookie]));
                assert_eq!(answer.split('\n').next(), plain.split('\n').next(), "{method} {path}: {answer}");
                for (host, origin) in hosts.iter().flat_map(|host| origins.map(|origin| (*host, origin))) {
                    let answer = ask(head(host, origin, key, CLAIMS));
                    let is_ours =
                        host.split(':').next() == Some(PUBLIC) && origin.is_none_or(|origin| origin == own_origin);
                    if path.ends_with("/mcp") && !is_ours {
                        assert!(answer.starts_with("HTTP/1.1 403 "), "{host} {origin:?}: {answer}");
                        assert!(!answer.contains("evil.example"), "{answer}");
                    } else {
                        assert_eq!(answer, plain, "{method} {path} at {host} from {origin:?}");
                    }
                }
            }
        }
        // The requests reach what they are about: with the owner's key they do what was denied all along.
        let changed = head(PUBLIC, None, Some(&house.owner_key), &[]);
        let renamed = house.ask(("PATCH", "/api/v1/orgs/{org}", &json!({ "name": "Renamed" }).to_string()), &changed);
        assert!(renamed.starts_with("HTTP/1.1 200 ") && renamed.contains("Renamed"), "{renamed}");
        assert!(renamed.contains(&format!("https://{PUBLIC}/o/{}/mcp", house.org)), "{renamed}");
    }
}

#[test]
fn only_a_proxy_of_the_operator_is_believed_about_the_address_of_who_asks() {
    for (proxies, expected) in [("", "127.0.0.1"), ("127.0.0.1", "198.51.100.9"), ("10.0.0.0/8", "127.0.0.1")] {
        let house = House::start(proxies);
        let ask = ("GET", "/api/v1/orgs/{org}", "");
        let claims = ["X-Forwarded-For: 203.0.113.7, 198.51.100.9", "X-Real-IP: 203.0.113.8"];
        house.ask(ask, &head(PUBLIC, None, Some(&house.member_key), &claims));
        let api = Api::at(&format!("http://{}", house.address), &house.org, &house.owner_key);
        let address = wait_for("the use of the key", || {
            let keys = api.get("/keys").1;
            let mut items = keys["items"].as_array().expect("keys").iter();
            let first = items.find(|key| key["label"] == json!("first"))?;
            first["last_used"]["address"].as_str().map(str::to_owned)
        });
        assert_eq!(address, expected, "with trusted-proxies {proxies:?}");
    }
}
