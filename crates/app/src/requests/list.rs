//! See requests: one's own, and those that one may decide.

use std::collections::HashMap;

use domain::id::RequestId;
use domain::request::AccessRequest;
use verdict::{Operation, Subject};

use super::examine::{Examined, Look, aside, name_of};
use super::texts::reason_id;
use super::wanted::{says, wording};
use super::{RemedyView, RequestDetail, RequestView, is_mine, request_id, subject_of};
use crate::{App, Caller, Problem};

/// Requests of others that are looked at for one page: what would satisfy each is tried out on copies.
const EXAMINED_MAX: usize = 100;

/// Which requests.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'w> {
    /// Those in this state, such as `open`.
    pub state: Option<&'w str>,
    /// Only one's own.
    pub mine: bool,
    /// Only those opened before the change of this number.
    pub before: Option<u64>,
    /// How many at most.
    pub limit: usize,
}

/// A page of requests, the newest first.
#[derive(Clone, Debug)]
pub struct Page {
    /// The requests.
    pub items: Vec<RequestView>,
    /// Where the next page goes on; none on the last. A page can be shorter than was asked for.
    pub next: Option<u64>,
}

/// A request, and whether the one who looks may decide it.
type Seen = (AccessRequest, bool);

impl App {
    /// The requests that the caller may know of: their own, those they may decide, and those they decided. Who may read
    /// somebody's record sees what became of their requests.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where something broke.
    pub async fn list_requests(&self, caller: &Caller, which: Which<'_>) -> Result<Page, Problem> {
        let look = self.look(caller).await;
        let (state, mine) = (which.state.map(str::to_owned), which.mine);
        let (before, limit) = (which.before.unwrap_or(u64::MAX), which.limit);
        let (look, seen, next) = aside(move || {
            let fits = |request: &&AccessRequest| {
                request.since_seq < before
                    && state.as_ref().is_none_or(|state| *state == request.state.as_str())
                    && (!mine || is_mine(request, &look.actor))
            };
            let mut found: Vec<&AccessRequest> = look.state.all_requests().filter(fits).collect();
            found.sort_unstable_by_key(|request| std::cmp::Reverse(request.since_seq));
            let (seen, next) = look.page(&found, limit);
            (look, seen, next)
        })
        .await?;
        Ok(Page { items: self.request_views(caller, &look, seen).await?, next })
    }

    /// One request, with what would satisfy it and what that would lead to.
    ///
    /// # Errors
    /// [`Problem::Missing`] where there is none that the caller may know of.
    pub async fn show_request(&self, caller: &Caller, request: &str) -> Result<RequestDetail, Problem> {
        self.shown(caller, request_id(request)?).await
    }

    pub(super) async fn shown(&self, caller: &Caller, id: RequestId) -> Result<RequestDetail, Problem> {
        let (look, request, examined) = self.examined(caller, id).await?;
        let may_decide = examined.may_decide();
        let Examined { allowed, sets } = examined;
        let first = sets.first().map_or(&[][..], |found| &found.set);
        let waits_for = look.snapshot.deciders(id, first, look.now);
        let waits_for = self.names_for((&look.snapshot, &caller.actor), &waits_for).await;
        let mut remedies = Vec::with_capacity(sets.len());
        for found in sets {
            let impact = match &found.by_caller {
                Some(done) => {
                    self.impact_of(caller, &look.snapshot, &look.state, (&done.events(), &[])).await?.summary()
                }
                None => Vec::new(),
            };
            remedies.push(RemedyView {
                id: name_of(&found.set),
                says: found.set.iter().map(|remedy| look.snapshot.remedy_in_words(remedy)).collect(),
                may_make: found.by_caller.is_some(),
                may_end: look.may_end(&request, &found.set),
                impact,
            });
        }
        let seq = look.state.seq;
        let view = self.request_views(caller, &look, vec![(request, may_decide)]).await?.pop();
        let view = view.ok_or_else(|| Problem::missing("request"))?;
        Ok(RequestDetail { view, allowed, waits_for, remedies, seq })
    }

    /// One request and what would satisfy it, for a caller who may know of it.
    pub(super) async fn examined(
        &self,
        caller: &Caller,
        id: RequestId,
    ) -> Result<(Look, AccessRequest, Examined), Problem> {
        let look = self.look(caller).await;
        let request = look.state.request(id).cloned().ok_or_else(|| Problem::missing("request"))?;
        let (look, request, examined) = aside(move || {
            let examined = look.examine(&request);
            (look, request, examined)
        })
        .await?;
        let visible = look.may_know(&request) || examined.may_decide();
        if visible { Ok((look, request, examined)) } else { Err(Problem::missing("request")) }
    }

    async fn request_views(&self, caller: &Caller, look: &Look, seen: Vec<Seen>) -> Result<Vec<RequestView>, Problem> {
        if seen.is_empty() {
            return Ok(Vec::new());
        }
        let of = |(request, _): &Seen| {
            let decided = request.state.decided().and_then(|decided| stamped(&decided.by));
            let principal = request.asked.acting_for.map(Subject::Member);
            [subject_of(request.asked.requester), principal, decided]
        };
        let mut subjects: Vec<Subject> = seen.iter().flat_map(of).flatten().collect();
        subjects.sort_unstable();
        subjects.dedup();
        let names = self.names_of(caller, &subjects).await?;
        let names: HashMap<Subject, String> = subjects.into_iter().zip(names).collect();
        let mut labels = self.labels(caller.live.org()).await?;
        let view = |(request, may_decide): Seen| {
            let [requester, principal, decided] = of(&(request.clone(), may_decide));
            let name = |subject: Option<Subject>| subject.and_then(|subject| names.get(&subject).cloned());
            RequestView {
                wording: wording(&request.asked.wanted, &look.state),
                says: says(&request.asked.wanted, &look.state),
                requester: name(requester).unwrap_or_default(),
                acting_for: name(principal),
                decided_by: name(decided),
                note: labels.remove(request.asked.id.as_str()),
                reason: labels.remove(&reason_id(request.asked.id)),
                mine: is_mine(&request, &caller.actor),
                may_decide,
                request,
            }
        };
        Ok(seen.into_iter().map(view).collect())
    }
}

impl Look {
    /// What is seen of these, until the page is full or enough was tried out.
    fn page(&self, found: &[&AccessRequest], limit: usize) -> (Vec<Seen>, Option<u64>) {
        let (mut seen, mut examined, mut last) = (Vec::new(), 0, None);
        for request in found {
            if seen.len() == limit || examined == EXAMINED_MAX {
                return (seen, last);
            }
            last = Some(request.since_seq);
            let may_decide = request.is_open() && {
                examined += 1;
                self.examine(request).may_decide()
            };
            if may_decide || self.may_know(request) {
                seen.push(((*request).clone(), may_decide));
            }
        }
        (seen, None)
    }

    /// Whether one knows of a request without being able to decide it: one's own, those that one decided, and what
    /// became of those of others whose record one may read.
    fn may_know(&self, request: &AccessRequest) -> bool {
        let decided = request.state.decided().is_some_and(|decided| stamped(&decided.by) == Some(self.actor.subject));
        let audits = || {
            let subject = subject_of(request.asked.requester);
            let operation = Operation::ReadAudit { subject };
            let action = verdict::Action::Operate(operation);
            let question = verdict::Question { actor: &self.actor, action, now: self.now };
            !request.is_open() && self.snapshot.evaluate(&question).is_allowed()
        };
        is_mine(request, &self.actor) || decided || audits()
    }
}

/// Who did something, from how the journal names actors.
pub(super) fn stamped(actor: &str) -> Option<Subject> {
    Subject::parse(actor.split('/').next().unwrap_or_default())
}
