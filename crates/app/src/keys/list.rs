//! See keys: one's own, and those one may manage. Never a secret.

use std::collections::HashMap;
use std::ops::Bound;

use domain::grant::{Grant, Grantee};
use domain::id::{KeyId, OrgId};
use domain::key::Key;
use domain::time::Timestamp;
use verdict::{Action, Operation, Question};

use crate::directory::ERASED;
use crate::{App, Caller, Problem};

/// A key as the caller sees it.
#[derive(Clone, Debug)]
pub struct KeyView {
    /// The key.
    pub key: Key,
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

    async fn key_views(&self, caller: &Caller, keys: Vec<Key>) -> Result<Vec<KeyView>, Problem> {
        let org = caller.live.org();
        let mut labels = self.labels(org).await?;
        let holders: Vec<_> = keys.iter().filter_map(Key::holder).collect();
        let people = self.people(&holders).await?;
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
}
