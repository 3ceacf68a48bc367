//! What an invitation offers.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::grant::{self, Profile};
use crate::id::{IntegrationId, TeamId};
use crate::member::role_for_members;
use crate::organization::Organization;
use crate::refusal::Refusal;
use crate::role::{Role, RoleId};
use crate::team::team_role;
use crate::time::Timestamp;

/// Teams, and integrations, that one invitation offers.
const OFFERED_MAX: usize = 50;

/// What an invitation offers.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// The role of who is taken in; none for the one that newcomers get at that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleId>,
    /// Whether it is for members alone, who are put into teams and given nothing else.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub members_only: bool,
    /// The teams, and the role in each; none for the one that newcomers to teams get at that time.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub teams: BTreeMap<TeamId, Option<RoleId>>,
    /// The integrations that a newcomer is given.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub grants: BTreeMap<IntegrationId, OfferedGrant>,
}

/// In which measure an integration is offered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferedGrant {
    /// The tool profile.
    pub profile: Profile,
    /// Single tools switched off.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tools_off: BTreeSet<String>,
    /// When it ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl Offer {
    /// The role that a newcomer gets by it in this state.
    #[must_use]
    pub fn role_in(&self, state: &Organization) -> RoleId {
        self.role.unwrap_or(state.settings.join_default_role)
    }

    /// The role that it gives in one of its teams in this state, where there is one.
    #[must_use]
    pub fn role_in_team(&self, state: &Organization, team: TeamId) -> Option<RoleId> {
        let offered = self.teams.get(&team)?;
        offered.or(state.settings.join_default_team_role)
    }

    /// Whether all of it could be given in this state.
    ///
    /// # Errors
    /// A [`Refusal`] that names what could not.
    pub fn fits(&self, state: &Organization, now: Timestamp) -> Result<(), Refusal> {
        if self.members_only && (self.role.is_some() || !self.grants.is_empty() || self.teams.is_empty()) {
            let message = "who is a member already is invited to teams, and to nothing else; name one";
            return Err(Refusal::field("members-only", "members_only", message));
        }
        if self.teams.len() > OFFERED_MAX || self.grants.len() > OFFERED_MAX {
            let message = format!("an invitation offers at most {OFFERED_MAX} teams and as many integrations");
            return Err(Refusal::rule("too-much-offered", message));
        }
        let role = self.role_fits(state)?;
        for (team, offered) in &self.teams {
            self.team_fits(state, *team, *offered)?;
        }
        for (integration, offered) in &self.grants {
            grant::may_be_offered(state, role, (*integration, &offered.tools_off), offered.expires_at, now)?;
        }
        Ok(())
    }

    /// The role that a newcomer gets, where it is one to which people are invited.
    pub(super) fn role_fits<'s>(&self, state: &'s Organization) -> Result<&'s Role, Refusal> {
        let role = role_for_members(state, &self.role_in(state))?;
        if role.top {
            let message = "nobody is invited to the top role; invite them with another one and hand it over later";
            return Err(Refusal::field("top-role", "role", message));
        }
        Ok(role)
    }

    fn team_fits<'s>(
        &self,
        state: &'s Organization,
        team: TeamId,
        offered: Option<RoleId>,
    ) -> Result<&'s Role, Refusal> {
        state.team(team)?;
        let Some(role) = offered.or(state.settings.join_default_team_role) else {
            let message = "this organization has no default role for teams; name the role";
            return Err(Refusal::field("no-such-role", "teams", message));
        };
        team_role(state, role)
    }

    /// What is left of it after an event: what is gone is not offered any more, and who would have had a role that ends
    /// gets the one that its holders got. None where it is as it was.
    pub(crate) fn after(&self, event: &Event) -> Option<Offer> {
        let mut after = self.clone();
        match event {
            Event::RoleDeleted { role, moved_to } => {
                let offered = after.role.iter_mut().chain(after.teams.values_mut().flatten());
                offered.filter(|offered| **offered == *role).for_each(|offered| *offered = *moved_to);
            }
            Event::TeamDeleted { team } => drop(after.teams.remove(team)),
            Event::IntegrationDisconnected { integration } => drop(after.grants.remove(integration)),
            _ => return None,
        }
        (after != *self).then_some(after)
    }
}
