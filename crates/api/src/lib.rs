//! The control door: the management API over HTTP, described by OpenAPI 3.1.
//!
//! Every endpoint is registered together with its entry in the contract (`routes`). This crate turns requests
//! into use cases of `app` and their results into JSON; it decides nothing and never looks behind `app`.
//!
//! Start reading at `routes`, then any noun's file.

mod access;
mod audit;
mod extract;
mod grants;
mod integrations;
mod keys;
mod members;
mod organizations;
mod problem;
mod roles;
mod routes;
mod time;

pub use routes::{Api, contract, router};
