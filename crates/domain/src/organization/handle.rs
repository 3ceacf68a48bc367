//! What may happen to an organization as a whole.

use std::collections::BTreeSet;

use crate::event::Event;
use crate::id::PersonId;
use crate::invitation::LASTS_DAYS_MAX;
use crate::key::{self, KeyKind};
use crate::organization::deletion::DELETE_AFTER_DAYS_MAX;
use crate::organization::{KeysWithoutRole, Organization, SettingChange};
use crate::preset::Preset;
use crate::refusal::{Refusal, title_fits};
use crate::role::RoleLevel;
use crate::time::Timestamp;

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
    title_fits("name", name)?;
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

/// A passkey would be asked for under a URL at which there are none.
#[must_use]
pub fn no_passkeys_here(public_url: &str) -> Refusal {
    let message = format!(
        "there are no passkeys at {public_url}, so that every session would be shut out; have the server's setting \
         public-url be https and a host with a name first, such as https://gate.example.com"
    );
    Refusal::field("no-passkeys-here", "sign_in.second_factor", message)
}

/// Settings change, all or none.
pub(crate) fn change_settings(
    state: &Organization,
    name: Option<String>,
    changes: Vec<SettingChange>,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    let mut events = Vec::new();
    if let Some(name) = name.filter(|name| *name != state.name) {
        title_fits("name", &name)?;
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
        Some(found) if !found.assignable_to.members || found.level == RoleLevel::Team => {
            let message = format!("the role {role} cannot be given to members; choose another");
            return Err(Refusal::field("role-not-for-members", "join.default_role", message));
        }
        Some(_) => {}
    }
    if let Some(role) = &after.join_default_team_role
        && state.roles.get(role).is_none_or(|role| role.level != RoleLevel::Team || !role.assignable_to.members)
    {
        let message = format!("there is no role {role} for members of teams");
        return Err(Refusal::field("no-such-role", "join.default_team_role", message));
    }
    if let Some(team) = after.join_default_team {
        state.team(team).map_err(|_| Refusal::field("no-such-team", "join.default_team", "there is no such team"))?;
    }
    if after.keys_without_role == KeysWithoutRole::DefaultRole && after != state.settings {
        let without = state.keys.values().filter(|key| matches!(key.kind, KeyKind::Workspace { role: None, .. }));
        let role = state.roles.get(&after.join_default_role);
        role.map_or(Ok(()), |role| key::secrets_are_known_high_enough(state, without, role))?;
    }
    if !(1..=LASTS_DAYS_MAX).contains(&after.invite_lasts_days) {
        let message = format!("an invitation is good for 1 to {LASTS_DAYS_MAX} days");
        return Err(Refusal::field("bad-length", "invite.lasts_days", message));
    }
    if !(1..=DELETE_AFTER_DAYS_MAX).contains(&after.delete_after_days) {
        let message = format!("give 1 to {DELETE_AFTER_DAYS_MAX} days, in which it can be restored");
        return Err(Refusal::field("bad-length", "organization.delete_after_days", message));
    }
    for label in after.labels.values() {
        title_fits("labels", label)?;
    }
    let holders = state.top_role_holders().count();
    if let Some(most) = after.owners_max
        && (most == 0 || (most as usize) < holders)
    {
        let message = format!("{holders} people hold the top role now; the limit cannot be below that, nor 0");
        return Err(Refusal::field("too-many-owners", "owners.max", message));
    }
    if after.roles_extra_bindings && !state.settings.roles_extra_bindings {
        let given = state.members.values().filter(|member| member.is_here());
        let given = given.flat_map(|member| member.extra_roles_at(now).map(|role| (member.person, role)));
        let carried = given.filter_map(|(person, role)| Some((person, state.roles.get(&role)?)));
        let ended: BTreeSet<_> =
            carried.flat_map(|(person, role)| key::that_would_carry_too_much(state, (person, None), role)).collect();
        events.extend(ended.into_iter().map(|key| Event::KeyRevoked { key }));
    }
    Ok(events)
}
