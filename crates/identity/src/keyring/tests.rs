//! A key file is read whole or refused with its line.

use super::*;
use crate::random::OperatingSystem;
use crate::random::fixed::{Counting, Stuck};

const BASE64: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

fn fault(text: &str) -> KeyringFault {
    Keyring::parse(text).unwrap_err()
}

#[test]
fn a_keyring_survives_text_and_back_in_order() {
    let mut keyring = Keyring::generate(&mut OperatingSystem).unwrap();
    keyring.rotate(&mut OperatingSystem).unwrap();
    keyring.rotate(&mut OperatingSystem).unwrap();
    let read = Keyring::parse(&keyring.to_text()).unwrap();
    let all = |keyring: &Keyring| keyring.newest_first().map(|key| (key.id.clone(), *key.secret)).collect::<Vec<_>>();
    assert_eq!(all(&read), all(&keyring));
    assert_eq!(all(&read).into_iter().map(|(id, _)| id).collect::<Vec<_>>(), ["k3", "k2", "k1"]);
}

#[test]
fn base64_and_hex_say_the_same() {
    let expected: Vec<u8> = (0..32).collect();
    let texts = [
        format!("a {BASE64}"),
        format!("a {}", BASE64.trim_end_matches('=')),
        format!("a\t{HEX}"),
        format!("# by hand\r\n\r\n  a   {}  \r\n", HEX.to_uppercase()),
    ];
    for text in texts {
        let keyring = Keyring::parse(&text).unwrap();
        assert_eq!(keyring.newest().secret.as_slice(), expected, "{text}");
        assert_eq!(keyring.newest().id, "a");
    }
}

#[test]
fn the_text_of_a_generated_keyring_is_fixed_by_its_random_bytes() {
    let text = Keyring::generate(&mut Counting(0)).unwrap().to_text();
    assert_eq!(text.lines().last().unwrap(), format!("k1 {BASE64}"));
    assert!(text.lines().rev().skip(1).all(|line| line.starts_with('#')));
}

#[test]
fn a_wrong_line_is_named_and_refuses_the_whole() {
    assert_eq!(fault(""), KeyringFault::Empty);
    assert_eq!(fault("# nothing\n\n"), KeyringFault::Empty);
    assert_eq!(fault(BASE64), KeyringFault::Form { line: 1 });
    assert_eq!(fault(&format!("a {BASE64}\n\nNo {HEX}")), KeyringFault::Id { line: 3 });
    assert_eq!(fault(&format!("{} {HEX}", "a".repeat(33))), KeyringFault::Id { line: 1 });
    assert_eq!(fault(&format!("a {BASE64}\na {HEX}")), KeyringFault::Twice { line: 2, id: "a".to_owned() });
    assert_eq!(fault(&format!("a {}", &HEX[2..])), KeyringFault::Key { line: 1 });
    assert_eq!(fault(&format!("a {}", HEX.replace("0a", "+a"))), KeyringFault::Key { line: 1 });
    assert_eq!(fault(&format!("a {HEX} more")), KeyringFault::Key { line: 1 });
    assert_eq!(fault("a aGVsbG8="), KeyringFault::Key { line: 1 });
    assert_eq!(fault(&format!("a {}", "00".repeat(32))), KeyringFault::Weak { line: 1 });
    let many: String = (0..=MASTER_KEYS_MAX).map(|number| format!("k{number} {HEX}\n")).collect();
    assert_eq!(fault(&many), KeyringFault::TooMany { line: MASTER_KEYS_MAX + 1 });
}

#[test]
fn no_fault_and_no_print_repeats_a_key() {
    let texts = [BASE64.to_owned(), format!("a {BASE64}\na {HEX}"), format!("a {HEX}x"), format!("NO {BASE64}")];
    for text in texts {
        let message = format!("{0} {0:?}", fault(&text));
        assert!(!message.contains(&BASE64[..8]) && !message.contains(&HEX[..8]), "{message}");
    }
    let keyring = Keyring::parse(&format!("a {BASE64}\nb {HEX}")).unwrap();
    assert_eq!(format!("{keyring:?}"), "Keyring( a b)");
}

#[test]
fn a_rotation_takes_an_id_that_is_free() {
    let mut keyring = Keyring::parse(&format!("k2 {BASE64}\n2026-11 {HEX}")).unwrap();
    keyring.rotate(&mut OperatingSystem).unwrap();
    keyring.rotate(&mut OperatingSystem).unwrap();
    let ids: Vec<String> = keyring.newest_first().map(|key| key.id.clone()).collect();
    assert_eq!(ids, ["k4", "k3", "2026-11", "k2"]);
    Keyring::parse(&keyring.to_text()).unwrap();
}

#[test]
fn a_source_that_is_stuck_makes_no_key() {
    assert!(Keyring::generate(&mut Stuck(7)).is_err());
}
