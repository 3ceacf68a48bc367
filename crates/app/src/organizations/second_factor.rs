//! A passkey is asked for only where there can be any.

use domain::event::Event;
use domain::organization::{SecondFactor, SettingChange, no_passkeys_here};
use domain::refusal::Refusal;
use identity::passkey::RelyingParty;

use crate::App;

impl App {
    /// Whether passkeys can be shown here. Where nobody says under which URL people come, nothing speaks against it.
    pub(crate) fn has_passkeys(&self) -> bool {
        self.inner.public_url.as_deref().is_none_or(|url| RelyingParty::of(url).is_some())
    }

    /// Refuses events by which a passkey would be asked for where there are none: every session would be shut out. What was
    /// set before the server moved there stays in force.
    ///
    /// # Errors
    /// The refusal, which names the setting.
    pub(crate) fn can_ask_for_passkeys(&self, events: &[Event]) -> Result<(), Refusal> {
        let asks = |event: &Event| match event {
            Event::SettingChanged(SettingChange::SignInSecondFactor(asked)) => *asked != SecondFactor::Off,
            _ => false,
        };
        if self.has_passkeys() || !events.iter().any(asks) {
            return Ok(());
        }
        Err(no_passkeys_here(self.inner.public_url.as_deref().unwrap_or_default()))
    }
}
