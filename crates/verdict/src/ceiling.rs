//! The ceiling: nobody gives what they may not give, nor acts on someone above them.
//!
//! Every path that gives or takes asks here, and only here. What is given stays, so that it takes what the giver has for
//! good: what somebody has by a role that ends, they act by, and do not give on. Above whom somebody is goes by all that
//! they have now.

use domain::grant::Grantee;
use domain::id::{AgentId, IntegrationId, InvitationId, TeamId};
use domain::invitation::Offer;
use domain::organization::{Invite, KeysWithoutRole, Promote, SettingChange, Settings};
use domain::permission::{Permission, PermissionSet};
use domain::role::{Role, RoleId, RoleLevel};
use domain::time::Timestamp;

use crate::catalog::ToolIndex;
use crate::compile::effective;
use crate::evaluate::{ReachedBy, hidden, holds, lacks, shown};
use crate::operation::Gift;
use crate::permit::{Act, Target};
use crate::question::{Basis, Denial, Reason, Subject};
use crate::snapshot::{GrantEntry, NEVER, RoleEntry, Snapshot, SubjectEntry};

impl Snapshot {
    /// Whether someone who may administer roles may give one with these permissions, or add them to one. What a role
    /// lets its holder *use* may be given by whoever administers roles; what it lets them *manage* only by someone
    /// who holds it, and who may promote.
    pub(crate) fn may_give(&self, giver: &SubjectEntry, given: PermissionSet) -> Result<(), Denial> {
        let managed = given.management();
        had_for_good(giver, managed, |stage| stage.permissions)?;
        if managed.is_empty() {
            return Ok(());
        }
        self.may_promote(giver)
    }

    /// Whether someone who may edit roles may put these permissions into one. Nobody gives what they do not hold: whoever
    /// edits roles would have whatever they write into their own. What a role states and nobody has at present counts as
    /// well: it is had when a setting changes, and some things are let by what is stated.
    pub(crate) fn may_define(&self, giver: &SubjectEntry, given: PermissionSet) -> Result<(), Denial> {
        self.may_give(giver, given)?;
        had_for_good(giver, given, |stage| self.stated(stage))
    }

    /// Whether somebody may give a role to something that they make or manage, none included: that takes what assigning
    /// it takes.
    pub(crate) fn may_assign_role(&self, giver: &SubjectEntry, role: Option<&RoleId>) -> Result<(), Denial> {
        if role.is_some() && !giver.permissions.holds(Permission::RoleAssign) {
            return Err(shown(lacks(giver, Permission::RoleAssign)));
        }
        self.may_give_role(giver, role)
    }

    /// Whether somebody may let others have a role in another way than by assigning it: as the role of newcomers, in the
    /// place of one that ends, or by a key whose secret they see. Who assigns such roles may; anybody else needs all that
    /// it states and opens.
    pub(crate) fn may_pass_on(&self, giver: &SubjectEntry, role: &RoleEntry) -> Result<(), Denial> {
        let assigns = match role.role.level {
            RoleLevel::Organization => Permission::RoleAssign,
            RoleLevel::Team => Permission::TeamRoles,
        };
        if giver.lasting().permissions.holds(assigns) {
            return Ok(());
        }
        had_for_good(giver, as_far_as_held(&role.role, role.role.set()), |stage| self.stated(stage))?;
        self.may_open(giver.lasting(), None, role.says())
    }

    /// Whether somebody may give others this in a team.
    pub(crate) fn may_give_in_team(
        &self,
        giver: &SubjectEntry,
        team: TeamId,
        given: PermissionSet,
    ) -> Result<(), Denial> {
        had_for_good(giver, given.management(), |stage| self.authority_in_team(stage, team))
    }

    /// Whether somebody may offer this in an invitation, to who becomes a member by it or to a member. Every step of an
    /// invitation asks here: whoever sends, edits, sends again and approves it about themselves, and whoever accepts it
    /// about its inviter.
    // INVARIANT: held by `whatever_people_may_do_nobody_gets_what_the_chain_of_givers_did_not_hold` in tests/oracle.
    pub(crate) fn may_offer(&self, giver: &SubjectEntry, offer: &Offer, joins: bool) -> Result<Offered, Denial> {
        let settings = &self.settings;
        let mut offered: Option<Offered> = None;
        if joins || offer.teams.is_empty() {
            let asked = self.invite(giver, offer.role.as_ref())?;
            let waits = settings.invite_organization == Invite::AnyMemberWithApproval;
            offered = Some(Offered::by(asked, waits));
            if !offer.grants.is_empty() {
                holds(giver, Permission::GrantAssign, Target::Organization)?;
            }
        }
        for (team, role) in &offer.teams {
            let asked = self.invite_to_team(giver, *team)?;
            let there = Offered::by(asked, settings.invite_team == Invite::AnyMemberWithApproval);
            // Below those who decide who is in a team, only the role of newcomers to teams is offered.
            if !there.first.manages() && role.is_some() && *role != settings.join_default_team_role {
                return Err(shown(Reason::OnlyDefaultRole));
            }
            self.may_give_in_team(giver, *team, self.set_in_team(*role))?;
            offered = Some(Offered {
                first: offered.map_or(there.first, |so_far| so_far.first),
                waiting: offered.and_then(|so_far| so_far.waiting).or(there.waiting),
            });
        }
        offered.ok_or(shown(Reason::NoSuchTarget))
    }

    /// What a role that is offered in a team comes to, none for that of newcomers to teams.
    pub(crate) fn set_in_team(&self, role: Option<RoleId>) -> PermissionSet {
        let role = role.or(self.settings.join_default_team_role);
        role.map_or(PermissionSet::EMPTY, |role| self.set_of_role(role))
    }

    /// Whether somebody may see a secret by which one speaks for a subject, and so has what its roles give.
    pub(crate) fn may_see_secret(&self, to: &SubjectEntry, of: Subject, now: Timestamp) -> Result<(), Denial> {
        let of = self.subject(of.as_str(), now).ok_or(hidden(Reason::NoSuchTarget))?;
        of.roles().filter_map(|place| self.role(place)).try_for_each(|role| self.may_pass_on(to, role))
    }

    /// Whether somebody may let an agent work again that stands still: it has then what its role manages, for good.
    pub(crate) fn may_resume(&self, giver: &SubjectEntry, agent: AgentId, now: Timestamp) -> Result<(), Denial> {
        let agent = self.subject(agent.as_str(), now).filter(|agent| agent.stopped.is_some());
        let managed = agent.map_or(PermissionSet::EMPTY, |agent| agent.permissions.management());
        had_for_good(giver, managed, |stage| stage.permissions)
    }

    /// Whether somebody may give a workspace key a role, or none, for which it has that of newcomers in some organizations.
    pub(crate) fn may_give_role_to_key(&self, giver: &SubjectEntry, role: Option<&RoleId>) -> Result<(), Denial> {
        self.may_assign_role(giver, role)?;
        let default = self.role_of_keys_without().filter(|_| role.is_none());
        self.may_give_role(giver, default)?;
        default.and_then(|role| self.role_by_id(*role)).map_or(Ok(()), |role| self.may_pass_on(giver, role))
    }

    /// Whether somebody may make others manage, as the organization has it.
    fn may_promote(&self, giver: &SubjectEntry) -> Result<(), Denial> {
        let needed = match self.settings.promote_admin {
            Promote::Owner => {
                return if self.is_top(giver) { Ok(()) } else { Err(shown(Reason::OnlyOwners)) };
            }
            Promote::OwnerOrAdmin => Permission::RoleAssign,
            Promote::ByPermission => Permission::RolePromote,
        };
        let holds = |stage: &SubjectEntry| stage.permissions.holds(needed);
        if holds(giver.lasting()) {
            return Ok(());
        }
        Err(shown(beyond(giver, needed, holds)))
    }

    /// Whether somebody has the top role.
    pub(crate) fn is_top(&self, entry: &SubjectEntry) -> bool {
        entry.role.and_then(|place| self.role(place)).is_some_and(|entry| entry.role.top)
    }

    /// Whether somebody who may change settings may change these: a setting can be a way to give as well.
    pub(crate) fn may_change_settings(
        &self,
        giver: &SubjectEntry,
        changes: &[SettingChange],
        now: Timestamp,
    ) -> Result<(), Denial> {
        let mut after = self.settings.clone();
        changes.iter().for_each(|change| after.change(change));
        let before = &self.settings;
        // Who may not promote does not decide who may.
        if after.promote_admin != before.promote_admin {
            self.may_promote(giver)?;
        }
        self.may_widen_settings(giver, (before, &after))?;
        // Roles beside their own are given to all who had them, or taken from all who have them.
        if after.roles_extra_bindings != before.roles_extra_bindings {
            for extra in self.extra_roles.iter().filter(|extra| now < extra.ends_at) {
                let set = self.role(extra.role).map_or(PermissionSet::EMPTY, |entry| entry.set);
                if after.roles_extra_bindings {
                    self.may_give(giver, set)?;
                } else {
                    at_least_as_high(giver.permissions, set)?;
                }
            }
        }
        // Newcomers get the one, those who join a team the other, workspace keys without a role perhaps the first.
        let is_given = after.join_default_role != before.join_default_role
            || after.keys_without_role != before.keys_without_role
                && after.keys_without_role == KeysWithoutRole::DefaultRole;
        let given = is_given.then_some(after.join_default_role);
        let in_teams = after.join_default_team_role.filter(|role| Some(*role) != before.join_default_team_role);
        for known in [given, in_teams].into_iter().flatten().filter_map(|role| self.role_by_id(role)) {
            self.may_give(giver, as_far_as_held(&known.role, known.set))?;
            self.may_pass_on(giver, known)?;
        }
        Ok(())
    }

    /// Whether somebody who may assign to a grantee may give so much. Who assigns in single teams is in them, and gives
    /// no more than lies within what they have themselves, nor for longer: else they would have it in the same moment.
    pub(crate) fn may_give_of(
        &self,
        giver: &SubjectEntry,
        (grantee, integration): (Grantee, IntegrationId),
        gift: Gift<'_>,
        now: Timestamp,
    ) -> Result<(), Denial> {
        if !matches!(grantee, Grantee::Team(_)) || giver.permissions.holds(Permission::TeamAssign) {
            return Ok(());
        }
        let found = self.catalog.integration_by_id(integration).ok_or(hidden(Reason::NoSuchTarget))?;
        self.reaches(giver, found, now)?;
        // What one has by a role that ends one has for no longer.
        let last = Timestamp(gift.expires_at.unwrap_or(NEVER).0.saturating_sub(1)).max(now);
        let off =
            |index: &u32| self.tool(ToolIndex(*index)).is_some_and(|(tool, _)| gift.tools_off.contains(&*tool.name));
        let within = |had: &GrantEntry| {
            now < had.ends_at
                && gift.profile as u8 <= had.profile as u8
                && gift.expires_at.unwrap_or(NEVER) <= had.ends_at
                && had.tools_off.iter().all(off)
                && had.unlisted_off.iter().all(|name| gift.tools_off.contains(&**name))
        };
        match self.reaches(giver.at(last), found, now) {
            Ok(ReachedBy::Everything) => Ok(()),
            Ok(ReachedBy::Grants(had)) if had.iter().any(within) => Ok(()),
            _ => Err(shown(Reason::BeyondReach)),
        }
    }

    /// Whether somebody may change settings that give something themselves.
    fn may_widen_settings(&self, giver: &SubjectEntry, (before, after): (&Settings, &Settings)) -> Result<(), Denial> {
        let beyond = |permission| Err(shown(Reason::BeyondOwn(permission)));
        let owners = |settings: &Settings| settings.owners_max.unwrap_or(u32::MAX);
        if owners(after) > owners(before) && !self.is_top(giver) {
            return Err(shown(Reason::OnlyOwners));
        }
        let assignable = after.teams_assign_listed.is_subset(&before.teams_assign_listed);
        if !assignable && !giver.lasting().permissions.holds(Permission::TeamAssign) {
            return beyond(Permission::TeamAssign);
        }
        // Whoever chooses where newcomers go puts them there.
        if let Some(team) = after.join_default_team.filter(|team| Some(*team) != before.join_default_team) {
            if !giver.permissions.holds(Permission::TeamMembers) {
                self.in_team(giver, Permission::TeamMembers, team, Target::Team(team))?;
            }
            let given = after.join_default_team_role.map_or(PermissionSet::EMPTY, |role| self.set_of_role(role));
            self.may_give_in_team(giver, team, given)?;
        }
        // What roles state and nobody had is had from now on, and by keys that reach everything.
        if after.managers_implicit_access && !before.managers_implicit_access {
            let own = self.stated(giver.lasting());
            let gained = |role: &Role| added(effective(role, before), effective(role, after));
            let gained = self.roles.iter().map(|entry| as_far_as_held(&entry.role, gained(&entry.role)));
            let gained = gained.fold(PermissionSet::EMPTY.with(Permission::IntegrationUseAll), PermissionSet::union);
            if let Some(lacking) = gained.first_beyond(own) {
                return beyond(lacking);
            }
        }
        if after.fields_widen && !before.fields_widen { self.may_widen_fields(giver) } else { Ok(()) }
    }

    /// What the roles of somebody state together, also what nobody has of it at present.
    pub(crate) fn stated(&self, entry: &SubjectEntry) -> PermissionSet {
        let roles = entry.roles().filter_map(|place| self.role(place));
        roles.fold(PermissionSet::EMPTY, |all, entry| all.union(entry.role.set()))
    }

    /// What a workspace key has that is given no role.
    pub(crate) fn role_of_keys_without(&self) -> Option<&RoleId> {
        let settings = &self.settings;
        (settings.keys_without_role == KeysWithoutRole::DefaultRole).then_some(&settings.join_default_role)
    }
}

/// Whether somebody has this for good, as far as it is given. `held` says what they have at a stage of theirs.
fn had_for_good(
    giver: &SubjectEntry,
    given: PermissionSet,
    held: impl Fn(&SubjectEntry) -> PermissionSet,
) -> Result<(), Denial> {
    let Some(lacking) = given.first_beyond(held(giver.lasting())) else { return Ok(()) };
    Err(shown(beyond(giver, lacking, |stage| held(stage).scope(lacking) >= given.scope(lacking))))
}

/// Why somebody may not give a permission that they do not have for good: until when they have it, where they do.
pub(crate) fn beyond(giver: &SubjectEntry, lacking: Permission, has: impl Fn(&SubjectEntry) -> bool) -> Reason {
    let end = giver.stages().find(|(_, stage)| !has(stage)).map(|(from, _)| from).filter(|_| has(giver));
    end.map_or(Reason::BeyondOwn(lacking), |end| Reason::OwnUntil(lacking, end))
}

/// What lets somebody offer something in an invitation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offered {
    /// Where people are taken in, what lets them in; else what lets them into the first of the teams.
    first: By,
    /// The part to which somebody who could do it by hand has to agree, where there is one.
    waiting: Option<By>,
}

/// Under which permission, and by what.
#[derive(Clone, Copy, Debug)]
struct By {
    permission: Permission,
    basis: Basis,
}

impl By {
    /// Whether they could do the same by hand.
    fn manages(self) -> bool {
        matches!(self.permission, Permission::MemberAdd | Permission::TeamMembers)
    }

    fn act(self, target: Target) -> (Act, Basis) {
        (Act::Operate { permission: self.permission, target }, self.basis)
    }
}

impl Offered {
    /// The answer to whether somebody may invite there, and whether those who may not add people there wait.
    fn by((act, basis): (Act, Basis), waits: bool) -> Offered {
        let permission = match act {
            Act::Operate { permission, .. } => permission,
            _ => Permission::MemberInvite,
        };
        let first = By { permission, basis };
        Offered { first, waiting: Some(first).filter(|by| waits && !by.manages()) }
    }

    /// Whether somebody who could do it by hand has to agree first.
    pub(crate) fn awaits(&self) -> bool {
        self.waiting.is_some()
    }

    /// What lets them handle an invitation: where a part of it waits, what they offer that part by.
    pub(crate) fn handling(self, invitation: InvitationId) -> (Act, Basis) {
        self.waiting.unwrap_or(self.first).act(Target::Invitation(invitation))
    }

    /// What lets somebody have all of it.
    pub(crate) fn giving(self, invitation: InvitationId) -> (Act, Basis) {
        self.first.act(Target::Joining(invitation))
    }
}

/// What a role holds, as far as it may come to be held: one for teams also in those that the giver is not in.
pub(crate) fn as_far_as_held(role: &Role, set: PermissionSet) -> PermissionSet {
    match role.level {
        RoleLevel::Organization => set,
        RoleLevel::Team => set.iter().map(|(permission, _)| permission).collect(),
    }
}

/// Whether someone has at least another's authority: every permission to manage that the other has, as far.
pub(crate) fn at_least_as_high(actor: PermissionSet, other: PermissionSet) -> Result<(), Denial> {
    match other.management().first_beyond(actor) {
        Some(lacking) => Err(shown(Reason::Above(lacking))),
        None => Ok(()),
    }
}

/// What a set holds that another does not, or not so far: what a change from the one to the other gives.
pub(crate) fn added(from: PermissionSet, to: PermissionSet) -> PermissionSet {
    to.iter().filter(|(permission, scope)| from.scope(*permission) < Some(*scope)).collect()
}
