//! A program that asks over AuthZEN, written out by hand so that a test sees every status and header.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::firm::{Firm, Person};
use crate::world::{Api, agent};

pub(super) const EVALUATION: &str = "/access/v1/evaluation";
pub(super) const EVALUATIONS: &str = "/access/v1/evaluations";
pub(super) const SUBJECTS: &str = "/access/v1/search/subject";
pub(super) const RESOURCES: &str = "/access/v1/search/resource";
pub(super) const ACTIONS: &str = "/access/v1/search/action";

/// A program that asks, with the key of somebody.
pub(super) struct Program {
    pub(super) url: String,
    pub(super) key: String,
    pub(super) agent: ureq::Agent,
}

impl Program {
    pub(super) fn with(api: &Api) -> Program {
        let (url, _) = api.root.split_once("/api/").expect("the management API stands below /api/");
        Program { url: url.to_owned(), key: api.key.clone(), agent: agent() }
    }

    /// A workspace key whose role may explain access and nothing else.
    pub(super) fn of(firm: &Firm) -> Program {
        let role = json!({ "id": "asker", "title": "Asker", "permissions": ["organization.view", "access.explain"],
            "assignable_to": { "members": false, "keys": true, "agents": false } });
        firm.role(role);
        let new = json!({ "kind": "workspace", "label": "our app", "role": "asker", "scope": "granted" });
        let (status, key) = firm.owner().post("/keys", new);
        assert_eq!(status, 201, "{key}");
        Program::with(&firm.with(key["secret"].as_str().expect("a secret")))
    }

    /// The status, the body as text, and the request's id.
    pub(super) fn send(&self, path: &str, body: &str) -> (u16, String, Option<String>) {
        let request = self.agent.post(format!("{}{path}", self.url)).header("content-type", "application/json");
        let request = request.header("authorization", format!("Bearer {}", self.key)).header("x-request-id", "r-1");
        let mut answer = request.send(body).expect("an answer");
        let id = answer.headers().get("x-request-id").map(|id| id.to_str().expect("text").to_owned());
        (answer.status().as_u16(), answer.body_mut().read_to_string().expect("a body"), id)
    }

    pub(super) fn ask(&self, path: &str, body: &Value) -> Value {
        let (status, text, _) = self.send(path, &body.to_string());
        assert_eq!(status, 200, "{path} {body}: {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    pub(super) fn decides(&self, subject: &Value, action: &str, resource: &Value) -> Value {
        self.ask(EVALUATION, &json!({ "subject": subject, "action": { "name": action }, "resource": resource }))
    }

    /// What a search finds, all pages of `limit`.
    pub(super) fn finds(&self, path: &str, mut body: Value, limit: usize) -> BTreeSet<String> {
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

/// Somebody as a subject.
pub(super) fn user(person: &Person) -> Value {
    json!({ "type": "user", "id": person.id })
}
