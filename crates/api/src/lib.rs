//! The control door: the management API over HTTP, described by OpenAPI 3.1, and the pages for signing in.
//!
//! Every endpoint is registered together with its entry in the contract (`routes`). This crate turns requests
//! into use cases of `app` and their results into JSON; it decides nothing and never looks behind `app`.
//!
//! Start reading at `routes`, then any noun's file.

mod access;
mod accounts;
mod advice;
mod agents;
mod ask;
mod audit;
mod authzen;
mod cedar;
mod clients;
mod directory;
mod extract;
mod grants;
mod home;
mod identities;
mod impact;
mod integrations;
mod invitations;
mod keys;
mod kinds;
mod mail_domains;
mod members;
mod oauth;
mod objects;
mod organizations;
mod pages;
mod passkeys;
mod permissions;
mod plan;
mod policy_text;
mod problem;
mod registered_clients;
mod requests;
mod resources;
mod reviews;
mod roles;
mod routes;
mod scim;
mod sessions;
mod settings;
mod teams;
mod time;
mod transfer;
mod visitor;

pub use home::lets_sign_in;
pub use pages::demo::{Part, door as demo_door};
pub use routes::{Api, contract, router};
