//! The sessions of the legacy era and the long-running calls that their clients may cancel.
//!
//! Both tables are bounded: the oldest session makes room for a new one. Start reading at [`Sessions`].

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::Notify;

use super::era::Era;

const SESSIONS_MAX: usize = 10_000;

/// All legacy sessions of all servers.
#[derive(Default)]
pub(crate) struct Sessions {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    /// Session to the place of its server.
    servers: BTreeMap<String, usize>,
    order: VecDeque<String>,
    /// Session and request id to what wakes the call.
    running: BTreeMap<(String, String), Arc<Notify>>,
}

impl Sessions {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a new session.
    pub(crate) fn begin(&self, server_index: usize, id: &str) {
        let mut table = self.table();
        if table.order.len() >= SESSIONS_MAX
            && let Some(oldest) = table.order.pop_front()
        {
            table.servers.remove(&oldest);
        }
        table.servers.insert(id.to_owned(), server_index);
        table.order.push_back(id.to_owned());
    }

    /// Whether the session is one of this server.
    pub(crate) fn holds(&self, server_index: usize, id: &str) -> bool {
        self.table().servers.get(id) == Some(&server_index)
    }

    /// Ends a session. Answers whether there was one.
    pub(crate) fn end(&self, server_index: usize, id: &str) -> bool {
        let mut table = self.table();
        if table.servers.get(id) != Some(&server_index) {
            return false;
        }
        table.servers.remove(id);
        table.order.retain(|other| other != id);
        true
    }

    /// Registers a long-running call of a legacy session until the returned value is dropped.
    pub(crate) fn register(self: &Arc<Self>, era: &Era, request: Option<&Value>) -> Registered {
        let wake = Arc::new(Notify::new());
        let key = match (era, request) {
            (Era::Legacy { session: Some(session) }, Some(request)) => Some((session.clone(), request.to_string())),
            _ => None,
        };
        if let Some(key) = &key {
            self.table().running.insert(key.clone(), Arc::clone(&wake));
        }
        Registered { sessions: Arc::clone(self), key, wake }
    }

    /// Wakes the call that a client cancels, if it is running.
    pub(crate) fn cancel(&self, era: &Era, request: &Value) {
        if let Era::Legacy { session: Some(session) } = era
            && let Some(wake) = self.table().running.get(&(session.clone(), request.to_string()))
        {
            wake.notify_one();
        }
    }
}

/// A long-running call that can be cancelled by its client.
pub(crate) struct Registered {
    sessions: Arc<Sessions>,
    key: Option<(String, String)>,
    wake: Arc<Notify>,
}

impl Registered {
    /// Resolves when the client cancels.
    pub(crate) async fn cancelled(&self) {
        self.wake.notified().await;
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        if let Some(key) = &self.key {
            self.sessions.table().running.remove(key);
        }
    }
}
