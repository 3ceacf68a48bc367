//! AI clients that are registered by hand in an organization: who does that, where they can be connected, and what ends with them.

use serde_json::{Value, json};

use crate::oauth::gate::{BACK, Gate, VERIFIER, back, error, tokens};
use crate::sign_in::{found, signed_in};
use crate::world::Api;

const PATH: &str = "/registered-clients";

fn register(owner: &Api, changes: Value) -> (u16, Value) {
    let mut body = json!({ "name": "Desk Assistant", "redirect_uris": [BACK] });
    body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    owner.post(PATH, body)
}

fn registered(owner: &Api, changes: Value) -> Value {
    let (status, client) = register(owner, changes);
    assert_eq!(status, 201, "{client}");
    client
}

// rows: PW-19
#[test]
fn a_client_that_was_registered_by_hand_is_connected_in_its_organization_and_nowhere_else() {
    // Ada belongs to another organization of this installation too.
    let folder = tempfile::tempdir().unwrap();
    let other = found(folder.path(), "Third", "ada@example.com");
    let gate = Gate::on(folder);
    let client = registered(&gate.owner, json!({}));
    let client_id = client["client_id"].as_str().unwrap();
    assert_eq!((client["client_secret"].is_null(), client["confidential"].as_bool()), (true, Some(false)));
    // The person is asked, as about any client.
    let page = gate.ada.get(&gate.program.authorize(client_id, &[]));
    for shown in ["Connect Desk Assistant?", "looks after security there has registered it"] {
        assert!(page.text.contains(shown), "{shown}: {}", page.text);
    }
    let issued = tokens(&gate.program.exchange(client_id, &gate.program.code(&gate.ada, client_id), VERIFIER));
    assert_eq!(gate.program.status(&issued.access), 200);
    // Whatever the client names, the other one it is not.
    let ada = signed_in(&gate.server.url, &other.link);
    let resource = format!("{}/o/{}/mcp", gate.server.url, other.org);
    let told = ada.get(&gate.program.authorize(client_id, &[("resource", Some(&resource))]));
    assert_eq!((told.status, back(&told)["error"].as_str()), (303, "invalid_target"));
    for resource in [None, Some(format!("{}/mcp", gate.server.url))] {
        let page = ada.get(&gate.program.authorize(client_id, &[("resource", resource.as_deref())]));
        assert!(page.status == 200 && !page.text.contains("<select"), "there is nothing to choose: {}", page.text);
        assert!(page.text.contains("at Acme as you"), "{}", page.text);
    }
    // It is seen and removed where it was registered, and nowhere else.
    let theirs = Api::at(&gate.server.url, &other.org, &other.key);
    assert_eq!(theirs.get(PATH).1["items"], json!([]));
    assert_eq!(theirs.delete(&format!("{PATH}/{client_id}")).0, 404);
    assert_eq!(gate.owner.get(PATH).1["items"][0]["client_id"], client["client_id"]);
    assert_eq!(gate.program.status(&issued.access), 200);
}

// rows: PW-19
#[test]
fn with_a_registration_everything_ends_that_is_connected_by_it() {
    let gate = Gate::start();
    let client = registered(&gate.owner, json!({ "confidential": true }));
    let (client_id, secret) = (client["client_id"].as_str().unwrap(), client["client_secret"].as_str().unwrap());
    let exchange = |code: &str, secret: &str| {
        let fields = [("grant_type", "authorization_code"), ("code", code), ("code_verifier", VERIFIER)];
        let own = [("client_id", client_id), ("client_secret", secret)];
        gate.program.send("/oauth/token", &[&fields[..], &own].concat())
    };
    let kept = gate.program.code(&gate.ada, client_id);
    assert_eq!(error(&exchange(&kept, "")), (401, "invalid_client"), "it shows itself by its secret");
    let issued = tokens(&exchange(&kept, secret));
    let others = gate.program.register();
    let other = tokens(&gate.program.exchange(&others, &gate.program.code(&gate.ada, &others), VERIFIER));
    assert_eq!([&issued, &other].map(|tokens| gate.program.status(&tokens.access)), [200, 200]);
    let waiting = gate.program.code(&gate.ada, client_id);
    // The secret is shown once, and nowhere again.
    assert!(!gate.owner.get(PATH).1.to_string().contains(secret));
    assert_eq!(gate.owner.delete(&format!("{PATH}/{client_id}")).0, 204);
    assert_eq!([&issued, &other].map(|tokens| gate.program.status(&tokens.access)), [401, 200]);
    assert_eq!(error(&exchange(&waiting, secret)), (401, "invalid_client"));
    assert_eq!(gate.ada.get(&gate.program.authorize(client_id, &[])).status, 400);
    assert_eq!(gate.owner.get("/clients").1["items"].as_array().unwrap().len(), 1);
    assert_eq!(gate.owner.delete(&format!("{PATH}/{client_id}")).0, 404);
    let history = gate.owner.get("/audit?kind=changes").1.to_string();
    for said in ["client.registered", "client.unregistered", "client.disconnected"] {
        assert!(history.contains(said), "{said}: {history}");
    }
}

#[test]
fn a_client_is_registered_by_who_changes_security_settings_and_by_nobody_else() {
    let gate = Gate::start();
    let client = registered(&gate.owner, json!({}));
    let path = format!("{PATH}/{}", client["client_id"].as_str().unwrap());
    let new = json!({ "email": "bo@example.com", "name": "Bo", "role": "member", "issue_key": { "label": "first" } });
    let (status, member) = gate.owner.post("/members", new);
    assert_eq!(status, 201, "{member}");
    let bo = Api::at(&gate.server.url, &gate.program.org, member["key"]["secret"].as_str().expect("a key"));
    assert_eq!([register(&bo, json!({})).0, bo.get(PATH).0, bo.delete(&path).0], [403; 3]);
    // A token of a client is for tools.
    let connected = gate.program.register();
    let issued = tokens(&gate.program.exchange(&connected, &gate.program.code(&gate.ada, &connected), VERIFIER));
    assert_eq!(Api::at(&gate.server.url, &gate.program.org, &issued.access).get(PATH).0, 401);
    for (changes, field) in [
        (json!({ "name": " " }), "name"),
        (json!({ "redirect_uris": [] }), "redirect_uris"),
        (json!({ "redirect_uris": ["http://client.example/cb"] }), "redirect_uris"),
        (json!({ "redirect_uris": ["https://client.example/cb", "javascript:alert(1)"] }), "redirect_uris"),
    ] {
        let (status, told) = register(&gate.owner, changes.clone());
        assert_eq!(status, 422, "{changes}: {told}");
        assert!(told.to_string().contains(field), "{changes}: {told}");
    }
    assert_eq!(gate.owner.get(PATH).1["items"].as_array().unwrap().len(), 1);
}
