//! Many changes as one: all of them happen, or none.

use std::sync::Arc;

use domain::organization::Organization;
use verdict::Snapshot;

use super::PlannedStep;
use super::rehearse::{Failed, Rehearsed, Step, Why, operation_of, rehearse};
use crate::change::ATTEMPTS_MAX;
use crate::commit::{Commit, CommitFault};
use crate::{App, Caller, Problem};

/// Steps that one change may have: trying each out takes the time of compiling a snapshot.
const STEPS_MAX: usize = 2_000;

/// Steps that all can be done, and the state that they were tried out on.
pub(crate) struct Tried {
    pub(crate) rehearsed: Rehearsed,
    pub(crate) state: Organization,
    pub(crate) snapshot: Arc<Snapshot>,
}

impl App {
    /// Makes many changes as one. The steps are planned on the newest state; each is authorized and handled on the
    /// state as it is after the steps before it, and all their events are appended at once, to the very state that
    /// was planned on. Returns the steps that changed something, and the sequence number after them.
    ///
    /// # Errors
    /// [`Problem::InStep`] for the first step that is denied or refused; [`Problem::Previewed`] and
    /// [`Problem::Moved`] as the caller's mode says. Nothing has happened then.
    pub(crate) async fn change_all(
        &self,
        caller: &Caller,
        plan: impl Fn(&Organization) -> Result<Vec<Step>, Problem>,
    ) -> Result<(Vec<PlannedStep>, u64), Problem> {
        for _ in 0..ATTEMPTS_MAX {
            let Tried { rehearsed, state: copy, snapshot } = self.tried(caller, &plan).await?;
            if caller.mode.preview {
                let events = rehearsed.events();
                let impact = self.impact_of((caller, None), &snapshot, &copy, (events, &rehearsed.facts)).await?;
                return Err(Problem::Previewed(Box::new(impact)));
            }
            let Rehearsed { parts, facts, steps, .. } = rehearsed;
            if parts.is_empty() {
                return Ok((steps, copy.seq));
            }
            let mut state = Arc::clone(&caller.live.state).lock_owned().await;
            if state.seq != copy.seq {
                continue;
            }
            let commit = Commit { parts, actor: caller.stamp(), facts, directory: None };
            match self.commit(Arc::clone(&caller.live), state, commit).await {
                Ok(events) => return Ok((steps, copy.seq + events.len() as u64)),
                Err(CommitFault::Conflict { .. }) => {
                    state = Arc::clone(&caller.live.state).lock_owned().await;
                    caller.live.catch_up(&self.inner.journal, &mut state).await?;
                }
                Err(CommitFault::Problem(problem)) => return Err(problem),
            }
        }
        Err(Problem::Unavailable { message: "others are changing this organization; try again".to_owned() })
    }

    /// Plans on the newest state and tries the steps out on a copy of it, so that others can go on meanwhile.
    pub(crate) async fn tried(
        &self,
        caller: &Caller,
        plan: &impl Fn(&Organization) -> Result<Vec<Step>, Problem>,
    ) -> Result<Tried, Problem> {
        let (state, snapshot) = {
            let state = caller.live.state.lock().await;
            (Organization::clone(&state), caller.live.snapshot())
        };
        if let Some(expected) = caller.mode.expected_seq
            && expected != state.seq
        {
            return Err(Problem::Moved { seq: state.seq });
        }
        let steps = plan(&state)?;
        if steps.len() > STEPS_MAX {
            let message = format!("this comes to {} steps, and {STEPS_MAX} are done at once; split it", steps.len());
            return Err(Problem::invalid("document", message));
        }
        let (actor, stamp, now) = (caller.actor, caller.stamp(), self.now());
        let trial = tokio::task::spawn_blocking(move || {
            let done = rehearse(&snapshot, &state, &actor, (&stamp, now), steps);
            (done, state, snapshot)
        });
        let (done, state, snapshot) = trial.await.map_err(|error| Problem::broken(&error))?;
        match done {
            Ok(rehearsed) => Ok(Tried { rehearsed, state, snapshot }),
            Err(failed) => Err(self.failed(caller, failed).await),
        }
    }

    async fn failed(&self, caller: &Caller, Failed { step, why }: Failed) -> Problem {
        let problem = match why {
            Why::Problem(problem) => problem,
            Why::Denied { snapshot, state, denial } => match operation_of(&step, &state) {
                Some(operation) => self.denied((&snapshot, &caller.actor), denial, operation).await,
                None => Problem::missing("operation"),
            },
        };
        problem.in_step(&step.place)
    }
}
