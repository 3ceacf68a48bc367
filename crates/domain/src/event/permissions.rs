//! Under which permission each event may happen.

use crate::event::Event;
use crate::grant::Grantee;
use crate::key::KeyKind;
use crate::organization::SettingChange;
use crate::permission::Permission as P;
use crate::resource::{ResourceKind, ResourceVerb};

/// Whoever could make the change by hand decides about it, and whoever may share what is asked for.
const DECIDES: &[P] = &[
    P::GrantAssign,
    P::TeamAssign,
    P::TeamMembers,
    P::TeamRoles,
    P::RoleAssign,
    P::KeyManageWorkspace,
    P::AgentManage,
    P::IntegrationEdit,
    P::ToolReview,
    P::KeyCreatePersonal,
];

/// Whoever may invite somebody handles the invitation.
const INVITES: &[P] = &[P::MemberAdd, P::MemberInvite, P::TeamMembers, P::TeamInvite];

impl Event {
    /// Whether a change of preset may lead to it. Only holders of the top role change the preset, and they may do all
    /// of this one by one.
    #[must_use]
    pub fn comes_of_a_preset(&self) -> bool {
        matches!(
            self,
            Event::PresetChanged { .. }
                | Event::SettingChanged(_)
                | Event::RoleDefined(_)
                | Event::RoleDeleted { .. }
                | Event::RoleWithdrawn { .. }
                | Event::MemberRoleChanged { .. }
                | Event::MemberRoleTaken { .. }
                | Event::TeamMemberSet { .. }
                | Event::TeamMemberPlaced { .. }
                | Event::KeyRevoked { .. }
        )
    }

    /// Whether this may happen under a permission that was asked for. What belongs to the founding of an organization
    /// alone may happen under none.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "one arm for each event")]
    pub fn may_happen_under(&self, permission: P) -> bool {
        let of_any_kind = |verb| ResourceKind::ALL.iter().any(|kind| kind.permission(verb) == permission);
        let any_of: &[P] = match self {
            Event::OrganizationCreated { .. } => &[],
            Event::OrganizationRenamed { .. } => &[P::OrganizationEdit],
            Event::OrganizationDeletionSet { .. } | Event::OrganizationRestored => &[P::OrganizationDelete],
            // Nobody's to do: it comes when the day has come.
            Event::OrganizationDestroyed => &[],
            // A default goes with the role that it was.
            Event::SettingChanged(SettingChange::JoinDefaultRole(_) | SettingChange::JoinDefaultTeamRole(_)) => {
                &[P::OrganizationEdit, P::RoleEdit]
            }
            Event::SettingChanged(_) => &[P::OrganizationEdit],
            Event::PresetChanged { .. } => &[P::OrganizationEdit],
            Event::AccessReviewed { .. } => &[P::AccessExplain],
            Event::RoleDefined(_) | Event::RoleDeleted { .. } | Event::RoleWithdrawn { .. } => &[P::RoleEdit],
            event @ (Event::MemberAdded { .. }
            | Event::MemberRoleChanged { .. }
            | Event::MemberEdited { .. }
            | Event::MemberRoleGiven { .. }
            | Event::MemberRoleTaken { .. }
            | Event::SessionEnded { .. }
            | Event::SessionsEnded { .. }
            | Event::MemberSuspended { .. }
            | Event::MemberRestored { .. }
            | Event::OwnershipOffered { .. }
            | Event::OwnershipAccepted { .. }
            | Event::OwnershipDeclined { .. }
            | Event::OwnershipWithdrawn { .. }
            | Event::MemberRemoved { .. }) => of_people(event),
            // Whoever is here connects what acts as them, and ends that; who issues keys ends it for others.
            Event::ClientConnected { .. } => &[P::OrganizationView],
            // Whoever sees an integration connects their own account there; who changes it, everybody's, and ends any.
            Event::AccountConnected { .. } | Event::AccountDisconnected { .. } => {
                &[P::IntegrationView, P::IntegrationEdit]
            }
            // With the registration of a client all that is connected by it ends.
            Event::ClientDisconnected { .. } => &[P::OrganizationView, P::KeyIssue, P::SecurityEdit],
            Event::ClientRegistered { .. } | Event::ClientUnregistered { .. } => &[P::SecurityEdit],
            Event::IntegrationConnected(_) => &[P::IntegrationConnect],
            Event::IntegrationEdited { .. } => &[P::IntegrationEdit],
            Event::IntegrationDisconnected { .. } => &[P::IntegrationDisconnect],
            Event::ToolsApproved { .. } | Event::ToolsFound { .. } => &[P::IntegrationConnect, P::IntegrationEdit],
            Event::ToolsAccepted { .. } | Event::ToolClassified { .. } | Event::ToolSwitched { .. } => &[P::ToolReview],
            // What an invitation gives is covered by the permit of its acceptance, and by no other one of these.
            Event::GrantSet { grantee: Grantee::Member(_), .. } => &[P::GrantAssign, P::MemberAdd, P::MemberInvite],
            Event::GrantSet { grantee, .. }
            | Event::GrantRemoved { grantee, .. }
            | Event::GrantLent { grantee, .. } => match grantee {
                Grantee::Key(_) => &[P::KeyManageWorkspace],
                Grantee::Team(_) => &[P::TeamAssign],
                Grantee::Member(_) | Grantee::Agent(_) | Grantee::Role(_) => &[P::GrantAssign],
            },
            Event::KeyCreated { kind: KeyKind::Workspace { .. }, .. } => &[P::KeyManageWorkspace],
            Event::KeyCreated { kind: KeyKind::Agent { .. }, .. } => &[P::AgentManage],
            Event::KeyCreated { kind: KeyKind::Directory { .. }, .. } => &[P::SecurityEdit],
            Event::KeyCreated { .. } => &[P::KeyCreatePersonal, P::KeyIssue, P::MemberAdd],
            // Who issues keys to others may end theirs, and never learns a secret that they keep using.
            Event::KeyRotated { .. } => &[P::KeyCreatePersonal, P::KeyManageWorkspace, P::AgentManage, P::SecurityEdit],
            // Where somebody rises, keys of theirs end that others have seen.
            Event::KeyRevoked { .. } => &[
                P::KeyCreatePersonal,
                P::KeyIssue,
                P::KeyManageWorkspace,
                P::AgentManage,
                P::SecurityEdit,
                P::RoleAssign,
                P::RoleEdit,
                P::TeamMembers,
                P::TeamRoles,
                P::TeamInvite,
                P::OrganizationTransfer,
                P::OrganizationEdit,
            ],
            Event::KeyRoleChanged { .. } => &[P::KeyManageWorkspace],
            Event::TeamCreated { .. } => &[P::TeamCreate],
            Event::TeamRenamed { .. } | Event::TeamDeleted { .. } => &[P::TeamEdit],
            // Newcomers join the team that is meant for them, and the teams to which they were invited.
            Event::TeamMemberSet { .. } => {
                &[P::TeamMembers, P::TeamRoles, P::MemberAdd, P::MemberInvite, P::TeamInvite]
            }
            Event::TeamMemberRemoved { .. } | Event::TeamMemberPlaced { .. } => &[P::TeamMembers],
            // What a directory group is called and who is in it may come to decide who is in teams.
            Event::GroupCreated { .. }
            | Event::GroupEdited { .. }
            | Event::GroupMembersChanged { .. }
            | Event::GroupMapped { .. }
            | Event::GroupDeleted { .. } => &[P::TeamMembers],
            Event::AgentCreated { .. } | Event::AgentEdited { .. } | Event::AgentDeleted { .. } => &[P::AgentManage],
            Event::AgentRoleChanged { .. } => &[P::RoleAssign],
            // To let somebody act in one's place is one's own to decide, and anybody's with power over agents to end.
            Event::DelegationSet { .. } => &[P::KeyCreatePersonal],
            Event::DelegationRemoved { .. } => &[P::KeyCreatePersonal, P::AgentManage],
            Event::ResourceRegistered(_) => return of_any_kind(ResourceVerb::Create),
            Event::ResourceEdited { .. } => return of_any_kind(ResourceVerb::Edit),
            Event::ResourceShared { .. } | Event::ResourceUnshared { .. } => return of_any_kind(ResourceVerb::Share),
            // Who decides whose it is decides whether it stays.
            Event::ResourceDeleted { .. } | Event::ResourceRestored { .. } | Event::ResourceHandedOver { .. } => {
                return of_any_kind(ResourceVerb::Delete);
            }
            Event::ResourceDestroyed { .. } => return of_any_kind(ResourceVerb::Destroy),
            Event::ResourceAssigned { .. } | Event::ResourceUnassigned { .. } => &[P::TeamAssign],
            Event::ArtifactCollected { .. } | Event::ArtifactUncollected { .. } => &[P::ArtifactCollect],
            Event::KindConfigured { .. } => &[P::ResourceConfigure],
            Event::ObjectDefined(_) | Event::ObjectRemoved { .. } => &[P::DataModelEdit],
            // Whoever is here may ask, and take back what they asked.
            Event::RequestOpened(_) | Event::RequestWithdrawn { .. } => &[P::OrganizationView],
            Event::RequestGranted { .. } | Event::RequestRefused { .. } if of_any_kind(ResourceVerb::Share) => {
                return true;
            }
            Event::RequestGranted { .. } | Event::RequestRefused { .. } => DECIDES,
            Event::InvitationSent(_)
            | Event::InvitationApproved { .. }
            | Event::InvitationEdited { .. }
            | Event::InvitationResent { .. }
            | Event::InvitationRevoked { .. }
            | Event::InvitationAccepted { .. } => INVITES,
            // Whoever has its link says no, and nobody is asked whether they may.
            Event::InvitationDeclined { .. } => &[],
            Event::MailDomainClaimed { .. }
            | Event::MailDomainVerified { .. }
            | Event::MailDomainChanged { .. }
            | Event::MailDomainRemoved { .. } => &[P::SecurityEdit],
            Event::JoinDeclined { .. } | Event::JoinApproved { .. } | Event::JoinedByDomain { .. } => &[P::MemberAdd],
            // What the DNS says is so, and whoever is nobody here may ask.
            Event::MailDomainLapsed { .. } | Event::JoinRequested { .. } => &[],
        };
        any_of.contains(&permission)
    }
}

/// What happens to people.
fn of_people(event: &Event) -> &'static [P] {
    match event {
        Event::MemberAdded { .. } => &[P::MemberAdd, P::MemberInvite],
        Event::MemberRoleChanged { .. } => &[P::RoleAssign, P::OrganizationTransfer],
        Event::MemberEdited { .. } => &[P::MemberEdit],
        Event::MemberRoleGiven { .. } | Event::MemberRoleTaken { .. } => &[P::RoleAssign],
        Event::SessionEnded { .. } | Event::SessionsEnded { .. } => &[P::KeyIssue],
        Event::OwnershipOffered { .. }
        | Event::OwnershipAccepted { .. }
        | Event::OwnershipDeclined { .. }
        | Event::OwnershipWithdrawn { .. } => &[P::OrganizationTransfer],
        // The smaller form of a removal, and its end.
        Event::MemberRemoved { .. } | Event::MemberSuspended { .. } | Event::MemberRestored { .. } => {
            &[P::MemberRemove]
        }
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::id::{RequestId, ResourceId};
    use crate::resource::NewResource;

    fn permissions(event: &Event) -> BTreeSet<&'static str> {
        let may = P::ALL.iter().filter(|permission| event.may_happen_under(**permission));
        may.map(|permission| permission.entry().id).collect()
    }

    #[test]
    fn what_happens_to_a_resource_takes_the_permission_for_it_of_some_kind() {
        let of = |verb: &'static str| ResourceKind::ALL.iter().map(move |kind| format!("{}.{verb}", kind.as_str()));
        let all = |verb: &'static str| of(verb).collect::<BTreeSet<String>>();
        let named = |event: &Event| permissions(event).into_iter().map(str::to_owned).collect::<BTreeSet<String>>();
        let (resource, request) = (ResourceId::from_random([1; 20]), RequestId::from_random([1; 20]));
        let (kind, title) = (ResourceKind::Project, "Plan".to_owned());
        let new = NewResource { id: resource, kind, title, tier: None, owner: None };
        let edit = crate::resource::ResourceEdit { title: None, tier: None };
        assert_eq!(named(&Event::ResourceRegistered(Box::new(new))), all("create"));
        assert_eq!(named(&Event::ResourceEdited { resource, edit }), all("edit"));
        assert_eq!(named(&Event::ResourceUnshared { resource, with: Grantee::parse("role:a").unwrap() }), all("share"));
        assert_eq!(named(&Event::ResourceRestored { resource }), all("delete"));
        assert_eq!(named(&Event::ResourceDestroyed { resource }), all("destroy"));
        let decides = DECIDES.iter().map(|permission| permission.entry().id.to_owned()).chain(of("share"));
        assert_eq!(named(&Event::RequestRefused { request }), decides.collect());
    }

    #[test]
    fn what_belongs_to_a_founding_happens_under_no_permission() {
        let (name, preset, settings) = (String::new(), String::new(), Default::default());
        assert_eq!(permissions(&Event::OrganizationCreated { name, preset, settings }), BTreeSet::new());
    }
}
