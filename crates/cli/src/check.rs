//! `wardroom check`: the server's own answer to "may this call happen?".

use clap::Args;
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::field::{is_true, names, text, text_if_any};
use crate::server::{Door, Organization};
use crate::terminal::Terminal;
use crate::tool_name::ToolName;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    door: Door,
    /// Who would call, by e-mail or id; without it, you
    #[arg(long)]
    member: Option<String>,
    /// INTEGRATION/TOOL
    #[arg(long)]
    tool: ToolName,
}

impl Arguments {
    fn ask(&self, org: &Organization) -> Result<Value, Failure> {
        let mut body = Map::new();
        if let Some(member) = &self.member {
            body.insert("subject".to_owned(), json!(member));
        }
        body.insert("integration".to_owned(), json!(self.tool.integration));
        body.insert("tool".to_owned(), json!(self.tool.tool));
        org.post(&["check"], &Value::Object(body))
    }
}

/// Ends with 0 where the call would be allowed, and with 1 where it would be denied.
pub(crate) fn check(arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let org = arguments.door.organization(terminal)?;
    let verdict = arguments.ask(&org)?;
    terminal.answer(&verdict, lay_out)?;
    if is_true(&verdict, "/allowed") { Ok(()) } else { Err(Failure::AnsweredNo) }
}

fn lay_out(verdict: &Value) -> String {
    let word = if is_true(verdict, "/allowed") { "allowed" } else { "denied" };
    let mut told = format!("{word}: {}\n", text(verdict, "/because"));
    if let Some(remedy) = text_if_any(verdict, "/remedy") {
        told.push_str(&format!("  what helps: {remedy}\n"));
    }
    let asked = names(verdict, "/ask");
    if !asked.is_empty() {
        told.push_str(&format!("  who can help: {asked}\n"));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_server::{FakeServer, outcome};

    fn denied() -> Value {
        json!({"allowed": false, "code": "tool-off", "because": "create_refund is switched off for Fay",
            "remedy": "switch it on in her grant", "ask": ["Ada", "Ben"]})
    }

    #[test]
    fn a_denied_call_is_told_with_its_remedy_and_ends_with_1() {
        let server = FakeServer::answering(vec![(200, denied())]);
        let line = ["check", "--member", "fay@example.com", "--tool", "stripe/create_refund", "--org", "north"];
        let done = outcome(&server, &line);
        assert_eq!((done.code, done.err.as_str()), (1, ""));
        assert_eq!(
            done.out,
            "denied: create_refund is switched off for Fay\n  what helps: switch it on in her grant\n  \
             who can help: Ada, Ben\n"
        );
        let expected = json!({"subject": "fay@example.com", "integration": "stripe", "tool": "create_refund"});
        assert_eq!((server.request(0).path.as_str(), server.request(0).json()), ("/api/v1/orgs/north/check", expected));
    }

    #[test]
    fn an_allowed_call_ends_with_0_and_asks_about_the_caller_by_default() {
        let server = FakeServer::answering(vec![(200, json!({"allowed": true, "because": "you are owner"}))]);
        let done = outcome(&server, &["check", "--tool", "stripe/get_balance", "--org", "north"]);
        assert_eq!((done.code, done.out.as_str()), (0, "allowed: you are owner\n"));
        assert_eq!(server.request(0).json(), json!({"integration": "stripe", "tool": "get_balance"}));
    }
}
