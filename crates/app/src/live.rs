//! One organization in memory: its state behind a lock for whoever changes it, its snapshot for whoever asks.

use std::sync::Arc;

use arc_swap::ArcSwap;
use domain::event::{self, Event};
use domain::id::OrgId;
use domain::organization::{Organization, Stamp};
use journal::{Journal, SavedState, StreamId};
use tokio::sync::{Mutex, watch};
use verdict::{Same, Snapshot};

use crate::Problem;

/// The version of what [`save_sometimes`] writes. A state of another version is not read; the events are folded instead.
const STATE_FORMAT: u32 = 27;
/// Events after which the state is saved again, so that the next start folds few.
const SAVE_EVERY_EVENTS: u64 = 256;

/// One organization in memory.
#[derive(Debug)]
pub struct Live {
    org: OrgId,
    snapshot: ArcSwap<Snapshot>,
    changes: watch::Sender<u64>,
    pub(crate) state: Arc<Mutex<Organization>>,
    /// Held from the look whether an address is invited already until its invitation is sent: addresses stand beside the
    /// state, whose lock therefore does not order the two.
    pub(crate) inviting: Mutex<()>,
}

impl Live {
    /// Folds the organization's events, starting from the last saved state.
    pub(crate) async fn load(journal: &Journal, org: OrgId) -> Result<Live, Problem> {
        let state = fold(journal, org).await?;
        let compiling = move || {
            let snapshot = Snapshot::compile(org, &state, None);
            (snapshot, state)
        };
        let (snapshot, state) = aside(compiling).await?;
        Ok(Live {
            org,
            snapshot: ArcSwap::from_pointee(snapshot),
            changes: watch::Sender::new(state.seq),
            state: Arc::new(Mutex::new(state)),
            inviting: Mutex::default(),
        })
    }

    /// The organization.
    #[must_use]
    pub fn org(&self) -> OrgId {
        self.org
    }

    /// The snapshot that decides now.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Tells the sequence number of every snapshot that comes into force from now on.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Puts a state into force: every question asked from now on is answered from it. `events` are those that led to
    /// it from the state in force, where they are known.
    pub(crate) fn publish(&self, state: &Organization, events: Option<&[Event]>) {
        let before = self.snapshot.load();
        let same = events.map(|events| Same { before: &before, events });
        let snapshot = Snapshot::compile(self.org, state, same);
        self.snapshot.store(Arc::new(snapshot));
        self.changes.send_replace(state.seq);
    }

    /// Reads what another writer appended.
    pub(crate) async fn catch_up(&self, journal: &Journal, state: &mut Organization) -> Result<(), Problem> {
        read_after(journal, self.org, state).await?;
        self.publish(state, None);
        Ok(())
    }
}

async fn fold(journal: &Journal, org: OrgId) -> Result<Organization, Problem> {
    let saved = journal.latest_state(StreamId::Organization(org)).await?;
    let mut state = match saved.filter(|saved| saved.format == STATE_FORMAT) {
        Some(saved) => aside(move || read_saved(&saved)).await?.unwrap_or_default(),
        None => Organization::default(),
    };
    read_after(journal, org, &mut state).await?;
    Ok(state)
}

/// A saved state, unless it cannot be read; then the events are folded.
fn read_saved(saved: &SavedState) -> Option<Organization> {
    serde_json::from_slice::<Organization>(&saved.bytes).ok().filter(|state| state.seq == saved.seq)
}

/// Long work, out of the way of everything else that its thread has to do.
pub(crate) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Problem::broken(&error))
}

async fn read_after(journal: &Journal, org: OrgId, state: &mut Organization) -> Result<(), Problem> {
    loop {
        let page = journal.read(StreamId::Organization(org), state.seq, 1_000).await?;
        if page.is_empty() {
            return Ok(());
        }
        for stored in page {
            let event = event::decode(&stored.body)?;
            state.apply(&Stamp { seq: stored.seq, at: stored.at, actor: stored.actor }, &event);
        }
    }
}

/// Saves the state where enough has happened since the last time. It is a cache: a failure is only logged.
pub(crate) fn save_sometimes(journal: &Journal, org: OrgId, state: &Organization, events: u64) {
    let before = state.seq.saturating_sub(events);
    if before / SAVE_EVERY_EVENTS == state.seq / SAVE_EVERY_EVENTS {
        return;
    }
    let (journal, state) = (journal.clone(), state.clone());
    tokio::spawn(async move {
        let written = tokio::task::spawn_blocking(move || (state.seq, serde_json::to_vec(&state))).await;
        let Ok((seq, Ok(bytes))) = written else { return };
        let saved = SavedState { seq, format: STATE_FORMAT, bytes };
        if let Err(error) = journal.put_state(StreamId::Organization(org), saved).await {
            tracing::warn!(%org, %error, "the state could not be saved; the next start folds more events");
        }
    });
}
