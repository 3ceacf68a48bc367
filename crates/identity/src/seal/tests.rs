//! What is sealed opens in its own place, unchanged, and nowhere else.

use proptest::prelude::*;

use super::*;
use crate::random::OperatingSystem;
use crate::random::fixed::Counting;

const PLACE: SecretPlace<'static> = SecretPlace { org: "org_a", secret: "int_1/bearer" };

fn keyring() -> Keyring {
    Keyring::generate(&mut Counting(0)).unwrap()
}

#[test]
fn fixed_keys_and_nonces_give_fixed_bytes() {
    // The nonce is 0, 1, … 23. The rest was checked with another implementation of the cipher.
    let sealed = Sealer::new(&keyring()).seal(PLACE, b"sk_live_upstream", &mut Counting(0)).unwrap();
    let hex: String = sealed.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        hex,
        concat!(
            "01026b31000102030405060708090a0b0c0d0e0f101112131415161798bb0f1afc798fb0b3633c9c",
            "ed4844c4922e80edbd33f77b8e4ce7b1a93f90c6",
        )
    );
}

#[test]
fn a_secret_is_not_sealed_twice_alike() {
    let sealer = Sealer::new(&keyring());
    let first = sealer.seal(PLACE, b"same", &mut OperatingSystem).unwrap();
    let second = sealer.seal(PLACE, b"same", &mut OperatingSystem).unwrap();
    assert_ne!(first, second);
    assert_eq!(sealer.open(PLACE, &first).unwrap(), sealer.open(PLACE, &second).unwrap());
}

#[test]
fn a_row_in_another_place_does_not_open() {
    let sealer = Sealer::new(&keyring());
    let sealed = sealer.seal(PLACE, b"secret", &mut OperatingSystem).unwrap();
    let elsewhere = [
        SecretPlace { org: "org_b", ..PLACE },
        SecretPlace { secret: "int_2/bearer", ..PLACE },
        SecretPlace { org: "org_ai", secret: "nt_1/bearer" },
        SecretPlace { org: "int_1/bearer", secret: "org_a" },
    ];
    for place in elsewhere {
        assert_eq!(sealer.open(place, &sealed), Err(OpenFault::Forged), "{place:?}");
    }
}

#[test]
fn every_changed_bit_and_every_cut_is_refused() {
    let sealer = Sealer::new(&keyring());
    let sealed = sealer.seal(PLACE, b"secret", &mut OperatingSystem).unwrap();
    for place in 0..sealed.len() {
        for bit in 0..8 {
            let mut changed = sealed.clone();
            changed[place] ^= 1 << bit;
            assert!(sealer.open(PLACE, &changed).is_err(), "byte {place}, bit {bit}");
        }
        assert!(sealer.open(PLACE, &sealed[..place]).is_err(), "cut at {place}");
    }
    let mut longer = sealed;
    longer.push(0);
    assert_eq!(sealer.open(PLACE, &longer), Err(OpenFault::Forged));
}

#[test]
fn after_a_rotation_old_secrets_open_and_new_ones_use_the_new_key() {
    let mut rotated = keyring();
    let before = Sealer::new(&rotated);
    let old = before.seal(PLACE, b"old", &mut OperatingSystem).unwrap();
    rotated.rotate(&mut OperatingSystem).unwrap();
    let after = Sealer::new(&rotated);
    let new = after.seal(PLACE, b"new", &mut OperatingSystem).unwrap();

    assert_eq!(after.open(PLACE, &old).unwrap().as_slice(), b"old");
    assert_eq!(after.open(PLACE, &new).unwrap().as_slice(), b"new");
    assert!(before.is_current(&old) && !after.is_current(&old) && after.is_current(&new));
    assert_eq!(before.open(PLACE, &new), Err(OpenFault::KeyMissing { id: "k2".to_owned() }));
}

#[test]
fn another_installation_cannot_open_it() {
    let sealed = Sealer::new(&keyring()).seal(PLACE, b"secret", &mut OperatingSystem).unwrap();
    // The id of the key is the same, the key is not.
    let other = Sealer::new(&Keyring::generate(&mut OperatingSystem).unwrap());
    assert_eq!(other.open(PLACE, &sealed), Err(OpenFault::Forged));
}

#[test]
fn a_format_of_the_future_and_a_secret_without_measure_are_refused() {
    let sealer = Sealer::new(&keyring());
    assert_eq!(sealer.open(PLACE, &[9, 0, 0]), Err(OpenFault::Version { found: 9 }));
    assert_eq!(sealer.open(PLACE, &[]), Err(OpenFault::Damaged));
    let large = vec![0; SECRET_LENGTH_MAX + 1];
    let fault = sealer.seal(PLACE, &large, &mut OperatingSystem).unwrap_err();
    assert_eq!(fault, SealFault::TooLong { found: SECRET_LENGTH_MAX + 1 });
}

proptest! {
    #[test]
    fn every_secret_comes_back(secret in proptest::collection::vec(any::<u8>(), 0..400), org in "[a-z_]{1,30}") {
        let sealer = Sealer::new(&keyring());
        let place = SecretPlace { org: &org, secret: "x" };
        let sealed = sealer.seal(place, &secret, &mut OperatingSystem).unwrap();
        let opened = sealer.open(place, &sealed).unwrap();
        prop_assert_eq!(opened.as_slice(), secret.as_slice());
    }

    #[test]
    fn no_bytes_break_the_opener(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Sealer::new(&keyring()).open(PLACE, &bytes).is_err());
    }
}
