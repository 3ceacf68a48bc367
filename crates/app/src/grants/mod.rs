//! Grants: giving an integration to a member, team, role, workspace key or agent, and taking it away.

use std::collections::BTreeSet;

use domain::command::Command;
use domain::grant::{Grant, Grantee, Profile};
use domain::id::{IntegrationId, KeyId};
use domain::organization::Organization;
use domain::role::RoleId;
use domain::time::Timestamp;
use verdict::{Gift, Operation};

use crate::agents::agent_id;
use crate::change::Along;
use crate::{App, Caller, Problem};

/// In which measure an integration is given; what is left out is as the organization's settings say, or as it
/// was.
#[derive(Clone, Debug, Default)]
pub struct GrantChange {
    /// The tool profile.
    pub profile: Option<Profile>,
    /// Single tools switched off.
    pub tools_off: Option<BTreeSet<String>>,
    /// When it ends; `Some(None)` takes an end away.
    pub expires_at: Option<Option<Timestamp>>,
}

/// A grant as it is now.
#[derive(Clone, Debug)]
pub struct GrantView {
    /// To whom.
    pub grantee: Grantee,
    /// What.
    pub integration: String,
    /// In which measure.
    pub grant: Grant,
}

/// Who is meant: a member by id or e-mail address, a team by id or title, a role by its short name, a key or an agent
/// by id.
#[derive(Clone, Copy, Debug)]
pub enum Receiver<'n> {
    /// A member.
    Member(&'n str),
    /// Everyone in a team.
    Team(&'n str),
    /// Everyone with a role.
    Role(&'n str),
    /// A workspace key.
    Key(&'n str),
    /// An agent.
    Agent(&'n str),
}

impl App {
    /// Gives an integration, or changes in which measure it is given.
    ///
    /// # Errors
    /// [`Problem`] that names the field at fault; nothing was changed then.
    pub async fn set_grant(
        &self,
        caller: &Caller,
        receiver: Receiver<'_>,
        integration: &str,
        change: GrantChange,
    ) -> Result<GrantView, Problem> {
        let (grantee, integration) = self.both(caller, receiver, integration).await?;
        let wanted = set_command(&*caller.live.state.lock().await, grantee, integration, &change);
        let gift = match &wanted {
            Command::SetGrant { profile, tools_off, expires_at, .. } => {
                Some(Gift { profile: *profile, tools_off, expires_at: *expires_at })
            }
            _ => None,
        };
        // What is asked about is what is done: where somebody else changes the grant in between, neither happens.
        let command = |state: &Organization| match set_command(state, grantee, integration, &change) {
            command if command == wanted => Ok(command),
            _ => Err(Problem::Unavailable { message: "others are changing this grant; try again".to_owned() }),
        };
        self.change(caller, Operation::Assign { grantee, integration, gift }, command, Along::default()).await?;
        let state = caller.live.state.lock().await;
        let grant = state.grant(grantee, integration).ok_or_else(|| Problem::missing("integration"))?.clone();
        Ok(GrantView { grantee, integration: state.integration(integration)?.slug.to_string(), grant })
    }

    /// Takes an integration away; the next call of it is denied.
    ///
    /// # Errors
    /// [`Problem::Refused`] where it was not given.
    pub async fn remove_grant(
        &self,
        caller: &Caller,
        receiver: Receiver<'_>,
        integration: &str,
    ) -> Result<(), Problem> {
        let (grantee, integration) = self.both(caller, receiver, integration).await?;
        let command = |_: &_| Ok(Command::RemoveGrant { grantee, integration });
        let operation = Operation::Assign { grantee, integration, gift: None };
        self.change(caller, operation, command, Along::default()).await.map(|_| ())
    }

    /// What somebody was given, as far as the caller may know of it.
    pub(crate) async fn grants_of(&self, caller: &Caller, grantee: Grantee) -> Vec<GrantView> {
        let snapshot = caller.live.snapshot();
        let state = caller.live.state.lock().await;
        let given = state.grants.get(&grantee).into_iter().flatten();
        let known = given.filter(|(integration, _)| {
            let view = Operation::ViewIntegration { integration: **integration };
            self.asked(&snapshot, &caller.actor, view).is_allowed()
        });
        let view = |(integration, grant): (&IntegrationId, &Grant)| {
            let slug = state.integrations.get(integration)?.slug.to_string();
            Some(GrantView { grantee, integration: slug, grant: grant.clone() })
        };
        known.filter_map(view).collect()
    }

    async fn both(
        &self,
        caller: &Caller,
        receiver: Receiver<'_>,
        integration: &str,
    ) -> Result<(Grantee, IntegrationId), Problem> {
        let grantee = match receiver {
            Receiver::Member(name) => Grantee::Member(self.member_named(caller, name).await?),
            Receiver::Team(name) => Grantee::Team(self.team_named(caller, name).await?),
            Receiver::Role(name) => Grantee::Role(RoleId::parse(name).map_err(|_| Problem::missing("role"))?),
            Receiver::Key(id) => Grantee::Key(KeyId::parse(id).map_err(|_| Problem::missing("key"))?),
            Receiver::Agent(id) => Grantee::Agent(agent_id(id)?),
        };
        let id = self.integration_named(caller, integration)?;
        // Whoever may not know of the integration learns nothing from trying to give it.
        let view = Operation::ViewIntegration { integration: id };
        match self.permit(&caller.live.snapshot(), &caller.actor, view).await {
            Ok(_) => Ok((grantee, id)),
            Err(Problem::Denied { .. }) => Err(Problem::missing("integration")),
            Err(problem) => Err(problem),
        }
    }
}

fn set_command(state: &Organization, grantee: Grantee, integration: IntegrationId, change: &GrantChange) -> Command {
    let before = state.grant(grantee, integration);
    Command::SetGrant {
        grantee,
        integration,
        profile: change.profile.or(before.map(|grant| grant.profile)).unwrap_or(state.settings.join_default_profile),
        tools_off: change.tools_off.clone().or(before.map(|grant| grant.tools_off.clone())).unwrap_or_default(),
        expires_at: change.expires_at.unwrap_or(before.and_then(|grant| grant.expires_at)),
    }
}
