//! The demo.
#![allow(dead_code, reason="draft")]
mod acts;
mod arguments;
mod catalogue;
mod special;
mod store;
mod tool;
