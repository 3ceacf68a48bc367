//! Grant a request, or refuse it.

use std::sync::Arc;

use domain::command::Command;
use domain::organization::Organization;
use domain::request::{already_allowed, nothing_would_help, one_of_several};
use domain::time::Timestamp;
use journal::Fact;
use verdict::{Operation, Remedy};

use super::examine::{Examined, Look, name_of};
use super::texts::{checked, reason_id};
use super::{RequestDetail, request_id};
use crate::change::{ATTEMPTS_MAX, Along};
use crate::policy_file::Planner;
use crate::{App, Caller, Problem};

/// Which changes grant a request, and for how long.
#[derive(Clone, Copy, Debug, Default)]
pub struct Choice<'c> {
    /// The id of a set of changes, where several would do.
    pub remedy: Option<&'c str>,
    /// For how long.
    pub term: Term,
}

/// For how long something is given.
#[derive(Clone, Copy, Debug, Default)]
pub enum Term {
    /// For as long as whoever asked wished, and for good where they wished no end: nobody is given anything for longer than
    /// was wished unless whoever decides says so.
    #[default]
    AsWished,
    /// For good.
    Good,
    /// Until a moment.
    Until(Timestamp),
    /// For so many milliseconds from now.
    For(i64),
}

impl App {
    /// Grants a request: makes the changes that satisfy it and says so, all of it in one commit and each under the
    /// caller's own rights.
    ///
    /// # Errors
    /// [`Problem::Missing`] where the caller may not know of it, [`Problem::Denied`] where they could not make the
    /// changes by hand, [`Problem::Refused`] where it was decided, is allowed already, or the changes cannot end by
    /// themselves.
    pub async fn grant_request(
        &self,
        caller: &Caller,
        request: &str,
        choice: Choice<'_>,
    ) -> Result<RequestDetail, Problem> {
        let id = request_id(request)?;
        let alone = self.ask_at_length(caller)?;
        for _ in 0..ATTEMPTS_MAX {
            let (look, request, examined) = self.examined((caller, &alone), id).await?;
            let until = match choice.term {
                Term::AsWished => look.wished(&request),
                Term::Good => None,
                Term::Until(until) => Some(until),
                Term::For(ms) => Some(look.now.plus_ms(ms)),
            };
            if !request.is_open() {
                // Says what became of it.
                domain::command::handle(&look.state, Command::RefuseRequest { request: id }, look.now)?;
            }
            let set = chosen(&examined, choice.remedy)?;
            let by = look.for_a_term(&request, set, until);
            self.decides(caller, &look, Operation::DecideRequest { request: id, by: &by }).await?;
            let steps = look.steps(&request, set, until)?;
            let seq = look.state.seq;
            let as_looked_at: Planner = Arc::new(move |state: &Organization| match state.seq == seq {
                true => Ok(steps.clone().into()),
                false => Err(Problem::Moved { seq: state.seq }),
            });
            match self.change_all((caller, &alone), &as_looked_at).await {
                // Somebody else was quicker: what would satisfy it is found anew.
                Err(Problem::Moved { .. }) if caller.mode.expected_seq.is_none() => {}
                Err(Problem::InStep { problem, .. }) => return Err(*problem),
                Err(problem) => return Err(problem),
                Ok(_) => return self.shown((caller, &alone), id).await,
            }
        }
        Err(Problem::Unavailable { message: "others are changing this organization; try again".to_owned() })
    }

    /// Refuses a request, with a reason that whoever asked is told.
    ///
    /// # Errors
    /// As [`App::grant_request`].
    pub async fn refuse_request(&self, caller: &Caller, request: &str, reason: &str) -> Result<RequestDetail, Problem> {
        let id = request_id(request)?;
        let reason = checked("reason", Some(reason))?;
        let reason = reason.ok_or_else(|| Problem::invalid("reason", "say why, in a sentence to whoever asked"))?;
        let alone = self.ask_at_length(caller)?;
        let (look, request, examined) = self.examined((caller, &alone), id).await?;
        if !request.is_open() {
            domain::command::handle(&look.state, Command::RefuseRequest { request: id }, look.now)?;
        }
        // Whoever could grant it in any way may refuse it, and who closes it where nothing is left to be granted.
        let theirs = examined.sets.iter().find(|found| found.by_caller.is_some()).or(examined.sets.first());
        let closing = Some(examined.closing.as_slice()).filter(|closing| !closing.is_empty());
        let term = theirs.and_then(|found| found.by_caller.as_ref()).and_then(|doing| doing.until);
        let by = theirs.map(|found| found.set.as_slice()).or(closing).ok_or_else(|| nobody_decides(&examined))?;
        let by = look.for_a_term(&request, by, term);
        let facts = vec![Fact::Label { org: caller.live.org(), id: reason_id(id), label: reason }];
        let command = |_: &_| Ok(Command::RefuseRequest { request: id });
        let along = Along { facts, directory: None };
        self.change(caller, Operation::DecideRequest { request: id, by: &by }, command, along).await?;
        self.shown((caller, &alone), id).await
    }

    /// Whether the engine lets the caller decide, with its reason where it does not.
    async fn decides(&self, caller: &Caller, look: &Look, operation: Operation<'_>) -> Result<(), Problem> {
        self.permit(&look.snapshot, &caller.actor, operation).await.map(|_permit| ())
    }
}

/// The changes that are meant: those that are named, or the only ones that the caller may make.
fn chosen<'e>(examined: &'e Examined, named: Option<&str>) -> Result<&'e [Remedy], Problem> {
    let mut theirs = examined.sets.iter().filter(|found| found.by_caller.is_some());
    let found = match named {
        Some(name) => {
            let gone = || {
                let message = "there is no such remedy any more; look at the request again";
                Problem::invalid("remedy", message)
            };
            Some(examined.sets.iter().find(|found| name_of(&found.set) == name).ok_or_else(gone)?)
        }
        None => match (theirs.next(), theirs.next()) {
            (Some(_), Some(_)) => return Err(one_of_several().into()),
            (Some(only), None) => Some(only),
            (None, _) => examined.sets.first(),
        },
    };
    found.map(|found| found.set.as_slice()).ok_or_else(|| nobody_decides(examined))
}

fn nobody_decides(examined: &Examined) -> Problem {
    if examined.allowed { already_allowed().into() } else { nothing_would_help().into() }
}
