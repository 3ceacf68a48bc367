//! A device that lies about one thing at a time, each refused for its own reason, and every bit of what it says changed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use testkit::authenticator::{
    Authenticator, HAS_CREDENTIAL, HAS_EXTENSIONS, IS_COPIED, MAY_BE_COPIED, Made, PRESENT, Shown, Statement, VERIFIED,
    bytes,
};

use super::super::{
    Assertion, Known, NewPasskey, PasskeyDigester, PasskeyFault, PresentedAssertion, PresentedRegistration, PublicKey,
    Registration, RelyingParty, encoded,
};
use crate::digest::hexadecimal;
use crate::keyring::Keyring;
use crate::random::fixed::Counting;
use crate::token::{IssuedToken, TokenForm};

const ORIGIN: &str = "https://gate.example.com:8443";
const PERSON: &[u8] = b"per_77777777777777777777";

fn party() -> RelyingParty {
    RelyingParty::of(ORIGIN).unwrap()
}

/// A challenge, and how a browser is told it.
fn challenge() -> (IssuedToken, String) {
    let token = IssuedToken::generate(TokenForm::PasskeyChallenge, &mut Counting(0)).unwrap();
    let told = encoded(token.reveal().as_bytes());
    (token, told)
}

fn device(of: fn() -> Authenticator) -> Authenticator {
    of().of(PERSON)
}

fn register(made: &Made) -> Result<NewPasskey, PasskeyFault> {
    let presented = PresentedRegistration {
        credential: &made.credential,
        client_data: &made.client_data,
        authenticator_data: &made.authenticator_data,
        public_key: &made.public_key,
        algorithm: &made.algorithm,
    };
    let registration = Registration::parse(&presented)?;
    assert_eq!(registration.challenge()?.reveal(), challenge().0.reveal());
    registration.check(&party())
}

/// The challenge that is answered besides, which is for whoever calls to look up.
fn sign_in_with(shown: &Shown, of: &Authenticator, counter: u32) -> Result<(String, u32), PasskeyFault> {
    let key = PublicKey::parse(of.algorithm(), &of.spki()).unwrap();
    let known = Known { key: &key, counter, may_be_copied: false, user_handle: PERSON };
    let presented = PresentedAssertion {
        credential: &shown.credential,
        client_data: &shown.client_data,
        authenticator_data: &shown.authenticator_data,
        signature: &shown.signature,
        user_handle: &shown.user_handle,
    };
    let assertion = Assertion::parse(&presented)?;
    assert_eq!(assertion.credential(), of.credential);
    Ok((assertion.challenge()?.reveal().to_owned(), assertion.check(&party(), known)?.counter))
}

fn sign_in(shown: &Shown, of: &Authenticator, counter: u32) -> Result<u32, PasskeyFault> {
    let (answered, counter) = sign_in_with(shown, of, counter)?;
    assert_eq!(answered, challenge().0.reveal());
    Ok(counter)
}

fn showing() -> Statement {
    Statement::showing(&challenge().1, ORIGIN)
}

#[test]
fn an_honest_device_makes_a_passkey_and_shows_it() {
    for of in [Authenticator::es256 as fn() -> Authenticator, Authenticator::eddsa] {
        let device = device(of);
        let new = register(&device.make(&Statement::making(&challenge().1, ORIGIN))).unwrap();
        assert_eq!(
            (&new.credential, &new.spki, new.algorithm),
            (&device.credential, &device.spki(), device.algorithm())
        );
        assert_eq!((new.counter, new.may_be_copied), (0, false));
        assert_eq!(sign_in(&device.show(&showing()), &device, 0), Ok(0));
        // A device that counts has counted on, however far; more that it says is signed and not read.
        for (counter, known) in [(1, 0), (8, 7), (u32::MAX, 7)] {
            assert_eq!(sign_in(&device.show(&Statement { counter, ..showing() }), &device, known), Ok(counter));
        }
        let more = Statement { more: r#","crossOrigin":false,"other":{"a":[]}"#, ..showing() };
        assert_eq!(sign_in(&device.show(&more), &device, 0), Ok(0));
    }
}

/// What both statements can be wrong in, and why they are refused then.
fn lies(honest: &Statement, other: &'static str) -> Vec<(Statement, PasskeyFault)> {
    use PasskeyFault::{ClientData, Copies, CrossOrigin, Kind, NotPresent, NotVerified, Origin, Party};
    let expected = honest.kind;
    let said = || honest.clone();
    let at = |origin: &str| (Statement { origin: origin.to_owned(), ..said() }, Origin);
    let says = |more| Statement { more, ..said() };
    vec![
        (Statement { kind: other, ..said() }, Kind { expected }),
        (Statement { kind: "", ..said() }, Kind { expected }),
        at("https://gate.example.com"),
        at("http://gate.example.com:8443"),
        at("https://gate.example.com:8443/"),
        at("https://gate.example.com:8443.evil.example"),
        at("https://example.com:8443"),
        at("null"),
        (says(r#","crossOrigin":true"#), CrossOrigin),
        (says(r#","crossOrigin":false,"topOrigin":"https://evil.example""#), CrossOrigin),
        (says(r#","crossOrigin":"no""#), ClientData),
        // What is said twice is not believed once.
        (says(r#","crossOrigin":false,"crossOrigin":false"#), ClientData),
        (says(r#","origin":"https://evil.example""#), ClientData),
        (says(r#","crossOrigin":false}"#), ClientData),
        (Statement { party: "example.com".to_owned(), ..said() }, Party),
        (Statement { party: "evil.gate.example.com".to_owned(), ..said() }, Party),
        (Statement { flags: honest.flags & !PRESENT, ..said() }, NotPresent),
        (Statement { flags: honest.flags & !VERIFIED, ..said() }, NotVerified),
        (Statement { flags: honest.flags | IS_COPIED, ..said() }, Copies),
    ]
}

#[test]
fn whatever_a_device_or_browser_says_wrongly_of_a_new_passkey_is_refused_for_its_own_reason() {
    let device = device(Authenticator::es256);
    let honest = Statement::making(&challenge().1, ORIGIN);
    for (lie, fault) in lies(&honest, "webauthn.get") {
        assert_eq!(register(&device.make(&lie)), Err(fault), "{lie:?}");
    }
    let none = Statement { flags: PRESENT | VERIFIED, ..honest.clone() };
    assert_eq!(register(&device.make(&none)), Err(PasskeyFault::AuthenticatorData), "no passkey is described");
    let made = device.make(&honest);
    let other = encoded(&[1; 32]);
    assert_eq!(register(&Made { credential: other, ..made.clone() }), Err(PasskeyFault::Credential));
    for length in [15, 1_024] {
        let odd = self::device(Authenticator::es256).calling(&vec![1; length]);
        assert_eq!(register(&odd.make(&honest)), Err(PasskeyFault::Credential), "{length}");
    }
    for (algorithm, fault) in [
        ("-8", PasskeyFault::Key),
        ("-257", PasskeyFault::Key),
        ("-35", PasskeyFault::Algorithm),
        ("7", PasskeyFault::Algorithm),
        ("", PasskeyFault::Algorithm),
    ] {
        let made = Made { algorithm: algorithm.to_owned(), ..made.clone() };
        assert_eq!(register(&made), Err(fault), "{algorithm}");
    }
}

#[test]
fn whatever_a_device_or_browser_says_wrongly_of_a_passkey_that_it_shows_is_refused_for_its_own_reason() {
    let (device, another) = (device(Authenticator::es256), device(Authenticator::es256));
    for (lie, fault) in lies(&showing(), "webauthn.create") {
        assert_eq!(sign_in(&device.show(&lie), &device, 0), Err(fault), "{lie:?}");
    }
    // Of a passkey that has no copies none appear.
    let copied = Statement { flags: PRESENT | VERIFIED | MAY_BE_COPIED, ..showing() };
    assert_eq!(sign_in(&device.show(&copied), &device, 0), Err(PasskeyFault::Copies));
    for flag in [HAS_CREDENTIAL, HAS_EXTENSIONS] {
        let more = Statement { flags: PRESENT | VERIFIED | flag, ..showing() };
        assert_eq!(sign_in(&device.show(&more), &device, 0), Err(PasskeyFault::AuthenticatorData));
    }
    let shown = device.show(&showing());
    let whose = |handle: &[u8]| Shown { user_handle: encoded(handle), ..shown.clone() };
    assert_eq!(sign_in(&whose(b"per_bbbbbbbbbbbbbbbbbbbb"), &device, 0), Err(PasskeyFault::Person));
    assert_eq!(sign_in(&whose(b""), &device, 0), Err(PasskeyFault::Part { part: "whose it is" }));
    // Another's key signs as well as it can.
    let forged = Shown { signature: another.show(&showing()).signature, ..shown.clone() };
    assert_eq!(sign_in(&forged, &device, 0), Err(PasskeyFault::Signature));
    // A device that counts backwards, stands still or has stopped counting is two.
    for (counter, known) in [(1, 2), (2, 2), (0, 1), (1, u32::MAX)] {
        let back = device.show(&Statement { counter, ..showing() });
        assert_eq!(sign_in(&back, &device, known), Err(PasskeyFault::Counter), "{counter} after {known}");
    }
    // That is told to nobody who has not got the key.
    let back = device.show(&Statement { counter: 1, ..showing() });
    let forged = Shown { signature: another.show(&Statement { counter: 1, ..showing() }).signature, ..back };
    assert_eq!(sign_in(&forged, &device, 2), Err(PasskeyFault::Signature));
}

#[test]
fn what_answers_no_challenge_of_ours_is_refused() {
    let device = device(Authenticator::es256);
    let (token, told) = challenge();
    let another = IssuedToken::generate(TokenForm::SignInState, &mut Counting(0)).unwrap();
    for challenge in [
        encoded(another.reveal().as_bytes()),
        encoded(&[0xff; 42]),
        encoded(&token.reveal().as_bytes()[..41]),
        token.reveal().to_owned(),
        format!("{told}="),
        String::new(),
    ] {
        let said = Statement { challenge: challenge.clone(), ..showing() };
        assert_eq!(sign_in(&device.show(&said), &device, 0), Err(PasskeyFault::Challenge), "{challenge}");
    }
}

#[test]
fn a_part_that_is_missing_or_longer_than_any_is_refused_before_it_is_read() {
    let device = device(Authenticator::es256);
    let shown = device.show(&showing());
    for part in [String::new(), "A".repeat(8_196), format!("{}=", shown.client_data), "a b".to_owned()] {
        let shown = Shown { client_data: part, ..shown.clone() };
        let fault = PasskeyFault::Part { part: "the browser's statement" };
        assert_eq!(sign_in(&shown, &device, 0), Err(fault));
    }
}

#[test]
fn a_key_has_exactly_the_form_of_its_way_of_signing() {
    for of in [Authenticator::es256 as fn() -> Authenticator, Authenticator::eddsa] {
        let device = device(of);
        let spki = device.spki();
        let is_key = |spki: &[u8]| PublicKey::parse(device.algorithm(), spki).is_ok();
        assert!(is_key(&spki));
        assert!(!is_key(&spki[..spki.len() - 1]) && !is_key(&[spki.as_slice(), &[0]].concat()) && !is_key(&[]));
        let key_length = if device.algorithm() == -7 { 64 } else { 32 };
        for at in 0..spki.len() - key_length {
            let mut other = spki.clone();
            other[at] ^= 1;
            assert!(!is_key(&other), "byte {at}");
        }
    }
    // Another curve than the algorithm's, and a point that is written in half.
    let p384 = bytes("3076301006072a8648ce3d020106052b8104002203620004");
    let half = bytes("3039301306072a8648ce3d020106082a8648ce3d03010703220002");
    for spki in [[p384.as_slice(), &[1; 96]].concat(), [half.as_slice(), &[1; 32]].concat()] {
        assert!(PublicKey::parse(-7, &spki).is_err());
    }
}

#[test]
fn the_id_of_a_passkey_has_a_fixed_digest() {
    let digester = PasskeyDigester::new(&Keyring::generate(&mut Counting(0)).unwrap());
    // Taken with another implementation: Python's hmac and hashlib.
    let expected = "6f150f7d03cf889c3a0876e9de380b0f858fdcea72ab57edd6c072c17d3deb74";
    assert_eq!(hexadecimal(&digester.digest(b"0123456789abcdef")), expected);
    assert!(digester.digests(b"0123456789abcdef").any(|digest| hexadecimal(&digest) == expected));
}

proptest! {
    /// Whatever bit of an answer is changed, nobody is signed in by it.
    #[test]
    fn no_bit_of_an_answer_can_be_changed(part in 0..4usize, at in any::<proptest::sample::Index>(), bit in 0..8u8) {
        let device = device(Authenticator::eddsa);
        let mut shown = device.show(&Statement { counter: 7, ..showing() });
        let changed = match part {
            0 => &mut shown.client_data,
            1 => &mut shown.authenticator_data,
            2 => &mut shown.signature,
            _ => &mut shown.user_handle,
        };
        let mut held = URL_SAFE_NO_PAD.decode(&*changed).unwrap();
        let at = at.index(held.len());
        held[at] ^= 1 << bit;
        *changed = encoded(&held);
        prop_assert!(sign_in_with(&shown, &device, 0).is_err());
    }
}
