//! Grants: giving an integration to a member or a workspace key, and taking it away.

use std::collections::BTreeSet;

use domain::command::Command;
use domain::grant::{Grant, Grantee, Profile};
use domain::id::{IntegrationId, KeyId};
use domain::organization::Organization;
use domain::time::Timestamp;
use verdict::Operation;

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

/// Who is meant: a member by id or e-mail address, or a key by id.
#[derive(Clone, Copy, Debug)]
pub enum Receiver<'n> {
    /// A member.
    Member(&'n str),
    /// A workspace key.
    Key(&'n str),
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
        let command = |state: &Organization| Ok(set_command(state, grantee, integration, &change));
        self.change(caller, Operation::Assign { grantee, integration }, command, Along::default()).await?;
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
        self.change(caller, Operation::Assign { grantee, integration }, command, Along::default()).await.map(|_| ())
    }

    async fn both(
        &self,
        caller: &Caller,
        receiver: Receiver<'_>,
        integration: &str,
    ) -> Result<(Grantee, IntegrationId), Problem> {
        let grantee = match receiver {
            Receiver::Member(name) => Grantee::Member(self.member_named(caller, name).await?),
            Receiver::Key(id) => Grantee::Key(KeyId::parse(id).map_err(|_| Problem::missing("key"))?),
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
