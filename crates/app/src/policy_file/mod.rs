//! An organization as one document: write it out, say what a document would change, and change it so.
//!
//! A section that the document has is the whole truth of that section, and one that it leaves out is left alone. What
//! the document asks for becomes single steps, each the command that a person would give, and all of them happen or
//! none (`change_all`). This module never decides who may do what, and never knows whether the document was YAML or
//! JSON.
//!
//! Start reading at [`Document`], then `steps`.

mod apply;
mod book;
mod change_all;
mod document;
mod entries;
mod export;
pub(crate) mod rehearse;
mod section;
mod steps;

pub use apply::{Applied, Plan, PlannedStep};
pub(crate) use change_all::{AllChanged, Planner};
pub use document::{
    AgentEntry, Document, Given, GivenTo, GrantEntry, Grants, IntegrationEntry, Moment, ObjectEntry, RoleEntry,
    SettingValue, TeamEntry, VERSION,
};
pub use entries::{Ending, KeyEntry, ResourceEntry, ShareEntry};
pub(crate) use rehearse::Step;
