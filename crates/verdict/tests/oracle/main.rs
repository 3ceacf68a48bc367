//! The engine against a second opinion, over random organizations.
//!
//! `world` makes organizations of chance (`dice`, `chance`), `naive` is the second opinion, `questions` is all that can
//! be asked; `calls` compares who may call which tool and what the lists show, `operations` who may do what to the
//! organization, `differences` what a change does to whom. `cedar` is a third opinion, by another engine, and `three`
//! compares all of them; `beside` does so for what roles beside one's own decide. `ceiling` walks random histories of
//! `commands` in which nobody may end up with more than somebody with the right gave (`holdings`: what they read and use);
//! `escalations` tells the ways round that others left open, one by one, and `widening` those by giving, sharing and
//! settings. `directories` says who connects a company directory, and that one does nothing that its maker could not do,
//! `mail_domains` the same of mail domains and whoever opened them.
//! `sessions` and `clients` ask by what people sign in with, and let clients come and go.
//! `ending` is an organization that ends, `neighbours` holds two organizations apart, and one organization before and
//! after a change.

mod authorize;
mod beside;
mod calls;
mod cedar;
mod ceiling;
mod chance;
mod clients;
mod commands;
mod dice;
mod differences;
mod directories;
mod ending;
mod escalations;
mod holdings;
mod mail_domains;
mod naive;
mod neighbours;
mod operations;
mod questions;
mod sessions;
mod three;
mod widening;
mod world;

/// A number of random organizations, fifty times as many where the soak asks for it. The first ones are the same in
/// every run, so that a failure can be looked at; it names its seed.
pub(crate) fn seeds(number: u64) -> std::ops::Range<u64> {
    seeds_or(number, number * 50)
}

/// A number of random organizations, and another one where the soak asks for more.
pub(crate) fn seeds_or(number: u64, in_soak: u64) -> std::ops::Range<u64> {
    #[expect(clippy::disallowed_methods, reason = "the soak asks tests for more, and a test has no settings")]
    let soak = std::env::var_os("WARDROOM_SOAK").is_some();
    0..if soak { in_soak } else { number }
}
