//! From a document and the present state to the steps that lead from the one to the other.
//!
//! The order is what makes them possible (`agenda`). Each step is only what one command would do; whether it may be done
//! is decided when it is tried out.

mod agenda;
mod agents;
mod extra_roles;
mod grants;
mod keys;
mod objects;
mod resources;
mod roles;
mod settings;
mod teams;
mod tools;

use std::collections::{BTreeMap, BTreeSet};

use domain::command::Command;
use domain::id::{AgentId, IntegrationId, PersonId, TeamId};
use domain::organization::Organization;
use domain::role::RoleId;
use domain::time::Timestamp;
use journal::Fact;
use verdict::Subject;

use self::agenda::{Agenda, Phase};
use super::Document;
use super::apply::PlannedStep;
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
    /// The teams and the agents that the document names, where it has their sections.
    teams_named: Option<BTreeSet<TeamId>>,
    agents_named: Option<BTreeSet<AgentId>>,
    /// The roles that the document gives to members.
    roles_named: BTreeMap<PersonId, RoleId>,
    integrations: BTreeMap<&'c str, IntegrationId>,
    /// Whether the caller sees every team.
    sees_teams: bool,
    now: Timestamp,
}

/// What leads from an organization to what a document says.
pub(crate) struct Way {
    /// The steps, in the order in which they can be done.
    pub(crate) steps: Vec<Step>,
    /// What a document cannot do and the people concerned must.
    pub(crate) by_hand: Vec<PlannedStep>,
}

/// Steps after which nothing is left to do.
impl From<Vec<Step>> for Way {
    fn from(steps: Vec<Step>) -> Way {
        Way { steps, by_hand: Vec::new() }
    }
}

/// The way from an organization to what a document says.
pub(super) fn way(
    app: &App,
    (caller, book): (&Caller, &Book),
    document: &Document,
    state: &Organization,
) -> Result<Way, Problem> {
    let context = Context::of(app, (caller, book), document, state)?;
    let (mut agenda, mut by_hand) = (Agenda::default(), Vec::new());
    objects::steps(&context, &mut agenda);
    roles::steps(&context, &mut agenda)?;
    member_roles(&context, &mut agenda)?;
    teams::steps(&context, &mut agenda)?;
    extra_roles::steps(&context, &mut agenda)?;
    agents::steps(&context, &mut agenda, &mut by_hand)?;
    keys::steps(&context, &mut agenda, &mut by_hand)?;
    resources::steps(app, &context, &mut agenda)?;
    agenda.add(Phase::Tools, tools::steps(&context)?);
    agenda.add(Phase::Grants, grants::steps(&context, &mut by_hand)?);
    // At the end, since what has to be opened depends on what is done.
    settings::steps(&context, &mut agenda)?;
    Ok(Way { steps: agenda.in_order(), by_hand })
}

fn member_roles(context: &Context<'_>, agenda: &mut Agenda) -> Result<(), Problem> {
    let Some(members) = &context.document.members else { return Ok(()) };
    let top = |role: &RoleId| context.state.roles.get(role).is_some_and(|role| role.top);
    for (name, role, person) in context.people(members, &["members"])? {
        let present = context.state.member(person).map(|member| member.role);
        let Some(present) = present.filter(|present| present != role) else { continue };
        let phase = match () {
            () if Subject::Member(person) == context.caller.actor.subject => Phase::OwnRole,
            () if top(role) => Phase::PromoteToTop,
            () if top(&present) => Phase::LeaveTop,
            () => Phase::AssignRoles,
        };
        let says = format!("give {name} the role {role} instead of {present}");
        agenda.add(phase, [step(&["members", name], says, Command::ChangeMemberRole { person, role: *role })]);
    }
    Ok(())
}

impl<'c> Context<'c> {
    fn of(
        app: &App,
        (caller, book): (&'c Caller, &'c Book),
        document: &'c Document,
        state: &'c Organization,
    ) -> Result<Context<'c>, Problem> {
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
        // Whoever is named and is not here is told where the section is read.
        let role = |(name, role): (&String, &RoleId)| Some((book.person(name, state).ok()?, *role));
        let integrations = state.integrations.values();
        Ok(Context {
            caller,
            book,
            state,
            document,
            teams_named: document.teams.as_ref().map(|named| ids(named, &teams)),
            agents_named: document.agents.as_ref().map(|named| ids(named, &agents)),
            roles_named: document.members.iter().flatten().filter_map(role).collect(),
            integrations: integrations.map(|integration| (integration.slug.as_str(), integration.id)).collect(),
            teams,
            agents,
            sees_teams: app.sees_all_teams(caller, &caller.live.snapshot()),
            now: app.now(),
        })
    }

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
                return Err(
                    invalid(format!("this is the same person as {before}; name everybody once")).in_step(&here())
                );
            }
            people.push((name.as_str(), value, person));
        }
        Ok(people)
    }

    /// The team that is meant, also one that is still to be made.
    fn team(&self, title: &str) -> Result<TeamId, Problem> {
        self.teams
            .get(&title.to_lowercase())
            .copied()
            .ok_or_else(|| Problem::Missing { noun: "team", message: format!("there is no team {title}") })
    }

    /// Whether an agent is not deleted by the document.
    fn agent_stays(&self, agent: AgentId) -> bool {
        self.agents_named.as_ref().is_none_or(|named| named.contains(&agent))
    }

    /// Whether a team is not deleted by the document.
    fn team_stays(&self, team: TeamId) -> bool {
        self.teams_named.as_ref().is_none_or(|named| named.contains(&team))
    }

    /// The role that somebody has as their own once the document is applied.
    fn role_afterwards(&self, person: PersonId) -> Option<RoleId> {
        let present = || self.state.member(person).map(|member| member.role);
        self.roles_named.get(&person).copied().or_else(present)
    }

    /// The integration of a slug.
    fn integration(&self, slug: &str) -> Result<IntegrationId, Problem> {
        self.integrations.get(slug).copied().ok_or_else(|| Problem::Missing {
            noun: "integration",
            message: format!("there is no integration {slug}; a document connects none, so connect it first"),
        })
    }

    /// The agent that is meant, also one that is still to be made.
    fn agent(&self, title: &str) -> Result<AgentId, Problem> {
        self.agents
            .get(&title.to_lowercase())
            .copied()
            .ok_or_else(|| Problem::Missing { noun: "agent", message: format!("there is no agent {title}") })
    }
}

/// The ids of those that a section names.
fn ids<I: Copy + Ord, T>(named: &BTreeMap<String, T>, all: &BTreeMap<String, I>) -> BTreeSet<I> {
    named.keys().filter_map(|title| all.get(&title.to_lowercase()).copied()).collect()
}

fn step(place: &[&str], says: String, command: Command) -> Step {
    step_with(place, says, command, Vec::new())
}

fn step_with(place: &[&str], says: String, command: Command, facts: Vec<Fact>) -> Step {
    Step { place: place.iter().map(|key| (*key).to_owned()).collect(), says, command, by: Vec::new(), facts }
}

/// What must be done by hand.
fn by_hand(place: &[&str], says: String) -> PlannedStep {
    PlannedStep { place: place.iter().map(|key| (*key).to_owned()).collect(), says }
}

fn invalid(message: String) -> Problem {
    Problem::invalid("document", message)
}
