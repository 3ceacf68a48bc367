//! What the tests about agents, resources and governed data do again and again in a company.

use serde_json::{Value, json};

use crate::firm::{Firm, Person};
use crate::upstreams::Upstreams;
use crate::world::{Api, Mcp};

impl Firm {
    /// Changes a setting as the owner.
    pub(crate) fn set(&self, name: &str, value: Value) {
        let (status, answer) = self.owner().patch("", json!({ "settings": { name: value } }));
        assert_eq!(status, 200, "{name}: {answer}");
    }

    /// Makes a role of the company's own.
    pub(crate) fn role(&self, role: Value) {
        let (status, made) = self.owner().post("/roles", role);
        assert_eq!(status, 201, "{made}");
    }

    /// Changes a role.
    pub(crate) fn change_role(&self, role: &str, change: Value) {
        let (status, changed) = self.owner().patch(&format!("/roles/{role}"), change);
        assert_eq!(status, 200, "{changed}");
    }

    /// Connects the look-alike Stripe.
    pub(crate) fn connect_stripe(&self, upstreams: &Upstreams) {
        let (status, connected) = self.owner().post("/integrations", upstreams.stripe());
        assert_eq!(status, 201, "{connected}");
    }

    /// The MCP door with a key that is no person's.
    pub(crate) fn mcp_with(&self, key: &str) -> Mcp {
        self.mcp(&Person { api: self.with(key), email: String::new(), id: String::new() })
    }
}

/// Makes something that has an id, and gives the id.
pub(crate) fn made(api: &Api, path: &str, body: Value) -> String {
    let (status, answer) = api.post(path, body);
    assert_eq!(status, 201, "{path}: {answer}");
    answer["id"].as_str().expect("an id").to_owned()
}

/// Makes a resource, and gives its path.
pub(crate) fn resource(api: &Api, kind: &str, title: &str) -> String {
    format!("/resources/{}", made(api, "/resources", json!({ "kind": kind, "title": title })))
}

/// Whether an answer is a denial, of something that is seen (403) or hidden (404).
pub(crate) fn denied(answer: &(u16, Value)) -> bool {
    matches!(answer.0, 403 | 404)
}
