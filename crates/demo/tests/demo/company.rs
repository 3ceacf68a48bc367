//! The company, created in a stand-in for the product that follows the contract and writes down what it was asked.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use demo::{COMPANY, Door, Error, SeededCompany, print_company, read_demo_file, seed, write_demo_file};
use serde_json::{Value, json};

use crate::client::{Era, World};

#[derive(Clone, Debug)]
struct Request {
    key: String,
    line: String,
    body: Value,
}

#[derive(Clone, Default)]
struct StandIn {
    requests: Arc<Mutex<Vec<Request>>>,
    /// A request line to refuse.
    refuses: Option<&'static str>,
    /// The tools of every integration, all of them unsure.
    tools: Arc<Vec<Value>>,
}

async fn answer(State(product): State<StandIn>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let key = headers["authorization"].to_str().expect("ascii").replace("Bearer ", "");
    let line = format!("{method} {}", uri.path().trim_start_matches("/api/v1/orgs/northfell/"));
    let body: Value = serde_json::from_slice(&body).expect("the body is JSON");
    product.requests.lock().expect("not poisoned").push(Request { key, line: line.clone(), body: body.clone() });
    if product.refuses == Some(&line) {
        let problem = json!({ "title": "refused", "status": 409, "detail": "this address is a member already" });
        return (StatusCode::CONFLICT, axum::Json(problem)).into_response();
    }
    let reply = match line.as_str() {
        "POST integrations" => json!({ "id": "int_1", "slug": body["slug"], "tools": *product.tools }),
        "POST members" => {
            let name = body["name"].as_str().expect("a name").split(' ').next().expect("a first name").to_lowercase();
            json!({ "id": format!("mbr_{name}"), "key": { "id": "key_1", "secret": format!("wrp_{name}") } })
        }
        "POST keys" => json!({ "id": "key_bot", "secret": "wrw_bot", "warning": "broad" }),
        _ => json!({}),
    };
    (StatusCode::CREATED, axum::Json(reply)).into_response()
}

/// Creates the company in a stand-in. Answers what became of it and what was asked.
fn create(refuses: Option<&'static str>) -> (World, Result<SeededCompany, Error>, Vec<Request>) {
    let world = World::start();
    let unsure = |name: &str| json!({ "name": name, "class": "delete", "needs_review": true });
    let slugs: Vec<&str> = world.integrations.list.iter().map(|integration| integration.slug).collect();
    let tools = slugs.iter().flat_map(|slug| world.tools(slug, Era::Modern));
    let tools = tools.map(|tool| unsure(tool["name"].as_str().expect("a name"))).collect();
    let product = StandIn { refuses, tools: Arc::new(tools), ..StandIn::default() };
    let router = Router::new().fallback(answer).with_state(product.clone());
    let address: SocketAddr = world.runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    });
    let door =
        Door { base_url: format!("http://{address}"), org: "northfell".to_owned(), owner_key: "wrp_ada".to_owned() };
    let outcome = seed(&door, &world.integrations.list, &world.integrations.stats);
    let requests = product.requests.lock().expect("not poisoned").clone();
    (world, outcome, requests)
}

#[test]
fn owner_connects_and_hires_and_the_admin_reviews_and_assigns() {
    let (world, company, requests) = create(None);
    let company = company.expect("the company is created");
    let of = |line: &str| requests.iter().filter(|request| request.line.starts_with(line)).cloned().collect::<Vec<_>>();
    assert_eq!((of("POST integrations").len(), of("POST members").len(), of("POST keys").len()), (6, 4, 1));
    assert!(
        of("POST").iter().all(|request| request.key == if request.line == "POST keys" { "wrp_ben" } else { "wrp_ada" })
    );
    assert!(of("PUT").iter().chain(&of("PATCH")).all(|request| request.key == "wrp_ben"));
    assert_eq!(
        of("POST integrations")[1].body["credential"],
        json!({ "kind": "bearer", "secret": world.token("stripe") })
    );

    let assigned: BTreeSet<(String, String)> = of("PUT")
        .iter()
        .map(|request| (request.line[4..].to_owned(), request.body["profile"].as_str().expect("a profile").to_owned()))
        .collect();
    let expected = [
        ("keys/key_bot/integrations/outlook", "no-delete"),
        ("keys/key_bot/integrations/salesforce", "read-only"),
        ("members/fiona@northfell.example.com/integrations/stripe", "no-delete"),
        ("members/jade@northfell.example.com/integrations/salesforce", "full"),
        ("members/jade@northfell.example.com/integrations/sendgrid", "no-delete"),
        ("members/miro@northfell.example.com/integrations/google-ads", "read-only"),
        ("members/miro@northfell.example.com/integrations/google-analytics", "read-only"),
    ];
    assert_eq!(assigned, expected.map(|(line, profile)| (line.to_owned(), profile.to_owned())).into());
    assert_eq!(
        company.people.iter().map(|person| person.role.as_str()).collect::<Vec<_>>()[..3],
        ["owner", "admin", "member"]
    );
    assert_eq!((company.workspace_keys[0].key.as_str(), company.people[4].key.as_str()), ("wrw_bot", "wrp_fiona"));
}

#[test]
fn unsure_tools_are_confirmed_as_what_they_do_except_three_that_a_visitor_may_judge() {
    let (world, _, requests) = create(None);
    let confirmed = |tool: &str| {
        let line = format!("PATCH integrations/{tool}");
        requests.iter().find(|request| request.line == line).map(|request| request.body["class"].clone())
    };
    assert_eq!(confirmed("salesforce/tools/pipeline_summary"), Some(json!("read")));
    assert_eq!(confirmed("stripe/tools/create_refund"), Some(json!("write")));
    for left in ["stripe/tools/process_batch", "stripe/tools/delete_coupon", "outlook/tools/empty_folder"] {
        assert_eq!(confirmed(left), None, "{left}");
    }
    let confirmations = requests.iter().filter(|request| request.line.starts_with("PATCH integrations")).count();
    let tools: usize = world.integrations.list.iter().map(|integration| integration.tools.len()).sum();
    assert_eq!(confirmations, tools - 3);
}

#[test]
fn a_refusal_of_the_product_is_told_with_its_own_sentence() {
    let (_world, company, _) = create(Some("POST members"));
    let sentence = company.err().expect("it is refused").to_string();
    assert!(sentence.contains("add Ben Okafor") && sentence.contains("is a member already"), "{sentence}");
}

#[test]
fn the_keys_that_were_issued_are_watched_for_at_the_integrations() {
    let (world, _, _) = create(None);
    for key in ["wrp_ada", "wrp_fiona", "wrw_bot"] {
        let before = world.integrations.stats.leaks();
        world.call("stripe", "list_customers", json!({ "note": key }));
        assert_eq!(world.integrations.stats.leaks(), before + 1, "{key}");
    }
}

#[test]
fn the_print_out_names_everybody_with_key_and_url() {
    let (_world, company, _) = create(None);
    let company = company.expect("the company is created");
    let mut out = Vec::new();
    print_company(&mut out, &company, true).expect("it prints");
    let text = String::from_utf8(out).expect("it is text");
    for person in COMPANY.people {
        let key = format!("wrp_{}", person.name.split(' ').next().expect("a first name").to_lowercase());
        let line = text.lines().find(|line| line.trim_start().starts_with(person.name)).expect("everybody has a line");
        assert!(line.contains(&key) && line.contains(person.title) && line.contains(person.role), "{line}");
    }
    assert!(text.contains(&format!("{}/sign-in", company.url)), "{text}");
    assert!(text.contains("Paste the MCP URL into an AI client"), "{text}");
    let mut elsewhere = Vec::new();
    print_company(&mut elsewhere, &company, false).expect("it prints");
    let elsewhere = String::from_utf8(elsewhere).expect("it is text");
    assert!(!elsewhere.contains("/sign-in") && !elsewhere.contains("Paste"), "nobody chooses there: {elsewhere}");
    assert!(text.contains("stripe no-delete") && text.contains("wrw_bot"));
    let add = format!(
        "claude mcp add --transport http northfell {} --header \"Authorization: Bearer wrp_fiona\"",
        company.mcp_url
    );
    assert!(text.contains(&add), "{text}");
    for line in text.lines().filter(|line| line.trim_start().starts_with('{')) {
        let pasted: Value = serde_json::from_str(line.trim()).expect("what is pasted as JSON is JSON");
        assert!(pasted.to_string().contains(&company.mcp_url));
    }
}

#[test]
fn the_file_holds_the_same_and_is_private() {
    let (_world, company, _) = create(None);
    let company = company.expect("the company is created");
    let folder = tempfile::tempdir().expect("a folder");
    assert!(read_demo_file(folder.path()).expect("no file is no error").is_none());
    let path = write_demo_file(folder.path(), &company).expect("it is written");
    let file: Value = serde_json::from_slice(&std::fs::read(&path).expect("it is there")).expect("it is JSON");
    let keys = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&file), ["url", "mcp_url", "org", "people", "workspace_keys"]);
    assert_eq!(keys(&file["people"][0]), ["name", "email", "role", "title", "key"]);
    assert_eq!(file["workspace_keys"], json!([{ "name": "Support bot", "key": "wrw_bot" }]));
    assert!(read_demo_file(folder.path()).expect("it is read").is_some_and(|read| read == company));
    #[cfg(unix)]
    {
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).expect("it is there").permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
}
