//! Hand over the lead of a team: the heir gets the leader's role there and the leader another one, in one append.

use std::sync::Arc;

use domain::command::Command;
use domain::id::{PersonId, TeamId};
use domain::organization::Organization;
use domain::permission::Permission;
use domain::refusal::Refusal;
use domain::role::RoleId;
use verdict::Subject;

use super::TeamMemberView;
use crate::policy_file::{Planner, Step};
use crate::{App, Caller, Problem};

/// Who leads a team from now on, and what becomes of who led it.
#[derive(Clone, Debug, Default)]
pub struct NewLead {
    /// The member who leads it.
    pub to: String,
    /// Who led it until now: the caller where they do and nobody is named, or the only leader.
    pub from: Option<String>,
    /// The role that they have in the team then; the default role of teams where none is named.
    pub own_role: Option<String>,
}

impl App {
    /// Hands over the lead of a team. The team is led at every moment.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not decide one of the two places, [`Problem::Busy`] while something else of
    /// the caller's that takes long is being done.
    pub async fn hand_over_lead(&self, caller: &Caller, team: &str, lead: &NewLead) -> Result<TeamMemberView, Problem> {
        let team = self.team_named(caller, team).await?;
        let to = self.member_in(caller, "to", &lead.to).await?;
        let from = match &lead.from {
            Some(name) => Some(self.member_in(caller, "from", name).await?),
            None => None,
        };
        let own_role = lead.own_role.as_deref().map(RoleId::parse).transpose();
        let own_role = own_role.map_err(|error| Problem::invalid("own_role", error.to_string()))?;
        let me = caller.actor.subject;
        let plan: Planner = Arc::new(move |state: &Organization| {
            let (from, leading) = leader(state, team, from, me)?;
            if state.active_member(to).is_none() {
                let message = "this person is suspended; name another, or restore them first";
                return Err(Refusal::field("person-suspended", "to", message).into());
            }
            if from == to {
                return Err(Problem::invalid("to", "this person leads the team already; name another"));
            }
            let needed = "teams have no default role here; name the role that the present leader has then";
            let then = own_role.or(state.settings.join_default_team_role);
            let then = then.ok_or_else(|| Problem::invalid("own_role", needed))?;
            Ok([(to, leading), (from, then)].map(|(person, role)| placed(team, person, role)).to_vec().into())
        });
        let alone = self.ask_at_length(caller)?;
        self.change_all((caller, &alone), &plan).await.map_err(Problem::of_the_whole)?;
        self.place_in(caller, team, to).await
    }
}

/// Who hands over the lead of a team, and the role by which they lead it.
fn leader(
    state: &Organization,
    team: TeamId,
    named: Option<PersonId>,
    me: Subject,
) -> Result<(PersonId, RoleId), Problem> {
    let leads = |role| state.roles.get(&role).is_some_and(|role| role.set().scope(Permission::TeamMembers).is_some());
    let members = &state.team(team)?.members;
    let all: Vec<(PersonId, RoleId)> =
        members.iter().filter(|(_, place)| leads(place.role)).map(|(person, place)| (*person, place.role)).collect();
    // Who is suspended leads nobody, and hands the lead over only where they are named or nobody else does.
    let active: Vec<_> = all.iter().copied().filter(|(person, _)| state.active_member(*person).is_some()).collect();
    let leaders = if named.is_some() || active.is_empty() { all } else { active };
    let found = |person: PersonId| leaders.iter().copied().find(|(leader, _)| *leader == person);
    match (named, me.person().and_then(found), leaders.as_slice()) {
        (Some(person), ..) => {
            found(person).ok_or_else(|| Problem::invalid("from", "this person does not lead the team; name who does"))
        }
        (None, Some(mine), _) => Ok(mine),
        (None, None, [only]) => Ok(*only),
        (None, None, []) => {
            Err(Problem::invalid("from", "nobody leads this team; give somebody in it a role that leads it instead"))
        }
        (None, None, _) => Err(Problem::invalid("from", "several people lead this team; name who hands it over")),
    }
}

fn placed(team: TeamId, person: PersonId, role: RoleId) -> Step {
    let command = Command::SetTeamMember { team, person, role: Some(role) };
    Step { place: Vec::new(), says: String::new(), command, by: Vec::new(), facts: Vec::new() }
}
