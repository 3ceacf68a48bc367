//! Keys are whole or refused.

use proptest::prelude::*;

use super::*;
use crate::form::{HINT_LENGTH, SECRET_LENGTH, checksum_of};
use crate::random::OperatingSystem;
use crate::random::fixed::Counting;

fn issued(prefix: KeyPrefix) -> IssuedKey {
    IssuedKey::generate(prefix, &mut OperatingSystem).unwrap()
}

#[test]
fn an_issued_key_is_accepted_with_its_prefix() {
    for prefix in KeyPrefix::ALL {
        let key = issued(prefix);
        let presented = PresentedKey::parse(key.reveal()).unwrap();
        assert_eq!(presented.prefix(), prefix);
        assert_eq!(presented.hint(), &key.reveal()[KEY_LENGTH - 4..]);
        assert_eq!(key.reveal().len(), KEY_LENGTH);
    }
}

#[test]
fn fixed_random_bytes_give_a_fixed_key() {
    let key = IssuedKey::generate(KeyPrefix::Personal, &mut Counting(0)).unwrap();
    // The checksum was taken with another implementation of CRC-32 (zlib's).
    assert_eq!(key.reveal(), "wrp_0123456789ABCDEFGHIJKLMNOPQRSTUV3tL5Ur");
}

#[test]
fn the_secret_holds_160_bits_even_where_the_hint_is_known() {
    let bits = |letters: usize| 62f64.log2() * letters as f64;
    assert!(bits(SECRET_LENGTH) - bits(HINT_LENGTH) >= 160.0);
}

#[test]
fn printing_a_key_shows_prefix_and_hint_and_nothing_of_the_secret() {
    let key = issued(KeyPrefix::Workspace);
    let expected = format!("wrw_…{}", &key.reveal()[KEY_LENGTH - 4..]);
    for printed in [format!("{key}"), format!("{key:?}"), format!("{:?}", key.presented())] {
        assert_eq!(printed, expected);
    }
}

#[test]
fn what_is_no_key_is_refused_with_the_reason() {
    let key = issued(KeyPrefix::Agent).reveal().to_owned();
    let refusal = |text: &str| PresentedKey::parse(text).unwrap_err();
    assert_eq!(refusal(""), KeyFault::Prefix);
    assert_eq!(refusal("sk-proj-0123456789"), KeyFault::Prefix);
    assert_eq!(refusal(&key.replace("wra_", "WRA_")), KeyFault::Prefix);
    assert_eq!(refusal("wra_"), KeyFault::Length { found: 4 });
    assert_eq!(refusal(&format!("{key} ")), KeyFault::Length { found: KEY_LENGTH + 1 });
    assert_eq!(refusal(&format!("{}-", &key[..KEY_LENGTH - 1])), KeyFault::Alphabet);
    // A character of two bytes across the place where the checksum begins must not be cut in half.
    assert_eq!(refusal(&format!("{}é{}", &key[..35], &key[37..])), KeyFault::Alphabet);
    // The prefix is covered by the checksum: a personal key cannot be passed off as a workspace key.
    assert_eq!(refusal(&key.replace("wra_", "wrw_")), KeyFault::Checksum);
}

#[test]
fn every_key_with_one_character_changed_is_refused() {
    let key = issued(KeyPrefix::Personal);
    for place in 0..KEY_LENGTH {
        for replacement in 0u8..128 {
            let mut bytes = key.reveal().as_bytes().to_vec();
            if bytes[place] == replacement {
                continue;
            }
            bytes[place] = replacement;
            let text = String::from_utf8(bytes).unwrap();
            assert!(PresentedKey::parse(&text).is_err(), "{place} {replacement}");
        }
    }
}

#[test]
fn every_part_of_a_key_is_refused() {
    let key = issued(KeyPrefix::Personal);
    for start in 0..KEY_LENGTH {
        for end in start..=KEY_LENGTH {
            assert!((start, end) == (0, KEY_LENGTH) || PresentedKey::parse(&key.reveal()[start..end]).is_err());
        }
    }
}

#[test]
fn two_neighbours_swapped_are_refused() {
    let key = issued(KeyPrefix::Personal);
    for place in 0..KEY_LENGTH - 1 {
        let mut bytes = key.reveal().as_bytes().to_vec();
        bytes.swap(place, place + 1);
        let text = String::from_utf8(bytes).unwrap();
        assert!(text == key.reveal() || PresentedKey::parse(&text).is_err(), "{place}");
    }
}

proptest! {
    #[test]
    fn no_text_breaks_the_parser(text in "\\PC{0,60}") {
        prop_assert!(PresentedKey::parse(&text).is_err());
    }

    #[test]
    fn a_changed_character_is_refused_whatever_the_secret(
        secret in "[0-9A-Za-z]{32}",
        place in 0..KEY_LENGTH,
        replacement in "[0-9A-Za-z]",
    ) {
        let body = format!("wrp_{secret}");
        let whole: String = body.chars().chain(checksum_of(&body).map(char::from)).collect();
        prop_assert!(PresentedKey::parse(&whole).is_ok());
        let mut changed = whole.clone();
        changed.replace_range(place..place + 1, &replacement);
        prop_assert!(changed == whole || PresentedKey::parse(&changed).is_err());
    }
}
