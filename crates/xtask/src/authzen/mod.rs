//! Does a server speak the OpenID AuthZEN Authorization API 1.0? The seven sub-levels of the certification scenario,
//! asked of any server.
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

pub use cast::Cast;
pub use report::{Case, Level, Report};

use client::Client;

/// Asks a server everything that the scenario asks.
///
/// # Errors
/// A sentence where the server cannot be reached at all.
pub fn examine(url: &str, key: Option<&str>, cast: &Cast) -> Result<Report, String> {
    let mut report = Report::default();
    let mut client = Client::new(url, key);
    discovery::examine(&mut client, &mut report)?;
    basic::examine(&client, cast, &mut report);
    batch::examine(&client, cast, &mut report);
    search::examine(&client, cast, &mut report);
    Ok(report)
}
