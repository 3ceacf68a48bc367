//! What a change would do, on the wire: the answer to a change that was sent with `Wardroom-Preview: true`.

use std::collections::BTreeMap;

use app::impact::{Impact, SubjectImpact};
use serde::Serialize;
use utoipa::ToSchema;

/// What a change would do. Nothing was changed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Impact)]
pub(crate) struct ImpactBody {
    /// Always true: it says that nothing was changed.
    preview: bool,
    /// The state that was asked. Send it as `If-Match` with the change itself, so that nothing happens in between.
    seq: u64,
    /// The types of the events that it would lead to.
    events: Vec<&'static str>,
    /// Who gains or loses what.
    subjects: Vec<SubjectImpactBody>,
    /// How many more gain or lose something whom you may not ask about, or who are too many to name.
    others: usize,
    /// All of it in sentences.
    summary: Vec<String>,
}

/// What a change would do to a member, key or agent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SubjectImpact)]
struct SubjectImpactBody {
    /// Id of the member, key or agent.
    subject: String,
    /// Their name.
    name: String,
    /// `stays`, `comes` or `goes`.
    presence: &'static str,
    /// Permissions gained.
    gains: Vec<String>,
    /// Permissions lost.
    loses: Vec<String>,
    /// Tools gained, by integration.
    gains_tools: BTreeMap<String, Vec<String>>,
    /// Tools lost, by integration.
    loses_tools: BTreeMap<String, Vec<String>>,
    /// What they may do with resources from then on, by the resource's id.
    gains_resources: BTreeMap<String, Vec<&'static str>>,
    /// What they may do with resources no longer.
    loses_resources: BTreeMap<String, Vec<&'static str>>,
    /// Whether their personal keys begin (true) or cease (false) to work; left out where neither.
    #[serde(skip_serializing_if = "Option::is_none")]
    keys_work: Option<bool>,
}

impl From<Impact> for ImpactBody {
    fn from(impact: Impact) -> ImpactBody {
        let summary = impact.summary();
        let Impact { seq, events, subjects, others } = impact;
        ImpactBody { preview: true, seq, events, subjects: subjects.into_iter().map(body).collect(), others, summary }
    }
}

fn body(one: SubjectImpact) -> SubjectImpactBody {
    SubjectImpactBody {
        subject: one.subject.as_str().to_owned(),
        name: one.name,
        presence: one.presence.as_str(),
        gains: one.gains,
        loses: one.loses,
        gains_tools: one.gains_tools,
        loses_tools: one.loses_tools,
        gains_resources: one.gains_resources,
        loses_resources: one.loses_resources,
        keys_work: one.keys,
    }
}
