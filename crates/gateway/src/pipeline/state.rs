//! The questions of an upstream to whoever called (revision 2026-07-28, "multi round-trip requests"), and what it wants to be
//! told again with the answers. Clients may change what they hold, and give it to others: it is taken from whom it was given
//! to, for what it was given, and as it was given.

use std::sync::Arc;

use domain::record::Decision;
use http::StatusCode;
use serde_json::{Map, Value};

use crate::gateway::Gateway;
use crate::message::{Fault, code};
use crate::pipeline::answer::Exit;
use crate::pipeline::evaluate::Aim;
use crate::pipeline::identify::Caller;
use crate::pipeline::parse::Request;
use crate::pipeline::record::Blank;
use crate::ports::Ports;

const STATE: &str = "requestState";
/// What a state is: an upstream's, or the number of a call that waits.
const TOLD: &[u8] = b"told";
const PARKED: &[u8] = b"parked";
/// Milliseconds for which a question may wait for its answer: a day.
const ANSWER_MS_MAX: i64 = 24 * 3_600_000;

/// What a client brings back with its answers.
pub(crate) enum Brought {
    Nothing,
    /// What the upstream wants to be told again.
    State(String),
    /// Which call waits for them.
    Parked(u64),
}

/// What the upstream of a call wants to be told again, where the client brings it, or which call it is that waits.
pub(crate) fn unmarked<P: Ports>(
    gateway: &Arc<Gateway<P>>,
    caller: &Caller<P::Access>,
    request: &Request,
    aim: &Aim,
) -> Result<Brought, Exit> {
    let brought = request.params.get(STATE).filter(|_| request.dialect.is_modern());
    let Some(brought) = brought else { return Ok(Brought::Nothing) };
    let now_ms = gateway.ports.now().0;
    let unmark = |kind: &[u8]| {
        let about = about(caller, aim, kind);
        let about = about.each_ref().map(Vec::as_slice);
        gateway.ports.states().unmark(&about, now_ms, brought.as_str()?)
    };
    let parked = || unmark(PARKED)?.parse().ok().map(Brought::Parked);
    unmark(TOLD).map(|state| Brought::State(state.to_owned())).or_else(parked).ok_or_else(|| {
        let blank = Blank { subject: Some(caller.actor), ..Blank::new(&caller.snapshot, &request.method) };
        gateway.note_noise(blank, Decision::Malformed, "request-state");
        let message =
            "`params.requestState` is not what you were given for this call, or it is too old; call again without it";
        Exit::fault(StatusCode::OK, Some(&request.id), &Fault::new(code::INVALID_PARAMS, message))
    })
}

/// Marks what an upstream wants to be told again in a result that asks something.
pub(crate) fn mark<P: Ports>(
    gateway: &Gateway<P>,
    (caller, aim): (&Caller<P::Access>, &Aim),
    result: &mut Map<String, Value>,
) {
    if let Some(Value::String(state)) = result.get_mut(STATE) {
        *state = marked(gateway, (caller, aim), TOLD, state);
    }
}

/// Says by which number a call is known that waits for answers.
pub(crate) fn mark_parked<P: Ports>(
    gateway: &Gateway<P>,
    (caller, aim): (&Caller<P::Access>, &Aim),
    number: u64,
) -> String {
    marked(gateway, (caller, aim), PARKED, &number.to_string())
}

fn marked<P: Ports>(
    gateway: &Gateway<P>,
    (caller, aim): (&Caller<P::Access>, &Aim),
    kind: &[u8],
    state: &str,
) -> String {
    let about = about(caller, aim, kind);
    let about = about.each_ref().map(Vec::as_slice);
    gateway.ports.states().mark(&about, gateway.ports.now().plus_ms(ANSWER_MS_MAX).0, state)
}

/// For which call a state was given.
fn about<A: crate::ports::Access>(caller: &Caller<A>, aim: &Aim, kind: &[u8]) -> [Vec<u8>; 7] {
    let acting_for = caller.actor.acting_for.map(|person| person.to_string()).unwrap_or_default();
    [
        caller.org().as_str().as_bytes().to_vec(),
        caller.actor.subject.as_str().as_bytes().to_vec(),
        acting_for.into_bytes(),
        aim.integration.as_str().as_bytes().to_vec(),
        aim.kind.method().as_bytes().to_vec(),
        aim.name.as_bytes().to_vec(),
        kind.to_vec(),
    ]
}

/// Whether a client says that it takes all these questions.
pub(crate) fn takes(takes: &Map<String, Value>, questions: Option<&Value>) -> bool {
    let Some(questions) = questions else { return true };
    let Some(questions) = questions.as_object() else { return false };
    questions.values().all(|question| question.as_object().is_some_and(|question| takes_one(takes, question)))
}

/// Whether a client says that it takes this question.
pub(crate) fn takes_one(takes: &Map<String, Value>, question: &Map<String, Value>) -> bool {
    match question.get("method").and_then(Value::as_str) {
        Some("elicitation/create") => takes.get("elicitation").and_then(Value::as_object).is_some_and(|how| {
            match question.get("params").and_then(|params| params.get("mode")).map(Value::as_str) {
                Some(Some("url")) => how.contains_key("url"),
                // Whoever says nothing of how takes forms.
                Some(Some("form")) | None => how.is_empty() || how.contains_key("form"),
                Some(_) => false,
            }
        }),
        Some("sampling/createMessage") => takes.contains_key("sampling"),
        Some("roots/list") => takes.contains_key("roots"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_client_is_asked_what_it_says_that_it_takes_and_nothing_else() {
        let form = json!({ "method": "elicitation/create", "params": { "message": "m", "requestedSchema": {} } });
        let link = json!({ "method": "elicitation/create", "params": { "mode": "url", "url": "https://a.example" } });
        let odd = json!({ "method": "elicitation/create", "params": { "mode": "voice" } });
        let (sampling, roots) = (json!({ "method": "sampling/createMessage" }), json!({ "method": "roots/list" }));
        for (capabilities, taken) in [
            (json!({}), vec![]),
            (json!({ "elicitation": {} }), vec![&form]),
            (json!({ "elicitation": { "form": {} } }), vec![&form]),
            (json!({ "elicitation": { "url": {} } }), vec![&link]),
            (json!({ "elicitation": { "url": {}, "form": {} }, "roots": {} }), vec![&form, &link, &roots]),
            (json!({ "sampling": {} }), vec![&sampling]),
        ] {
            for question in [&form, &link, &odd, &sampling, &roots, &json!({ "method": "ping" }), &json!(1)] {
                let asked = takes(capabilities.as_object().unwrap(), Some(&json!({ "q": question })));
                assert_eq!(asked, taken.contains(&question), "{capabilities} {question}");
            }
        }
        let both = json!({ "a": form, "b": link });
        assert!(!takes(json!({ "elicitation": {} }).as_object().unwrap(), Some(&both)));
        assert!(takes(&Map::new(), None) && !takes(&Map::new(), Some(&json!([]))));
    }
}
