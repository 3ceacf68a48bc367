//! Ask for access, and take back what one asked.

use domain::command::Command;
use domain::id::RequestId;
use domain::organization::Organization;
use domain::request::{AccessRequest, NewRequest, RequestState, Wanted, already_allowed, nothing_would_help};
use journal::Fact;
use verdict::{Denial, Operation, Reason, Verdict};

use super::texts::checked;
use super::wanted::wanted;
use super::{RequestDetail, is_mine, request_id, subject_of};
use crate::ask::{Alone, Asked, View, Wording, asks_for_itself, question};
use crate::change::Along;
use crate::{App, Caller, Problem};

/// What somebody asks for.
#[derive(Clone, Debug)]
pub struct RequestToOpen {
    /// What they want to do.
    pub wording: Wording,
    /// What they say about it.
    pub note: Option<String>,
    /// For how long, in milliseconds.
    pub lasts_ms: Option<i64>,
}

impl App {
    /// Asks for something that is denied to the caller. The same question again is the request that waits already.
    ///
    /// # Errors
    /// [`Problem::Missing`] for what is not there or hidden from the caller; [`Problem::Refused`] for what is allowed
    /// already, what no small change would allow, and where too many requests wait.
    pub async fn open_request(&self, caller: &Caller, open: &RequestToOpen) -> Result<RequestDetail, Problem> {
        let note = checked("note", open.note.as_deref())?;
        let view = self.present(caller);
        // Who may not ask is told so before anything is looked up: it is all denied to them, there or not.
        let operation = asks_for_itself(&caller.actor);
        let _permit = self.permit(&view.snapshot, &caller.actor, operation).await?;
        let alone = self.ask_at_length(caller)?;
        if open.wording.kind == "member" {
            // Whether somebody is a member is for those who see members.
            let seen = self.asked(&view.snapshot, &caller.actor, Operation::ViewMembers).is_allowed();
            seen.then_some(()).ok_or_else(|| Problem::missing("member"))?;
        }
        let asked = self.understand(caller, &view, &open.wording).await?;
        let wanted = self.denied_openly(caller, &view, &asked)?;
        let waits = {
            let state = caller.live.state.lock().await;
            state.open_requests().find(|open| same(open, caller, &wanted)).map(|open| open.asked.id)
        };
        if let Some(id) = waits {
            return self.shown((caller, &alone), id).await;
        }
        let id = RequestId::from_random(self.random()?);
        let (requester, acting_for) = (caller.actor.subject.grantee(), caller.actor.acting_for);
        let new = NewRequest { id, requester, acting_for, wanted, wished_ms: open.lasts_ms };
        self.could_be_granted((caller, &alone), &new).await?;
        let command = |state: &Organization| match state.open_requests().find(|open| same(open, caller, &new.wanted)) {
            // Another of the same came first; its note stands, and this one has nowhere to.
            Some(_) => Err(Problem::missing("request")),
            None => Ok(Command::OpenRequest(new.clone())),
        };
        let label = |label| Fact::Label { org: caller.live.org(), id: id.to_string(), label };
        let along = Along { facts: note.into_iter().map(label).collect(), directory: None };
        let done = self.change(caller, operation, command, along).await;
        let found = {
            let state = caller.live.state.lock().await;
            state.open_requests().find(|open| same(open, caller, &new.wanted)).map(|open| open.asked.id)
        };
        match (done, found) {
            (Ok(_), _) => Ok(RequestDetail { is_new: true, ..self.shown((caller, &alone), id).await? }),
            (Err(Problem::Missing { noun: "request", .. }), Some(other)) => self.shown((caller, &alone), other).await,
            (Err(problem), _) => Err(problem),
        }
    }

    /// Takes back a request of one's own.
    ///
    /// # Errors
    /// [`Problem::Missing`] for another's, [`Problem::Refused`] for one that was decided.
    pub async fn withdraw_request(&self, caller: &Caller, request: &str) -> Result<RequestDetail, Problem> {
        let id = request_id(request)?;
        let alone = self.ask_at_length(caller)?;
        let (requester, acting_for) = {
            let state = caller.live.state.lock().await;
            let known = state.request(id).filter(|request| is_mine(request, &caller.actor));
            let asked = &known.ok_or_else(|| Problem::missing("request"))?.asked;
            let requester = subject_of(asked.requester).ok_or_else(|| Problem::missing("request"))?;
            (requester, asked.acting_for)
        };
        let operation = Operation::RequestAccess { requester, acting_for };
        let command = |_: &_| Ok(Command::WithdrawRequest { request: id });
        self.change(caller, operation, command, Along::default()).await?;
        self.shown((caller, &alone), id).await
    }

    /// What the caller is denied and may know of. What is hidden from them is answered as what is not there.
    fn denied_openly(&self, caller: &Caller, view: &View, asked: &Asked) -> Result<Wanted, Problem> {
        let noun = asked.noun().unwrap_or("tool");
        let missing = || Problem::missing(noun);
        match view.snapshot.evaluate(&question(asked, &caller.actor, view.now)?) {
            Verdict::Allowed(_) => Err(already_allowed().into()),
            // What is not left to their client is theirs: nobody else has anything to grant.
            Verdict::Denied(Denial { reason: Reason::ClientProfile { .. }, .. }) => Err(already_allowed().into()),
            Verdict::Denied(denial)
                if denial.hidden || matches!(denial.reason, Reason::NoSuchTool | Reason::NoSuchTarget) =>
            {
                Err(missing())
            }
            Verdict::Denied(_) => wanted(asked, &view.snapshot).ok_or_else(missing),
        }
    }

    /// Checks that some small change would satisfy a request.
    async fn could_be_granted(&self, (caller, alone): (&Caller, &Alone), new: &NewRequest) -> Result<(), Problem> {
        let look = self.look(caller).await;
        let (opened_at, state) = (look.now, RequestState::Open);
        let request = AccessRequest { asked: new.clone(), opened_at, since_seq: look.state.seq + 1, state };
        let found = alone.work(move || look.remedies(&request)).await?;
        if found.sets.is_empty() && !found.allowed { Err(nothing_would_help().into()) } else { Ok(()) }
    }
}

fn same(open: &AccessRequest, caller: &Caller, wanted: &Wanted) -> bool {
    open.is_by(caller.actor.subject.grantee(), caller.actor.acting_for) && open.asked.wanted == *wanted
}
