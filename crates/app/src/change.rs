//! How every change is made: authorize on the newest state, handle, commit.

use std::sync::{Arc, Mutex, PoisonError};

use domain::command::{self, Command};
use domain::event::Event;
use domain::grant::Grantee;
use domain::organization::Organization;
use domain::record::{Decision, Intent};
use domain::time::Timestamp;
use journal::{Append, Fact, StreamId};
use verdict::{Action, Actor, Denial, Operation, Permit, Question, Snapshot, Verdict};

use crate::authentication::Caller;
use crate::commit::{Commit, CommitFault, Part};
use crate::{App, Problem};

/// Attempts before a change gives up against other writers.
pub(crate) const ATTEMPTS_MAX: u32 = 8;

/// What is to happen if it may.
#[derive(Default)]
pub(crate) struct Along {
    /// Rows that change with the events.
    pub(crate) facts: Vec<Fact>,
    /// An append to the directory that happens with it or not at all.
    pub(crate) directory: Option<Box<Append>>,
}

impl App {
    /// Asks the engine about an operation.
    pub(crate) async fn permit(
        &self,
        snapshot: &Snapshot,
        actor: &Actor,
        operation: Operation<'_>,
    ) -> Result<Permit, Problem> {
        match self.asked(snapshot, actor, operation) {
            Verdict::Allowed(permit) => Ok(permit),
            Verdict::Denied(denial) => Err(self.denied((snapshot, actor), denial, operation).await),
        }
    }

    pub(crate) fn asked(&self, snapshot: &Snapshot, actor: &Actor, operation: Operation<'_>) -> Verdict {
        snapshot.evaluate(&Question { actor, action: Action::Operate(operation), now: self.now() })
    }

    pub(crate) async fn denied(
        &self,
        (snapshot, actor): (&Snapshot, &Actor),
        denial: Denial,
        operation: Operation<'_>,
    ) -> Problem {
        if !operation.only_looks() {
            self.note_attempt(snapshot, actor, (denial, operation)).await;
        }
        if denial.hidden {
            return Problem::missing(noun(operation));
        }
        let explanation = snapshot.explain_denial(denial, Action::Operate(operation));
        let ask = self.names(&explanation.ask).await;
        Problem::Denied { explanation: Box::new(explanation), ask }
    }

    /// Somebody tried to change what they may not: that stands in the record, up to a number in each second, so
    /// that trying cannot fill the disk.
    async fn note_attempt(&self, snapshot: &Snapshot, actor: &Actor, (denial, operation): (Denial, Operation<'_>)) {
        let now = self.now();
        if !self.inner.attempts.take(now) {
            return;
        }
        let attempt = Intent {
            org: snapshot.org(),
            at: now,
            subject: actor.subject.as_str().to_owned(),
            acting_for: actor.acting_for,
            credential: actor.credential.map(|credential| credential.key),
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
        if let Err(error) = self.inner.journal.note(attempt).await {
            tracing::error!(%error, "a denied attempt could not be recorded");
        }
    }

    /// Makes a change: the operation is authorized against the very state that the command is handled on, and
    /// again if another writer came first. Returns the events, none where everything was so already.
    pub(crate) async fn change(
        &self,
        caller: &Caller,
        operation: Operation<'_>,
        command: impl Fn(&Organization) -> Result<Command, Problem>,
        along: Along,
    ) -> Result<Vec<Event>, Problem> {
        let mut along = Some(along);
        for _ in 0..ATTEMPTS_MAX {
            let mut state = Arc::clone(&caller.live.state).lock_owned().await;
            let snapshot = caller.live.snapshot();
            let permit = match self.asked(&snapshot, &caller.actor, operation) {
                Verdict::Allowed(permit) => permit,
                Verdict::Denied(denial) => {
                    // Names are looked up for the answer; nobody else should wait for that.
                    drop(state);
                    return Err(self.denied((&snapshot, &caller.actor), denial, operation).await);
                }
            };
            let events = command::handle(&state, command(&state)?, self.now())?;
            if let Some(expected) = caller.mode.expected_seq
                && expected != state.seq
            {
                return Err(Problem::Moved { seq: state.seq });
            }
            if caller.mode.preview {
                // On a copy, so that others can go on changing meanwhile.
                let copy = Organization::clone(&state);
                drop(state);
                let impact = self.impact_of(caller, &snapshot, &copy, &events).await?;
                return Err(Problem::Previewed(Box::new(impact)));
            }
            let Some(extra) = along.take() else { break };
            if events.is_empty() && extra.facts.is_empty() {
                return Ok(events);
            }
            let parts = vec![Part { permit, events }];
            let commit = Commit { parts, actor: caller.stamp(), facts: extra.facts, directory: extra.directory };
            match self.commit(Arc::clone(&caller.live), state, commit).await {
                Ok(events) => return Ok(events),
                Err(CommitFault::Conflict { facts, mut directory }) => {
                    state = Arc::clone(&caller.live.state).lock_owned().await;
                    caller.live.catch_up(&self.inner.journal, &mut state).await?;
                    // Either stream may have been the one that moved. What goes into the directory rests on no state
                    // of it: that names are taken once is held by the rows beside it.
                    if let Some(directory) = &mut directory {
                        directory.expected = self.inner.journal.head(StreamId::Directory).await?;
                    }
                    along = Some(Along { facts, directory });
                }
                Err(CommitFault::Problem(problem)) => return Err(problem),
            }
        }
        Err(Problem::Unavailable { message: "others are changing this organization; try again".to_owned() })
    }
}

/// How many attempts are recorded in each second.
const ATTEMPTS_RECORDED_PER_SECOND: u64 = 50;

/// Counts what was recorded in the present second.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<(i64, u64)>);

impl Attempts {
    fn take(&self, now: Timestamp) -> bool {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let second = now.0.div_euclid(1_000);
        if counted.0 != second {
            *counted = (second, 0);
        }
        counted.1 += 1;
        counted.1 <= ATTEMPTS_RECORDED_PER_SECOND
    }
}

fn noun(operation: Operation<'_>) -> &'static str {
    match operation {
        Operation::ViewIntegration { .. }
        | Operation::EditIntegration { .. }
        | Operation::DisconnectIntegration { .. }
        | Operation::ReviewTool { .. } => "integration",
        Operation::ViewKey { .. }
        | Operation::RotateKey { .. }
        | Operation::RevokeKey { .. }
        | Operation::SetKeyRole { .. } => "key",
        Operation::EditAgent { .. }
        | Operation::SetAgentRole { .. }
        | Operation::CreateAgentKey { .. }
        | Operation::Delegate { .. }
        | Operation::EndDelegation { .. }
        | Operation::Assign { grantee: Grantee::Agent(_), .. } => "agent",
        Operation::Resource { .. } | Operation::ShareResource { .. } => "resource",
        Operation::AssignResource { .. } => "resource or team",
        Operation::ViewTeam { .. }
        | Operation::EditTeam { .. }
        | Operation::InviteToTeam { .. }
        // The one that newcomers shall join.
        | Operation::EditOrganization { .. }
        | Operation::Assign { grantee: Grantee::Team(_), .. } => "team",
        Operation::Data { .. } => "object",
        Operation::Field { .. } => "field",
        _ => "member",
    }
}
