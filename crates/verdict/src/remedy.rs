//! Why not, answered with what would make it a yes: the smallest set of changes, each tried on a copy of the state.

use std::collections::BTreeSet;

use domain::command::{self, Command};
use domain::event::Event;
use domain::grant::{Grantee, Profile};
use domain::id::{AgentId, IntegrationId, KeyId, PersonId, ResourceId, TeamId};
use domain::organization::{Organization, Stamp};
use domain::resource::{ResourceVerb, Shared};
use domain::role::{RoleId, RoleLevel};
use domain::time::Timestamp;

use crate::catalog::ToolIndex;
use crate::operation::{Gift, Operation};
use crate::question::{Action, Denial, Question, Reason, Subject, Verdict, Whose};
use crate::snapshot::Snapshot;

/// Changes that may be needed together.
const CHANGES_MAX: usize = 3;
/// Sets of changes that are tried before the search gives up.
const TRIALS_MAX: usize = 200;

/// One change that would help.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the fields are named after what they hold")]
pub enum Remedy {
    /// Give an integration, in this measure, with these tools off, and until this end.
    Grant {
        to: Grantee,
        integration: IntegrationId,
        profile: Profile,
        tools_off: BTreeSet<String>,
        expires_at: Option<Timestamp>,
    },
    /// Resume a paused integration.
    Resume { integration: IntegrationId },
    /// Switch a tool on for everyone.
    SwitchOn { integration: IntegrationId, tool: String },
    /// Give a member another role.
    Role { member: PersonId, role: RoleId },
    /// Put a member into a team.
    Join { member: PersonId, team: TeamId, role: RoleId },
    /// Share a resource, until this end.
    Share { resource: ResourceId, with: Grantee, level: Shared, expires_at: Option<Timestamp> },
    /// Let an agent work again.
    ResumeAgent { agent: AgentId },
    /// Give an agent a role.
    AgentRole { agent: AgentId, role: RoleId },
    /// Give a workspace key a role.
    KeyRole { key: KeyId, role: RoleId },
    /// Let an agent act for a person.
    Delegate { agent: AgentId, person: PersonId },
}

impl Remedy {
    /// The command that makes the change.
    #[must_use]
    pub fn command(&self) -> Command {
        match self.clone() {
            Remedy::Grant { to: grantee, integration, profile, tools_off, expires_at } => {
                Command::SetGrant { grantee, integration, profile, tools_off, expires_at }
            }
            Remedy::Resume { integration } => {
                let edit = domain::integration::IntegrationEdit { paused: Some(false), ..Default::default() };
                Command::EditIntegration { integration, edit }
            }
            Remedy::SwitchOn { integration, tool } => {
                Command::ReviewTool { integration, tool, class: None, off: Some(false) }
            }
            Remedy::Role { member: person, role } => Command::ChangeMemberRole { person, role },
            Remedy::Join { member: person, team, role } => Command::SetTeamMember { team, person, role: Some(role) },
            Remedy::Share { resource, with, level, expires_at } => {
                Command::ShareResource { resource, with, level, expires_at }
            }
            Remedy::ResumeAgent { agent } => {
                let edit = domain::agent::AgentEdit { suspended: Some(false), ..Default::default() };
                Command::EditAgent { agent, edit }
            }
            Remedy::AgentRole { agent, role } => Command::SetAgentRole { agent, role: Some(role) },
            Remedy::KeyRole { key, role } => Command::SetKeyRole { key, role: Some(role) },
            Remedy::Delegate { agent, person } => Command::Delegate { agent, person, expires_at: None },
        }
    }

    /// What the engine is asked before the change is made.
    #[must_use]
    pub fn operation(&self) -> Operation<'_> {
        match self {
            Remedy::Grant { to: grantee, integration, profile, tools_off, expires_at } => {
                let gift = Some(Gift { profile: *profile, tools_off, expires_at: *expires_at });
                Operation::Assign { grantee: *grantee, integration: *integration, gift }
            }
            Remedy::Resume { integration } => Operation::EditIntegration { integration: *integration },
            Remedy::SwitchOn { integration, .. } => Operation::ReviewTool { integration: *integration },
            Remedy::Role { member, role } => Operation::ChangeRole { member: *member, role },
            Remedy::Join { member, team, role } => Operation::SetTeamMember { team: *team, member: *member, role },
            Remedy::Share { resource, with, level, expires_at } => {
                Operation::ShareResource { resource: *resource, with: *with, level: *level, expires_at: *expires_at }
            }
            Remedy::ResumeAgent { agent } => Operation::ResumeAgent { agent: *agent },
            Remedy::AgentRole { agent, role } => Operation::SetAgentRole { agent: *agent, role: Some(role) },
            Remedy::KeyRole { key, role } => Operation::SetKeyRole { key: *key, role: Some(role) },
            Remedy::Delegate { agent, person } => Operation::Delegate { agent: *agent, person: *person },
        }
    }

    /// When what is given ends by itself.
    #[must_use]
    pub fn ends_at(&self) -> Option<Timestamp> {
        match self {
            Remedy::Grant { expires_at, .. } | Remedy::Share { expires_at, .. } => *expires_at,
            _ => None,
        }
    }
}

/// A state with some changes made to a copy of it.
struct Trial {
    state: Organization,
    snapshot: Snapshot,
    changes: Vec<Remedy>,
}

impl Snapshot {
    /// The smallest sets of changes after which the question would be allowed, the smallest gift first. Empty where
    /// it is allowed already, or where no few changes would help. `state` is what this snapshot was compiled from.
    #[must_use]
    pub fn why_not(&self, state: &Organization, question: &Question<'_>) -> Vec<Vec<Remedy>> {
        let Verdict::Denied(denial) = self.evaluate(question) else { return Vec::new() };
        let mut frontier: Vec<(Vec<Remedy>, Denial)> = vec![(Vec::new(), denial)];
        let (mut trials, mut found) = (0, Vec::new());
        for _ in 0..CHANGES_MAX {
            let mut next = Vec::new();
            for (changes, denial) in frontier {
                let (here, at) = match changes.is_empty() {
                    true => (None, state),
                    false => match self.try_out(state, &changes, question.now) {
                        Some(trial) => (Some(trial), state),
                        None => continue,
                    },
                };
                let (state, snapshot) = here.as_ref().map_or((at, self), |trial| (&trial.state, &trial.snapshot));
                for candidate in snapshot.candidates(state, question, denial) {
                    trials += 1;
                    if trials > TRIALS_MAX {
                        return found;
                    }
                    let mut longer = changes.clone();
                    longer.push(candidate);
                    let Some(trial) = self.try_out_from(state, snapshot, longer, question.now) else { continue };
                    match trial.snapshot.evaluate(question) {
                        Verdict::Allowed(_) => found.push(trial.changes),
                        Verdict::Denied(other) if other.reason != denial.reason || other.whose != denial.whose => {
                            next.push((trial.changes, other));
                        }
                        Verdict::Denied(_) => {}
                    }
                }
            }
            if !found.is_empty() {
                return found;
            }
            frontier = next;
        }
        found
    }

    fn try_out(&self, state: &Organization, changes: &[Remedy], now: Timestamp) -> Option<Trial> {
        let mut state = state.clone();
        for change in changes {
            apply(&mut state, change, now)?;
        }
        let snapshot = Snapshot::compile(self.org, &state, None);
        Some(Trial { state, snapshot, changes: changes.to_vec() })
    }

    /// Makes the last of the changes; those before it have been made already.
    fn try_out_from(
        &self,
        state: &Organization,
        before: &Snapshot,
        changes: Vec<Remedy>,
        now: Timestamp,
    ) -> Option<Trial> {
        let mut state = state.clone();
        let events = apply(&mut state, changes.last()?, now)?;
        let same = crate::Same { before, events: &events };
        let snapshot = Snapshot::compile(self.org, &state, Some(same));
        Some(Trial { state, snapshot, changes })
    }

    /// Single changes that speak to a denial, the smallest gift first.
    fn candidates(&self, state: &Organization, question: &Question<'_>, denial: Denial) -> Vec<Remedy> {
        let subject = match denial.whose {
            Whose::Subject => question.actor.subject,
            Whose::Principal(person) => Subject::Member(person),
        };
        match denial.reason {
            Reason::NotAssigned | Reason::GrantEnded => match self.meant_tool(question.action) {
                Some(tool) => self.gifts((state, question.now), subject, tool),
                None => self.gifts_to_see(subject, question.action),
            },
            Reason::OffHere(tool) | Reason::Profile { tool, .. } => self.gifts((state, question.now), subject, tool),
            Reason::Paused => self
                .meant_integration(question.action)
                .map(|integration| Remedy::Resume { integration })
                .into_iter()
                .collect(),
            Reason::OffForAll(tool) => self
                .tool(tool)
                .map(|(tool, integration)| Remedy::SwitchOn {
                    integration: integration.id,
                    tool: tool.name.to_string(),
                })
                .into_iter()
                .collect(),
            Reason::Lacks(_)
            | Reason::OutOfScope(..)
            | Reason::KeysManageNothing
            | Reason::KeyWithoutRole
            | Reason::ObjectRule(_)
            | Reason::FieldRule(_)
            | Reason::MayNotHaveKeys
            | Reason::BeyondOwn(_)
            | Reason::OwnUntil(..)
            | Reason::BeyondReach
            | Reason::Above(_)
            | Reason::OnlyOwners
            | Reason::OnlyDefaultRole => {
                let mut all = self.shares(subject, question.action);
                all.extend(self.teams_that_would_do(state, subject, question.action));
                all.extend(roles_for(state, subject));
                all
            }
            Reason::NotInTeam => self.teams_that_would_do(state, subject, question.action),
            Reason::Suspended => match subject {
                Subject::Agent(agent) => vec![Remedy::ResumeAgent { agent }],
                _ => roles_for(state, subject),
            },
            Reason::NoDelegation => match (question.actor.subject, question.actor.acting_for) {
                (Subject::Agent(agent), Some(person)) => vec![Remedy::Delegate { agent, person }],
                _ => Vec::new(),
            },
            Reason::NotAMember
            | Reason::CredentialEnded
            | Reason::SignInAgain
            | Reason::PasskeyNeeded
            | Reason::MemberSuspended
            | Reason::SponsorSuspended
            | Reason::OrganizationEnding
            // Their own, and given where they sign in to it.
            | Reason::ClientProfile { .. }
            | Reason::NoSuchTool
            // Who approves a change has to see it.
            | Reason::HeldBack(_)
            | Reason::NoSuchTarget
            | Reason::DirectoryOnly
            | Reason::SuspendedByHand
            | Reason::MakerBelow
            | Reason::MapperBelow
            | Reason::AboveConnection(_)
            | Reason::NotYours
            | Reason::NeedsApproval => Vec::new(),
        }
    }

    /// The tool that an action calls, where it calls one that there is.
    #[must_use]
    pub fn meant(&self, action: Action<'_>) -> Option<(&crate::ToolEntry, &crate::IntegrationEntry)> {
        self.tool(self.meant_tool(action)?)
    }

    pub(crate) fn meant_tool(&self, action: Action<'_>) -> Option<ToolIndex> {
        match action {
            Action::CallTool { integration, tool } => self.catalog.find(integration, tool),
            Action::CallExposed { name } => self.catalog.find_exposed(name),
            Action::Use { .. } | Action::Operate(_) => None,
        }
    }

    fn meant_integration(&self, action: Action<'_>) -> Option<IntegrationId> {
        match action {
            Action::Use { integration } => self.integration_by_slug(integration).map(|found| found.id),
            action => self.tool(self.meant_tool(action)?).map(|(_, integration)| integration.id),
        }
    }

    fn shares(&self, subject: Subject, action: Action<'_>) -> Vec<Remedy> {
        let Action::Operate(Operation::Resource { verb, resource }) = action else { return Vec::new() };
        let level = [Shared::View, Shared::Use, Shared::Edit].into_iter().find(|level| level.admits(verb));
        let shareable = !matches!(subject, Subject::Key(_));
        let level = level.filter(|_| shareable && verb != ResourceVerb::Create);
        level
            .map(|level| Remedy::Share { resource, with: subject.grantee(), level, expires_at: None })
            .into_iter()
            .collect()
    }

    fn teams_that_would_do(&self, state: &Organization, subject: Subject, action: Action<'_>) -> Vec<Remedy> {
        let Subject::Member(member) = subject else { return Vec::new() };
        let teams: Vec<TeamId> = match action {
            Action::Operate(Operation::Resource { resource, .. }) => {
                self.resource(resource).map(|resource| resource.teams.iter().copied().collect()).unwrap_or_default()
            }
            Action::Operate(
                Operation::ViewTeam { team }
                | Operation::EditTeam { team }
                | Operation::InviteToTeam { team }
                | Operation::SetTeamMember { team, .. }
                | Operation::RemoveTeamMember { team, .. }
                | Operation::AssignResource { team, .. },
            ) => vec![team],
            _ => Vec::new(),
        };
        let mut roles: Vec<&domain::role::Role> =
            state.roles.values().filter(|role| role.level == RoleLevel::Team).collect();
        roles.sort_by_key(|role| role.set().iter().count());
        let join = |team| roles.iter().map(move |role| Remedy::Join { member, team, role: role.id });
        teams.into_iter().flat_map(join).collect()
    }
}

/// Roles that the subject could be given, the one that holds least first.
fn roles_for(state: &Organization, subject: Subject) -> Vec<Remedy> {
    let fits = |role: &&domain::role::Role| {
        role.level == RoleLevel::Organization
            && match subject {
                Subject::Member(_) => role.assignable_to.members,
                Subject::Key(_) => role.assignable_to.keys,
                Subject::Agent(_) => role.assignable_to.agents,
            }
    };
    let mut roles: Vec<&domain::role::Role> = state.roles.values().filter(fits).collect();
    roles.sort_by_key(|role| role.set().iter().count());
    let given = |role: RoleId| match subject {
        Subject::Member(member) => Remedy::Role { member, role },
        Subject::Key(key) => Remedy::KeyRole { key, role },
        Subject::Agent(agent) => Remedy::AgentRole { agent, role },
    };
    roles.into_iter().map(|role| given(role.id)).collect()
}

/// Makes a change; none where the domain refuses it or it changes nothing.
fn apply(state: &mut Organization, change: &Remedy, now: Timestamp) -> Option<Vec<Event>> {
    let events = command::handle(state, change.command(), now).ok().filter(|events| !events.is_empty())?;
    for event in &events {
        let stamp = Stamp { seq: state.seq + 1, at: now, actor: String::new() };
        state.apply(&stamp, event);
    }
    Some(events)
}
