//! Texts by people about requests: the note of whoever asks, and the reason of whoever refuses.

use std::collections::BTreeSet;

use domain::event::Event;
use domain::id::{OrgId, RequestId};
use domain::organization::Organization;
use domain::refusal::unprintable;
use domain::request::may_forget;
use journal::Fact;

use crate::Problem;

/// Characters of a note or a reason.
const LENGTH_MAX: usize = 500;

/// Where the reason for a refusal stands.
pub(super) fn reason_id(request: RequestId) -> String {
    format!("{request}/reason")
}

/// A text that may be kept; none where nothing is said.
pub(crate) fn checked(field: &'static str, text: Option<&str>) -> Result<Option<String>, Problem> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    let unfit = |text: &&str| {
        text.chars().count() > LENGTH_MAX || text.chars().any(|letter| unprintable(letter) && letter != '\n')
    };
    match text.filter(unfit) {
        Some(_) => Err(Problem::invalid(field, format!("write at most {LENGTH_MAX} characters of plain text"))),
        None => Ok(text.map(str::to_owned)),
    }
}

fn erase(org: OrgId, request: RequestId) -> [Fact; 2] {
    [request.to_string(), reason_id(request)].map(|id| Fact::Label { org, id, label: String::new() })
}

/// What goes by these events, which lead from one state to the other: everything that was written in and about requests that
/// are kept no longer, and in those that an agent opened for somebody who leaves.
pub(crate) fn erased(org: OrgId, [state, then]: [&Organization; 2], events: &[Event]) -> Vec<Fact> {
    if state.all_requests().next().is_none() || !events.iter().any(may_forget) {
        return Vec::new();
    }
    let left = |person| events.iter().any(|event| *event == Event::MemberRemoved { person });
    let kept: BTreeSet<RequestId> = then.all_requests().map(|request| request.asked.id).collect();
    let asked = state.all_requests().map(|request| &request.asked);
    let gone = asked.filter(|asked| !kept.contains(&asked.id) || asked.acting_for.is_some_and(left));
    gone.flat_map(|asked| erase(org, asked.id)).collect()
}
