//! Which sessions were ended before their time: the directory's events, folded when somebody is first asked for it.

use std::sync::{PoisonError, RwLock};

use domain::directory::{Directory, DirectoryEvent};
use domain::id::PersonId;
use domain::time::Timestamp;
use journal::{Journal, SavedState, StreamId};
use tokio::sync::OnceCell;
use verdict::SessionProof;

use crate::Problem;

/// The version of what is saved. A state of another version is not read; the events are folded instead.
const STATE_FORMAT: u32 = 3;
/// Events after which the state is saved again, so that the next start folds few.
const SAVE_EVERY_EVENTS: u64 = 1_024;
/// Events read at once.
const PAGE: usize = 1_000;

/// The directory's state in memory.
#[derive(Debug, Default)]
pub(crate) struct Endings(OnceCell<RwLock<Directory>>);

impl Endings {
    /// Whether a session was ended before its time. Where nothing was folded yet nobody was found to be signed in
    /// either, so it counts as ended.
    pub(crate) fn has(&self, proof: &SessionProof) -> bool {
        let Some(state) = self.0.get() else { return true };
        let state = state.read().unwrap_or_else(PoisonError::into_inner);
        state.has_ended(proof.session, proof.person, proof.begun_at)
    }

    /// Whether a person wants to be asked for a passkey whenever they sign in in another way. Where nothing was folded yet
    /// it counts as if they did: nobody is let in by what was not looked up.
    pub(crate) fn asks_for_passkey(&self, person: PersonId) -> bool {
        let Some(state) = self.0.get() else { return true };
        state.read().unwrap_or_else(PoisonError::into_inner).asks_for_passkey(person)
    }

    /// When a session of a person begins that is begun now: later than what they ended all at once, whatever became of
    /// the clock since.
    pub(crate) fn next_beginning(&self, person: PersonId, now: Timestamp) -> Timestamp {
        let Some(state) = self.0.get() else { return now };
        let ended = state.read().unwrap_or_else(PoisonError::into_inner).ended_all(person);
        ended.map_or(now, |ended| now.max(Timestamp(ended.0.saturating_add(1))))
    }

    /// Folds the directory's events, starting from the last saved state, unless that has been done.
    pub(crate) async fn load(&self, journal: &Journal) -> Result<(), Problem> {
        self.0.get_or_try_init(|| fold(journal)).await.map(|_| ())
    }

    /// Folds what was appended since: from then on it holds for everybody who is asked about.
    pub(crate) async fn catch_up(&self, journal: &Journal) -> Result<(), Problem> {
        self.load(journal).await?;
        let Some(state) = self.0.get() else { return Ok(()) };
        loop {
            let after = state.read().unwrap_or_else(PoisonError::into_inner).seq;
            let page = read(journal, after).await?;
            let mut state = state.write().unwrap_or_else(PoisonError::into_inner);
            // Another may have folded the same meanwhile.
            for (at, event) in page.iter().filter(|(at, _)| at.0 > state.seq).collect::<Vec<_>>() {
                state.apply(*at, event);
            }
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }
}

type Numbered = ((u64, Timestamp), DirectoryEvent);

async fn read(journal: &Journal, after: u64) -> Result<Vec<Numbered>, Problem> {
    let page = journal.read(StreamId::Directory, after, PAGE).await?;
    page.into_iter().map(|stored| Ok(((stored.seq, stored.at), DirectoryEvent::decode(&stored.body)?))).collect()
}

async fn fold(journal: &Journal) -> Result<RwLock<Directory>, Problem> {
    let saved = journal.latest_state(StreamId::Directory).await?.filter(|saved| saved.format == STATE_FORMAT);
    let known = saved.and_then(|saved| serde_json::from_slice::<Directory>(&saved.bytes).ok());
    let mut state = known.unwrap_or_default();
    let from = state.seq;
    loop {
        let page = read(journal, state.seq).await?;
        page.iter().for_each(|(at, event)| state.apply(*at, event));
        if page.len() < PAGE {
            break;
        }
    }
    if state.seq - from >= SAVE_EVERY_EVENTS
        && let Ok(bytes) = serde_json::to_vec(&state)
    {
        let saved = SavedState { seq: state.seq, format: STATE_FORMAT, bytes };
        // A cache: what is not saved is folded again.
        if let Err(error) = journal.put_state(StreamId::Directory, saved).await {
            tracing::warn!(%error, "the directory's state could not be saved");
        }
    }
    Ok(RwLock::new(state))
}
