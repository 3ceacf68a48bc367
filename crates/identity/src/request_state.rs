//! What an upstream wants to be told again with the answers to its questions (`requestState`), on its way through a client:
//! marked, so that it comes back as it was given, and only for the call for which it was given.
//!
//! It is not hidden from the client, which the protocol does not promise either; nothing is stored.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::keyring::Keyring;
use crate::mac;

const LABEL: &str = "wardroom/v1/request-state";

/// Marks and recognises these states.
#[derive(Clone)]
pub struct RequestStates(mac::Labelled);

impl RequestStates {
    /// Prepares the marks of this installation.
    #[must_use]
    pub fn new(keyring: &Keyring) -> Self {
        Self(mac::Labelled::new(keyring, LABEL))
    }

    /// The state with a mark. `about` says for which call it was given and is the same when it comes back; from `ends_at_ms`
    /// on, in milliseconds of Unix time, it is taken no more.
    #[must_use]
    pub fn mark(&self, about: &[&[u8]], ends_at_ms: i64, state: &str) -> String {
        let mark = mac::finish(fed(self.0.newest(), about, ends_at_ms, state));
        format!("{}.{ends_at_ms}.{state}", URL_SAFE_NO_PAD.encode(mark))
    }

    /// The state as it was given, where it was marked for this call and its time is not over.
    #[must_use]
    pub fn unmark<'s>(&self, about: &[&[u8]], now_ms: i64, marked: &'s str) -> Option<&'s str> {
        let (mark, rest) = marked.split_once('.')?;
        let (ends_at, state) = rest.split_once('.')?;
        let ends_at_ms: i64 = ends_at.parse().ok()?;
        let mark = URL_SAFE_NO_PAD.decode(mark).ok()?;
        let is_ours = self.0.each().any(|mac| mac::is(fed(mac, about, ends_at_ms, state), &mark));
        (is_ours && now_ms < ends_at_ms).then_some(state)
    }
}

fn fed(mut mac: mac::Keyed, about: &[&[u8]], ends_at_ms: i64, state: &str) -> mac::Keyed {
    for part in about {
        mac::feed_part(&mut mac, part);
    }
    mac::feed_part(&mut mac, &ends_at_ms.to_be_bytes());
    mac::feed_part(&mut mac, state.as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::fixed::Counting;

    const ABOUT: [&[u8]; 2] = [b"usr_1", b"tool"];

    fn states() -> RequestStates {
        RequestStates::new(&Keyring::generate(&mut Counting(0)).unwrap())
    }

    #[test]
    fn a_state_comes_back_as_it_was_given_for_its_call_and_in_its_time_alone() {
        for state in ["", "a.b.c", "{\"x\": \"ü\"}"] {
            let marked = states().mark(&ABOUT, 10, state);
            assert_eq!(states().unmark(&ABOUT, 9, &marked), Some(state));
            assert_eq!(states().unmark(&ABOUT, 10, &marked), None, "its time is over");
            for about in [[&b"usr_2"[..], b"tool"], [b"usr_1", b"other"], [b"usr_1t", b"ool"]] {
                assert_eq!(states().unmark(&about, 9, &marked), None, "{about:?}");
            }
            let other = RequestStates::new(&Keyring::generate(&mut Counting(1)).unwrap());
            assert_eq!(other.unmark(&ABOUT, 9, &marked), None, "another installation");
        }
    }

    proptest! {
        #[test]
        fn what_was_changed_on_the_way_is_not_taken(state in ".{0,20}", place in any::<prop::sample::Index>(), letter in "[a-zA-Z0-9.]") {
            let marked = states().mark(&ABOUT, 10, &state);
            let letters: Vec<char> = marked.chars().collect();
            let place = place.index(letters.len());
            let mut changed = letters.clone();
            changed[place] = letter.chars().next().unwrap();
            prop_assume!(changed != letters);
            let changed: String = changed.into_iter().collect();
            let taken = states().unmark(&ABOUT, 9, &changed);
            prop_assert!(taken.is_none(), "{changed:?}");
            prop_assert_eq!(states().unmark(&ABOUT, 9, &state), None);
        }
    }
}
