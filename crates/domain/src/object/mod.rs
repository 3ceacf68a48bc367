//! Governed data: the objects whose records Wardroom guards, their fields, and the rules that roles have for them.
//!
//! A rule stands on three levels: the role's permissions for all objects (`data.see` and the like), an exception for
//! one object, an exception for one of its fields. The more specific one wins; without see on the object everything
//! under it is hidden.

mod handle;
mod name;
mod rules;
mod state;

pub(crate) use handle::{define, remove};
pub use name::{DataName, InvalidDataName};
pub use rules::{DataRules, DataVerb, FieldRule, ObjectRule, Rule};
pub use state::{Field, Object};
