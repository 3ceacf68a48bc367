//! The doors that a right opens. Each request through one carries a number by which its effect is found behind the door.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::stage::{Stage, Subject};
use crate::world::{Api, Mcp, McpAnswer, agent, succeeded};

/// A way into the product.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Door {
    /// A tool is called, in the era without sessions.
    Tools,
    /// A tool is called in a session of the era before, at the URL that leaves the organization to the key.
    ToolsInSession,
    /// Something is changed over the management API, with a key.
    ChangeByKey,
    /// Something is looked at, with a key.
    LookByKey,
    /// Something is changed by a page, with the cookie of a session.
    ChangeInBrowser,
    /// Something is looked at, with the cookie.
    LookInBrowser,
    /// They ask over AuthZEN whether they may call the tool.
    Ask,
    /// Somebody else asks over AuthZEN whether they may.
    AskedAbout,
    /// A company directory lets somebody in.
    Provision,
    /// A company directory looks who is there.
    LookOverDirectory,
}

/// Sends the request with a number, and says whether what it asked for was done or told.
pub(super) type Try = Box<dyn Fn(u64) -> bool + Send>;

impl Door {
    /// What a request with a number writes behind the door.
    fn mark(self, number: u64) -> String {
        format!("{self:?}-{number}")
    }

    /// A client of a subject's at this door, with connections of its own.
    pub(super) fn of(self, stage: &Stage, subject: &Subject) -> Try {
        let firm = &stage.firm;
        let arguments = move |number| json!({ "limit": 1, "note": self.mark(number) });
        match self {
            Door::Tools => {
                let mcp = firm.mcp_with(&subject.key);
                Box::new(move |number| succeeded(&mcp.call("stripe__list_customers", arguments(number))))
            }
            Door::ToolsInSession => {
                let session = InSession::begin(firm.url(), &subject.key);
                Box::new(move |number| {
                    let params = json!({ "name": "stripe__list_customers", "arguments": arguments(number) });
                    succeeded(&McpAnswer::of(session.send("tools/call", params)))
                })
            }
            Door::ChangeByKey => {
                let (api, project) = (firm.with(&subject.key), subject.project.clone());
                Box::new(move |number| api.patch(&project, json!({ "title": self.mark(number) })).0 == 200)
            }
            Door::LookByKey => {
                let (api, project) = (firm.with(&subject.key), subject.project.clone());
                Box::new(move |_| is_seen(api.get(&project)))
            }
            Door::ChangeInBrowser | Door::LookInBrowser => self.in_browser(firm.org.as_str(), subject),
            Door::Ask => asks(&firm.with(&subject.key), subject.entity.clone()),
            Door::AskedAbout => asks(&firm.owner(), subject.entity.clone()),
            Door::Provision => {
                let directory = firm.directory(&subject.key);
                Box::new(move |number| {
                    let name = format!("{}@corp.example", self.mark(number));
                    directory.post("/Users", json!({ "schemas": [], "userName": name })).0 == 201
                })
            }
            Door::LookOverDirectory => {
                let directory = firm.directory(&subject.key);
                Box::new(move |_| directory.get("/Users?count=1").0 == 200)
            }
        }
    }

    fn in_browser(self, org: &str, subject: &Subject) -> Try {
        let browser = subject.browser.clone().expect("a person is signed in");
        // Asked for before: once the session has ended it is the session that is to be refused, not a form without its word.
        let csrf = browser.get("/api/v1/session").json()["csrf"].as_str().expect("a word").to_owned();
        let path = format!("/api/v1/orgs/{org}{}", subject.project);
        if self == Door::LookInBrowser {
            return Box::new(move |_| {
                let answer = browser.get(&path);
                is_seen((answer.status, answer.json()))
            });
        }
        Box::new(move |number| {
            let json = ("content-type", "application/json");
            let headers = [json, ("origin", browser.url.as_str()), ("wardroom-csrf", &csrf)];
            let body = json!({ "title": self.mark(number) }).to_string();
            browser.send("PATCH", &path, &headers, &body).status == 200
        })
    }

    /// The numbers, from one on, of the requests that took effect behind the door; nothing where a look or a question leaves
    /// no trace but its answer.
    pub(super) fn effects(self, stage: &Stage, from: u64) -> Option<BTreeSet<u64>> {
        let marks = match self {
            Door::Tools | Door::ToolsInSession => {
                let notes = stage.upstreams.stats().snapshot()["notes"].clone();
                notes.as_object().expect("notes").keys().cloned().collect()
            }
            Door::ChangeByKey | Door::ChangeInBrowser => titles_given(&stage.firm.owner()),
            Door::Provision => let_in(&stage.firm.owner()),
            Door::LookByKey | Door::LookInBrowser | Door::Ask | Door::AskedAbout | Door::LookOverDirectory => {
                return None;
            }
        };
        let beginning = format!("{self:?}-");
        let number = |mark: &String| mark.strip_prefix(&beginning)?.parse().ok();
        Some(marks.iter().filter_map(number).filter(|number| *number >= from).collect())
    }
}

/// Whether a thing was shown with what is inside.
fn is_seen((status, shown): (u16, Value)) -> bool {
    status == 200 && !shown["owner"].is_null()
}

/// A program that asks with a key whether a subject may call a tool.
fn asks(api: &Api, subject: Value) -> Try {
    let (url, _) = api.root.split_once("/api/").expect("the management API stands below /api/");
    let (url, bearer, agent) = (format!("{url}/access/v1/evaluation"), format!("Bearer {}", api.key), agent());
    let resource = json!({ "type": "tool", "id": "stripe/list_customers" });
    let question = json!({ "subject": subject, "action": { "name": "call" }, "resource": resource }).to_string();
    Box::new(move |number| {
        let request = agent.post(&url).header("authorization", &bearer).header("x-request-id", number.to_string());
        let mut answer = request.header("content-type", "application/json").send(&question).expect("an answer");
        let told = answer.body_mut().read_to_string().expect("a body");
        let told: Value = serde_json::from_str(&told).unwrap_or_default();
        answer.status().as_u16() == 200 && told["decision"] == json!(true)
    })
}

/// Every title that the history says was given to something.
fn titles_given(owner: &Api) -> Vec<String> {
    let title = |change: &Value| change["data"]["edit"]["title"].as_str().map(str::to_owned);
    pages(owner, "/audit?kind=changes&limit=1000").iter().filter_map(title).collect()
}

/// The name of everybody whom a directory let in, as far as its own address.
fn let_in(owner: &Api) -> Vec<String> {
    let name = |member: &Value| member["email"].as_str()?.split('@').next().map(str::to_owned);
    pages(owner, "/members?limit=200").iter().filter_map(name).collect()
}

fn pages(owner: &Api, path: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let (status, page) = owner.get(&format!("{path}{cursor}"));
        assert_eq!(status, 200, "{page}");
        items.extend(page["items"].as_array().expect("items").iter().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

/// A client of the era of sessions.
pub(super) struct InSession {
    url: String,
    key: String,
    session: String,
    agent: ureq::Agent,
}

impl InSession {
    pub(super) fn begin(url: &str, key: &str) -> InSession {
        let url = format!("{url}/mcp");
        let mut client = InSession { url, key: key.to_owned(), session: String::new(), agent: agent() };
        let me = json!({ "name": "race", "version": "1" });
        let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": me });
        let answer = client.send("initialize", hello);
        let session = answer.headers().get("mcp-session-id").unwrap_or_else(|| panic!("no session: {answer:?}"));
        client.session = session.to_str().expect("text").to_owned();
        client
    }

    pub(super) fn send(&self, method: &str, params: Value) -> ureq::http::Response<ureq::Body> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let request = self.agent.post(&self.url).header("content-type", "application/json");
        let request = request.header("accept", "application/json, text/event-stream");
        let request = request.header("authorization", format!("Bearer {}", self.key));
        let request = match self.session.as_str() {
            "" => request,
            session => request.header("mcp-session-id", session).header("mcp-protocol-version", "2025-11-25"),
        };
        request.send(&body).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Opens the stream on which the session hears of changes.
    pub(super) fn listen(&self) -> ureq::http::Response<ureq::Body> {
        let request = self.agent.get(&self.url).header("accept", "text/event-stream");
        let request = request.header("authorization", format!("Bearer {}", self.key));
        let request = request.header("mcp-session-id", &self.session).header("mcp-protocol-version", "2025-11-25");
        request.call().expect("an answer")
    }
}

/// The door for tools, of the era without sessions.
pub(super) fn without_session(stage: &Stage, subject: &Subject) -> Mcp {
    stage.firm.mcp_with(&subject.key)
}
