//! A company with somebody in it who works through every door, whose rights come from one place, and a colleague.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::firm::Firm;
use crate::invitations::{invited, joined, open_firm};
use crate::oauth::gate::{Connected, Program};
use crate::sign_in::Browser;
use crate::things::made;
use crate::upstreams::Upstreams;
use crate::world::Api;

pub(super) const INTEGRATIONS: [&str; 2] = ["stripe", "salesforce"];

pub(super) struct Stage {
    pub(super) firm: Firm,
    pub(super) upstreams: Upstreams,
    /// The number of the next request.
    pub(super) next: AtomicU64,
    subjects: AtomicUsize,
}

/// What somebody is, and so where their rights come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// A member with a role that gives everything.
    Member,
    /// A member whose role gives nothing and whose team does.
    InTeam,
    /// An agent that acts for a member.
    Agent,
    /// A key of the organization's.
    Program,
    /// A company directory.
    Connection,
    /// An AI client that a member has connected by signing in.
    Client,
}

/// Whoever loses their rights.
pub(super) struct Subject {
    /// The member, or the key of a program or a directory; of an agent, the member for whom it acts.
    pub(super) id: String,
    /// As what AuthZEN knows them.
    pub(super) entity: Value,
    pub(super) key: String,
    pub(super) key_id: String,
    pub(super) browser: Option<Browser>,
    /// The path of what they change and look at.
    pub(super) project: String,
    /// The role or the team that gives them what they have.
    pub(super) from: String,
    /// The agent, where they are one.
    pub(super) agent: String,
    /// What a client was connected with, where they are one.
    pub(super) connected: Option<Connected>,
}

impl Stage {
    pub(super) fn new() -> Stage {
        let (upstreams, firm) = (Upstreams::start(), open_firm("balanced"));
        for integration in INTEGRATIONS {
            made(&firm.owner(), "/integrations", upstreams.named(integration));
        }
        firm.role(json!({ "id": "idle", "title": "Idle", "permissions": ["organization.view"] }));
        Stage { firm, upstreams, next: AtomicU64::new(1), subjects: AtomicUsize::new(0) }
    }

    /// Somebody who was not there before.
    pub(super) fn subject(&self, kind: Kind) -> Subject {
        let number = self.subjects.fetch_add(1, Ordering::SeqCst);
        match kind {
            Kind::Member => self.member(number, None),
            Kind::InTeam => self.member(number, Some(self.firm.team(&format!("Team {number}")))),
            Kind::Agent => self.agent(number),
            Kind::Program => self.program(number),
            Kind::Connection => self.connection(number),
            Kind::Client => self.client(number),
        }
    }

    fn give(&self, path: &str) {
        for integration in INTEGRATIONS {
            let given =
                self.firm.owner().put(&format!("{path}/integrations/{integration}"), json!({ "profile": "full" }));
            assert_eq!(given.0, 200, "{path}: {given:?}");
        }
    }

    fn member(&self, number: usize, team: Option<String>) -> Subject {
        let (firm, owner) = (&self.firm, self.firm.owner());
        let role = format!("worker-{number}");
        let own = ["organization.view", "project.create", "project.view:own", "project.edit:own"];
        firm.role(json!({ "id": role, "title": role, "permissions": own }));
        let email = format!("person{number}@example.com");
        let begins_as = if team.is_some() { "idle" } else { role.as_str() };
        let (_, link) = invited(&owner, json!({ "email": email, "role": begins_as }));
        let browser = joined(firm, &link, "Worker");
        let id = text(&browser.session().1["person"]);
        let key = json!({ "kind": "personal", "label": "race", "holder": id });
        let (key_id, key) = issued(&owner, "/keys", key);
        let (project, from) = match team {
            None => {
                self.give(&format!("/roles/{role}"));
                (self.project(&firm.with(&key)), role)
            }
            Some(team) => {
                let place = json!({ "role": "team-editor" });
                assert_eq!(owner.put(&format!("/teams/{team}/members/{id}"), place).0, 200);
                self.give(&format!("/teams/{team}"));
                let project = self.project(&owner);
                assert_eq!(owner.put(&format!("{project}/teams/{team}"), json!({})).0, 204);
                (project, team)
            }
        };
        let entity = json!({ "type": "user", "id": id });
        Subject {
            id,
            entity,
            key,
            key_id,
            browser: Some(browser),
            project,
            from,
            agent: String::new(),
            connected: None,
        }
    }

    fn agent(&self, number: usize) -> Subject {
        let (firm, owner) = (&self.firm, self.firm.owner());
        let person = self.member(number, None);
        let role = format!("hand-{number}");
        firm.role(
            json!({ "id": role, "title": role, "permissions": ["organization.view", "project.view", "project.edit"],
            "assignable_to": { "members": false, "agents": true } }),
        );
        let agent = made(&owner, "/agents", json!({ "title": "Scout", "role": role }));
        self.give(&format!("/agents/{agent}"));
        let delegated = firm.with(&person.key).put(&format!("/agents/{agent}/delegations/me"), json!({}));
        assert_eq!(delegated.0, 200, "{delegated:?}");
        let key = json!({ "kind": "agent", "label": "race", "agent": agent, "acting_for": person.id });
        let (key_id, key) = issued(&owner, "/keys", key);
        let entity = json!({ "type": "agent", "id": agent, "properties": { "acting_for": person.id } });
        Subject { entity, key, key_id, agent, browser: None, ..person }
    }

    fn program(&self, number: usize) -> Subject {
        let (firm, owner) = (&self.firm, self.firm.owner());
        let role = format!("program-{number}");
        firm.role(
            json!({ "id": role, "title": role, "permissions": ["organization.view", "project.view", "project.edit"],
            "assignable_to": { "members": false, "keys": true } }),
        );
        let key = json!({ "kind": "workspace", "label": "race", "role": role, "scope": "granted" });
        let (id, key) = issued(&owner, "/keys", key);
        self.give(&format!("/keys/{id}"));
        let entity = json!({ "type": "key", "id": id });
        let (key_id, project) = (id.clone(), self.project(&owner));
        Subject { id, entity, key, key_id, browser: None, project, from: role, agent: String::new(), connected: None }
    }

    fn connection(&self, number: usize) -> Subject {
        let new = json!({ "label": format!("Directory {number}"), "role": "idle" });
        let (id, key) = issued(&self.firm.owner(), "/directory", new);
        let (key_id, nothing) = (id.clone(), String::new);
        Subject {
            id,
            entity: Value::Null,
            key,
            key_id,
            browser: None,
            project: nothing(),
            from: nothing(),
            agent: nothing(),
            connected: None,
        }
    }

    fn client(&self, number: usize) -> Subject {
        let person = self.member(number, None);
        let browser = person.browser.as_ref().expect("a person is signed in");
        let connected = self.at_the_door().connected(browser);
        let clients = browser.get(&format!("/api/v1/orgs/{}/clients", self.firm.org)).json();
        let key_id = text(&clients["items"][0]["id"]);
        Subject { key: connected.tokens.access.clone(), key_id, connected: Some(connected), ..person }
    }

    /// What a program knows of the company.
    pub(super) fn at_the_door(&self) -> Program {
        Program { url: self.firm.url().to_owned(), org: self.firm.org.clone() }
    }

    fn project(&self, api: &Api) -> String {
        crate::things::resource(api, "project", "Plan")
    }
}

/// The id and the secret of a key that is made.
pub(super) fn issued(api: &Api, path: &str, new: Value) -> (String, String) {
    let (status, key) = api.post(path, new);
    assert_eq!(status, 201, "{key}");
    (text(&key["id"]), text(&key["secret"]))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}
