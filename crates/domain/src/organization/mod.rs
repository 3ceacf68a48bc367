//! The organization: the state that is the fold of its events, and its settings.

mod apply;
mod change_preset;
mod deletion;
mod handle;
mod review;
mod settings;
mod state;

pub(crate) use change_preset::change_preset;
pub(crate) use deletion::{destroy, restore, set as set_deletion};
pub use handle::no_passkeys_here;
pub(crate) use handle::{change_settings, create};
pub use review::Review;
pub(crate) use review::confirm as confirm_review;
pub use settings::{
    Choice, GrantsTo, Invite, InvitedAddress, KeysWithoutRole, Label, PersonalKeys, Promote, RecordsSync, SecondFactor,
    SettingChange, SettingEntry, Settings, ToolChanges, Values,
};
pub use state::{Organization, Stamp};
