//! See requests: one's own, and those that one may decide.

use std::collections::{HashMap, VecDeque};

use domain::id::RequestId;
use domain::permission::Permission;
use domain::request::{AccessRequest, Wanted};
use domain::resource::ResourceVerb;
use verdict::{Operation, Subject};

use super::examine::{Examined, Look, name_of};
use super::texts::reason_id;
use super::wanted::{says, wording};
use super::{RemedyView, RequestDetail, RequestView, is_mine, request_id, subject_of};
use crate::ask::Alone;
use crate::{App, Caller, Problem};

/// For how long requests are examined for one page, in milliseconds: what would satisfy each is tried out on copies. It is
/// a time and no number of requests, so that a page that ends early tells no more than how long it took.
const EXAMINED_MS_MAX: i64 = 10_000;
/// Requests that are examined in one piece of work.
const AT_A_TIME: usize = 5;
/// What tokens of pages are sealed for.
const PAGES: &str = "requests";
/// Every change that would satisfy a request needs one of these, or is the share of a resource that whoever makes it may
/// share, or lets an agent act for oneself.
const TO_DECIDE: [Permission; 9] = [
    Permission::KeyManageWorkspace,
    Permission::GrantAssign,
    Permission::TeamAssign,
    Permission::TeamMembers,
    Permission::TeamRoles,
    Permission::IntegrationEdit,
    Permission::ToolReview,
    Permission::RoleAssign,
    Permission::AgentManage,
];

/// Which requests.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'w> {
    /// Those in this state, such as `open`.
    pub state: Option<&'w str>,
    /// Only one's own.
    pub mine: bool,
    /// Only those after the page that ended with this.
    pub cursor: Option<&'w str>,
    /// How many at most.
    pub limit: usize,
}

/// A page of requests, the newest first.
#[derive(Clone, Debug)]
pub struct Page {
    /// The requests.
    pub items: Vec<RequestView>,
    /// Where the next page goes on; none on the last. A page can be shorter than was asked for where many are looked at.
    pub next: Option<String>,
}

/// A request, and whether the one who looks may decide it.
type Seen = (AccessRequest, bool);

impl App {
    /// The requests that the caller may know of: their own, those they may decide, and those they decided. Who may read
    /// somebody's record sees what became of their requests.
    ///
    /// # Errors
    /// [`Problem::Busy`] while another question of the caller's that takes long is being answered.
    pub async fn list_requests(&self, caller: &Caller, which: Which<'_>) -> Result<Page, Problem> {
        let alone = self.ask_at_length(caller)?;
        let look = self.look(caller).await;
        let before = which.cursor.map(|cursor| self.page_after(caller, cursor)).transpose()?.unwrap_or(u64::MAX);
        let fits = |request: &&AccessRequest| {
            request.since_seq < before
                && which.state.is_none_or(|state| state == request.state.as_str())
                && (!which.mine || is_mine(request, &look.actor))
        };
        let mut found: Vec<AccessRequest> = look.state.all_requests().filter(fits).cloned().collect();
        found.sort_unstable_by_key(|request| std::cmp::Reverse(request.since_seq));
        let decides = look.may_decide_some();
        let (found, limit) = (found.into(), which.limit);
        let mut page = Looking { look, found, limit, decides, last: None, seen: Vec::new(), next: None };
        let until = self.now().plus_ms(EXAMINED_MS_MAX);
        while !page.found.is_empty() && page.next.is_none() {
            page = alone.work(move || page.on()).await?;
            if self.now() >= until && !page.found.is_empty() {
                page.next = page.next.or(page.last);
            }
        }
        let org = caller.live.org();
        // Sealed, for it may be the number of a request that is hidden from whoever gets it.
        let next = page.next.map(|seq| self.sealed_token(org, PAGES, &format!("{seq:020}"))).transpose()?;
        Ok(Page { items: self.request_views(caller, &page.look, page.seen).await?, next })
    }

    /// The number of the change that opened the last request of a page.
    fn page_after(&self, caller: &Caller, cursor: &str) -> Result<u64, Problem> {
        let opened = self.opened_token(caller.live.org(), PAGES, cursor);
        let other = || Problem::invalid("cursor", "give the value of next of the page before");
        opened.and_then(|inside| inside.parse().ok()).ok_or_else(other)
    }

    /// One request, with what would satisfy it and what that would lead to.
    ///
    /// # Errors
    /// [`Problem::Missing`] where there is none that the caller may know of.
    pub async fn show_request(&self, caller: &Caller, request: &str) -> Result<RequestDetail, Problem> {
        let id = request_id(request)?;
        self.shown((caller, &self.ask_at_length(caller)?), id).await
    }

    pub(super) async fn shown(
        &self,
        (caller, alone): (&Caller, &Alone),
        id: RequestId,
    ) -> Result<RequestDetail, Problem> {
        let (look, request, examined) = self.examined((caller, alone), id).await?;
        let may_decide = examined.may_decide();
        let Examined { allowed, sets, .. } = examined;
        let deciding = move || {
            let deciders = look.deciders(&request, &sets);
            (look, request, sets, deciders)
        };
        let (look, request, sets, deciders) = alone.work(deciding).await?;
        let waits_for = self.names_for((&look.snapshot, &caller.actor), &deciders).await;
        let explains = self.explains_everybody(caller);
        let mut remedies = Vec::with_capacity(sets.len());
        for found in sets {
            let may_hear = |remedy| self.may_hear_of(caller, &look.snapshot, remedy);
            // Whoever asked is told of no change that names what is hidden from them.
            if !explains && found.by_caller.is_none() && !found.set.iter().all(may_hear) {
                continue;
            }
            let impact = match &found.by_caller {
                Some(doing) => {
                    let changes = (doing.done.events(), &[][..]);
                    self.impact_of((caller, alone), &look.snapshot, look.state.clone(), changes).await?.summary()
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
        Ok(RequestDetail { view, allowed, waits_for, remedies, seq, is_new: false })
    }

    /// One request and what would satisfy it, for a caller who may know of it.
    pub(super) async fn examined(
        &self,
        (caller, alone): (&Caller, &Alone),
        id: RequestId,
    ) -> Result<(Look, AccessRequest, Examined), Problem> {
        let look = self.look(caller).await;
        let request = look.state.request(id).cloned().ok_or_else(|| Problem::missing("request"))?;
        if !(look.may_know(&request) || look.may_decide_some() || look.may_share(&request)) {
            return Err(Problem::missing("request"));
        }
        let (look, request, examined) = alone
            .work(move || {
                let examined = look.examine(&request);
                (look, request, examined)
            })
            .await?;
        let visible = look.may_know(&request) || examined.may_decide();
        if visible { Ok((look, request, examined)) } else { Err(Problem::missing("request")) }
    }

    /// Who decided a request, where the caller may be told: others' names are for those who see who is here.
    pub(super) fn decider_told(&self, caller: &Caller, by: &str) -> Option<Subject> {
        let sees = || self.asked(&caller.live.snapshot(), &caller.actor, Operation::ViewMembers).is_allowed();
        stamped(by).filter(|subject| *subject == caller.actor.subject || sees())
    }

    async fn request_views(&self, caller: &Caller, look: &Look, seen: Vec<Seen>) -> Result<Vec<RequestView>, Problem> {
        if seen.is_empty() {
            return Ok(Vec::new());
        }
        let of = |(request, _): &Seen| {
            let decided = request.state.decided().and_then(|decided| self.decider_told(caller, &decided.by));
            let principal = request.asked.acting_for.map(Subject::Member);
            [subject_of(request.asked.requester), principal, decided]
        };
        let mut subjects: Vec<Subject> = seen.iter().flat_map(of).flatten().collect();
        subjects.sort_unstable();
        subjects.dedup();
        let names = self.names_of(caller, &subjects).await?;
        let names: HashMap<Subject, String> = subjects.into_iter().zip(names).collect();
        let texts = |(request, _): &Seen| [request.asked.id.to_string(), reason_id(request.asked.id)];
        let texts = seen.iter().flat_map(texts).collect();
        let mut labels = self.labels_of(caller.live.org(), texts).await?;
        let view = |(request, may_decide): Seen| {
            let [requester, principal, decided] = of(&(request.clone(), may_decide));
            let name = |subject: Option<Subject>| subject.and_then(|subject| names.get(&subject).cloned());
            RequestView {
                wording: wording(&request.asked.wanted, look),
                says: says(&request.asked.wanted, look),
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

/// A page that is being filled.
struct Looking {
    look: Look,
    /// What was not looked at yet, the newest first.
    found: VecDeque<AccessRequest>,
    limit: usize,
    /// Whether the caller may make any of the changes that satisfy requests.
    decides: bool,
    /// The last that was looked at.
    last: Option<u64>,
    seen: Vec<Seen>,
    next: Option<u64>,
}

impl Looking {
    /// Goes on, for as long as one piece of work may take. There is a next page where there is one more to be seen, so that
    /// nobody learns of requests that they may not know of.
    fn on(mut self) -> Looking {
        let mut examined = 0;
        while examined < AT_A_TIME
            && let Some(request) = self.found.pop_front()
        {
            let knows = self.look.may_know(&request);
            let decides = request.is_open() && (knows || self.decides || self.look.may_share(&request));
            examined += usize::from(decides);
            let may_decide = decides && self.look.examine(&request).may_decide();
            if !may_decide && !knows {
                self.last = Some(request.since_seq);
                continue;
            }
            if self.seen.len() == self.limit {
                self.next = self.seen.last().map(|(request, _)| request.since_seq);
                return self;
            }
            self.last = Some(request.since_seq);
            self.seen.push((request, may_decide));
        }
        self
    }
}

impl Look {
    /// Whether the caller holds anything with which one decides requests: who holds nothing of it is spared the search, and
    /// with it everybody else.
    fn may_decide_some(&self) -> bool {
        let subject = self.actor.subject;
        let places = self.state.teams.values().filter_map(|team| team.members.get(&subject.person()?));
        let in_teams = places.map(|place| self.snapshot.permissions_of_role(place.role));
        let mut sets = in_teams.chain([self.snapshot.permissions_of(subject, self.now)]);
        sets.any(|set| TO_DECIDE.into_iter().any(|permission| set.scope(permission).is_some()))
    }

    /// Whether the caller may share what a request is about.
    fn may_share(&self, request: &AccessRequest) -> bool {
        let Wanted::Resource { resource, .. } = request.asked.wanted else { return false };
        self.allows(Operation::Resource { verb: ResourceVerb::Share, resource })
    }

    /// Whether one knows of a request without being able to decide it: one's own, those that one decided, and what
    /// became of those of others whose record one may read.
    fn may_know(&self, request: &AccessRequest) -> bool {
        let decided = request.state.decided().is_some_and(|decided| stamped(&decided.by) == Some(self.actor.subject));
        let audits = || {
            let subject = subject_of(request.asked.requester);
            !request.is_open() && self.allows(Operation::ReadAudit { subject })
        };
        is_mine(request, &self.actor) || decided || audits()
    }
}

/// Who did something, from how the journal names actors.
pub(super) fn stamped(actor: &str) -> Option<Subject> {
    Subject::parse(actor.split('/').next().unwrap_or_default())
}
