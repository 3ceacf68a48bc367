//! From a document and the present state to the steps that lead from the one to the other.
//!
//! The order is what makes them possible: what others rest on comes first and goes last. Settings that stand in the
//! way are opened before and closed after. Each step is only what one command would do; whether it may be done is
//! decided when it is tried out.

mod agents;
mod grants;
mod objects;
mod roles;
mod settings;
mod teams;
mod tools;

use std::collections::BTreeMap;

use domain::command::Command;
use domain::id::{AgentId, PersonId, TeamId};
use domain::organization::Organization;
use domain::role::RoleId;
use domain::time::Timestamp;
use journal::Fact;
use verdict::Subject;

use super::Document;
use super::book::Book;
use super::rehearse::Step;
use crate::{App, Caller, Problem};

/// What every section's steps are made from.
struct Context<'c> {
    caller: &'c Caller,
    book: &'c Book,
    state: &'c Organization,
    document: &'c Document,
    /// The teams there are to be, by their names in lower case; those that are still to be made have their ids
    /// already.
    teams: BTreeMap<String, TeamId>,
    /// The same about agents.
    agents: BTreeMap<String, AgentId>,
    now: Timestamp,
}

/// The steps that make an organization what a document says, in the order in which they can be done.
pub(super) fn steps(
    app: &App,
    (caller, book): (&Caller, &Book),
    document: &Document,
    state: &Organization,
) -> Result<Vec<Step>, Problem> {
    let mut teams: BTreeMap<String, TeamId> =
        state.teams.values().map(|team| (team.title.to_lowercase(), team.id)).collect();
    for (title, _) in document.teams.iter().flatten() {
        let new = TeamId::from_random(app.random()?);
        teams.entry(title.to_lowercase()).or_insert(new);
    }
    let mut agents: BTreeMap<String, AgentId> =
        state.agents.values().map(|agent| (agent.title.to_lowercase(), agent.id)).collect();
    for (title, _) in document.agents.iter().flatten() {
        let new = AgentId::from_random(app.random()?);
        agents.entry(title.to_lowercase()).or_insert(new);
    }
    let context = Context { caller, book, state, document, teams, agents, now: app.now() };
    let (opening, defaults, closing) = settings::phases(&context)?;
    let (own_role, members) = member_roles(&context)?;
    let (defined, removed) = objects::steps(&context);
    let (roles, narrowed, deleted_roles) = roles::steps(&context)?;
    let (teams, places, deleted_teams) = teams::steps(&context)?;
    let (agents, deleted_agents) = agents::steps(&context)?;
    let phases = [
        opening,
        removed,
        defined,
        roles,
        teams,
        defaults,
        members,
        places,
        agents,
        narrowed,
        deleted_roles,
        deleted_teams,
        deleted_agents,
        tools::steps(&context)?,
        grants::steps(&context)?,
        closing,
        // Last, since it may be what all the others rest on.
        own_role,
    ];
    Ok(phases.into_iter().flatten().collect())
}

/// Changes of members' roles: the caller's own, and the others' with those first that bring somebody to the top, so
/// that somebody is there at every moment.
fn member_roles(context: &Context<'_>) -> Result<(Vec<Step>, Vec<Step>), Problem> {
    let Some(members) = &context.document.members else { return Ok(Default::default()) };
    let top = |role: &RoleId| context.state.roles.get(role).is_some_and(|role| role.top);
    let mut changes = Vec::new();
    for (name, role, person) in context.people(members, &["members"])? {
        let present = context.state.active_member(person).map(|member| member.role);
        if let Some(present) = present.filter(|present| present != role) {
            let says = format!("give {name} the role {role} instead of {present}");
            let rank = if top(role) { 0 } else { 1 + u8::from(top(&present)) };
            changes.push((rank, person, step(&["members", name], says, Command::ChangeMemberRole { person, role: *role })));
        }
    }
    changes.sort_by_key(|(rank, ..)| *rank);
    let own = |person: &PersonId| Subject::Member(*person) == context.caller.actor.subject;
    let (own, others): (Vec<_>, Vec<_>) = changes.into_iter().partition(|(_, person, _)| own(person));
    let only_step = |(_, _, step)| step;
    Ok((own.into_iter().map(only_step).collect(), others.into_iter().map(only_step).collect()))
}

impl Context<'_> {
    /// The members that keys of the document name; nobody twice.
    fn people<'d, T>(
        &self,
        named: &'d BTreeMap<String, T>,
        place: &[&str],
    ) -> Result<Vec<(&'d str, &'d T, PersonId)>, Problem> {
        let mut seen = BTreeMap::new();
        let mut people = Vec::with_capacity(named.len());
        for (name, value) in named {
            let here = || [place, &[name.as_str()]].concat();
            let person = self.book.person(name, self.state).map_err(|problem| problem.in_step(&here()))?;
            if let Some(before) = seen.insert(person, name) {
                return Err(invalid(format!("this is the same person as {before}; name everybody once")).in_step(&here()));
            }
            people.push((name.as_str(), value, person));
        }
        Ok(people)
    }

    /// The team that is meant, also one that is still to be made.
    fn team(&self, title: &str) -> Result<TeamId, Problem> {
        self.teams.get(&title.to_lowercase()).copied().ok_or_else(|| Problem::Missing {
            noun: "team",
            message: format!("there is no team {title}"),
        })
    }

    /// The agent that is meant, also one that is still to be made.
    fn agent(&self, title: &str) -> Result<AgentId, Problem> {
        self.agents.get(&title.to_lowercase()).copied().ok_or_else(|| Problem::Missing {
            noun: "agent",
            message: format!("there is no agent {title}"),
        })
    }
}

fn step(place: &[&str], says: String, command: Command) -> Step {
    step_with(place, says, command, Vec::new())
}

fn step_with(place: &[&str], says: String, command: Command, facts: Vec<Fact>) -> Step {
    Step { place: place.iter().map(|key| (*key).to_owned()).collect(), says, command, facts }
}

fn invalid(message: String) -> Problem {
    Problem::invalid("document", message)
}
