//! See keys: one's own, and those one may manage. Never a secret.

use std::collections::HashMap;
use std::ops::Bound;

use domain::grant::{Grant, Grantee};
use domain::id::{KeyId, OrgId, PersonId};
use domain::key::{Key, KeyKind};
use domain::time::Timestamp;
use verdict::{Action, Actor, Credential, Operation, Question, Reason, Snapshot, Subject, Verdict};

use crate::directory::ERASED;
use crate::{App, Caller, Problem};

/// Whether a key works, and if not, why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyState {
    /// It works.
    Active,
    /// Its end has come.
    Expired,
    /// It does nothing at present, for this reason, which ends when the cause does.
    Suspended(Reason),
}

impl KeyState {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            KeyState::Active => "active",
            KeyState::Expired => "expired",
            KeyState::Suspended(_) => "suspended",
        }
    }

    /// Why it is suspended, and what ends that; about the key, so that it may be read by whoever sees the key.
    #[must_use]
    pub fn because(self) -> Option<&'static str> {
        let KeyState::Suspended(reason) = self else { return None };
        Some(match reason {
            Reason::MayNotHaveKeys => {
                "its holder's role may not have personal keys; with a role that may it works again"
            }
            Reason::KeyWithoutRole => "it has no role, and a workspace key needs one here; give it one",
            Reason::NoDelegation => "the person for whom it acts does not let the agent act for them any more",
            Reason::MemberSuspended => "the person it speaks for is suspended; once they are restored it works again",
            Reason::SponsorSuspended => {
                "the person who answers for its agent is suspended; once they are restored it works again"
            }
            Reason::OrganizationEnding => "the organization is being deleted; once it is restored the key works again",
            Reason::NotAMember => "whoever it speaks for is here no longer",
            Reason::MakerBelow => {
                "whoever had its secret made could not make it any more, so that it only deactivates; somebody who could \
                 gives it a new secret"
            }
            _ => "it waits for somebody who manages it to give it a role, or to resume its agent",
        })
    }
}

/// A key as the caller sees it.
#[derive(Clone, Debug)]
pub struct KeyView {
    /// The key.
    pub key: Key,
    /// Whether it works.
    pub state: KeyState,
    /// The name of its agent, where it is an agent's key.
    pub agent_title: Option<String>,
    /// The name of the person for whom the agent acts with it.
    pub acting_for_name: Option<String>,
    /// What people call it.
    pub label: String,
    /// The name of its holder, where it is a personal key.
    pub holder_name: Option<String>,
    /// What was given to it, where it is a workspace key: slug and measure.
    pub grants: Vec<(String, Grant)>,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
    /// From which address.
    pub used_from: Option<String>,
    /// With which client, as it states itself.
    pub used_with: Option<String>,
}

impl App {
    /// A page of the keys that the caller may know of and that were not revoked, in the order of their ids.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where something broke.
    pub async fn list_keys(
        &self,
        caller: &Caller,
        after: Option<KeyId>,
        limit: usize,
    ) -> Result<Vec<KeyView>, Problem> {
        let snapshot = caller.live.snapshot();
        let now = self.now();
        let may_view = |key: &KeyId| {
            let action = Action::Operate(Operation::ViewKey { key: *key });
            snapshot.evaluate(&Question { actor: &caller.actor, action, now }).is_allowed()
        };
        let keys: Vec<Key> = {
            let state = caller.live.state.lock().await;
            let from = after.map_or(Bound::Unbounded, Bound::Excluded);
            let page = state.keys.range((from, Bound::Unbounded)).filter(|(_, key)| key.revoked_at.is_none());
            page.filter(|(id, _)| may_view(id)).take(limit).map(|(_, key)| key.clone()).collect()
        };
        self.key_views(caller, keys).await
    }

    /// One key.
    ///
    /// # Errors
    /// [`Problem::Missing`] where there is none that the caller may know of.
    pub async fn show_key(&self, caller: &Caller, key: &str) -> Result<KeyView, Problem> {
        let id = KeyId::parse(key).map_err(|_| Problem::missing("key"))?;
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, Operation::ViewKey { key: id }).await?;
        let found = caller.live.state.lock().await.live_key(id).cloned();
        let views = self.key_views(caller, found.into_iter().collect()).await?;
        views.into_iter().next().ok_or_else(|| Problem::missing("key"))
    }

    pub(crate) async fn key_views(&self, caller: &Caller, keys: Vec<Key>) -> Result<Vec<KeyView>, Problem> {
        let org = caller.live.org();
        let mut labels = self.labels(org).await?;
        let holders: Vec<_> = keys.iter().flat_map(|key| [key.holder(), acting_for(key)]).flatten().collect();
        let people = self.people(org, &holders).await?;
        let (snapshot, now) = (caller.live.snapshot(), self.now());
        let mut uses: HashMap<_, _> =
            self.inner.journal.key_uses(org).await?.into_iter().map(|last| (last.key, last)).collect();
        let state = caller.live.state.lock().await;
        let view = |key: Key| {
            let last = uses.remove(&key.id);
            let name = |person| people.get(&person).map_or_else(|| ERASED.to_owned(), |person| person.name.clone());
            let given = state.grants.get(&Grantee::Key(key.id)).into_iter().flatten();
            let slug = |id| state.integrations.get(id).map(|integration| integration.slug.to_string());
            KeyView {
                label: labels.remove(key.id.as_str()).unwrap_or_default(),
                holder_name: key.holder().map(name),
                state: state_of(&key, &snapshot, now),
                agent_title: key.agent().and_then(|agent| state.agents.get(&agent)).map(|agent| agent.title.clone()),
                acting_for_name: acting_for(&key).map(name),
                grants: given.filter_map(|(id, grant)| Some((slug(id)?, grant.clone()))).collect(),
                used_at: last.as_ref().map(|last| last.at),
                used_from: last.as_ref().and_then(|last| last.address.clone()),
                used_with: last.and_then(|last| last.client),
                key,
            }
        };
        Ok(keys.into_iter().map(view).collect())
    }

    pub(crate) async fn labels(&self, org: OrgId) -> Result<HashMap<String, String>, Problem> {
        let labels = self.inner.journal.labels(org).await?;
        Ok(labels.into_iter().map(|label| (label.id, label.label)).collect())
    }

    /// The labels with these ids alone.
    pub(crate) async fn labels_of(&self, org: OrgId, ids: Vec<String>) -> Result<HashMap<String, String>, Problem> {
        let labels = self.inner.journal.labels_of(org, ids).await?;
        Ok(labels.into_iter().map(|label| (label.id, label.label)).collect())
    }
}

fn acting_for(key: &Key) -> Option<PersonId> {
    match key.kind {
        KeyKind::Agent { acting_for, .. } => acting_for,
        KeyKind::Personal { .. } | KeyKind::Workspace { .. } | KeyKind::Directory { .. } => None,
    }
}

/// Whether a key works: what the engine says to whoever presents it now.
fn state_of(key: &Key, snapshot: &Snapshot, now: Timestamp) -> KeyState {
    if !key.holds_at(now) {
        return KeyState::Expired;
    }
    // It goes on deactivating.
    if let Some(reason) = snapshot.only_deactivates(key.id, now) {
        return KeyState::Suspended(reason);
    }
    let subject = match key.kind {
        KeyKind::Personal { holder } => Subject::Member(holder),
        KeyKind::Workspace { .. } | KeyKind::Directory { .. } => Subject::Key(key.id),
        KeyKind::Agent { agent, .. } => Subject::Agent(agent),
    };
    let credential = key.digest_bytes().map(|digest| Credential::Key { key: key.id, digest });
    let actor = Actor { subject, acting_for: acting_for(key), credential };
    // Any question will do: whoever is stopped is told so before the question is looked at.
    let question = Question { actor: &actor, action: Action::Operate(Operation::ViewOrganization), now };
    match snapshot.evaluate(&question) {
        Verdict::Denied(denial) => match denial.reason {
            Reason::CredentialEnded => KeyState::Expired,
            Reason::MayNotHaveKeys
            | Reason::Suspended
            | Reason::KeyWithoutRole
            | Reason::NoDelegation
            | Reason::MemberSuspended
            | Reason::SponsorSuspended
            | Reason::OrganizationEnding
            | Reason::NotAMember => KeyState::Suspended(denial.reason),
            _ => KeyState::Active,
        },
        Verdict::Allowed(_) => KeyState::Active,
    }
}
