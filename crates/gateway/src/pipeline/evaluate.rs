//! The decision itself, and how a denial is told. The engine decides; nothing here has a rule of its own.
//!
//! What is hidden answers exactly as what does not exist. A tool of a visible integration that the caller may
//! not call answers with the reason and with whom to ask.

use std::sync::Arc;

use bytes::Bytes;
use domain::grant::Profile;
use domain::id::{IntegrationId, PersonId};
use domain::integration::{CredentialKind, ToolClass};
use domain::record::Decision;
use domain::time::Timestamp;
use http::StatusCode;
use identity::oauth::scope;
use serde_json::{Value, json};
use verdict::{Act, Action, Denial, Explanation, Operation, Permit, Question, Reason, Snapshot, Verdict, Whose};

use crate::gateway::Gateway;
use crate::json;
use crate::message::{self, Fault, code};
use crate::pipeline::accept::Door;
use crate::pipeline::answer::{self, Exit};
use crate::pipeline::asking::{TOOL, how_to_ask};
use crate::pipeline::dialect::Dialect;
use crate::pipeline::identify::Caller;
use crate::pipeline::kind::Kind;
use crate::pipeline::parse::Request;
use crate::pipeline::question::Wanted;
use crate::pipeline::record::Blank;
use crate::ports::Ports;
use crate::upstream::short;

/// A call that may be made, with the permit that says so and all that forwarding needs to know of what it is of.
pub(crate) struct Allowed {
    pub(crate) permit: Permit,
    /// The moment for which it was asked.
    pub(crate) at: Timestamp,
    pub(crate) aim: Aim,
}

/// What an allowed call is of, as it was when the call was allowed.
pub(crate) struct Aim {
    pub(crate) kind: Kind,
    /// As its server knows it; empty for a list.
    pub(crate) name: Box<str>,
    /// A tool's definition; empty for all else.
    pub(crate) definition: Arc<str>,
    pub(crate) class: ToolClass,
    pub(crate) integration: IntegrationId,
    pub(crate) title: Box<str>,
    pub(crate) slug: Box<str>,
    pub(crate) url: Arc<str>,
    pub(crate) credential: CredentialKind,
}

impl Aim {
    /// What stands in the record beside the method.
    pub(crate) fn named(&self) -> Option<&str> {
        Some(&*self.name).filter(|name| !name.is_empty())
    }
}

/// Asks the engine. A denial is recorded and answered here.
pub(crate) async fn evaluate<P: Ports>(
    gateway: &Arc<Gateway<P>>,
    caller: &Caller<P::Access>,
    request: &Request,
    (door, wanted): (&Door, &Wanted),
) -> Result<Allowed, Exit> {
    let now = gateway.ports.now();
    let question = Question { actor: &caller.actor, action: wanted.action(), now };
    let denial = match caller.snapshot.evaluate(&question) {
        Verdict::Allowed(permit) => match aim(&caller.snapshot, &permit, wanted) {
            Some(aim) => return Ok(Allowed { permit, at: now, aim }),
            None => Denial { reason: Reason::NoSuchTool, hidden: true, whose: Whose::Subject },
        },
        Verdict::Denied(denial) => denial,
    };
    let described = described(&caller.snapshot, denial.reason, wanted);
    let blank = Blank {
        subject: Some(caller.actor),
        client: client_of(request),
        integration: described.integration,
        tool: Some(described.tool).filter(|name| !name.is_empty()),
        class: described.class,
        arguments_digest: Some(digest(gateway, caller, request)),
        ..Blank::new(&caller.snapshot, &request.method)
    };
    let intent = blank.decided(now, Decision::Denied, denial.reason.code());
    gateway.note(intent).await;
    Err(told(gateway, caller, request, (denial, wanted.action()), (door, Some(wanted))).await)
}

/// What is known of a denied call: where it would have gone, if that exists.
struct Described<'d> {
    integration: Option<IntegrationId>,
    tool: &'d str,
    class: Option<ToolClass>,
}

fn described<'d>(snapshot: &'d Snapshot, reason: Reason, wanted: &'d Wanted) -> Described<'d> {
    let known = match reason {
        Reason::OffForAll(tool) | Reason::HeldBack(tool) | Reason::OffHere(tool) | Reason::Profile { tool, .. } => {
            snapshot.tool(tool)
        }
        Reason::ClientProfile { .. } => snapshot.meant(wanted.action()),
        _ => None,
    };
    match known {
        Some((tool, integration)) => {
            Described { integration: Some(integration.id), tool: &tool.name, class: Some(tool.class) }
        }
        None => {
            let integration = wanted.integration.as_deref().and_then(|slug| snapshot.integration_by_slug(slug));
            Described { integration: integration.map(|integration| integration.id), tool: &wanted.name, class: None }
        }
    }
}

/// What a permit is for.
fn aim(snapshot: &Snapshot, permit: &Permit, wanted: &Wanted) -> Option<Aim> {
    let (name, definition, class, integration) = match permit.act() {
        Act::Call { tool, class, .. } => {
            let (tool, integration) = snapshot.tool(tool)?;
            (tool.name.clone(), tool.definition.clone(), class, integration)
        }
        Act::Use { integration } => {
            (wanted.name.as_str().into(), Arc::default(), ToolClass::Read, snapshot.integration(integration)?)
        }
        _ => return None,
    };
    Some(Aim {
        kind: wanted.kind,
        name,
        definition,
        class,
        integration: integration.id,
        title: integration.title.clone(),
        slug: integration.slug.clone(),
        url: integration.url.clone(),
        credential: integration.credential.clone(),
    })
}

/// The answer to a denied call; `wanted` is what can be asked for, where the call was of anybody's tool but our own.
pub(crate) async fn told<P: Ports>(
    gateway: &Arc<Gateway<P>>,
    caller: &Caller<P::Access>,
    request: &Request,
    (denial, action): (Denial, Action<'_>),
    (door, wanted): (&Door, Option<&Wanted>),
) -> Exit {
    if matches!(denial.reason, Reason::CredentialEnded | Reason::NotAMember) {
        let ended = "what you have shown lets you in no more; sign in again from your AI client, or create a new key under \
                     Keys in Wardroom";
        return Exit::not_identified(ended, &gateway.options.challenge(door, true));
    }
    if denial.hidden || matches!(denial.reason, Reason::NoSuchTool | Reason::NoSuchTarget) {
        return Exit::fault(StatusCode::OK, Some(&request.id), &not_there(request, wanted));
    }
    let explanation = caller.snapshot.explain_denial(denial, action);
    if let Reason::ClientProfile { class, .. } = denial.reason {
        return left_out(gateway, request, &explanation, (door, class));
    }
    let names = names(gateway, caller, &explanation.ask).await;
    let mut text = format!("denied: {}", explanation.because);
    if let Some(remedy) = &explanation.remedy {
        text.push_str(&format!(". {remedy}"));
        if !names.is_empty() {
            text.push_str(&format!(" ({} can help)", any_of(&names)));
        }
    }
    let mut machine =
        json!({ "code": explanation.code, "because": explanation.because, "remedy": explanation.remedy, "ask": names });
    if explanation.remedy.is_some()
        && let Some(wanted) = wanted.filter(|wanted| wanted.kind == Kind::CallTool)
        && let Some(how) = how_to_ask(gateway, caller, (door, wanted)).await
        && let Some(members) = machine.as_object_mut()
    {
        text.push_str(&format!(". {}", how.text));
        members.insert("request".to_owned(), how.machine);
    }
    let message = refusal(request, code::DENIED, &text, ("io.wardroom/denial", machine));
    Exit::from(answer::json(StatusCode::OK, message))
}

/// What is said of a thing that does not exist, and of one that is hidden.
fn not_there(request: &Request, wanted: Option<&Wanted>) -> Fault {
    let named = |key| request.params.get(key).and_then(Value::as_str).map(short).unwrap_or_default();
    match wanted.map_or(Kind::CallTool, |wanted| wanted.kind) {
        Kind::CallTool => {
            let name = wanted.map_or(TOOL, |wanted| &wanted.name);
            Fault::new(code::INVALID_PARAMS, format!("Unknown tool: {}", short(name)))
        }
        Kind::GetPrompt => Fault::new(code::INVALID_PARAMS, format!("Unknown prompt: {}", named("name"))),
        Kind::ReadResource | Kind::Subscribe | Kind::Unsubscribe => {
            let number = if request.dialect.is_modern() { code::INVALID_PARAMS } else { code::NO_RESOURCE };
            Fault::new(number, "Resource not found").with_data(json!({ "uri": named("uri") }))
        }
        Kind::Complete | Kind::ListPrompts | Kind::ListResources | Kind::ListTemplates | Kind::Listen => {
            Fault::new(code::INVALID_PARAMS, "there is nothing of this name")
        }
    }
}

/// The answer to a connected client whose person may do what it wants, and has let it do less: what to ask them for.
fn left_out<P: Ports>(
    gateway: &Gateway<P>,
    request: &Request,
    explanation: &Explanation,
    (door, class): (&Door, ToolClass),
) -> Exit {
    let needed = Profile::needed_for(class);
    let mut text = format!("denied: {}", explanation.because);
    text.extend(explanation.remedy.iter().flat_map(|remedy| [". ", remedy.as_str()]));
    let machine = json!({ "code": explanation.code, "because": explanation.because, "remedy": explanation.remedy,
        "scope": scope::words_of(needed) });
    let fault = Fault::new(code::NOT_LEFT_TO_CLIENT, text).with_data(machine);
    let message = fault.to_bytes(Some(&request.id));
    Exit::challenged(StatusCode::FORBIDDEN, message, &gateway.options.step_up(door, needed))
}

/// What those are called who can help, as the caller may be told.
pub(crate) async fn names<P: Ports>(
    gateway: &Gateway<P>,
    caller: &Caller<P::Access>,
    people: &[PersonId],
) -> Vec<String> {
    // Who sees nobody else is not told who is here either.
    let looking = Action::Operate(Operation::ViewMembers);
    let sees = Question { actor: &caller.actor, action: looking, now: gateway.ports.now() };
    let shown = if caller.snapshot.evaluate(&sees).is_allowed() { people } else { &[] };
    gateway.ports.names(caller.org(), shown).await
}

/// The answer that says why nothing came of a request, in the client's era: to a call of a tool it is a result, which the model
/// is shown, and to all else an error with this code.
pub(crate) fn refusal(request: &Request, code: i64, text: &str, meta: (&str, Value)) -> Bytes {
    if request.method != Kind::CallTool.method() {
        return Fault::new(code, text).with_data(json!({ meta.0: meta.1 })).to_bytes(Some(&request.id));
    }
    let mut result = message::tool_error(text, meta);
    if let (true, Some(members)) = (request.dialect.is_modern(), result.as_object_mut()) {
        members.insert("resultType".to_owned(), "complete".into());
    }
    message::result(&request.id, &result)
}

/// What the client of a request calls itself, where the request says so.
pub(crate) fn client_of(request: &Request) -> Option<String> {
    match &request.dialect {
        Dialect::Modern { client, .. } => client.clone(),
        Dialect::Legacy => None,
    }
}

/// The digest by which equal arguments can be recognised in the record.
pub(crate) fn digest<P: Ports>(gateway: &Gateway<P>, caller: &Caller<P::Access>, request: &Request) -> [u8; 32] {
    let mut canonical = Vec::with_capacity(128);
    // What is to be completed is called so.
    match request.params.get("arguments").or_else(|| request.params.get("argument")) {
        Some(arguments) => json::canonical(arguments, &mut canonical),
        None => canonical.extend_from_slice(b"{}"),
    }
    gateway.ports.arguments_digest(caller.org(), &canonical)
}

pub(crate) fn any_of(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [all @ .., last] => format!("{} or {last}", all.join(", ")),
    }
}
