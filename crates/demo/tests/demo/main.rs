//! The look-alike integrations, driven over plain HTTP as a client would.
//!
//! Start reading at [`client`], which speaks both eras; the other files are the tests.

mod acts;
mod catalogue;
mod client;
mod company;
mod protocol;
mod streams;
