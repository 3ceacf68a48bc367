//! Who asks, and everything that can be asked.

use std::collections::BTreeSet;

use domain::grant::{Grantee, Profile};
use domain::invitation::Offer;
use domain::key::{KeyKind, KeyScope};
use domain::object::{DataName, DataRules, DataVerb, Object};
use domain::organization::SettingChange;
use domain::permission::{Permission, PermissionSet};
use domain::resource::{ResourceVerb, Shared};
use domain::role::RoleId;
use domain::time::Timestamp;
use verdict::{Actor, Gift, Operation, Remedy, Subject};

use crate::chance::{self, KINDS};
use crate::dice::Dice;
use crate::world::{
    AGENTS, FIELDS, INTEGRATIONS, INVITATIONS, KEYS, OBJECTS, PEOPLE, RESOURCES, TEAMS, TOOLS, World, agent,
    credentials, data, integration, invitation, key, person, request, resource, subjects, team,
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
            Some(KeyKind::Workspace { .. } | KeyKind::Directory { .. }) | None => (Subject::Key(key(number)), None),
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

/// The name of an operation's kind.
pub(crate) fn kind(operation: Operation<'_>) -> String {
    let written = format!("{operation:?}");
    written.split([' ', '(']).next().unwrap().to_owned()
}

/// Whether an operation is asked about by asking about others, so that Cedar is asked about those alone.
pub(crate) fn is_made_of_others(operation: Operation<'_>) -> bool {
    matches!(operation, Operation::DecideRequest { .. }) || operation.code().starts_with("invitation.")
}

/// Changes of every kind, some of which nobody would ever think of together.
fn remedies(dice: &mut Dice, world: &World) -> Vec<Remedy> {
    let (member, agent, key) = (person(dice.below(PEOPLE)), agent(dice.below(AGENTS)), key(dice.below(KEYS)));
    let (team, resource) = (team(dice.below(TEAMS)), resource(dice.below(RESOURCES)));
    let (role, integration) = (dice.pick(&world.role_ids()), integration(dice.below(INTEGRATIONS)));
    let (to, tools_off) = (dice.pick(&world.grantees()), [].into());
    let one = |dice: &mut Dice| match dice.below(14) {
        0 => Remedy::Resume { integration },
        1 => Remedy::SwitchOn { integration, tool: "get".to_owned() },
        2 => Remedy::Role { member, role },
        3 => Remedy::Join { member, team, role },
        4 => {
            let (with, level) = (Grantee::Member(member), chance::shared(dice));
            Remedy::Share { resource, with, level, expires_at: dice.percent(30).then_some(Timestamp(50)) }
        }
        5 => Remedy::ResumeAgent { agent },
        6 => Remedy::AgentRole { agent, role },
        7 => Remedy::KeyRole { key, role },
        8 => Remedy::Delegate { agent, person: member },
        _ => {
            let (tools_off, expires_at) = (BTreeSet::clone(&tools_off), dice.percent(30).then_some(Timestamp(50)));
            Remedy::Grant { to, integration, profile: Profile::Full, tools_off, expires_at }
        }
    };
    let many = [0, 1, 1, 1, 1, 1, 2][usize::from(dice.below(7))];
    (0..many).map(|_| one(dice)).collect()
}

/// The names that questions borrow.
pub(crate) struct Names {
    roles: Vec<RoleId>,
    sets: Vec<(PermissionSet, Option<DataRules>)>,
    objects: Vec<DataName>,
    /// What objects could come to.
    changed_objects: Vec<Object>,
    fields: Vec<DataName>,
    grantees: Vec<Grantee>,
    changes: Vec<Vec<SettingChange>>,
    remedies: Vec<Vec<Remedy>>,
    gifts: Vec<(Profile, BTreeSet<String>, Option<Timestamp>)>,
    offers: Vec<Offer>,
}

impl Names {
    pub(crate) fn of(world: &World, dice: &mut Dice) -> Names {
        let known = world.state.roles.values();
        let mut sets: Vec<_> = known.map(|role| (role.set(), dice.maybe(50, |_| role.data.clone()))).collect();
        sets.extend((0..3).map(|_| (chance::holding(dice).set(), dice.maybe(60, chance::data_rules))));
        Names {
            roles: world.role_ids(),
            sets,
            objects: OBJECTS.map(data).into(),
            changed_objects: OBJECTS.map(|name| chance::object(name, &dice.some(50, &FIELDS))).into(),
            fields: FIELDS.map(data).into(),
            grantees: world.grantees(),
            gifts: (0..4)
                .map(|_| (dice.pick(&Profile::ALL), chance::tools_off(dice), chance::end(dice)))
                .chain([(Profile::ReadOnly, TOOLS.map(str::to_owned).into(), Some(Timestamp(50)))])
                .collect(),
            changes: (0..40).map(|_| chance::setting_changes(dice, &world.state)).collect(),
            remedies: (0..60).map(|_| remedies(dice, world)).collect(),
            offers: (0..40).map(|_| chance::offer(dice, world)).collect(),
        }
    }

    /// Every operation on everything that there is, and on one of each kind that there is not.
    pub(crate) fn operations(&self) -> Vec<Operation<'_>> {
        let mut all = vec![
            Operation::ViewOrganization,
            Operation::ViewSettings,
            Operation::EditOrganization { changes: &[] },
            Operation::ConfirmReview,
            Operation::ViewMembers,
            Operation::ViewRoles,
            Operation::ViewTeams,
            Operation::ViewAgents,
            Operation::Invite { role: None },
            Operation::CreateTeam,
            Operation::ConnectIntegration,
            Operation::CreateWorkspaceKey { role: None, scope: KeyScope::Granted },
            Operation::CreateWorkspaceKey { role: None, scope: KeyScope::All },
            Operation::CreateAgent { role: None },
            Operation::EditDataModel { object: None, to: None },
            Operation::ReadAudit { subject: None },
            Operation::ChangePreset,
        ];
        all.extend(self.changes.iter().map(|changes| Operation::EditOrganization { changes }));
        all.extend([Operation::DeleteOrganization, Operation::RestoreOrganization]);
        all.extend([Operation::ViewOwnershipOffer, Operation::AcceptOwnership, Operation::EndOwnershipOffer]);
        self.about_roles(&mut all);
        self.about_people(&mut all);
        self.about_teams(&mut all);
        self.about_integrations(&mut all);
        self.about_keys_and_agents(&mut all);
        self.about_things(&mut all);
        for requester in subjects() {
            let for_whom = [None, Some(person(1)), Some(person(PEOPLE - 1))];
            all.extend(for_whom.map(|acting_for| Operation::RequestAccess { requester, acting_for }));
        }
        all.extend(self.remedies.iter().map(|by| Operation::DecideRequest { request: request(0), by }));
        self.about_invitations(&mut all);
        all
    }

    fn about_invitations<'n>(&'n self, all: &mut Vec<Operation<'n>>) {
        all.extend(self.offers.iter().map(|offer| Operation::SendInvitation { invitation: invitation(0), offer }));
        for invitation in (0..INVITATIONS).map(invitation) {
            all.extend(self.offers.iter().map(|offer| Operation::EditInvitation { invitation, offer }));
            all.push(Operation::ViewInvitation { invitation });
            all.push(Operation::ResendInvitation { invitation });
            all.push(Operation::ApproveInvitation { invitation });
            all.push(Operation::RevokeInvitation { invitation });
            all.extend([false, true].map(|joins| Operation::AcceptInvitation { invitation, joins }));
        }
    }

    fn about_roles<'n>(&'n self, all: &mut Vec<Operation<'n>>) {
        all.extend(self.sets.iter().map(|(to, data)| Operation::CreateRole { to: *to, data: data.as_ref() }));
        for role in &self.roles {
            all.push(Operation::AddMember { role });
            all.push(Operation::Invite { role: Some(role) });
            for scope in [KeyScope::Granted, KeyScope::All] {
                all.push(Operation::CreateWorkspaceKey { role: Some(role), scope });
            }
            all.push(Operation::CreateAgent { role: Some(role) });
            let edits = self.sets.iter().map(|(to, data)| Operation::EditRole { role, to: *to, data: data.as_ref() });
            all.extend(edits);
            all.extend(self.roles.iter().map(|moved_to| Operation::DeleteRole { role, moved_to }));
        }
    }

    fn about_people<'n>(&'n self, all: &mut Vec<Operation<'n>>) {
        all.extend([Operation::ConnectClient, Operation::RegisterClients]);
        for member in (0..PEOPLE).map(person) {
            all.extend(self.roles.iter().map(|role| Operation::ChangeRole { member, role }));
            all.extend(self.roles.iter().map(|role| Operation::GiveRole { member, role }));
            all.extend(self.roles.iter().map(|role| Operation::TakeRole { member, role }));
            all.push(Operation::RemoveMember { member });
            all.extend([Operation::ViewSessions { member }, Operation::EndSessions { member }]);
            all.extend([Operation::SuspendMember { member }, Operation::RestoreMember { member }]);
            all.extend([false, true].map(|seat| Operation::EditMember { member, seat }));
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
            all.push(Operation::ConnectAccount { integration });
            all.push(Operation::EditIntegration { integration });
            all.push(Operation::DisconnectIntegration { integration });
            all.push(Operation::ReviewTool { integration });
            for grantee in self.grantees.iter().copied() {
                all.push(Operation::Assign { grantee, integration, gift: None });
                let gifts = self.gifts.iter().map(|(profile, tools_off, expires_at)| Gift {
                    profile: *profile,
                    tools_off,
                    expires_at: *expires_at,
                });
                all.extend(gifts.map(|gift| Operation::Assign { grantee, integration, gift: Some(gift) }));
            }
        }
    }

    fn about_keys_and_agents<'n>(&'n self, all: &mut Vec<Operation<'n>>) {
        for key in (0..KEYS).map(key) {
            all.extend([Operation::ViewKey { key }, Operation::RotateKey { key }, Operation::RevokeKey { key }]);
            all.push(Operation::SetKeyRole { key, role: None });
            all.extend(self.roles.iter().map(|role| Operation::SetKeyRole { key, role: Some(role) }));
        }
        for agent in (0..AGENTS).map(agent) {
            all.extend([Operation::EditAgent { agent }, Operation::ResumeAgent { agent }]);
            all.push(Operation::CreateAgentKey { agent });
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
            let others = (0..RESOURCES).map(crate::world::resource);
            all.extend(others.map(|collection| Operation::Collect { artifact: resource, collection }));
            for (number, level) in [Shared::View, Shared::Use, Shared::Edit].into_iter().enumerate() {
                for with in (0..PEOPLE).map(|number| Grantee::Member(person(number))) {
                    let expires_at = (number != 1).then_some(Timestamp(50));
                    all.push(Operation::ShareResource { resource, with, level, expires_at });
                }
            }
        }
        for kind in KINDS {
            all.extend([Operation::ViewKind { kind }, Operation::ConfigureKind { kind }]);
        }
        let changed = self.changed_objects.iter();
        all.extend(changed.map(|object| Operation::EditDataModel { object: Some(&object.name), to: Some(object) }));
        for object in &self.objects {
            all.push(Operation::EditDataModel { object: Some(object), to: None });
            for verb in DataVerb::ALL {
                all.push(Operation::Data { verb, object });
                all.extend(self.fields.iter().map(|field| Operation::Field { verb, object, field }));
            }
        }
    }
}
