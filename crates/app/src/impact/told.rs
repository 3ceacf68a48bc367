//! A difference in words, as far as the caller may know of it: people as on the list of members, keys and agents as on
//! theirs. Whoever may ask what somebody has may know of their teams and roles; objects and fields that the caller may not
//! know of are in no difference.

use std::collections::{BTreeMap, HashMap};

use domain::grant::Grantee;
use domain::id::{AgentId, IntegrationId, KeyId, PersonId, TeamId};
use domain::organization::Organization;
use domain::permission::{Holding, Permission, PermissionSet, Scope};
use domain::role::RoleId;
use journal::Fact;
use verdict::{
    ActingDifference, Difference, KeyChange, Operation, Presence, Rights, Snapshot, Subject, TeamDifference,
};

use super::ends::{EndImpact, Given, MovedEnd};
use super::{ActingImpact, PEOPLE_MAX, SubjectImpact, TeamImpact, ToldRights};
use crate::{App, Caller, Problem};

/// What everybody and everything in an impact is called.
pub(super) struct Book<'b> {
    /// Before and after.
    states: [&'b Organization; 2],
    /// People whom the caller may know of or asks about.
    people: HashMap<PersonId, String>,
    labels: HashMap<String, String>,
    /// Whether the caller sees who is a member.
    sees_members: bool,
    sees_agents: bool,
    /// The caller.
    is: Subject,
}

impl<'b> Book<'b> {
    /// Looks up everybody who is in some differences; new names are among the facts.
    pub(super) async fn read(
        app: &App,
        caller: &Caller,
        (states, facts): ([&'b Organization; 2], &[Fact]),
        (differences, ends): (&[Difference], &[MovedEnd]),
    ) -> Result<Book<'b>, Problem> {
        let snapshot = caller.live.snapshot();
        let sees = |operation| app.asked(&snapshot, &caller.actor, operation).is_allowed();
        let (sees_members, sees_agents) = (sees(Operation::ViewMembers), sees(Operation::ViewAgents));
        let acted_for =
            |difference: &Difference| difference.acting.iter().map(|acting| acting.person).collect::<Vec<_>>();
        let mut ids: Vec<PersonId> = differences.iter().filter_map(|difference| difference.subject.person()).collect();
        ids.extend(differences.iter().flat_map(acted_for).filter(|_| sees_members));
        ids.extend(ends.iter().filter_map(|end| end.given.people()).filter(|_| sees_members));
        ids.extend(caller.actor.subject.person());
        ids.sort_unstable();
        ids.dedup();
        let mut people: HashMap<PersonId, String> =
            ids.iter().copied().zip(app.names(caller.live.org(), &ids).await).collect();
        let has_keys = |one: &Difference| matches!(one.subject, Subject::Key(_)) || !one.keys.is_empty();
        let has_keys = differences.iter().any(has_keys) || ends.iter().any(|end| end.given.names_a_key());
        let mut labels = match has_keys {
            true => app.labels(caller.live.org()).await?,
            false => HashMap::new(),
        };
        for fact in facts {
            match fact {
                Fact::Called { person, name, .. } => _ = people.insert(*person, name.clone()),
                Fact::Label { id, label, .. } => _ = labels.insert(id.clone(), label.clone()),
                _ => {}
            }
        }
        Ok(Book { states, people, labels, sees_members, sees_agents, is: caller.actor.subject })
    }

    /// One subject's difference.
    pub(super) fn subject(
        &self,
        app: &App,
        caller: &Caller,
        snapshots: [&Snapshot; 2],
        difference: &Difference,
    ) -> SubjectImpact {
        let subject = difference.subject;
        let is_seen =
            |acting: &&ActingDifference| self.sees_members || caller.actor.subject.person() == Some(acting.person);
        let acting: Vec<&ActingDifference> = difference.acting.iter().filter(is_seen).collect();
        let sees_agent = |_: &&(AgentId, Presence)| self.sees_agents || caller.actor.subject == subject;
        let agents = difference.agents.iter().filter(sees_agent);
        let sees_key = |(key, _): &&(KeyId, KeyChange)| {
            let operation = Operation::ViewKey { key: *key };
            snapshots.iter().any(|snapshot| app.asked(snapshot, &caller.actor, operation).is_allowed())
        };
        let keys = difference.keys.iter().filter(sees_key);
        SubjectImpact {
            subject,
            name: self.name(subject),
            presence: difference.presence,
            gains: in_words(&difference.gains, snapshots),
            loses: in_words(&difference.loses, snapshots),
            roles: difference.roles.iter().map(|(role, all)| self.beside(subject, *role, *all)).collect(),
            teams: difference.teams.iter().map(|team| self.team(team)).collect(),
            personal_keys: difference.personal_keys,
            keys: keys.map(|(key, change)| (key.to_string(), self.name(Subject::Key(*key)), *change)).collect(),
            acting_others: acting.len().saturating_sub(PEOPLE_MAX),
            acting: acting.into_iter().take(PEOPLE_MAX).map(|acting| self.acting(acting, snapshots)).collect(),
            agents: agents.map(|(id, all)| (id.to_string(), self.name(Subject::Agent(*id)), *all)).collect(),
        }
    }

    /// Something in the state after, or else in the one before.
    fn newest<T>(&self, find: impl Fn(&'b Organization) -> Option<T>) -> Option<T> {
        self.states.iter().rev().find_map(|state| find(state))
    }

    fn name(&self, subject: Subject) -> String {
        match subject {
            Subject::Member(person) => self.people.get(&person).cloned().unwrap_or_default(),
            Subject::Agent(agent) => {
                self.newest(|state| state.agents.get(&agent)).map(|agent| agent.title.clone()).unwrap_or_default()
            }
            Subject::Key(key) => self.labels.get(key.as_str()).cloned().unwrap_or_else(|| key.to_string()),
        }
    }

    /// A role beside somebody's own, and what becomes of it: it stays with them where it is their own afterwards.
    fn beside(&self, subject: Subject, role: RoleId, change: Presence) -> (String, String, Presence) {
        let given = subject.person().map(|person| Given::Role(person, role));
        let stays = change == Presence::Goes && given.is_some_and(|given| given.is_own_role(self.states[1]));
        (role.to_string(), self.role(role), if stays { Presence::Stays } else { change })
    }

    /// An agent, by its title where the caller sees agents, is it, or makes it with this change.
    fn agent(&self, id: AgentId) -> String {
        let told = self.sees_agents || self.is == Subject::Agent(id) || !self.states[0].agents.contains_key(&id);
        if told { self.name(Subject::Agent(id)) } else { id.to_string() }
    }

    /// An end that is set or moves.
    pub(super) fn end(&self, moved: &MovedEnd, knows_before: bool) -> EndImpact {
        let person = |person: PersonId| self.people.get(&person).cloned().unwrap_or_else(|| person.to_string());
        let to = |grantee: Grantee| match grantee {
            Grantee::Member(member) => person(member),
            Grantee::Key(key) => self.name(Subject::Key(key)),
            Grantee::Agent(agent) => self.agent(agent),
            Grantee::Team(team) => format!("the team {}", self.team_title(team)),
            Grantee::Role(role) => format!("everyone with the role {}", self.role(role)),
        };
        let integration = |id| {
            let found = self.newest(|state| state.integrations.get(&id));
            found.map(|integration| integration.title.clone()).unwrap_or_default()
        };
        let (whose, what) = match moved.given {
            Given::Role(member, role) if moved.given.is_own_role(self.states[1]) => {
                (person(member), format!("the role {}", self.role(role)))
            }
            Given::Role(member, role) => (person(member), format!("the role {} beside their own", self.role(role))),
            Given::Grant(grantee, id) => (to(grantee), format!("what is given of {}", integration(id))),
            Given::Loan(grantee, id, _) => (to(grantee), format!("what is lent of {}", integration(id))),
            Given::Share(resource, with) => {
                let found = self.newest(|state| state.resources.get(&resource));
                (to(with), format!("what is shared of {}", found.map_or("", |resource| &resource.title)))
            }
            // Whoever lets it act for them is told what it is called.
            Given::Delegation(agent, member) if self.is == Subject::Member(member) => {
                (self.name(Subject::Agent(agent)), format!("acting for {}", person(member)))
            }
            Given::Delegation(agent, member) => (self.agent(agent), format!("acting for {}", person(member))),
            Given::Agent(agent) => (self.agent(agent), "the agent".to_owned()),
            Given::Key(key) => (self.name(Subject::Key(key)), "the key".to_owned()),
        };
        EndImpact { whose, what, until: moved.until, before: moved.before.filter(|_| knows_before) }
    }

    fn role(&self, id: RoleId) -> String {
        self.newest(|state| state.roles.get(&id)).map_or_else(|| id.to_string(), |role| role.title.clone())
    }

    fn team_title(&self, id: TeamId) -> String {
        self.newest(|state| state.teams.get(&id)).map(|team| team.title.clone()).unwrap_or_default()
    }

    fn team(&self, difference: &TeamDifference) -> TeamImpact {
        TeamImpact {
            team: difference.team.to_string(),
            title: self.team_title(difference.team),
            place: difference.place,
            gains: there(&difference.gains),
            loses: there(&difference.loses),
        }
    }

    fn acting(&self, difference: &ActingDifference, snapshots: [&Snapshot; 2]) -> ActingImpact {
        ActingImpact {
            person: difference.person.to_string(),
            name: self.name(Subject::Member(difference.person)),
            presence: difference.presence,
            gains: in_words(&difference.gains, snapshots),
            loses: in_words(&difference.loses, snapshots),
        }
    }
}

/// Permissions in a team: how far they reach is clear there, unless it is no further than what is one's own.
fn there(held: &[(Permission, Scope)]) -> Vec<String> {
    let word = |(permission, scope): &(Permission, Scope)| match scope {
        Scope::Own => format!("{permission}:{}", scope.as_str()),
        Scope::Team | Scope::All => permission.to_string(),
    };
    held.iter().map(word).collect()
}

fn in_words(rights: &Rights, snapshots: [&Snapshot; 2]) -> ToldRights {
    let slug = |id: IntegrationId| {
        let known = snapshots.iter().rev().find_map(|snapshot| snapshot.integration(id));
        known.map_or_else(|| id.to_string(), |integration| integration.slug.to_string())
    };
    let permissions = Holding::from(rights.permissions.iter().copied().collect::<PermissionSet>()).words();
    let mut told = ToldRights { permissions, ..ToldRights::default() };
    for (integration, tool) in &rights.tools {
        told.tools.entry(slug(*integration)).or_default().push(tool.to_string());
    }
    for (resource, verb) in &rights.resources {
        told.resources.entry(resource.to_string()).or_default().push(verb.as_str());
    }
    for right in &rights.data {
        let verbs: &mut Vec<&'static str> = match &right.field {
            None => told.objects.entry(right.object.to_string()).or_default(),
            Some(field) => {
                let fields: &mut BTreeMap<_, _> = told.fields.entry(right.object.to_string()).or_default();
                fields.entry(field.to_string()).or_default()
            }
        };
        verbs.push(right.verb.as_str());
    }
    told
}
