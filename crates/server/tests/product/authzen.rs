//! The AuthZEN door: the certification scenario, searches that agree with evaluations, pages, errors, and what stays
//! hidden.

mod census;
mod program;

use serde_json::{Value, json};
use xtask::authzen::{Cast, Level, examine};

use crate::firm::Firm;
use crate::things::made;
use crate::upstreams::Upstreams;
use crate::world::{Server, agent, init};
use program::{ACTIONS, EVALUATION, EVALUATIONS, Program, RESOURCES, SUBJECTS, user};

/// A company in which the scenario can be played: two objects with an amount each, and four roles.
fn stage() -> (Firm, Cast) {
    let firm = Firm::of("balanced");
    for object in ["orders", "invoices"] {
        let (status, defined) = firm
            .owner()
            .put(&format!("/objects/{object}"), json!({ "title": object, "fields": { "amount": "Amount" } }));
        assert_eq!(status, 200, "{defined}");
    }
    let seeing = ["organization.view", "role.view", "member.view", "agent.view", "data.see"];
    firm.role(json!({ "id": "reader", "title": "Reader", "permissions": seeing }));
    let editing = [&seeing[..], &["data.edit"]].concat();
    firm.role(json!({ "id": "chief", "title": "Chief", "permissions": editing }));
    let assignable = json!({ "members": false, "keys": false, "agents": true });
    firm.role(json!({ "id": "clerk-bot", "title": "Bot", "permissions": editing, "assignable_to": assignable }));
    let writing = [&editing[..], &["role.assign"]].concat();
    let data = json!({ "invoices": { "edit": "deny" } });
    firm.role(json!({ "id": "writer", "title": "Writer", "permissions": writing, "data": data }));

    let [alice, bob, carol] =
        [("alice", "writer"), ("bob", "reader"), ("carol", "chief")].map(|(name, role)| firm.hire(name, role));
    let bot = made(&firm.owner(), "/agents", json!({ "title": "Bot", "role": "clerk-bot" }));
    for person in [&bob, &carol] {
        let (status, set) = person.api.put(&format!("/agents/{bot}/delegations/me"), json!({}));
        assert_eq!(status, 200, "{set}");
    }
    let for_carol = json!({ "acting_for": carol.email });
    let amount_of = |object: &str| json!({ "type": "field", "id": "amount", "properties": { "object": object } });
    let giving = |role: &str| json!({ "name": "change_role", "properties": { "role": role } });
    let cast = Cast {
        writer: user(&alice),
        reader: json!({ "type": "user", "id": bob.id }),
        privileged: json!({ "type": "agent", "id": bot, "properties": for_carol }),
        privileged_sought: json!({ "type": "agent", "properties": for_carol }),
        record: json!({ "type": "field", "id": "orders/amount" }),
        active: amount_of("orders"),
        archived: amount_of("invoices"),
        archived_found: json!({ "type": "field", "id": "invoices/amount" }),
        target: json!({ "type": "member", "id": bob.email }),
        read: json!({ "name": "see" }),
        write: json!({ "name": "edit" }),
        mild: giving("viewer"),
        harsh: giving("owner"),
    };
    (firm, cast)
}

#[test]
fn every_sub_level_of_the_certification_scenario_is_passed() {
    let (firm, cast) = stage();
    let program = Program::of(&firm);
    let report = examine(&program.url, Some(&program.key), &cast).expect("it answers");
    for level in Level::ALL {
        assert!(report.passes(level), "{level}\n{report}");
    }
    // That it is the properties that decide: the same agent for somebody else, the same field without its object.
    let asked = |subject: &Value, resource: &Value| program.decides(subject, "edit", resource)["decision"].clone();
    let mut for_bob = cast.privileged.clone();
    for_bob["properties"]["acting_for"] = json!("bob@example.com");
    assert_eq!(asked(&cast.privileged, &cast.active), json!(true));
    assert_eq!(asked(&for_bob, &cast.active), json!(false), "bob may only look, and so may it for him");
    assert_eq!(asked(&cast.writer, &json!({ "type": "field", "id": "amount" })), json!(false), "of what?");
    let agents_for = |whom: &str| {
        let subject = json!({ "type": "agent", "properties": { "acting_for": whom } });
        program.finds(SUBJECTS, json!({ "subject": subject, "action": cast.write, "resource": cast.active }), 10)
    };
    assert_eq!((agents_for("carol@example.com").len(), agents_for("bob@example.com").len()), (1, 0));
    let fields_of = |properties: Value| {
        let resource = json!({ "type": "field", "properties": properties });
        program.finds(RESOURCES, json!({ "subject": cast.writer, "action": cast.read, "resource": resource }), 10).len()
    };
    assert_eq!((fields_of(json!({})), fields_of(json!({ "object": "orders" }))), (2, 1));
    // A server on which nobody plays these parts fails where it should, so the harness can tell.
    let report = examine(&program.url, Some(&program.key), &Cast::of_the_scenario()).expect("it answers");
    for level in [Level::BasicCore, Level::BasicProperties, Level::BatchCore, Level::SearchCore] {
        assert!(!report.passes(level), "nobody here is called alice\n{report}");
    }
}

#[test]
fn a_page_goes_on_only_where_it_began() {
    let (firm, cast) = stage();
    let program = Program::of(&firm);
    let search = |subject: &Value, page: Value| {
        let action = json!({ "name": "see" });
        json!({ "subject": subject, "action": action, "resource": cast.record, "page": page })
    };
    let users = json!({ "type": "user" });
    let first = program.ask(SUBJECTS, &search(&users, json!({ "limit": 2 })));
    assert_eq!((&first["page"]["count"], first["results"].as_array().unwrap().len()), (&json!(2), 2), "{first}");
    let token = &first["page"]["next_token"];
    let next = program.ask(SUBJECTS, &search(&users, json!({ "token": token })));
    assert_eq!(next["page"]["count"], json!(2), "the limit of the first request goes on: {next}");
    assert_eq!(next["page"]["next_token"], json!(""), "the owner, alice, bob and carol: {next}");

    let refused = |program: &Program, path: &str, body: Value, word: &str| {
        let (status, text, _) = program.send(path, &body.to_string());
        assert_eq!(status, 400, "{text}");
        assert!(text.contains(word) && text.contains("token"), "{text}");
    };
    let people = json!({ "type": "member" });
    refused(&program, SUBJECTS, search(&people, json!({ "token": token })), "another search");
    refused(&program, SUBJECTS, search(&users, json!({ "token": "00ff" })), "another search");
    let (status, text, _) = program.send(SUBJECTS, &search(&users, json!({ "token": token, "limit": 1 })).to_string());
    assert!(status == 400 && text.contains("page.limit"), "{text}");
    let (other, _) = stage();
    refused(&Program::of(&other), SUBJECTS, search(&users, json!({ "token": token })), "another search");

    firm.hire("dora", "reader");
    refused(&program, SUBJECTS, search(&users, json!({ "token": token })), "start again");
    let counted = program.ask(SUBJECTS, &search(&users, json!({ "limit": 0 })));
    assert_eq!((&counted["results"], &counted["page"]["total"]), (&json!([]), &json!(5)), "{counted}");
}

#[test]
fn errors_are_sentences_with_the_statuses_of_the_specification() {
    let (firm, cast) = stage();
    let program = Program::of(&firm);
    let first = json!({ "subject": cast.writer, "action": cast.read, "resource": cast.record });
    let told = |program: &Program, path: &str, body: &str, status: u16, word: &str| {
        let (found, text, id) = program.send(path, body);
        assert_eq!((found, id.as_deref()), (status, Some("r-1")), "{path} {body}: {text}");
        assert!(text.contains(word) && !text.contains('{'), "{word} should stand in: {text}");
    };
    let (many, subject) = (json!(vec![json!({}); 1_001]), r#"{"type":"user","id":"x"}"#);
    let mut too_many = first.clone();
    too_many["evaluations"] = many;
    for (body, word) in [
        (format!(r#"{{"subject":{subject},"subject":{subject}}}"#), "twice"),
        (r#"{"subject":["user","x"]}"#.to_owned(), "subject: "),
        (r#"{"subject":{"type":"user","id":"x","properties":3}}"#.to_owned(), "subject.properties"),
        (r#"[1]"#.to_owned(), "an object"),
        (format!(r#"{{"subject":{subject},"context":"now"}}"#), "context"),
        (format!(r#"{{"subject":{subject}}}"#), "action is missing"),
        (first.to_string() + "x", "not JSON"),
    ] {
        told(&program, EVALUATION, &body, 400, word);
    }
    told(&program, EVALUATIONS, &too_many.to_string(), 400, "at most 1000");
    told(&program, SUBJECTS, r#"{"subject":{"id":"x"}}"#, 400, "subject.type is missing");
    told(&program, "/access/v1/evaluate", "{}", 404, "/.well-known/authzen-configuration");

    let nobody = Program { key: "wdr_nothing".to_owned(), agent: agent(), url: program.url.clone() };
    for path in [EVALUATION, EVALUATIONS, SUBJECTS, RESOURCES, ACTIONS] {
        let (status, _, id) = nobody.send(path, &first.to_string());
        assert_eq!((status, id.as_deref()), (401, Some("r-1")), "{path}");
    }
    let answer = agent().get(format!("{}{EVALUATION}", program.url)).call().expect("an answer");
    assert_eq!(answer.status().as_u16(), 405);

    // Who may not explain access asks about nobody else, whether they exist or not.
    let hired = firm.hire("mona", "reader");
    let mona = Program::with(&hired.api);
    for subject in [&cast.writer, &json!({ "type": "user", "id": "nobody@example.com" }), &cast.privileged] {
        let body = json!({ "subject": subject, "action": cast.read, "resource": cast.record });
        told(&mona, EVALUATION, &body.to_string(), 403, "access.explain");
        let several = json!({ "action": cast.read, "resource": cast.record,
            "evaluations": [{ "subject": user(&hired) }, { "subject": subject }] });
        told(&mona, EVALUATIONS, &several.to_string(), 403, "access.explain");
    }
    let body = json!({ "subject": { "type": "user" }, "action": cast.read, "resource": cast.record });
    told(&mona, SUBJECTS, &body.to_string(), 403, "access.explain");
    assert_eq!(mona.decides(&user(&hired), "see", &cast.record)["decision"], json!(true), "about oneself anybody may");
    // Nor does naming somebody for whom one would act tell whether they are a member.
    for whom in ["alice@example.com", "nobody@example.com"] {
        let subject = json!({ "type": "user", "id": hired.id, "properties": { "acting_for": whom } });
        let body = json!({ "subject": subject, "action": cast.read, "resource": cast.record });
        told(&mona, EVALUATION, &body.to_string(), 403, "access.explain");
        let question = json!({ "acting_for": whom, "action": "see", "resource": { "type": "object", "id": "orders" } });
        assert_eq!(hired.api.post("/explain", question).0, 403, "{whom}");
    }
}

#[test]
fn what_is_hidden_answers_as_what_does_not_exist() {
    let upstreams = Upstreams::start();
    let firm = Firm::of("balanced");
    firm.connect_stripe(&upstreams);
    let (ann, ben) = (firm.hire("ann", "member"), firm.hire("ben", "member"));
    let hers = made(&ann.api, "/resources", json!({ "kind": "project", "title": "Secret" }));
    let bens = Program::with(&ben.api);
    let (_, tools) = firm.owner().get("/integrations/stripe/tools");
    let tool = format!("stripe/{}", tools["items"][0]["name"].as_str().expect("a name"));
    let program = Program::of(&firm);
    for (kind, action, hidden, missing) in [
        ("project", "view", hers.as_str(), "res_00000000000000000000"),
        ("project", "edit", &hers, "res_00000000000000000000"),
        ("grader", "view", &hers, "res_00000000000000000000"),
        ("integration", "view", "stripe", "nowhere"),
        ("integration", "edit", "stripe", "nowhere"),
        ("tool", "call", &tool, "nowhere/nothing"),
    ] {
        let asked = |program: &Program, id: &str| {
            let answer = program.decides(&user(&ben), action, &json!({ "type": kind, "id": id }));
            let text = answer.to_string().replace(&id.replace('/', " at "), "IT");
            let named = id.split_once('/').map(|(slug, tool)| format!("{tool} at {slug}")).unwrap_or_default();
            if named.is_empty() { text } else { text.replace(&named, "IT") }
        };
        assert_eq!(asked(&bens, hidden), asked(&bens, missing), "{kind} {action}");
        let answer = program.decides(&user(&ben), action, &json!({ "type": kind, "id": hidden }));
        assert_eq!(answer["decision"], json!(false));
        assert!(answer["context"]["reason_user"]["404"].is_string(), "for him there is none: {answer}");
    }
    let told = program.decides(&user(&ben), "view", &json!({ "type": "project", "id": hers }));
    assert_eq!(told["context"]["code"], json!("out-of-scope"), "who may explain learns why: {told}");
    assert!(told["context"]["reason_admin"]["403"].is_string(), "{told}");
}

#[test]
fn every_door_gives_the_same_answer() {
    let (firm, cast) = stage();
    let program = Program::of(&firm);
    let explainer = firm.with(&program.key);
    for subject in [&cast.writer, &cast.reader] {
        for object in ["orders", "invoices"] {
            for action in ["see", "create", "edit", "delete", "destroy"] {
                let decided = program.decides(subject, action, &json!({ "type": "object", "id": object }));
                let question = json!({ "subject": subject["id"], "action": action,
                    "resource": { "type": "object", "id": object } });
                let (status, explained) = explainer.post("/explain", question);
                assert_eq!(status, 200, "{explained}");
                let (one, other) = (&decided["context"], &explained);
                assert_eq!(decided["decision"], explained["allowed"], "{decided} {explained}");
                assert_eq!((&one["code"], &one["seq"]), (&other["code"], &other["seq"]), "{decided} {explained}");
            }
        }
    }
}

#[test]
fn the_metadata_names_the_public_url_whatever_the_host_header_says() {
    let folder = tempfile::tempdir().expect("a folder");
    init(folder.path(), "Meta", "ada@example.com");
    let server = Server::start(folder.path());
    let request = agent().get(format!("{}/.well-known/authzen-configuration", server.url));
    let mut answer = request.header("host", "evil.example").call().expect("an answer");
    assert_eq!(answer.status().as_u16(), 200);
    let metadata: Value = answer.body_mut().read_json().expect("JSON");
    assert_eq!(metadata["policy_decision_point"], json!(server.url));
    let addresses = metadata.as_object().expect("an object").values();
    assert!(
        addresses.clone().count() == 6 && addresses.clone().all(|one| one.as_str().unwrap().starts_with(&server.url))
    );
}

#[test]
fn what_a_rule_stands_against_is_neither_permitted_nor_found() {
    let firm = Firm::of("balanced");
    let program = Program::of(&firm);
    let (owner, member) = (json!({ "type": "user", "id": "owner@example.com" }), |id: &str| {
        let id = if id == "owner" { "owner@example.com" } else { id };
        json!({ "type": "member", "id": id })
    });
    let zoe = firm.hire("zoe", "member");
    assert_eq!(program.decides(&owner, "remove", &member(&zoe.id))["decision"], json!(true));
    assert_eq!(program.decides(&owner, "remove", &member("owner"))["decision"], json!(false), "the last owner");
    let search = |path: &str, body: Value| program.ask(path, &body)["results"].as_array().map_or(0, Vec::len);
    let remove = json!({ "name": "remove" });
    // The owner, and Zoe herself, who may leave.
    for (whom, found) in [(zoe.id.as_str(), 2), ("owner", 0)] {
        let body = json!({ "subject": { "type": "user" }, "action": remove, "resource": member(whom) });
        assert_eq!(search(SUBJECTS, body), found, "{whom}");
    }
    let body = json!({ "subject": owner, "action": remove, "resource": { "type": "member" } });
    assert_eq!(search(RESOURCES, body), 1, "only Zoe");
}
