//! The directory: what crosses organizations. `names` says what people are called, `sessions` which sessions were ended.

mod names;
mod sessions;

pub(crate) use names::{ERASED, NO_ADDRESS, email, one_line, person_name};
pub(crate) use sessions::Endings;
