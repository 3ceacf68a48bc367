//! The engine against a second opinion, over random organizations.
//!
//! `world` makes organizations, `naive` is the second opinion; `calls` compares who may call which tool and what the
//! lists show, `operations` who may do what to the organization, `ceiling` walks random histories in which nobody
//! may end up with more than was theirs to give, `neighbours` holds two organizations apart.

mod calls;
mod ceiling;
mod naive;
mod neighbours;
mod operations;
mod world;

use proptest::prelude::ProptestConfig;

/// A number of random organizations, a hundred times as many where the soak asks for it.
pub(crate) fn cases(number: u32) -> ProptestConfig {
    #[expect(clippy::disallowed_methods, reason = "the soak asks tests for more, and a test has no settings")]
    let soak = std::env::var_os("WARDROOM_SOAK").is_some();
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(if soak { number * 100 } else { number }) }
}
