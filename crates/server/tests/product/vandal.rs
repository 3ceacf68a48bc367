//! Somebody who can write the files changes the record: `wardroom audit verify` finds it every time and names the
//! first bad row, and the server never panics over such a folder.
//!
//! [`book`] is the vandal's tool; the folder that is vandalised was filled by the real executable.

mod book;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::upstreams::Upstreams;
use crate::world::{Api, Mcp, Process, Server, WARDROOM, agent, count, init};
use book::{Book, Deed};

/// What is named of a bad row: its file, its chain and its number.
pub(crate) type BadRow = (String, String, u64);

/// What `wardroom audit verify` finds broken in a folder: the first bad row of each chain.
pub(crate) fn broken_rows(data: &Path) -> Result<Vec<BadRow>, String> {
    let output = Command::new(WARDROOM).args(["audit", "verify", "--json", "--data"]).arg(data).output();
    let output = output.expect("the executable runs");
    let errors = || String::from_utf8_lossy(&output.stderr).into_owned();
    let found: Value = serde_json::from_slice(&output.stdout).map_err(|_| errors())?;
    let text = |row: &Value, name: &str| row[name].as_str().expect("a text").to_owned();
    let rows = found["broken"].as_array().ok_or_else(errors)?;
    let named = |row: &Value| (text(row, "file"), text(row, "chain"), row["seq"].as_u64().expect("a number"));
    let broken: Vec<BadRow> = rows.iter().map(named).collect();
    let said = (output.status.code(), found["sound"].as_bool());
    let expected = if broken.is_empty() { (Some(0), Some(true)) } else { (Some(1), Some(false)) };
    if said == expected { Ok(broken) } else { Err(format!("it ended with {said:?} and said {found}")) }
}

/// A stopped folder of two organizations with some hundred events and records, and their owners' keys.
struct Folder {
    folder: TempDir,
    owners: Vec<(String, String)>,
}

impl Folder {
    fn filled() -> Folder {
        let upstreams = Upstreams::start();
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path();
        let owners: Vec<_> = ["First", "Second"].map(|org| init(data, org, "ada@example.com")).into();
        let mut server = Server::start(data);
        for (org, key) in &owners {
            let api = Api::at(&server.url, org, key);
            assert_eq!(api.post("/integrations", upstreams.stripe()).0, 201);
            let owner = Mcp::new(&format!("{}/o/{org}/mcp", server.url), key);
            for number in 0..30 {
                let email = format!("m{number}@{org}.example.com");
                assert_eq!(api.post("/members", json!({ "email": email, "name": "M" })).0, 201);
                assert_eq!(api.put(&format!("/members/{email}/integrations/stripe"), json!({})).0, 200);
                owner.call("stripe__list_customers", json!({ "limit": 1 }));
                owner.call("stripe__create_customer", json!({ "name": email }));
                owner.call("stripe__no_such_tool", json!({}));
            }
        }
        stop(&mut server.process);
        Folder { folder, owners }
    }

    fn copy(&self) -> TempDir {
        let copy = tempfile::tempdir().expect("a folder");
        for entry in fs::read_dir(self.folder.path()).expect("the folder") {
            let entry = entry.expect("an entry");
            fs::copy(entry.path(), copy.path().join(entry.file_name())).expect("a copy");
        }
        copy
    }
}

/// Asks a process to stop and waits for its end; says whether it ended well.
fn stop(process: &mut Process) -> bool {
    let asked = Command::new("kill").args(["-TERM", &process.0.id().to_string()]).status().expect("kill runs");
    asked.success() && process.0.wait().expect("its end").success()
}

fn deeds() -> impl Strategy<Value = Deed> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        6 => (index(), index(), 0u8..7).prop_map(|(column, byte, bit)| Deed::Flip { column, byte, bit }),
        2 => index().prop_map(|column| Deed::Retell { column }),
        1 => Just(Deed::Delete),
        1 => Just(Deed::DropOutcome),
        1 => any::<bool>().prop_map(|hashed| Deed::Insert { hashed }),
        1 => any::<bool>().prop_map(|hashed| Deed::Replace { hashed }),
        1 => index().prop_map(|other| Deed::Overwrite { other }),
        2 => index().prop_map(|other| Deed::Swap { other }),
        2 => index().prop_map(|other| Deed::SwapAcross { other }),
        1 => index().prop_map(|other| Deed::CloseAnother { other }),
    ]
}

#[test]
fn whatever_a_vandal_does_is_found_and_the_first_bad_row_is_named() {
    let folder = Folder::filled();
    let sound = broken_rows(folder.folder.path());
    assert_eq!(sound, Ok(Vec::new()), "the untouched folder holds");
    let rows: usize =
        ["journal.db", "records.db"].map(|file| Book::open(folder.folder.path(), file).rows()).iter().sum();
    assert!(rows > 300, "{rows} rows");

    let cases = u32::try_from(count(60, 2_000)).expect("few");
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let vandalism = (any::<bool>(), any::<prop::sample::Index>(), any::<prop::sample::Index>(), deeds());
    let run = TestRunner::new(config).run(&vandalism, |(records, chain, row, deed)| {
        let copy = folder.copy();
        let file = if records { "records.db" } else { "journal.db" };
        let mut book = Book::open(copy.path(), file);
        let expected = book.vandalise(&deed, chain, row);
        prop_assume!(expected.is_some());
        let expected: BTreeSet<BadRow> =
            expected.unwrap_or_default().into_iter().map(|(chain, seq)| (file.to_owned(), chain, seq)).collect();
        book.close();
        let found = broken_rows(copy.path()).map_err(TestCaseError::fail)?;
        prop_assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected, "{:?}", deed);
        Ok(())
    });
    run.unwrap_or_else(|error| panic!("{error}"));
    println!("soak: vandal: {cases} vandalisms of {rows} rows, each found and its first bad row named");
}

/// Starts the server on a folder and asks it things; says what it said on standard error and whether it served.
fn serve(data: &Path, owners: &[(String, String)]) -> (bool, String) {
    let errors = tempfile::NamedTempFile::new().expect("a file");
    let mut command = Command::new(WARDROOM);
    command.args(["serve", "--listen", "127.0.0.1:0", "--log", "warn", "--data"]).arg(data);
    command.stdout(Stdio::piped()).stderr(errors.reopen().expect("a file"));
    let mut child = command.spawn().expect("the executable starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line).expect("its output can be read");
    let mut process = Process(child);
    let said = |errors: &tempfile::NamedTempFile| fs::read_to_string(errors.path()).expect("readable");
    let Some(url) = line.trim().strip_prefix("serving ") else {
        let status = process.0.wait().expect("its end");
        assert_eq!(status.code(), Some(1), "{}", said(&errors));
        return (false, said(&errors));
    };
    for (org, key) in owners {
        for path in ["", "/members", "/keys", "/audit?limit=1000"] {
            let asked = agent().get(format!("{url}/api/v1/orgs/{org}{path}"));
            let answer = asked.header("authorization", format!("Bearer {key}")).call();
            answer.unwrap_or_else(|fault| panic!("{path} has no answer: {fault}; {}", said(&errors)));
        }
        Mcp::new(&format!("{url}/o/{org}/mcp"), key).call("stripe__no_such_tool", json!({}));
    }
    assert!(stop(&mut process), "{}", said(&errors));
    (true, said(&errors))
}

#[test]
fn over_a_vandalised_folder_the_server_serves_or_refuses_clearly_and_never_panics() {
    let folder = Folder::filled();
    let cases = u32::try_from(count(12, 200)).expect("few");
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    // Half of them change rows, half a stretch of the file itself.
    let index = any::<prop::sample::Index>;
    let vandalism = (any::<bool>(), index(), index(), deeds(), prop::option::of(1usize..3_000));
    let run = TestRunner::new(config).run(&vandalism, |(records, chain, row, deed, stretch)| {
        let copy = folder.copy();
        let file = if records { "records.db" } else { "journal.db" };
        match stretch {
            None => {
                let mut book = Book::open(copy.path(), file);
                book.vandalise(&deed, chain, row);
                book.close();
            }
            Some(length) => {
                let path = copy.path().join(file);
                let mut bytes = fs::read(&path).expect("the file");
                let start = chain.index(bytes.len());
                let end = (start + length).min(bytes.len());
                bytes[start..end].fill(0xa5);
                fs::write(&path, bytes).expect("written");
            }
        }
        let (served, said) = serve(copy.path(), &folder.owners);
        prop_assert!(!said.contains("panicked"), "{}", said);
        prop_assert!(
            served || said.starts_with("wardroom: ") || said.contains("\nwardroom: "),
            "it says why: {}",
            said
        );
        Ok(())
    });
    run.unwrap_or_else(|error| panic!("{error}"));
}
