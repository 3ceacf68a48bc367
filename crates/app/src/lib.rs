//! What the product does: one file per use case, each of them load, authorize, handle, append, publish.
//!
//! [`App`] is what the doors hold. Every change goes through `commit`, which takes a permit from `verdict` and
//! checks that it covers each event. This crate knows no HTTP, no SQL and no wire format; what it needs from
//! outside it names in [`ports`].
//!
//! Start reading at [`App`], then `change`, then any use case.

pub mod access;
pub mod accounts;
pub mod advice;
pub mod agents;
mod app;
pub mod ask;
mod attempts;
pub mod audit;
mod authentication;
mod cedar;
mod change;
pub mod clients;
mod commit;
mod directory;
pub mod grants;
pub mod impact;
pub mod integrations;
pub mod invitations;
pub mod keys;
mod live;
mod mail;
pub mod mail_domains;
pub mod members;
pub mod objects;
pub mod organizations;
mod plan;
pub mod policy_file;
pub mod ports;
mod presets;
mod problem;
mod quota;
mod registry;
pub mod requests;
pub mod resources;
pub mod reviews;
pub mod roles;
pub mod scim;
pub mod sign_in;
pub mod teams;

pub use app::{App, Security};
pub use authentication::Caller;
pub use cedar::CedarModel;
pub use live::Live;
pub use problem::Problem;
pub use quota::Quotas;
