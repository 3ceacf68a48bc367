//! Teams: what a role in the organization gives for all teams or for one's own, and a role in a team for that team.

use domain::id::{PersonId, ResourceId, TeamId};
use domain::organization::Invite;
use domain::permission::{Permission, Scope};
use domain::role::RoleId;
use verdict::Subject;

use super::{Answer, Naive, Powers, beyond, hide, no, nothing_there, yes};

impl Naive<'_> {
    /// Whether a permission holds for one team.
    pub(crate) fn in_team(&self, subject: Subject, team: TeamId, takes: Permission) -> Answer {
        let Some(known) = self.state.teams.get(&team) else { return nothing_there() };
        let inside = self.teams_of(subject).contains(&known.id);
        let held = self.powers(subject).get(&takes).copied();
        let answer = match held {
            Some(Scope::All) => yes("role"),
            Some(Scope::Team) if inside => yes("team"),
            _ if self.powers_in(subject, team).contains_key(&takes) => yes("team-role"),
            Some(_) => no("out-of-scope"),
            None => no(self.lacking(subject)),
        };
        if answer.allowed || takes != Permission::TeamView && self.view_team(subject, team).allowed {
            answer
        } else {
            hide(answer)
        }
    }

    /// Everybody sees the teams that they are in.
    pub(crate) fn view_team(&self, subject: Subject, team: TeamId) -> Answer {
        if self.teams_of(subject).contains(&team) {
            return yes("own");
        }
        self.in_team(subject, team, Permission::TeamView)
    }

    /// Everything that somebody may manage in a team.
    fn authority_in(&self, subject: Subject, team: TeamId) -> Powers {
        let mut powers = self.powers(subject);
        if !self.teams_of(subject).contains(&team) {
            powers.retain(|_, far| *far == Scope::All);
        }
        for permission in self.powers_in(subject, team).into_keys() {
            powers.entry(permission).and_modify(|far| *far = (*far).max(Scope::Team)).or_insert(Scope::Team);
        }
        powers
    }

    /// What somebody manages in a team by their role there.
    fn place_in(&self, person: PersonId, team: TeamId) -> Powers {
        self.powers_in(Subject::Member(person), team).into_keys().map(|one| (one, Scope::Team)).collect()
    }

    pub(crate) fn set_team_member(&self, subject: Subject, team: TeamId, member: PersonId, role: &RoleId) -> Answer {
        let present = self.state.teams.get(&team).and_then(|team| team.members.get(&member));
        let takes = if present.is_some() { Permission::TeamRoles } else { Permission::TeamMembers };
        let mine = || self.authority_in(subject, team);
        let given: Powers = self.powers_of_id(role).into_keys().map(|one| (one, Scope::Team)).collect();
        self.in_team(subject, team, takes)
            .and(|| if beyond(&self.place_in(member, team), &mine()).is_some() { no("above-you") } else { yes("role") })
            .and(|| if beyond(&given, &mine()).is_some() { no("beyond-your-own") } else { yes("role") })
    }

    /// Whoever takes somebody in puts them into the team of newcomers as well.
    pub(crate) fn lets_into_team(&self, subject: Subject) -> Answer {
        let settings = &self.state.settings;
        let (Some(team), Some(role)) = (settings.join_default_team, settings.join_default_team_role) else {
            return yes("role");
        };
        let given: Powers = self.powers_of_id(&role).into_keys().map(|one| (one, Scope::Team)).collect();
        if beyond(&given, &self.authority_in(subject, team)).is_some() { no("beyond-your-own") } else { yes("role") }
    }

    /// Everybody may leave.
    pub(crate) fn remove_team_member(&self, subject: Subject, team: TeamId, member: PersonId) -> Answer {
        if subject == Subject::Member(member) && self.teams_of(subject).contains(&team) {
            return yes("own");
        }
        let above = || {
            let theirs = self.place_in(member, team);
            if beyond(&theirs, &self.authority_in(subject, team)).is_some() { no("above-you") } else { yes("role") }
        };
        self.in_team(subject, team, Permission::TeamMembers).and(|| self.is_member(member)).and(above)
    }

    /// Who may give resources to a team need not use them; who may do so in single teams alone cannot give what they
    /// may not know of, or what is hidden from them would be had by guessing.
    pub(crate) fn assign_resource(&self, subject: Subject, team: TeamId, id: ResourceId) -> Answer {
        let everywhere = self.needs(subject, Permission::TeamAssign).allowed;
        let shown = || match self.state.resources.get(&id) {
            Some(resource) if everywhere || resource.teams.contains(&team) => yes("role"),
            Some(resource) if self.is_shown(subject, resource) => yes("role"),
            _ => nothing_there(),
        };
        self.in_team(subject, team, Permission::TeamAssign).and(shown)
    }

    pub(crate) fn invite_to_team(&self, subject: Subject, team: TeamId) -> Answer {
        let adds = self.in_team(subject, team, Permission::TeamMembers);
        let inside = self.teams_of(subject).contains(&team);
        match self.state.settings.invite_team {
            _ if adds.allowed => adds,
            Invite::Managers => adds,
            Invite::ByPermission => self.in_team(subject, team, Permission::TeamInvite),
            Invite::AnyMember | Invite::AnyMemberWithApproval if inside => yes("setting"),
            Invite::AnyMember | Invite::AnyMemberWithApproval if adds.hidden => adds,
            Invite::AnyMember | Invite::AnyMemberWithApproval => no("not-in-team"),
        }
    }
}
