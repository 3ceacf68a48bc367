//! What roles come to open of records and fields, written as "see people" and "edit people.mail": from the permissions
//! for all objects to the exception for one, and to that for a field, of which the more specific wins.

use std::collections::BTreeSet;

use domain::object::{DataVerb, FieldRule, ObjectRule, Rule};
use domain::organization::Organization;
use domain::role::Role;

use super::powers;

/// Everything that a role opens.
pub(super) fn opened(state: &Organization, role: &Role) -> BTreeSet<String> {
    opened_where(state, role, state.settings.fields_widen)
}

/// What some role would open if exceptions for fields did, and does not open now.
pub(super) fn widened(state: &Organization) -> BTreeSet<String> {
    let of_role = |role: &Role| {
        let now = opened(state, role);
        opened_where(state, role, true).into_iter().filter(move |word| !now.contains(word))
    };
    state.roles.values().flat_map(of_role).collect()
}

fn opened_where(state: &Organization, role: &Role, widen: bool) -> BTreeSet<String> {
    let held = powers::held(state, role);
    let mut opened = BTreeSet::new();
    for (name, object) in &state.objects {
        // The top role opens everything, whatever it says.
        let rule = role.data.objects.get(name).filter(|_| !role.top).cloned().unwrap_or_default();
        let may = |verb: DataVerb| wins(said(&rule, verb), held.contains_key(&verb.permission()));
        if !may(DataVerb::See) {
            continue;
        }
        opened.extend(
            DataVerb::ALL.into_iter().filter(|verb| may(*verb)).map(|verb| format!("{} {name}", verb.as_str())),
        );
        for field in object.fields.keys() {
            let FieldRule { see, edit } = rule.fields.get(field).copied().unwrap_or_default();
            if see == Rule::Deny {
                continue;
            }
            opened.insert(format!("see {name}.{field}"));
            let edited = may(DataVerb::Edit);
            if wins(edit, edited) && (edited || widen) {
                opened.insert(format!("edit {name}.{field}"));
            }
        }
    }
    opened
}

/// To make records follows to change them unless something else is said.
fn said(rule: &ObjectRule, verb: DataVerb) -> Rule {
    match verb {
        DataVerb::See => rule.see,
        DataVerb::Create if rule.create == Rule::Inherit => rule.edit,
        DataVerb::Create => rule.create,
        DataVerb::Edit => rule.edit,
        DataVerb::Delete => rule.delete,
        DataVerb::Destroy => rule.destroy,
    }
}

fn wins(said: Rule, general: bool) -> bool {
    match said {
        Rule::Inherit => general,
        Rule::Allow => true,
        Rule::Deny => false,
    }
}
