//! Organizations: founding, setting up, recovering, looking at, and changing settings and preset.

mod change_preset;
mod change_settings;
mod delete;
mod found;
mod recover;
mod second_factor;
mod set_up;
mod show;
mod transfer;

pub use found::{Founded, Founding};
pub use recover::{Recovered, RecoveredWithLink};
pub use set_up::{PresetView, SetUp};
pub use show::OrganizationView;
pub use transfer::OfferView;

/// The journal's name for whoever has the data folder in hand.
pub(crate) const OPERATOR: &str = "operator";
