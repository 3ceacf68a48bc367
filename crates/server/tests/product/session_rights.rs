//! What a session may do follows what its person may, at once; and what is grave wants somebody who has just signed in.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::sign_in::{Browser, found, signed_in};
use crate::world::{Api, Server, WARDROOM};

fn run(data: &Path, line: &[&str]) -> Result<Value, String> {
    let mut command = Command::new(WARDROOM);
    command.args(line).args(["--json", "--data"]).arg(data);
    let output = command.output().expect("the executable runs");
    match output.status.success() {
        true => Ok(serde_json::from_slice(&output.stdout).expect("JSON")),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// The path of the link that a command printed.
fn path(said: &Value) -> String {
    let link = said["link"].as_str().expect("a link");
    link.strip_prefix("http://127.0.0.1:7700").unwrap_or_else(|| panic!("{link}")).to_owned()
}

// rows: SW-51, PA-40
#[test]
fn a_change_of_role_holds_in_a_session_from_the_next_request_on() {
    let folder = tempfile::tempdir().unwrap();
    let acme = found(folder.path(), "Acme", "ada@example.com");
    let other = found(folder.path(), "Other", "bea@example.com");
    let server = Server::start(folder.path());
    let owner = Api::at(&server.url, &acme.org, &acme.key);
    assert_eq!(owner.post("/members", json!({ "email": "bea@example.com", "name": "Bea", "role": "admin" })).0, 201);
    let bea = signed_in(&server.url, &other.link);
    let add = |name: &str| {
        let body = json!({ "email": format!("{name}@example.com"), "name": name });
        bea.api("POST", &format!("/api/v1/orgs/{}/members", acme.org), Some(body)).0
    };
    assert_eq!(add("cid"), 201);
    for (role, status) in [("member", 403), ("admin", 201), ("member", 403)] {
        assert_eq!(owner.patch("/members/bea@example.com", json!({ "role": role })).0, 200);
        assert_eq!(add(&format!("of-{role}-{status}")), status, "{role}");
    }
}

#[test]
fn the_operator_makes_links_for_members_and_the_history_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let acme = found(folder.path(), "Acme", "ada@example.com");
    let server = Server::start(folder.path());
    let owner = Api::at(&server.url, &acme.org, &acme.key);
    assert_eq!(owner.post("/members", json!({ "email": "bea@example.com", "name": "Bea" })).0, 201);
    let said = run(folder.path(), &["link", "bea@example.com"]).unwrap_err();
    assert!(said.contains("in use by another wardroom"), "{said}");
    drop(server);
    let link = path(&run(folder.path(), &["link", "bea@example.com"]).unwrap());
    let recovered = path(&run(folder.path(), &["recover", "--link", "--org", &acme.org]).unwrap());
    for (line, told) in [
        (vec!["link", "nobody@example.com"], "there is no such person"),
        (vec!["recover", "--link", "--org", &acme.org, "--member", "bea@example.com"], "does not hold the top role"),
        (vec!["recover", "--link", "--org", "no-such"], "no such organization"),
    ] {
        let said = run(folder.path(), &line).unwrap_err();
        assert!(said.contains(told), "{said}");
    }
    let server = Server::start(folder.path());
    let who = |link: &str| signed_in(&server.url, link).session().1;
    assert_eq!((who(&link)["name"].clone(), who(&recovered)["name"].clone()), (json!("Bea"), json!("ada")));
    assert_eq!(Browser::new(&server.url).get(&link).status, 404, "once");
}

#[test]
fn a_copy_of_the_folder_that_is_put_back_brings_no_session_and_no_link_back_where_the_operator_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let acme = found(folder.path(), "Acme", "ada@example.com");
    let other = found(folder.path(), "Other", "bea@example.com");
    let server = Server::start(folder.path());
    let ada = signed_in(&server.url, &acme.link);
    drop(server);
    assert_eq!(run(folder.path(), &["recover", "--end-sessions"]).unwrap()["ended"], json!(true));
    let said = run(folder.path(), &["recover", "--end-sessions", "--org", &acme.org]).unwrap_err();
    assert!(said.contains("cannot be used with"), "it is for everybody: {said}");
    let server = Server::start(folder.path());
    assert_eq!(Browser { url: server.url.clone(), ..ada }.session().0, 401);
    assert_eq!(Browser::new(&server.url).get(&other.link).status, 404);
    assert_eq!(Api::at(&server.url, &acme.org, &acme.key).get("").0, 200, "keys stay");
    drop(server);
    // A link that is made from then on is good.
    let link = path(&run(folder.path(), &["link", "ada@example.com"]).unwrap());
    let server = Server::start(folder.path());
    assert_eq!(signed_in(&server.url, &link).session().0, 200);
}

#[test]
fn commands_on_the_folder_read_the_settings_that_serve_reads() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let keys = elsewhere.path().join("keys");
    // A first start makes them; from then on they are somewhere else.
    found(folder.path(), "Acme", "ada@example.com");
    std::fs::rename(folder.path().join("master.key"), &keys).unwrap();
    let settings = format!("master-key-file = {:?}\n", keys.to_str().unwrap());
    std::fs::write(folder.path().join("wardroom.toml"), settings).unwrap();
    for line in
        [&["link", "ada@example.com"][..], &["recover", "--org", "acme"], &["recover", "--link", "--org", "acme"]]
    {
        run(folder.path(), line).unwrap_or_else(|said| panic!("{line:?}: {said}"));
    }
    // Where people come is said by a flag, too.
    let public = ["--public-url", "https://gate.example.com"];
    let said = run(folder.path(), &[&["link", "ada@example.com"][..], &public].concat()).unwrap();
    assert!(
        said["link"].as_str().is_some_and(|link| link.starts_with("https://gate.example.com/sign-in/link/")),
        "{said}"
    );
}

#[test]
fn init_makes_links_for_where_people_come_and_says_where_nobody_can_sign_in() {
    let init = |more: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(WARDROOM);
        command.args(["init", "--json", "--org", "Acme", "--owner", "ada@example.com", "--data"]).arg(folder.path());
        let output = command.args(more).output().expect("the executable runs");
        let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        (said["link"].as_str().expect("a link").to_owned(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (link, remark) = init(&["--public-url", "https://gate.example.com"]);
    assert!(link.starts_with("https://gate.example.com/sign-in/link/") && remark.is_empty(), "{link} {remark}");
    assert_eq!(init(&[]).1, "");
    let (link, remark) = init(&["--public-url", "http://gate.example.com"]);
    assert!(remark.contains("nobody can sign in at http://gate.example.com"), "{link} {remark}");
}

// rows: WJ-41
#[test]
fn who_may_issue_keys_sees_and_ends_the_sessions_of_others_in_their_organization_alone() {
    let folder = tempfile::tempdir().unwrap();
    let acme = found(folder.path(), "Acme", "ada@example.com");
    let links = ["Other", "Third"].map(|org| found(folder.path(), org, "bea@example.com"));
    let server = Server::start(folder.path());
    let owner = Api::at(&server.url, &acme.org, &acme.key);
    let admin = json!({ "email": "cid@example.com", "name": "Cid", "role": "admin", "issue_key": { "label": "c" } });
    let admin = owner.post("/members", admin).1["key"]["secret"].as_str().expect("a key").to_owned();
    let admin = Api::at(&server.url, &acme.org, &admin);
    let member = json!({ "email": "bea@example.com", "name": "Bea", "issue_key": { "label": "b" } });
    let key = owner.post("/members", member).1["key"]["secret"].as_str().expect("a key").to_owned();
    let browsers = links.each_ref().map(|founded| signed_in(&server.url, &founded.link));
    let ada = signed_in(&server.url, &acme.link);
    let (here, own) = (format!("/api/v1/orgs/{}", acme.org), format!("/api/v1/orgs/{}", links[0].org));
    let open = || browsers.each_ref().map(|browser| (browser.get(&here).status, browser.get(&own).status));
    assert_eq!(open(), [(200, 200), (200, 200)]);

    let listed = admin.get("/members/bea@example.com/sessions").1;
    let items = listed["items"].as_array().expect("a list");
    assert_eq!(items.len(), 2, "{listed}");
    let by_link = |item: &Value| item["way"] == "link" && item["by_passkey"] == false;
    assert!(items.iter().all(|item| by_link(item) && item["address"].is_null()), "{listed}");
    let first = browsers[0].session().1["id"].as_str().expect("an id").to_owned();
    assert_eq!(admin.delete(&format!("/members/bea@example.com/sessions/{first}")).0, 204);
    assert_eq!(open(), [(401, 200), (200, 200)], "here, and nowhere else");
    assert_eq!(admin.delete(&format!("/members/bea@example.com/sessions/{first}")).0, 404, "it is gone");
    assert_eq!(admin.get("/members/bea@example.com/sessions").1["items"].as_array().expect("a list").len(), 1);
    assert_eq!(admin.delete("/members/bea@example.com/sessions").0, 204);
    assert_eq!(open(), [(401, 200), (401, 200)]);
    assert_eq!(Api::at(&server.url, &acme.org, &key).get("").0, 200, "keys are ended apart");

    // Nobody ends those of somebody above them, nor without the permission; who may not is told of none.
    let bea = Api::at(&server.url, &acme.org, &key);
    for api in [&admin, &bea] {
        for path in ["/members/ada@example.com/sessions", &format!("/members/ada@example.com/sessions/{first}")] {
            let (status, problem) = api.delete(path);
            assert!(matches!(status, 403 | 404) && problem["code"] != json!("no-such-session"), "{path}: {problem}");
        }
        assert_ne!(api.get("/members/ada@example.com/sessions").0, 200);
    }
    assert_eq!(ada.get(&here).status, 200);
    // It is in the history, and holds over a restart.
    let changes = owner.get("/audit?kind=changes&limit=3").1.to_string();
    assert!(changes.contains("session.ended") && changes.contains("sessions.ended"), "{changes}");
    drop(server);
    let server = Server::start(folder.path());
    for browser in browsers {
        assert_eq!(Browser { url: server.url.clone(), ..browser }.get(&here).status, 401);
    }
}
