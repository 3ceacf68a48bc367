//! Random commands about what there is in an organization, mostly.

use std::collections::{BTreeMap, BTreeSet};

use domain::agent::AgentEdit;
use domain::command::Command;
use domain::grant::{Grantee, Profile};
use domain::id::{
    AccountId, AgentId, ClientId, IntegrationId, InvitationId, KeyId, PersonId, RegistrationId, RequestId, ResourceId,
    SessionId, TeamId,
};
use domain::integration::{IntegrationEdit, Listed, ToolClass};
use domain::invitation::{Closing, Inviter, NewInvitation, Offer};
use domain::key::{KeyKind, KeyScope};
use domain::member::MemberDetail;
use domain::permission::Permission;
use domain::request::{NewRequest, Wanted};
use domain::resource::{Ending, Features, ResourceEdit, ResourceVerb};
use domain::role::{AssignableTo, NewRole, RoleEdit, RoleId, RoleLevel};
use domain::time::Timestamp;

use crate::chance;
use crate::dice::Dice;
use crate::world::{
    AGENTS, INTEGRATIONS, KEYS, OBJECTS, PEOPLE, RESOURCES, TEAMS, TOOLS, World, agent, bare, data, hexadecimal,
    integration, invitation, key, person, request, resource, role, team,
};

/// What somebody tries. New things are named by `fresh`, which must not have been used before in this world.
pub(crate) fn command(dice: &mut Dice, world: &World, me: PersonId, fresh: u8) -> Command {
    let pick = Pick { dice, world, me, fresh: fresh.saturating_add(100) };
    pick.command()
}

struct Pick<'p> {
    dice: &'p mut Dice,
    world: &'p World,
    me: PersonId,
    fresh: u8,
}

impl Pick<'_> {
    fn command(mut self) -> Command {
        match self.dice.below(13) {
            12 => crate::mail_domains::command(self.dice, self.world, self.me),
            10 | 11 => self.invitations(),
            9 => self.requests(),
            0 | 1 => self.people(),
            2 | 3 => self.roles(),
            4 => self.keys(),
            5 => self.agents(),
            6 => self.teams(),
            7 => self.resources(),
            _ => self.rest(),
        }
    }

    /// A look at an upstream, or an approval of what is known to be found there.
    fn look(&mut self, integration: IntegrationId) -> Command {
        let found = self.world.state.integrations.get(&integration).map(|known| known.found.clone());
        let found = found.filter(|_| self.dice.percent(50)).unwrap_or_default();
        let seen: BTreeMap<_, _> =
            found.iter().filter_map(|(tool, found)| Some((tool.clone(), found.seen_as()?))).collect();
        if !seen.is_empty() {
            return Command::ApproveTools { integration, seen };
        }
        let names = self.dice.some(60, &TOOLS);
        let mut listed = Listed::default();
        for name in names {
            match self.dice.percent(15) {
                true => drop(listed.unsound.insert(name.to_owned(), "it is odd".to_owned())),
                false => listed.tools.push(chance::listed(self.dice, name)),
            }
        }
        Command::RefreshTools { integration, listed, first: self.dice.percent(50) }
    }

    fn person(&mut self) -> PersonId {
        if self.dice.percent(20) { self.me } else { person(self.dice.below(PEOPLE)) }
    }

    fn role(&mut self) -> RoleId {
        let known = self.world.role_ids();
        self.dice.pick(&known)
    }

    fn role_of(&mut self, in_teams: bool) -> RoleId {
        let known = self.world.roles_of_level(in_teams);
        if known.is_empty() || self.dice.percent(5) { self.role() } else { self.dice.pick(&known) }
    }

    fn end(&mut self) -> Option<Timestamp> {
        chance::end(self.dice)
    }

    fn secret(&self) -> (String, String) {
        (hexadecimal([self.fresh; 32]), String::new())
    }

    fn key(&mut self) -> KeyId {
        key(self.dice.below(KEYS))
    }

    fn agent(&mut self) -> AgentId {
        agent(self.dice.below(AGENTS))
    }

    fn team(&mut self) -> TeamId {
        team(self.dice.below(TEAMS))
    }

    fn resource(&mut self) -> ResourceId {
        resource(self.dice.below(RESOURCES))
    }

    fn integration(&mut self) -> IntegrationId {
        integration(self.dice.below(INTEGRATIONS))
    }

    fn client(&mut self) -> ClientId {
        ClientId::from_random([self.dice.below(9); 20])
    }

    fn account(&mut self) -> AccountId {
        AccountId::from_random([self.dice.below(9); 20])
    }

    fn people(&mut self) -> Command {
        let (person, role) = (self.person(), self.role_of(false));
        let (digest, hint) = self.secret();
        match self.dice.below(21) {
            17 => {
                let (account, integration) = (self.account(), self.integration());
                Command::ConnectAccount { account, integration, person: Some(self.me) }
            }
            18 => {
                let (account, integration) = (self.account(), self.integration());
                Command::ConnectAccount { account, integration, person: None }
            }
            19 => Command::DisconnectAccount { account: self.account(), integration: self.integration() },
            15 => {
                let (client, over) = (self.client(), [self.client()].into());
                Command::ConnectClient { client, person: self.me, profile: self.dice.pick(&Profile::ALL), over }
            }
            20 => {
                let registration = RegistrationId::from_random([self.dice.below(3); 20]);
                let connected = [self.client()].into();
                if self.dice.percent(60) {
                    Command::RegisterClient { registration }
                } else {
                    Command::UnregisterClient { registration, connected }
                }
            }
            16 => Command::DisconnectClients { person, clients: [self.client()].into() },
            13 => Command::SuspendMember { person, by_directory: false },
            14 => Command::RestoreMember { person: self.suspended().unwrap_or(person) },
            10 => {
                let details = self.dice.some(50, &[MemberDetail::Name, MemberDetail::Seat]).into_iter().collect();
                Command::EditMember { person, details }
            }
            7 | 8 => Command::GiveMemberRole { person, role, expires_at: self.end() },
            9 => self.take_role(person),
            0 => Command::AddMember { person, role },
            1 => Command::AddMemberWithKey { person, role, key: key(self.fresh), digest, hint, expires_at: None },
            2 => Command::RemoveMember { person },
            12 => Command::EndSessions { person },
            11 => {
                let session = SessionId::from_random([self.fresh % 32; 20]);
                Command::EndSession { person, session, until: Timestamp(i64::MAX) }
            }
            3 => match self.world.state.offer {
                Some(offer) if offer.to == self.me => Command::AcceptOwnership { heir: self.me },
                Some(_) if self.dice.percent(10) => Command::EndOwnershipOffer { by: self.me },
                _ => Command::OfferOwnership { from: self.me, to: person, own_role: role },
            },
            _ => Command::ChangeMemberRole { person, role },
        }
    }

    /// Somebody who is suspended, where anybody is.
    fn suspended(&mut self) -> Option<PersonId> {
        let members = self.world.state.members.values().filter(|member| member.is_here() && !member.is_active());
        let suspended: Vec<PersonId> = members.map(|member| member.person).collect();
        (!suspended.is_empty()).then(|| self.dice.pick(&suspended))
    }

    /// A role that somebody has beside their own, where anybody has one.
    fn take_role(&mut self, person: PersonId) -> Command {
        let members = self.world.state.members.values();
        let given = members.flat_map(|member| member.extra_roles.keys().map(|role| (member.person, *role)));
        let given: Vec<_> = given.collect();
        let (person, role) = if given.is_empty() { (person, self.role_of(false)) } else { self.dice.pick(&given) };
        Command::TakeMemberRole { person, role }
    }

    fn preset(&mut self) -> Command {
        let all = crate::world::presets();
        let preset = self.dice.pick(&all.iter().collect::<Vec<_>>());
        let present = all.iter().find(|preset| preset.name == self.world.state.preset);
        let seeded: BTreeSet<RoleId> =
            present.into_iter().flat_map(|preset| &preset.roles).map(|role| role.id).collect();
        let mut moved = BTreeMap::new();
        if self.dice.percent(40) {
            let in_teams = self.dice.percent(30);
            let from = self.role_of(in_teams);
            moved.insert(from, self.role());
        }
        Command::ChangePreset { preset: Box::new(preset.clone()), seeded, moved }
    }

    fn role_edit(&mut self) -> RoleEdit {
        let mut edit = RoleEdit::default();
        if self.dice.percent(80) {
            let mut permissions = chance::holding(self.dice);
            // What makes sense only with something else comes with it, or every command would be refused.
            while let Some((_, needed)) = permissions.first_incomplete() {
                permissions.single = permissions.single.with(needed);
            }
            edit.permissions = Some(permissions);
        }
        if self.dice.percent(20) {
            edit.data = Some(chance::data_rules(self.dice));
        }
        if self.dice.percent(20) {
            edit.assignable_to = Some(AssignableTo { members: true, keys: true, agents: true });
        }
        edit
    }

    fn roles(&mut self) -> Command {
        let id = role(&format!("new-{}", self.fresh));
        match self.dice.below(8) {
            0 | 1 => {
                let level = self.dice.pick(&[RoleLevel::Organization, RoleLevel::Organization, RoleLevel::Team]);
                Command::CreateRole(Box::new(NewRole { id, title: id.to_string(), level, edit: self.role_edit() }))
            }
            2 => Command::CloneRole { of: self.role(), id, title: id.to_string() },
            3 => {
                let role = self.role();
                Command::DeleteRole { role, default: self.dice.percent(50).then(|| self.role()) }
            }
            _ => Command::EditRole { role: self.role(), edit: Box::new(self.role_edit()) },
        }
    }

    fn keys(&mut self) -> Command {
        let (digest, hint) = self.secret();
        let new = key(self.fresh);
        match self.dice.below(6) {
            0 => Command::RotateKey { key: self.key(), digest, hint },
            1 => Command::RevokeKey { key: self.key() },
            2 => {
                let role = self.dice.percent(70).then(|| self.role_of(false));
                Command::SetKeyRole { key: self.key(), role }
            }
            3 => Command::IssueKey { key: new, holder: self.person(), digest, hint, expires_at: self.end() },
            _ => {
                let kind = match self.dice.below(3) {
                    0 => KeyKind::Personal { holder: self.me },
                    1 => KeyKind::Workspace {
                        scope: self.dice.pick(&[KeyScope::All, KeyScope::Granted]),
                        role: self.dice.percent(60).then(|| self.role_of(false)),
                    },
                    _ => {
                        let acting_for = self.dice.percent(50).then(|| self.person());
                        KeyKind::Agent { agent: self.agent(), acting_for }
                    }
                };
                Command::CreateKey { key: new, kind, digest, hint, expires_at: self.end() }
            }
        }
    }

    fn agents(&mut self) -> Command {
        let (known, person, role) = (self.agent(), self.person(), self.role_of(false));
        let role = self.dice.percent(70).then_some(role);
        match self.dice.below(6) {
            0 => {
                let (agent, title) = (agent(self.dice.below(AGENTS)), format!("Agent {}", self.fresh));
                Command::CreateAgent { agent, title, sponsor: person, role, expires_at: self.end() }
            }
            1 => {
                let sponsor = self.dice.percent(30).then_some(person);
                let suspended = Some(self.dice.percent(40));
                Command::EditAgent { agent: known, edit: AgentEdit { title: None, sponsor, suspended } }
            }
            2 => Command::DeleteAgent { agent: known },
            3 => Command::Delegate { agent: known, person, expires_at: self.end() },
            4 => Command::EndDelegation { agent: known, person },
            _ => Command::SetAgentRole { agent: known, role },
        }
    }

    fn teams(&mut self) -> Command {
        let (team, person, role) = (self.team(), self.person(), self.role_of(true));
        let title = format!("Team {}", self.fresh);
        match self.dice.below(10) {
            0 => Command::CreateTeam { team, title },
            1 => Command::RenameTeam { team, title },
            2 => Command::DeleteTeam { team },
            3 | 4 => Command::RemoveTeamMember { team, person },
            _ => Command::SetTeamMember { team, person, role: self.dice.percent(85).then_some(role) },
        }
    }

    fn resources(&mut self) -> Command {
        let (resource, team, person) = (self.resource(), self.team(), self.person());
        let member = Grantee::Member(person);
        let with = if self.dice.percent(70) { member } else { Grantee::Agent(self.agent()) };
        match self.dice.below(11) {
            9 => Command::CollectArtifact { artifact: resource, collection: self.resource() },
            10 => Command::UncollectArtifact { artifact: resource, collection: self.resource() },
            0 => Command::RegisterResource(chance::new_resource(self.dice, resource, Some(person))),
            1 => {
                let edit = ResourceEdit { title: Some(format!("Thing {}", self.fresh)), tier: None };
                Command::EditResource { resource, edit }
            }
            2 => Command::HandOverResource { resource, owner: person },
            3 => {
                let level = chance::shared(self.dice);
                Command::ShareResource { resource, with, level, expires_at: self.end() }
            }
            4 => Command::UnshareResource { resource, with },
            5 => Command::AssignResource { resource, team },
            6 => Command::UnassignResource { resource, team },
            7 => Command::EndResource { resource, ending: self.dice.pick(&[Ending::Delete, Ending::Destroy]) },
            _ => Command::RestoreResource { resource },
        }
    }

    /// Requests are named by those that there are, mostly.
    fn requests(&mut self) -> Command {
        let known: Vec<RequestId> = self.world.state.all_requests().map(|request| request.asked.id).collect();
        let known = if known.is_empty() { request(0) } else { self.dice.pick(&known) };
        match self.dice.below(6) {
            0 => Command::WithdrawRequest { request: known },
            1 => Command::RefuseRequest { request: known },
            2 => {
                let changes = vec![self.world.state.seq];
                Command::GrantRequest { request: known, until: self.end(), changes }
            }
            3 => {
                let grantee = self.dice.pick(&self.world.grantees());
                let (profile, expires_at) = (self.dice.pick(&Profile::ALL), Timestamp(50));
                let (integration, tools_off) = (self.integration(), BTreeSet::new());
                Command::LendGrant { grantee, integration, profile, tools_off, expires_at }
            }
            _ => {
                let wanted = match self.dice.below(3) {
                    0 => Wanted::Resource { verb: ResourceVerb::Edit, resource: self.resource() },
                    1 => Wanted::Use { permission: Permission::MemberView },
                    _ => {
                        let tool = self.dice.pick(&TOOLS).to_owned();
                        Wanted::CallTool { integration: self.integration(), tool }
                    }
                };
                let (id, requester) = (request(self.fresh), Grantee::Member(self.me));
                Command::OpenRequest(NewRequest { id, requester, acting_for: None, wanted, wished_ms: None })
            }
        }
    }

    /// Invitations are named by those that there are, mostly.
    fn invitations(&mut self) -> Command {
        let known: Vec<InvitationId> = self.world.state.invitations.keys().copied().collect();
        let known = if known.is_empty() { invitation(0) } else { self.dice.pick(&known) };
        let offer = self.offer(known);
        let inviter = Inviter { subject: Grantee::Member(self.me), acting_for: None };
        let (digest, expires_at) = (hexadecimal([self.fresh; 32]), Timestamp(50));
        let awaits = self.dice.percent(30);
        match self.dice.below(10) {
            0..=2 => {
                let digest = Some(digest).filter(|_| !awaits);
                let new = NewInvitation { id: invitation(self.fresh), inviter, offer, digest, expires_at, asks: None };
                Command::SendInvitation(Box::new(new))
            }
            3 => Command::EditInvitation { invitation: known, inviter, offer: Box::new(offer), awaits },
            4 => Command::ResendInvitation { invitation: known, inviter, awaits, digest, expires_at },
            5 => Command::ApproveInvitation { invitation: known, digest, expires_at },
            6 if self.dice.percent(40) => Command::CloseInvitation { invitation: known, how: Closing::Revoke },
            _ => Command::AcceptInvitation { invitation: known, person: self.person() },
        }
    }

    /// What an invitation offers already, or something else that fits more often than not.
    fn offer(&mut self, known: InvitationId) -> Offer {
        if let Some(known) = self.world.state.invitations.get(&known).filter(|_| self.dice.percent(20)) {
            return known.offer.clone();
        }
        if self.dice.percent(40) {
            return chance::offer(self.dice, self.world);
        }
        let role = self.role_of(false);
        let teams = if self.dice.percent(40) { [(self.team(), None)].into() } else { BTreeMap::new() };
        Offer { role: self.dice.percent(70).then_some(role), teams, ..Offer::default() }
    }

    fn rest(&mut self) -> Command {
        let (integration, grantees) = (self.integration(), self.world.grantees());
        match self.dice.below(15) {
            9 | 10 => self.preset(),
            11 => Command::ConfirmReview { of_seq: 1 },
            12 => {
                let strict = serde_json::Value::Bool(self.dice.percent(50));
                let settings = Features([("strict".to_owned(), strict)].into_iter().collect());
                Command::ConfigureKind { kind: self.dice.pick(&chance::KINDS), settings }
            }
            0 | 1 => {
                let changes = chance::setting_changes(self.dice, &self.world.state);
                Command::ChangeSettings { name: self.dice.percent(10).then(|| "Acme & Sons".to_owned()), changes }
            }
            2 | 3 => {
                let (grantee, profile) = (self.dice.pick(&grantees), self.dice.pick(&Profile::ALL));
                let (tools_off, expires_at) = (BTreeSet::new(), self.end());
                Command::SetGrant { grantee, integration, profile, tools_off, expires_at }
            }
            4 => Command::RemoveGrant { grantee: self.dice.pick(&grantees), integration },
            5 => {
                let edit = IntegrationEdit { paused: Some(self.dice.percent(50)), ..IntegrationEdit::default() };
                Command::EditIntegration { integration, edit }
            }
            6 => {
                let (tool, class) = (self.dice.pick(&TOOLS).to_owned(), Some(ToolClass::Read));
                Command::ReviewTool { integration, tool, class, off: Some(self.dice.percent(50)) }
            }
            7 => match self.dice.below(3) {
                0 => Command::DisconnectIntegration { integration },
                1 => self.look(integration),
                _ => {
                    let number = self.dice.below(INTEGRATIONS);
                    Command::ConnectIntegration { integration: Box::new(bare(number)), listed: Listed::default() }
                }
            },
            _ => {
                let name = self.dice.pick(&OBJECTS);
                if self.dice.percent(30) {
                    return Command::RemoveObject { object: data(name) };
                }
                let fields = self.dice.some(60, &crate::world::FIELDS);
                Command::DefineObject(Box::new(chance::object(name, &fields)))
            }
        }
    }
}
