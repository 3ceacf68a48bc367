//! How much of an installation may be used.

use std::process::Command;

use serde_json::{Value, json};

use crate::world::{Api, Server, WARDROOM, init};

fn joins(api: &Api, number: usize) -> (u16, Value) {
    api.post("/members", json!({ "email": format!("m{number}@example.com"), "name": "New" }))
}

fn count(api: &Api) -> usize {
    api.get("/members").1["items"].as_array().expect("members").len()
}

#[test]
fn an_organization_takes_in_as_many_members_as_the_operator_says_and_no_more_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (org, key) = init(folder.path(), "Small", "ada@example.com");
    let (other, other_key) = init(folder.path(), "Other", "bea@example.com");
    let server = Server::start_with(folder.path(), &["--members-max", "3"]);
    let api = Api::at(&server.url, &org, &key);
    assert_eq!(joins(&api, 0).0, 201);
    // Eight come at the same time for the one place that is left.
    let all: Vec<(u16, Value)> = std::thread::scope(|scope| {
        let api = &api;
        let joining: Vec<_> = (1..9).map(|number| scope.spawn(move || joins(api, number))).collect();
        joining.into_iter().map(|joined| joined.join().expect("an answer")).collect()
    });
    assert_eq!(all.iter().filter(|(status, _)| *status == 201).count(), 1, "{all:?}");
    for (status, problem) in all.iter().filter(|(status, _)| *status != 201) {
        assert_eq!((*status, &problem["code"]), (409, &json!("quota")), "{problem}");
        let told = problem["detail"].as_str().unwrap();
        assert!(told.contains("at most 3 members") && told.contains("members-max"), "{told}");
        assert!(!told.contains("there are"), "who takes in need not see who is here: {told}");
    }
    assert_eq!(count(&api), 3);
    let preview = Api::at(&server.url, &org, &key).header("Wardroom-Preview", true);
    assert_eq!(joins(&preview, 9).1["code"], json!("quota"), "the impact is not told of what would be refused");
    // The other organization has its own three.
    let elsewhere = Api::at(&server.url, &other, &other_key);
    assert_eq!(joins(&elsewhere, 0).0, 201);
    // Who leaves makes room.
    let members = api.get("/members").1;
    let new = members["items"].as_array().unwrap().iter().find(|member| member["email"] != json!("ada@example.com"));
    assert_eq!(api.delete(&format!("/members/{}", new.unwrap()["id"].as_str().unwrap())).0 / 100, 2);
    assert_eq!(joins(&api, 10).0, 201);
    drop(server);
    // Nobody is put out by a smaller number, and everything else goes on.
    let server = Server::start_with(folder.path(), &["--members-max", "1"]);
    let api = Api::at(&server.url, &org, &key);
    assert_eq!((count(&api), api.patch("", json!({ "name": "Smaller" })).0), (3, 200));
    assert_eq!(joins(&api, 11).1["code"], json!("quota"));
}

#[test]
fn an_installation_has_as_many_organizations_as_the_operator_says() {
    let folder = tempfile::tempdir().unwrap();
    let found = |name: &str| {
        let mut command = Command::new(WARDROOM);
        command.args(["init", "--org", name, "--owner", "ada@example.com", "--data"]).arg(folder.path());
        let output = command.env("WARDROOM_ORGANIZATIONS_MAX", "2").output().expect("it runs");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert!(found("First").0 && found("Second").0);
    let (done, said) = found("Third");
    assert!(!done && said.contains("at most 2 organizations") && said.contains("organizations-max"), "{said}");
    // The settings file says so too, and a larger number lets the third in.
    let settings = folder.path().join("wardroom.toml");
    std::fs::write(&settings, "organizations-max = 2\n").unwrap();
    let init = || {
        let mut command = Command::new(WARDROOM);
        command.args(["init", "--org", "Third", "--owner", "ada@example.com", "--data"]).arg(folder.path());
        command.output().expect("it runs").status.success()
    };
    assert!(!init());
    std::fs::write(&settings, "organizations-max = 3\n").unwrap();
    assert!(init());
}
