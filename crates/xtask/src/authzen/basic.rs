//! One question, one answer.

use serde_json::{Value, json};

use super::cast::Cast;
use super::client::{Answer, Client, Endpoint};
use super::report::{Level, Report};

/// How often the same question is asked to see that it gets the same answer.
const REPETITIONS: usize = 5;

/// A question.
pub(super) fn question(subject: &Value, action: &Value, resource: &Value) -> Value {
    json!({ "subject": subject, "action": action, "resource": resource })
}

/// What the time and place of a question may look like.
pub(super) fn context() -> Value {
    json!({ "time": "2026-03-14T15:09-05:00", "ip": "203.0.113.9" })
}

/// A decision, whatever it is.
pub(super) fn decision(answer: &Value) -> Result<bool, String> {
    match &answer["context"] {
        Value::Null | Value::Object(_) => {}
        other => return Err(format!("context is {other} and no object")),
    }
    answer["decision"].as_bool().ok_or_else(|| format!("decision is {} and no boolean", answer["decision"]))
}

/// That it is this decision.
pub(super) fn decided(answer: &Value, wanted: bool) -> Result<(), String> {
    let found = decision(answer)?;
    if found == wanted { Ok(()) } else { Err(format!("decision is {found}: {}", answer["context"])) }
}

fn asked(client: &Client, body: &Value, wanted: bool) -> Result<(), String> {
    let answer = client.post(Endpoint::Evaluation, body)?;
    decided(answer.ok()?, wanted)
}

pub(super) fn examine(client: &Client, cast: &Cast, report: &mut Report) {
    decisions(client, cast, report);
    acceptance(client, cast, report);
    faults(client, cast, report);
    let first = question(&cast.writer, &cast.read, &cast.record);
    request_id(client, (Endpoint::Evaluation, &first), (Level::BasicCore, "2.5.1"), report);
    report.case((Level::BasicCore, "2.5.2"), "X-Request-ID may be left out", asked(client, &first, true));
    let outcome = (0..REPETITIONS).try_for_each(|_| asked(client, &first, true));
    report.case((Level::BasicCore, "2.6"), "the same question gets the same answer every time", outcome);
}

fn decisions(client: &Client, cast: &Cast, report: &mut Report) {
    let Cast { writer, reader, privileged, record, archived, target, read, write, mild, harsh, .. } = cast;
    let core = Level::BasicCore;
    let by_properties = Level::BasicProperties;
    for (level, section, name, parts, wanted) in [
        (core, "2.2.1", "the writer may read the record", (writer, read, record), true),
        (core, "1.4", "the writer may write the record", (writer, write, record), true),
        (core, "1.4", "the reader may read the record", (reader, read, record), true),
        (core, "2.2.2", "the reader may not write the record", (reader, write, record), false),
        (by_properties, "2.2.4", "the writer may not write the archived record", (writer, write, archived), false),
        (
            by_properties,
            "2.2.5",
            "the privileged one may write the archived record",
            (privileged, write, archived),
            true,
        ),
        (by_properties, "2.2.6", "the writer may do the mild action", (writer, mild, target), true),
        (by_properties, "2.2.7", "the writer may not do the harsh action", (writer, harsh, target), false),
    ] {
        let (subject, action, resource) = parts;
        report.case((level, section), name, asked(client, &question(subject, action, resource), wanted));
    }
}

fn acceptance(client: &Client, cast: &Cast, report: &mut Report) {
    let first = || question(&cast.writer, &cast.read, &cast.record);
    let mut case = |section, name: &str, outcome| report.case((Level::BasicCore, section), name, outcome);

    let mut with_context = first();
    with_context["context"] = context();
    case("2.2.3", "a context is accepted and changes nothing here", asked(client, &with_context, true));

    let mut more = first();
    for (entity, properties) in [
        ("subject", json!({ "department": "Sales", "role_name": "manager" })),
        ("action", json!({ "method": "GET" })),
        ("resource", json!({ "colour": "green", "keeper": { "name": "somebody" } })),
    ] {
        more[entity]["properties"] = properties;
    }
    case("2.2.8", "properties that mean nothing here are accepted", asked(client, &more, true));

    let mut unknown = first();
    unknown["spare"] = json!("yes");
    unknown["laterVersion"] = json!({ "nested": [1, 2, { "deep": null }] });
    case("2.2.9", "fields that nobody knows are passed over", asked(client, &unknown, true));
    let mut unknown = first();
    unknown["subject"]["nickname"] = json!("x");
    case("spec", "fields that nobody knows are passed over in entities, too", asked(client, &unknown, true));
}

fn faults(client: &Client, cast: &Cast, report: &mut Report) {
    let first = question(&cast.writer, &cast.read, &cast.record);
    let mut refused = |section, name: String, answer: Result<Answer, String>| {
        let outcome = answer.and_then(|answer| answer.refused());
        report.case((Level::BasicCore, section), name, outcome);
    };
    for missing in ["subject", "action", "resource"] {
        let mut body = first.clone();
        without(&mut body, missing);
        refused("2.4.1", format!("400 without {missing}"), client.post(Endpoint::Evaluation, &body));
    }
    for (entity, missing) in
        [("subject", "type"), ("subject", "id"), ("action", "name"), ("resource", "type"), ("resource", "id")]
    {
        let mut body = first.clone();
        without(&mut body[entity], missing);
        refused("2.4.2", format!("400 without {entity}.{missing}"), client.post(Endpoint::Evaluation, &body));
    }
    let raw = |content_type, body: &str| client.send(Endpoint::Evaluation, content_type, body.to_owned(), None);
    refused("2.4.3", "400 for what is not called JSON".to_owned(), raw("text/plain", &first.to_string()));
    refused("2.4.4", "400 for broken JSON".to_owned(), raw("application/json", "{\"subject\": {\"type\":"));
    refused("2.4.5", "400 for an empty body".to_owned(), raw("application/json", ""));
    for (name, entity, wrong) in [
        ("a subject that is a string", "subject", json!("alice")),
        ("an action whose name is a number", "action", json!({ "name": 123 })),
        ("a resource that is a list", "resource", json!(["record", "record-1"])),
    ] {
        let mut body = first.clone();
        body[entity] = wrong;
        refused("2.4.6", format!("400 for {name}"), client.post(Endpoint::Evaluation, &body));
    }
}

/// That the name of a question comes back with its answer.
pub(super) fn request_id(
    client: &Client,
    (endpoint, body): (Endpoint, &Value),
    place: (Level, &'static str),
    report: &mut Report,
) {
    let id = "0f5c-harness-7b";
    let outcome = client.post_as(endpoint, body, id).and_then(|answer| match answer.request_id.as_deref() {
        Some(found) if found == id => answer.ok().map(|_| ()),
        Some(other) => Err(format!("X-Request-ID is {other:?} instead of {id:?}")),
        None => Err(format!("there is no X-Request-ID in the answer (status {})", answer.status)),
    });
    report.case(place, "X-Request-ID comes back", outcome);
}

fn without(object: &mut Value, name: &str) {
    if let Some(fields) = object.as_object_mut() {
        fields.remove(name);
    }
}
