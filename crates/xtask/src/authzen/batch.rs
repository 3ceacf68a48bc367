//! Several questions in one request.

use serde_json::{Value, json};

use super::basic::{context, decided, decision, question, request_id};
use super::cast::Cast;
use super::client::{Client, Endpoint};
use super::report::{Level, Report};

/// What each answer must be; none where only its form counts.
type Wanted<'w> = &'w [Option<bool>];

fn asked(client: &Client, body: &Value, wanted: Wanted<'_>) -> Result<(), String> {
    let answer = client.post(Endpoint::Evaluations, body)?;
    let body = answer.ok()?;
    let answers = body["evaluations"].as_array().ok_or_else(|| format!("evaluations is {}", body["evaluations"]))?;
    if answers.len() != wanted.len() {
        return Err(format!("{} answers instead of {}", answers.len(), wanted.len()));
    }
    for (place, (answer, wanted)) in answers.iter().zip(wanted).enumerate() {
        let outcome = match wanted {
            Some(wanted) => decided(answer, *wanted),
            None => decision(answer).map(|_| ()),
        };
        outcome.map_err(|fault| format!("answer {place}: {fault}"))?;
    }
    Ok(())
}

pub(super) fn examine(client: &Client, cast: &Cast, report: &mut Report) {
    core(client, cast, report);
    semantics(client, cast, report);
    single(client, cast, report);
    by_properties(client, cast, report);
}

fn core(client: &Client, cast: &Cast, report: &mut Report) {
    let Cast { writer, reader, record, archived, read, write, .. } = cast;
    let named = json!({ "evaluations": [question(writer, read, record)] });
    request_id(client, (Endpoint::Evaluations, &named), (Level::BatchCore, "5"), report);
    let mut case = |section, name: &str, outcome| report.case((Level::BatchCore, section), name, outcome);

    let two = json!({ "subject": writer, "action": read,
        "evaluations": [{ "resource": record }, { "resource": archived }] });
    case("3.2.1", "every question gets an answer with a decision", asked(client, &two, &[None, None]));

    let ordered =
        json!({ "subject": reader, "resource": record, "evaluations": [{ "action": read }, { "action": write }] });
    case(
        "3.2.2",
        "the answers come in the order of the questions",
        asked(client, &ordered, &[Some(true), Some(false)]),
    );

    let whole = json!({ "evaluations": [question(writer, read, record), question(reader, write, record)] });
    case("3.2.5", "questions may be whole, without defaults", asked(client, &whole, &[Some(true), Some(false)]));

    let contexts = json!({ "subject": writer, "action": read, "context": context(), "evaluations": [
        { "resource": record },
        { "resource": record, "context": { "time": "2026-03-14T16:00-05:00", "source": "override" } } ] });
    case(
        "3.2.6",
        "a context may stand above and be replaced below",
        asked(client, &contexts, &[Some(true), Some(true)]),
    );

    let many: Vec<Value> =
        (0..20).map(|place| json!({ "action": if place % 3 == 0 { write } else { read } })).collect();
    let wanted: Vec<Option<bool>> = (0..20).map(|place| Some(place % 3 != 0)).collect();
    let body = json!({ "subject": reader, "resource": record, "evaluations": many });
    case("3.3.1", "there are as many answers as questions, in their order", asked(client, &body, &wanted));

    let incomplete = json!({ "subject": writer, "action": read, "options": { "evaluations_semantic": "execute_all" },
        "evaluations": [{ "resource": record }, {}] });
    case(
        "3.4.1",
        "a question that is not whole is a no among answers",
        asked(client, &incomplete, &[Some(true), Some(false)]),
    );
}

/// The ways to end early are part of the specification, though the scenario does not ask for them.
fn semantics(client: &Client, cast: &Cast, report: &mut Report) {
    let Cast { reader, record, read, write, .. } = cast;
    let body = |semantic: &str, actions: [&Value; 3]| {
        let evaluations = actions.map(|action| json!({ "action": action }));
        json!({ "subject": reader, "resource": record, "evaluations": evaluations,
            "options": { "evaluations_semantic": semantic } })
    };
    let mut case = |name: &str, outcome| report.case((Level::BatchCore, "spec"), name, outcome);
    let all = asked(client, &body("execute_all", [read, write, read]), &[Some(true), Some(false), Some(true)]);
    case("execute_all answers everything", all);
    let first_deny = asked(client, &body("deny_on_first_deny", [read, write, read]), &[Some(true), Some(false)]);
    case("deny_on_first_deny ends with the first no", first_deny);
    let first_permit = asked(client, &body("permit_on_first_permit", [write, read, read]), &[Some(false), Some(true)]);
    case("permit_on_first_permit ends with the first yes", first_permit);
    let unknown = client.post(Endpoint::Evaluations, &body("whatever_comes", [read, read, read]));
    case("400 for a way that there is not", unknown.and_then(|answer| answer.refused()));
    let mut more = body("execute_all", [read, write, read]);
    more["options"]["something_else"] = json!(1);
    let more = asked(client, &more, &[Some(true), Some(false), Some(true)]);
    case("options that nobody knows are passed over", more);
}

fn single(client: &Client, cast: &Cast, report: &mut Report) {
    let mut one = question(&cast.writer, &cast.read, &cast.record);
    let asked_as_one = |body: &Value| -> Result<(), String> {
        let answer = client.post(Endpoint::Evaluations, body)?;
        decided(answer.ok()?, true)
    };
    let mut case = |section, name: &str, outcome| report.case((Level::BatchCore, section), name, outcome);
    case("3.4.2", "without a list it is one question", asked_as_one(&one));
    one["evaluations"] = json!([]);
    case("3.4.3", "with an empty list it is one question", asked_as_one(&one));
    for missing in ["subject", "action", "resource"] {
        let mut body = one.clone();
        if let Some(fields) = body.as_object_mut() {
            fields.remove(missing);
        }
        let outcome = client.post(Endpoint::Evaluations, &body).and_then(|answer| answer.refused());
        case("2.4.1", &format!("400 for one question without {missing}"), outcome);
    }
}

fn by_properties(client: &Client, cast: &Cast, report: &mut Report) {
    let Cast { writer, privileged, active, archived, write, .. } = cast;
    let mut case = |section, name: &str, outcome| report.case((Level::BatchProperties, section), name, outcome);

    let resources = json!({ "subject": writer, "action": write,
        "evaluations": [{ "resource": active }, { "resource": archived }] });
    let yes_no = [Some(true), Some(false)];
    case("3.2.3", "each question has the properties of its own resource", asked(client, &resources, &yes_no));

    let subjects = json!({ "action": write, "resource": archived,
        "evaluations": [{ "subject": writer }, { "subject": privileged }] });
    let no_yes = [Some(false), Some(true)];
    case("3.2.4", "each question has the properties of its own subject", asked(client, &subjects, &no_yes));

    let defaults = json!({ "subject": writer, "action": write, "resource": active,
        "evaluations": [{}, { "resource": archived }] });
    case("3.2.7", "a default counts as a whole or not at all", asked(client, &defaults, &yes_no));
}
