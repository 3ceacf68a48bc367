//! Tokens are whole, of the form that is expected and for the purpose that they were made for, or refused.

use proptest::prelude::*;

use super::*;
use crate::digest::{KeyDigester, hexadecimal};
use crate::key::{IssuedKey, KeyPrefix, PresentedKey};
use crate::keyring::Keyring;
use crate::random::OperatingSystem;
use crate::random::fixed::Counting;

fn issued(form: TokenForm) -> IssuedToken {
    IssuedToken::generate(form, &mut OperatingSystem).unwrap()
}

fn keyring() -> Keyring {
    Keyring::generate(&mut Counting(0)).unwrap()
}

#[test]
fn an_issued_token_is_accepted_at_its_own_door_and_refused_at_every_other() {
    for form in TokenForm::ALL {
        let token = issued(form);
        for door in TokenForm::ALL {
            match PresentedToken::parse(door, token.reveal()) {
                Ok(presented) => assert!(door == form && presented.form() == form),
                Err(fault) => assert!(door != form && fault == TokenFault::Prefix { expected: door.as_str() }),
            }
        }
    }
}

#[test]
fn no_token_is_taken_for_a_key_and_no_key_for_a_token() {
    for form in TokenForm::ALL {
        assert!(PresentedKey::parse(issued(form).reveal()).is_err());
        for prefix in KeyPrefix::ALL {
            let key = IssuedKey::generate(prefix, &mut OperatingSystem).unwrap();
            assert!(PresentedToken::parse(form, key.reveal()).is_err());
        }
    }
}

#[test]
fn fixed_random_bytes_give_a_fixed_token() {
    // The checksums were taken with another implementation of CRC-32 (zlib's).
    let expected = [
        "wrs_0123456789ABCDEFGHIJKLMNOPQRSTUV3O5RDb",
        "wrb_0123456789ABCDEFGHIJKLMNOPQRSTUV3NBHTu",
        "wrl_0123456789ABCDEFGHIJKLMNOPQRSTUV2rULvz",
        "wro_0123456789ABCDEFGHIJKLMNOPQRSTUV4QZlkz",
        "wru_0123456789ABCDEFGHIJKLMNOPQRSTUV1nIJ1n",
        "wri_0123456789ABCDEFGHIJKLMNOPQRSTUV0meOxd",
        "wrc_0123456789ABCDEFGHIJKLMNOPQRSTUV2ry2ea",
        "wrd_0123456789ABCDEFGHIJKLMNOPQRSTUV1ocsWc",
    ];
    for (form, expected) in TokenForm::ALL.into_iter().zip(expected) {
        assert_eq!(IssuedToken::generate(form, &mut Counting(0)).unwrap().reveal(), expected);
    }
}

#[test]
fn fixed_tokens_give_fixed_digests() {
    // Taken with another implementation: Python's hmac and hashlib.
    let expected = [
        (Purpose::Session, "51605b988b3ddcec9092f5945f5430ffae2a923d957fc8d81ff91ea6b6a5fe48"),
        (Purpose::FirstLink, "8cccb3b6da06131bcd7c21d85bacdab1a2961467027398413f3d86cd86486771"),
        (Purpose::EmailLink, "24073c49174638ed8113ce26bb1e914b8d919d883b815fb45d99ca1509fc87d6"),
        (Purpose::Invitation, "df6fc809e6f36ec45e579c231ba4ac76744a5480453786819dbcb2e9aeb83daf"),
    ];
    for (purpose, expected) in expected {
        let token = IssuedToken::generate(purpose.form(), &mut Counting(0)).unwrap();
        assert_eq!(hexadecimal(&TokenDigester::new(&keyring()).digest(purpose, &token.presented())), expected);
    }
}

#[test]
fn a_digest_is_of_one_token_and_one_purpose() {
    let digester = TokenDigester::new(&keyring());
    let (token, other) = (issued(TokenForm::SignInLink), issued(TokenForm::SignInLink));
    for stored_for in Purpose::ALL {
        let stored = digester.digest(stored_for, &token.presented());
        for purpose in Purpose::ALL {
            assert_eq!(digester.is_of(&stored, purpose, &token.presented()), purpose == stored_for);
            assert!(!digester.is_of(&stored, purpose, &other.presented()));
        }
        for bit in 0..256 {
            let mut changed = stored;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(!digester.is_of(&changed, stored_for, &token.presented()), "bit {bit}");
        }
    }
}

#[test]
fn the_digest_of_a_token_is_never_that_of_a_key_with_the_same_text() {
    let key = IssuedKey::generate(KeyPrefix::Personal, &mut OperatingSystem).unwrap();
    let as_key = KeyDigester::new(&keyring()).digest(&key.presented());
    let presented = PresentedToken { form: TokenForm::Session, text: key.reveal() };
    for purpose in Purpose::ALL {
        assert_ne!(TokenDigester::new(&keyring()).digest(purpose, &presented), as_key);
    }
}

#[test]
fn a_token_is_found_under_an_older_master_key_until_that_is_taken_away() {
    let token = issued(TokenForm::Invitation);
    let stored = TokenDigester::new(&keyring()).digest(Purpose::Invitation, &token.presented());
    let mut rotated = keyring();
    rotated.rotate(&mut OperatingSystem).unwrap();
    let digester = TokenDigester::new(&rotated);
    let newest = digester.digest(Purpose::Invitation, &token.presented());
    assert_ne!(newest, stored);
    assert_eq!(digester.digests(Purpose::Invitation, &token.presented()).collect::<Vec<_>>(), [newest, stored]);
    assert!(digester.is_of(&stored, Purpose::Invitation, &token.presented()));
    let other = TokenDigester::new(&Keyring::generate(&mut OperatingSystem).unwrap());
    assert!(!other.is_of(&stored, Purpose::Invitation, &token.presented()));
}

#[test]
fn printing_a_token_shows_prefix_and_hint_and_nothing_of_the_secret() {
    let token = issued(TokenForm::Session);
    let expected = format!("wrs_…{}", &token.reveal()[TOKEN_LENGTH - 4..]);
    assert_eq!(format!("{token:?}"), expected);
    assert_eq!(format!("{:?}", token.presented()), expected);
}

#[test]
fn every_token_with_one_character_changed_or_cut_is_refused() {
    for form in TokenForm::ALL {
        let token = issued(form);
        for place in 0..TOKEN_LENGTH {
            assert!(PresentedToken::parse(form, &token.reveal()[..place]).is_err());
            for replacement in 0u8..128 {
                let mut bytes = token.reveal().as_bytes().to_vec();
                if bytes[place] == replacement {
                    continue;
                }
                bytes[place] = replacement;
                let text = String::from_utf8(bytes).unwrap();
                assert!(PresentedToken::parse(form, &text).is_err(), "{place} {replacement}");
            }
        }
        assert!(PresentedToken::parse(form, &format!("{}0", token.reveal())).is_err());
    }
}

#[test]
fn two_purposes_never_go_by_the_same_word() {
    let words: std::collections::BTreeSet<&str> = Purpose::ALL.into_iter().map(Purpose::as_str).collect();
    assert_eq!(words.len(), Purpose::ALL.len());
}

proptest! {
    #[test]
    fn no_text_breaks_the_parser(text in "(wr[sbloid]_)?\\PC{0,50}") {
        for form in TokenForm::ALL {
            prop_assert!(PresentedToken::parse(form, &text).is_err());
        }
    }
}
