//! What somebody tried to change and may not, in the record of calls.
//!
//! Each attempt stands there, up to a number for each second and each one who tries, so that trying cannot fill the
//! disk and nobody's attempts hide another's. What goes over it is counted, and the count stands there when the second
//! is over: nothing is left out untold.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::id::OrgId;
use domain::record::{Decision, Intent};
use domain::time::Timestamp;
use verdict::{Actor, Credential, Denial, Operation, Snapshot};

use crate::App;

/// Attempts of one subject that are recorded singly in each second.
const SINGLY_MAX: u64 = 50;
/// How long they are counted together.
const WINDOW: Duration = Duration::from_secs(1);
/// Subjects after which those are forgotten whose second is over.
const REMEMBERED_MAX: usize = 1_024;
/// The reason of a record that stands for many attempts.
const NOT_SINGLY: &str = "attempts-not-recorded-singly";

/// What was tried of late, by whom.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<HashMap<Tried, Window>>);

/// One who tries: in which organization, and who.
type Tried = (OrgId, String);

#[derive(Debug)]
struct Window {
    since: Timestamp,
    singly: u64,
    /// What went over the bound: the first of it, and how much.
    over: Option<(Box<Intent>, u64)>,
}

/// What becomes of an attempt.
enum Taken {
    Singly(Box<Intent>),
    FirstOver,
    Counted,
}

impl Attempts {
    fn take(&self, attempt: Intent) -> Taken {
        let now = attempt.at;
        let is_past = |window: &Window| window.over.is_none() && now.0.abs_diff(window.since.0) >= WINDOW_MS;
        let mut windows = self.windows();
        if windows.len() >= REMEMBERED_MAX {
            windows.retain(|_, window| !is_past(&*window));
        }
        let window = windows.entry((attempt.org, attempt.subject.clone())).or_insert_with(|| Window::at(now));
        if is_past(&*window) {
            *window = Window::at(now);
        }
        if window.singly < SINGLY_MAX {
            window.singly += 1;
            return Taken::Singly(Box::new(attempt));
        }
        match &mut window.over {
            Some((_, count)) => {
                *count += 1;
                Taken::Counted
            }
            none => {
                *none = Some((Box::new(attempt), 1));
                Taken::FirstOver
            }
        }
    }

    /// The record of what went over the bound, and the end of that window.
    fn rest_of(&self, tried: &Tried) -> Option<Intent> {
        let window = self.windows().remove(tried)?;
        window.over.map(|(first, count)| rest(*first, count))
    }

    fn windows(&self) -> MutexGuard<'_, HashMap<Tried, Window>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const WINDOW_MS: u64 = WINDOW.as_secs() * 1_000;

impl Window {
    fn at(since: Timestamp) -> Window {
        Window { since, singly: 0, over: None }
    }
}

/// One record for many attempts. It keeps the moment and the key of the first.
fn rest(first: Intent, count: u64) -> Intent {
    let method = match count {
        1 => "1 more attempt not recorded singly".to_owned(),
        count => format!("{count} more attempts not recorded singly"),
    };
    Intent { method, reason: NOT_SINGLY.to_owned(), ..first }
}

impl App {
    /// Somebody tried to change what they may not: that stands in the record.
    pub(crate) async fn note_attempt(
        &self,
        snapshot: &Snapshot,
        actor: &Actor,
        (denial, operation): (Denial, Operation<'_>),
    ) {
        let attempt = Intent {
            org: snapshot.org(),
            at: self.now(),
            subject: actor.subject.as_str().to_owned(),
            acting_for: actor.acting_for,
            credential: actor.credential.map(Credential::id),
            client: None,
            method: operation.code().to_owned(),
            integration: None,
            tool: None,
            class: None,
            decision: Decision::Denied,
            reason: denial.reason.code().to_owned(),
            arguments_digest: None,
            policy_seq: snapshot.seq(),
        };
        let tried = (attempt.org, attempt.subject.clone());
        match self.inner.attempts.take(attempt) {
            Taken::Singly(attempt) => self.record_attempt(*attempt).await,
            Taken::FirstOver => {
                let app = self.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(WINDOW).await;
                    if let Some(rest) = app.inner.attempts.rest_of(&tried) {
                        app.record_attempt(rest).await;
                    }
                });
            }
            Taken::Counted => {}
        }
    }

    /// Records at once what was counted and stands nowhere yet: for the end of the process.
    pub async fn record_counted_attempts(&self) {
        let tried: Vec<Tried> = self.inner.attempts.windows().keys().cloned().collect();
        for tried in tried {
            if let Some(rest) = self.inner.attempts.rest_of(&tried) {
                self.record_attempt(rest).await;
            }
        }
    }

    async fn record_attempt(&self, attempt: Intent) {
        if let Err(error) = self.inner.journal.note(attempt).await {
            tracing::error!(%error, "a denied attempt could not be recorded");
        }
    }
}
