//! Steps about agents.

use std::collections::{BTreeMap, BTreeSet};

use domain::agent::{Agent, AgentEdit};
use domain::command::Command;
use domain::id::AgentId;
use journal::Fact;
use verdict::Subject;

use super::super::apply::PlannedStep;
use super::super::{AgentEntry, Ending, Moment};
use super::agenda::{Agenda, Phase};
use super::{Context, by_hand, invalid, step, step_with};
use crate::Problem;
use crate::policy_file::rehearse::Step;

pub(super) fn steps(context: &Context<'_>, agenda: &mut Agenda, hand: &mut Vec<PlannedStep>) -> Result<(), Problem> {
    let Some(agents) = &context.document.agents else { return Ok(()) };
    let mut kept = BTreeSet::new();
    for (title, entry) in agents {
        let agent = context.agent(title)?;
        if !kept.insert(agent) {
            let message = "there is an agent of this name already, apart from upper and lower case".to_owned();
            return Err(invalid(message).in_step(&["agents", title]));
        }
        let made = match context.state.agents.get(&agent) {
            None => created(context, (title, entry), agent),
            Some(known) => changed(context, (title, entry), known),
        };
        agenda.add(Phase::Agents, made.map_err(|problem| problem.in_step(&["agents", title]))?);
        agenda.add(Phase::Agents, delegations(context, (title, entry), agent, hand)?);
    }
    let gone = context.state.agents.values().filter(|agent| !kept.contains(&agent.id));
    let ended = gone.map(|agent| {
        let says = format!("delete the agent {}, its keys and all that it was given", agent.title);
        step(&["agents"], says, Command::DeleteAgent { agent: agent.id })
    });
    agenda.add(Phase::EndAgents, ended);
    Ok(())
}

fn created(context: &Context<'_>, (title, entry): (&str, &AgentEntry), agent: AgentId) -> Result<Vec<Step>, Problem> {
    let Some(sponsor) = &entry.sponsor else {
        return Err(invalid("name the sponsor, the member who answers for the agent".to_owned()));
    };
    let sponsor = context.book.person(sponsor, context.state)?;
    let expires_at = entry.until.map(|until| until.0);
    let command = Command::CreateAgent { agent, title: title.to_owned(), sponsor, role: entry.role, expires_at };
    let mut steps = vec![step_with(
        &["agents", title],
        format!("create the agent {title}"),
        command,
        vec![label(context, agent, title)],
    )];
    if entry.suspended {
        let edit = AgentEdit { suspended: Some(true), ..AgentEdit::default() };
        steps.push(step(&["agents", title], format!("suspend the agent {title}"), Command::EditAgent { agent, edit }));
    }
    Ok(steps)
}

fn changed(context: &Context<'_>, (title, entry): (&str, &AgentEntry), known: &Agent) -> Result<Vec<Step>, Problem> {
    if entry.until != known.expires_at.map(Moment) {
        return Err(invalid("when an agent ends cannot be changed; make a new agent and delete this one".to_owned()));
    }
    let sponsor = entry.sponsor.as_ref().map(|name| context.book.person(name, context.state)).transpose()?;
    // One that waits for a role works as soon as it has another.
    let is_woken = known.awaits_role && known.role != entry.role;
    let suspended = known.suspended && !is_woken;
    let edit = AgentEdit {
        title: (known.title != title).then(|| title.to_owned()),
        sponsor: sponsor.filter(|sponsor| known.sponsor != Some(*sponsor)),
        suspended: (suspended != entry.suspended).then_some(entry.suspended),
    };
    let mut steps = Vec::new();
    if known.role != entry.role {
        let role = entry.role.map_or_else(|| "no role".to_owned(), |role| format!("the role {role}"));
        let command = Command::SetAgentRole { agent: known.id, role: entry.role };
        steps.push(step(&["agents", title, "role"], format!("give the agent {title} {role}"), command));
    }
    if edit != AgentEdit::default() {
        let what = [
            edit.title.as_ref().map(|_| format!("name it {title}")),
            edit.sponsor.map(|sponsor| format!("let {} answer for it", context.book.address(sponsor))),
            edit.suspended.map(|suspended| if suspended { "suspend it" } else { "resume it" }.to_owned()),
        ];
        let says =
            format!("change the agent {}: {}", known.title, what.into_iter().flatten().collect::<Vec<_>>().join(", "));
        let facts = edit.title.iter().map(|title| label(context, known.id, title)).collect();
        steps.push(step_with(&["agents", title], says, Command::EditAgent { agent: known.id, edit }, facts));
    }
    Ok(steps)
}

/// For whom an agent acts. Everybody allows that alone; a document only speaks for whoever applies it, and ends what it
/// does not name.
fn delegations(
    context: &Context<'_>,
    (title, entry): (&str, &AgentEntry),
    agent: AgentId,
    hand: &mut Vec<PlannedStep>,
) -> Result<Vec<Step>, Problem> {
    let Some(acts_for) = &entry.acts_for else { return Ok(Vec::new()) };
    let none = BTreeMap::new();
    let present = context.state.agents.get(&agent).map_or(&none, |agent| &agent.delegations);
    let mut steps = Vec::new();
    let mut named = BTreeSet::new();
    for (name, given, person) in context.people(acts_for, &["agents", title, "acts_for"])? {
        if !given.holds_at(context.now) {
            continue;
        }
        named.insert(person);
        if present.get(&person).map(|known| Ending::at(known.expires_at)) == Some(*given) {
            continue;
        }
        let place = ["agents", title, "acts_for", name];
        if Subject::Member(person) == context.caller.actor.subject {
            let command = Command::Delegate { agent, person, expires_at: given.moment() };
            steps.push(step(&place, format!("let {title} act for {name}"), command));
        } else {
            let until = if given.until.is_some() { ", until a set end" } else { "" };
            hand.push(by_hand(&place, format!("{name} lets the agent {title} act for them{until}: nobody else can")));
        }
    }
    for (person, known) in present.iter().filter(|(person, _)| !named.contains(*person)) {
        if Ending::at(known.expires_at).holds_at(context.now) {
            let says = format!("let {title} act for {} no longer", context.book.address(*person));
            steps.push(step(&["agents", title, "acts_for"], says, Command::EndDelegation { agent, person: *person }));
        }
    }
    Ok(steps)
}

/// The record names an agent also after it ended.
fn label(context: &Context<'_>, agent: AgentId, title: &str) -> Fact {
    Fact::Label { org: context.caller.live.org(), id: agent.to_string(), label: title.to_owned() }
}
