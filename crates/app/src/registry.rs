//! Which organizations are in memory: loaded on first use, dropped when nobody has used them for a while.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use domain::id::OrgId;
use journal::Journal;
use tokio::sync::OnceCell;

use crate::{Live, Problem};

/// Organizations that stay in memory although nobody uses them.
const IDLE_MAX: usize = 64;

type Slot = Arc<OnceCell<Arc<Live>>>;

/// The organizations in memory, and the slugs that were looked up. A slug is never given to another organization.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    slots: RwLock<HashMap<OrgId, Slot>>,
    slugs: RwLock<HashMap<String, OrgId>>,
}

impl Registry {
    /// The organization, loaded if it is not here yet. Whoever asks while it loads waits for the same load.
    pub(crate) async fn live(&self, journal: &Journal, org: OrgId) -> Result<Arc<Live>, Problem> {
        let known = self.slots.read().unwrap_or_else(PoisonError::into_inner).get(&org).cloned();
        let slot = match known {
            Some(slot) => slot,
            None => {
                let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
                if slots.len() >= IDLE_MAX {
                    // Whoever uses an organization holds its slot or what is in it; the rest can go.
                    slots.retain(|_, slot| {
                        Arc::strong_count(slot) > 1 || slot.get().is_none_or(|live| Arc::strong_count(live) > 1)
                    });
                }
                slots.entry(org).or_default().clone()
            }
        };
        let load = || async { Live::load(journal, org).await.map(Arc::new) };
        slot.get_or_try_init(load).await.cloned()
    }

    /// The organization named by a slug or an id, if there is one.
    pub(crate) async fn find(&self, journal: &Journal, name: &str) -> Result<Option<OrgId>, Problem> {
        let known = self.slugs.read().unwrap_or_else(PoisonError::into_inner).get(name).copied();
        if known.is_some() {
            return Ok(known);
        }
        let found = match OrgId::parse(name) {
            Ok(org) => journal.head(org.into()).await?.gt(&0).then_some(org),
            Err(_) => journal.org_by_slug(name).await?,
        };
        if let Some(org) = found {
            self.slugs.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), org);
        }
        Ok(found)
    }
}
