//! Access requests: a denial of something visible becomes a request, which whoever could make the change decides.
//!
//! What would satisfy a request is found anew each time it is looked at (`why_not` of the engine), and every change is
//! tried out on a copy as the one who looks: who may make it by hand may grant it here, and nobody else sees it. Notes
//! and reasons are texts by people; they stand where names do and go with the one who asked.
//!
//! Start reading at `examine`.

mod decide;
mod examine;
mod gone;
mod list;
mod open;
mod texts;
mod told;
mod wanted;

pub use decide::{Choice, Term};
pub use list::{Page, Which};
pub use open::RequestToOpen;
pub use told::Told;

use domain::grant::Grantee;
use domain::id::{PersonId, RequestId};
use domain::request::AccessRequest;
use verdict::{Actor, Subject};

pub(crate) use gone::may_end_requests;
pub(crate) use texts::{checked, erased};

use crate::Problem;
use crate::ask::Wording;

/// An access request as the caller sees it.
#[derive(Clone, Debug)]
pub struct RequestView {
    /// The request.
    pub request: AccessRequest,
    /// What is asked for, as a question in words.
    pub wording: Wording,
    /// The same for people.
    pub says: String,
    /// The name of whoever asks.
    pub requester: String,
    /// The name of the person for whom an agent asks.
    pub acting_for: Option<String>,
    /// The name of whoever decided it.
    pub decided_by: Option<String>,
    /// What whoever asks says about it.
    pub note: Option<String>,
    /// Why it was refused.
    pub reason: Option<String>,
    /// Whether the caller asked, or an agent did for them.
    pub mine: bool,
    /// Whether the caller may decide it.
    pub may_decide: bool,
}

/// An access request with what would satisfy it.
#[derive(Clone, Debug)]
pub struct RequestDetail {
    /// The request.
    pub view: RequestView,
    /// Whether it is allowed already.
    pub allowed: bool,
    /// Names of people who may decide it, at most three.
    pub waits_for: Vec<String>,
    /// The smallest sets of changes that would allow it, the smallest gift first.
    pub remedies: Vec<RemedyView>,
    /// The number of the state that was looked at.
    pub seq: u64,
    /// Whether it was opened just now, by whoever is answered.
    pub is_new: bool,
}

/// Changes that together would satisfy a request.
#[derive(Clone, Debug)]
pub struct RemedyView {
    /// Names them when the request is granted: it means the same changes in every state.
    pub id: String,
    /// The changes, in words.
    pub says: Vec<String>,
    /// Whether the caller may make them.
    pub may_make: bool,
    /// Whether they can be made for a time.
    pub may_end: bool,
    /// Who would gain and lose what, in sentences, for those who may make them.
    pub impact: Vec<String>,
}

fn request_id(text: &str) -> Result<RequestId, Problem> {
    RequestId::parse(text).map_err(|_| Problem::missing("request"))
}

/// Whoever asks, as a subject; a team or a role never asks.
fn subject_of(requester: Grantee) -> Option<Subject> {
    match requester {
        Grantee::Member(person) => Some(Subject::Member(person)),
        Grantee::Key(key) => Some(Subject::Key(key)),
        Grantee::Agent(agent) => Some(Subject::Agent(agent)),
        Grantee::Team(_) | Grantee::Role(_) => None,
    }
}

/// The person who would own what is made.
fn owner_of(actor: &Actor) -> Option<PersonId> {
    actor.subject.person().or(actor.acting_for)
}

/// Whether somebody asked, or an agent asked for them.
fn is_mine(request: &AccessRequest, actor: &Actor) -> bool {
    let for_me = request.asked.acting_for.is_some() && request.asked.acting_for == actor.subject.person();
    for_me || request.is_by(actor.subject.grantee(), actor.acting_for)
}
