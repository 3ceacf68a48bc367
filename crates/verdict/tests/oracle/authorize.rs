//! Which question a command is let through by.
//!
//! INVARIANT: every command has its line here, so that one which is added and passes no ceiling does not compile, and
//! the walk in `ceiling` tries it.

use domain::command::Command;
use domain::id::PersonId;
use domain::invitation::{Closing, Inviter, Offer};
use domain::key::KeyKind;
use domain::member::MemberDetail;
use domain::organization::Organization;
use domain::permission::PermissionSet;
use domain::resource::{Ending, ResourceVerb};
use domain::role::{Role, RoleId, RoleLevel};
use verdict::{Actor, Gift, Operation, Question, Remedy, Snapshot, Subject};

use crate::world::{MOMENTS, org};

/// What a question borrows that no command holds.
pub(crate) struct Resolved {
    role: Option<RoleId>,
    cloned: Option<Role>,
    remedies: Vec<Remedy>,
}

impl Resolved {
    /// The role that the rules of the domain take where the command names none.
    pub(crate) fn of(state: &Organization, command: &Command) -> Resolved {
        let settings = &state.settings;
        let role = match command {
            Command::SetTeamMember { team, person, role } => {
                let present = state.teams.get(team).and_then(|team| team.members.get(person)).map(|place| place.role);
                role.or(present).or(settings.join_default_team_role)
            }
            Command::DeleteRole { role, default } => {
                let in_teams = state.roles.get(role).is_some_and(|role| role.level == RoleLevel::Team);
                let present = if in_teams { settings.join_default_team_role } else { Some(settings.join_default_role) };
                default.or(present)
            }
            _ => None,
        };
        let cloned = match command {
            Command::CloneRole { of, .. } => state.roles.get(of).cloned(),
            _ => None,
        };
        Resolved { role, cloned, remedies: remedies(state, command) }
    }
}

/// What would satisfy the request that a command decides.
fn remedies(state: &Organization, command: &Command) -> Vec<Remedy> {
    let (Command::GrantRequest { request, .. } | Command::RefuseRequest { request }) = command else {
        return Vec::new();
    };
    let snapshot = Snapshot::compile(org(1), state, None);
    let asked = state.request(*request).map(|request| &request.asked);
    let sets = asked.and_then(|asked| {
        let actor =
            Actor { acting_for: asked.acting_for, ..Actor::about(Subject::parse(&asked.requester.to_string())?) };
        let action = snapshot.action_of(&asked.wanted, None)?;
        Some(snapshot.why_not(state, &Question { actor: &actor, action, now: MOMENTS[0] }))
    });
    sets.and_then(|sets| sets.into_iter().next()).unwrap_or_default()
}

fn awaits(state: &Organization, inviter: Inviter, offer: &Offer) -> bool {
    let snapshot = Snapshot::compile(org(1), state, None);
    verdict::inviter(inviter).is_some_and(|actor| snapshot.awaits_approval(&actor, offer, MOMENTS[0]))
}

/// The question that must be answered with yes before a command is handled; none for what nobody may ask for.
#[expect(clippy::too_many_lines, reason = "one arm for each command")]
pub(crate) fn operation<'c>(
    state: &Organization,
    me: Subject,
    command: &'c Command,
    resolved: &'c Resolved,
) -> Option<Operation<'c>> {
    let nobody = PersonId::from_random([31; 20]);
    let resource = |verb, resource| Operation::Resource { verb, resource };
    Some(match command {
        // Organizations are founded by whoever runs the installation.
        Command::CreateOrganization { .. } => return None,
        Command::ChangeSettings { changes, .. } => Operation::EditOrganization { changes },
        Command::ConfirmReview { .. } => Operation::ConfirmReview,
        Command::DeleteOrganization => Operation::DeleteOrganization,
        Command::RestoreOrganization => Operation::RestoreOrganization,
        // Comes by itself.
        Command::DestroyOrganization => return None,
        // Groups of company directories are told of in `directories`.
        Command::CreateGroup { .. }
        | Command::ChangeGroup { .. }
        | Command::MapGroup { .. }
        | Command::DeleteGroup { .. } => return None,
        Command::AddMember { role, .. } | Command::AddMemberWithKey { role, .. } => Operation::AddMember { role },
        Command::ChangeMemberRole { person, role } => Operation::ChangeRole { member: *person, role },
        Command::EditMember { person, details } => {
            Operation::EditMember { member: *person, seat: details.contains(&MemberDetail::Seat) }
        }
        Command::GiveMemberRole { person, role, .. } => Operation::GiveRole { member: *person, role },
        Command::TakeMemberRole { person, role } => Operation::TakeRole { member: *person, role },
        Command::ChangePreset { .. } => Operation::ChangePreset,
        Command::EndSession { person, .. } | Command::EndSessions { person } => {
            Operation::EndSessions { member: *person }
        }
        Command::ConnectClient { .. } => Operation::ConnectClient,
        Command::ConnectAccount { integration, person: Some(_), .. } => {
            Operation::ConnectAccount { integration: *integration }
        }
        Command::ConnectAccount { integration, person: None, .. } => {
            Operation::EditIntegration { integration: *integration }
        }
        Command::DisconnectAccount { integration, .. } => Operation::EditIntegration { integration: *integration },
        Command::RegisterClient { .. } | Command::UnregisterClient { .. } => Operation::RegisterClients,
        Command::DisconnectClients { person, .. } => Operation::EndSessions { member: *person },
        Command::SuspendMember { person, .. } => Operation::SuspendMember { member: *person },
        Command::RestoreMember { person } => Operation::RestoreMember { member: *person },
        Command::RemoveMember { person } => Operation::RemoveMember { member: *person },
        Command::ConnectIntegration { .. } => Operation::ConnectIntegration,
        Command::EditIntegration { integration, .. } | Command::RefreshTools { integration, .. } => {
            Operation::EditIntegration { integration: *integration }
        }
        Command::DisconnectIntegration { integration } => {
            Operation::DisconnectIntegration { integration: *integration }
        }
        Command::ReviewTool { integration, .. } | Command::ApproveTools { integration, .. } => {
            Operation::ReviewTool { integration: *integration }
        }
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
        Command::CreateKey { kind, .. } => match kind {
            KeyKind::Personal { holder } => Operation::CreatePersonalKey { holder: *holder },
            KeyKind::Workspace { role, scope } => Operation::CreateWorkspaceKey { role: role.as_ref(), scope: *scope },
            KeyKind::Agent { agent, .. } => Operation::CreateAgentKey { agent: *agent },
            KeyKind::Directory { gives, tends } => Operation::ConnectDirectory { gives, tends },
        },
        Command::IssueKey { holder, .. } => Operation::CreatePersonalKey { holder: *holder },
        Command::RotateKey { key, .. } => Operation::RotateKey { key: *key },
        Command::RevokeKey { key } => Operation::RevokeKey { key: *key },
        Command::SetKeyRole { key, role } => Operation::SetKeyRole { key: *key, role: role.as_ref() },
        // One hands over what is one's own.
        Command::OfferOwnership { from: person, .. }
        | Command::AcceptOwnership { heir: person }
        | Command::EndOwnershipOffer { by: person }
            if Subject::Member(*person) != me =>
        {
            return None;
        }
        Command::OfferOwnership { to, .. } => Operation::TransferOwnership { to: *to },
        Command::AcceptOwnership { .. } => Operation::AcceptOwnership,
        Command::EndOwnershipOffer { .. } => Operation::EndOwnershipOffer,
        Command::CreateRole(new) => {
            let to = new.edit.permissions.as_ref().map_or(PermissionSet::EMPTY, domain::permission::Holding::set);
            Operation::CreateRole { to, data: new.edit.data.as_ref() }
        }
        Command::CloneRole { .. } => {
            let of = resolved.cloned.as_ref();
            Operation::CreateRole { to: of.map_or(PermissionSet::EMPTY, Role::set), data: of.map(|of| &of.data) }
        }
        Command::EditRole { role, edit } => {
            let known = state.roles.get(role);
            let present = known.map_or(PermissionSet::EMPTY, Role::set);
            let stated = edit.permissions.as_ref().map(domain::permission::Holding::set);
            // The top role holds everything, whatever it states.
            let to = stated.filter(|_| !known.is_some_and(|role| role.top)).unwrap_or(present);
            Operation::EditRole { role, to, data: edit.data.as_ref() }
        }
        Command::DeleteRole { role, .. } => Operation::DeleteRole { role, moved_to: resolved.role.as_ref()? },
        Command::CreateTeam { .. } => Operation::CreateTeam,
        Command::RenameTeam { team, .. } | Command::DeleteTeam { team } => Operation::EditTeam { team: *team },
        Command::SetTeamMember { team, person, .. } => {
            Operation::SetTeamMember { team: *team, member: *person, role: resolved.role.as_ref()? }
        }
        Command::RemoveTeamMember { team, person } => Operation::RemoveTeamMember { team: *team, member: *person },
        Command::CreateAgent { role, .. } => Operation::CreateAgent { role: role.as_ref() },
        Command::EditAgent { agent, edit } if edit.may_wake() => Operation::ResumeAgent { agent: *agent },
        Command::EditAgent { agent, .. } | Command::DeleteAgent { agent } => Operation::EditAgent { agent: *agent },
        Command::SetAgentRole { agent, role } => Operation::SetAgentRole { agent: *agent, role: role.as_ref() },
        Command::Delegate { agent, person, .. } => Operation::Delegate { agent: *agent, person: *person },
        Command::EndDelegation { agent, person } => Operation::EndDelegation { agent: *agent, person: *person },
        Command::RegisterResource(new) => {
            Operation::CreateResource { kind: new.kind, owner: new.owner.unwrap_or(nobody) }
        }
        Command::EditResource { resource: id, .. } => resource(ResourceVerb::Edit, *id),
        // Who decides whose it is decides whether it stays.
        Command::HandOverResource { resource: id, .. } => resource(ResourceVerb::Delete, *id),
        Command::ShareResource { resource, with, level, expires_at } => {
            Operation::ShareResource { resource: *resource, with: *with, level: *level, expires_at: *expires_at }
        }
        Command::UnshareResource { resource: id, .. } => resource(ResourceVerb::Share, *id),
        Command::AssignResource { resource, team } | Command::UnassignResource { resource, team } => {
            Operation::AssignResource { team: *team, resource: *resource }
        }
        Command::CollectArtifact { artifact, collection } | Command::UncollectArtifact { artifact, collection } => {
            Operation::Collect { artifact: *artifact, collection: *collection }
        }
        Command::EndResource { resource: id, ending: Ending::Destroy } => resource(ResourceVerb::Destroy, *id),
        Command::EndResource { resource: id, ending: Ending::Delete } | Command::RestoreResource { resource: id } => {
            resource(ResourceVerb::Delete, *id)
        }
        Command::ConfigureKind { kind, .. } => Operation::ConfigureKind { kind: *kind },
        Command::DefineObject(object) => {
            Operation::EditDataModel { object: Some(&object.name), to: Some(object.as_ref()) }
        }
        Command::RemoveObject { object } => Operation::EditDataModel { object: Some(object), to: None },
        // One asks for oneself.
        Command::OpenRequest(new) if new.requester != me.grantee() => return None,
        Command::OpenRequest(new) => Operation::RequestAccess { requester: me, acting_for: new.acting_for },
        Command::WithdrawRequest { request } => {
            let asked = &state.request(*request)?.asked;
            let requester = Subject::parse(&asked.requester.to_string())?;
            Operation::RequestAccess { requester, acting_for: asked.acting_for }
        }
        Command::GrantRequest { request, .. } | Command::RefuseRequest { request } => {
            Operation::DecideRequest { request: *request, by: &resolved.remedies }
        }
        // One invites in one's own name.
        Command::SendInvitation(new) if new.inviter.subject != me.grantee() => return None,
        Command::EditInvitation { inviter, .. } | Command::ResendInvitation { inviter, .. }
            if inviter.subject != me.grantee() =>
        {
            return None;
        }
        // What waits for somebody's word has no link.
        Command::SendInvitation(new) if new.digest.is_some() == awaits(state, new.inviter, &new.offer) => return None,
        Command::SendInvitation(new) => Operation::SendInvitation { invitation: new.id, offer: &new.offer },
        Command::EditInvitation { inviter, offer, awaits: waits, .. } if *waits != awaits(state, *inviter, offer) => {
            return None;
        }
        Command::EditInvitation { invitation, offer, .. } => {
            Operation::EditInvitation { invitation: *invitation, offer }
        }
        Command::ResendInvitation { invitation, inviter, awaits: waits, .. } => {
            let offer = &state.invitations.get(invitation)?.offer;
            if *waits != awaits(state, *inviter, offer) {
                return None;
            }
            Operation::ResendInvitation { invitation: *invitation }
        }
        Command::ApproveInvitation { invitation, .. } => Operation::ApproveInvitation { invitation: *invitation },
        Command::CloseInvitation { invitation, how: Closing::Revoke } => {
            Operation::RevokeInvitation { invitation: *invitation }
        }
        // Whoever has the link declines, and nobody is asked.
        Command::CloseInvitation { how: Closing::Decline, .. } => return None,
        // Asked about its inviter.
        Command::AcceptInvitation { invitation, person } => {
            Operation::AcceptInvitation { invitation: *invitation, joins: state.member(*person).is_none() }
        }
        // What lapses and who asks is no question; whoever opens a domain does so in their own name.
        Command::LapseMailDomain { .. } | Command::AskToJoin { .. } => return None,
        Command::OpenMailDomain { opening: Some(opening), .. } if opening.by.subject != me.grantee() => return None,
        Command::OpenMailDomain { domain, opening: Some(opening) } => {
            Operation::OpenMailDomain { domain: *domain, offer: &opening.offer }
        }
        Command::ClaimMailDomain { .. }
        | Command::VerifyMailDomain { .. }
        | Command::OpenMailDomain { opening: None, .. }
        | Command::RemoveMailDomain { .. } => Operation::EditMailDomains,
        Command::DeclineJoin { person } => Operation::DeclineJoin { person: *person },
        Command::ApproveJoin { person } => Operation::ApproveJoin { person: *person },
        // Asked about whoever opened it.
        Command::JoinByDomain { domain, .. } => Operation::JoinByDomain { domain: *domain },
    })
}
