//! Who asks, and everything that can be asked.

use domain::grant::Grantee;
use domain::key::KeyKind;
use domain::object::{DataName, DataVerb};
use domain::organization::SettingChange;
use domain::permission::{Permission, PermissionSet};
use domain::resource::ResourceVerb;
use domain::role::RoleId;
use verdict::{Actor, Operation, Subject};

use crate::chance::{self, KINDS};
use crate::dice::Dice;
use crate::world::{
    AGENTS, FIELDS, INTEGRATIONS, KEYS, OBJECTS, PEOPLE, RESOURCES, TEAMS, World, agent, credentials, data,
    integration, key, person, resource, subjects, team,
};

/// Everybody who might ask: each subject asked about, agents for everyone, and each secret that a key has or had, for
/// its own subject and for somebody else's.
pub(crate) fn actors(world: &World) -> Vec<Actor> {
    let mut actors: Vec<Actor> = subjects().map(Actor::about).collect();
    for acting_for in (0..PEOPLE).map(|number| Some(person(number))) {
        let agents = (0..AGENTS).map(|number| Subject::Agent(agent(number)));
        // A person who acts for another is nothing that there is.
        let odd = [Subject::Member(person(1)), Subject::Key(key(1))];
        actors.extend(agents.chain(odd).map(|subject| Actor { subject, acting_for, credential: None }));
    }
    for number in 0..KEYS {
        let (subject, acting_for) = match world.state.keys.get(&key(number)).map(|key| &key.kind) {
            Some(KeyKind::Personal { holder }) => (Subject::Member(*holder), None),
            Some(KeyKind::Agent { agent, acting_for }) => (Subject::Agent(*agent), *acting_for),
            Some(KeyKind::Workspace { .. }) | None => (Subject::Key(key(number)), None),
        };
        for credential in credentials(number) {
            let credential = Some(credential);
            actors.push(Actor { subject, acting_for, credential });
            actors.push(Actor { subject: Subject::Member(person(0)), acting_for: None, credential });
            actors.push(Actor { subject, acting_for: Some(person(2)), credential });
        }
    }
    actors
}

/// The names that questions borrow.
pub(crate) struct Names {
    roles: Vec<RoleId>,
    sets: Vec<PermissionSet>,
    objects: Vec<DataName>,
    fields: Vec<DataName>,
    grantees: Vec<Grantee>,
    changes: Vec<Vec<SettingChange>>,
}

impl Names {
    pub(crate) fn of(world: &World, dice: &mut Dice) -> Names {
        let mut sets: Vec<PermissionSet> = world.state.roles.values().map(domain::role::Role::set).collect();
        sets.extend((0..3).map(|_| chance::holding(dice).set()));
        Names {
            roles: world.role_ids(),
            sets,
            objects: OBJECTS.map(data).into(),
            fields: FIELDS.map(data).into(),
            grantees: world.grantees(),
            changes: (0..40).map(|_| chance::setting_changes(dice, &world.state)).collect(),
        }
    }

    /// Every operation on everything that there is, and on one of each kind that there is not.
    pub(crate) fn operations(&self) -> Vec<Operation<'_>> {
        let mut all = vec![
            Operation::ViewOrganization,
            Operation::EditOrganization { changes: &[] },
            Operation::ViewMembers,
            Operation::ViewRoles,
            Operation::ViewTeams,
            Operation::ViewAgents,
            Operation::Invite { role: None },
            Operation::CreateTeam,
            Operation::ConnectIntegration,
            Operation::CreateWorkspaceKey { role: None },
            Operation::CreateAgent { role: None },
            Operation::EditDataModel,
            Operation::ReadAudit { subject: None },
            Operation::ChangePreset,
        ];
        all.extend(self.changes.iter().map(|changes| Operation::EditOrganization { changes }));
        self.about_roles(&mut all);
        self.about_people(&mut all);
        self.about_teams(&mut all);
        self.about_integrations(&mut all);
        self.about_keys_and_agents(&mut all);
        self.about_things(&mut all);
        all
    }

    fn about_roles<'n>(&'n self, all: &mut Vec<Operation<'n>>) {
        all.extend(self.sets.iter().map(|to| Operation::CreateRole { to: *to }));
        for role in &self.roles {
            all.push(Operation::AddMember { role });
            all.push(Operation::Invite { role: Some(role) });
            all.push(Operation::CreateWorkspaceKey { role: Some(role) });
            all.push(Operation::CreateAgent { role: Some(role) });
            all.extend(self.sets.iter().map(|to| Operation::EditRole { role, to: *to }));
            all.extend(self.roles.iter().map(|moved_to| Operation::DeleteRole { role, moved_to }));
        }
    }

    fn about_people<'n>(&'n self, all: &mut Vec<Operation<'n>>) {
        for member in (0..PEOPLE).map(person) {
            all.extend(self.roles.iter().map(|role| Operation::ChangeRole { member, role }));
            all.extend(self.roles.iter().map(|role| Operation::GiveRole { member, role }));
            all.extend(self.roles.iter().map(|role| Operation::TakeRole { member, role }));
            all.push(Operation::RemoveMember { member });
            all.push(Operation::TransferOwnership { to: member });
            all.push(Operation::CreatePersonalKey { holder: member });
            all.extend(KINDS.map(|kind| Operation::CreateResource { kind, owner: member }));
        }
        for subject in subjects() {
            all.extend([Operation::Explain { subject }, Operation::ReadAudit { subject: Some(subject) }]);
        }
        all.extend(Permission::ALL.iter().map(|permission| Operation::Use { permission: *permission }));
    }

    fn about_teams<'n>(&'n self, all: &mut Vec<Operation<'n>>) {
        for team in (0..TEAMS).map(team) {
            all.extend([Operation::ViewTeam { team }, Operation::EditTeam { team }, Operation::InviteToTeam { team }]);
            for member in (0..PEOPLE).map(person) {
                all.extend(self.roles.iter().map(|role| Operation::SetTeamMember { team, member, role }));
                all.push(Operation::RemoveTeamMember { team, member });
            }
            let resources = (0..RESOURCES).map(resource);
            all.extend(resources.map(|resource| Operation::AssignResource { team, resource }));
        }
    }

    fn about_integrations<'n>(&'n self, all: &mut Vec<Operation<'n>>) {
        for integration in (0..INTEGRATIONS).map(integration) {
            all.push(Operation::ViewIntegration { integration });
            all.push(Operation::EditIntegration { integration });
            all.push(Operation::DisconnectIntegration { integration });
            all.push(Operation::ReviewTool { integration });
            all.extend(self.grantees.iter().map(|grantee| Operation::Assign { grantee: *grantee, integration }));
        }
    }

    fn about_keys_and_agents<'n>(&'n self, all: &mut Vec<Operation<'n>>) {
        for key in (0..KEYS).map(key) {
            all.extend([Operation::ViewKey { key }, Operation::RotateKey { key }, Operation::RevokeKey { key }]);
            all.push(Operation::SetKeyRole { key, role: None });
            all.extend(self.roles.iter().map(|role| Operation::SetKeyRole { key, role: Some(role) }));
        }
        for agent in (0..AGENTS).map(agent) {
            all.extend([Operation::EditAgent { agent }, Operation::CreateAgentKey { agent }]);
            all.push(Operation::SetAgentRole { agent, role: None });
            all.extend(self.roles.iter().map(|role| Operation::SetAgentRole { agent, role: Some(role) }));
            for person in (0..PEOPLE).map(person) {
                all.extend([Operation::Delegate { agent, person }, Operation::EndDelegation { agent, person }]);
            }
        }
    }

    fn about_things<'n>(&'n self, all: &mut Vec<Operation<'n>>) {
        for resource in (0..RESOURCES).map(resource) {
            all.extend(ResourceVerb::ALL.map(|verb| Operation::Resource { verb, resource }));
        }
        for object in &self.objects {
            for verb in DataVerb::ALL {
                all.push(Operation::Data { verb, object });
                all.extend(self.fields.iter().map(|field| Operation::Field { verb, object, field }));
            }
        }
    }
}
