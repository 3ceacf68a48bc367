//! Governed data: which objects and fields there are, and who may do what with them.
//!
//! What a role says about them is edited with the role; here is what it comes to.

mod define;
mod role_data;
mod show;

pub use define::NewObject;
pub use role_data::{EffectiveField, EffectiveObject, EffectiveRule, RoleData};
pub use show::{FieldView, ObjectView};
