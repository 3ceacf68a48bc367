//! What the look-alike servers share while they run: their stores, sessions, counters and the wish to be saved.
//!
//! Start reading at [`Host`].

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};
use tokio::sync::{Notify, watch};

use crate::acts::{Work, perform};
use crate::catalogue::Vendor;
use crate::mcp::Sessions;
use crate::stats::Stats;
use crate::store::Store;
use crate::tool::Tool;

/// One look-alike server.
pub(crate) struct Server {
    pub(crate) vendor: &'static Vendor,
    /// The credential that it demands.
    pub(crate) token: String,
    /// Its tools as `tools/list` shows them.
    pub(crate) shown: Vec<Value>,
    pub(crate) store: Mutex<Store>,
}

impl Server {
    /// A server over this store.
    pub(crate) fn new(vendor: &'static Vendor, token: String, store: Store) -> Self {
        let shown = vendor.tools.iter().map(Tool::describe).collect();
        Self { vendor, token, shown, store: Mutex::new(store) }
    }

    /// Does what a tool does, now.
    pub(crate) fn work(&self, tool: &Tool, arguments: &Map<String, Value>) -> Result<Value, String> {
        let now = format!("{:.0}", jiff::Timestamp::now());
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        perform(Work { tool, arguments, store: &mut store, now: &now })
    }
}

/// All look-alike servers.
pub(crate) struct Host {
    pub(crate) servers: Vec<Server>,
    pub(crate) stats: Stats,
    pub(crate) sessions: Arc<Sessions>,
    /// Turns true when the listener stops, so that streams end.
    pub(crate) stopping: watch::Receiver<bool>,
    pub(crate) changed: Notify,
}

impl Host {
    /// Says that a store changed and is worth saving.
    pub(crate) fn mark_changed(&self) {
        self.changed.notify_one();
    }
}

/// A random secret with a readable beginning, `demo_NAME_` and 48 hexadecimal digits.
#[expect(
    clippy::disallowed_methods,
    reason = "the look-alike vendors are outside the product and cannot use its source of randomness"
)]
pub(crate) fn random_token(name: &str) -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; 24];
    getrandom::fill(&mut bytes)?;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("demo_{name}_{digits}"))
}
