//! The way of one request, in the order in which it happens:
//!
//! `accept` → `identify` → `parse` → `question` → `evaluate` → `limit` → `record` → `forward` → `record`.
//!
//! One function of awaited steps; each step's type proves that the last was done, and every way out finishes
//! the record. Reading the body comes after identifying the caller, so that strangers cost little.

pub(crate) mod accept;
pub(crate) mod answer;
pub(crate) mod asking;
mod besides;
pub(crate) mod call;
pub(crate) mod dialect;
pub(crate) mod ear;
pub(crate) mod evaluate;
mod forward;
pub(crate) mod guard;
mod hear;
pub(crate) mod identify;
pub(crate) mod kind;
pub(crate) mod limit;
pub(crate) mod line;
pub(crate) mod link;
pub(crate) mod names;
pub(crate) mod parked;
pub(crate) mod parse;
mod pass;
pub(crate) mod question;
pub(crate) mod record;
mod recovery;
mod rounds;
mod showing;
pub(crate) mod state;

pub(crate) use pass::{end_session, listen, pass};
