//! What may be done with teams.
//!
//! A permission holds for a team when the role in the organization holds it for all teams, or for one's own teams and
//! this is one, or when the role that one has in this team holds it.

use domain::id::{PersonId, TeamId};
use domain::organization::Invite;
use domain::permission::{Permission, PermissionSet, Scope};
use domain::role::RoleId;
use domain::time::Timestamp;

use crate::ceiling::at_least_as_high;
use crate::evaluate::{Answer, hidden, holds, lacks, own, shown};
use crate::operation::Operation;
use crate::permit::{Act, Target};
use crate::question::{Basis, Denial, Reason, Subject};
use crate::snapshot::{Snapshot, SubjectEntry};

impl Snapshot {
    pub(crate) fn operate_on_teams(&self, entry: &SubjectEntry, operation: Operation<'_>, now: Timestamp) -> Answer {
        match operation {
            // The list holds those that one may see, be it none.
            Operation::ViewTeams => own(Permission::TeamView, Target::Organization),
            Operation::ViewTeam { team } => self.view_team(entry, team),
            Operation::CreateTeam => holds(entry, Permission::TeamCreate, Target::Organization),
            Operation::EditTeam { team } => self.in_team(entry, Permission::TeamEdit, team, Target::Team(team)),
            Operation::SetTeamMember { team, member, role } => {
                let other = self.subject(member.as_str(), now);
                let there = other.and_then(|other| self.role_in_team(other, team));
                self.may_place(entry, (member, team), role, there)
            }
            Operation::RemoveTeamMember { team, member } => {
                let target = Target::TeamMember(team, member);
                if entry.subject == Subject::Member(member) && self.role_in_team(entry, team).is_some() {
                    return own(Permission::TeamMembers, target);
                }
                let answer = self.in_team(entry, Permission::TeamMembers, team, target)?;
                let other = self.subject(member.as_str(), now).ok_or(hidden(Reason::NoSuchTarget))?;
                let theirs = self.role_in_team(other, team).unwrap_or_default();
                at_least_as_high(self.authority_in_team(entry, team), theirs)?;
                Ok(answer)
            }
            Operation::InviteToTeam { team } => self.invite_to_team(entry, team),
            Operation::AssignResource { team, resource } => {
                let target = Target::TeamResource(team, resource);
                let answer = self.in_team(entry, Permission::TeamAssign, team, target)?;
                let known = self.resources.get(&resource).ok_or(hidden(Reason::NoSuchTarget))?;
                if known.teams.contains(&team) || entry.permissions.holds(Permission::TeamAssign) {
                    return Ok(answer);
                }
                // It must be known of, or it would be found out by guessing.
                if !self.is_visible(entry, known, now) {
                    return Err(hidden(Reason::NoSuchTarget));
                }
                self.may_give_to_team(entry, known, team, now)?;
                Ok(answer)
            }
            _ => Err(shown(Reason::NoSuchTarget)),
        }
    }

    /// Whether somebody may give a member this place in a team, where they have that one there, or none.
    pub(crate) fn may_place(
        &self,
        entry: &SubjectEntry,
        (member, team): (PersonId, TeamId),
        role: &RoleId,
        there: Option<PermissionSet>,
    ) -> Answer {
        let permission = if there.is_some() { Permission::TeamRoles } else { Permission::TeamMembers };
        let answer = self.in_team(entry, permission, team, Target::TeamMember(team, member))?;
        let mine = self.authority_in_team(entry, team);
        at_least_as_high(mine, there.unwrap_or_default())?;
        self.may_give_in_team(entry, team, self.set_of_role(*role))?;
        Ok(answer)
    }

    fn view_team(&self, entry: &SubjectEntry, team: TeamId) -> Answer {
        let target = Target::Team(team);
        let or_hidden = |denial| Denial { hidden: true, ..denial };
        if self.role_in_team(entry, team).is_some() {
            return own(Permission::TeamView, target);
        }
        self.in_team(entry, Permission::TeamView, team, target).map_err(or_hidden)
    }

    pub(crate) fn invite_to_team(&self, entry: &SubjectEntry, team: TeamId) -> Answer {
        let target = Target::Team(team);
        let as_manager = self.in_team(entry, Permission::TeamMembers, team, target);
        match self.settings.invite_team {
            _ if as_manager.is_ok() => as_manager,
            Invite::Managers => as_manager,
            Invite::ByPermission => self.in_team(entry, Permission::TeamInvite, team, target),
            Invite::AnyMember | Invite::AnyMemberWithApproval if self.role_in_team(entry, team).is_some() => {
                Ok((Act::Operate { permission: Permission::TeamInvite, target }, Basis::Setting("invite.team")))
            }
            Invite::AnyMember | Invite::AnyMemberWithApproval => match as_manager {
                Err(denial) if denial.hidden => Err(denial),
                _ => Err(shown(Reason::NotInTeam)),
            },
        }
    }

    /// Whether a permission holds for a team. One that is not seen is as one that is not there.
    pub(crate) fn in_team(&self, entry: &SubjectEntry, permission: Permission, team: TeamId, target: Target) -> Answer {
        if !self.teams.contains_key(&team) {
            return Err(hidden(Reason::NoSuchTarget));
        }
        let act = Act::Operate { permission, target };
        let there = self.role_in_team(entry, team);
        match entry.permissions.scope(permission) {
            Some(Scope::All) => return Ok((act, Basis::Role(permission))),
            Some(Scope::Team) if there.is_some() => return Ok((act, Basis::Team { team, permission })),
            _ => {}
        }
        if there.is_some_and(|set| set.scope(permission).is_some()) {
            return Ok((act, Basis::TeamRole { team, permission }));
        }
        let seen = there.is_some() || entry.permissions.holds(Permission::TeamView);
        Err(Denial { hidden: !seen, ..shown(lacks(entry, permission)) })
    }

    /// What somebody's role in a team comes to; none where they are not in it.
    pub(crate) fn role_in_team(&self, entry: &SubjectEntry, team: TeamId) -> Option<PermissionSet> {
        let place = entry.teams.binary_search_by_key(&team, |(team, _)| *team).ok()?;
        let (_, role) = entry.teams.get(place)?;
        self.role(*role).map(|entry| entry.set)
    }

    /// Whether a member has this very role in a team.
    pub(crate) fn is_placed(&self, (member, team): (PersonId, TeamId), role: &RoleId, now: Timestamp) -> bool {
        let place = self.subject(member.as_str(), now).into_iter().flat_map(|entry| entry.teams.iter());
        let place = place.filter(|(of, _)| *of == team).find_map(|(_, place)| self.role(*place));
        place.is_some_and(|place| place.role.id == *role)
    }

    /// Everything that somebody may manage in a team, as far as a role in it could.
    pub(crate) fn authority_in_team(&self, entry: &SubjectEntry, team: TeamId) -> PermissionSet {
        let there = self.role_in_team(entry, team);
        let reaching = entry
            .permissions
            .iter()
            .filter(|(_, scope)| *scope == Scope::All || *scope == Scope::Team && there.is_some());
        let reaching = reaching.map(|(permission, _)| permission);
        let inside = there.unwrap_or_default().iter().map(|(permission, _)| permission);
        reaching.chain(inside).collect()
    }

    /// The teams that somebody may see, by id and title.
    pub fn visible_teams(&self, subject: Subject, now: Timestamp) -> impl Iterator<Item = (TeamId, &str)> {
        let entry = self.subject(subject.as_str(), now);
        let seen = move |team: &TeamId| entry.is_some_and(|entry| self.view_team(entry, *team).is_ok());
        self.teams.iter().filter(move |(team, _)| seen(team)).map(|(team, title)| (*team, &**title))
    }

    /// A team's title, whoever may see it.
    #[must_use]
    pub fn team_title(&self, team: TeamId) -> Option<&str> {
        self.teams.get(&team).map(AsRef::as_ref)
    }
}
