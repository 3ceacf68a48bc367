//! Does a server speak the OpenID AuthZEN Authorization API 1.0? The seven sub-levels of the certification scenario,
//! asked of any server.
//!
//! A server need not offer everything: sub-levels whose endpoints it does not have are left out, and not failed.
//!
//! The scenario has a small cast: two subjects, two resources, four actions and eight answers. A server that was set
//! up with the scenario's own names is examined with [`Cast::of_the_scenario`]; one that names things otherwise comes
//! with a cast of its own, in which other entities play the same parts. The harness knows no product.
//!
//! Start reading at [`examine`], then `basic.rs`.

mod basic;
mod batch;
mod cast;
mod client;
mod discovery;
mod report;
mod search;
#[cfg(test)]
mod tests;

pub use cast::Cast;
pub use report::{Case, Level, Report};

use client::{Client, Endpoint};

/// Asks a server everything that the scenario asks.
///
/// # Errors
/// A sentence where the server cannot be reached at all.
pub fn examine(url: &str, key: Option<&str>, cast: &Cast) -> Result<Report, String> {
    let mut report = Report::default();
    let mut client = Client::new(url, key);
    discovery::examine(&mut client, &mut report)?;
    basic::examine(&client, cast, &mut report);
    match client.lack(&[Endpoint::Evaluations]) {
        None => batch::examine(&client, cast, &mut report),
        Some(reason) => report.leave_out([Level::BatchCore, Level::BatchProperties], &reason),
    }
    match client.lack(&[Endpoint::SearchSubject, Endpoint::SearchResource, Endpoint::SearchAction]) {
        None => search::examine(&client, cast, &mut report),
        Some(reason) => report.leave_out([Level::SearchCore, Level::SearchProperties], &reason),
    }
    Ok(report)
}
