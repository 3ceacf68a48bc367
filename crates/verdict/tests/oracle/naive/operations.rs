//! What may be done to the organization: what each operation takes, authority over those it is done to, and the right
//! to give what it gives.

use domain::grant::Grantee;
use domain::id::{AgentId, KeyId, PersonId};
use domain::key::{KeyKind, KeyScope};
use domain::organization::{Invite, KeysWithoutRole, Promote, SettingChange, Settings};
use domain::permission::{Permission as P, Scope};
use domain::role::{RoleId, RoleLevel};
use domain::time::Timestamp;
use verdict::{Gift, Operation, Remedy, Subject};

use super::data::would_be;
use super::{Answer, Naive, Powers, beyond, hide, managing, no, nothing_there, said_by, yes};

impl Naive<'_> {
    /// May this subject do this to the organization?
    #[expect(clippy::too_many_lines, reason = "one arm for each operation")]
    pub(crate) fn operate(&self, me: Subject, operation: Operation<'_>) -> Answer {
        let needs = |takes| self.needs(me, takes);
        match operation {
            // Everybody may ask about themselves.
            Operation::Explain { subject } | Operation::ReadAudit { subject: Some(subject) } if me == subject => {
                yes("own")
            }
            // Who calls tools here may know where they are.
            Operation::ViewOrganization => match me {
                Subject::Member(_) => needs(P::OrganizationView),
                _ if needs(P::OrganizationView).allowed => yes("role"),
                _ => yes("own"),
            },
            Operation::ViewSettings => needs(P::OrganizationEdit),
            Operation::EditOrganization { changes } => {
                needs(P::OrganizationEdit).and(|| self.change_settings(me, changes))
            }
            Operation::ConfirmReview => needs(P::AccessExplain),
            Operation::ViewMembers => needs(P::MemberView),
            Operation::AddMember { role } => {
                needs(P::MemberAdd).and(|| self.lets_in_as(me, role)).and(|| self.lets_into_team(me))
            }
            Operation::ChangeRole { member, role } | Operation::GiveRole { member, role } => {
                needs(P::RoleAssign).and(|| self.over_member(me, member)).and(|| self.gives(me, role))
            }
            // Everybody may say what they are called; it takes nobody's power to call somebody something.
            Operation::EditMember { member, seat: false } if me == Subject::Member(member) => yes("own"),
            Operation::EditMember { member, .. } => needs(P::MemberEdit).and(|| self.is_member(member)),
            Operation::TakeRole { member, .. } => needs(P::RoleAssign).and(|| self.over_member(me, member)),
            Operation::ChangePreset => needs(P::OrganizationEdit)
                .and(|| if self.role_of(me).is_some_and(|role| role.top) { yes("role") } else { no("only-owners") }),
            Operation::ViewSessions { member } | Operation::EndSessions { member } => {
                needs(P::KeyIssue).and(|| self.over_member(me, member))
            }
            Operation::ConnectClient => match me {
                Subject::Member(_) => yes("own"),
                Subject::Key(_) | Subject::Agent(_) => hide(no("no-such-target")),
            },
            Operation::RegisterClients => needs(P::SecurityEdit),
            Operation::RemoveMember { member } | Operation::SuspendMember { member } => {
                needs(P::MemberRemove).and(|| self.over_member(me, member))
            }
            // Their roles are in force again by whoever restores them.
            Operation::RestoreMember { member } => needs(P::MemberRemove)
                .and(|| self.over_member(me, member))
                .and(|| self.gives_powers(me, &self.powers(Subject::Member(member))))
                .and(|| self.wakes_agents_of(me, member)),
            Operation::ViewRoles => needs(P::RoleView),
            Operation::CreateRole { to, data } => needs(P::RoleEdit)
                .and(|| self.defines(me, &to.iter().collect()))
                .and(|| self.opens_to_others(me, &self.opened_anew(None, &would_be(None, to, data)))),
            Operation::EditRole { role, to, data } => {
                let (present, before) = (self.state.roles.get(role), self.powers_of_id(role));
                // What it states and is not in force is not added by saying it again.
                let stated = present.map(domain::role::Role::set).unwrap_or_default();
                let more = |(one, far): &(P, Scope)| stated.scope(*one) < Some(*far);
                let added: Powers = to.iter().filter(more).collect();
                needs(P::RoleEdit)
                    .and(|| self.over_powers(me, &self.everywhere(role, before.clone())))
                    .and(|| self.defines(me, &self.everywhere(role, added)))
                    .and(|| self.opens_to_others(me, &self.opened_anew(present, &would_be(present, to, data))))
            }
            Operation::DeleteRole { role, moved_to } => needs(P::RoleEdit)
                .and(|| self.over_powers(me, &self.everywhere(role, self.powers_of_id(role))))
                .and(|| self.gives_powers(me, &self.everywhere(moved_to, self.powers_of_id(moved_to))))
                .and(|| self.lets_have(me, moved_to)),
            Operation::TransferOwnership { to } => needs(P::OrganizationTransfer)
                .and(|| self.is_member(to))
                .and(|| if self.role_of(me).is_some_and(|role| role.top) { yes("role") } else { no("only-owners") }),
            Operation::DeleteOrganization | Operation::RestoreOrganization => needs(P::OrganizationDelete),
            Operation::ViewOwnershipOffer => self.offer(me, true),
            Operation::EndOwnershipOffer => self.offer(me, true),
            Operation::AcceptOwnership => self.offer(me, false),
            Operation::Invite { role } => self.invite(me, role),
            // The list holds those that one may see, be it none.
            Operation::ViewTeams => yes("own"),
            Operation::ViewTeam { team } => self.view_team(me, team),
            Operation::CreateTeam => needs(P::TeamCreate),
            Operation::EditTeam { team } => self.in_team(me, team, P::TeamEdit),
            Operation::SetTeamMember { team, member, role } => self.set_team_member(me, team, member, role),
            Operation::RemoveTeamMember { team, member } => self.remove_team_member(me, team, member),
            Operation::InviteToTeam { team } => self.invite_to_team(me, team),
            Operation::AssignResource { team, resource } => self.assign_resource(me, team, resource),
            Operation::ViewIntegration { integration } => self.view_integration(me, integration),
            Operation::ConnectAccount { integration } => match me {
                Subject::Member(_) => self.view_integration(me, integration).then(|| yes("own")),
                Subject::Key(_) | Subject::Agent(_) => hide(no("no-such-target")),
            },
            Operation::ConnectIntegration => needs(P::IntegrationConnect),
            Operation::EditIntegration { integration } => {
                self.view_integration(me, integration).then(|| needs(P::IntegrationEdit))
            }
            Operation::DisconnectIntegration { integration } => {
                self.view_integration(me, integration).then(|| needs(P::IntegrationDisconnect))
            }
            Operation::ReviewTool { integration } => {
                self.view_integration(me, integration).then(|| needs(P::ToolReview))
            }
            Operation::Assign { grantee: Grantee::Team(team), integration, gift } => {
                let everywhere = needs(P::TeamAssign).allowed;
                let shown = || if everywhere { yes("role") } else { self.view_integration(me, integration) };
                let had = || match gift {
                    Some(gift) if !everywhere => self.has_as_much(me, integration, gift),
                    _ => yes("role"),
                };
                self.in_team(me, team, P::TeamAssign).and(shown).and(had)
            }
            Operation::Assign { grantee, .. } => self.assign(me, grantee),
            Operation::CreatePersonalKey { holder } => self.create_personal_key(me, holder),
            Operation::CreateWorkspaceKey { role, scope } => {
                let wide = || if scope == KeyScope::All { self.uses_everything(me) } else { yes("role") };
                needs(P::KeyManageWorkspace).and(|| self.assigns(me, role)).and(|| self.gives_key(me, role)).and(wide)
            }
            Operation::SetKeyRole { key, role } => needs(P::KeyManageWorkspace)
                .and(|| self.over_key(me, key))
                .and(|| self.assigns(me, role))
                .and(|| self.gives_key(me, role)),
            // Who makes one sees its secret, and could do by it what it does: for good.
            Operation::ConnectDirectory { gives, tends } => {
                let for_good = self.for_good();
                let add = || for_good.needs(me, P::MemberAdd);
                let (edit, remove) = (|| for_good.needs(me, P::MemberEdit), || for_good.needs(me, P::MemberRemove));
                let first = needs(P::SecurityEdit).and(add).and(edit).and(remove);
                let first = first.and(|| for_good.lets_in_as(me, gives)).and(|| for_good.lets_into_team(me));
                let one = |role| for_good.assigns(me, Some(role)).and(|| for_good.gives(me, role));
                tends.iter().fold(first, |so_far, role| so_far.and(|| one(role)))
            }
            Operation::CreateGroup { .. } | Operation::KeepGroup { .. } | Operation::MapGroup { .. } => {
                unreachable!("groups are told of in `directories`")
            }
            Operation::ViewAgents => needs(P::AgentView),
            Operation::CreateAgent { role } => needs(P::AgentManage)
                .and(|| self.assigns(me, role))
                .and(|| role.map_or(yes("role"), |role| self.gives(me, role))),
            Operation::EditAgent { agent } => needs(P::AgentManage).and(|| self.over_agent(me, agent)),
            Operation::ResumeAgent { agent } => {
                needs(P::AgentManage).and(|| self.over_agent(me, agent)).and(|| self.wakes(me, agent))
            }
            Operation::CreateAgentKey { agent } => needs(P::AgentManage)
                .and(|| self.over_agent(me, agent))
                .and(|| self.is_shown_a_secret(me, Subject::Agent(agent))),
            Operation::SetAgentRole { agent, role } => needs(P::RoleAssign)
                .and(|| self.over_agent(me, agent))
                .and(|| role.map_or(yes("role"), |role| self.gives(me, role))),
            Operation::Delegate { agent, person } => self.delegate(me, agent, person),
            Operation::EndDelegation { agent, person } => self.end_delegation(me, agent, person),
            Operation::CreateResource { kind, owner } => self.create_resource(me, kind, owner),
            Operation::Resource { verb, resource } => self.resource(me, verb, resource),
            Operation::Collect { artifact, collection } => self.collect(me, artifact, collection),
            Operation::ConfigureKind { .. } => needs(P::ResourceConfigure),
            Operation::ViewKind { kind } => self.view_kind(me, kind),
            Operation::ShareResource { resource, with, level, expires_at } => {
                self.share(me, (resource, with), (level, expires_at))
            }
            Operation::Data { verb, object } => self.records(me, verb, object),
            Operation::Field { verb, object, field } => self.field(me, verb, object, field),
            Operation::EditDataModel { object, to } => {
                let lifted = || object.map(|object| self.lifted(object, to)).unwrap_or_default();
                needs(P::DataModelEdit).and(|| self.opens_to_others(me, &lifted()))
            }
            // Everybody who sees usage at all sees their own.
            Operation::Use { permission: P::UsageView } => match self.powers(me).get(&P::UsageView) {
                Some(Scope::Own) => yes("own"),
                _ => needs(P::UsageView),
            },
            Operation::Use { permission } => needs(permission),
            Operation::ViewKey { key } | Operation::RotateKey { key } | Operation::RevokeKey { key } => {
                self.key(me, key, operation)
            }
            Operation::RequestAccess { requester, acting_for } => {
                let mine = me == requester || acting_for.is_some_and(|person| me == Subject::Member(person));
                if mine { yes("own") } else { nothing_there() }
            }
            Operation::DecideRequest { by, .. } => self.decides(me, by),
            Operation::SendInvitation { .. }
            | Operation::ViewInvitation { .. }
            | Operation::EditInvitation { .. }
            | Operation::ResendInvitation { .. }
            | Operation::ApproveInvitation { .. }
            | Operation::RevokeInvitation { .. }
            | Operation::AcceptInvitation { .. } => self.on_invitations(me, operation),
            Operation::EditMailDomains
            | Operation::OpenMailDomain { .. }
            | Operation::JoinByDomain { .. }
            | Operation::ApproveJoin { .. }
            | Operation::DeclineJoin { .. } => self.on_mail_domains(me, operation),
            Operation::Explain { .. } => needs(P::AccessExplain),
            Operation::ReadAudit { .. } => needs(P::AuditRead),
        }
    }

    /// Whoever could do by hand all that would satisfy a request decides it.
    fn decides(&self, me: Subject, by: &[Remedy]) -> Answer {
        let one = |change: &Remedy| match change {
            Remedy::Grant { to, integration, profile, tools_off, expires_at } => {
                let gift = Some(Gift { profile: *profile, tools_off, expires_at: *expires_at });
                let assign = Operation::Assign { grantee: *to, integration: *integration, gift };
                self.operate(me, assign).and(|| self.view_integration(me, *integration))
            }
            Remedy::Resume { integration } => {
                self.operate(me, Operation::EditIntegration { integration: *integration })
            }
            Remedy::SwitchOn { integration, .. } => {
                self.operate(me, Operation::ReviewTool { integration: *integration })
            }
            Remedy::Role { member, role } => self.operate(me, Operation::ChangeRole { member: *member, role }),
            Remedy::Join { member, team, role } => {
                let has =
                    |known: &domain::team::Team| known.members.get(member).is_some_and(|place| place.role == *role);
                let made = self.state.teams.get(team).is_some_and(has);
                if made { self.puts_into(me, *team, role) } else { self.set_team_member(me, *team, *member, role) }
            }
            Remedy::Share { resource, with, level, expires_at } => {
                self.share(me, (*resource, *with), (*level, *expires_at))
            }
            Remedy::ResumeAgent { agent } => self.operate(me, Operation::ResumeAgent { agent: *agent }),
            Remedy::AgentRole { agent, role } => {
                self.operate(me, Operation::SetAgentRole { agent: *agent, role: Some(role) })
            }
            Remedy::KeyRole { key, role } => self.operate(me, Operation::SetKeyRole { key: *key, role: Some(role) }),
            Remedy::Delegate { agent, person } => self.delegate(me, *agent, *person),
        };
        let mut all = by.iter().map(one);
        let first = all.next().unwrap_or_else(nothing_there);
        all.fold(first, |so_far, next| so_far.and(|| next))
    }

    pub(crate) fn is_member(&self, person: PersonId) -> Answer {
        if self.state.member(person).is_some() { yes("role") } else { nothing_there() }
    }

    /// What is offered to somebody by an owner is theirs to take or leave; owners may take it back.
    fn offer(&self, me: Subject, owners_may: bool) -> Answer {
        let offer = self.state.offer.filter(|offer| self.is_before(Some(offer.expires_at)));
        let Some(offer) = offer else { return nothing_there() };
        let owns = |who: Subject| {
            self.role_of(who).is_some_and(|role| role.top) && self.needs(who, P::OrganizationTransfer).allowed
        };
        let giver = Subject::Member(offer.from);
        match me == Subject::Member(offer.to) {
            true if owns(giver) && self.stands(giver).is_none() => yes("own"),
            false if owns(me) => {
                if owners_may {
                    yes("role")
                } else {
                    no("not-yours")
                }
            }
            _ => nothing_there(),
        }
    }

    /// Nobody acts on what manages more than they do.
    pub(super) fn over_powers(&self, me: Subject, other: &Powers) -> Answer {
        if beyond(other, &self.powers(me)).is_some() { no("above-you") } else { yes("role") }
    }

    fn over_member(&self, me: Subject, member: PersonId) -> Answer {
        let other = Subject::Member(member);
        self.is_member(member).and(|| self.over_powers(me, &self.powers(other))).and(|| {
            if self.teams_of(other).into_iter().all(|team| self.over_in_team(me, member, team)) {
                yes("role")
            } else {
                no("above-you")
            }
        })
    }

    fn over_agent(&self, me: Subject, agent: AgentId) -> Answer {
        if !self.state.agents.contains_key(&agent) {
            return nothing_there();
        }
        self.over_powers(me, &self.powers(Subject::Agent(agent)))
    }

    /// Who wakes an agent gives it what it had: for good, and so out of what is theirs for good.
    fn wakes(&self, me: Subject, agent: AgentId) -> Answer {
        let known = &self.state.agents[&agent];
        let sleeps = known.suspended || known.sponsor.is_none_or(|sponsor| self.state.active_member(sponsor).is_none());
        let gives = beyond(&self.powers(Subject::Agent(agent)), &self.for_good().powers(me)).is_some();
        if sleeps && gives { no("beyond-your-own") } else { yes("role") }
    }

    /// The agents that stand still with somebody who is suspended work again when they are restored.
    fn wakes_agents_of(&self, me: Subject, member: PersonId) -> Answer {
        if self.state.active_member(member).is_some() {
            return yes("role");
        }
        let theirs = self.state.agents.values().filter(|agent| agent.sponsor == Some(member) && !agent.suspended);
        let mine = self.for_good().powers(me);
        let beyond = theirs.filter_map(|agent| beyond(&self.powers(Subject::Agent(agent.id)), &mine)).next();
        if beyond.is_some() { no("beyond-your-own") } else { yes("role") }
    }

    fn over_key(&self, me: Subject, key: KeyId) -> Answer {
        match self.state.live_key(key).map(|key| &key.kind) {
            Some(KeyKind::Workspace { .. }) => self.over_powers(me, &self.powers(Subject::Key(key))),
            _ => nothing_there(),
        }
    }

    /// What changes for a role in teams changes in all teams, so that to have it in one's own is not enough.
    fn everywhere(&self, role: &RoleId, powers: Powers) -> Powers {
        let in_teams = self.state.roles.get(role).is_some_and(|role| role.level == RoleLevel::Team);
        if in_teams { powers.into_keys().map(|one| (one, Scope::All)).collect() } else { powers }
    }

    /// A setting that gives a role is changed by who may give the role, and who may promote by who may promote.
    fn change_settings(&self, me: Subject, changes: &[SettingChange]) -> Answer {
        let before = &self.state.settings;
        let mut after = before.clone();
        changes.iter().for_each(|change| after.change(change));
        let by_default = |settings: &Settings| {
            let keys = settings.keys_without_role == KeysWithoutRole::DefaultRole;
            (settings.join_default_role, keys.then_some(settings.join_default_role))
        };
        let (newcomers, keys) = by_default(&after);
        let more_to_newcomers = newcomers != by_default(before).0;
        let more_to_keys = keys.is_some() && keys != by_default(before).1;
        let in_teams = after.join_default_team_role.filter(|role| before.join_default_team_role != Some(*role));
        let may = || if after.promote_admin == before.promote_admin { yes("role") } else { self.promotes(me) };
        may()
            .and(|| self.widens_settings(me, before, &after))
            .and(|| self.change_extra_roles(me, before.roles_extra_bindings, after.roles_extra_bindings))
            .and(|| {
                let given = more_to_newcomers || more_to_keys;
                if given { self.gives(me, &newcomers).and(|| self.lets_have(me, &newcomers)) } else { yes("role") }
            })
            .and(|| {
                in_teams.map_or(yes("role"), |role| {
                    let given = self.everywhere(&role, self.powers_of_id(&role));
                    self.gives_powers(me, &given).and(|| self.lets_have(me, &role))
                })
            })
    }

    /// Settings that are a way to give: room for owners is made by owners, what teams are given by who gives to all of
    /// them, the team of newcomers chosen by who could put them there, and what roles say but nobody has at present is
    /// put into force by who would have all of it as well.
    fn widens_settings(&self, me: Subject, before: &Settings, after: &Settings) -> Answer {
        let more_owners = match (before.owners_max, after.owners_max) {
            (Some(before), Some(after)) => after > before,
            (Some(_), None) => true,
            (None, _) => false,
        };
        let owner = self.role_of(me).is_some_and(|role| role.top);
        let more_kinds = after.teams_assign_listed.difference(&before.teams_assign_listed).next().is_some();
        let newcomers = after.join_default_team.filter(|team| before.join_default_team != Some(*team));
        let switched_on = after.managers_implicit_access && !before.managers_implicit_access;
        let team = || newcomers.map_or(yes("role"), |team| self.sends_newcomers(me, team, after));
        let may = |may: bool| if may { yes("role") } else { no("beyond-your-own") };
        (if more_owners && !owner { no("only-owners") } else { yes("role") })
            .and(|| may(!more_kinds || self.for_good().needs(me, P::TeamAssign).allowed))
            .and(team)
            .and(|| may(!switched_on || self.would_have_all(me)))
            .and(|| if after.fields_widen && !before.fields_widen { self.widens_fields(me) } else { yes("role") })
    }

    /// Whether nobody would have more of what is not in force at present than somebody would themselves.
    fn would_have_all(&self, me: Subject) -> bool {
        let mut open = self.state.clone();
        open.settings.managers_implicit_access = true;
        let open = Naive { state: &open, now: self.now };
        let mine = open.for_good().powers(me);
        let everything = Powers::from([(P::IntegrationUseAll, Scope::All)]);
        let gains = self.state.roles.keys().map(|role| {
            let (now, then) = (self.powers_of_id(role), open.powers_of_id(role));
            let more = then.into_iter().filter(|(one, far)| now.get(one).is_none_or(|now| now < far)).collect();
            self.everywhere(role, more)
        });
        let mut gains = gains.chain([everything]).flatten();
        gains.all(|(one, far)| mine.get(&one).is_some_and(|mine| *mine >= far))
    }

    /// To let roles beside one's own count is to give them to all who have such, and the other way round.
    fn change_extra_roles(&self, me: Subject, before: bool, after: bool) -> Answer {
        let members = self.state.members.values().filter(|member| member.is_here());
        let given =
            members.flat_map(|member| &member.extra_roles).filter(|(_, given)| self.is_before(given.expires_at));
        let mut roles: Vec<&RoleId> = given.map(|(role, _)| role).collect();
        roles.sort();
        let one = |role: &&RoleId| match (before, after) {
            (false, true) => self.gives(me, role),
            (true, false) => self.over_powers(me, &self.powers_of_id(role)),
            _ => yes("role"),
        };
        roles.iter().map(one).find(|answer| !answer.allowed).unwrap_or(yes("role"))
    }

    fn gives(&self, me: Subject, role: &RoleId) -> Answer {
        self.gives_powers(me, &self.powers_of_id(role))
    }

    /// The organization when all has ended that ends. What somebody has until then they do not give on.
    pub(crate) fn for_good(&self) -> Self {
        Naive { state: self.state, now: Timestamp(i64::MAX) }
    }

    /// What manages others is given only by those who hold it, and who may promote.
    fn gives_powers(&self, me: Subject, powers: &Powers) -> Answer {
        if managing(powers).is_empty() {
            return yes("role");
        }
        if beyond(powers, &self.for_good().powers(me)).is_some() {
            return no("beyond-your-own");
        }
        self.promotes(me)
    }

    /// A role is given by who assigns roles, whatever it is given to.
    fn assigns(&self, me: Subject, role: Option<&RoleId>) -> Answer {
        role.map_or(yes("role"), |_| self.needs(me, P::RoleAssign))
    }

    /// Nobody puts into a role what their own do not say; whether it is in force at present is another matter.
    fn defines(&self, me: Subject, powers: &Powers) -> Answer {
        let mine = self.for_good().says(me);
        let lacks = |(one, far): (&P, &Scope)| mine.get(one).is_none_or(|mine| mine < far);
        self.gives_powers(me, powers).and(|| if powers.iter().any(lacks) { no("beyond-your-own") } else { yes("role") })
    }

    /// Whether a role says that its holder uses everything, in force or not.
    fn uses_everything(&self, me: Subject) -> Answer {
        if self.for_good().says(me).contains_key(&P::IntegrationUseAll) {
            return yes("role");
        }
        no(if self.says(me).contains_key(&P::IntegrationUseAll) { "beyond-your-own" } else { self.lacking(me) })
    }

    fn promotes(&self, me: Subject) -> Answer {
        match self.state.settings.promote_admin {
            Promote::Owner if self.role_of(me).is_some_and(|role| role.top) => yes("role"),
            Promote::Owner => no("only-owners"),
            Promote::OwnerOrAdmin if self.for_good().needs(me, P::RoleAssign).allowed => yes("role"),
            Promote::ByPermission if self.for_good().needs(me, P::RolePromote).allowed => yes("role"),
            Promote::OwnerOrAdmin | Promote::ByPermission => no("beyond-your-own"),
        }
    }

    /// A key that is given no role has, in some organizations, the one of newcomers.
    fn gives_key(&self, me: Subject, role: Option<&RoleId>) -> Answer {
        let settings = &self.state.settings;
        let default = settings.keys_without_role == KeysWithoutRole::DefaultRole;
        match role {
            Some(role) => self.gives(me, role),
            None if default => {
                let role = &settings.join_default_role;
                self.gives(me, role).and(|| self.lets_have(me, role))
            }
            None => yes("role"),
        }
    }

    /// Whoever assigns roles decides who has which. Where somebody else brings it about that others have one, nobody has
    /// more by it than they do.
    fn lets_have(&self, me: Subject, role: &RoleId) -> Answer {
        let Some(known) = self.state.roles.get(role) else { return yes("role") };
        let decides = if known.level == RoleLevel::Team { P::TeamRoles } else { P::RoleAssign };
        if self.for_good().needs(me, decides).allowed {
            return yes("role");
        }
        let mine = self.for_good().says(me);
        let lacks = |(one, far): (P, Scope)| mine.get(&one).is_none_or(|mine| *mine < far);
        if self.everywhere(role, said_by(known)).into_iter().any(lacks) {
            return no("beyond-your-own");
        }
        self.opens_to_others(me, &self.opened(known))
    }

    /// Who is shown a secret can do what it lets its bearer do.
    fn is_shown_a_secret(&self, me: Subject, of: Subject) -> Answer {
        let roles = self.roles_of(of).into_iter();
        roles.fold(yes("role"), |so_far, role| so_far.and(|| self.lets_have(me, &role.id)))
    }

    /// People are taken in with the role of newcomers; with another one by who assigns roles.
    fn lets_in_as(&self, me: Subject, role: &RoleId) -> Answer {
        let default = *role == self.state.settings.join_default_role;
        self.assigns(me, if default { None } else { Some(role) }).and(|| self.gives(me, role))
    }

    /// Below those who add people, everybody invites with the default role alone.
    fn invite(&self, me: Subject, role: Option<&RoleId>) -> Answer {
        let settings = &self.state.settings;
        let adds = self.needs(me, P::MemberAdd);
        let invites = match settings.invite_organization {
            _ if adds.allowed => adds,
            Invite::Managers => adds,
            Invite::ByPermission => self.needs(me, P::MemberInvite),
            Invite::AnyMember | Invite::AnyMemberWithApproval if matches!(me, Subject::Member(_)) => yes("setting"),
            Invite::AnyMember | Invite::AnyMemberWithApproval => adds,
        };
        let wanted = role.unwrap_or(&settings.join_default_role);
        invites
            .and(|| {
                if adds.allowed || *wanted == settings.join_default_role {
                    yes("role")
                } else {
                    no("only-default-role")
                }
            })
            .and(|| self.lets_in_as(me, wanted))
            .and(|| self.lets_into_team(me))
    }

    fn assign(&self, me: Subject, grantee: Grantee) -> Answer {
        match grantee {
            Grantee::Member(person) => self.needs(me, P::GrantAssign).and(|| self.over_member(me, person)),
            Grantee::Agent(agent) => self.needs(me, P::GrantAssign).and(|| self.over_agent(me, agent)),
            Grantee::Key(key) => self.needs(me, P::KeyManageWorkspace).and(|| self.over_key(me, key)),
            Grantee::Team(team) => self.in_team(me, team, P::TeamAssign),
            Grantee::Role(role) => {
                self.needs(me, P::GrantAssign).and(|| self.over_powers(me, &self.powers_of_id(&role)))
            }
        }
    }

    fn create_personal_key(&self, me: Subject, holder: PersonId) -> Answer {
        if me == Subject::Member(holder) {
            return yes("own").and(|| self.may_have_keys(me));
        }
        let member = Subject::Member(holder);
        self.needs(me, P::KeyIssue).and(|| self.over_member(me, holder)).and(|| self.is_shown_a_secret(me, member))
    }

    /// Who acts in one's place is one's own to say.
    fn delegate(&self, me: Subject, agent: AgentId, person: PersonId) -> Answer {
        if me != Subject::Member(person) {
            return no("not-yours");
        }
        if self.state.agents.contains_key(&agent) { yes("own") } else { nothing_there() }
    }

    /// Who has power over an agent may also end that it acts for others; that ends its keys.
    fn end_delegation(&self, me: Subject, agent: AgentId, person: PersonId) -> Answer {
        if me != Subject::Member(person) {
            return self.needs(me, P::AgentManage).and(|| self.over_agent(me, agent));
        }
        let sees = self.needs(me, P::AgentView).allowed;
        let known = self.state.agents.get(&agent);
        let known = known.filter(|agent| sees || agent.delegations.contains_key(&person));
        if known.is_some() { yes("own") } else { nothing_there() }
    }

    /// One's own keys are one's own. Who issues keys sees those of others, ends them under the ceiling, and is never
    /// shown a new secret of one.
    fn key(&self, me: Subject, key: KeyId, operation: Operation<'_>) -> Answer {
        let Some(known) = self.state.live_key(key) else { return nothing_there() };
        let looks = matches!(operation, Operation::ViewKey { .. });
        let rotates = matches!(operation, Operation::RotateKey { .. });
        match known.kind {
            KeyKind::Personal { holder } if me == Subject::Member(holder) => yes("own"),
            KeyKind::Personal { holder } => {
                let issues = hide(self.needs(me, P::KeyIssue));
                match operation {
                    Operation::RotateKey { .. } => issues.and(|| no("not-yours")),
                    Operation::RevokeKey { .. } => issues.and(|| self.over_member(me, holder)),
                    _ => issues,
                }
            }
            KeyKind::Workspace { scope, .. } => hide(self.needs(me, P::KeyManageWorkspace))
                .and(|| if looks { yes("role") } else { self.over_powers(me, &self.powers(Subject::Key(key))) })
                .and(|| {
                    let wide = scope == KeyScope::All;
                    // What it was made for outlives that it opens nothing at present.
                    if rotates && wide { self.uses_everything(me) } else { yes("role") }
                })
                .and(|| if rotates { self.is_shown_a_secret(me, Subject::Key(key)) } else { yes("role") }),
            KeyKind::Directory { .. } => unreachable!("connections are told of in `directories`"),
            KeyKind::Agent { agent, .. } => hide(self.needs(me, P::AgentManage))
                .and(|| if looks { yes("role") } else { self.over_agent(me, agent) })
                .and(|| if rotates { self.is_shown_a_secret(me, Subject::Agent(agent)) } else { yes("role") }),
        }
    }
}
