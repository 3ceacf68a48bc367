//! Fourth step: which question is this request to the one engine?

use serde_json::{Map, Value};
use verdict::{Action, Operation, Question};

use crate::message::{Fault, code};
use crate::pipeline::accept::Door;
use crate::pipeline::kind::Kind;
use crate::pipeline::names;

/// What a client wants of an integration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Wanted {
    pub(crate) kind: Kind,
    /// The integration's slug; none for a tool at the one URL, where the tool's name says it.
    pub(crate) integration: Option<String>,
    /// A tool's name as the client knows it; all else as the integration's server knows it. Empty for a list.
    pub(crate) name: String,
}

impl Wanted {
    /// All of a kind that an integration has, or says.
    pub(crate) fn list(kind: Kind, integration: String) -> Wanted {
        Wanted { kind, integration: Some(integration), name: String::new() }
    }

    /// The same as the engine is asked.
    pub(crate) fn action(&self) -> Action<'_> {
        match (self.kind, self.integration.as_deref()) {
            (Kind::CallTool, Some(integration)) => Action::CallTool { integration, tool: &self.name },
            (Kind::CallTool, None) => Action::CallExposed { name: &self.name },
            (_, integration) => Action::Use { integration: integration.unwrap_or_default() },
        }
    }
}

/// Reads what a request wants that names one thing.
pub(crate) fn wanted(door: &Door, kind: Kind, params: &Map<String, Value>) -> Result<Wanted, Fault> {
    let invalid = |what: &str| Fault::new(code::INVALID_PARAMS, what);
    let text =
        |of: Option<&Value>, what: &str| of.and_then(Value::as_str).map(str::to_owned).ok_or_else(|| invalid(what));
    let arguments = "`params.arguments` must be an object";
    match kind {
        Kind::CallTool => {
            let name = text(params.get("name"), "`params.name` must be the name of a tool")?;
            let is_sound = params.get("arguments").is_none_or(Value::is_object);
            is_sound
                .then(|| Wanted { kind, integration: door.integration.clone(), name })
                .ok_or_else(|| invalid(arguments))
        }
        Kind::GetPrompt => {
            let name = text(params.get("name"), "`params.name` must be the name of a prompt")?;
            let is_sound = params.get("arguments").is_none_or(Value::is_object);
            is_sound.then(|| prompt(door, kind, name)).ok_or_else(|| invalid(arguments))
        }
        Kind::ReadResource | Kind::Subscribe | Kind::Unsubscribe => {
            Ok(resource(door, kind, text(params.get("uri"), "`params.uri` must be the URI of a resource")?))
        }
        Kind::Complete => {
            let reference = params.get("ref");
            let get = |key| reference.and_then(|reference| reference.get(key));
            match get("type").and_then(Value::as_str) {
                Some("ref/prompt") => {
                    Ok(prompt(door, kind, text(get("name"), "`params.ref.name` must be the name of a prompt")?))
                }
                Some("ref/resource") => Ok(resource(
                    door,
                    kind,
                    text(get("uri"), "`params.ref.uri` must be the URI of a resource or a template")?,
                )),
                _ => Err(invalid("`params.ref.type` must be `ref/prompt` or `ref/resource`")),
            }
        }
        Kind::ListPrompts | Kind::ListResources | Kind::ListTemplates | Kind::Listen => {
            Ok(Wanted::list(kind, door.integration.clone().unwrap_or_default()))
        }
    }
}

fn prompt(door: &Door, kind: Kind, name: String) -> Wanted {
    at(door, kind, (&name, names::prompt_of(&name)))
}

fn resource(door: &Door, kind: Kind, uri: String) -> Wanted {
    at(door, kind, (&uri, names::address_of(&uri)))
}

/// What is named so at a door. At the one URL, what names no integration is at none that there is.
fn at(door: &Door, kind: Kind, (name, parts): (&str, Option<(&str, &str)>)) -> Wanted {
    let (integration, name) = match &door.integration {
        Some(integration) => (integration.as_str(), name),
        None => parts.unwrap_or(("", name)),
    };
    Wanted { kind, integration: Some(integration.to_owned()), name: name.to_owned() }
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
