//! Remove a member, and with the membership everything of theirs.

use domain::command::Command;
use domain::grant::Grantee;
use domain::id::KeyId;
use domain::key::KeyKind;
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
        let before = caller.live.state.lock().await.clone();
        let facts = vec![Fact::EndMembership { person, org: caller.live.org() }];
        let along = Along { facts, directory: None };
        let command = |_: &Organization| Ok(Command::RemoveMember { person });
        self.change(caller, Operation::RemoveMember { member: person }, command, along).await?;

        let labels = self.labels(caller.live.org()).await?;
        let live = before.keys.values().filter(|key| key.revoked_at.is_none());
        let made = |key: &&domain::key::Key| {
            matches!(key.kind, KeyKind::Workspace { .. }) && key.created_by.starts_with(person.as_str())
        };
        let workspace_keys =
            live.clone().filter(made).map(|key| (key.id, labels.get(key.id.as_str()).cloned().unwrap_or_default()));
        let gone = caller.live.state.lock().await.members.get(&person).cloned();
        Ok(Removed {
            workspace_keys: workspace_keys.collect(),
            keys_ended: live.filter(|key| key.holder() == Some(person)).count(),
            grants_ended: before.grants.get(&Grantee::Member(person)).map_or(0, |grants| grants.len()),
            member: self
                .member_views(gone.into_iter().collect())
                .await?
                .pop()
                .ok_or_else(|| Problem::missing("member"))?,
        })
    }
}
