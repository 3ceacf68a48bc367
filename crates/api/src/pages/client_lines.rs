//! How common AI clients are connected: for each the lines to paste, and where.
//!
//! The name is an organization's slug and the address a URL of ours, so that nothing in them means anything to a shell.

use serde_json::{Value, json};

/// One way to connect.
pub(super) struct ClientLines {
    /// What the client is called.
    pub(super) client: &'static str,
    /// What to do with the lines, or instead of them.
    pub(super) how: String,
    /// The lines; none where only the address is pasted.
    pub(super) lines: Option<String>,
    /// What comes then.
    pub(super) then: String,
}

/// The lines for an organization.
pub(super) fn client_lines(name: &str, url: &str) -> Vec<ClientLines> {
    let file = |document: &Value| serde_json::to_string_pretty(document).unwrap_or_default();
    let cursor = json!({ "mcpServers": { name: { "url": url } } });
    let code = json!({ "servers": { name: { "type": "http", "url": url } } });
    let by_stdio = json!({ "mcpServers": { name: { "command": "npx", "args": ["-y", "mcp-remote", url] } } });
    let from_afar = if url.starts_with("https://") {
        "It comes from its maker's servers, so this address has to be reached from the internet."
    } else {
        "It comes from its maker's servers, and this address is for this computer alone: here, use another way below."
    };
    let lines = |client, how: &str, lines: String, then: &str| ClientLines {
        client,
        how: how.to_owned(),
        lines: Some(lines),
        then: then.to_owned(),
    };
    let pasted =
        |client, how: &str| ClientLines { client, how: how.to_owned(), lines: None, then: from_afar.to_owned() };
    vec![
        lines(
            "Claude Code",
            "In a terminal:",
            format!("claude mcp add --transport http {name} {url}"),
            &format!("Then start claude, enter /mcp, choose {name}, and sign in."),
        ),
        pasted(
            "Claude Desktop and claude.ai",
            "In the settings, under Connectors, add a custom connector, and paste the address.",
        ),
        lines(
            "VS Code",
            "In .vscode/mcp.json of a workspace, or for all of them in the file that the command \u{201c}MCP: Open User \
             Configuration\u{201d} opens:",
            file(&code),
            "Then start it there: VS Code asks you to sign in.",
        ),
        lines(
            "Cursor",
            "In ~/.cursor/mcp.json, or for one project in its .cursor/mcp.json:",
            file(&cursor),
            "Then sign in where Cursor lists it among its MCP servers.",
        ),
        pasted(
            "ChatGPT",
            "On the web, in the settings, turn on developer mode (it stands under the advanced settings of connectors or \
             apps), create a connector, and paste the address.",
        ),
        lines(
            "Codex CLI",
            "In a terminal:",
            format!("codex mcp add {name} --url {url}\ncodex mcp login {name}"),
            "The second line opens the browser.",
        ),
        lines(
            "Gemini CLI",
            "In a terminal:",
            format!("gemini mcp add --transport http {name} {url}"),
            &format!("Then start gemini, and enter /mcp auth {name}."),
        ),
        lines(
            "Anything that starts programs only (stdio)",
            "In its list of MCP servers, where Node.js is installed; Claude Desktop takes it in \
             claude_desktop_config.json:",
            file(&by_stdio),
            "It opens the browser when it is started.",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_names_the_address_or_says_to_paste_it_and_who_comes_from_afar_is_not_sent_to_this_machine() {
        let url = "https://gate.example/o/acme/mcp";
        for way in client_lines("acme", url) {
            let (how, lines) = (way.how, way.lines);
            assert!(
                lines.is_some_and(|lines| lines.contains(url)) || how.contains("paste the address"),
                "{}",
                way.client
            );
        }
        let here = client_lines("acme", "http://127.0.0.1:7700/o/acme/mcp");
        let afar: Vec<_> = here.iter().filter(|way| way.then.contains("another way")).map(|way| way.client).collect();
        assert_eq!(afar, ["Claude Desktop and claude.ai", "ChatGPT"]);
    }
}
