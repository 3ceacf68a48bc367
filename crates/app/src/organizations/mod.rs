//! Organizations: founding, looking at, and changing settings and preset.

mod change_preset;
mod change_settings;
mod found;
mod show;
mod transfer;

pub use found::{Founded, Founding};
pub use show::OrganizationView;
