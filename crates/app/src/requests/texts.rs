//! Texts by people about requests: the note of whoever asks, and the reason of whoever refuses.

use domain::grant::Grantee;
use domain::id::{OrgId, PersonId, RequestId};
use domain::organization::Organization;
use domain::request::NewRequest;
use journal::Fact;

use crate::Problem;

/// Characters of a note or a reason.
const LENGTH_MAX: usize = 500;

/// Where the reason for a refusal stands.
pub(super) fn reason_id(request: RequestId) -> String {
    format!("{request}/reason")
}

/// A text that may be kept; none where nothing is said.
pub(super) fn checked(field: &'static str, text: Option<&str>) -> Result<Option<String>, Problem> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    let unfit = |text: &&str| {
        text.chars().count() > LENGTH_MAX || text.chars().any(|letter| letter.is_control() && letter != '\n')
    };
    match text.filter(unfit) {
        Some(_) => Err(Problem::invalid(field, format!("write at most {LENGTH_MAX} characters of plain text"))),
        None => Ok(text.map(str::to_owned)),
    }
}

fn erase(org: OrgId, request: RequestId) -> [Fact; 2] {
    [request.to_string(), reason_id(request)].map(|id| Fact::Label { org, id, label: String::new() })
}

/// What goes with the requests that are forgotten once one more of somebody's is closed.
pub(super) fn forgotten(org: OrgId, state: &Organization, requester: Grantee) -> Vec<Fact> {
    state.requests_forgotten_next(requester).into_iter().flat_map(|request| erase(org, request)).collect()
}

/// What goes with a person who leaves: everything that was written in and about requests of theirs.
pub(crate) fn erased(org: OrgId, state: &Organization, person: PersonId) -> Vec<Fact> {
    of(org, state, |asked| asked.requester == Grantee::Member(person) || asked.acting_for == Some(person))
}

/// The same for an agent or a workspace key.
pub(crate) fn erased_of(org: OrgId, state: &Organization, requester: Grantee) -> Vec<Fact> {
    of(org, state, |asked| asked.requester == requester)
}

fn of(org: OrgId, state: &Organization, theirs: impl Fn(&NewRequest) -> bool) -> Vec<Fact> {
    let asked = state.requests.values().map(|request| &request.asked).filter(|asked| theirs(asked));
    asked.flat_map(|asked| erase(org, asked.id)).collect()
}
