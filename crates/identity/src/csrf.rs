//! What shows that a form, or a request of the portal, was made for this session and for this door: a keyed hash of
//! both, which another site cannot know.
//!
//! Nothing is stored: the token is taken again and compared. It is bound to the *digest* of the session's token, so
//! that it ends with the session, and before somebody is signed in to the digest of the browser's. This module never
//! looks at `Origin` or `Sec-Fetch-Site`: the door does, besides.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::keyring::Keyring;
use crate::mac;

/// Characters of a token.
pub const CSRF_LENGTH: usize = 43;
const LABEL: &str = "wardroom/v1/csrf";

/// Makes and checks these tokens.
#[derive(Clone)]
pub struct Csrf(mac::Labelled);

impl Csrf {
    /// Prepares the tokens of this installation.
    #[must_use]
    pub fn new(keyring: &Keyring) -> Self {
        Self(mac::Labelled::new(keyring, LABEL))
    }

    /// The token of a session, given by its digest, for one door: 43 characters that need no escaping in a form or
    /// a header. `door` is a word of the caller's that is the same when the token is checked, such as `api`.
    #[must_use]
    pub fn token(&self, session: &[u8; 32], door: &str) -> String {
        URL_SAFE_NO_PAD.encode(mac::finish(fed(self.0.newest(), session, door)))
    }

    /// Whether the token was made for this session and this door, compared in a time that does not depend on where
    /// they differ.
    #[must_use]
    pub fn is_good(&self, session: &[u8; 32], door: &str, presented: &str) -> bool {
        if presented.len() != CSRF_LENGTH {
            return false;
        }
        let Ok(presented) = URL_SAFE_NO_PAD.decode(presented) else { return false };
        self.0.each().any(|mac| mac::is(fed(mac, session, door), &presented))
    }
}

fn fed(mut mac: mac::Keyed, session: &[u8; 32], door: &str) -> mac::Keyed {
    mac::feed_part(&mut mac, session);
    mac::feed_part(&mut mac, door.as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::OperatingSystem;
    use crate::random::fixed::Counting;

    fn csrf() -> Csrf {
        Csrf::new(&Keyring::generate(&mut Counting(0)).unwrap())
    }

    #[test]
    fn a_fixed_session_has_a_fixed_token() {
        // Taken with another implementation: Python's hmac, hashlib and base64.
        assert_eq!(csrf().token(&[7; 32], "api"), "Tsm7Y0XC1U-jxJynK2L9CoM0WdthF-x0CGQ0rpQgxl8");
    }

    #[test]
    fn a_token_is_good_for_its_session_and_its_door_alone() {
        let token = csrf().token(&[1; 32], "api");
        assert!(csrf().is_good(&[1; 32], "api", &token));
        assert!(!csrf().is_good(&[2; 32], "api", &token), "another session");
        assert!(!csrf().is_good(&[1; 32], "sign-out", &token), "another door");
        let other = Csrf::new(&Keyring::generate(&mut OperatingSystem).unwrap());
        assert!(!other.is_good(&[1; 32], "api", &token), "another installation");
    }

    #[test]
    fn a_token_made_before_the_master_keys_were_rotated_is_good_until_the_old_one_is_taken_away() {
        let mut keyring = Keyring::generate(&mut Counting(0)).unwrap();
        let token = Csrf::new(&keyring).token(&[1; 32], "api");
        keyring.rotate(&mut OperatingSystem).unwrap();
        assert!(Csrf::new(&keyring).is_good(&[1; 32], "api", &token));
        assert_ne!(Csrf::new(&keyring).token(&[1; 32], "api"), token);
    }

    #[test]
    fn every_changed_character_and_every_part_is_refused() {
        let token = csrf().token(&[1; 32], "api");
        assert_eq!(token.len(), CSRF_LENGTH);
        for place in 0..token.len() {
            for replacement in 0u8..128 {
                let mut bytes = token.clone().into_bytes();
                if bytes[place] == replacement {
                    continue;
                }
                bytes[place] = replacement;
                assert!(!csrf().is_good(&[1; 32], "api", &String::from_utf8(bytes).unwrap()), "{place} {replacement}");
            }
            assert!(!csrf().is_good(&[1; 32], "api", &token[..place]));
        }
        assert!(!csrf().is_good(&[1; 32], "api", &format!("{token}=")));
    }

    proptest! {
        #[test]
        fn no_other_text_is_good(text in "\\PC{0,50}") {
            prop_assert!(!csrf().is_good(&[1; 32], "api", &text));
        }
    }
}
