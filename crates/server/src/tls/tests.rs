//! Reading pairs, and what is said of them.

use testkit::certificate::{Certificate, FAR};

use super::*;

fn written(folder: &Path, cert: &str, key: &str) -> Files {
    let files = Files { cert: folder.join("cert.pem"), key: folder.join("key.pem") };
    std::fs::write(&files.cert, cert).unwrap();
    std::fs::write(&files.key, key).unwrap();
    files
}

fn at(text: &str) -> Timestamp {
    Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

#[test]
fn what_cannot_be_used_names_the_setting_and_never_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let (own, other) = (Certificate::new(&["a.example"], FAR), Certificate::new(&["a.example"], FAR));
    let broken = own.key_pem.replace("MIG", "!!!");
    for (cert, key, says) in [
        ("", own.key_pem.as_str(), "tls-cert-file: "),
        (&own.key_pem, &own.key_pem, "holds no certificate"),
        (&own.pem, "", "tls-key-file: "),
        (&own.pem, &own.pem, "holds no private key"),
        (&own.pem, &broken, "holds no private key"),
        (&own.pem, &other.key_pem, "is not the key of the first certificate"),
        (&format!("{}{}", other.pem, own.pem), &own.key_pem, "is not the key of the first certificate"),
    ] {
        let Err(fault) = written(folder.path(), cert, key).read() else { panic!("taken: {says}") };
        let told = fault.to_string();
        assert!(told.contains(says), "{told}");
        let secret = own.key_pem.lines().nth(1).unwrap();
        assert!(!told.contains(&secret[..16]), "{told}");
    }
    let missing = Files { cert: folder.path().join("none.pem"), key: folder.path().join("key.pem") };
    let Err(fault) = missing.read() else { panic!("there is no such file") };
    assert!(fault.to_string().contains("none.pem cannot be read"), "{fault}");
    assert!(written(folder.path(), &own.pem, &own.key_pem).read().is_ok());
}

#[test]
fn the_end_of_a_certificate_and_a_host_that_it_is_not_for_are_pointed_out() {
    let folder = tempfile::tempdir().unwrap();
    let own = Certificate::new(&["gate.example.com", "*.wild.example.com"], "20300331120000Z");
    let files = written(folder.path(), &own.pem, &own.key_pem);
    #[cfg(unix)]
    std::fs::set_permissions(&files.key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let pair = files.read().unwrap();
    assert_eq!(pair.good(), Some((at("2020-01-01T00:00:00Z"), at("2030-03-31T12:00:00Z"))));
    let said = |host: &str, now: &str| pair.remarks(host, at(now)).join("; ");
    for host in ["gate.example.com", "one.wild.example.com", "127.0.0.1"] {
        assert_eq!(said(host, "2026-11-22T00:00:00Z"), "", "{host}");
    }
    for host in ["example.com", "gate.example.org", "[::1]"] {
        assert!(said(host, "2026-11-22T00:00:00Z").contains(&format!("is not for {host}")), "{host}");
    }
    let said = |now: &str| said("gate.example.com", now);
    assert_eq!(said("2030-03-17T11:59:59Z"), "");
    assert!(said("2030-03-17T12:00:01Z").contains("expires on 2030-03-31, in 13 days"));
    assert!(said("2030-04-01T00:00:00Z").contains("has expired on 2030-03-31"));
    assert!(said("2019-12-31T00:00:00Z").contains("not good before 2020-01-01"));
}

#[cfg(unix)]
#[test]
fn a_key_that_everybody_can_read_is_pointed_out() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let own = Certificate::new(&["a.example"], FAR);
    let files = written(folder.path(), &own.pem, &own.key_pem);
    for (mode, is_open) in [(0o600, false), (0o640, false), (0o644, true)] {
        std::fs::set_permissions(&files.key, std::fs::Permissions::from_mode(mode)).unwrap();
        let remarks = files.read().unwrap().remarks("a.example", at("2026-11-22T00:00:00Z"));
        assert_eq!(remarks.iter().any(|remark| remark.contains("mode 644")), is_open, "{mode:o}: {remarks:?}");
    }
}

#[test]
fn bytes_that_are_no_certificate_have_no_end() {
    let own = Certificate::new(&["a.example"], FAR).der;
    assert!(validity::of(&own).is_some());
    for length in 0..own.len().min(200) {
        // Until behind the two moments, which stand in the first 200 bytes.
        assert_eq!(validity::of(&own[..length]), None, "{length}");
    }
    let utc = |year: &str| format!("{year}0101000000Z");
    let certificate = |from: &str, until: &str| {
        let times = [&[0x17, 13][..], from.as_bytes(), &[0x17, 13], until.as_bytes()].concat();
        let fields = [&[2, 1, 1, 0x30, 0, 0x30, 0, 0x30, 30][..], &times].concat();
        let signed = [&[0x30, fields.len() as u8][..], &fields].concat();
        [&[0x30, signed.len() as u8][..], &signed].concat()
    };
    let good = validity::of(&certificate(&utc("50"), &utc("49")));
    assert_eq!(good, Some((at("1950-01-01T00:00:00Z"), at("2049-01-01T00:00:00Z"))));
    assert_eq!(validity::of(&certificate("991301000000Z", &utc("49"))), None, "no thirteenth month");
}
