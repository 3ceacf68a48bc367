//! Steps about roles.

use domain::command::Command;
use domain::permission::Holding;
use domain::role::{AssignableTo, NewRole, Role, RoleEdit, RoleId};

use super::super::{GivenTo, RoleEntry};
use super::agenda::{Agenda, Phase};
use super::{Context, invalid, step};
use crate::Problem;
use crate::policy_file::rehearse::Step;

pub(super) fn steps(context: &Context<'_>, agenda: &mut Agenda) -> Result<(), Problem> {
    let Some(roles) = &context.document.roles else { return Ok(()) };
    for (id, entry) in roles {
        let present = context.state.roles.get(id);
        is_possible(*id, entry, present).map_err(|problem| problem.in_step(&["roles", id.as_str()]))?;
        match present {
            _ if entry.fixed => {}
            None => agenda.add(Phase::DefineRoles, [created(*id, entry)]),
            Some(present) => {
                let (now, later) = edited(entry, present);
                agenda.add(Phase::DefineRoles, now);
                agenda.add(Phase::NarrowRoles, later);
            }
        }
    }
    for role in context.state.roles.values().filter(|role| !roles.contains_key(&role.id)) {
        if role.locked {
            let message =
                format!("the fixed role {0} is left out and cannot be deleted; add {0}: {{fixed: true}}", role.id);
            return Err(invalid(message).in_step(&["roles"]));
        }
        let says = format!("delete the role {}; its members get the default role", role.id);
        agenda.add(Phase::EndRoles, [step(&["roles"], says, Command::DeleteRole { role: role.id, default: None })]);
    }
    Ok(())
}

fn is_possible(id: RoleId, entry: &RoleEntry, present: Option<&Role>) -> Result<(), Problem> {
    let only_named = RoleEntry { fixed: true, ..RoleEntry::default() };
    match present {
        _ if entry.fixed && *entry != only_named => {
            Err(invalid("a fixed role cannot be changed; write fixed: true and nothing else".to_owned()))
        }
        None if entry.fixed => Err(invalid(format!("there is no role {id} here, and fixed roles come with a preset"))),
        Some(present) if entry.fixed && !present.locked => {
            Err(invalid(format!("the role {id} is not fixed here; say what it holds")))
        }
        Some(present) if !entry.fixed && present.locked => Err(invalid(format!(
            "the role {id} is fixed here; write fixed: true and nothing else, or use another name"
        ))),
        Some(present) if !entry.fixed && present.level != entry.level => {
            Err(invalid("where a role holds cannot be changed; make a new role and delete this one".to_owned()))
        }
        _ if !entry.fixed && entry.title.is_empty() => Err(invalid("give the role a title".to_owned())),
        _ => Ok(()),
    }
}

fn created(id: RoleId, entry: &RoleEntry) -> Step {
    let edit = RoleEdit {
        title: None,
        typical_for: Some(entry.typical_for.clone()),
        guide: Some(entry.guide.clone()),
        permissions: Some(entry.permissions.clone()),
        data: Some(entry.data.clone()),
        assignable_to: Some(GivenTo::assignable(&entry.assignable_to)),
    };
    let new = NewRole { id, title: entry.title.clone(), level: entry.level, edit };
    let says = format!("create the role {id} ({})", entry.title);
    step(&["roles", id.as_str()], says, Command::CreateRole(Box::new(new)))
}

/// The change, and the later one where its holders must have another role first.
fn edited(entry: &RoleEntry, present: &Role) -> (Option<Step>, Option<Step>) {
    let target = GivenTo::assignable(&entry.assignable_to);
    let wider = union(target, present.assignable_to);
    let differing = |new: &String, old: &String| (new != old).then(|| new.clone());
    let edit = RoleEdit {
        title: differing(&entry.title, &present.title),
        typical_for: differing(&entry.typical_for, &present.typical_for),
        guide: differing(&entry.guide, &present.guide),
        permissions: (entry.permissions != present.permissions).then(|| entry.permissions.clone()),
        data: (entry.data != present.data).then(|| entry.data.clone()),
        assignable_to: (wider != present.assignable_to).then_some(wider),
    };
    let place = ["roles", present.id.as_str()];
    let changed = (edit != RoleEdit::default()).then(|| {
        let says = format!("change the role {}: {}", present.id, in_words(&edit, &present.permissions));
        step(&place, says, Command::EditRole { role: present.id, edit: Box::new(edit) })
    });
    let narrowed = (target != wider).then(|| {
        let edit = RoleEdit { assignable_to: Some(target), ..RoleEdit::default() };
        let says = format!("give the role {} to {} only", present.id, who(&entry.assignable_to));
        step(&place, says, Command::EditRole { role: present.id, edit: Box::new(edit) })
    });
    (changed, narrowed)
}

fn union(one: AssignableTo, other: AssignableTo) -> AssignableTo {
    AssignableTo {
        members: one.members || other.members,
        keys: one.keys || other.keys,
        agents: one.agents || other.agents,
    }
}

fn who(to: &std::collections::BTreeSet<GivenTo>) -> String {
    let word = |who: &GivenTo| match who {
        GivenTo::Members => "members",
        GivenTo::Keys => "keys",
        GivenTo::Agents => "agents",
    };
    if to.is_empty() { "nobody".to_owned() } else { to.iter().map(word).collect::<Vec<_>>().join(", ") }
}

fn in_words(edit: &RoleEdit, before: &Holding) -> String {
    let mut parts = Vec::new();
    if let Some(after) = &edit.permissions {
        let (before, after) = (before.words(), after.words());
        let only = |of: &[String], other: &[String], sign: char| {
            let words = of.iter().filter(|word| !other.contains(word)).map(|word| format!("{sign}{word}"));
            words.collect::<Vec<_>>()
        };
        parts.extend(only(&after, &before, '+'));
        parts.extend(only(&before, &after, '-'));
    }
    let others = [
        (edit.title.is_some(), "title"),
        (edit.typical_for.is_some(), "typical_for"),
        (edit.guide.is_some(), "guide"),
        (edit.data.is_some(), "rules for data"),
        (edit.assignable_to.is_some(), "to whom it may be given"),
    ];
    parts.extend(others.into_iter().filter(|(changed, _)| *changed).map(|(_, what)| what.to_owned()));
    parts.join(", ")
}
