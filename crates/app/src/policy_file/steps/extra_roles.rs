//! Steps about the roles that members have beside their own.

use std::collections::BTreeMap;

use domain::command::Command;
use domain::role::RoleId;
use verdict::Subject;

use super::super::{Ending, SettingValue};
use super::agenda::{Agenda, Phase};
use super::{Context, invalid, step};
use crate::Problem;

const KEPT_TOO_LATE: &str = "your own role is to be one beside your own where such do not count, and your own role changes last: \
                             let roles.extra_bindings be on in this file, and switch it off by a second one";

pub(super) fn steps(context: &Context<'_>, agenda: &mut Agenda) -> Result<(), Problem> {
    let Some(stated) = &context.document.extra_roles else { return Ok(()) };
    let none = BTreeMap::new();
    let mut wanted = BTreeMap::new();
    for (name, roles, person) in context.people(stated, &["extra_roles"])? {
        wanted.insert(person, (name.to_owned(), roles));
    }
    for member in context.state.members.values().filter(|member| member.is_here()) {
        let person = member.person;
        let (name, roles) = wanted.remove(&person).unwrap_or_else(|| (context.book.address(person), &none));
        let is_caller = Subject::Member(person) == context.caller.actor.subject;
        // A role that becomes somebody's own is no longer beside it.
        let own = context.roles_named.get(&person).copied();
        let holding = |role: &RoleId, given: &Ending| own != Some(*role) && given.holds_at(context.now);
        let present: BTreeMap<RoleId, Ending> = member
            .extra_roles
            .iter()
            .map(|(role, given)| (*role, Ending::at(given.expires_at)))
            .filter(|(role, given)| holding(role, given))
            .collect();
        for (role, given) in roles.iter().filter(|(_, given)| given.holds_at(context.now)) {
            if present.get(role) != Some(given) {
                let end = if given.until.is_some() { ", until a set end" } else { "" };
                let says = format!("give {name} the role {role} beside their own{end}");
                let command = Command::GiveMemberRole { person, role: *role, expires_at: given.moment() };
                let place = ["extra_roles", &name, role.as_str()];
                // The role that the caller has as their own can be one beside it once they have another.
                let is_left = is_caller && *role == member.role && own.is_some_and(|own| own != *role);
                if is_left && !count_afterwards(context) {
                    return Err(invalid(KEPT_TOO_LATE.to_owned()).in_step(&place));
                }
                let phase = if is_left { Phase::OwnRole } else { Phase::ExtraRoles };
                agenda.add(phase, [step(&place, says, command)]);
            }
        }
        for role in present.keys().filter(|role| !roles.get(*role).is_some_and(|given| given.holds_at(context.now))) {
            let stays = context.document.roles.as_ref().is_none_or(|roles| roles.contains_key(role));
            // With a role that is deleted it ends as well.
            if stays {
                let says = format!("take the role {role} from {name}, which they have beside their own");
                let command = Command::TakeMemberRole { person, role: *role };
                // All the other steps may rest on what the caller gives up.
                let phase = if is_caller { Phase::OwnRole } else { Phase::ExtraRoles };
                agenda.add(phase, [step(&["extra_roles"], says, command)]);
            }
        }
    }
    Ok(())
}

/// Whether roles beside one's own count once the document is applied.
fn count_afterwards(context: &Context<'_>) -> bool {
    let stated = context.document.settings.as_ref().and_then(|stated| stated.get("roles.extra_bindings"));
    match stated {
        Some(SettingValue::Flag(on)) => *on,
        _ => context.state.settings.roles_extra_bindings,
    }
}
