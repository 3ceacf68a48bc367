//! The AuthZEN door: the certification scenario, searches that agree with evaluations, pages, errors, and what stays
//! hidden.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use xtask::authzen::{Cast, Level, examine};

use crate::firm::{Firm, Person};
use crate::things::made;
use crate::upstreams::Upstreams;
use crate::world::{Api, Server, agent, count, init};

const EVALUATION: &str = "/access/v1/evaluation";
const EVALUATIONS: &str = "/access/v1/evaluations";
const SUBJECTS: &str = "/access/v1/search/subject";
const RESOURCES: &str = "/access/v1/search/resource";
const ACTIONS: &str = "/access/v1/search/action";

/// A program that asks, with the key of somebody.
struct Program {
    url: String,
    key: String,
    agent: ureq::Agent,
}

impl Program {
    fn with(api: &Api) -> Program {
        let (url, _) = api.root.split_once("/api/").expect("the management API stands below /api/");
        Program { url: url.to_owned(), key: api.key.clone(), agent: agent() }
    }

    /// A workspace key whose role may explain access and nothing else.
    fn of(firm: &Firm) -> Program {
        let role = json!({ "id": "asker", "title": "Asker", "permissions": ["organization.view", "access.explain"],
            "assignable_to": { "members": false, "keys": true, "agents": false } });
        firm.role(role);
        let new = json!({ "kind": "workspace", "label": "our app", "role": "asker", "scope": "granted" });
        let (status, key) = firm.owner().post("/keys", new);
        assert_eq!(status, 201, "{key}");
        Program::with(&firm.with(key["secret"].as_str().expect("a secret")))
    }

    /// The status, the body as text, and the request's id.
    fn send(&self, path: &str, body: &str) -> (u16, String, Option<String>) {
        let request = self.agent.post(format!("{}{path}", self.url)).header("content-type", "application/json");
        let request = request.header("authorization", format!("Bearer {}", self.key)).header("x-request-id", "r-1");
        let mut answer = request.send(body).expect("an answer");
        let id = answer.headers().get("x-request-id").map(|id| id.to_str().expect("text").to_owned());
        (answer.status().as_u16(), answer.body_mut().read_to_string().expect("a body"), id)
    }

    fn ask(&self, path: &str, body: &Value) -> Value {
        let (status, text, _) = self.send(path, &body.to_string());
        assert_eq!(status, 200, "{path} {body}: {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    fn decides(&self, subject: &Value, action: &str, resource: &Value) -> Value {
        self.ask(EVALUATION, &json!({ "subject": subject, "action": { "name": action }, "resource": resource }))
    }

    /// What a search finds, all pages of `limit`.
    fn finds(&self, path: &str, mut body: Value, limit: usize) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        body["page"] = json!({ "limit": limit });
        loop {
            let found = self.ask(path, &body);
            let results = found["results"].as_array().expect("results");
            assert!(results.len() <= limit, "{found}");
            let name = |one: &Value| one["id"].as_str().or(one["name"].as_str()).expect("an id or name").to_owned();
            for one in results.iter().map(name) {
                assert!(all.insert(one), "nothing comes twice: {found}");
            }
            match found["page"]["next_token"].as_str().expect("a token") {
                "" => {
                    assert_eq!(found["page"]["total"], json!(all.len()), "the total is that of all pages");
                    return all;
                }
                token => body["page"]["token"] = json!(token),
            }
        }
    }
}

fn user(person: &Person) -> Value {
    json!({ "type": "user", "id": person.id })
}

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
    // A server on which nobody plays these parts fails where it should, so the harness can tell.
    let report = examine(&program.url, Some(&program.key), &Cast::of_the_scenario()).expect("it answers");
    for level in [Level::BasicCore, Level::BasicProperties, Level::BatchCore, Level::SearchCore] {
        assert!(!report.passes(level), "nobody here is called alice\n{report}");
    }
}

/// Numbers that look random, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn some<'a>(&mut self, from: &[&'a str]) -> Vec<&'a str> {
        from.iter().filter(|_| self.roll(2) == 0).copied().collect()
    }
}

/// Everything that can be asked about in a company: subjects, and things by kind.
struct Census {
    subjects: Vec<Value>,
    things: Vec<(&'static str, Vec<String>)>,
    permissions: Vec<String>,
}

const RESOURCE_VERBS: [&str; 7] = ["view", "create", "edit", "delete", "destroy", "use", "share"];

impl Census {
    fn actions(&self, kind: &str) -> Vec<String> {
        let verbs: &[&str] = match kind {
            "tool" => &["call"],
            "integration" => &["view", "edit", "disconnect", "review"],
            "organization" => return self.permissions.clone(),
            "member" => &["remove"],
            "team" => &["view", "edit", "invite"],
            "key" => &["view", "rotate", "revoke"],
            "agent" => &["edit"],
            "object" => &["see", "create", "edit", "delete", "destroy"],
            "field" => &["see", "edit"],
            _ => &RESOURCE_VERBS,
        };
        verbs.iter().map(|verb| (*verb).to_owned()).collect()
    }

    /// Makes a company by the dice, and counts what is in it.
    fn taken(firm: &Firm, upstreams: &Upstreams, dice: &mut Dice) -> Census {
        let owner = firm.owner();
        firm.connect_stripe(upstreams);
        for object in ["orders", "invoices"] {
            let body = json!({ "title": object, "fields": { "amount": "Amount", "note": "Note" } });
            assert_eq!(owner.put(&format!("/objects/{object}"), body).0, 200);
        }
        let roles = ["one", "two", "three"];
        for role in roles {
            let may = dice.some(&[
                "access.explain",
                "project.view:own",
                "project.create",
                "grader.view:team",
                "grader.view",
                "project.edit:own",
                "data.see",
                "team.view",
                "integration.view",
                "role.view",
                "key.manage_workspace",
                "usage.view",
                "agent.view",
            ]);
            let mut may: BTreeSet<&str> = may.into_iter().collect();
            may.extend(["organization.view", "member.view"]);
            // What a permission depends on comes along.
            may.extend(may.contains("project.create").then_some("project.view:own"));
            may.extend(may.contains("project.edit:own").then_some("project.view:own"));
            let see = ["inherit", "allow", "deny"][dice.roll(3)];
            let data = json!({ "orders": { "see": see, "edit": "allow", "fields": { "note": { "edit": "deny" } } } });
            let new = json!({ "id": role, "title": role, "permissions": may, "data": data,
                "assignable_to": { "members": true, "keys": true, "agents": true } });
            firm.role(new);
        }
        let mut things: Vec<(&'static str, Vec<String>)> = Vec::new();
        let mut people: Vec<Person> = Vec::new();
        for (place, name) in ["ann", "ben", "cat", "dan"].into_iter().enumerate() {
            let role = if place == 3 { "admin" } else { roles[dice.roll(3)] };
            people.push(firm.hire(name, role));
        }
        let team = firm.team("Team");
        firm.join(&team, &people[0], "team-leader");
        let key = |role: &str| {
            let new = json!({ "kind": "workspace", "label": "k", "role": role, "scope": "granted" });
            owner.post("/keys", new).1["id"].as_str().expect("an id").to_owned()
        };
        let keys = [key("one"), key("two")];
        let bot = made(&owner, "/agents", json!({ "title": "Bot", "role": roles[dice.roll(3)] }));
        let (status, set) = people[3].api.put(&format!("/agents/{bot}/delegations/me"), json!({}));
        assert_eq!(status, 200, "{set}");
        for (kind, profile) in [(format!("members/{}", people[0].id), "read-only"), (format!("agents/{bot}"), "full")] {
            let (status, set) = owner.put(&format!("/{kind}/integrations/stripe"), json!({ "profile": profile }));
            assert_eq!(status, 200, "{set}");
        }
        for kind in ["project", "grader"] {
            let mut ids = vec!["new".to_owned(), "res_00000000000000000000".to_owned()];
            for _ in 0..3 {
                let for_whom = people[dice.roll(4)].email.clone();
                let id = made(&owner, "/resources", json!({ "kind": kind, "title": "Thing", "owner": for_whom }));
                let with = &people[dice.roll(4)];
                let level = ["view", "use", "edit"][dice.roll(3)];
                owner.put(&format!("/resources/{id}/shares/{}", with.id), json!({ "level": level }));
                if dice.roll(2) == 0 {
                    owner.put(&format!("/resources/{id}/teams/{team}"), json!({}));
                }
                ids.push(id);
            }
            things.push((kind, ids));
        }
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let (_, tools) = owner.get("/integrations/stripe/tools");
        let mut names: Vec<String> = tools["items"]
            .as_array()
            .expect("tools")
            .iter()
            .map(|tool| format!("stripe/{}", text(&tool["name"])))
            .collect();
        names.push("stripe/no_such_tool".to_owned());
        let (_, org) = owner.get("");
        let personal =
            owner.get("/keys").1["items"].as_array().expect("keys").iter().map(|key| text(&key["id"])).collect();
        let ids = people.iter().map(|person| person.id.clone());
        let members = ids.chain(["per_00000000000000000000".to_owned()]).collect();
        things.extend([
            ("tool", names),
            ("integration", vec!["stripe".to_owned(), "nowhere".to_owned()]),
            ("organization", vec![text(&org["id"]), "org_00000000000000000000".to_owned()]),
            ("member", members),
            ("team", vec![team, "tea_00000000000000000000".to_owned()]),
            ("key", personal),
            ("agent", vec![bot.clone()]),
            ("object", ["orders", "invoices", "nothing"].map(str::to_owned).to_vec()),
            (
                "field",
                ["orders/amount", "orders/note", "invoices/amount", "invoices/note", "orders/x"]
                    .map(str::to_owned)
                    .to_vec(),
            ),
        ]);
        let mut subjects: Vec<Value> = people.iter().map(user).collect();
        subjects.extend(keys.iter().map(|key| json!({ "type": "key", "id": key })));
        subjects.push(json!({ "type": "agent", "id": bot }));
        subjects.push(json!({ "type": "agent", "id": bot, "properties": { "acting_for": people[3].id } }));
        subjects.push(json!({ "type": "agent", "id": bot, "properties": { "acting_for": people[0].id } }));
        let mut permissions = Vec::new();
        let mut cursor = String::new();
        loop {
            let (_, page) = owner.get(&format!("/permissions?limit=1000{cursor}"));
            permissions.extend(page["items"].as_array().expect("items").iter().map(|one| text(&one["id"])));
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        Census { subjects, things, permissions }
    }

    /// Every subject, action and thing that is allowed, asked one by one, a thousand in a request.
    fn allowed(&self, program: &Program) -> BTreeSet<(String, &'static str, String, String)> {
        let mut allowed = BTreeSet::new();
        for subject in &self.subjects {
            let mut questions = Vec::new();
            for (kind, ids) in &self.things {
                for (action, id) in self.actions(kind).iter().flat_map(|action| ids.iter().map(move |id| (action, id)))
                {
                    questions.push((*kind, action.clone(), id.clone()));
                }
            }
            for part in questions.chunks(1_000) {
                let evaluation = |(kind, action, id): &(&str, String, String)| json!({ "action": { "name": action }, "resource": { "type": kind, "id": id } });
                let evaluations: Vec<Value> = part.iter().map(evaluation).collect();
                let answers = program.ask(EVALUATIONS, &json!({ "subject": subject, "evaluations": evaluations }));
                let answers = answers["evaluations"].as_array().expect("answers");
                assert_eq!(answers.len(), part.len());
                for ((kind, action, id), answer) in part.iter().zip(answers) {
                    if answer["decision"] == json!(true) {
                        allowed.insert((subject.to_string(), *kind, action.clone(), id.clone()));
                    }
                }
            }
        }
        allowed
    }
}

#[test]
fn searches_find_exactly_what_evaluations_permit() {
    let upstreams = Upstreams::start();
    for seed in 0..count(2, 20) {
        let firm = Firm::of("balanced");
        let census = Census::taken(&firm, &upstreams, &mut Dice(seed as u64));
        let program = Program::of(&firm);
        let allowed = census.allowed(&program);
        assert!(allowed.len() > 50, "the company is no desert");
        // The owner and the asker were not counted.
        let counted: BTreeSet<&str> = census.subjects.iter().map(|one| one["id"].as_str().expect("an id")).collect();
        let named: Vec<&String> = census.things.iter().flat_map(|(_, ids)| ids).collect();
        for (kind, ids) in &census.things {
            for action in census.actions(kind) {
                for subject in &census.subjects {
                    let body =
                        json!({ "subject": subject, "action": { "name": action }, "resource": { "type": kind } });
                    let mut found = program.finds(RESOURCES, body, 3);
                    found.retain(|id| named.contains(&id));
                    let wanted = ids
                        .iter()
                        .filter(|id| allowed.contains(&(subject.to_string(), kind, action.clone(), (*id).clone())));
                    assert_eq!(found, wanted.cloned().collect(), "{subject} {action} {kind}, seed {seed}");
                }
                for id in ids {
                    for sought in [json!({ "type": "user" }), json!({ "type": "key" }), json!({ "type": "agent" })] {
                        let resource = json!({ "type": kind, "id": id });
                        let body = json!({ "subject": sought, "action": { "name": action }, "resource": resource });
                        let mut found = program.finds(SUBJECTS, body, 3);
                        found.retain(|id| counted.contains(id.as_str()));
                        let wanted = census.subjects.iter().filter(|subject| {
                            subject["type"] == sought["type"]
                                && subject["properties"].is_null()
                                && allowed.contains(&(subject.to_string(), kind, action.clone(), id.clone()))
                        });
                        let wanted = wanted.map(|subject| subject["id"].as_str().expect("an id").to_owned());
                        assert_eq!(found, wanted.collect(), "{sought} {action} {kind} {id}, seed {seed}");
                    }
                }
            }
            for subject in &census.subjects {
                for id in ids {
                    let body = json!({ "subject": subject, "resource": { "type": kind, "id": id } });
                    let found = program.finds(ACTIONS, body, 40);
                    let wanted = census
                        .actions(kind)
                        .into_iter()
                        .filter(|action| allowed.contains(&(subject.to_string(), kind, action.clone(), id.clone())));
                    assert_eq!(found, wanted.collect(), "{subject} {kind} {id}, seed {seed}");
                }
            }
        }
    }
}

#[test]
fn a_page_goes_on_only_where_it_began() {
    let (firm, cast) = stage();
    let program = Program::of(&firm);
    let search = |subject: &Value, page: Value| json!({ "subject": subject, "action": { "name": "see" }, "resource": cast.record, "page": page });
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
