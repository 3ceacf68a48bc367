//! Who may, what may they have, what may they do.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::basic::{context, question, request_id};
use super::cast::{Cast, kind};
use super::client::{Client, Endpoint};
use super::report::{Level, Report};

/// What was found: ids of subjects and resources, names of actions.
fn found(endpoint: Endpoint, body: &Value, wanted_kind: &Value) -> Result<BTreeSet<String>, String> {
    let results = body["results"].as_array().ok_or_else(|| format!("results is {}", body["results"]))?;
    let text = |entity: &Value, name: &str| {
        entity[name].as_str().map(str::to_owned).ok_or_else(|| format!("a result without {name}: {entity}"))
    };
    results
        .iter()
        .map(|entity| match endpoint {
            Endpoint::SearchAction => text(entity, "name"),
            _ if entity["type"] == *wanted_kind => text(entity, "id"),
            _ => Err(format!("a result of another type: {entity}")),
        })
        .collect()
}

/// A search of all pages.
fn searched(client: &Client, endpoint: Endpoint, body: &Value) -> Result<BTreeSet<String>, String> {
    let wanted_kind = match endpoint {
        Endpoint::SearchSubject => &body["subject"]["type"],
        _ => &body["resource"]["type"],
    };
    let (mut all, mut body) = (BTreeSet::new(), body.clone());
    // As many pages as any sensible fixture has.
    for _ in 0..100 {
        let answer = client.post(endpoint, &body)?;
        let answer = answer.ok()?;
        all.extend(found(endpoint, answer, wanted_kind)?);
        match answer["page"]["next_token"].as_str().filter(|token| !token.is_empty()) {
            Some(token) => body["page"]["token"] = json!(token),
            None => return Ok(all),
        }
    }
    Err("the pages do not end".to_owned())
}

fn finds(client: &Client, endpoint: Endpoint, body: &Value, wanted: &[&Value]) -> Result<(), String> {
    let all = searched(client, endpoint, body)?;
    match wanted.iter().find(|wanted| !wanted.as_str().is_some_and(|wanted| all.contains(wanted))) {
        None => Ok(()),
        Some(missing) => Err(format!("{missing} is not among {all:?}")),
    }
}

fn finds_nothing(client: &Client, endpoint: Endpoint, body: &Value) -> Result<(), String> {
    let all = searched(client, endpoint, body)?;
    if all.is_empty() { Ok(()) } else { Err(format!("it finds {all:?}")) }
}

fn finds_the_same(client: &Client, endpoint: Endpoint, body: &Value, other: &Value) -> Result<(), String> {
    let (one, other) = (searched(client, endpoint, body)?, searched(client, endpoint, other)?);
    if one == other { Ok(()) } else { Err(format!("{one:?} and {other:?}")) }
}

/// The three searches of the cast.
struct Searches {
    subjects: Value,
    resources: Value,
    actions: Value,
}

impl Searches {
    fn of(cast: &Cast) -> Searches {
        let Cast { writer, record, read, .. } = cast;
        let mut actions = question(writer, read, record);
        without(&mut actions, "action");
        Searches {
            subjects: question(&kind(writer), read, record),
            resources: question(writer, read, &kind(record)),
            actions,
        }
    }

    fn all(&self) -> [(Endpoint, &Value, &'static str); 3] {
        [
            (Endpoint::SearchSubject, &self.subjects, "subjects"),
            (Endpoint::SearchResource, &self.resources, "resources"),
            (Endpoint::SearchAction, &self.actions, "actions"),
        ]
    }
}

pub(super) fn examine(client: &Client, cast: &Cast, report: &mut Report) {
    let searches = Searches::of(cast);
    request_id(client, (Endpoint::SearchSubject, &searches.subjects), (Level::SearchCore, "5"), report);
    core(client, cast, &searches, report);
    pages(client, &searches, report);
    nothing(client, &searches, report);
    faults(client, cast, &searches, report);
    agreement(client, cast, &searches, report);
    by_properties(client, cast, report);
}

fn core(client: &Client, cast: &Cast, searches: &Searches, report: &mut Report) {
    let Cast { writer, reader, record, read, write, .. } = cast;
    let mut case = |section, name: String, outcome| report.case((Level::SearchCore, section), name, outcome);

    let both = [&writer["id"], &reader["id"]];
    let outcome = finds(client, Endpoint::SearchSubject, &searches.subjects, &both);
    case("4.2.1", "a search for subjects finds writer and reader".to_owned(), outcome);
    let outcome = finds(client, Endpoint::SearchResource, &searches.resources, &[&record["id"]]);
    case("4.3.1", "a search for resources finds the record".to_owned(), outcome);
    let names = [&read["name"], &write["name"]];
    let outcome = finds(client, Endpoint::SearchAction, &searches.actions, &names);
    case("4.4.1", "a search for actions finds reading and writing".to_owned(), outcome);

    for ((endpoint, body, what), section) in searches.all().into_iter().zip(["4.2.2", "4.3.2", "4.4.2"]) {
        let mut with_context = body.clone();
        with_context["context"] = context();
        let outcome = finds_the_same(client, endpoint, body, &with_context);
        case(section, format!("a context changes nothing about the {what} found"), outcome);
    }
    for (endpoint, body, entity, part, section) in [
        (Endpoint::SearchSubject, &searches.subjects, "subject", writer, "4.2.3"),
        (Endpoint::SearchResource, &searches.resources, "resource", record, "4.3.3"),
    ] {
        let mut with_id = body.clone();
        with_id[entity]["id"] = part["id"].clone();
        let outcome = finds_the_same(client, endpoint, body, &with_id);
        case(section, format!("an id of the {entity} that is looked for is passed over"), outcome);
    }
}

fn pages(client: &Client, searches: &Searches, report: &mut Report) {
    let mut limited = searches.subjects.clone();
    limited["page"] = json!({ "limit": 1 });
    let first = || -> Result<Value, String> { Ok(client.post(Endpoint::SearchSubject, &limited)?.ok()?.clone()) };
    let form = first().and_then(|body| {
        found(Endpoint::SearchSubject, &body, &limited["subject"]["type"])?;
        match (&body["page"], &body["page"]["next_token"]) {
            (Value::Null, _) | (Value::Object(_), Value::String(_)) => Ok(()),
            (page, _) => Err(format!("page is {page}")),
        }
    });
    report.case((Level::SearchCore, "4.5.1"), "a limit is accepted", form);

    let next = first().and_then(|body| {
        let Some(token) = body["page"]["next_token"].as_str().filter(|token| !token.is_empty()) else { return Ok(()) };
        let mut body = searches.subjects.clone();
        body["page"] = json!({ "token": token });
        let answer = client.post(Endpoint::SearchSubject, &body)?;
        let answer = answer.ok()?;
        found(Endpoint::SearchSubject, answer, &body["subject"]["type"])?;
        match &answer["page"]["next_token"] {
            Value::String(_) => Ok(()),
            other => Err(format!("page.next_token is {other}")),
        }
    });
    report.case((Level::SearchCore, "4.5.2"), "a token without a limit gets the next page", next);
    let all = finds_the_same(client, Endpoint::SearchSubject, &searches.subjects, &limited);
    report.case((Level::SearchCore, "4.5.2"), "the pages hold together what one page would", all);
}

fn nothing(client: &Client, searches: &Searches, report: &mut Report) {
    let mut case = |section, name: String, outcome| report.case((Level::SearchCore, section), name, outcome);
    for (endpoint, body, what) in searches.all() {
        let input = if endpoint == Endpoint::SearchSubject { "resource" } else { "subject" };
        let mut unknown = body.clone();
        unknown[input]["id"] = json!("nonexistent-one");
        let outcome = finds_nothing(client, endpoint, &unknown);
        case("4.6.1", format!("an unknown id of the {input} finds no {what}"), outcome);
        let looked_for = if endpoint == Endpoint::SearchResource { "resource" } else { "subject" };
        let mut unknown = body.clone();
        unknown[looked_for]["type"] = json!("spaceship");
        let outcome = finds_nothing(client, endpoint, &unknown);
        case("4.6.2", format!("an unknown type of the {looked_for} finds no {what}"), outcome);
    }
}

fn faults(client: &Client, cast: &Cast, searches: &Searches, report: &mut Report) {
    let mut refused = |section, name: &str, endpoint, body: &Value| {
        let outcome = client.post(endpoint, body).and_then(|answer| answer.refused());
        report.case((Level::SearchCore, section), format!("400 for a search for {name}"), outcome);
    };
    let mut body = searches.subjects.clone();
    without(&mut body, "action");
    refused("4.7.1", "subjects without an action", Endpoint::SearchSubject, &body);
    let mut body = searches.resources.clone();
    without(&mut body, "subject");
    refused("4.7.1", "resources without a subject", Endpoint::SearchResource, &body);
    let mut body = searches.actions.clone();
    without(&mut body, "resource");
    refused("4.7.1", "actions without a resource", Endpoint::SearchAction, &body);

    let neither = question(&kind(&cast.writer), &cast.read, &kind(&cast.record));
    refused("4.7.2", "subjects without the resource's id", Endpoint::SearchSubject, &neither);
    refused("4.7.2", "resources without the subject's id", Endpoint::SearchResource, &neither);
    let mut body = searches.actions.clone();
    without(&mut body["subject"], "id");
    refused("4.7.2", "actions without the subject's id", Endpoint::SearchAction, &body);
}

/// The specification: what a search finds, an evaluation permits.
fn agreement(client: &Client, cast: &Cast, searches: &Searches, report: &mut Report) {
    for (endpoint, body, what) in searches.all() {
        let outcome = searched(client, endpoint, body).and_then(|all| {
            for one in all {
                let mut asked = question(&cast.writer, &cast.read, &cast.record);
                match endpoint {
                    Endpoint::SearchSubject => asked["subject"]["id"] = json!(one),
                    Endpoint::SearchResource => asked["resource"]["id"] = json!(one),
                    _ => asked["action"] = json!({ "name": one }),
                }
                let answer = client.post(Endpoint::Evaluation, &asked)?;
                if answer.ok()?["decision"] != json!(true) {
                    return Err(format!("{one} was found, and is denied"));
                }
            }
            Ok(())
        });
        report.case((Level::SearchCore, "spec"), format!("the {what} found are permitted one by one"), outcome);
    }
}

fn by_properties(client: &Client, cast: &Cast, report: &mut Report) {
    let Cast { privileged, privileged_sought, archived, archived_found, write, .. } = cast;
    let mut case = |section, name: &str, outcome| report.case((Level::SearchProperties, section), name, outcome);
    let subjects = question(privileged_sought, write, archived);
    let outcome = finds(client, Endpoint::SearchSubject, &subjects, &[&privileged["id"]]);
    case("4.2.4", "subjects are found by the resource's properties", outcome);
    let resources = question(privileged, write, &kind(archived_found));
    let outcome = finds(client, Endpoint::SearchResource, &resources, &[&archived_found["id"]]);
    case("4.3.4", "resources are found by the subject's properties", outcome);
    let mut actions = question(privileged, write, archived);
    without(&mut actions, "action");
    let outcome = finds(client, Endpoint::SearchAction, &actions, &[&write["name"]]);
    case("4.4.3", "actions are found by the properties of subject and resource", outcome);
}

fn without(object: &mut Value, name: &str) {
    if let Some(fields) = object.as_object_mut() {
        fields.remove(name);
    }
}
