// Drives the TypeScript clients, unmodified: `@modelcontextprotocol/client` (v2) or, when told `v1`, the older
// `@modelcontextprotocol/sdk`. Reads a plan on stdin, prints what the client saw; clients.py says what both look like.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import { waiting } from "./browser.mjs";

const packages = createRequire(join(process.env.WARDROOM_CLIENTS_NPM, "package.json"));
const isV1 = process.argv[2] === "v1";
const { Client, StreamableHTTPClientTransport, UnauthorizedError } = isV1
  ? {
      ...packages("@modelcontextprotocol/sdk/client/index.js"),
      ...packages("@modelcontextprotocol/sdk/client/streamableHttp.js"),
      ...packages("@modelcontextprotocol/sdk/client/auth.js"),
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

/** A call; where the library says that the person has to be asked again, asks them and calls again. */
async function callOrAsk(client, step, held, transport) {
  const before = held?.asked();
  try {
    return await callTool(client, step);
  } catch (fault) {
    const isAsked = fault instanceof UnauthorizedError && held && held.asked() !== before;
    if (isV1 || step.may_fail || !isAsked) throw fault;
    const { searchParams } = await held.sent(held.asked());
    await transport.finishAuth(searchParams);
    return callTool(client, step);
  }
}

async function take(client, step, held, transport) {
  try {
    if (step.do === "list") return await listTools(client);
    if (step.do === "run") return { ran: execFileSync(step.command[0], step.command.slice(1)).toString() };
    if (step.do === "later") return held.later();
    return await callOrAsk(client, step, held, transport);
  } catch (fault) {
    if (step.may_fail) return { refused: `${fault.name}: ${fault.message}` };
    // Only what came from the other side has a number; anything else is the client's own trouble.
    if (typeof fault.code !== "number") throw fault;
    return { error: { code: fault.code, message: fault.message } };
  }
}

/** What an application keeps of a sign-in, and what it does when its person must be asked. */
async function application(way) {
  const at = await waiting();
  const held = { client: way.known, tokens: undefined, verifier: undefined, asked: undefined };
  const secret = way.known?.client_secret;
  return {
    ...at,
    provider: {
      redirectUrl: at.back,
      clientMetadataUrl: way.document,
      clientMetadata: {
        client_name: "wardroom-client-tests",
        redirect_uris: [at.back],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        token_endpoint_auth_method: secret ? "client_secret_post" : "none",
      },
      state: () => "a state",
      clientInformation: () => held.client,
      saveClientInformation: (client) => void (held.client = client),
      tokens: () => held.tokens,
      saveTokens: (tokens) => void (held.tokens = tokens),
      saveCodeVerifier: (verifier) => void (held.verifier = verifier),
      codeVerifier: () => held.verifier,
      redirectToAuthorization: (address) => void (held.asked = address.href),
    },
    asked: () => held.asked,
    clientId: () => held.client.client_id,
    /** An hour goes by: what is kept lets in no more. */
    later() {
      held.before = held.tokens;
      held.tokens = { ...held.tokens, access_token: `${held.tokens.access_token.slice(0, -4)}0000` };
      return { later: true };
    },
    refreshed: () => held.before !== undefined && held.tokens?.refresh_token !== held.before.refresh_token,
  };
}

async function connected(session, options) {
  const client = makeClient(session.era);
  const transport = new StreamableHTTPClientTransport(new URL(session.url), options);
  await client.connect(transport, { timeout: WAIT_MS_MAX });
  return [client, transport];
}

/** Connects; where the person must be asked first, asks them and connects again, as the libraries want it. */
async function signedIn(session, held) {
  const options = { authProvider: held.provider };
  const first = new StreamableHTTPClientTransport(new URL(session.url), options);
  try {
    const client = makeClient(session.era);
    await client.connect(first, { timeout: WAIT_MS_MAX });
    return [client, first];
  } catch (fault) {
    if (!held.asked() || !(fault instanceof UnauthorizedError || /unauthorized/i.test(fault.message))) throw fault;
  }
  const { searchParams } = await held.sent(held.asked());
  await (isV1 ? first.finishAuth(searchParams.get("code")) : first.finishAuth(searchParams));
  return connected(session, options);
}

async function run(session) {
  const headers = { Authorization: `Bearer ${session.key}` };
  const held = session.sign_in && (await application(session.sign_in));
  let client;
  try {
    const way = held ? signedIn(session, held) : connected(session, { requestInit: { headers } });
    const [made, transport] = await way;
    client = made;
    const protocol = client.getNegotiatedProtocolVersion?.() ?? transport.protocolVersion;
    const results = [];
    for (const step of session.steps) results.push(await take(client, step, held, transport));
    return { protocol, results, ...(held && { refreshed: held.refreshed(), client_id: held.clientId() }) };
  } catch (fault) {
    return { error: `${fault.name}: ${fault.message}` };
  } finally {
    await client?.close();
    held?.close();
  }
}

const sessions = [];
for (const session of JSON.parse(readFileSync(0, "utf8")).sessions) sessions.push(await run(session));
process.stdout.write(JSON.stringify({ sessions }));
