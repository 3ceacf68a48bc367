//! A company made from a preset, with a key for everyone in it: each test hires whom it needs.

use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::world::{Api, Mcp, Server, WARDROOM};

/// A running company.
pub(crate) struct Firm {
    server: Server,
    pub(crate) org: String,
    owner_key: String,
    _folder: TempDir,
}

/// Somebody in it.
pub(crate) struct Person {
    pub(crate) api: Api,
    pub(crate) email: String,
    pub(crate) id: String,
}

impl Firm {
    /// Founds a company. Keys are for everyone, also where the preset keeps them from some: over HTTP there is no other
    /// way to be somebody, and no test here is about keys. Lists hold the tools of integrations and nothing else.
    pub(crate) fn of(preset: &str) -> Firm {
        let firm = Firm::as_founded(preset);
        let settings = json!({ "keys.personal": "everyone", "requests.agent_tool": false });
        let (status, answer) = firm.owner().patch("", json!({ "settings": settings }));
        assert_eq!(status, 200, "{answer}");
        firm
    }

    /// Founds a company exactly as the preset says.
    pub(crate) fn as_founded(preset: &str) -> Firm {
        let folder = tempfile::tempdir().expect("a folder");
        let output = Command::new(WARDROOM)
            .args(["init", "--json", "--org", "Firm", "--owner", "owner@example.com", "--preset", preset, "--data"])
            .arg(folder.path())
            .output()
            .expect("the executable runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let server = Server::start(folder.path());
        Firm { server, org: text(&answer["org"]["slug"]), owner_key: text(&answer["key"]), _folder: folder }
    }

    /// Where it runs.
    pub(crate) fn url(&self) -> &str {
        &self.server.url
    }

    pub(crate) fn owner(&self) -> Api {
        self.with(&self.owner_key)
    }

    /// The management API with somebody's key.
    pub(crate) fn with(&self, key: &str) -> Api {
        Api::at(&self.server.url, &self.org, key)
    }

    /// The MCP door with the key of somebody.
    pub(crate) fn mcp(&self, person: &Person) -> Mcp {
        Mcp::new(&format!("{}/o/{}/mcp", self.server.url, self.org), &person.api.key)
    }

    /// The door for company directories with the secret of a connection.
    pub(crate) fn directory(&self, secret: &str) -> Api {
        let mut api = self.with(secret);
        api.root = format!("{}/scim/v2/{}", self.server.url, self.org);
        api
    }

    /// The owner takes somebody in.
    pub(crate) fn hire(&self, name: &str, role: &str) -> Person {
        let email = format!("{name}@example.com");
        let new = json!({ "email": email, "name": name, "role": role, "issue_key": { "label": "first" } });
        let (status, added) = self.owner().post("/members", new);
        assert_eq!(status, 201, "{added}");
        let id = added["id"].as_str().expect("an id").to_owned();
        let api = self.with(added["key"]["secret"].as_str().expect("a secret"));
        Person { api, email, id }
    }

    /// The role that somebody has, as the owner sees it.
    pub(crate) fn role_of(&self, person: &Person) -> String {
        let (_, member) = self.owner().get(&format!("/members/{}", person.id));
        member["role"].as_str().expect("a role").to_owned()
    }

    /// The owner makes a team. Its id.
    pub(crate) fn team(&self, title: &str) -> String {
        let (status, team) = self.owner().post("/teams", json!({ "title": title }));
        assert_eq!(status, 201, "{team}");
        team["id"].as_str().expect("an id").to_owned()
    }

    /// The owner puts somebody into a team.
    pub(crate) fn join(&self, team: &str, person: &Person, role: &str) {
        let (status, place) =
            self.owner().put(&format!("/teams/{team}/members/{}", person.id), json!({ "role": role }));
        assert_eq!((status, &place["role"]), (200, &json!(role)), "{place}");
    }

    /// The roles in a team by person, as the owner sees them.
    pub(crate) fn places(&self, team: &str) -> Vec<(String, String)> {
        let (status, found) = self.owner().get(&format!("/teams/{team}/members"));
        assert_eq!(status, 200, "{found}");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        found["items"].as_array().expect("items").iter().map(|one| (text(&one["id"]), text(&one["role"]))).collect()
    }
}

/// The value of one field of every item of a list.
pub(crate) fn each(list: &Value, field: &str) -> Vec<String> {
    let items = list["items"].as_array().unwrap_or_else(|| panic!("no list: {list}"));
    items.iter().map(|item| item[field].as_str().unwrap_or_default().to_owned()).collect()
}

/// The status and the code of an answer.
pub(crate) fn told((status, answer): &(u16, Value)) -> (u16, &str) {
    (*status, answer["code"].as_str().unwrap_or_default())
}
