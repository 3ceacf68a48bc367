//! Go by another preset.

use std::collections::{BTreeMap, BTreeSet};

use domain::command::Command;
use domain::organization::Organization;
use domain::role::RoleId;
use verdict::Operation;

use crate::change::Along;
use crate::{App, Caller, Problem, presets};

impl App {
    /// Gives the organization another preset: its settings, and its roles in the place of those of the present one.
    /// Roles of one's own stay. `roles` says, by short names, which role the members of some of the present ones get;
    /// the others get the role of the same name, or the default one, and holders of the top role the top role. Keys and
    /// agents whose role ends or becomes another one are suspended until they are given a role.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller does not hold the top role, [`Problem`] that says what stands in the way.
    pub async fn change_preset(
        &self,
        caller: &Caller,
        preset: &str,
        roles: &BTreeMap<String, String>,
    ) -> Result<(), Problem> {
        let id = |name: &str| RoleId::parse(name).map_err(|error| Problem::invalid("roles", error.to_string()));
        let moved = roles.iter().map(|(from, to)| Ok((id(from)?, id(to)?)));
        let moved: BTreeMap<RoleId, RoleId> = moved.collect::<Result<_, Problem>>()?;
        let preset = Box::new(presets::named(preset)?);
        let command = |state: &Organization| {
            let (preset, moved) = (preset.clone(), moved.clone());
            Ok(Command::ChangePreset { preset, seeded: seeded(state), moved })
        };
        self.change(caller, Operation::ChangePreset, command, Along::default()).await.map(drop)
    }
}

/// The roles that came with the present preset, as far as it is known today.
fn seeded(state: &Organization) -> BTreeSet<RoleId> {
    let present = presets::named(&state.preset).ok();
    present.into_iter().flat_map(|preset| preset.roles).map(|role| role.id).collect()
}
