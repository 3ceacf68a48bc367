//! Remove a member, and with the membership everything of theirs.

use domain::command::Command;
use domain::grant::Grantee;
use domain::id::KeyId;
use domain::key::{Key, KeyKind};
use domain::organization::Organization;
use journal::Fact;
use verdict::Operation;

use super::MemberView;
use crate::change::Along;
use crate::{App, Caller, Problem};

/// What ended with a membership.
#[derive(Clone, Debug)]
pub struct Removed {
    /// Who was removed.
    pub member: MemberView,
    /// Personal keys that stopped working.
    pub keys_ended: usize,
    /// Integrations that were assigned to them.
    pub grants_ended: usize,
    /// Workspace keys that they had made and may still know: rotate them. Id and label.
    pub workspace_keys: Vec<(KeyId, String)>,
}

impl App {
    /// Removes a member. When this returns, no key of theirs opens anything and no call of theirs goes out; their
    /// history stays.
    ///
    /// # Errors
    /// [`Problem::Denied`] for someone above the caller, [`Problem::Refused`] for the last holder of the top role.
    pub async fn remove_member(&self, caller: &Caller, member: &str) -> Result<Removed, Problem> {
        let person = self.member_named(caller, member).await?;
        let (keys_ended, grants_ended, made) = {
            let state = caller.live.state.lock().await;
            let live = || state.keys.values().filter(|key| key.revoked_at.is_none());
            let made_by_them = |key: &&Key| {
                matches!(key.kind, KeyKind::Workspace { .. }) && key.created_by.starts_with(person.as_str())
            };
            (
                live().filter(|key| key.holder() == Some(person)).count(),
                state.grants.get(&Grantee::Member(person)).map_or(0, |grants| grants.len()),
                live().filter(made_by_them).map(|key| key.id).collect::<Vec<KeyId>>(),
            )
        };
        let facts = vec![Fact::EndMembership { person, org: caller.live.org() }];
        let along = Along { facts, directory: None };
        let command = |_: &Organization| Ok(Command::RemoveMember { person });
        self.change(caller, Operation::RemoveMember { member: person }, command, along).await?;

        let mut labels = self.labels(caller.live.org()).await?;
        let labelled = |key: KeyId| (key, labels.remove(key.as_str()).unwrap_or_default());
        let workspace_keys = made.into_iter().map(labelled).collect();
        let gone = caller.live.state.lock().await.members.get(&person).cloned();
        let member = self.member_views(gone.into_iter().collect()).await?.pop();
        let member = member.ok_or_else(|| Problem::missing("member"))?;
        Ok(Removed { member, keys_ended, grants_ended, workspace_keys })
    }
}
