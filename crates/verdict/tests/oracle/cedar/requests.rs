//! Our questions in Cedar's words: the action, what it is done to, and what else belongs to it.

use cedar_policy::RestrictedExpression;
use domain::grant::Grantee;
use domain::id::PersonId;
use domain::key::KeyScope;
use domain::object::DataVerb;
use domain::organization::{Organization, SettingChange};
use domain::permission::{PermissionSet, Scope};
use domain::resource::{ResourceVerb, Shared};
use domain::role::{Role, RoleId};
use domain::time::Timestamp;
use verdict::cedar::ORGANIZATION;
use verdict::{Action, Gift, Operation, Subject};

use super::{record, uid};
use crate::naive::Naive;
use crate::naive::data::would_be;

/// A question, but for who asks and when.
pub(super) struct Asked {
    pub(super) action: &'static str,
    pub(super) resource: (&'static str, String),
    pub(super) besides: Vec<(&'static str, RestrictedExpression)>,
}

impl Asked {
    fn with(mut self, name: &'static str, kind: &str, id: impl ToString) -> Asked {
        self.besides.push((name, RestrictedExpression::new_entity_uid(uid(kind, &id.to_string()))));
        self
    }

    fn with_role(self, role: Option<&RoleId>) -> Asked {
        match role {
            Some(role) => self.with("role", "Role", role),
            None => self,
        }
    }

    fn with_word(mut self, name: &'static str, word: &str) -> Asked {
        self.besides.push((name, RestrictedExpression::new_string(word.to_owned())));
        self
    }
}

fn of(action: &'static str, kind: &'static str, id: impl ToString) -> Asked {
    Asked { action, resource: (kind, id.to_string()), besides: Vec::new() }
}

fn whole(action: &'static str) -> Asked {
    of(action, "Organization", ORGANIZATION)
}

fn subject(action: &'static str, subject: Subject) -> Asked {
    match subject {
        Subject::Member(person) => of(action, "Member", person),
        Subject::Key(key) => of(action, "Key", key),
        Subject::Agent(agent) => of(action, "Agent", agent),
    }
}

/// What a role comes to state that it did not, or not so far.
fn adds(before: PermissionSet, to: PermissionSet) -> RestrictedExpression {
    let added: Vec<_> = to.iter().filter(|(permission, scope)| before.scope(*permission) < Some(*scope)).collect();
    let as_far_as = |least: Scope| {
        words(added.iter().filter(|(_, scope)| *scope >= least).map(|(permission, _)| permission.to_string()))
    };
    record([("own", as_far_as(Scope::Own)), ("team", as_far_as(Scope::Team)), ("all", as_far_as(Scope::All))])
}

/// The records and fields that a role comes to open.
fn opens(state: &Organization, before: Option<&Role>, after: &Role) -> (&'static str, RestrictedExpression) {
    // No role answers here by the moment.
    let naive = Naive { state, now: Timestamp(0) };
    ("opens", words(naive.opened_anew(before, after)))
}

fn words(words: impl IntoIterator<Item = String>) -> RestrictedExpression {
    RestrictedExpression::new_set(words.into_iter().map(RestrictedExpression::new_string))
}

fn ends(at: Option<Timestamp>) -> Option<(&'static str, RestrictedExpression)> {
    at.map(|at| ("ends", RestrictedExpression::new_long(at.0)))
}

fn measure(gift: Gift<'_>) -> RestrictedExpression {
    let profile = RestrictedExpression::new_string(gift.profile.as_str().to_owned());
    let off = words(gift.tools_off.iter().cloned());
    record([("profile", profile), ("tools_off", off)].into_iter().chain(ends(gift.expires_at)))
}

fn share(with: Grantee, level: Shared, expires_at: Option<Timestamp>) -> RestrictedExpression {
    let id = match with {
        Grantee::Member(person) => person.to_string(),
        Grantee::Key(key) => key.to_string(),
        Grantee::Agent(agent) => agent.to_string(),
        Grantee::Team(team) => team.to_string(),
        Grantee::Role(role) => role.to_string(),
    };
    let lets = match level {
        Shared::View => &["view"][..],
        Shared::Use => &["view", "use"],
        Shared::Edit => &["view", "use", "edit"],
    };
    let lets = words(lets.iter().map(|verb| (*verb).to_owned()));
    let with = RestrictedExpression::new_string(id);
    record([("with", with), ("lets", lets)].into_iter().chain(ends(expires_at)))
}

fn settings(state: &Organization, changes: &[SettingChange]) -> Asked {
    let mut after = state.settings.clone();
    changes.iter().for_each(|change| after.change(change));
    let asked = whole("organization.edit")
        .with_word("promote_admin", after.promote_admin.as_str())
        .with_word("keys_without_role", after.keys_without_role.as_str())
        .with("join_default_role", "Role", after.join_default_role);
    let asked = match after.join_default_team_role {
        Some(role) => asked.with("join_default_team_role", "Role", role),
        None => asked,
    };
    let mut asked = match after.join_default_team {
        Some(team) => asked.with("join_default_team", "Team", team),
        None => asked,
    };
    let implicit = RestrictedExpression::new_bool(after.managers_implicit_access);
    let kinds = after.teams_assign_listed.iter().map(|kind| uid("Kind", kind.as_str()));
    let kinds = RestrictedExpression::new_set(kinds.map(RestrictedExpression::new_entity_uid));
    let beside = RestrictedExpression::new_bool(after.roles_extra_bindings);
    let widen = RestrictedExpression::new_bool(after.fields_widen);
    asked.besides.extend([
        ("managers_implicit_access", implicit),
        ("teams_assign_listed", kinds),
        ("fields_widen", widen),
        ("roles_extra_bindings", beside),
    ]);
    let most = after.owners_max.map(|most| ("owners_max", RestrictedExpression::new_long(most.into())));
    asked.besides.extend(most);
    asked
}

/// The question in Cedar's words.
pub(super) fn asked(state: &Organization, action: Action<'_>) -> Asked {
    match action {
        Action::CallTool { integration, tool } => of("tool.call", "Tool", format!("{integration}/{tool}")),
        Action::CallExposed { .. } => unreachable!("the questions give a tool its two names themselves"),
        Action::Use { .. } => unreachable!("the export speaks of tools alone"),
        Action::Operate(operation) => operate(state, operation),
    }
}

fn owned(action: &'static str, kind: &'static str, id: impl ToString, owner: PersonId) -> Asked {
    of(action, kind, id).with("owner", "Member", owner)
}

#[expect(clippy::too_many_lines, reason = "one arm for each operation")]
fn operate(state: &Organization, operation: Operation<'_>) -> Asked {
    let before = |role| state.roles.get(role).map(Role::set).unwrap_or_default();
    match operation {
        Operation::ViewOrganization => whole("organization.view"),
        Operation::EditOrganization { changes } => settings(state, changes),
        Operation::TransferOwnership { to } => of("organization.transfer", "Member", to),
        Operation::DeleteOrganization => whole("organization.delete"),
        Operation::RestoreOrganization => whole("organization.restore"),
        Operation::ViewOwnershipOffer => whole("offer.view"),
        Operation::AcceptOwnership => whole("offer.accept"),
        Operation::EndOwnershipOffer => whole("offer.end"),
        Operation::ViewSettings => whole("settings.view"),
        Operation::ConfirmReview => whole("access.review"),
        Operation::ViewMembers => whole("member.view"),
        Operation::AddMember { role } => whole("member.add").with_role(Some(role)),
        Operation::Invite { role } => whole("member.invite").with_role(role),
        Operation::ChangeRole { member, role } => of("member.change_role", "Member", member).with_role(Some(role)),
        Operation::EditMember { member, seat } => {
            let seat = RestrictedExpression::new_bool(seat);
            Asked { besides: vec![("seat", seat)], ..of("member.edit", "Member", member) }
        }
        Operation::GiveRole { member, role } => of("member.give_role", "Member", member).with_role(Some(role)),
        Operation::ViewSessions { member } => of("member.view_sessions", "Member", member),
        Operation::EndSessions { member } => of("member.end_sessions", "Member", member),
        Operation::ConnectClient => whole("client.connect"),
        Operation::RegisterClients => whole("client.register"),
        Operation::TakeRole { member, role } => of("member.take_role", "Member", member).with_role(Some(role)),
        Operation::ChangePreset => whole("organization.change_preset"),
        Operation::RemoveMember { member } => of("member.remove", "Member", member),
        Operation::SuspendMember { member } => of("member.suspend", "Member", member),
        Operation::RestoreMember { member } => of("member.restore", "Member", member),
        Operation::ViewRoles => whole("role.view"),
        Operation::CreateRole { to, data } => {
            let opens = opens(state, None, &would_be(None, to, data));
            Asked { besides: vec![("adds", adds(PermissionSet::EMPTY, to)), opens], ..whole("role.create") }
        }
        Operation::EditRole { role, to, data } => {
            let known = state.roles.get(role);
            let opens = opens(state, known, &would_be(known, to, data));
            Asked { besides: vec![("adds", adds(before(role), to)), opens], ..of("role.edit", "Role", role) }
        }
        Operation::DeleteRole { role, moved_to } => of("role.delete", "Role", role).with("moved_to", "Role", moved_to),
        Operation::ViewTeams => whole("team.list"),
        Operation::CreateTeam => whole("team.create"),
        Operation::ViewTeam { team } => of("team.view", "Team", team),
        Operation::EditTeam { team } => of("team.edit", "Team", team),
        Operation::SetTeamMember { team, member, role } => {
            of("team.set_member", "Team", team).with("member", "Member", member).with_role(Some(role))
        }
        Operation::RemoveTeamMember { team, member } => {
            of("team.remove_member", "Team", team).with("member", "Member", member)
        }
        Operation::InviteToTeam { team } => of("team.invite", "Team", team),
        Operation::AssignResource { team, resource } => {
            of("team.assign_resource", "Team", team).with("resource", "Resource", resource)
        }
        Operation::ConnectIntegration => whole("integration.connect"),
        Operation::ViewIntegration { integration } => of("integration.view", "Integration", integration),
        Operation::ConnectAccount { integration } => of("account.connect", "Integration", integration),
        Operation::EditIntegration { integration } => of("integration.edit", "Integration", integration),
        Operation::DisconnectIntegration { integration } => of("integration.disconnect", "Integration", integration),
        Operation::ReviewTool { integration } => of("tool.review", "Integration", integration),
        Operation::Assign { grantee: Grantee::Team(team), integration, gift } => {
            let mut asked = of("team.assign_integration", "Integration", integration).with("team", "Team", team);
            asked.besides.extend(gift.map(|gift| ("gift", measure(gift))));
            asked
        }
        Operation::Assign { grantee: Grantee::Role(role), .. } => of("grant.assign", "Role", role),
        Operation::Assign { grantee: Grantee::Member(person), .. } => of("grant.assign", "Member", person),
        Operation::Assign { grantee: Grantee::Key(key), .. } => of("grant.assign", "Key", key),
        Operation::Assign { grantee: Grantee::Agent(agent), .. } => of("grant.assign", "Agent", agent),
        Operation::CreatePersonalKey { holder } => of("key.create_personal", "Member", holder),
        Operation::CreateWorkspaceKey { role, scope } => {
            let mut asked = whole("key.create_workspace").with_role(role);
            asked.besides.push(("reaches_all", RestrictedExpression::new_bool(scope == KeyScope::All)));
            asked
        }
        Operation::CreateAgentKey { agent } => of("key.create_agent", "Agent", agent),
        Operation::SetKeyRole { key, role } => of("key.set_role", "Key", key).with_role(role),
        Operation::ViewKey { key } => of("key.view", "Key", key),
        Operation::RotateKey { key } => of("key.rotate", "Key", key),
        Operation::RevokeKey { key } => of("key.revoke", "Key", key),
        Operation::ConnectDirectory { .. }
        | Operation::CreateGroup { .. }
        | Operation::KeepGroup { .. }
        | Operation::MapGroup { .. } => unreachable!("connections are told of in `directories`"),
        Operation::ViewAgents => whole("agent.view"),
        Operation::CreateAgent { role } => whole("agent.create").with_role(role),
        Operation::EditAgent { agent } => of("agent.edit", "Agent", agent),
        Operation::ResumeAgent { agent } => of("agent.resume", "Agent", agent),
        Operation::SetAgentRole { agent, role } => of("agent.set_role", "Agent", agent).with_role(role),
        Operation::Delegate { agent, person } => of("delegation.set", "Agent", agent).with("person", "Member", person),
        Operation::EndDelegation { agent, person } => {
            of("delegation.remove", "Agent", agent).with("person", "Member", person)
        }
        Operation::CreateResource { kind, owner } => owned("resource.register", "Kind", kind.as_str(), owner),
        Operation::Resource { verb, resource } => of(on_resource(verb), "Resource", resource),
        Operation::ShareResource { resource, with, level, expires_at } => {
            let besides = vec![("share", share(with, level, expires_at))];
            Asked { besides, ..of("resource.share", "Resource", resource) }
        }
        Operation::Collect { artifact, collection } => {
            of("artifact.collect", "Resource", artifact).with("collection", "Resource", collection)
        }
        Operation::ViewKind { kind } => of("kind.view", "Kind", kind.as_str()),
        Operation::ConfigureKind { kind } => of("resource.configure", "Kind", kind.as_str()),
        Operation::Data { verb, object } => of(on_records(verb), "Object", object),
        Operation::Field { verb, object, field } => {
            let action = if verb == DataVerb::See { "field.see" } else { "field.edit" };
            of(action, "Field", format!("{object}.{field}"))
        }
        Operation::EditDataModel { object: None, .. } => whole("data_model.edit"),
        Operation::EditDataModel { object: Some(object), to } => {
            // No role answers here by the moment.
            let lifted = Naive { state, now: Timestamp(0) }.lifted(object, to);
            Asked { besides: vec![("lifts", words(lifted))], ..whole("data_model.edit") }
        }
        Operation::Use { permission } => whole("permission.use").with_word("permission", permission.entry().id),
        Operation::RequestAccess { requester, acting_for } => {
            let asked = subject("request.open", requester);
            match acting_for {
                Some(person) => asked.with("for_person", "Member", person),
                None => asked,
            }
        }
        Operation::DecideRequest { .. } => unreachable!("who decides is asked of every change that it would take"),
        Operation::SendInvitation { .. }
        | Operation::ViewInvitation { .. }
        | Operation::EditInvitation { .. }
        | Operation::ResendInvitation { .. }
        | Operation::ApproveInvitation { .. }
        | Operation::RevokeInvitation { .. }
        | Operation::AcceptInvitation { .. } => {
            unreachable!("an invitation is asked of every part that it offers, and whose it is no model says")
        }
        Operation::EditMailDomains
        | Operation::OpenMailDomain { .. }
        | Operation::JoinByDomain { .. }
        | Operation::ApproveJoin { .. }
        | Operation::DeclineJoin { .. } => unreachable!("mail domains are told of in `mail_domains`"),
        Operation::Explain { subject: about } => subject("access.explain", about),
        Operation::ReadAudit { subject: Some(of) } => subject("audit.read", of),
        Operation::ReadAudit { subject: None } => whole("audit.read"),
    }
}

fn on_resource(verb: ResourceVerb) -> &'static str {
    match verb {
        ResourceVerb::View => "resource.view",
        ResourceVerb::Create => "resource.create",
        ResourceVerb::Edit => "resource.edit",
        ResourceVerb::Delete => "resource.delete",
        ResourceVerb::Destroy => "resource.destroy",
        ResourceVerb::Use => "resource.use",
        ResourceVerb::Share => "resource.share",
    }
}

fn on_records(verb: DataVerb) -> &'static str {
    match verb {
        DataVerb::See => "data.see",
        DataVerb::Create => "data.create",
        DataVerb::Edit => "data.edit",
        DataVerb::Delete => "data.delete",
        DataVerb::Destroy => "data.destroy",
    }
}
