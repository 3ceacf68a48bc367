//! Mail domains: whoever signs in with an address at one that an organization has verified may find the organization, ask
//! to join it, or join by that.
//!
//! A name of a domain says nothing about a person and stands in events; who asked to join, and under which address, stands
//! beside the stream. What somebody gets who joins is decided when they do, by what whoever opened the domain, or
//! whoever approves, may give then.

mod apply;
mod handle;
mod name;
mod state;

pub use handle::{ASKED_LASTS_MS, no_longer_open};
pub(crate) use handle::{approve, ask, claim, decline, join, lapse, open, remove, verify};
pub use name::{InvalidMailDomain, MailDomainName};
pub use state::{JoinMode, JoinRequest, MailDomain, Opening};
