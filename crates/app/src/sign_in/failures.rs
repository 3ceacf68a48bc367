//! Tries to sign in that failed, counted by network, so that guessing is slow for whoever guesses; and what is begun with
//! a provider or by mail, so that nobody fills the disk with it.
//!
//! What was shown is looked up first, and only what opened nothing is charged: whoever has a link that is good is let in,
//! and whoever comes back from a provider, however many from the same network have begun or guessed.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use domain::id::PersonId;
use domain::time::Timestamp;

use crate::{App, Problem};

/// How much one network may do.
#[derive(Clone, Copy)]
struct Rate {
    /// So often at once; then once in each `each_ms`.
    at_once: i64,
    /// After how long once more, in milliseconds.
    each_ms: i64,
}

/// Of tries that fail.
const FAILING: Rate = Rate { at_once: 20, each_ms: 1_000 };
/// Of what is begun and written down. A company behind one address comes to work within minutes.
const BEGINNING: Rate = Rate { at_once: 200, each_ms: 100 };
/// Networks and people that are remembered. Beyond that those that owe nothing are forgotten, and where that does not help all.
const NETWORKS_MAX: usize = 100_000;

/// Whom something is charged to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Payer {
    /// Whoever is in a network.
    Network(IpAddr),
    /// Somebody who is signed in.
    Person(PersonId),
}

/// What was done of late, by whom.
pub(crate) struct Failures {
    failing: Charges,
    beginning: Charges,
}

impl Default for Failures {
    fn default() -> Failures {
        Failures { failing: Charges::at(FAILING), beginning: Charges::at(BEGINNING) }
    }
}

/// Until when each would have to wait if what they did had come one by one.
struct Charges {
    rate: Rate,
    owed: Mutex<HashMap<Payer, i64>>,
}

impl Charges {
    fn at(rate: Rate) -> Charges {
        Charges { rate, owed: Mutex::default() }
    }

    /// Counts one more, unless it is one too many.
    fn charge(&self, payer: Payer, now: Timestamp) -> Result<(), ()> {
        let Rate { at_once, each_ms } = self.rate;
        let mut owed = self.owed.lock().unwrap_or_else(PoisonError::into_inner);
        if owed.len() >= NETWORKS_MAX && !owed.contains_key(&payer) {
            owed.retain(|_, until| *until > now.0);
            if owed.len() >= NETWORKS_MAX {
                owed.clear();
            }
        }
        let until = owed.entry(payer).or_insert(now.0);
        let next = (*until).max(now.0).saturating_add(each_ms);
        if next.saturating_sub(now.0) > at_once * each_ms {
            return Err(());
        }
        *until = next;
        Ok(())
    }
}

impl App {
    /// What came of a try to sign in from this address: where it opened nothing and there were too many of those, that.
    ///
    /// # Errors
    /// What was wrong with the try, or [`Problem::TooMany`].
    pub fn tried_from<T>(&self, address: Option<&str>, result: Result<T, Problem>) -> Result<T, Problem> {
        let Err(Problem::Missing { .. } | Problem::Unauthenticated { .. }) = &result else { return result };
        match self.inner.sign_in.failures.failing.charge(network(address), self.now()) {
            Ok(()) => result,
            // For what is refused nothing is owed: the next try is never further away than one.
            Err(()) => Err(Problem::TooMany),
        }
    }

    /// That something may be begun that is written down until it comes back. Whoever is signed in owes it themselves: what
    /// others do in their network is nothing to them.
    ///
    /// # Errors
    /// [`Problem::TooMany`] where too much was.
    pub(super) fn may_begin(&self, payer: Payer) -> Result<(), Problem> {
        self.inner.sign_in.failures.beginning.charge(payer, self.now()).map_err(|()| Problem::TooMany)
    }
}

impl App {
    /// That something may be begun by somebody who is known.
    ///
    /// # Errors
    /// [`Problem::TooMany`] where too much was.
    pub(crate) fn may_begin_as(&self, person: PersonId) -> Result<(), Problem> {
        self.may_begin(Payer::Person(person))
    }

    /// That something may be begun by somebody unknown in this network.
    ///
    /// # Errors
    /// [`Problem::TooMany`] where too much was.
    pub(crate) fn may_begin_from(&self, address: Option<&str>) -> Result<(), Problem> {
        self.may_begin(network(address))
    }
}

/// Where somebody comes from, as far as one person has all of it: an address, and of the newer ones the first half.
/// Whoever comes from nowhere known shares one place.
pub(super) fn network(address: Option<&str>) -> Payer {
    let address = address.and_then(|address| address.parse::<IpAddr>().ok());
    Payer::Network(match address.map(|address| address.to_canonical()) {
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        Some(address) => address,
        None => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_tries_fail_at_once_and_then_one_for_each_second_from_each_network_for_itself() {
        let failures = Charges::at(FAILING);
        let (one, other) = (network(Some("192.0.2.1")), network(Some("192.0.2.2")));
        let charge = |network, at| failures.charge(network, Timestamp(at));
        assert!((0..20).all(|_| charge(one, 0).is_ok()));
        assert_eq!((charge(one, 0), charge(one, 999)), (Err(()), Err(())));
        assert_eq!(charge(other, 0), Ok(()));
        assert_eq!((charge(one, 1_000), charge(one, 1_000)), (Ok(()), Err(())));
        // Whoever waits has all of them again, and not more.
        assert!((0..20).all(|_| charge(one, 3_600_000).is_ok()));
        assert!(charge(one, 3_600_000).is_err());
    }

    #[test]
    fn a_network_is_what_one_person_has() {
        let same = |one: &str, other: &str| network(Some(one)) == network(Some(other));
        assert!(same("2001:db8::1", "2001:db8::ffff:1") && !same("2001:db8::1", "2001:db8:0:1::1"));
        assert!(same("::ffff:192.0.2.1", "192.0.2.1") && !same("192.0.2.1", "192.0.2.2"));
        assert!(network(None) == network(Some("nonsense")));
    }

    #[test]
    fn no_more_networks_are_remembered_than_there_is_room_for() {
        let failures = Charges::at(FAILING);
        for number in 0..u32::try_from(NETWORKS_MAX).unwrap() + 10 {
            failures.charge(Payer::Network(IpAddr::from(number.to_be_bytes())), Timestamp(0)).unwrap();
        }
        assert!(failures.owed.lock().unwrap().len() <= NETWORKS_MAX);
    }
}
