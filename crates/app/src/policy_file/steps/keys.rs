//! Steps about workspace keys: a document gives them their roles. It makes none, since somebody has to be shown the
//! secret, and ends none, since nobody can make the same one again.

use domain::command::Command;
use domain::key::{Key, KeyKind, KeyScope};

use super::super::apply::PlannedStep;
use super::super::{Ending, KeyEntry};
use super::agenda::{Agenda, Phase};
use super::{Context, by_hand, invalid, step};
use crate::Problem;
use crate::policy_file::rehearse::Step;

pub(super) fn steps(context: &Context<'_>, agenda: &mut Agenda, hand: &mut Vec<PlannedStep>) -> Result<(), Problem> {
    for (name, entry) in context.document.keys.iter().flatten() {
        let ends = Ending { until: entry.until };
        let known = context.book.key(name).and_then(|key| context.state.live_key(key));
        match known {
            None if ends.holds_at(context.now) => hand.push(by_hand(&["keys", name], missing(name, entry))),
            None => {}
            Some(known) => {
                let changed = changed(context, (name, entry), known);
                agenda.add(Phase::Keys, changed.map_err(|problem| problem.in_step(&["keys", name]))?);
                if entry.suspended && !known.suspended {
                    let says = format!("end the workspace key {name}, or say that it works: nobody suspends a key");
                    hand.push(by_hand(&["keys", name], says));
                }
            }
        }
    }
    Ok(())
}

fn missing(name: &str, entry: &KeyEntry) -> String {
    let role = entry.role.map_or_else(|| "no role".to_owned(), |role| format!("the role {role}"));
    let reach = match entry.reaches {
        KeyScope::All => "every integration",
        KeyScope::Granted => "what it is given",
    };
    format!("create the workspace key {name} with {role}, reaching {reach}, and apply again: a file holds no secrets")
}

fn changed(context: &Context<'_>, (name, entry): (&str, &KeyEntry), known: &Key) -> Result<Option<Step>, Problem> {
    let KeyKind::Workspace { scope, role } = known.kind else { return Ok(None) };
    if Ending::at(known.expires_at) != (Ending { until: entry.until }) {
        return Err(invalid(
            "when a key ends cannot be changed; make a new key of this name and end this one".to_owned(),
        ));
    }
    // What is given to a key narrows it; what has ended already is as good as not there.
    let given = context.document.grants.as_ref().and_then(|grants| grants.keys.as_ref()?.get(name));
    let is_given = given.is_some_and(|given| given.values().any(|entry| entry.holds_at(context.now)));
    if is_given && entry.reaches == KeyScope::All {
        let message = "a key that is given something reaches nothing else: say reaches: granted, or give it nothing";
        return Err(invalid(message.to_owned()));
    }
    if entry.reaches != scope && !(is_given && scope == KeyScope::All) {
        let message =
            "what a key reaches is set when it is made, and narrowed when it is given something; make a new key";
        return Err(invalid(message.to_owned()));
    }
    let resumed = known.suspended && !entry.suspended;
    if role == entry.role && !resumed {
        return Ok(None);
    }
    if entry.suspended {
        let message = "a key works from the moment at which its role changes, and nobody suspends one: leave out \
                       suspended, or leave its role as it is";
        return Err(invalid(message.to_owned()));
    }
    let called = entry.role.map_or_else(|| "no role".to_owned(), |role| format!("the role {role}"));
    let command = Command::SetKeyRole { key: known.id, role: entry.role };
    Ok(Some(step(&["keys", name, "role"], format!("give the key {name} {called}"), command)))
}
