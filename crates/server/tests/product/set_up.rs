//! An installation that has no organization yet is set up in a browser by whoever started it, once.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::sign_in::Browser;
use crate::world::{Api, Process, Server, WARDROOM};

/// A server that says where it can be set up.
struct Empty {
    _process: Process,
    url: String,
    /// The path of the page.
    page: String,
}

impl Empty {
    fn start(data: &Path) -> Empty {
        let mut command = Command::new(WARDROOM);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
        // Everything is logged, and what is printed to a log stays in the test.
        command.args(["--log", "trace"]).stdout(Stdio::piped());
        command.stderr(std::fs::File::create(data.join("log")).expect("a file"));
        let mut process = Process(command.spawn().expect("the executable starts"));
        let mut lines = BufReader::new(process.0.stdout.take().expect("stdout")).lines();
        let mut line = || lines.next().expect("a line").expect("a text");
        let url = line().strip_prefix("serving ").expect("where").to_owned();
        let page = line().strip_prefix(&format!("set up: {url}")).expect("where to set up").to_owned();
        Empty { _process: process, url, page }
    }
}

const ADA: &str = "org=Acme+%26+Sons&preset=pipeworks&name=Ada+Lovelace&email=ada%40example.com";

#[test]
fn whoever_starts_an_empty_installation_founds_an_organization_and_is_signed_in() {
    let folder = tempfile::tempdir().unwrap();
    let empty = Empty::start(folder.path());
    let browser = Browser::new(&empty.url);
    let page = browser.get(&empty.page);
    assert_eq!(page.status, 200, "{}", page.text);
    for preset in ["balanced", "pipeworks", "crm", "pipeai", "workjet", "swiftask"] {
        assert!(page.text.contains(&format!("value=\"{preset}\"")), "{preset}");
    }
    // What is wrong is said beside the field, what was right is kept, and nothing was founded.
    let wrong = browser.fill_in(&empty.page, &page.csrf(), "org=Acme&preset=crm&name=Ada&email=nobody");
    assert_eq!(wrong.status, 422);
    assert!(wrong.text.contains("id=\"email-fault\"") && wrong.text.contains("value=\"Acme\""), "{}", wrong.text);
    assert!(wrong.text.contains("value=\"crm\" checked"), "{}", wrong.text);
    let nameless =
        browser.fill_in(&empty.page, &wrong.csrf(), "org=%E4%BC%9A%E7%A4%BE&name=Ada&email=ada%40example.com");
    assert!(nameless.status == 422 && nameless.text.contains("id=\"slug\""), "{}", nameless.text);
    assert_eq!(browser.session().0, 401);
    let founded = browser.fill_in(&empty.page, &nameless.csrf(), ADA);
    assert_eq!(founded.status, 200, "{}", founded.text);
    assert!(founded.text.contains("Acme &#38; Sons is yours"), "{}", founded.text);
    let (status, who) = browser.session();
    assert_eq!((status, &who["name"]), (200, &json!("Ada Lovelace")));
    let place = &who["organizations"][0];
    assert_eq!((&place["name"], &place["preset"]), (&json!("Acme & Sons"), &json!("pipeworks")));
    assert_eq!(place["you"]["role"], json!("owner"));
    // The key that is shown opens the same.
    let key = founded.text.split("<code>").find(|text| text.starts_with("wrp_")).unwrap().split('<').next().unwrap();
    assert_eq!(Api::at(&empty.url, place["slug"].as_str().unwrap(), key).get("").0, 200);
    // Once: the address opens nothing any more, for them and for everybody else.
    for browser in [browser, Browser::new(&empty.url)] {
        assert_eq!(browser.get(&empty.page).status, 404);
    }
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.contains("serving") && !log.contains("wru_") && !log.contains("wrp_"), "{log}");
    // What is no terminal is written no colours.
    assert!(!log.contains('\u{1b}'), "{log}");
}

#[test]
fn a_ticket_to_set_up_dies_with_its_process_and_opens_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let first = Empty::start(folder.path());
    let before = first.page.clone();
    drop(first);
    let empty = Empty::start(folder.path());
    assert_ne!(before, empty.page);
    let browser = Browser::new(&empty.url);
    let ticket = empty.page.rsplit('/').next().unwrap();
    let wrong =
        [before.clone(), empty.page.replace("wru_", "wrl_"), empty.page[..30].to_owned(), "/set-up/".to_owned()];
    for page in &wrong {
        assert_eq!(browser.get(page).status, 404, "{page}");
    }
    assert_eq!(browser.get(&format!("/sign-in/link/{ticket}")).status, 404);
    let csrf = browser.get(&empty.page).csrf();
    assert_eq!(browser.fill_in(&before, &csrf, ADA).status, 404);
    // Another site cannot make the browser do it.
    let kind = ("content-type", "application/x-www-form-urlencoded");
    let headers = [kind, ("origin", "https://evil.example")];
    assert_eq!(browser.send("POST", &empty.page, &headers, &format!("csrf={csrf}&{ADA}")).status, 403);
    assert_eq!(browser.fill_in(&empty.page, "wrong", ADA).status, 403);
    assert_eq!(browser.fill_in(&empty.page, &csrf, ADA).status, 200);
    // With an organization there is nothing to set up: a start says nothing of it.
    drop(empty);
    let server = Server::start(folder.path());
    assert_eq!(Browser::new(&server.url).get(&before).status, 404);
}

#[test]
fn of_many_who_set_up_at_once_one_is_the_first_owner() {
    let folder = tempfile::tempdir().unwrap();
    let empty = Empty::start(folder.path());
    let ready: Vec<(Browser, String)> = (0..20)
        .map(|_| {
            let browser = Browser::new(&empty.url);
            let csrf = browser.get(&empty.page).csrf();
            (browser, csrf)
        })
        .collect();
    let mut through: Vec<u16> = std::thread::scope(|scope| {
        let page = &empty.page;
        let founding: Vec<_> = (0..)
            .zip(&ready)
            .map(|(number, (browser, csrf))| {
                let form = format!("org=Acme{number}&name=Ada&email=ada{number}%40example.com");
                scope.spawn(move || browser.fill_in(page, csrf, &form).status)
            })
            .collect();
        founding.into_iter().map(|founded| founded.join().unwrap()).collect()
    });
    through.sort_unstable();
    assert_eq!((through[0], &through[1..]), (200, &[404; 19][..]));
    assert_eq!(ready.iter().filter(|(browser, _)| browser.session().0 == 200).count(), 1);
}
