//! Creates the demo company in a running product, through its public HTTP interface and nothing else.
//!
//! The owner connects the integrations and hires; the head of operations, with a key of their own, judges the tools
//! that nobody could classify and assigns the integrations. So the record of the demo reads like that of a company.
//! It blocks: call it where blocking is allowed. Start reading at [`seed`].

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::company::{Assignment, COMPANY, LEFT_FOR_REVIEW, Person};
use crate::{Error, IntegrationInfo, Stats};

const PATIENCE: Duration = Duration::from_secs(30);
const ANSWER_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Where the product is and as whom to begin.
#[derive(Clone)]
pub struct Door {
    /// The product's URL without a slash at the end, such as `http://127.0.0.1:7700`.
    pub base_url: String,
    /// The organization's name in URLs.
    pub org: String,
    /// The owner's key. The owner is the first of [`COMPANY`]'s people.
    pub owner_key: String,
}

/// The company as it was created; its serialized form is the file `demo.json`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeededCompany {
    /// The product's URL.
    pub url: String,
    /// The one URL that every MCP client of the company uses.
    pub mcp_url: String,
    /// The organization's name in URLs.
    pub org: String,
    /// The people, the owner first.
    pub people: Vec<SeededPerson>,
    /// The keys that belong to no person.
    pub workspace_keys: Vec<SeededKey>,
}

/// A person with a personal key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeededPerson {
    /// The full name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
    /// The role: `owner`, `admin` or `member`.
    pub role: String,
    /// The job.
    pub title: String,
    /// The personal key.
    pub key: String,
}

/// A key that belongs to no person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeededKey {
    /// What the key is for.
    pub name: String,
    /// The key.
    pub key: String,
}

/// Creates the company: integrations, people with personal keys, reviewed tools, assignments, the bot's key.
///
/// Every key is also given to [`Stats::watch`], so that one reaching an upstream is counted as a leak.
///
/// # Errors
///
/// When the product refuses, does not answer or answers against its contract. What was created until then stays.
pub fn seed(door: &Door, integrations: &[IntegrationInfo], stats: &Stats) -> Result<SeededCompany, Error> {
    let product = Product::new(door);
    stats.watch(&door.owner_key);
    let mut reviews = Vec::new();
    for integration in integrations {
        reviews.extend(connect(&product, &door.owner_key, integration)?);
    }
    let mut company = SeededCompany {
        url: door.base_url.clone(),
        mcp_url: format!("{}/o/{}/mcp", door.base_url, door.org),
        org: door.org.clone(),
        people: Vec::new(),
        workspace_keys: Vec::new(),
    };
    for person in COMPANY.people {
        let key =
            if person.role == "owner" { door.owner_key.clone() } else { hire(&product, &door.owner_key, person)? };
        stats.watch(&key);
        company.people.push(seeded(person, key));
    }
    let admin = company.people.iter().find(|person| person.role == "admin");
    let admin_key = admin.map_or(door.owner_key.as_str(), |admin| admin.key.as_str()).to_owned();
    for review in &reviews {
        confirm(&product, &admin_key, review)?;
    }
    // A trial has no provider and sends no mail, so that nobody could show that an address is theirs.
    let trial = json!({ "settings": { "invite.address": "any" } });
    product.ask(&admin_key, "PATCH", "", &trial, "let whoever has a link accept an invitation")?;
    for person in COMPANY.people {
        assign(&product, &admin_key, &format!("members/{}", person.email), person.assigned)?;
    }
    for bot in COMPANY.bots {
        let body = json!({ "kind": "workspace", "label": bot.name, "scope": "granted" });
        let key = product.ask(&admin_key, "POST", "keys", &body, &format!("create the key of the {}", bot.name))?;
        let (id, secret) = (text(&key, "/id")?, text(&key, "/secret")?);
        stats.watch(&secret);
        assign(&product, &admin_key, &format!("keys/{id}"), bot.assigned)?;
        company.workspace_keys.push(SeededKey { name: bot.name.to_owned(), key: secret });
    }
    Ok(company)
}

fn seeded(person: &Person, key: String) -> SeededPerson {
    SeededPerson {
        name: person.name.to_owned(),
        email: person.email.to_owned(),
        role: person.role.to_owned(),
        title: person.title.to_owned(),
        key,
    }
}

/// A tool whose class the product got from nobody who knows it.
struct Review {
    integration: &'static str,
    tool: &'static str,
    class: &'static str,
}

/// Connects an integration. Answers the tools that somebody has to judge.
fn connect(product: &Product, key: &str, integration: &IntegrationInfo) -> Result<Vec<Review>, Error> {
    let body = json!({
        "slug": integration.slug, "title": integration.title, "purpose": integration.purpose, "url": integration.url,
        "credential": { "kind": "bearer", "secret": integration.token },
    });
    let connected = product.ask(key, "POST", "integrations", &body, &format!("connect {}", integration.title))?;
    let seen = connected["tools"].as_array().cloned().unwrap_or_default();
    let mut reviews = Vec::new();
    for tool in &integration.tools {
        let Some(judged) = seen.iter().find(|judged| judged["name"] == tool.name) else {
            let act = format!("connect {}", integration.title);
            return Err(Error::NoAnswer { act, why: format!("the tool {} was not found there", tool.name) });
        };
        let unsure = judged["needs_review"] == true || judged["class"] != tool.class;
        if unsure && !LEFT_FOR_REVIEW.contains(&(integration.slug, tool.name)) {
            reviews.push(Review { integration: integration.slug, tool: tool.name, class: tool.class });
        }
    }
    Ok(reviews)
}

fn confirm(product: &Product, key: &str, review: &Review) -> Result<(), Error> {
    let path = format!("integrations/{}/tools/{}", review.integration, review.tool);
    let act = format!("confirm the class of {}", review.tool);
    product.ask(key, "PATCH", &path, &json!({ "class": review.class }), &act).map(|_| ())
}

/// Adds a member. Answers the personal key.
fn hire(product: &Product, key: &str, person: &Person) -> Result<String, Error> {
    let body = json!({
        "email": person.email, "name": person.name, "role": person.role, "issue_key": { "label": "Demo" },
    });
    let member = product.ask(key, "POST", "members", &body, &format!("add {}", person.name))?;
    text(&member, "/key/secret")
}

fn assign(product: &Product, key: &str, whom: &str, assigned: &[Assignment]) -> Result<(), Error> {
    for one in assigned {
        let path = format!("{whom}/integrations/{}", one.integration);
        let body = json!({ "profile": one.profile, "tools_off": [], "expires_at": null });
        product.ask(key, "PUT", &path, &body, &format!("assign {}", one.integration))?;
    }
    Ok(())
}

fn text(answer: &Value, pointer: &str) -> Result<String, Error> {
    let found = answer.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    found.ok_or_else(|| Error::NoAnswer {
        act: "create the demo company".to_owned(),
        why: format!("an answer lacks {pointer}"),
    })
}

/// The product, seen by a client.
struct Product {
    agent: ureq::Agent,
    root: String,
}

impl Product {
    fn new(door: &Door) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE));
        Self { agent: config.build().into(), root: format!("{}/api/v1/orgs/{}", door.base_url, door.org) }
    }

    /// Asks for one act and answers what came back.
    fn ask(&self, key: &str, method: &str, path: &str, body: &Value, act: &str) -> Result<Value, Error> {
        let no_answer = |why: String| Error::NoAnswer { act: act.to_owned(), why };
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}/{path}", self.root).trim_end_matches('/'))
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json")
            .body(body.to_string())
            .map_err(|error| no_answer(error.to_string()))?;
        let mut response = self.agent.run(request).map_err(|error| no_answer(error.to_string()))?;
        let status = response.status();
        let said = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string();
        let said = said.map_err(|error| no_answer(error.to_string()))?;
        let answer: Value =
            if said.is_empty() { Value::Null } else { serde_json::from_str(&said).unwrap_or(Value::from(said)) };
        if status.is_success() {
            return Ok(answer);
        }
        let detail =
            answer["detail"].as_str().or(answer["title"].as_str()).map_or_else(|| answer.to_string(), str::to_owned);
        Err(Error::Refused { act: act.to_owned(), status: status.as_u16(), detail })
    }
}
