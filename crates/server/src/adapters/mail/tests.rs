//! Mail to a server that answers as it is told, and to a folder.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::JoinHandle;

use testkit::certificate::{Certificate, FAR};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;

/// Answers to commands that begin with a word, in place of the usual ones; an empty one hangs up.
type Script = &'static [(&'static str, &'static str)];

/// Talks with one client, and gives what it said.
fn talk(stream: impl Read + Write, script: Script) -> Vec<String> {
    let mut stream = BufReader::new(stream);
    let mut said = Vec::new();
    let tell = |stream: &mut BufReader<_>, text: &str| Write::write_all(stream.get_mut(), text.as_bytes()).is_ok();
    tell(&mut stream, "220 double\r\n");
    let mut is_content = false;
    let mut line = String::new();
    while {
        line.clear();
        stream.read_line(&mut line).is_ok_and(|read| read > 0)
    } {
        let text = line.trim_end().to_owned();
        said.push(text.clone());
        let word = if is_content { "." } else { text.split([' ', ':']).next().unwrap_or_default() };
        if is_content && text != "." {
            continue;
        }
        let usual = match word {
            "EHLO" => "250-double\r\n250 8BITMIME",
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        let answer = script.iter().find(|(command, _)| *command == word).map_or(usual, |(_, answer)| *answer);
        is_content = answer.starts_with("354");
        if answer.is_empty() || !tell(&mut stream, &format!("{answer}\r\n")) {
            break;
        }
    }
    said
}

/// A server for one client; over TLS where there is a certificate.
fn server(script: Script, certificate: Option<&Certificate>) -> (u16, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let tls = certificate.map(|certificate| {
        let chain = vec![CertificateDer::from(certificate.der.clone())];
        let key = PrivateKeyDer::from_pem_slice(certificate.key_pem.as_bytes()).unwrap();
        Arc::new(ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap())
    });
    let thread = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        match tls {
            Some(config) => talk(StreamOwned::new(ServerConnection::new(config).unwrap(), stream), script),
            None => talk(stream, script),
        }
    });
    (port, thread)
}

fn ways(url: &str, ca_file: Option<PathBuf>) -> MailWays {
    let way = crate::settings::mail_way(url).unwrap().unwrap();
    let from = "Wardroom <wardroom@acme.example>".parse().unwrap();
    MailWays::open(&MailServer { way, from, password_file: None, ca_file }).unwrap()
}

fn mail() -> Mail {
    Mail {
        to: "ada@acme.example".to_owned(),
        name: "Ada\r\nBcc: eve@evil.example".to_owned(),
        subject: "Sign in at Müller & Söhne\r\nBcc: eve@evil.example".to_owned(),
        text: "Hello Ada,\n.\nhttps://gate.acme.example/sign-in/mail/wrl_x\n".to_owned(),
    }
}

async fn sent(script: Script) -> (Result<(), MailFault>, Vec<String>) {
    let (port, thread) = server(script, None);
    let outcome = ways(&format!("smtp://127.0.0.1:{port}"), None).send(&mail()).await;
    (outcome, thread.join().unwrap())
}

#[tokio::test]
async fn a_mail_reaches_the_one_it_is_for_and_nobody_whom_a_name_tries_to_add() {
    let (outcome, said) = sent(&[]).await;
    outcome.unwrap();
    let recipients: Vec<&String> = said.iter().filter(|line| line.starts_with("RCPT")).collect();
    assert_eq!(recipients, ["RCPT TO:<ada@acme.example>"]);
    assert!(!said.iter().any(|line| line.to_lowercase().starts_with("bcc")), "{said:#?}");
    let id = said.iter().find(|line| line.starts_with("Message-ID: <")).expect("an id");
    assert!(id.ends_with("@acme.example>"), "{id}");
    assert!(
        said.iter().any(|line| line == ".." || line == "..=" || line == "=2E"),
        "the lone dot is content: {said:#?}"
    );
}

#[tokio::test]
async fn what_can_be_set_right_is_tried_again_and_what_cannot_is_not() {
    let cases: &[(Script, bool, &str)] = &[
        (&[("RCPT", "550 5.1.1 no such user")], true, "no such user"),
        (&[(".", "554 spam")], true, "spam"),
        (&[("RCPT", "451 try later")], false, "try later"),
        (&[("MAIL", "530 5.7.0 authentication required")], false, "authentication required"),
        (&[("DATA", "")], false, ""),
        (&[(".", "")], false, ""),
        (&[("EHLO", "")], false, ""),
    ];
    for (script, is_lasting, says) in cases {
        let fault = sent(script).await.0.unwrap_err();
        assert_eq!(fault.is_lasting, *is_lasting, "{script:?}: {fault}");
        assert!(fault.message.contains(says) && !fault.message.contains(['\r', '\n']), "{script:?}: {fault}");
    }
    let nobody = ways("smtp://127.0.0.1:1", None).send(&mail()).await.unwrap_err();
    assert!(!nobody.is_lasting, "{nobody}");
    let nonsense = Mail { to: "ada@@acme".to_owned(), ..mail() };
    assert!(ways("smtp://127.0.0.1:1", None).send(&nonsense).await.unwrap_err().is_lasting);
}

#[tokio::test]
async fn over_tls_a_server_is_believed_where_its_certificate_is() {
    let folder = tempfile::tempdir().unwrap();
    let own = Certificate::new(&["localhost"], FAR);
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, &own.pem).unwrap();
    let (port, thread) = server(&[], Some(&own));
    let url = |port: u16| format!("smtps://localhost:{port}");
    ways(&url(port), Some(ca)).send(&mail()).await.unwrap();
    assert!(thread.join().unwrap().iter().any(|line| line.starts_with("RCPT")));
    let (port, thread) = server(&[], Some(&own));
    let fault = ways(&url(port), None).send(&mail()).await.unwrap_err();
    assert!(!fault.is_lasting && fault.message.contains("certificate"), "{fault}");
    assert!(!thread.join().unwrap().iter().any(|line| line.starts_with("RCPT")));
}

#[tokio::test]
async fn a_folder_keeps_each_mail_whole_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let ways = ways(&format!("file:{}", folder.path().display()), None);
    ways.check().await.unwrap();
    ways.send(&mail()).await.unwrap();
    ways.send(&mail()).await.unwrap();
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 2);
    for file in files {
        assert_eq!(file.extension().unwrap(), "eml");
        assert!(std::fs::read_to_string(&file).unwrap().contains("ada@acme.example"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
    let gone = folder.path().join("gone");
    let ways = self::ways(&format!("file:{}", gone.display()), None);
    assert!(ways.check().await.unwrap_err().contains("no folder"));
    assert!(!ways.send(&mail()).await.unwrap_err().is_lasting);
}
