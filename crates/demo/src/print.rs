//! What the visitor of the demo is shown: who is there, with which key, and the lines to paste into MCP clients.
//!
//! The same is written to `demo.json` for scripts. It prints to a writer that the caller gives, and it never asks the
//! product anything. Start reading at [`print_company`].

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::Error;
use crate::company::COMPANY;
use crate::saved::replace_private_file;
use crate::seed::SeededCompany;

const FILE_NAME: &str = "demo.json";

/// Prints the table of people and keys, and the lines to paste into common MCP clients. `choose` says that a visitor may
/// choose in a browser whom to be.
///
/// # Errors
///
/// Those of the writer.
pub fn print_company(out: &mut impl Write, company: &SeededCompany, choose: bool) -> io::Result<()> {
    writeln!(out, "{} is open.\n", COMPANY.name)?;
    writeln!(out, "  product  {}", company.url)?;
    if choose {
        writeln!(out, "  sign in  {}/sign-in   (in a browser: choose whom to be)", company.url)?;
    }
    writeln!(out, "  MCP URL  {}   (the same for everybody)\n", company.mcp_url)?;
    if choose {
        writeln!(
            out,
            "Paste the MCP URL into an AI client: it opens a browser, where you choose whom to be and connect it."
        )?;
        writeln!(
            out,
            "Whoever signs in finds the lines for common clients under \"Connect\". A key does without a browser:\n"
        )?;
    }
    print_table(out, company)?;
    let shown = company.people.iter().find(|person| person.title == "Finance Manager").or(company.people.last());
    if let Some(person) = shown {
        let (name, title) = (&person.name, &person.title);
        writeln!(out, "\nTo connect with the key of {name} ({title}); put in another one to be somebody else:")?;
        print_clients(out, company, &person.key)?;
    }
    Ok(())
}

fn print_table(out: &mut impl Write, company: &SeededCompany) -> io::Result<()> {
    let mut rows = vec![["NAME", "TITLE", "ROLE", "MAY USE", "KEY"].map(str::to_owned)];
    for person in &company.people {
        let may_use = COMPANY.may_use(&person.name);
        rows.push([person.name.clone(), person.title.clone(), person.role.clone(), may_use, person.key.clone()]);
    }
    for key in &company.workspace_keys {
        let row = [key.name.clone(), "Bot".to_owned(), "workspace key".to_owned(), COMPANY.may_use(&key.name)];
        let [name, title, role, may_use] = row;
        rows.push([name, title, role, may_use, key.key.clone()]);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2), width(3)];
    for [name, title, role, may_use, key] in &rows {
        let [first, second, third, fourth] = widths;
        writeln!(out, "  {name:first$}  {title:second$}  {role:third$}  {may_use:fourth$}  {key}")?;
    }
    Ok(())
}

fn print_clients(out: &mut impl Write, company: &SeededCompany, key: &str) -> io::Result<()> {
    for (client, lines) in client_lines(company, key) {
        writeln!(out, "\n  # {client}")?;
        for line in lines.lines() {
            writeln!(out, "  {line}")?;
        }
    }
    Ok(())
}

/// For each client, the lines that connect it.
fn client_lines(company: &SeededCompany, key: &str) -> Vec<(&'static str, String)> {
    let (url, name) = (&company.mcp_url, &company.org);
    let bearer = format!("Bearer {key}");
    let headers = json!({ "Authorization": bearer });
    let cursor = json!({ "mcpServers": { name: { "url": url, "headers": headers } } });
    let code = json!({ "servers": { name: { "type": "http", "url": url, "headers": headers } } });
    let desktop = json!({ "mcpServers": { name: {
        "command": "npx", "args": ["-y", "mcp-remote", url, "--header", "Authorization:${AUTHORIZATION}"],
        "env": { "AUTHORIZATION": bearer },
    } } });
    let python = format!(
        "import asyncio\n\
         from mcp import Client\n\
         from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client\n\
         async def main():\n\
         \x20   http = create_mcp_http_client(headers={{\"Authorization\": \"{bearer}\"}})\n\
         \x20   async with Client(streamable_http_client(\"{url}\", http_client=http)) as client:\n\
         \x20       print([tool.name for tool in (await client.list_tools()).tools])\n\
         asyncio.run(main())"
    );
    let fastmcp = format!(
        "import asyncio\n\
         from fastmcp import Client\n\
         async def main():\n\
         \x20   async with Client(\"{url}\", auth=\"{key}\") as client:\n\
         \x20       print([tool.name for tool in await client.list_tools()])\n\
         asyncio.run(main())"
    );
    vec![
        ("Claude Code", format!("claude mcp add --transport http {name} {url} --header \"Authorization: {bearer}\"")),
        ("Cursor, ~/.cursor/mcp.json", cursor.to_string()),
        ("VS Code, .vscode/mcp.json", code.to_string()),
        ("Claude Desktop, claude_desktop_config.json", desktop.to_string()),
        (
            "MCP Inspector (add --protocol-era legacy or modern to choose)",
            format!(
                "npx @modelcontextprotocol/inspector --cli {url} --transport http \
                 --header \"Authorization: {bearer}\" --method tools/list"
            ),
        ),
        ("Python, package mcp 2.x", python),
        ("Python, package fastmcp", fastmcp),
        ("curl", curl_line(url, &bearer)),
    ]
}

fn curl_line(url: &str, bearer: &str) -> String {
    let message: Value = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/list",
        "params": { "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
        } },
    });
    format!(
        "curl {url} -H 'Authorization: {bearer}' -H 'Content-Type: application/json' \
         -H 'Accept: application/json, text/event-stream' -H 'MCP-Protocol-Version: 2026-07-28' \
         -H 'Mcp-Method: tools/list' -d '{message}'"
    )
}

/// Writes `demo.json` into the folder, readable by its owner alone since it holds the keys. Answers its path.
///
/// # Errors
///
/// When the file cannot be written.
pub fn write_demo_file(folder: &Path, company: &SeededCompany) -> Result<PathBuf, Error> {
    let path = folder.join(FILE_NAME);
    let failed = |source| Error::File { path: path.clone(), source };
    let mut bytes = serde_json::to_vec_pretty(company).map_err(|error| failed(error.into()))?;
    bytes.push(b'\n');
    replace_private_file(&path, &bytes).map_err(failed)?;
    Ok(path)
}

/// Reads the company that an earlier start left in the folder, if it did.
///
/// # Errors
///
/// When there is a file that cannot be read or does not hold a company.
pub fn read_demo_file(folder: &Path) -> Result<Option<SeededCompany>, Error> {
    let path = folder.join(FILE_NAME);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Error::File { path, source }),
    };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| Error::Damaged { path, why: error.to_string() })
}
