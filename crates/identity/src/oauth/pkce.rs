//! Proof Key for Code Exchange (RFC 7636), by S256 alone: whoever exchanges a code is who asked for it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::random::{RandomFault, RandomSource, random_array};

/// Characters of a challenge: a SHA-256 in base64url.
const CHALLENGE_LENGTH: usize = 43;

/// Whether a text has the form of a challenge.
#[must_use]
pub fn is_challenge(text: &str) -> bool {
    text.len() == CHALLENGE_LENGTH && URL_SAFE_NO_PAD.decode(text).is_ok()
}

/// Whether this verifier is the one that the challenge was made of. Neither is a secret any more when they are compared: the
/// verifier is shown once, and the challenge went through a browser.
#[must_use]
pub fn answers(challenge: &str, verifier: &str) -> bool {
    let has_form = (43..=128).contains(&verifier.len())
        && verifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    has_form && challenge_of(verifier) == challenge
}

/// The S256 challenge of a verifier.
#[must_use]
pub fn challenge_of(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

/// A new verifier: 43 characters made of 256 random bits (RFC 7636, section 4.1).
///
/// # Errors
/// [`RandomFault`] where there are none.
pub fn verifier(source: &mut (impl RandomSource + ?Sized)) -> Result<Zeroizing<String>, RandomFault> {
    let bytes = Zeroizing::new(random_array::<32>(source)?);
    Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification_holds_and_nothing_near_it_does() {
        // RFC 7636, appendix B.
        let (verifier, challenge) =
            ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(is_challenge(challenge) && answers(challenge, verifier));
        assert_eq!(challenge_of(verifier), challenge);
        let own = super::verifier(&mut crate::random::OperatingSystem).unwrap();
        assert!(answers(&challenge_of(&own), &own));
        for other in ["dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK", "", challenge, &verifier[1..]] {
            assert!(!answers(challenge, other), "{other}");
        }
        let long = "a".repeat(129);
        let of_long = URL_SAFE_NO_PAD.encode(Sha256::digest(long.as_bytes()));
        assert!(!answers(&of_long, &long));
        for no_challenge in ["", "abc", &challenge[1..], &format!("{challenge}="), &challenge.replace('-', "+")] {
            assert!(!is_challenge(no_challenge), "{no_challenge}");
        }
    }
}
