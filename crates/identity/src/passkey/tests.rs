//! Passkeys made by hand and those of the standard, honest and otherwise.

mod lies;
mod vectors;
