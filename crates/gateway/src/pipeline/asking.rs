//! From a denial to a request: how a denied call is asked for, what became of it, and the one tool of our own with which
//! an AI client asks.
//!
//! Whether anything may be asked for, and who decides, is for the application behind the ports.

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use domain::integration::ToolClass;
use domain::record::{Decision, Durability, OutcomeStatus};
use http::StatusCode;
use serde_json::{Map, Value, json};
use tokio::time::Instant;
use verdict::{Action, Actor, Operation, Question, Snapshot, Verdict};

use crate::gateway::Gateway;
use crate::message::{self, Fault, code};
use crate::pipeline::accept::Door;
use crate::pipeline::answer::{self, Exit};
use crate::pipeline::evaluate::{any_of, client_of, digest, refusal, told};
use crate::pipeline::identify::Caller;
use crate::pipeline::parse::Request;
use crate::pipeline::question::Wanted;
use crate::pipeline::record::{self, Blank, Ended};
use crate::ports::{Ports, RequestTold, ToolAsked};

/// Our own tool. An integration's tool of that name, where there is one, goes before it.
pub(crate) const TOOL: &str = "wardroom__request_access";
/// Its definition.
const DEFINITION: &str = r#"{"name":"wardroom__request_access","title":"Request access","description":"Asks for access to a tool whose call was denied. The people who may grant it are told who asks, what for and why; one of them decides. Call it once for a tool, say in the note what it is needed for, and tell the person you work for. It does not give access by itself.","inputSchema":{"type":"object","properties":{"tool":{"type":"string","description":"The tool's name as it was called"},"note":{"type":"string","maxLength":500,"description":"What it is needed for, in a sentence"}},"required":["tool"],"additionalProperties":false},"annotations":{"readOnlyHint":false,"destructiveHint":false,"idempotentHint":true,"openWorldHint":false}}"#;

/// The definition of our own tool, where it is offered at a door.
pub(crate) fn offered(snapshot: &Snapshot, door: &Door) -> Option<&'static str> {
    let action = match &door.integration {
        Some(integration) => Action::CallTool { integration, tool: TOOL },
        None => Action::CallExposed { name: TOOL },
    };
    (snapshot.offers_requests() && snapshot.meant(action).is_none()).then_some(DEFINITION)
}

/// What a denial says besides why: how to ask for it, or what became of that.
pub(crate) struct HowToAsk {
    pub(crate) text: String,
    pub(crate) machine: Value,
}

/// Whether somebody may ask at all, in the engine's words. Who does nothing at present may not: all is denied to them, also
/// what is hidden, so that to tell them how to ask for a tool would tell them that it is there.
fn asks_for_itself(actor: &Actor) -> Action<'static> {
    Action::Operate(Operation::RequestAccess { requester: actor.subject, acting_for: actor.acting_for })
}

/// How a denied call can be asked for; none where there is no such tool, and for whoever may not ask.
pub(crate) async fn how_to_ask<P: Ports>(
    gateway: &Gateway<P>,
    caller: &Caller<P::Access>,
    (door, wanted): (&Door, &Wanted),
) -> Option<HowToAsk> {
    // Whether it is left to their client is told where it asks.
    let actor = Actor { credential: None, ..caller.actor };
    let question = Question { actor: &actor, action: asks_for_itself(&actor), now: gateway.ports.now() };
    if !caller.snapshot.evaluate(&question).is_allowed() {
        return None;
    }
    let asked = tool_asked(&caller.snapshot, &door.integration, &wanted.name)?;
    let thing = format!("tool:{}/{}", asked.integration, asked.tool);
    let quoted = if thing.chars().all(is_plain) { thing } else { format!("'{}'", thing.replace('\'', r"'\''")) };
    let cli = format!("wardroom request open call {quoted}");
    let tool = offered(&caller.snapshot, door).map(|_| TOOL);
    let mut machine = Map::from_iter([("cli".to_owned(), json!(cli)), ("tool".to_owned(), json!(tool))]);
    if let Some(url) = &gateway.options.public_url {
        let id = format!("{}/{}", asked.integration, asked.tool);
        machine.insert("url".to_owned(), json!(format!("{url}/api/v1/orgs/{}/requests", caller.org())));
        machine.insert("body".to_owned(), json!({ "action": "call", "resource": { "type": "tool", "id": id } }));
    }
    let text = match gateway.ports.request_told(&caller.access, caller.actor, &asked).await {
        Some(RequestTold::Waits { id, on, waits_for }) => {
            machine.insert("asked".to_owned(), json!({ "id": id, "state": "open", "on": on, "waits_for": waits_for }));
            let who =
                if waits_for.is_empty() { String::new() } else { format!(", waiting for {}", any_of(&waits_for)) };
            format!("asked for on {on}{who}")
        }
        Some(RequestTold::Refused { id, on, by, reason }) => {
            machine.insert(
                "asked".to_owned(),
                json!({ "id": id, "state": "refused", "on": on, "by": by, "reason": reason }),
            );
            let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            let by = by.map(|by| format!(" by {by}")).unwrap_or_default();
            format!("refused{by} on {on}{reason}. to ask again: {cli}")
        }
        None => match tool {
            Some(tool) => format!("to ask for it: call {tool}, or {cli}"),
            None => format!("to ask for it: {cli}"),
        },
    };
    Some(HowToAsk { text, machine: Value::Object(machine) })
}

fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "_-./:".contains(letter)
}

/// The tool that a name means at a door: the one that is listed there, or `integration/tool`.
fn tool_asked(snapshot: &Snapshot, integration: &Option<String>, name: &str) -> Option<ToolAsked> {
    let here = match integration {
        Some(integration) => Action::CallTool { integration, tool: name },
        None => Action::CallExposed { name },
    };
    let elsewhere = || {
        let (integration, tool) = name.split_once('/')?;
        snapshot.meant(Action::CallTool { integration, tool })
    };
    let (tool, integration) = snapshot.meant(here).or_else(elsewhere)?;
    Some(ToolAsked { integration: integration.slug.to_string(), tool: tool.name.to_string() })
}

/// Answers a call of our own tool. It is recorded like every call, and goes on to its end whoever waits for it.
pub(crate) async fn ask<P: Ports>(
    gateway: &Arc<Gateway<P>>,
    caller: Caller<P::Access>,
    door: &Door,
    request: Request,
) -> Result<Response, Exit> {
    let arguments = request.params.get("arguments");
    let text = |name: &str| arguments.and_then(|arguments| arguments.get(name)).and_then(Value::as_str);
    let Some(tool) = text("tool").map(str::to_owned) else {
        let fault = Fault::new(code::INVALID_PARAMS, "`arguments.tool` must be the name of the tool that is asked for");
        return Err(Exit::fault(StatusCode::OK, Some(&request.id), &fault));
    };
    let note = text("note").map(str::to_owned);
    may_ask(gateway, &caller, door, &request).await?;
    let Ok(slot) = gateway.calls.take(caller.org(), caller.actor.subject) else {
        let text = "limited: too many calls are running; wait until one of them has ended";
        let message =
            refusal(&request, code::LIMITED, text, ("io.wardroom/limit", json!({ "code": "too-many-calls" })));
        return Err(Exit::from(answer::json(StatusCode::OK, message)));
    };
    // What is not there is asked for like anything else, so that the answer is the one for what is hidden.
    let unknown = || ToolAsked { integration: String::new(), tool: tool.clone() };
    let asked = tool_asked(&caller.snapshot, &door.integration, &tool).unwrap_or_else(unknown);
    let aside = gateway.clone();
    let done = gateway.aside(async move {
        let _slot = slot;
        carried(&aside, &caller, &request, (asked, note)).await
    });
    match done.await {
        Ok(answered) => answered,
        Err(_) => Err(Exit::unavailable(None, "Wardroom could not carry out the request; try again shortly")),
    }
}

/// Asks the engine whether the caller may ask. A denial is recorded and answered like that of any call.
async fn may_ask<P: Ports>(
    gateway: &Arc<Gateway<P>>,
    caller: &Caller<P::Access>,
    door: &Door,
    request: &Request,
) -> Result<(), Exit> {
    let (action, now) = (asks_for_itself(&caller.actor), gateway.ports.now());
    let Verdict::Denied(denial) = caller.snapshot.evaluate(&Question { actor: &caller.actor, action, now }) else {
        return Ok(());
    };
    let intent = own_call(gateway, caller, request).decided(now, Decision::Denied, denial.reason.code());
    gateway.note(intent).await;
    Err(told(gateway, caller, request, (denial, action), (door, None)).await)
}

/// What is recorded of a call of our own tool.
fn own_call<'r, P: Ports>(gateway: &Gateway<P>, caller: &'r Caller<P::Access>, request: &'r Request) -> Blank<'r> {
    Blank {
        subject: Some(caller.actor),
        client: client_of(request),
        tool: Some(TOOL),
        class: Some(ToolClass::Write),
        arguments_digest: Some(digest(gateway, caller, request)),
        ..Blank::new(&caller.snapshot, &request.method)
    }
}

async fn carried<P: Ports>(
    gateway: &Arc<Gateway<P>>,
    caller: &Caller<P::Access>,
    request: &Request,
    (asked, note): (ToolAsked, Option<String>),
) -> Result<Response, Exit> {
    let intent = own_call(gateway, caller, request).decided(gateway.ports.now(), Decision::Allowed, "own");
    let recorded = record::begin(gateway, intent, Durability::Synced, Instant::now()).await.map_err(|unavailable| {
        tracing::error!(reason = %unavailable, "a call was refused since it could not be recorded");
        let message = "the call was not made, since it cannot be recorded at the moment; try again shortly";
        Exit::unavailable(Some(&request.id), message)
    })?;
    let opened = gateway.ports.request_access(&caller.access, caller.actor, &asked, note).await;
    let (status, detail, message) = match opened {
        Ok(opened) => {
            let who = match opened.waits_for.as_slice() {
                [] => "whoever may grant it".to_owned(),
                names => any_of(names),
            };
            let text = format!("asked: {}. it waits for {who} (request {})", opened.says, opened.id);
            let structured = json!({ "id": opened.id, "state": "open", "waits_for": opened.waits_for });
            (OutcomeStatus::Succeeded, None, said(request, &text, structured))
        }
        Err(not) => {
            let machine = json!({ "code": not.code, "because": not.message });
            let text = format!("refused: {}", not.message);
            (
                OutcomeStatus::ToolError,
                Some(not.code),
                refusal(request, code::INTERNAL, &text, ("io.wardroom/refusal", machine)),
            )
        }
    };
    let response_bytes = message.len() as u64;
    recorded.finish(gateway, Ended { status, detail, request_bytes: 0, response_bytes }).await;
    Ok(answer::json(StatusCode::OK, message))
}

fn said(request: &Request, text: &str, structured: Value) -> Bytes {
    let mut result = json!({ "content": [{ "type": "text", "text": text }], "structuredContent": structured,
        "isError": false });
    if let (true, Some(members)) = (request.dialect.is_modern(), result.as_object_mut()) {
        members.insert("resultType".to_owned(), json!("complete"));
    }
    message::result(&request.id, &result)
}
