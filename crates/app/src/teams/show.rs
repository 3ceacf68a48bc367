//! See one team: who is in it and what it has.

use domain::grant::Grantee;
use domain::resource::{Resource, ResourceVerb};
use verdict::Operation;

use super::{TeamMemberView, TeamView};
use crate::grants::GrantView;
use crate::{App, Caller, Problem};

/// Members and resources that are shown along with a team; the lists of either have all.
pub(super) const SHOWN_ALONG_MAX: usize = 100;

/// A team with who is in it and what it has.
#[derive(Clone, Debug)]
pub struct TeamDetail {
    /// The team.
    pub team: TeamView,
    /// The first of its members.
    pub members: Vec<TeamMemberView>,
    /// Its integrations, as far as the caller may know of them.
    pub integrations: Vec<GrantView>,
    /// The first of its resources, as far as the caller may see them.
    pub resources: Vec<Resource>,
}

impl App {
    /// One team, by id or title.
    ///
    /// # Errors
    /// [`Problem::Missing`] where there is none that the caller may see.
    pub async fn show_team(&self, caller: &Caller, name: &str) -> Result<TeamDetail, Problem> {
        let id = self.team_named(caller, name).await?;
        let members = self.members_of(caller, id, None, SHOWN_ALONG_MAX).await?;
        let integrations = self.grants_of(caller, Grantee::Team(id)).await;
        let snapshot = caller.live.snapshot();
        let may_see = |resource: &&Resource| {
            let view = Operation::Resource { verb: ResourceVerb::View, resource: resource.id };
            self.asked(&snapshot, &caller.actor, view).is_allowed()
        };
        let state = caller.live.state.lock().await;
        let team = state.teams.get(&id).ok_or_else(|| Problem::missing("team"))?;
        let theirs = state.resources.values().map(AsRef::as_ref).filter(|resource| resource.teams.contains(&id));
        let theirs = theirs.filter(|resource| resource.deleted_at.is_none()).filter(may_see);
        Ok(TeamDetail {
            team: super::list::view(&state, caller, team),
            members,
            integrations,
            resources: theirs.take(SHOWN_ALONG_MAX).cloned().collect(),
        })
    }
}
