//! MCP servers that run as processes on the machine: what the operator wrote is run, and nothing that anybody else says.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::stdio::{SERVER, TOOLS};

use crate::firm::{each, told};
use crate::world::{Api, Mcp, Server, WARDROOM, init, succeeded, wait_for};

/// A company on a machine whose operator offers the fixture, and a program beside it that leaves a file wherever it is run.
struct Machine {
    server: Server,
    org: String,
    owner: Api,
    folder: TempDir,
}

impl Machine {
    fn start() -> Machine {
        let folder = tempfile::tempdir().expect("a folder");
        let (org, key) = init(&folder.path().join("data"), "Firm", "owner@example.com");
        Machine::over(folder, org, &key, "fixture")
    }

    fn over(folder: TempDir, org: String, key: &str, name: &str) -> Machine {
        let at = folder.path();
        let canary = at.join("canary");
        std::fs::write(&canary, format!("#!/bin/sh\ntouch {}\n", at.join("sang").display())).expect("written");
        std::fs::set_permissions(&canary, std::fs::Permissions::from_mode(0o755)).expect("an executable");
        let diary = at.join("diary");
        let templates = format!(
            "[{name}]\npurpose = \"For tests\"\nprogram = {SERVER:?}\narguments = [\"legacy\", {diary:?}]\n\
             secret-variable = \"FIXTURE_TOKEN\"\n[bare]\npurpose = \"Without a secret\"\nprogram = {SERVER:?}\n\
             arguments = [\"modern\", {diary:?}]\n"
        );
        let file = at.join("templates.toml");
        std::fs::write(&file, templates).expect("written");
        let file = file.display().to_string();
        let server = Server::start_with(&at.join("data"), &["--templates-file", &file]);
        let owner = Api::at(&server.url, &org, key);
        Machine { server, org, owner, folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn started(&self) -> usize {
        let diary = std::fs::read_to_string(self.path("diary")).unwrap_or_default();
        diary.lines().filter(|line| line.ends_with(" started")).count()
    }

    fn hire(&self, name: &str, role: &str) -> Api {
        let new = json!({ "email": format!("{name}@example.com"), "name": name, "role": role, "issue_key": { "label": "first" } });
        let (status, added) = self.owner.post("/members", new);
        assert_eq!(status, 201, "{added}");
        Api::at(&self.server.url, &self.org, added["key"]["secret"].as_str().expect("a secret"))
    }

    fn mcp(&self, api: &Api) -> Mcp {
        Mcp::new(&format!("{}/o/{}/mcp", self.server.url, self.org), &api.key)
    }
}

fn by_template(name: &str, secret: &str) -> Value {
    let credential = json!({ "kind": "environment", "secret": secret });
    json!({ "slug": "files", "title": "Files", "url": format!("stdio:{name}"), "credential": credential })
}

fn text_of(message: &Value) -> &str {
    message["result"]["content"][0]["text"].as_str().unwrap_or_default()
}

#[test]
fn an_organization_connects_a_template_by_name_and_calls_what_the_operator_wrote() {
    let machine = Machine::start();
    let (_, offered) = machine.owner.get("/integration-templates");
    assert_eq!(each(&offered, "name"), ["bare", "fixture"]);
    assert_eq!(
        (&offered["items"][0]["takes_secret"], &offered["items"][1]["takes_secret"]),
        (&json!(false), &json!(true))
    );
    assert!(!offered.to_string().contains("stdio-server"), "what is run is the operator's to know: {offered}");

    let (status, connected) = machine.owner.post("/integrations", by_template("fixture", "s3cret"));
    assert_eq!((status, &connected["tool_count"]), (201, &json!(TOOLS.len())), "{connected}");
    assert_eq!((&connected["url"], &connected["credential"]), (&json!("stdio:fixture"), &json!("environment")));
    let mcp = machine.mcp(&machine.owner);
    let answer = mcp.call("files__get_surroundings", json!({}));
    assert!(succeeded(&answer), "{answer:?}");
    let variables: Vec<&str> = text_of(&answer.message).lines().filter(|line| line.starts_with("variable ")).collect();
    assert_eq!(variables, ["variable FIXTURE_TOKEN=s3cret"]);
    let data = machine.path("data").display().to_string();
    let open: Vec<&str> = text_of(&answer.message).lines().filter(|line| line.starts_with("open ")).collect();
    assert!(!open.iter().any(|open| open.contains(&data) || open.contains("socket:")), "{open:?}");

    // Another secret takes another process, since it is given as one begins.
    let secret = json!({ "credential": { "kind": "environment", "secret": "n3w" } });
    assert_eq!(machine.owner.patch("/integrations/files", secret).0, 200);
    let answer = mcp.call("files__get_surroundings", json!({}));
    assert!(text_of(&answer.message).contains("variable FIXTURE_TOKEN=n3w\n"), "{answer:?}");
}

#[test]
fn a_template_that_the_operator_took_away_is_named_to_whoever_calls_and_everything_else_goes_on() {
    let machine = Machine::start();
    assert_eq!(machine.owner.post("/integrations", by_template("fixture", "s3cret")).0, 201);
    let Machine { server, org, owner, folder } = machine;
    drop(server);
    let machine = Machine::over(folder, org, &owner.key, "another");
    let answer = machine.mcp(&machine.owner).call("files__get_pid", json!({}));
    assert_eq!(answer.message["result"]["isError"], json!(true));
    assert!(text_of(&answer.message).contains("offers no template named fixture"), "{answer:?}");
    assert_eq!(answer.message["result"]["_meta"]["io.wardroom/failure"]["code"], json!("upstream-url"));
    let refused = machine.owner.post("/integrations/files/refresh", json!({}));
    assert_eq!(told(&refused).0, 422, "{refused:?}");
    assert_eq!(machine.owner.get("/integrations/files").0, 200);
}

#[test]
fn whether_it_is_asked_to_stop_or_killed_no_process_of_its_outlives_the_server() {
    for signal in ["-TERM", "-KILL"] {
        let mut machine = Machine::start();
        assert_eq!(machine.owner.post("/integrations", by_template("fixture", "s3cret")).0, 201);
        let answer = machine.mcp(&machine.owner).call("files__get_pid", json!({}));
        let pid = text_of(&answer.message).to_owned();
        let process = Path::new("/proc").join(&pid);
        assert!(!pid.is_empty() && process.exists(), "{answer:?}");
        let server = machine.server.process.0.id().to_string();
        assert!(Command::new("kill").args([signal, &server]).status().expect("kill runs").success());
        wait_for("the end", || machine.server.process.0.try_wait().expect("the process can be asked"));
        if signal == "-TERM" {
            assert!(!process.exists(), "it is ended before the server is");
        }
        // Nobody is there to end it then, and it sees the end of its input.
        let diary = machine.path("diary");
        let ended = || std::fs::read_to_string(&diary).is_ok_and(|text| text.contains(&format!("{pid} ended\n")));
        wait_for("the end of the process", || ended().then_some(()));
    }
}

#[test]
fn templates_are_listed_and_connected_from_a_terminal() {
    let machine = Machine::start();
    let wardroom = |line: &[&str]| {
        let output = Command::new(WARDROOM)
            .args(line)
            .args(["--json", "--url", &machine.server.url, "--org", &machine.org])
            .env("WARDROOM_KEY", &machine.owner.key)
            .env("A_TOKEN", "s3cret")
            .output()
            .expect("the executable runs");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    assert!(wardroom(&["integration", "templates"]).1.contains("fixture"));
    let connect = ["integration", "connect", "--title", "Files", "--template", "fixture"];
    assert_eq!(wardroom(&connect).0, Some(1), "it takes a secret");
    let (code, told) = wardroom(&[&connect[..], &["--environment", "--secret-env", "A_TOKEN"]].concat());
    assert_eq!((code, told.contains("stdio:fixture")), (Some(0), true), "{told}");
    let bare = ["integration", "connect", "--title", "Bare", "--template", "bare"];
    assert_eq!(wardroom(&bare).0, Some(0));
    let answer = machine.mcp(&machine.owner).call("bare__get_surroundings", json!({}));
    assert!(succeeded(&answer) && !text_of(&answer.message).contains("variable "), "{answer:?}");
}

/// Everything by which somebody might have `canary` run.
fn attempts(canary: &Path) -> Vec<String> {
    let canary = canary.display();
    let mut attempts: Vec<String> = [
        "{}",
        "sh -c {}",
        "`{}`",
        "$({})",
        ";{}",
        "|{}",
        "&&{}",
        "\n{}",
        "\0{}",
        "'{}'",
        "file:{}",
        "file://{}",
        "exec:{}",
        "cmd:{}",
        "sh:{}",
        "process:{}",
        "command:{}",
        "stdio:{}",
        "stdio://{}",
        "STDIO:{}",
        "stdio:sh -c {}",
        "stdio:fixture;{}",
        "stdio:fixture {}",
        "stdio:fixture\n{}",
        "stdio:fixture\0{}",
        "stdio:fixture`{}`",
        "stdio:fixture$({})",
        "stdio:fixture|{}",
        "stdio:fixture&&{}",
        "stdio:fixture?program={}",
        "stdio:fixture#{}",
        "stdio:fixture/{}",
        "stdio:../..{}",
        "stdio:.{}",
        "stdio:fixture,{}",
        "stdio:fixture%0a{}",
        "unix:{}",
        "npx:{}",
        "data:,{}",
        "https://stdio:{}",
        "http+stdio:{}",
        "stdio:LD_PRELOAD={} fixture",
        "--program={}",
        "-c {}",
    ]
    .iter()
    .map(|attempt| attempt.replace("{}", &canary.to_string()))
    .collect();
    attempts.extend(
        ["stdio:Fixture", "stdio:FIXTURE", "STDIO:fixture", "stdio:", "stdio:fixture ", "stdio:f\u{131}xture", "stdio"]
            .map(str::to_owned),
    );
    attempts
}

#[test]
fn nothing_that_anybody_in_an_organization_says_is_run() {
    let machine = Machine::start();
    let canary = machine.path("canary");
    let people = [machine.hire("ada", "admin"), machine.hire("max", "member")];
    let (admin, member) = (&people[0], &people[1]);
    // Whoever may connect nothing is told of no template, and nothing is started for them.
    assert_eq!(member.get("/integration-templates").0, 403);
    assert_eq!(member.post("/integrations", by_template("fixture", "x")).0, 403);
    assert_eq!(machine.started(), 0);

    for attempt in attempts(&canary) {
        for person in [&machine.owner, admin, member] {
            let (status, answer) =
                person.post("/integrations", json!({ "slug": "files", "title": "Files", "url": attempt }));
            // Blanks around a URL are nobody's meaning.
            assert!(
                (400..500).contains(&status) || attempt.trim() == "stdio:fixture",
                "{attempt:?}: {status} {answer}"
            );
        }
    }
    assert_eq!(machine.started(), 0, "the template with a secret is not started without one");
    // Fields of which nobody has heard.
    for field in
        ["command", "program", "args", "arguments", "env", "environment", "template", "folder", "cwd", "shell", "stdio"]
    {
        for value in [json!(canary), json!([canary]), json!({ "LD_PRELOAD": canary, "program": canary })] {
            let mut body = by_template("fixture", "s3cret");
            body[field] = value.clone();
            assert_eq!(admin.post("/integrations", body).0, 422, "{field}");
            let mut body = by_template("fixture", "s3cret");
            body["credential"][field] = value;
            assert_eq!(admin.post("/integrations", body).0, 422, "credential.{field}");
        }
    }
    assert_eq!(machine.started(), 0);
    // Fields that there are.
    for (number, attempt) in attempts(&canary).into_iter().enumerate() {
        let mut body = by_template("fixture", "s3cret");
        (body["title"], body["purpose"], body["slug"]) = (json!(attempt), json!(attempt), json!(format!("n-{number}")));
        admin.post("/integrations", body.clone());
        body["slug"] = json!(attempt);
        admin.post("/integrations", body);
        for kind in ["environment", "bearer", "header", "oauth", "client_credentials", attempt.as_str()] {
            let credential = json!({ "kind": kind, "secret": attempt });
            let named = json!({ "kind": kind, "secret": attempt, "name": attempt, "client_id": attempt, "scope": attempt, "whose": "person" });
            for credential in [credential, named] {
                let mut body = by_template("fixture", "");
                (body["slug"], body["credential"]) = (json!(format!("c-{number}")), credential.clone());
                admin.post("/integrations", body);
                admin.patch(&format!("/integrations/n-{number}"), json!({ "credential": credential }));
            }
        }
        let edit = json!({ "title": attempt, "purpose": attempt });
        admin.patch(&format!("/integrations/n-{number}"), edit);
        assert!(!machine.path("sang").exists(), "{attempt:?}");
    }
    // A secret is the value of its variable, whatever it says, and is nothing more.
    let secret = format!("$({0}) `{0}`; {0} LD_PRELOAD={0}", canary.display());
    assert_eq!(admin.post("/integrations", by_template("fixture", &secret)).0, 201);
    let answer = machine.mcp(&machine.owner).call("files__get_surroundings", json!({}));
    assert!(text_of(&answer.message).contains(&format!("variable FIXTURE_TOKEN={secret}\n")), "{answer:?}");
    for attempt in attempts(&canary) {
        machine.mcp(&machine.owner).call("files__get_echo", json!({ "program": attempt }));
        machine.mcp(&machine.owner).call(&format!("files__{attempt}").replace(['\n', '\0', '\u{131}'], ""), json!({}));
    }
    assert!(!machine.path("sang").exists());
    assert!(Command::new(&canary).status().expect("it runs").success() && machine.path("sang").exists());
}
