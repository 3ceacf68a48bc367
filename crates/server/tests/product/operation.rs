//! Running it: settings, starting, stopping.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use tokio::time::Instant;

use serde_json::json;

use crate::world::{Api, Demo, Process, Server, WARDROOM, agent, init, succeeded, wait_for};

pub(crate) fn refused(data: &std::path::Path, change: impl FnOnce(&mut Command) -> &mut Command) -> String {
    let mut command = Command::new(WARDROOM);
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
    change(&mut command);
    let output = command.output().expect("it runs");
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn an_unknown_setting_keeps_it_from_starting_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path(), "Strict", "ada@example.com");
    let said = refused(folder.path(), |command| command.env("WARDROOM_LISTNE", "127.0.0.1:1"));
    assert!(said.contains("WARDROOM_LISTNE"), "{said}");
    let said = refused(folder.path(), |command| command.args(["--drain-s", "soon"]));
    assert!(said.contains("drain-s") && said.contains("flag"), "{said}");
    std::fs::write(folder.path().join("wardroom.toml"), "listne = \"127.0.0.1:1\"\n").unwrap();
    let said = refused(folder.path(), |command| command);
    assert!(said.contains("listne") && said.contains("there are:"), "{said}");
    std::fs::remove_file(folder.path().join("wardroom.toml")).unwrap();
    std::fs::remove_file(folder.path().join("master.key")).unwrap();
    let said = refused(folder.path(), |command| command);
    assert!(said.contains("master keys are missing"), "{said}");
    let other = tempfile::tempdir().unwrap();
    let said = refused(&other.path().join("typo"), |command| command);
    assert!(said.contains("nothing to serve") && said.contains("wardroom init"), "{said}");
    init(other.path(), "Other", "ada@example.com");
    std::fs::copy(other.path().join("master.key"), folder.path().join("master.key")).unwrap();
    let said = refused(folder.path(), |command| command);
    assert!(said.contains("not the ones that this data folder was sealed with"), "{said}");
}

#[test]
fn two_servers_never_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path(), "Single", "ada@example.com");
    let _first = Server::start(folder.path());
    let said = refused(folder.path(), |command| command);
    assert!(said.contains("in use by another wardroom"), "{said}");
}

#[test]
fn a_request_to_stop_lets_running_calls_end_and_then_ends_cleanly() {
    let demo = Demo::start();
    let owner = demo.mcp(&demo.key_of("Owner"));
    let arguments = json!({ "steps": 10, "step_ms": 100 });
    let running = std::thread::spawn(move || owner.call("salesforce__bulk_export", arguments));
    wait_for("the call to run", || (demo.upstream_stats()["calls_total"].as_u64() > Some(0)).then_some(()));
    let asked = Instant::now();
    let status = demo.stop();
    let answer = running.join().expect("the caller");
    assert!(succeeded(&answer), "{answer:?}");
    assert_eq!(status.code(), Some(0), "after {:?}", asked.elapsed());
}

#[test]
fn a_log_that_nobody_can_write_to_any_more_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path(), "Unread", "ada@example.com");
    let mut command = Command::new(WARDROOM);
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path());
    let mut process = Process(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    drop(process.0.stderr.take());
    let mut line = String::new();
    BufReader::new(process.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("serving ").unwrap_or_else(|| panic!("not serving: {line:?}"));
    assert_eq!(agent().get(format!("{url}/readyz")).call().unwrap().status().as_u16(), 200);
    // It says in the log that it stops.
    let pid = process.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let status = wait_for("the end", || process.0.try_wait().expect("the process can be asked"));
    assert_eq!(status.code(), Some(0));
}

#[test]
fn it_says_that_it_is_alive_and_ready() {
    let folder = tempfile::tempdir().unwrap();
    let (org, key) = init(folder.path(), "Ready", "ada@example.com");
    let server = Server::start(folder.path());
    for path in ["/healthz", "/readyz"] {
        assert_eq!(agent().get(format!("{}{path}", server.url)).call().unwrap().status().as_u16(), 200);
    }
    let api = Api::at(&server.url, &org, &key);
    assert_eq!(api.get("").1["mcp_url"], json!(format!("{}/o/{org}/mcp", server.url)));
    let mode = |name: &str| {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777
    };
    assert_eq!((mode("master.key"), mode("journal.db"), mode("records.db")), (0o600, 0o600, 0o600));
}
