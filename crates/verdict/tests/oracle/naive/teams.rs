//! Teams: what a role in the organization gives for all teams or for one's own, and a role in a team for that team.

use domain::id::{PersonId, ResourceId, TeamId};
use domain::organization::{Invite, Settings};
use domain::permission::{Permission, Scope};
use domain::resource::{Resource, ResourceVerb};
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
    pub(super) fn authority_in(&self, subject: Subject, team: TeamId) -> Powers {
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

    /// Whether somebody manages in a team at least what somebody else manages by their role there.
    pub(crate) fn over_in_team(&self, subject: Subject, member: PersonId, team: TeamId) -> bool {
        beyond(&self.place_in(member, team), &self.authority_in(subject, team)).is_none()
    }

    /// Nobody gives in a team what they do not manage there for good.
    pub(super) fn gives_there(&self, subject: Subject, team: TeamId, given: &Powers) -> Answer {
        let mine = self.for_good().authority_in(subject, team);
        if beyond(given, &mine).is_some() { no("beyond-your-own") } else { yes("role") }
    }

    pub(crate) fn set_team_member(&self, subject: Subject, team: TeamId, member: PersonId, role: &RoleId) -> Answer {
        let present = self.state.teams.get(&team).and_then(|team| team.members.get(&member));
        let takes = if present.is_some() { Permission::TeamRoles } else { Permission::TeamMembers };
        let mine = || self.authority_in(subject, team);
        let given: Powers = self.powers_of_id(role).into_keys().map(|one| (one, Scope::Team)).collect();
        self.in_team(subject, team, takes)
            .and(|| if beyond(&self.place_in(member, team), &mine()).is_some() { no("above-you") } else { yes("role") })
            .and(|| self.gives_there(subject, team, &given))
    }

    /// Whether somebody may put somebody else into a team who is not in it, or was not just before.
    pub(crate) fn puts_into(&self, subject: Subject, team: TeamId, role: &RoleId) -> Answer {
        let given: Powers = self.powers_of_id(role).into_keys().map(|one| (one, Scope::Team)).collect();
        let puts = self.in_team(subject, team, Permission::TeamMembers);
        puts.and(|| self.gives_there(subject, team, &given))
    }

    /// Whoever takes somebody in puts them into the team of newcomers as well.
    pub(crate) fn lets_into_team(&self, subject: Subject) -> Answer {
        let settings = &self.state.settings;
        let (Some(team), Some(role)) = (settings.join_default_team, settings.join_default_team_role) else {
            return yes("role");
        };
        let given: Powers = self.powers_of_id(&role).into_keys().map(|one| (one, Scope::Team)).collect();
        self.gives_there(subject, team, &given)
    }

    /// Whether somebody may have newcomers join a team.
    pub(crate) fn sends_newcomers(&self, subject: Subject, team: TeamId, after: &Settings) -> Answer {
        let role = after.join_default_team_role;
        let given = role.map_or_else(Powers::new, |role| self.powers_of_id(&role));
        let given: Powers = given.into_keys().map(|one| (one, Scope::Team)).collect();
        let everywhere = self.needs(subject, Permission::TeamMembers);
        let puts = if everywhere.allowed { everywhere } else { self.in_team(subject, team, Permission::TeamMembers) };
        puts.and(|| self.gives_there(subject, team, &given))
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

    /// Who may give resources to all teams need not use them; who may do so in single teams alone cannot give what they
    /// may not know of, or what is hidden from them would be had by guessing, nor what they may not share.
    pub(crate) fn assign_resource(&self, subject: Subject, team: TeamId, id: ResourceId) -> Answer {
        let everywhere = self.needs(subject, Permission::TeamAssign).allowed;
        let given = || match self.state.resources.get(&id) {
            Some(resource) if everywhere || resource.teams.contains(&team) => yes("role"),
            Some(resource) if self.is_shown(subject, resource) => self.shares_with_team(subject, team, resource),
            _ => nothing_there(),
        };
        self.in_team(subject, team, Permission::TeamAssign).and(given)
    }

    /// To give something to a team is to share it with everybody there, for as long as it may be: nobody there does more
    /// with it then than the one who gives it, when all that ends has ended. Some organizations let what everybody sees be
    /// given without.
    fn shares_with_team(&self, subject: Subject, team: TeamId, resource: &Resource) -> Answer {
        if self.state.settings.teams_assign_listed.contains(&resource.kind) {
            return yes("setting");
        }
        let at_the_end = self.for_good();
        let wider = |verb: &ResourceVerb| {
            let takes = resource.kind.permission(*verb);
            let far = |far: Option<&Scope>| matches!(far, Some(Scope::Team | Scope::All));
            let mut people = self.state.teams[&team].members.keys().map(|person| Subject::Member(*person));
            let gets = people.any(|other| {
                let everywhere = self.powers(other).get(&takes) == Some(&Scope::Team);
                everywhere || far(self.powers_in(other, team).get(&takes))
            });
            gets && !at_the_end.may(subject, *verb, resource).allowed
        };
        let verbs = ResourceVerb::ALL.into_iter().filter(|verb| *verb != ResourceVerb::Create);
        let widens = verbs.into_iter().any(|verb| wider(&verb));
        let ends = !at_the_end.may(subject, ResourceVerb::Share, resource).allowed;
        self.may(subject, ResourceVerb::Share, resource)
            .and(|| if ends || widens { no("beyond-your-reach") } else { yes("role") })
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
