//! The management API: who may, what is refused, and what every error says.

use serde_json::json;

use crate::world::{Api, Demo, Server, agent, init};

// rows: PW-8, PW-12, C-2
#[test]
fn an_admin_neither_removes_nor_demotes_an_owner_and_makes_nobody_admin() {
    let demo = Demo::start();
    let admin = demo.api(&demo.key_of("Head of operations"));
    let owner = demo.person("Owner")["email"].as_str().unwrap();
    let member = demo.person("Finance manager")["email"].as_str().unwrap();

    let (status, problem) = admin.delete(&format!("/members/{owner}"));
    assert_eq!((status, &problem["code"]), (403, &json!("above-you")));
    assert_eq!(admin.patch(&format!("/members/{owner}"), json!({ "role": "member" })).0, 403);
    let (status, problem) = admin.patch(&format!("/members/{member}"), json!({ "role": "admin" }));
    assert_eq!((status, &problem["code"]), (403, &json!("only-owners")));
    let invite = json!({ "email": "new@example.com", "name": "New", "role": "owner" });
    assert_eq!(admin.post("/members", invite).0, 403);
    let issue = json!({ "kind": "personal", "label": "not yours", "holder": owner });
    assert_eq!(admin.post("/keys", issue).0, 403);

    let (_, tried) = admin.get("/audit?decision=denied&limit=20");
    let methods: Vec<_> =
        tried["items"].as_array().unwrap().iter().map(|item| item["method"].as_str().unwrap()).collect();
    let expected = ["key.create_personal", "member.add", "member.change_role", "member.change_role", "member.remove"];
    assert_eq!(methods, expected, "attempts stand in the record: {tried}");

    let top = demo.api(&demo.key_of("Owner"));
    let (status, problem) = top.delete(&format!("/members/{owner}"));
    assert_eq!((status, &problem["code"]), (409, &json!("last-owner")));
    assert_eq!(top.patch(&format!("/members/{member}"), json!({ "role": "admin" })).0, 200);
}

#[test]
fn bad_input_names_the_field_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (org, key) = init(folder.path(), "Quiet Harbour", "ada@example.com");
    let server = Server::start(folder.path());
    let api = Api::at(&server.url, &org, &key);
    let cases = [
        (json!({ "email": "not an address", "name": "X" }), "email"),
        (json!({ "email": "x@example.com", "name": "" }), "name"),
        (json!({ "email": "x@example.com", "name": "X", "role": "emperor" }), "role"),
        (json!({ "email": "x@example.com", "name": "X", "admin": true }), "admin"),
        (json!({ "email": "x@example.com", "name": 7 }), "name"),
        (json!({ "email": "x@example.com", "name": "X", "issue_key": { "label": "" } }), "issue_key.label"),
    ];
    for (body, field) in cases {
        let (status, problem) = api.post("/members", body.clone());
        assert_eq!((status, problem["field"].as_str()), (422, Some(field)), "{body}: {problem}");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{problem}");
    }
    let unreachable = json!({ "title": "Nowhere", "url": "http://127.0.0.1:9/mcp" });
    let (status, problem) = api.post("/integrations", unreachable);
    assert_eq!((status, &problem["field"]), (422, &json!("url")), "{problem}");
    assert_eq!(api.get("/members").1["items"].as_array().unwrap().len(), 1);
    assert_eq!(api.get("/audit?kind=changes&limit=1000").1["items"].as_array().unwrap().len(), 6);
}

#[test]
fn nothing_opens_without_a_key_and_another_organizations_key_finds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (one, key_of_one) = init(folder.path(), "First", "ada@example.com");
    let (two, key_of_two) = init(folder.path(), "Second", "ada@example.com");
    let server = Server::start(folder.path());
    for path in ["", "/members", "/roles", "/permissions", "/integrations", "/keys", "/audit", "/access"] {
        let url = format!("{}/api/v1/orgs/{one}{path}", server.url);
        assert_eq!(agent().get(&url).call().unwrap().status().as_u16(), 401, "{path}");
        let broken = format!("{}x", &key_of_one[..key_of_one.len() - 1]);
        assert_eq!(Api::at(&server.url, &one, &broken).get(path).0, 401, "{path}");
        assert_eq!(Api::at(&server.url, &one, &key_of_two).get(path).0, 404, "{path}");
        assert_eq!(Api::at(&server.url, &two, &key_of_two).get(path).0, 200, "{path}");
    }
}

#[test]
fn the_committed_contract_is_the_one_that_is_served() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path(), "Contract", "ada@example.com");
    let server = Server::start(folder.path());
    let mut answer = agent().get(format!("{}/api/openapi.json", server.url)).call().unwrap();
    let served: serde_json::Value = answer.body_mut().read_json().unwrap();
    let committed = include_str!("../../../../openapi/wardroom.json");
    assert_eq!(served, serde_json::from_str::<serde_json::Value>(committed).unwrap(), "run `cargo xtask gen`");
    assert_eq!(served["openapi"], json!("3.1.0"));
}

#[test]
fn a_restart_keeps_everything_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let (org, key) = init(folder.path(), "Keeper", "ada@example.com");
    let added = {
        let server = Server::start(folder.path());
        let api = Api::at(&server.url, &org, &key);
        let body = json!({ "email": "ben@example.com", "name": "Ben", "role": "admin", "issue_key": { "label": "b" } });
        api.post("/members", body).1
    };
    let server = Server::start(folder.path());
    let bens = Api::at(&server.url, &org, added["key"]["secret"].as_str().unwrap());
    assert_eq!(bens.get("").1["you"]["role"], json!("admin"));
    let (_, keys) = bens.get("/keys");
    assert_eq!(keys["items"].as_array().unwrap().len(), 2, "his own and the owner's, which he may see: {keys}");
}
