// Drives `mcp-remote`, unmodified, as a client does that speaks to programs alone: by its standard input and output. Reads a plan
// on stdin, prints what was seen; clients.py says what both look like.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const NPM = process.env.WARDROOM_CLIENTS_NPM;
const packages = createRequire(join(NPM, "package.json"));
const { Client } = packages("@modelcontextprotocol/sdk/client/index.js");
const { StdioClientTransport } = packages("@modelcontextprotocol/sdk/client/stdio.js");

const WAIT_MS_MAX = 20_000;
const REFUSED_MS_MAX = 6_000;

/** The file in which it keeps something of this kind. */
function kept(folder, kind) {
  const path = readdirSync(folder, { recursive: true }).find((name) => name.endsWith(`_${kind}.json`));
  if (path === undefined) throw new Error(`mcp-remote has kept no ${kind}`);
  return join(folder, path);
}

const read = (path) => JSON.parse(readFileSync(path, "utf8"));

async function take(client, step, folder) {
  try {
    if (step.do === "run") return { ran: execFileSync(step.command[0], step.command.slice(1)).toString() };
    if (step.do === "later") {
      const path = kept(folder, "tokens");
      const tokens = read(path);
      writeFileSync(path, JSON.stringify({ ...tokens, access_token: `${tokens.access_token.slice(0, -4)}0000` }));
      return { later: true };
    }
    const options = { timeout: step.may_fail ? REFUSED_MS_MAX : WAIT_MS_MAX };
    const result = await client.callTool({ name: step.tool, arguments: step.arguments ?? {} }, undefined, options);
    const texts = result.content.filter((block) => block.type === "text").map((block) => block.text);
    return { is_error: result.isError === true, text: texts.join("\n"), progress: [] };
  } catch (fault) {
    if (step.may_fail) return { refused: `${fault.name}: ${fault.message}` };
    throw fault;
  }
}

async function run(session) {
  const folder = mkdtempSync(join(tmpdir(), "mcp-remote-"));
  const { document, known } = session.sign_in;
  const arguments_ = [join(NPM, "node_modules/mcp-remote/dist/proxy.js"), session.url, "--auth-timeout", "15"];
  if (document) arguments_.push("--client-metadata-url", document);
  if (known) arguments_.push("--static-oauth-client-info", JSON.stringify(known));
  const env = { ...process.env, MCP_REMOTE_CONFIG_DIR: folder, HOME: folder };
  const transport = new StdioClientTransport({ command: process.execPath, args: arguments_, env, stderr: "pipe" });
  let said = "";
  transport.stderr.on("data", (text) => (said += text));
  const client = new Client({ name: "wardroom-client-tests", version: "1.0.0" });
  try {
    await client.connect(transport, { timeout: WAIT_MS_MAX });
    const first = read(kept(folder, "tokens"));
    const client_id = document ?? known?.client_id ?? read(kept(folder, "client_info")).client_id;
    const results = [];
    let last = first;
    for (const step of session.steps) {
      results.push(await take(client, step, folder));
      // It throws away what is good for nothing.
      if (!step.may_fail) last = read(kept(folder, "tokens"));
    }
    return { protocol: null, results, refreshed: first.refresh_token !== last.refresh_token, client_id };
  } catch (fault) {
    return { error: `${fault.name}: ${fault.message}; mcp-remote says: ${said.slice(-1500)}` };
  } finally {
    await client.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const sessions = [];
for (const session of JSON.parse(readFileSync(0, "utf8")).sessions) sessions.push(await run(session));
process.stdout.write(JSON.stringify({ sessions }));
