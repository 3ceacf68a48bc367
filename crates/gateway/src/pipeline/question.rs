//! Fourth step: which question is this request to the one engine?

use serde_json::{Map, Value};
use verdict::{Action, Operation, Question};

use crate::message::{Fault, code};
use crate::pipeline::accept::Door;

/// A call that a client wants to make, in the terms of the door it came through.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Wanted {
    /// The integration of the door; none where the name says it.
    pub(crate) integration: Option<String>,
    /// The tool's name as the client knows it.
    pub(crate) name: String,
}

impl Wanted {
    /// The same as the engine is asked.
    pub(crate) fn action(&self) -> Action<'_> {
        match &self.integration {
            Some(integration) => Action::CallTool { integration, tool: &self.name },
            None => Action::CallExposed { name: &self.name },
        }
    }
}

/// Reads what a `tools/call` wants.
pub(crate) fn wanted(door: &Door, params: &Map<String, Value>) -> Result<Wanted, Fault> {
    let name = params.get("name").and_then(Value::as_str);
    let name = name.ok_or_else(|| Fault::new(code::INVALID_PARAMS, "`params.name` must be the name of a tool"))?;
    if !params.get("arguments").is_none_or(Value::is_object) {
        return Err(Fault::new(code::INVALID_PARAMS, "`params.arguments` must be an object"));
    }
    Ok(Wanted { integration: door.integration.clone(), name: name.to_owned() })
}

/// Whether the integration of this slug may be known to the actor at all.
pub(crate) fn may_know(
    snapshot: &verdict::Snapshot,
    actor: &verdict::Actor,
    slug: &str,
    now: domain::time::Timestamp,
) -> bool {
    snapshot.integration_by_slug(slug).is_some_and(|integration| {
        let action = Action::Operate(Operation::ViewIntegration { integration: integration.id });
        snapshot.evaluate(&Question { actor, action, now }).is_allowed()
    })
}
