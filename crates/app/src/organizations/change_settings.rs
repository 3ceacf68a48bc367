//! Change an organization's name and settings.

use domain::command::Command;
use domain::organization::SettingChange;
use verdict::Operation;

use crate::change::Along;
use crate::{App, Caller, Problem};

impl App {
    /// Changes the name and settings, all or none.
    ///
    /// # Errors
    /// [`Problem`] that names the field at fault; nothing was changed then.
    pub async fn change_settings(
        &self,
        caller: &Caller,
        name: Option<String>,
        changes: Vec<SettingChange>,
    ) -> Result<(), Problem> {
        let command = |_: &_| Ok(Command::ChangeSettings { name: name.clone(), changes: changes.clone() });
        let operation = Operation::EditOrganization { changes: &changes };
        self.change(caller, operation, command, Along::default()).await.map(|_| ())
    }
}
