//! Steps tried out on a copy: each is authorized by the engine and handled by the domain on the state as it is after
//! the steps before it.

use std::sync::Arc;

use domain::command::{self, Command};
use domain::event::Event;
use domain::grant::Grantee;
use domain::id::ResourceId;
use domain::organization::{Organization, Stamp};
use domain::permission::{Holding, PermissionSet};
use domain::resource::{Ending, ResourceVerb};
use domain::role::{Role, RoleId, RoleLevel};
use domain::time::Timestamp;
use journal::Fact;
use verdict::{Action, Actor, Denial, Gift, Operation, Question, Remedy, Same, Snapshot, Verdict};

use super::PlannedStep;
use crate::Problem;
use crate::commit::Part;

/// One of several things that are to happen together.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// Where it was asked for: the keys that lead there in the document.
    pub(crate) place: Vec<String>,
    /// What it does, in words.
    pub(crate) says: String,
    pub(crate) command: Command,
    /// What satisfies the request that it decides, where it decides one.
    pub(crate) by: Vec<Remedy>,
    /// Rows that change with it.
    pub(crate) facts: Vec<Fact>,
}

/// Steps that all can be done.
pub(crate) struct Rehearsed {
    pub(crate) parts: Vec<Part>,
    pub(crate) facts: Vec<Fact>,
    /// Those of them that change something.
    pub(crate) steps: Vec<PlannedStep>,
    /// What would be in force then.
    pub(crate) after: Arc<Snapshot>,
    /// When the next thing ends by which the caller may do them: from then on, they are to be asked about anew.
    pub(crate) until: Option<Timestamp>,
}

impl Rehearsed {
    pub(crate) fn events(&self) -> Vec<Event> {
        self.parts.iter().flat_map(|part| part.events.iter().cloned()).collect()
    }
}

/// The step that cannot be done.
pub(crate) struct Failed {
    pub(crate) step: Box<Step>,
    pub(crate) why: Why,
}

/// Why it cannot.
pub(crate) enum Why {
    /// The engine denies it, in this state.
    Denied { snapshot: Arc<Snapshot>, state: Box<Organization>, denial: Denial },
    /// Anything else.
    Problem(Problem),
}

/// Tries out steps on a copy of the state whose snapshot this is.
pub(crate) fn rehearse(
    before: &Arc<Snapshot>,
    state: &Organization,
    actor: &Actor,
    (stamp, now): (&str, Timestamp),
    steps: Vec<Step>,
) -> Result<Rehearsed, Failed> {
    let (mut snapshot, mut state) = (Arc::clone(before), state.clone());
    let after = Arc::clone(before);
    let until = shared_until(&state, actor, now);
    let mut done = Rehearsed { parts: Vec::new(), facts: Vec::new(), steps: Vec::new(), after, until };
    for step in steps {
        let fails = |step, why| Failed { step: Box::new(step), why };
        let Some(operation) = operation_of(&step, &state) else {
            let message = "this cannot be done by a document".to_owned();
            return Err(fails(step, Why::Problem(Problem::Unavailable { message })));
        };
        let asked = snapshot.evaluate(&Question { actor, action: Action::Operate(operation), now });
        let permit = match asked {
            Verdict::Allowed(permit) => permit,
            Verdict::Denied(denial) => {
                return Err(fails(step, Why::Denied { snapshot, state: Box::new(state), denial }));
            }
        };
        let events = match command::handle(&state, step.command.clone(), now) {
            Ok(events) => events,
            Err(refusal) => return Err(fails(step, Why::Problem(refusal.into()))),
        };
        if events.is_empty() {
            continue;
        }
        done.until = done.until.into_iter().chain(snapshot.deadline(actor, now)).min();
        for event in &events {
            state.apply(&Stamp { seq: state.seq + 1, at: now, actor: stamp.to_owned() }, event);
        }
        let same = Same { before: &snapshot, events: &events };
        snapshot = Arc::new(Snapshot::compile(before.org(), &state, Some(same)));
        done.parts.push(Part { permit, events });
        done.facts.extend(step.facts);
        done.steps.push(PlannedStep { place: step.place, says: step.says });
        done.after = Arc::clone(&snapshot);
    }
    Ok(done)
}

/// When the next share ends by which a caller, or whoever they act for, may do something with a resource.
fn shared_until(state: &Organization, actor: &Actor, now: Timestamp) -> Option<Timestamp> {
    let with = [Some(actor.subject.grantee()), actor.acting_for.map(Grantee::Member)];
    let with = with.iter().flatten();
    let ends = state.resources.values().flat_map(|resource| with.clone().filter_map(|with| resource.shares.get(with)));
    let ends = ends.filter_map(|share| share.expires_at);
    ends.filter(|end| now < *end).min()
}

/// What is asked of the engine before a command is handled. It is made from the command itself, so that nothing is
/// authorized as something else; none where no step is ever such a command.
pub(crate) fn operation_of<'c>(step: &'c Step, state: &'c Organization) -> Option<Operation<'c>> {
    Some(match &step.command {
        Command::ChangeSettings { changes, .. } => Operation::EditOrganization { changes },
        Command::DefineObject(object) => {
            Operation::EditDataModel { object: Some(&object.name), to: Some(object.as_ref()) }
        }
        Command::RemoveObject { object } => Operation::EditDataModel { object: Some(object), to: None },
        Command::CreateRole(new) => {
            let to = new.edit.permissions.as_ref().map_or(PermissionSet::EMPTY, Holding::set);
            Operation::CreateRole { to, data: new.edit.data.as_ref() }
        }
        Command::EditRole { role, edit } => {
            let present = || state.roles.get(role).map_or(PermissionSet::EMPTY, Role::set);
            let to = edit.permissions.as_ref().map_or_else(present, Holding::set);
            Operation::EditRole { role, to, data: edit.data.as_ref() }
        }
        Command::DeleteRole { role, default } => {
            Operation::DeleteRole { role, moved_to: heir(state, role, default.as_ref()) }
        }
        Command::ChangeMemberRole { person, role } => Operation::ChangeRole { member: *person, role },
        Command::GiveMemberRole { person, role, .. } => Operation::GiveRole { member: *person, role },
        Command::TakeMemberRole { person, role } => Operation::TakeRole { member: *person, role },
        Command::CreateTeam { .. } => Operation::CreateTeam,
        Command::RenameTeam { team, .. } | Command::DeleteTeam { team } => Operation::EditTeam { team: *team },
        Command::SetTeamMember { team, person, role: Some(role) } => {
            Operation::SetTeamMember { team: *team, member: *person, role }
        }
        Command::RemoveTeamMember { team, person } => Operation::RemoveTeamMember { team: *team, member: *person },
        Command::CreateAgent { role, .. } => Operation::CreateAgent { role: role.as_ref() },
        Command::EditAgent { agent, edit } if edit.may_wake() => Operation::ResumeAgent { agent: *agent },
        Command::EditAgent { agent, .. } | Command::DeleteAgent { agent } => Operation::EditAgent { agent: *agent },
        Command::SetAgentRole { agent, role } => Operation::SetAgentRole { agent: *agent, role: role.as_ref() },
        Command::Delegate { agent, person, .. } => Operation::Delegate { agent: *agent, person: *person },
        Command::EndDelegation { agent, person } => Operation::EndDelegation { agent: *agent, person: *person },
        Command::RemoveMember { person } => Operation::RemoveMember { member: *person },
        Command::RotateKey { key, .. } => Operation::RotateKey { key: *key },
        Command::SetKeyRole { key, role } => Operation::SetKeyRole { key: *key, role: role.as_ref() },
        Command::EditIntegration { integration, .. } => Operation::EditIntegration { integration: *integration },
        Command::ReviewTool { integration, .. } => Operation::ReviewTool { integration: *integration },
        Command::SetGrant { grantee, integration, profile, tools_off, expires_at } => {
            let gift = Some(Gift { profile: *profile, tools_off, expires_at: *expires_at });
            Operation::Assign { grantee: *grantee, integration: *integration, gift }
        }
        Command::LendGrant { grantee, integration, profile, tools_off, expires_at } => {
            let gift = Some(Gift { profile: *profile, tools_off, expires_at: Some(*expires_at) });
            Operation::Assign { grantee: *grantee, integration: *integration, gift }
        }
        Command::RemoveGrant { grantee, integration } => {
            Operation::Assign { grantee: *grantee, integration: *integration, gift: None }
        }
        Command::GrantRequest { request, .. } => Operation::DecideRequest { request: *request, by: &step.by },
        command => return operation_on_resource(command),
    })
}

fn operation_on_resource<'c>(command: &'c Command) -> Option<Operation<'c>> {
    let touch = |verb, resource: &ResourceId| Operation::Resource { verb, resource: *resource };
    Some(match command {
        Command::RegisterResource(new) => Operation::CreateResource { kind: new.kind, owner: new.owner? },
        Command::EditResource { resource, .. } => touch(ResourceVerb::Edit, resource),
        Command::ShareResource { resource, with, level, expires_at } => {
            Operation::ShareResource { resource: *resource, with: *with, level: *level, expires_at: *expires_at }
        }
        Command::UnshareResource { resource, .. } => touch(ResourceVerb::Share, resource),
        Command::AssignResource { resource, team } | Command::UnassignResource { resource, team } => {
            Operation::AssignResource { team: *team, resource: *resource }
        }
        // Who decides whose it is decides whether it stays.
        Command::HandOverResource { resource, .. }
        | Command::RestoreResource { resource }
        | Command::EndResource { resource, ending: Ending::Delete } => touch(ResourceVerb::Delete, resource),
        _ => return None,
    })
}

/// The role that the members of a deleted one get; the role itself where there is none, which the domain refuses.
fn heir<'c>(state: &'c Organization, role: &'c RoleId, default: Option<&'c RoleId>) -> &'c RoleId {
    let settings = &state.settings;
    let present = match state.roles.get(role).map(|role| role.level) {
        Some(RoleLevel::Team) => settings.join_default_team_role.as_ref(),
        Some(RoleLevel::Organization) => Some(&settings.join_default_role),
        None => None,
    };
    default.or(present).unwrap_or(role)
}
