//! `wardroom tool`: single tools, named INTEGRATION/TOOL. What is switched off here is off for everyone; for one
//! person that is `wardroom grant set --off`.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::server::Door;
use crate::terminal::Terminal;
use crate::tool_name::ToolName;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    door: Door,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Confirm or correct what a tool does
    Class {
        /// INTEGRATION/TOOL
        tool: ToolName,
        /// read, write or delete
        #[arg(value_parser = ["read", "write", "delete"])]
        class: String,
    },
    /// Switch a tool off for everyone
    Off {
        /// INTEGRATION/TOOL
        tool: ToolName,
    },
    /// Switch it on again
    On {
        /// INTEGRATION/TOOL
        tool: ToolName,
    },
}

pub(crate) fn run(arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let (tool, change, told) = match &arguments.verb {
        Verb::Class { tool, class } => (tool, json!({"class": class}), format!("is of class {class}")),
        Verb::Off { tool } => (tool, json!({"off": true}), "is off for everyone".to_owned()),
        Verb::On { tool } => (tool, json!({"off": false}), "is on".to_owned()),
    };
    let org = arguments.door.organization(terminal)?;
    let changed: Value = org.patch(&["integrations", &tool.integration, "tools", &tool.tool], &change)?;
    terminal.answer(&changed, |_| format!("{}/{} {told}\n", tool.integration, tool.tool))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_server::{FakeServer, outcome};

    #[test]
    fn a_tool_is_classed_and_switched_by_its_full_name() {
        let server = FakeServer::answering(vec![(200, json!({})), (200, json!({}))]);
        let done = outcome(&server, &["tool", "class", "stripe/create_refund", "write", "--org", "north"]);
        assert_eq!((done.code, done.out.as_str()), (0, "stripe/create_refund is of class write\n"));
        assert_eq!(outcome(&server, &["tool", "off", "stripe/create_refund", "--org", "north"]).code, 0);
        assert_eq!(server.request(0).path, "/api/v1/orgs/north/integrations/stripe/tools/create_refund");
        assert_eq!(server.request(0).json(), json!({"class": "write"}));
        assert_eq!((server.request(1).method.as_str(), server.request(1).json()), ("PATCH", json!({"off": true})));
    }
}
