//! What is true: the nouns of Wardroom as plain data, and the rules of their change.
//!
//! Every noun has a folder with its commands, events and state. `handle(state, command) -> events` decides
//! what a command means, `apply(state, event)` folds an event into the state. Both are pure: this crate never
//! reads a clock, makes a random number, touches a disk or a network, logs, or decides who may do a thing
//! (that is `verdict`).
//!
//! Start reading at [`event::Event`] (everything that can happen), [`organization::Organization`] (the state)
//! and [`command::handle`] (what may be asked).
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod account;
pub mod agent;
pub mod client;
pub mod command;
pub mod credential;
pub mod directory;
pub mod event;
pub mod grant;
pub mod group;
pub mod id;
pub mod integration;
pub mod invitation;
pub mod key;
pub mod mail_domain;
pub mod member;
pub mod object;
pub mod organization;
pub mod permission;
pub mod preset;
pub mod record;
pub mod refusal;
pub mod request;
pub mod resource;
pub mod role;
pub mod team;
pub mod time;
