// Drives the TypeScript clients, unmodified: `@modelcontextprotocol/client` (v2) or, when told `v1`, the older
// `@modelcontextprotocol/sdk`. Reads a plan on stdin, prints what the client saw; clients.py says what both look like.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const packages = createRequire(join(process.env.WARDROOM_CLIENTS_NPM, "package.json"));
const isV1 = process.argv[2] === "v1";
const { Client, StreamableHTTPClientTransport } = isV1
  ? {
      ...packages("@modelcontextprotocol/sdk/client/index.js"),
      ...packages("@modelcontextprotocol/sdk/client/streamableHttp.js"),
    }
  : packages("@modelcontextprotocol/client");

const WAIT_MS_MAX = 20_000;

function makeClient(era) {
  const identity = { name: "wardroom-client-tests", version: "1.0.0" };
  if (isV1) return new Client(identity);
  const mode = era === "modern" ? { pin: "2026-07-28" } : "legacy";
  return new Client(identity, { versionNegotiation: { mode } });
}

async function listTools(client) {
  const tools = [];
  let cursor;
  do {
    const page = await client.listTools({ cursor }, { timeout: WAIT_MS_MAX });
    tools.push(...page.tools.map((tool) => tool.name));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return { tools };
}

async function callTool(client, step) {
  const progress = [];
  const options = { timeout: WAIT_MS_MAX };
  if (step.progress) options.onprogress = (told) => progress.push({ progress: told.progress, total: told.total ?? null });
  const call = { name: step.tool, arguments: step.arguments ?? {} };
  const result = await (isV1 ? client.callTool(call, undefined, options) : client.callTool(call, options));
  const texts = result.content.filter((block) => block.type === "text").map((block) => block.text);
  return { is_error: result.isError === true, text: texts.join("\n"), progress };
}

async function take(client, step) {
  try {
    return step.do === "list" ? await listTools(client) : await callTool(client, step);
  } catch (fault) {
    // Only what came from the other side has a number; anything else is the client's own trouble.
    if (typeof fault.code !== "number") throw fault;
    return { error: { code: fault.code, message: fault.message } };
  }
}

async function run(session) {
  const client = makeClient(session.era);
  let protocol;
  const headers = { Authorization: `Bearer ${session.key}` };
  const transport = new StreamableHTTPClientTransport(new URL(session.url), { requestInit: { headers } });
  try {
    await client.connect(transport, { timeout: WAIT_MS_MAX });
    protocol = client.getNegotiatedProtocolVersion?.() ?? transport.protocolVersion;
    const results = [];
    for (const step of session.steps) results.push(await take(client, step));
    return { protocol, results };
  } catch (fault) {
    return { error: `${fault.name}: ${fault.message}` };
  } finally {
    await client.close();
  }
}

const sessions = [];
for (const session of JSON.parse(readFileSync(0, "utf8")).sessions) sessions.push(await run(session));
process.stdout.write(JSON.stringify({ sessions }));
