//! See keys: one's own, and those one may manage. Never a secret.

use std::collections::HashMap;

use domain::grant::{Grant, Grantee};
use domain::id::OrgId;
use domain::key::Key;
use domain::time::Timestamp;
use verdict::Operation;

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
    /// The keys that the caller may know of and that were not revoked, in the order of their ids.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where something broke.
    pub async fn list_keys(&self, caller: &Caller) -> Result<Vec<KeyView>, Problem> {
        let snapshot = caller.live.snapshot();
        let keys: Vec<Key> = {
            let state = caller.live.state.lock().await;
            state.keys.values().filter(|key| key.revoked_at.is_none()).cloned().collect()
        };
        let mut seen = Vec::new();
        for key in keys {
            if self.permit(&snapshot, &caller.actor, Operation::ViewKey { key: key.id }).await.is_ok() {
                seen.push(key);
            }
        }
        self.key_views(caller, seen).await
    }

    /// One key.
    ///
    /// # Errors
    /// [`Problem::Missing`] where there is none that the caller may know of.
    pub async fn show_key(&self, caller: &Caller, key: &str) -> Result<KeyView, Problem> {
        let keys = self.list_keys(caller).await?;
        keys.into_iter().find(|view| view.key.id.as_str() == key).ok_or_else(|| Problem::missing("key"))
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
