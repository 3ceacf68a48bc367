//! What may happen to an organization as a whole.

use crate::event::Event;
use crate::id::PersonId;
use crate::organization::{Organization, SettingChange};
use crate::preset::Preset;
use crate::refusal::Refusal;

/// An organization begins: the preset is written out into events, so that a later version of Wardroom with
/// another preset changes nobody's rights.
pub(crate) fn create(
    state: &Organization,
    name: &str,
    preset: &Preset,
    owner: PersonId,
) -> Result<Vec<Event>, Refusal> {
    if state.is_created() {
        return Err(Refusal::rule("exists", "this organization exists already"));
    }
    name_fits(name)?;
    preset.check()?;
    let top = preset.top_role();
    let mut events = vec![Event::OrganizationCreated {
        name: name.to_owned(),
        preset: preset.name.clone(),
        settings: preset.settings.clone(),
    }];
    events.extend(preset.roles.iter().cloned().map(Event::RoleDefined));
    events.push(Event::MemberAdded { person: owner, role: top });
    Ok(events)
}

/// Settings change, all or none.
pub(crate) fn change_settings(
    state: &Organization,
    name: Option<String>,
    changes: Vec<SettingChange>,
) -> Result<Vec<Event>, Refusal> {
    let mut events = Vec::new();
    if let Some(name) = name.filter(|name| *name != state.name) {
        name_fits(&name)?;
        events.push(Event::OrganizationRenamed { name });
    }
    let mut after = state.settings.clone();
    for change in changes {
        let before = after.clone();
        after.change(&change);
        if after != before {
            events.push(Event::SettingChanged(change));
        }
    }
    let role = &after.join_default_role;
    match state.roles.get(role) {
        None => return Err(Refusal::field("no-such-role", "join.default_role", format!("there is no role {role}"))),
        Some(found) if found.top => {
            let message = "a newcomer cannot get the top role by default; choose a smaller role";
            return Err(Refusal::field("default-role-too-high", "join.default_role", message));
        }
        Some(found) if !found.assignable_to.members => {
            let message = format!("the role {role} cannot be given to members; choose another");
            return Err(Refusal::field("role-not-for-members", "join.default_role", message));
        }
        Some(_) => {}
    }
    let holders = state.top_role_holders().count();
    if let Some(most) = after.owners_max
        && (most == 0 || (most as usize) < holders)
    {
        let message = format!("{holders} people hold the top role now; the limit cannot be below that, nor 0");
        return Err(Refusal::field("too-many-owners", "owners.max", message));
    }
    Ok(events)
}

fn name_fits(name: &str) -> Result<(), Refusal> {
    let length = name.chars().count();
    if length == 0 || length > 100 || name.trim() != name || name.chars().any(char::is_control) {
        let message = "give 1 to 100 characters in one line, without blanks at the ends";
        return Err(Refusal::field("bad-name", "name", message));
    }
    Ok(())
}
