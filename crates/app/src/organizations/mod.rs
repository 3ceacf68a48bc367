//! Organizations: founding, recovering, looking at, and changing settings and preset.

mod change_preset;
mod change_settings;
mod found;
mod recover;
mod show;
mod transfer;

pub use found::{Founded, Founding};
pub use recover::Recovered;
pub use show::OrganizationView;
pub use transfer::OfferView;

/// The journal's name for whoever has the data folder in hand.
const OPERATOR: &str = "operator";
