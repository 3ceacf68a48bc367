//! Many changes as one: all of them happen, or none.

use std::sync::Arc;

use domain::organization::Organization;
use verdict::Snapshot;

use super::PlannedStep;
use super::rehearse::{Failed, Rehearsed, Step, Why, operation_of, rehearse};
use super::steps::Way;
use crate::ask::Alone;
use crate::change::ATTEMPTS_MAX;
use crate::commit::{Commit, CommitFault};
use crate::{App, Caller, Problem};

/// Steps that one change may have: trying each out takes the time of compiling a snapshot. A section cannot be divided, so
/// that large ones have to fit.
const STEPS_MAX: usize = 10_000;

/// Steps that are tried out as quickly as any other question that takes long is answered.
const SHORT_MAX: usize = 100;

/// Plans steps on a state, without waiting for anything.
pub(crate) type Planner = Arc<dyn Fn(&Organization) -> Result<Way, Problem> + Send + Sync>;

/// What came of many changes as one.
pub(crate) struct AllChanged {
    /// The steps that changed something.
    pub(crate) steps: Vec<PlannedStep>,
    /// What is left to be done by hand.
    pub(crate) by_hand: Vec<PlannedStep>,
    /// The sequence number after them.
    pub(crate) seq: u64,
}

/// Steps that all can be done, and the state that they were tried out on.
pub(crate) struct Tried {
    pub(crate) rehearsed: Rehearsed,
    pub(crate) by_hand: Vec<PlannedStep>,
    pub(crate) state: Organization,
    pub(crate) snapshot: Arc<Snapshot>,
    /// The caller's turn, for what is made of steps so many.
    pub(crate) alone: Alone,
}

impl App {
    /// Makes many changes as one. The steps are planned on the newest state; each is authorized and handled on the
    /// state as it is after the steps before it, and all their events are appended at once, to the very state that
    /// was planned on. It happens in the caller's turn, since it takes long.
    ///
    /// # Errors
    /// [`Problem::InStep`] for the first step that is denied or refused; [`Problem::Previewed`] and
    /// [`Problem::Moved`] as the caller's mode says. Nothing has happened then.
    pub(crate) async fn change_all(
        &self,
        (caller, alone): (&Caller, &Alone),
        plan: &Planner,
    ) -> Result<AllChanged, Problem> {
        for _ in 0..ATTEMPTS_MAX {
            let Tried { rehearsed, by_hand, state: copy, snapshot, alone } = self.tried((caller, alone), plan).await?;
            if caller.mode.preview {
                let events = rehearsed.events();
                let impact = self.impact_of((caller, &alone), &snapshot, copy, (events, &rehearsed.facts)).await?;
                return Err(Problem::Previewed(Box::new(impact)));
            }
            let Rehearsed { parts, facts, steps, until, .. } = rehearsed;
            if parts.is_empty() {
                return Ok(AllChanged { steps, by_hand, seq: copy.seq });
            }
            let mut state = Arc::clone(&caller.live.state).lock_owned().await;
            if state.seq != copy.seq {
                continue;
            }
            let commit = Commit { parts, actor: caller.stamp(), facts, directory: None, until };
            match self.commit(Arc::clone(&caller.live), state, commit).await {
                Ok(events) => return Ok(AllChanged { steps, by_hand, seq: copy.seq + events.len() as u64 }),
                Err(CommitFault::Conflict { .. }) => {
                    state = Arc::clone(&caller.live.state).lock_owned().await;
                    caller.live.catch_up(&self.inner.journal, &mut state).await?;
                }
                // What they may do has ended since the steps were tried out, perhaps in the queue: planned anew, the
                // steps are denied, or rest on something else.
                Err(CommitFault::Late) => {}
                Err(CommitFault::Problem(problem)) => return Err(problem),
            }
        }
        Err(Problem::Unavailable { message: "others are changing this organization; try again".to_owned() })
    }

    /// Plans on the newest state and tries the steps out on a copy of it, so that others can go on meanwhile.
    pub(crate) async fn tried(&self, (caller, alone): (&Caller, &Alone), plan: &Planner) -> Result<Tried, Problem> {
        let (state, snapshot) = {
            let state = caller.live.state.lock().await;
            (Organization::clone(&state), caller.live.snapshot())
        };
        if let Some(expected) = caller.mode.expected_seq
            && expected != state.seq
        {
            return Err(Problem::Moved { seq: state.seq });
        }
        let plan = Arc::clone(plan);
        let (way, state) = alone.work(move || (plan(&state), state)).await?;
        let Way { steps, by_hand } = way?;
        if steps.len() > STEPS_MAX {
            return Err(too_many(&steps));
        }
        let (app, actor, stamp) = (self.clone(), caller.actor, caller.stamp());
        let alone = if steps.len() <= SHORT_MAX { alone.clone() } else { alone.at_length() };
        // The moment is that at which the work begins, however long it waited for a place.
        let trial = move || (rehearse(&snapshot, &state, &actor, (&stamp, app.now()), steps), state, snapshot);
        let (done, state, snapshot) = alone.work(trial).await?;
        match done {
            Ok(rehearsed) => {
                for (part, step) in rehearsed.parts.iter().zip(&rehearsed.steps) {
                    let asked = self.can_ask_for_passkeys(&part.events);
                    asked.map_err(|refusal| Problem::from(refusal).in_step(&step.place))?;
                }
                Ok(Tried { rehearsed, by_hand, state, snapshot, alone })
            }
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

/// More steps than are done at once. A section is the whole truth, so that half of one would take away the other half.
fn too_many(steps: &[Step]) -> Problem {
    // As the steps come, which is an order in which the sections can be applied.
    let mut counts = Vec::<(&str, usize)>::new();
    for step in steps {
        let section = step.place.first().map_or("document", String::as_str);
        match counts.iter_mut().find(|(known, _)| *known == section) {
            Some((_, count)) => *count += 1,
            None => counts.push((section, 1)),
        }
    }
    let remedy = match counts.len() {
        1 => "make some of these changes by themselves first",
        _ => "apply the sections one after the other, each whole and in a file of its own",
    };
    let counts: Vec<String> = counts.iter().map(|(section, count)| format!("{section}: {count}")).collect();
    let (all, counts) = (steps.len(), counts.join(", "));
    let message = format!("this comes to {all} steps ({counts}), and {STEPS_MAX} are done at once; {remedy}");
    Problem::invalid("document", message)
}
