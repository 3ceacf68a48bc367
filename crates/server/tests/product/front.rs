//! TLS in front of the doors, and the doctor who looks at it beforehand.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use testkit::certificate::{Certificate, FAR};

use crate::world::{Api, Mcp, PATIENCE, Server, WARDROOM, agent_trusting, init, wait_for};

const NAMES: &[&str] = &["localhost"];

/// A server with a certificate.
struct Encrypted {
    server: Server,
    address: SocketAddr,
    files: [PathBuf; 2],
}

impl Encrypted {
    fn start(data: &Path, certificate: &Certificate) -> Encrypted {
        let files = ["cert.pem", "key.pem"].map(|name| data.join(name));
        write(&files, certificate);
        let [cert, key] = files.each_ref().map(|file| file.to_str().unwrap());
        let more = ["--public-url", "https://localhost", "--tls-cert-file", cert, "--tls-key-file", key];
        let server = Server::start_with(data, &more);
        let (public_url, address) = server.url.split_once(", listening on ").expect("both are said");
        assert_eq!(public_url, "https://localhost");
        Encrypted { address: address.parse().unwrap(), server, files }
    }

    /// Where it is reached, whatever URL it shows.
    fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    fn is_trusted_by(&self, agent: &ureq::Agent) -> bool {
        let answer = agent.get(format!("{}/healthz", self.url())).call();
        // Read to its end, so that the connection is used again.
        answer.is_ok_and(|mut answer| answer.body_mut().read_to_string().is_ok_and(|text| text == "ok\n"))
    }

    fn hang_up(&self) {
        let pid = self.server.process.0.id().to_string();
        assert!(Command::new("kill").args(["-HUP", &pid]).status().expect("kill runs").success());
    }
}

fn write([cert, key]: &[PathBuf; 2], certificate: &Certificate) {
    std::fs::write(cert, &certificate.pem).unwrap();
    std::fs::write(key, &certificate.key_pem).unwrap();
    std::fs::set_permissions(key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}

#[test]
fn management_and_mcp_are_served_over_tls_under_the_public_url() {
    let folder = tempfile::tempdir().unwrap();
    let (org, key) = init(folder.path(), "Encrypted", "ada@example.com");
    let certificate = Certificate::new(NAMES, FAR);
    let front = Encrypted::start(folder.path(), &certificate);
    let api = Api::at(&front.url(), &org, &key).over(agent_trusting(&certificate));
    let (status, shown) = api.get("");
    assert_eq!((status, &shown["mcp_url"]), (200, &json!(format!("https://localhost/o/{org}/mcp"))));
    let mcp = Mcp::new(&format!("{}/o/{org}/mcp", front.url()), &key).over(agent_trusting(&certificate));
    assert_eq!(mcp.tools(), Vec::<String>::new());
    let stranger = agent_trusting(&Certificate::new(NAMES, FAR));
    assert!(!front.is_trusted_by(&stranger), "the client checks at all");
}

#[test]
fn another_client_speaks_both_versions_and_is_given_http_1_1_when_it_offers_more() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path(), "Curled", "ada@example.com");
    let front = Encrypted::start(folder.path(), &Certificate::new(NAMES, FAR));
    let curl = |more: &[&str]| {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--max-time", "60", "--write-out", "%{http_version}", "--cacert"]);
        command.arg(&front.files[0]).args(more).arg(format!("{}/healthz", front.url()));
        let output = command.output().expect("curl is installed");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (String::from_utf8_lossy(&output.stdout).into_owned(), said)
    };
    for more in [&["--http2"][..], &["--tls-max", "1.2"], &["--tlsv1.3"]] {
        let (out, said) = curl(more);
        assert_eq!(out, "ok\n1.1", "{more:?}: {said}");
    }
}

#[test]
fn what_speaks_no_tls_or_is_slow_to_begin_gets_nothing_and_stops_nobody() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path(), "Slow", "ada@example.com");
    let certificate = Certificate::new(NAMES, FAR);
    let front = Encrypted::start(folder.path(), &certificate);
    let connect = || {
        let stream = TcpStream::connect(front.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    };
    // One in three says nothing, one begins a record that never ends, one stops within its first message.
    let beginnings: [&[u8]; 3] = [b"", &[0x16, 3, 1], &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]];
    let slow: Vec<TcpStream> = (0..192)
        .map(|number| {
            let mut stream = connect();
            stream.write_all(beginnings[number % 3]).unwrap();
            stream
        })
        .collect();
    assert!(front.is_trusted_by(&agent_trusting(&certificate)));
    let mut plain = connect();
    plain.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let mut got = Vec::new();
    // Reset or ended, both will do; an answer would not.
    let _ = plain.read_to_end(&mut got);
    assert!(!String::from_utf8_lossy(&got).contains("HTTP"), "{got:?}");
    assert!(front.is_trusted_by(&agent_trusting(&certificate)));
    for stream in &slow {
        stream.set_nonblocking(true).unwrap();
    }
    let open =
        |stream: &&TcpStream| stream.peek(&mut [0]).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
    wait_for("their end", || (slow.iter().filter(open).count() == 0).then_some(()));
}

#[test]
fn a_renewed_certificate_is_shown_to_new_connections_and_open_ones_go_on() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path(), "Renewed", "ada@example.com");
    let certificates = [(); 3].map(|()| Certificate::new(NAMES, FAR));
    let mut front = Encrypted::start(folder.path(), &certificates[0]);
    let agents = certificates.each_ref().map(agent_trusting);
    assert!(front.is_trusted_by(&agents[0]) && !front.is_trusted_by(&agents[1]));
    // By itself, when the files change.
    write(&front.files, &certificates[1]);
    wait_for("the second", || front.is_trusted_by(&agents[1]).then_some(()));
    assert!(!front.is_trusted_by(&agent_trusting(&certificates[0])), "no new connection gets the first");
    assert!(front.is_trusted_by(&agents[0]), "over the connection from before");
    // When asked.
    write(&front.files, &certificates[2]);
    front.hang_up();
    wait_for("the third", || front.is_trusted_by(&agents[2]).then_some(()));
    assert!(front.is_trusted_by(&agents[0]) && front.is_trusted_by(&agents[1]), "over the connections from before");
    // What cannot be used changes nothing.
    std::fs::write(&front.files[1], &certificates[0].key_pem).unwrap();
    front.hang_up();
    for _ in 0..20 {
        assert!(front.is_trusted_by(&agent_trusting(&certificates[2])));
    }
    assert!(front.server.process.0.try_wait().unwrap().is_none());
}

#[test]
fn half_a_pair_or_one_that_does_not_fit_keeps_it_from_starting_and_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path(), "Half", "ada@example.com");
    let (own, other) = (Certificate::new(NAMES, FAR), Certificate::new(NAMES, FAR));
    let files = ["cert.pem", "key.pem"].map(|name| folder.path().join(name));
    write(&files, &Certificate { key_pem: other.key_pem, ..own });
    let [cert, key] = files.each_ref().map(|file| file.to_str().unwrap());
    let refused = |more: &[&str]| {
        let mut command = Command::new(WARDROOM);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path()).args(more);
        let output = command.output().expect("it runs");
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let (https, http) = (["--public-url", "https://localhost"], ["--public-url", "http://localhost"]);
    let pair = ["--tls-cert-file", cert, "--tls-key-file", key];
    for (more, says) in [
        ([&pair[..2], &https].concat(), "tls-key-file is missing"),
        ([&pair[2..], &https].concat(), "tls-cert-file is missing"),
        (pair.to_vec(), "public-url has to be https"),
        ([&pair[..], &http].concat(), "public-url has to be https"),
        ([&pair[..], &https].concat(), "is not the key of the first certificate"),
        (["--trusted-proxies", "0.0.0.0/0"].to_vec(), "trusted-proxies (flag)"),
    ] {
        let said = refused(&more);
        assert!(said.contains(says), "{more:?}: {said}");
    }
}

#[test]
fn the_doctor_names_what_an_operator_has_to_look_at_beside_a_running_server() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path(), "Patient", "ada@example.com");
    let front = Encrypted::start(folder.path(), &Certificate::new(NAMES, FAR));
    let [cert, key] = front.files.each_ref().map(|file| file.to_str().unwrap());
    let doctor = |url: &str, more: &[&str]| {
        let mut command = Command::new(WARDROOM);
        command.args(["doctor", "--json", "--public-url", url, "--data"]).arg(folder.path()).args(more);
        let output = command.output().expect("it runs");
        let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let items = told["items"].as_array().unwrap().iter();
        let look: Vec<String> = items
            .filter(|item| item["fine"] != json!(true))
            .map(|item| format!("{}: {}", item["subject"].as_str().unwrap(), item["told"].as_str().unwrap()))
            .collect();
        assert_eq!(output.status.success(), look.is_empty(), "{look:?}");
        look.join("\n")
    };
    let pair = ["--tls-cert-file", cert, "--tls-key-file", key];
    assert_eq!(doctor("https://localhost", &pair), "");
    assert_eq!(doctor("https://gate.example.com", &[]), "", "a proxy speaks TLS");
    assert!(doctor("http://gate.example.com", &[]).starts_with("public-url: "));
    assert_eq!(doctor("http://localhost:7700", &[]), "", "a trial on this machine");
    assert!(doctor("http://127.0.0.2:7700", &[]).contains("nobody sign in"), "browsers sign in by three names alone");
    assert!(doctor("https://gate.example.com", &pair).contains("tls: the certificate is not for gate.example.com"));
    assert!(doctor("https://localhost", &pair[..2]).contains("settings: the setting tls-key-file is missing"));
    write(&front.files, &Certificate::new(NAMES, "20210101000000Z"));
    assert!(doctor("https://localhost", &pair).contains("has expired on 2021-01-01"));
    std::fs::write(cert, "nothing").unwrap();
    assert!(doctor("https://localhost", &pair).contains("holds no certificate"));
    let ahead = std::time::UNIX_EPOCH + std::time::Duration::from_secs(4_102_444_800);
    std::fs::File::options().write(true).open(folder.path().join("journal.db")).unwrap().set_modified(ahead).unwrap();
    assert!(doctor("https://localhost", &[]).contains("clock: "));
    let empty = tempfile::tempdir().unwrap();
    let output = Command::new(WARDROOM).args(["doctor", "--data"]).arg(empty.path()).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && said.contains("LOOK  data folder"), "{said}");
}
