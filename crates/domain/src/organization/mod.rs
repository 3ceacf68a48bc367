//! The organization: the state that is the fold of its events, and its settings.

mod apply;
mod handle;
mod settings;
mod state;

pub(crate) use handle::{change_settings, create};
pub use settings::{RecordsSync, SettingChange, Settings};
pub use state::{Organization, Stamp};
