//! The examination itself, of servers that are made for it: what is left out, and what is told.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use super::{Cast, Level, Report, examine};

/// More requests than an examination sends.
const REQUESTS_MAX: usize = 500;

/// Status and body of the answer to a method and a path.
type Answering = fn(&str) -> (u16, &'static str);

/// Starts a server that answers by the path alone, and examines it.
fn examined(answering: Answering) -> Report {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming().take(REQUESTS_MAX) {
            // A client that went away is not worth a word.
            let _ = stream.and_then(|stream| answer(stream, answering));
        }
    });
    examine(&url, None, &Cast::of_the_scenario()).expect("it answers")
}

fn answer(stream: TcpStream, answering: Answering) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut path, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        } else if path.is_empty() {
            path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        } else if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
    }
    reader.by_ref().take(length).read_to_end(&mut Vec::new())?;
    let (status, body) = answering(&path);
    let head = format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nConnection: close\r\n");
    write!(reader.get_mut(), "{head}Content-Length: {}\r\n\r\n{body}", body.len())
}

const METADATA: &str = "/.well-known/authzen-configuration";

#[test]
fn what_a_server_does_not_offer_is_left_out_and_never_passed() {
    let report = examined(|path| match path {
        "/access/v1/evaluation" => (200, r#"{"decision":true}"#),
        _ => (404, "{}"),
    });
    for level in [Level::BatchCore, Level::BatchProperties, Level::SearchCore, Level::SearchProperties] {
        assert!(report.lack(level).is_some_and(|reason| reason.contains("404 comes from /access/v1/")), "{report}");
        assert_eq!(report.tally(level), (0, 0), "{report}");
    }
    for level in Level::ALL {
        assert!(!report.passes(level), "{level}\n{report}");
    }
    assert!(report.lack(Level::BasicCore).is_none() && report.lack(Level::Discovery).is_none(), "{report}");
    let told = report.to_string();
    assert!(told.contains("\nSearch Core                     not offered\n"), "{told}");
    assert!(told.contains("  FAIL  2.2.2  the reader may not write the record\n"), "a yes to everything: {told}");
}

#[test]
fn what_the_metadata_names_is_examined_though_it_is_not_there() {
    let report = examined(|path| match path {
        METADATA => (200, r#"{"search_action_endpoint":"ftp://elsewhere"}"#),
        "/access/v1/evaluation" => (200, r#"{"decision":true}"#),
        _ => (404, "{}"),
    });
    assert_eq!(report.lack(Level::SearchCore), None, "{report}");
    let (passed, all) = report.tally(Level::SearchCore);
    assert!(passed == 0 && all > 0, "{report}");
    assert!(report.lack(Level::BatchCore).is_some(), "{report}");
}

#[test]
fn one_search_that_is_there_has_all_of_them_examined() {
    let report = examined(|path| match path {
        "/access/v1/evaluation" => (200, r#"{"decision":true}"#),
        "/access/v1/search/resource" => (200, r#"{"results":[]}"#),
        _ => (404, "{}"),
    });
    assert_eq!(report.lack(Level::SearchCore), None, "{report}");
    assert!(report.tally(Level::SearchCore).1 > 0, "{report}");
}
